"""The rooms of the house, read from disk: a folder under centers/ with a manifest is a room."""

from functools import cache
from importlib import import_module
from pathlib import Path

from haoyou.kernel.room import Manifest

_CENTERS = Path(__file__).parent / "centers"


def room_names() -> list[str]:
    return sorted(path.parent.name for path in _CENTERS.glob("*/center.py"))


@cache
def load_rooms() -> tuple[Manifest, ...]:
    """Manifests from the lowest storey up."""
    manifests = [import_module(f"haoyou.centers.{name}.center").manifest for name in room_names()]
    return tuple(sorted(manifests, key=lambda room: (room.storey, room.name)))


def migration_directories() -> list[Path]:
    return [path for name in room_names() if (path := _CENTERS / name / "migrations").is_dir()]
