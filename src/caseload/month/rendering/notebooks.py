"""Run one notebook and turn it into a page: papermill executes, nbconvert exports, and nothing private is left behind.

A notebook runs in a shell of this process, which has to end with its report, or in an ordinary kernel; both fresh,
since what a warm one keeps between two reports would be somebody else's. papermill saves notebooks of dead kernels as
completed, so that only its exceptions count, never a saved state.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill import PapermillExecutionError, execute_notebook

from caseload.month.parameters import Parameters
from caseload.month.rendering.exporter import exporter
from caseload.month.rendering.kernel import ReportKernel, kernel_settings
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import NotebookFailed
from caseload.month.rendering.shell import Shell

ENGINE = "caseload"
START_TIMEOUT = 60  # seconds for a kernel to answer
SHOWN_PARAMETERS = ("clinician_id", "team", "month")  # what an executed notebook may tell; a path names a machine

_exporting = Lock()
logging.getLogger("papermill").setLevel(logging.CRITICAL)  # failures are told once, by NotebookFailed, without values


def execute_here(
    notebook: Path, parameters: Parameters, *, announce: Callable[[str], object] = lambda cell: None
) -> NotebookNode:
    """Run a notebook in a fresh shell of this process; `announce` is told the name of each cell before it runs.

    Raises NotebookFailed where a cell raised. Whoever calls this watches time and memory: a cell that hangs, hangs it.
    """
    source = with_ids(nbformat.read(notebook, as_version=4))

    def on_cell_execute(cell: NotebookNode, cell_index: int) -> None:
        announce(_name(source, cell.source))

    try:
        return _execute(source, parameters, engine_name=ENGINE, shell=Shell(), on_cell_execute=on_cell_execute)
    except PapermillExecutionError as error:
        raise NotebookFailed(f"{error.ename} in {_name(source, error.source)}") from error


def execute_in_kernel(
    notebook: Path, parameters: Parameters, *, folder: Path, variables: Mapping[str, str], limits: Limits
) -> NotebookNode:
    """Run a notebook in a kernel of its own, in `folder` and with environment `variables`.

    Raises NotebookFailed where a cell raised, the kernel died or took longer than its limit.
    """
    source = with_ids(nbformat.read(notebook, as_version=4))
    deadline, where = time.monotonic() + limits.seconds, [""]
    try:
        return _execute(
            source,
            parameters,
            start_timeout=START_TIMEOUT,
            timeout_func=lambda cell: max(deadline - time.monotonic(), 0.1),
            on_cell_execute=lambda cell, cell_index: where.append(f" in {_name(source, cell.source)}"),
            kernel_manager_class=ReportKernel,
            config=kernel_settings(folder, variables, limits),
            shutdown_kernel="immediate",
            record_timing=False,
        )
    except PapermillExecutionError as error:
        raise NotebookFailed(f"{error.ename} in {_name(source, error.source)}") from error
    except CellTimeoutError as error:
        raise NotebookFailed(limits.overdue + where[-1]) from error
    except DeadKernelError as error:
        raise NotebookFailed("the kernel died" + where[-1]) from error
    finally:
        _close_event_loop()


def with_ids(notebook: NotebookNode) -> NotebookNode:
    """A notebook whose cells all have an id; those of formats before 4.5 have none, and get the same ones each time."""
    cells = [NotebookNode({"id": f"cell-{number}"} | cell) for number, cell in enumerate(notebook.cells, 1)]
    return NotebookNode(notebook | {"cells": cells, "nbformat_minor": max(notebook.nbformat_minor, 5)})


def _execute(source: NotebookNode, parameters: Parameters, **engine: Any) -> NotebookNode:
    told = parameters.as_notebook()
    return execute_notebook(source, None, told, progress_bar=False, request_save_on_cell_execute=False, **engine)


def cleaned(executed: NotebookNode, parameters: Parameters, title: str) -> NotebookNode:
    """The executed notebook without paths, timings, printed text and parameters that are not `SHOWN_PARAMETERS`."""
    cells = [_clean_cell(cell, parameters) for cell in executed.cells]
    if not any(cell.get("outputs") for cell in cells):
        raise NotebookFailed("no cell showed anything")
    metadata = NotebookNode(kernelspec=executed.metadata.kernelspec, title=title)
    return NotebookNode(executed | {"metadata": metadata, "cells": cells})


def to_html(notebook: NotebookNode) -> str:
    """One page, self-contained, by the package's own template."""
    with _exporting:
        html, _ = exporter().from_notebook_node(notebook, resources={"metadata": {"name": notebook.metadata.title}})
    return str(html)


def to_ipynb(notebook: NotebookNode) -> str:
    """The notebook as it is written to disk."""
    return nbformat.writes(notebook) + "\n"


def _name(notebook: NotebookNode, source: str) -> str:
    """The id of the cell with this source, which in our notebooks is a word."""
    ids = [cell.id for cell in notebook.cells if cell.source == source]
    return f"cell '{ids[0]}'" if ids else "the parameters"


def _close_event_loop() -> None:
    """End what nbclient leaves in this thread: an open loop and, after a dead kernel or a timeout, waiting tasks."""
    loop = ensure_event_loop()
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.close()


def _shown(parameters: Parameters) -> str:
    values = parameters.as_notebook()
    lines = [f"{name} = {values[name]!r}" for name in SHOWN_PARAMETERS if name in values]
    return "\n".join(["# Parameters", *lines])


def _clean_cell(cell: NotebookNode, parameters: Parameters) -> NotebookNode:
    tags = cell.metadata.get("tags", [])
    changed: dict[str, Any] = {"metadata": NotebookNode(tags=tags) if tags else NotebookNode()}
    if "injected-parameters" in tags:
        changed |= {"id": "injected-parameters", "source": _shown(parameters)}
    if cell.cell_type == "code":
        changed["outputs"] = [_clean_output(output) for output in cell.outputs if output.output_type != "stream"]
    return NotebookNode(cell | changed)


def _clean_output(output: NotebookNode) -> NotebookNode:
    """Without the text form `<… object at 0x…>` of a page that has an HTML form: it differs from run to run."""
    data = output.get("data", {})
    if "text/html" not in data or " at 0x" not in data.get("text/plain", ""):
        return output
    return NotebookNode(output | {"data": NotebookNode({k: v for k, v in data.items() if k != "text/plain"})})
