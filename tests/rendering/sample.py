"""A realistic report: 40 accounts, 750 business dates, three products whose correlation breaks.

Everything follows from one seed. The numbers are computed here, plainly and apart from the product,
so that the rendered report can be held against them.
"""

import hashlib
import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from scipy import stats

from pipeline.rendering.model import (
    AccountHistory,
    AnnexFile,
    ClassTotal,
    ContractResult,
    CoverageRow,
    DataQuality,
    Exceedance,
    ExcludedDay,
    InputFile,
    LevelCredit,
    LibraryVersion,
    MarginHistory,
    MissingPrice,
    ModelDeclaration,
    NamedValue,
    OffsetGroup,
    OffsetTotal,
    Parameter,
    Reason,
    ReasonCode,
    ReportData,
    RunManifest,
    SeverityRow,
    Signatory,
    TestResult,
    Verdict,
    VerdictStatus,
)
from pipeline.terms import Decision, ExceedanceClass, Level, MarginBasis, Track, Zone

ACCOUNTS = 40
DAYS = 750
CONFIDENCE = 99.0
CAP = 0.8
PRODUCTS = ("BTC", "ETH", "SOL")
MODEL = "historical_es_99"
CHALLENGER = "filtered_var_99"
FULL = "all"
YEAR = "last_250"
BASES = (MarginBasis.NETTED, MarginBasis.CAPPED, MarginBasis.STANDALONE, MarginBasis.CALLED)


@dataclass(frozen=True)
class Series:
    """Arrays of one model and horizon, dates by accounts."""

    model_id: str
    mpor_days: int
    loss: np.ndarray
    margins: dict[MarginBasis, np.ndarray]

    def excess(self, basis: MarginBasis) -> np.ndarray:
        return np.maximum(self.loss - self.margins[basis], 0.0)


def business_dates() -> tuple[date, ...]:
    day, dates = date(2023, 1, 2), []
    while len(dates) < DAYS:
        if day.weekday() < 5:
            dates.append(day)
        day += timedelta(days=1)
    return tuple(dates)


@cache
def simulate(model_id: str, mpor_days: int) -> Series:
    rng = np.random.default_rng(20260724)
    vol = np.array([0.032, 0.041, 0.056])
    correlation = np.array([[1, 0.82, 0.7], [0.82, 1, 0.74], [0.7, 0.74, 1]])
    broken = np.array([[1, 0.2, 0.05], [0.2, 1, 0.15], [0.05, 0.15, 1]])
    scale = 1 + 0.35 * np.sin(np.arange(DAYS + 5) / 70) + 0.5 * (np.arange(DAYS + 5) % 311 > 285)
    normal = rng.standard_t(6, (DAYS + 5, 3)) / math.sqrt(1.5)
    calm = normal @ np.linalg.cholesky(correlation).T
    stress = normal @ np.linalg.cholesky(broken).T
    is_break = (np.arange(DAYS + 5) % 260 > 240)[:, None]
    returns = np.where(is_break, stress, calm) * vol * scale[:, None]
    direction = np.where(np.arange(ACCOUNTS) % 3 == 0, 1.0, -1.0)
    size = np.exp(rng.normal(14.2, 0.9, ACCOUNTS))
    weights = np.stack(
        [
            np.ones(ACCOUNTS),
            direction * rng.uniform(0.4, 0.9, ACCOUNTS),
            rng.normal(0, 0.3, ACCOUNTS),
        ],
        axis=1,
    )
    drift = 1 + 0.15 * np.sin(np.arange(DAYS)[:, None] / 45 + np.arange(ACCOUNTS))
    positions = size[None, :, None] * weights[None] * drift[:, :, None]
    horizon = sum(returns[k : k + DAYS] for k in range(1, mpor_days + 1))
    loss = -np.einsum("tap,tp->ta", positions, horizon)
    known = np.convolve(scale, np.ones(10) / 10, mode="full")[:DAYS]
    known[:10] = scale[:10]
    multiple = (2.45 if model_id == MODEL else 2.3) * math.sqrt(mpor_days)
    covariance = np.outer(vol, vol) * correlation
    leaf = np.abs(positions) * vol * multiple * known[:, None, None]
    standalone = leaf.sum(axis=2)
    variance = np.einsum("tap,pq,taq->ta", positions, covariance, positions)
    netted = np.sqrt(variance) * multiple * known[:, None]
    capped = np.maximum(netted, standalone - CAP * (standalone - netted))
    called = capped * (1.02 + 0.04 * np.cos(np.arange(ACCOUNTS)))[None, :]
    margins = dict(zip(BASES, (netted, capped, standalone, called), strict=True))
    return Series(model_id, mpor_days, loss, margins)


