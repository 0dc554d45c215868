# ruff: noqa: S608 - names in these statements come from the door's tables, values are bound or quoted
"""Landing: a bank's feed folder becomes Parquet, row by row judged, nothing half-done.

Broken as a whole (no manifest, wrong hash, missing column, not UTF-8) raises FeedError and leaves nothing behind.
A broken row is set aside in an error file with its line and its reasons, and the others land. All files get their
names at the end; which of them count is decided by whoever records the run, so a kill between two renames harms nobody.
"""

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from haoyou.lake import door
from haoyou.lake.feed import LINE_CHARS_MAX, Manifest, ManifestEntry, Record, check_hash, read_manifest, read_records

TEXT_CHARS_MAX = 1_000
MONEY_DIGITS_MAX = 15  # of the whole part: sums of 10^15 units in minor units still fit 64 bits a thousand times
RATE_PPM = 10_000  # one percent in parts per million
THREADS = 2
ROW_GROUP = 100_000
LINE_BYTES_MAX = 10 * LINE_CHARS_MAX  # a character is at most 4 bytes, quoting may double it

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class LandedDataset:
    """What became of one file. `rows_in` = `accepted` + `rejected`, always.

    `sha256` is the hash of the Parquet file. `amount_total_minor` is our sum over the accepted rows,
    `bank_total_minor` the bank's own; `agrees` says that neither the bank's count nor its sum differs from ours.
    `errors` is the file of rejected rows, None if there are none. A file with 0 accepted rows need not be opened again.
    """

    name: str
    rows_in: int
    accepted: int
    rejected: int
    path: Path
    sha256: str
    amount_total_minor: int | None
    bank_total_minor: int | None
    agrees: bool
    bank_rows: int
    errors: Path | None


