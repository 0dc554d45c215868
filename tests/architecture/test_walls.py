"""The house as it is keeps its walls. `test_walls_planted.py` shows that each of these can fall."""

import tomllib

import grimp
import pytest

from haoyou.rooms import load_rooms, room_names
from tests.architecture import lints, walls
from tests.architecture.linter import lint_imports
from tests.architecture.source import ROOT, Module, read_modules


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return read_modules(ROOT / "src")


def test_import_linter_keeps_every_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    code, said = lint_imports(ROOT)
    assert code == 0, said
    assert f"Contracts: {len(contracts)} kept, 0 broken." in said


def test_the_linter_reads_every_module(modules: list[Module]) -> None:
    """A linter that quietly skips files says "kept". (A folder without __init__ holds no module: alembic's entry.)"""
    ours = {module.name for module in [*modules, *read_modules(ROOT, "demobank")]}
    theirs = grimp.build_graph("haoyou", "demobank", cache_dir=None).modules
    assert ours - theirs == {"haoyou.kernel.db.alembic.env"}
    assert theirs - ours == set()


def test_storeys_read_from_disk_are_those_of_the_manifests(modules: list[Module]) -> None:
    assert walls.storeys(modules) == {room.name: room.storey for room in load_rooms()}
    assert sorted(walls.storeys(modules)) == room_names()


@pytest.mark.parametrize("check", walls.CHECKS)
def test_rooms_keep_their_walls(check: lints.Lint, modules: list[Module]) -> None:
    assert check(modules) == []


@pytest.mark.parametrize("lint", lints.LINTS)
def test_the_source_is_free_of(lint: lints.Lint, modules: list[Module]) -> None:
    assert lint(modules) == []


def test_the_demonstration_banks_are_not_too_long_either() -> None:
    assert lints.too_long(read_modules(ROOT, "demobank")) == []
