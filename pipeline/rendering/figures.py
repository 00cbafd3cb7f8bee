"""The report's figures: coverage, exceedances, offsets, tests, severity and histories.

Frozen dataclasses alone; see ``model.py`` for signs, units and the rule that fields are only added.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date

from pipeline.terms import Decision, ExceedanceClass, Level, MarginBasis, Track, Zone


@dataclass(frozen=True)
class CoverageRow:
    """Coverage of one scope; names as in ``out_coverage``, with the Kupiec test beside it."""

    model_id: str
    track: Track
    scope: str
    scope_id: str
    mpor_days: int
    window_name: str
    window_days: int
    confidence_pct: float
    margin_basis: MarginBasis
    observations: int
    exceedances: int
    expected_exceedances: float
    coverage_pct: float | None
    coverage_low_pct: float | None
    coverage_high_pct: float | None
    zone: Zone | None
    kupiec_p_value: float | None
    kupiec_decision: Decision
    largest_shortfall_amount: float
    total_shortfall_amount: float
    pending_count: int = 0
    missing_price_count: int = 0
    loss_basis: str = "end"
    window_start_date: date | None = None  # with both dates, the count is checked with the log
    window_end_date: date | None = None


@dataclass(frozen=True)
class Exceedance:
    """One account-day on which the loss exceeded the tested margin (``is_exceedance``).

    ``shortfall_amount`` is the loss less the tested margin. Account-days of class ``capped`` that
    the capped margin covered are no exceedances: they are counted in ``ClassTotal``, not here.
    """

    business_date: date
    account_id: str
    model_id: str
    track: Track
    mpor_days: int
    margin_basis: MarginBasis
    loss_amount: float
    netted_margin_amount: float | None  # None where no margin could be recomputed
    capped_margin_amount: float | None
    standalone_margin_amount: float | None
    tested_margin_amount: float
    shortfall_amount: float
    exceedance_class: ExceedanceClass | None
    horizon_end_date: date | None = None
    member_id: str = ""
    worst_loss_amount: float | None = None
    exception_id: str = ""
    cause: str = ""
    status: str = ""
    note: str = ""
    reviewer: str = ""


@dataclass(frozen=True)
class ClassTotal:
    """Account-days whose loss exceeded the netted margin, by what would have covered it.

    Each shortfall is the sum over those days of the loss above that margin, zero where covered.
    """

    model_id: str
    mpor_days: int
    window_name: str
    exceedance_class: ExceedanceClass
    account_days: int
    netted_shortfall_amount: float
    capped_shortfall_amount: float
    standalone_shortfall_amount: float
    largest_shortfall_amount: float = 0.0  # against the tested margin
    accounts: int | None = None


@dataclass(frozen=True)
class LevelCredit:
    """Offset credit earned at one level of the netting tree, summed over accounts."""

    model_id: str
    level: Level
    as_of_amount: float
    mean_amount: float


@dataclass(frozen=True)
class OffsetTotal:
    """Margin with and without offsets over all accounts, and what happened where they failed.

    ``standalone_coverage_pct`` is the share of account-days above the netted margin that the
    margin without offsets covered. ``negative_credit_days`` counts account-days on which netting
    raised the requirement, ``cap_binding_days`` those on which the cap withheld credit.
    """

    model_id: str
    mpor_days: int
    cap_pct: float | None
    standalone_margin_amount: float
    netted_margin_amount: float
    capped_margin_amount: float
    mean_standalone_margin_amount: float
    mean_netted_margin_amount: float
    mean_capped_margin_amount: float
    account_days: int
    negative_credit_days: int
    cap_binding_days: int
    standalone_coverage_pct: float | None = None


@dataclass(frozen=True)
class TestResult:
    """One statistical test as in ``out_coverage_tests``, with its null and where it is published.

    ``test`` is the name used by ``pipeline.backtest``; the plain sentence is in the wording. A
    test the wording does not know is shown with ``null`` as its sentence.
    """

    __test__ = False  # the name starts with "Test", but pytest must not collect it

    test: str
    model_id: str
    track: Track
    scope: str
    scope_id: str
    mpor_days: int
    window_name: str
    margin_basis: MarginBasis
    observations: int
    exceedances: int
    statistic: float | None
    p_value: float | None
    decision: Decision
    null: str = ""
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True)
class SeverityRow:
    """How large the shortfalls were, for one model, horizon and margin basis."""

    model_id: str
    mpor_days: int
    window_name: str
    margin_basis: MarginBasis
    exceedances: int
    total_shortfall_amount: float
    mean_shortfall_amount: float | None
    median_shortfall_amount: float | None
    largest_shortfall_amount: float
    largest_loss_to_margin_pct: float | None  # None where the margin was zero
    worst_path_shortfall_amount: float | None = None  # worst point of the path, severity only


@dataclass(frozen=True)
class AccountHistory:
    """One account's tested margin against its loss, day by day; parallel, sorted by date."""

    account_id: str
    model_id: str
    mpor_days: int
    margin_basis: MarginBasis
    dates: tuple[date, ...]
    margin_amounts: tuple[float | None, ...]
    loss_amounts: tuple[float | None, ...]
    is_exceedance: tuple[bool, ...]
    standalone_margin_amounts: tuple[float | None, ...] = ()

    def since(self, first: date) -> "AccountHistory":
        """Return the history from a date on."""
        start = bisect_left(self.dates, first)
        return replace(
            self,
            dates=self.dates[start:],
            margin_amounts=self.margin_amounts[start:],
            loss_amounts=self.loss_amounts[start:],
            is_exceedance=self.is_exceedance[start:],
            standalone_margin_amounts=self.standalone_margin_amounts[start:],
        )


@dataclass(frozen=True)
class MarginHistory:
    """Margin of all accounts together, day by day; parallel, sorted by date."""

    model_id: str
    mpor_days: int
    dates: tuple[date, ...]
    standalone_margin_amounts: tuple[float | None, ...]
    netted_margin_amounts: tuple[float | None, ...]
    capped_margin_amounts: tuple[float | None, ...]
    called_margin_amounts: tuple[float | None, ...] = ()
