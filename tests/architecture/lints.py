"""Mistakes that an import linter cannot see, found by reading the source."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.architecture.source import Module, dotted, imports_of

Lint = Callable[[Sequence[Module]], list[str]]

SQL = re.compile(
    r"^\s*(select\s.+|insert\s+into\s|update\s+[\w.]+\s+set\s|delete\s+from\s|with\s+(recursive\s+)?\w+\s+as\s*\()",
    re.IGNORECASE | re.DOTALL,
)
SQL_PARTS = {"store", "tables", "migrations", "tests"}
WHOLE_DATABASES = {"haoyou.ground", "haoyou.backup"}  # commands that make, copy and restore databases
SQL_LIBRARIES = {"sqlalchemy", "psycopg", "psycopg_pool"}
BUILDERS = {"select", "insert"}  # `.update` and `.delete` are also what dictionaries and routers do

CLOCKS = re.compile(r"^(datetime\.)?(datetime|date)\.(now|utcnow|today)$|^time\.(time|time_ns|localtime|gmtime)$")
SQL_CLOCKS = re.compile(r"\b(now\(\)|current_timestamp|current_date|localtimestamp|clock_timestamp\(\))", re.IGNORECASE)
MAY_READ_CLOCK = {"haoyou.kernel.clock", "haoyou.kernel.ids"}

MONEY = re.compile(r"(_minor|_fen)(_\w+)?$|^(amount|balance|aum)$")
CLEAR_ALLOWED = Path(__file__).with_name("clear_allowed.txt")

LINES_MAX = 500
FUNCTION_LINES_MAX = 70


def _outside_tests(modules: Sequence[Module]) -> Iterator[Module]:
    return (module for module in modules if not module.is_test)


def sql_outside_store(modules: Sequence[Module]) -> list[str]:
    """SQL lives in a room's store, tables and migrations, in the kernel and in the lake."""
    names = frozenset(module.name for module in modules)
    found: list[str] = []
    for module in _outside_tests(modules):
        if module.name.startswith(("haoyou.kernel", "haoyou.lake")) or module.part in SQL_PARTS:
            continue
        if module.name in WHOLE_DATABASES:
            continue
        found += [
            module.at(node, f"imports {target}: SQL belongs in the store")
            for node, target in imports_of(module, names)
            if target.split(".")[0] in SQL_LIBRARIES and not _only_the_type_of_a_row(node)
        ]
        found += [module.at(node, "holds SQL text") for node in module.strings if SQL.match(str(node.value))]
        found += [
            module.at(node, f"builds SQL with .{node.func.attr}()")
            for node in module.nodes
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in BUILDERS
            and not node.args  # a list's insert has two
        ]
    return found


def _only_the_type_of_a_row(node: ast.stmt) -> bool:
    """What a store answered may be named by its type; nothing can be asked with it."""
    return (
        isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy" and [one.name for one in node.names] == ["Row"]
    )


def foreign_schema(modules: Sequence[Module]) -> list[str]:
    """No SQL of a room names another room's schema, nor the kernel's."""
    rooms = sorted({module.room for module in modules if module.room})
    found: list[str] = []
    for module in _outside_tests(modules):
        if module.part not in {"store", "migrations"}:
            continue
        others = "|".join(one for one in ["kernel", *rooms] if one != module.room)
        named = re.compile(
            rf"\b(from|join|into|update|table|references|on|exists|only)\s+({others})\.\w", re.IGNORECASE
        )
        found += [
            module.at(node, f"names the schema of {hit[2]}")
            for node in module.strings
            if (hit := named.search(str(node.value)))
        ]
    return found


def other_clocks(modules: Sequence[Module]) -> list[str]:
    """The time of day is read in one place, so that it can be set."""
    found: list[str] = []
    for module in _outside_tests(modules):
        if module.name in MAY_READ_CLOCK:
            continue
        for node in module.nodes:
            if isinstance(node, ast.Call) and CLOCKS.match(dotted(node.func)):
                found.append(module.at(node, f"reads the clock with {dotted(node.func)}"))
            if isinstance(node, ast.Call) and dotted(node.func) in {"func.now", "sa.func.now"}:
                found.append(module.at(node, "lets the database read the clock"))
        in_sql = module.part in {"store", "tables", "migrations"} or module.name.startswith("haoyou.kernel")
        if in_sql:
            found += [
                module.at(node, "lets the database read the clock")
                for node in module.strings
                if SQL_CLOCKS.search(str(node.value))
            ]
    return found


