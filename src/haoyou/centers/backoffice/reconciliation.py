"""The reconciliation report of an import, for machines and for people: what differs from the bank's own figures."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from haoyou.centers.backoffice.rules import Imported
from haoyou.kernel.money import decimals_of

DIFFERENCES_TOLD = 20  # on a terminal; the whole list stands in the JSON document and on the screen


def reconcile(imported: Imported) -> dict[str, Any]:
    """One JSON document: the run, whether everything agrees, each difference named, and every figure."""
    found = list(differences(imported.report))
    return {
        "run_id": imported.run_id,
        "source": imported.source,
        "bank_date": imported.bank_date.isoformat(),
        "version": imported.version,
        "currency": imported.currency,
        "already_done": imported.already_done,
        "agrees": not found,
        "rows_in": sum(one["rows_in"] for one in imported.report),
        "accepted": sum(one["accepted"] for one in imported.report),
        "rejected": sum(one["rejected"] for one in imported.report),
        "differences": found,
        "datasets": list(imported.report),
    }


def differences(report: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every figure of the bank's that is not ours; `ours` and `bank` are rows or minor units."""
    for one in report:
        name = one["dataset"]
        if one["bank_rows"] != one["rows_in"]:
            yield {"dataset": name, "by": {}, "what": "rows", "bank": one["bank_rows"], "ours": one["rows_in"]}
        if one["bank_total_minor"] not in (None, one["amount_total_minor"]):
            yield {
                "dataset": name, "by": {}, "what": "amount_minor",
                "bank": one["bank_total_minor"], "ours": one["amount_total_minor"],
            }  # fmt: skip
        for total in one["totals"]:
            yield from _of_group(name, total)


def _of_group(name: str, total: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if total["bank_rows"] != total["rows"]:
        yield {
            "dataset": name, "by": total["by"], "what": "rows", "bank": total["bank_rows"], "ours": total["rows"],
        }  # fmt: skip
    if total["bank_amount_minor"] not in (None, total["amount_minor"]):
        yield {
            "dataset": name, "by": total["by"], "what": "amount_minor",
            "bank": total["bank_amount_minor"], "ours": total["amount_minor"],
        }  # fmt: skip


def sentences(imported: Imported) -> Iterator[str]:
    """What the operator reads at the end."""
    done = "was here already" if imported.already_done else "imported"
    version = f" (version {imported.version})" if imported.version > 1 else ""
    yield f"bank day {imported.bank_date}{version} of {imported.source}: {done}"
    for one in imported.report:
        orphans = "".join(f", {each['rows']} naming an unknown {each['column']}" for each in one["orphans"])
        reasons = "".join(f", {each['rows']} × {each['reason']}" for each in one["reasons"])
        if one["rows_in"]:
            yield f"  {one['dataset']}: {one['accepted']} accepted, {one['rejected']} set aside{reasons}{orphans}"
    found = list(differences(imported.report))
    for one in found[:DIFFERENCES_TOLD]:
        group = "".join(f" {column}={value}" for column, value in one["by"].items())
        bank, ours = (_written(one["what"], one[side], imported.currency) for side in ("bank", "ours"))
        yield f"  differs: {one['dataset']}{group}: the bank says {bank}, here are {ours}"
    if len(found) > DIFFERENCES_TOLD:
        yield f"  and {len(found) - DIFFERENCES_TOLD} more differences; --json tells all of them"
    yield "  every figure agrees with the bank's" if not found else f"  {len(found)} figures differ from the bank's"


def _written(what: str, value: int | None, currency: str) -> str:
    if value is None:
        return "nothing"
    return f"{value} rows" if what == "rows" else f"{Decimal(value).scaleb(-decimals_of(currency))} {currency}"
