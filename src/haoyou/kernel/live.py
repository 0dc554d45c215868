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
from uuid import UUID

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from haoyou.kernel.ids import new_id
from haoyou.kernel.web.signon import SignOn

if TYPE_CHECKING:
    from haoyou.kernel.house import House

log = logging.getLogger(__name__)

KEPT = 2_000  # hints; a browser away for longer fetches afresh
BEAT_S = 15.0
QUEUE_MAX = 200  # a browser that reads slower than this is sent a reset
SESSIONS_EVERY_S = 0.5  # a stream ends within a second after its session
SESSIONS_ASKED_MAX = 1_000  # of one question


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
        self._sessions: dict[asyncio.Queue[Hint | None], UUID] = {}
        self._over: set[UUID] = set()
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

    async def watch_sessions(self) -> None:
        """End the streams of sessions that are over: one question for all of them, not one for each."""
        while True:
            await asyncio.sleep(SESSIONS_EVERY_S)
            open_now = sorted(set(self._sessions.values()))
            try:
                for start in range(0, len(open_now), SESSIONS_ASKED_MAX):
                    await self._ask_for(tuple(open_now[start : start + SESSIONS_ASKED_MAX]))
            except (SQLAlchemyError, OSError) as error:
                log.warning("sessions were not asked for: %s", type(error).__name__)

    async def _ask_for(self, sessions: tuple[UUID, ...]) -> None:
        for sign_on in self._house.provided(SignOn):
            self._over |= set(await sign_on.list_over(self._house.service_ctx("kernel"), session_ids=sessions))
        for queue, session_id in self._sessions.items():
            if session_id in self._over:
                _offer(queue, None)

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

    async def stream(
        self, person: int, last_seen: str | None, *, session_id: UUID | None = None
    ) -> AsyncGenerator[str]:
        """Server-sent events for one person, until their session ends."""
        queue: asyncio.Queue[Hint | None] = asyncio.Queue(QUEUE_MAX)
        self._listeners[queue] = person
        if session_id:
            self._sessions[queue] = session_id
        try:
            for event in self._catch_up(person, last_seen):
                yield event
            while not self._closed:
                try:
                    hint = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    yield ": beat\n\n"
                    continue
                if session_id in self._over:
                    yield _ASK_WHO
                    return
                if not self._closed:
                    yield self._reset() if hint is None else self._event(hint)
        finally:
            del self._listeners[queue]
            self._sessions.pop(queue, None)
            self._over &= set(self._sessions.values())

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


_ASK_WHO = f"event: changed\ndata: {json.dumps({'keys': ['me']})}\n\n"
"""The last word of a stream whose session is over: the browser asks who it is, and is told why it is nobody."""


def _offer(queue: "asyncio.Queue[Hint | None]", hint: Hint | None) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        hint = None
    queue.put_nowait(hint)
