"""The method's table of constants says what the code does."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

METHOD = Path(__file__).parents[1] / "docs" / "method.md"


def constants() -> list[tuple[str, str, str]]:
    """(module, name, value as written) of every row below "## Constants"; a row may hold several, `;`-separated."""
    rows = METHOD.read_text("utf-8").partition("## Constants")[2].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| `")]
    return [
        (module.strip("`"), name.strip("` "), value.strip("` "))
        for names, module, values, _ in cells
        for name, value in zip(names.split(";"), values.split(";"), strict=True)
    ]


def test_the_table_is_read() -> None:
    assert len(constants()) >= 70


@pytest.mark.parametrize(("module", "name", "value"), constants())
def test_constant_is_as_documented(module: str, name: str, value: str) -> None:
    assert getattr(import_module(f"caseload.{module}"), name) == ast.literal_eval(value)
