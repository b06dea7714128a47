"""What a figure of a team may show: not about few people, not mostly about one, and never so finely that two tell more.

Four rules for every figure, each stated on the page:

1. Operational figures of fewer than `people`, and survey figures of fewer than `respondents`, are hidden.
2. What is shown is rounded to about what one person usually adds, each month by itself. So the difference of two
   figures, of months, pages or runs between which somebody came, went or changed, tells about nobody. A month is
   rounded in the same way on every later page: no second rounding of the same figure narrows the first.
3. A figure is hidden if rounding leaves open less than a fifth of what its largest contributor adds, or if the second
   largest could work the largest out (p % rule); but not days off, which a team plans together.
4. An interval is made from the rounded figure, so that its ends do not tell where in the rounding the figure was.

No figure of a hidden team enters any other: what stands for several teams is made from those that are shown. So
nothing is left to subtract, and no figure has to be hidden for another's sake. Zero stays zero: it says that nobody
has any.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates.indicators import SHARES, jeffreys
from caseload.intake.settings import FEWEST, MIN_PEOPLE, MIN_RESPONDENTS, Settings

MIN_STRANGERS = 3
"""Somebody who sees the answers of all others behind a team's survey figure must be left with as many unknown ones."""
DOMINANCE = 0.2
"""A figure is hidden if all but the two largest contributors add less than this share of the largest (p % rule)."""
LEAST_OPEN = 0.2
"""A figure is hidden if rounding leaves open less than this share of what the largest contributor adds, either way."""
KNOWN_TO_ALL = "days_off"
ONE_PERSON = "hidden, too much of it is one person’s"
RELEASED = ["team", "indicator", "month", "people", "value", "low", "high", "step", "hidden"]


@dataclass(frozen=True)
class Policy:
    """How many people must stand behind a figure: `people` behind operational ones, `respondents` behind surveys.

    Raises ParameterError under FEWEST.
    """

    people: int = MIN_PEOPLE
    respondents: int = MIN_RESPONDENTS

    def __post_init__(self) -> None:
        if min(self.people, self.respondents) < FEWEST:
            raise ParameterError(
                f"figures of fewer than {FEWEST} people are never shown: min_people and "
                f"min_respondents must be {FEWEST} or more"
            )


USUAL = Policy()


def policy_of(settings: Settings, people: int | None = None, respondents: int | None = None) -> Policy:
    """What is asked for, and where nothing is, what the practice's settings say."""
    return Policy(people or settings.min_people, respondents or settings.min_respondents)


def told_apart(strangers: int, least: int = MIN_RESPONDENTS) -> bool:
    """Whether a reader could work out a figure about fewer than `least` people by taking out those they know.

    `strangers` are the people behind the figure whose answers the reader does not see.
    """
    return 0 < strangers < least


def hidden(people: int, least: int = MIN_PEOPLE, noun: str = "people") -> str:
    """Why a figure about so many people is not shown; empty where it may be."""
    return f"hidden, under {least} {noun}" if people < least else ""


def released(ratios: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """What may be shown of each team's months.

    Takes `ratios` by team, indicator and month (see `caseload.estimates.indicators.ratios`). Returns RELEASED: `value`,
    `low` and `high` are whole `step`s and NaN where `hidden` says why. A month's row depends on that month alone.
    """
    rounding = rounded(ratios["value"], ratios["people"])
    left_open = ratios["whole"] * (rounding["upper"] - rounding["lower"]) / 2
    outlying = left_open < LEAST_OPEN * ratios["largest"] * (1 - 1e-9)
    rest = ratios["part"] - ratios["largest"] - ratios["second"]
    dominated = (ratios["part"] > 0) & (rest < DOMINANCE * ratios["largest"])
    private = ratios["indicator"] != KNOWN_TO_ALL
    few = ratios["people"] < policy.people
    why = np.select([few, private & (outlying | dominated)], [hidden(0, policy.people), ONE_PERSON], "")
    table = ratios.assign(hidden=pd.Series(why, index=ratios.index, dtype="str"))
    low, high = _ends(ratios, rounding)
    shown = {"value": rounding["value"], "low": low, "high": high, "step": rounding["step"]}
    return table.assign(**{name: column.where(table["hidden"] == "") for name, column in shown.items()})[RELEASED]


def rounded(values: pd.Series, people: pd.Series) -> pd.DataFrame:
    """Figures about so many people in whole steps, and which figures look the same then.

    Returns `value`, `step` (the next 1, 2 or 5 times a power of ten from the figure divided by the people up; 0 for a
    figure of 0), `lower` and `upper`: all figures between them have the same value and step, at least half a step.
    """
    step = rounding_step(values / (people + 0.5))
    finer = step * np.where((step / 10 ** np.floor(np.log10(step.where(step > 0)))).round() == 5, 0.4, 0.5)  # fmt: skip
    begins = (people + 0.5) * finer  # figures from here on have this step
    with np.errstate(invalid="ignore"):
        first = np.ceil((begins / step).round(9))
        steps = (values / step).round(9).round().clip(lower=first, upper=people)
    lower = begins.where(steps == first, (steps - 0.5) * step)
    columns = {"value": (steps * step).round(9), "step": step, "lower": lower, "upper": (steps + 0.5) * step}
    return pd.DataFrame(columns).fillna(0.0)


def rounding_step(least: pd.Series) -> pd.Series:
    """The next 1, 2 or 5 times a power of ten from `least` up; 0 (no rounding) where that is 0."""
    with np.errstate(divide="ignore"):
        power = 10.0 ** np.floor(np.log10(least.where(least > 0)))
    lead = least / power
    nice = np.select([lead <= 1 + 1e-9, lead <= 2 + 1e-9, lead <= 5 + 1e-9], [1.0, 2.0, 5.0], 10.0)
    return (nice * power).fillna(0.0)


def _ends(ratios: pd.DataFrame, rounding: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The interval of each rounded figure, outwards in whole steps."""
    value, step = rounding["value"], rounding["step"].where(rounding["step"] > 0)
    reach = ratios["high"] - ratios["value"]
    of_share = jeffreys(value * ratios["whole"], ratios["whole"])
    is_share = ratios["indicator"].isin(SHARES)
    low, high = (pd.Series(end, ratios.index).where(is_share, value + sign * reach)
                 for end, sign in zip(of_share, (-1, 1), strict=True))  # fmt: skip
    down, up = np.floor((low / step).round(9)) * step, np.ceil((high / step).round(9)) * step
    most = np.where(is_share, 1.0, np.inf)
    return down.fillna(low).clip(lower=0.0).round(9), np.minimum(up.fillna(high), most).round(9)
