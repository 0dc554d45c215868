"""The demonstration bank as a writer of feed folders."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from demobank.feed import BankError, FeedWriter, Row, money
from demobank.guangxi.life import Books, Day, Movement, live, moved_balances, new_books
from demobank.guangxi.world import HISTORY_DAYS, Customer, SideAccount, build_world
from demobank.state import FRIDAY, latest_weekday

CURRENCY = "CNY"


class GuangxiBank:
    """The invented world, and its books as of the last day written."""

    currency = CURRENCY
    last_day: date | None = None
    end_sentence = ""

    def __init__(self, *, customers: int, seed: int, opening_day: date, books: dict[str, Any]) -> None:
        self._seed = seed
        self._opening_day = opening_day
        self._world = build_world(customers=customers, seed=seed, opening_day=opening_day)
        try:
            self._books = Books(**books) if books else new_books(self._world)
        except TypeError as error:
            raise BankError(f"the books in the state file are damaged: {error}") from None

    @staticmethod
    def opening_day(today: date) -> date:
        """The latest Friday up to today."""
        return latest_weekday(today, FRIDAY)

    def remember(self) -> dict[str, object]:
        return asdict(self._books)

    def write_opening(self, writer: FeedWriter) -> list[str]:
        """The bank as it stands and its history, a day at a time; every account's balance on the opening day."""
        world = self._world
        first_day = self._opening_day - timedelta(days=HISTORY_DAYS - 1)
        writer.write("institutions", world.map.rows)
        writer.write("staff", world.staff)
        writer.write("customers", (customer.row for customer in world.customers))
        writer.write("assignments", world.assignments)
        writer.write("accounts", map(_demand_account, world.customers))
        writer.write("accounts", map(_side_account, world.sides))
        terms = [side for side in world.sides if side.kind == "term"]
        for number in range(HISTORY_DAYS):
            day = first_day + timedelta(days=number)
            passed = live(world, self._books, day=day, seed=self._seed, is_history=True, is_first=number == 0)
            if number == 0:
                carried = ("other", "", "承前余额")
                passed.movements += [Movement(t.account_id, "credit", t.amount_fen, *carried) for t in terms]
            self._write_events(writer, day, passed)
            if day < self._opening_day:
                writer.write_money("balances", _balance_rows(day, moved_balances(world, self._books, passed)))
                if number == 0:
                    writer.write_money("balances", _balance_rows(day, ((t.account_id, t.amount_fen) for t in terms)))
        demands = ((c.account_id, self._books.balances[c.index]) for c in world.customers)
        writer.write_money("balances", _balance_rows(self._opening_day, demands))
        writer.write_money("balances", _balance_rows(self._opening_day, ((t.account_id, t.amount_fen) for t in terms)))
        return [f"{len(world.customers)} customers at {len(world.map.outlets)} outlets, {len(world.staff)} staff"]

    def write_day(self, writer: FeedWriter, day: date) -> None:
        passed = live(self._world, self._books, day=day, seed=self._seed, is_history=False)
        self._write_events(writer, day, passed)
        writer.write_money("balances", _balance_rows(day, moved_balances(self._world, self._books, passed)))

    def _write_events(self, writer: FeedWriter, day: date, passed: Day) -> None:
        writer.write("accounts", map(_side_account, passed.opened))
        writer.write_money("transactions", _transaction_rows(day, passed.movements))


def _demand_account(customer: Customer) -> Row:
    product = "单位结算账户" if customer.living == "company" else "活期储蓄"
    place = customer.outlet.institution_id
    return (
        customer.account_id,
        customer.customer_id,
        "demand",
        place,
        CURRENCY,
        customer.since.isoformat(),
        "",
        product,
        "",
    )


def _side_account(side: SideAccount) -> Row:
    owner = side.customer
    principal = money(side.amount_fen) if side.kind == "loan" else ""
    opened = side.opened_on.isoformat()
    place = owner.outlet.institution_id
    return (side.account_id, owner.customer_id, side.kind, place, CURRENCY, opened, "", side.product, principal)


def _balance_rows(day: date, balances: Iterable[tuple[str, int]]) -> Iterator[tuple[Row, int]]:
    text = day.isoformat()
    return (((account_id, text, money(minor)), minor) for account_id, minor in balances)


def _transaction_rows(day: date, movements: Iterable[Movement]) -> Iterator[tuple[Row, int]]:
    text = day.isoformat()
    for number, moved in enumerate(movements, start=1):
        amount = money(moved.amount_fen)
        row = (
            f"T{day:%Y%m%d}{number:06d}",
            moved.account_id,
            text,
            moved.direction,
            amount,
            moved.category,
            moved.counterparty,
            moved.text,
        )
        yield row, moved.amount_fen
