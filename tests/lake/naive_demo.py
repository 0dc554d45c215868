"""Maturing deposits, inflows, and what became of the inflows, from the demonstration bank's CSV folders, plainly.

It shares no code with the product or the demonstration bank: only csv, dates and dictionaries.
"""

import csv
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

Line = dict[str, str]


def fen(text: str) -> int:
    whole, _, part = text.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(part.ljust(2, "0") or 0))


class NaiveBank:
    """All folders up to and including the last; of contracts the row said last."""

    def __init__(self, folders: list[Path]) -> None:
        self.accounts: dict[str, Line] = {}
        self.deposits: dict[str, Line] = {}
        self.balances: dict[str, dict[date, int]] = defaultdict(dict)
        self.moves: dict[str, list[tuple[date, str, int, str, str]]] = defaultdict(list)
        for folder in sorted(folders):
            self.accounts |= {one["account_id"]: one for one in lines(folder, "accounts")}
            self.deposits |= {one["account_id"]: one for one in lines(folder, "deposits")}
            for one in lines(folder, "balances"):
                self.balances[one["account_id"]][date.fromisoformat(one["bank_date"])] = fen(one["balance"])
            for one in lines(folder, "transactions"):
                move = (date.fromisoformat(one["bank_date"]), one["direction"], fen(one["amount"]))
                self.moves[one["account_id"]].append((*move, one["category"], one["transaction_id"]))
        self.own: dict[str, list[str]] = defaultdict(list)
        for code, one in self.accounts.items():
            if one["kind"] in ("term", "wealth"):
                self.own[one["customer_id"]].append(code)

    def balance(self, account: str, day: date) -> int | None:
        known = [one for one in self.balances[account] if one <= day]
        return self.balances[account][max(known)] if known else None

    def net(self, account: str, first: date, last: date) -> int:
        own = [one for one in self.moves[account] if first <= one[0] <= last]
        return sum(amount if direction == "credit" else -amount for _, direction, amount, *_ in own)

    def is_open(self, account: str, day: date) -> bool:
        closed = self.accounts[account]["closed_on"]
        return not closed or date.fromisoformat(closed) > day

    def maturing(self, day: date, floor: int) -> dict[str, int]:
        """Amount by what raised it."""
        found: dict[str, int] = {}
        for code, terms in self.deposits.items():
            if not terms["matures_on"] or terms["renews"] == "yes" or not self.is_open(code, day):
                continue
            left = (date.fromisoformat(terms["matures_on"]) - day).days
            balance = self.balance(code, day)
            if 1 <= left <= 14 and balance is not None and balance >= floor:
                found[f"{code}/{terms['matures_on']}"] = balance
        return found

    def inflows(self, day: date, floor: int) -> dict[str, tuple[str, int]]:
        """Account and amount by transaction."""
        found: dict[str, tuple[str, int]] = {}
        for code, moves in self.moves.items():
            if self.accounts[code]["kind"] != "demand":
                continue
            came = [one for one in moves if one[1] == "credit" and one[3] != "interest"]
            usual = [one[2] for one in came if 1 <= (day - one[0]).days <= 180]
            for on, _, amount, _, transaction in came:
                if on == day and amount >= floor and len(usual) >= 5 and amount * len(usual) >= 3 * sum(usual):
                    found[transaction] = (code, amount)
        return found

    def became_of_inflow(self, code: str, day: date, amount: int) -> tuple[str, int]:
        last, customer = day + timedelta(days=30), self.accounts[code]["customer_id"]
        spent = {(one[0], one[2]) for one in self.moves[code] if one[1] == "debit" and day <= one[0] <= last}
        placed = 0
        for own in self.own[customer]:
            moves = [one for one in self.moves[own] if day <= one[0] <= last]
            into = sum(one[2] for one in moves if one[1] == "credit" and (one[0], one[2]) in spent)
            placed += max(0, min(into, self.net(own, day, last)))
        held = min(amount, max(0, self.net(code, day, last) + placed))
        bought = [
            one
            for one in self.accounts.values()
            if one["customer_id"] == customer
            and one["kind"] in ("loan", "card")
            and day < date.fromisoformat(one["opened_on"]) <= last
        ]
        if bought or placed * 2 >= amount:
            return "product", held
        return ("held" if held * 2 >= amount else "left"), held


def lines(folder: Path, dataset: str) -> list[Line]:
    path = folder / f"{dataset}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
