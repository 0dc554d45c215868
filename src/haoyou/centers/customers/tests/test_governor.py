"""The governor: one customer, one patience, whoever asks and on whichever channel."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import pytest

from haoyou.centers.customers import governor
from haoyou.centers.customers.contract import Channel, ContactOutcome, ContactRefused, Reservation
from haoyou.centers.customers.tests.factories import (
    WANG,
    Someone,
    contact,
    list_audit,
    make_customers,
    read_rows,
    reserve,
    tell,
)
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank, advance_to
from haoyou.kernel.errors import NotFound
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.testing.clock import SetClock
from haoyou.kernel.testing.outbox import settle

OUTLET = ("retail",)


@pytest.fixture
async def wang(house: House, bank: Bank) -> int:
    return (await make_customers(house, WANG))[WANG.code].no


async def refusal(house: House, bank: Bank, customer: int, **given: object) -> dict[str, object]:
    with pytest.raises(ContactRefused) as refused:
        await reserve(house, bank, customer, **given)  # pyright: ignore[reportArgumentType]
    return dict(refused.value.data)


async def live_until(house: House, day: date) -> None:
    await advance_to(house, day)


async def test_the_number_in_clear_comes_with_leave_to_call_and_is_recorded(
    house: House, bank: Bank, wang: int
) -> None:
    given = await reserve(house, bank, wang)
    assert given.phone and given.phone.clear() == WANG.phone
    assert given.expires_at == house.clock() + timedelta(minutes=15)
    (entry,) = await list_audit(house, "contact_reserved")
    assert (entry["who"], entry["ids"]) == (f"person:{bank.staff['RM-O11']}", [str(wang)])
    assert entry["detail"] == {"channel": "call", "number_shown": True}


async def test_no_other_channel_shows_the_number(house: House, bank: Bank, wang: int) -> None:
    given = await reserve(house, bank, wang, channel=Channel.VISIT)
    assert given.phone is None
    (entry,) = await list_audit(house, "contact_reserved")
    assert entry["detail"] == {"channel": "visit", "number_shown": False}


async def test_asking_again_with_the_same_id_answers_the_same(house: House, bank: Bank, wang: int) -> None:
    under = uuid4()
    first = await reserve(house, bank, wang, under=under)
    assert await reserve(house, bank, wang, under=under) == first
    assert len(await read_rows(house, "select 1 from customers.reservation")) == 1


async def test_an_id_is_bound_to_its_person_and_channel(house: House, bank: Bank, wang: int) -> None:
    under = uuid4()
    await reserve(house, bank, wang, under=under)
    for changed in ({"channel": Channel.VISIT}, {"code": "RM2-O11"}):
        with pytest.raises(NotFound):
            await reserve(house, bank, wang, under=under, **changed)  # pyright: ignore[reportArgumentType]


async def test_an_id_taken_out_of_sight_looks_absent(house: House, bank: Bank, wang: int) -> None:
    """Under the net the other reservation cannot be seen; its id is taken all the same."""
    other = (await make_customers(house, Someone("2", "李强", "O21", "RM-O21", phone="13900000000")))["2"]
    under = uuid4()
    await reserve(house, bank, other.no, under=under, code="RM-O21", place="O21")
    with pytest.raises(NotFound):
        await reserve(house, bank, wang, under=under)
    assert len(await read_rows(house, "select 1 from customers.reservation")) == 1


async def test_a_customer_out_of_sight_is_not_there(house: House, bank: Bank, wang: int) -> None:
    with pytest.raises(NotFound):
        await reserve(house, bank, wang, code="RM-O21", place="O21")


async def test_one_contact_a_day_over_all_people_and_channels(house: House, bank: Bank, wang: int) -> None:
    await reserve(house, bank, wang)
    assert await refusal(house, bank, wang, channel=Channel.VISIT, code="RM2-O11") == {
        "reason": "daily_cap", "next_allowed_at": "2026-11-21T00:00:00+08:00",
    }  # fmt: skip


async def test_of_ten_who_ask_at_once_one_gets_leave(house: House, bank: Bank, wang: int) -> None:
    answers = await asyncio.gather(*(reserve(house, bank, wang) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, Reservation) for one in answers) == 1
    assert sum(isinstance(one, ContactRefused) for one in answers) == 9


async def test_leave_that_is_not_used_runs_out(house: House, bank: Bank, wang: int, clock: SetClock) -> None:
    under = uuid4()
    await reserve(house, bank, wang, under=under)
    await clock.advance(minutes=15)
    assert (await refusal(house, bank, wang))["reason"] == "daily_cap"
    await clock.advance(seconds=1)
    again = await reserve(house, bank, wang, under=under)  # asked anew, not answered from memory
    assert again.expires_at == clock() + timedelta(minutes=15)
    assert len(await read_rows(house, "select 1 from customers.reservation")) == 1


async def test_leave_that_has_run_out_shows_no_number_after_a_no(
    house: House, bank: Bank, wang: int, clock: SetClock
) -> None:
    under = uuid4()
    await reserve(house, bank, wang, under=under)
    await say(house, bank, granted=False)
    await clock.advance(minutes=16)
    assert await refusal(house, bank, wang, under=under) == {"reason": "no_consent"}


async def say(house: House, bank: Bank, *, granted: bool, channel: Channel = Channel.CALL) -> None:
    """What the customer says, written down by the manager."""
    scope = Scope(owner=bank.staff["RM-O11"], lines=OUTLET)
    ctx = house.ctx("customers", Principal(bank.staff["RM-O11"], "RM-O11", scope))
    (row,) = await read_rows(house, "select id from customers.customer")
    await governor.set_consent(ctx, customer_id=row.id, channel=channel, granted=granted)


async def test_a_no_holds_for_everybody_on_that_channel_until_taken_back(house: House, bank: Bank, wang: int) -> None:
    await say(house, bank, granted=False)
    assert await refusal(house, bank, wang, code="RM2-O11") == {"reason": "no_consent"}
    await say(house, bank, granted=True)
    assert (await reserve(house, bank, wang, code="RM2-O11")).channel is Channel.CALL
    entries = await list_audit(house, "consent_said")
    assert [entry["detail"]["granted"] for entry in entries] == [False, True]


async def test_four_contacts_in_thirty_days(house: House, bank: Bank, wang: int) -> None:
    for days in range(4):
        await live_until(house, BANK_DATE + timedelta(days=days))
        await reserve(house, bank, wang)
    await live_until(house, BANK_DATE + timedelta(days=4))
    await use_all(house)
    assert await refusal(house, bank, wang) == {"reason": "period_cap"}
    await live_until(house, BANK_DATE + timedelta(days=30))
    assert await refusal(house, bank, wang) == {"reason": "period_cap"}
    await live_until(house, BANK_DATE + timedelta(days=31))
    assert (await reserve(house, bank, wang)).channel is Channel.CALL


async def use_all(house: House) -> None:
    """Every leave given so far was used."""
    rows = await read_rows(house, "select id, customer_no, staff_id, bank_date from customers.reservation")
    for row in rows:
        made = contact(row.customer_no, row.staff_id, bank_date=row.bank_date, reservation_id=row.id)
        await tell(house, made)
    await settle(house)


async def test_three_unanswered_calls_a_day(house: House, bank: Bank, wang: int) -> None:
    """A call nobody answered does not use up the day, but a telephone that rang three times has rung enough."""
    for _ in range(3):
        given = await reserve(house, bank, wang)
        missed = contact(wang, bank.staff["RM-O11"], ContactOutcome.NOT_REACHED, reservation_id=given.id)
        await tell(house, missed)
        await settle(house)
    assert (await refusal(house, bank, wang))["reason"] == "daily_cap"
    await live_until(house, BANK_DATE + timedelta(days=1))
    assert (await reserve(house, bank, wang)).channel is Channel.CALL


@pytest.mark.house(contact_from_hour=10, contact_until_hour=12)
async def test_quiet_hours_are_a_setting(house: House, bank: Bank, wang: int, clock: SetClock) -> None:
    assert await refusal(house, bank, wang) == {"reason": "quiet_hours", "next_allowed_at": "2026-11-20T10:00:00+08:00"}
    await clock.advance(minutes=30)
    assert (await reserve(house, bank, wang)).channel is Channel.CALL
