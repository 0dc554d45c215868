"""Keeps the embedded server running while a command needs it: one that was killed is started again, on its old port.

The pool of the house reconnects by itself; what was committed is there again after recovery. A server that dies again
and again is left dead: something is wrong that starting does not mend, and the log says what.
"""

import logging
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from haoyou.kernel.db import embedded
from haoyou.kernel.db.postmaster import ClusterError, is_alive

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
RESTARTS_MAX = 5  # within the window; a disk that is full kills it at every start
RESTARTS_WINDOW_S = 600.0


@contextmanager
def keep_alive(home: Path, running: embedded.RunningCluster, *, fast: bool = False) -> Generator[None]:
    """Until the end of the block. Whoever finds the server dead first starts it, all others join what they find."""
    keeper = _Keeper(home, running, fast=fast)
    keeper.start()
    try:
        yield
    finally:
        keeper.end()


class _Keeper(threading.Thread):
    """A thread, not a task: a start waits for recovery, and commands without an event loop need the server too."""

    def __init__(self, home: Path, running: embedded.RunningCluster, *, fast: bool) -> None:
        super().__init__(name="database keeper", daemon=True)
        self._home, self._running, self._fast = home, running, fast
        self._ended = threading.Event()
        self._restarts: deque[float] = deque(maxlen=RESTARTS_MAX)
        self._mine: list[embedded.RunningCluster] = []

    def run(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            if is_alive(self._running.pid):
                continue
            if not self._may_restart():
                log.error("the database died %d times in %.0f s and stays down", RESTARTS_MAX, RESTARTS_WINDOW_S)
                return
            try:
                self._restart()
            except ClusterError as error:
                log.error("the database was not started again: %s", error)

    def _may_restart(self) -> bool:
        now = monotonic()
        if len(self._restarts) == RESTARTS_MAX and now - self._restarts[0] < RESTARTS_WINDOW_S:
            return False
        self._restarts.append(now)
        return True

    def _restart(self) -> None:
        began = monotonic()
        log.warning("the database process %d is gone, starting it again", self._running.pid)
        self._running = embedded.start(self._home, port=self._running.cluster.port, fast=self._fast)
        self._mine.append(self._running)
        log.warning("the database is back after %.1f s", monotonic() - began)

    def end(self) -> None:
        """No more starts; servers that were started here end here."""
        self._ended.set()
        self.join()
        for running in self._mine:
            running.stop()
