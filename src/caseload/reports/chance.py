"""How many flags and signals chance alone would bring: computed for what is on the page, and printed there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd

from caseload.estimates import expected_signals
from caseload.estimates.over_investment import OverInvestment
from caseload.estimates.trends import MIN_POINTS
from caseload.flags import Evidence
from caseload.flags.wording import counted, number
from caseload.reports.views import Chance

MOST_POINTS = 24
"""Beyond so many months, longer limits hardly change how often noise signals."""


def chart_points(
    evidence: Evidence, month: pd.Period, clinicians: AbstractSet[str], rated: AbstractSet[str]
) -> list[int]:
    """For every monthly chart with limits on these clinicians' pages, how many earlier months its limits rest on.

    The charts are the gap, the share off the stage and, for those in `rated`, the activation rating; each needs a value
    in the month and MIN_POINTS before it.
    """
    enough = evidence.stage["enough"].fillna(False).astype(bool)
    series = (
        (evidence.balance, evidence.balance["gap"], clinicians),
        (evidence.stage, evidence.stage["share"].where(enough), clinicians),
        (evidence.personal, evidence.personal["rating"], clinicians & rated),
    )
    return [points for table, values, whose in series for points in _earlier(table, values, whose, month)]


def expected_false_flags(supervisees: int, charts: list[int]) -> dict[str, float]:
    """Expected numbers if nothing at all were going on.

    `raise` and `watch` (or more) on effort and engagement, from practices without over-investment; `signals`: charts of
    which the newest month would signal.
    """
    rates = OverInvestment.load().null
    return {
        "supervisees": supervisees,
        "raise": supervisees * rates["raise"],
        "watch": supervisees * rates["watch"],
        "charts": len(charts),
        "signals": sum(expected_signals(min(points, MOST_POINTS)) for points in charts),
    }


def supervisee_chance(charts: list[int], with_own: bool) -> Chance:
    """The chance box of one supervisee's page."""
    expected = expected_false_flags(100, charts)
    text = (
        "If nothing at all were going on, a page like this would show a Raise on effort "
        f"{_times(expected['raise'])} in 100 months, and a Watch or a Raise {_times(expected['watch'])}."
    )
    if expected["signals"] > 0:
        text += (
            f" The newest month would signal on about one page in {max(1 / expected['signals'], 1.0):.0f} "
            f"({counted(len(charts), 'chart')} with limits)."
        )
    key = "Small charts above: up to eleven months; grey band, the usual range; upright line, 90% interval."
    return Chance("How often chance alone would do this", (text, key), with_not_shared=not with_own)


def index_chance(supervisees: int, charts: list[int]) -> Chance:
    """The chance box of a supervisor's index."""
    expected = expected_false_flags(supervisees, charts)
    text = (
        f"If nothing were going on with any of the {counted(supervisees, 'supervisee')}, expect "
        f"{_count(expected['raise'])} Raise and {_count(expected['watch'])} Watch on effort and engagement"
    )
    if charts:
        text += f", and {_count(expected['signals'])} of {counted(len(charts), 'chart')} to signal in its newest month"
    return Chance("How many flags chance alone would bring", (f"{text}.",), with_not_shared=True)


def _earlier(table: pd.DataFrame, values: pd.Series, whose: AbstractSet[str], month: pd.Period) -> list[int]:
    known = table.loc[values.notna() & table["clinician_id"].isin(whose), ["clinician_id", "month"]]
    who, people = pd.factorize(known["clinician_id"], sort=True)
    number = known["month"].astype("int64").to_numpy()
    before, now = (
        np.bincount(who[rows], minlength=len(people)) for rows in (number < month.ordinal, number == month.ordinal)
    )
    return [int(points) for points in before[(now > 0) & (before >= MIN_POINTS)]]


def _times(value: float) -> str:
    return "less than once" if value < 0.95 else f"about {value:.0f} times" if value >= 1.5 else "about once"


def _count(value: float) -> str:
    return f"about {number(value, 0 if value >= 9.5 else 1)}" if value >= 0.05 else "less than 0.1"
