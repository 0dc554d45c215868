"""The explicit half of the data scope: what the row-level policies ask, asked so that an index can help.

Row-level security is the net; this is the filter (a list by policy alone is ten times slower). The tests put an
always-true filter in its place and see that the net alone holds.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, any_, false, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY

from haoyou.kernel.principal import Scope


def one_of(column: ColumnElement[Any], values: Iterable[object]) -> ColumnElement[bool]:
    """The condition that a column has one of these values: one array, where `in_` makes a parameter of each.

    So a statement stays the same text whatever the number, and an equality that row-level security lets reach an index.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))


def narrow(
    scope: Scope, *, unit: Column[int], owner: Column[int] | Column[int | None], line: Column[str], row: Column[int]
) -> ColumnElement[bool]:
    """The condition that a row is within `scope`; the cheapest form that says it."""
    if scope.everything:
        return true()
    ways: list[ColumnElement[bool]] = []
    if scope.owner:
        ways.append(owner == scope.owner)
    if len(scope.units) == 1:
        ways.append(unit == scope.units[0])
    elif scope.units:
        ways.append(one_of(unit, scope.units))
    if scope.extra:
        ways.append(one_of(row, scope.extra))
    if not ways or not scope.lines:
        return false()
    return and_(or_(*ways), one_of(line, scope.lines))
