"""How reports are written on the wire: as they are handed in, kept as drafts, listed and read."""

from datetime import date, datetime, time
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from haoyou.centers.customers import contract, report_draft
from haoyou.centers.customers.api.view import StaffRef
from haoyou.centers.customers.reporting import Content, Guest, Level, Purpose, ReportState, Step
from haoyou.centers.identity import contract as identity
from haoyou.kernel.masking import AccountNumber
from haoyou.kernel.web.fields import Day, LongText, NameView, RowId, ShortText

PEOPLE_MAX = 30  # at one table
ACCOUNTS_MAX = 50
STEPS_MAX = 20

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
            staff=each(self.staff_ids),
            guests=tuple(Guest(one.name, one.function.strip(), one.customer_id) for one in self.guests),
            holdings=each(self.holding_ids),
            said=self.said,
        )

    def next_steps(self) -> tuple[Step, ...]:
        return tuple(Step(one.what, one.staff_id, one.due_on) for one in self.steps)


def each(ids: list[int]) -> tuple[int, ...]:
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
    state: ReportState
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

    @staticmethod
    def of(one: report_draft.Account) -> "AccountView":
        return AccountView(id=one.id, account_masked=one.number, kind=one.kind, product=one.product, owner=one.owner)


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
    state: ReportState
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
