"""How the machinery is doing, for the operator and for whoever waits until all messages are carried."""

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from haoyou.kernel.db.engine import role_of

_BECOME = text("select set_config('role', :role, true)")
_WAITING = text("select count(*) from kernel.outbox where delivered_at is null and parked_at is null")
_PARKED = text("select count(*) from kernel.outbox where parked_at is not null and delivered_at is null")


async def waiting_messages(engine: AsyncEngine) -> int:
    return await _count(engine, _WAITING)


async def parked_messages(engine: AsyncEngine) -> int:
    return await _count(engine, _PARKED)


async def _count(engine: AsyncEngine, query: TextClause) -> int:
    async with engine.begin() as connection:
        await connection.execute(_BECOME, {"role": role_of("kernel")})
        return int((await connection.execute(query)).scalar_one())
