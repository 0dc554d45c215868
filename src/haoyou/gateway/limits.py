"""Token buckets: how often one caller may ask. Per process; the smallest share wins when there are several."""

from collections import OrderedDict
from time import monotonic

CALLERS_MAX = 50_000  # the least recently seen is forgotten first


class Buckets:
    def __init__(self, *, per_second: float, burst: float) -> None:
        self._rate, self._burst = per_second, burst
        self._level: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """0 when the caller may go on, else the seconds to wait."""
        now = monotonic()
        level, seen = self._level.pop(caller, (self._burst, now))
        level = min(self._burst, level + (now - seen) * self._rate)
        allowed = level >= 1
        self._level[caller] = (level - 1 if allowed else level, now)
        if len(self._level) > CALLERS_MAX:
            self._level.popitem(last=False)
        return 0.0 if allowed else (1 - level) / self._rate
