"""Boundaries of the working day: contacts after hours, overruns, days without a break, client hours, days off.

A contact is after hours before `workday_start` or from `workday_end` on; Saturday and Sunday are after hours all day
only where a practice's settings say so. Contacts agreed in the care plan (phone coaching), contacts with a
client on the day of a crisis session and the two days after it, and written messages that come from a client
(they can wait) are left out. Months are compared with the same clinician's earlier ones; nothing later is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.estimates.frames import BOUNDARIES
from caseload.estimates.limits import MIN_POINTS, NATURAL
from caseload.estimates.trends import Months, as_months
from caseload.signals import after_hours, crisis_contacts

WRITTEN = ("text", "email", "portal", "letter")
OVERRUN_MINUTES = 10.0  # over the scheduled time, from which a session counts as over time
BREAK_MINUTES = 30.0
LONG_DAY_MINUTES = 240.0  # from first start to last end; a shorter working day needs no break (judgement)
DAYS_A_WEEK = 5
MEASURES = ("after_hours_minutes", "overruns", "days_without_break", "weekly_client_hours", "days_off")
COLUMNS = BOUNDARIES.names
_NEEDED = ["session_id", "clinician_id", "scheduled_start", "scheduled_minutes", "actual_minutes"]
_CONTACT = ["clinician_id", "client_id", "contacted_at", "minutes", "direction", "channel"]
_MINUTE = np.timedelta64(1, "m")
_SPAN = 1 << 16  # more than the months of any date, to make one number of clinician and month


def counted_contacts(contacts: pd.DataFrame, sessions: pd.DataFrame, supervisees: pd.DataFrame) -> pd.DataFrame:
    """The contacts that say something about boundaries, with what they count as.

    Returns clinician_id, client_id, contacted_at, month, minutes, direction, channel and `after_hours` (bool), in the
    rows' order. Of `sessions` those in crisis matter, whoever held them; `supervisees` gives each clinician's
    `workday_start` and `workday_end` (`HH:MM`) and whether weekends are out of hours.
    """
    planned = contacts["planned"].to_numpy(bool, na_value=False)
    waits = ((contacts["direction"] == "from_client") & contacts["channel"].isin(WRITTEN)).to_numpy(bool)
    kept = contacts[~(planned | waits | crisis_contacts(contacts, sessions))]
    at = kept["contacted_at"]
    late = after_hours(at, kept["clinician_id"], supervisees).astype(bool)
    return kept[_CONTACT].assign(month=at.dt.to_period("M"), after_hours=late)


def boundaries(
    counted: pd.DataFrame,
    contacts: pd.DataFrame,
    sessions: pd.DataFrame,
    supervisees: pd.DataFrame,
    leave: pd.DataFrame,
    months: Months,
) -> pd.DataFrame:
    """Each clinician's boundaries in the months asked (one pass), beside their own usual range.

    Takes `counted_contacts` and `leave_dates` beside the tables they come from.

    Measures: `after_hours_minutes` (contact minutes a month; missing minutes count as none, NaN before a clinician's
    first contact and in months without anybody's), `overruns` (attended sessions over time by OVERRUN_MINUTES or more;
    NaN where no duration is recorded), `days_without_break` (days of LONG_DAY_MINUTES or more without BREAK_MINUTES
    between two sessions; NaN without a duration), `weekly_client_hours` (attended hours a week of five weekdays, leave
    taken out; `contract` holds the contracted hours) and `days_off` (leave taken; NaN before anybody's is recorded).

    Returns COLUMNS, one row per clinician, month (with a session) and measure. The usual range is that of the XmR
    natural limits over the clinician's earlier recorded months, not below 0; NaN under MIN_POINTS of them (`earlier`).
    """
    attended = _attended(sessions)
    worked, attended["row"] = Worked.of(attended)
    measured = {
        "after_hours_minutes": _after_hours_minutes(counted, contacts, worked),
        "overruns": _overruns(attended, worked),
        "days_without_break": _days_without_break(attended, worked),
        "weekly_client_hours": _weekly_hours(attended, leave, worked),
        "days_off": _days_off(leave, worked),
    }
    asked = np.flatnonzero(np.isin(worked.month, as_months(months).asi8))
    return _beside_usual(measured, worked, asked, supervisees)


def after_hours_days(counted: pd.DataFrame, leave: pd.DataFrame, clinician_id: str, month: pd.Period) -> pd.DataFrame:
    """What `plot_after_hours` draws: date (every day of the month), minutes of contact after hours, day_off (bool).

    Takes `counted_contacts` and `leave_dates`.
    """
    late = counted[(counted["clinician_id"] == clinician_id) & counted["after_hours"]]
    days = pd.date_range(month.start_time, month.end_time.normalize(), freq="D")
    minutes = late.groupby(late["contacted_at"].dt.normalize())["minutes"].sum().reindex(days, fill_value=0.0)
    off = days.isin(leave.loc[leave["clinician_id"] == clinician_id, "date"])
    return pd.DataFrame({"date": days, "minutes": minutes.to_numpy(float), "day_off": off})


@dataclass(frozen=True)
class Worked:
    """The months in which each clinician held a session: `clinician` is a place in `clinicians`, sorted."""

    clinicians: pd.Index
    clinician: np.ndarray
    month: np.ndarray  # months since January 1970

    @classmethod
    def of(cls, attended: pd.DataFrame) -> tuple[Worked, np.ndarray]:
        """The months, and in which of them each session lies."""
        clinician, clinicians = pd.factorize(attended["clinician_id"], sort=True)
        keys, rows = np.unique(clinician * _SPAN + _months(attended["scheduled_start"]), return_inverse=True)
        return cls(pd.Index(clinicians), *np.divmod(keys, _SPAN)), rows

    def rows(self, table: pd.DataFrame, time: str) -> np.ndarray:
        """In which of the months each row of a table with `clinician_id` and `time` lies; −1 is none of them."""
        keys = self.clinician * _SPAN + self.month
        wanted = self.clinicians.get_indexer(pd.Index(table["clinician_id"])) * _SPAN + _months(table[time])
        return np.where(np.isin(wanted, keys), np.searchsorted(keys, wanted), -1)

    def count(self, rows: np.ndarray) -> np.ndarray:
        """How many of `rows` are of each month."""
        return np.bincount(rows[rows >= 0], minlength=len(self.month)).astype(float)

    def sum(self, values: pd.Series, rows: np.ndarray) -> np.ndarray:
        """The sum of each month; NaN where nothing is recorded."""
        return values.groupby(rows).sum(min_count=1).reindex(range(len(self.month))).to_numpy(float)


def _months(times: pd.Series) -> np.ndarray:
    """Months since January 1970."""
    return times.to_numpy().astype("datetime64[M]").astype(np.int64)


def _attended(sessions: pd.DataFrame) -> pd.DataFrame:
    """Attended sessions by clinician and time, with minutes (actual, else scheduled)."""
    rows = sessions.loc[sessions["status"] == "attended", _NEEDED]
    ranks = [pd.factorize(rows[name], sort=True)[0] for name in ("session_id", "scheduled_start", "clinician_id")]
    rows = rows.take(np.lexsort(ranks)).reset_index(drop=True)
    return rows.assign(minutes=rows["actual_minutes"].fillna(rows["scheduled_minutes"]))


def _after_hours_minutes(counted: pd.DataFrame, contacts: pd.DataFrame, worked: Worked) -> np.ndarray:
    late = counted[counted["after_hours"]]
    minutes = np.nan_to_num(worked.sum(late["minutes"], worked.rows(late, "contacted_at")))
    months = _months(contacts["contacted_at"])
    clinician = worked.clinicians.get_indexer(pd.Index(contacts["clinician_id"]))
    first = np.full(len(worked.clinicians), np.iinfo(np.int64).max)
    np.minimum.at(first, clinician[clinician >= 0], months[clinician >= 0])
    return np.where(np.isin(worked.month, months) & (worked.month >= first[worked.clinician]), minutes, np.nan)


def _overruns(attended: pd.DataFrame, worked: Worked) -> np.ndarray:
    over = (attended["actual_minutes"] - attended["scheduled_minutes"]).to_numpy()
    row = attended["row"].to_numpy()
    known, long = worked.count(row[~np.isnan(over)]), worked.count(row[over >= OVERRUN_MINUTES])
    return np.where(known > 0, long, np.nan)


def _days_without_break(attended: pd.DataFrame, worked: Worked) -> np.ndarray:
    """Sessions that overlap (a group, two rooms) are one stretch: a break begins when the last of them has ended."""
    timed = attended["scheduled_start"] != attended["scheduled_start"].dt.normalize()  # a date alone knows no break
    known = attended[attended["minutes"].notna() & timed]
    if known.empty:
        return np.full(len(worked.month), np.nan)
    start, row = known["scheduled_start"].to_numpy(), known["row"].to_numpy()
    date = start.astype("datetime64[D]")
    is_first = np.r_[True, (date[1:] != date[:-1]) | (worked.clinician[row[1:]] != worked.clinician[row[:-1]])]
    end = (known["scheduled_start"] + pd.to_timedelta(known["minutes"], unit="min")).groupby(is_first.cumsum()).cummax()
    first, last = np.flatnonzero(is_first), np.r_[np.flatnonzero(is_first)[1:], len(start)] - 1
    pause = np.r_[0.0, (start[1:] - end.to_numpy()[:-1]) / _MINUTE]
    longest = np.maximum.reduceat(np.where(is_first, -np.inf, pause), first)
    several = last > first
    long = (end.to_numpy()[last] - start[first]) / _MINUTE >= LONG_DAY_MINUTES
    without = worked.count(row[first[long & several & (longest < BREAK_MINUTES)]])
    return np.where(worked.count(row) > 0, without, np.nan)


def _weekly_hours(attended: pd.DataFrame, leave: pd.DataFrame, worked: Worked) -> np.ndarray:
    untimed = attended["scheduled_start"] == attended["scheduled_start"].dt.normalize()  # dates alone: no groups
    start = ["clinician_id", "scheduled_start"]
    hours = attended[untimed | ~attended.duplicated(start)]  # a group is one session of work
    minutes = worked.sum(hours["minutes"], hours["row"].to_numpy())
    away = worked.count(worked.rows(leave[leave["date"].dt.day_of_week < DAYS_A_WEEK], "date"))
    weeks = np.maximum(_weekdays(worked.month) - away, 0.0) / DAYS_A_WEEK
    return minutes / 60 / np.where(weeks > 0, weeks, np.nan)


def _weekdays(months: np.ndarray) -> np.ndarray:
    """Mondays to Fridays of each month."""
    first, after = (month.astype("datetime64[M]").astype("datetime64[D]") for month in (months, months + 1))
    return np.busday_count(first, after)


def _days_off(leave: pd.DataFrame, worked: Worked) -> np.ndarray:
    days = worked.count(worked.rows(leave, "date"))
    known_from = _months(leave["date"]).min(initial=np.iinfo(np.int64).max)
    return np.where(worked.month >= known_from, days, np.nan)


def _beside_usual(
    measured: dict[str, np.ndarray], worked: Worked, asked: np.ndarray, supervisees: pd.DataFrame
) -> pd.DataFrame:
    """COLUMNS of the months `asked` (rows of `worked`), by clinician, measure and month."""
    names = sorted(measured)
    place, row = np.divmod(np.arange(len(names) * len(worked.month)), max(len(worked.month), 1))
    values = np.concatenate([measured[name] for name in names])
    ranged = _usual_range(values, worked.clinician[row] * len(names) + place)
    wanted = np.flatnonzero(np.isin(row, asked))
    wanted = wanted[np.lexsort((row[wanted], place[wanted], worked.clinician[row[wanted]]))]
    row, place = row[wanted], place[wanted]
    table = pd.DataFrame(
        {
            "clinician_id": worked.clinicians[worked.clinician[row]],
            "month": pd.DatetimeIndex(worked.month[row].astype("datetime64[M]").astype("datetime64[s]")).to_period("M"),
            "measure": pd.Index(names, dtype="str")[place],
            "value": values[wanted],
            **{name: column[wanted] for name, column in ranged.items()},
        }
    )
    hours = table["clinician_id"].map(supervisees.set_index("clinician_id")["weekly_client_hours"])
    table["contract"] = hours.astype(float).where(table["measure"] == "weekly_client_hours")
    return table


def _usual_range(values: np.ndarray, series: np.ndarray) -> dict[str, np.ndarray]:
    """Natural limits of the earlier recorded months of each of the `series`, whose values stand by month; their number.

    The columns `usual_low`, `usual_high` and `earlier`.
    """
    recorded = ~np.isnan(values)
    known = pd.Series(values[recorded])
    groups = known.groupby(series[recorded])
    moving = groups.diff().abs().fillna(0.0)
    earlier = groups.cumcount()
    mean = (groups.cumsum() - known) / earlier.where(earlier > 0)
    spread = (moving.groupby(series[recorded]).cumsum() - moving) / (earlier - 1).where(earlier > 1)
    half = NATURAL * spread.where(earlier >= MIN_POINTS)
    low, high = np.full((2, len(values)), np.nan)
    low[recorded], high[recorded] = (mean - half).clip(lower=0.0), mean + half
    before = pd.Series(recorded.astype(int)).groupby(series).cumsum().to_numpy() - recorded
    return {"usual_low": low, "usual_high": high, "earlier": before}
