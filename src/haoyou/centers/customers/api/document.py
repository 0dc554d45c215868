"""HTTP of customers: the checklist of documents."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from haoyou.centers.customers import document, paperwork
from haoyou.centers.customers.api.view import StaffRef
from haoyou.kernel.errors import NotFound
from haoyou.kernel.web.fields import Day, NameView, ShortText
from haoyou.kernel.web.operation import Caller, Router
from haoyou.kernel.web.policy import Data, Write

router = Router("customers")


class DocumentView(BaseModel):
    """`noted_by` is null where the bank's own systems say it, or nobody does."""

    kind: str
    name: NameView
    required: bool
    state: paperwork.State
    expires_on: date | None
    origin: str | None
    noted_by: StaffRef | None

    @staticmethod
    def of(entry: paperwork.Entry, names: dict[int, str]) -> "DocumentView":
        word = entry.word
        staff = word.noted_by if word else 0
        return DocumentView(
            kind=entry.kind.code,
            name=NameView.of(entry.kind.name),
            required=entry.kind.required,
            state=entry.state,
            expires_on=word.expires_on if word else None,
            origin=word.origin if word else None,
            noted_by=StaffRef(id=staff, name=names.get(staff, "")) if staff else None,
        )


class DocumentsView(BaseModel):
    items: list[DocumentView]


class DocumentBody(BaseModel):
    """`held`: somebody has seen it. Without `expires_on` it holds for good."""

    held: bool
    expires_on: Day | None = None


@router.get("/customers/{customer_id}/documents", permission="customers.read", data=Data.CUSTOMER, raises=(NotFound,))
async def list_documents(ctx: Caller, customer_id: UUID) -> DocumentsView:
    entries, names = await document.list_documents(ctx, customer_id=customer_id)
    return DocumentsView(items=[DocumentView.of(entry, names) for entry in entries])


@router.put(
    "/customers/{customer_id}/documents/{kind}",
    permission="customers.documents",
    data=Data.CUSTOMER,
    write=Write.NATURAL,
    status=204,
    raises=(NotFound,),
)
async def set_document(ctx: Caller, customer_id: UUID, kind: ShortText, body: DocumentBody) -> None:
    await document.set_document(ctx, customer_id=customer_id, kind=kind, held=body.held, expires_on=body.expires_on)
