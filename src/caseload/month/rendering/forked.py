"""Reports by a fork server: one fresh child each, a few at a time."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Pipe
from pathlib import Path
from typing import Self

from caseload.month.manifest import Result
from caseload.month.rendering.limits import OF_A_REPORT, Limits
from caseload.month.rendering.reports import Job, Report, failed, prepared
from caseload.writing.scratch import scratch

COMMAND = """
import sys
sys.modules["rfc3987_syntax"] = None  # takes jsonschema a second or two, to check addresses that no notebook has
from caseload.month.rendering.server import main
main({}, {})
"""
AHEAD = 2  # reports that the server has for each process, so that a child that ends has a successor
ENDED = "the process that renders the reports ended"

Outcome = Result | dict[str, str] | str
"""A report's result; or its files, where they are not to be written here; or the reason why there is neither."""


@dataclass(frozen=True)
class Task:
    """A pickled `Job` with a number of its own; its files go to `folder`, or back to who asked where that is None."""

    number: int
    job: bytes
    folder: Path | None
    limits: Limits


class Server:
    """A fork server (see `server`): give it tasks, take outcomes. It gets ready while we do something else."""

    def __init__(self, processes: int) -> None:
        self.answered = False
        self._kept = ExitStack()
        folder = self._kept.enter_context(scratch())
        self._pipe, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", COMMAND.format(theirs.fileno(), processes)],
            pass_fds=[theirs.fileno()],
            cwd=folder,
            env={**os.environ, **OF_A_REPORT, "IPYTHONDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # what is printed outside of cells may hold values
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for us: we then close the pipe, which ends it and its children
        )
        theirs.close()

    def give(self, task: Task) -> None:
        """Have a report made. If the server has ended, `take` will say so."""
        with suppress(OSError):
            self._pipe.send(task)

    def take(self) -> tuple[int, Outcome]:
        """Wait for a task to end: its number and outcome; EOFError or OSError if the server has ended."""
        number, outcome = self._pipe.recv()
        self.answered = True
        return number, outcome

    def close(self) -> None:
        """End the server and whatever it still does."""
        self._pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._kept.close()


class Forked:
    """Makes reports in children of a fork server, for the length of a `with` block."""

    def __init__(self, processes: int) -> None:
        self._processes = processes

    def __enter__(self) -> Self:
        self._server = Server(self._processes)
        return self

    def __exit__(self, *error: object) -> None:
        self._server.close()

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        """Make reports in `folder`; one result each, as they end. What `prepare` returns goes to the report's child."""
        left, running, numbers = deque(reports), dict[int, Report](), count()
        try:
            while left or running:
                while left and len(running) < AHEAD * self._processes:
                    report = left.popleft()
                    job = prepared(report, lambda asked: pickle.dumps(prepare(asked)), folder)
                    if isinstance(job, Result):
                        yield job
                        continue
                    task = Task(next(numbers), job, folder, limits)
                    running[task.number] = report
                    self._server.give(task)
                if running:
                    yield from self._taken(running, left, folder)
        finally:
            if running:  # nobody waits for them any more
                self._server.close()

    def _taken(self, running: dict[int, Report], left: deque[Report], folder: Path) -> Iterator[Result]:
        """The next result; where something has ended the server, failures of all that it had, and a new server."""
        try:
            number, outcome = self._server.take()
        except (EOFError, OSError):
            lost = list(running.values())
            running.clear()
            if not self._server.answered:  # a new one would not do better
                lost += left
                left.clear()
            self._server.close()
            self._server = Server(self._processes)
            yield from (failed(report, folder, ENDED) for report in lost)
        else:
            report = running.pop(number)
            yield outcome if isinstance(outcome, Result) else failed(report, folder, str(outcome))
