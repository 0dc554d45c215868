"""HTTP of backoffice: what arrived from the bank's systems, and whether its sums agree."""

from datetime import date, datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from haoyou.centers.backoffice import rules, service
from haoyou.kernel.web.fields import Cursor, PageSize
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data

router = Router("backoffice")


class DatasetReport(BaseModel):
    """Rows in = accepted + rejected; `agrees`: count and sum equal the bank's own."""

    dataset: str
    rows_in: int
    accepted: int
    rejected: int
    amount_total_minor: int | None
    bank_total_minor: int | None
    agrees: bool


class ImportView(BaseModel):
    id: str
    source: str
    bank_date: date
    status: rules.RunStatus
    known_at: datetime
    done_at: datetime | None
    datasets: list[DatasetReport]


class ImportPage(BaseModel):
    items: list[ImportView]
    next: str | None


@router.get("/imports", permission="backoffice.imports.read", data=Data.HOUSE)
async def list_imports(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> ImportPage:
    position = read_cursor(after, date)
    rows = await service.list_runs(ctx, before=position[0] if position else None, limit=limit + 1)
    items = [
        ImportView(
            id=row.id,
            source=row.source,
            bank_date=row.bank_date,
            status=row.status,
            known_at=row.known_at,
            done_at=row.done_at,
            datasets=[DatasetReport.model_validate(one) for one in row.report],
        )
        for row in rows[:limit]
    ]
    return ImportPage(items=items, next=write_cursor(items[-1].bank_date) if len(rows) > limit else None)
