"""What the fields of a declared source mean: cells become rows, fields become columns of our kinds.

Every row of a table is committed or kept with the reason why not: it cannot be read, the
declaration leaves it out, or another row of its key is the one to keep. Telling files into fields
belongs to ``source_files``, what values must satisfy to the contracts.
"""

import hashlib
import operator
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from pipeline.findings import NAMED_ROWS, QUARANTINE_SCHEMA, Finding, LandedFile, Severity
from pipeline.landing.rows import (
    CONTROL_CHARACTERS,
    EXPECTED,
    Conversion,
    Separation,
    empty_separation,
    is_date_in_range,
    separate,
)
from pipeline.landing.schema import COLUMNS, ROW_NUMBER, Column, ColumnType
from pipeline.landing.source import (
    EPOCHS,
    ColumnRule,
    Condition,
    FileForm,
    LeaveOut,
    Source,
    Symbol,
    Table,
)
from pipeline.landing.source_files import LINE, RawRows, iterate_members, read_raw

COMPARISONS = {
    "at_most": operator.le,
    "at_least": operator.ge,
    "below": operator.lt,
    "above": operator.gt,
}
_NOT_KEPT = "another row of the same key is kept"
_NO_SYMBOL = "the symbol stands for no instrument on the date"


def read_source(path: Path, source: Source) -> list[LandedFile]:
    """Read one file of a source as the kinds that its declaration names.

    Parameters
    ----------
    path : Path
        The file, plain or packed.
    source : Source
        The declaration.

    Returns
    -------
    list of LandedFile
        One per member and table; a table's rows are all in its frame or refused.

    Raises
    ------
    EnvironmentFault
        The file cannot be read.
    """
    landed = []
    for member, fault in iterate_members(path, source):
        sha256 = hashlib.sha256(member.content).hexdigest()
        raw = RawRows(member.name, pl.DataFrame(), (fault,)) if fault else read_raw(member, source)
        for table in source.tables:
            separation = (
                empty_separation(
                    table.kind, raw.findings, raw.frame.height if len(raw.frame.columns) else 0
                )
                if raw.findings
                else _read_table(raw, source, table, sha256)
            )
            landed.append(
                LandedFile(
                    kind=table.kind,
                    path=path,
                    name=member.name,
                    sha256=sha256,
                    row_count=separation.row_count,
                    frame=separation.frame,
                    refused=separation.refused,
                    findings=separation.findings,
                    source=source.name,
                )
            )
    return landed


def _read_table(raw: RawRows, source: Source, table: Table, sha256: str) -> Separation:
    """Read the rows of one table."""
    rows = _widen(raw.frame, source) if source.wide else raw.frame.rename({LINE: ROW_NUMBER})
    left_out: list[tuple[pl.DataFrame, str]] = []
    for rule in (*source.leave_out, *table.leave_out):
        is_met = rows.select(_express_rule(rule)).to_series()
        if is_met.any():
            left_out.append((rows.filter(is_met), rule.reason))
            rows = rows.filter(~is_met)
    day_rule = _find_date_rule(source, table)
    texts = rows.with_columns(
        _express_template(column).alias(_made(column)) for column in table.columns
    )
    texts = texts.with_columns(
        _express_words(column).alias(_made(column)) for column in table.columns if column.words
    )
    if source.symbols and any(column.uses_symbols for column in table.columns):
        days = _read_days(texts, day_rule)
        texts = _apply_symbols(texts, table, source.symbols, days)
        is_unknown = pl.any_horizontal(
            pl.col(_made(c)).is_null() for c in table.columns if c.uses_symbols
        )
        unknown = texts.filter(is_unknown)
        if unknown.height:
            left_out.append((unknown.select(rows.columns), _NO_SYMBOL))
            texts = texts.filter(~is_unknown)
    if table.once:
        texts = texts.unique([_made(c) for c in table.columns], keep="first", maintain_order=True)
    if table.keep:
        texts, dropped = _keep_one(texts, table)
        if dropped.height:
            left_out.append((dropped.select(rows.columns), _NOT_KEPT))
    declared = {column.name: column for column in COLUMNS[table.kind]}
    conversions = [
        _convert(declared[c.name], c, texts[_made(c)], source.file) for c in table.columns
    ]
    separation = separate(table.kind, raw.name, sha256, texts[ROW_NUMBER], conversions)
    if table.once:
        return separation  # the rows are told of by the table that they are repeated from
    return _add_left_out(separation, left_out, table, source, raw.name, sha256)


