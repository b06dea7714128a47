"""The working month that an appointment book holds: evenings, weekends, late cancellations, hours booked and held.

Counts of one clinician, each beside the same clinician's earlier months. Effort is not among them: a calendar shows
when somebody worked, not how hard it was.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.attendance import COUNTED
from caseload.estimates.limits import MIN_POINTS, xmr
from caseload.signals import after_hours, has_times

LONGER_MINUTES, MIN_BEFORE = 15.0, 3
"""A session is booked longer than the client's usual by so many minutes, given so many appointments before."""
WORKDAYS, FRIDAY = 5, 4
MEASURES = ("late_cancelled", "service_cancelled", "clinician_cancelled", "out_of_hours", "weekend", "longer")
COLUMNS = ["measure", "month", "value", "usual_low", "usual_high"]
WEEK_COLUMNS = ["week", "booked", "held", "appointments", "attended"]


def working_months(
    sessions: pd.DataFrame, person: pd.DataFrame, months: pd.PeriodIndex, begins: tuple[int, ...] = ()
) -> pd.DataFrame:
    """MEASURES of one clinician's months beside their usual.

    `sessions` are the clinician's own, `person` the row of `Practice.supervisees`. Cancellations are counted by who
    made them. Of the appointments that took place: `out_of_hours` (weekdays, outside the working day), `weekend`
    (Saturday and Sunday) and `longer` (booked LONGER_MINUTES above the client's median so far; NaN where no length is
    recorded). `out_of_hours` is NaN where dates without times are recorded. Returns COLUMNS, a row per measure and
    month; the usual is the XmR range of the earlier months from the first appointment on, not below 0 (NaN under
    MIN_POINTS of them). In the months `begins` (ordinals) it begins again.
    """
    month = sessions["scheduled_start"].dt.to_period("M")
    marks = _marks(sessions, person)
    first = month.min() if len(month) else None
    rows = []
    for measure in MEASURES:
        counts = marks[measure].groupby(month).sum(min_count=1)
        worked = months[months >= first] if first is not None else months[:0]
        empty = np.nan if marks[measure].isna().all() else 0.0
        series = counts.reindex(worked).fillna(empty).to_numpy(float)
        rows += [
            (measure, at, value, *_usual(series[_since(worked, at, begins) : place]))
            for place, (at, value) in enumerate(zip(worked, series, strict=True))
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def week_hours(sessions: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Client hours and appointments of the weeks whose Friday lies in the month, of one clinician's `sessions`.

    Returns WEEK_COLUMNS, a row a week with an appointment: `week` (its Monday), hours `booked` and `held` (attended;
    the minutes held, else those booked; NaN where no length is recorded), and how many appointments were made and
    attended. Appointments at the same time (a group) are one; of two clients on a date without a time they are two.
    """
    rows = sessions.sort_values("scheduled_start")
    monday = rows["scheduled_start"].dt.normalize() - pd.to_timedelta(rows["scheduled_start"].dt.day_of_week, unit="D")
    inside = (monday + pd.Timedelta(days=FRIDAY)).dt.to_period("M") == month
    rows, monday = rows[inside], monday[inside]
    if rows.empty:
        return pd.DataFrame(columns=WEEK_COLUMNS)
    came = rows["status"] == "attended"
    each = pd.DataFrame(
        {
            "week": monday,
            "start": rows["scheduled_start"],
            "client": rows["client_id"].where(rows["scheduled_start"] == rows["scheduled_start"].dt.normalize(), ""),
            "booked": rows["scheduled_minutes"].fillna(rows["actual_minutes"]) / 60,
            "held": (rows["actual_minutes"].fillna(rows["scheduled_minutes"]) / 60).where(came),
            "attended": came.astype(float),
        }
    )
    once = each.groupby(["week", "start", "client"], as_index=False).max()
    table = once.groupby("week", as_index=False).agg(
        booked=("booked", lambda hours: hours.sum(min_count=1)),
        held=("held", "sum"),
        appointments=("start", "size"),
        attended=("attended", "sum"),
    )
    return table.assign(held=table["held"].where(table["booked"].notna()))[WEEK_COLUMNS]


def week_counts(sessions: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The appointments of one clinician's month that clients could keep, by week from Monday: all of the month, once.

    Returns `first` and `last` (the week's days in the month), `appointments` and `attended`, a row a week with any.
    """
    rows = sessions[(sessions["scheduled_start"].dt.to_period("M") == month) & sessions["status"].isin(COUNTED)]
    day = rows["scheduled_start"].dt.normalize()
    came = (rows["status"] == "attended").groupby(day - pd.to_timedelta(day.dt.day_of_week, unit="D"))
    table = came.agg(appointments="size", attended="sum").rename_axis("monday").reset_index()
    first = table["monday"].clip(lower=month.start_time)
    last = (table["monday"] + pd.Timedelta(days=6)).clip(upper=month.end_time.normalize())
    return table.assign(first=first, last=last)[["first", "last", "appointments", "attended"]]


def _marks(sessions: pd.DataFrame, person: pd.DataFrame) -> pd.DataFrame:
    """One column a measure, one row a session: 1.0 where it counts."""
    start, status = sessions["scheduled_start"], sessions["status"]
    came, weekend = status == "attended", start.dt.day_of_week >= WORKDAYS
    late = after_hours(start, sessions["clinician_id"], person.assign(weekends_after_hours=False)) > 0
    usual = sessions.groupby("client_id")["scheduled_minutes"].transform(_median_before)
    longer = (sessions["scheduled_minutes"] >= usual + LONGER_MINUTES) & came
    known = sessions["scheduled_minutes"].notna()
    return pd.DataFrame(
        {
            **{name: (status == name).astype(float) for name in MEASURES[:3]},
            "out_of_hours": (came & ~weekend & late).astype(float).where(pd.Series(has_times(start), start.index)),
            "weekend": (came & weekend).astype(float),
            "longer": longer.astype(float).where(known),
        }
    )


def _median_before(minutes: pd.Series) -> pd.Series:
    return minutes.shift().expanding(MIN_BEFORE).median()


def _since(months: pd.PeriodIndex, at: pd.Period, begins: tuple[int, ...]) -> int:
    """The place of the month in which the usual of the month `at` began."""
    begun = max((month for month in begins if month <= at.ordinal), default=0)
    return int(np.searchsorted(months.asi8, begun))


def _usual(earlier: np.ndarray) -> tuple[float, float]:
    limits = xmr(earlier)
    if limits.points < MIN_POINTS:
        return np.nan, np.nan
    return max(limits.lower, 0.0), limits.upper
