"""Tasks over HTTP, as the people of the small bank."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from haoyou.centers.customers.contract import Card
from haoyou.centers.identity import service as identity
from haoyou.centers.identity.tests.factories import CURRENCY, Bank
from haoyou.centers.tasks import contract, service
from haoyou.centers.tasks.tests.factories import day, make_cards, open_request, tell
from haoyou.kernel.audit import verify
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.outbox import list_refreshed
from haoyou.kernel.testing.plugin import Toldings

ROOM = "/api/tasks/v1"
NO_TASK = "00000000-0000-7000-8000-000000000000"
GOOD = {"title": "送存单", "due_on": "2026-11-20"}
Ask = Callable[..., Awaitable[None]]


Cards = list[Card]


@pytest.fixture
async def cards(house: House, bank: Bank, settle: Callable[[], Awaitable[None]]) -> Cards:
    """Customers 1 and 2 of RM-O11, 3 of RM-O21 and 4, a firm, of RMC-O11."""
    cards = await make_cards(house)
    await settle()
    return cards


@pytest.fixture
def ask(house: House, cards: Cards, settle: Callable[[], Awaitable[None]]) -> Ask:
    """`await ask(request, …)`: told by another room, and carried."""

    async def tell_and_settle(*messages: Message) -> None:
        await tell(house, *messages)
        await settle()

    return tell_and_settle


async def make_own(client: Client, code: str = "RM-O11", **body: Any) -> dict[str, Any]:
    answer = await client.as_staff(code).post(f"{ROOM}/tasks", json=GOOD | body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client: Client, path: str, code: str = "RM-O11") -> Any:
    answer = await client.as_staff(code).get(ROOM + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    """Field and code of each fault that a refused request has."""
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "invalid"), answer.text
    return [(one["field"], one["code"]) for one in problem["errors"]]


# Today.


@pytest.mark.parametrize("wire", [False, True])
async def test_today_stands_in_the_order_of_its_priority(
    client: Client, bank: Bank, cards: Cards, ask: Ask, wire: bool
) -> None:
    small, late = open_request(bank, value_minor=0, due_on=day(4)), open_request(bank, due_on=day(-2), customer_no=2)
    soon, done = open_request(bank, value_minor=20_000_00, due_on=day(1)), open_request(bank)
    close = contract.CloseTask(task_id=done.task_id, result="agreed", closed_by=bank.staff["RM-O11"])
    await ask(small, late, soon, done, close, open_request(bank, "RM2-O11"))
    own = await make_own(client)
    today = await read(client, "/today")
    assert today["business_date"] == "2026-11-20"
    assert today["counts"] == {"open": 4, "overdue": 1, "due_today": 1, "done_today": 1}
    assert ids(today) == [str(late.task_id), own["id"], str(soon.task_id), str(small.task_id)]
    assert [item["priority"] for item in today["items"]] == [60, 30, 20, 0]
    assert today["items"][0]["priority_parts"] == [{"code": "overdue", "points": 32}, {"code": "value", "points": 28}]
    assert [item["customer"] for item in today["items"]] == [
        {"id": str(cards[1].id), "name": None, "number": "C2"},
        None,
        {"id": str(cards[0].id), "name": "王芳", "number": "C1"},
        {"id": str(cards[0].id), "name": "王芳", "number": "C1"},
    ]


async def test_done_today_is_counted_by_the_day_of_the_bank(
    client: Client, house: House, cards: Cards, clock: SetClock
) -> None:
    task = await make_own(client)
    await client.as_staff("RM-O11").post(f"{ROOM}/tasks/{task['id']}/close", json={"result": "done"})
    await clock.advance(hours=30)
    assert (await read(client, "/today"))["counts"]["done_today"] == 1
    await identity.advance_business_date(house.service_ctx("identity"), business_date=day(1), currency=CURRENCY)
    counts = (await read(client, "/today"))["counts"]
    assert counts == {"open": 0, "overdue": 0, "due_today": 0, "done_today": 0}


async def test_today_shows_at_most_fifty(client: Client, bank: Bank, ask: Ask) -> None:
    await ask(*(open_request(bank, due_on=day(1), value_minor=0) for _ in range(service.TODAY_MAX + 1)))
    today = await read(client, "/today")
    assert (today["counts"]["open"], len(today["items"])) == (51, 50)


# My own to-dos.


async def test_a_to_do_of_my_own(client: Client, house: House, bank: Bank, cards: Cards) -> None:
    task = await make_own(client, customer_id=str(cards[0].id), due_on=str(day(2)))
    me = bank.staff["RM-O11"]
    assert task == {
        "id": task["id"],
        "title": {"zh": "送存单", "en": None},
        "why": {"zh": "自己安排的待办", "en": "A to-do of your own"},
        "customer": {"id": str(cards[0].id), "name": "王芳", "number": "C1"},
        "assignee": {"id": me, "name": "员工RM-O11"},
        "origin": {"room": "tasks", "kind": "own", "id": task["id"]},
        "due_on": "2026-11-22",
        "status": "open",
        "priority": 15,
        "priority_parts": [{"code": "due", "points": 10}, {"code": "own", "points": 5}],
        "result": None,
        "closed_at": None,
        "version": 1,
        "created_at": "2026-11-20T01:30:00Z",
    }
    assert await read(client, f"/tasks/{task['id']}") == task
    assert (await list_refreshed(house))[-1] == {"people": [me], "keys": ["tasks", f"task:{task['id']}"]}


async def test_a_to_do_about_nobody_stands_in_my_institution(client: Client, cards: Cards) -> None:
    task = await make_own(client)
    assert task["customer"] is None
    assert ids(await read(client, "/tasks?assignee=team", "LM-O11")) == [task["id"]]
    assert ids(await read(client, "/tasks?assignee=team", "LM-O12")) == []


async def test_everybody_has_to_dos(client: Client, cards: Cards) -> None:
    for code in ("LM-O11", "BM-B1", "HO", "ADMIN"):
        task = await make_own(client, code)
        assert ids(await read(client, "/today", code)) == [task["id"]]


async def test_a_customer_who_is_not_mine_is_not_there(client: Client, cards: Cards) -> None:
    me = client.as_staff("RM-O11")
    bodies = [GOOD | {"customer_id": str(one)} for one in (cards[2].id, cards[3].id, UUID(int=99))]
    answers = [await me.post(f"{ROOM}/tasks", json=body) for body in bodies]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not_found")] * 3
    assert await read(client, "/tasks") == {"items": [], "next": None, "count": 0}


async def test_the_same_key_makes_one_to_do(client: Client, cards: Cards) -> None:
    key = uuid4()
    me = client.as_staff("RM-O11")
    answers = [await me.post(f"{ROOM}/tasks", json=GOOD, key=key) for _ in range(2)]
    other = await me.post(f"{ROOM}/tasks", json=GOOD | {"title": "另一件"}, key=key)
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")
    assert (await read(client, "/tasks"))["count"] == 1


MISSHAPEN: tuple[tuple[object, str, str], ...] = (
    ({"due_on": "2026-11-20"}, "title", "missing"),
    ({"title": "送存单"}, "due_on", "missing"),
    (GOOD | {"title": ""}, "title", "string_too_short"),
    (GOOD | {"title": " \n\t "}, "title", "too_short"),
    (GOOD | {"title": "长" * 201}, "title", "string_too_long"),
    (GOOD | {"title": "a\x00b"}, "title", "value_error"),
    (GOOD | {"title": 5}, "title", "string_type"),
    (GOOD | {"due_on": "2026-11-19"}, "due_on", "past"),
    (GOOD | {"due_on": "2036-11-21"}, "due_on", "too_late"),
    (GOOD | {"due_on": "2026-02-30"}, "due_on", "date_from_datetime_parsing"),
    (GOOD | {"due_on": 1_795_132_800}, "due_on", "value_error"),
    (GOOD | {"due_on": "20261122"}, "due_on", "value_error"),
    (GOOD | {"due_on": None}, "due_on", "value_error"),
    (GOOD | {"customer_id": "C000001"}, "customer_id", "uuid_parsing"),
    ([], "body", "model_attributes_type"),
)


async def test_a_misshapen_to_do_is_not_made(client: Client, cards: Cards) -> None:
    me = client.as_staff("RM-O11")
    answers = [await me.post(f"{ROOM}/tasks", json=body) for body, _, _ in MISSHAPEN]
    assert [faults(answer) for answer in answers] == [[(field, code)] for _, field, code in MISSHAPEN]
    assert (await read(client, "/tasks"))["count"] == 0


# Closing and taking back.


async def close(
    client: Client, task_id: object, code: str = "RM-O11", result: str = "done"
) -> tuple[int, dict[str, Any]]:
    answer = await client.as_staff(code).post(f"{ROOM}/tasks/{task_id}/close", json={"result": result})
    return answer.status_code, answer.json()


async def reopen(client: Client, task_id: object, code: str = "RM-O11") -> tuple[int, dict[str, Any]]:
    answer = await client.as_staff(code).post(f"{ROOM}/tasks/{task_id}/reopen", json={})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("wire", [False, True])
async def test_closing_my_to_do(
    client: Client, house: House, bank: Bank, cards: Cards, told: Toldings, wire: bool
) -> None:
    task = await make_own(client, customer_id=str(cards[0].id))
    status, closed = await close(client, task["id"], result="  已送达 ")
    assert (status, closed) == (
        200,
        task
        | {
            "status": "closed",
            "result": "已送达",
            "closed_at": "2026-11-20T01:30:00Z",
            "version": 2,
            "priority": 0,
            "priority_parts": [],
        },
    )
    assert await read(client, f"/tasks/{task['id']}") == closed
    me, task_id = bank.staff["RM-O11"], UUID(task["id"])
    origin = contract.Origin("tasks", "own", task["id"])
    assert await told(contract.TaskClosed) == [contract.TaskClosed(task_id, origin, me, house.clock(), "已送达")]
    assert (await list_refreshed(house))[-1] == {"people": [me], "keys": ["tasks", f"task:{task['id']}"]}
    assert ids(await read(client, "/tasks?status=closed")) == [task["id"]]
    assert ids(await read(client, "/tasks")) == []


async def test_a_to_do_is_closed_once(client: Client, cards: Cards, told: Toldings) -> None:
    task = await make_own(client)
    assert (await close(client, task["id"]))[0] == 200
    status, problem = await close(client, task["id"], result="again")
    assert (status, problem["code"], problem["task_id"]) == (409, "tasks.already_closed", task["id"])
    assert (await read(client, f"/tasks/{task['id']}"))["result"] == "done"
    assert len(await told(contract.TaskClosed)) == 1


async def test_two_ends_at_one_moment_are_one(client: Client, cards: Cards, told: Toldings) -> None:
    task = await make_own(client)
    answers = await asyncio.gather(*(close(client, task["id"]) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
    assert len(await told(contract.TaskClosed)) == 1


async def test_a_stranger_finds_no_task(client: Client, cards: Cards, told: Toldings) -> None:
    task = await make_own(client)
    for code in ("RM-O21", "RM2-O11", "LM-O12", "BM-B2"):
        stranger = client.as_staff(code)
        answers = [
            await stranger.get(f"{ROOM}/tasks/{task['id']}"),
            await stranger.post(f"{ROOM}/tasks/{task['id']}/close", json={"result": "done"}),
            await stranger.post(f"{ROOM}/tasks/{task['id']}/reopen", json={}),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "not_found")] * 3
        assert await read(client, "/tasks?assignee=team", code) == {"items": [], "next": None, "count": 0}
    assert await read(client, f"/tasks/{task['id']}") == task  # and nothing happened
    assert await told(contract.TaskClosed) == []


async def test_another_line_of_the_same_outlet_finds_no_task(client: Client, bank: Bank, ask: Ask) -> None:
    request = open_request(bank, "RMC-O11", customer_no=4, line="corporate")
    await ask(request)
    assert (await read(client, f"/tasks/{request.task_id}", "BM-B1"))["customer"]["name"] == "南宁某某公司"
    answer = await client.as_staff("LM-O11").get(f"{ROOM}/tasks/{request.task_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_manager_sees_a_task_of_the_staff_and_does_not_end_it(
    client: Client, cards: Cards, told: Toldings
) -> None:
    task = await make_own(client, customer_id=str(cards[0].id))
    assert await read(client, f"/tasks/{task['id']}", "BM-B1") == task
    assert [(await close(client, task["id"], "BM-B1"))[0], (await reopen(client, task["id"], "BM-B1"))[0]] == [403, 403]
    assert await read(client, f"/tasks/{task['id']}") == task
    assert await told(contract.TaskClosed) == []


async def test_what_another_room_asked_for_is_finished_there(
    client: Client, bank: Bank, ask: Ask, told: Toldings
) -> None:
    request = open_request(bank)
    await ask(request)
    status, problem = await close(client, request.task_id)
    origin = {"room": "marketing", "kind": "opportunity", "id": request.origin.id}
    assert (status, problem["code"], problem["origin"]) == (409, "tasks.finish_in_origin", origin)
    assert (await read(client, f"/tasks/{request.task_id}"))["status"] == "open"
    assert await told(contract.TaskClosed) == []


RESULTLESS: tuple[tuple[object, str], ...] = (
    ({}, "missing"),
    ({"result": ""}, "too_short"),
    ({"result": "  "}, "too_short"),
    ({"result": "长" * 501}, "too_long"),
    ({"result": "\x07"}, "value_error"),
    ({"result": ["done"]}, "string_type"),
)


async def test_an_end_needs_a_result(client: Client, cards: Cards) -> None:
    task = await make_own(client)
    me = client.as_staff("RM-O11")
    answers = [await me.post(f"{ROOM}/tasks/{task['id']}/close", json=body) for body, _ in RESULTLESS]
    assert [faults(answer) for answer in answers] == [[("result", code)] for _, code in RESULTLESS]
    assert await read(client, f"/tasks/{task['id']}") == task


async def test_a_write_without_a_key_does_nothing(client: Client, cards: Cards) -> None:
    task = await make_own(client)
    me, path = client.as_staff("RM-O11"), f"{ROOM}/tasks"
    answers = [
        await me.post(path, json=GOOD, key=None),
        await me.post(f"{path}/{task['id']}/close", json={"result": "done"}, key=None),
        await me.post(f"{path}/{task['id']}/reopen", json={}, key=None),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(400, "idempotency.key_missing")] * 3
    assert (await read(client, "/tasks"))["items"] == [task]


async def test_there_is_nothing_to_do_about_no_task(client: Client, cards: Cards) -> None:
    answers = [await close(client, NO_TASK), await reopen(client, NO_TASK)]
    assert [(status, problem["code"]) for status, problem in answers] == [(404, "not_found")] * 2


async def test_nobody_sees_nothing(client: Client, bank: Bank) -> None:
    answers = [await client.get(ROOM + path) for path in ("/today", "/tasks", f"/tasks/{NO_TASK}")]
    answers.append(await client.post(f"{ROOM}/tasks", json=GOOD))
    assert [one.status_code for one in answers] == [401] * 4


async def test_an_end_is_taken_back_within_ten_minutes(client: Client, cards: Cards, clock: SetClock) -> None:
    task = await make_own(client)
    await close(client, task["id"])
    await clock.advance(minutes=10)
    status, opened = await reopen(client, task["id"])
    assert (status, opened) == (200, task | {"version": 3})
    assert (await read(client, "/today"))["counts"] == {"open": 1, "overdue": 0, "due_today": 1, "done_today": 0}
    assert (await close(client, task["id"], result="really"))[1]["version"] == 4


async def test_an_end_stands_after_ten_minutes(client: Client, cards: Cards, clock: SetClock) -> None:
    task = await make_own(client)
    await close(client, task["id"])
    await clock.advance(minutes=10, seconds=1)
    status, problem = await reopen(client, task["id"])
    assert (status, problem["code"], problem["reason"]) == (409, "tasks.cannot_reopen", "too_late")
    assert (await read(client, f"/tasks/{task['id']}"))["status"] == "closed"


async def test_only_an_own_end_is_taken_back(client: Client, bank: Bank, ask: Ask) -> None:
    request = open_request(bank)
    await ask(request, contract.CloseTask(task_id=request.task_id, result="agreed", closed_by=bank.staff["RM-O11"]))
    own = await make_own(client)
    answers = [await reopen(client, request.task_id), await reopen(client, own["id"])]
    assert [(status, problem["reason"]) for status, problem in answers] == [(409, "not_own"), (409, "open")]
    assert (await read(client, f"/tasks/{request.task_id}"))["status"] == "closed"


async def test_what_i_do_is_on_record(client: Client, house: House, cards: Cards) -> None:
    task = await make_own(client)
    await close(client, task["id"])
    await reopen(client, task["id"])
    await house.sealer.seal()
    verdict = await verify(house.engine, house.sink)
    assert (verdict.sound, verdict.rows) == (True, 3)


# Lists.


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
    await ask(open_request(bank), open_request(bank, "RM2-O11"))
    await make_own(client)
    me = client.as_staff("RM-O11")
    found = {
        words: (await me.get(f"{ROOM}/tasks", params={"q": words})).json()["count"]
        for words in ("存单", "large INFLOW", "流入", "%", "_", "没有", " ")
    }
    assert found == {"存单": 1, "large INFLOW": 1, "流入": 1, "%": 0, "_": 0, "没有": 0, " ": 2}


async def test_a_manager_sees_the_team_and_who_has_what(client: Client, bank: Bank, ask: Ask) -> None:
    people = enumerate(("RM-O11", "RM2-O11", "RM-O21"), start=1)
    await ask(*(open_request(bank, code, customer_no=no, due_on=day(no)) for no, code in people))
    team = await read(client, "/tasks?assignee=team", "BM-B1")
    assert [item["assignee"]["name"] for item in team["items"]] == ["员工RM-O11", "员工RM2-O11"]
    assert [item["customer"]["number"] for item in team["items"]] == ["C1", "C2"]
    assert (await read(client, "/tasks", "BM-B1"))["count"] == 0
    assert (await read(client, "/tasks?assignee=team", "HO"))["count"] == 3
    assert (await read(client, "/tasks?assignee=team", "RM-O11"))["count"] == 1


async def test_a_customer_out_of_my_sight_is_not_named(client: Client, bank: Bank, ask: Ask) -> None:
    """A task may outlive the assignment that let me see its customer."""
    request = open_request(bank, customer_no=3, title=Name("跟进"))
    await ask(request)
    task = await read(client, f"/tasks/{request.task_id}")
    assert (task["title"], task["customer"]) == ({"zh": "跟进", "en": None}, None)


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
