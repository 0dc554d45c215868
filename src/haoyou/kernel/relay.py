"""The relay: carries committed messages from the outbox to the rooms that hear them.

Sixteen partitions, each held by one process through an advisory lock. Within a key the order is kept: a message that
fails is tried again later and holds back only its own key; after five tries it is parked, and an administrator sees it.
A consumer runs under its own room's name and notes the message in its inbox in the transaction that has the effect,
so a message delivered twice acts once. Nothing remembers a position: undelivered rows are asked for, because commit
order is not sequence order.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from haoyou.kernel import tables
from haoyou.kernel.ctx import Ctx, Edge, Tx
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.message import decode
from haoyou.kernel.outbox import LIVE, PARTITIONS
from haoyou.kernel.principal import service_principal
from haoyou.kernel.room import Reaction

if TYPE_CHECKING:
    from haoyou.kernel.house import House

log = logging.getLogger(__name__)

TRIES_MAX = 5
BATCH = 400  # bounds memory and the work lost when the process is killed
POLL_S = 0.5  # messages of other processes are found by looking; our own wake us
NOTIFY_BYTES_MAX = 7500  # PostgreSQL refuses 8000 and more
LOCK_CLASS = 0x68616F  # our advisory locks, apart from anybody else's

_CLAIM = text("select p from generate_series(0, :last) p where pg_try_advisory_lock(:lock_class, p)")
_BECOME = text("select set_config('role', :role, false)")
_WAITING = text(
    "select o.id, o.seq, o.room, o.message, o.key, o.partition, o.body, o.caused_by, o.request_ref, o.tries"
    " from kernel.outbox o"
    " where o.delivered_at is null and o.parked_at is null and o.partition = any(:mine)"
    " and coalesce(o.next_try_at <= :now, true)"
    " and not exists (select 1 from kernel.outbox e where e.delivered_at is null and e.partition = o.partition"
    "   and e.key = o.key and e.seq < o.seq and (e.parked_at is not null or e.next_try_at > :now))"
    " order by o.seq limit :batch"
)
_DELIVERED = text("update kernel.outbox set delivered_at = :now where id = any(:ids)")
_FAILED = text(
    "update kernel.outbox set tries = tries + 1, last_error = :error, next_try_at = :next_try_at,"
    " parked_at = case when tries + 1 >= :tries_max then cast(:now as timestamptz) end where id = :id"
)
_NOTIFY = text("select pg_notify('haoyou_live', :body)")


class Relay:
    def __init__(self, house: "House") -> None:
        self._house = house
        self._wake = asyncio.Event()
        self.mine: list[int] = []

    def wake(self) -> None:
        self._wake.set()

    async def run(self) -> None:
        """Carry messages until cancelled; a lost database is waited for."""
        while True:
            try:
                async with self._house.engine.connect() as connection:
                    await self._hold(connection)
            except (SQLAlchemyError, OSError) as error:
                log.warning("relay lost the database: %s", type(error).__name__)
                self.mine = []
                await asyncio.sleep(POLL_S)

    async def _hold(self, connection: AsyncConnection) -> None:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            await connection.execute(_BECOME, {"role": role_of("kernel")})
            while True:
                if len(self.mine) < PARTITIONS:
                    claimed = await connection.execute(_CLAIM, {"last": PARTITIONS - 1, "lock_class": LOCK_CLASS})
                    self.mine = sorted({*self.mine, *(row.p for row in claimed)})
                self._wake.clear()
                if not await self._carry(connection):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), POLL_S)
        finally:
            self.mine = []
            await connection.invalidate()  # its locks and its role must not return to the pool

    async def _carry(self, connection: AsyncConnection) -> int:
        """One batch; answers how many were waiting."""
        now = self._house.clock()
        result = await connection.execute(_WAITING, {"mine": self.mine, "now": now, "batch": BATCH})
        waiting = result.all()
        partitions: dict[int, list[Row[Any]]] = defaultdict(list)
        for row in waiting:
            partitions[row.partition].append(row)
        outcomes = await asyncio.gather(*(self._carry_partition(rows) for rows in partitions.values()))
        delivered = [one for done, _ in outcomes for one in done]
        if delivered:
            await connection.execute(_DELIVERED, {"now": self._house.clock(), "ids": [row.id for row in delivered]})
            for row in delivered:
                if row.message == LIVE:
                    await connection.execute(_NOTIFY, {"body": _live_body(row.body)})
        for row, error in (one for _, failed in outcomes for one in failed):
            pause = timedelta(seconds=0.2 * 4**row.tries)
            await connection.execute(
                _FAILED,
                {"id": row.id, "error": error, "now": now, "next_try_at": now + pause, "tries_max": TRIES_MAX},
            )
        return len(waiting)

    async def _carry_partition(self, rows: Sequence[Row[Any]]) -> tuple[list[Row[Any]], list[tuple[Row[Any], str]]]:
        done: list[Row[Any]] = []
        failed: list[tuple[Row[Any], str]] = []
        held_back: set[str] = set()
        for row in rows:
            if row.key in held_back:
                continue
            try:
                await self._deliver(row)
                done.append(row)
            except Exception as error:  # whatever a consumer raises is that message's trouble, not the relay's
                log.exception("message %s (%s) was not taken", row.id, row.message)
                held_back.add(row.key)
                failed.append((row, f"{type(error).__name__}: {error}"[:2000]))
        return done, failed

    async def _deliver(self, row: Row[Any]) -> None:
        if row.message == LIVE:
            return
        for room, reaction in self._house.hearing(row.message):
            await _react(self._house, room, reaction, row)


def _live_body(body: dict[str, Any]) -> str:
    """What is notified; a list of people too long for one notification becomes a word to everybody."""
    written = json.dumps(body)
    return written if len(written) < NOTIFY_BYTES_MAX else json.dumps({"people": [], "keys": ["*"]})


async def _react(house: "House", room: str, reaction: Reaction, row: Row[Any]) -> None:
    consumer = f"{reaction.__module__}.{reaction.__name__}"

    async def note(tx: Tx) -> None:
        values = {"room": room, "consumer": consumer, "message_id": row.id, "done_at": house.clock()}
        await tx.run(tables.inbox.insert(), values)

    principal = service_principal(room, caused_by=row.caused_by)
    ctx = Ctx(house=house, room=room, principal=principal, request_ref=row.request_ref, edge=Edge([note]))
    if await _already_done(ctx, consumer, row.id):
        return
    assert ctx.edge
    try:
        await reaction(ctx, decode(row.message, row.body))
    except BaseException:
        if ctx.edge.held:
            await ctx.edge.held.rollback()
        raise
    if ctx.edge.held:
        await ctx.edge.held.commit()


async def _already_done(ctx: Ctx, consumer: str, message_id: object) -> bool:
    inbox = tables.inbox.c
    query = tables.inbox.select().where(
        inbox.room == ctx.room, inbox.consumer == consumer, inbox.message_id == message_id
    )
    async with ctx.read() as tx:
        return await tx.first(query) is not None
