"""Values of single sessions and contacts, before they are averaged over a client-month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.intake import Practice

LOW_ENGAGEMENT = ("no_show", "late_cancelled", "client_cancelled")
REBOOKING_DAYS = 7
CRISIS_DAYS = 2
"""Contacts on the day of a session marked as a crisis and on the two days after it belong to the crisis."""
MAX_OVERRUN = 60.0
"""Minutes; an overrun is cut here in both directions, since longer ones are mostly typing errors or double sessions."""


def month_of(times: pd.Series) -> np.ndarray:
    """Months as ordinals (months since January 1970), the ordinals of `period[M]`."""
    return times.to_numpy("datetime64[M]").astype(np.int64)


def session_values(sessions: pd.DataFrame, rebooking: np.ndarray) -> dict[str, np.ndarray]:
    """For each signal that is counted over sessions: one value a session, NaN where it was not recorded.

    `rebooking` is `rebooking_contacts(practice)`. Cancellations by the clinician or the service carry no attendance.
    """
    status = sessions["status"]
    attended = (status == "attended").to_numpy()
    missed = status.isin(LOW_ENGAGEMENT).to_numpy()
    overrun = (sessions["actual_minutes"] - sessions["scheduled_minutes"]).clip(-MAX_OVERRUN, MAX_OVERRUN)
    return {
        "prep": np.log1p(sessions["prep_minutes"].to_numpy(float)),
        "notes": np.log1p(sessions["note_minutes"].to_numpy(float)),
        "overrun": np.where(attended, overrun, np.nan),
        "rebooking": rebooking,
        "effort_rating": sessions["clinician_effort_rating"].to_numpy(float),
        "talk_share": sessions["clinician_talk_share"].to_numpy(float),
        "attendance": np.where(attended | missed, attended.astype(float), np.nan),
        "lateness": np.where(attended, np.log1p(sessions["minutes_late"].to_numpy(float)), np.nan),
        "homework": sessions["homework_done"].to_numpy(float),
        "srs": -np.log1p(40.0 - sessions["srs_total"].to_numpy(float)),
        "engagement_rating": sessions["client_engagement_rating"].to_numpy(float),
        "change_talk": sessions["change_talk_share"].to_numpy(float),
        "sustain_talk": sessions["sustain_talk_share"].to_numpy(float),
    }


def rebooking_contacts(practice: Practice) -> np.ndarray:
    """log(1 + contacts) to the client in the seven days after each missed session, up to the end of its month.

    One value a session, NaN for sessions that were not missed and for clinicians without any contact so far.
    """
    sessions, contacts = practice.sessions, practice.contacts
    values = np.full(len(sessions), np.nan)
    if contacts.empty:
        return values
    start = sessions["scheduled_start"].to_numpy("datetime64[s]")
    first = contacts.groupby("clinician_id")["contacted_at"].min()
    known = sessions["clinician_id"].map(first).to_numpy("datetime64[M]") <= start.astype("datetime64[M]")
    missed = sessions["status"].isin(LOW_ENGAGEMENT).to_numpy() & known
    to_client = contacts[(contacts["direction"] == "to_client") & ~contacts["planned"].fillna(False).astype(bool)]
    month_end = (start.astype("datetime64[M]") + 1).astype("datetime64[s]")
    until = np.minimum(start + np.timedelta64(REBOOKING_DAYS, "D"), month_end)
    pair = _pair_codes(sessions.loc[missed], to_client)
    found = _count_between(pair[0], start[missed], until[missed], pair[1], to_client["contacted_at"])
    values[missed] = np.log1p(found)
    return values


def crisis_contacts(practice: Practice) -> np.ndarray:
    """Whether each contact fell on the day of a session marked as a crisis or on the two days after it."""
    contacts = practice.contacts
    crises = practice.sessions[practice.sessions["crisis"].fillna(False).astype(bool)]
    if contacts.empty or crises.empty:
        return np.zeros(len(contacts), bool)
    day = contacts["contacted_at"].to_numpy("datetime64[D]")
    codes = _pair_codes(contacts, crises)
    return (
        _count_between(
            codes[0],
            (day - CRISIS_DAYS).astype("datetime64[s]"),
            (day + 1).astype("datetime64[s]"),
            codes[1],
            crises["scheduled_start"],
        )
        > 0
    )


def after_hours(times: pd.Series, clinician_id: pd.Series, supervisees: pd.DataFrame) -> np.ndarray:
    """1.0 where a time lies before the clinician's workday starts or from its end on, else 0.0.

    Weekends are judged by the clock alone: a practice that works on Saturdays is not after hours all day.
    """
    hours = supervisees.set_index("clinician_id")
    minute = (times.dt.hour * 60 + times.dt.minute).to_numpy()
    start = clinician_id.map(_minutes(hours["workday_start"])).to_numpy(float)
    end = clinician_id.map(_minutes(hours["workday_end"])).to_numpy(float)
    return ((minute < start) | (minute >= end)).astype(float)


def days_since_intake(practice: Practice, keys: pd.DataFrame) -> np.ndarray:
    """Days from the client's intake to the start of the month (0 in the month of intake).

    Without an intake date, the client's first session stands for it, unless it falls into the first month of the
    data, where treatment may have begun earlier: then NaN.
    """
    client = keys["client_id"]
    intake = practice.clients.set_index("client_id")["intake_date"].reindex(client)
    first = practice.sessions.groupby("client_id")["scheduled_start"].min()
    first = first[first.dt.to_period("M") > first.min().to_period("M")].reindex(client)
    begin = intake.fillna(first).set_axis(keys.index)
    days = (keys["month"].dt.start_time - begin).dt.days
    return days.clip(lower=0).to_numpy(float)


def _minutes(clock: pd.Series) -> pd.Series:
    parts = clock.str.split(":", n=1, expand=True).astype(int)
    return parts[0] * 60 + parts[1]


def _pair_codes(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """One number for each clinician-client pair, the same in both frames."""
    both = pd.concat([left[["clinician_id", "client_id"]], right[["clinician_id", "client_id"]]])
    code = both.groupby(["clinician_id", "client_id"], sort=False).ngroup().to_numpy()
    return code[: len(left)], code[len(left) :]


def _count_between(
    group: np.ndarray, after: np.ndarray, until: np.ndarray, event_group: np.ndarray, event_time: pd.Series
) -> np.ndarray:
    """For each row the number of events of its group with after ≤ time < until, by two binary searches."""
    times = event_time.to_numpy("datetime64[s]").astype(np.int64)
    base = min(times.min(initial=0), after.astype(np.int64).min(initial=0))
    span = max(times.max(initial=0), until.astype(np.int64).max(initial=0)) - base + 1
    events = np.sort(event_group * span + (times - base))
    low = group * span + (after.astype(np.int64) - base)
    high = group * span + (until.astype(np.int64) - base)
    return np.searchsorted(events, high) - np.searchsorted(events, low)
