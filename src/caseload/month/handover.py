"""How a report's view gets from the batch to the notebook that shows it.

    making.texts                          cuts the view of one copy out of the month's review,
    in_this_process, for_a_kernel         leaves it where the notebook will run, and nothing about anybody else;
    notebooks.execute                     has papermill run the notebook, whose cell calls
    caseload.supervisee_page(parameters)  which takes the view here (`received`) and makes the page;
    notebooks.to_html                     frames what the cells have shown, with nbconvert (`exporter`).

A notebook that no batch runs, such as one that bare papermill runs, finds nothing here and reads the data.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from caseload.month.parameters import Parameters
from caseload.pages.views import QualityView, SuperviseeView, TeamView
from caseload.writing.whole import write_private

View = SuperviseeView | TeamView | QualityView

PREPARED_VARIABLE = "CASELOAD_PREPARED"


@dataclass(frozen=True)
class Prepared:
    """A view, and the parameters that it answers."""

    parameters: Parameters
    view: View


_here: ContextVar[Prepared | None] = ContextVar("what the notebook that runs in this process is to show", default=None)


@contextmanager
def in_this_process(parameters: Parameters, view: View) -> Iterator[None]:
    """Within the `with` block, a notebook that runs in this process finds `view` under these parameters."""
    token = _here.set(Prepared(parameters, view))
    try:
        yield
    finally:
        _here.reset(token)


def for_a_kernel(parameters: Parameters, view: View, path: Path) -> dict[str, str]:
    """Write a view for one kernel, readable by the user alone; returns the environment that tells the kernel."""
    write_private(path, pickle.dumps(Prepared(parameters, view)))
    return {PREPARED_VARIABLE: str(path)}


def received(parameters: Parameters) -> View | None:
    """The view that was left for these parameters; None where none was."""
    path = os.environ.get(PREPARED_VARIABLE)
    for prepared in (_here.get(), _read(Path(path)) if path else None):
        if prepared is not None and prepared.parameters == parameters:
            return prepared.view
    return None


def _read(path: Path) -> Prepared | None:
    """What the batch wrote; a file that somebody else could have written is not opened."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            return pickle.load(file)
    except FileNotFoundError:
        return None
