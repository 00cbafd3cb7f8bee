"""Which rules were in force on a date, with the values behind the decision, as rows.

Rows of ``out_rules``; deciding belongs to `gate` and `rules`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipeline.margin.dependence import GroupGate

RULE_SCHEMA = {
    "business_date": pl.Date,
    "model_id": pl.String,
    "mpor_days": pl.Int32,
    "rule": pl.String,
    "subject": pl.String,
    "is_in_force": pl.Boolean,
    "label": pl.String,
    "rule_value": pl.Float64,
    "stress_value": pl.Float64,
    "threshold_value": pl.Float64,
    "observations": pl.Int64,
    "stress_observations": pl.Int64,
    "reason": pl.String,
}


@dataclass(frozen=True)
class RuleStatus:
    """One rule on one date.

    Attributes
    ----------
    rule : str
        correlation_gate, stress_weight, volatility_floor or buffer.
    in_force : bool
        Of the gate: whether the group counts.
    label : str
        What the rule may be called: article_28, below_article_28, ten_year, short_history; of the
        gate the method.
    value, stress_value, threshold : float or None
        Of the gate the least dependence in lookback and stress periods; of a tool its parameter and
        the least that the article names.
    observations, stress_observations : int or None
        What the values rest on.
    reason : str
        Why the rule is not in force; empty otherwise.
    subject : str
        Offset group of a gate; empty for rules of the whole model.
    """

    rule: str
    in_force: bool
    label: str
    value: float | None
    threshold: float | None
    reason: str
    subject: str = ""
    stress_value: float | None = None
    observations: int | None = None
    stress_observations: int | None = None


def describe_gate(gate: GroupGate) -> RuleStatus:
    """Return the status of one offset group."""
    return RuleStatus(
        rule="correlation_gate",
        in_force=gate.counts,
        label=gate.method,
        value=gate.lookback.least_dependence,
        threshold=gate.threshold,
        reason=gate.reason,
        subject=gate.group,
        stress_value=gate.stress.least_dependence,
        observations=gate.lookback.observations,
        stress_observations=gate.stress.observations,
    )


def arrange_statuses(
    model_id: str, mpor_days: int, statuses: Sequence[tuple[object, RuleStatus]]
) -> pl.DataFrame:
    """Turn statuses into rows of ``out_rules`` without provenance columns.

    Parameters
    ----------
    model_id : str
        The model.
    mpor_days : int
        Margin period of risk.
    statuses : sequence of (date, RuleStatus)
        In the order of the result.

    Returns
    -------
    polars.DataFrame
        Columns of ``RULE_SCHEMA``.
    """
    return pl.DataFrame(
        [
            (
                day,
                model_id,
                mpor_days,
                s.rule,
                s.subject,
                s.in_force,
                s.label,
                s.value,
                s.stress_value,
                s.threshold,
                s.observations,
                s.stress_observations,
                s.reason,
            )
            for day, s in statuses
        ],
        schema=RULE_SCHEMA,
        orient="row",
    )
