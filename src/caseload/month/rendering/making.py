"""How one report is made: its view, its notebook run, its pages, its files in place."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode

from caseload.month.handover import View
from caseload.month.manifest import Result
from caseload.month.page import view_of
from caseload.month.parameters import Parameters
from caseload.month.people_names import with_names
from caseload.month.rendering import notebooks
from caseload.month.rendering.reports import Job, failed
from caseload.writing.whole import write_together

Execute = Callable[[Path, Parameters, View], NotebookNode]
"""Runs a notebook with these parameters, whose page shows this view."""


def texts(job: Job, execute: Execute) -> dict[str, str]:
    """File → text of a report, all of its copies."""
    made: dict[str, str] = {}
    for copy in job.report.copies:
        view = view_of(job.source, copy.parameters)
        executed = execute(job.report.notebook, copy.parameters, view)
        clean = notebooks.cleaned(executed, copy.parameters, view.opening.document_title)
        made[copy.html] = with_names(notebooks.to_html(clean), job.names)
        if copy.ipynb:
            made[copy.ipynb] = notebooks.to_ipynb(clean)
    return made


def render(job: Job, folder: Path, execute: Execute) -> Result:
    """Make one report in `folder`. Whatever goes wrong is the result's, and leaves none of the report's files there."""
    began = time.perf_counter()
    try:
        write_together(folder, texts(job, execute))
    except Exception as error:  # one failing report must not stop the others
        return failed(job.report, folder, error, time.perf_counter() - began)
    return Result(*job.report.name, "done", time.perf_counter() - began)
