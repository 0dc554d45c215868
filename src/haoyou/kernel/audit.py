"""The audit chain: committed rows are sealed once a second into a hash chain whose root goes to a second sink.

Business transactions only insert an unsealed row (a chain inside them would make them queue). What is not yet sealed
when the database is lost is the stated window (≤ 5 s); when the sealer falls further behind, writes and reads of C2
fields are refused, so that nothing goes unrecorded for longer.
"""

import asyncio
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from haoyou.kernel import tables
from haoyou.kernel.crypto import sm3
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.errors import Unavailable

if TYPE_CHECKING:
    from haoyou.kernel.house import House

log = logging.getLogger(__name__)

SEAL_EVERY_S = 1.0
ROWS_PER_SEAL = 5_000
ROWS_PER_CHECK = 2_000  # of one trip to the database and one turn of arithmetic
GENESIS = b"\0" * 32

_BECOME = text(
    "select set_config('role', :role, true), set_config('statement_timeout', '60000', true),"
    " set_config('lock_timeout', '3000', true)"
)
_TURN = text("select pg_advisory_xact_lock(9025)")  # one sealer at a time, whichever process it lives in
_SEALED = text("select seq, hash, sealed_at from kernel.audit_seal where one = 1")
_TAKE = text(
    "with taken as (delete from kernel.audit_pending where id in"
    " (select id from kernel.audit_pending order by id limit :limit) returning id, at, entry)"
    " select id, at, entry from taken order by id"
)
_SET_SEAL = text(
    "insert into kernel.audit_seal (one, seq, hash, sealed_at) values (1, :seq, :hash, :at)"
    " on conflict (one) do update set seq = excluded.seq, hash = excluded.hash, sealed_at = excluded.sealed_at"
)


_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def link(previous: bytes, seq: int, at: datetime, entry: dict[str, Any]) -> bytes:
    """The hash of a row: SM3 over the hash before it, its number, its time and its words."""
    return sm3(previous, seq.to_bytes(8, "big"), at.isoformat().encode(), _write(entry).encode())


class Sink:
    """The second place for roots: a file that is only ever appended to, best on another disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)

    def append(self, seq: int, root: bytes, at: datetime) -> None:
        line = json.dumps({"seq": seq, "hash": root.hex(), "at": at.isoformat()}) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def roots(self) -> Iterator[tuple[int, bytes]]:
        if not self._path.exists():
            return
        with self._path.open() as file:
            for line in file:
                if line.endswith("\n"):  # a line cut by a crash was never relied on
                    root = json.loads(line)
                    yield root["seq"], bytes.fromhex(root["hash"])

    def last_seq(self) -> int:
        return max((seq for seq, _ in self.roots()), default=0)


class Sealer:
    def __init__(self, house: "House", sink: Sink) -> None:
        self._house = house
        self._sink = sink
        self._in_sink = sink.last_seq()
        self._good_at = house.clock()
        self._sealing = asyncio.Lock()

    async def gate(self) -> None:
        """Refuse what must be recorded while the record is too far behind.

        A machine that was merely busy is not refused: whoever finds the record behind first tries to bring it up.
        """
        if not self._is_behind():
            return
        async with self._sealing:
            if self._is_behind():
                with suppress(SQLAlchemyError, OSError):
                    await self._seal()
        if self._is_behind():
            raise Unavailable("The audit record is behind; nothing that must be recorded is done meanwhile.")

    def _is_behind(self) -> bool:
        behind = (self._house.clock() - self._good_at).total_seconds()
        return behind > self._house.settings.audit_behind_s_max

    async def run(self) -> None:
        while True:
            try:
                await self.seal()
            except (SQLAlchemyError, OSError) as error:
                log.warning("sealing failed: %s", error)
            await asyncio.sleep(SEAL_EVERY_S)

    async def seal(self) -> int:
        """Seal what is committed; answers how many rows. The sink comes after the commit: it may lag, never lead."""
        async with self._sealing:
            return await self._seal()

    async def _seal(self) -> int:
        async with self._house.engine.begin() as connection:
            await connection.execute(_BECOME, {"role": role_of("kernel")})
            await connection.execute(_TURN)
            count, seq, root = await self._extend(connection)
        if seq > self._in_sink:
            await asyncio.to_thread(self._sink.append, seq, root, self._house.clock())
            self._in_sink = seq
        if count < ROWS_PER_SEAL:
            self._good_at = self._house.clock()
        return count

    async def _extend(self, connection: AsyncConnection) -> tuple[int, int, bytes]:
        last = (await connection.execute(_SEALED)).first()
        seq, root = (last.seq, bytes(last.hash)) if last else (0, GENESIS)
        rows = (await connection.execute(_TAKE, {"limit": ROWS_PER_SEAL})).all()
        sealed: list[dict[str, Any]] = []
        for row in rows:
            seq += 1
            root = link(root, seq, row.at, row.entry)
            sealed.append({"seq": seq, "at": row.at, "entry": row.entry, "hash": root})
        if sealed:
            await connection.execute(tables.audit_log.insert(), sealed)
        await connection.execute(_SET_SEAL, {"seq": seq, "hash": root, "at": self._house.clock()})
        return len(rows), seq, root


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rows`: how many were looked at; of a whole chain also how many there are."""

    rows: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


