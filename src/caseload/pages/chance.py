"""How many flags and signals chance alone would bring: computed for what is on the page, and printed there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from caseload.estimates import expected_signals
from caseload.estimates.limits import MIN_POINTS
from caseload.estimates.over_investment import OverInvestment
from caseload.flags.states import WATCH_AT, WORDS
from caseload.pages.views import Chance
from caseload.review.assessment import Assessment
from caseload.wording import counted, likely, number

MOST_POINTS = 24
"""Beyond so many months, longer limits hardly change how often noise signals."""


def chart_points(assessment: Assessment, clinicians: AbstractSet[str]) -> list[int]:
    """For every monthly chart with limits on these clinicians' pages, how many earlier months its limits rest on.

    The charts are the gap, the share off the stage and, for those who share, the activation rating; each needs a value
    in the month and MIN_POINTS before it, one more where a month is judged by the one before it.
    """
    evidence, carried = assessment.evidence, assessment.persistence
    enough = evidence.stage["enough"].fillna(False).astype(bool)
    series = (
        (evidence.balance, evidence.balance["gap"], clinicians, carried["gap"]),
        (evidence.stage, evidence.stage["share"].where(enough), clinicians, carried["off_stage"]),
        (assessment.shown_personal, assessment.shown_personal["rating"], clinicians & assessment.sharing, 0.0),
    )
    month = assessment.month
    return [
        points
        for table, values, whose, persistence in series
        for points in _earlier(table, values, whose, month, judged_by_neighbour=persistence > 0)
    ]


def expected_false_flags(supervisees: int, charts: list[int], shown: pd.DataFrame) -> dict[str, float]:
    """Expected numbers if nothing at all were going on, and how many of the flags shown are likely to be mistaken.

    `raise` and `watch` (or more) on effort and engagement, from practices without over-investment; `raise_high` and
    `watch_high`: at most so many in 19 of 20 practices, which differ. `signals`: charts of which the newest month would
    signal. `flagged`: of the month's flags `shown` those at watch or raise by their probability (unmet provision is a
    fact), `mistaken`: the sum over them of 1 − P, what would be wrong if the probabilities are right.
    """
    rates = OverInvestment.load().null
    by_probability = (shown["state"] == "raise") | ((shown["state"] == "watch") & (shown["probability"] >= WATCH_AT))
    flagged = shown.loc[by_probability, "probability"].dropna()
    return {
        "supervisees": supervisees,
        "raise": supervisees * rates["raise"],
        "raise_high": _at_most(supervisees * rates["raise"], rates["shape"]),
        "watch": supervisees * rates["watch"],
        "watch_high": _at_most(supervisees * rates["watch"], rates["shape"]),
        "charts": len(charts),
        "signals": sum(expected_signals(min(points, MOST_POINTS)) for points in charts),
        "flagged": len(flagged),
        "mistaken": float((1 - flagged).sum()),
    }


def _at_most(expected: float, shape: float) -> float:
    """What is not exceeded in 19 of 20 practices, whose rates differ by a gamma distribution of this shape."""
    return float(nbinom.ppf(0.95, shape, shape / (shape + expected)))


def supervisee_chance(charts: list[int], with_own: bool, shown: pd.DataFrame, *, small_charts: bool = True) -> Chance:
    """The chance box of one supervisee's page; `shown` are its flags, `small_charts` whether it has any."""
    expected, discuss, watch = expected_false_flags(100, charts, shown), WORDS["raise"], WORDS["watch"]
    text = (
        f"Without any over-investment, a page like this shows {discuss} on effort {_times(expected['raise'])} in 100 "
        f"months. It shows {watch} or {discuss} {_times(expected['watch'])} in 100 months."
    )
    if expected["signals"] > 0:
        one_in = f"{max(1 / expected['signals'], 1.0):.0f}"
        text += f" Chance alone marks the newest month of a chart on about 1 page in {one_in}."
    key = (
        "The small charts show up to 11 months. The grey band is the usual range. The upright line is the 90% interval."
    )
    text += _mistaken(expected, "on this page")
    line = (
        f"Without any over-investment, a page like this shows {discuss} on effort {_times(expected['raise'])} in 100 "
        "months."
    )
    return Chance(
        "How often chance alone would do this",
        (text, key) if small_charts else (text,),
        with_not_shared=not with_own,
        line=line,
    )


def index_chance(supervisees: int, charts: list[int], shown: pd.DataFrame) -> Chance:
    """The chance box of a supervisor's index; `shown` are the month's flags of those on it."""
    expected = expected_false_flags(supervisees, charts, shown)
    text = (
        f"Without any over-investment among the {counted(supervisees, 'supervisee')}, we would expect "
        f"{_count(expected['raise'])} {WORDS['raise']} and {_count(expected['watch'])} {WORDS['watch']} on effort. "
        f"In 19 of 20 practices there are at most {expected['raise_high']:.0f} and {expected['watch_high']:.0f}."
    )
    if charts:
        marked, drawn = _count(expected["signals"]), counted(len(charts), "chart")
        text += f" Chance alone marks the newest month of {marked} of {drawn}."
    return Chance("How many flags chance alone would give", (f"{text}{_mistaken(expected, 'shown here')}",), True)


def _mistaken(expected: dict[str, float], where: str) -> str:
    """How many of the flags are likely to be mistaken; nothing where there is none."""
    if not expected["flagged"]:
        return ""
    if expected["flagged"] == 1:
        return f" If its probability is right, the one flag {where} is {likely(expected['mistaken'])} to be wrong."
    flags = f"{expected['flagged']:.0f} flags {where}"
    return f" If the probabilities are right, {_count(expected['mistaken'])} of the {flags} would be wrong."


def _earlier(
    table: pd.DataFrame, values: pd.Series, whose: AbstractSet[str], month: pd.Period, *, judged_by_neighbour: bool
) -> list[int]:
    known = table.loc[values.notna() & table["clinician_id"].isin(whose), ["clinician_id", "month"]]
    who, people = pd.factorize(known["clinician_id"], sort=True)
    number = known["month"].astype("int64").to_numpy()
    before, now = (
        np.bincount(who[rows], minlength=len(people)) for rows in (number < month.ordinal, number == month.ordinal)
    )
    points = before - judged_by_neighbour
    return [int(count) for count in points[(now > 0) & (points >= MIN_POINTS)]]


def _times(value: float) -> str:
    return "less than once" if value < 0.95 else f"about {value:.0f} times" if value >= 1.5 else "about once"


def _count(value: float) -> str:
    return f"about {number(value, 0 if value >= 9.5 else 1)}" if value >= 0.05 else "less than 0.1"
