"""Institutions and staff as the bank's feed says them."""

import random
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from haoyou.centers.identity import contract, rules, service, session, store
from haoyou.centers.identity.tests import factories
from haoyou.centers.identity.tests.factories import Bank, staff_row
from haoyou.kernel.errors import AppError
from haoyou.kernel.house import House
from haoyou.kernel.names import Name
from haoyou.kernel.testing.client import Client

Told = Callable[..., Awaitable[list[Any]]]
OUTLET, BRANCH = contract.InstitutionKind.OUTLET, contract.InstitutionKind.BRANCH


async def apply(house: House, *rows: contract.InstitutionRow) -> None:
    await service.apply_institutions(house.service_ctx("identity"), rows=rows)


async def apply_staff(house: House, *rows: contract.StaffRow) -> None:
    await service.apply_staff(house.service_ctx("identity"), rows=rows)


async def tree(house: House) -> dict[str, str | None]:
    """Code → code of the parent."""
    async with house.service_ctx("identity").read() as tx:
        all_of_them = await store.list_institutions(tx)
    codes = {one.id: one.code for one in all_of_them}
    return {one.code: codes[one.parent_id] if one.parent_id else None for one in all_of_them}


async def posts_of(house: House, staff_id: int) -> list[tuple[str, str, tuple[str, ...]]]:
    async with house.service_ctx("identity").read() as tx:
        rows = await store.list_posts(tx, staff_ids=[staff_id])
    return [(row.code, row.role, tuple(row.lines)) for row in rows]


@pytest.mark.parametrize("seed", range(6))
async def test_institutions_come_in_any_order(house: House, seed: int) -> None:
    rows = list(factories.INSTITUTIONS)
    random.Random(seed).shuffle(rows)
    await apply(house, *rows)
    assert await tree(house) == {"HO": None, "B1": "HO", "B2": "HO", "O11": "B1", "O12": "B1", "O21": "B2"}


async def test_a_feed_that_comes_twice_changes_nothing(house: House, bank: Bank) -> None:
    before = await tree(house)
    await apply(house, *factories.INSTITUTIONS)
    assert await tree(house) == before
    assert (await factories.codes(house)).institutions == bank.institutions


async def test_a_feed_renames_and_moves(house: House, bank: Bank) -> None:
    await apply(house, contract.InstitutionRow("O12", Name("新名", "New name"), OUTLET, "B2"))
    assert (await tree(house))["O12"] == "B2"
    (one,) = await service.list_institutions(house.service_ctx("identity"), ids=(bank.institutions["O12"],))
    assert (one.name, one.kind) == (Name("新名", "New name"), OUTLET)


@pytest.mark.parametrize(
    "rows",
    [
        [("X", "X")],
        [("X", "Y"), ("Y", "X")],
        [("X", "Y"), ("Y", "Z"), ("Z", "X"), ("W", "HO")],
        [("B1", "O11")],  # closes a circle with rows of an earlier feed
        [("HO", "O21")],
        [("B1", "O21"), ("B2", "O11")],
    ],
)
@pytest.mark.usefixtures("bank")
async def test_a_circle_is_refused_and_nothing_changes(house: House, rows: list[tuple[str, str]]) -> None:
    before = await tree(house)
    with pytest.raises(rules.UnknownCode, match=r"circle|above itself"):
        await apply(house, *(contract.InstitutionRow(code, Name(code), BRANCH, parent) for code, parent in rows))
    assert await tree(house) == before


@pytest.mark.usefixtures("bank")
async def test_an_unknown_parent_is_refused_and_nothing_changes(house: House) -> None:
    before = await tree(house)
    rows = [
        contract.InstitutionRow(code, Name(code), OUTLET, parent) for code, parent in (("N1", "HO"), ("N2", "NOWHERE"))
    ]
    with pytest.raises(rules.UnknownCode, match="Unknown parent institution NOWHERE"):
        await apply(house, *rows)
    assert await tree(house) == before


async def test_staff_come_with_one_post_each(house: House, bank: Bank) -> None:
    assert await posts_of(house, bank.staff["RM-O11"]) == [("O11", "relationship_manager", ("retail",))]
    assert await posts_of(house, bank.staff["BM-B1"]) == [("B1", "branch_manager", ("retail", "corporate"))]


async def test_an_unknown_place_is_refused_and_nobody_comes(house: House, bank: Bank) -> None:
    with pytest.raises(rules.UnknownCode, match="Unknown institution NOWHERE"):
        await apply_staff(house, staff_row("NEW", "O11"), staff_row("LOST", "NOWHERE"))
    found = await service.find_codes(house.service_ctx("identity"), institutions=(), staff=("NEW", "LOST"))
    assert found.staff == {}


