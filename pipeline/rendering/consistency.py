"""Refuses data whose counts disagree, before a page is laid out.

The count of exceedances on page one, in the tables, in the annex and under the tests is one number;
when it is not, no report is rendered. Nothing is corrected here.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date

from pipeline.errors import CheckFailed
from pipeline.rendering.annex import reserved_names
from pipeline.rendering.model import CoverageRow, Exceedance, ReportData

_LONGEST_TABLE = 200
_Series = tuple[str, str, int, str]
_Log = dict[_Series, list[date]]


def check_consistency(data: ReportData) -> None:
    """Raise when the report would contradict itself.

    Raises
    ------
    CheckFailed
        When the exceedance log does not have the verdict's count, or a dated coverage row of firm
        scope or a test of firm scope has another count than the log, when the largest shortfall
        is not the log's, when a further table is too long or when two annex files share a name.
    """
    verdict = data.verdict
    series: _Series = (
        verdict.model_id,
        verdict.track.value,
        verdict.mpor_days,
        verdict.margin_basis.value,
    )
    log = _dates_by_series(data.exceedances)
    _check_verdict(data, series, log)
    for row in data.coverage:
        _check_row(row, log, series)
    for test in data.tests:
        tested: _Series = (
            test.model_id,
            test.track.value,
            test.mpor_days,
            test.margin_basis.value,
        )
        is_headline = tested == series and test.window_name == verdict.window_name
        if is_headline and test.scope == "firm" and test.exceedances != verdict.exceedances:
            _refuse(
                f"the test {test.test} rests on {test.exceedances} exceedances of"
                f" {_named(series)} and the verdict on {verdict.exceedances}"
            )
    _check_additions(data)


def _check_verdict(data: ReportData, series: _Series, log: _Log) -> None:
    verdict = data.verdict
    start, end = verdict.window_start_date, verdict.window_end_date
    count = _count(log, series, start, end)
    if count != verdict.exceedances:
        _refuse(
            f"the verdict counts {verdict.exceedances} exceedances of {_named(series)}"
            f" and the exceedance log {count}"
        )
    largest = max(
        (
            e.shortfall_amount
            for e in data.exceedances
            if _series_of(e) == series and start <= e.business_date <= end
        ),
        default=0.0,
    )
    if abs(largest - verdict.largest_shortfall_amount) > 1e-6 * max(1.0, abs(largest)):
        _refuse(
            f"the verdict's largest shortfall is {verdict.largest_shortfall_amount}"
            f" and the exceedance log's {largest}"
        )


def _check_row(row: CoverageRow, log: _Log, headline: _Series) -> None:
    series: _Series = (row.model_id, row.track.value, row.mpor_days, row.margin_basis.value)
    start, end = row.window_start_date, row.window_end_date
    if row.scope != "firm" or row.loss_basis != "end" or (series not in log and series != headline):
        return
    if start is None or end is None:
        return
    count = _count(log, series, start, end)
    if count != row.exceedances:
        _refuse(
            f"the coverage of {_named(series)} over {row.window_name} counts"
            f" {row.exceedances} exceedances and the exceedance log {count}"
        )


def _check_additions(data: ReportData) -> None:
    for section in data.further_sections:
        for table in section.tables:
            if len(table.rows) > _LONGEST_TABLE:
                _refuse(
                    f"the table {table.caption!r} has {len(table.rows)} rows, and a table in the"
                    f" body has at most {_LONGEST_TABLE}; put the detail into an annex file"
                )
            if any(len(row) != len(table.columns) for row in table.rows):
                _refuse(f"the table {table.caption!r} has a row of the wrong length")
    names = [annex.name for annex in data.annexes]
    taken = sorted(name for name in names if name in reserved_names() or names.count(name) > 1)
    if taken:
        _refuse(f"the name of the annex file {taken[0]!r} is used more than once")


def _dates_by_series(exceedances: Iterable[Exceedance]) -> _Log:
    log: _Log = {}
    for exceedance in exceedances:
        log.setdefault(_series_of(exceedance), []).append(exceedance.business_date)
    for dates in log.values():
        dates.sort()
    return log


def _count(log: _Log, series: _Series, start: date, end: date) -> int:
    dates = log.get(series, [])
    return bisect_right(dates, end) - bisect_left(dates, start)


def _series_of(exceedance: Exceedance) -> _Series:
    return (
        exceedance.model_id,
        exceedance.track.value,
        exceedance.mpor_days,
        exceedance.margin_basis.value,
    )


def _named(series: _Series) -> str:
    model_id, track, mpor_days, basis = series
    return f"{model_id} ({track}, {mpor_days} days, {basis} margin)"


def _refuse(sentence: str) -> None:
    msg = f"the report was not rendered: {sentence}"
    raise CheckFailed(msg)
