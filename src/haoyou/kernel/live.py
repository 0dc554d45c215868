"""Live hints to browsers: "fetch these again". Hints only, never data, so nothing is lost when one is.

A stream is (epoch, number). A browser that comes back says what it last saw; if the epoch is ours and the gap is still
kept, the gap is sent, else one `reset` that makes it fetch everything.
"""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from haoyou.kernel.ids import new_id

if TYPE_CHECKING:
    from haoyou.kernel.house import House

log = logging.getLogger(__name__)

KEPT = 2_000  # hints; a browser away for longer fetches afresh
BEAT_S = 15.0
QUEUE_MAX = 200  # a browser that reads slower than this is sent a reset


@dataclass(frozen=True, slots=True)
class Hint:
    number: int
    people: frozenset[int]
    keys: tuple[str, ...]

    def concerns(self, person: int) -> bool:
        return not self.people or person in self.people


class Hub:
    def __init__(self, house: "House") -> None:
        self._house = house
        self.epoch = new_id().hex[:12]
        self._kept: deque[Hint] = deque(maxlen=KEPT)
        self._number = 0
        self._listeners: dict[asyncio.Queue[Hint | None], int] = {}
        self.listening = asyncio.Event()
        self._closed = False

    async def run(self) -> None:
        """Hear what relays notify; a lost connection starts a new epoch, so nobody misses what was said meanwhile."""
        url = self._house.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                    await connection.execute("listen haoyou_live")
                    self.listening.set()
                    async for notification in connection.notifies():
                        self._publish(notification.payload)
            except (psycopg.Error, OSError) as error:
                log.warning("live hub lost the database: %s", type(error).__name__)
                self.listening.clear()
                self.epoch = new_id().hex[:12]
                for queue in self._listeners:
                    _offer(queue, None)
                await asyncio.sleep(0.5)

    def close(self) -> None:
        """End every stream and begin no other: a server that stops waits for its open answers."""
        self._closed = True
        for queue in self._listeners:
            _offer(queue, None)

    def _publish(self, payload: str) -> None:
        body = json.loads(payload)
        self._number += 1
        hint = Hint(self._number, frozenset(body["people"]), tuple(body["keys"]))
        self._kept.append(hint)
        for queue, person in self._listeners.items():
            if hint.concerns(person):
                _offer(queue, hint)

    async def stream(self, person: int, last_seen: str | None) -> AsyncGenerator[str]:
        """Server-sent events for one person."""
        queue: asyncio.Queue[Hint | None] = asyncio.Queue(QUEUE_MAX)
        self._listeners[queue] = person
        try:
            for event in self._catch_up(person, last_seen):
                yield event
            while not self._closed:
                try:
                    hint = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    yield ": beat\n\n"
                    continue
                if not self._closed:
                    yield self._reset() if hint is None else self._event(hint)
        finally:
            del self._listeners[queue]

    def _catch_up(self, person: int, last_seen: str | None) -> list[str]:
        epoch, _, number = (last_seen or "").partition("-")
        if not last_seen:
            return [f"id: {self.epoch}-{self._number}\n: welcome\n\n"]
        oldest = self._kept[0].number if self._kept else self._number + 1
        if epoch != self.epoch or not number.isdecimal() or int(number) + 1 < oldest:
            return [self._reset()]
        return [self._event(hint) for hint in self._kept if hint.number > int(number) and hint.concerns(person)]

    def _event(self, hint: Hint) -> str:
        if "*" in hint.keys:
            return self._reset()
        return f"id: {self.epoch}-{hint.number}\nevent: changed\ndata: {json.dumps({'keys': hint.keys})}\n\n"

    def _reset(self) -> str:
        return f"id: {self.epoch}-{self._number}\nevent: reset\ndata: {{}}\n\n"


def _offer(queue: "asyncio.Queue[Hint | None]", hint: Hint | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        hint = None
    queue.put_nowait(hint)