async def test_the_same_row_again_leaves_post_and_session_alone(house: House, bank: Bank, client: Client) -> None:
    one = client.as_staff("RM-O11")
    before = (await one.get("/api/identity/v1/me")).json()["post"]["id"]
    await apply_staff(house, staff_row("RM-O11", "O11", name="新姓名"))
    session.cache.forget_all()
    me = (await one.get("/api/identity/v1/me")).json()
    assert (me["post"]["id"], me["staff"]["name"]) == (before, "新姓名")


async def test_a_feed_that_moves_somebody_ends_their_sessions(house: House, bank: Bank, client: Client) -> None:
    one = client.as_staff("RM-O11")
    await one.get("/api/identity/v1/me")
    await apply_staff(house, staff_row("RM-O11", "O12"))
    session.cache.forget_all()
    answer = await one.get("/api/identity/v1/me")
    assert (answer.status_code, answer.json()["reason"]) == (401, "moved")
    assert await posts_of(house, bank.staff["RM-O11"]) == [("O12", "relationship_manager", ("retail",))]


async def test_a_feed_leaves_a_post_made_by_hand_alone(house: House, bank: Bank) -> None:
    staff = bank.staff["RM-O11"]
    await factories.give_post(house, staff=staff, institution=bank.institutions["O21"], role="lobby_manager")
    await apply_staff(house, staff_row("RM-O11", "O12"))
    assert sorted(await posts_of(house, staff)) == [
        ("O12", "relationship_manager", ("retail",)),
        ("O21", "lobby_manager", ("retail",)),
    ]


async def test_who_leaves_by_the_feed_loses_every_post_and_session_and_it_is_told_once(
    house: House, bank: Bank, client: Client, told: Told
) -> None:
    staff = bank.staff["RM-O11"]
    await factories.give_post(house, staff=staff, institution=bank.institutions["O21"], role="lobby_manager")
    one = client.as_staff("RM-O11")
    await one.get("/api/identity/v1/me")
    for _ in range(2):
        await apply_staff(house, staff_row("RM-O11", "O11", left_on=date(2026, 11, 19)))
    session.cache.forget_all()
    assert (await one.get("/api/identity/v1/me")).json()["reason"] == "left"
    assert await posts_of(house, staff) == []
    assert await told(contract.StaffLeft) == [contract.StaffLeft(staff_id=staff)]


async def test_who_left_stays_away_whatever_the_feed_says(house: House, bank: Bank, told: Told) -> None:
    staff = bank.staff["RM-O11"]
    await apply_staff(house, staff_row("RM-O11", "O11", left_on=date(2026, 11, 19)))
    await apply_staff(house, staff_row("RM-O11", "O12"))
    assert await posts_of(house, staff) == []
    async with house.service_ctx("identity").read() as tx:
        person = await store.find_sign_in(tx, login="RM-O11")
    assert person
    assert person.left_on == date(2026, 11, 19)


async def test_codes_we_do_not_know_are_absent(house: House, bank: Bank) -> None:
    found = await service.find_codes(
        house.service_ctx("identity"), institutions=("B1", "NOWHERE"), staff=("HO", "NOBODY")
    )
    assert found == contract.Codes({"B1": bank.institutions["B1"]}, {"HO": bank.staff["HO"]})


@pytest.mark.parametrize("wire", [False, True])
async def test_the_door_answers_over_the_wire_as_well(house: House, bank: Bank) -> None:
    ctx = house.service_ctx("customers")
    port = ctx.port(contract.IdentityPort)
    assert await port.get_bank_day(ctx) == contract.BankDay(factories.BANK_DATE, factories.BANK_DATE, "CNY")
    (place,) = await port.list_institutions(ctx, ids=(bank.institutions["O11"], 999))
    assert (place.code, place.parent_id) == ("O11", bank.institutions["B1"])
    (card,) = await port.list_staff(ctx, ids=(bank.staff["HO"],))
    assert card == contract.StaffCard(bank.staff["HO"], "HO", "员工HO")
    await port.apply_staff(ctx, rows=(staff_row("NEW", "O21"),))
    found = await port.find_codes(ctx, institutions=(), staff=("NEW",))
    assert list(found.staff) == ["NEW"]


async def test_before_the_first_day_there_is_no_day(house: House) -> None:
    with pytest.raises(AppError) as refused:
        await service.get_bank_day(house.service_ctx("identity"))
    assert (refused.value.status, refused.value.code) == (503, "identity.no_bank_day")


async def test_days_only_go_forward(
    house: House, bank: Bank, told: Told, settle: Callable[[], Awaitable[None]]
) -> None:
    for day in (19, 20, 23, 21, 23, 24):
        async with house.service_ctx("backoffice").write() as tx:
            tx.tell(contract.AdvanceBusinessDate(business_date=date(2026, 11, day), currency="CNY"))
    await settle()
    day = await service.get_bank_day(house.service_ctx("identity"))
    assert (day.business_date, day.opened_on) == (date(2026, 11, 24), factories.BANK_DATE)
    assert [(one.business_date.day, one.first) for one in await told(contract.BusinessDateAdvanced)] == [
        (20, True), (23, False), (24, False),
    ]  # fmt: skip
