"""A clock that stands still until a test moves it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)  # a Friday, half past nine in Shanghai


class SetClock:
    """Called, it says the time. Who depends on the time having been noticed (the audit's sealer) follows it."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at
        self._followers: list[Callable[[], Awaitable[None]]] = []

    def __call__(self) -> datetime:
        return self._at

    def follow(self, notice: Callable[[], Awaitable[None]]) -> None:
        self._followers.append(notice)

    def jump(self, at: datetime) -> None:
        """Move the time and let nobody notice: what a process sees that was asleep."""
        self._at = at

    async def set(self, at: datetime) -> None:
        self.jump(at)
        for notice in self._followers:
            await notice()

    async def advance(self, **by: float) -> None:
        """`hours=1`, `minutes=15`, … as in timedelta."""
        await self.set(self._at + timedelta(**by))
