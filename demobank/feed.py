"""Writing one feed folder: CSV files and their manifest, whole or not at all.

A folder is written under a hidden temporary name and renamed when its manifest is on the disk, so that a reader never
sees half a day and a killed run leaves nothing that looks finished.
"""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

FORMAT = "haoyou-feed/1"
MANIFEST = "manifest.json"
SOURCE = "core"
MINOR_PER_UNIT = 100  # both demonstration banks keep their books with two decimals

Row = Sequence[str]


class BankError(Exception):
    """Something the person at the command line can put right; its text is the whole message."""


COLUMNS: dict[str, tuple[str, ...]] = {
    "institutions": ("institution_id", "name_zh", "name_en", "kind", "parent_id"),
    "staff": ("staff_id", "name", "institution_id", "role", "lines", "phone", "left_on"),
    "customers": (
        "customer_id",
        "kind",
        "name",
        "institution_id",
        "line",
        "birth_date",
        "sex",
        "phone",
        "id_kind",
        "id_number",
        "uscc",
        "since",
    ),
    "assignments": ("customer_id", "staff_id", "kind", "from_date", "to_date"),
    "accounts": (
        "account_id",
        "customer_id",
        "kind",
        "institution_id",
        "currency",
        "opened_on",
        "closed_on",
        "product",
        "principal",
    ),
    "balances": ("account_id", "bank_date", "balance"),
    "transactions": (
        "transaction_id",
        "account_id",
        "bank_date",
        "direction",
        "amount",
        "category",
        "counterparty",
        "text",
    ),
}


@dataclass(slots=True)
class _Sheet:
    file: TextIO
    rows: int
    total_minor: int | None


@dataclass(frozen=True, slots=True)
class Total:
    """A control total of some rows of a dataset: those whose `by` is `value`; the amount in hundredths."""

    by: str
    value: str
    rows: int
    minor: int


def money(minor: int) -> str:
    """Decimal text of an amount in hundredths."""
    sign = "-" if minor < 0 else ""
    units, rest = divmod(abs(minor), MINOR_PER_UNIT)
    return f"{sign}{units}.{rest:02d}"


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


class FeedWriter:
    """One day's folder while it is being written; `finish` makes it visible, leaving it otherwise removes it.

    `sheets` are the datasets written row by row; others are put into `folder` by whoever makes them, and added.
    """

    def __init__(
        self,
        *,
        out: Path,
        bank_date: date,
        currency: str,
        sheets: Mapping[str, Sequence[str]] = COLUMNS,
        version: int = 1,
    ) -> None:
        self.target = out / bank_date.isoformat()
        self.folder = out / f".writing-{bank_date.isoformat()}"
        self._bank_date = bank_date
        self._currency = currency
        self._version = version
        # A leftover of a killed run: nobody may read a hidden folder, so it is ours to remove.
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._entries: dict[str, dict[str, object]] = {}
        self._sheets = {name: self._open_sheet(name) for name in sheets}
        self._writers = {
            name: csv.writer(sheet.file, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
            for name, sheet in self._sheets.items()
        }
        for name, columns in sheets.items():
            self._writers[name].writerow(columns)

    def __enter__(self) -> "FeedWriter":
        return self

    def __exit__(self, *_: object) -> None:
        for sheet in self._sheets.values():
            sheet.file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open_sheet(self, name: str) -> _Sheet:
        has_total = name in ("transactions", "balances")
        file = (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="")
        return _Sheet(file=file, rows=0, total_minor=0 if has_total else None)

    def add_file(
        self, name: str, file: str, *, rows: int, minor: int | None = None, totals: Sequence[Total] = ()
    ) -> None:
        """Say that a dataset lies in the folder as `file`, with its control totals."""
        entry: dict[str, object] = {"file": file, "rows": rows, "sha256": _sha256(self.folder / file)}
        if minor is not None:
            entry["amount_total"] = money(minor)
        if totals:
            entry["totals"] = [{"by": {t.by: t.value}, "rows": t.rows, "amount": money(t.minor)} for t in totals]
        self._entries[name] = entry

    def write(self, name: str, rows: Iterable[Row]) -> None:
        """Append rows of a dataset without money to add up."""
        sheet, writer = self._sheets[name], self._writers[name]
        assert sheet.total_minor is None, f"{name} has a control total: use write_money"
        for row in rows:
            writer.writerow(row)
            sheet.rows += 1

    def write_money(self, name: str, rows: Iterable[tuple[Row, int]]) -> None:
        """Append rows, each with its amount in hundredths, and add the amounts to the control total."""
        sheet, writer = self._sheets[name], self._writers[name]
        assert sheet.total_minor is not None, f"{name} has no control total: use write"
        for row, minor in rows:
            writer.writerow(row)
            sheet.rows += 1
            sheet.total_minor += minor

    def told(self) -> list[tuple[str, int, int | None]]:
        """Dataset, rows and sum of the files added so far."""
        return [
            (
                name,
                int(str(entry["rows"])),
                None if (total := entry.get("amount_total")) is None else _minor(str(total)),
            )
            for name, entry in self._entries.items()
        ]

    def finish(self, target: Path | None = None) -> tuple[dict[str, int], bool]:
        """Write the manifest and give the folder its name; answer the rows per dataset, and if it is new.

        `target` is another name than the day's own, for a folder that is to be seen later. A finished folder is never
        rewritten: if there is one of the same content, it stays; of another, BankError.
        """
        for name, sheet in self._sheets.items():
            sheet.file.flush()
            os.fsync(sheet.file.fileno())
            sheet.file.close()
            self.add_file(name, f"{name}.csv", rows=sheet.rows, minor=sheet.total_minor)
        manifest: dict[str, object] = {"format": FORMAT, "source": SOURCE, "bank_date": self._bank_date.isoformat()}
        manifest |= {"version": self._version} if self._version > 1 else {}
        manifest |= {"currency": self._currency, "datasets": self._entries}
        final = target or self.target
        is_new = not final.exists()
        if is_new:
            write_whole(self.folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
            self.folder.rename(final)
        elif _content(json.loads((final / MANIFEST).read_text(encoding="utf-8"))) != _content(manifest):
            raise BankError(f"{final} exists and holds another day than this bank's: it is left as it is")
        return {name: int(str(entry["rows"])) for name, entry in self._entries.items()}, is_new


def _content(manifest: Mapping[str, Any]) -> object:
    """What a manifest says of its rows: of a Parquet file not the hash, since the same rows may be other bytes."""
    datasets: Mapping[str, Any] = manifest.get("datasets", {})
    told = {
        name: {word: value for word, value in entry.items() if word != "sha256" or entry["file"].endswith(".csv")}
        for name, entry in datasets.items()
    }
    return {**manifest, "datasets": told}


def write_whole(path: Path, text: str) -> None:
    """Replace a small file so that a reader sees the old text or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