@dataclass(frozen=True, slots=True)
class Landed:
    source: str
    bank_date: date
    currency: str
    datasets: tuple[LandedDataset, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """Where one landing works and what it stamps on every row."""

    manifest: Manifest
    folder: Path
    run_id: str
    known_at: datetime
    decimals: int
    connection: duckdb.DuckDBPyConnection
    progress: Progress


def land(
    *,
    feed: Path,
    lake: Path,
    run_id: str,
    known_at: datetime,
    errors: Path,
    decimals: int = 2,
    memory_mb: int = 512,
    progress: Progress | None = None,
) -> Landed:
    """Land a feed folder as `lake/base/<dataset>/<bank_date>.<run_id>.parquet` and rejected rows as CSV in `errors`.

    `known_at` must be aware. Landing the same folder under the same run again makes the same rows in the same files.
    """
    assert known_at.tzinfo is not None, "known_at must carry its time zone"
    assert _RUN_ID.match(run_id), f"run_id {run_id!r} must be usable in a file name"
    manifest = read_manifest(feed, decimals=decimals)
    for entry in manifest.entries:
        check_hash(entry)
    folder = lake / f".landing-{run_id}"
    shutil.rmtree(folder, ignore_errors=True)  # a leftover of a killed run of the same name
    folder.mkdir(parents=True, mode=0o700)
    try:
        with _connect(folder, memory_mb) as connection:
            job = _Job(manifest, folder, run_id, known_at, decimals, connection, progress or _say_nothing)
            drafts = [_land_dataset(job, entry) for entry in manifest.entries]
        landed = tuple(_publish(draft, manifest, lake=lake, errors=errors, run_id=run_id) for draft in drafts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Landed(source=manifest.source, bank_date=manifest.bank_date, currency=manifest.currency, datasets=landed)


def _say_nothing(_name: str, _rows: int) -> None:
    pass


def _connect(folder: Path, memory_mb: int) -> duckdb.DuckDBPyConnection:
    spill = folder / "spill"
    spill.mkdir()
    connection = duckdb.connect(
        ":memory:",
        config={"memory_limit": f"{memory_mb}MB", "threads": THREADS, "temp_directory": str(spill)},
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would write into the terminal of whoever runs us
    return connection


def _land_dataset(job: _Job, entry: ManifestEntry) -> LandedDataset:
    """Judge and write one dataset inside the landing folder; paths are still the temporary ones."""
    dataset = entry.dataset
    plain = job.folder / f"{dataset.name}.csv"
    rejects = job.folder / f"{dataset.name}.errors.csv"
    header = _write_plain(job, entry, plain)
    _judge(job, dataset, plain, header)
    accepted_path = job.folder / f"{dataset.name}.parquet"
    _write_accepted(job, dataset, accepted_path)
    accepted, rejected, total = _count(job, dataset)
    if rejected:
        _write_rejects(job, plain, header, rejects)
    job.connection.execute("DROP TABLE judged")
    plain.unlink()
    rows_in = accepted + rejected
    job.progress(dataset.name, rows_in)
    bank_total = entry.amount_total_minor if dataset.total else None
    return LandedDataset(
        name=dataset.name,
        rows_in=rows_in,
        accepted=accepted,
        rejected=rejected,
        path=accepted_path,
        sha256=_fsync_and_hash(accepted_path),
        amount_total_minor=total,
        bank_total_minor=bank_total,
        agrees=rows_in == entry.rows and (bank_total is None or bank_total == total),
        bank_rows=entry.rows,
        errors=rejects if rejected else None,
    )


def _write_plain(job: _Job, entry: ManifestEntry, plain: Path) -> list[str]:
    """Rewrite the file in the one dialect DuckDB is told to read, each row with its line; answer the header.

    One parser decides what a row is: with two, a stray quote could make them count differently. A row of the wrong
    width goes along marked: filled up with empty fields, or with what is too much joined to its last field.
    """
    header, records = read_records(entry, on_row=lambda count: job.progress(entry.dataset.name, count))
    with plain.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(_fitted(records, len(header)))
    return header


def _fitted(records: Iterator[Record], width: int) -> Iterator[list[object]]:
    for line, fields in records:
        if len(fields) == width:
            yield [line, 0, *fields]
        elif len(fields) < width:
            yield [line, 1, *fields, *[""] * (width - len(fields))]
        else:
            yield [line, 1, *fields[: width - 1], ",".join(fields[width - 1 :])]


def _judge(job: _Job, dataset: door.Dataset, plain: Path, header: Sequence[str]) -> None:
    """Table `judged`: the columns as they are stored, `_line`, and `_reasons`, NULL where a row is sound.

    Names of our own begin with an underscore: `line` is a column of the bank's (the business line).
    """
    if plain.stat().st_size == 0:  # most datasets on most days: no need to compile the questions below
        types = ", ".join(f"{c.stored_name} {c.stored_type}" for c in dataset.columns)
        job.connection.execute(f"CREATE TABLE judged (_line BIGINT, {types}, _reasons VARCHAR)")
        return
    trimmed = ", ".join(f"{_trimmed(c, header)} AS t_{c.name}" for c in dataset.columns)
    typed = ", ".join(f"{_stored(c, job.decimals)} AS {c.stored_name}" for c in dataset.columns)
    stored = ", ".join(c.stored_name for c in dataset.columns)
    faults = [_fault(column) for column in dataset.columns]
    if not dataset.reference:
        faults.append("CASE WHEN bank_date > $bank_date THEN 'bank_date:after_feed' END")
    job.connection.execute(
        f"""CREATE TABLE judged AS
        WITH trimmed AS (SELECT _line, _misshapen, {trimmed} FROM {_sent(plain, header)}),
             typed AS (SELECT *, {typed} FROM trimmed)
        SELECT _line, {stored},
               CASE WHEN _misshapen = 1 THEN 'row:wrong_width'
                    ELSE nullif(concat_ws('; ', {", ".join(faults)}), '') END AS _reasons
        FROM typed""",
        {} if dataset.reference else {"bank_date": job.manifest.bank_date},
    )
    key = ", ".join(dataset.key)
    # The first row of a key stays; which of two is right only the bank can say: it finds the other in the error file.
    job.connection.execute(
        f"""UPDATE judged SET _reasons = '{"+".join(dataset.key)}:duplicate_key'
        FROM (SELECT {key}, min(_line) AS first_line FROM judged WHERE _reasons IS NULL
              GROUP BY {key} HAVING count(*) > 1) d
        WHERE judged._reasons IS NULL AND judged._line > d.first_line
          AND {" AND ".join(f"judged.{column} = d.{column}" for column in dataset.key)}"""
    )


def _trimmed(column: door.Column, header: Sequence[str]) -> str:
    """A SQL expression: what was sent in this column, NULL where it is blank or the file has no such column."""
    if column.name not in header:
        return "CAST(NULL AS VARCHAR)"
    return f"nullif(trim(r_{header.index(column.name)}), '')"


def _sent(plain: Path, header: Sequence[str]) -> str:
    """A SQL table of the rows as they were sent: _line, _misshapen, r_0, r_1, … An empty field is an empty text."""
    texts = ", ".join(f"'r_{number}'" for number in range(len(header)))
    columns = ", ".join(f"'r_{number}': 'VARCHAR'" for number in range(len(header)))
    return f"""read_csv('{_quoted(plain)}', columns = {{'_line': 'BIGINT', '_misshapen': 'TINYINT', {columns}}},
        header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
        force_not_null = [{texts}], max_line_size = {LINE_BYTES_MAX})"""


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
        words = "[" + ", ".join(f"'{choice}'" for choice in column.choices) + "]"
        given = f"string_split({raw}, ';')" if column.many else f"[{raw}]"
        cases.append(f"WHEN NOT list_has_all({words}, {given}) THEN '{name}:bad_code'")
    return f"CASE {' '.join(cases)} END"


def _write_accepted(job: _Job, dataset: door.Dataset, path: Path) -> None:
    columns = ", ".join(column.stored_name for column in dataset.columns)
    job.connection.execute(
        f"""COPY (
            SELECT {columns}, CAST($bank_date AS DATE) AS bank_date_of_feed, CAST($known_at AS TIMESTAMPTZ) AS known_at,
                   CAST($run_id AS VARCHAR) AS run_id, CAST($source AS VARCHAR) AS source, _line AS source_row
            FROM judged WHERE _reasons IS NULL ORDER BY _line
        ) TO '{_quoted(path)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})""",
        {
            "bank_date": job.manifest.bank_date,
            "known_at": job.known_at,
            "run_id": job.run_id,
            "source": job.manifest.source,
        },
    )


def _count(job: _Job, dataset: door.Dataset) -> tuple[int, int, int | None]:
    """Accepted rows, rejected rows, and the sum of the accepted amounts where the dataset has a control total."""
    total = f"coalesce(sum({dataset.total}_minor) FILTER (WHERE _reasons IS NULL), 0)" if dataset.total else "NULL"
    row = job.connection.execute(
        f"SELECT count(*) FILTER (WHERE _reasons IS NULL), count(_reasons), {total} FROM judged"
    ).fetchone()
    assert row is not None
    return row[0], row[1], None if row[2] is None else int(row[2])


def _write_rejects(job: _Job, plain: Path, header: Sequence[str], path: Path) -> None:
    """The rows set aside, in file order, each as it was sent, after its line and its reasons."""
    fields = ", ".join(f"r_{number}" for number in range(len(header)))
    bad = job.connection.execute(
        f"""SELECT _line, _reasons, {fields} FROM {_sent(plain, header)}
        JOIN (SELECT _line, _reasons FROM judged WHERE _reasons IS NOT NULL) USING (_line) ORDER BY _line"""
    )
    # Only the service's own user may read it: it holds customers' particulars as they were sent.
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["line", "reason", *header])
        while chunk := bad.fetchmany(1_000):
            writer.writerows(chunk)


def _fsync_and_hash(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(draft: LandedDataset, manifest: Manifest, *, lake: Path, errors: Path, run_id: str) -> LandedDataset:
    """Give a finished dataset its name, and its error file too."""
    stem = f"{manifest.bank_date.isoformat()}.{run_id}"
    path = lake / "base" / draft.name / f"{stem}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rejects = errors / f"{stem}.{draft.name}.csv" if draft.errors else None
    if draft.errors and rejects:
        errors.mkdir(parents=True, exist_ok=True)
        shutil.move(draft.errors, rejects)
    draft.path.replace(path)
    return replace(draft, path=path, errors=rejects)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
