"""Histories of customers who are merged and parted, beside twins to whom the same happens and who never are.

After the last parting nothing tells them apart: not their page, and no row that any table holds of them.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from haoyou.centers.backoffice import contract as backoffice
from haoyou.centers.customers import governor, service
from haoyou.centers.customers.contract import Channel, ContactOutcome, RecordContact, StampListing
from haoyou.centers.customers.tests.factories import SINCE, read_cards, read_rows, relationship_fact
from haoyou.centers.customers.tests.factories import feed as bring
from haoyou.centers.identity.tests.factories import BANK_DATE, CURRENCY, Bank, advance_to
from haoyou.kernel.house import House
from haoyou.kernel.masking import Address, BirthDate, Phone
from haoyou.kernel.testing.client import Client
from haoyou.kernel.testing.clock import START
from haoyou.kernel.testing.outbox import settle

PLACES = ("O11", "O12", "O21")
MANAGERS = ("RM-O11", "RM2-O11", "RM-O12", "RM-O21")
NAMES = ("王芳", "王方", "李秀英")
PHONES = ("13811112222", "13933334444")
ROOM = "/api/customers/v1"

OWN_KEYS = {
    "customer": {"no", "id", "code", "fingerprint", "handover_version", "birth_date", "phone", "id_number"},
    "listing": {"customer_no"},
    "token": {"customer_no"},
    "holding": {"id", "code", "customer_no"},
    "assignment": {"customer_no"},
    "decision": {"id", "customer_no"},
    "contact": {"id", "customer_no"},
    "consent": {"customer_no"},
    "relationship": {"customer_no", "other_no"},
    "profile": {"customer_no", "address"},
    "position_day": {"customer_no"},
    "document": {"customer_no", "reminded_for"},
}
"""What must differ between twins: our own numbers, and values sealed anew each time (their fingerprints are compared).

