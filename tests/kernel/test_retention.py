"""Rows that have outlived their retention go, the others stay."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from haoyou.kernel import retention, tables
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.testing.clock import SetClock


@pytest.mark.house(running=False)
async def test_only_what_outlived_its_time_is_deleted(house: House, clock: SetClock) -> None:
    young, old = new_id(), new_id()
    now = clock()
    async with house.engine.begin() as connection:
        await connection.execute(text("select set_config('role', :role, true)"), {"role": role_of("kernel")})
        for key, age in ((young, timedelta(hours=23)), (old, timedelta(hours=25))):
            values = {"room": "kernel", "principal": "person:1", "key": key, "request_hash": "x", "status": 200}
            await connection.execute(tables.idempotency.insert(), values | {"answer": b"x", "made_at": now - age})
    assert await retention.delete_expired(house) == 1
    async with house.engine.begin() as connection:
        await connection.execute(text("select set_config('role', :role, true)"), {"role": role_of("kernel")})
        left = (await connection.execute(tables.idempotency.select())).all()
    assert [row.key for row in left] == [young]
