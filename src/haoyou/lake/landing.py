# ruff: noqa: S608 - names in these statements come from the door's tables, values are bound or quoted
"""Landing: a bank's feed folder becomes Parquet, row by row judged, nothing half-done.

Broken as a whole (no manifest, wrong hash, missing column, not UTF-8) raises FeedError and leaves nothing behind.
A broken row is set aside in an error file with its line and its reasons, and the others land. All files get their
names at the end; which of them count is decided by whoever records the run, so a kill between two renames harms nobody.
"""

import csv
import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

import duckdb

from haoyou.lake import door, totals
from haoyou.lake.feed import FeedError, Manifest, ManifestEntry, check_hash, read_manifest
from haoyou.lake.judge import has_negative, judge, judge_keys, judge_signs
from haoyou.lake.sent import Sent, open_sent, quoted

THREADS = 2
ROW_GROUP = 100_000

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}\Z")
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("No space left", "Disk quota", "File too large", "max_temp_directory_size")

Progress = Callable[[str, int, int], None]
"""The dataset, rows of it, and how many hundredths of the whole feed's bytes are behind us."""


@dataclass(frozen=True, slots=True)
class LandedDataset:
    """What became of one file. `rows_in` = `accepted` + `rejected`, always.

    `sha256` is the hash of the Parquet file. `amount_total_minor` is our sum over the accepted rows,
    `bank_total_minor` the bank's own; `agrees` says that none of the bank's counts and sums differs from ours.
    `errors` is the file of rejected rows, None if there are none; `reasons` counts why. `orphans` counts, by column,
    accepted rows that name something nobody has told of. A file with 0 accepted rows need not be opened again.
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
    reasons: tuple[tuple[str, int], ...]
    orphans: tuple[tuple[str, int], ...]
    totals: tuple[totals.GroupTotal, ...]


@dataclass(frozen=True, slots=True)
class Landed:
    source: str
    bank_date: date
    currency: str
    datasets: tuple[LandedDataset, ...]


@dataclass(frozen=True, slots=True)
class _Job:
    """Where one landing works and what it stamps on every row. `files`: what is known of each reference dataset."""

    manifest: Manifest
    folder: Path
    run_id: str
    known_at: datetime
    decimals: int
    connection: duckdb.DuckDBPyConnection
    progress: Progress
    bytes_total: int
    files: dict[str, list[Path]] = field(default_factory=dict[str, list[Path]])


def land(
    *,
    feed: Path,
    lake: Path,
    run_id: str,
    known_at: datetime,
    errors: Path,
    known: Mapping[str, Sequence[Path]] | None = None,
    decimals: int = 2,
    memory_mb: int = 512,
    progress: Progress | None = None,
) -> Landed:
    """Land a feed folder as `lake/base/<dataset>/<bank_date>.<run_id>.parquet` and rejected rows as CSV in `errors`.

    `known_at` must be aware; `known` are the files of reference datasets that landed before. Landing the same folder
    under the same run again makes the same rows in the same files.
    """
    assert known_at.tzinfo is not None, "known_at must carry its time zone"
    assert _RUN_ID.match(run_id), f"run_id {run_id!r} must be usable in a file name"
    manifest = read_manifest(feed, decimals=decimals)
    for entry in manifest.entries:
        check_hash(entry)
    folder = lake / f".landing-{run_id}"
    shutil.rmtree(folder, ignore_errors=True)  # a leftover of a killed run of the same name
    try:
        with _enough_room():
            folder.mkdir(parents=True, mode=0o700)
            with _connect(folder, memory_mb) as connection:
                size = sum(entry.path.stat().st_size for entry in manifest.entries)
                earlier = {name: list(paths) for name, paths in (known or {}).items()}
                job = _Job(
                    manifest, folder, run_id, known_at, decimals, connection, progress or _say_nothing, size, earlier
                )
                drafts = [_land_dataset(job, entry) for entry in manifest.entries]
            landed = tuple(_publish(draft, manifest, lake=lake, errors=errors, run_id=run_id) for draft in drafts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Landed(source=manifest.source, bank_date=manifest.bank_date, currency=manifest.currency, datasets=landed)


def _say_nothing(_name: str, _rows: int, _percent: int) -> None:
    """For whoever does not watch."""


@contextmanager
def _enough_room() -> Generator[None]:
    """A full disk is nobody's bad feed: the operator hears of it in one sentence, and the feed can come again."""
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise FeedError("no_space", "there is no room left on the disk of the house") from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if not any(words in str(error) for words in _FULL_WORDS):
            raise
        raise FeedError("no_space", "there is no room left on the disk of the house") from error


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
    sent = _judge(job, entry, plain)
    path = job.folder / f"{dataset.name}.parquet"
    _write_accepted(job, dataset, path)
    if dataset.reference:
        job.files.setdefault(dataset.name, []).append(path)
    accepted, rejected, total = _count(job, dataset)
    if rejected:
        _write_rejects(job, sent, rejects)
    groups = totals.compare_totals(job.connection, entry)
    orphans = _count_orphans(job, dataset) if accepted else ()
    reasons = totals.count_reasons(job.connection) if rejected else ()
    job.connection.execute("DROP TABLE judged")
    plain.unlink(missing_ok=True)
    rows_in = accepted + rejected
    job.progress(dataset.name, rows_in, _percent(job, entry, entry.path.stat().st_size))
    bank_total = entry.amount_total_minor if dataset.total else None
    return LandedDataset(
        name=dataset.name,
        rows_in=rows_in,
        accepted=accepted,
        rejected=rejected,
        path=path,
        sha256=_fsync_and_hash(path),
        amount_total_minor=total,
        bank_total_minor=bank_total,
        agrees=rows_in == entry.rows and bank_total in (None, total) and all(one.agrees for one in groups),
        bank_rows=entry.rows,
        errors=rejects if rejected else None,
        reasons=reasons,
        orphans=orphans,
        totals=groups,
    )


