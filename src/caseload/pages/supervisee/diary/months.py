"""A clinician's own months: the share of appointments that clients came to, on a chart."""

from __future__ import annotations

from caseload.estimates.trends import Course
from caseload.pages.series import months_alt, xmr_figure
from caseload.pages.supervisee.diary.reading import Reading
from caseload.pages.views import Figure
from caseload.wording import month_year

LEAST_MONTHS = 3
"""With fewer months there is nothing to compare."""
LEAST_CHANCE = 0.001


def months_figure(reading: Reading) -> Figure | None:
    """The XmR chart of the months so far, with what chance would bring in this one; None with few months.

    The newest month is marked where it is worth watching.
    """
    table = reading.subject.slice.attendance
    table = table[table["counted"] > 0]
    if not reading.counted or table["month"].nunique() < LEAST_MONTHS:
        return None
    kept = 100 * (1 - table["missed"] / table["counted"])
    course = Course.of(table.assign(value=kept)[["month", "value"]])
    share = f"{round(100 * (reading.counted - reading.missed) / reading.counted)}%"
    return xmr_figure(
        course,
        "watch" if reading.is_far_more else "",
        title=f"Clients came to {share} of appointments in {month_year(reading.month)}",
        subtitle="Per cent of the appointments that clients could keep, month by month.",
        what=_chance(reading),
        alt=f"Share of appointments kept. {months_alt(course, 1)}",
        ylabel="came, %",
        ends=("0", "100"),
    )


def _chance(reading: Reading) -> str:
    """How often chance would bring a month like this, given the clinician's own months before."""
    if not reading.is_compared:
        return "There are too few earlier months to say what chance would bring."
    low, high = (round(100 * kept / reading.counted) for kept in reading.kept_usual)
    chance = float(reading.counts["missed_chance"])
    return (
        f"With as many appointments, chance alone would bring {low} to {high}% in nine of ten months, "
        f"and as few kept in {_often(chance)}."
    )


def _often(chance: float) -> str:
    """A chance in words: about 40 in 100, about 1 in 250, fewer than 1 in 1,000."""
    if chance < LEAST_CHANCE:
        return f"fewer than 1 in {1 / LEAST_CHANCE:,.0f}"
    return f"about 1 in {1 / chance:,.0f}" if chance < 0.015 else f"about {100 * chance:.0f} in 100"
