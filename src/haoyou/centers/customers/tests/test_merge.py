"""Merging two numbers of one customer: what everybody then sees, who may, and what is refused."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers.contract import Card, Channel, ContactRefused, CustomersPort
from haoyou.centers.customers.tests.factories import (
    NOBODY_S,
    Someone,
    account_of,
    assignment_fact,
    contact,
    customer_fact,
    feed,
    list_audit,
    make_customers,
    read_rows,
    relationship_fact,
    reserve,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.client import Client

ROOM = "/api/customers/v1"
Settle = Callable[[], Awaitable[None]]
WANG = Someone("M1", "王芳", "O11", "RM-O11", balance_minor=900_00, phone="13811112222")
OTHER = Someone("M2", "王小芳", "O12", "RM-O12", ("RM-O21",), balance_minor=600_00, phone="13855556666")
LI = Someone("M3", "李强", "O11", "RM-O11", balance_minor=100_00, phone="13900000001")
FIRM = Someone("K1", "南宁好友商贸", "O11", "RMC-O11", line="corporate", balance_minor=20_000)
FAR = Someone("M4", "王芳", "O21", "RM-O21", balance_minor=50_00, phone="13811112222")
REASON = "证件核对为同一人"


@pytest.fixture
async def cards(house: House, bank: Bank) -> dict[str, Card]:
    found = await make_customers(house, WANG, OTHER, LI, FIRM, FAR)
    await feed(house, relationships=[relationship_fact("M2", "spouse", "M3"), relationship_fact("M1", "spouse", "M2")])
    return found


async def ask_merge(client: Client, survivor: UUID, loser: UUID, *, staff: str = "BM-B1", **more: Any) -> Any:
    body = {"survivor_id": str(survivor), "loser_id": str(loser), "reason": REASON} | more
    return await client.as_staff(staff).post(f"{ROOM}/merges", json=body)


async def merge(client: Client, survivor: Card, loser: Card, staff: str = "BM-B1") -> str:
    answer = await ask_merge(client, survivor.id, loser.id, staff=staff)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def undo(client: Client, merge_id: str, staff: str = "BM-B1") -> Any:
    return await client.as_staff(staff).post(f"{ROOM}/merges/{merge_id}/undo", json={"reason": "核对有误"})


async def page(client: Client, card: Card, staff: str = "RM-O11") -> Any:
    answer = await client.as_staff(staff).get(f"{ROOM}/customers/{card.id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def search(client: Client, words: str, staff: str = "RM-O11") -> list[str]:
    answer = await client.as_staff(staff).get(f"{ROOM}/search", params={"q": words})
    return [one["number"] for one in answer.json()["items"]]


async def test_two_numbers_are_one_customer_everywhere(
    client: Client, house: House, cards: dict[str, Card], settle: Settle
) -> None:
    one, other = cards["M1"], cards["M2"]
    assert (await client.as_staff("RM-O11").get(f"{ROOM}/customers/{other.id}")).status_code == 404
    merge_id = await merge(client, one, other)
    await tell(house, contact(other.no, 1))
    await settle()
    seen = await page(client, other)  # by the old id, and by whoever manages the survivor
    assert (seen["card"]["id"], seen["card"]["number"], seen["card"]["name"]) == (str(one.id), "M1", "王芳")
    assert (seen["card"]["aum"]["minor"], seen["card"]["deposits"]["minor"]) == (1_500_00, 1_500_00)
    assert sorted(holding["balance"]["minor"] for holding in seen["holdings"]) == [600_00, 900_00]
    assert [(line["number"], line["name"], line["reason"]) for line in seen["merged"]] == [("M2", "王小芳", REASON)]
    assert seen["merged"][0]["merge_id"] == merge_id
    assert seen["contacts"][0]["outcome"] == "reached"
    assert seen["card"]["last_contact_on"] == str(BANK_DATE)
    assert [(link["kind"], link["other"]["number"]) for link in seen["links"]["items"]] == [("spouse", "M3")]
    for words in ("王芳", "王小芳", "wxf", "m2", "13855556666", "6666"):
        assert await search(client, words) == ["M1"], words
    listed = (await client.as_staff("RM-O11").get(f"{ROOM}/customers")).json()
    assert [(line["number"], line["aum"]["minor"]) for line in listed["items"]] == [("M1", 1_500_00), ("M3", 100_00)]
    graph = (await client.as_staff("RM-O11").get(f"{ROOM}/customers/{cards['M3'].id}/relations")).json()
    assert {node["customer"]["number"] for node in graph["nodes"]} == {"M3", "M1"}
    assert (await client.as_staff("RM-O12").get(f"{ROOM}/customers/{other.id}")).status_code == 404
    (entry,) = await list_audit(house, "customers_merged")
    assert (sorted(entry["ids"]), entry["reason"]) == (sorted((str(one.no), str(other.no))), REASON)


async def test_other_rooms_ask_by_either_number_and_find_the_survivor(
    client: Client, house: House, cards: dict[str, Card], settle: Settle
) -> None:
    one, other = cards["M1"], cards["M2"]
    await merge(client, one, other)
    port, ctx = house.ports.open(CustomersPort), house.service_ctx("tasks")
    by_number = {card.no: card for card in await port.get_many(ctx, numbers=(one.no, other.no))}
    assert [(by_number[no].id, by_number[no].name, by_number[no].code) for no in (one.no, other.no)] == [
        (one.id, "王芳", "M1")
    ] * 2
    assert {by_number[other.no].manager_id} == {one.manager_id}
    (told,) = await port.find_codes(ctx, codes=("M2",))
    assert (told.no, told.code, told.id, told.aum.minor) == (other.no, "M2", one.id, 1_500_00)
    found = await port.find_customer(ctx, customer_id=other.id)
    assert found is not None
    assert found.no == one.no
    phone = await port.get_phone(ctx, customer_no=other.no)
    assert phone is not None
    assert phone.clear() == WANG.phone


async def test_facts_keep_coming_under_the_old_number_and_count_for_both(
    client: Client, house: House, cards: dict[str, Card], bank: Bank
) -> None:
    merge_id = await merge(client, cards["M1"], cards["M2"])
    later = BANK_DATE + timedelta(days=1)
    moved = replace(OTHER, institution="O21", name="王晓芳")
    term = backoffice.AccountFact("T9", "M2", "term", CURRENCY, "term", None, BANK_DATE, None)
    ends = later + timedelta(days=30)
    await feed(
        house, customers=[customer_fact(moved)], assignments=[assignment_fact("M2", "RM-O21", from_date=BANK_DATE)],
        accounts=[term], terms=[backoffice.TermFact("T9", 21_000, ends, None, None)],
        balances=[backoffice.BalanceFact(account_of(OTHER), later, 700_00)], day=later,
    )  # fmt: skip
    seen = await page(client, cards["M1"])
    assert (seen["card"]["aum"]["minor"], seen["card"]["next_maturity_on"]) == (1_600_00, str(ends))
    assert (seen["card"]["institution"]["id"], seen["card"]["manager"]["id"]) == (
        bank.institutions["O11"], bank.staff["RM-O11"],
    )  # fmt: skip
    assert await search(client, "王晓芳") == ["M1"]
    answer = await undo(client, merge_id)  # alone it would be at O21, where this branch manager has no word
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.belongs_elsewhere")
    assert (await undo(client, merge_id, "HO")).status_code == 204
    apart = await page(client, cards["M2"], "RM-O21")
    assert (apart["card"]["number"], apart["card"]["name"], apart["card"]["aum"]["minor"]) == ("M2", "王晓芳", 700_00)
    assert (await page(client, cards["M1"]))["card"]["aum"]["minor"] == 900_00
    assert (await client.as_staff("RM-O11").get(f"{ROOM}/customers/{cards['M2'].id}")).status_code == 404
    again = await undo(client, merge_id, "HO")
    assert (again.status_code, again.json()["code"]) == (409, "customers.merge_undone")


async def test_a_no_and_a_contact_under_any_number_count_for_all(
    client: Client, house: House, bank: Bank, cards: dict[str, Card]
) -> None:
    one, other = cards["M1"], cards["M2"]
    said = {"channel": "message", "granted": False}
    refused = await client.as_staff("RM-O12").post(f"{ROOM}/customers/{other.id}/consents", json=said)
    assert refused.status_code == 204
    await merge(client, one, other)
    with pytest.raises(ContactRefused) as no:
        await reserve(house, bank, one.no, channel=Channel.MESSAGE)
    assert no.value.data["reason"] == "no_consent"
    assert (await page(client, one))["profile"]["refused_channels"] == ["message"]
    leave = await reserve(house, bank, other.no)
    assert leave.phone is not None
    assert leave.phone.clear() == WANG.phone
    with pytest.raises(ContactRefused) as cap:
        await reserve(house, bank, one.no)
    assert cap.value.data["reason"] == "daily_cap"
    granted = await client.as_staff("RM-O11").post(f"{ROOM}/customers/{one.id}/consents", json=said | {"granted": True})
    assert granted.status_code == 204
    assert (await page(client, one))["profile"]["refused_channels"] == []


async def test_several_are_one_and_each_merge_is_undone_by_itself(client: Client, cards: dict[str, Card]) -> None:
    first = await merge(client, cards["M2"], cards["M1"])
    second = await merge(client, cards["M3"], cards["M2"])
    seen = await page(client, cards["M1"])
    assert (seen["card"]["number"], seen["card"]["aum"]["minor"]) == ("M3", 1_600_00)
    assert [line["number"] for line in seen["merged"]] == ["M2", "M1"]
    answer = await ask_merge(client, cards["M3"].id, cards["M1"].id)
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.already_merged")
    assert (await undo(client, second)).status_code == 204
    assert (await page(client, cards["M3"]))["card"]["aum"]["minor"] == 100_00
    assert (await page(client, cards["M1"], "RM-O12"))["card"]["aum"]["minor"] == 1_500_00
    assert (await undo(client, first)).status_code == 204
    assert (await page(client, cards["M2"], "RM-O12"))["card"]["aum"]["minor"] == 600_00


async def test_whoever_assisted_with_either_assists_with_both(
    client: Client, house: House, cards: dict[str, Card]
) -> None:
    await merge(client, cards["M1"], cards["M2"])
    seen = await page(client, cards["M2"], "RM-O21")
    assert (seen["card"]["number"], len(seen["holdings"])) == ("M1", 2)


async def test_what_may_not_be_merged(client: Client, house: House, cards: dict[str, Card]) -> None:
    one, far = cards["M1"], cards["M4"]
    refusals = [
        (one.id, cards["K1"].id, "BM-B1", 409, "customers.kinds_differ"),
        (one.id, one.id, "BM-B1", 422, "invalid"),
        (one.id, far.id, "BM-B1", 404, "not_found"),  # outside the branch
        (far.id, one.id, "BM-B2", 404, "not_found"),
        (one.id, NOBODY_S, "HO", 404, "not_found"),
        (one.id, cards["M3"].id, "RM-O11", 403, "forbidden"),
    ]
    for survivor, loser, staff, status, code in refusals:
        answer = await ask_merge(client, survivor, loser, staff=staff)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await read_rows(house, "select * from customers.merge") == []
    assert await read_rows(house, "select * from customers.member") == []


async def test_two_id_numbers_are_two_people_unless_somebody_says_why_not(
    client: Client, house: House, bank: Bank
) -> None:
    cards = await make_customers(
        house, replace(WANG, id_number="450102199001011234"), replace(LI, id_number="450102199001015673")
    )
    answer = await ask_merge(client, cards["M1"].id, cards["M3"].id)
    assert (answer.status_code, answer.json()["code"]) == (409, "customers.identities_differ")
    said = await ask_merge(client, cards["M1"].id, cards["M3"].id, different_identities=True)
    assert said.status_code == 201
    (entry,) = await list_audit(house, "customers_merged")
    assert entry["detail"]["different_identities"] is True


async def test_the_same_request_twice_merges_once(client: Client, house: House, cards: dict[str, Card]) -> None:
    person, key = client.as_staff("BM-B1"), uuid4()
    body = {"survivor_id": str(cards["M1"].id), "loser_id": str(cards["M2"].id), "reason": REASON}
    answers = [await person.post(f"{ROOM}/merges", json=body, key=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert len(await read_rows(house, "select * from customers.merge")) == 1
    listed = (await person.get(f"{ROOM}/merges")).json()
    assert [(one["number"], one["survivor"]["number"], one["undone_at"]) for one in listed["items"]] == [
        ("M2", "M1", None)
    ]
