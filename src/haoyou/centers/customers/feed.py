"""Filling customers with the facts of a bank day (backoffice.FactSink).

Every batch may come twice; older rows change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import assignment_store, contract, feed_store, rules, sensitive
from haoyou.centers.identity import contract as identity
from haoyou.kernel.ctx import Ctx, Tx
from haoyou.kernel.ids import new_id


async def take_customers(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.CustomerFact, ...]) -> None:
    """New and changed customers, found from now on by name, pinyin and telephone."""
    codes = tuple(sorted({row.institution_code for row in rows}))
    people = ctx.port(identity.IdentityPort)
    places = (await people.find_codes(ctx, institutions=codes, staff=())).institutions
    known = [row for row in rows if row.institution_code in places]
    version = stamp.bank_date.toordinal()
    async with ctx.write() as tx:
        _name_orphans(tx, "customers", {row.code for row in rows} - {row.code for row in known})
        if not known:
            return
        before = await feed_store.list_by_code(tx, source=stamp.source, codes=[row.code for row in known], lock=True)
        fresh = [row for row in known if row.code not in before or before[row.code].version <= version]
        if not fresh:
            return
        values = [_customer_values(ctx, row, stamp.source, places[row.institution_code], version) for row in fresh]
        await feed_store.upsert_customers(tx, values)
        after = await feed_store.list_by_code(tx, source=stamp.source, codes=[row.code for row in fresh])
        await feed_store.upsert_listings(tx, [_listing_values(row, after[row.code], stamp) for row in fresh])
        tokens = [token for row in fresh for token in _token_values(row, after[row.code])]
        await feed_store.replace_tokens(tx, numbers=[row.no for row in after.values()], rows=tokens)
        moved = [
            row for code, row in after.items() if code in before and before[code].institution_id != row.institution_id
        ]
        await _move(tx, {row.no: (row.institution_id, row.manager_id) for row in moved}, version)


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
        **sensitive.indexes(keys, row.phone, row.id_number),
    }


def _listing_values(row: backoffice.CustomerFact, customer: Row[Any], stamp: backoffice.Stamp) -> dict[str, Any]:
    return {
        "customer_no": customer.no,
        "institution_id": customer.institution_id,
        "manager_id": customer.manager_id,
        "line": customer.line,
        "sort_name": rules.sort_name(row.name, row.code),
        "currency": stamp.currency,
        "deposits_minor": 0,
        "loans_minor": 0,
        "aum_minor": 0,
        "tier": rules.tier_of(0),
        "as_of": stamp.bank_date,
        "last_contact_on": rules.NEVER,
        "open_opportunities": 0,
        "stamp_version": 0,
    }


def _token_values(row: backoffice.CustomerFact, customer: Row[Any]) -> list[dict[str, Any]]:
    scope = {"institution_id": customer.institution_id, "manager_id": customer.manager_id, "line": customer.line}
    return [{"token": one, "customer_no": customer.no, **scope} for one in rules.tokens_of(row.name, row.code)]


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
        await feed_store.upsert_assignments(
            tx, [_assignment_values(row, customers[row.customer_code], staff) for row in known]
        )
        touched = {customers[row.customer_code].no: customers[row.customer_code] for row in known}
        primary = await feed_store.list_primary(tx, numbers=list(touched), on=stamp.bank_date)
        changed = {
            number: (customer.institution_id, primary.get(number, 0))
            for number, customer in touched.items()
            if customer.manager_id != primary.get(number, 0)
        }
        await _move(tx, changed, stamp.bank_date.toordinal())


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


async def _move(tx: Tx, moves: Mapping[int, tuple[int, int]], version: int) -> None:
    """Give these customers to (institution, manager), here and by message everywhere."""
    if not moves:
        return
    await feed_store.move(
        tx, [{"number": number, "to_unit": unit, "to_manager": manager} for number, (unit, manager) in moves.items()]
    )
    versions = await assignment_store.next_versions(tx, numbers=list(moves), least=version)
    changes = tuple(
        contract.Assigned(number, unit, manager or None, versions[number])
        for number, (unit, manager) in sorted(moves.items())
    )
    tx.tell(contract.AssignmentChanged(changes=changes))
    tx.refresh({manager for _, manager in moves.values()}, "customers")


async def take_accounts(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.AccountFact, ...]) -> None:
    async with ctx.write() as tx:
        owners = await feed_store.list_by_code(
            tx, source=stamp.source, codes=sorted({row.customer_code for row in rows}), lock=True
        )
        known = [row for row in rows if row.customer_code in owners]
        _name_orphans(tx, "accounts", {row.code for row in rows if row.customer_code not in owners})
        if not known:
            return
        await feed_store.upsert_holdings(tx, [_holding_values(row, owners[row.customer_code], stamp) for row in known])
        await _renew(tx, [owners[row.customer_code].no for row in known])


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
        "principal_minor": row.principal_minor,
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
        "as_of": row.opened_on,
        "version": stamp.bank_date.toordinal(),
    }


async def take_balances(ctx: Ctx, *, stamp: backoffice.Stamp, rows: tuple[backoffice.BalanceFact, ...]) -> None:
    async with ctx.write() as tx:
        values = [{"account": row.account_code, "balance": row.balance_minor, "day": row.bank_date} for row in rows]
        known = await feed_store.list_known_accounts(tx, source=stamp.source, codes=[row.account_code for row in rows])
        _name_orphans(tx, "balances", {row.account_code for row in rows} - known)
        numbers = await feed_store.set_balances(tx, source=stamp.source, rows=values)
        await _renew(tx, numbers)


async def _renew(tx: Tx, numbers: Sequence[int]) -> None:
    await feed_store.renew_totals(tx, numbers=sorted(set(numbers)))
