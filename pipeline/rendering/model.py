"""What the report renderer takes: finished numbers, nothing to look up and nothing to estimate.

Here belong frozen dataclasses alone. Reading a warehouse, deciding the verdict and computing a
statistic belong to the caller; wording, number formats and layout belong to ``reports/``. Amounts
are in ``ReportData.currency``; ``loss > 0`` is money lost; every ``_pct`` is in per cent (99.0,
not 0.99). A number that does not exist is None, never NaN. Fields are only ever added, with a
default, so that a caller written against this file keeps working.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pipeline.rendering.context import (
    ContractResult,
    DataQuality,
    ExcludedDay,
    InputFile,
    LibraryVersion,
    MissingPrice,
    ModelDeclaration,
    OffsetGroup,
    Parameter,
    RunManifest,
    Signatory,
)
from pipeline.rendering.figures import (
    AccountHistory,
    ClassTotal,
    CoverageRow,
    Exceedance,
    LevelCredit,
    MarginHistory,
    OffsetTotal,
    SeverityRow,
    TestResult,
)
from pipeline.rendering.further import (
    AnnexFile,
    Column,
    ColumnFormat,
    FurtherSection,
    HeatMap,
    Line,
    LineChart,
    NamedValue,
    Table,
    Value,
)
from pipeline.terms import MarginBasis, Track, Zone

__all__ = [
    "AccountHistory",
    "AnnexFile",
    "ClassTotal",
    "Column",
    "ColumnFormat",
    "ContractResult",
    "CoverageRow",
    "DataQuality",
    "Exceedance",
    "ExcludedDay",
    "FurtherSection",
    "HeatMap",
    "InputFile",
    "LevelCredit",
    "LibraryVersion",
    "Line",
    "LineChart",
    "MarginHistory",
    "MissingPrice",
    "ModelDeclaration",
    "NamedValue",
    "OffsetGroup",
    "OffsetTotal",
    "Parameter",
    "Reason",
    "ReasonCode",
    "ReportData",
    "RunManifest",
    "SeverityRow",
    "Signatory",
    "Table",
    "TestResult",
    "Value",
    "Verdict",
    "VerdictStatus",
]


class VerdictStatus(StrEnum):
    """The answer to the question on page one."""

    ADEQUATE = "adequate"
    ADEQUATE_WITH_FINDINGS = "adequate_with_findings"
    NOT_ADEQUATE = "not_adequate"
    INSUFFICIENT_DATA = "insufficient_data"


class ReasonCode(StrEnum):
    """Why the verdict is what it is. The sentence, with the values in braces, is in the wording.

    Values (name them so in ``Reason.values``): ``coverage_*``: coverage_pct, target_pct, low_pct,
    high_pct; ``zone_*``: exceedances, observations; ``*_rejected``, ``*_insufficient``: test,
    p_value; ``offset_cost``: count, shortfall_amount; ``model_shortfall``: count,
    shortfall_amount; ``scopes_below_target``: count, scope; ``largest_shortfall``:
    shortfall_amount, account_id, date; ``contract_failures``: count; ``missing_prices``: count;
    ``excluded_days``: count; ``pending``: count; ``negative_credit``: count;
    ``open_exceptions``: count; ``cap_binding``: count; ``called_below_required``: count,
    shortfall_amount; ``scopes_in_red``: count, scope; ``in_force_exceeded``: exceedances,
    observations, shortfall_amount; ``history_too_short``: text; ``stated``: text.
    """

    COVERAGE_MET = "coverage_met"
    COVERAGE_MISSED = "coverage_missed"
    COVERAGE_UNCERTAIN = "coverage_uncertain"
    ZONE_GREEN = "zone_green"
    ZONE_YELLOW = "zone_yellow"
    ZONE_RED = "zone_red"
    TEST_REJECTED = "test_rejected"
    TEST_INSUFFICIENT = "test_insufficient"
    CLUSTERING_REJECTED = "clustering_rejected"
    OFFSET_COST = "offset_cost"
    OFFSET_CLEAN = "offset_clean"
    MODEL_SHORTFALL = "model_shortfall"
    SCOPES_BELOW_TARGET = "scopes_below_target"
    LARGEST_SHORTFALL = "largest_shortfall"
    CONTRACT_FAILURES = "contract_failures"
    MISSING_PRICES = "missing_prices"
    EXCLUDED_DAYS = "excluded_days"
    PENDING = "pending"
    NEGATIVE_CREDIT = "negative_credit"
    OPEN_EXCEPTIONS = "open_exceptions"
    CAP_BINDING = "cap_binding"
    CALLED_BELOW_REQUIRED = "called_below_required"
    SCOPES_IN_RED = "scopes_in_red"
    IN_FORCE_EXCEEDED = "in_force_exceeded"
    HISTORY_TOO_SHORT = "history_too_short"
    STATED = "stated"


@dataclass(frozen=True)
class Reason:
    """One reason of the verdict: a code of the wording and the values its sentence needs."""

    code: ReasonCode
    values: tuple[NamedValue, ...] = ()
    is_finding: bool = False  # True: speaks against the margin, and is marked so


@dataclass(frozen=True)
class Verdict:
    """The verdict, and the one tested series (model, track, horizon, window, basis) it rests on.

    ``offset_credit_amount`` is the credit granted on the as-of date over all accounts,
    ``mean_offset_credit_amount`` its mean over the window; ``offset_shortfall_amount`` is the sum
    of shortfalls (loss less tested margin) over the ``offset_caused_days``, the account-days of
    class ``offset`` within the same window: what the credit cost.
    """

    status: VerdictStatus
    reasons: tuple[Reason, ...]
    model_id: str
    track: Track
    mpor_days: int
    window_name: str
    window_start_date: date
    window_end_date: date
    margin_basis: MarginBasis
    target_coverage_pct: float
    observations: int
    exceedances: int
    coverage_pct: float | None
    coverage_low_pct: float | None
    coverage_high_pct: float | None
    zone: Zone | None
    largest_shortfall_amount: float
    largest_shortfall_account_id: str | None
    largest_shortfall_date: date | None
    total_shortfall_amount: float
    standalone_margin_amount: float
    tested_margin_amount: float
    offset_credit_amount: float
    mean_offset_credit_amount: float
    offset_caused_days: int
    offset_shortfall_amount: float
    interval_confidence_pct: float = 95.0
    window_dates: int | None = None  # business dates really in the window; None: not counted


@dataclass(frozen=True)
class ReportData:
    """Everything the adequacy report shows; the only input of the renderer.

    ``exceedances`` holds every exceedance, at account scope, of the verdict's series (and of any
    other series it mentions); the renderer refuses to print when the count differs from
    ``verdict.exceedances`` or from a dated ``CoverageRow`` of firm scope. ``coverage`` is the table
    by model, horizon, window and basis at firm scope; ``coverage_by_scope`` is the verdict's series
    by product, offset group, member and account.
    """

    organisation: str
    as_of_date: date
    currency: str
    verdict: Verdict
    manifest: RunManifest
    data_quality: DataQuality
    models: tuple[ModelDeclaration, ...]
    coverage: tuple[CoverageRow, ...] = ()
    coverage_by_scope: tuple[CoverageRow, ...] = ()
    exceedances: tuple[Exceedance, ...] = ()
    class_totals: tuple[ClassTotal, ...] = ()
    level_credits: tuple[LevelCredit, ...] = ()
    offset_totals: tuple[OffsetTotal, ...] = ()
    tests: tuple[TestResult, ...] = ()
    severity: tuple[SeverityRow, ...] = ()
    account_histories: tuple[AccountHistory, ...] = ()
    margin_histories: tuple[MarginHistory, ...] = ()
    limitations: tuple[str, ...] = ()
    signatories: tuple[Signatory, ...] = ()
    further_sections: tuple[FurtherSection, ...] = ()
    annexes: tuple[AnnexFile, ...] = ()
    language: str = "en"
    scope: str = "firm"  # firm, member or account: whose results the report shows
    scope_id: str = ""
    layout: str = "report"  # "exception": one exceedance, told by the further sections alone
    changes: tuple[str, ...] = ()  # sentences on what changed since the report before
    is_demonstration: bool = False  # True: the positions are invented, said on every page
