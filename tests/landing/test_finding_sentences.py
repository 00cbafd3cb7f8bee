from datetime import date

from pipeline.findings import Finding, Severity, merge_dates


def finding(day: int | None, rows: tuple[int, ...], values: tuple[str, ...] = ()) -> Finding:
    return Finding(
        file_name="prices.csv",
        column="settlement_price",
        rule="value_present",
        severity=Severity.STOP,
        problem="the value is missing",
        expected="a number",
        business_date=date(2014, 1, day) if day else None,
        rows=rows,
        values=values,
        row_count=len(rows),
    )


def test_sentence_names_rows_values_and_date() -> None:
    assert finding(2, (3, 5), ("a",)).message == (
        "prices.csv, column settlement_price, rows 3 and 5 ('a'), business date 2014-01-02: the"
        " value is missing; expected a number"
    )


def test_sentence_without_rows() -> None:
    assert finding(None, ()).message == (
        "prices.csv, column settlement_price: the value is missing; expected a number"
    )


def test_long_and_unprintable_values_stay_on_one_line() -> None:
    message = finding(2, (3,), ("x" * 100, "a\nb")).message
    assert f"('{'x' * 40}…', 'a\\nb')" in message


def test_findings_that_differ_by_date_are_merged() -> None:
    other = Finding("b.csv", "", "not_empty", Severity.STOP, "the file is empty", "rows")
    merged = merge_dates(
        [finding(2, (2, 3, 4), ("a",)), other, finding(3, (5, 6, 7), ("b", "a")), finding(5, (9,))]
    )
    assert [f.message for f in merged] == [
        (
            "prices.csv, column settlement_price, rows 2, 3, 4, 5, 6 and 2 more ('a', 'b'): the"
            " value"
            " is missing (on 3 dates from 2014-01-02 to 2014-01-05); expected a number"
        ),
        "b.csv: the file is empty; expected rows",
    ]


def test_one_date_is_left_as_it_is() -> None:
    assert merge_dates([finding(2, (2,))]) == (finding(2, (2,)),)
