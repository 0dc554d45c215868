"""HTTP of customers: reports of visits, calls and meetings: drafts, filing, reading, amendments, next steps."""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field

from haoyou.centers.customers import contract, report, report_draft, report_filing, reporting, service
from haoyou.centers.customers.api.view import StaffRef
from haoyou.centers.customers.reporting import Content, Guest, Level, Purpose, State, Step
from haoyou.centers.identity import contract as identity
from haoyou.kernel.errors import Forbidden, NotFound
from haoyou.kernel.masking import AccountNumber
from haoyou.kernel.web.fields import (
    Cursor,
    Day,
    LongText,
    NameView,
    PageSize,
    RowId,
    SearchText,
    ShortText,
    Version,
)
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.page import read_cursor, write_cursor
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")

PEOPLE_MAX = 30  # at one table
ACCOUNTS_MAX = 50
STEPS_MAX = 20
WRITE, READ = "customers.report", "customers.read"

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]
FreeText = Annotated[str, Field(max_length=200)]
People = Annotated[list[RowId], Field(max_length=PEOPLE_MAX)]
Accounts = Annotated[list[RowId], Field(max_length=ACCOUNTS_MAX)]
Reason = Annotated[ShortText, Field(min_length=4)]
Text = Annotated[LongText, Field(min_length=1)]


class GuestBody(BaseModel):
    """Somebody on the customer's side; `customer_id` where they are a customer of the bank themselves."""

    name: ShortText
    function: FreeText = ""
    customer_id: UUID | None = None


class StepBody(BaseModel):
    what: ShortText
    staff_id: RowId
    due_on: Day


class ContentBody(BaseModel):
    """What was said: when (the bank's local time), where in words, who was there, about which accounts."""

    channel: contract.Channel
    met_on: Day
    met_time: TimeOfDay
    place: FreeText = ""
    purpose: Purpose
    staff_ids: People = []
    guests: Annotated[list[GuestBody], Field(max_length=PEOPLE_MAX)] = []
    holding_ids: Accounts = []
    said: Text
    reader_ids: People = []
    steps: Annotated[list[StepBody], Field(max_length=STEPS_MAX)] = []

    def content(self) -> Content:
        return Content(
            channel=self.channel,
            met_on=self.met_on,
            met_time=time.fromisoformat(self.met_time),
            place=self.place.strip(),
            purpose=self.purpose,
            staff=_each(self.staff_ids),
            guests=tuple(Guest(one.name, one.function.strip(), one.customer_id) for one in self.guests),
            holdings=_each(self.holding_ids),
            said=self.said,
        )

    def next_steps(self) -> tuple[Step, ...]:
        return tuple(Step(one.what, one.staff_id, one.due_on) for one in self.steps)


def _each(ids: list[int]) -> tuple[int, ...]:
    """In the order given, each once."""
    return tuple(dict.fromkeys(ids))


class FilingBody(ContentBody):
    level: Level = Level.NORMAL
    contact_id: UUID | None = None


class AmendmentBody(ContentBody):
    """`version` is the one it was written over; `steps` are added."""

    version: Annotated[int, Field(ge=1, le=1_000)]
    why: Reason


class WithdrawBody(BaseModel):
    reason: Reason


class DraftGuest(BaseModel):
    name: FreeText = ""
    function: FreeText = ""
    customer_id: UUID | None = None


class DraftStep(BaseModel):
    what: FreeText = ""
    staff_id: RowId | None = None
    due_on: Day | None = None


class DraftPerson(BaseModel):
    """A colleague's name as it was when they were chosen, so that the draft can be shown without asking."""

    id: RowId
    name: FreeText


class ReportDraftBody(BaseModel):
    """A report while it is written: nothing is required yet."""

    channel: contract.Channel | None = None
    met_on: Day | None = None
    met_time: TimeOfDay | None = None
    place: FreeText = ""
    purpose: Purpose | None = None
    staff_ids: People = []
    guests: Annotated[list[DraftGuest], Field(max_length=PEOPLE_MAX)] = []
    holding_ids: Accounts = []
    said: LongText = ""
    level: Level = Level.NORMAL
    reader_ids: People = []
    contact_id: UUID | None = None
    steps: Annotated[list[DraftStep], Field(max_length=STEPS_MAX)] = []
    people: Annotated[list[DraftPerson], Field(max_length=3 * PEOPLE_MAX)] = []


