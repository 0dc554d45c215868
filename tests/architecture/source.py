"""The source tree as the walls see it: modules, what they import, and what is wrong where."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


def part_of(name: str) -> str:
    return "store" if name.endswith("_store") else name


@dataclass(frozen=True)
class Module:
    """`name` is dotted, from the directory that Python searches."""

    path: Path
    name: str

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def strings(self) -> list[ast.Constant]:
        """String constants that a program uses, parts of f-strings too; documentation is left out."""
        documentation = {id(node.value) for node in self.nodes if isinstance(node, ast.Expr)}
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        ]

    @property
    def room(self) -> str:
        """The room this module lies in; empty outside the rooms."""
        parts = self.name.split(".")
        return parts[2] if parts[:2] == ["haoyou", "centers"] and len(parts) > 2 else ""

    @property
    def part(self) -> str:
        """Which part of its room: `service`, `tests`, …; empty for its own package. A `fact_store` is a store."""
        parts = self.name.split(".")
        return part_of(parts[3]) if self.room and len(parts) > 3 else ""

    @property
    def is_test(self) -> bool:
        return "tests" in self.name.split(".") or "testing" in self.name.split(".")

    def at(self, node: ast.AST, words: str) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 0)} {words}"


def read_modules(top: Path, package: str = "haoyou") -> list[Module]:
    """All modules of a package below `top`, a directory that Python would search."""
    found: list[Module] = []
    for path in sorted((top / package).rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        found.append(Module(path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)))
    return found


def imports_of(module: Module, names: frozenset[str]) -> Iterator[tuple[ast.stmt, str]]:
    """Every import, inside functions and for type checkers too: `from a import b` is `a.b` where that is a module."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                yield node, one.name
        elif isinstance(node, ast.ImportFrom):
            for one in node.names:
                whole = f"{node.module}.{one.name}"
                yield node, whole if whole in names else str(node.module)


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the expression that says so; empty for anything that is not names and dots."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""
