"""The explicit half of the data scope: what the row-level policies ask, asked so that an index can help.

Row-level security is the net; this is the filter (a list by policy alone is ten times slower). The tests put an
always-true filter in its place and see that the net alone holds.
"""

from sqlalchemy import Column, ColumnElement, and_, any_, false, literal, or_, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer, Text

from haoyou.kernel.principal import Scope


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
        ways.append(unit == any_(literal(list(scope.units), ARRAY(Integer))))
    if scope.extra:
        ways.append(row == any_(literal(list(scope.extra), ARRAY(Integer))))
    if not ways or not scope.lines:
        return false()
    return and_(or_(*ways), line == any_(literal(list(scope.lines), ARRAY(Text))))