class AboutView(BaseModel):
    """The customer as the report names them; `id` is null where the reader may not see their page."""

    id: UUID | None
    name: str | None
    number: str


class ReportDraftView(BaseModel):
    id: UUID
    customer: AboutView
    body: ReportDraftBody
    version: int
    saved_at: datetime

    @staticmethod
    def of(one: report_draft.Draft) -> "ReportDraftView":
        return ReportDraftView(
            id=one.id,
            customer=AboutView(id=one.customer_id, name=one.about_name, number=one.about_number),
            body=ReportDraftBody.model_validate(one.body),
            version=one.version,
            saved_at=one.saved_at,
        )


class ReportLine(BaseModel):
    id: UUID
    customer: AboutView
    author: StaffRef
    level: Level
    state: State
    channel: contract.Channel
    purpose: Purpose
    met_on: date
    met_time: str
    place: str
    beginning: str
    open_steps: int
    version: int


class ReportPage(BaseModel):
    """`drafts` are the reader's own, with the first page only."""

    drafts: list[ReportDraftView]
    items: list[ReportLine]
    next: str | None


class GuestView(BaseModel):
    name: str
    function: str
    customer_id: UUID | None


class AccountView(BaseModel):
    id: int
    account_masked: AccountNumber
    kind: str
    product: str | None
    owner: str | None


class StepView(BaseModel):
    number: int
    what: str
    staff: StaffRef
    due_on: date
    done_by: StaffRef | None
    done_at: datetime | None
    may_finish: bool


class VersionView(BaseModel):
    """One version; `why` is empty for the first. The last of a withdrawn report says why it was withdrawn."""

    number: int
    why: str
    written_by: StaffRef
    written_at: datetime
    said: str


class ReportView(BaseModel):
    id: UUID
    customer: AboutView
    author: StaffRef
    level: Level
    state: State
    version: int
    filed_at: datetime
    withdrawn_at: datetime | None
    channel: contract.Channel
    purpose: Purpose
    met_on: date
    met_time: str
    place: str
    staff: list[StaffRef]
    guests: list[GuestView]
    accounts: list[AccountView]
    accounts_hidden: int
    said: str
    steps: list[StepView]
    readers: list[StaffRef]
    """Whom the author let read it; told to the author only."""
    versions: list[VersionView]
    may_change: bool


class FiledView(BaseModel):
    id: UUID
    version: int


class PersonView(BaseModel):
    id: UUID
    name: str | None
    number: str


class FormContactView(BaseModel):
    id: UUID
    channel: contract.Channel
    made_at: datetime
    note: str


class TemplateView(BaseModel):
    purpose: Purpose
    text: NameView


class ReportFormView(BaseModel):
    today: date
    customer: AboutView
    people: list[PersonView]
    accounts: list[AccountView]
    contacts: list[FormContactView]
    templates: list[TemplateView]


class ColleagueView(BaseModel):
    id: int
    number: str
    name: str

    @staticmethod
    def of(one: identity.Colleague) -> "ColleagueView":
        return ColleagueView(id=one.id, number=one.code, name=one.name)


class ColleaguesView(BaseModel):
    items: list[ColleagueView]


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
                open_steps=row.open_steps if row.state == State.FILED else 0,
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
        accounts=[_account(one) for one in form.accounts],
        contacts=[
            FormContactView(id=one.id, channel=one.channel, made_at=one.made_at, note=one.note) for one in form.contacts
        ],
        templates=[
            TemplateView(purpose=purpose, text=NameView.of(text)) for purpose, text in reporting.TEMPLATES.items()
        ],
    )


def _account(one: report_draft.Account) -> AccountView:
    return AccountView(id=one.id, account_masked=one.number, kind=one.kind, product=one.product, owner=one.owner)


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
    filing = report_filing.Filing(
        body.content(), body.level, _each(body.reader_ids), body.contact_id, body.next_steps()
    )
    await report_filing.file_report(ctx, report_id=report_id, filing=filing)
    return FiledView(id=report_id, version=1)


@router.get("/reports/{report_id}", permission=READ, data=Data.CUSTOMER, raises=(NotFound,))
async def get_report(ctx: Caller, report_id: UUID) -> ReportView:
    found = await report.get_report(ctx, report_id=report_id)
    row, content, names = found.row, found.content, found.names
    is_filed = row.state == State.FILED
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
        accounts=[_account(one) for one in found.accounts],
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
        body.content(), _each(body.reader_ids), body.next_steps(), body.version, body.why
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
