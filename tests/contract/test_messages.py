"""Messages are add-only, compared with what was committed last."""

import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import pytest

from haoyou.kernel.message import Message, decode, encode
from tests.contract.messages import Schema, additions, broken_promises, current, promised, schema_of


class Mood(StrEnum):
    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Planted(Message):
    """Never told by any room."""

    message: ClassVar[str] = "planted.Happened"
    number: int
    mood: Mood
    title: str
    note: str = ""

    @property
    def key(self) -> str:
        return "planted"


BEFORE: dict[str, Schema] = {"planted.Happened": schema_of(Planted)}


def test_no_promise_is_broken() -> None:
    assert broken_promises(promised(), current()) == []


def test_what_is_new_is_written_down() -> None:
    new = additions(promised(), current())
    assert new == [], "new in the contracts; `python -m tests.contract.messages` writes it into messages.json"


def test_every_message_is_named_by_the_room_that_declares_it() -> None:
    assert len(current()) >= 8
    assert [name for name in current() if not name.split(".")[0] or not name.split(".")[1][0].isupper()] == []


def test_no_field_hides_what_every_message_has() -> None:
    """A dataclass takes an inherited class attribute of that name for the field's default: it would not be missed."""
    names = set(vars(Message)) - {"__module__", "__doc__"}
    assert [name for name, schema in current().items() if names & set(schema.get("properties", {}))] == []


def test_a_message_survives_the_outbox() -> None:
    told = Planted(number=7, mood=Mood.BAD, title="t")
    assert decode("planted.Happened", encode(told)) == told
    assert decode("planted.Happened", {"number": 7, "mood": "bad", "title": "t"}) == told


def test_a_field_may_be_called_title() -> None:
    assert set(BEFORE["planted.Happened"]["properties"]) == {"number", "mood", "title", "note"}


def changed(path: str, value: object) -> dict[str, Schema]:
    """The schema of `Planted` with one place set to another value, or removed when the value is None."""
    after = copy.deepcopy(BEFORE)
    *way, last = path.split("/")
    place = after["planted.Happened"]
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return after


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ({}, "planted.Happened is gone"),
        (changed("properties/number", None), "planted.Happened.number is gone"),
        (changed("properties/number/type", "string"), "planted.Happened.number changed its type"),
        (changed("$defs/Mood/enum", ["good"]), "planted.Happened.Mood no longer knows 'bad'"),
        (changed("$defs/Mood", None), "planted.Happened.Mood is gone"),
        (changed("required", ["number", "mood", "title", "note"]), "planted.Happened.note lost its default"),
    ],
)
def test_a_broken_promise_is_seen(after: dict[str, Schema], words: str) -> None:
    assert broken_promises(BEFORE, after) == [words]


def test_a_new_field_needs_a_default() -> None:
    with_default = changed("properties/count", {"type": "integer", "default": 0})
    assert broken_promises(BEFORE, with_default) == []
    assert additions(BEFORE, with_default) == ["planted.Happened"]
    without = copy.deepcopy(with_default)
    without["planted.Happened"]["required"].append("count")
    assert broken_promises(BEFORE, without) == [
        "planted.Happened.count is new and has no default: messages told before cannot be read"
    ]


def test_a_new_word_and_a_new_message_are_welcome() -> None:
    assert broken_promises(BEFORE, changed("$defs/Mood/enum", ["good", "bad", "mixed"])) == []
    assert broken_promises({}, BEFORE) == []
    assert additions({}, BEFORE) == ["planted.Happened"]
