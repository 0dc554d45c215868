"""A use case's surroundings: who asks, in which room, and the two kinds of transaction. Ask first, then write.

`ctx.read()` is short and read-only; `ctx.write()` is opened once. Questions to other rooms are refused while either is
open.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from haoyou.kernel import tables
from haoyou.kernel.db.engine import Transaction
from haoyou.kernel.errors import Json
from haoyou.kernel.ids import new_id
from haoyou.kernel.message import Message, encode
from haoyou.kernel.outbox import LIVE, outbox_row
from haoyou.kernel.principal import Principal

if TYPE_CHECKING:
    from haoyou.kernel.house import House
    from haoyou.kernel.port import Port

P = TypeVar("P", bound="Port")
Opening = Callable[["Tx"], Awaitable[None]]

IDS_PER_AUDIT_ROW = 200  # a page; longer answers are audited by their count


class Tx:
    """An open transaction with what must be committed together with it."""

    def __init__(self, ctx: "Ctx", transaction: Transaction) -> None:
        self._ctx = ctx
        self._transaction = transaction
        self._outbox: list[dict[str, Any]] = []
        self._audit: list[dict[str, Any]] = []
        self.run, self.all = transaction.run, transaction.all
        self.first, self.value = transaction.first, transaction.value

    def tell(self, message: Message, *, message_id: UUID | None = None) -> None:
        """Put a message into the outbox; it leaves when, and only if, this transaction commits."""
        self._outbox.append(
            outbox_row(self._ctx, message.message, message.key, encode(message), message_id or new_id())
        )

    def refresh(self, people: Iterable[int], *keys: str) -> None:
        """Have the screens of these people (ids; empty: everybody) fetch again what the keys name."""
        body = {"people": sorted({person for person in people if person}), "keys": list(keys)}
        self._outbox.append(outbox_row(self._ctx, LIVE, ",".join(keys), body, new_id()))

    def audit(self, operation: str, *, ids: Iterable[object] = (), reason: str = "", **detail: Json) -> None:
        """Say who did what to which rows; sealed into the chain within seconds of the commit."""
        named = [str(one) for one in ids]
        principal = self._ctx.principal
        entry = {
            "operation": f"{self._ctx.room}.{operation}",
            "who": principal.label,
            "caused_by": principal.caused_by or principal.id,
            "post": principal.post_id,
            "ids": named[:IDS_PER_AUDIT_ROW],
            "count": len(named),
            "reason": reason,
            "request": self._ctx.request_ref,
            **({"detail": detail} if detail else {}),
        }
        self._audit.append({"entry": entry, "at": self._ctx.now})

    async def flush(self) -> None:
        if self._audit:
            await self._transaction.run(tables.audit_pending.insert().inline(), self._audit)
        if self._outbox:
            await self._transaction.run(tables.outbox.insert().inline(), self._outbox)

    async def commit(self) -> None:
        await self._transaction.commit()
        if self._outbox:
            self._ctx.house.wake_relay()

    async def rollback(self) -> None:
        await self._transaction.rollback()


@dataclass
class Edge:
    """Where a request's one write is committed: after its answer is known, so that both stand or fall together."""

    openings: list[Opening] = field(default_factory=list[Opening])
    held: Tx | None = None


@dataclass
class Ctx:
    house: "House"
    room: str
    principal: Principal
    request_ref: str
    edge: Edge | None = None
    wrote: bool = False

    @property
    def now(self) -> datetime:
        return self.house.clock()

    def port(self, port: type[P]) -> P:
        """Another room's door. Its methods take this ctx and answer under the same principal."""
        return self.house.ports.open(port)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """A short look at nothing sensitive; it cannot write."""
        transaction = await Transaction.open(
            self.house.engine, room=self.room, principal=self.principal, read_only=True
        )
        tx = Tx(self, transaction)
        try:
            yield tx
        finally:
            await tx.rollback()

    @asynccontextmanager
    async def audited_read(self) -> AsyncGenerator[Tx]:
        """A look at C2 fields: refused while the audit is behind, committed together with its audit row."""
        await self.house.audit_gate()
        tx = Tx(
            self, await Transaction.open(self.house.engine, room=self.room, principal=self.principal, read_only=False)
        )
        try:
            yield tx
            await tx.flush()
        except BaseException:
            await tx.rollback()
            raise
        await tx.commit()

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[Tx]:
        """The one write of this use case. With an edge it stays open until the answer is known."""
        assert not self.wrote, "a second write in one use case"
        self.wrote = True
        await self.house.audit_gate()
        tx = Tx(
            self, await Transaction.open(self.house.engine, room=self.room, principal=self.principal, read_only=False)
        )
        try:
            for opening in self.edge.openings if self.edge else ():
                await opening(tx)
            yield tx
            await tx.flush()
        except BaseException:
            await tx.rollback()
            raise
        if self.edge:
            self.edge.held = tx
        else:
            await tx.commit()

    async def commit(self) -> None:
        """Commit what the edge holds, now: for a refusal that must be kept, or an answer read back after the write."""
        if self.edge and self.edge.held:
            held, self.edge.held = self.edge.held, None
            await held.commit()
