"""Backup and restore of a whole house: database, lake, objects, audit roots, keys, and what its bank left here.

A backup is a folder of plain files, consistent while the house serves: every table is copied out of one database
snapshot; files are copied after it, so whatever the snapshot names is there (landed files never change). A restore
fills a house that does not exist yet, then proves itself: it reads every table back, compares, and recomputes the
audit chain. The folder holds the house's keys: keep it as safe as the house.
"""

import asyncio
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import psycopg
from psycopg import sql

from haoyou.app import build_house
from haoyou.centers.backoffice.contract import BackofficePort
from haoyou.ground import Ground, hold, open_ground
from haoyou.kernel.audit import Sink, verify
from haoyou.kernel.clock import system_now
from haoyou.kernel.errors import AppError
from haoyou.kernel.settings import Settings

FORMAT = "haoyou-backup/1"
MANIFEST = "manifest.json"
VERSIONS = "kernel.migration"
ROOTS = "audit/roots.jsonl"
SINK_WAIT_S = 5.0  # the sealer writes the second sink right after its commit; a dead one never will
CHUNK = 1 << 20

Say: TypeAlias = Callable[[str], None]
Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]


class BackupRefused(AppError):
    """A backup or a restore that cannot be done, or is not sound; the sentence says what to do."""

    code = "backup.refused"
    title = "The backup cannot be made or restored"


@dataclass(frozen=True, slots=True)
class TableCopy:
    """`sha256` is of the rows in the order of their key, in PostgreSQL's binary COPY format."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def path(self) -> str:
        return f"tables/{self.name}.copy"


@dataclass(frozen=True, slots=True)
class FileCopy:
    """`path` is relative to the home."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `tables` stand in an order in which they can be filled; the seal is a number and a hash."""

    made_at: str
    versions: tuple[str, ...]
    seal: tuple[int, str]
    tables: tuple[TableCopy, ...]
    sequences: dict[str, tuple[int, bool]]
    files: tuple[FileCopy, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


def back_up(settings: Settings, target: Path, say: Say) -> Manifest:
    """Copy the house into the new folder `target`, which appears whole or not at all. Imports wait meanwhile."""
    home = settings.home.resolve()
    target = target.resolve()
    if target.exists():
        raise BackupRefused(f"{target} exists already; name a folder that does not.")
    if target.is_relative_to(home):
        raise BackupRefused(f"{target} lies inside the house; a backup belongs on another disk.")
    if not (home / "secrets.json").exists():
        raise BackupRefused(f"There is no house in {home}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with hold(home, "import"), open_ground(settings, migrate=False) as ground, _unfinished(target) as folder:
        with psycopg.connect(ground.admin_url) as connection:
            tables, sequences, versions, seal = _copy_database(connection, folder)
        say(f"{len(tables)} tables, {sum(table.rows for table in tables)} rows copied")
        _wait_for_sink(Sink(home / ROOTS), seal[0])
        files = tuple(_copy_home(home, folder / "home", seal[0]))
        say(f"{len(files)} files copied")
        manifest = Manifest(system_now().isoformat(), versions, seal, tables, sequences, files)
        _write_manifest(folder, manifest)
        folder.rename(target)
    _sync(target.parent)
    return manifest


@contextmanager
def _unfinished(target: Path) -> Generator[Path]:
    """A folder beside `target` that only its owner can enter; what is left of it when the work fails is removed."""
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# The database


def _copy_database(
    connection: Connection, folder: Path
) -> tuple[tuple[TableCopy, ...], dict[str, tuple[int, bool]], tuple[str, ...], tuple[int, str]]:
    """Everything in one snapshot. Sequences do not belong to snapshots: read last, they are ahead of every row."""
    _demand_superuser(connection)
    connection.rollback()
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    (folder / "tables").mkdir(mode=0o700)
    versions = _versions(connection)
    seal = connection.execute("select seq, hash from kernel.audit_seal where one = 1").fetchone() or (0, b"")
    tables: list[TableCopy] = []
    for name in _list_tables(connection):
        columns, order = _columns(connection, name)
        with _create(folder / "tables" / f"{name}.copy") as file:
            rows, digest = _copy_out(connection, name, columns, order, file.write)
        tables.append(TableCopy(name, columns, rows, digest))
    sequences = {name: _position(connection, name) for name in _list_relations(connection, "S")}
    connection.rollback()
    return tuple(tables), sequences, versions, (seal[0], bytes(seal[1]).hex())


def _demand_superuser(connection: Connection) -> None:
    """Row-level security is forced on its owner too: anybody less would silently copy a part."""
    if connection.execute("select current_setting('is_superuser')").fetchone() != ("on",):
        raise BackupRefused(
            "The user of HAOYOU_DATABASE_URL is no superuser and would not see every row. Give it that right for "
            "this command, or back that server up with its own tools."
        )


def _versions(connection: Connection) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute("select version_num from kernel.migration order by 1"))


def _list_relations(connection: Connection, kind: str) -> list[str]:
    """`r` tables, `S` sequences; of every schema that is not PostgreSQL's own."""
    names = connection.execute(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relkind = %s and n.nspname <> 'information_schema' and not starts_with(n.nspname, 'pg_') order by 1",
        [kind],
    )
    return [name for (name,) in names]


def _list_tables(connection: Connection) -> list[str]:
    """Every table of every schema, those that others refer to first."""
    graph: dict[str, set[str]] = {name: set() for name in _list_relations(connection, "r") if name != VERSIONS}
    for name, needed in connection.execute(
        "select n.nspname || '.' || c.relname, m.nspname || '.' || d.relname from pg_constraint k"
        " join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace"
        " join pg_class d on d.oid = k.confrelid join pg_namespace m on m.oid = d.relnamespace"
        " where k.contype = 'f' and k.conrelid <> k.confrelid order by 1, 2"
    ):
        graph[name].add(needed)
    return list(TopologicalSorter(graph).static_order())


def _identifier(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split(".", 1))


def _columns(connection: Connection, name: str) -> tuple[tuple[str, ...], sql.Composable]:
    """The columns that hold something of their own, and an order that does not depend on where rows lie."""
    columns = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped"
        " and attgenerated = '' order by attnum",
        [_identifier(name).as_string(connection)],
    ).fetchall()
    key = connection.execute(
        "select a.attname from pg_index i cross join unnest(i.indkey) with ordinality as k (number, place)"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number"
        " where i.indrelid = %s::regclass and i.indisprimary order by k.place",
        [_identifier(name).as_string(connection)],
    ).fetchall()
    order = sql.SQL(", ").join(sql.Identifier(one) for (one,) in key) if key else sql.SQL("t::text")
    return tuple(one for (one,) in columns), order


