"""A bank of any size in one feed folder, for measuring lists: people, who looks after whom, what they hold. No history.

Names are as common as in life (one in fourteen is called Wang), a third of the customers have a manager, tenths have
deposits that mature, loans, cards and wealth products; everything follows from the seed.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

SOURCE, CURRENCY = "core", "CNY"
DAY = date(2026, 11, 20)
CUSTOMERS_OF_OUTLET, OUTLETS_OF_BRANCH, MANAGERS_OF_OUTLET = 2_000, 12, 4
MANAGED_SHARE, CORPORATE_SHARE = 0.33, 0.04
SURNAMES = "王王王王王王王李李李李李李李张张张张张张刘刘刘刘陈陈陈杨杨黄黄赵吴周徐孙马朱胡郭何林高罗韦覃莫农蒙卢梁"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文辉力健俊峰雪梅海燕志强小红晓东宇轩子涵雨欣浩然思远"
ACCOUNTS = (
    # kind, letter, share of the customers, product
    ("demand", "D", 1.0, "P1"),
    ("term", "T", 0.25, "P2"),
    ("wealth", "W", 0.1, "P3"),
    ("loan", "L", 0.08, "P4"),
    ("card", "K", 0.12, "P5"),
)
PRODUCTS = (
    ("P1", "活期储蓄", "demand"),
    ("P2", "整存整取", "term"),
    ("P3", "稳健理财", "wealth"),
    ("P4", "个人经营贷款", "loan"),
    ("P5", "信用卡", "card"),
)
Rows = Iterable[Sequence[object]]


def write_feed(folder: Path, *, customers: int, seed: int) -> int:
    """The opening day of this bank; answers how many rows it has."""
    folder.mkdir(parents=True)
    outlets = max(2, customers // CUSTOMERS_OF_OUTLET)
    crowd = _Crowd(customers, outlets, seed)
    tables: tuple[tuple[str, str, Rows], ...] = (
        ("institutions", "institution_id,name_zh,kind,parent_id", crowd.institutions()),
        ("staff", "staff_id,name,institution_id,role,lines", crowd.staff()),
        ("customers", "customer_id,kind,name,institution_id,line,phone,id_kind,id_number,since", crowd.people()),
        ("assignments", "customer_id,staff_id,kind,from_date", crowd.assignments()),
        ("products", "product_id,name_zh,kind,from_date", ((*one, "2015-01-01") for one in PRODUCTS)),
        (
            "accounts",
            "account_id,customer_id,kind,institution_id,currency,opened_on,product,principal",
            crowd.accounts(),
        ),
        ("deposits", "account_id,rate,matures_on,renews", crowd.deposits()),
        ("balances", "account_id,bank_date,balance", crowd.balances()),
    )
    datasets = {name: _write(folder, name, heading, rows) for name, heading, rows in tables}
    manifest = {
        "format": "haoyou-feed/1",
        "source": SOURCE,
        "bank_date": DAY.isoformat(),
        "currency": CURRENCY,
        "datasets": datasets,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return sum(int(one["rows"]) for one in datasets.values())


def _write(folder: Path, name: str, heading: str, rows: Rows) -> dict[str, str | int]:
    path, count = folder / f"{name}.csv", 0
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(heading + "\n")
        writer = csv.writer(file, lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            count += 1
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return {"file": path.name, "rows": count, "sha256": digest}


class _Crowd:
    """Every table asks the same chance for the same customer, so that the files fit each other."""

    def __init__(self, customers: int, outlets: int, seed: int) -> None:
        self._customers, self._outlets, self._seed = customers, outlets, seed
        self._branches = -(-outlets // OUTLETS_OF_BRANCH)

    def _chance(self, number: int, what: str) -> Random:
        return Random(f"{self._seed}/{what}/{number}")  # noqa: S311 - nothing secret hangs on it

    def _outlet(self, number: int) -> int:
        return number % self._outlets

    def institutions(self) -> Rows:
        yield "HO", "总行", "head", ""
        for branch in range(self._branches):
            yield f"B{branch}", f"第{branch + 1}支行", "branch", "HO"
        for outlet in range(self._outlets):
            yield f"O{outlet}", f"第{outlet + 1}网点", "outlet", f"B{outlet // OUTLETS_OF_BRANCH}"

    def staff(self) -> Rows:
        both = "retail;corporate"
        yield "HO-1", "总行员工", "HO", "head_office", both
        for branch in range(self._branches):
            yield f"BM-{branch}", f"行长{branch + 1}", f"B{branch}", "branch_manager", both
        for outlet in range(self._outlets):
            yield f"LM-{outlet}", f"厅堂{outlet + 1}", f"O{outlet}", "lobby_manager", both
            for place in range(MANAGERS_OF_OUTLET):
                yield f"RM-{outlet}-{place}", f"经理{outlet + 1}{place}", f"O{outlet}", "relationship_manager", both

    def people(self) -> Rows:
        for number in range(self._customers):
            chance = self._chance(number, "person")
            firm = chance.random() < CORPORATE_SHARE
            name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2, 2))))
            yield (
                f"{number:08}",
                "organisation" if firm else "person",
                f"南宁{name}商贸有限公司" if firm else name,
                f"O{self._outlet(number)}",
                "corporate" if firm else "retail",
                f"1{chance.randrange(10**9, 10**10)}",
                "id_card",
                f"4501{chance.randrange(10**13, 10**14)}",
                (date(2010, 1, 1) + timedelta(days=chance.randrange(5_000))).isoformat(),
            )

    def assignments(self) -> Rows:
        for number in range(self._customers):
            chance = self._chance(number, "manager")
            if chance.random() < MANAGED_SHARE:
                place = chance.randrange(MANAGERS_OF_OUTLET)
                yield f"{number:08}", f"RM-{self._outlet(number)}-{place}", "primary", "2024-01-01"

    def _held(self) -> Iterator[tuple[int, str, str, str]]:
        for number in range(self._customers):
            chance = self._chance(number, "held")
            for kind, letter, share, product in ACCOUNTS:
                if chance.random() < share:
                    yield number, kind, f"{letter}{number:08}", product

    def accounts(self) -> Rows:
        for number, kind, account, product in self._held():
            principal = "200000.00" if kind == "loan" else ""
            yield (
                account, f"{number:08}", kind, f"O{self._outlet(number)}", CURRENCY, "2024-06-01", product, principal,
            )  # fmt: skip

    def deposits(self) -> Rows:
        for number, kind, account, _ in self._held():
            if kind in ("term", "wealth"):
                ends = DAY + timedelta(days=self._chance(number, "ends").randrange(1, 700))
                yield account, "2.15", ends.isoformat(), "no"

    def balances(self) -> Rows:
        for _, kind, account, _ in self._held():
            chance = self._chance(int(account[1:]), kind)
            yield account, DAY.isoformat(), f"{chance.lognormvariate(9.5, 1.6):.2f}"
