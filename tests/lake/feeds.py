"""Making small feed folders by hand, sound or broken in one place."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from haoyou.lake.door import BY_NAME
from haoyou.lake.landing import Landed, land

DAY = date(2026, 11, 20)
KNOWN_AT = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)

DEFAULTS: dict[str, dict[str, str]] = {
    "institutions": {"institution_id": "B01", "name_zh": "南宁分行", "kind": "branch"},
    "staff": {
        "staff_id": "S1",
        "name": "韦小明",
        "institution_id": "B01",
        "role": "relationship_manager",
        "lines": "retail",
    },
    "customers": {
        "customer_id": "C1",
        "kind": "person",
        "institution_id": "B01",
        "line": "retail",
        "since": "2020-01-01",
    },
    "assignments": {"customer_id": "C1", "staff_id": "S1", "kind": "primary", "from_date": "2020-01-01"},
    "accounts": {
        "account_id": "A1",
        "customer_id": "C1",
        "kind": "demand",
        "institution_id": "B01",
        "currency": "CNY",
        "opened_on": "2020-01-01",
    },
    "deposits": {"account_id": "A1", "rate": "1.5"},
    "loans": {
        "account_id": "A1",
        "rate": "4.35",
        "granted_on": "2024-01-01",
        "due_on": "2027-01-01",
        "repayment": "annuity",
        "class": "normal",
    },
    "balances": {"account_id": "A1", "bank_date": DAY.isoformat(), "balance": "10.00"},
    "transactions": {
        "transaction_id": "T1",
        "account_id": "A1",
        "bank_date": DAY.isoformat(),
        "direction": "credit",
        "amount": "12.34",
        "category": "cash",
    },
}


def row(dataset: str, **values: str) -> dict[str, str]:
    """A sound row of a dataset with some columns said otherwise."""
    return dict.fromkeys((column.name for column in BY_NAME[dataset].columns), "") | DEFAULTS[dataset] | values


def as_csv(dataset: str, rows: Sequence[Mapping[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    columns = [column.name for column in BY_NAME[dataset].columns]
    writer.writerow(columns)
    writer.writerows([each[column] for column in columns] for each in rows)
    return text.getvalue().encode()


@dataclass
class Feed:
    """A folder to be: files by dataset, and whatever the manifest shall say differently from the truth."""

    folder: Path
    day: date = DAY
    files: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    totals: dict[str, str] = field(default_factory=dict)
    said: dict[str, object] = field(default_factory=dict)
    said_of: dict[str, dict[str, object]] = field(default_factory=dict)

    def put(self, dataset: str, *rows: Mapping[str, str]) -> "Feed":
        return self.put_bytes(dataset, as_csv(dataset, rows), rows=len(rows))

    def put_bytes(self, dataset: str, content: bytes, *, rows: int = 1) -> "Feed":
        self.files[dataset] = content
        self.rows[dataset] = rows
        return self

    def put_parquet(self, dataset: str, select: str, *, rows: int = 1) -> "Feed":
        """What a SELECT of DuckDB answers, as the Parquet file of a dataset."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{dataset}.parquet"
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        self.said_of.setdefault(dataset, {})["file"] = path.name
        return self.put_bytes(dataset, path.read_bytes(), rows=rows)

    def write(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        datasets: dict[str, dict[str, object]] = {}
        for name, content in self.files.items():
            (self.folder / str(self.said_of.get(name, {}).get("file", f"{name}.csv"))).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            datasets[name] = {"file": f"{name}.csv", "rows": self.rows[name], "sha256": digest}
            if name in self.totals:
                datasets[name]["amount_total"] = self.totals[name]
            datasets[name] |= self.said_of.get(name, {})
        manifest: dict[str, object] = {
            "format": "haoyou-feed/1",
            "source": "core",
            "bank_date": self.day.isoformat(),
            "currency": "CNY",
            "datasets": datasets,
        }
        (self.folder / "manifest.json").write_text(json.dumps(manifest | self.said), encoding="utf-8")
        return self.folder


def land_here(
    feed: Path,
    root: Path,
    *,
    run_id: str = "run1",
    known_at: datetime = KNOWN_AT,
    decimals: int = 2,
    known: Mapping[str, Sequence[Path]] | None = None,
) -> Landed:
    """Land into `root/lake` with rejected rows in `root/errors`."""
    return land(
        feed=feed,
        lake=root / "lake",
        run_id=run_id,
        known_at=known_at,
        errors=root / "errors",
        known=known,
        decimals=decimals,
        memory_mb=128,
    )


def paths_of(*landings: Landed) -> dict[str, list[Path]]:
    """The files of some landings, as the lake is opened with them."""
    found: dict[str, list[Path]] = {}
    for landed in landings:
        for dataset in landed.datasets:
            found.setdefault(dataset.name, []).append(dataset.path)
    return found
