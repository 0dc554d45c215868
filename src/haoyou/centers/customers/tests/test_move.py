"""Moves of many customers: seen, done as seen, carried in batches, and taken back exactly."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import pytest

from haoyou.centers.customers import handover, tables
from haoyou.centers.customers.rules import Candidate, Dealing, Left, Receiver, deal
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    contact,
    crowd,
    list_audit,
    make_customers,
    read_rows,
    reserve,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

MOVES = "/api/customers/v1/moves"
PREVIEWS = "/api/customers/v1/move-previews"
Settle = Callable[[], Awaitable[None]]
LI = Someone("10000002", "李强", "O12", "RM-O12", balance_minor=500, phone="13900000001")
ZHAO = Someone("10000003", "赵敏", "O21", "RM-O21", balance_minor=400)
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=300)


def candidates(*wealth: int, manager: int = 9, line: str = "retail") -> list[Candidate]:
    return [Candidate(no, line, manager, aum, 0, 1) for no, aum in enumerate(wealth, 1)]


def test_the_wealthiest_are_dealt_in_turn() -> None:
    receivers = [Receiver(1, ("retail",), 0), Receiver(2, ("retail",), 0)]
    plan = deal(candidates(10, 40, 30, 20, 50), receivers, most=9, dealing=Dealing.EVEN)
    assert [(one.aum_minor, staff) for one, staff in plan.moves] == [(50, 1), (40, 2), (30, 1), (20, 2), (10, 1)]


def test_by_room_those_with_most_room_come_first() -> None:
    receivers = [Receiver(1, ("retail",), 7), Receiver(2, ("retail",), 5)]
    plan = deal(candidates(5, 4, 3, 2, 1), receivers, most=8, dealing=Dealing.ROOM)
    assert [staff for _, staff in plan.moves] == [2, 2, 1, 2]
    assert [(one.aum_minor, why) for one, why in plan.left] == [(1, Left.FULL)]


def test_who_stays_and_why() -> None:
    receivers = [Receiver(1, ("retail",), 0)]
    mixed = [*candidates(3, manager=1), *candidates(2, line="corporate"), *candidates(1)]
    plan = deal(mixed, receivers, most=1, dealing=Dealing.EVEN)
    assert [why for _, why in plan.left] == [Left.ALREADY, Left.LINE]
    assert [one.aum_minor for one, _ in plan.moves] == [1]


async def preview(client: Client, code: str, to: list[int], dealing: str = "even", **select: Any) -> Any:
    body = {"select": select, "to": to, "dealing": dealing}
    return await client.as_staff(code).post(PREVIEWS, json=body)


async def make(client: Client, code: str, to: list[int], seen: str, dealing: str = "even", **select: Any) -> Any:
    body = {"select": select, "to": to, "dealing": dealing, "seen": seen, "reason": "离岗移交"}
    return await client.as_staff(code).post(MOVES, json=body)


async def move(client: Client, code: str, to: list[int], **select: Any) -> UUID:
    shown = (await preview(client, code, to, **select)).json()
    made = await make(client, code, to, shown["seen"], **select)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


async def undo(client: Client, code: str, move_id: UUID) -> Any:
    return await client.as_staff(code).post(f"{MOVES}/{move_id}/undo")


async def managers(house: House) -> dict[str, int]:
    return {
        row.code: row.manager_id for row in await read_rows(house, "select code, manager_id from customers.customer")
    }


async def everything(house: House) -> dict[str, list[Any]]:
    """Who looks after whom on every row, but for the move's own book-keeping."""
    found: dict[str, list[Any]] = {}
    for table in tables.SCOPED:
        if table.name not in ("decision", "move_item"):
            words = f"select institution_id, manager_id, line, count(*) from {table.fullname} group by 1, 2, 3"
            found[table.name] = sorted(tuple(row) for row in await read_rows(house, words))
    return found


async def test_what_is_seen_before(house: House, bank: Bank, client: Client) -> None:
    await make_customers(house, WANG, LI, ZHAO, FIRM)
    to = [bank.staff["RM2-O11"], bank.staff["RM-O12"]]
    shown = (await preview(client, "BM-B1", to, managers=[bank.staff["RM-O11"], bank.staff["RMC-O11"]])).json()
    assert (shown["total"], shown["left_line"], shown["left_already"], shown["left_full"]) == (1, 1, 0, 0)
    assert [(one["number"], one["before"]["id"], one["left"]) for one in shown["items"]] == [
        (WANG.code, bank.staff["RM-O11"], None),
        (FIRM.code, bank.staff["RMC-O11"], "line"),
    ]
    assert shown["items"][0]["after"]["id"] == bank.staff["RM2-O11"]
    assert [(one["staff"]["id"], one["held"], one["customers"]) for one in shown["gains"]] == [
        (bank.staff["RM2-O11"], 0, 1), (bank.staff["RM-O12"], 1, 0),
    ]  # fmt: skip
    assert shown["waiting"] == [{"kind": "tasks", "count": 0}]
    assert await read_rows(house, "select 1 from customers.move") == []


