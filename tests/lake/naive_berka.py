"""The inflow rule and its result computed from the raw PKDD'99 files, slowly and plainly.

It shares no code with the product or the demonstration bank: only csv, gzip and dates, in the files' own days.
"""

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path


@dataclass(frozen=True)
class NaiveInflow:
    transaction: str
    account: str
    owner: str
    day: date
    amount: int  # in hundredths
    credits_before: int
    credits_before_sum: int
    balance_before: int


@dataclass(frozen=True)
class NaiveOutcome:
    transaction: str
    kind: str
    held: int
    share_bps: int
    balance_end: int


def day_of(text: str) -> date:
    return date(1900 + int(text[0:2]), int(text[2:4]), int(text[4:6]))


def hundredths(text: str) -> int:
    return round(float(text) * 100)


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


class NaiveBank:
    def __init__(self, folder: Path) -> None:
        with gzip.open(folder / "trans.asc.gz", "rt", newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        self.by_account: dict[str, list[dict[str, str]]] = defaultdict(list)
        for row in rows:
            self.by_account[row["account_id"]].append(row)
        disp = table(folder, "disp.asc")
        self.owner = {row["account_id"]: row["client_id"] for row in disp if row["type"] == "OWNER"}
        account_of = {row["disp_id"]: row["account_id"] for row in disp}
        self.products: dict[str, list[date]] = defaultdict(list)
        for row in table(folder, "loan.asc"):
            self.products[self.owner[row["account_id"]]].append(day_of(row["date"]))
        for row in table(folder, "card.asc"):
            self.products[self.owner[account_of[row["disp_id"]]]].append(day_of(row["issued"]))

    def balance(self, account: str, before: date) -> int:
        """All that came in less all that went out before a day."""
        total = 0
        for row in self.by_account[account]:
            if day_of(row["date"]) < before:
                total += hundredths(row["amount"]) if row["type"] == "PRIJEM" else -hundredths(row["amount"])
        return total

    def inflows(self, first: date, last: date, floor: int) -> list[NaiveInflow]:
        found = []
        for account, rows in self.by_account.items():
            incoming = [row for row in rows if row["type"] == "PRIJEM" and row["k_symbol"].strip() != "UROK"]
            for row in incoming:
                day, amount = day_of(row["date"]), hundredths(row["amount"])
                if not first <= day <= last or amount < floor:
                    continue
                history = [hundredths(c["amount"]) for c in incoming if 1 <= (day - day_of(c["date"])).days <= 180]
                if len(history) >= 5 and amount * len(history) >= 3 * sum(history):
                    before = self.balance(account, day)
                    owner = self.owner[account]
                    found.append(
                        NaiveInflow(row["trans_id"], account, owner, day, amount, len(history), sum(history), before)
                    )
        return sorted(found, key=lambda inflow: (inflow.day, inflow.transaction))

    def outcome(self, inflow: NaiveInflow) -> NaiveOutcome:
        end = self.balance(inflow.account, inflow.day + timedelta(days=31))
        held = min(inflow.amount, max(0, end - inflow.balance_before))
        share = held * 10_000 // inflow.amount
        bought = [day for day in self.products[inflow.owner] if 1 <= (day - inflow.day).days <= 30]
        kind = "product" if bought else "held" if share >= 5_000 else "left"
        return NaiveOutcome(inflow.transaction, kind, held, share, end)
