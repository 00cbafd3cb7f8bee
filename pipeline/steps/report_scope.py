"""Whose results a report shows: the firm's, one member's or one account's.

A report of one member is written from a session in which the tables hold nothing else, so that no
query of the report can let another member's figures through. What is shown is decided elsewhere.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

import duckdb

from pipeline.errors import WrongUse
from pipeline.resources import read_sql
from pipeline.warehouse.connection import fetch_frame

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 48


class ReportLevel(StrEnum):
    """Level that a report is about."""

    FIRM = "firm"
    MEMBER = "member"
    ACCOUNT = "account"


@dataclass(frozen=True)
class ReportScope:
    """Whose results a report shows.

    Attributes
    ----------
    level : ReportLevel
        Firm, member or account.
    scope_id : str
        Member or account; empty for the firm.
    """

    level: ReportLevel = ReportLevel.FIRM
    scope_id: str = ""

    def __post_init__(self) -> None:
        """Refuse a scope that names nobody, or a firm that does."""
        if (self.level is ReportLevel.FIRM) == bool(self.scope_id):
            msg = (
                "a report of the firm takes no --id"
                if self.scope_id
                else f"a report of one {self.level} needs --id with the {self.level}"
            )
            raise WrongUse(msg)

    @property
    def file_suffix(self) -> str:
        """The scope as a part of a file name: safe on every file system, different for each id."""
        if self.level is ReportLevel.FIRM:
            return ""
        return f"-{self.level}-{safe_name(self.scope_id)}"


def safe_name(text: str) -> str:
    """Write an identifier as a part of a file name, with a checksum where characters were lost."""
    kept = _UNSAFE.sub("_", text)[:_LONGEST_NAME]
    if kept == text:
        return kept
    return f"{kept}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def restrict(connection: duckdb.DuckDBPyConnection, scope: ReportScope) -> None:
    """Leave nothing in the session's tables but the accounts of a scope.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A published snapshot, read-only; temporary views hide its tables until it is closed.
    scope : ReportScope
        Whose results are to be shown; nothing changes for the firm.

    Raises
    ------
    WrongUse
        The scope has no account.
    """
    if scope.level is ReportLevel.FIRM:
        return
    named = {"scope": scope.level.value, "scope_id": scope.scope_id}
    accounts = fetch_frame(connection, read_sql("report/scope/accounts.sql"), named)
    if not len(accounts):
        msg = f"the warehouse knows no {scope.level} {scope.scope_id!r}"
        raise WrongUse(msg)
    connection.execute("CREATE OR REPLACE TEMP TABLE report_accounts (account_id VARCHAR)")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE report_scope (scope VARCHAR, scope_id VARCHAR)"
    )
    connection.executemany(
        "INSERT INTO report_accounts VALUES (?)", [[a] for a in accounts["account_id"].to_list()]
    )
    connection.execute("INSERT INTO report_scope VALUES ($scope, $scope_id)", named)
    for statement in duckdb.extract_statements(read_sql("report/scope/views.sql")):
        connection.execute(statement)
