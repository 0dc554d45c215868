"""Tasks over HTTP, one at a time, as the people of the small bank."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from haoyou.centers.customers.contract import Assigned, AssignmentChanged
from haoyou.centers.identity.contract import AdvanceBusinessDate
from haoyou.centers.identity.tests.factories import CURRENCY, Bank
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
from haoyou.kernel.audit import verify
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.outbox import list_refreshed
from haoyou.kernel.testing.plugin import Toldings

# Today.


@pytest.mark.parametrize("wire", [False, True])
async def test_today_stands_in_the_order_of_its_priority(
    client: Client, bank: Bank, cards: Cards, ask: Ask, wire: bool
) -> None:
    small, late = open_request(bank, value_minor=0, due_on=day(4)), open_request(bank, due_on=day(-2), customer_no=2)
    soon, done = open_request(bank, value_minor=20_000_00, due_on=day(1)), open_request(bank)
    close = contract.CloseTask(task_id=done.task_id, result="agreed", closed_by=bank.staff["RM-O11"])
    await ask(small, late, soon, done, close, open_request(bank, "RM2-O11", customer_no=9))
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


async def test_done_today_is_counted_by_the_day_of_the_bank(client: Client, ask: Ask, clock: SetClock) -> None:
    task = await make_own(client)
    await client.as_staff("RM-O11").post(f"{ROOM}/tasks/{task['id']}/close", json={"result": "done"})
    await clock.advance(hours=30)
    assert (await read(client, "/today"))["counts"]["done_today"] == 1
    await ask(AdvanceBusinessDate(business_date=day(1), currency=CURRENCY))
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


async def test_a_to_do_of_my_own_stays_mine_when_the_customer_goes(
    client: Client, bank: Bank, cards: Cards, ask: Ask
) -> None:
    task = await make_own(client, customer_id=str(cards[0].id))
    await ask(AssignmentChanged((Assigned(1, bank.institutions["O21"], bank.staff["RM-O21"], 1_000_000),)))
    assert (await read(client, f"/tasks/{task['id']}"))["assignee"]["id"] == bank.staff["RM-O11"]
    team = {code: ids(await read(client, "/tasks?assignee=team", code)) for code in ("RM-O21", "LM-O21", "LM-O11")}
    assert team == {"RM-O21": [], "LM-O21": [task["id"]], "LM-O11": []}


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
    async with asyncio.timeout(10):  # the house's own sealer may be at it at this very moment
        while (verdict := await verify(house.engine, house.sink)).rows < 3:
            await house.sealer.seal()
    assert (verdict.sound, verdict.rows) == (True, 3)
