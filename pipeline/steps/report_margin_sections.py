"""The report's sections on how margin moves: procyclicality and margin calls.

Finished rows come in, sections go out; every sentence is in ``reports/wording``.
"""

from pipeline.rendering.model import ColumnFormat, FurtherSection, Line, LineChart, Table
from pipeline.rendering.wording import Wording
from pipeline.steps.report_layout import (
    MOST_LISTED,
    Rows,
    TrialRequest,
    make_column,
    write_money,
)

_INCREASE_DAYS = (1, 5, 10, 30)


def describe_procyclicality(moves: Rows, request: TrialRequest, wording: Wording) -> FurtherSection:
    """Lay out how much margin moved, of real portfolios and of positions held constant."""
    say = wording.say
    firm = [row for row in moves if row["scope"] == "firm"]
    accounts = [
        row
        for row in moves
        if row["scope"] == "account"
        and row["portfolio"] == "actual"
        and row["model_id"] == request.champion
        and row["peak_to_trough"] is not None
    ][:MOST_LISTED]
    return FurtherSection(
        key="procyclicality",
        title=say("trial.procyclicality"),
        paragraphs=_move_sentences(firm, request, wording) if firm else (),
        tables=(
            _move_table("procyclicality_table", firm, wording),
            _move_table("procyclicality_accounts_table", accounts, wording),
        )
        if firm
        else (),
        after="severity",
        empty_sentence=say("trial.procyclicality_empty"),
    )


def _move_sentences(firm: Rows, request: TrialRequest, wording: Wording) -> tuple[str, ...]:
    say = wording.say
    sentences = [say("trial.procyclicality_intro")]
    own = [row for row in firm if row["model_id"] == request.champion]
    for row in own:
        if row["parameter_effect_amount"] is not None:
            change = row["last_margin_amount"] - row["first_margin_amount"]
            sentences.append(
                say(
                    "trial.procyclicality_effect",
                    first=row["first_date"],
                    last=row["last_date"],
                    change=write_money(change),
                    currency=request.currency,
                    parameter=write_money(row["parameter_effect_amount"]),
                    position=write_money(row["position_effect_amount"]),
                )
            )
    sentences += [
        say(
            "trial.procyclicality_left_out", pct=f"{row['left_out_pct']:.1f}", date=row["book_date"]
        )
        for row in own
        if row["left_out_pct"]
    ]
    return tuple(sentences)


def _move_table(key: str, rows: Rows, wording: Wording) -> Table:
    is_firm = key == "procyclicality_table"
    return Table(
        wording.say(f"trial.{key}"),
        (
            make_column(wording, "model" if is_firm else "account", share=1.2 if is_firm else 2.2),
            make_column(wording, "portfolio", share=2.0 if is_firm else 1.0),
            make_column(wording, "peak_to_trough", ColumnFormat.NUMBER, 1.2),
            *(
                make_column(wording, "increase", ColumnFormat.PCT, days=days)
                for days in _INCREASE_DAYS
            ),
        ),
        tuple(
            (
                row["model_id"] if is_firm else row["scope_id"],
                wording.say(f"trial.portfolio.{row['portfolio']}"),
                row["peak_to_trough"],
                *(row[f"increase_{days}_days_pct"] for days in _INCREASE_DAYS),
            )
            for row in rows
        ),
        wording.say("trial.procyclicality_note") if is_firm else "",
    )


def describe_calls(calls: Rows, request: TrialRequest, wording: Wording) -> FurtherSection:
    """Lay out the calls of a window: how often, how large, how concentrated."""
    say = wording.say
    largest = sorted(calls, key=lambda row: (-row["call_amount"], row["business_date"]))
    called = [row for row in largest if row["call_amount"] > 0]
    paragraphs: tuple[str, ...] = ()
    charts: tuple[LineChart, ...] = ()
    if called:
        most = called[0]
        paragraphs = (
            say("trial.calls_intro"),
            say(
                "trial.calls_summary",
                called=f"{len(called):,}",
                days=f"{len(calls):,}",
                largest=write_money(most["call_amount"]),
                currency=request.currency,
                date=most["business_date"],
                share=f"{most['largest_three_pct']:.0f}",
            ),
        )
        charts = (
            LineChart(
                caption=say("trial.calls_chart", model=request.champion, days=request.mpor_days),
                alternative_text=say(
                    "trial.calls_alternative",
                    largest=write_money(most["call_amount"]),
                    date=most["business_date"],
                ),
                x_label="",
                y_label=say("trial.calls_axis", currency=request.currency),
                x_values=tuple(row["business_date"] for row in calls),
                lines=(Line(say("trial.calls_line"), tuple(row["call_amount"] for row in calls)),),
            ),
        )
    return FurtherSection(
        key="margin_calls",
        title=say("trial.calls"),
        paragraphs=paragraphs,
        tables=(_call_table(called[:MOST_LISTED], wording),) if called else (),
        charts=charts,
        after="severity",
        empty_sentence=say("trial.calls_empty"),
    )


def _call_table(called: Rows, wording: Wording) -> Table:
    return Table(
        wording.say("trial.calls_table"),
        (
            make_column(wording, "date", ColumnFormat.DATE, 1.2),
            make_column(wording, "requirement", ColumnFormat.AMOUNT, 1.4),
            make_column(wording, "call", ColumnFormat.AMOUNT, 1.4),
            make_column(wording, "called_accounts", ColumnFormat.COUNT, 1.2),
            make_column(wording, "concentration", ColumnFormat.NUMBER, 1.2),
            make_column(wording, "largest_three", ColumnFormat.PCT, 1.2),
        ),
        tuple(
            (
                row["business_date"],
                row["requirement_amount"],
                row["call_amount"],
                row["called_accounts"],
                row["concentration"],
                row["largest_three_pct"],
            )
            for row in called
        ),
        wording.say("trial.calls_note"),
    )
