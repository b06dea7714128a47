"""Monthly series as sparklines and XmR charts, with the words around them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.limits import MIN_POINTS
from caseload.estimates.trends import Course
from caseload.pages.views import Figure, Spark
from caseload.wording import month_year

SPARK_MONTHS = 11


def spark(course: Course, state: str, alt: str) -> Spark | None:
    """The last months of a series as a sparkline with the own usual range; None where there is nothing to draw."""
    values = course.value[-SPARK_MONTHS:]
    if (~np.isnan(values)).sum() < 2:
        return None
    low, high = (None if np.isnan(end) else float(end) for end in (course.low[-1], course.high[-1]))
    return Spark(tuple(values.tolist()), alt, low, high, course.usual, state)


def limits_note(course: Course, what: str) -> str:
    """How the limits of an XmR chart came about."""
    points, again = course.limits.points, _again(course)
    if course.usual is None:
        since = " since" if again else ""
        return f"{what}{again} The usual range needs {MIN_POINTS} earlier months. There are {points}{since}."
    kind = "provisional limits" if course.limits.trial else "limits"
    moving = (
        " The limits follow the month before, because neighbouring months tend to be similar."
        if course.persistence
        else ""
    )
    lines = f"The dashed lines are the {kind} of the usual range, from the {points} months before."
    return f"{what}{again} {lines} The dotted lines are two thirds of the way to them.{moving}"


def _again(course: Course) -> str:
    """Since when the limits are others, because a change was declared."""
    if not course.begins:
        return ""
    since = month_year(pd.Period(ordinal=course.begins[-1], freq="M"))
    return f" A change was declared for {since}, so the limits start again."


def xmr_figure(
    course: Course,
    state: str,
    *,
    title: str,
    subtitle: str,
    what: str,
    alt: str,
    ylabel: str,
    ends: tuple[str, str] = ("", ""),
) -> Figure:
    """An XmR chart of a monthly series with its numbers; the newest point is marked where `state` is watch or raise.

    `ends` are the lowest and the highest value that the scale knows, as text; empty where it is open.
    """
    table = course.chart(state if state in ("raise", "watch") else "")
    named = {"month": "Month", "value": "Value", "low": "90% from", "high": "to"}
    kept = list(named) if not np.isnan(course.low).all() else ["month", "value"]
    numbers = table[kept].set_axis([named[name] for name in kept], axis=1)
    labels = {"ylabel": ylabel, "floor": ends[0], "ceiling": ends[1]}
    if course.limits.trial:
        labels["limit"] = "provisional limit"
    if course.persistence:
        labels["centre"] = "expected"
    return Figure("plot_xmr", table, title, subtitle, alt, limits_note(course, what), numbers, labels=labels)


def months_alt(course: Course, digits: int = 2) -> str:
    """A series in words: its first, lowest, highest and newest value."""
    known = np.flatnonzero(course.known)
    if not len(known):
        return "No month recorded."
    first, last = (pd.Period(ordinal=course.first + int(at), freq="M") for at in known[[0, -1]])
    values = course.value[known]
    return (
        f"{len(known)} months from {month_year(first)} to {month_year(last)}: between "
        f"{values.min():.{digits}f} and {values.max():.{digits}f}, newest {values[-1]:.{digits}f}."
    )
