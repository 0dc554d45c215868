"""Leave to contact, drafts, and contacts: who may, what is told, and what a repeated request does."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select

from haoyou.centers.customers.contract import Card, Channel, ContactOutcome, RecordContact
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.centers.marketing import rules, tables
from haoyou.centers.marketing.tests.factories import day, id_of, signal, tell_signals
from haoyou.centers.tasks.contract import CloseTask, RescheduleTask
from haoyou.kernel.house import House
from haoyou.kernel.message import Message
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import START, SetClock
from haoyou.kernel.testing.outbox import list_refreshed

Settle = Callable[[], Awaitable[None]]
Told = Callable[..., Awaitable[list[Message]]]

PATH = "/api/marketing/v1/opportunities"
RESERVATION = UUID("0198f000-0000-7000-8000-000000000001")
TOLD = (RecordContact, CloseTask, RescheduleTask)


@pytest.fixture
async def path(house: House, cards: dict[str, Card], settle: Settle) -> str:
    """Where the opportunity of C1 is, who belongs to RM-O11."""
    await tell_signals(house, signal(cards["C1"]))
    await settle()
    return f"{PATH}/{id_of(signal(cards['C1']))}"


async def reserve(client: Client, path: str, *, reservation_id: UUID = RESERVATION, channel: str = "call") -> Any:
    return await client.post(f"{path}/reservations", json={"id": str(reservation_id), "channel": channel})


def report(outcome: str = "reached", **more: Any) -> dict[str, Any]:
    return {"channel": "call", "outcome": outcome} | more


async def contacts(house: House) -> int:
    async with house.service_ctx("marketing").read() as tx:
        return await tx.value(select(func.count()).select_from(tables.contact))


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_call_is_given_the_number_in_clear_and_only_a_call(client: Client, path: str) -> None:
    mine = client.as_staff("RM-O11")
    answer = await reserve(mine, path)
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": str(RESERVATION),
            "channel": "call",
            "expires_at": "2026-11-20T01:45:00Z",
            "phone": "13800000001",
        },
    )
    assert (await reserve(mine, path)).json() == answer.json()  # the same reservation, however often it is asked for


@pytest.mark.parametrize("channel", ["visit", "message", "meeting"])
async def test_other_channels_show_no_number(client: Client, path: str, channel: str) -> None:
    answer = await reserve(client.as_staff("RM-O11"), path, channel=channel)
    assert (answer.status_code, answer.json()["phone"]) == (201, None)


async def test_the_governor_may_refuse(client: Client, path: str) -> None:
    mine = client.as_staff("RM-O11")
    await reserve(mine, path)
    answer = await reserve(mine, path, reservation_id=uuid4())
    assert problem(answer) == (409, "customers.contact_refused")
    assert (answer.json()["reason"], answer.json()["next_allowed_at"][:10]) == ("daily_cap", "2026-11-21")


async def test_without_consent_nothing_is_recorded(
    house: House, client: Client, cards: dict[str, Card], path: str, told: Told
) -> None:
    mine = client.as_staff("RM-O11")
    consents = f"/api/customers/v1/customers/{cards['C1'].id}/consents"
    assert (await mine.post(consents, json={"channel": "call", "granted": False})).status_code == 204
    for answer in (
        await reserve(mine, path),
        await mine.post(f"{path}/contacts", json=report()),
        await mine.post(f"{path}/contacts", json=report(reservation_id=str(uuid4()))),
    ):
        assert problem(answer) == (409, "customers.contact_refused")
        assert answer.json()["reason"] == "no_consent"
    assert await contacts(house) == 0
    assert await told(*TOLD) == []
    assert (await mine.get(path)).json()["status"] == "open"


@pytest.mark.parametrize("outcome", ["reached", "refused", "agreed"])
async def test_a_contact_that_ends_the_task(
    house: House, client: Client, bank: Bank, cards: dict[str, Card], path: str, told: Told, outcome: str
) -> None:
    mine = client.as_staff("RM-O11")
    await reserve(mine, path)
    body = report(outcome, note=" 谈得很好 ", reservation_id=str(RESERVATION))
    key = uuid4()
    answer = await mine.post(f"{path}/contacts", json=body, key=key)
    card = answer.json()
    contact_id = rules.act_id(UUID(card["id"]), key, "contact")
    assert answer.status_code == 200, answer.text
    assert (card["status"], card["last_outcome"], card["version"], card["draft"]) == ("contacted", outcome, 2, None)
    assert card["contacts"] == [
        {
            "id": str(contact_id),
            "channel": "call",
            "outcome": outcome,
            "note": "谈得很好",
            "staff": {"id": bank.staff["RM-O11"], "name": "员工RM-O11"},
            "made_on": BANK_DATE.isoformat(),
            "made_at": "2026-11-20T01:30:00Z",
            "next_on": None,
        }
    ]
    assert await told(*TOLD) == [
        RecordContact(
            contact_id=contact_id,
            customer_no=cards["C1"].no,
            staff_id=bank.staff["RM-O11"],
            channel=Channel.CALL,
            outcome=ContactOutcome(outcome),
            note="谈得很好",
            made_at=START,
            bank_date=BANK_DATE,
            next_on=None,
            origin=f"marketing/opportunity/{card['id']}",
            reservation_id=RESERVATION,
        ),
        CloseTask(task_id=rules.task_id(UUID(card["id"])), result=outcome, closed_by=bank.staff["RM-O11"]),
    ]
    keys = ["tasks", "opportunities", f"opportunity:{card['id']}", f"customer:{cards['C1'].id}"]
    assert {"people": [bank.staff["RM-O11"]], "keys": keys} in await list_refreshed(house)
    assert (await mine.get(path)).json() == card


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        ("not_reached", Name("上次未联系上，2026-11-24 再联系", "Not reached last time; try again on 2026-11-24")),
        ("interested", Name("客户有意向，2026-11-24 跟进", "The customer is interested; follow up on 2026-11-24")),
    ],
)
async def test_a_contact_that_moves_the_task(client: Client, path: str, told: Told, outcome: str, why: Name) -> None:
    answer = await client.as_staff("RM-O11").post(f"{path}/contacts", json=report(outcome, next_on="2026-11-24"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["contacts"][0]["next_on"] == "2026-11-24"
    recorded, moved = await told(*TOLD)
    task_id = rules.task_id(UUID(answer.json()["id"]))
    assert moved == RescheduleTask(task_id=task_id, due_on=day(4), why=why)
    assert isinstance(recorded, RecordContact)
    assert recorded.next_on == day(4)


async def test_the_same_key_records_one_contact(house: House, client: Client, path: str, told: Told) -> None:
    mine, key = client.as_staff("RM-O11"), uuid4()
    first = await mine.post(f"{path}/contacts", json=report(), key=key)
    again = await mine.post(f"{path}/contacts", json=report(), key=key)
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())
    assert again.headers["Idempotent-Replay"] == "true"
    assert await contacts(house) == 1
    assert len(await told(*TOLD)) == 2


async def test_the_same_key_with_other_words_is_refused(house: House, client: Client, path: str) -> None:
    mine, key = client.as_staff("RM-O11"), uuid4()
    await mine.post(f"{path}/contacts", json=report(), key=key)
    answer = await mine.post(f"{path}/contacts", json=report(note="x"), key=key)
    assert problem(answer) == (422, "idempotency.other_body")
    assert await contacts(house) == 1


async def test_without_a_key_nothing_happens(house: House, client: Client, path: str) -> None:
    answer = await client.as_staff("RM-O11").post(f"{path}/contacts", json=report(), key=None)
    assert problem(answer) == (400, "idempotency.key_missing")
    assert await contacts(house) == 0


async def test_without_a_reservation_the_governor_is_asked_and_counts(
    house: House, client: Client, path: str, told: Told
) -> None:
    mine, key = client.as_staff("RM-O11"), uuid4()
    answer = await mine.post(f"{path}/contacts", json=report(), key=key)
    assert answer.status_code == 200
    (recorded,) = await told(RecordContact)
    assert isinstance(recorded, RecordContact)
    assert recorded.reservation_id == rules.act_id(UUID(answer.json()["id"]), key, "reservation")
    assert problem(await reserve(mine, path)) == (409, "customers.contact_refused")


async def test_an_invented_reservation_does_not_pass_the_governor(
    house: House, client: Client, path: str, settle: Settle
) -> None:
    mine = client.as_staff("RM-O11")
    assert (await mine.post(f"{path}/contacts", json=report())).status_code == 200
    await settle()
    answer = await mine.post(f"{path}/contacts", json=report(reservation_id=str(uuid4())))
    assert problem(answer) == (409, "customers.contact_refused")
    assert await contacts(house) == 1


async def test_a_reservation_serves_one_contact(house: House, client: Client, path: str, settle: Settle) -> None:
    mine = client.as_staff("RM-O11")
    await reserve(mine, path)
    body = report(reservation_id=str(RESERVATION))
    assert (await mine.post(f"{path}/contacts", json=body)).status_code == 200
    await settle()
    assert problem(await mine.post(f"{path}/contacts", json=body)) == (409, "customers.contact_refused")
    assert await contacts(house) == 1


@pytest.mark.house(contact_from_hour=9, contact_until_hour=10)
async def test_what_happened_under_a_reservation_may_be_written_down_later(
    house: House, client: Client, path: str, clock: SetClock
) -> None:
    mine = client.as_staff("RM-O11")
    assert (await reserve(mine, path)).status_code == 201
    await clock.advance(minutes=40)  # past its quarter of an hour, and into the quiet hours
    mine = client.as_staff("RM-O11")
    assert problem(await mine.post(f"{path}/contacts", json=report())) == (409, "customers.contact_refused")
    answer = await mine.post(f"{path}/contacts", json=report(reservation_id=str(RESERVATION)))
    assert answer.status_code == 200, answer.text
    assert await contacts(house) == 1


@pytest.mark.house(contact_cap_per_day=2)
async def test_a_second_contact_stands_above_the_first(client: Client, path: str, settle: Settle) -> None:
    mine = client.as_staff("RM-O11")
    await mine.post(f"{path}/contacts", json=report("not_reached", next_on="2026-11-21"))
    await settle()
    answer = (await mine.post(f"{path}/contacts", json=report("agreed", channel="visit"))).json()
    assert [one["outcome"] for one in answer["contacts"]] == ["agreed", "not_reached"]
    assert (answer["status"], answer["last_outcome"], answer["version"]) == ("contacted", "agreed", 3)


async def test_a_report_with_faults(house: House, client: Client, path: str, told: Told) -> None:
    faults: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        (report("not_reached"), [("next_on", "required")]),
        (report("interested"), [("next_on", "required")]),
        (report("interested", next_on="2026-11-19"), [("next_on", "in_the_past")]),
        (report("interested", next_on="2027-02-19"), [("next_on", "too_late")]),
        (report("interested", next_on="soon"), [("next_on", "value_error")]),
        (report("won"), [("outcome", "enum")]),
        (report(channel="pigeon"), [("channel", "enum")]),
        (report(note="x" * 4001), [("note", "string_too_long")]),
        (report(note="\0"), [("note", "value_error")]),
        (report(reservation_id="1"), [("reservation_id", "uuid_parsing")]),
        ({}, [("channel", "missing"), ("outcome", "missing")]),
    ]
    mine = client.as_staff("RM-O11")
    for body, errors in faults:
        answer = await mine.post(f"{path}/contacts", json=body)
        assert problem(answer) == (422, "invalid")
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == errors
    assert await contacts(house) == 0
    assert await told(*TOLD) == []


@pytest.mark.parametrize("next_on", ["2026-11-20", "2027-02-18"])
async def test_the_first_and_the_last_day_that_may_be_promised(client: Client, path: str, next_on: str) -> None:
    answer = await client.as_staff("RM-O11").post(f"{path}/contacts", json=report("interested", next_on=next_on))
    assert answer.status_code == 200, answer.text


async def test_a_stranger_can_do_nothing(house: House, client: Client, path: str, told: Told) -> None:
    for code in ("RM2-O11", "RM-O12", "RM-O21", "RMC-O11", "BM-B2"):
        stranger = client.as_staff(code)
        for answer in (
            await reserve(stranger, path),
            await stranger.post(f"{path}/contacts", json=report()),
            await stranger.get(f"{path}/draft"),
            await stranger.put(f"{path}/draft", json={"note": "x"}, version=0),
        ):
            assert (code, *problem(answer)) == (code, 404, "not_found")
    mine = (await client.as_staff("RM-O11").get(path)).json()
    assert (mine["status"], mine["version"], mine["contacts"]) == ("open", 1, [])
    assert await contacts(house) == 0
    assert await told(*TOLD) == []


@pytest.mark.parametrize("code", ["BM-B1", "RM-O21"])
async def test_the_branch_manager_and_whoever_assists_may_make_the_contact(
    house: House, client: Client, bank: Bank, cards: dict[str, Card], told: Told, settle: Settle, code: str
) -> None:
    await tell_signals(house, signal(cards["C4"]))
    await settle()
    theirs, path = client.as_staff(code), f"{PATH}/{id_of(signal(cards['C4']))}"
    assert (await reserve(theirs, path)).status_code == 201
    answer = await theirs.post(f"{path}/contacts", json=report(reservation_id=str(RESERVATION)))
    assert answer.status_code == 200, answer.text
    (closed,) = await told(CloseTask)
    assert isinstance(closed, CloseTask)
    assert closed.closed_by == bank.staff[code]


async def test_a_suppressed_opportunity_is_nobodys_work(
    house: House, client: Client, cards: dict[str, Card], settle: Settle
) -> None:
    await tell_signals(house, signal(cards["C2"]))
    await settle()
    manager, path = client.as_staff("BM-B1"), f"{PATH}/{id_of(signal(cards['C2']))}"
    for answer in (
        await reserve(manager, path),
        await manager.post(f"{path}/contacts", json=report()),
        await manager.put(f"{path}/draft", json={}, version=0),
    ):
        assert problem(answer) == (404, "not_found")
    assert await contacts(house) == 0


EMPTY = {"channel": None, "outcome": None, "note": None, "next_on": None, "reservation_id": None}


async def test_a_draft_is_kept_until_the_contact_is_saved(client: Client, path: str) -> None:
    mine = client.as_staff("RM-O11")
    answer = await mine.get(f"{path}/draft")
    assert (answer.json(), answer.headers["ETag"]) == (EMPTY | {"version": 0, "saved_at": None}, '"0"')
    first = await mine.put(f"{path}/draft", json={"note": "明天"}, version=0)
    assert (first.status_code, first.headers["ETag"]) == (200, '"1"')
    assert first.json() == EMPTY | {"note": "明天", "version": 1, "saved_at": "2026-11-20T01:30:00Z"}
    full = {
        "channel": "visit",
        "outcome": "interested",
        "note": "后天",
        "next_on": "2026-11-22",
        "reservation_id": str(RESERVATION),
    }
    second = await mine.put(f"{path}/draft", json=full, version=1)
    assert second.json() == full | {"version": 2, "saved_at": "2026-11-20T01:30:00Z"}
    assert (await mine.get(f"{path}/draft")).json() == second.json()
    assert (await mine.get(path)).json()["draft"] == second.json()
    assert (await mine.post(f"{path}/contacts", json=report())).status_code == 200
    assert (await mine.get(f"{path}/draft")).json()["version"] == 0


@pytest.mark.parametrize("version", [0, 2])
async def test_a_draft_begun_from_another_version_changes_nothing(client: Client, path: str, version: int) -> None:
    mine = client.as_staff("RM-O11")
    kept = (await mine.put(f"{path}/draft", json={"note": "first", "channel": "call"}, version=0)).json()
    answer = await mine.put(f"{path}/draft", json={"note": "second"}, version=version)
    assert problem(answer) == (412, "precondition_failed")
    assert answer.json()["current"] == kept
    assert (await mine.get(f"{path}/draft")).json() == kept


async def test_a_draft_after_its_contact_begins_anew(client: Client, path: str) -> None:
    mine = client.as_staff("RM-O11")
    answer = await mine.put(f"{path}/draft", json={"note": "late"}, version=3)
    assert problem(answer) == (412, "precondition_failed")
    assert answer.json()["current"] == EMPTY | {"version": 0, "saved_at": None}


async def test_a_draft_must_say_its_version(client: Client, path: str) -> None:
    answer = await client.as_staff("RM-O11").put(f"{path}/draft", json={"note": "x"})
    assert problem(answer) == (428, "precondition_required")


async def test_a_draft_is_its_writers_own(client: Client, path: str) -> None:
    await client.as_staff("RM-O11").put(f"{path}/draft", json={"note": "mine"}, version=0)
    manager = client.as_staff("BM-B1")
    assert (await manager.get(f"{path}/draft")).json()["version"] == 0
    theirs = (await manager.put(f"{path}/draft", json={"note": "theirs"}, version=0)).json()
    assert (theirs["version"], theirs["note"]) == (1, "theirs")
    assert (await client.as_staff("RM-O11").get(f"{path}/draft")).json()["note"] == "mine"


async def test_the_card_names_whoever_made_a_contact(
    client: Client, bank: Bank, cards: dict[str, Card], path: str
) -> None:
    await client.as_staff("BM-B1").post(f"{path}/contacts", json=report())
    (made,) = (await client.as_staff("RM-O11").get(path)).json()["contacts"]
    assert made["staff"] == {"id": bank.staff["BM-B1"], "name": "员工BM-B1"}
