"""What lists and search read, at fifty thousand customers and a hundred outlets: indexes, and few rows of them."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any

import psycopg
import pytest
from sqlalchemy import Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement

from haoyou.centers.customers import duplicate_store, listing_store, rules
from haoyou.centers.identity.tests.factories import BANK_DATE
from haoyou.kernel.ctx import Tx
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal, Scope
from haoyou.kernel.testing.server import Database

CUSTOMERS, OUTLETS = 50_000, 100
LIMIT = 31
BOTH = ("retail", "corporate")
POSTS = {
    # a manager's own two hundred, an outlet of five hundred, a branch of twelve outlets, the whole bank
    "outlet RM": Scope(owner=1_001, lines=BOTH),
    "lobby": Scope(units=(1,), owner=2_001, lines=BOTH),
    "branch manager": Scope(units=tuple(range(1, 13)), owner=3_001, lines=BOTH),
    "head office": Scope(units=tuple(range(1, OUTLETS + 1)), owner=4_001, lines=BOTH),
}
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "gold": {"tier": "gold"},
    "matures": {"matures_days": 30},
    "quiet": {"quiet_days": 90},
    "worked": {"with_opportunities": True},
    "unmanaged": {"unmanaged": True},
    "corporate": {"line": "corporate"},
    "one outlet": {"institution_id": 1},
}
READ_MAX = {"outlet RM": 300, "lobby": 1_100, "branch manager": 7_000, "head office": 9_000}
"""Rows of the listing that one page may read. An outlet has 500, a branch 6,000, the bank 50,000."""
TOKENS_READ_MAX = {"outlet RM": 250, "lobby": 200, "branch manager": 400, "head office": 900}
_MADE = """
select set_config('app.all', 'on', false);
insert into customers.customer (id, source, code, kind, name, institution_id, manager_id, line, since, version,
    fingerprint)
select gen_random_uuid(), 'core', i::text, 'person', '王' || i, 1 + i % {outlets},
    case when i / {outlets} % 5 < 2 then 1001 + i % {outlets} else 0 end,
    case when i / {outlets} % 25 = 0 then 'corporate' else 'retail' end, date '2020-01-01', 1, ''
from generate_series(1, {customers}) i order by i;
insert into customers.listing (customer_no, institution_id, manager_id, line, kind, sort_name, currency, deposits_minor,
    loans_minor, aum_minor, tier, as_of, last_contact_on, next_maturity_on, open_opportunities, stamp_version)
select no, institution_id, manager_id, line, kind, 'wang' || md5(no::text), 'CNY', money,
    case when dice % 12 = 0 then no * 100 else 0 end, money, 'plain', date '{day}',
    case when dice % 4 = 0 then date '{day}' - (dice % 300)::int else date '1900-01-01' end,
    case when dice % 3 = 0 then date '{day}' + 1 + (dice % 700)::int else date '9000-01-01' end,
    case when dice % 50 = 7 then 1 else 0 end, 0
from (select *, hashint4(no)::bigint & 8388607 as dice, (hashint4(no)::bigint & 8388607) * 7 as money
    from customers.customer) c;
insert into customers.token (customer_no, token, institution_id, manager_id, line)
select no, token, institution_id, manager_id, line
from customers.customer, unnest(array[name, 'wang' || no, 'w' || no, code]) token;
analyze customers.customer, customers.listing, customers.token
"""


class explain(Executable, ClauseElement):  # noqa: N801 - a word of SQL
    inherit_cache = False

    def __init__(self, statement: Any) -> None:
        self.statement = statement


@compiles(explain)
def _explain(element: explain, compiler: Any, **words: Any) -> str:
    return "explain (analyze, timing off, format json) " + compiler.process(element.statement, **words)


@pytest.fixture
def filled(database: Database) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute(_MADE.format(customers=CUSTOMERS, outlets=OUTLETS, day=BANK_DATE))  # type: ignore[arg-type]


@asynccontextmanager
async def looking(house: House, post: str) -> AsyncGenerator[Tx]:
    """A transaction as somebody in this post, under the policies."""
    async with house.ctx("customers", Principal(POSTS[post].owner, post, POSTS[post])).read() as tx:
        yield tx


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


async def scans(tx: Tx, statement: Any, table: str) -> tuple[int, set[str]]:
    """Rows read of a table, and the kinds of scan that read it."""
    plan = (await tx.value(explain(statement)))[0]["Plan"]
    found = [one for one in nodes(plan) if one.get("Relation Name") == table]
    read = sum((one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"] for one in found)
    return int(read), {one["Node Type"] for one in found}


def selection(filter_name: str, sort: str, descending: bool) -> rules.Selection:
    asked = dict(FILTERS[filter_name])
    units = (asked["institution_id"],) if "institution_id" in asked else None
    wanted = rules.Wanted(own_only=False, line=asked.pop("line", None), sort=sort, descending=descending, **asked)
    return rules.Selection(wanted, BANK_DATE, units)


async def judge_lists(house: House, post: str) -> list[str]:
    """Every order both ways under every filter, the first page and one from the middle."""
    wrong: list[str] = []
    async with looking(house, post) as tx:
        for name, sort, down in product(FILTERS, rules.SORTS, (True, False)):
            chosen = selection(name, sort, down)
            first = await listing_store.list_page(tx, POSTS[post], chosen, after=None, limit=LIMIT)
            afters = [None, *[listing_store.position(row, sort) for row in first[-1:]]]
            for after in afters:
                page = listing_store.page_query(POSTS[post], chosen, after=after, limit=LIMIT)
                read, kinds = await scans(tx, page, "listing")
                if read > READ_MAX[post] or "Seq Scan" in kinds:
                    wrong.append(f"{post}, {name} by {sort}, {down=}, {after=}: {read} rows by {sorted(kinds)}")
    return wrong


async def judge_searches(house: House, post: str) -> list[str]:
    wrong: list[str] = []
    async with looking(house, post) as tx:
        for start, is_common in (("王", True), ("w", True), ("wang1", True), ("1", True), ("nobody", False)):
            found = await listing_store.search_tokens(tx, POSTS[post], start=start, limit=20)
            if len(found) != 20 * is_common:
                wrong.append(f"{post}, {start}: found {len(found)}")
            read, kinds = await scans(
                tx, listing_store.token_query(POSTS[post], start, listing_store.depth_of(POSTS[post])), "token"
            )
            if read > TOKENS_READ_MAX[post] or "Seq Scan" in kinds:
                wrong.append(f"{post}, {start}: {read} rows by {sorted(kinds)}")
    return wrong


@pytest.mark.timeout(600)
async def test_every_list_and_search_reads_an_index_and_few_rows(house: House, filled: None) -> None:
    wrong = [one for post in POSTS for one in await judge_lists(house, post) + await judge_searches(house, post)]
    assert wrong == []


_TRACED = """
update customers.customer set name = '王' || no % 500, phone_index = md5('p' || no / 2), uscc = 'U' || no,
    phone_tail_index = md5('t' || no % 1000), id_index = md5('i' || no), birth_index = md5('b' || no / 3);
analyze customers.customer
"""


async def test_looking_for_duplicates_of_a_batch_reads_indexes_and_few_rows(
    house: House, database: Database, filled: None
) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("select set_config('app.all', 'on', false)")
        connection.execute(_TRACED)
    batch = range(1, 1_001)
    async with house.service_ctx("customers").read() as tx:
        read, kinds = await scans(tx, duplicate_store.alike_query(batch), "customer")
    assert "Seq Scan" not in kinds
    assert read < 40 * len(batch)