def interval(exceedances: int, observations: int) -> tuple[float, float]:
    """Return the exact 95 % interval of coverage in per cent."""
    low, high = 0.0, 1.0
    if exceedances:
        low = stats.beta.ppf(0.025, exceedances, observations - exceedances + 1)
    if exceedances < observations:
        high = stats.beta.ppf(0.975, exceedances + 1, observations - exceedances)
    return 100 * (1 - high), 100 * (1 - low)


def kupiec(exceedances: int, observations: int) -> tuple[float, float, Decision]:
    p, x, n = 1 - CONFIDENCE / 100, exceedances, observations
    share = x / n

    def log_likelihood(q: float) -> float:
        first = x * math.log(q) if x else 0.0
        return first + ((n - x) * math.log(1 - q) if n > x else 0.0)

    statistic = max(0.0, -2 * (log_likelihood(p) - log_likelihood(share)))
    p_value = float(stats.chi2.sf(statistic, 1))
    if p_value >= 0.05:
        return statistic, p_value, Decision.ACCEPT
    return statistic, p_value, Decision.REJECT if share > p else Decision.CONSERVATIVE


def zone(exceedances: int, observations: int) -> Zone:
    below = stats.binom.cdf(exceedances, observations, 1 - CONFIDENCE / 100)
    return Zone.GREEN if below < 0.95 else Zone.YELLOW if below < 0.9999 else Zone.RED


def coverage_row(
    series: Series,
    basis: MarginBasis,
    days: int,
    scope: str = "firm",
    scope_id: str = "firm",
    account: int | None = None,
) -> CoverageRow:
    dates = business_dates()[-days:]
    excess = series.excess(basis)[-days:]
    if account is not None:
        excess = excess[:, [account]]
    hits, observations = int((excess > 0).sum()), excess.size
    low, high = interval(hits, observations)
    _, p_value, decision = kupiec(hits, observations)
    return CoverageRow(
        model_id=series.model_id,
        track=Track.CORE_MODEL,
        scope=scope,
        scope_id=scope_id,
        mpor_days=series.mpor_days,
        window_name=FULL if days == DAYS else YEAR,
        window_days=days,
        confidence_pct=CONFIDENCE,
        margin_basis=basis,
        observations=observations,
        exceedances=hits,
        expected_exceedances=observations * (1 - CONFIDENCE / 100),
        coverage_pct=100 * (1 - hits / observations),
        coverage_low_pct=low,
        coverage_high_pct=high,
        zone=zone(hits, observations),
        kupiec_p_value=p_value,
        kupiec_decision=decision,
        largest_shortfall_amount=float(excess.max()),
        total_shortfall_amount=float(excess.sum()),
        window_start_date=dates[0],
        window_end_date=dates[-1],
    )


def account_name(index: int) -> str:
    return f"CM{index // 8 + 1:02d}-{index:03d}"


