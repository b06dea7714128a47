"""The fork server: a process that has everything imported and forks a fresh child for each report.

It fits no model, has one thread, and never unpickles a job: what a report shows is read by its child alone, which ends
with it. A child that takes too long is killed; what became of it, and in which cell, is told to the process that
started the server. When that process ends, so do the server and all of its children.
"""

from __future__ import annotations

import gc
import os
import pickle
import random
import signal
import time
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import NoReturn

import numpy as np
from nbformat import NotebookNode

from caseload.month.handover import View, in_this_process
from caseload.month.parameters import Parameters
from caseload.month.rendering import notebooks
from caseload.month.rendering.forked import Outcome, Task
from caseload.month.rendering.limits import end_with
from caseload.month.rendering.making import render, texts
from caseload.month.rendering.reports import Job, cause
from caseload.month.rendering.warming import warm_up


@dataclass
class _Child:
    """A running child and what it has told so far: the cell it is in, and its outcome."""

    process: int
    task: Task
    deadline: float
    cell: str = ""
    outcome: Outcome | None = None


def main(descriptor: int, processes: int) -> NoReturn:
    """Serve whoever is at the other end of a pipe, at most so many children at a time, until it is closed."""
    warm_up(partial(_execute, lambda cell: None))
    gc.collect()
    gc.freeze()  # else the collector of each child would touch, and so copy, the memory that they share
    children: dict[Connection, _Child] = {}
    try:
        _serve(Connection(descriptor), children, processes)
    except (EOFError, OSError):  # nobody waits for these reports any more
        for child in children.values():
            _kill(child)
    os._exit(0)


def _serve(pipe: Connection, children: dict[Connection, _Child], processes: int) -> NoReturn:
    backlog = deque[Task]()
    while True:
        soonest = min((child.deadline for child in children.values()), default=float("inf"))
        left = None if soonest == float("inf") else max(soonest - time.monotonic(), 0)
        for ready in wait([pipe, *children], left):
            assert isinstance(ready, Connection)
            if ready is pipe:
                backlog.append(pipe.recv())
            elif not _heard(ready, children[ready]):
                _tell(pipe, children.pop(ready))
        for child in children.values():
            if child.deadline <= time.monotonic():
                _kill(child)
                child.outcome, child.deadline = child.task.limits.overdue + child.cell, float("inf")
        while backlog and len(children) < processes:
            heard, child = _started(backlog.popleft(), [pipe, *children])
            children[heard] = child


def _started(task: Task, not_theirs: list[Connection]) -> tuple[Connection, _Child]:
    """Fork a child for a task; returned with the end of the pipe at which it is heard."""
    heard, tells = Pipe(duplex=False)
    server = os.getpid()
    process = os.fork()
    if process == 0:
        for connection in (heard, *not_theirs):
            connection.close()
        _live(task, tells, server)
    _lead(process)
    tells.close()
    return heard, _Child(process, task, time.monotonic() + task.limits.seconds)


def _live(task: Task, tells: Connection, server: int) -> NoReturn:
    """The whole life of a child: one report. Nothing it raises may reach the loop above, which is the server's."""
    try:
        _lead(os.getpid())
        end_with(server)
        task.limits.hold_memory(os.getpid())
        tells.send(("outcome", _outcome(task, lambda cell: tells.send(("cell", f" in {cell}")))))
    except BaseException as error:
        tells.send(("outcome", cause(error)))
    finally:
        os._exit(0)


def _lead(process: int) -> None:
    """Let a child lead a group of its own, which what it starts belongs to; said by both, as either may be first."""
    with suppress(OSError):
        os.setpgid(process, process)


def _kill(child: _Child) -> None:
    """End a child and what it has started, which might keep its pipe open."""
    with suppress(OSError):
        os.killpg(child.process, signal.SIGKILL)


def _outcome(task: Task, announce: Callable[[str], object]) -> Outcome:
    job: Job = pickle.loads(task.job)
    seed = zlib.crc32(job.report.id.encode("utf-8", "surrogatepass"))
    random.seed(seed)  # children would share the state of the server
    np.random.seed(seed)  # noqa: NPY002  # the one that notebooks may use
    execute = partial(_execute, announce)
    return texts(job, execute) if task.folder is None else render(job, task.folder, execute)


def _execute(announce: Callable[[str], object], notebook: Path, parameters: Parameters, view: View) -> NotebookNode:
    with in_this_process(parameters, view):
        return notebooks.execute_here(notebook, parameters, announce=announce)


def _heard(connection: Connection, child: _Child) -> bool:
    """Take in what a child tells; False where it has ended."""
    try:
        kind, content = connection.recv()
    except (EOFError, OSError):
        return False
    if kind == "cell":
        child.cell = content
    elif child.outcome is None:
        child.outcome = content
    return True


def _tell(pipe: Connection, child: _Child) -> None:
    """Say what became of a child that has ended."""
    _, status = os.waitpid(child.process, 0)
    _kill(child)
    pipe.send((child.task.number, child.outcome or _ending(status) + child.cell))


def _ending(status: int) -> str:
    """How a process ended that told nothing."""
    if os.WIFSIGNALED(status):
        return f"the process was ended by {signal.Signals(os.WTERMSIG(status)).name}"
    return "the process ended"
