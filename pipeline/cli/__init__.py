"""The command line: parse, call one step, print its outcome, end with the right exit code.

No work is done here. Exit codes: 0 done, 1 a check failed, 2 wrong use, 3 the environment; each
failure is one sentence on stderr.
"""

from pipeline.cli.app import main

__all__ = ["main"]
