"""Exceedances of many accounts as matrices of series and dates, the form the tests read.

Scattering tested rows into matrices and cutting windows belongs here; no test is carried out.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import polars.selectors as cs

from pipeline.backtest.losses import LossStatus
from pipeline.backtest.outcome import BoolArray, FloatArray, IntArray
from pipeline.backtest.tested_rows import SERIES
from pipeline.terms import HYPOTHETICAL, Level, MarginBasis

SERIES_KEY = [*SERIES, "scope", "scope_id", "account_id"]
"""What names one series: losses of one account, or of one product of it, against one margin."""
_CALENDAR = ["model_id", "track"]


@dataclass(frozen=True)
class SeriesMatrix:
    """Series in rows, dates in columns, all of one horizon.

    Attributes
    ----------
    keys : polars.DataFrame of n_series rows
        model_id, track, mpor_days, margin_basis, scope, scope_id, account_id; sorted.
    calendar : int64 array of shape (n_series,)
        Row of `ended` that each series belongs to.
    ended : bool array of shape (n_calendars, n_days)
        Dates on which some horizon of the model and track has ended.
    hits, observed : bool arrays of shape (n_series, n_days)
        Exceedances, and where loss and margin are known.
    margin, loss : float arrays of shape (n_series, n_days)
        In reporting currency; 0 where not observed.
    """

    keys: pl.DataFrame
    calendar: IntArray
    ended: BoolArray
    hits: BoolArray
    observed: BoolArray
    margin: FloatArray
    loss: FloatArray

    def cut(self, days: int | None) -> "SeriesMatrix":
        """Return the series over the last dates of their model and track.

        Parameters
        ----------
        days : int or None
            How many dates with an ended horizon; None for all.

        Returns
        -------
        SeriesMatrix
            Series without an observation in the window are left out: no test has anything to say
            of them.
        """
        inside = self.ended
        if days is not None:
            still_to_come = np.cumsum(self.ended[:, ::-1], axis=1)[:, ::-1]
            inside = self.ended & (still_to_come <= days)
        columns = np.flatnonzero(inside.any(axis=0))
        first = int(columns[0]) if columns.size else self.ended.shape[1]
        observed = self.observed[:, first:] & inside[self.calendar, first:]
        return SeriesMatrix(
            self.keys,
            self.calendar,
            inside[:, first:],
            self.hits[:, first:] & observed,
            observed,
            self.margin[:, first:],
            self.loss[:, first:],
        ).select(np.any(observed, axis=1, keepdims=True)[:, 0])

    def select(self, rows: BoolArray) -> "SeriesMatrix":
        """Return some of the series.

        Parameters
        ----------
        rows : bool array of shape (n_series,)
            Which ones.
        """
        if bool(rows.all()):
            return self
        return SeriesMatrix(
            self.keys.filter(pl.Series(rows)),
            self.calendar[rows],
            self.ended,
            self.hits[rows],
            self.observed[rows],
            self.margin[rows],
            self.loss[rows],
        )


def arrange_series(tested: pl.DataFrame) -> SeriesMatrix:
    """Scatter tested rows of one horizon into matrices.

    Parameters
    ----------
    tested : polars.DataFrame
        Rows of `tested_rows.compare_every_basis`, all of one mpor_days.

    Returns
    -------
    SeriesMatrix
        Every account and every hypothetical portfolio under every margin, and every product of an
        account under the capped margin. Offset groups and pooled scopes have no series of their
        own.
    """
    is_product = (pl.col("scope") == Level.PRODUCT.value) & (
        pl.col("margin_basis") == MarginBasis.CAPPED.value
    )
    rows = tested.filter(
        (pl.col("status") != LossStatus.PENDING.value)
        & (pl.col("scope").is_in([Level.ACCOUNT.value, HYPOTHETICAL]) | is_product)
    )
    named = rows.select(SERIES_KEY).unique()
    keys = named.with_columns(cs.categorical().cast(pl.String)).sort(SERIES_KEY)
    calendars = keys.select(_CALENDAR).unique().sort(_CALENDAR).with_row_index("calendar")
    calendar = (
        keys.join(calendars, on=_CALENDAR, how="left", maintain_order="left")["calendar"]
        .to_numpy()
        .astype(np.int64)
    )
    coded = rows.join(keys.with_row_index("series").cast(named.schema), on=SERIES_KEY, how="left")
    series = coded["series"].to_numpy().astype(np.int64)
    dates, column = np.unique(coded["business_date"].to_numpy(), return_inverse=True)
    shape = (len(keys), len(dates))
    place = series * max(len(dates), 1) + column
    known = (coded["status"] == LossStatus.OBSERVED.value).to_numpy() & (
        coded["margin"].is_not_null().to_numpy()
    )
    ended = np.zeros((len(calendars), len(dates)), dtype=np.bool_)
    ended[calendar[series], column] = True

    def scatter(values: np.ndarray, dtype: type[np.generic]) -> np.ndarray:
        matrix = np.zeros(shape[0] * shape[1], dtype=dtype)
        matrix[place[known]] = values[known]
        return matrix.reshape(shape)

    return SeriesMatrix(
        keys=keys,
        calendar=calendar,
        ended=ended,
        hits=scatter(coded["exceeds"].to_numpy(), np.bool_),
        observed=scatter(known, np.bool_),
        margin=scatter(coded["margin"].to_numpy(), np.float64),
        loss=scatter(coded["loss"].to_numpy(), np.float64),
    )
