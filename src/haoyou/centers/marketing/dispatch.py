"""Signals become work: one opportunity each, dispatched to the managing RM, held out, or set aside with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from haoyou.centers.customers import contract as customers
from haoyou.centers.insight.contract import SIGNALS_MAX, Figure, Finding, Signal
from haoyou.centers.marketing import arbitration, rules, service, store, wording
from haoyou.centers.marketing.contract import Arm, Status
from haoyou.centers.tasks import contract as tasks
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.money import Money
from haoyou.lake.discovery.definition import BY_CODE

HOLD_OUT = "marketing.control"  # the purpose of the fingerprint that draws the control group


async def raise_opportunities(ctx: Ctx, *, signals: Sequence[Finding]) -> None:
    """Make an opportunity of every signal that has none yet, and a task of every dispatched one."""
    assert len(signals) <= SIGNALS_MAX
    cards = await service.ask_cards(ctx, {signal.customer_no for signal in signals})
    async with ctx.write() as tx:
        await store.queue_reactions(tx)
        known = await store.list_known_signals(tx, signal_ids=[signal.id for signal in signals])
        fresh = [signal for signal in signals if signal.id not in known]
        if not fresh:
            return
        cards = await _with_last_word(tx, cards)
        decisions = await _decide(tx, fresh, cards)
        raised = [(one.candidate.signal.id, _opportunity(one, _arm(ctx, one.candidate))) for one in decisions]
        await store.add_opportunities(tx, raised)
        dispatched = [one for _, one in raised if one.status is Status.OPEN]
        for one in dispatched:
            tx.tell(_open_task(one))
        await tell_stamps(tx, {one.customer_no for one in dispatched})
        tx.refresh({one.manager_id for one in dispatched}, "tasks", "opportunities")
        tx.audit(
            "raised",
            ids=[one.id for _, one in raised],
            dispatched=len(dispatched),
            suppressed=sum(one.status is Status.SUPPRESSED for _, one in raised),
        )


async def _with_last_word(tx: Tx, cards: Mapping[int, customers.Card]) -> dict[int, customers.Card]:
    """The cards were asked before this transaction; of whoever changed hands meanwhile we were told."""
    moved = await store.list_assignments(tx, customers=list(cards))
    return {
        no: replace(
            card,
            institution_id=moved[no].institution_id,
            manager_id=moved[no].manager_id,
            line=moved[no].line or card.line,
        )
        if no in moved
        else card
        for no, card in cards.items()
    }


async def _decide(
    tx: Tx, signals: Sequence[Finding], cards: Mapping[int, customers.Card]
) -> list[arbitration.Decision]:
    since = arbitration.quiet_since(min(signal.bank_date for signal in signals))
    live = await store.list_live(tx, customers=sorted({signal.customer_no for signal in signals}), since=since)
    candidates = [arbitration.Candidate(signal, cards.get(signal.customer_no)) for signal in signals]
    return arbitration.decide(candidates, live=live)


def _arm(ctx: Ctx, candidate: arbitration.Candidate) -> Arm:
    """Drawn by a keyed fingerprint of the customer: the same for good, and nobody without the key can tell it."""
    if candidate.customer is None:
        return Arm.TREATED
    fingerprint = ctx.house.keyring.blind(str(candidate.customer.id), purpose=HOLD_OUT)
    is_held_out = rules.is_held_out(fingerprint, ctx.house.settings.control_group_percent)
    return Arm.CONTROL if is_held_out else Arm.TREATED


def _opportunity(decision: arbitration.Decision, arm: Arm) -> rules.Opportunity:
    """An unknown customer's row belongs to no institution and no line: only the house itself sees it."""
    signal, customer = decision.candidate.signal, decision.candidate.customer
    wording.text_of(signal.rule, signal.rule_version)
    taken = Status.OPEN if arm is Arm.TREATED else Status.CONTROL
    opportunity_id = rules.opportunity_id(signal.id)
    return rules.Opportunity(
        id=opportunity_id,
        customer_no=signal.customer_no,
        institution_id=customer.institution_id if customer else 0,
        manager_id=customer.manager_id or 0 if customer else 0,
        line=customer.line if customer else "",
        rule=signal.rule,
        rule_version=signal.rule_version,
        account_code=signal.account_code,
        raised_by=signal.raised_by,
        raised_on=signal.bank_date,
        expires_on=signal.judged_on,
        value=Money(signal.amount_minor, signal.currency),
        facts=rules.Facts(signal.figures),
        status=Status.SUPPRESSED if decision.suppressed else taken,
        suppressed_reason=decision.suppressed,
        task_id=rules.task_id(opportunity_id),
        contacted_at=None,
        last_outcome=None,
        version=1,
        arm=arm,
        factors=decision.factors,
        outscored_by=decision.outscored_by,
    )


def of_older_form(one: Signal) -> Finding:
    """A signal as it was told while large inflows were the only ones."""
    return Finding(
        id=one.id,
        rule=one.rule,
        rule_version=one.rule_version,
        customer_no=one.customer_no,
        account_code=one.account_code,
        raised_by=one.transaction_code,
        bank_date=one.bank_date,
        judged_on=BY_CODE[one.rule].judged_on(one.bank_date, None),
        amount_minor=one.amount_minor,
        currency=one.currency,
        figures=(
            Figure("history_count", one.history_count),
            Figure("history_sum_minor", one.history_sum_minor),
            Figure("balance_before_minor", one.balance_before_minor),
            Figure("counterparty", one.counterparty),
        ),
    )


def _open_task(one: rules.Opportunity) -> tasks.OpenTask:
    text = wording.text_of(one.rule, one.rule_version)
    return tasks.OpenTask(
        task_id=one.task_id,
        origin=origin_of(one.id),
        customer_no=one.customer_no,
        institution_id=one.institution_id,
        assignee_id=one.manager_id,
        line=one.line,
        title=text.task_title,
        why=text.why(one.value, one.facts),
        due_on=one.raised_on + timedelta(days=rules.TASK_DUE_DAYS),
        value_minor=one.value.minor,
        currency=one.value.currency,
    )


def origin_of(opportunity_id: UUID) -> tasks.Origin:
    return tasks.Origin(room="marketing", kind="opportunity", id=str(opportunity_id))


async def tell_stamps(tx: Tx, customer_numbers: set[int]) -> None:
    """Tell lists how many live opportunities these customers have now; the caller holds the queue of reactions."""
    for stamp in await store.list_stamps(tx, customers=sorted(customer_numbers)):
        tx.tell(
            customers.StampListing(customer_no=stamp.customer_no, open_opportunities=stamp.live, version=stamp.version)
        )


async def follow_assignments(ctx: Ctx, *, changes: Sequence[customers.Assigned]) -> None:
    """Rows move with their customers; a change older than the last one heard moves nothing."""
    async with ctx.write() as tx:
        await store.queue_reactions(tx)
        newer = await store.add_assignments(tx, changes)
        if not newer:
            return
        numbers = [one.customer_no for one in newer]
        before = await store.list_managers(tx, customers=numbers)
        if before:
            await store.restamp(tx, newer)
            after = await store.list_managers(tx, customers=numbers)
            tx.refresh(before | after, "opportunities")
