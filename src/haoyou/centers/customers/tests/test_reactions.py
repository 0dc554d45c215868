"""What customers does when told of a contact, or of what its lists shall show."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date

import pytest

from haoyou.centers.customers import rules
from haoyou.centers.customers.contract import ContactOutcome, StampListing
from haoyou.centers.customers.tests.factories import WANG, contact, make_customers, read_rows, reserve, tell
from haoyou.centers.identity.tests.factories import BANK_DATE, Bank
from haoyou.kernel.house import House
from haoyou.kernel.testing.outbox import list_refreshed

Settle = Callable[[], Awaitable[None]]


@pytest.fixture
async def wang(house: House, bank: Bank) -> int:
    return (await make_customers(house, WANG))[WANG.code].no


async def last_contact(house: House) -> date:
    (row,) = await read_rows(house, "select last_contact_on from customers.listing")
    return row.last_contact_on


async def test_a_contact_told_twice_is_kept_once(house: House, bank: Bank, wang: int, settle: Settle) -> None:
    made = contact(wang, bank.staff["RM-O11"])
    await tell(house, made, made)
    await settle()
    (row,) = await read_rows(house, "select * from customers.contact")
    assert (row.id, row.outcome, row.note, row.institution_id, row.manager_id, row.line) == (
        made.contact_id, "reached", made.note, bank.institutions["O11"], bank.staff["RM-O11"], "retail",
    )  # fmt: skip
    assert await last_contact(house) == BANK_DATE
    hints = [hint for hint in await list_refreshed(house) if "customers" in hint["keys"]]  # type: ignore[operator]
    assert hints[-1]["people"] == [bank.staff["RM-O11"]]


async def test_a_call_nobody_answered_is_no_last_contact(house: House, bank: Bank, wang: int, settle: Settle) -> None:
    await tell(house, contact(wang, bank.staff["RM-O11"], ContactOutcome.NOT_REACHED))
    await settle()
    assert len(await read_rows(house, "select 1 from customers.contact")) == 1
    assert await last_contact(house) == rules.NEVER


async def test_an_older_contact_does_not_put_the_last_one_back(
    house: House, bank: Bank, wang: int, settle: Settle
) -> None:
    older = contact(wang, bank.staff["RM-O11"], bank_date=BANK_DATE.replace(day=1))
    await tell(house, contact(wang, bank.staff["RM-O11"]), older)
    await settle()
    assert await last_contact(house) == BANK_DATE


@pytest.mark.parametrize(
    ("outcome", "state"), [(ContactOutcome.AGREED, "made"), (ContactOutcome.NOT_REACHED, "missed")]
)
async def test_what_became_of_the_leave(
    house: House, bank: Bank, wang: int, settle: Settle, outcome: ContactOutcome, state: str
) -> None:
    given = await reserve(house, bank, wang)
    await tell(house, contact(wang, bank.staff["RM-O11"], outcome, reservation_id=given.id))
    await settle()
    (row,) = await read_rows(house, "select state from customers.reservation")
    assert row.state == state


async def test_only_a_newer_stamp_counts(house: House, bank: Bank, wang: int, settle: Settle) -> None:
    newest = StampListing(customer_no=wang, open_opportunities=2, version=7)
    await tell(house, newest, replace(newest, open_opportunities=1, version=6), replace(newest, version=7))
    await settle()
    (row,) = await read_rows(house, "select open_opportunities, stamp_version from customers.listing")
    assert (row.open_opportunities, row.stamp_version) == (2, 7)
