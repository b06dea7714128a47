"""Every team's indicators in every month, as far as they may be shown: worked out once for all pages of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.indicators import SHARES, indicator_parts, ratios
from caseload.estimates.rounds import survey_rounds
from caseload.estimates.supports import support_hours
from caseload.estimates.trends import WHOLE_POINTS, Course
from caseload.pages.suppression import RELEASED, Policy, hidden, released
from caseload.pages.team.safety import SafetyRound, safety_rounds
from caseload.pages.team.surveys import Round, rounds_by_team
from caseload.review.assessment import Assessment
from caseload.wording import number, percent


@dataclass(frozen=True)
class Indicator:
    """One ratio of `caseload.estimates.indicators`, in words."""

    name: str
    title: str
    drawn: str  # what its chart shows, and the unit
    unit: str = ""  # of an amount; empty for a share

    @property
    def is_share(self) -> bool:
        return self.name in SHARES

    @property
    def ends(self) -> tuple[str, str]:
        """Lowest and highest value that the scale knows, as text."""
        return ("0", "100") if self.is_share else ("0", "")

    def words(self, value: float, step: float) -> str:
        """The value with its unit, and no more digits than it is rounded to."""
        if self.is_share:
            all_or_nearly = value >= 1 and step > 0  # rounding has made it one: a little may be missing
            return f"{percent(1 - step / 2)} or more" if all_or_nearly else percent(value)
        return f"{number(value, digits_of(step))} {self.unit}".strip()

    def between(self, low: float, high: float, step: float) -> str:
        """An interval with its unit."""
        if self.is_share:
            return f"{100 * low:.0f} to {percent(high)}"
        return f"{number(low, digits_of(step))} to {self.words(high, step)}"


INDICATORS = {
    indicator.name: indicator
    for indicator in (
        Indicator("supervision", "Promised supervision that took place", "Per cent of promised hours, by month."),
        Indicator("peer_support", "Time for peer support that took place", "Per cent of planned hours, by month."),
        Indicator("plan", "Self-care plans carried out", "Per cent of planned times that were done, by month."),
        Indicator(
            "workload",
            "Goals that workload stood in the way of",
            "Per cent of goals with a barrier noted, or that there was none, by month.",
        ),
        Indicator(
            "caseload",
            "Clients for a full-time post",
            "Clients with an appointment, for each full-time post.",
            "clients",
        ),
        Indicator(
            "trauma", "Sessions with a trauma focus", "Per cent of attended sessions where it is recorded, by month."
        ),
        Indicator(
            "client_hours",
            "Client hours a week, full-time",
            "Hours a week for each full-time post, leave left out.",
            "h",
        ),
        Indicator("after_hours", "After-hours contact, hours a month", "Hours for each person and month.", "h"),
        Indicator(
            "overruns", "Sessions over time, a month", "Sessions 10 minutes or more over time, for each person.", ""
        ),
        Indicator("days_off", "Days off taken, a month", "Days for each person and month.", "days"),
    )
}

NOTHING = pd.DataFrame(columns=RELEASED).astype({"month": "period[M]", "value": float, "low": float, "high": float})


@dataclass(frozen=True, eq=False)
class Cells:
    """What the pages of all teams are made from: nothing in it may not be shown, but for `sizes` and `promised`.

    `indicators` has by team and indicator the rows of `caseload.pages.suppression.released`, `rounds` by team and scale
    the rounds of surveys, `safety` by team those of the rating of safety in the team, `sizes` how many people of each
    team (first level) had work in each month, `promised` the hours of supervision promised to each team in this month.
    """

    policy: Policy
    month: pd.Period
    indicators: Mapping[tuple[str, str], pd.DataFrame]
    rounds: Mapping[str, Mapping[str, list[Round]]]
    safety: Mapping[str, list[SafetyRound]]
    sizes: pd.Series
    promised: pd.Series

    def newest(self, team: str, name: str) -> Mapping[Any, Any] | None:
        """The month's figure of a team; None where nothing is recorded or nothing may be shown."""
        row = self._of_month.get((team, name))
        return None if row is None or row["hidden"] else row

    def why_hidden(self, team: str, name: str) -> str:
        """Why the month's figure is not shown."""
        row = self._of_month.get((team, name))
        if row is None:
            return hidden(self.people(team), self.policy.people) or "nothing is recorded"
        return str(row["hidden"])

    def course(self, team: str, name: str) -> Course:
        """The months of a team's figure that may be shown; shares in per cent."""
        rows = self.indicators.get((team, name), NOTHING)
        grain = float(np.nan_to_num(rows["step"].max()))
        return Course.of(rows, grain=grain, least=WHOLE_POINTS * grain).times(
            100.0 if INDICATORS[name].is_share else 1.0
        )

    def people(self, team: str) -> int:
        """How many people of the team had work in the month."""
        return int(self.sizes.get((team, self.month), 0))

    @cached_property
    def _of_month(self) -> dict[tuple[str, str], Mapping[Any, Any]]:
        """The month's rows by team and indicator: a page asks for those of all teams."""
        every = pd.concat([NOTHING, *self.indicators.values()])
        now = every[every["month"] == self.month]
        return {(str(row["team"]), str(row["indicator"])): row for row in now.to_dict("records")}


def team_cells(assessment: Assessment, policy: Policy) -> Cells:
    """Everything that the pages of all teams may show."""
    people = assessment.practice.supervisees.set_index("clinician_id")
    teams = people["team"].dropna()
    members = assessment.clinicians[["clinician_id", "month"]]
    members = members.assign(team=members["clinician_id"].map(teams)).dropna(subset="team")
    sizes = members.groupby(["team", "month"])["clinician_id"].nunique()
    ratios = _ratios(assessment, teams)
    shown = released(ratios, policy)
    promised = ratios[(ratios["indicator"] == "supervision") & (ratios["month"] == assessment.month)]
    rounds = survey_rounds(assessment.shown_scores, teams, policy.respondents)
    supervisors = people["supervisor_id"].dropna()
    return Cells(
        policy,
        assessment.month,
        {(str(team), str(name)): rows for (team, name), rows in shown.groupby(["team", "indicator"])},
        rounds_by_team(rounds, sizes, supervisors),
        safety_rounds(assessment.practice, teams, sizes, supervisors, policy),
        sizes,
        promised.set_index("team")["whole"],
    )


def _ratios(assessment: Assessment, teams: pd.Series) -> pd.DataFrame:
    """Every indicator of every team and month, before anything is hidden."""
    practice = assessment.practice
    parts = indicator_parts(
        support_hours(practice.supports, pd.period_range(practice.months[0], assessment.month, freq="M")),
        assessment.boundaries,
        assessment.clinicians,
        practice.sessions,
        practice.selfcare_plan,
        practice.supervisees,
    )
    parts = parts.assign(team=parts["clinician_id"].map(teams)).dropna(subset="team")
    return ratios(parts, ["team", "indicator", "month"])


def digits_of(step: float) -> int:
    """Digits after the point that a multiple of `step` needs, at most two."""
    if not step > 0:
        return 1
    return int(np.clip(np.ceil(-np.log10(step) - 1e-9), 0, 2))
