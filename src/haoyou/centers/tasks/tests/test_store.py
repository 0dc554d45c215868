"""The data scope of tasks: the filter in the statements, the net in the database, and the indexes both must reach."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text, true

from haoyou.centers.identity.tests.factories import Bank
from haoyou.centers.tasks import rules, store
from haoyou.centers.tasks.tests.factories import open_request, tell
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.house import House
from haoyou.kernel.principal import NOBODY, Principal, Scope

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


STATEMENTS = {
    "mine": "assignee_id = 7 and status = 'open' order by due_on, id limit 31",
    "mine, further on": (
        "assignee_id = 7 and status = 'open' and (due_on, id) > ('2026-11-20', '00000000-0000-0000-0000-000000000001')"
        " order by due_on, id limit 31"
    ),
    "mine, closed": "assignee_id = 7 and status = 'closed' order by closed_at desc, id limit 31",
    "of a customer": "customer_no = 7 and customer_no > 0 and status = 'open' order by due_on limit 10",
}
