"""What a notebook calls: the page of one report, of the view that a batch has left (`handover`), or of the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from caseload.errors import ParameterError, did_you_mean
from caseload.month import handover
from caseload.month.handover import View
from caseload.month.parameters import Parameters, SuperviseeParameters, TeamParameters
from caseload.pages.html import QualityPage, SuperviseePage, TeamPage
from caseload.pages.suppression import policy_of

if TYPE_CHECKING:
    from caseload.pages.review import Review


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


def _view(parameters: Parameters) -> Any:
    left = handover.received(parameters)
    if left is not None:
        return left
    return view_of(_reviewed(parameters.data, parameters.month, parameters.exclude_invalid), parameters)


def _reviewed(data: Path, month: str | None, exclude_invalid: bool) -> Review:
    # Here, because a kernel that finds its prepared view needs neither the intake nor the estimates.
    from caseload.intake import read_practice
    from caseload.month.selection import reported_month
    from caseload.pages.review import review_month

    practice = read_practice(data, exclude_invalid=exclude_invalid)
    return review_month(practice, reported_month(practice, month))


def _require(kind: str, asked: str, known: tuple[str, ...]) -> None:
    if asked not in known:
        raise ParameterError(f"no {kind} {asked!r} in the data{did_you_mean(asked, known)}")