def _find_date_rule(source: Source, table: Table) -> ColumnRule | None:
    """Return how the date of a row is made, by the table or by another one of the source."""
    for each in (table, *source.tables):
        for column in each.columns:
            if column.name == "business_date":
                return column
    return None


def _read_days(rows: pl.DataFrame, rule: ColumnRule | None) -> pl.Series:
    """Return the business date of each row, null where there is none."""
    if rule is None:
        return pl.Series([None], dtype=pl.Date).new_from_index(0, rows.height)
    return _read_dates(rows.select(_express_template(rule).alias("d")).to_series(), rule)


def _made(column: ColumnRule) -> str:
    """Name the text of a column beside the fields, whose names may be the same."""
    return f"made of {column.name}"


def _widen(frame: pl.DataFrame, source: Source) -> pl.DataFrame:
    """Turn the cells of a wide file into rows; they are numbered along the lines."""
    wide = source.wide
    if wide is None:
        return frame
    pattern = re.compile(wide.pattern)
    cells = [name for name in frame.columns if pattern.fullmatch(name)]
    index = [name for name in frame.columns if name not in cells]
    names = pl.DataFrame(
        {"cell column": cells}
        | {
            group: [pattern.fullmatch(name)[group] for name in cells]  # type: ignore[index]
            for group in pattern.groupindex
        },
        schema=dict.fromkeys(["cell column", *pattern.groupindex], pl.String),
    ).with_row_index("cell order")
    return (
        frame.unpivot(cells, index=index, variable_name="cell column", value_name=wide.cell)
        .join(names, on="cell column", how="left", maintain_order="left")
        .sort(LINE, "cell order")
        .with_columns(pl.int_range(1, 1 + pl.len(), dtype=pl.Int64).alias(ROW_NUMBER))
        .drop("cell order", "cell column", LINE)
    )


def _express_rule(rule: LeaveOut) -> pl.Expr:
    """Return whether a row meets every condition; an empty field meets only ``empty``."""
    return pl.all_horizontal(
        _express_condition(condition).fill_null(value=False) for condition in rule.conditions
    )


def _express_condition(condition: Condition) -> pl.Expr:
    value, given = pl.col(condition.field), list(condition.values)
    if condition.test in COMPARISONS:
        number = value.cast(pl.Float64, strict=False)
        compared: pl.Expr = COMPARISONS[condition.test](number, pl.lit(float(given[0])))
        return compared
    if condition.test == "empty":
        return value.is_null()
    if condition.test == "matches":
        return value.str.contains(f"^(?:{given[0]})$")
    return value.is_in(given) if condition.test == "equals" else ~value.is_in(given)


def _express_template(column: ColumnRule) -> pl.Expr:
    """Return the text of a column; null where a field it needs has no value."""
    parts = re.split(r"\{([^{}]+)\}", column.template)
    pieces = [
        pl.col(part) if number % 2 else pl.lit(part)
        for number, part in enumerate(parts)
        if number % 2 or part
    ]
    return pl.concat_str(pieces) if pieces else pl.lit(None, dtype=pl.String)


def _express_words(column: ColumnRule) -> pl.Expr:
    """Replace words; a text without an entry stays as it is where none is declared for it.

    It is then no word of the column's and read as such: a number column cannot read it.
    """
    made, words = pl.col(_made(column)), column.words or {}
    replaced = made.replace_strict(list(words), list(words.values()), default=None)
    if column.otherwise is None:
        return pl.when(made.is_in(list(words))).then(replaced).otherwise("\x00" + made)
    known = pl.when(made.is_in(list(words))).then(replaced)
    return known.when(made.is_not_null()).then(pl.lit(column.otherwise or None, dtype=pl.String))


