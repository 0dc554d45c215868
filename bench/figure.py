"""A measured figure: its value, what it is held against, and whether a promise stands on it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

PERCENTILES = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Figure:
    """`control` is the same measure of something simpler in the same run; `at_most`, `at_least`: what was promised."""

    name: str
    value: float
    unit: str
    control: float | None = None
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.control if self.control else None

    @property
    def holds(self) -> bool:
        return (self.at_most is None or self.value <= self.at_most) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def is_timed(self) -> bool:
        """A time or a rate: it says something only in the full dose, on a machine that does nothing else."""
        return self.unit not in ("count", "rows")

    @property
    def promise(self) -> str:
        if self.at_most is not None and self.at_most == self.at_least:
            return f"= {show(self.at_most)}"
        bounds = (("≤", self.at_most), ("≥", self.at_least))
        return " ".join(f"{sign} {show(bound)}" for sign, bound in bounds if bound is not None)

    def cells(self) -> list[str]:
        verdict = "" if not self.promise else self.promise if self.holds else f"{self.promise} BROKEN"
        return [self.name, show(self.value), self.unit, show(self.control), show(self.ratio), verdict]

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}


HEADINGS = ["figure", "value", "unit", "control", "ratio", "promise"]


def show(number: float | None) -> str:
    """Counts as they are, measures with three digits that matter."""
    if number is None:
        return "-"
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 1000 else f"{number:.3g}"


def exactly(name: str, value: float, unit: str, promised: float) -> Figure:
    return Figure(name, value, unit, at_most=promised, at_least=promised)


def print_lines(figures: Iterable[Figure]) -> str:
    """One line a figure, in columns."""
    rows = [figure.cells() for figure in figures]
    widths = [max(len(row[place]) for row in [HEADINGS, *rows]) for place in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place in (0, 2, 5) else cell.rjust(width) for place, (cell, width) in enumerate(both)
        )
        for both in (zip(row, widths, strict=True) for row in [HEADINGS, *rows])
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that this share of them does not exceed."""
    assert values, "nothing was measured"
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]
