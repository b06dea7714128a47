"""What a notebook calls: the page of one report, from the data, or from what a running batch has prepared for it.

A batch computes the month's review once and hands each report's process the view of that report and nothing about
anybody else: in memory where the notebook runs in the process itself, else as a file whose path is in the environment
of the kernel alone. Without either the notebook reads the data.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caseload.errors import ParameterError, did_you_mean
from caseload.reports.html import QualityPage, SuperviseePage, TeamPage
from caseload.reports.parameters import Parameters, SuperviseeParameters, TeamParameters
from caseload.reports.suppression import policy_of
from caseload.reports.views import QualityView, SuperviseeView, TeamView
from caseload.writing.whole import write_private

if TYPE_CHECKING:
    from caseload.reports.review import Review

PREPARED_VARIABLE = "CASELOAD_PREPARED"

View = SuperviseeView | TeamView | QualityView

_handed: list[Prepared] = []  # what the notebook that runs in this process is to show


@dataclass(frozen=True)
class Prepared:
    """A view, and the parameters that it answers."""

    parameters: Parameters
    view: View


def supervisee_page(parameters: SuperviseeParameters) -> SuperviseePage:
    """The page of one supervisee: `opening`, `questions`, `section(name)`, `agreed`, `support`, `agenda`,
    `method`.

    Examples
    --------
    >>> import caseload
    >>> told = caseload.SuperviseeParameters(data="data/sample", month="2024-12", clinician_id="C07")
    >>> page = caseload.supervisee_page(told)
    >>> page.view.clinician_id, len(page.view.sections)
    ('C07', 4)
    """
    return SuperviseePage(_view(parameters))


def team_page(parameters: TeamParameters) -> TeamPage:
    """The institution's page of one team: `opening`, `tiles`, `sections`, `method`.

    Examples
    --------
    >>> import caseload
    >>> page = caseload.team_page(caseload.TeamParameters(data="data/sample", month="2024-12", team="North"))
    >>> page.opening.markup.startswith("<")
    True
    """
    return TeamPage(_view(parameters))


def quality_page(parameters: Parameters) -> QualityPage:
    """The page about what was read: `opening`, `sections`, `method`.

    Examples
    --------
    >>> import caseload
    >>> page = caseload.quality_page(caseload.QualityParameters(data="data/sample", month="2024-12"))
    >>> page.opening.markup.startswith("<")
    True
    """
    return QualityPage(_view(parameters))


def view_of(review: Review | View, parameters: Parameters) -> View:
    """The slice of a month's review that one report shows; raises ParameterError for an unknown clinician or team.

    A view is its own slice.
    """
    if isinstance(review, View):
        return review
    if isinstance(parameters, SuperviseeParameters):
        _require("clinician", parameters.clinician_id, review.clinician_ids)
        return review.supervisee(parameters.clinician_id, copy=parameters.copy)
    if isinstance(parameters, TeamParameters):
        _require("team", parameters.team, review.teams)
        least = parameters.min_people, parameters.min_respondents
        return review.team(parameters.team, policy_of(review.practice.settings, *least))
    return review.quality()


def prepare(parameters: Parameters, view: View, path: Path) -> dict[str, str]:
    """Write a view for one kernel, readable by the user alone; returns the environment that tells the kernel."""
    write_private(path, pickle.dumps(Prepared(parameters, view)))
    return {PREPARED_VARIABLE: str(path)}


@contextmanager
def handed(parameters: Parameters, view: View) -> Iterator[None]:
    """Within the `with` block, pages with these parameters that are made in this process show `view`."""
    _handed.append(Prepared(parameters, view))
    try:
        yield
    finally:
        _handed.clear()


def _view(parameters: Parameters) -> Any:
    path = os.environ.get(PREPARED_VARIABLE)
    prepared = [*_handed, _read_prepared(Path(path)) if path else None]
    for found in prepared:
        if found is not None and found.parameters == parameters:
            return found.view
    return view_of(_reviewed(parameters.data, parameters.month, parameters.exclude_invalid), parameters)


def _read_prepared(path: Path) -> Prepared | None:
    """What the batch wrote; a file that somebody else could have written is not opened."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and (status.st_uid != os.getuid() or status.st_mode & 0o022):
                return None
            return pickle.load(file)
    except FileNotFoundError:
        return None


def _reviewed(data: Path, month: str | None, exclude_invalid: bool) -> Review:
    # Here, because a kernel that finds its prepared view needs neither the intake nor the estimates.
    from caseload.intake import read_practice
    from caseload.reports.review import review_month
    from caseload.reports.selection import reported_month

    practice = read_practice(data, exclude_invalid=exclude_invalid)
    return review_month(practice, reported_month(practice, month))


def _require(kind: str, asked: str, known: tuple[str, ...]) -> None:
    if asked not in known:
        raise ParameterError(f"no {kind} {asked!r} in the data{did_you_mean(asked, known)}")
