"""Values of single sessions and contacts, before they are averaged over a client-month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.intake.tables import DEFAULT_WORKDAY

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

    `rebooking` is what `rebooking_contacts` found. Cancellations by the clinician or the service carry no attendance.
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


def covered(contacts: pd.DataFrame, clinician_id: pd.Series, month: np.ndarray) -> np.ndarray:
    """Whether the contacts table says something of a clinician's month (an ordinal), be it that there was no contact.

    It does from the month of the clinician's first recorded contact on, in months in which anybody recorded one.
    """
    recorded = pd.Series(month_of(contacts["contacted_at"]), index=contacts.index)
    first = recorded.groupby(contacts["clinician_id"]).min().reindex(clinician_id).to_numpy(float)
    return (month >= first) & np.isin(month, recorded.unique())


def rebooking_contacts(practice: Practice, recorded: pd.DataFrame) -> np.ndarray:
    """log(1 + contacts) to the client in the seven days after each missed session, up to the end of its month.

    One value a session, NaN for sessions that were not missed and in months that the contacts table does not cover.
    `recorded` is the whole contacts table. Planned contacts and those of a crisis are left out, as they are from every
    other sign of effort.
    """
    sessions, contacts = practice.sessions, practice.contacts
    values = np.full(len(sessions), np.nan)
    start = sessions["scheduled_start"].to_numpy("datetime64[s]")
    known = covered(recorded, sessions["clinician_id"], month_of(sessions["scheduled_start"]))
    missed = sessions["status"].isin(LOW_ENGAGEMENT).to_numpy() & known
    ordinary = ~contacts["planned"].fillna(False).to_numpy(bool) & ~crisis_contacts(contacts, sessions)
    to_client = contacts[(contacts["direction"] == "to_client").to_numpy() & ordinary]
    month_end = (start.astype("datetime64[M]") + np.timedelta64(1, "M")).astype("datetime64[s]")
    until = np.minimum(start + np.timedelta64(REBOOKING_DAYS, "D"), month_end)
    pair = _pair_codes(sessions.loc[missed], to_client)
    found = _count_between(pair[0], start[missed], until[missed], pair[1], to_client["contacted_at"])
    values[missed] = np.log1p(found)
    return values


def crisis_contacts(contacts: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Whether each contact is on the day of a crisis session of the client, or on the two days after it."""
    crises = sessions[sessions["crisis"].fillna(False).astype(bool)]
    if contacts.empty or crises.empty:
        return np.zeros(len(contacts), bool)
    client = pd.factorize(pd.concat([contacts["client_id"], crises["client_id"]]))[0]
    day = contacts["contacted_at"].to_numpy("datetime64[D]")
    first = (day - np.timedelta64(CRISIS_DAYS, "D")).astype("datetime64[s]")
    end = (day + np.timedelta64(1, "D")).astype("datetime64[s]")
    n = len(contacts)
    return _count_between(client[:n], first, end, client[n:], crises["scheduled_start"]) > 0


def after_hours(times: pd.Series, clinician_id: pd.Series, supervisees: pd.DataFrame) -> np.ndarray:
    """1.0 where a time lies before the clinician's workday starts or from its end on, else 0.0.

    A clinician of whom nothing else is known yet has the default workday. Weekends are judged by the clock alone: a
    practice that works on Saturdays is not after hours all day.
    """
    hours = supervisees.set_index("clinician_id")
    minute = (times.dt.hour * 60 + times.dt.minute).to_numpy()
    first, last = DEFAULT_WORKDAY
    start = _minutes(hours["workday_start"].reindex(clinician_id).fillna(first)).to_numpy()
    end = _minutes(hours["workday_end"].reindex(clinician_id).fillna(last)).to_numpy()
    return ((minute < start) | (minute >= end)).astype(float)


def days_since_intake(practice: Practice, keys: pd.DataFrame) -> np.ndarray:
    """Days from the client's intake to the start of the month (0 in the month of intake).

    Without an intake date, the client's first session stands for it, unless it falls into the first month of the
    data, where treatment may have begun earlier: then NaN. So it is before a first session that is still to come.
    """
    client = keys["client_id"]
    intake = practice.clients.set_index("client_id")["intake_date"].reindex(client)
    first = practice.sessions.groupby("client_id")["scheduled_start"].min()
    month = first.dt.to_period("M")
    first = first[month > month.min()].reindex(client)
    first = first.where(first.to_numpy() <= keys["month"].dt.end_time.to_numpy())
    begin = intake.fillna(first).set_axis(keys.index)
    days = (keys["month"].dt.start_time - begin).dt.days
    return days.clip(lower=0).to_numpy(float)


def _minutes(clock: pd.Series) -> pd.Series:
    """`HH:MM` as minutes after midnight."""
    return clock.str[:2].astype(float) * 60 + clock.str[3:5].astype(float)


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