def _percent(job: _Job, entry: ManifestEntry, position: int) -> int:
    """How much of the folder is behind us, by bytes: entries before this one, and `position` within it."""
    before = 0
    for one in job.manifest.entries:
        if one is entry:
            break
        before += one.path.stat().st_size
    return 100 * (before + position) // max(job.bytes_total, 1)


def _judge(job: _Job, entry: ManifestEntry, plain: Path) -> Sent:
    dataset, connection = entry.dataset, job.connection

    def say(rows: int, position: int) -> None:
        job.progress(dataset.name, rows, _percent(job, entry, position))

    try:
        sent = open_sent(connection, entry, plain=plain, on_progress=say)
        judge(connection, dataset, sent, bank_date=job.manifest.bank_date, decimals=job.decimals)
    except duckdb.InvalidInputException as error:
        # What DuckDB finds only while it reads: a Parquet file whose pages or texts are broken.
        raise FeedError("not_parquet", f"{dataset.name}: {entry.path.name} cannot be read to its end") from error
    by_product = any(column == "product" for total in entry.totals for column, _ in total.by)
    is_negative = dataset is door.BALANCES and has_negative(connection)
    if is_negative or (dataset.is_of_account and by_product):
        totals.know_accounts(connection, job.files.get("accounts", []))
    if is_negative:
        judge_signs(connection)
    judge_keys(connection, dataset)
    return sent


def _count_orphans(job: _Job, dataset: door.Dataset) -> tuple[tuple[str, int], ...]:
    counted = [
        (column.name, totals.count_orphans(job.connection, column, job.files.get(column.refers, [])))
        for column in dataset.columns
        if column.refers
    ]
    return tuple((name, count) for name, count in counted if count)


def _write_accepted(job: _Job, dataset: door.Dataset, path: Path) -> None:
    columns = ", ".join(column.stored_name for column in dataset.columns)
    job.connection.execute(
        f"""COPY (
            SELECT {columns}, CAST($bank_date AS DATE) AS bank_date_of_feed, CAST($known_at AS TIMESTAMPTZ) AS known_at,
                   CAST($run_id AS VARCHAR) AS run_id, CAST($source AS VARCHAR) AS source, _line AS source_row
            FROM judged WHERE _reasons IS NULL
        ) TO '{quoted(path)}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})""",
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


def _write_rejects(job: _Job, sent: Sent, path: Path) -> None:
    """The rows set aside, in file order, each as it was sent, after its line and its reasons."""
    fields = ", ".join(f"r_{number}" for number in range(len(sent.header)))
    bad = job.connection.execute(
        f"""SELECT _line, _reasons, {fields} FROM {sent.table}
        JOIN (SELECT _line, _reasons FROM judged WHERE _reasons IS NOT NULL) USING (_line) ORDER BY _line"""
    )
    # Only the service's own user may read it: it holds customers' particulars as they were sent.
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["line", "reason", *sent.header])
        while chunk := bad.fetchmany(1_000):
            writer.writerows(chunk)
        file.flush()
        os.fsync(file.fileno())


def _fsync_and_hash(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def _publish(draft: LandedDataset, manifest: Manifest, *, lake: Path, errors: Path, run_id: str) -> LandedDataset:
    """Give a finished dataset its name, and its error file too, which may stand on another disk."""
    stem = f"{manifest.bank_date.isoformat()}.{run_id}"
    path = lake / "base" / draft.name / f"{stem}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rejects = errors / f"{stem}.{draft.name}.csv" if draft.errors else None
    if draft.errors and rejects:
        errors.mkdir(parents=True, exist_ok=True, mode=0o700)
        arriving = rejects.with_name(f".{rejects.name}")
        shutil.move(draft.errors, arriving)
        arriving.replace(rejects)
    draft.path.replace(path)
    return replace(draft, path=path, errors=rejects)
