"""What happens at the demonstration bank in a day: salaries, spending, fees, interest and now and then a large inflow.

A day depends on nothing but the seed, its date and the books of the evening before, so that it can be made again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from demobank.guangxi.world import YUAN, Customer, SideAccount, World

INFLOWS_PER_CUSTOMER_DAY = 1 / 400
INFLOWS_PER_CUSTOMER_DAY_IN_HISTORY = 1 / 2_000
INFLOW_REST_DAYS = 180  # nobody gets a second one before the first has left the rule's window
INFLOW_MIN_FEN = 60_000 * YUAN
PICKS_MAX = 20  # tries to find a customer who had none lately; in vain, the day has one inflow fewer

LEAVES_SHARE = 0.43
PRODUCT_SHARE = 0.12  # the rest of the money stays
PLAN_DAYS_MAX = 28  # what follows an inflow follows within the thirty days in which it is judged

INTEREST_MONTHS = (3, 6, 9, 12)
INTEREST_DAY = 20
INTEREST_DAYS_A_YEAR = 360
INTEREST_BPS = 5  # demand deposits, a year
BPS = 10_000

SPENDING = (
    ("card", "消费", ("超市", "餐饮店", "加油站", "药店", "电商平台", "服装店")),
    ("transfer", "转账", ("亲友", "房东", "培训机构", "供货商")),
    ("cash", "取现", ("",)),
)
SPENDING_WEIGHTS = (70, 20, 10)


@dataclass(frozen=True, slots=True)
class Movement:
    account_id: str
    direction: str
    amount_fen: int
    category: str
    counterparty: str
    text: str


@dataclass(slots=True)
class Books:
    """The evening's books, indexed by customer: balances, the sum of evening balances since interest was last paid,
    the day (ordinal) of the last large inflow; what is planned for later days; and loans and cards opened meanwhile."""

    balances: list[int]
    interest_base: list[int]
    last_inflow: list[int]
    plans: dict[str, list[list[object]]] = field(default_factory=dict)
    borrowers: list[int] = field(default_factory=list)
    opened_count: int = 0


@dataclass(slots=True)
class Day:
    """One day's events as they pile up."""

    movements: list[Movement] = field(default_factory=list)
    opened: list[SideAccount] = field(default_factory=list)
    moved: set[int] = field(default_factory=set)


def new_books(world: World) -> Books:
    count = len(world.customers)
    borrowers = [side.customer.index for side in world.sides if side.kind == "loan"]
    return Books(balances=[0] * count, interest_base=[0] * count, last_inflow=[0] * count, borrowers=borrowers)


