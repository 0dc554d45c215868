"""A copy of the source in which violations are planted, one at a time."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, Module, read_modules

MANIFEST = '''"""The manifest of a planted room."""

from haoyou.kernel.room import Manifest

manifest = Manifest(name="{room}", storey={storey}, metadata=None)
'''
PLANTED_ROOMS = {"planted_low": 90, "planted_high": 91, "planted_beside": 91}
NO_ROOM = "planted_nowhere"  # has a contract and no manifest


class Garden:
    """The copy; `plant` adds text to a file (or makes it) and answers the modules as they then are."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for tree in ("src/haoyou", "demobank"):
            skip = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(ROOT / tree, root / tree, ignore=skip)
        shutil.copy(ROOT / "pyproject.toml", root)
        for room, storey in PLANTED_ROOMS.items():
            self._make(room, storey)
        (root / "src/haoyou/centers" / NO_ROOM).mkdir()
        (root / "src/haoyou/centers" / NO_ROOM / "contract.py").write_text("")
        self._modules = {module.path: module for module in read_modules(root / "src")}

    @property
    def modules(self) -> list[Module]:
        """As they are without a plant."""
        return list(self._modules.values())

    def _make(self, room: str, storey: int) -> None:
        place = self.root / "src/haoyou/centers" / room
        (place / "tests").mkdir(parents=True)
        (place / "migrations").mkdir()
        for name in (
            "__init__",
            "contract",
            "service",
            "rules",
            "store",
            "tables",
            "api",
            "reactions",
            "jobs",
            "session",
        ):
            (place / f"{name}.py").write_text("")
        for name in ("tests/__init__", "tests/factories", "migrations/__init__"):
            (place / f"{name}.py").write_text("")
        (place / "center.py").write_text(MANIFEST.format(room=room, storey=storey))

    @contextmanager
    def plant(self, path: str, text: str) -> Generator[list[Module]]:
        file = self.root / path
        before = file.read_text() if file.exists() else None
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text((before or "") + text)
        name = ".".join(file.relative_to(self.root / "src").with_suffix("").parts).removesuffix(".__init__") if (
            path.startswith("src/")
        ) else ""  # fmt: skip
        try:
            yield list((self._modules | {file: Module(file, name)}).values())
        finally:
            if before is None:
                file.unlink()
            else:
                file.write_text(before)


@pytest.fixture(scope="session")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Garden:
    return Garden(tmp_path_factory.mktemp("garden"))
