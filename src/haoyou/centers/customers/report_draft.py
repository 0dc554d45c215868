"""Reports while they are written: what there is to choose from, and the draft, which is its author's alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import contract, kinship, relation_store, report_store, reporting, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Json, NotFound, PreconditionFailed
from haoyou.kernel.masking import AccountNumber

FORM_CONTACTS = 10
FORM_HOLDINGS = 100
FORM_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has begun to write, as they wrote it."""

    id: UUID
    customer_id: UUID
    about_name: str | None
    about_number: str
    body: dict[str, Json]
    version: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    """Something a report may be about: an account, and whose."""

    id: int
    number: AccountNumber
    kind: str
    product: str | None
    owner: str | None

    @staticmethod
    def of(row: Row[Any]) -> "Account":
        return Account(row.id, AccountNumber(row.code), row.kind, row.product, row.owner)


@dataclass(frozen=True, slots=True)
class Form:
    """What there is to choose from for a report about this customer."""

    today: date
    card: contract.Card
    people: Sequence[contract.Card]
    accounts: Sequence[Account]
    contacts: Sequence[Row[Any]]


async def get_form(ctx: Ctx, *, customer_id: UUID) -> Form:
    today = (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    me = ctx.principal
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, me.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        own = await store.list_members(tx, row)
        others = await related(tx, ctx, numbers=own, on=today)
        people = await store.list_cards(tx, me.scope, numbers=others[:FORM_PEOPLE]) if others else []
        numbers = [*own, *(one.no for one in people)]
        accounts = await report_store.list_holdings_of(tx, me, numbers=numbers, limit=FORM_HOLDINGS)
        contacts = await store.list_contacts(tx, numbers=own, after=None, limit=FORM_CONTACTS)
        tx.audit("report_begun", ids=numbers)
    return Form(
        today, store.card(row), [store.card(one) for one in people], [Account.of(one) for one in accounts], contacts
    )


async def related(tx: Tx, ctx: Ctx, *, numbers: Sequence[int], on: date) -> list[int]:
    scope = ctx.principal.scope
    edges = await relation_store.list_edges(tx, scope, numbers=numbers, on=on, ended=False, limit=kinship.EDGES_MAX)
    return sorted({edge.other_no for edge in edges}.difference(numbers))


async def find_colleagues(ctx: Ctx, *, words: str) -> tuple[identity.Colleague, ...]:
    return await ctx.port(identity.IdentityPort).find_colleagues(ctx, words=words)


async def save_draft(ctx: Ctx, *, customer_id: UUID, report_id: UUID, body: dict[str, Json], version: int) -> Draft:
    """Keep what I have written so far; `version` is the one I began from, 0 for a new report.

    Raises PreconditionFailed with what is kept where another device of mine saved meanwhile.
    """
    me = ctx.principal
    async with ctx.write() as tx:
        card = await store.find_card(tx, me.scope, customer_id=customer_id)
        if card is None:
            raise NotFound()
        saved = await report_store.save_draft(
            tx, report_id=report_id, number=card.no, author=me.id, body=body, before=version, at=ctx.now
        )
        if not saved:
            current = await report_store.find_draft(tx, me, report_id=report_id)
            if current is None:
                await refuse_filed(tx, ctx, report_id)
                raise NotFound()
            if (current.version, current.body) == (version + 1, body):  # the answer to this very save was lost
                return draft_of(current)
            raise PreconditionFailed(current=current_of(draft_of(current)))
        if version == 0:
            tx.audit("report_draft_begun", ids=[card.no])
    return Draft(report_id, customer_id, card.name, card.code, body, version + 1, ctx.now)


def current_of(draft: Draft) -> dict[str, Json]:
    return {"version": draft.version, "saved_at": draft.saved_at.isoformat(), "body": draft.body}


async def refuse_filed(tx: Tx, ctx: Ctx, report_id: UUID) -> None:
    """My other device has filed what this one is still writing."""
    await report_store.say_rights(tx, ctx.principal)
    filed = await report_store.find_report(tx, ctx.principal, report_id=report_id)
    if filed and filed.author_id == ctx.principal.id:
        raise reporting.ReportFiled()


def draft_of(row: Row[Any]) -> Draft:
    return Draft(row.id, row.customer_id, row.about_name, row.about_number, row.body, row.version, row.saved_at)


async def get_draft(ctx: Ctx, *, report_id: UUID) -> Draft:
    async with ctx.audited_read() as tx:
        row = await report_store.find_draft(tx, ctx.principal, report_id=report_id)
        if row is None:
            await refuse_filed(tx, ctx, report_id)
            raise NotFound()
        tx.audit("report_draft_seen", ids=[row.customer_no])
    return draft_of(row)


async def drop_draft(ctx: Ctx, *, report_id: UUID) -> None:
    async with ctx.write() as tx:
        row = await report_store.find_draft(tx, ctx.principal, report_id=report_id, lock=True)
        if row is None:
            raise NotFound()
        await report_store.drop_draft(tx, report_id=report_id, author=ctx.principal.id)
        tx.audit("report_draft_dropped", ids=[row.customer_no])
        tx.refresh([ctx.principal.id], "reports", f"customer:{row.customer_id}")
