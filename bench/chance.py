"""Chance that repeats itself: the same seed gives the same run of choices."""

import random


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - nothing here is a secret
