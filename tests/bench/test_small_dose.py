"""Every measured promise in its small dose: the counts must hold; times are for a quiet machine and the full dose."""

import inspect

import pytest

from bench.__main__ import Promise, load_promises
from bench.figure import Figure

PROMISES = load_promises()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("promise", PROMISES.values(), ids=PROMISES.keys())
def test_the_promise_holds_in_a_small_dose(promise: Promise) -> None:
    figures = promise.measure(promise.small)
    broken = [" ".join(figure.cells()) for figure in figures if not figure.is_timed and not figure.holds]
    assert broken == []
    assert all(figure.name.startswith(f"{promise.name}.") for figure in figures)
    assert len({figure.name for figure in figures}) == len(figures)


def test_every_promise_says_what_it_is() -> None:
    assert {"audit", "kill", "load", "pool", "relay", "start"} <= PROMISES.keys()
    for promise in PROMISES.values():
        assert promise.words
        assert type(promise.full) is type(promise.small)
        assert promise.full != promise.small
        assert list(inspect.signature(promise.measure).parameters) == ["dose"]


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("a", 0, "count", at_most=0), True),
        (Figure("a", 1, "count", at_most=0), False),
        (Figure("a", 4, "count", at_least=5), False),
        (Figure("a", 5, "count", at_least=5, at_most=5), True),
        (Figure("a", 7, "ms"), True),
    ],
)
def test_a_figure_knows_whether_its_promise_holds(figure: Figure, holds: bool) -> None:
    assert figure.holds is holds
    assert ("BROKEN" in figure.cells()[-1]) is not holds
