"""Use cases of moves: many customers change hands at once, first shown, then done, and taken back if need be.

Nothing of a preview is kept. What is confirmed carries the hash of what was seen; when the same selection would now
give something else, nothing happens and the person looks again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from haoyou.centers.customers import assignment, assignment_store, contract, handover, move_store, rules, service, store
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import Conflict, NotFound
from haoyou.kernel.ids import new_id
from haoyou.kernel.web.problem import invalid_field

MOVE_MAX = 10_000  # customers of one move: a whole outlet; more is done in several, each seen before
SHOWN_MAX = 100  # customers of a preview that are shown by name
UNDO_BANK_DAYS = 7


class PreviewStale(Conflict):
    code = "customers.preview_stale"
    title = "The customers have changed since the preview; please look again"


class TooMany(Conflict):
    """`most`: how many customers one move may take."""

    code = "customers.move_too_large"
    title = "Too many customers for one move; please choose fewer"


class MoveRunning(Conflict):
    code = "customers.move_running"
    title = "The move is still being carried out"


class UndoOver(Conflict):
    code = "customers.undo_over"
    title = "This move cannot be taken back any more"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would happen. `shown` and `shown_left` are the first of each with their cards."""

    plan: rules.Plan
    seen: str
    receivers: dict[int, int]
    """Manager → how many they have now."""
    cards: dict[int, contract.Card]
    waiting: tuple[contract.Waiting, ...]
    names: service.Names

    @property
    def gains(self) -> Counter[int]:
        return Counter(staff for _, staff in self.plan.moves)

    @property
    def losses(self) -> Counter[int]:
        return Counter(one.manager_id for one, _ in self.plan.moves)

    @property
    def left(self) -> Counter[rules.Left]:
        return Counter(reason for _, reason in self.plan.left)


@dataclass(frozen=True, slots=True)
class Move:
    row: Row[Any]
    states: dict[str, int]
    undoable: bool
    names: service.Names


@dataclass(frozen=True, slots=True)
class Item:
    """One customer of a move, who is in the reader's sight."""

    row: Row[Any]
    card: contract.Card


async def _receivers(ctx: Ctx, to: Sequence[int]) -> dict[int, set[str]]:
    """Manager → the lines they serve; all of them must be managers of my institutions."""
    lines: dict[int, set[str]] = {staff: set() for staff in dict.fromkeys(to)}
    for post in await assignment.list_serving(ctx):
        if post.staff_id in lines:
            lines[post.staff_id].update(post.lines)
    if not all(lines.values()):
        raise NotFound()
    return lines


async def _plan(
    ctx: Ctx, tx: Tx, wanted: rules.MoveSelection, lines: dict[int, set[str]], dealing: rules.Dealing
) -> tuple[rules.Plan, dict[int, int]]:
    if wanted.is_empty():
        raise invalid_field("select", "required", "choose customers by at least one condition")
    scope = assignment.reach(ctx.principal.scope)
    candidates = await move_store.list_candidates(tx, scope, wanted, limit=MOVE_MAX + 1)
    if len(candidates) > MOVE_MAX:
        raise TooMany(most=MOVE_MAX)
    held = await assignment_store.count_held(tx, staff=list(lines))
    receivers = [rules.Receiver(staff, tuple(served), held.get(staff, 0)) for staff, served in lines.items()]
    most = ctx.house.settings.customers_per_manager_max
    return rules.deal(candidates, receivers, most=most, dealing=dealing), held


async def preview(ctx: Ctx, *, wanted: rules.MoveSelection, to: Sequence[int], dealing: rules.Dealing) -> Preview:
    lines = await _receivers(ctx, to)
    async with ctx.audited_read() as tx:
        plan, held = await _plan(ctx, tx, wanted, lines, dealing)
        shown = [one.no for one, _ in (*plan.moves[:SHOWN_MAX], *plan.left[:SHOWN_MAX])]
        cards = {row.no: store.card(row) for row in await store.list_cards(tx, ctx.principal.scope, numbers=shown)}
        tx.audit("move_previewed", ids=shown, moves=len(plan.moves), left=len(plan.left))
    numbers = tuple(one.no for one, _ in plan.moves)
    parts = ctx.house.provided(contract.MovePart)
    waiting = [await part.count_waiting(ctx, customers=numbers) for part in parts]
    people = set(lines) | {one.manager_id for one, _ in (*plan.moves, *plan.left)}
    names = await service.name_people(ctx, staff=people)
    return Preview(plan, rules.seen_hash(plan), {one: held.get(one, 0) for one in lines}, cards, tuple(waiting), names)


