"""HTTP of backoffice: what arrived from the bank's systems, whether its sums agree, how fresh it is, and whence."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from sqlalchemy import Row

from haoyou.centers.backoffice import lineage, rejected, rules, service, source
from haoyou.centers.backoffice.reconciliation import differences
from haoyou.kernel.errors import NotFound
from haoyou.kernel.names import Name
from haoyou.kernel.web.fields import Cursor, Day, LongText, NameView, PageSize, SearchText, ShortText, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write
from haoyou.lake import door

router = Router("backoffice")

KEY_PARTS_MAX = 4  # of the widest key of the door
READ, REJECTED, REGISTER, LINEAGE = (
    "backoffice.imports.read",
    "backoffice.rejected.read",
    "backoffice.sources.write",
    "backoffice.lineage.read",
)


class DatasetReport(BaseModel):
    """Rows in = accepted + rejected; `agrees`: every count and sum of the bank's is ours; `orphans`: rows that name
    somebody unknown."""

    dataset: str
    rows_in: int
    bank_rows: int
    accepted: int
    rejected: int
    amount_total_minor: int | None
    bank_total_minor: int | None
    agrees: bool
    orphans: int
    differences: int

    @staticmethod
    def of(one: dict[str, Any]) -> "DatasetReport":
        orphans = sum(each["rows"] for each in one["orphans"])
        counted = {"orphans": orphans, "differences": len(list(differences([one])))}
        return DatasetReport.model_validate(one | counted)


class ImportView(BaseModel):
    id: str
    source: str
    bank_date: date
    version: int
    currency: str
    status: rules.RunStatus
    known_at: datetime
    done_at: datetime | None
    datasets: list[DatasetReport]

    @staticmethod
    def of(row: Row[Any]) -> "ImportView":
        return ImportView(
            id=row.id,
            source=row.source,
            bank_date=row.bank_date,
            version=row.version,
            currency=row.currency,
            status=row.status,
            known_at=row.known_at,
            done_at=row.done_at,
            datasets=[DatasetReport.of(one) for one in row.report],
        )


class ImportPage(BaseModel):
    items: list[ImportView]
    next: str | None


class ReasonCount(BaseModel):
    reason: str
    rows: int


class OrphanCount(BaseModel):
    column: str
    rows: int


class GroupColumn(BaseModel):
    column: str
    value: str


class GroupTotalView(BaseModel):
    """A group of rows as the bank counts it and as we do; null where one of both has no such group or no sum."""

    by: list[GroupColumn]
    bank_rows: int | None
    rows: int
    bank_amount_minor: int | None
    amount_minor: int | None
    agrees: bool


class DatasetDetail(BaseModel):
    summary: DatasetReport
    reasons: list[ReasonCount]
    orphans: list[OrphanCount]
    totals: list[GroupTotalView]


class ImportDetail(BaseModel):
    summary: ImportView
    datasets: list[DatasetDetail]


@router.get("/imports", permission=READ, data=Data.HOUSE)
async def list_imports(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 30
) -> ImportPage:
    position = read_cursor(after, date, str)
    rows = await service.list_runs(ctx, before=(position[0], position[1]) if position else None, limit=limit + 1)
    items = [ImportView.of(row) for row in rows[:limit]]
    last = write_cursor(items[-1].bank_date, items[-1].id) if len(rows) > limit else None
    return ImportPage(items=items, next=last)


@router.get("/imports/{import_id}", permission=READ, data=Data.HOUSE, raises=(NotFound,))
async def get_import(ctx: Caller, import_id: SearchText) -> ImportDetail:
    row = await service.get_run(ctx, run_id=import_id)
    return ImportDetail(summary=ImportView.of(row), datasets=[_detail(one) for one in row.report])


def _detail(one: dict[str, Any]) -> DatasetDetail:
    totals = [
        GroupTotalView(
            **each | {"by": [GroupColumn(column=column, value=value) for column, value in each["by"].items()]}
        )
        for each in one["totals"]
    ]
    return DatasetDetail(
        summary=DatasetReport.of(one),
        reasons=[ReasonCount(**each) for each in one["reasons"]],
        orphans=[OrphanCount(**each) for each in one["orphans"]],
        totals=totals,
    )


@router.get(
    "/imports/{import_id}/rejected/{dataset}",
    permission=REJECTED,
    data=Data.CUSTOMER,
    raises=(NotFound,),
    response_class=FileResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The rows set aside"}},
)
async def get_rejected(
    ctx: Caller, import_id: SearchText, dataset: SearchText, reason: Annotated[SearchText, Query()] = ""
) -> FileResponse:
    """The rows of a dataset that were set aside, as they were sent, after line and reasons. Why is kept."""
    path = await rejected.open_rejected(ctx, run_id=import_id, dataset=dataset, reason=reason)
    return FileResponse(path, media_type="text/csv", filename=path.name)


class FreshView(BaseModel):
    """`age_days`: bank days this house has lived since."""

    bank_date: date
    known_at: datetime
    age_days: int
    is_late: bool

    @staticmethod
    def of(one: source.Fresh) -> "FreshView":
        return FreshView(bank_date=one.bank_date, known_at=one.known_at, age_days=one.age_days, is_late=one.is_late)


class ColumnView(BaseModel):
    column: str
    kind: str
    data_class: str


class SourceDataset(BaseModel):
    """A reference dataset has news only now and then: it is never late by itself."""

    dataset: str
    is_reference: bool
    fresh: FreshView
    columns: list[ColumnView]


class SourceView(BaseModel):
    code: str
    name: NameView
    owner: str
    licence: str
    purpose: str
    expected_days: int
    expires_on: date | None
    is_expired: bool
    version: int
    saved_at: datetime
    fresh: FreshView | None
    datasets: list[SourceDataset]

    @staticmethod
    def of(one: source.Source) -> "SourceView":
        terms = one.terms
        return SourceView(
            code=one.code,
            name=NameView.of(terms.name),
            owner=terms.owner,
            licence=terms.licence,
            purpose=terms.purpose,
            expected_days=terms.expected_days,
            expires_on=terms.expires_on,
            is_expired=one.is_expired,
            version=one.version,
            saved_at=one.saved_at,
            fresh=FreshView.of(one.fresh) if one.fresh else None,
            datasets=[_source_dataset(dataset, fresh) for dataset, fresh in one.datasets],
        )


def _source_dataset(dataset: door.Dataset, fresh: source.Fresh) -> SourceDataset:
    columns = [ColumnView(column=one.name, kind=one.kind, data_class=one.data_class) for one in dataset.columns]
    view = FreshView.of(fresh)
    view.is_late = view.is_late and not dataset.reference
    return SourceDataset(dataset=dataset.name, is_reference=dataset.reference, fresh=view, columns=columns)


class SourceList(BaseModel):
    items: list[SourceView]


class SourceBody(BaseModel):
    name_zh: ShortText
    name_en: SearchText | None = None
    owner: Annotated[LongText, Field(max_length=200)]
    licence: Annotated[LongText, Field(max_length=200)]
    purpose: Annotated[LongText, Field(max_length=500)]
    expected_days: Annotated[int, Field(ge=1, le=366)]
    expires_on: Day | None = None


class SavedSource(BaseModel):
    version: int


@router.get("/sources", permission=READ, data=Data.HOUSE)
async def list_sources(ctx: Caller) -> SourceList:
    return SourceList(items=[SourceView.of(one) for one in await source.list_sources(ctx)])


@router.put("/sources/{code}", permission=REGISTER, data=Data.HOUSE, write=Write.VERSION, raises=(NotFound,))
async def save_source(
    ctx: Caller, code: SearchText, body: SourceBody, version: Version, response: Response
) -> SavedSource:
    terms = source.Terms(
        name=Name(body.name_zh, body.name_en or None),
        owner=body.owner,
        licence=body.licence,
        purpose=body.purpose,
        expected_days=body.expected_days,
        expires_on=body.expires_on,
    )
    saved = await source.save_terms(ctx, code=code, terms=terms, version=version)
    response.headers["ETag"] = f'"{saved}"'
    return SavedSource(version=saved)


class LineageValue(BaseModel):
    """Only class C1 is given in clear; of the others, whether there is something."""

    column: str
    data_class: str
    is_empty: bool
    value: str | None


class LineageStep(BaseModel):
    """One row as it landed: its run, its file and its row there. `counts`: it is the one that screens show."""

    import_id: str
    source: str
    bank_date: date
    known_at: datetime
    file: str
    sha256: str
    source_row: int
    superseded_by: str | None
    counts: bool
    values: list[LineageValue]


class Lineage(BaseModel):
    steps: list[LineageStep]


@router.get("/lineage", permission=LINEAGE, data=Data.HOUSE, raises=(NotFound,))
async def get_lineage(
    ctx: Caller, dataset: SearchText, key: Annotated[list[ShortText], Query(min_length=1, max_length=KEY_PARTS_MAX)]
) -> Lineage:
    """Whence a value comes: `key` once for each column of the dataset's key, in the door's order."""
    return Lineage(steps=[_step(one) for one in await lineage.trace(ctx, dataset=dataset, key=key)])


def _step(one: lineage.Step) -> LineageStep:
    values = [
        LineageValue(
            column=each.column.stored_name, data_class=each.column.data_class, is_empty=each.is_empty, value=each.text
        )
        for each in one.row.values
    ]
    return LineageStep(
        import_id=one.row.run_id,
        source=one.row.source,
        bank_date=one.row.bank_date_of_feed,
        known_at=one.row.known_at,
        file=one.file.path,
        sha256=one.file.sha256,
        source_row=one.row.source_row,
        superseded_by=one.superseded_by,
        counts=one.counts,
        values=values,
    )