def exceedance_log(series: Series, basis: MarginBasis) -> tuple[Exceedance, ...]:
    dates = business_dates()
    excess = series.excess(basis)
    rows = []
    for t, a in zip(*np.nonzero(excess > 0), strict=True):
        loss = float(series.loss[t, a])
        standalone = float(series.margins[MarginBasis.STANDALONE][t, a])
        number = len(rows) + 1
        is_entered = loss > standalone and number % 9 == 0
        rows.append(
            Exceedance(
                business_date=dates[t],
                account_id=account_name(a),
                model_id=series.model_id,
                track=Track.CORE_MODEL,
                mpor_days=series.mpor_days,
                margin_basis=basis,
                loss_amount=loss,
                netted_margin_amount=float(series.margins[MarginBasis.NETTED][t, a]),
                capped_margin_amount=float(series.margins[MarginBasis.CAPPED][t, a]),
                standalone_margin_amount=standalone,
                tested_margin_amount=float(series.margins[basis][t, a]),
                shortfall_amount=float(excess[t, a]),
                exceedance_class=ExceedanceClass.MODEL
                if loss > standalone
                else ExceedanceClass.OFFSET,
                horizon_end_date=dates[min(t + series.mpor_days, DAYS - 1)],
                member_id=f"CM{a // 8 + 1:02d}",
                exception_id=f"EX-{number:04d}" if is_entered else "",
                cause="Volatility above the lookback" if is_entered else "",
                status="closed" if number % 2 else "open",
                note="Move larger than any in the lookback; reviewed against stress results."
                if is_entered
                else "",
                reviewer="M. Okafor" if is_entered else "",
            )
        )
    return tuple(rows)


def class_totals(series: Series) -> tuple[ClassTotal, ...]:
    over = {basis: series.excess(basis) for basis in BASES}
    is_netted = over[MarginBasis.NETTED] > 0
    is_capped = over[MarginBasis.CAPPED] > 0
    is_standalone = over[MarginBasis.STANDALONE] > 0
    masks = {
        ExceedanceClass.CAPPED: is_netted & ~is_capped,
        ExceedanceClass.OFFSET: is_capped & ~is_standalone,
        ExceedanceClass.MODEL: is_capped & is_standalone,
    }
    return tuple(
        ClassTotal(
            model_id=series.model_id,
            mpor_days=series.mpor_days,
            window_name=FULL,
            exceedance_class=name,
            account_days=int(mask.sum()),
            netted_shortfall_amount=float(over[MarginBasis.NETTED][mask].sum()),
            capped_shortfall_amount=float(over[MarginBasis.CAPPED][mask].sum()),
            standalone_shortfall_amount=float(over[MarginBasis.STANDALONE][mask].sum()),
            largest_shortfall_amount=float(over[MarginBasis.CAPPED][mask].max(initial=0.0)),
            accounts=int(mask.any(axis=0).sum()),
        )
        for name, mask in masks.items()
    )


def tests_of(row: CoverageRow) -> tuple[TestResult, ...]:
    statistic, p_value, decision = kupiec(row.exceedances, row.observations)
    exact = float(stats.binom.sf(row.exceedances - 1, row.observations, 0.01))
    named = (
        ("kupiec_pof", statistic, p_value, decision, "Kupiec (1995)", ""),
        (
            "traffic_light",
            float(row.exceedances),
            exact,
            Decision.ACCEPT if row.zone is Zone.GREEN else Decision.REJECT,
            "",
            "",
        ),
        ("christoffersen_independence", 2.114, 0.146, Decision.ACCEPT, "Christoffersen (1998)", ""),
        (
            "haas_tbf",
            None,
            None,
            Decision.INSUFFICIENT_DATA,
            "Haas (2001)",
            "the test needs one series in time and account-days of one date are simultaneous",
        ),
        ("experimental_spread", 0.4, 0.53, Decision.ACCEPT, "", ""),
    )
    return tuple(
        TestResult(
            test=name,
            model_id=row.model_id,
            track=row.track,
            scope=row.scope,
            scope_id=row.scope_id,
            mpor_days=row.mpor_days,
            window_name=row.window_name,
            margin_basis=row.margin_basis,
            observations=row.observations,
            exceedances=row.exceedances,
            statistic=value,
            p_value=p,
            decision=outcome,
            null="Exceedances occur with the probability that the confidence level implies.",
            reference=reference,
            reason=reason,
        )
        for name, value, p, outcome, reference, reason in named
    )


