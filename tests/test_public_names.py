"""The public names: one list, which type checkers, Tab and the loader read."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import caseload

STUB = Path(caseload.__file__).with_suffix(".pyi")


def test_every_name_of_the_list_is_shown_and_is_there() -> None:
    imported = {
        alias.asname
        for node in ast.walk(ast.parse(STUB.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == set(vars(caseload)["__all__"])
    assert imported | {"__version__"} == set(dir(caseload))
    assert all(getattr(caseload, name) is not None for name in dir(caseload))


def test_the_list_is_all_that_the_loader_knows() -> None:
    with pytest.raises(AttributeError):
        _ = caseload.monthly_signal  # type: ignore[attr-defined]  # which a type checker finds, too


def test_the_version_is_that_of_the_distribution() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", caseload.__version__)
