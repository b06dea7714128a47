"""What a figure of a team may show: not about few people, not mostly about one, and never so finely that two tell more.

Three rules for every figure, each stated on the page:

1. Operational figures of fewer than `people`, and survey figures of fewer than `respondents`, are hidden.
2. A figure of which the largest contributor has so much that the second could work it out is hidden (p % rule); but
   not days off, which a team plans together.
3. What is shown is rounded to half of what one person usually adds, so that the difference of two figures, of months,
   pages or runs between which somebody came or went, tells about nobody. A month with few people less or more, a person
   who changes teams, or a row that arrives late does not give anybody away.

No figure of a hidden team enters any other: what stands for several teams is made from those that are shown. So
nothing is left to subtract, and no figure has to be hidden for another's sake.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates.indicators import SHARES
from caseload.intake.settings import FEWEST, MIN_PEOPLE, MIN_RESPONDENTS, Settings

MIN_STRANGERS = 3
"""Somebody who sees the answers of all others behind a team's survey figure must be left with as many unknown ones."""
DOMINANCE = 0.2
"""A figure is hidden if all but the two largest contributors add less than this share of the largest (p % rule)."""
KNOWN_TO_ALL = "days_off"
ONE_PERSON = "hidden, mostly one person’s"
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
    `low` and `high` are rounded to `step` and NaN where `hidden` says why.
    """
    rest = ratios["part"] - ratios["largest"] - ratios["second"]
    private = ratios["indicator"] != KNOWN_TO_ALL
    dominated = private & (ratios["part"] > 0) & (rest < DOMINANCE * ratios["largest"])
    few = ratios["people"] < policy.people
    why = np.select([few, dominated], [hidden(0, policy.people), ONE_PERSON], "")
    table = ratios.assign(hidden=pd.Series(why, index=ratios.index, dtype="str"))
    shown = table["hidden"] == ""
    series = [table["team"], table["indicator"]]
    usual = table["value"].where(shown).abs().groupby(series).transform("mean")
    fewest = table["people"].where(shown).groupby(series).transform("min")
    table["step"] = rounding_step(usual / (2 * fewest))
    for name, rounding in (("value", np.round), ("low", np.floor), ("high", np.ceil)):
        table[name] = rounded(table[name], table["step"], rounding).where(shown)
    most = np.where(ratios["indicator"].isin(SHARES), 1.0, np.inf)
    table["high"] = np.minimum(table["high"], most)
    return table[RELEASED]


def rounding_step(least: pd.Series) -> pd.Series:
    """The next 1, 2 or 5 times a power of ten from `least` up; 0 (no rounding) where that is 0."""
    with np.errstate(divide="ignore"):
        power = 10.0 ** np.floor(np.log10(least.where(least > 0)))
    lead = least / power
    nice = np.select([lead <= 1 + 1e-9, lead <= 2 + 1e-9, lead <= 5 + 1e-9], [1.0, 2.0, 5.0], 10.0)
    return (nice * power).fillna(0.0)


def rounded(values: pd.Series, step: pd.Series, rounding: Callable[..., Any] = np.round) -> pd.Series:
    """Values as whole steps; as they are where the step is 0. A value that is a step but for noise stays that step."""
    steps = (values / step.where(step > 0)).round(9)
    return (rounding(steps) * step).round(9).where(step > 0, values)