def _copy_out(
    connection: Connection, name: str, columns: Sequence[str], order: sql.Composable, take: Callable[[bytes], object]
) -> tuple[int, str]:
    """Answers the rows and the hash of what `take` was given."""
    statement = sql.SQL("copy (select {} from {} t order by {}) to stdout (format binary)").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), _identifier(name), order
    )
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in copy:
                digest.update(block)
                take(bytes(block))
        return cursor.rowcount, digest.hexdigest()


def _position(connection: Connection, name: str) -> tuple[int, bool]:
    row = connection.execute(sql.SQL("select last_value, is_called from {}").format(_identifier(name))).fetchone()
    assert row, "a sequence has exactly one row"
    return row[0], row[1]


# The files


def _wait_for_sink(sink: Sink, seq: int) -> None:
    deadline = time.monotonic() + SINK_WAIT_S
    while sink.last_seq() < seq and time.monotonic() < deadline:
        time.sleep(0.05)


def _is_kept(name: str) -> bool:
    """All of a home but the database's own files, programs, locks, and what is still being written."""
    return not (name.startswith((".", "pg")) or name in {"run", "programs"} or re.fullmatch(r"secrets\.\d+", name))


def _copy_home(home: Path, to: Path, seal: int) -> Iterator[FileCopy]:
    to.mkdir(mode=0o700)
    for top in sorted(path for path in home.iterdir() if _is_kept(path.name)):
        paths = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
        for path in paths:
            relative = path.relative_to(home)
            if any(part.startswith(".") for part in relative.parts):
                continue
            if str(relative) == ROOTS:
                yield _copy_roots(path, to / relative, str(relative), seal)
            else:
                yield _copy_file(path, to / relative, str(relative))


