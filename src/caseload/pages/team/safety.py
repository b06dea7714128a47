"""Whether a team finds it safe to say that the work is too much: shared ratings in rounds, as far as they may be shown.

The rules are those of the other survey figures: enough respondents, rounds, rounding, and nobody to be worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from caseload.estimates.rounds import survey_rounds
from caseload.intake import Practice
from caseload.pages.suppression import Policy
from caseload.pages.team.surveys import LONG_AGO, could_be_told_apart, response, when
from caseload.pages.views import Table, Tile
from caseload.questionnaires import QUESTIONNAIRES, TEAM_SAFETY
from caseload.review.sharing import shown_answers
from caseload.wording import number

TITLE = "Safe to say that the work is too much"
STEP = 0.5
"""To what a mean from 0 to 10 is rounded: a fifth of a usual spread, as means of T-scores are."""


@dataclass(frozen=True)
class SafetyRound:
    """What may be told of one round: `mean`, `low` and `high` are multiples of STEP, never 0 or 10."""

    first: pd.Period
    last: pd.Period
    response: str  # "about 80%"
    mean: float
    low: float
    high: float


def safety_rounds(
    practice: Practice, teams: pd.Series, sizes: pd.Series, supervisors: pd.Series, policy: Policy
) -> dict[str, list[SafetyRound]]:
    """By team the rounds that may be shown, oldest first; a team without one is absent.

    Takes the team and the supervisor of each clinician, and the number of people by team and month. Only answers count
    that their clinicians share with others.
    """
    answers = shown_answers(practice)
    answers = answers[answers["instrument"] == TEAM_SAFETY].rename(columns={"item": "scale", "response": "t"})
    by_team: dict[str, list[SafetyRound]] = {}
    for (team, last), rows in survey_rounds(answers, teams, policy.respondents).groupby(["team", "last"]):
        if not could_be_told_apart(rows["clinician_id"], supervisors):
            by_team.setdefault(str(team), []).append(_round(rows, int(sizes.get((team, last), 0))))
    return by_team


def _round(answers: pd.DataFrame, people: int) -> SafetyRound:
    ratings, count = answers["t"].to_numpy(float), len(answers)
    ends = QUESTIONNAIRES[TEAM_SAFETY].answers
    spread = float(student.ppf(0.95, count - 1)) * ratings.std(ddof=1) / np.sqrt(count)
    reach = STEP * max(np.ceil(spread / STEP - 1e-9), 1)  # no interval at all would say that all gave the same answer
    # The mean is never told as the lowest or highest rating, which would say what everybody's was.
    mean = float(np.clip(STEP * round(ratings.mean() / STEP), ends.low + STEP, ends.high - STEP))
    low, high = max(mean - reach, ends.low), min(mean + reach, ends.high)
    return SafetyRound(answers["first"].min(), answers["last"].max(), response(count, people), mean, low, high)


def tiles(rounds: list[SafetyRound], month: pd.Period) -> tuple[Tile, ...]:
    """The newest round that still says something about the month; nothing where none may be shown."""
    lately = [one for one in rounds if (month - one.last).n < LONG_AGO]
    if not lately:
        return ()
    newest = lately[-1]
    interval = f"90% interval {_between(newest)}; higher is better"
    note = f"Answers of {when(newest.first, newest.last)}; {newest.response} of the team answered and share"
    return (Tile(TITLE, f"{number(newest.mean, 1)} of 10", interval, note),)


def evidence(rounds: list[SafetyRound]) -> tuple[Table, ...]:
    """Every round, newest first; nothing where none may be shown."""
    if not rounds:
        return ()
    newest_first = rounds[::-1]
    columns: Mapping[str, list[str]] = {
        "Answers of": [f"{when(one.first, one.last)}: {one.response}" for one in newest_first],
        "Mean, 0 to 10": [f"{number(one.mean, 1)} ({_between(one)})" for one in newest_first],
    }
    note = (
        "“Is it safe here to say that the work is too much?” 0 means not at all and 10 means always. The table shows "
        "how many of the team answered and share, rounded to tens. It shows their average, rounded to halves, with "
        "its 90% interval."
    )
    return (Table(TITLE, pd.DataFrame(columns), note),)


def _between(one: SafetyRound) -> str:
    return f"{number(one.low, 1)} to {number(one.high, 1)}"
