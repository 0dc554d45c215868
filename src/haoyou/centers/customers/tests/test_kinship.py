"""Who is a household, who a control group, and what they have together: rule by rule."""

from datetime import date

import pytest

from haoyou.centers.customers import kinship
from haoyou.centers.customers.kinship import Edge, Figures, Kind

DAY = date(2026, 11, 20)
ME, SPOUSE, CHILD, HEAD, FIRM, OTHER_FIRM, PARTNER = range(1, 8)


def edge(one: int, kind: Kind, two: int, share_ppm: int | None = None) -> Edge:
    return Edge(one, two, kind, share_ppm, date(2020, 1, 1), None)


@pytest.mark.parametrize(
    ("from_date", "to_date", "holds"),
    [
        (DAY, None, True),
        (date(2026, 11, 21), None, False),
        (date(2020, 1, 1), date(2026, 11, 21), True),
        (date(2020, 1, 1), DAY, False),
    ],
)
def test_a_relationship_holds_until_the_day_before_its_end(from_date: date, to_date: date | None, holds: bool) -> None:
    assert Edge(ME, SPOUSE, Kind.SPOUSE, None, from_date, to_date).holds(DAY) is holds


@pytest.mark.parametrize(
    ("edges", "members"),
    [
        ([], {ME}),
        ([edge(ME, Kind.HOUSEHOLD, CHILD)], {ME, CHILD}),
        ([edge(HEAD, Kind.HOUSEHOLD, ME), edge(HEAD, Kind.HOUSEHOLD, CHILD)], {HEAD, ME, CHILD}),
        ([edge(SPOUSE, Kind.SPOUSE, ME)], {ME, SPOUSE}),
        ([edge(HEAD, Kind.HOUSEHOLD, ME), edge(HEAD, Kind.SPOUSE, SPOUSE)], {HEAD, ME, SPOUSE}),
        ([edge(ME, Kind.PARENT, CHILD)], {ME}),
        ([edge(ME, Kind.OWNER, FIRM, 900_000)], {ME}),
    ],
)
def test_a_household(edges: list[Edge], members: set[int]) -> None:
    assert kinship.household_of(ME, edges) == members


@pytest.mark.parametrize(
    ("edges", "members"),
    [
        ([edge(ME, Kind.OWNER, FIRM, 250_000)], {ME, FIRM}),
        ([edge(ME, Kind.OWNER, FIRM, 249_999)], {ME}),
        ([edge(ME, Kind.OWNER, FIRM)], {ME}),
        ([edge(ME, Kind.LEGAL_REPRESENTATIVE, FIRM)], {ME, FIRM}),
        ([edge(ME, Kind.OWNER, FIRM, 600_000), edge(FIRM, Kind.GROUP, OTHER_FIRM)], {ME, FIRM, OTHER_FIRM}),
        ([edge(PARTNER, Kind.GROUP, ME), edge(PARTNER, Kind.GROUP, FIRM)], {ME, PARTNER, FIRM}),
        ([edge(ME, Kind.OWNER, FIRM, 500_000), edge(PARTNER, Kind.OWNER, FIRM, 500_000)], {ME, FIRM}),
        ([edge(ME, Kind.GUARANTOR, FIRM), edge(ME, Kind.SPOUSE, SPOUSE)], {ME}),
        ([edge(ME, Kind.GROUP, FIRM), edge(FIRM, Kind.GROUP, ME)], {ME, FIRM}),
    ],
)
def test_a_control_group(edges: list[Edge], members: set[int]) -> None:
    assert kinship.control_group_of(ME, edges) == members


def test_a_sum_says_whom_it_left_out() -> None:
    figures = {
        ME: Figures(100, 150, 7, "CNY", date(2026, 11, 18)),
        FIRM: Figures(1_000, 1_000, 500, "CNY", DAY),
        OTHER_FIRM: Figures(9, 9, 9, "USD", DAY),
    }
    found = kinship.add_up({ME, FIRM, OTHER_FIRM, PARTNER}, figures, currency="CNY")
    assert found == kinship.Exposure(2, 1, 1, 1_100, 1_150, 507, "CNY", DAY)
    assert kinship.add_up({ME}, figures, currency="CNY") is None
