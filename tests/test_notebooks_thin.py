"""Notebooks in git are thin: words and one call a cell, stripped of everything that a run leaves behind."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
WITHOUT_PARAMETERS = {"monthly_run"}  # its widgets ask instead
KEPT_METADATA = {"kernelspec", "language_info", "title"}
KEPT_CELL_METADATA = {"tags"}
CODE_OF_ITS_OWN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.AsyncFor, ast.While)


def analysis(source: str) -> list[str]:
    """What in a cell belongs into the package: definitions, loops, grouping, shell and magic lines."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ["not plain Python"]
    own = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, CODE_OF_ITS_OWN)]
    calls = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return own + [name for name in calls if name in {"groupby", "apply"}]


def leavings(notebook: dict) -> list[str]:
    """What a run left in a notebook: outputs, counts, and metadata beyond the little that is kept."""
    left = sorted(set(notebook["metadata"]) - KEPT_METADATA)
    for number, cell in enumerate(notebook["cells"]):
        if cell.get("outputs") or cell.get("execution_count") is not None:
            left.append(f"outputs in cell {number}")
        left += [f"{key} in cell {number}" for key in sorted(set(cell["metadata"]) - KEPT_CELL_METADATA)]
    return left


def tagged(notebook: dict, tag: str) -> list[dict]:
    return [cell for cell in notebook["cells"] if tag in cell["metadata"].get("tags", [])]


def read(path: Path) -> dict:
    return json.loads(path.read_text("utf-8"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_is_a_valid_notebook(path):
    nbformat.validate(read(path))


def test_holds_no_analysis_of_its_own(path):
    cells = [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]
    assert [found for cell in cells for found in analysis("".join(cell["source"]))] == []


def test_is_stripped(path):
    assert leavings(read(path)) == []


def test_tags_its_parameters(path):
    cells = tagged(read(path), "parameters")
    assert len(cells) == (0 if path.stem in WITHOUT_PARAMETERS else 1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("page.section('balance')", []),
        ("[row.label for row in rows]", []),
        ("def summarise():\n    pass", ["FunctionDef"]),
        ("for name in names:\n    print(name)", ["For"]),
        ("signals.groupby('month').mean()", ["groupby"]),
        ("%matplotlib inline", ["not plain Python"]),
    ],
)
def test_the_reader_of_cells_sees_analysis(source, expected):
    assert analysis(source) == expected


def test_the_reader_of_notebooks_sees_what_a_run_left():
    cell = {"outputs": [], "execution_count": 3, "metadata": {"papermill": {}, "tags": ["parameters"]}}
    assert leavings({"metadata": {"kernelspec": {}, "widgets": {}}, "cells": [cell]}) == [
        "widgets",
        "outputs in cell 0",
        "papermill in cell 0",
    ]
