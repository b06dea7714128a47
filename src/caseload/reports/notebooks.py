"""Run one notebook and turn it into a page: papermill executes, nbconvert exports, and nothing private is left behind.

Each run has a fresh kernel: what a warm one keeps between two reports would be somebody else's. papermill saves
notebooks of dead kernels as completed, so that only its exceptions count, never a saved state.
"""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from papermill import PapermillExecutionError, execute_notebook

from caseload.reports.kernel import ReportKernel, kernel_settings
from caseload.reports.locations import template_folder
from caseload.reports.parameters import Parameters

CELL_TIMEOUT = 300  # seconds for one cell
START_TIMEOUT = 60  # seconds for a kernel to answer
TEMPLATE = "caseload"
SHOWN_PARAMETERS = ("clinician_id", "team", "month")  # what an executed notebook may tell; a path names a machine

_exporting = Lock()
logging.getLogger("papermill").setLevel(logging.CRITICAL)  # failures are told once, by NotebookFailed, without values


class NotebookFailed(Exception):
    """A notebook did not run to its end. The message names the kind of error and the cell, never a value."""


def execute(
    notebook: Path, parameters: Parameters, *, folder: Path, variables: Mapping[str, str], timeout: int = CELL_TIMEOUT
) -> NotebookNode:
    """Run a notebook in a kernel of its own, in `folder` and with environment `variables`.

    Raises NotebookFailed where a cell raised, the kernel died or a cell took longer than `timeout` seconds.
    """
    try:
        return execute_notebook(
            nbformat.read(notebook, as_version=4),
            None,
            parameters.as_notebook(),
            progress_bar=False,
            request_save_on_cell_execute=False,
            start_timeout=START_TIMEOUT,
            execution_timeout=timeout,
            kernel_manager_class=ReportKernel,
            config=kernel_settings(folder, variables),
            shutdown_kernel="immediate",
            record_timing=False,
        )
    except PapermillExecutionError as error:
        raise NotebookFailed(f"{error.ename} in {_cell_name(notebook, error.source)}") from error
    except CellTimeoutError as error:
        raise NotebookFailed(f"a cell took longer than {timeout} seconds") from error
    except DeadKernelError as error:
        raise NotebookFailed("the kernel died") from error
    finally:
        _close_event_loop()


def cleaned(executed: NotebookNode, parameters: Parameters, title: str) -> NotebookNode:
    """The executed notebook without paths, timings, printed text and parameters that are not `SHOWN_PARAMETERS`."""
    notebook = copy.deepcopy(executed)
    notebook.metadata = NotebookNode(kernelspec=executed.metadata.kernelspec, title=title)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = NotebookNode(tags=tags) if tags else NotebookNode()
        if "injected-parameters" in tags:
            cell.id, cell.source = "injected-parameters", _shown(parameters)
        if cell.cell_type == "code":
            cell.outputs = [_clean_output(output) for output in cell.outputs if output.output_type != "stream"]
    if not any(cell.get("outputs") for cell in notebook.cells):
        raise NotebookFailed("no cell showed anything")
    return notebook


def to_html(notebook: NotebookNode) -> str:
    """One page, self-contained, by the package's own template."""
    with _exporting:
        html, _ = _exporter().from_notebook_node(notebook, resources={"metadata": {"name": notebook.metadata.title}})
    return str(html)


def to_ipynb(notebook: NotebookNode) -> str:
    """The notebook as it is written to disk."""
    return nbformat.writes(notebook) + "\n"


@cache
def _exporter() -> HTMLExporter:
    return HTMLExporter(
        template_name=TEMPLATE,
        extra_template_basedirs=[str(template_folder())],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )


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


def _clean_output(output: NotebookNode) -> NotebookNode:
    """Without the text form `<… object at 0x…>` of a page that has an HTML form: it differs from run to run."""
    data: dict[str, Any] = output.get("data", {})
    if "text/html" in data and " at 0x" in data.get("text/plain", ""):
        del data["text/plain"]
    return output


def _cell_name(notebook: Path, source: str) -> str:
    """The id of the cell that failed, which in our notebooks is a word."""
    found = [cell.id for cell in nbformat.read(notebook, as_version=4).cells if cell.source == source]
    return f"cell '{found[0]}'" if found else "the parameters"
