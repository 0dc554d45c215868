"""What was told: the outbox as a test sees it, and waiting until the relay has carried it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.message import Message, decode
from haoyou.kernel.outbox import LIVE

SETTLE_TIMEOUT_S = 30.0
LOOK_AGAIN_S = 0.01

_BECOME = text("select set_config('role', :role, true)")
_OUTBOX = text(
    "select id, room, message, key, body, caused_by, tries, next_try_at, parked_at, last_error, delivered_at"
    " from kernel.outbox order by seq"
)


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the outbox."""

    room: str
    name: str
    key: str
    body: dict[str, object]
    caused_by: int
    tries: int
    next_try_at: datetime | None
    last_error: str | None
    parked: bool
    delivered: bool

    @property
    def waits(self) -> bool:
        return not self.delivered and not self.parked


class NotTaken(AssertionError):
    """A reaction failed: the message would be tried again, but a test wants to know at once."""


async def read_outbox(house: House) -> list[Told]:
    async with house.engine.begin() as connection:
        await connection.execute(_BECOME, {"role": role_of("kernel")})
        rows = (await connection.execute(_OUTBOX)).all()
    return [
        Told(
            room=row.room,
            name=row.message,
            key=row.key,
            body=row.body,
            caused_by=row.caused_by,
            tries=row.tries,
            next_try_at=row.next_try_at,
            last_error=row.last_error,
            parked=row.parked_at is not None,
            delivered=row.delivered_at is not None,
        )
        for row in rows
    ]


async def list_told(house: House, *kinds: type[Message]) -> list[Message]:
    """The messages told so far, in order; only those kinds when any are named."""
    messages = [decode(row.name, row.body) for row in await read_outbox(house) if row.name != LIVE]
    return [one for one in messages if not kinds or isinstance(one, kinds)]


async def list_refreshed(house: House) -> list[dict[str, object]]:
    """The hints to browsers told so far: `{"people": […], "keys": […]}`."""
    return [row.body for row in await read_outbox(house) if row.name == LIVE]


async def settle(house: House) -> None:
    """Wait until every message is carried. Raises NotTaken as soon as a reaction has failed."""
    async with asyncio.timeout(SETTLE_TIMEOUT_S):
        while waiting := [row for row in await read_outbox(house) if not row.delivered]:
            for row in waiting:
                if row.last_error:
                    raise NotTaken(f"{row.name} (key {row.key}) was not taken: {row.last_error}")
            house.wake_relay()
            await asyncio.sleep(LOOK_AGAIN_S)