def severity_rows() -> tuple[SeverityRow, ...]:
    rows = []
    for model_id in (MODEL, CHALLENGER):
        for mpor in (1, 2):
            series = simulate(model_id, mpor)
            for basis in BASES[:3]:
                excess = series.excess(basis)
                hits = excess[excess > 0]
                ratio = (series.loss / series.margins[basis]).max()
                rows.append(
                    SeverityRow(
                        model_id=model_id,
                        mpor_days=mpor,
                        window_name=FULL,
                        margin_basis=basis,
                        exceedances=hits.size,
                        total_shortfall_amount=float(hits.sum()),
                        mean_shortfall_amount=float(hits.mean()) if hits.size else None,
                        median_shortfall_amount=float(np.median(hits)) if hits.size else None,
                        largest_shortfall_amount=float(hits.max(initial=0.0)),
                        largest_loss_to_margin_pct=float(100 * ratio),
                        worst_path_shortfall_amount=float(hits.max(initial=0.0) * 1.1),
                    )
                )
    return tuple(rows)


def histories(series: Series, log: tuple[Exceedance, ...]) -> tuple[AccountHistory, ...]:
    dates = business_dates()
    margin = series.margins[MarginBasis.CAPPED]
    result = []
    counts = Counter(e.account_id for e in log)
    chosen = [name for name, _ in sorted(counts.items(), key=lambda c: (-c[1], c[0]))][:2]
    for name in chosen:
        a = int(name.split("-")[1])
        result.append(
            AccountHistory(
                account_id=name,
                model_id=series.model_id,
                mpor_days=series.mpor_days,
                margin_basis=MarginBasis.CAPPED,
                dates=dates,
                margin_amounts=tuple(margin[:, a].tolist()),
                loss_amounts=(*series.loss[:-2, a].tolist(), None, None),
                is_exceedance=tuple((series.excess(MarginBasis.CAPPED)[:, a] > 0).tolist()),
                standalone_margin_amounts=tuple(
                    series.margins[MarginBasis.STANDALONE][:, a].tolist()
                ),
            )
        )
    return tuple(result)


def offset_total(series: Series) -> OffsetTotal:
    totals = {b: m.sum(axis=1) for b, m in series.margins.items()}
    netted, standalone = series.excess(MarginBasis.NETTED), series.excess(MarginBasis.STANDALONE)
    share = 100 * float((standalone[netted > 0] == 0).mean())
    return OffsetTotal(
        model_id=series.model_id,
        mpor_days=series.mpor_days,
        cap_pct=100 * CAP,
        standalone_margin_amount=float(totals[MarginBasis.STANDALONE][-1]),
        netted_margin_amount=float(totals[MarginBasis.NETTED][-1]),
        capped_margin_amount=float(totals[MarginBasis.CAPPED][-1]),
        mean_standalone_margin_amount=float(totals[MarginBasis.STANDALONE].mean()),
        mean_netted_margin_amount=float(totals[MarginBasis.NETTED].mean()),
        mean_capped_margin_amount=float(totals[MarginBasis.CAPPED].mean()),
        account_days=ACCOUNTS * DAYS,
        negative_credit_days=0,
        cap_binding_days=ACCOUNTS * DAYS,
        standalone_coverage_pct=share,
    )


def model_declarations() -> tuple[ModelDeclaration, ...]:
    group = OffsetGroup(
        group_id="crypto_majors",
        products=PRODUCTS,
        rationale="The three assets share the same investors, venues and funding currency; their"
        " prices move together in every year of the lookback.",
        default_fund="Digital assets",
        stress_test_result="Passed with correlation set to 0.2: loss within prefunded resources.",
    )
    parameters = (
        Parameter("Confidence", "99.0", "Risk policy, section 4", "%"),
        Parameter("Lookback", "500", "Risk policy, section 4", "days"),
        Parameter(
            "Cap on offset credit",
            "80.0",
            "Commission Delegated Regulation (EU) No 153/2013, Article 27(4)",
            "%",
        ),
        Parameter("Margin period of risk", "1 and 2", "Risk policy, section 5", "days"),
        Parameter("Risk measure", "expected shortfall", "Model validation report"),
    )
    return (
        ModelDeclaration(
            MODEL,
            "Historical simulation, expected shortfall at 99 %",
            "champion",
            "3.2",
            hashlib.sha256(b"champion").hexdigest(),
            parameters,
            (group,),
            "Profit and loss of the current positions under the moves of the last 500 dates.",
        ),
        ModelDeclaration(
            CHALLENGER,
            "Filtered historical simulation, quantile at 99 %",
            "challenger",
            "1.0",
            hashlib.sha256(b"challenger").hexdigest(),
            parameters[:3],
            (group,),
        ),
    )


