"""How a team is doing by its own account: rounds of survey answers, as far as they may be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import beta
from scipy.stats import t as student

from caseload.estimates.fatigue import CUT
from caseload.pages.suppression import MIN_STRANGERS, Policy, hidden, told_apart
from caseload.pages.views import Empty, Evidence, Figure, Table, Tile
from caseload.questionnaires import QUESTIONNAIRES
from caseload.wording import MONTHS, first_upper, month_year, percent

SCALES = {scale.name: first_upper(scale.label) for scale in QUESTIONNAIRES["proqol5"].scales}
SATISFACTION = "compassion_satisfaction"
LONG_AGO = 12  # months after which a round no longer speaks for a team's month
POINTS, MORE_POINTS, POINTS_FROM = 1, 2, 16  # T: what means are rounded to; under so many answers to the larger one
COARSE, FINE, FINE_FROM = 0.10, 0.05, 20  # what shares of people are rounded to, and from how many people more finely


@dataclass(frozen=True)
class Round:
    """What may be told of one round of one scale."""

    first: pd.Period
    last: pd.Period
    response: str  # "about 80%"
    mean: float  # T, in whole points or twos
    mean_low: float
    mean_high: float
    above: str  # share above the norm's upper quarter
    above_interval: str


def rounds_by_team(rounds: pd.DataFrame, sizes: pd.Series, supervisors: pd.Series) -> dict[str, dict[str, list[Round]]]:
    """By team and scale the rounds that may be shown, oldest first.

    Takes `survey_rounds`, the number of people by team and month, and the supervisor of each clinician.
    """
    by_team: dict[str, dict[str, list[Round]]] = {}
    for (team, scale, last), answers in rounds.groupby(["team", "scale", "last"]):
        if scale in SCALES and not could_be_told_apart(answers["clinician_id"], supervisors):
            of_scale = by_team.setdefault(str(team), {}).setdefault(str(scale), [])
            of_scale.append(_round(answers, int(sizes.get((team, last), 0))))
    return by_team


def could_be_told_apart(respondents: pd.Series, supervisors: pd.Series) -> bool:
    """Whether somebody who knows some of the answers would be left with too few unknown ones.

    Everybody knows their own answer, and a supervisor those of their supervisees, who share them. `respondents` are who
    answered, each once; `supervisors` has the supervisor of each clinician by `clinician_id`, missing where nobody is.
    """
    supervised_by = respondents.map(supervisors)
    readers = {*respondents, *supervised_by.dropna()}
    known = (int(((supervised_by == reader) | (respondents == reader)).sum()) for reader in readers)
    return any(told_apart(len(respondents) - answers, MIN_STRANGERS) for answers in known)


def _round(answers: pd.DataFrame, people: int) -> Round:
    t, count = answers["t"].to_numpy(float), len(answers)
    reach = float(student.ppf(0.95, count - 1)) * t.std(ddof=1) / np.sqrt(count)
    above, interval = share_of_people(int((t > CUT).sum()), count)
    step = POINTS if count >= POINTS_FROM else MORE_POINTS
    mean, reach = float(step * round(t.mean() / step)), float(step * np.ceil(reach / step))
    ends = mean - reach, mean + reach  # of the rounded mean: they do not tell where in the rounding it was
    return Round(answers["first"].min(), answers["last"].max(), response(count, people), mean, *ends, above, interval)


def response(count: int, people: int) -> str:
    """How many of a team have answered and share, rounded to tens."""
    return f"about {10 * round(10 * min(count / max(people, count), 1.0))}%"


def share_of_people(hits: int, number: int) -> tuple[str, str]:
    """A share of people and its 90 % interval (Jeffreys), rounded; "none or one" and "all or all but one" are one.

    None and all would say of everybody what their answer was.
    """
    step = FINE if number >= FINE_FROM else COARSE
    told = int(np.clip(hits, 1, number - 1))
    low, high = np.asarray(beta.ppf([0.05, 0.95], told + 0.5, number - told + 0.5), float)
    ends = (0.0 if hits <= 1 else low), (1.0 if hits >= number - 1 else high)
    low, high = step * np.floor(ends[0] / step + 1e-9), step * np.ceil(ends[1] / step - 1e-9)
    words = f"{100 * low:.0f} to {percent(high)}"
    one = step * np.ceil(1 / number / step - 1e-9)
    if hits <= 1:
        return f"{percent(one)} or less", words
    if hits >= number - 1:
        return f"{percent(1 - one)} or more", words
    return percent(step * round(hits / number / step)), words


def newest_round(rounds: Mapping[str, list[Round]], scale: str, month: pd.Period) -> Round | None:
    """The last round that still speaks for the month."""
    lately = [one for one in rounds.get(scale, []) if (month - one.last).n < LONG_AGO]
    return lately[-1] if lately else None


def tile(newest: Round | None, scale: str, policy: Policy) -> Tile:
    """The newest round of a scale: the share above the norm's upper quarter, of satisfaction the mean."""
    is_good = scale == SATISFACTION
    title = f"{SCALES[scale]}, mean T-score" if is_good else f"{SCALES[scale]} above the norm’s upper quarter"
    if newest is None:
        return Tile(title, hidden=hidden(0, policy.respondents, "shared answers"))
    note = f"Answers of {when(newest.first, newest.last)}; {newest.response} of the team answered and share"
    if is_good:
        interval = f"90% interval {newest.mean_low:.0f} to {newest.mean_high:.0f}; 50 in the norm, higher is better"
        return Tile(title, f"{newest.mean:.0f}", interval, note)
    return Tile(title, newest.above, f"90% interval {newest.above_interval}; 25% in the norm", note)


