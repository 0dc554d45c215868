"""HTTP of identity: reading, checking and exporting the audit."""

import csv
from collections.abc import Mapping
from datetime import datetime
from io import StringIO
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Response
from pydantic import AwareDatetime, BaseModel

from haoyou.centers.identity import audit, contract
from haoyou.centers.identity.api.view import StaffName
from haoyou.kernel.audit_search import Entry, SearchTooWide
from haoyou.kernel.web.fields import Cursor, PageSize, SearchText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("identity")

READ = "identity.audit.read"
IDS_SHOWN = 20  # of one row; the export has them all
COLUMNS = ("number", "time", "staff code", "staff name", "operation", "ids", "count", "reason", "request")

_CSV = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "at most 5,000 rows, newest first"}
}


class AuditRowView(BaseModel):
    """`number` is null while the row is not sealed. `room`: who acted when it was no person; then `staff` caused it."""

    number: int | None
    at: datetime
    staff: StaffName | None
    room: str | None
    operation: str
    ids: list[str]
    count: int
    reason: str
    detail: dict[str, str]
    request: str


class AuditPage(BaseModel):
    """`pending` comes with the first page: committed within the last second, and not sealed yet."""

    pending: list[AuditRowView]
    items: list[AuditRowView]
    next: str | None


class VerifyBody(BaseModel):
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class VerdictView(BaseModel):
    """`shortened`: there were more rows than one check takes; the newest of them were looked at."""

    sound: bool
    first: int
    last: int
    rows: int
    shortened: bool
    faults: list[str]


def _asked(
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
    person: Annotated[SearchText | None, Query(description="Staff number, or part of a name")] = None,
    operation: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}(\.[a-z_]{1,60})?$")] = None,
    about: Annotated[SearchText | None, Query(description="An id, or a customer's number")] = None,
    reason: Annotated[SearchText | None, Query(description="Part of a reason")] = None,
) -> audit.Asked:
    return audit.Asked(since, until, person or None, operation, about or None, reason or None)


Asked = Annotated[audit.Asked, Depends(_asked)]


@router.get("/audit", permission=READ, data=Data.STAFF, raises=(SearchTooWide,))
async def list_audit(
    ctx: Caller,
    asked: Asked,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 50,
) -> AuditPage:
    position = read_cursor(after, datetime, int)
    before = (position[0], position[1]) if position else None
    found = await audit.search(ctx, asked, before=before, limit=limit)
    last = found.rows[-1] if found.rows else None
    return AuditPage(
        pending=[_view(row, found.names) for row in found.pending],
        items=[_view(row, found.names) for row in found.rows],
        next=write_cursor(last.at.isoformat(), last.seq) if last and found.more else None,
    )


def _view(row: Entry, names: Mapping[int, contract.StaffCard]) -> AuditRowView:
    card = names.get(row.caused_by)
    return AuditRowView(
        number=row.seq or None,
        at=row.at,
        staff=StaffName(id=card.id, code=card.code, name=card.name) if card else None,
        room=row.who.removeprefix("service:") if row.who.startswith("service:") else None,
        operation=row.operation,
        ids=list(row.ids[:IDS_SHOWN]),
        count=row.count,
        reason=row.reason,
        detail={name: str(value) for name, value in row.detail.items()},
        request=row.request,
    )


@router.get(
    "/audit/export", permission=READ, data=Data.STAFF, raises=(SearchTooWide,), response_class=Response, responses=_CSV
)
async def export_audit(ctx: Caller, asked: Asked) -> Response:
    found = await audit.export(ctx, asked)
    zone = ZoneInfo(ctx.house.settings.time_zone)
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for row in found.rows:
        card = found.names.get(row.caused_by)
        cells = (
            row.seq,
            row.at.astimezone(zone).isoformat(),
            card.code if card else row.who,
            card.name if card else "",
        )
        writer.writerow([*map(_cell, (*cells, row.operation, " ".join(row.ids), row.count, row.reason, row.request))])
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return Response("\ufeff" + written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _cell(value: object) -> str:
    """A spreadsheet takes what begins so for a formula, and a reason is typed by anybody."""
    text = str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


@router.post("/audit/verify", permission=READ, data=Data.HOUSE, write=Write.NATURAL)
async def verify_audit(ctx: Caller, body: VerifyBody) -> VerdictView:
    checked = await audit.verify(ctx, since=body.since, until=body.until)
    return VerdictView(
        sound=checked.verdict.sound,
        first=checked.first,
        last=checked.last,
        rows=checked.verdict.rows,
        shortened=checked.shortened,
        faults=list(checked.verdict.faults),
    )
