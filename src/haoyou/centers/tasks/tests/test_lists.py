"""The lists of tasks over HTTP: their order, their pages, what they can be asked and what not."""

import pytest

from haoyou.centers.customers.contract import Assigned, AssignmentChanged
from haoyou.centers.customers.tests.factories import assignment_fact, feed
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.centers.tasks import contract, service
from haoyou.centers.tasks.tests.factories import (
    GOOD,
    NO_TASK,
    ROOM,
    Ask,
    Cards,
    day,
    faults,
    ids,
    make_own,
    open_request,
    read,
)
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock


async def test_open_tasks_page_by_day_then_age(client: Client, bank: Bank, ask: Ask) -> None:
    requests = [open_request(bank, due_on=day(days)) for days in (2, 1, 1, -1, 0)]
    await ask(*requests)
    expected = [str(one.task_id) for one in sorted(requests, key=lambda one: (one.due_on, one.task_id))]
    first = await read(client, "/tasks?limit=3")
    second = await read(client, f"/tasks?limit=3&after={first['next']}")
    assert [ids(first), ids(second)] == [expected[:3], expected[3:]]
    assert [first["count"], second["count"], second["next"]] == [5, 5, None]
    assert (await read(client, "/tasks?limit=5"))["next"] is None


async def test_closed_tasks_page_by_the_moment_they_ended(
    client: Client, bank: Bank, ask: Ask, clock: SetClock
) -> None:
    requests = sorted((open_request(bank) for _ in range(5)), key=lambda one: one.task_id)
    await ask(*requests)
    for group in (requests[:1], requests[1:4], requests[4:]):  # three at one moment
        await ask(*(contract.CloseTask(task_id=one.task_id, result="agreed", closed_by=1) for one in group))
        await clock.advance(minutes=1)
    expected = [str(requests[number].task_id) for number in (4, 1, 2, 3, 0)]
    first = await read(client, "/tasks?status=closed&limit=2")
    second = await read(client, f"/tasks?status=closed&limit=2&after={first['next']}")
    third = await read(client, f"/tasks?status=closed&limit=2&after={second['next']}")
    assert ids(first) + ids(second) + ids(third) == expected
    assert [third["next"], third["count"]] == [None, 5]


async def test_lists_by_day(client: Client, bank: Bank, ask: Ask) -> None:
    await ask(*(open_request(bank, due_on=day(days)) for days in (40, 1, 0, -1, -9)))
    found = {due: await read(client, f"/tasks?due={due}") for due in ("overdue", "today", "later")}
    assert {due: ([item["due_on"] for item in page["items"]], page["count"]) for due, page in found.items()} == {
        "overdue": ([str(day(-9)), str(day(-1))], 2),
        "today": ([str(day(0))], 1),
        "later": ([str(day(1)), str(day(40))], 2),
    }


async def test_titles_are_searched_as_they_are_written(client: Client, bank: Bank, ask: Ask) -> None:
    await ask(open_request(bank), open_request(bank, "RM2-O11", customer_no=9))
    await make_own(client)
    me = client.as_staff("RM-O11")
    found = {
        words: (await me.get(f"{ROOM}/tasks", params={"q": words})).json()["count"]
        for words in ("存单", "large INFLOW", "流入", "%", "_", "没有", " ")
    }
    assert found == {"存单": 1, "large INFLOW": 1, "流入": 1, "%": 0, "_": 0, "没有": 0, " ": 2}


async def test_a_manager_sees_the_team_and_who_has_what(client: Client, bank: Bank, ask: Ask) -> None:
    people = enumerate(("RM-O11", "RM2-O11", "RM-O21"), start=1)
    await ask(AssignmentChanged((Assigned(2, bank.institutions["O11"], bank.staff["RM2-O11"], 1_000_000),)))
    await ask(*(open_request(bank, code, customer_no=no, due_on=day(no)) for no, code in people))
    team = await read(client, "/tasks?assignee=team", "BM-B1")
    assert [item["assignee"]["name"] for item in team["items"]] == ["员工RM-O11", "员工RM2-O11"]
    assert [item["customer"]["number"] for item in team["items"]] == ["C1", "C2"]
    assert (await read(client, "/tasks", "BM-B1"))["count"] == 0
    assert (await read(client, "/tasks?assignee=team", "HO"))["count"] == 3
    assert (await read(client, "/tasks?assignee=team", "RM-O11"))["count"] == 1


async def test_a_customer_out_of_my_sight_is_not_named(client: Client, house: House, bank: Bank, cards: Cards) -> None:
    """A to-do of my own may outlive the assignment that let me see its customer."""
    task = await make_own(client, customer_id=str(cards[0].id))
    await feed(house, assignments=[assignment_fact("C1", "RM-O21", from_date=BANK_DATE)])
    task = await read(client, f"/tasks/{task['id']}")
    assert (task["title"], task["customer"]) == ({"zh": GOOD["title"], "en": None}, None)


async def test_no_count_beyond_a_thousand(
    client: Client, bank: Bank, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "COUNT_MAX", 2)
    await ask(open_request(bank), open_request(bank))
    assert (await read(client, "/tasks"))["count"] == 2
    await ask(open_request(bank))
    assert (await read(client, "/tasks"))["count"] is None


MISASKED = (
    ("status=waiting", "status"),
    ("due=yesterday", "due"),
    ("status=closed&due=today", "due"),
    ("assignee=5", "assignee"),
    ("assignee=team&q=a", "q"),
    ("q=" + "a" * 61, "q"),
    ("q=%00", "q"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=many", "limit"),
    ("after=x", "after"),
    ("after=%2B", "after"),
    ("after=W10=", "after"),  # []
    ("after=W251bGwsIG51bGxd", "after"),  # [null, null]
    ("after=WzEsIDJd", "after"),  # [1, 2]
    ("after=WyIyMDI2LTExLTIwIiwgIngiXQ==", "after"),  # ["2026-11-20", "x"]
)


async def test_a_misshapen_question_is_not_answered(client: Client, cards: Cards) -> None:
    me = client.as_staff("RM-O11")
    answers = [await me.get(f"{ROOM}/tasks?{query}") for query, _ in MISASKED]
    assert [[field for field, _ in faults(answer)] for answer in answers] == [[field] for _, field in MISASKED]


async def test_a_position_of_one_list_is_none_of_the_other(client: Client, bank: Bank, ask: Ask) -> None:
    requests = [open_request(bank) for _ in range(4)]
    await ask(*requests, *(contract.CloseTask(task_id=one.task_id, result="x", closed_by=1) for one in requests[:2]))
    open_next = (await read(client, "/tasks?limit=1"))["next"]
    closed_next = (await read(client, "/tasks?status=closed&limit=1"))["next"]
    me = client.as_staff("RM-O11")
    crossed = [
        await me.get(f"{ROOM}/tasks?status=closed&after={open_next}"),
        await me.get(f"{ROOM}/tasks?status=open&after={closed_next}"),
    ]
    assert [one.status_code for one in crossed] == [422, 422]


async def test_an_id_that_is_none(client: Client, cards: Cards) -> None:
    me = client.as_staff("RM-O11")
    answers = [await me.get(f"{ROOM}/tasks/{task_id}") for task_id in ("1", "x", NO_TASK[:-1])]
    assert [faults(answer) for answer in answers] == [[("task_id", "uuid_parsing")]] * 3
