"""The checklist of documents: fed, noted by staff, and reminded of before it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from haoyou.centers.customers.contract import Card, FollowUpSettled, FollowUpWanted
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    read_rows,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.masking import Address
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.plugin import Toldings

ROOM = "/api/customers/v1"
Settle = Callable[[], Awaitable[None]]
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate")
NOBODY_S = Someone("20000009", "孙无主", "O11")


def after(days: int) -> date:
    return BANK_DATE + timedelta(days=days)


async def read(client: Client, card: Card, staff: str = "RM-O11") -> dict[str, Any]:
    answer = await client.as_staff(staff).get(f"{ROOM}/customers/{card.id}/documents")
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one for one in answer.json()["items"]}


async def note(client: Client, card: Card, kind: str, staff: str = "RM-O11", **body: object) -> int:
    answer = await client.as_staff(staff).put(f"{ROOM}/customers/{card.id}/documents/{kind}", json=body, key=None)
    return answer.status_code


@pytest.fixture
async def wang(house: House, bank: Bank, settle: Settle) -> Card:
    await settle()  # the reminders of the bank's first day
    card = (await make_customers(house, WANG, NOBODY_S))[WANG.code]
    said = replace(
        customer_fact(WANG),
        address=Address("广西南宁市青秀区民族大道100号"),
        occupation="教师",
        risk_level=3,
        id_expires_on=after(20),
        risk_until=after(-3),
    )
    await feed(house, customers=[said, replace(customer_fact(NOBODY_S), id_expires_on=after(20))])
    return card


async def test_what_the_feed_says(client: Client, house: House, wang: Card) -> None:
    found = await read(client, wang)
    assert {kind: (one["state"], one["expires_on"], one["origin"]) for kind, one in found.items()} == {
        "identity_document": ("expiring", str(after(20)), "bank"),
        "risk_assessment": ("expired", str(after(-3)), "bank"),
        "tax_declaration": ("missing", None, None),
    }
    page = (await client.as_staff("RM-O11").get(f"{ROOM}/customers/{wang.id}")).json()
    assert [(one["kind"], one["state"]) for one in page["warnings"]] == [
        ("identity_document", "expiring"), ("risk_assessment", "expired"),
    ]  # fmt: skip
    profile = page["profile"]
    assert (profile["address_masked"], profile["occupation"], profile["risk_level"]) == (
        "广西南宁市青" + "*" * 10, "教师", 3,
    )  # fmt: skip
    assert len(await list_audit(house, "documents_seen")) == 1
    (row,) = await read_rows(house, "select address from customers.profile")
    assert "南宁".encode() not in bytes(row.address)


async def test_the_address_is_shown_for_a_reason(client: Client, house: House, wang: Card) -> None:
    body = {"field": "address", "reason": "上门走访"}
    answer = await client.as_staff("RM-O11").post(f"{ROOM}/customers/{wang.id}/reveal", json=body)
    assert answer.json() == {"value": "广西南宁市青秀区民族大道100号"}
    assert len(await list_audit(house, "field_revealed")) == 1


async def test_what_the_feed_no_longer_says_is_forgotten(client: Client, house: House, wang: Card) -> None:
    await feed(house, customers=[customer_fact(WANG)], day=after(1))
    profile = (await client.as_staff("RM-O11").get(f"{ROOM}/customers/{wang.id}")).json()["profile"]
    assert (profile["address_masked"], profile["occupation"], profile["risk_level"]) == (None, None, None)


async def test_a_firm_has_another_checklist(client: Client, house: House, bank: Bank) -> None:
    card = (await make_customers(house, FIRM))[FIRM.code]
    await feed(house, customers=[replace(customer_fact(FIRM), uscc="91450100MA5K000000")])
    found = await read(client, card, "RMC-O11")
    assert {kind: one["state"] for kind, one in found.items()} == {
        "business_licence": "undated", "representative_document": "missing", "beneficial_owners": "missing",
        "articles": "missing",
    }  # fmt: skip
    await feed(house, customers=[replace(customer_fact(FIRM), id_expires_on=after(400))], day=after(1))
    assert (await read(client, card, "RMC-O11"))["business_licence"]["state"] == "valid"
    assert await note(client, card, "identity_document", "RMC-O11", held=True) == 404


async def test_staff_note_a_document_and_take_it_back(client: Client, house: House, wang: Card, bank: Bank) -> None:
    assert await note(client, wang, "tax_declaration", held=True) == 204
    assert await note(client, wang, "identity_document", held=True, expires_on=str(after(3_650))) == 204
    assert await note(client, wang, "identity_document", held=True, expires_on=str(after(3_650))) == 204
    found = await read(client, wang)
    assert (found["tax_declaration"]["state"], found["tax_declaration"]["expires_on"]) == ("valid", None)
    assert (found["identity_document"]["state"], found["identity_document"]["noted_by"]) == (
        "valid", {"id": bank.staff["RM-O11"], "name": "员工RM-O11"},
    )  # fmt: skip
    assert await note(client, wang, "identity_document", held=False) == 204
    assert (await read(client, wang))["identity_document"]["origin"] == "bank"
    assert len(await list_audit(house, "document_noted")) == 4


@pytest.mark.parametrize(
    ("staff", "kind", "body", "status"),
    [
        ("RM-O11", "identity_document", {"held": False, "expires_on": "2030-01-01"}, 422),
        ("RM-O11", "identity_document", {"held": True, "expires_on": "soon"}, 422),
        ("RM-O11", "identity_document", {}, 422),
        ("RM-O11", "driving_licence", {"held": True}, 404),
        ("RM-O21", "identity_document", {"held": True}, 404),
        ("HO", "identity_document", {"held": True}, 403),
    ],
)
async def test_what_cannot_be_noted_changes_nothing(
    client: Client, house: House, wang: Card, staff: str, kind: str, body: dict[str, object], status: int
) -> None:
    words = "select *, xmin::text from customers.document order by 1, 2, 3"
    before = await read_rows(house, words)
    assert await note(client, wang, kind, staff, **body) == status
    assert await read_rows(house, words) == before


async def test_the_manager_is_reminded_once_and_the_to_do_ends_with_the_renewal(
    client: Client, house: House, wang: Card, bank: Bank, settle: Settle, told: Toldings
) -> None:
    await advance_to(house, after(1))
    await settle()
    wanted = [one for one in await told(FollowUpWanted) if isinstance(one, FollowUpWanted)]
    assert [(one.title.zh, one.why.zh, one.due_on, one.staff_id) for one in wanted] == [
        ("请客户更新风险承受能力评估", f"风险承受能力评估已于 {after(-3)} 到期", after(1), bank.staff["RM-O11"]),
        ("请客户更新身份证件", f"身份证件将于 {after(20)} 到期", after(20), bank.staff["RM-O11"]),
    ]  # nobody is reminded of the customer whom nobody manages
    await advance_to(house, after(2))
    await settle()
    assert len(await told(FollowUpWanted)) == 2
    assert await note(client, wang, "identity_document", held=True, expires_on=str(after(3_650))) == 204
    await settle()
    (settled,) = [one for one in await told(FollowUpSettled) if isinstance(one, FollowUpSettled)]
    assert (settled.follow_up_id, settled.staff_id) == (wanted[1].follow_up_id, bank.staff["RM-O11"])
    renewed = replace(customer_fact(WANG), risk_until=after(300))
    await feed(house, customers=[renewed], day=after(3))
    await advance_to(house, after(3))
    await settle()
    assert [one.follow_up_id for one in await told(FollowUpSettled) if isinstance(one, FollowUpSettled)] == [
        wanted[1].follow_up_id, wanted[0].follow_up_id,
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "reminders"), [(-31, 0), (-30, 1), (30, 1), (31, 0)])
async def test_of_what_ends_soon_or_ended_lately(
    house: House, bank: Bank, settle: Settle, told: Toldings, days: int, reminders: int
) -> None:
    await settle()
    await make_customers(house, WANG)
    await feed(house, customers=[replace(customer_fact(WANG), id_expires_on=after(1 + days))])
    await advance_to(house, after(1))
    await settle()
    assert len(await told(FollowUpWanted)) == reminders


async def test_more_than_one_batch(
    house: House, bank: Bank, settle: Settle, told: Toldings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("haoyou.centers.customers.document.BATCH", 3)
    await settle()
    many = [Someone(f"P{number}", None, "O11", "RM-O11") for number in range(7)]
    await make_customers(house, *many)
    await feed(house, customers=[replace(customer_fact(one), id_expires_on=after(5)) for one in many])
    await advance_to(house, after(1))
    await settle()
    wanted = {one.follow_up_id for one in await told(FollowUpWanted) if isinstance(one, FollowUpWanted)}
    assert len(wanted) == 7
