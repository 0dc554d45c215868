# ruff: noqa: S608 - names in these statements come from the door's tables, values are bound or quoted
"""Judging the rows of one file: which are sound, and why the others are not; all in DuckDB, in bounded memory."""

from collections.abc import Sequence
from datetime import date

import duckdb

from haoyou.lake import door
from haoyou.lake.sent import Sent

TEXT_CHARS_MAX = 1_000
MONEY_DIGITS_MAX = 15  # of the whole part: sums of 10^15 units in minor units still fit 64 bits a thousand times
RATE_PPM = 10_000  # one percent in parts per million


def judge(
    connection: duckdb.DuckDBPyConnection, dataset: door.Dataset, sent: Sent, *, bank_date: date, decimals: int
) -> None:
    """Table `judged`: the columns as they are stored, `_line`, and `_reasons`, NULL where a row is sound.

    Names of our own begin with an underscore: `line` is a column of the bank's (the business line).
    """
    if not sent.has_rows:  # most datasets on most days: no need to compile the questions below
        types = ", ".join(f"{c.stored_name} {c.stored_type}" for c in dataset.columns)
        connection.execute(f"CREATE TABLE judged (_line BIGINT, {types}, _reasons VARCHAR)")
        return
    trimmed = ", ".join(f"{_trimmed(c, sent.header)} AS t_{c.name}" for c in dataset.columns)
    typed = ", ".join(f"{_stored(c, decimals)} AS {c.stored_name}" for c in dataset.columns)
    stored = ", ".join(c.stored_name for c in dataset.columns)
    faults = [_fault(column) for column in dataset.columns]
    if not dataset.reference:
        faults.append("CASE WHEN bank_date > $bank_date THEN 'bank_date:after_feed' END")
    connection.execute(
        f"""CREATE TABLE judged AS
        WITH trimmed AS (SELECT _line, _misshapen, {trimmed} FROM {sent.table}),
             typed AS (SELECT *, {typed} FROM trimmed)
        SELECT _line, {stored},
               CASE WHEN _misshapen = 1 THEN 'row:wrong_width'
                    ELSE nullif(concat_ws('; ', {", ".join(faults)}), '') END AS _reasons
        FROM typed""",
        {} if dataset.reference else {"bank_date": bank_date},
    )


def judge_signs(connection: duckdb.DuckDBPyConnection) -> None:
    """Balances below zero where none can be; `known_accounts` says of what kind an account is."""
    connection.execute(
        """UPDATE judged SET _reasons = 'balance:negative' FROM known_accounts AS known
        WHERE judged._reasons IS NULL AND judged.balance_minor < 0
          AND known.account_id = judged.account_id AND list_contains($kinds, known.kind)""",
        {"kinds": list(door.NEVER_NEGATIVE)},
    )


def judge_keys(connection: duckdb.DuckDBPyConnection, dataset: door.Dataset) -> None:
    """The first row of a key stays; which of two is right only the bank can say: the other is in the error file."""
    key = ", ".join(dataset.key)
    connection.execute(
        f"""UPDATE judged SET _reasons = '{"+".join(dataset.key)}:duplicate_key'
        FROM (SELECT {key}, min(_line) AS first_line FROM judged WHERE _reasons IS NULL
              GROUP BY {key} HAVING count(*) > 1) d
        WHERE judged._reasons IS NULL AND judged._line > d.first_line
          AND {" AND ".join(f"judged.{column} = d.{column}" for column in dataset.key)}"""
    )


def has_negative(connection: duckdb.DuckDBPyConnection) -> bool:
    found = connection.execute("SELECT 1 FROM judged WHERE _reasons IS NULL AND balance_minor < 0 LIMIT 1")
    return found.fetchone() is not None


def _trimmed(column: door.Column, header: Sequence[str]) -> str:
    """A SQL expression: what was sent in this column, NULL where it is blank or the file has no such column."""
    if column.name not in header:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim(r_{header.index(column.name)}), '')"


def _stored(column: door.Column, decimals: int) -> str:
    """A SQL expression: the trimmed text as it is stored, NULL where it is not what it should be."""
    raw = f"t_{column.name}"
    match column.kind:
        case "date":
            pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
            return f"CASE WHEN regexp_full_match({raw}, '{pattern}') THEN try_cast({raw} AS DATE) END"
        case "money":
            scaled = f"CAST({raw} AS DECIMAL(38, {decimals})) * {10**decimals}"
            fraction = f"([.][0-9]{{1,{decimals}}})?" if decimals else ""
            pattern = f"-?[0-9]{{1,{MONEY_DIGITS_MAX}}}{fraction}"
            return f"CASE WHEN regexp_full_match({raw}, '{pattern}') THEN CAST({scaled} AS BIGINT) END"
        case "rate":
            pattern = "-?[0-9]{1,4}([.][0-9]{1,4})?"
            scaled = f"CAST({raw} AS DECIMAL(18, 4)) * {RATE_PPM}"
            return f"CASE WHEN regexp_full_match({raw}, '{pattern}') THEN CAST({scaled} AS BIGINT) END"
        case "int":
            return f"CASE WHEN regexp_full_match({raw}, '-?[0-9]{{1,18}}') THEN CAST({raw} AS BIGINT) END"
        case "text" | "code":
            return raw


def _fault(column: door.Column) -> str:
    """A SQL expression: the reason why this column spoils its row, or NULL."""
    name, raw, stored = column.name, f"t_{column.name}", column.stored_name
    cases = [f"WHEN {raw} IS NULL THEN " + (f"'{name}:required'" if column.required else "NULL")]
    cases.append(f"WHEN length({raw}) > {TEXT_CHARS_MAX} THEN '{name}:too_long'")
    if column.kind in ("date", "money", "int", "rate"):
        cases.append(f"WHEN {stored} IS NULL THEN '{name}:bad_{column.kind}'")
    if column.positive:
        cases.append(f"WHEN {stored} <= 0 THEN '{name}:not_positive'")
    if column.choices:
        words = ", ".join(f"'{choice}'" for choice in column.choices)
        known = f"list_has_all([{words}], string_split({raw}, ';'))" if column.many else f"{raw} IN ({words})"
        cases.append(f"WHEN NOT {known} THEN '{name}:bad_code'")
    return f"CASE {' '.join(cases)} END"
