"""The papermill engine `caseload`: cells run in IPython's shell in a forked child, without a kernel.

    papermill --engine caseload notebook.ipynb out.ipynb

What a cell shows is collected by papermill's own client, so that outputs, display ids, widgets and errors are the
ordinary kernel's. Where a process cannot be forked safely, and for other languages, the ordinary kernel is used, fresh
for each notebook.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, NBClientEngine

from caseload.month.rendering.child import ForkedShell
from caseload.month.rendering.limits import forks
from caseload.month.rendering.shell import LANGUAGE, Message

FOR_KERNELS = ("input_path", "start_timeout", "record_timing")  # of papermill's options


class Runs(Protocol):
    """What runs cells: a shell of this process, or one behind a pipe."""

    def execute(self, source: str, receive: Callable[[Message], object]) -> Message:
        """Run one cell and return the content of its reply."""


class ShellEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """Runs a notebook in `shell`; without one, in the shell of a child that is forked for it."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        execution_timeout: int | None = None,
        shell: Runs | None = None,
        **options: Any,
    ) -> NotebookNode:
        """Run all cells; `execution_timeout` (seconds for one cell) holds in a child, or with an ordinary kernel."""
        if shell is not None:
            return _run(nb_man, shell, options)
        language = nb_man.nb.metadata.get("kernelspec", {}).get("language", "python")
        if not can_fork() or language != "python":
            return NBClientEngine.execute_managed_notebook(
                nb_man, kernel_name, execution_timeout=execution_timeout, **options
            )
        with ForkedShell(execution_timeout) as child:
            return _run(nb_man, child, options)


def can_fork() -> bool:
    """Whether a child of this process can run a notebook: where processes fork, and beside no other threads.

    A lock that another thread holds at the fork would stay locked in the child for good. tqdm's monitor, which
    papermill's progress bar starts, holds none that a notebook needs.
    """
    others = (t for t in threading.enumerate() if t is not threading.main_thread() and type(t).__name__ != "TMonitor")
    return forks() and not any(others)


def _run(nb_man: Any, shell: Runs, options: dict[str, Any]) -> NotebookNode:
    kept = {name: value for name, value in options.items() if name not in FOR_KERNELS}
    return _Client(nb_man, shell, record_timing=False, **kept).execute()


class _Client(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client of a shell: everything but the asking is inherited."""

    def __init__(self, nb_man: Any, shell: Runs, **options: Any) -> None:
        super().__init__(nb_man, **options)
        self._shell = shell

    def execute(self, **options: Any) -> NotebookNode:
        self.reset_execution_trackers()
        self.papermill_execute_cells()
        self.nb.metadata["language_info"] = LANGUAGE
        self.set_widgets_metadata()
        return self.nb

    def execute_cell(self, cell: NotebookNode, cell_index: int, **options: Any) -> NotebookNode:
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        if self.on_cell_execute is not None:
            self.on_cell_execute(cell=cell, cell_index=cell_index)
        self.code_cells_executed += 1
        cell.outputs, self.clear_before_next_output = [], False
        reply = self._shell.execute(cell.source, lambda message: self.process_message(message, cell, cell_index))
        allowed = self.allow_errors or "raises-exception" in tags or reply.get("ename") in self.allow_error_names
        if reply["status"] == "error" and (self.force_raise_errors or not allowed):
            raise CellExecutionError.from_cell_and_msg(cell, reply)
        return cell
