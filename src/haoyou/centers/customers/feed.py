"""Filling customers with the facts of a bank day (backoffice.FactSink).

Every batch may come twice; older rows change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import (
    contract,
    detail,
    feed_store,
    figure_store,
    handover,
    merge_store,
    rules,
    sensitive,
)
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.ids import new_id

MATURED_MAX = 50_000  # of one day: a short transaction; whoever is left over has their turn on the next


async def take_customers(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.CustomerFact, ...]) -> None:
    """New and changed customers, found from now on by name, pinyin and telephone."""
    codes = tuple(sorted({row.institution_code for row in rows}))
    people = ctx.port(identity.IdentityPort)
    places = (await people.find_codes(ctx, institutions=codes, staff=())).institutions
    known = [row for row in rows if row.institution_code in places]
    version = stamp.bank_date.toordinal()
    async with ctx.write() as tx:
        _name_orphans(tx, "customers", {row.code for row in rows} - {row.code for row in known})
        before = await feed_store.list_by_code(tx, source=stamp.source, codes=[row.code for row in known], lock=True)
        groups = await merge_store.list_groups(tx, numbers=[row.no for row in before.values()])
        losers = {number for number, survivor in groups.items() if number != survivor}
        news: list[dict[str, Any]] = []
        facts: dict[str, backoffice.CustomerFact] = {}
        for row in known:
            fingerprint = sensitive.fingerprint(ctx.house.keyring, row)
            stands = before.get(row.code)
            if stands is None or (stands.version <= version and stands.fingerprint != fingerprint):
                facts[row.code] = row
                values = _customer_values(ctx, row, stamp.source, places[row.institution_code], version)
                if stands is not None and stands.no in losers:  # stands where its survivor does
                    values |= {"institution_id": stands.institution_id, "line": stands.line}
                news.append(values | {"fingerprint": fingerprint})
        if not news:
            return
        after = await feed_store.put_customers(tx, news)
        listed = [_listing_values(facts[code], row, stamp) for code, row in after.items() if row.no not in losers]
        if listed:
            await feed_store.put_listings(tx, listed)
        own = {row.no: (places[facts[code].institution_code], facts[code].line) for code, row in after.items()}
        if merged := {number: place for number, place in own.items() if number in groups}:
            await merge_store.set_own_places(tx, merged)
        await _renew_tokens(tx, facts, before, after)
        await detail.take(ctx, tx, [(facts[code], row.no) for code, row in after.items()])
        moved = {
            row.no: rules.Place(row.institution_id, row.manager_id, row.line)
            for code, row in after.items()
            if code in before and (before[code].institution_id, before[code].line) != (row.institution_id, row.line)
        }
        await handover.give(tx, moved, least=version)
        tx.tell(contract.LookForDuplicates(tuple(sorted(row.no for row in after.values())), stamp.bank_date))


async def _renew_tokens(
    tx: Tx,
    facts: Mapping[str, backoffice.CustomerFact],
    before: Mapping[str, Row[Any]],
    after: Mapping[str, Row[Any]],
) -> None:
    """What customers are found by, of those who are new or have another name."""
    named = [
        (facts[code], row) for code, row in after.items() if code not in before or before[code].name != facts[code].name
    ]
    renamed = [row.no for fact, row in named if fact.code in before]
    if renamed:
        await feed_store.drop_tokens(tx, numbers=renamed)
    if named:
        await feed_store.add_tokens(tx, [_token_values(fact, row) for fact, row in named])


def _name_orphans(tx: Tx, what: str, codes: Iterable[str]) -> None:
    """Rows that name something we do not know are not taken, and the record says which."""
    missing = sorted(codes)
    if missing:
        tx.audit(f"orphan_{what}", ids=missing, reason="names something this house does not know")


def _customer_values(
    ctx: Ctx, row: backoffice.CustomerFact, source: str, institution_id: int, version: int
) -> dict[str, Any]:
    keys = ctx.house.keyring
    return {
        "id": new_id(),
        "source": source,
        "code": row.code,
        "kind": row.kind,
        "name": row.name,
        "institution_id": institution_id,
        "manager_id": 0,
        "line": row.line,
        "sex": row.sex,
        "birth_date": sensitive.seal(keys, row.birth_date),
        "phone": sensitive.seal(keys, row.phone),
        "id_kind": row.id_kind,
        "id_number": sensitive.seal(keys, row.id_number),
        "uscc": row.uscc,
        "since": row.since,
        "version": version,
        "birth_index": sensitive.birth_index(keys, row.name, row.birth_date),
        **sensitive.indexes(keys, row.phone, row.id_number),
    }


def _listing_values(row: backoffice.CustomerFact, customer: Row[Any], stamp: backoffice.Stamp) -> dict[str, Any]:
    return {
        "customer_no": customer.no,
        "institution_id": customer.institution_id,
        "manager_id": customer.manager_id,
        "line": customer.line,
        "kind": row.kind,
        "sort_name": rules.sort_name(row.name, row.code),
        "currency": stamp.currency,
        "deposits_minor": 0,
        "loans_minor": 0,
        "aum_minor": 0,
        "tier": rules.tier_of(0),
        "as_of": stamp.bank_date,
        "last_contact_on": rules.NEVER,
        "next_maturity_on": rules.FAR,
        "open_opportunities": 0,
        "stamp_version": 0,
    }


def _token_values(row: backoffice.CustomerFact, customer: Row[Any]) -> dict[str, Any]:
    return {
        "customer_no": customer.no,
        "institution_id": customer.institution_id,
        "manager_id": customer.manager_id,
        "line": customer.line,
        "tokens": rules.tokens_of(row.name, row.code),
    }


async def take_assignments(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.AssignmentFact, ...]) -> None:
    """Who looks after whom; the managing RM is the newest primary assignment that holds today."""
    codes = tuple(sorted({row.staff_code for row in rows}))
    staff = (await ctx.port(identity.IdentityPort).find_codes(ctx, institutions=(), staff=codes)).staff
    async with ctx.write() as tx:
        customers = await feed_store.list_by_code(
            tx, source=stamp.source, codes=sorted({row.customer_code for row in rows}), lock=True
        )
        known = [row for row in rows if row.customer_code in customers and row.staff_code in staff]
        _name_orphans(tx, "assignments", {row.customer_code for row in set(rows).difference(known)})
        if not known:
            return
        await feed_store.put_assignments(
            tx, [_assignment_values(row, customers[row.customer_code], staff) for row in known]
        )
        touched = {customers[row.customer_code].no: customers[row.customer_code] for row in known}
        primary = await feed_store.list_primary(tx, numbers=list(touched), on=stamp.bank_date)
        changed = {
            number: rules.Place(customer.institution_id, primary.get(number, 0), customer.line)
            for number, customer in touched.items()
            if customer.manager_id != primary.get(number, 0)
        }
        await handover.give(tx, changed, least=stamp.bank_date.toordinal())


def _assignment_values(row: backoffice.AssignmentFact, customer: Row[Any], staff: Mapping[str, int]) -> dict[str, Any]:
    return {
        "customer_no": customer.no,
        "staff_id": staff[row.staff_code],
        "kind": row.kind,
        "from_date": row.from_date,
        "to_date": row.to_date,
        "institution_id": customer.institution_id,
        "manager_id": customer.manager_id,
        "line": customer.line,
    }


async def take_accounts(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.AccountFact, ...]) -> None:
    async with ctx.write() as tx:
        owners = await feed_store.list_by_code(
            tx, source=stamp.source, codes=sorted({row.customer_code for row in rows}), lock=True
        )
        known = [row for row in rows if row.customer_code in owners]
        _name_orphans(tx, "accounts", {row.code for row in rows if row.customer_code not in owners})
        if not known:
            return
        values = [_holding_values(row, owners[row.customer_code], stamp) for row in known]
        await _renew(tx, await feed_store.put_holdings(tx, values), stamp)


def _holding_values(row: backoffice.AccountFact, owner: Row[Any], stamp: backoffice.Stamp) -> dict[str, Any]:
    return {
        "source": stamp.source,
        "code": row.code,
        "customer_no": owner.no,
        "institution_id": owner.institution_id,
        "manager_id": owner.manager_id,
        "line": owner.line,
        "kind": row.kind,
        "product": row.product,
        "currency": row.currency,
        "balance_minor": 0,
        "balance_known": False,
        "principal_minor": row.principal_minor,
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
        "as_of": row.opened_on,
        "version": stamp.bank_date.toordinal(),
        "terms_version": 0,
    }


async def take_terms(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.TermFact, ...]) -> None:
    """What accounts say besides: rate, the day they end, limit, state."""
    values = [
        {
            "source": stamp.source,
            "code": row.account_code,
            "terms_version": stamp.bank_date.toordinal(),
            "rate_ppm": row.rate_ppm,
            "matures_on": row.matures_on,
            "limit_minor": row.limit_minor,
            "status": row.status,
        }
        for row in rows
    ]
    async with ctx.write() as tx:
        known = await feed_store.list_known_accounts(tx, source=stamp.source, codes=[row.account_code for row in rows])
        _name_orphans(tx, "terms", {row.account_code for row in rows} - known)
        await _renew(tx, await feed_store.set_terms(tx, values), stamp)


async def take_balances(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.BalanceFact, ...]) -> None:
    values = [
        {"source": stamp.source, "code": row.account_code, "balance_minor": row.balance_minor, "as_of": row.bank_date}
        for row in rows
    ]
    async with ctx.write() as tx:
        known = await feed_store.list_known_accounts(tx, source=stamp.source, codes=[row.account_code for row in rows])
        _name_orphans(tx, "balances", {row.account_code for row in rows} - known)
        await _renew(tx, await feed_store.set_balances(tx, values), stamp)


async def _renew(tx: Tx, numbers: Sequence[int], stamp: backoffice.Stamp) -> None:
    if numbers:
        await figure_store.renew_totals(tx, numbers=set(numbers), currency=stamp.currency, on=stamp.bank_date)


async def pass_maturities(ctx: Ctx, *, on: date, currency: str) -> None:
    """A new bank day: whoever's next maturity has passed has another next one, or none."""
    async with ctx.write() as tx:
        await figure_store.pass_maturities(tx, on=on, currency=currency, most=MATURED_MAX)
