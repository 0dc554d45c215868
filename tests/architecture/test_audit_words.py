"""Everything that the record may say of somebody has words in both languages, so that a reader meets no code."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import dotted, read_modules

ROOT = Path(__file__).parents[2]


def list_operations() -> set[tuple[str, str]]:
    """Room and operation of every `tx.audit("…")` in the rooms."""
    return {
        (module.room, str(node.args[0].value))
        for module in read_modules(ROOT / "src")
        if module.room and not module.is_test
        for node in module.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func) == "tx.audit"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_operation_of_the_record_has_words(language: str) -> None:
    words = (ROOT / "web/src/centers/identity/locales" / f"{language}.ts").read_text(encoding="utf-8")
    told = words[words.index("operation: {") :]
    operations = list_operations()
    assert len(operations) > 40
    assert [f"{room}.{name}" for room, name in sorted(operations) if f"{name}: '" not in told] == []
