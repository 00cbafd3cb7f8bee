"""Contracts: what delivered data and our own output must satisfy, declared in YAML and SQL.

Here belong reading the declarations in ``data_contracts/``, the adapter to Great Expectations and
the SQL checks of ``sql/checks/``. Reading files belongs to ``pipeline.landing``; what is done with
a finding is decided by the steps. Nothing here writes.
"""

from pipeline.contracts.declaration import Contract, load_contract, load_contracts
from pipeline.contracts.examination import Examination, examine, examine_margin
from pipeline.contracts.outcome import RESULT_SCHEMA

__all__ = [
    "RESULT_SCHEMA",
    "Contract",
    "Examination",
    "examine",
    "examine_margin",
    "load_contract",
    "load_contracts",
]
