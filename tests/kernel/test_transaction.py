"""Who a transaction acts for ends with it: one pooled connection serves two people and never mixes them up."""

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from haoyou.kernel.db.engine import open_transaction
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.principal import NOBODY
from tests.kernel.conftest import person
from tests.kernel.rooms import add_item, heard, item, list_items

pytestmark = pytest.mark.house(running=False)
ALTERNATIONS = 500


@pytest.fixture
async def items(house: House) -> None:
    for unit in (1, 2):
        for n in range(3):
            await add_item(
                house.service_ctx("probe"), words=f"unit {unit} item {n}", unit=unit, owner=unit, number=unit
            )


@pytest.mark.house(pool_size=1)
@pytest.mark.usefixtures("items")
async def test_two_people_on_one_connection_see_their_own(house: House) -> None:
    foreign = 0
    backends: set[int] = set()
    for turn in range(ALTERNATIONS):
        unit = turn % 2 + 1
        async with person(house, unit, units=(unit,)).read() as tx:
            rows = await tx.all(select(item.c.unit, text("pg_backend_pid() as pid")))
        assert len(rows) == 3
        foreign += sum(row.unit != unit for row in rows)
        backends |= {row.pid for row in rows}
    assert foreign == 0
    assert len(backends) == 1, "the pool of one had more than one connection: this proved nothing"


@pytest.mark.house(pool_size=1)
@pytest.mark.usefixtures("items")
async def test_after_everybody_nobody_sees_anything(house: House) -> None:
    """A setting left behind by a transaction is an empty text, not nothing: a naive policy would open up."""
    assert len(await list_items(house.service_ctx("probe"))) == 6
    assert await list_items(house.ctx("probe", NOBODY)) == []
    async with house.engine.connect() as connection:
        await connection.execute(text("select set_config('role', 'haoyou_probe', true)"))
        assert (await connection.execute(text("select current_setting('app.inst', true)"))).scalar_one() == ""
        assert (await connection.execute(text("select count(*) from probe.item"))).scalar_one() == 0


@pytest.mark.usefixtures("items")
async def test_no_context_no_rows(house: House) -> None:
    async with house.engine.connect() as connection:
        with pytest.raises(SQLAlchemyError, match="permission denied"):
            await connection.execute(text("select count(*) from probe.item"))  # the login itself may nothing
    async with house.engine.connect() as connection:
        await connection.execute(text("select set_config('role', 'haoyou_probe', true)"))
        assert (await connection.execute(text("select count(*) from probe.item"))).scalar_one() == 0


@pytest.mark.usefixtures("items")
@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ({"units": (1,)}, 3),
        ({"units": (1, 2)}, 6),
        ({"owner": 2}, 3),
        ({"extra": (2,)}, 3),
        ({"units": (1,), "lines": ()}, 0),
        ({"units": (1,), "lines": ("corporate",)}, 0),
        ({"owner": 2, "units": (1,)}, 6),
        ({"units": (9,)}, 0),
        ({"everything": True, "lines": ()}, 6),
        ({}, 0),
    ],
)
async def test_a_scope_shows_exactly_its_rows(house: House, scope: dict[str, object], seen: int) -> None:
    assert len(await list_items(person(house, 1, **scope))) == seen


async def test_a_row_cannot_be_put_out_of_ones_own_sight(house: House) -> None:
    mine = await add_item(house.service_ctx("probe"), words="mine", unit=1, owner=1)
    ctx = person(house, 1, units=(1,))
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with ctx.write() as tx:
            await tx.run(item.update().where(item.c.id == mine).values(unit=2, owner=2))
    assert await _unit_of(house, mine) == 1


async def _unit_of(house: House, item_id: UUID) -> int:
    async with house.service_ctx("probe").read() as tx:
        return await tx.value(select(item.c.unit).where(item.c.id == item_id))


async def test_a_room_cannot_read_another_rooms_rows(house: House) -> None:
    with pytest.raises(ProgrammingError, match="permission denied for schema echo"):
        async with house.service_ctx("probe").read() as tx:
            await tx.all(select(heard))
    with pytest.raises(ProgrammingError, match="permission denied for schema probe"):
        async with house.service_ctx("echo").read() as tx:
            await tx.all(select(item))


@pytest.mark.parametrize(
    "statement",
    [
        "select * from kernel.outbox limit 1",
        "select * from kernel.audit_log",
        "select * from kernel.audit_pending",
        "delete from kernel.audit_pending",
        "update kernel.outbox set delivered_at = null",
        "delete from kernel.idempotency",
        "update kernel.idempotency set status = 200",
        "delete from kernel.inbox",
        "create table probe.mine (id integer)",
        "create table public.mine (id integer)",
        "alter table probe.item disable row level security",
        "drop table probe.item",
        "delete from probe.item",
        "set role haoyou_owner",
    ],
)
async def test_a_room_may_not(house: House, statement: str) -> None:
    with pytest.raises(SQLAlchemyError, match=r"permission denied|must be owner"):
        async with house.service_ctx("probe").write() as tx:
            await tx.run(text(statement))


async def test_a_room_may_not_speak_in_anothers_name(house: House) -> None:
    statement = text(
        "insert into kernel.outbox (id, room, message, version, key, partition, body, caused_by, request_ref, told_at)"
        " values (:id, :room, 'probe.Said', 1, 'k', 0, '{}', 0, '', '2026-11-20')"
    )
    async with house.service_ctx("probe").write() as tx:
        await tx.run(statement, {"id": new_id(), "room": "probe"})
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with house.service_ctx("probe").write() as tx:
            await tx.run(statement, {"id": new_id(), "room": "echo"})


async def test_a_reading_transaction_cannot_write(house: House) -> None:
    with pytest.raises(SQLAlchemyError, match="read-only transaction"):
        async with house.service_ctx("probe").read() as tx:
            await tx.run(text("insert into probe.done values ('w', 1)"))


@pytest.mark.house(pool_size=1)
@pytest.mark.parametrize("kind", ["read", "write", "audited_read"])
async def test_a_transaction_that_breaks_gives_its_connection_back(house: House, kind: str) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            async with getattr(house.service_ctx("probe"), kind)():
                raise ZeroDivisionError
    assert open_transaction.get() is None
    assert await list_items(house.service_ctx("probe")) == []


@pytest.mark.house(pool_size=1)
async def test_a_pool_of_one_survives_a_server_that_ends_its_connections(house: House, admin) -> None:  # type: ignore[no-untyped-def]
    assert await list_items(house.service_ctx("probe")) == []
    admin.execute(text("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'haoyou_app'"))
    with pytest.raises(SQLAlchemyError):
        await list_items(house.service_ctx("probe"))
    assert await list_items(house.service_ctx("probe")) == []