def _copy_file(path: Path, to: Path, relative: str) -> FileCopy:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, _create(to) as file:
        while block := source.read(CHUNK):
            digest.update(block)
            size += file.write(block)
    return FileCopy(relative, size, digest.hexdigest())


def _copy_roots(path: Path, to: Path, relative: str, seal: int) -> FileCopy:
    """Roots up to the snapshot's seal: later ones speak of rows that this copy does not have."""
    lines = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    kept = b"".join(line for line in lines if json.loads(line)["seq"] <= seal)
    with _create(to) as file:
        file.write(kept)
    return FileCopy(relative, len(kept), hashlib.sha256(kept).hexdigest())


@contextmanager
def _create(path: Path) -> Generator[BinaryIO]:
    """A new file for its owner only, on the disk when it is closed."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    written = json.dumps({"format": FORMAT, **asdict(manifest)}, ensure_ascii=False, indent=1).encode()
    for name, content in ((MANIFEST, written), (f"{MANIFEST}.sha256", hashlib.sha256(written).hexdigest().encode())):
        with _create(folder / name) as file:
            file.write(content)
    for directory in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _sync(directory)


# Reading a backup


def read_backup(source: Path) -> Manifest:
    """The manifest of a backup all of whose files are what they were; raises BackupRefused naming each that is not."""
    try:
        written = (source / MANIFEST).read_bytes()
        noted = (source / f"{MANIFEST}.sha256").read_text("ascii", errors="replace")
    except OSError as error:
        raise BackupRefused(f"{source} is no backup: {error}.") from error
    if hashlib.sha256(written).hexdigest() != noted:
        raise BackupRefused(f"{source / MANIFEST} was changed after the backup was made; use another backup.")
    content = json.loads(written)
    if content.pop("format") != FORMAT:
        raise BackupRefused(f"{source} was made by another version of haoyou, in a format this one does not know.")
    manifest = Manifest(
        made_at=content["made_at"],
        versions=tuple(content["versions"]),
        seal=(content["seal"][0], content["seal"][1]),
        tables=tuple(TableCopy(**one | {"columns": tuple(one["columns"])}) for one in content["tables"]),
        sequences={name: (at, called) for name, (at, called) in content["sequences"].items()},
        files=tuple(FileCopy(**one) for one in content["files"]),
    )
    expected = {one.path: one.sha256 for one in manifest.tables} | {
        f"home/{one.path}": one.sha256 for one in manifest.files
    }
    broken = [path for path, digest in expected.items() if _hash_of(source / path) != digest]
    if broken:
        raise BackupRefused(f"These files of the backup are missing or were changed: {', '.join(broken)}.")
    return manifest


def _hash_of(path: Path) -> str:
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Restore


def restore(settings: Settings, source: Path, say: Say) -> Manifest:
    """Make the house of this backup in an empty home; the home appears when everything was read back and compared."""
    home = settings.home.resolve()
    if home.is_mount():
        raise BackupRefused(f"{home} is a mount point and cannot appear as a whole. Restore into a folder in it.")
    if home.exists() and any(home.iterdir()):
        raise BackupRefused(f"{home} is not empty. Restore into a home that does not exist yet.")
    if settings.database_url:
        _demand_empty(settings.database_url)
    source = source.resolve()
    manifest = read_backup(source)
    say(f"backup of {manifest.made_at}: {len(manifest.tables)} tables, {len(manifest.files)} files, all unchanged")
    home.parent.mkdir(parents=True, exist_ok=True)
    with _unfinished(home) as folder:
        for one in manifest.files:
            _copy_file(source / "home" / one.path, folder / one.path, one.path)
        with open_ground(settings.model_copy(update={"home": folder})) as ground:
            with psycopg.connect(ground.admin_url) as connection:
                _demand_superuser(connection)
                _demand_same_version(manifest.versions, _versions(connection))
                _fill(connection, source, manifest)
            say(f"{manifest.rows} rows restored")
            _prove(ground, manifest, say)
        if home.exists():
            home.rmdir()
        folder.rename(home)
    _sync(home.parent)
    return manifest


def _demand_empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        if connection.execute("select to_regclass('kernel.migration')").fetchone() != (None,):
            raise BackupRefused("The database of HAOYOU_DATABASE_URL holds a house already. Restore into a new one.")


def _demand_same_version(made_with: Sequence[str], here: Sequence[str]) -> None:
    """Migrations are numbered by room (`tasks_0002`): a number this program has not is a newer program's."""
    if tuple(made_with) == tuple(here):
        return
    mine = dict(one.rsplit("_", 1) for one in here)
    newer = [one for one in made_with if one.rsplit("_", 1)[1] > mine.get(one.rsplit("_", 1)[0], "")]
    if newer:
        raise BackupRefused(
            f"The backup was made by a newer version of haoyou ({', '.join(newer)}). Restore it with that version."
        )
    raise BackupRefused(
        f"The backup was made by an older version of haoyou ({', '.join(sorted({*made_with} - {*here}))}). Restore it "
        "with that version; this one carries the house over when it starts."
    )


