"""The reports of a month: which files each consists of, what its process is given, and what is said if it fails.

A supervisee's report is two copies and counts as made when both are: the supervisor's, which an executed notebook goes
with, and the supervisee's own. The supervisor's is made first, so that it can hold nothing of the second.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from caseload.errors import CaseloadError
from caseload.month.handover import View
from caseload.month.locations import notebook_path
from caseload.month.manifest import Result
from caseload.month.page import view_of
from caseload.month.parameters import Parameters, QualityParameters, SuperviseeParameters, TeamParameters
from caseload.pages.suppression import USUAL, Policy
from caseload.writing.names import QUALITY, file_names, team_stems
from caseload.writing.whole import remove

if TYPE_CHECKING:
    from caseload.pages.review import Review

NOTEBOOKS = {"supervisee": "supervisee_report", "team": "team_report", "quality": QUALITY}
FULL = "there is no space left where the reports are written"

T = TypeVar("T")


class NotebookFailed(Exception):
    """A notebook did not run to its end. The message names the kind of error and the cell, never a value."""


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
    notebook: Path

    @property
    def name(self) -> tuple[str, str]:
        """Kind and id, by which a report is told from all others of its month."""
        return self.kind, self.id

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(name for copy in self.copies for name in (copy.html, copy.ipynb) if name)


@dataclass(frozen=True)
class Job:
    """A report and what its pages show: the part of a review that is about it, or its view."""

    report: Report
    source: Review | View
    names: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the people in it: what the pages show


def planned(
    review: Review, clinicians: Iterable[str], common: dict[str, Any], *, practice: bool, policy: Policy = USUAL
) -> list[Report]:
    """The reports of a run: of these clinicians and, for a whole `practice`, of its teams and its data."""
    wanted = set(clinicians)
    names = file_names(review.clinician_ids)
    reports = [supervisee_report(who, common, name) for who, name in names.items() if who in wanted]
    if practice:
        stems = team_stems(review.practice.supervisees)
        reports += [team_report(team, common, stems[team], policy) for team in review.teams]
        reports.append(_report("quality", QUALITY, _copy(QualityParameters(**common), QUALITY)))
    return reports


def supervisee_report(clinician_id: str, common: dict[str, Any], stem: str) -> Report:
    """The supervisor's copy, then the own one; `stem` is their file name without suffix."""
    supervisor, own = (
        SuperviseeParameters(clinician_id=clinician_id, copy=copy, **common) for copy in ("supervisor", "own")
    )
    return _report("supervisee", clinician_id, _copy(supervisor, stem), Copy(own, f"own/{stem}.html"))


def team_report(team: str, common: dict[str, Any], stem: str, policy: Policy) -> Report:
    """The one copy that an institution sees."""
    parameters = TeamParameters(team=team, min_people=policy.people, min_respondents=policy.respondents, **common)
    return _report("team", team, _copy(parameters, stem))


def _report(kind: str, identifier: str, *copies: Copy) -> Report:
    return Report(kind, identifier, copies, notebook_path(NOTEBOOKS[kind]))


def _copy(parameters: Parameters, stem: str) -> Copy:
    return Copy(parameters, f"{stem}.html", f"{stem}.ipynb")


def job_of(review: Review, report: Report, names: Mapping[str, str] | None = None) -> Job:
    """What a process that makes this report is given: nothing about anybody else, nor their names."""
    if report.kind == "supervisee":
        only = review.only(report.id)
        return Job(report, only, _names_in(only, names or {}))
    view = view_of(review, report.copies[0].parameters)
    clinicians = set(review.practice.supervisees["clinician_id"]) if report.kind == "quality" else set()
    return Job(report, view, {one: name for one, name in (names or {}).items() if one in clinicians})


def _names_in(only: Review, names: Mapping[str, str]) -> dict[str, str]:
    """The names of a supervisee, their clients and their supervisor."""
    practice = only.practice
    theirs = {*practice.sessions["client_id"], *practice.supervisees["clinician_id"], *only.clinician_ids}
    theirs |= set(practice.supervisees["supervisor_id"].dropna())
    return {one: name for one, name in names.items() if one in theirs}


def prepared(report: Report, prepare: Callable[[Report], T], folder: Path) -> T | Result:
    """What `prepare` gives, or a failure: one failing report must not stop the others."""
    try:
        return prepare(report)
    except Exception as error:
        return failed(report, folder, error)


def failed(report: Report, folder: Path, error: BaseException | str, seconds: float = 0.0) -> Result:
    """The result of a report that could not be made, of which no page stays; `error` is what was raised, or words."""
    remove(folder, report.files)
    if isinstance(error, str):
        return Result(*report.name, "failed", seconds, error)
    return Result(*report.name, "failed", seconds, cause(error), "".join(traceback.format_exception(error)))


def cause(error: BaseException) -> str:
    """Words for the manifest and the index: our own errors speak for themselves, of others only the kind is told."""
    if isinstance(error, CaseloadError | NotebookFailed):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL
    return f"{type(error).__name__} while the page was prepared"
