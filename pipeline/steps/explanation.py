"""Explaining one account-day: what was held, what margin it had and why, what happened then.

How the page looks on a terminal or as PDF does not belong here.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from pipeline.errors import WrongUse
from pipeline.rendering.page import Page, PageSection
from pipeline.resources import read_sql
from pipeline.steps.page_text import make_section, write_cell
from pipeline.steps.query import Analyst
from pipeline.warehouse.connection import fetch_frame, fetch_value

_CLASSES = {
    "capped": "The margin with every offset would have failed; the cap on credit covered the loss.",
    "offset": "The margin failed and the margin without offsets would have covered the loss: the"
    " offset is at fault.",
    "model": "Even the margin without offsets would have failed: the model is at fault, not the"
    " offset.",
}
_OUTCOME = (
    ("standalone_margin_amount", "Margin without offsets"),
    ("netted_margin_amount", "Margin with every offset"),
    ("offset_credit_amount", "Offset credit"),
    ("capped_margin_amount", "Margin after the cap, which is tested"),
    ("addon_amount", "Add-ons"),
    ("maintenance_margin_amount", "Maintenance margin"),
    ("initial_margin_amount", "Initial margin"),
    ("called_margin_amount", "Margin called"),
    ("loss_amount", "Loss at the end of the horizon"),
    ("worst_loss_amount", "Worst point of the horizon"),
    ("shortfall_amount", "Shortfall"),
)


@dataclass(frozen=True)
class AccountDay:
    """Which account-day is explained, under which model and horizon."""

    account_id: str
    business_date: date
    model_id: str
    mpor_days: int

    def parameters(self) -> dict[str, Any]:
        """Return the key as parameters of a query."""
        return dict(vars(self))


def find_horizon(analyst: Analyst, account_id: str, business_date: date, model_id: str) -> int:
    """Return the shortest horizon for which the account-day has a margin or a reason for none.

    Raises
    ------
    WrongUse
        There is no such account-day; the sentence names what there is.
    """
    key = {"account_id": account_id, "business_date": business_date, "model_id": model_id}
    found = fetch_value(analyst.connection, read_sql("explain/horizon.sql"), key)
    if found is not None:
        return int(found)
    first, last = fetch_frame(
        analyst.connection, read_sql("explain/known_days.sql"), {"account_id": account_id}
    ).row(0)
    held = f"it has some from {first} to {last}" if first else "no date has one"
    msg = f"account {account_id} has no margin of model {model_id} on {business_date}; {held}"
    raise WrongUse(msg)


def explain_account_day(analyst: Analyst, day: AccountDay) -> Page:
    """Gather the page that explains an account-day.

    Parameters
    ----------
    analyst : Analyst
        The snapshot.
    day : AccountDay
        What is explained.

    Returns
    -------
    Page
        Finished text and tables.
    """

    def read(name: str) -> pl.DataFrame:
        return fetch_frame(analyst.connection, read_sql(f"explain/{name}.sql"), day.parameters())

    outcome = read("outcome").row(0, named=True)
    sections = [
        _list_outcome(outcome),
        make_section(
            "Positions",
            read("positions"),
            "Losses add up to that of the account; above 0 is lost.",
        ),
        make_section(
            "Netting tree",
            read("tree"),
            "The credits that the levels earn add up to the offset credit of the account.",
        ),
        make_section("Losses by node", read("node_losses")),
        _show_scenarios(analyst, read),
        make_section("Prices on the way", read("path")),
        make_section(
            "Offset pairs",
            read("pairs"),
            "Every account that held the pair, as of the newest backtest.",
        ),
        make_section("The account before", read("history")),
    ]
    return Page(
        title=f"{day.account_id} on {day.business_date}",
        subtitle=f"Model {day.model_id}, horizon in days: {day.mpor_days}; {analyst.state}",
        date=str(day.business_date),
        lead=tuple(_state(outcome)),
        sections=tuple(sections),
    )


def _state(outcome: dict[str, Any]) -> list[str]:
    """Say in sentences what happened."""
    if outcome["exclusion_reason"]:
        return [f"There is no margin: {outcome['exclusion_reason']}."]
    if outcome["status"] != "observed":
        word = {"pending": "the horizon has not ended", None: "the backtest has not run"}
        why = word.get(outcome["status"], "a price of the horizon is missing")
        return [f"The loss is not known: {why}."]
    loss, margin = outcome["loss_amount"], outcome["capped_margin_amount"]
    verb = "lost" if loss > 0 else "gained"
    sentences = [
        f"By {outcome['horizon_end_date']} the positions {verb} {write_cell(abs(loss))} against a"
        f" margin of {write_cell(margin)}"
        + (
            f": an exceedance, {write_cell(outcome['shortfall_amount'])} short."
            if outcome["is_exceedance"]
            else ": no exceedance."
        )
    ]
    if outcome["exceedance_class"] in _CLASSES:
        sentences.append(_CLASSES[outcome["exceedance_class"]])
    return sentences


def _list_outcome(outcome: dict[str, Any]) -> PageSection:
    rows = [(label, outcome[name]) for name, label in _OUTCOME if outcome[name] is not None]
    frame = pl.DataFrame(
        rows, schema={"figure": pl.String, "amount": pl.Float64}, orient="row", strict=False
    )
    return make_section("Margin and loss", frame)


def _show_scenarios(analyst: Analyst, read: Any) -> PageSection:
    """Show the scenarios behind the margin where the snapshot holds them."""
    title = "Scenarios that set the margin"
    is_held = fetch_value(
        analyst.connection,
        "SELECT count(*) > 0 FROM duckdb_columns() WHERE table_name = 'out_margin_scenarios'"
        " AND schema_name = 'main' AND database_name = current_database()",
    )
    if not is_held:
        return PageSection(title, "The snapshot was published before scenarios were written.")
    return make_section(title, read("scenarios"), "Worst first; the binding ones enter the margin.")