def _apply_symbols(
    texts: pl.DataFrame, table: Table, symbols: Sequence[Symbol], days: pl.Series
) -> pl.DataFrame:
    """Translate symbols by date; a symbol that is declared nowhere stays as it is."""
    day = pl.lit(days)
    known = list({symbol.symbol for symbol in symbols})
    columns = []
    for column in table.columns:
        if not column.uses_symbols:
            continue
        made = pl.col(_made(column))
        meanings = [pl.when(~made.is_in(known)).then(made)]
        for symbol in symbols:
            first, last = symbol.first_date or date.min, symbol.last_date or date.max
            in_range = day.is_between(pl.lit(first), pl.lit(last)) | day.is_null()
            is_meant = (made == symbol.symbol) & in_range
            meanings.append(pl.when(is_meant).then(pl.lit(symbol.instrument_id)))
        columns.append(pl.coalesce(meanings).alias(_made(column)))
    return texts.with_columns(columns)


def _keep_one(texts: pl.DataFrame, table: Table) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Keep the first or last row of each key; the key is told after dates are made."""
    keys = []
    for column in table.columns:
        if column.name in table.keep_per:
            made = texts[_made(column)]
            is_date = {c.name: c.type for c in COLUMNS[table.kind]}[column.name] is ColumnType.DATE
            keys.append(_read_dates(made, column) if is_date else made)
    marked = texts.hstack([key.alias(f"key {n}") for n, key in enumerate(keys)])
    names = [f"key {n}" for n in range(len(keys))]
    ordered = marked.sort(table.keep_by, ROW_NUMBER, descending=table.keep == "last")
    kept = ordered.unique(names, keep="first", maintain_order=True)
    dropped = marked.join(kept, on=ROW_NUMBER, how="anti", maintain_order="left")
    return kept.sort(ROW_NUMBER).drop(names), dropped.drop(names)


def _read_dates(text: pl.Series, column: ColumnRule) -> pl.Series:
    """Read dates in the declared form; null where the text has another form.

    Stamps of a zone become the date in the business zone; those after the cut-off belong to the
    next date. A local time that the clocks skip or repeat is read as none.
    """
    value = pl.col("text")
    if column.form in EPOCHS:
        whole = value.cast(pl.Int64, strict=False)
        stamp = pl.from_epoch(whole, time_unit=EPOCHS[column.form])
        stamp = stamp.dt.replace_time_zone("UTC")
    else:
        stamp = value.str.to_datetime(column.form, strict=False, time_unit="us")
        # A lenient parser takes 2024-1-2 for a date of this form; what reads back is one.
        stamp = pl.when(stamp.dt.to_string(column.form) == value).then(stamp)
        if column.time_zone:
            stamp = stamp.dt.replace_time_zone(
                column.time_zone, ambiguous="null", non_existent="null"
            )
    if column.time_zone or column.form in EPOCHS:
        stamp = stamp.dt.convert_time_zone(column.business_time_zone or column.time_zone or "UTC")
    day = stamp.dt.date()
    if column.cut_off is not None:
        day = (
            pl.when(stamp.dt.time() > pl.lit(column.cut_off, dtype=pl.Time))
            .then(day + timedelta(days=1))
            .otherwise(day)
        )
    return text.alias("text").to_frame().select(day.alias("day")).to_series()


def _convert(column: Column, rule: ColumnRule, text: pl.Series, form: FileForm) -> Conversion:
    """Convert the text of a column to its declared type."""
    expected = EXPECTED[column.type]
    if column.type is ColumnType.TEXT:
        values = text
        unreadable = text.str.contains(CONTROL_CHARACTERS)
    elif column.type is ColumnType.DATE:
        values = _read_dates(text, rule)
        in_range = values.to_frame("v").select(is_date_in_range(pl.col("v"))).to_series()
        unreadable = text.is_not_null() & ~in_range.fill_null(value=False)
        values = values.set(unreadable, None)
        example = {"%Y-%m-%d": ""}.get(rule.form, f" in the form {rule.form}")
        expected = f"a date{example or ' such as 2014-01-31'}"
    else:
        values, good = _read_numbers(text, rule, form)
        unreadable = text.is_not_null() & ~good
        expected = expected.replace("-12.5", f"-12{form.decimal_mark}5")
    return Conversion(
        column,
        values.alias(column.name),
        text.str.strip_prefix("\x00").alias(column.name),
        unreadable.fill_null(value=False).alias(column.name),
        expected if not rule.words else f"one of {', '.join(rule.words)}",
        "the declared words have no entry for the value" if rule.words else "",
    )


def _read_numbers(text: pl.Series, rule: ColumnRule, form: FileForm) -> tuple[pl.Series, pl.Series]:
    """Read numbers in the declared marks and scale them."""
    mark, thousands = re.escape(form.decimal_mark), re.escape(form.thousands_mark)
    plain = rf"[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+"
    grouped = rf"|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+(?:{mark}[0-9]*)?" if thousands else ""
    shape = rf"^[+-]?(?:{plain}{grouped})(?:[eE][+-]?[0-9]+)?$"
    is_constant = "{" not in rule.template
    if is_constant or rule.words:
        shape = r"^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
    bare = text
    if not (is_constant or rule.words):
        if form.thousands_mark:
            bare = bare.str.replace_all(form.thousands_mark, "", literal=True)
        bare = bare.str.replace(form.decimal_mark, ".", literal=True)
    values = bare.cast(pl.Float64, strict=False)
    if rule.multiply_by != 1.0 or rule.divide_by != 1.0:
        # Polars divides by a number as it multiplies by its reciprocal: 2945300 / 10000 would not
        # be 294.53.
        scaled = values.to_numpy() * rule.multiply_by / rule.divide_by
        values = pl.Series(values.name, scaled, dtype=pl.Float64, nan_to_null=True)
    good = text.str.contains(shape).fill_null(value=False) & values.is_finite().fill_null(
        value=False
    )
    return values, good


def _add_left_out(
    separation: Separation,
    left_out: Sequence[tuple[pl.DataFrame, str]],
    table: Table,
    source: Source,
    name: str,
    sha256: str,
) -> Separation:
    """Count what the declaration leaves out, and keep it with the reason."""
    if not left_out:
        return separation
    fields = sorted({field for column in table.columns for field in column.fields})
    frames, findings = [separation.refused], list(separation.findings)
    for rows, reason in left_out:
        day = _read_days(rows, _find_date_rule(source, table))
        frames.append(
            rows.select(
                pl.lit(sha256).alias("file_sha256"),
                pl.lit(name).alias("file_name"),
                pl.lit(str(table.kind)).alias("kind"),
                ROW_NUMBER,
                day.alias("business_date"),
                pl.lit("").alias("column_name"),
                pl.lit(reason).alias("reason"),
                pl.concat_str([pl.col(f).fill_null("") for f in fields], separator=",").alias(
                    "row_content"
                ),
            ).cast(QUARANTINE_SCHEMA)  # type: ignore[arg-type]
        )
        findings.append(
            Finding(
                file_name=name,
                column="",
                rule="left_out",
                severity=Severity.WARN,
                problem=f"left out of {table.kind} and counted: {reason}",
                expected=f"rows that the source {source.name} takes",
                rows=tuple(rows[ROW_NUMBER].head(NAMED_ROWS)),
                row_count=rows.height,
            )
        )
    refused = pl.concat(frames).sort(ROW_NUMBER)
    return replace(
        separation,
        row_count=separation.frame.height + refused.height,
        refused=refused,
        findings=tuple(findings),
    )