def float_money(modules: Sequence[Module]) -> list[str]:
    """Money is whole minor units or Decimal; a float loses a cent."""
    found: list[str] = []
    for module in modules:
        has_tables = "sqlalchemy" in module.text
        for node in module.nodes:
            name, kind = _annotated(node)
            if name and MONEY.search(name) and kind and re.search(r"\bfloat\b", ast.unparse(kind)):
                found.append(module.at(node, f"{name} is money and a float"))
            if has_tables and isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "Column":
                found += [module.at(node, words) for words in _judge_column(node)]
    return found


def _annotated(node: ast.AST) -> tuple[str, ast.expr | None]:
    if isinstance(node, ast.AnnAssign):
        return dotted(node.target).split(".")[-1], node.annotation
    if isinstance(node, ast.arg):
        return node.arg, node.annotation
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name, node.returns
    return "", None


def _judge_column(call: ast.Call) -> Iterator[str]:
    words = [ast.unparse(one) for one in call.args[:2]]
    if len(words) == 2 and MONEY.search(words[0].strip("'\"")) and not words[1].startswith("BigInteger"):
        yield f"column {words[0]} is money and not a BigInteger of minor units"


def acting_for_itself(modules: Sequence[Module]) -> list[str]:
    """Only the kernel's runners make a room a principal."""
    return [
        module.at(node, "calls service_principal")
        for module in _outside_tests(modules)
        if not module.name.startswith("haoyou.kernel")
        for node in module.nodes
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "service_principal"
    ]


def values_in_clear(modules: Sequence[Module]) -> list[str]:
    """`.clear` shows a sensitive value: who calls it, or empties a container with it, is listed with the reason."""
    listed = read_allowed()
    places = {place for module in _outside_tests(modules) for place in _clearing(module.tree, module.name)}
    found = [f"{where} calls .clear() and is not in {CLEAR_ALLOWED.name}" for where in sorted(places - listed)]
    return found + [f"{CLEAR_ALLOWED.name} lists {where}, which does not clear" for where in sorted(listed - places)]


def read_allowed() -> frozenset[str]:
    lines = [
        line for line in CLEAR_ALLOWED.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
    assert all(len(line.split(None, 1)) == 2 for line in lines), "a place without a reason"
    return frozenset(line.split(None, 1)[0] for line in lines)


def _clearing(node: ast.AST, inside: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _clearing(child, f"{inside}.{child.name}")
            continue
        if isinstance(child, ast.Attribute) and child.attr == "clear":
            yield inside
        yield from _clearing(child, inside)


def too_long(modules: Sequence[Module]) -> list[str]:
    """A file fits a reader's memory, a function a screen."""
    found: list[str] = []
    for module in modules:
        is_migration = (
            module.part == "migrations" or ".migrations." in module.name
        )  # a list of statements, not of thoughts
        lines = module.text.count("\n")
        if lines > LINES_MAX:
            found.append(f"{module.name} has {lines} lines, more than {LINES_MAX}")
        for node in module.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > FUNCTION_LINES_MAX and not is_migration:
                    found.append(module.at(node, f"{node.name} has {length} lines, more than {FUNCTION_LINES_MAX}"))
    return found


def acting_at_import(modules: Sequence[Module]) -> list[str]:
    """Nothing acts at import: a room's package and modules define, the composition calls."""
    return [
        module.at(node, "acts when imported")
        for module in _outside_tests(modules)
        if module.room
        for node in module.tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]


LINTS: tuple[Lint, ...] = (
    sql_outside_store,
    foreign_schema,
    other_clocks,
    float_money,
    acting_for_itself,
    values_in_clear,
    too_long,
    acting_at_import,
)
