"""What the sections on trial and movement share: which series they show, how cells are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipeline.rendering.model import Column, ColumnFormat
from pipeline.rendering.wording import Wording

Rows = Sequence[dict[str, Any]]
MOST_LISTED = 10


@dataclass(frozen=True)
class TrialRequest:
    """Which series the sections show.

    Attributes
    ----------
    as_of_date : date
        Date of the backtest.
    model_ids : tuple of str
        Models of the report, the champion first.
    mpor_days : int
        Horizon of the verdict.
    window_name : str
        Window of the verdict.
    first_date : date
        First date of that window.
    currency : str
        Reporting currency.
    """

    as_of_date: date
    model_ids: tuple[str, ...]
    mpor_days: int
    window_name: str
    first_date: date
    currency: str

    @property
    def champion(self) -> str:
        """The model that the verdict rests on."""
        return self.model_ids[0]

    @property
    def series(self) -> dict[str, Any]:
        """Parameters of the queries on the champion's series."""
        return {
            "as_of_date": self.as_of_date,
            "model_id": self.champion,
            "mpor_days": self.mpor_days,
            "window_name": self.window_name,
        }


def make_column(
    wording: Wording,
    key: str,
    written: ColumnFormat = ColumnFormat.TEXT,
    share: float = 1.0,
    **values: object,
) -> Column:
    """Return a column of a further table with the title under its key of the wording."""
    return Column(wording.say(f"trial.columns.{key}", **values), written, share=share)


def write_money(amount: float) -> str:
    """Write an amount in a sentence, with a true minus sign."""
    return f"{amount:,.0f}".replace("-", "\u2212")