@pytest.mark.parametrize(
    ("select", "found"),
    [
        ({"institution": "O12"}, {LI.code}),
        ({"tier": "platinum"}, {WANG.code}),
        ({"aum_below_minor": 1_000}, {LI.code, FIRM.code}),
        ({"aum_from_minor": 1_000}, {WANG.code}),
        ({"line": "corporate"}, {FIRM.code}),
        ({"no_contact_since": "2026-11-20"}, {WANG.code, LI.code, FIRM.code}),
    ],
)
async def test_by_which_rules_customers_are_chosen(
    house: House, bank: Bank, client: Client, select: dict[str, Any], found: set[str]
) -> None:
    """All within the institutions of whoever asks: nobody of O21 is ever among them."""
    await make_customers(house, WANG, LI, ZHAO, FIRM)
    if "institution" in select:
        select = {"institution": bank.institutions[select["institution"]]}
    shown = (await preview(client, "BM-B1", [bank.staff["RM2-O11"]], **select)).json()
    assert {one["number"] for one in shown["items"]} == found


async def test_the_old_manager_is_out_with_the_commit_and_everybody_hears(
    house: House, bank: Bank, client: Client, settle: Settle
) -> None:
    wang = (await make_customers(house, WANG))[WANG.code]
    leave = await reserve(house, bank, wang.no)
    await tell(house, contact(wang.no, bank.staff["RM-O11"], reservation_id=leave.id))
    await settle()
    move_id = await move(client, "BM-B1", [bank.staff["RM2-O11"]], managers=[bank.staff["RM-O11"]])
    old, new = client.as_staff("RM-O11"), client.as_staff("RM2-O11")
    room = f"/api/customers/v1/customers/{wang.id}"
    refused = [
        await old.get(room),
        await old.get(f"{room}/contacts"),
        await old.get(f"{room}/assignments"),
        await old.post(f"{room}/reveal", json={"field": "phone", "reason": "核对号码"}),
    ]
    assert [one.status_code for one in refused] == [404] * 4
    assert (await old.get("/api/customers/v1/search?q=wf")).json()["items"] == []
    assert (await new.get(room)).status_code == 200
    place = (bank.institutions["O11"], bank.staff["RM2-O11"], "retail")
    assert {row[:3] for rows in (await everything(house)).values() for row in rows} == {place}
    shown = (await client.as_staff("BM-B1").get(f"{MOVES}/{move_id}")).json()
    assert (shown["state"], shown["total"], shown["done"], shown["moved"], shown["undoable"]) == (
        "done", 1, 1, 1, True,
    )  # fmt: skip
    items = (await client.as_staff("BM-B1").get(f"{MOVES}/{move_id}/items")).json()["items"]
    assert [(one["number"], one["state"]) for one in items] == [(WANG.code, "moved")]
    (entry,) = await list_audit(house, "move_made")
    assert (entry["ids"], entry["reason"]) == ([str(wang.no)], "离岗移交")


async def test_what_changed_since_the_preview_is_not_done(house: House, bank: Bank, client: Client) -> None:
    await make_customers(house, WANG)
    select: dict[str, Any] = {"managers": [bank.staff["RM-O11"]]}
    shown = (await preview(client, "BM-B1", [bank.staff["RM2-O11"]], **select)).json()
    await make_customers(house, Someone("10000009", "新客户", "O11", "RM-O11"))
    answer = await make(client, "BM-B1", [bank.staff["RM2-O11"]], shown["seen"], **select)
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.preview_stale")
    assert set((await managers(house)).values()) == {bank.staff["RM-O11"]}
    assert await read_rows(house, "select 1 from customers.move") == []


async def test_a_selection_without_conditions_and_managers_of_others(house: House, bank: Bank, client: Client) -> None:
    await make_customers(house, WANG, ZHAO)
    nothing = await preview(client, "BM-B1", [bank.staff["RM2-O11"]])
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "select")
    foreign = await preview(client, "BM-B1", [bank.staff["RM-O21"]], tier="platinum")
    assert foreign.status_code == 404
    theirs = (await preview(client, "BM-B1", [bank.staff["RM2-O11"]], managers=[bank.staff["RM-O21"]])).json()
    assert (theirs["total"], theirs["items"]) == (0, [])


