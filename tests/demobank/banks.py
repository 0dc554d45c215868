"""Opening banks in a test's folder and reading back, plainly, what they wrote."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from demobank.__main__ import main

TODAY = "2026-11-22"


def run(root: Path, *arguments: str) -> int:
    return main([*arguments, "--out", str(root / "inbox"), "--state", str(root / "state.json")])


def open_demo(root: Path, *, customers: int = 200, seed: int = 1, form: str = "csv") -> None:
    words = ("--customers", str(customers), "--seed", str(seed), "--today", TODAY, "--format", form)
    assert run(root, "open", "demo", *words) == 0


def folders(root: Path) -> list[Path]:
    return sorted(path for path in (root / "inbox").iterdir() if not path.name.startswith("."))


def rows(folder: Path, dataset: str) -> list[dict[str, str]]:
    """What a CSV folder says; nothing, where the dataset is left out."""
    if not (folder / f"{dataset}.csv").exists():
        return []
    with (folder / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def digest(root: Path) -> dict[str, str]:
    """Every file that was written, by its path in the inbox."""
    inbox = root / "inbox"
    files = (path for path in sorted(inbox.rglob("*")) if path.is_file())
    return {str(path.relative_to(inbox)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def minor(text: str) -> int:
    """Exact hundredths of a decimal text with two decimals."""
    sign = -1 if text.startswith("-") else 1
    units, decimals = text.lstrip("-").split(".")
    assert len(decimals) == 2
    return sign * (int(units) * 100 + int(decimals))


def check_manifest(folder: Path) -> None:
    """Every file of the folder is in the manifest with its own hash, count and sum; and nothing else is there."""
    said = manifest(folder)
    assert said["bank_date"] == folder.name
    listed = said["datasets"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["manifest.json", *(f"{name}.csv" for name in listed)]
    )
    for name, entry in listed.items():
        assert entry["sha256"] == hashlib.sha256((folder / f"{name}.csv").read_bytes()).hexdigest()
        assert entry["rows"] == len(rows(folder, name))
    for name, column in (("transactions", "amount"), ("balances", "balance")):
        told = rows(folder, name)
        assert minor(str(listed[name]["amount_total"])) == sum(minor(row[column]) for row in told)
        for word in {word for total in listed[name].get("totals", []) for word in total["by"]} - {"product"}:
            sums: dict[str, list[int]] = {}
            for row in told:
                sums.setdefault(row[word], []).append(minor(row[column]))
            stated = [total for total in listed[name]["totals"] if word in total["by"]]
            assert {total["by"][word]: (total["rows"], minor(total["amount"])) for total in stated} == {
                value: (len(amounts), sum(amounts)) for value, amounts in sums.items()
            }


def check_books(found: list[Path]) -> int:
    """On every day each stated balance is the sum of what moved up to then; answers how many were compared.

    Of a loan or card the balance is what is owed, which a debit makes more.
    """
    running: dict[str, int] = {}
    compared = 0
    stated: dict[tuple[str, str], int] = {}
    moved: dict[str, list[tuple[str, int]]] = {}
    kinds = {row["account_id"]: row["kind"] for folder in found for row in rows(folder, "accounts")}
    for folder in found:
        for row in rows(folder, "balances"):
            assert (row["account_id"], row["bank_date"]) not in stated
            sign = -1 if kinds[row["account_id"]] in ("loan", "card") else 1
            stated[row["account_id"], row["bank_date"]] = sign * minor(row["balance"])
        for row in rows(folder, "transactions"):
            signed = minor(row["amount"]) * (1 if row["direction"] == "credit" else -1)
            moved.setdefault(row["bank_date"], []).append((row["account_id"], signed))
    for day in sorted({day for _, day in stated} | set(moved)):
        for account, signed in moved.get(day, []):
            running[account] = running.get(account, 0) + signed
        for account in {account for account, _ in moved.get(day, [])}:
            assert stated[account, day] == running[account]
            compared += 1
    opening_day = found[0].name
    closed = {row["account_id"] for row in rows(found[0], "accounts") if row["closed_on"]}
    for account in {row["account_id"] for row in rows(found[0], "transactions")} - closed:
        assert (account, opening_day) in stated
    return compared
