"""The data scope of tasks: the filter in the statements, the net in the database, and the indexes both must reach."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text, true

from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.tasks import rules, store
from haoyou.centers.tasks.tests.factories import open_request, tell
from haoyou.kernel.ctx import Tx
from haoyou.kernel.db.engine import Transaction
from haoyou.kernel.house import House
from haoyou.kernel.principal import NOBODY, Principal, Scope
from haoyou.kernel.testing.server import Database

OPEN = store.Filter(rules.TaskStatus.OPEN, None)
CUSTOMER = 2  # of RM2-O11


@pytest.fixture
async def tasks(house: House, bank: Bank, settle: Callable[[], Awaitable[None]]) -> Bank:
    """One task of each of four people."""
    people = (("RM-O11", 1), ("RM2-O11", CUSTOMER), ("RM-O21", 3))
    await tell(house, *(open_request(bank, code, customer_no=no) for code, no in people))
    await tell(house, open_request(bank, "RMC-O11", customer_no=4, line="corporate"))
    await settle()
    return bank


def scopes(bank: Bank) -> dict[str, tuple[Scope, int]]:
    """Scopes and how many of the four tasks each holds."""
    inside, me, both = (bank.institutions["O11"],), bank.staff["RM-O11"], ("retail", "corporate")
    return {
        "own": (Scope(owner=me, lines=("retail",)), 1),
        "own and granted": (Scope(owner=me, lines=("retail",), extra=(CUSTOMER,)), 2),
        "outlet": (Scope(units=inside, lines=("retail",)), 2),
        "outlet, both lines": (Scope(units=inside, lines=both), 3),
        "all institutions": (Scope(units=tuple(bank.institutions.values()), lines=both), 4),
        "no line": (Scope(units=tuple(bank.institutions.values()), owner=me), 0),
        "nothing": (Scope(), 0),
        "everything": (Scope(everything=True), 4),
    }


async def count(house: House, *, filtered: Scope, net: Scope) -> int | None:
    async with house.ctx("tasks", Principal(1, "", net)).read() as tx:
        return await store.count_up_to(tx, scope=filtered, wanted=OPEN, most=10)


async def test_the_net_alone_holds(house: House, tasks: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_within", lambda scope: true())
    seen = {name: await count(house, filtered=scope, net=scope) for name, (scope, _) in scopes(tasks).items()}
    assert seen == {name: expected for name, (_, expected) in scopes(tasks).items()}


async def test_the_filter_alone_holds(house: House, tasks: Bank) -> None:
    everything = Scope(everything=True)
    seen = {name: await count(house, filtered=scope, net=everything) for name, (scope, _) in scopes(tasks).items()}
    assert seen == {name: expected for name, (_, expected) in scopes(tasks).items()}


async def test_without_a_context_there_is_nothing(house: House, tasks: Bank) -> None:
    async with house.ctx("tasks", NOBODY).read() as tx:
        assert await store.count_up_to(tx, scope=Scope(everything=True), wanted=OPEN, most=10) == 0


async def test_nobody_puts_a_task_where_they_see_none(house: House, tasks: Bank) -> None:
    me, there = tasks.staff["RM-O11"], tasks.institutions["O21"]
    mine = house.ctx("tasks", Principal(me, "", Scope(owner=me, lines=("retail",))))
    with pytest.raises(Exception, match="row-level security"):
        async with mine.write() as tx:
            await tx.run(text("update tasks.task set institution_id = :there, assignee_id = 99"), {"there": there})


# Plans.

PEOPLE, ROWS = 100, 20_000
FILL = """
    insert into tasks.task
    select gen_random_uuid(), 'marketing', 'opportunity', 'x', 1 + n % 5000, 1 + n % 50, 1 + n % :people, 'retail',
        '{"zh": "t"}', '{"zh": "w"}', date '2026-11-20' + n % 60, n, 'CNY',
        case when n % 7 = 0 then 'open' else 'closed' end, null, null,
        case when n % 7 > 0 then timestamptz '2026-11-20 00:00Z' - n * interval '1 minute' end, null, now(), 1
    from generate_series(1, :rows) n
"""
ME = 7


async def explain(house: House, scope: Scope, ask: Callable[[Tx], Awaitable[object]]) -> list[str]:
    """The plans that the database makes for what the store asks, as somebody with this scope."""
    plans: list[str] = []
    reader = Principal(ME, "", scope)
    transaction = await Transaction.open(house.engine, room="tasks", principal=reader, read_only=True)

    def hear(question: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def asked(statement: Any, values: Any = None) -> Any:
            plans.append(await transaction.plan(statement, values))
            return await question(statement, values)

        return asked

    tx: Any = Tx(house.ctx("tasks", reader), transaction)
    tx.all, tx.first, tx.value = hear(tx.all), hear(tx.first), hear(tx.value)
    await ask(tx)
    await transaction.rollback()
    return plans


@pytest.fixture
async def many(house: House, database: Database) -> House:
    """Tasks of a hundred people in fifty institutions, and a database that knows how many."""
    async with house.service_ctx("tasks").write() as tx:
        await tx.run(text(FILL), {"people": PEOPLE, "rows": ROWS})
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("analyze tasks.task")
    return house


def found_by(plan: str) -> set[str]:
    """The indexes of a plan, or the word that it reads the whole table."""
    return set(re.findall(r"(?:Index Scan on|Index Scan using|Index Only Scan using|Seq Scan on) (\w+)", plan))


async def test_every_list_is_found_by_an_index(many: House) -> None:
    day, after = date(2026, 11, 25), (date(2026, 11, 25), UUID(int=1))
    scopes = {
        "manager": Scope(owner=ME, lines=("retail",), extra=(1, 2, 3)),
        "outlet": Scope(units=(8,), owner=ME, lines=("retail",)),
        "branch": Scope(units=tuple(range(1, 9)), owner=ME, lines=("retail",)),
    }
    opened, ended = store.Filter(rules.TaskStatus.OPEN, ME), store.Filter(rules.TaskStatus.CLOSED, ME)
    found: dict[str, list[set[str]]] = {}
    for name, scope in scopes.items():
        asks: dict[str, Callable[[Tx], Awaitable[object]]] = {
            "open": partial(store.list_open, scope=scope, wanted=opened, after=after, limit=31),
            "closed": partial(store.list_closed, scope=scope, wanted=ended, after=None, limit=31),
            "urgent": partial(store.list_most_urgent, scope=scope, assignee_id=ME, limit=500),
            "counts": partial(store.count_mine, scope=scope, assignee_id=ME, today=day),
            "count": partial(store.count_up_to, scope=scope, wanted=opened, most=1000),
            "customer": partial(store.list_of_customer, scope=scope, customer_no=9, limit=10),
            "team": partial(
                store.list_open, scope=scope, wanted=replace(opened, assignee_id=None), after=None, limit=31
            ),
        }
        found |= {
            f"{name}: {what}": [found_by(plan) for plan in await explain(many, scope, ask)]
            for what, ask in asks.items()
        }
    mine, customer = {"task_open"}, {"task_customer"}
    same = {
        "open": [mine],
        "closed": [{"task_closed"}],
        "urgent": [mine],
        "counts": [mine, {"task_done"}],
        "count": [mine],
        "customer": [customer],
    }
    expected = {f"{name}: {what}": indexes for name in scopes for what, indexes in same.items()}
    assert found == expected | {
        "manager: team": [mine | customer],
        "outlet: team": [mine | {"task_unit"}],
        "branch: team": [{"task_open_all"}],
    }
