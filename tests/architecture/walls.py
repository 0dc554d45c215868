"""The walls in and between rooms that import-linter cannot say: storeys from the manifests, the floor plan of a room.

A room, from the top: tests > seed, center > api, reactions, jobs > service and every module of the room's own (a
session, a password, an engine) > store > rules > tables, contract. A module may use what lies on a lower level; those
on the level of the service may use each other; api, reactions and jobs may not. Only store and center know the tables.
"""

import ast
from collections.abc import Iterator, Sequence

from tests.architecture.source import Module, imports_of, part_of

LEVELS = {
    "tests": 7,
    "seed": 6,
    "center": 6,
    "api": 5,
    "reactions": 5,
    "jobs": 5,
    "store": 3,
    "rules": 2,
    "tables": 1,
    "contract": 1,
    "migrations": 0,
}
INNER = 4  # service and whatever else the room has
MAY_KNOW_TABLES = {"store", "center", "tests", "tables"}
SAME_LEVEL = {4, 7}  # inner modules and tests may use their neighbours
NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc", "shared"}


def storeys(modules: Sequence[Module]) -> dict[str, int]:
    """Room → storey, as the manifests on disk say; a folder without a manifest is no room."""
    found: dict[str, int] = {}
    for module in modules:
        if module.part == "center":
            for node in module.nodes:
                if isinstance(node, ast.keyword) and node.arg == "storey" and isinstance(node.value, ast.Constant):
                    found[module.room] = int(str(node.value.value))
    return found


def check_storeys(modules: Sequence[Module]) -> list[str]:
    """Rooms use rooms below, by contract; tests also their factories."""
    names = frozenset(module.name for module in modules)
    storey_of = storeys(modules)
    return [
        words
        for module in modules
        if module.room
        for node, target in imports_of(module, names)
        if target.startswith("haoyou.centers.") and (words := _judge_room(module, node, target, storey_of))
    ]


def _judge_room(module: Module, node: ast.stmt, target: str, storey_of: dict[str, int]) -> str:
    room, _, part = target.removeprefix("haoyou.centers.").partition(".")
    if room == module.room:
        return ""
    if part != "contract" and not (module.part == "tests" and part == "tests.factories"):
        return module.at(node, f"enters {room} through {part or 'its package'}, not through its contract")
    mine, theirs = storey_of.get(module.room), storey_of.get(room)
    if mine is None or theirs is None:
        return module.at(node, f"uses {room}, and one of the two has no manifest")
    if theirs >= mine:
        return module.at(node, f"looks up or sideways from storey {mine} to {room} on storey {theirs}")
    return ""


def check_floor_plan(modules: Sequence[Module]) -> list[str]:
    names = frozenset(module.name for module in modules)
    found: list[str] = []
    for module in modules:
        if not module.part:
            continue
        for node, target in imports_of(module, names):
            inside = target.removeprefix(f"haoyou.centers.{module.room}.")
            if inside != target:
                found += [module.at(node, words) for words in _judge_part(module, part_of(inside.split(".")[0]))]
    return found


def _judge_part(module: Module, part: str) -> Iterator[str]:
    if part == module.part:
        return
    mine, theirs = LEVELS.get(module.part, INNER), LEVELS.get(part, INNER)
    if theirs > mine or (theirs == mine and mine not in SAME_LEVEL):
        yield f"{module.part} uses {part}, which is not below it"
    if part == "tables" and module.part not in MAY_KNOW_TABLES:
        yield f"{module.part} uses the tables; only the store may"
    if part == "store" and module.part in {"api", "reactions", "jobs", "center"}:
        yield f"{module.part} opens the store; it asks the service"


def check_migrations(modules: Sequence[Module]) -> list[str]:
    """Migrations stand alone: they must still run years from now."""
    names = frozenset(module.name for module in modules)
    return [
        module.at(node, f"uses {target}; a migration stands alone")
        for module in modules
        if "migrations" in module.name.split(".")
        for node, target in imports_of(module, names)
        if target.split(".")[0] == "haoyou"
    ]


def check_room_packages(modules: Sequence[Module]) -> list[str]:
    """Importing a room does nothing: its __init__ is empty."""
    return [
        f"{module.name} is not empty" for module in modules if module.room and not module.part and module.text.strip()
    ]


def check_names(modules: Sequence[Module]) -> list[str]:
    """A file is a singular noun or a verb's home; these names say nothing."""
    return [
        f"{module.name} has a name that says nothing"
        for module in modules
        if NO_NAMES & set(module.name.replace("_", ".").split("."))
    ]


CHECKS = (check_storeys, check_floor_plan, check_migrations, check_room_packages, check_names)
