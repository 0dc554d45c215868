"""The register of sources: whose data they are, under what licence and for what purpose, and how fresh each is."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from haoyou.centers.backoffice import source_store
from haoyou.kernel.ctx import Ctx
from haoyou.kernel.errors import PreconditionFailed
from haoyou.kernel.names import Name
from haoyou.lake import door

SOURCES_MAX = 200
SILENCE_DAYS = 4  # a long weekend: so long may nothing arrive before a house that lives from one source is called late


@dataclass(frozen=True, slots=True)
class Terms:
    """What head office says of a source. `expected_days`: it speaks at least every so many bank days."""

    name: Name
    owner: str
    licence: str
    purpose: str
    expected_days: int
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class Fresh:
    """How fresh a dataset, or a whole source, is. `age_days`: the bank days this house has lived since."""

    bank_date: date
    known_at: datetime
    age_days: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class Source:
    code: str
    terms: Terms
    version: int
    saved_at: datetime
    is_expired: bool
    fresh: Fresh | None
    datasets: tuple[tuple[door.Dataset, Fresh], ...]


async def list_sources(ctx: Ctx) -> list[Source]:
    """Every source that ever spoke; late is one that is behind the days of the others, or has long been silent."""
    async with ctx.read() as tx:
        rows = await source_store.list_sources(tx, limit=SOURCES_MAX)
        latest = await source_store.list_latest(tx)
        days = await source_store.list_bank_days(tx, after=min((one.bank_date for one in latest), default=date.max))
    return [_source(row, [one for one in latest if one.source == row.code], days, ctx.now) for row in rows]


def _source(row: Row[Any], latest: Sequence[Row[Any]], days: Sequence[date], now: datetime) -> Source:
    terms = Terms(
        Name(row.name_zh, row.name_en), row.owner, row.licence, row.purpose, row.expected_days, row.expires_on
    )
    whole = None
    if latest:
        whole = _fresh(max(one.bank_date for one in latest), max(one.known_at for one in latest), terms, days, now)
    datasets = tuple(
        (dataset, _fresh(one.bank_date, one.known_at, terms, days, now))
        for dataset in door.DATASETS
        for one in latest
        if one.dataset == dataset.name
    )
    newest = days[-1] if days else max((one.bank_date for one in latest), default=date.min)
    is_expired = terms.expires_on is not None and terms.expires_on < newest
    return Source(row.code, terms, row.version, row.saved_at, is_expired, whole, datasets)


def _fresh(bank_date: date, known_at: datetime, terms: Terms, days: Sequence[date], now: datetime) -> Fresh:
    age = len(days) - bisect_right(days, bank_date)
    is_silent = now - known_at > timedelta(days=terms.expected_days + SILENCE_DAYS)
    return Fresh(bank_date, known_at, age, age >= terms.expected_days or is_silent)


async def save_terms(ctx: Ctx, *, code: str, terms: Terms, version: int) -> int:
    """Head office says what a source is; answers the new version."""
    async with ctx.write() as tx:
        row = await source_store.get_source(tx, code=code)
        if row.version != version:
            raise PreconditionFailed()
        values = _values(terms)
        before = {name: getattr(row, name) for name in values}
        changed = sorted(name for name, value in values.items() if before[name] != value)
        await source_store.save_source(
            tx, code=code, values={**values, "version": version + 1, "saved_at": ctx.now}
        )  # fmt: skip
        tx.audit("source_saved", ids=[code], changed=list[Any](changed))
        tx.refresh([], "sources")
    return version + 1


def _values(terms: Terms) -> Mapping[str, object]:
    return {
        "name_zh": terms.name.zh,
        "name_en": terms.name.en,
        "owner": terms.owner,
        "licence": terms.licence,
        "purpose": terms.purpose,
        "expected_days": terms.expected_days,
        "expires_on": terms.expires_on,
    }
