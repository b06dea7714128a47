"""One report of a month: which files it consists of, and how it is made: view, notebook, page, files in place.

A supervisee's report is two copies and counts as made when both are: the supervisor's, which an executed notebook goes
with, and the supervisee's own. Every copy has a kernel of its own, so that the first can hold nothing of the second.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

from caseload.errors import CaseloadError
from caseload.reports import files, notebooks
from caseload.reports.files import QUALITY, report_stem
from caseload.reports.locations import notebook_path
from caseload.reports.manifest import Result
from caseload.reports.pages import prepare, view_of
from caseload.reports.parameters import Parameters, QualityParameters, SuperviseeParameters, TeamParameters

if TYPE_CHECKING:
    from caseload.reports.review import Review

NOTEBOOKS = {"supervisee": "supervisee_report", "team": "team_report", "quality": QUALITY}

_slicing = Lock()  # a review may remember what it has computed; workers take their views one at a time


@dataclass(frozen=True)
class Copy:
    """One run of a notebook and the files it fills, below the month's folder; own copies are HTML only."""

    parameters: Parameters
    html: str
    ipynb: str = ""


@dataclass(frozen=True)
class Report:
    """What is made, or fails, as one: `kind` is a key of `NOTEBOOKS`."""

    kind: str
    id: str
    copies: tuple[Copy, ...]

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(name for copy in self.copies for name in (copy.html, copy.ipynb) if name)


def planned(review: Review, clinicians: Iterable[str], common: dict[str, Any], *, practice: bool) -> list[Report]:
    """The reports of a run: of these clinicians and, for a whole `practice`, of its teams and its data."""
    ids = review.clinician_ids
    wanted = set(clinicians)
    reports = [supervisee_report(c, common, ids) for c in ids if c in wanted]
    if practice:
        reports += [team_report(team, common) for team in review.teams]
        reports.append(Report("quality", QUALITY, (_copy(QualityParameters(**common), QUALITY),)))
    return reports


def supervisee_report(clinician_id: str, common: dict[str, Any], clinicians: Iterable[str]) -> Report:
    """The supervisor's copy, then the own one."""
    stem = report_stem("supervisee", clinician_id, clinicians)
    supervisor, own = (
        SuperviseeParameters(clinician_id=clinician_id, copy=copy, **common) for copy in ("supervisor", "own")
    )
    return Report("supervisee", clinician_id, (_copy(supervisor, stem), Copy(own, f"own/{stem}.html")))


def team_report(team: str, common: dict[str, Any]) -> Report:
    """The one copy that an institution sees."""
    return Report("team", team, (_copy(TeamParameters(team=team, **common), report_stem("team", team)),))


def _copy(parameters: Parameters, stem: str) -> Copy:
    return Copy(parameters, f"{stem}.html", f"{stem}.ipynb")


def render(report: Report, review: Review, folder: Path, timeout: int) -> Result:
    """Make one report in `folder`. Whatever goes wrong is the result's, and leaves none of the report's files there."""
    began = time.perf_counter()
    try:
        texts: dict[str, str] = {}
        for copy in report.copies:
            texts |= _rendered(report, copy, review, timeout)
        files.write_together(folder, texts)
    except Exception as error:  # one failing report must not stop the others
        files.remove(folder, report.files)
        seconds = time.perf_counter() - began
        return Result(report.kind, report.id, "failed", seconds, _cause(error), traceback.format_exc())
    return Result(report.kind, report.id, "done", time.perf_counter() - began)


def _rendered(report: Report, copy: Copy, review: Review, timeout: int) -> dict[str, str]:
    """File → text of one copy."""
    with _slicing:
        view = view_of(review, copy.parameters)
    notebook = notebook_path(NOTEBOOKS[report.kind])
    with TemporaryDirectory(prefix="caseload-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        variables = prepare(copy.parameters, view, folder / "view.pickle")
        executed = notebooks.execute(notebook, copy.parameters, folder=folder, variables=variables, timeout=timeout)
    clean = notebooks.cleaned(executed, copy.parameters, view.opening.document_title)
    texts = {copy.html: notebooks.to_html(clean)}
    return texts | ({copy.ipynb: notebooks.to_ipynb(clean)} if copy.ipynb else {})


def _cause(error: Exception) -> str:
    """Words for the manifest and the index: our own errors speak for themselves, of others only the kind is told."""
    if isinstance(error, CaseloadError | notebooks.NotebookFailed):
        return str(error)
    return f"{type(error).__name__} while the page was prepared"
