"""Reading the audit: the sealed rows newest first, a page at a time, and what is not sealed yet.

It decides nothing about rights: whoever offers it asks for a permission and records the reading itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from haoyou.kernel import tables
from haoyou.kernel.db.engine import role_of
from haoyou.kernel.errors import Json, Unavailable

QUERY_CANCELED = "57014"
SEARCH_TIMEOUT_MS = 5_000  # words in reasons have no index; a search over years is cut off and asked to be narrowed
PENDING_MAX = 100  # a second's worth; more means that the sealer is behind, and writes are refused soon
LAST_CHARACTER = "\U0010ffff"

_BECOME = text(
    "select set_config('role', :role, true), set_config('transaction_read_only', 'on', true),"
    " set_config('statement_timeout', :timeout_ms, true)"
)


# Written out, not bound: an index of kernel_0002 is found by its own words.
_CAUSED_BY = literal_column("(entry ->> 'caused_by')", Text)
_OPERATION = literal_column("((entry ->> 'operation') collate \"C\")", Text)
_REASON = literal_column("(entry ->> 'reason')", Text)
_IDS = literal_column("(entry -> 'ids')", JSONB)


class SearchTooWide(Unavailable):
    code = "audit.search_too_wide"
    title = "This search takes too long; narrow the time, the person or the operation"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; everything that is not said is not asked. `people`: numbers of staff."""

    since: datetime | None = None
    until: datetime | None = None
    people: tuple[int, ...] | None = None
    operation: str | None = None
    """A whole operation, `customers.field_revealed`, or a room, `customers`."""
    ids: tuple[str, ...] | None = None
    """Rows about any of these, as the audit writes them."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the audit; `seq` 0 while it is not sealed."""

    seq: int
    at: datetime
    operation: str
    who: str
    caused_by: int
    ids: tuple[str, ...]
    count: int
    reason: str
    request: str
    detail: dict[str, Json] = field(default_factory=dict[str, Json])


async def list_entries(
    engine: AsyncEngine, wanted: Wanted, *, before: tuple[datetime, int] | None, limit: int
) -> list[Entry]:
    """Sealed rows, newest first; `before` is time and number of the last one seen. Raises SearchTooWide."""
    log = tables.audit_log
    query = select(log.c.seq, log.c.at, log.c.entry).where(_matches(log, wanted))
    if before:
        query = query.where(tuple_(log.c.at, log.c.seq) < tuple_(*(literal(one) for one in before)))
    return [
        _entry(row, row.seq)
        for row in await _ask(engine, query.order_by(log.c.at.desc(), log.c.seq.desc()).limit(limit))
    ]


async def list_pending(engine: AsyncEngine, wanted: Wanted) -> list[Entry]:
    """What was committed within the last second and is not sealed yet, newest first."""
    pending = tables.audit_pending
    query = select(pending.c.at, pending.c.entry).where(_matches(pending, wanted))
    return [_entry(row, 0) for row in await _ask(engine, query.order_by(pending.c.id.desc()).limit(PENDING_MAX))]


async def find_bounds(engine: AsyncEngine, *, since: datetime | None, until: datetime | None) -> tuple[int, int] | None:
    """Number of the first and the last sealed row of this time; nothing when there is none."""
    log = tables.audit_log
    query = select(func.min(log.c.seq).label("first"), func.max(log.c.seq).label("last"))
    (row,) = await _ask(engine, query.where(_matches(log, Wanted(since=since, until=until))))
    return (row.first, row.last) if row.first else None


def _matches(table: Table, wanted: Wanted) -> ColumnElement[bool]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(table.c.at >= wanted.since)
    if wanted.until:
        found.append(table.c.at < wanted.until)
    if wanted.people is not None:
        found.append(_CAUSED_BY.in_([str(one) for one in wanted.people]))
    if wanted.operation:
        found.append(_is_operation(wanted.operation))
    if wanted.ids is not None:
        found.append(or_(*(_IDS.contains(cast(literal([one], JSONB), JSONB)) for one in wanted.ids)))
    if wanted.reason:
        found.append(func.strpos(func.lower(_REASON), wanted.reason.lower()) > 0)
    return and_(true(), *found)


def _is_operation(named: str) -> ColumnElement[bool]:
    if "." in named:
        return literal(named) == _OPERATION
    return and_(f"{named}." <= _OPERATION, f"{named}.{LAST_CHARACTER}" > _OPERATION)


async def _ask(engine: AsyncEngine, query: Any) -> Sequence[Row[Any]]:
    async with engine.begin() as connection:
        await connection.execute(_BECOME, {"role": role_of("kernel"), "timeout_ms": str(SEARCH_TIMEOUT_MS)})
        try:
            return (await connection.execute(query)).all()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") == QUERY_CANCELED:
                raise SearchTooWide() from error
            raise


def _entry(row: Row[Any], seq: int) -> Entry:
    words = row.entry
    return Entry(
        seq=seq,
        at=row.at,
        operation=words.get("operation", ""),
        who=words.get("who", ""),
        caused_by=int(words.get("caused_by") or 0),
        ids=tuple(words.get("ids", ())),
        count=int(words.get("count", 0)),
        reason=words.get("reason", ""),
        request=words.get("request", ""),
        detail=words.get("detail", {}),
    )
