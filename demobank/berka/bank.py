"""`berka:DIR`: the PKDD'99 bank, told day by day.

The bank opens on 1993-12-31 with all that happened before and lives on until 1994-03-31, where the part of the
transactions at hand ends. Dates move by whole weeks, so that weekdays stay; dates of birth do not move. Nothing is
invented but the staff (demobank.berka.staff).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from demobank.berka.files import LAST_DAY, Account, Client, Transaction, read_books
from demobank.berka.staff import deal_staff
from demobank.feed import COLUMNS, FeedWriter, Row, money
from demobank.state import latest_weekday

REAL_OPENING_DAY = date(1993, 12, 31)
AGREE_WITHIN_MINOR = 100  # the files round each amount to 0.10, most of their balances drift from the sums by less


class BerkaBank:
    """The books of the files and the dates they are told under."""

    currency = "CZK"
    sheets = COLUMNS

    def __init__(self, folder: Path, *, seed: int, opening_day: date) -> None:
        self._books = read_books(folder)
        self._balances = end_of_day_balances(self._books.transactions)
        self._shift = opening_day - REAL_OPENING_DAY
        self._regions = sorted({region for _, _, region in self._books.districts})
        self._deal = deal_staff(
            branches=[f"R{number:02d}" for number in range(1, len(self._regions) + 1)],
            outlets=[outlet_id(district) for district, _, _ in self._books.districts],
            clients=[(client.client_id, outlet_id(client.district_id), client.since) for client in self._books.clients],
            opening_day=REAL_OPENING_DAY,
            seed=seed,
        )
        self.last_day: date | None = LAST_DAY + self._shift
        self.end_sentence = f"the real data end on {LAST_DAY} (told as {self.last_day}): no further day can be written"

    @staticmethod
    def opening_day(today: date) -> date:
        """The latest day up to today on the weekday of the real opening day."""
        return latest_weekday(today, REAL_OPENING_DAY.weekday())

    def close(self) -> None:
        """Nothing is held open: every day is read from the files."""

    def write_opening(self, writer: FeedWriter) -> list[str]:
        """Everything up to the opening day; answers what there is to say about it."""
        writer.write("institutions", self._institutions())
        self._write(writer, first=date.min, last=REAL_OPENING_DAY)
        return [compare_balances(t for t in self._books.transactions if t.day <= REAL_OPENING_DAY)]

    def write_day(self, writer: FeedWriter, day: date, *, is_mistaken: bool = False) -> None:
        """One later day, named as it is told; the real data are never told wrong."""
        assert not is_mistaken, "faults are for the invented bank"
        real = day - self._shift
        self._write(writer, first=real, last=real)

    def _write(self, writer: FeedWriter, *, first: date, last: date) -> None:
        writer.write("staff", (row for day, row in self._deal.staff if first <= day <= last))
        clients = [client for client in self._books.clients if first <= client.since <= last]
        writer.write("customers", map(self._customer, clients))
        writer.write("assignments", map(self._assignment, clients))
        accounts = [account for account in self._books.accounts if first <= account.opened_on <= last]
        writer.write("accounts", map(self._account, accounts))
        balances = {key: minor for key, minor in self._balances.items() if first <= key[1] <= last}
        if last == REAL_OPENING_DAY:
            # The opening states every account's balance on its own day, moved or not, so that a reader has a start.
            latest = {number: minor for (number, _), minor in balances.items()}
            balances |= {(number, last): minor for number, minor in latest.items()}
        writer.write_money(
            "balances",
            (((number, self._moved(day), money(minor)), minor) for (number, day), minor in balances.items()),
        )
        transactions = (t for t in self._books.transactions if first <= t.day <= last)
        writer.write_money("transactions", ((self._transaction(t), t.amount_minor) for t in transactions))

    def _moved(self, day: date) -> str:
        return (day + self._shift).isoformat()

    def _institutions(self) -> Iterator[Row]:
        yield ("HO", "总行", "Head office", "head", "")
        for number, region in enumerate(self._regions, start=1):
            yield (f"R{number:02d}", region, region, "branch", "HO")
        for district, name, region in self._books.districts:
            yield (outlet_id(district), name, name, "outlet", f"R{self._regions.index(region) + 1:02d}")

    def _customer(self, client: Client) -> Row:
        return (
            client.client_id,
            "person",
            "",
            outlet_id(client.district_id),
            "retail",
            client.birth_date.isoformat(),
            client.sex,
            "",
            "",
            "",
            "",
            self._moved(client.since),
        )

    def _assignment(self, client: Client) -> Row:
        return (client.client_id, self._deal.manager_of[client.client_id], "primary", self._moved(client.since), "")

    def _account(self, account: Account) -> Row:
        return (
            account.account_id,
            account.owner_id,
            account.kind,
            outlet_id(account.district_id),
            self.currency,
            self._moved(account.opened_on),
            "",
            account.product,
            "" if account.principal_minor is None else money(account.principal_minor),
        )

    def _transaction(self, transaction: Transaction) -> Row:
        return (
            transaction.transaction_id,
            transaction.account_id,
            self._moved(transaction.day),
            transaction.direction,
            money(transaction.amount_minor),
            transaction.category,
            transaction.counterparty,
            transaction.text,
        )


def outlet_id(district_id: str) -> str:
    return f"D{int(district_id):03d}"


def end_of_day_balances(transactions: Iterable[Transaction]) -> dict[tuple[str, date], int]:
    """Cumulated signed amounts per account and day on which it moved."""
    moved: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for transaction in transactions:
        moved[transaction.account_id][transaction.day] += transaction.signed_minor
    balances = {}
    for account_id, days in moved.items():
        balance = 0
        for day in sorted(days):
            balance += days[day]
            balances[account_id, day] = balance
    return balances


def compare_balances(transactions: Iterable[Transaction]) -> str:
    """How many accounts end, on their last day, on a balance that the files state for that day."""
    kept = list(transactions)
    balances = end_of_day_balances(kept)
    last: dict[str, date] = {}
    for transaction in kept:
        last[transaction.account_id] = max(transaction.day, last.get(transaction.account_id, transaction.day))
    stated: dict[str, list[int]] = defaultdict(list)
    for transaction in kept:
        if transaction.day == last[transaction.account_id]:
            stated[transaction.account_id].append(transaction.stated_balance_minor)
    gaps = [min(abs(balances[number, last[number]] - other) for other in stated[number]) for number in last]
    exact = sum(gap == 0 for gap in gaps)
    near = sum(gap <= AGREE_WITHIN_MINOR for gap in gaps)
    return (
        f"balances against the files' own column, last day of each of {len(gaps)} accounts: {exact} equal, "
        f"{near} within {money(AGREE_WITHIN_MINOR)} CZK (the files round each row)"
    )
