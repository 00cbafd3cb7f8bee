"""The result every statistical test returns; no test logic belongs here."""

from dataclasses import dataclass

from pipeline.terms import Decision


@dataclass(frozen=True)
class TestOutcome:
    """Outcome of one statistical test on one series of exceedances.

    Attributes
    ----------
    test : str
        Name of the test, for example ``"kupiec_pof"``.
    statistic : float or None
        Value of the statistic; None where it does not exist (never NaN).
    p_value : float or None
        Probability, under the null, of a statistic at least as extreme.
    decision : Decision
        accept, reject, conservative (rejected, but because margin is too high) or
        insufficient_data.
    null : str
        The null hypothesis in a plain sentence.
    reference : str
        Where the test is published.
    reason : str
        Why data are insufficient, or a remark on reading the result; may be empty.
    observations, exceedances : int
        T and x of the tested series.
    """

    __test__ = False  # the name starts with "Test", but pytest must not collect it

    test: str
    statistic: float | None
    p_value: float | None
    decision: Decision
    null: str
    reference: str
    reason: str
    observations: int
    exceedances: int
