"""`jupyter nbconvert --to caseload`: a page of what a notebook shows, or exit 1 and a sentence; never an empty page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.utils.exceptions import ConversionException
from nbformat import NotebookNode
from traitlets.config import Config

from caseload.month.rendering.exporter import NOTHING, PageExporter

KERNEL = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
SECRET = "a-value-of-somebody"


def code(source: str, *outputs: Any, id: str = "balance", count: int | None = None) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), id=id, execution_count=count)


def words(source: str, *tags: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source, metadata={"tags": list(tags)})


def shown(text: str) -> NotebookNode:
    return nbformat.v4.new_output("display_data", {"text/html": text})


def printed(text: str) -> NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def failed(name: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=SECRET, traceback=[SECRET])


def page(*cells: NotebookNode, **config: Any) -> str:
    notebook = nbformat.v4.new_notebook(cells=list(cells), metadata=KERNEL)
    made, _ = PageExporter(config=Config(config)).from_notebook_node(notebook, {"metadata": {"name": "out"}})
    return made


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [code("1")],
        [words("# Title"), code("1")],
        [words("only for the notebook's own window", "notebook")],
        [code("print(1)", printed("1"))],
        [code(""), words("An Exception was encountered", "papermill-error-cell-tag", "notebook")],
    ],
)
def test_a_page_that_would_be_empty_is_refused(cells: list[NotebookNode]) -> None:
    with pytest.raises(ConversionException) as refused:
        page(*cells)
    assert str(refused.value) == NOTHING


@pytest.mark.parametrize(
    "cells", [[words("# Title")], [code("1", shown("<p>one</p>"))], [code("1", failed("KeyError"))]]
)
def test_a_page_with_something_on_it_is_made(cells: list[NotebookNode]) -> None:
    assert "<main" in page(*cells)


def test_what_options_ask_for_is_done() -> None:
    cells = [code("1", shown("<p>one</p>")), code("2", shown("<p>the-second</p>"), id="stage")]
    cells[1].metadata.tags = ["private"]
    assert "the-second" in page(*cells)
    made = page(*cells, TagRemovePreprocessor={"remove_cell_tags": ["private"]})
    assert "one" in made
    assert "the-second" not in made
    with pytest.raises(ConversionException):
        page(*cells, ClearOutputPreprocessor={"enabled": True})


@pytest.mark.slow
def test_the_command_executes_or_refuses(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[code("f'{6 * 7} shown'")], metadata=KERNEL)
    nbformat.write(notebook, tmp_path / "new.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "caseload", "new.ipynb"]
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr.strip().splitlines()[-1].split(": ", 1)[1]) == (1, NOTHING)
    assert not (tmp_path / "new.html").exists()
    done = subprocess.run([*command, "--execute"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "42 shown" in (tmp_path / "new.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("id", "count", "step"),
    [("balance", 4, "step “balance”"), ("agenda", 9, "step “agenda”"), ("3f9a01bc", 5, "cell 5")],
)
def test_the_page_of_a_notebook_that_failed_says_which_step_and_where_the_reason_is(
    id: str, count: int, step: str
) -> None:
    marks = [words(f"An Exception was encountered at In [{count}]", "papermill-error-cell-tag")]
    made = page(
        *marks, code("1", shown("<p>one</p>"), id="first"), code("2", failed("ParameterError"), id=id, count=count)
    )
    assert f"<b>This page is not complete:</b> {step} failed with the error ParameterError." in made
    assert f"You can read the error's message in the notebook out.ipynb, below {step}." in made
    assert f"<b>This part of the page could not be made:</b> {step} failed" in made
    assert "An Exception was encountered" not in made
    assert SECRET not in made


def test_a_page_without_errors_says_nothing_of_them() -> None:
    assert "not complete" not in page(code("1", shown("<p>one</p>")))
