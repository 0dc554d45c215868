"""Keyset pages: a cursor says where the last page ended, in the order's own columns, so that no page is slow."""

import base64
import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from haoyou.kernel.web.problem import invalid_field

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    items: tuple[T, ...]
    next: str | None = None


def write_cursor(*position: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(position, default=str).encode()).decode()


def read_cursor(cursor: str | None, *kinds: type) -> list[Any] | None:
    """The position a cursor names; a forged or foreign one is the caller's mistake, not ours."""
    if not cursor:
        return None
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor))
        if len(position) != len(kinds):
            raise ValueError
        return [_read(kind, value) for kind, value in zip(kinds, position, strict=True)]
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise invalid_field("after", "cursor", "not a position in this list; start again without it") from None


def _read(kind: Any, value: Any) -> Any:
    if kind is int:
        number = int(value)
        if abs(number) >= 1 << 63:
            raise ValueError
        return number
    if hasattr(kind, "fromisoformat"):
        return kind.fromisoformat(value)
    if not isinstance(value, str) or "\0" in value:  # PostgreSQL takes no NUL, and UTF-8 no half of a character
        raise ValueError
    value.encode()
    return kind(value)
