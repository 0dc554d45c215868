"""Chance that repeats itself: every choice follows from what it is about, so that a day begun again is the same day."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

T = TypeVar("T")

_BITS = 53  # what a float holds exactly
_ACTS = uuid5(NAMESPACE_URL, "urn:demobank:staff")


@dataclass(frozen=True, slots=True)
class Chance:
    """Choices about one thing: a seed, a day, a person, a to-do."""

    about: str

    def of(self, *words: object) -> "Chance":
        """Choices about something within it."""
        return Chance("/".join([self.about, *map(str, words)]))

    def share(self, word: str) -> float:
        """Evenly in [0, 1)."""
        digest = hashlib.sha256(f"{self.about}/{word}".encode()).digest()
        return (int.from_bytes(digest[:8], "big") >> (64 - _BITS)) / (1 << _BITS)

    def happens(self, word: str, likely: float) -> bool:
        return self.share(word) < likely

    def below(self, word: str, count: int) -> int:
        return int(self.share(word) * count)

    def pick(self, word: str, choices: Sequence[T]) -> T:
        return choices[self.below(word, len(choices))]

    def weighed(self, word: str, weights: Mapping[T, int]) -> T:
        """One of the choices, each as often as its weight says."""
        at = self.below(word, sum(weights.values()))
        return [choice for choice, weight in weights.items() for _ in range(weight)][at]

    def id(self, word: str) -> UUID:
        """The lasting name of an act: sent again, it is the same act."""
        return uuid5(_ACTS, f"{self.about}/{word}")