async def test_a_move_taken_back_leaves_no_trace_but_its_history(
    house: House, bank: Bank, client: Client, settle: Settle
) -> None:
    cards = await make_customers(house, WANG, LI, FIRM)
    await settle()
    before = await everything(house)
    move_id = await move(client, "HO", [bank.staff["RM-O21"]], line="retail")
    assert await everything(house) != before
    assert (await undo(client, "HO", move_id)).status_code == 204
    assert await everything(house) == before
    again = await undo(client, "HO", move_id)
    assert (again.status_code, again.json()["code"]) == (409, "customers.undo_over")
    history = await client.as_staff("RM-O11").get(f"/api/customers/v1/customers/{cards[WANG.code].id}/assignments")
    assert [(one["origin"], one["withdrawn_by"] and one["withdrawn_by"]["id"]) for one in history.json()["items"]] == [
        ("move", bank.staff["HO"]), ("feed", None),
    ]  # fmt: skip


async def test_who_was_moved_again_since_is_named_and_left(house: House, bank: Bank, client: Client) -> None:
    cards = await make_customers(house, WANG, Someone("10000009", "新客户", "O11", "RM-O11"))
    first = await move(client, "BM-B1", [bank.staff["RM2-O11"]], managers=[bank.staff["RM-O11"]])
    await move(client, "BM-B1", [bank.staff["RM-O12"]], customers=[str(cards[WANG.code].id)])
    await undo(client, "BM-B1", first)
    assert await managers(house) == {WANG.code: bank.staff["RM-O12"], "10000009": bank.staff["RM-O11"]}
    shown = (await client.as_staff("BM-B1").get(f"{MOVES}/{first}")).json()
    assert (shown["state"], shown["undone"], shown["kept"], shown["undoable"]) == ("undone", 1, 1, False)
    items = (await client.as_staff("BM-B1").get(f"{MOVES}/{first}/items")).json()["items"]
    assert {one["number"]: one["state"] for one in items} == {WANG.code: "kept", "10000009": "undone"}


@pytest.mark.parametrize(("days", "status"), [(7, 204), (8, 409)])
async def test_a_move_can_be_taken_back_within_seven_bank_days(
    house: House, bank: Bank, client: Client, settle: Settle, days: int, status: int
) -> None:
    """Bank days, not days: the bank was shut for a week in between."""
    await make_customers(house, WANG)
    await settle()
    move_id = await move(client, "BM-B1", [bank.staff["RM2-O11"]], managers=[bank.staff["RM-O11"]])
    for number in range(1, days + 1):
        await advance_to(house, BANK_DATE + timedelta(days=number + 7))
        await settle()
    assert (await undo(client, "BM-B1", move_id)).status_code == status


async def test_a_large_move_goes_in_batches_and_back(
    house: House, bank: Bank, client: Client, settle: Settle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "BATCH", 3)
    people = crowd(8, "O11", "RM-O11")
    await make_customers(house, *people[:3])
    await make_customers(house, *people[3:6])
    await make_customers(house, *people[6:])
    await settle()
    before = await everything(house)
    to = [bank.staff["RM2-O11"], bank.staff["RM-O12"]]
    move_id = await move(client, "BM-B1", to, managers=[bank.staff["RM-O11"]])
    await settle()
    shown = (await client.as_staff("BM-B1").get(f"{MOVES}/{move_id}")).json()
    assert (shown["state"], shown["done"], shown["moved"]) == ("done", 8, 8)
    assert sorted((await managers(house)).values()) == sorted(to * 4)
    assert (await undo(client, "BM-B1", move_id)).status_code == 204
    await settle()
    assert await everything(house) == before
    decided = await read_rows(house, "select distinct decided_by, withdrawn_by from customers.decision")
    assert [tuple(row) for row in decided] == [(bank.staff["BM-B1"], bank.staff["BM-B1"])]


@pytest.mark.timeout(120)
async def test_a_thousand_customers_have_changed_hands_everywhere_within_seconds(
    house: House, bank: Bank, client: Client, settle: Settle
) -> None:
    """Promised are 2 s on a quiet machine from the commit on; the test allows 10 s, for one that is not."""
    await make_customers(house, *crowd(1_000, "O11", "RM-O11"))
    await settle()
    shown = (await preview(client, "BM-B1", [bank.staff["RM2-O11"]], "room", managers=[bank.staff["RM-O11"]])).json()
    assert (shown["total"], shown["left_full"]) == (800, 200)
    to = [bank.staff["RM2-O11"], bank.staff["RM-O12"]]
    select: dict[str, Any] = {"managers": [bank.staff["RM-O11"]]}
    shown = (await preview(client, "BM-B1", to, **select)).json()
    assert (shown["total"], len(shown["items"])) == (1_000, 100)
    made = await make(client, "BM-B1", to, shown["seen"], **select)
    assert made.status_code == 201
    committed = monotonic()
    await settle()
    took = monotonic() - committed
    assert took < 10
    heard = await read_rows(house, "select count(*) as n from tasks.assignment", room="tasks")
    assert heard[0].n == 1_000
