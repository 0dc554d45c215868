"""One pooled connection serves two people in turn, without any filter but the net: neither ever meets a foreign row."""

from collections.abc import Sequence

import pytest
from sqlalchemy import text

from haoyou.centers.customers.tests.factories import crowd, make_customers
from haoyou.centers.identity.tests.factories import Bank, open_session
from haoyou.kernel.house import House
from haoyou.kernel.principal import NOBODY, Principal
from haoyou.kernel.web.signon import SignOn

pytestmark = pytest.mark.house(running=False, pool_size=1)

ALTERNATIONS = 500
CUSTOMERS_EACH = 5
_ALL = text("select manager_id, pg_backend_pid() as pid from customers.customer")


async def sign_on(house: House, code: str) -> Principal:
    """The principal as the gateway gets it."""
    (door,) = house.provided(SignOn)
    token = await open_session(house, code=code)
    signed_on = await door.resolve_session(house.service_ctx("gateway"), token=token)
    assert signed_on.principal
    return signed_on.principal


async def alternate(house: House, people: Sequence[Principal], *, times: int, own: int) -> tuple[int, set[int]]:
    """Each in turn reads the whole table. Answers the foreign rows that were seen, and over which connections."""
    foreign, connections = 0, set[int]()
    for turn in range(times):
        person = people[turn % len(people)]
        async with house.ctx("customers", person).read() as tx:
            rows = await tx.all(_ALL)
        assert len(rows) >= own, "somebody does not see their own customers: this would prove nothing"
        foreign += sum(row.manager_id != person.id for row in rows)
        connections |= {row.pid for row in rows}
    return foreign, connections


async def test_two_managers_over_one_connection(house: House, bank: Bank) -> None:
    await make_customers(house, *crowd(CUSTOMERS_EACH, "O11", "RM-O11"), *crowd(CUSTOMERS_EACH, "O21", "RM-O21"))
    people = [await sign_on(house, code) for code in ("RM-O11", "RM-O21")]
    foreign, connections = await alternate(house, people, times=ALTERNATIONS, own=CUSTOMERS_EACH)
    assert (foreign, len(connections)) == (0, 1)
    async with house.ctx("customers", NOBODY).read() as tx:
        assert await tx.all(_ALL) == []


async def test_a_foreign_row_would_be_counted(house: House, bank: Bank) -> None:
    """The same with somebody who rightly sees more than their own: the count is not blind."""
    await make_customers(house, *crowd(CUSTOMERS_EACH, "O11", "RM-O11"), *crowd(CUSTOMERS_EACH, "O12", "RM-O12"))
    people = [await sign_on(house, code) for code in ("RM-O11", "BM-B1")]
    assert (await alternate(house, people, times=2, own=CUSTOMERS_EACH))[0] == 2 * CUSTOMERS_EACH