def data_quality() -> DataQuality:
    dates = business_dates()
    contracts = tuple(
        ContractResult(contract, rule, column, severity, checked, failed, message)
        for contract, rule, column, severity, checked, failed, message in (
            ("prices", "value is present", "settlement_price", "error", 2250, 0, ""),
            ("prices", "value is positive", "settlement_price", "error", 2250, 0, ""),
            (
                "prices",
                "price differs from the previous date",
                "settlement_price",
                "warning",
                2250,
                3,
                "SOL unchanged on three dates; confirmed by the exchange's file.",
            ),
            ("positions", "account is known", "account_id", "error", 90000, 0, ""),
            ("positions", "instrument is known", "instrument_id", "error", 90000, 0, ""),
            ("accounts", "value is one of a set", "account_type", "error", 40, 0, ""),
        )
    )
    return DataQuality(
        first_date=dates[0],
        last_date=dates[-1],
        business_dates=DAYS,
        accounts=ACCOUNTS,
        instruments=3,
        pending_account_days=80,
        missing_price_account_days=38,
        quarantined_rows=12,
        contract_results=contracts,
        excluded_days=(
            ExcludedDay(date(2024, 7, 19), "The exchange closed early; no settlement price.", 40),
        ),
        missing_prices=(MissingPrice(dates[412], "SOL-PERP", 38, "Not in the file of that date."),),
    )


def manifest() -> RunManifest:
    inputs = tuple(
        InputFile(name, kind, hashlib.sha256(name.encode()).hexdigest(), rows)
        for name, kind, rows in (
            ("accounts.csv", "accounts", 40),
            ("instruments.csv", "instruments", 3),
            ("margin_called_2025.csv", "margin_called", 30000),
            ("positions_2025.parquet", "positions", 90000),
            ("prices_2025.parquet", "prices", 2250),
        )
    )
    libraries = tuple(
        LibraryVersion(name, version)
        for name, version in (
            ("duckdb", "2.0.1"),
            ("matplotlib", "3.11.2"),
            ("numpy", "2.4.0"),
            ("polars", "2.1.0"),
            ("scipy", "1.17.1"),
            ("weasyprint", "70.0"),
        )
    )
    run_id = hashlib.sha256(b"sample run").hexdigest()
    digest = hashlib.sha256(b"parameters").hexdigest()
    settings = (NamedValue("Tolerance of comparisons", "0.01 USD"),)
    return RunManifest(run_id, digest, "0.1.0", inputs, libraries, settings)


def verdict_of(row: CoverageRow, log: tuple[Exceedance, ...], total: OffsetTotal) -> Verdict:
    largest = max(log, key=lambda e: e.shortfall_amount)
    by_offset = [e for e in log if e.exceedance_class is ExceedanceClass.OFFSET]
    by_model = [e for e in log if e.exceedance_class is ExceedanceClass.MODEL]
    cost = sum(e.shortfall_amount for e in by_offset)
    reasons = (
        Reason(
            ReasonCode.COVERAGE_MET,
            (
                NamedValue("coverage_pct", row.coverage_pct),
                NamedValue("target_pct", CONFIDENCE),
                NamedValue("low_pct", row.coverage_low_pct),
                NamedValue("high_pct", row.coverage_high_pct),
            ),
        ),
        Reason(
            ReasonCode.ZONE_GREEN,
            (
                NamedValue("exceedances", row.exceedances),
                NamedValue("observations", row.observations),
            ),
        ),
        Reason(
            ReasonCode.OFFSET_COST,
            (NamedValue("count", len(by_offset)), NamedValue("shortfall_amount", cost)),
            is_finding=True,
        ),
        Reason(
            ReasonCode.MODEL_SHORTFALL,
            (
                NamedValue("count", len(by_model)),
                NamedValue("shortfall_amount", sum(e.shortfall_amount for e in by_model)),
            ),
            is_finding=True,
        ),
        Reason(ReasonCode.PENDING, (NamedValue("count", 80),)),
    )
    return Verdict(
        status=VerdictStatus.ADEQUATE_WITH_FINDINGS,
        reasons=reasons,
        model_id=row.model_id,
        track=row.track,
        mpor_days=row.mpor_days,
        window_name=row.window_name,
        window_start_date=business_dates()[0],
        window_end_date=business_dates()[-1],
        margin_basis=row.margin_basis,
        target_coverage_pct=CONFIDENCE,
        observations=row.observations,
        exceedances=row.exceedances,
        coverage_pct=row.coverage_pct,
        coverage_low_pct=row.coverage_low_pct,
        coverage_high_pct=row.coverage_high_pct,
        zone=row.zone,
        largest_shortfall_amount=largest.shortfall_amount,
        largest_shortfall_account_id=largest.account_id,
        largest_shortfall_date=largest.business_date,
        total_shortfall_amount=sum(e.shortfall_amount for e in log),
        standalone_margin_amount=total.standalone_margin_amount,
        tested_margin_amount=total.capped_margin_amount,
        offset_credit_amount=total.standalone_margin_amount - total.capped_margin_amount,
        mean_offset_credit_amount=total.mean_standalone_margin_amount
        - total.mean_capped_margin_amount,
        offset_caused_days=len(by_offset),
        offset_shortfall_amount=cost,
    )


