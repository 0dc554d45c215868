"""The running house: the rooms that live in this process, and what they stand on."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from haoyou.kernel import retention
from haoyou.kernel.audit import Sealer, Sink
from haoyou.kernel.clock import Clock, system_now
from haoyou.kernel.crypto import Keyring
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.ids import new_id
from haoyou.kernel.live import Hub
from haoyou.kernel.port import Port, Ports
from haoyou.kernel.principal import Principal, service_principal
from haoyou.kernel.relay import Relay
from haoyou.kernel.room import Manifest, Reaction, Timer
from haoyou.kernel.settings import Settings
from haoyou.kernel.status import waiting_messages

log = logging.getLogger(__name__)
T = TypeVar("T", bound=Port)


class House:
    """Everything a use case may reach besides its own room. Built once by the composition, given to every ctx."""

    def __init__(
        self,
        *,
        settings: Settings,
        keyring: Keyring,
        engine: AsyncEngine,
        rooms: Sequence[Manifest],
        clock: Clock = system_now,
    ) -> None:
        self.settings, self.keyring, self.engine, self.clock = settings, keyring, engine, clock
        self.rooms = tuple(rooms)
        self.sink = Sink(settings.home / "audit" / "roots.jsonl")
        self.ports = Ports(wire=settings.wire)
        self.relay = Relay(self)
        self.sealer = Sealer(self, self.sink)
        self.hub = Hub(self)
        self._hearing: dict[str, list[tuple[str, Reaction]]] = {}
        self._provided = [self._wrap(provided) for room in rooms for provided in room.provides]
        for room in rooms:
            if room.port:
                self.ports.register(room.port, room.answers)
            for message, reactions in room.reactions.items():
                self._hearing.setdefault(message.message, []).extend((room.name, one) for one in reactions)

    def _wrap(self, provided: Any) -> tuple[type[Port], Any]:
        """The interface is the nearest base that a contract declares."""
        interface = next(base for base in type(provided).__mro__[1:] if issubclass(base, Port) and base is not Port)
        return interface, self.ports.wrap(interface, provided)

    def provided(self, interface: type[T]) -> list[T]:
        """All implementations of an interface that some room above provides."""
        return [cast(T, one) for kind, one in self._provided if kind is interface]

    def hearing(self, message: str) -> list[tuple[str, Reaction]]:
        return self._hearing.get(message, [])

    async def audit_gate(self) -> None:
        await self.sealer.gate()

    def wake_relay(self) -> None:
        self.relay.wake()

    def ctx(self, room: str, principal: Principal, *, request_ref: str | None = None) -> Ctx:
        return Ctx(house=self, room=room, principal=principal, request_ref=request_ref or new_id().hex)

    def service_ctx(self, room: str) -> Ctx:
        """For the command line and the timers: the room itself acts."""
        return self.ctx(room, service_principal(room))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["House"]:
        """Relay, sealer, live hub and timers; all end together."""
        await self.sealer.seal()
        loops: list[Coroutine[Any, Any, None]] = [self.relay.run(), self.sealer.run(), self.hub.run()]
        loops.append(self.hub.watch_sessions())
        loops.append(self._keep_time("kernel", Timer("retention", retention.EVERY_S, self._delete_expired)))
        loops += [self._keep_time(room.name, timer) for room in self.rooms for timer in room.timers]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            try:
                await self.sealer.seal()
            except (SQLAlchemyError, OSError) as error:  # the database went first: the next start seals what waits
                log.warning("not sealed at the end: %s", error)

    async def _keep_time(self, room: str, timer: Timer) -> None:
        while True:
            try:
                await timer.run(self.service_ctx(room))
            except Exception:  # a timer that fails is tried at its next turn
                log.exception("timer %s.%s failed", room, timer.name)
            await asyncio.sleep(timer.every_s)

    async def _delete_expired(self, _ctx: Ctx) -> None:
        await retention.delete_expired(self)

    async def settle(self, *, timeout_s: float = 60) -> None:
        """Wait until every message that is not parked has been carried."""
        async with asyncio.timeout(timeout_s):
            while await waiting_messages(self.engine):
                self.relay.wake()
                await asyncio.sleep(0.02)