def _fill(connection: Connection, source: Path, manifest: Manifest) -> None:
    """All rows in one transaction. Rows that migrations made are in the backup too, so they make room first."""
    here = set(_list_tables(connection))
    assert {table.name for table in manifest.tables} == here, "the same migrations make the same tables"
    names = sql.SQL(", ").join(_identifier(table.name) for table in manifest.tables)
    connection.execute(sql.SQL("truncate {}").format(names))
    for table in manifest.tables:
        columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(_identifier(table.name), columns)
        with connection.cursor() as cursor, cursor.copy(statement) as copy, (source / table.path).open("rb") as file:
            while block := file.read(CHUNK):
                copy.write(block)
    for name, (last, called) in manifest.sequences.items():
        connection.execute(
            "select setval(%s::regclass, %s, %s)", [_identifier(name).as_string(connection), last, called]
        )
    connection.commit()
    connection.autocommit = True
    connection.execute("analyze")


def _prove(ground: Ground, manifest: Manifest, say: Say) -> None:
    """Raises BackupRefused when the new house is not, row by row and byte by byte, the one that was backed up."""
    with psycopg.connect(ground.admin_url) as connection:
        for table in manifest.tables:
            columns, order = _columns(connection, table.name)
            found = _copy_out(connection, table.name, columns, order, lambda _block: None)
            if (columns, *found) != (table.columns, table.rows, table.sha256):
                raise BackupRefused(f"{table.name} differs from the backup: {found[0]} rows of {table.rows}.")
    say(f"read back: {len(manifest.tables)} tables, {manifest.rows} rows, every count and hash equal")
    files = {one.path: one.sha256 for one in manifest.files}
    broken = [path for path, digest in files.items() if _hash_of(ground.settings.home / path) != digest]
    if broken:
        raise BackupRefused(f"These files differ from the backup: {', '.join(broken)}.")
    asyncio.run(_prove_house(ground, manifest, files, say))


async def _prove_house(ground: Ground, manifest: Manifest, files: dict[str, str], say: Say) -> None:
    house = build_house(ground.settings, ground.keyring, ground.app_url)
    try:
        verdict = await verify(house.engine, house.sink)
        rooms = house.service_ctx("backoffice")
        facts = await house.ports.open(BackofficePort).list_snapshots(rooms, until=date.max)
    finally:
        await house.engine.dispose()
    if not verdict.sound or verdict.rows != manifest.seal[0]:
        raise BackupRefused(f"The audit chain of the backup is not sound: {'; '.join(verdict.faults)}")
    missing = [one.path for one in facts if files.get(f"lake/{one.path}") != one.sha256]
    if missing:
        raise BackupRefused(f"The database names facts that are not in the backup: {', '.join(missing)}.")
    roots = sum(1 for _ in house.sink.roots())
    say(f"{len(files)} files equal, among them all {len(facts)} files of facts that the database names")
    say(f"audit chain sound: {verdict.rows} rows against the seal and {roots} roots of the second sink")
