"""What happens when other rooms ask for tasks, once, twice, and in another order than one would like."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from haoyou.centers.customers.contract import (
    Assigned,
    AssignmentChanged,
    FollowUpSettled,
    FollowUpWanted,
    MovePart,
    Part,
    PartLine,
    ProfilePart,
    Waiting,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.centers.tasks import contract, reactions, rules, store
from haoyou.centers.tasks.tests.factories import TITLE, WHY, day, deliver_again, open_request, tell
from haoyou.kernel.house import House
from haoyou.kernel.money import Money
from haoyou.kernel.names import Name
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.testing.clock import START
from haoyou.kernel.testing.outbox import list_refreshed
from haoyou.kernel.testing.plugin import Toldings

Settle = Callable[[], Awaitable[None]]


async def read_task(house: House, request: contract.OpenTask | contract.CloseTask) -> rules.Task:
    async with house.service_ctx("tasks").read() as tx:
        task = await store.find_task(tx, scope=Scope(everything=True), task_id=request.task_id)
    assert task
    return task


async def count_tasks(house: House) -> int | None:
    wanted = store.Filter(rules.TaskStatus.OPEN, None)
    async with house.service_ctx("tasks").read() as tx:
        return await store.count_up_to(tx, scope=Scope(everything=True), wanted=wanted, most=100)


async def test_a_task_is_opened_as_asked(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request)
    await settle()
    assert await read_task(house, request) == rules.Task(
        id=request.task_id,
        origin=request.origin,
        customer_no=1,
        institution_id=bank.institutions["O11"],
        assignee_id=bank.staff["RM-O11"],
        line="retail",
        title=TITLE,
        why=WHY,
        due_on=BANK_DATE,
        value=Money(300_000_00, "CNY"),
        status=rules.TaskStatus.OPEN,
        created_at=START,
        version=1,
    )


async def test_asking_twice_and_hearing_twice_makes_one_task(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request, request)
    await settle()
    await deliver_again(house)
    await settle()
    assert await count_tasks(house) == 1
    mine = [hint for hint in await list_refreshed(house) if hint["keys"] == ["tasks"]]
    assert mine == [{"people": [bank.staff["RM-O11"]], "keys": ["tasks"]}]


async def test_what_customers_wants_done_becomes_a_task_and_ends_when_it_is_settled(
    house: House, bank: Bank, settle: Settle
) -> None:
    me = bank.staff["RM-O11"]
    wanted = FollowUpWanted(
        follow_up_id=uuid4(),
        origin_kind="document",
        origin_id="0193a000-0001-7000-8000-000000000001",
        customer_no=1,
        institution_id=bank.institutions["O11"],
        staff_id=me,
        line="retail",
        title=Name("请客户更新身份证件"),
        why=Name("身份证件将于 2026-12-10 到期"),
        due_on=day(20),
        currency="CNY",
    )
    asked = contract.CloseTask(task_id=wanted.follow_up_id, result="", closed_by=0)  # only its number is read here
    await tell(house, wanted, wanted)
    await settle()
    task = await read_task(house, asked)
    assert (task.origin, task.assignee_id, task.title, task.due_on, task.status) == (
        contract.Origin("customers", "document", wanted.origin_id), me, wanted.title, day(20), rules.TaskStatus.OPEN,
    )  # fmt: skip
    assert await count_tasks(house) == 1
    await tell(house, FollowUpSettled(follow_up_id=wanted.follow_up_id, staff_id=me))
    await settle()
    task = await read_task(house, asked)
    assert (task.status, task.closed_by, task.result) == (rules.TaskStatus.CLOSED, me, "done")


async def test_a_live_task_moves_to_another_day(house: House, bank: Bank, settle: Settle) -> None:
    request, why = open_request(bank), Name("约好周一再谈", "Meets on Monday")
    await tell(house, request, contract.RescheduleTask(task_id=request.task_id, due_on=day(3), why=why))
    await settle()
    task = await read_task(house, request)
    assert (task.due_on, task.why, task.version) == (day(3), why, 2)


async def test_closing_happens_once_and_is_told_once(house: House, bank: Bank, settle: Settle, told: Toldings) -> None:
    request = open_request(bank)
    close = contract.CloseTask(task_id=request.task_id, result="agreed", closed_by=bank.staff["RM-O11"])
    await tell(house, request, close, close)
    await settle()
    await deliver_again(house)
    await settle()
    task = await read_task(house, request)
    assert (task.status, task.result, task.closed_by, task.closed_on, task.version) == (
        rules.TaskStatus.CLOSED, "agreed", bank.staff["RM-O11"], BANK_DATE, 2
    )  # fmt: skip
    assert await told(contract.TaskClosed) == [
        contract.TaskClosed(
            task_id=request.task_id,
            origin=request.origin,
            closed_by=bank.staff["RM-O11"],
            closed_at=START,
            result="agreed",
        )
    ]


async def test_another_day_after_the_end_changes_nothing(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    close = contract.CloseTask(task_id=request.task_id, result="agreed", closed_by=bank.staff["RM-O11"])
    late = contract.RescheduleTask(task_id=request.task_id, due_on=day(3), why=Name("晚到"))
    await tell(house, request, close, late)
    await settle()
    task = await read_task(house, request)
    assert (task.status, task.due_on, task.why, task.version) == (rules.TaskStatus.CLOSED, BANK_DATE, WHY, 2)


async def test_asking_again_after_the_end_does_not_open_it(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request, contract.CloseTask(task_id=request.task_id, result="agreed", closed_by=1), request)
    await settle()
    assert (await read_task(house, request)).status is rules.TaskStatus.CLOSED


async def test_a_task_nobody_opened_is_neither_moved_nor_closed(
    house: House, bank: Bank, settle: Settle, told: Toldings
) -> None:
    unknown = uuid4()
    await tell(
        house,
        contract.RescheduleTask(task_id=unknown, due_on=day(1), why=WHY),
        contract.CloseTask(task_id=unknown, result="agreed", closed_by=1),
    )
    await settle()
    assert (await count_tasks(house), await told(contract.TaskClosed)) == (0, [])


def change(bank: Bank, customer_no: int, place: str, manager: str | None, version: int = 2) -> Assigned:
    return Assigned(customer_no, bank.institutions[place], bank.staff[manager] if manager else None, version)


async def test_live_tasks_follow_the_customer_to_the_new_manager(house: House, bank: Bank, settle: Settle) -> None:
    live, closed, other = open_request(bank), open_request(bank), open_request(bank, customer_no=2)
    close = contract.CloseTask(task_id=closed.task_id, result="agreed", closed_by=bank.staff["RM-O11"])
    await tell(house, live, closed, other, close)
    await settle()
    await tell(house, AssignmentChanged((change(bank, 1, "O21", "RM-O21"),)))
    await settle()
    await deliver_again(house)
    await settle()
    there, here = bank.institutions["O21"], bank.institutions["O11"]
    before, after = bank.staff["RM-O11"], bank.staff["RM-O21"]
    found = [await read_task(house, one) for one in (live, closed, other)]
    assert [(task.institution_id, task.assignee_id, task.version) for task in found] == [
        (there, after, 2),
        (there, before, 3),  # who did it stays; who may look at it is the customer's new institution
        (here, before, 1),
    ]
    hints = [hint["people"] for hint in await list_refreshed(house) if hint["keys"] == ["tasks"]]
    assert hints[3:] == [sorted([before, after])]


async def test_without_a_new_manager_the_task_stays_with_whoever_has_it(
    house: House, bank: Bank, settle: Settle
) -> None:
    request = open_request(bank)
    await tell(house, request)
    await settle()
    await tell(house, AssignmentChanged((change(bank, 1, "O12", None),)))
    await settle()
    task = await read_task(house, request)
    assert (task.institution_id, task.assignee_id) == (bank.institutions["O12"], bank.staff["RM-O11"])


async def test_a_task_takes_the_new_line_of_its_customer(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request)
    await settle()
    moved = Assigned(1, bank.institutions["O11"], bank.staff["RM-O11"], 2, "corporate")
    await tell(house, AssignmentChanged((moved,)))
    await settle()
    task = await read_task(house, request)
    assert (request.line, task.line, task.assignee_id) == ("retail", "corporate", bank.staff["RM-O11"])


async def test_of_two_changes_of_a_customer_the_newer_counts(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request)
    await settle()
    newer, older = change(bank, 1, "O21", "RM-O21", 3), change(bank, 1, "O12", "RM-O12", 2)
    await reactions.follow_assignments(house.service_ctx("tasks"), AssignmentChanged((newer, older)))
    task = await read_task(house, request)
    assert (task.institution_id, task.assignee_id) == (bank.institutions["O21"], bank.staff["RM-O21"])


@pytest.mark.parametrize("wire", [False, True])
async def test_the_page_of_a_customer_shows_what_is_still_to_do(
    house: House, bank: Bank, settle: Settle, wire: bool
) -> None:
    first = open_request(bank, due_on=day(-1), value_minor=0)
    closed = open_request(bank)
    requests = [open_request(bank, due_on=day(1), value_minor=minor) for minor in range(1, 12)]
    await tell(house, *requests, first, closed, open_request(bank, customer_no=2))
    await tell(house, contract.CloseTask(task_id=closed.task_id, result="agreed", closed_by=1))
    await settle()
    (part,) = [one for one in house.provided(ProfilePart) if one.room == "tasks"]
    reader = Principal(1, "", Scope(units=(bank.institutions["O11"],), lines=("retail",)), frozenset({"tasks.read"}))
    shown = await part.get_part(house.ctx("customers", reader), customer_no=1)
    assert shown.kind == "tasks"
    assert [line.id for line in shown.lines] == [
        str(request.task_id) for request in (first, *sorted(requests, key=lambda one: -one.value_minor)[:9])
    ]
    assert shown.lines[:2] == (
        PartLine(str(first.task_id), TITLE, WHY, "open", day(-1), None),
        PartLine(str(requests[-1].task_id), TITLE, WHY, "open", day(1), Money(11, "CNY")),
    )
    stranger = Principal(2, "", Scope(units=(bank.institutions["O12"],), lines=("retail",)), frozenset({"tasks.read"}))
    assert await part.get_part(house.ctx("customers", stranger), customer_no=1) == Part("tasks", ())


async def test_a_task_asked_for_before_its_customer_changed_hands_goes_to_whoever_has_them_now(
    house: House, bank: Bank, settle: Settle
) -> None:
    late = open_request(bank)
    await tell(house, AssignmentChanged((change(bank, 1, "O21", "RM-O21"),)))
    await settle()
    await tell(house, late)
    await settle()
    task = await read_task(house, late)
    assert (task.institution_id, task.assignee_id) == (bank.institutions["O21"], bank.staff["RM-O21"])


async def test_a_change_older_than_the_last_one_heard_moves_nothing(house: House, bank: Bank, settle: Settle) -> None:
    request = open_request(bank)
    await tell(house, request, AssignmentChanged((change(bank, 1, "O21", "RM-O21", 3),)))
    await settle()
    await tell(house, AssignmentChanged((change(bank, 1, "O12", "RM-O12", 2),)))
    await settle()
    task = await read_task(house, request)
    assert (task.institution_id, task.assignee_id) == (bank.institutions["O21"], bank.staff["RM-O21"])


async def test_how_many_tasks_go_along(house: House, bank: Bank, settle: Settle) -> None:
    closed = open_request(bank)
    await tell(house, open_request(bank), open_request(bank, customer_no=2), closed, open_request(bank, customer_no=3))
    await tell(house, contract.CloseTask(task_id=closed.task_id, result="agreed", closed_by=1))
    await settle()
    (part,) = house.provided(MovePart)
    reader = Principal(1, "", Scope(units=(bank.institutions["O11"],), lines=("retail",)))
    assert await part.count_waiting(house.ctx("customers", reader), customers=(1, 2)) == Waiting("tasks", 2)
    stranger = Principal(2, "", Scope(units=(bank.institutions["O12"],), lines=("retail",)))
    assert await part.count_waiting(house.ctx("customers", stranger), customers=(1, 2)) == Waiting("tasks", 0)
