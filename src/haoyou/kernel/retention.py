"""What the kernel keeps for a while only: delivered messages, inbox notes, idempotency answers."""

from typing import TYPE_CHECKING

from sqlalchemy import text

from haoyou.kernel.db.engine import role_of

if TYPE_CHECKING:
    from haoyou.kernel.house import House

EVERY_S = 3600.0
BATCH = 10_000  # rows of one transaction, so that nothing waits behind a deletion

_BECOME = text("select set_config('role', :role, true)")
_EXPIRED = tuple(
    text(
        f"delete from kernel.{table} where ctid = any(array(select ctid from kernel.{table}"  # noqa: S608 (names below)
        f" where {column} < cast(:now as timestamptz) - interval '{kept}' limit :batch))"
    )
    for table, column, kept in (
        ("outbox", "delivered_at", "7 days"),
        ("inbox", "done_at", "30 days"),
        ("idempotency", "made_at", "24 hours"),
    )
)


async def delete_expired(house: "House") -> int:
    """Delete what has outlived its retention; answers how many rows went."""
    deleted = 0
    for statement in _EXPIRED:
        while True:
            async with house.engine.begin() as connection:
                await connection.execute(_BECOME, {"role": role_of("kernel")})
                result = await connection.execute(statement, {"now": house.clock(), "batch": BATCH})
            deleted += result.rowcount
            if result.rowcount < BATCH:
                break
    return deleted
