"""What the bank knows of a customer besides who they are: address, occupation, risk level, and positions day by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import detail_store, document, rules, sensitive, store
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.errors import NotFound

MONTHS_MAX = 12
DAYS_PER_MONTH = 31  # a window for a picture, not a term


@dataclass(frozen=True, slots=True)
class Positions:
    """Rows of the days on which something changed; the first may lie before `since` and says what was had then."""

    since: date
    on: date
    rows: Sequence[rules.Position]


async def take(ctx: Ctx, tx: Tx, rows: Sequence[tuple[backoffice.CustomerFact, int]]) -> None:
    """What a batch of the feed says of these customers (fact and number) besides who they are."""
    said = {number: fact for fact, number in rows if fact.address or fact.occupation or fact.risk_level}
    values = [
        {
            "customer_no": number,
            "address": sensitive.seal(ctx.house.keyring, fact.address),
            "occupation": fact.occupation,
            "risk_level": fact.risk_level,
        }
        for number, fact in said.items()
    ]
    await detail_store.upsert_profiles(tx, values, without=[number for _, number in rows if number not in said])
    await document.take_expiries(ctx, tx, rows)


async def list_positions(ctx: Ctx, *, customer_id: UUID, months: int) -> Positions:
    """What a customer had, over so many months up to the bank's day."""
    today = (await ctx.port(identity.IdentityPort).get_bank_day(ctx)).business_date
    since = date.fromordinal(today.toordinal() - months * DAYS_PER_MONTH)
    async with ctx.audited_read() as tx:
        row = await store.find_card(tx, ctx.principal.scope, customer_id=customer_id)
        if row is None:
            raise NotFound()
        numbers = await store.list_members(tx, row)
        rows = await detail_store.list_positions(tx, ctx.principal.scope, numbers=numbers, since=since)
        tx.audit("positions_seen", ids=numbers)
    said = [
        rules.Position(
            one.customer_no, one.bank_date, one.deposits_minor, one.wealth_minor, one.loans_minor, one.currency
        )
        for one in rows
    ]
    return Positions(since, today, rules.add_positions(said, currency=row.currency))
