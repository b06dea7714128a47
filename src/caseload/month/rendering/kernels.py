"""Reports in ordinary kernels, a fresh one for each copy: where processes cannot be forked.

Workers are threads: a report's work happens in a kernel, which is a process of its own, and a thread survives the death
of its kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Self

from nbformat import NotebookNode

from caseload.month.handover import View, for_a_kernel
from caseload.month.manifest import Result
from caseload.month.parameters import Parameters
from caseload.month.rendering import notebooks
from caseload.month.rendering.kernel import kill_kernels
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.making import render, texts
from caseload.month.rendering.reports import Job, Report, prepared
from caseload.writing.scratch import scratch


class Kernels:
    """Makes reports in kernels, for the length of a `with` block."""

    def __init__(self, processes: int) -> None:
        self._processes = processes

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        kill_kernels()

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        """Make reports in `folder`; one result each, as they end."""
        slicing = Lock()  # a review may remember what it has computed

        def made(report: Report) -> Result:
            with slicing:
                job = prepared(report, prepare, folder)
            return job if isinstance(job, Result) else render(job, folder, partial(_execute, limits))

        with ThreadPoolExecutor(self._processes) as pool:
            futures = [pool.submit(made, report) for report in reports]
            with _stopped_cleanly(futures):
                yield from (future.result() for future in as_completed(futures))


def texts_by_kernels(job: Job, limits: Limits) -> dict[str, str]:
    """File → text of a report, without writing any."""
    return texts(job, partial(_execute, limits))


def _execute(limits: Limits, notebook: Path, parameters: Parameters, view: View) -> NotebookNode:
    with scratch() as folder:
        variables = for_a_kernel(parameters, view, folder / "view.pickle")
        return notebooks.execute_in_kernel(notebook, parameters, folder=folder, variables=variables, limits=limits)


@contextmanager
def _stopped_cleanly(futures: list[Future[Result]]) -> Iterator[None]:
    """On Ctrl-C start no further report and end the kernels, so that their workers end too."""
    try:
        yield
    except BaseException:
        for future in futures:
            future.cancel()
        while wait(futures, timeout=0.2).not_done:
            kill_kernels()
        raise
