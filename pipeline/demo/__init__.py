"""The demonstration: real market data, accounts of our own invention, as plain input files.

Here belong the market data, contracts, accounts and positions of the demonstration and the writing
of its input folder. Loading that folder, computing margin and rendering the report are the same
steps that any other input goes through and do not belong here.
"""

from pipeline.demo.inputs import DemoInputs, write_demo_inputs

__all__ = ["DemoInputs", "write_demo_inputs"]
