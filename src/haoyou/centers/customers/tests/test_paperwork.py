"""In which state a document is, and whose word about it holds."""

from datetime import date, timedelta

import pytest

from haoyou.centers.customers import paperwork
from haoyou.centers.customers.paperwork import Kind, State, Word
from haoyou.kernel.names import Name

DAY = date(2026, 11, 20)
ID = Kind("identity_document", Name("身份证件"), required=True)
TAX = Kind("tax_declaration", Name("税收居民身份声明"), required=False)


def after(days: int) -> date:
    return DAY + timedelta(days=days)


@pytest.mark.parametrize(
    ("expires_on", "state"),
    [
        (None, State.VALID),
        (after(31), State.VALID),
        (after(30), State.EXPIRING),
        (after(0), State.EXPIRING),
        (after(-1), State.EXPIRED),
    ],
)
def test_the_state_of_a_document(expires_on: date | None, state: State) -> None:
    assert paperwork.state_of(expires_on, DAY) is state


@pytest.mark.parametrize(
    ("words", "origin"),
    [
        ([], None),
        ([("bank", after(1)), ("staff", after(0))], "bank"),
        ([("bank", after(1)), ("staff", after(2))], "staff"),
        ([("bank", after(1)), ("staff", None)], "staff"),
        ([("staff", after(1)), ("bank", after(1))], "bank"),
    ],
)
def test_the_word_that_reaches_furthest_holds(words: list[tuple[str, date | None]], origin: str | None) -> None:
    found = paperwork.holding([Word(ID.code, one, day, 0) for one, day in words])
    assert (found and found.origin) == origin


def test_a_checklist_and_what_it_warns_of() -> None:
    entries = paperwork.checklist([ID, TAX], [], on_file=set(), on=DAY)
    assert [(one.kind.code, one.state, one.is_warning) for one in entries] == [
        ("identity_document", State.MISSING, True),
        ("tax_declaration", State.MISSING, False),
    ]
    (known,) = paperwork.checklist([ID], [], on_file={ID.code}, on=DAY)
    assert (known.state, known.is_warning) == (State.UNDATED, False)
    (ended,) = paperwork.checklist([ID], [Word(ID.code, "bank", after(-1), 0)], on_file={ID.code}, on=DAY)
    assert (ended.state, ended.is_warning) == (State.EXPIRED, True)
