"""The gateway's table: which operation a request means, and what that operation demands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from haoyou.kernel.web.operation import Operation
from haoyou.kernel.web.policy import Policy


class Undeclared(Exception):
    """An operation without a policy: the house does not start."""


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    methods: frozenset[str]
    policy: Policy
    name: str


class Table:
    def __init__(self, routes: Sequence[object], *, permissions: frozenset[str]) -> None:
        """`routes` are all routes of the application below /api; `permissions` all that rooms declare."""
        self._fixed: dict[str, list[_Entry]] = {}
        self._patterns: list[_Entry] = []
        for route in routes:
            policy = getattr(route, "policy", None)
            if not isinstance(route, Operation) or not isinstance(policy, Policy):
                raise Undeclared(f"{route!r} declares no policy")
            if policy.permission not in permissions:
                raise Undeclared(f"{route.path} asks for the permission {policy.permission}, which no room declares")
            entry = _Entry(route.path_regex, frozenset(route.methods or ()), policy, route.operation_id or route.path)
            if "{" in route.path:
                self._patterns.append(entry)
            else:
                self._fixed.setdefault(route.path, []).append(entry)

    def find(self, method: str, path: str) -> tuple[Policy, str] | None:
        for entry in self._fixed.get(path, ()):
            if method in entry.methods:
                return entry.policy, entry.name
        for entry in self._patterns:
            if method in entry.methods and entry.pattern.match(path):
                return entry.policy, entry.name
        return None

    def list_methods(self, path: str) -> list[str]:
        """What may be asked of an address; nothing when there is none such."""
        entries = [*self._fixed.get(path, ()), *(one for one in self._patterns if one.pattern.match(path))]
        return sorted({method for entry in entries for method in entry.methods})
