"""The SQL of four screens without the way to them: the rooms' own statements in the same scoped transactions, no HTTP.

Runs in the measuring process, on connections of its own to the database of the house that is being loaded.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from uuid import UUID

from sqlalchemy import text

from bench.house import DATABASE
from haoyou.app import build_house
from haoyou.centers.customers import listing_store, rules
from haoyou.centers.customers import store as customers
from haoyou.centers.identity import service as identity
from haoyou.centers.identity import session
from haoyou.centers.tasks import store as tasks
from haoyou.centers.tasks.service import READ_MAX
from haoyou.kernel.crypto import open_keyring
from haoyou.kernel.db import embedded
from haoyou.kernel.db.migrate import APP
from haoyou.kernel.house import House
from haoyou.kernel.principal import Principal
from haoyou.kernel.settings import Settings

PAGE = 30
WANTED = rules.Selection(rules.Wanted(own_only=False, line=None, sort="aum"), today=date.min, units=None)


@dataclass(frozen=True, slots=True)
class Subject:
    """Who looks, and at what."""

    principal: Principal
    words: str
    customer_id: UUID


@asynccontextmanager
async def join_house(settings: Settings) -> AsyncGenerator[House]:
    """The same house beside its server: the same database, keys and rooms, no loops."""
    keyring = open_keyring(settings.home)
    with embedded.start(settings.home) as running:
        url = running.cluster.url(user=APP, password=keyring.app_password, dbname=DATABASE)
        house = build_house(settings, keyring, url)
        try:
            yield house
        finally:
            await house.engine.dispose()


async def find_principal(house: House, token: str) -> Principal:
    signed_on = await session.resolve(house.service_ctx("identity"), token=token)
    assert signed_on.principal, signed_on.ended
    return signed_on.principal


async def list_backends(house: House) -> frozenset[int]:
    """Process numbers of the backends that serve this process, which the server is not charged for."""
    found: set[int] = set()
    held = [await house.engine.connect() for _ in range(house.settings.pool_size)]
    for connection in held:
        found.add((await connection.execute(text("select pg_backend_pid()"))).scalar_one())
        await connection.close()
    return frozenset(found)


async def look_at_today(house: House, subject: Subject) -> None:
    me = subject.principal
    today: date = (await identity.get_bank_day(house.ctx("identity", me))).business_date
    async with house.ctx("tasks", me).read() as tx:
        await tasks.count_mine(tx, scope=me.scope, assignee_id=me.id, today=today)
        urgent = await tasks.list_most_urgent(tx, scope=me.scope, assignee_id=me.id, limit=READ_MAX)
    numbers = sorted({task.customer_no for task in urgent[:50] if task.customer_no})
    if numbers:
        async with house.ctx("customers", me).read() as tx:
            await customers.list_cards(tx, me.scope, numbers=numbers)


async def look_at_list(house: House, subject: Subject) -> None:
    me = subject.principal
    async with house.ctx("customers", me).read() as tx:
        await listing_store.list_page(tx, me.scope, WANTED, after=None, limit=PAGE + 1)
        await listing_store.count(tx, me.scope, WANTED)


async def search(house: House, subject: Subject) -> None:
    me = subject.principal
    async with house.ctx("customers", me).read() as tx:
        numbers = await listing_store.search_tokens(tx, me.scope, start=subject.words.lower(), limit=20)
        await customers.list_cards(tx, me.scope, numbers=numbers)


async def look_at_customer(house: House, subject: Subject) -> None:
    me = subject.principal
    async with house.ctx("customers", me).read() as tx:
        row = await customers.find_card(tx, me.scope, customer_id=subject.customer_id)
        assert row, "a customer of this person's own list"
        numbers = await customers.list_members(tx, row)
        await customers.get_profile(tx, number=row.no)
        await customers.list_holdings(tx, numbers=numbers)
        await customers.list_contacts(tx, numbers=numbers, after=None, limit=5)
        await customers.list_assignments(tx, number=row.no)
        await customers.list_refused_channels(tx, numbers=numbers)


SCREENS: dict[str, Callable[[House, Subject], Awaitable[None]]] = {
    "today": look_at_today,
    "list": look_at_list,
    "search": search,
    "customer": look_at_customer,
}


async def time_screen(house: House, kind: str, subject: Subject) -> float:
    """Milliseconds."""
    began = perf_counter()
    await SCREENS[kind](house, subject)
    return (perf_counter() - began) * 1000
