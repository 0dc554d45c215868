"""The messages between rooms as they were promised: `messages.json`, and what may change in it.

A message may lie in an outbox while the house is brought to a new version, so contracts are add-only: messages and
fields stay, with their types; a new field has a default; a word may be added to a list of words, none taken away.
`python -m tests.contract.messages` writes additions down; it refuses anything else.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from haoyou.kernel.message import Message, known_messages
from haoyou.rooms import room_names

Schema: TypeAlias = dict[str, Any]
PROMISED = Path(__file__).with_name("messages.json")


def current() -> dict[str, Schema]:
    """Message → its JSON schema, of every message that a room's contract declares."""
    for room in room_names():
        import_module(f"haoyou.centers.{room}.contract")
    kinds = {name: kind for name, kind in known_messages().items() if kind.__module__.startswith("haoyou.centers.")}
    return {name: schema_of(kind) for name, kind in sorted(kinds.items())}


def schema_of(kind: type[Message]) -> Schema:
    schema = TypeAdapter(kind).json_schema()
    return {"version": kind.schema_version, **_without_words(schema)}


def _without_words(schema: Any) -> Any:
    """Titles and descriptions are for readers; they may change. (A field called title is no text but a schema.)"""
    if isinstance(schema, dict):
        words = {key for key in ("title", "description") if isinstance(schema.get(key), str)}
        return {key: _without_words(value) for key, value in schema.items() if key not in words}
    return [_without_words(one) for one in schema] if isinstance(schema, list) else schema


def promised() -> dict[str, Schema]:
    return json.loads(PROMISED.read_text(encoding="utf-8"))


def broken_promises(before: Mapping[str, Schema], after: Mapping[str, Schema]) -> list[str]:
    """What was promised and is no longer so."""
    found = [f"{name} is gone" for name in before if name not in after]
    for name in before.keys() & after.keys():
        found += _compare(name, before[name], after[name])
    return sorted(found)


def additions(before: Mapping[str, Schema], after: Mapping[str, Schema]) -> list[str]:
    return sorted(name for name, schema in after.items() if before.get(name) != schema)


def _compare(name: str, before: Schema, after: Schema) -> Iterator[str]:
    parts: dict[str, tuple[Schema, Schema | None]] = {"": (before, after)}
    parts |= {
        f".{kind}": (schema, after.get("$defs", {}).get(kind)) for kind, schema in before.get("$defs", {}).items()
    }
    for part, (old, new) in parts.items():
        if new is None:
            yield f"{name}{part} is gone"
        elif "enum" in old:
            yield from (
                f"{name}{part} no longer knows {word!r}" for word in old["enum"] if word not in new.get("enum", [])
            )
        else:
            yield from _compare_fields(f"{name}{part}", old, new)


def _compare_fields(name: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for field, schema in before.items():
        if field not in after:
            yield f"{name}.{field} is gone"
        elif after[field] != schema:
            yield f"{name}.{field} changed its type"
    for field in after.keys() - before.keys():
        if field in new.get("required", []):
            yield f"{name}.{field} is new and has no default: messages told before cannot be read"
    for field in set(new.get("required", [])) & before.keys() - set(old.get("required", [])):
        yield f"{name}.{field} lost its default"


def accept() -> int:
    before = promised() if PROMISED.exists() else {}
    after = current()
    broken = broken_promises(before, after)
    if broken:
        print(*broken, sep="\n", file=sys.stderr)
        return 1
    print("accepted:", ", ".join(additions(before, after)) or "nothing new")
    PROMISED.write_text(json.dumps(after, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(accept())
