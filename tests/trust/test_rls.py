"""The net alone: with the stores' own filters taken away, row-level security still shows nobody a foreign row."""

import psycopg
import pytest
from sqlalchemy import ColumnElement, true

from haoyou.kernel.db import scope
from haoyou.rooms import room_names
from tests.trust.matrix import ACTORS
from tests.trust.reads import find_differences
from tests.trust.world import World

MANAGER = "RM-O11"


def open_wide(*_given: object, **_columns: object) -> ColumnElement[bool]:
    return true()


@pytest.fixture
def no_filters(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every store that narrows by itself lets everything through; answers which stores those are."""
    stores = [f"haoyou.centers.{room}.store" for room in room_names()]
    narrowing = [name for name in stores if getattr(pytest.importorskip(name), "narrow", None) is scope.narrow]
    for name in narrowing:
        monkeypatch.setattr(f"{name}.narrow", open_wide)
    return narrowing


@pytest.mark.timeout(240)
async def test_the_net_alone_shows_exactly_the_same(world: World, no_filters: list[str]) -> None:
    assert no_filters == [f"haoyou.centers.{room}.store" for room in ("customers", "marketing", "tasks")]
    differences = [one for code in ACTORS for one in await find_differences(world, code)]
    assert differences == []


@pytest.mark.parametrize(
    ("tables", "leak"),
    [
        (["tasks.task"], "tasks of all: sees"),
        (["customers.customer", "customers.listing"], "customers by aum: sees"),
    ],
)
@pytest.mark.parametrize("hole", ["disable row level security", "no force row level security"])
async def test_a_hole_in_the_net_would_be_seen(
    world: World, no_filters: list[str], tables: list[str], leak: str, hole: str
) -> None:
    """FORCE matters to owners only, and the house owns nothing: taking it away alone opens no hole for the house."""
    with psycopg.connect(world.database.admin_url) as connection:
        for table in tables:
            connection.execute(f"alter table {table} {hole}")  # pyright: ignore[reportCallIssue, reportArgumentType]
    differences = await find_differences(world, MANAGER)
    assert any(leak in one for one in differences) == hole.startswith("disable")


async def test_the_house_cannot_open_the_net_itself(world: World) -> None:
    """The login owns no table, has no right to switch the policies off, and is no superuser."""
    for statement in (
        "alter table customers.customer disable row level security",
        "drop policy scope on customers.customer",
        "set role haoyou_owner",
    ):
        with psycopg.connect(world.database.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set role haoyou_customers")
            connection.execute(statement)  # pyright: ignore[reportCallIssue, reportArgumentType]
    with psycopg.connect(world.database.app_url) as connection:
        connection.execute("set role haoyou_customers")
        connection.execute("set row_security = off")  # asks to fail rather than filter: it never shows more
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select count(*) from customers.customer")


async def test_every_table_with_customers_data_is_under_the_net(world: World) -> None:
    """Whatever has a customer's number, or says which institution and line a row belongs to, has the policy, forced."""
    with psycopg.connect(world.database.admin_url) as connection:
        rows = connection.execute(
            "select c.table_schema || '.' || c.table_name, p.relrowsecurity and p.relforcerowsecurity, count(l.polname)"
            " from information_schema.columns c"
            " join pg_class p on p.oid = (c.table_schema || '.' || c.table_name)::regclass"
            " left join pg_policy l on l.polrelid = p.oid"
            " where c.column_name in ('customer_no', 'manager_id') and c.table_schema <> 'pg_catalog'"
            " group by 1, 2 order by 1"
        ).fetchall()
    assert {table: (forced, policies > 0) for table, forced, policies in rows} == dict.fromkeys(
        {table for table, _, _ in rows}, (True, True)
    )
    assert len(rows) >= 14
