"""Who the demonstration bank serves and who works there; the same seed and size give the same world."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demobank.feed import Row
from demobank.guangxi.numbers import credit_code, id_number, mobile
from demobank.guangxi.places import HEAD_ID, Map, Outlet, draw_map
from demobank.names import company_name, person_name, staff_name

HISTORY_DAYS = (
    200  # more than the 180 days the inflow rule looks back, so that the first days are judged like later ones
)
CORPORATE_SHARE = 0.06
CUSTOMERS_PER_MANAGER = 80
HEAD_OFFICE_STAFF = 3
NEW_SHARE = 0.05  # customers who came within the history: too young for some rules, as in any bank
UNASSIGNED_SHARE = 0.02  # the open pool: customers without a manager
ASSISTED_SHARE = 0.05
TERM_SHARE = 0.25
CARD_SHARE = 0.20
LOAN_SHARE = 0.08
YUAN = 100

# What a person lives on: share of people, the money of one credit in yuan, from and to.
LIVINGS = {"worker": (0.62, 3_500, 14_000), "pensioner": (0.18, 1_800, 4_800), "merchant": (0.20, 600, 4_000)}


@dataclass(frozen=True, slots=True)
class Customer:
    """`income_fen` is the usual single credit; `payday` a day of the month; `payer` who it comes from."""

    index: int
    customer_id: str
    name: str
    outlet: Outlet
    living: str  # worker, pensioner, merchant or company
    income_fen: int
    payday: int
    payer: str
    since: date
    start_fen: int
    row: Row

    @property
    def account_id(self) -> str:
        return f"10{self.index + 1:08d}"


@dataclass(frozen=True, slots=True)
class SideAccount:
    """A term deposit, loan or card that somebody has beside the demand account."""

    account_id: str
    customer: Customer
    kind: str
    opened_on: date
    product: str
    amount_fen: int  # the deposit of a term account, the principal of a loan, 0 for a card


@dataclass(frozen=True, slots=True)
class World:
    map: Map
    staff: list[Row]
    customers: list[Customer]
    assignments: list[Row]
    sides: list[SideAccount]


def build_world(*, customers: int, seed: int, opening_day: date) -> World:
    drawn = draw_map(customers)
    random = Random(f"demo:{seed}:world")  # noqa: S311 - an invented world must come out the same again
    people = [_customer(random, index, drawn, opening_day) for index in range(customers)]
    managers, staff = _staff(random, drawn, people)
    return World(
        map=drawn,
        staff=staff,
        customers=people,
        assignments=list(_assignments(random, people, managers)),
        sides=[side for customer in people for side in _sides(random, customer, opening_day)],
    )


def _customer(random: Random, index: int, drawn: Map, opening_day: date) -> Customer:
    outlet = random.choice(drawn.outlets)
    is_new = random.random() < NEW_SHARE
    since = opening_day - timedelta(
        days=random.randrange(1, HISTORY_DAYS - 1) if is_new else random.randrange(HISTORY_DAYS, 5_000)
    )
    make = _company if random.random() < CORPORATE_SHARE else _person
    return make(random, index, outlet, since, opening_day)


def _person(random: Random, index: int, outlet: Outlet, since: date, opening_day: date) -> Customer:
    living = random.choices(list(LIVINGS), [share for share, _, _ in LIVINGS.values()])[0]
    _, low, high = LIVINGS[living]
    age_years = random.randrange(60, 85) if living == "pensioner" else random.randrange(22, 60)
    born = opening_day - timedelta(days=age_years * 365 + random.randrange(365))
    sex = random.choice("mf")
    name = person_name(random, sex)
    income_fen = random.randrange(low, high) * YUAN
    customer_id = f"C{index + 1:07d}"
    details = (name, outlet.institution_id, "retail", born.isoformat(), sex, mobile(random))
    return Customer(
        index=index,
        customer_id=customer_id,
        name=name,
        outlet=outlet,
        living=living,
        income_fen=income_fen,
        payday=random.choice((5, 8, 10, 15, 20, 25)),
        payer="社会保险事业管理中心" if living == "pensioner" else company_name(random, outlet.place),
        since=since,
        start_fen=int(income_fen * random.uniform(0.5, 6)),
        row=(customer_id, "person", *details, "居民身份证", id_number(random, born, sex), "", since.isoformat()),
    )


def _company(random: Random, index: int, outlet: Outlet, since: date, _opening_day: date) -> Customer:
    name = company_name(random, outlet.place)
    income_fen = random.randrange(8_000, 120_000) * YUAN
    customer_id = f"C{index + 1:07d}"
    details = (name, outlet.institution_id, "corporate", "", "", mobile(random))
    return Customer(
        index=index,
        customer_id=customer_id,
        name=name,
        outlet=outlet,
        living="company",
        income_fen=income_fen,
        payday=10,
        payer=company_name(random, outlet.place),
        since=since,
        start_fen=int(income_fen * random.uniform(1, 8)),
        row=(customer_id, "organisation", *details, "", "", credit_code(random), since.isoformat()),
    )


def _staff(random: Random, drawn: Map, people: list[Customer]) -> tuple[dict[str, list[str]], list[Row]]:
    """Relationship managers per outlet, the first of whom also serves companies; and everybody's row."""
    counts: dict[str, int] = {}
    for customer in people:
        counts[customer.outlet.institution_id] = counts.get(customer.outlet.institution_id, 0) + 1
    both = "retail;corporate"
    posts = [(f"{HEAD_ID}-{n + 1:02d}", HEAD_ID, "head_office", both) for n in range(HEAD_OFFICE_STAFF)]
    posts.append((f"{HEAD_ID}-A", HEAD_ID, "administrator", both))
    posts += [(f"{branch}-M", branch, "branch_manager", both) for branch in drawn.branch_ids]
    managers: dict[str, list[str]] = {}
    for outlet in drawn.outlets:
        place = outlet.institution_id
        number = max(1, -(-counts.get(place, 0) // CUSTOMERS_PER_MANAGER))
        managers[place] = [f"{place}-{n + 1:02d}" for n in range(number)]
        posts.append((f"{place}-M", place, "branch_manager", both))
        posts.append((f"{place}-L", place, "lobby_manager", both))
        posts += [
            (who, place, "relationship_manager", "retail" if n else both) for n, who in enumerate(managers[place])
        ]
    staff: list[Row] = [
        (who, staff_name(random), place, role, lines, mobile(random), "") for who, place, role, lines in posts
    ]
    return managers, staff


def _assignments(random: Random, people: list[Customer], managers: dict[str, list[str]]) -> Iterator[Row]:
    """Persons in turn over all managers of their outlet, companies to the first; a few to nobody, a few to two."""
    turns = dict.fromkeys(managers, 0)
    for customer in people:
        if random.random() < UNASSIGNED_SHARE:
            continue
        place = customer.outlet.institution_id
        team = managers[place]
        first = 0 if customer.living == "company" else turns[place] % len(team)
        turns[place] += customer.living != "company"
        yield (customer.customer_id, team[first], "primary", customer.since.isoformat(), "")
        if len(team) > 1 and customer.living != "company" and random.random() < ASSISTED_SHARE:
            yield (customer.customer_id, team[(first + 1) % len(team)], "assisting", customer.since.isoformat(), "")


def _sides(random: Random, customer: Customer, opening_day: date) -> Iterator[SideAccount]:
    """Term deposits, loans and cards from before the history, of customers who were there."""
    if customer.since > opening_day - timedelta(days=HISTORY_DAYS):
        return
    opened = customer.since + timedelta(
        days=random.randrange(max(1, (opening_day - customer.since).days - HISTORY_DAYS))
    )
    number = f"{customer.index + 1:08d}"
    if random.random() < TERM_SHARE:
        amount = random.randrange(2, 60) * 5_000 * YUAN
        yield SideAccount(
            f"20{number}", customer, "term", opened, random.choice(("整存整取一年", "整存整取三年")), amount
        )
    if random.random() < LOAN_SHARE:
        amount = random.randrange(5, 60) * 10_000 * YUAN
        product = "经营贷款" if customer.living in ("merchant", "company") else "个人住房贷款"
        yield SideAccount(f"30{number}", customer, "loan", opened, product, amount)
    if customer.living != "company" and random.random() < CARD_SHARE:
        yield SideAccount(f"40{number}", customer, "card", opened, "信用卡", 0)