async def make(
    ctx: Ctx, *, wanted: rules.MoveSelection, to: Sequence[int], dealing: rules.Dealing, seen: str, reason: str
) -> UUID:
    """Do what was seen. Up to 1,000 customers change hands with this commit, more of them batch by batch after it."""
    today = await assignment.bank_day(ctx)
    lines = await _receivers(ctx, to)
    move_id = new_id()
    async with ctx.write() as tx:
        plan, _ = await _plan(ctx, tx, wanted, lines, dealing)
        if not plan.moves or rules.seen_hash(plan) != seen:
            raise PreviewStale()
        values = {
            "id": move_id,
            "institution_id": int(ctx.principal.claims["institution_id"]),
            "made_by": ctx.principal.id,
            "made_at": ctx.now,
            "made_on": today,
            "reason": reason,
            "wanted": _written(wanted) | {"to": list(lines), "dealing": dealing.value},
            "total": len(plan.moves),
            "done": 0,
            "state": "running",
        }
        await move_store.add_move(tx, values)
        await move_store.add_items(tx, move_id=move_id, moves=plan.moves)
        tx.audit("move_made", ids=[one.no for one, _ in plan.moves], reason=reason, move=str(move_id))
        if len(plan.moves) > handover.BATCH:
            tx.tell(contract.CarryMove(move_id=move_id, undo=False))
        elif await _carry(ctx, tx, move_id, reason, today):
            raise PreviewStale()
    return move_id


def _written(wanted: rules.MoveSelection) -> dict[str, Any]:
    given = {name: value for name, value in asdict(wanted).items() if value not in (None, ())}
    return {name: [str(one) for one in value] if name == "customers" else value for name, value in given.items()} | (
        {"no_contact_since": str(wanted.no_contact_since)} if wanted.no_contact_since else {}
    )


async def _carry(ctx: Ctx, tx: Tx, move_id: UUID, reason: str, today: date) -> int:
    """Move one batch of what waits; answers how many had changed hands since they were looked at, and so are left."""
    items = {row.customer_no: row for row in await move_store.list_batch(
        tx, move_id=move_id, state="waiting", limit=handover.BATCH
    )}  # fmt: skip
    rows = await assignment_store.lock_customers(tx, numbers=list(items))
    fresh = [row for row in rows if row.handover_version == items[row.no].version]
    left = sorted(items.keys() - {row.no for row in fresh})
    await move_store.set_items(tx, move_id=move_id, numbers=left, state="left")
    if fresh:
        staff = {row.no: items[row.no].taker_id for row in fresh}
        said = handover.decisions(
            ctx, fresh, staff=staff, origin="move", reason=reason, today=today, from_date=today, move_id=move_id
        )
        await assignment_store.add_decisions(tx, said)
        await handover.settle(tx, fresh, on=today)
        await move_store.finish_items(tx, move_id=move_id, numbers=list(staff))
    await _note_progress(tx, move_id, "waiting", "done")
    return len(left)


async def _note_progress(tx: Tx, move_id: UUID, waits: str, end: str) -> bool:
    """How far it is; answers whether there is more to do."""
    states = await move_store.count_items(tx, move_id=move_id)
    more = states.get(waits, 0) > 0
    done = sum(states.values()) - states.get(waits, 0)
    await move_store.set_move(tx, move_id=move_id, done=done, state="running" if more else end)
    return more


async def carry(ctx: Ctx, *, told: contract.CarryMove) -> None:
    """The next batch of a large move, or of taking one back."""
    today = await assignment.bank_day(ctx)
    async with ctx.write() as tx:
        row = await move_store.find_move(tx, move_id=told.move_id, lock=True)
        if row is None or row.state != "running":
            return
        if told.undo:
            await _carry_back(ctx, tx, told.move_id, today)
        else:
            await _carry(ctx, tx, told.move_id, row.reason, today)
        waits = "moved" if told.undo else "waiting"
        if await move_store.has_item(tx, move_id=told.move_id, states=[waits]):
            tx.tell(told)
        tx.refresh([row.made_by], "moves", f"move:{told.move_id}")


