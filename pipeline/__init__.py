"""Marginproof: is the margin collected after offsets still enough.

This package holds the command line, the steps it calls, the pure margin and backtest code and the
edges (warehouse, landing, contracts, rendering). Orchestration lives in ``dags/``; SQL, templates
and contracts live beside this package in ``sql/``, ``reports/`` and ``data_contracts/``.
"""

__version__ = "0.1.0"
