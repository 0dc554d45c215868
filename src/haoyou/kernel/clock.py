"""The only place that reads the time of day. Security and audit use it; business rules use identity's business date."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias


def system_now() -> datetime:
    return datetime.now(UTC)


Clock: TypeAlias = Callable[[], datetime]
