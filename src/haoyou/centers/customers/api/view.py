"""How a customer in a list, a colleague, a place and a contact are written on the wire."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row

from haoyou.centers.customers import contract, service
from haoyou.kernel.masking import Phone
from haoyou.kernel.web.fields import MoneyView, NameView


class StaffRef(BaseModel):
    id: int
    name: str

    @staticmethod
    def find(number: int | None, names: service.Names) -> "StaffRef | None":
        """Nothing for nobody (0)."""
        return StaffRef(id=number, name=names.staff.get(number, "")) if number else None


class InstitutionRef(BaseModel):
    id: int
    name: NameView

    @staticmethod
    def of(number: int, names: service.Names) -> "InstitutionRef":
        name = names.institutions.get(number)
        return InstitutionRef(id=number, name=NameView.of(name) if name else NameView(zh=str(number)))


class CardView(BaseModel):
    """A customer in a list. `name` is null where the bank gives none; then the number stands for it."""

    id: UUID
    number: str
    name: str | None
    kind: str
    line: str
    tier: str
    aum: MoneyView
    deposits: MoneyView
    loans: MoneyView
    next_maturity_on: date | None
    phone_masked: Phone | None
    manager: StaffRef | None
    institution: InstitutionRef
    last_contact_on: date | None
    open_opportunities: int
    as_of: date

    @staticmethod
    def of(line: service.Line, names: service.Names) -> "CardView":
        card = line.card
        manager = card.manager_id
        return CardView(
            id=card.id,
            number=card.code,
            name=card.name,
            kind=card.kind,
            line=card.line,
            tier=card.tier,
            aum=MoneyView.of(card.aum),
            deposits=MoneyView.of(line.deposits),
            loans=MoneyView.of(line.loans),
            next_maturity_on=line.next_maturity_on,
            phone_masked=line.phone,
            manager=StaffRef(id=manager, name=names.staff.get(manager, "")) if manager else None,
            institution=InstitutionRef.of(card.institution_id, names),
            last_contact_on=line.last_contact_on,
            open_opportunities=line.open_opportunities,
            as_of=line.as_of,
        )


class ContactView(BaseModel):
    """`made_on` is the bank's day, `made_at` the moment it was written down.

    `report_id`: the report about it, where the reader may read that.
    """

    id: UUID
    channel: contract.Channel
    outcome: contract.ContactOutcome
    note: str
    staff: StaffRef
    made_on: date
    made_at: datetime
    next_on: date | None
    report_id: UUID | None

    @staticmethod
    def of(row: Row[Any], names: service.Names, reports: Mapping[UUID, UUID]) -> "ContactView":
        return ContactView(
            id=row.id,
            channel=row.channel,
            outcome=row.outcome,
            note=row.note,
            staff=StaffRef(id=row.staff_id, name=names.staff.get(row.staff_id, "")),
            made_on=row.bank_date,
            made_at=row.made_at,
            next_on=row.next_on,
            report_id=reports.get(row.id),
        )


PPM_PER_BPS = 100


def share_bps(share_ppm: int | None) -> int | None:
    """Basis points: screens show a share with at most two decimals of a percent."""
    return None if share_ppm is None else share_ppm // PPM_PER_BPS
