"""Searching, checking and exporting the audit, which is itself put on record.

A head-office administrator reads all of it, an administrator further down what people of their institutions did. What
the audit says are numbers; here they get names of staff, never of customers.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from haoyou.centers.identity import contract, place_store, service, store
from haoyou.kernel import audit, audit_search
from haoyou.kernel.audit_search import Entry, Wanted
from haoyou.kernel.ctx import Ctx

EXPORT_MAX = 5_000  # rows of one file: what somebody can still read
EXPORT_PAGE = 1_000
VERIFY_MAX = 50_000  # rows of one check, some seconds of arithmetic; the whole chain is `haoyou verify-audit`
NAMES_MAX = 50  # people whom one word may mean

_RECORDED = ("since", "until", "person", "operation", "about")
_turn = asyncio.Semaphore(1)  # one check at a time: it takes a core


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for. `person`: staff number or part of a name. `about`: an id, a customer's number."""

    since: datetime | None = None
    until: datetime | None = None
    person: str | None = None
    operation: str | None = None
    about: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """`pending` is committed and not sealed yet; `more` says whether older rows follow."""

    pending: Sequence[Entry]
    rows: Sequence[Entry]
    more: bool
    names: Mapping[int, contract.StaffCard]


@dataclass(frozen=True, slots=True)
class Checked:
    """Sealed rows `first` to `last` were looked at; `shortened` when there were more than one check takes."""

    first: int
    last: int
    shortened: bool
    verdict: audit.Verdict


async def search(ctx: Ctx, asked: Asked, *, before: tuple[datetime, int] | None, limit: int) -> Found:
    """A page of the audit, newest first. Raises SearchTooWide."""
    wanted = await _wanted(ctx, asked)
    engine = ctx.house.engine
    pending = [] if before else await audit_search.list_pending(engine, wanted)
    rows = await audit_search.list_entries(engine, wanted, before=before, limit=limit + 1)
    names = await _record(ctx, "audit_searched", asked, [*pending, *rows[:limit]])
    return Found(pending, rows[:limit], len(rows) > limit, names)


async def export(ctx: Ctx, asked: Asked) -> Found:
    """The newest sealed rows, at most 5,000."""
    wanted = await _wanted(ctx, asked)
    rows: list[Entry] = []
    before: tuple[datetime, int] | None = None
    while len(rows) <= EXPORT_MAX:
        page = await audit_search.list_entries(ctx.house.engine, wanted, before=before, limit=EXPORT_PAGE)
        rows += page
        if len(page) < EXPORT_PAGE:
            break
        before = (page[-1].at, page[-1].seq)
    names = await _record(ctx, "audit_exported", asked, rows[:EXPORT_MAX])
    return Found([], rows[:EXPORT_MAX], len(rows) > EXPORT_MAX, names)


async def verify(ctx: Ctx, *, since: datetime | None, until: datetime | None) -> Checked:
    """Recompute the chain over a time, the newest 50,000 rows of it, and hold it against the second sink."""
    engine, sink = ctx.house.engine, ctx.house.sink
    async with _turn:
        bounds = await audit_search.find_bounds(engine, since=since, until=until)
        first, last = bounds or (1, 0)
        start = max(first, last - VERIFY_MAX + 1)
        verdict = await audit.verify_range(engine, sink, first=start, last=last)
    async with ctx.write() as tx:
        tx.audit("audit_verified", first=start, last=last, faults=len(verdict.faults))
    return Checked(start, last, start > first, verdict)


async def _wanted(ctx: Ctx, asked: Asked) -> Wanted:
    async with ctx.read() as tx:
        top = int(ctx.principal.claims["institution_id"])
        whole = await place_store.is_top(tx, institution_id=top)
        below = None if whole else await store.list_below(tx, institution_id=top)
        people: tuple[int, ...] | None = None
        if asked.person:
            people = tuple(await place_store.find_people(tx, word=asked.person, below=below, limit=NAMES_MAX))
        elif below is not None:
            people = tuple(await place_store.list_people_of(tx, institution_ids=below))
    ids: tuple[str, ...] | None = None
    if asked.about:
        numbers = [
            number
            for part in ctx.house.provided(contract.SubjectPart)
            for number in await part.find_numbers(service.overseeing(ctx), word=asked.about)
        ]
        ids = (asked.about, *numbers)
    return Wanted(asked.since, asked.until, people, asked.operation, ids, asked.reason)


async def _record(ctx: Ctx, operation: str, asked: Asked, rows: Sequence[Entry]) -> dict[int, contract.StaffCard]:
    """Who read how many rows, looking for what; words that were looked for in reasons stay out of the record."""
    who = {row.caused_by for row in rows if row.caused_by}
    async with ctx.audited_read() as tx:
        cards = await store.list_staff_cards(tx, ids=sorted(who))
        detail = {name: str(value) for name in _RECORDED if (value := getattr(asked, name))}
        tx.audit(operation, rows=len(rows), **{f"asked_{name}": value for name, value in detail.items()})
    return {card.id: card for card in cards}