async def undo(ctx: Ctx, *, move_id: UUID) -> None:
    """Take a move back: as though it had never been, but for customers somebody has moved again since."""
    today = await assignment.bank_day(ctx)
    async with ctx.write() as tx:
        row = await move_store.find_move(tx, move_id=move_id, lock=True)
        if row is None:
            raise NotFound()
        if row.state == "running":
            raise MoveRunning()
        if not await _is_undoable(tx, row, today):
            raise UndoOver()
        await move_store.set_move(tx, move_id=move_id, undone_by=ctx.principal.id, undone_at=ctx.now)
        tx.audit("move_undone", ids=[str(move_id)])
        if row.total > handover.BATCH:
            await move_store.set_move(tx, move_id=move_id, state="running", done=0)
            tx.tell(contract.CarryMove(move_id=move_id, undo=True))
        else:
            await _carry_back(ctx, tx, move_id, today)


async def _is_undoable(tx: Tx, row: Row[Any], today: date) -> bool:
    if row.state != "done":
        return False
    first = await assignment_store.bank_days_ago(tx, today=today, days=UNDO_BANK_DAYS)
    return first is None or row.made_on >= first


async def _carry_back(ctx: Ctx, tx: Tx, move_id: UUID, today: date) -> None:
    items = {row.customer_no: row for row in await move_store.list_batch(
        tx, move_id=move_id, state="moved", limit=handover.BATCH
    )}  # fmt: skip
    rows = await assignment_store.lock_customers(tx, numbers=list(items))
    ours = [row for row in rows if row.handover_version == items[row.no].version]
    numbers = [row.no for row in ours]
    by = ctx.principal.caused_by or ctx.principal.id
    await assignment_store.withdraw(tx, numbers=numbers, move_id=move_id, by=by, at=ctx.now)
    await handover.settle(tx, ours, on=today)
    await move_store.set_items(tx, move_id=move_id, numbers=numbers, state="undone")
    await move_store.set_items(tx, move_id=move_id, numbers=sorted(items.keys() - set(numbers)), state="kept")
    await _note_progress(tx, move_id, "moved", "undone")


async def list_moves(
    ctx: Ctx, *, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[Sequence[Row[Any]], bool, service.Names]:
    async with ctx.read() as tx:
        rows = await move_store.list_moves(tx, after=after, limit=limit + 1)
    names = await service.name_people(ctx, staff={row.made_by for row in rows[:limit]})
    return rows[:limit], len(rows) > limit, names


async def get_move(ctx: Ctx, *, move_id: UUID) -> Move:
    today = await assignment.bank_day(ctx)
    async with ctx.read() as tx:
        row = await move_store.find_move(tx, move_id=move_id)
        if row is None:
            raise NotFound()
        states = await move_store.count_items(tx, move_id=move_id)
        undoable = await _is_undoable(tx, row, today)
    people = {row.made_by, row.undone_by or 0, *row.wanted["to"]}
    return Move(row, states, undoable, await service.name_people(ctx, staff=people))


async def list_items(
    ctx: Ctx, *, move_id: UUID, after: int, limit: int
) -> tuple[list[Item], int | None, service.Names]:
    """Customers of a move, as far as the reader sees them; the second value says where the next page begins."""
    scope = ctx.principal.scope
    async with ctx.audited_read() as tx:
        if await move_store.find_move(tx, move_id=move_id) is None:
            raise NotFound()
        rows = await move_store.list_items(tx, scope, move_id=move_id, after=after, limit=limit + 1)
        numbers = [row.customer_no for row in rows[:limit]]
        rows_by_number = await store.find_cards(tx, scope, numbers=numbers)
        cards = {number: store.card(row) for number, row in rows_by_number.items()}
        tx.audit("move_items_listed", ids=numbers)
    staff = {person for row in rows[:limit] for person in (row.giver_id, row.taker_id)}
    items = [Item(row, cards[row.customer_no]) for row in rows[:limit] if row.customer_no in cards]
    following = numbers[-1] if len(rows) > limit else None
    return items, following, await service.name_people(ctx, staff=staff)
