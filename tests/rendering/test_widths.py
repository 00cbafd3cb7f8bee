import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rendering.widths import PAGE_MM, fit_columns, plain_measure

EM = 2.646


def test_short_texts_share_the_page_in_proportion() -> None:
    widths = fit_columns(["No.", "Account"], [["1", "A"], ["22", "ABCDEFGH"]], EM, plain_measure)
    assert sum(widths) == pytest.approx(PAGE_MM)
    assert widths[1] > widths[0]


def test_a_long_text_takes_what_is_left_and_no_word_is_broken() -> None:
    sentence = " ".join(["word"] * 80)
    rows = [["2025-01-01", sentence, "1,234,567"]]
    widths = fit_columns(["Date", "Note", "Amount"], rows, EM, plain_measure)
    assert sum(widths) == pytest.approx(PAGE_MM)
    assert widths[0] >= plain_measure("2025-01-01") / 3 * EM
    assert widths[2] >= plain_measure("1,234,567") * EM
    assert widths[1] > widths[0] + widths[2]


@given(
    st.lists(
        st.lists(st.text("ab -/", max_size=300), min_size=4, max_size=4), min_size=1, max_size=5
    )
)
def test_widths_are_positive_and_a_page_at_most_unless_words_are_too_long(
    rows: list[list[str]],
) -> None:
    widths = fit_columns(["One", "Two", "Three", "Four"], rows, EM, plain_measure)
    assert all(width > 0 for width in widths)
    assert sum(widths) <= max(PAGE_MM * (1 + 1e-9), 4 * 44.0)
