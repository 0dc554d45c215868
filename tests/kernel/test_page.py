"""Cursors: they carry a position and nothing else, and a forged one is the caller's mistake."""

import base64
import json
import random
from datetime import date, datetime
from uuid import UUID

import pytest

from haoyou.kernel.clock import system_now
from haoyou.kernel.errors import Invalid
from haoyou.kernel.ids import new_id
from haoyou.kernel.web.page import read_cursor, write_cursor


def test_a_position_survives() -> None:
    position = [date(2026, 11, 20), new_id(), -7, "张三", system_now()]
    kinds = (date, UUID, int, str, datetime)
    assert read_cursor(write_cursor(*position), *kinds) == position


@pytest.mark.parametrize("cursor", [None, ""])
def test_without_a_cursor_a_list_begins(cursor: str | None) -> None:
    assert read_cursor(cursor, int) is None


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "====",
        "AAAA",
        "%%%",
        "é",
        "\0",
        forged("text"),
        forged(7),
        forged(None),
        forged(True),
        forged({}),
        forged([]),
        forged([1]),
        forged([1, 2, 3]),
        forged(["x", "2026-11-20"]),
        forged([1, "2026-13-01"]),
        forged([1, 20261120]),
        forged([[1], "2026-11-20"]),
        forged([{}, "2026-11-20"]),
        forged([1 << 63, "2026-11-20"]),
        forged([1e400, "2026-11-20"]),
        forged([None, "2026-11-20"]),
        forged([float("nan"), "2026-11-20"]),
        forged({"0": 1, "1": 2}),
        forged([1, {"a": 1}]),
        "[" * 5_000,
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        forged([int("9" * 4_000), "2026-11-20"]),
        base64.urlsafe_b64encode(b'["1' + b"1" * 5_000 + b'","2026-11-20"]').decode(),
    ],
)
def test_a_forged_cursor_is_the_callers_mistake(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_cursor(cursor, int, date)
    assert refused.value.data == {
        "errors": [
            {"field": "after", "code": "cursor", "message": "not a position in this list; start again without it"}
        ]
    }


def test_two_thousand_random_cursors_never_break_us() -> None:
    chance = random.Random(20261122)
    good = write_cursor(7, "2026-11-20")
    answers = 0
    for _ in range(2_000):
        text = list(good)
        for _ in range(chance.randint(1, 4)):
            text[chance.randrange(len(text))] = chance.choice("ABCdef0123_-=")
        try:
            read_cursor("".join(text), int, date)
        except Invalid:
            continue
        answers += 1
    assert answers < 2_000
