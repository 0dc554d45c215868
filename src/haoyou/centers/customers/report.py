"""Reports as they are read: a customer's, one's own, one with all its versions; and next steps that are done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import contract, report_draft, report_store, reporting, service, store
from haoyou.centers.customers.report_draft import Account, Draft
from haoyou.centers.customers.reporting import Content, ReportState
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Forbidden, NotFound

DRAFTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Listed:
    """My drafts (with the first page only), and a page of reports, each with the text that holds."""

    drafts: Sequence[Draft]
    rows: Sequence[tuple[Row[Any], Content]]
    more: bool
    names: service.Names


@dataclass(frozen=True, slots=True)
class Detail:
    """One report as its reader sees it; `hidden` of the accounts it is about are not the reader's to see."""

    row: Row[Any]
    content: Content
    texts: Sequence[tuple[Row[Any], Content]]
    steps: Sequence[Row[Any]]
    readers: Sequence[int]
    accounts: Sequence[Account]
    hidden: int
    is_author: bool
    names: service.Names


async def list_reports(ctx: Ctx, *, customer_id: UUID, after: tuple[date, UUID] | None, limit: int) -> Listed:
    """The reports about a customer that the reader may read, the newest meeting first, and their own drafts."""
    me = ctx.principal
    async with ctx.audited_read() as tx:
        card = await store.find_card(tx, me.scope, customer_id=customer_id)
        if card is None:
            raise NotFound()
        await report_store.say_rights(tx, me)
        numbers = await store.list_members(tx, card)
        drafts = [] if after else await report_store.list_drafts(tx, me, numbers=numbers, limit=DRAFTS_MAX)
        rows = await report_store.list_of_customer(tx, me, numbers=numbers, after=after, limit=limit + 1)
        tx.audit("reports_listed", ids=[card.no])
    return await _listed(ctx, drafts, rows, limit)


async def list_my_reports(ctx: Ctx, *, after: tuple[date, UUID] | None, limit: int) -> Listed:
    """What the reader wrote or is named in, whoever the customer is."""
    me = ctx.principal
    async with ctx.audited_read() as tx:
        await report_store.say_rights(tx, me)
        drafts = [] if after else await report_store.list_drafts(tx, me, limit=DRAFTS_MAX)
        rows = await report_store.list_named(tx, me, after=after, limit=limit + 1)
        tx.audit("reports_listed", ids=sorted({row.customer_no for row in (*drafts, *rows)}))
    return await _listed(ctx, drafts, rows, limit)


async def _listed(ctx: Ctx, drafts: Sequence[Row[Any]], rows: Sequence[Row[Any]], limit: int) -> Listed:
    page = rows[:limit]
    names = await service.name_people(ctx, staff={row.author_id for row in page})
    return Listed(
        drafts=[report_draft.draft_of(row) for row in drafts],
        rows=[(row, Content.read(row.content)) for row in page],
        more=len(rows) > limit,
        names=names,
    )


async def get_report(ctx: Ctx, *, report_id: UUID) -> Detail:
    """One report with its versions, next steps, and the accounts it is about as far as the reader sees them."""
    me = ctx.principal
    async with ctx.audited_read() as tx:
        row = await _find(tx, ctx, report_id)
        texts = await report_store.list_texts(tx, report_id=report_id, limit=reporting.VERSIONS_MAX + 1)
        steps = await report_store.list_steps(tx, report_id=report_id, limit=reporting.STEPS_MAX)
        is_author = row.author_id == me.id
        readers = await report_store.list_readers(tx, report_id=report_id) if is_author else []
        content = Content.read(row.content)
        accounts = await report_store.list_owned(tx, me, ids=content.holdings) if content.holdings else []
        tx.audit("report_seen", ids=[row.customer_no, report_id])
    staff = {row.author_id, *content.staff, *readers, *(one.staff_id for one in steps)}
    staff |= {one.done_by for one in steps if one.done_by} | {one.written_by for one in texts}
    return Detail(
        row=row,
        content=content,
        texts=[(one, Content.read(one.content)) for one in texts],
        steps=steps,
        readers=readers,
        accounts=[Account.of(one) for one in accounts],
        hidden=len(content.holdings) - len(accounts),
        is_author=is_author,
        names=await service.name_people(ctx, staff=staff),
    )


async def _find(tx: Tx, ctx: Ctx, report_id: UUID) -> Row[Any]:
    await report_store.say_rights(tx, ctx.principal)
    row = await report_store.find_report(tx, ctx.principal, report_id=report_id)
    if row is None:
        raise NotFound()
    return row


async def finish_step(ctx: Ctx, *, report_id: UUID, number: int) -> None:
    """A next step is done, say the author or whoever was to do it; the to-do closes. Twice is as good as once."""
    me = ctx.principal.id
    async with ctx.write() as tx:
        row = await _find(tx, ctx, report_id)
        steps = await report_store.list_steps(tx, report_id=report_id, limit=reporting.STEPS_MAX)
        step = next((one for one in steps if one.number == number), None)
        if step is None:
            raise NotFound()
        if me not in (step.staff_id, row.author_id):
            raise Forbidden("Only its author, or whoever was to do it, can say that it is done.")
        if row.state == ReportState.WITHDRAWN:
            raise reporting.ReportWithdrawn()
        if await report_store.set_step_done(tx, report_id=report_id, number=number, by=me, at=ctx.now):
            tx.tell(contract.FollowUpSettled(follow_up_id=step.follow_up_id, staff_id=me))
        tx.audit("report_step_done", ids=[row.customer_no, report_id])
        tx.refresh([me, row.author_id, step.staff_id], "reports", f"report:{report_id}")
