"""HTTP of customers: reports of visits, calls and meetings: drafts, filing, reading, amendments, next steps."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query

from haoyou.centers.customers import report, report_draft, report_filing, reporting, service
from haoyou.centers.customers.api.report_view import (
    AboutView,
    AccountView,
    AmendmentBody,
    ColleaguesView,
    ColleagueView,
    FiledView,
    FilingBody,
    FormContactView,
    GuestView,
    PersonView,
    ReportDraftBody,
    ReportDraftView,
    ReportFormView,
    ReportLine,
    ReportPage,
    ReportView,
    StepView,
    TemplateView,
    VersionView,
    WithdrawBody,
    each,
)
from haoyou.centers.customers.api.view import StaffRef
from haoyou.centers.customers.reporting import ReportState
from haoyou.kernel.errors import Forbidden, NotFound
from haoyou.kernel.web.fields import Cursor, NameView, PageSize, RowId, SearchText, Version
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

WRITE, READ = "customers.report", "customers.read"
BEGINNING = 120  # of the text, in a list


def _page(found: report.Listed) -> ReportPage:
    last = found.rows[-1][0] if found.more else None
    return ReportPage(
        drafts=[ReportDraftView.of(one) for one in found.drafts],
        items=[
            ReportLine(
                id=row.id,
                customer=AboutView(id=row.customer_id, name=content.about_name, number=content.about_number),
                author=_person(row.author_id, found.names),
                level=row.level,
                state=row.state,
                channel=content.channel,
                purpose=content.purpose,
                met_on=content.met_on,
                met_time=content.met_time.isoformat("minutes"),
                place=content.place,
                beginning=content.said[:BEGINNING],
                open_steps=row.open_steps if row.state == ReportState.FILED else 0,
                version=row.version,
            )
            for row, content in found.rows
        ],
        next=write_cursor(last.met_on, last.id) if last else None,
    )


def _person(number: int, names: service.Names) -> StaffRef:
    return StaffRef(id=number, name=names.staff.get(number, ""))


def _position(after: str | None) -> tuple[date, UUID] | None:
    position = read_cursor(after, date, UUID)
    return (position[0], position[1]) if position else None


@router.get("/customers/{customer_id}/reports", permission=READ, data=Data.CUSTOMER, raises=(NotFound,))
async def list_reports(
    ctx: Caller,
    customer_id: UUID,
    after: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[PageSize, Query()] = 20,
) -> ReportPage:
    return _page(await report.list_reports(ctx, customer_id=customer_id, after=_position(after), limit=limit))


@router.get("/reports", permission=READ, data=Data.CUSTOMER)
async def list_my_reports(
    ctx: Caller, after: Annotated[Cursor | None, Query()] = None, limit: Annotated[PageSize, Query()] = 20
) -> ReportPage:
    return _page(await report.list_my_reports(ctx, after=_position(after), limit=limit))


@router.get("/customers/{customer_id}/report-form", permission=WRITE, data=Data.CUSTOMER, raises=(NotFound,))
async def get_report_form(ctx: Caller, customer_id: UUID) -> ReportFormView:
    form = await report_draft.get_form(ctx, customer_id=customer_id)
    return ReportFormView(
        today=form.today,
        customer=AboutView(id=form.card.id, name=form.card.name, number=form.card.code),
        people=[PersonView(id=one.id, name=one.name, number=one.code) for one in form.people],
        accounts=[AccountView.of(one) for one in form.accounts],
        contacts=[
            FormContactView(id=one.id, channel=one.channel, made_at=one.made_at, note=one.note) for one in form.contacts
        ],
        templates=[
            TemplateView(purpose=purpose, text=NameView.of(text)) for purpose, text in reporting.TEMPLATES.items()
        ],
    )


@router.get("/colleagues", permission=WRITE, data=Data.STAFF)
async def find_colleagues(ctx: Caller, q: Annotated[SearchText, Query(min_length=1)]) -> ColleaguesView:
    """Who works here now, by name or staff number, at most 20."""
    found = await report_draft.find_colleagues(ctx, words=q)
    return ColleaguesView(items=[ColleagueView.of(one) for one in found])


@router.get(
    "/report-drafts/{report_id}", permission=WRITE, data=Data.CUSTOMER, raises=(NotFound, reporting.ReportFiled)
)
async def get_report_draft(ctx: Caller, report_id: UUID) -> ReportDraftView:
    return ReportDraftView.of(await report_draft.get_draft(ctx, report_id=report_id))


@router.put(
    "/customers/{customer_id}/report-drafts/{report_id}",
    permission=WRITE,
    data=Data.CUSTOMER,
    write=Write.VERSION,
    raises=(NotFound, reporting.ReportFiled),
)
async def save_report_draft(
    ctx: Caller, customer_id: UUID, report_id: UUID, body: ReportDraftBody, version: Version
) -> ReportDraftView:
    """Version 0 begins a report under an id that the client has made.

    Where another device saved meanwhile, the refusal brings what is kept as `current`.
    """
    saved = await report_draft.save_draft(
        ctx, customer_id=customer_id, report_id=report_id, body=body.model_dump(mode="json"), version=version
    )
    return ReportDraftView.of(saved)


@router.delete(
    "/report-drafts/{report_id}",
    permission=WRITE,
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound,),
)
async def drop_report_draft(ctx: Caller, report_id: UUID) -> None:
    await report_draft.drop_draft(ctx, report_id=report_id)


@router.post(
    "/report-drafts/{report_id}/file",
    permission=WRITE,
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=201,
    raises=(NotFound, reporting.ReportFiled),
)
async def file_report(ctx: Caller, report_id: UUID, body: FilingBody) -> FiledView:
    filing = report_filing.Filing(body.content(), body.level, each(body.reader_ids), body.contact_id, body.next_steps())
    await report_filing.file_report(ctx, report_id=report_id, filing=filing)
    return FiledView(id=report_id, version=1)


@router.get("/reports/{report_id}", permission=READ, data=Data.CUSTOMER, raises=(NotFound,))
async def get_report(ctx: Caller, report_id: UUID) -> ReportView:
    found = await report.get_report(ctx, report_id=report_id)
    row, content, names = found.row, found.content, found.names
    is_filed = row.state == ReportState.FILED
    return ReportView(
        id=row.id,
        customer=AboutView(id=row.customer_id, name=content.about_name, number=content.about_number),
        author=_person(row.author_id, names),
        level=row.level,
        state=row.state,
        version=row.version,
        filed_at=row.filed_at,
        withdrawn_at=row.withdrawn_at,
        channel=content.channel,
        purpose=content.purpose,
        met_on=content.met_on,
        met_time=content.met_time.isoformat("minutes"),
        place=content.place,
        staff=[_person(one, names) for one in content.staff],
        guests=[GuestView(name=one.name, function=one.function, customer_id=one.customer_id) for one in content.guests],
        accounts=[AccountView.of(one) for one in found.accounts],
        accounts_hidden=found.hidden,
        said=content.said,
        steps=[
            StepView(
                number=one.number,
                what=one.what,
                staff=_person(one.staff_id, names),
                due_on=one.due_on,
                done_by=StaffRef.find(one.done_by, names),
                done_at=one.done_at,
                may_finish=is_filed and one.done_at is None and ctx.principal.id in (one.staff_id, row.author_id),
            )
            for one in found.steps
        ],
        readers=[_person(one, names) for one in found.readers if one != row.author_id],
        versions=[
            VersionView(
                number=text.number,
                why=text.why,
                written_by=_person(text.written_by, names),
                written_at=text.written_at,
                said=one.said,
            )
            for text, one in found.texts
        ],
        may_change=is_filed and found.is_author,
    )


_CHANGES = (NotFound, Forbidden, reporting.ReportWithdrawn)


@router.post(
    "/reports/{report_id}/amendments",
    permission=WRITE,
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=201,
    raises=(*_CHANGES, reporting.ReportAmended, reporting.ReportFull),
)
async def amend_report(ctx: Caller, report_id: UUID, body: AmendmentBody) -> FiledView:
    amendment = report_filing.Amendment(
        body.content(), each(body.reader_ids), body.next_steps(), body.version, body.why
    )
    version = await report_filing.amend_report(ctx, report_id=report_id, amendment=amendment)
    return FiledView(id=report_id, version=version)


@router.post(
    "/reports/{report_id}/withdraw",
    permission=WRITE,
    data=Data.CUSTOMER,
    write=Write.KEY,
    status=204,
    raises=_CHANGES,
)
async def withdraw_report(ctx: Caller, report_id: UUID, body: WithdrawBody) -> None:
    await report_filing.withdraw_report(ctx, report_id=report_id, reason=body.reason)


@router.post(
    "/reports/{report_id}/steps/{number}/done",
    permission=READ,
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=204,
    raises=_CHANGES,
)
async def finish_report_step(ctx: Caller, report_id: UUID, number: RowId) -> None:
    await report.finish_step(ctx, report_id=report_id, number=number)