def evidence(rounds: Mapping[str, list[Round]], policy: Policy) -> tuple[Evidence, ...]:
    """The rounds of all scales as a figure, and as a table with the response to each."""
    rows = [(scale, one) for scale in SCALES for one in rounds.get(scale, [])]
    if not rows:
        least = policy.respondents
        text = (
            f"A round of surveys is shown when {least} people of the team have answered and agreed to share, and when "
            "nobody who sees some of the answers could work out the others. Hidden does not mean high or low."
        )
        return (Empty("What people say about themselves", (text,)),)
    drawn = pd.DataFrame(
        {
            "completed_on": [one.last.end_time.normalize() for _, one in rows],
            "scale": [SCALES[scale].lower() for scale, _ in rows],
            "t": [one.mean for _, one in rows],
            "low": [one.mean_low for _, one in rows],
            "high": [one.mean_high for _, one in rows],
            "strain": [scale != SATISFACTION for scale, _ in rows],
        }
    )
    newest = "; ".join(
        f"{SCALES[scale].lower()} {of_scale[-1].mean:.0f} ({of_scale[-1].mean_low:.0f} to {of_scale[-1].mean_high:.0f})"
        for scale, of_scale in rounds.items()
    )
    figure = Figure(
        "plot_surveys",
        drawn,
        "What people say about themselves",
        "Mean T-score of each round of answers; 50 is the norm’s mean, 10 the standard deviation of one person.",
        f"Mean T-scores of the newest round: {newest}.",
        "Lines: 90% intervals of the mean. Dashed: where the norm’s upper quarter of persons begins. For compassion "
        "satisfaction, higher is better. A round ends when enough people have answered; every answer is in one round.",
    )
    return figure, _table(rounds)


def _table(rounds: Mapping[str, list[Round]]) -> Table:
    """Every round, newest first: who answered, the mean of each scale and how many lie above the norm."""
    every = sorted(
        {(one.last, one.first, one.response) for of_scale in rounds.values() for one in of_scale}, reverse=True
    )
    rows = [
        {
            (one.last, one.first, one.response): one for one in rounds.get(scale, [])
        }  # scales of one instrument go together
        for scale in SCALES
    ]
    frame = pd.DataFrame({"Answers of": [f"{when(first, last)}: {response}" for last, first, response in every]})
    for (scale, title), of_scale in zip(SCALES.items(), rows, strict=True):
        frame[title] = [_told(of_scale[key], scale) if key in of_scale else "not shown" for key in every]
    note = (
        "The table shows how many of the team answered and share, rounded to tens. It shows the mean T-score with its "
        "90% interval. It also shows how many are in the top quarter of the norm (25% in the norm). “None” and “one” "
        "look the same. People who feel strained may answer less, or more."
    )
    return Table("Every round of answers", frame, note)


def _told(one: Round, scale: str) -> str:
    mean = f"{one.mean:.0f} ({one.mean_low:.0f} to {one.mean_high:.0f})"
    return mean if scale == SATISFACTION else f"{mean}; {one.above} above"


def when(first: pd.Period, last: pd.Period) -> str:
    """The months in which the answers were given."""
    if first == last:
        return month_year(last)
    return f"{MONTHS[first.month - 1] if first.year == last.year else month_year(first)} to {month_year(last)}"
