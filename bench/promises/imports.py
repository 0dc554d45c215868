"""An import killed with kill -9 at any moment goes on where it stood: no row lost, none doubled, the sums agree.

Days are written as feed folders, every third one restated by a second version. `haoyou import` takes them one after the
other and is killed at random moments; what was killed is started again with the same words. At the end the facts hold
exactly the transactions of the versions that count, and the rooms exactly the last balances.
"""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import psycopg

from bench.chance import seeded
from bench.figure import Figure, exactly, percentile
from bench.house import ROOT, administrator, own_home
from haoyou.lake.query import Lake

FIRST_DAY = date(2026, 11, 20)
IMPORT_TIMEOUT_S = 900.0
DAYS_MAX = 400  # however lucky the imports are, the storm ends


@dataclass(frozen=True, slots=True)
class Dose:
    """`days`: over how many the kills are spread; `later_s`: how long an import lives after its first word, at most."""

    kills: int
    days: int
    customers: int
    moves: int
    later_s: float
    seed: int


FULL = Dose(kills=30, days=12, customers=4_000, moves=20_000, later_s=6.0, seed=20261122)
SMALL = Dose(kills=3, days=3, customers=200, moves=500, later_s=2.0, seed=20261122)


@dataclass
class Truth:
    """What the bank has said so far, as far as it counts."""

    transactions: dict[date, int]
    balances: dict[str, int]


def measure(dose: Dose) -> list[Figure]:
    chance = seeded(dose.seed)
    with own_home() as home:
        inbox = home.parent / "sent"
        truth = Truth({}, {})
        kills, took = 0, list[float]()
        for number in range(DAYS_MAX):
            kills_by_then = dose.kills * (number + 1) // dose.days
            for version in (1, 2) if number % 3 == 2 else (1,):
                folder = _write_day(inbox, dose, chance, truth, number, version)
                while True:
                    began = time.monotonic()
                    patience = chance.uniform(0, dose.later_s) if kills < min(kills_by_then, dose.kills) else None
                    if _import(home, folder, patience):
                        took.append(time.monotonic() - began)
                        break
                    kills += 1
            if kills == dose.kills and number + 1 >= dose.days:
                break
        with administrator(home) as connection:
            found = _examine(connection, home, truth)
    return [
        exactly("imports.kills", kills, "count", dose.kills),
        Figure("imports.days", len(truth.transactions), "count"),
        Figure("imports.transactions", sum(truth.transactions.values()), "rows"),
        exactly("imports.lost", found["lost"], "rows", 0),
        exactly("imports.doubled", found["doubled"], "rows", 0),
        exactly("imports.balances_differ", found["differ"], "count", 0),
        exactly("imports.days_not_done", found["not_done"], "count", 0),
        exactly("imports.left_half_done", found["left"], "count", 0),
        Figure("imports.undisturbed_p50", percentile(took, 50), "s"),
    ]


def _import(home: Path, folder: Path, patience: float | None) -> bool:
    """Run the command; with `patience` it is killed so many seconds after its first word, unless it was done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "haoyou", "import", str(folder), "--home", str(home)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    try:
        first = process.stdout.readline()
        if patience is not None:
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        rest = process.communicate(timeout=IMPORT_TIMEOUT_S)[0]
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, -signal.SIGKILL), first + rest
    return process.returncode == 0


def _write_day(inbox: Path, dose: Dose, chance: Random, truth: Truth, number: int, version: int) -> Path:
    day = FIRST_DAY + timedelta(days=number)
    accounts = [f"A{one}" for one in range(dose.customers)]
    rows: dict[str, Sequence[Sequence[object]]] = _opening(dose) if number == 0 else {}
    moves = chance.randint(dose.moves // 2, dose.moves)
    rows["transactions"] = [["transaction_id", "account_id", "bank_date", "direction", "amount", "category"]] + [
        [f"T{number}.{version}.{one}", chance.choice(accounts), day, "credit", "1.00", "transfer"]
        for one in range(moves)
    ]
    balances = {account: chance.randrange(10**7) for account in accounts}
    rows["balances"] = [["account_id", "bank_date", "balance"]] + [
        [account, day, f"{minor // 100}.{minor % 100:02d}"] for account, minor in balances.items()
    ]
    truth.transactions[day] = moves
    truth.balances = balances
    folder = inbox / f"{day}.{version}"
    folder.mkdir(parents=True)
    entries: dict[str, object] = {}
    for name, table in rows.items():
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(table)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        entries[name] = {"file": path.name, "rows": len(table) - 1, "sha256": digest}
    manifest = {"format": "haoyou-feed/1", "source": "core", "bank_date": str(day), "currency": "CNY"}
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": version, "datasets": entries}))
    return folder


def _opening(dose: Dose) -> dict[str, Sequence[Sequence[object]]]:
    everybody = range(dose.customers)
    return {
        "institutions": [["institution_id", "name_zh", "kind", "parent_id"], ["H", "总行", "head", ""],
                         ["O1", "一网点", "outlet", "H"]],
        "staff": [["staff_id", "name", "institution_id", "role", "lines"],
                  ["S1", "韦经理", "O1", "relationship_manager", "retail"]],
        "customers": [["customer_id", "kind", "name", "institution_id", "line", "since"]]
        + [[f"C{one}", "person", f"客户{one}", "O1", "retail", "2020-01-01"] for one in everybody],
        "assignments": [["customer_id", "staff_id", "kind", "from_date"]]
        + [[f"C{one}", "S1", "primary", "2020-01-01"] for one in everybody],
        "accounts": [["account_id", "customer_id", "kind", "institution_id", "currency", "opened_on"]]
        + [[f"A{one}", f"C{one}", "demand", "O1", "CNY", "2020-01-01"] for one in everybody],
    }  # fmt: skip


def _examine(connection: psycopg.Connection, home: Path, truth: Truth) -> dict[str, int]:
    paths = [
        home / "lake" / path
        for (path,) in connection.execute(
            "select path from backoffice.snapshot where dataset = 'transactions' and superseded_by is null"
        ).fetchall()
    ]
    with Lake.open({"transactions": paths}) as lake:
        landed = dict(lake.rows("SELECT bank_date, count(DISTINCT transaction_id) FROM transactions GROUP BY 1"))
        rows = lake.rows("SELECT count(*) FROM transactions")[0][0]
    held = dict(connection.execute("select code, balance_minor from customers.holding").fetchall())
    listed = connection.execute("select coalesce(sum(aum_minor), 0)::bigint from customers.listing").fetchone()
    not_done = connection.execute("select count(*) from backoffice.import_run where status <> 'done'").fetchone()
    assert listed and not_done
    differ = sum(held.get(account) != minor for account, minor in truth.balances.items())
    differ += len(held) != len(truth.balances)
    differ += listed[0] != sum(truth.balances.values())
    return {
        "lost": sum(max(count - landed.get(day, 0), 0) for day, count in truth.transactions.items()),
        "doubled": rows
        - sum(landed.values())
        + sum(max(n - truth.transactions.get(d, 0), 0) for d, n in landed.items()),
        "differ": differ,
        "not_done": not_done[0],
        "left": sum(1 for _ in (home / "lake").glob(".landing-*")),
    }