def level_credits(total: OffsetTotal) -> tuple[LevelCredit, ...]:
    as_of = total.standalone_margin_amount - total.netted_margin_amount
    mean = total.mean_standalone_margin_amount - total.mean_netted_margin_amount
    shares = {
        Level.INSTRUMENT: 0.0,
        Level.PRODUCT: 0.04,
        Level.OFFSET_GROUP: 0.91,
        Level.ACCOUNT: 0.05,
    }
    return tuple(
        LevelCredit(total.model_id, level, as_of * share, mean * share)
        for level, share in shares.items()
    )


@cache
def make_sample() -> ReportData:
    champion = simulate(MODEL, 2)
    headline = coverage_row(champion, MarginBasis.CAPPED, DAYS)
    log = exceedance_log(champion, MarginBasis.CAPPED)
    total = offset_total(champion)
    coverage = tuple(
        coverage_row(simulate(model_id, mpor), basis, days)
        for model_id in (MODEL, CHALLENGER)
        for mpor in (1, 2)
        for days in (YEAR_DAYS, DAYS)
        for basis in BASES
    )
    accounts = tuple(
        coverage_row(champion, MarginBasis.CAPPED, DAYS, "account", account_name(a), a)
        for a in range(ACCOUNTS)
    )
    margins = champion.margins
    tests = tests_of(headline) + tuple(t for row in accounts for t in tests_of(row)[:1])
    return ReportData(
        organisation="Example Clearing House",
        as_of_date=business_dates()[-1],
        currency="USD",
        verdict=verdict_of(headline, log, total),
        manifest=manifest(),
        data_quality=data_quality(),
        models=model_declarations(),
        coverage=coverage,
        coverage_by_scope=(headline, *accounts),
        exceedances=log,
        class_totals=class_totals(champion),
        level_credits=level_credits(total),
        offset_totals=(total,),
        tests=tests,
        severity=severity_rows(),
        account_histories=histories(champion, log),
        margin_histories=(
            MarginHistory(
                MODEL,
                2,
                business_dates(),
                *(
                    tuple(margins[basis].sum(axis=1).tolist())
                    for basis in (
                        MarginBasis.STANDALONE,
                        MarginBasis.NETTED,
                        MarginBasis.CAPPED,
                        MarginBasis.CALLED,
                    )
                ),
            ),
        ),
        limitations=("Positions before 2024 were rebuilt from trades and not from snapshots.",),
        signatories=(
            Signatory("Prepared by"),
            Signatory("Risk manager"),
            Signatory("Compliance officer"),
        ),
        annexes=(
            AnnexFile("queries.txt", "Queries behind each figure", b"-- none\n", "text/plain"),
        ),
        is_demonstration=True,
    )


YEAR_DAYS = 250
