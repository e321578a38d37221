"""docs/faults.md: every fault has a test that is there, or a reason."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
FAULTS = 36


@cache
def functions_of(file: str) -> frozenset[str]:
    """Name the test functions of a file."""
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_fault_has_a_row_with_a_test_or_a_reason() -> None:
    """The rows are numbered without a gap, and none is empty."""
    assert [int(number) for number, *_ in ROWS] == list(range(1, FAULTS + 1))
    assert [number for number, *_, held in ROWS if "::" not in held and "Cannot be tested" not in held] == []


def test_every_test_that_the_list_names_is_there() -> None:
    """A test that is renamed or taken away is missed."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) >= FAULTS
    assert [f"{file}::{name}" for file, name in named if name not in functions_of(file)] == []