FAULTS_MAX = 20  # enough to see what happened; the first one already breaks the chain


async def verify(engine: AsyncEngine, sink: Sink, *, room: str = "kernel") -> Verdict:
    """Recompute the whole chain and hold it against the seal and the second sink."""
    roots = dict(sink.roots())
    faults: list[str] = []
    seq, root = 0, GENESIS
    async with engine.connect() as connection:
        # One moment for log and seal: a house that goes on writing must not look tampered with.
        await connection.execution_options(isolation_level="REPEATABLE READ")
        await connection.execute(_BECOME, {"role": role_of(room)})
        async with connection.stream(tables.audit_log.select().order_by(tables.audit_log.c.seq)) as stream:
            async for rows in stream.partitions(ROWS_PER_CHECK):
                seq, root = await asyncio.to_thread(_check_all, rows, seq, root, roots, faults)
                if len(faults) >= FAULTS_MAX:
                    break
        seal = (await connection.execute(_SEALED)).first()
    if seal and (seal.seq, bytes(seal.hash)) != (seq, root):
        faults.append(f"the seal says {seal.seq} rows, the log has {seq} or another root")
    if seq and not seal:
        faults.append(f"the log has {seq} rows and no seal")
    last = max(roots, default=0)
    if last > seq:
        faults.append(f"the second sink knows row {last}, the log ends at {seq}: its tail was cut")
    return Verdict(seq, tuple(faults))


async def verify_range(engine: AsyncEngine, sink: Sink, *, first: int, last: int) -> Verdict:
    """Recompute the chain from one sealed row to another, trusting the hash before the first.

    What was rewritten together with every hash after it shows by the roots in the second sink, as with the whole chain.
    """
    roots = {seq: root for seq, root in sink.roots() if first <= seq <= last}
    log_rows, faults, rows = tables.audit_log.c, list[str](), 0
    within = tables.audit_log.select().where(log_rows.seq.between(first, last)).order_by(log_rows.seq)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        await connection.execute(_BECOME, {"role": role_of("kernel")})
        before = (await connection.execute(tables.audit_log.select().where(log_rows.seq == first - 1))).first()
        if before is None and first > 1:
            faults.append(f"row {first - 1} is missing")
        seq, root = first - 1, bytes(before.hash) if before else GENESIS
        async with connection.stream(within) as stream:
            async for part in stream.partitions(ROWS_PER_CHECK):
                rows += len(part)
                seq, root = await asyncio.to_thread(_check_all, part, seq, root, roots, faults)
                if len(faults) >= FAULTS_MAX:
                    break
    if seq < last and len(faults) < FAULTS_MAX:
        faults.append(f"row {seq + 1} and those after it are missing")
    return Verdict(rows, tuple(faults))


def _check_all(
    rows: Sequence[Row[Any]], seq: int, root: bytes, roots: dict[int, bytes], faults: list[str]
) -> tuple[int, bytes]:
    """Some rows in a thread of its own: whoever serves meanwhile is not held up by the arithmetic."""
    for row in rows:
        seq, root = _check(row, seq, root, roots, faults)
        if len(faults) >= FAULTS_MAX:
            break
    return seq, root


def _check(row: Row[Any], seq: int, root: bytes, roots: dict[int, bytes], faults: list[str]) -> tuple[int, bytes]:
    if row.seq != seq + 1:
        faults.append(f"row {seq + 1} is missing before {row.seq}")
    expected = link(root, row.seq, row.at, row.entry)
    if expected != bytes(row.hash):
        faults.append(f"row {row.seq} was changed")
    if row.seq in roots and roots[row.seq] != bytes(row.hash):
        faults.append(f"row {row.seq} differs from the second sink")
    return row.seq, bytes(row.hash)