def live(world: World, books: Books, *, day: date, seed: int, is_history: bool, is_first: bool = False) -> Day:
    """Let one day pass: the books change, the day's events are answered."""
    random = Random(f"demo:{seed}:{day.isoformat()}")  # noqa: S311 - an invented world must come out the same again
    passed = Day()
    borrowers = set(books.borrowers) if day.day == INTEREST_DAY else set()
    for customer in world.customers:
        if customer.since > day:
            continue
        if is_first or customer.since == day:
            _credit(
                passed,
                books,
                customer,
                customer.start_fen,
                ("other", "", "承前余额") if is_first else ("cash", "", "开户存款"),
            )
        _earn(random, passed, books, customer, day)
        _spend(random, passed, books, customer, day)
        if customer.index in borrowers:
            _debit(passed, books, customer, customer.income_fen // 5, ("loan", "", "贷款还款"))
    _carry_out_plans(world, books, passed, day)
    _large_inflows(random, world, books, passed, day, is_history)
    _interest(world, books, passed, day)
    return passed


def _credit(passed: Day, books: Books, customer: Customer, amount_fen: int, what: tuple[str, str, str]) -> None:
    if amount_fen > 0:
        books.balances[customer.index] += amount_fen
        passed.moved.add(customer.index)
        passed.movements.append(Movement(customer.account_id, "credit", amount_fen, *what))


def _debit(passed: Day, books: Books, customer: Customer, amount_fen: int, what: tuple[str, str, str]) -> None:
    """Nobody overdraws: what is not there is not spent."""
    amount_fen = min(amount_fen, books.balances[customer.index])
    if amount_fen > 0:
        books.balances[customer.index] -= amount_fen
        passed.moved.add(customer.index)
        passed.movements.append(Movement(customer.account_id, "debit", amount_fen, *what))


def _earn(random: Random, passed: Day, books: Books, customer: Customer, day: date) -> None:
    if customer.living in ("merchant", "company"):
        if random.random() < 0.22:
            amount = int(customer.income_fen * random.uniform(0.4, 1.6))
            _credit(passed, books, customer, amount, ("transfer", customer.payer, "货款"))
    elif day.day == customer.payday:
        is_worker = customer.living == "worker"
        amount = int(customer.income_fen * random.uniform(0.95, 1.05)) if is_worker else customer.income_fen
        what = ("salary", customer.payer, "工资") if is_worker else ("pension", customer.payer, "养老金")
        _credit(passed, books, customer, amount, what)
    elif random.random() < 0.004:
        _credit(passed, books, customer, random.randrange(2, 30) * 100 * YUAN, ("cash", "", "现金存入"))


def _spend(random: Random, passed: Day, books: Books, customer: Customer, day: date) -> None:
    """Outgoings come to somewhat less than what comes in, so that balances grow slowly."""
    is_business = customer.living in ("merchant", "company")
    if random.random() < 0.25:
        mean = customer.income_fen * (0.8 if is_business else 0.1)
        category, text, others = random.choices(SPENDING, SPENDING_WEIGHTS)[0]
        amount = int(mean * random.uniform(0.2, 1.8))
        _debit(passed, books, customer, amount, (category, random.choice(others), text))
    if day.day == 16:
        _debit(
            passed,
            books,
            customer,
            random.randrange(60, 400) * YUAN + random.randrange(100),
            ("household", "公用事业", "水电燃气"),
        )
    if day.day == 25 and customer.living == "company":
        _debit(passed, books, customer, random.choice((10, 30, 50)) * YUAN, ("fee", "", "账户管理费"))
    if day.day == 12 and customer.index % 10 == 0:
        _debit(passed, books, customer, random.randrange(80, 600) * YUAN, ("insurance", "保险公司", "保费"))


def _large_inflows(random: Random, world: World, books: Books, passed: Day, day: date, is_history: bool) -> None:
    rate = INFLOWS_PER_CUSTOMER_DAY_IN_HISTORY if is_history else INFLOWS_PER_CUSTOMER_DAY
    expected = rate * len(world.customers)
    for _ in range(int(expected) + (random.random() < expected % 1)):
        customer = _pick(random, world, books, day)
        if customer is None:
            continue
        amount = max(INFLOW_MIN_FEN, int(customer.income_fen * random.uniform(5, 14)))
        if random.random() < 0.5:
            amount = amount // (1_000 * YUAN) * 1_000 * YUAN
        text = random.choice(("房屋出售款", "拆迁补偿", "分红款", "到期理财回款", "保险赔付", "转账"))
        _credit(passed, books, customer, amount, ("transfer", _payer(random, customer), text))
        books.last_inflow[customer.index] = day.toordinal()
        _plan(random, books, customer, amount, day)


def _payer(random: Random, customer: Customer) -> str:
    return random.choice(
        (customer.payer, "不动产交易资金监管户", "征地拆迁补偿专户", "证券资金第三方存管", f"{customer.name}(他行)")
    )


def _pick(random: Random, world: World, books: Books, day: date) -> Customer | None:
    for _ in range(PICKS_MAX):
        customer = random.choice(world.customers)
        last = books.last_inflow[customer.index]
        if customer.since <= day and (last == 0 or day.toordinal() - last > INFLOW_REST_DAYS):
            return customer
    return None


def _plan(random: Random, books: Books, customer: Customer, amount_fen: int, day: date) -> None:
    """What will follow: the money leaves in up to three pieces, or a loan or card is opened, or it stays."""
    fate = random.random()
    if fate < LEAVES_SHARE:
        pieces = random.randrange(1, 4)
        leaving = int(amount_fen * random.uniform(0.6, 1.0))
        for _ in range(pieces):
            _remember(books, random, day, [customer.index, "leave", leaving // pieces])
    elif fate < LEAVES_SHARE + PRODUCT_SHARE:
        kind = "loan" if customer.living == "company" or random.random() < 0.4 else "card"
        principal = random.randrange(5, 30) * 10_000 * YUAN if kind == "loan" else 0
        _remember(books, random, day, [customer.index, kind, principal])


def _remember(books: Books, random: Random, day: date, plan: list[object]) -> None:
    due = day + timedelta(days=random.randrange(2, PLAN_DAYS_MAX + 1))
    books.plans.setdefault(due.isoformat(), []).append(plan)


def _carry_out_plans(world: World, books: Books, passed: Day, day: date) -> None:
    for index, kind, amount in books.plans.pop(day.isoformat(), []):
        assert isinstance(index, int) and isinstance(amount, int)
        customer = world.customers[index]
        if kind == "leave":
            _debit(passed, books, customer, amount, ("transfer", f"{customer.name}(他行)", "转出"))
            continue
        books.opened_count += 1
        is_loan = kind == "loan"
        account_id = f"{'31' if is_loan else '41'}{books.opened_count:08d}"
        product = "消费贷款" if is_loan else "信用卡"
        passed.opened.append(SideAccount(account_id, customer, str(kind), day, product, amount))
        if is_loan:
            books.borrowers.append(index)


def _interest(world: World, books: Books, passed: Day, day: date) -> None:
    """Once a quarter, on the evening balances of the days since the last time."""
    is_interest_day = day.month in INTEREST_MONTHS and day.day == INTEREST_DAY
    for index, balance in enumerate(books.balances):
        books.interest_base[index] += balance
        if is_interest_day:
            amount = books.interest_base[index] * INTEREST_BPS // (BPS * INTEREST_DAYS_A_YEAR)
            books.interest_base[index] = 0
            _credit(passed, books, world.customers[index], amount, ("interest", "", "结息"))


def moved_balances(world: World, books: Books, passed: Day) -> Iterator[tuple[str, int]]:
    """The evening balances of the demand accounts that moved."""
    for index in sorted(passed.moved):
        yield world.customers[index].account_id, books.balances[index]
