"""From a report's view to its files: notebooks in fresh processes, pages, and what becomes of those that fail.

`reports` says which reports there are and what each is given; `making` runs its notebooks and turns them into pages.
Where that happens is up to the workers: children of a fork server (`forked`), or ordinary kernels (`kernels`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from caseload.month.manifest import Result
from caseload.month.rendering.limits import Limits, forks
from caseload.month.rendering.reports import Job, Report

MOST_PROCESSES = 8  # a kernel takes about 250 MB


class Workers(Protocol):
    """Makes reports for the length of a `with` block, by whatever means and wherever."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        """Make reports in `folder`: one result each, as they end. Closing the generator stops what still runs.

        `prepare` gives what a report's process is handed. A report that raises, hangs, fills its memory or is killed is
        a result like others and leaves no page.
        """


def default_processes() -> int:
    """As many reports at a time as there are processors for this process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_PROCESSES)


def local_workers(processes: int | None = None, *, kernels: bool = False) -> Workers:
    """Workers on this machine: a fork server, or ordinary kernels where a process cannot be forked, or as asked.

    They make so many reports at a time; by default, one a processor.
    """
    at_a_time = processes or default_processes()
    if forks() and not kernels:
        from caseload.month.rendering.forked import Forked

        return Forked(at_a_time)
    from caseload.month.rendering.kernels import Kernels

    return Kernels(at_a_time)