`handover_version` counts changes of hands, of which a merge is one. A reminder sent to whoever managed both stays sent
(`reminded_for`): its to-do goes where the customer goes.
"""
PAGE_KEYS = {"id", "number", "account_masked"}


@dataclass
class History:
    """`office` is head office, `branches` the manager above each outlet.

    `codes` of those who are merged and parted; each has a twin. `merges`: loser → survivor and merge, of those that
    hold; `made` all there ever were.
    """

    house: House
    office: Client
    branches: Mapping[str, Client]
    bank: Bank
    chance: Random
    codes: tuple[str, ...]
    day: date = BANK_DATE
    cards: dict[str, Any] = field(default_factory=dict[str, Any])
    merges: dict[str, tuple[str, UUID]] = field(default_factory=dict[str, tuple[str, UUID]])
    made: list[UUID] = field(default_factory=list[UUID])
    done: list[str] = field(default_factory=list[str])
    steps: int = 0

    def both(self, code: str) -> tuple[str, str]:
        return code, twin(code)

    def root(self, code: str) -> str:
        while code in self.merges:
            code = self.merges[code][0]
        return code

    def roots(self) -> list[str]:
        return [code for code in self.codes if code not in self.merges]

    async def begin(self) -> None:
        await self._feed_customers(list(self.codes))
        everybody = [one for code in self.codes for one in self.both(code)]
        self.cards = await read_cards(self.house, *everybody)
        accounts = [self._account(code, "demand") for code in everybody]
        await bring(self.house, accounts=accounts, day=self.day)

    async def step(self) -> None:
        """One thing happens; to the twins the same, but for merging and parting."""
        self.steps += 1
        kinds: list[Callable[[], Awaitable[None]]] = [
            self._balances, self._customers, self._assignments, self._terms, self._next_day, self._contact,
            self._stamp, self._decide, self._document, self._refuse, self._relation, self._merge, self._merge,
            self._part,
        ]  # fmt: skip
        chosen = self.chance.choice(kinds)
        self.done.append(chosen.__name__)
        await chosen()

    async def part_all(self) -> None:
        while self.merges:
            await self._part()

    async def _feed_customers(self, codes: list[str]) -> None:
        facts: list[backoffice.CustomerFact] = []
        for code in codes:
            place, name, phone = (self.chance.choice(choices) for choices in (PLACES, NAMES, PHONES))
            address = f"南宁市{self.chance.randrange(9)}号" if self.chance.random() < 0.5 else None
            expires = self.day + timedelta(days=self.chance.randrange(400))
            facts += [
                backoffice.CustomerFact(
                    code=one, kind="person", name=name, institution_code=place, line="retail",
                    birth_date=BirthDate("1990-01-01"), sex="female", phone=Phone(phone), id_kind=None, id_number=None,
                    uscc=None, since=SINCE, address=Address(address) if address else None, occupation=None,
                    risk_level=None, id_expires_on=expires,
                )
                for one in self.both(code)
            ]  # fmt: skip
        await bring(self.house, customers=facts, day=self.day)

    def _some(self) -> list[str]:
        return [code for code in self.codes if self.chance.random() < 0.6] or [self.codes[0]]

    def _account(self, code: str, kind: str) -> backoffice.AccountFact:
        return backoffice.AccountFact(f"{code}/{kind}", code, kind, CURRENCY, kind, None, SINCE, None)

    async def _customers(self) -> None:
        await self._feed_customers(self._some())

    async def _balances(self) -> None:
        balances: list[backoffice.BalanceFact] = []
        for code in self._some():
            minor = self.chance.randrange(80_000_000)
            balances += [backoffice.BalanceFact(f"{one}/demand", self.day, minor) for one in self.both(code)]
        await bring(self.house, balances=balances, day=self.day)

    async def _terms(self) -> None:
        """A deposit for a term, which ends one of the next days."""
        accounts: list[backoffice.AccountFact] = []
        terms: list[backoffice.TermFact] = []
        balances: list[backoffice.BalanceFact] = []
        for code in self._some():
            ends, minor, kind = (
                self.day + timedelta(days=self.chance.randrange(6)),
                self.chance.randrange(10**7),
                "term",
            )
            for one in self.both(code):
                accounts.append(self._account(one, kind))
                balances.append(backoffice.BalanceFact(f"{one}/{kind}", self.day, minor))
                terms.append(backoffice.TermFact(f"{one}/{kind}", 21_000, ends, None, None))
        await bring(self.house, accounts=accounts, terms=terms, balances=balances, day=self.day)

    async def _assignments(self) -> None:
        code, staff = self.chance.choice(self.codes), self.chance.choice(MANAGERS)
        begins = self.day - timedelta(days=self.chance.randrange(20))
        ends = self.day + timedelta(days=self.chance.randrange(5)) if self.chance.random() < 0.3 else None
        kind = self.chance.choice(("primary", "primary", "assisting"))
        facts = [backoffice.AssignmentFact(one, staff, kind, begins, ends) for one in self.both(code)]
        await bring(self.house, assignments=facts, day=self.day)

    async def _next_day(self) -> None:
        self.day += timedelta(days=1)
        await advance_to(self.house, self.day)
        await settle(self.house)

    async def _contact(self) -> None:
        code = self.chance.choice(self.codes)
        outcome = self.chance.choice((ContactOutcome.REACHED, ContactOutcome.NOT_REACHED))
        for one in self.both(code):
            told = RecordContact(
                contact_id=uuid5(NAMESPACE_URL, f"{one}/{self.steps}"), customer_no=self.cards[one].no,
                staff_id=self.bank.staff["RM-O11"], channel=Channel.CALL, outcome=outcome, note="", made_at=START,
                bank_date=self.day, next_on=None, origin="test", reservation_id=None,
            )  # fmt: skip
            await governor.record_contact(self.house.service_ctx("customers"), told=told)

    async def _stamp(self) -> None:
        code, count = self.chance.choice(self.codes), self.chance.randrange(4)
        for one in self.both(code):
            told = StampListing(self.cards[one].no, count, self.steps)
            await service.stamp_listing(self.house.service_ctx("customers"), told=told)

    async def _decide(self) -> None:
        """The house decides about customers as they are now; of a merged one it is the survivor."""
        code, staff = self.chance.choice(self.roots()), self.chance.choice(MANAGERS)
        for one in self.both(code):
            body = {"kind": "primary", "staff_id": self.bank.staff[staff], "from_date": str(self.day), "reason": "调整"}
            await self._ask("POST", f"/customers/{self.cards[one].id}/assignments", 204, body)

    async def _document(self) -> None:
        code = self.chance.choice(self.roots())
        expires = str(self.day + timedelta(days=self.chance.randrange(30)))
        for one in self.both(code):
            path = f"/customers/{self.cards[one].id}/documents/identity_document"
            await self._ask("PUT", path, 204, {"held": True, "expires_on": expires}, await self._branch_of(one))

    async def _refuse(self) -> None:
        code = self.chance.choice(self.roots())
        for one in self.both(code):
            body = {"channel": "message", "granted": False}
            path = f"/customers/{self.cards[one].id}/consents"
            await self._ask("POST", path, 204, body, await self._branch_of(one))

    async def _relation(self) -> None:
        one, two = self.chance.sample(self.codes, 2)
        ends = self.day + timedelta(days=9) if self.chance.random() < 0.5 else None
        facts = [
            relationship_fact(a, "spouse", b, to_date=ends) for a, b in zip(self.both(one), self.both(two), strict=True)
        ]
        await bring(self.house, relationships=facts, day=self.day)

    async def _merge(self) -> None:
        roots = self.roots()
        if len(roots) < 2:
            return
        survivor, loser = self.chance.sample(roots, 2)
        ends = {"survivor_id": str(self.cards[survivor].id), "loser_id": str(self.cards[loser].id)}
        body = ends | {"reason": "证件核对为同一人"}
        made = await self._ask("POST", "/merges", 201, body)
        self.made.append(UUID(made["id"]))
        self.merges[loser] = (survivor, self.made[-1])
        await self.check_sums(self.root(survivor))

    async def _part(self) -> None:
        if self.merges:
            loser = self.chance.choice(sorted(self.merges))
            _, merge_id = self.merges.pop(loser)
            await self._ask("POST", f"/merges/{merge_id}/undo", 204, {"reason": "核对有误"})

    async def _branch_of(self, code: str) -> Client:
        page = await self.office.get(f"{ROOM}/customers/{self.cards[code].id}")
        here = page.json()["card"]["institution"]["id"]
        return next(self.branches[place] for place in PLACES if self.bank.institutions[place] == here)

    async def _ask(self, method: str, path: str, status: int, body: dict[str, Any], who: Client | None = None) -> Any:
        answer = await (who or self.office).send(method, f"{ROOM}{path}", json=body)
        assert answer.status_code == status, (path, answer.text, self.done)
        return answer.json() if status != 204 else None

    async def check_sums(self, survivor: str) -> None:
        """The one row of a merged customer says what the rows of the twins say together."""
        members = [code for code in self.codes if self.root(code) == survivor]
        sums = (
            "sum(deposits_minor), sum(aum_minor), max(last_contact_on), min(next_maturity_on), sum(open_opportunities)"
        )
        numbers = ", ".join(str(self.cards[twin(code)].no) for code in members)
        own = self.cards[survivor].no
        words = f"select {sums} from customers.listing where customer_no"
        (apart,) = await read_rows(self.house, f"{words} in ({numbers})")
        (together,) = await read_rows(self.house, f"{words} = {own}")
        assert tuple(together) == tuple(apart), self.done

    async def differences(self) -> list[str]:
        """Where somebody who was merged and parted is told from their twin."""
        found: list[str] = []
        for code in self.codes:
            seen = [await self._read(one) for one in self.both(code)]
            found += [f"{code}: {part}" for part in seen[0] if seen[0][part] != seen[1][part]]
        return found

    async def _read(self, code: str) -> dict[str, Any]:
        number = self.cards[code].no
        seen: dict[str, Any] = {}
        for table, own in OWN_KEYS.items():
            key = "no" if table == "customer" else "customer_no"
            rows = await read_rows(
                self.house, f"select to_jsonb(t) as said from customers.{table} t where {key} = {number}"
            )
            kept = [{name: value for name, value in row.said.items() if name not in own} for row in rows]
            seen[table] = sorted(repr(row).replace(code.lower(), "·").replace(code, "·") for row in kept)
        for part in ("", "/positions", "/documents", "/contacts", "/assignments"):
            answer = await self.office.get(f"{ROOM}/customers/{self.cards[code].id}{part}")
            assert answer.status_code == 200, answer.text
            seen[f"page{part}"] = _without_keys(answer.json())
        return seen


def branches_of(client: Client) -> dict[str, Client]:
    """Whoever answers for each outlet, signed in once."""
    one, two = client.as_staff("BM-B1"), client.as_staff("BM-B2")
    return {"O11": one, "O12": one, "O21": two}


def twin(code: str) -> str:
    return code.replace("A", "T", 1)


def _without_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_keys(one) for name, one in value.items() if name not in PAGE_KEYS}
    return [_without_keys(one) for one in value] if isinstance(value, list) else value
