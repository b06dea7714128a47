"""Boundaries of the working day: contacts after hours, overruns, days without a break, client hours, days off.

A contact is after hours before `workday_start` or from `workday_end` on; Saturday and Sunday are after hours all day
only where a practice declares it (`weekends=True`). Contacts agreed in the care plan (phone coaching), contacts with a
client on the day of a crisis session and the two days after it, and written messages that come from a client
(they can wait) are left out. Months are compared with the same clinician's earlier ones; nothing later is used.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.supports import leave_dates
from caseload.estimates.trends import MIN_POINTS, NATURAL, Months, as_months
from caseload.signals import after_hours, crisis_contacts

WRITTEN = ("text", "email", "portal", "letter")
OVERRUN_MINUTES = 10.0  # over the scheduled time, from which a session counts as over time
BREAK_MINUTES = 30.0
LONG_DAY_MINUTES = 240.0  # from first start to last end; a shorter working day needs no break (judgement)
DAYS_A_WEEK = 5
MEASURES = ("after_hours_minutes", "overruns", "days_without_break", "weekly_client_hours", "days_off")
COLUMNS = ["clinician_id", "month", "measure", "value", "usual_low", "usual_high", "earlier", "contract"]
_KEYS = ["clinician_id", "month"]


def counted_contacts(
    contacts: pd.DataFrame, sessions: pd.DataFrame, supervisees: pd.DataFrame, *, weekends: bool = False
) -> pd.DataFrame:
    """The contacts that say something about boundaries, with what they count as.

    Returns clinician_id, contacted_at, month, minutes and `after_hours` (bool), in the rows' order. `supervisees` gives
    each clinician's `workday_start` and `workday_end` (`HH:MM`).
    """
    planned = contacts["planned"].fillna(False).astype(bool)
    waits = (contacts["direction"] == "from_client") & contacts["channel"].isin(WRITTEN)
    kept = contacts[~(planned | waits.fillna(False).astype(bool) | crisis_contacts(contacts, sessions))]
    at = kept["contacted_at"]
    late = after_hours(at, kept["clinician_id"], supervisees).astype(bool) | (
        weekends & (at.dt.day_of_week >= DAYS_A_WEEK)
    )
    return kept[["clinician_id", "contacted_at", "minutes"]].assign(month=at.dt.to_period("M"), after_hours=late)


def boundaries(
    contacts: pd.DataFrame,
    sessions: pd.DataFrame,
    supervisees: pd.DataFrame,
    supports: pd.DataFrame,
    months: Months,
    *,
    weekends: bool = False,
) -> pd.DataFrame:
    """Each clinician's boundaries in the months asked (one pass), beside their own usual range.

    Measures: `after_hours_minutes` (contact minutes a month; missing minutes count as none, NaN before a clinician's
    first contact and in months without anybody's), `overruns` (attended sessions over time by OVERRUN_MINUTES or more;
    NaN where no duration is recorded), `days_without_break` (days of LONG_DAY_MINUTES or more without BREAK_MINUTES
    between two sessions; NaN without a duration), `weekly_client_hours` (attended hours a week of five weekdays, leave
    taken out; `contract` holds the contracted hours) and `days_off` (leave taken; NaN before anybody's is recorded).

    Returns COLUMNS, one row per clinician, month (with a session) and measure. The usual range is that of the XmR
    natural limits over the clinician's earlier recorded months, not below 0; NaN under MIN_POINTS of them (`earlier`).
    """
    asked = as_months(months)
    late = counted_contacts(contacts, sessions, supervisees, weekends=weekends)
    attended = _attended(sessions)
    table = attended[_KEYS].drop_duplicates()
    for measure in (
        _after_hours_minutes(late, contacts, table),
        _overruns(attended),
        _days_without_break(attended),
        _weekly_hours(attended, supports),
        _days_off(supports, table),
    ):
        table = table.merge(measure, on=_KEYS, how="left")
    long = table.melt(_KEYS, list(MEASURES), "measure", "value").astype({"measure": "str", "value": float})
    ranged = _with_usual_range(long.sort_values(["clinician_id", "measure", "month"], ignore_index=True))
    hours = ranged["clinician_id"].map(supervisees.set_index("clinician_id")["weekly_client_hours"])
    ranged["contract"] = hours.astype(float).where(ranged["measure"] == "weekly_client_hours")
    return ranged.loc[ranged["month"].isin(asked), COLUMNS].reset_index(drop=True)


def after_hours_days(
    contacts: pd.DataFrame,
    sessions: pd.DataFrame,
    supervisees: pd.DataFrame,
    supports: pd.DataFrame,
    clinician_id: str,
    month: pd.Period,
    *,
    weekends: bool = False,
) -> pd.DataFrame:
    """What `plot_after_hours` draws: date (every day of the month), minutes of contact after hours, day_off (bool)."""
    late = counted_contacts(contacts, sessions, supervisees, weekends=weekends)
    mine = late[(late["clinician_id"] == clinician_id) & late["after_hours"]]
    days = pd.date_range(month.start_time, month.end_time.normalize(), freq="D")
    minutes = mine.groupby(mine["contacted_at"].dt.normalize())["minutes"].sum().reindex(days, fill_value=0.0)
    leave = leave_dates(supports)
    off = days.isin(leave.loc[leave["clinician_id"] == clinician_id, "date"])
    return pd.DataFrame({"date": days, "minutes": minutes.to_numpy(float), "day_off": off})


def _attended(sessions: pd.DataFrame) -> pd.DataFrame:
    """Attended sessions by clinician and time, with month, day, and minutes (actual, else scheduled)."""
    rows = sessions[sessions["status"] == "attended"].sort_values(["clinician_id", "scheduled_start", "session_id"])
    start = rows["scheduled_start"]
    minutes = rows["actual_minutes"].fillna(rows["scheduled_minutes"])
    return rows.assign(month=start.dt.to_period("M"), day=start.dt.normalize(), minutes=minutes)


def _after_hours_minutes(late: pd.DataFrame, contacts: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    summed = late[late["after_hours"]].groupby(_KEYS, as_index=False).agg(after_hours_minutes=("minutes", "sum"))
    table = keys.merge(summed, on=_KEYS, how="left").fillna({"after_hours_minutes": 0.0})
    months = contacts["contacted_at"].dt.to_period("M")
    first = months.groupby(contacts["clinician_id"]).min().reindex(table["clinician_id"]).set_axis(table.index)
    covered = table["month"].isin(months) & (table["month"] >= first)
    table["after_hours_minutes"] = table["after_hours_minutes"].where(covered)
    return table


def _overruns(attended: pd.DataFrame) -> pd.DataFrame:
    over = attended["actual_minutes"] - attended["scheduled_minutes"]
    rows = attended[_KEYS].assign(overruns=(over >= OVERRUN_MINUTES).astype(float).where(over.notna()))
    return rows.groupby(_KEYS)["overruns"].sum(min_count=1).reset_index()


def _days_without_break(attended: pd.DataFrame) -> pd.DataFrame:
    """Sessions that overlap (a group, two rooms) are one stretch: a break begins when the last of them has ended."""
    known = attended.dropna(subset=["minutes"])
    day = [*_KEYS, "day"]
    ends = known.assign(end=known["scheduled_start"] + pd.to_timedelta(known["minutes"], unit="min"))
    ends["end"] = ends.groupby(day)["end"].cummax()
    ends["pause"] = (ends["scheduled_start"] - ends.groupby(day)["end"].shift()).dt.total_seconds() / 60
    days = ends.groupby(day, as_index=False).agg(
        first=("scheduled_start", "min"), last=("end", "max"), longest=("pause", "max")
    )
    long = (days["last"] - days["first"]).dt.total_seconds() / 60 >= LONG_DAY_MINUTES
    days["days_without_break"] = (long & (days["longest"] < BREAK_MINUTES)).astype(float)
    return days.groupby(_KEYS, as_index=False).agg(days_without_break=("days_without_break", "sum"))


def _weekly_hours(attended: pd.DataFrame, supports: pd.DataFrame) -> pd.DataFrame:
    hours = attended.drop_duplicates(["clinician_id", "scheduled_start"])  # a group is one session of work
    table = hours.groupby(_KEYS)["minutes"].sum(min_count=1).reset_index()
    leave = leave_dates(supports)
    leave = leave[leave["date"].dt.day_of_week < DAYS_A_WEEK].assign(month=lambda t: t["date"].dt.to_period("M"))
    away = leave.groupby(_KEYS, as_index=False).agg(away=("date", "size"))
    table = table.merge(away, on=_KEYS, how="left").fillna({"away": 0})
    weeks = (_weekdays(table["month"]) - table["away"]).clip(lower=0) / DAYS_A_WEEK
    table["weekly_client_hours"] = table["minutes"] / 60 / weeks.where(weeks > 0)
    return table[[*_KEYS, "weekly_client_hours"]]


def _weekdays(months: pd.Series) -> np.ndarray:
    """Mondays to Fridays of each month."""
    start = pd.PeriodIndex(months, freq="M").start_time.to_numpy().astype("datetime64[M]")
    return np.busday_count(start.astype("datetime64[D]"), (start + np.timedelta64(1, "M")).astype("datetime64[D]"))


def _days_off(supports: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    leave = leave_dates(supports).assign(month=lambda t: t["date"].dt.to_period("M"))
    count = leave.groupby(_KEYS, as_index=False).agg(days_off=("date", "size"))
    table = keys.merge(count, on=_KEYS, how="left").fillna({"days_off": 0.0})
    table["days_off"] = table["days_off"].where(table["month"] >= leave["month"].min())
    return table


def _with_usual_range(series: pd.DataFrame) -> pd.DataFrame:
    """Natural limits of each clinician's and measure's earlier recorded months; rows sorted by month."""
    recorded = series.dropna(subset=["value"])
    key = [recorded["clinician_id"], recorded["measure"]]
    values = recorded["value"].groupby(key, sort=False)
    moving = values.diff().abs().fillna(0.0)
    earlier = values.cumcount()
    mean = (values.cumsum() - recorded["value"]) / earlier.where(earlier > 0)
    spread = (moving.groupby(key, sort=False).cumsum() - moving) / (earlier - 1).where(earlier > 1)
    half = NATURAL * spread.where(earlier >= MIN_POINTS)
    known = series["value"].notna().astype(int)
    before = known.groupby([series["clinician_id"], series["measure"]]).cumsum() - known
    return series.assign(usual_low=(mean - half).clip(lower=0.0), usual_high=mean + half, earlier=before)
