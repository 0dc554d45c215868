"""A small bank for tests: HO above B1 and B2, outlets O11 and O12 in B1, O21 in B2, and people in each.

Staff codes say role and place: `RM-O11` (two of them: `RM2-O11`), `LM-O11`, `BM-B1`, `HO`, `ADMIN`. All serve the
retail line; `RMC-O11` serves corporate customers, `BM-…`, `HO` and `ADMIN` both.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from haoyou.centers.identity import contract, service, session, store
from haoyou.kernel.house import House
from haoyou.kernel.ids import new_id
from haoyou.kernel.names import Name

BANK_DATE = date(2026, 11, 20)
CURRENCY = "CNY"
PASSWORD = "correct horse battery"

HEAD, BRANCH, OUTLET = contract.InstitutionKind.HEAD, contract.InstitutionKind.BRANCH, contract.InstitutionKind.OUTLET
INSTITUTIONS = (
    contract.InstitutionRow("HO", Name("总行", "Head office"), HEAD, None),
    contract.InstitutionRow("B1", Name("一分行", "Branch one"), BRANCH, "HO"),
    contract.InstitutionRow("B2", Name("二分行", "Branch two"), BRANCH, "HO"),
    contract.InstitutionRow("O11", Name("一一网点", "Outlet one one"), OUTLET, "B1"),
    contract.InstitutionRow("O12", Name("一二网点", "Outlet one two"), OUTLET, "B1"),
    contract.InstitutionRow("O21", Name("二一网点", "Outlet two one"), OUTLET, "B2"),
)
RETAIL, BOTH = ("retail",), ("retail", "corporate")


def staff_row(
    code: str,
    institution: str,
    role: str = "relationship_manager",
    *,
    lines: tuple[str, ...] = RETAIL,
    name: str | None = None,
    left_on: date | None = None,
) -> contract.StaffRow:
    return contract.StaffRow(code, name or f"员工{code}", institution, role, lines, left_on)


STAFF = (
    *(staff_row(f"RM-{place}", place) for place in ("O11", "O12", "O21")),
    staff_row("RM2-O11", "O11"),
    staff_row("RMC-O11", "O11", lines=("corporate",)),
    *(staff_row(f"LM-{place}", place, "lobby_manager") for place in ("O11", "O12", "O21")),
    *(staff_row(f"BM-{place}", place, "branch_manager", lines=BOTH) for place in ("B1", "B2")),
    staff_row("HO", "HO", "head_office", lines=BOTH),
    staff_row("ADMIN", "HO", "administrator", lines=BOTH),
)


@dataclass(frozen=True, slots=True)
class Bank:
    """Our numbers for the codes above."""

    institutions: dict[str, int]
    staff: dict[str, int]


async def make_bank(house: House) -> Bank:
    """Roles with the permissions of all rooms, institutions, staff, and the bank's first day."""
    await seed_roles(house)
    await service.apply_institutions(house.service_ctx("identity"), rows=INSTITUTIONS)
    await service.apply_staff(house.service_ctx("identity"), rows=STAFF)
    await advance_to(house, BANK_DATE)
    return await codes(house)


async def advance_to(house: House, business_date: date) -> None:
    """A later bank day has begun."""
    await service.advance_business_date(house.service_ctx("identity"), business_date=business_date, currency=CURRENCY)


async def seed_roles(house: House) -> None:
    permissions = {name: roles for room in house.rooms for name, roles in room.permissions.items()}
    await service.seed_roles(house.service_ctx("identity"), permissions=permissions)


async def codes(house: House) -> Bank:
    found = await service.find_codes(
        house.service_ctx("identity"),
        institutions=tuple(row.code for row in INSTITUTIONS),
        staff=tuple(row.code for row in STAFF),
    )
    return Bank(found.institutions, found.staff)


async def give_post(house: House, *, staff: int, institution: int, role: str, lines: tuple[str, ...] = RETAIL) -> int:
    """A second post, made by hand; answers its number."""
    async with house.service_ctx("identity").write() as tx:
        return await store.add_post(
            tx, staff_id=staff, institution_id=institution, role=role, lines=lines, from_feed=False
        )


async def open_session(house: House, *, code: str, post: int | None = None, device: str = "desktop") -> str:
    """A session without the password's half second of work; answers its token."""
    return (await open_named_session(house, code=code, post=post, device=device))[0]


async def open_named_session(
    house: House, *, code: str, post: int | None = None, device: str = "desktop"
) -> tuple[str, UUID]:
    """Token and number of a new session."""
    token, session_id = secrets.token_urlsafe(32), new_id()
    ctx = house.service_ctx("identity")
    async with ctx.write() as tx:
        person = await store.find_sign_in(tx, login=code)
        assert person, f"nobody has the code {code}; did the test make the `bank`?"
        posts = [row.id for row in await store.list_posts(tx, staff_ids=[person.id])]
        values = {"id": session_id, "token_hash": session.hash_token(token), "staff_id": person.id, "device": device}
        times = {"created_at": ctx.now, "seen_at": ctx.now}
        await store.add_session(tx, {**values, **times, "post_id": post or posts[0]})
    return token, session_id
