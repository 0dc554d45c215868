"""The written expectation (rights.csv) and the document that the running house shows, read side by side."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROLES = ("relationship_manager", "lobby_manager", "branch_manager", "head_office", "administrator")
NOBODY = "nobody"
TABLE = Path(__file__).with_name("rights.csv")
METHODS = {"get", "post", "put", "delete", "patch"}


@dataclass(frozen=True, slots=True)
class Right:
    """What one operation is about and who may call it at all; which rows they then reach is the oracle's."""

    data: str
    allowed: frozenset[str]


def read_table() -> dict[str, Right]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row[role] in ("allow", "deny") for row in rows for role in (NOBODY, *ROLES)), "allow or deny, no third"
    table = {
        row["operation"]: Right(row["data"], frozenset(role for role in (NOBODY, *ROLES) if row[role] == "allow"))
        for row in rows
    }
    assert len(table) == len(rows), "an operation stands in the table twice"
    return table


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    method: str
    path: str
    policy: Mapping[str, str]
    ids: frozenset[str]
    """Where the caller writes the number of something: `path.task_id`, `query.institution_id`, `body.customer_id`."""


def read_document(document: Mapping[str, Any]) -> dict[str, Operation]:
    """All operations of an OpenAPI document, by their names."""
    found = [
        Operation(
            name=one["operationId"],
            method=method.upper(),
            path=path,
            policy=one.get("x-policy", {}),
            ids=frozenset(_ids(one, document["components"]["schemas"])),
        )
        for path, methods in document["paths"].items()
        for method, one in methods.items()
        if method in METHODS
    ]
    return {one.name: one for one in found}


def _ids(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "header" and _names_something(parameter["name"], parameter["schema"]):
            yield f"{parameter['in']}.{parameter['name']}"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = schemas[content["schema"]["$ref"].rsplit("/", 1)[-1]]
        for name, schema in body["properties"].items():
            if _names_something(name, schema):
                yield f"body.{name}"


def _names_something(name: str, schema: Mapping[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", ())]
    return name == "id" or name.endswith("_id") or any(kind.get("format") == "uuid" for kind in kinds)
