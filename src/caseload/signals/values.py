"""Values of single sessions and contacts, before they are averaged over a client-month."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from caseload.intake.tables import DEFAULT_WORKDAY, LAST_YEAR, STAGES
from caseload.signals.numbered import ClientMonths, Rows, month_of, month_start

LOW_ENGAGEMENT = ("no_show", "late_cancelled", "client_cancelled")
REBOOKING_DAYS = 7
CRISIS_DAYS = 2
"""Contacts on the day of a session marked as a crisis and on the two days after it belong to the crisis."""
ONE_SECOND = np.timedelta64(1, "s")
MAX_OVERRUN = 60.0
"""Minutes; an overrun is cut here in both directions, since longer ones are mostly typing errors or double sessions."""
STAGE_DAYS = 60
"""A stage of change older than this at the end of a month is unknown, never carried on."""
WORKDAYS = 5  # of a week, from Monday on
_NEVER = np.datetime64(f"{LAST_YEAR + 1}-01-01", "us")
"""Later than every date that a practice may hold."""


SESSION_VALUES = (
    "prep", "notes", "overrun", "effort_rating", "talk_share", "attendance", "lateness", "homework", "srs",
    "engagement_rating", "change_talk", "sustain_talk", "trauma_focus", "crisis",
)  # fmt: skip
"""What `session_values` yields."""


def session_values(
    sessions: pd.DataFrame, attended: np.ndarray, missed: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """What a session alone shows, by name: one value a session, NaN where it was not recorded.

    Cancellations by the clinician or the service, neither `attended` nor `missed`, carry no attendance.
    """

    def cells(name: str) -> np.ndarray:
        return sessions[name].to_numpy(float, na_value=np.nan)

    def if_attended(values: np.ndarray) -> np.ndarray:
        return np.where(attended, values, np.nan)

    yield "prep", np.log1p(cells("prep_minutes"))
    yield "notes", np.log1p(cells("note_minutes"))
    overrun = cells("actual_minutes") - cells("scheduled_minutes")
    yield "overrun", if_attended(np.clip(overrun, -MAX_OVERRUN, MAX_OVERRUN))
    yield "effort_rating", cells("clinician_effort_rating")
    yield "talk_share", cells("clinician_talk_share")
    yield "attendance", np.where(attended | missed, attended.astype(float), np.nan)
    yield "lateness", if_attended(np.log1p(cells("minutes_late")))
    yield "homework", cells("homework_done")
    yield "srs", -np.log1p(40.0 - cells("srs_total"))
    yield "engagement_rating", cells("client_engagement_rating")
    yield "change_talk", cells("change_talk_share")
    yield "sustain_talk", cells("sustain_talk_share")
    yield "trauma_focus", cells("trauma_focus")
    yield "crisis", cells("crisis")


def rebooking(missed: Rows, to_client: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Contacts to the client in the seven days after each missed session, up to the end of its month.

    Answers log(1 + contacts) for each missed session, and for each contact whether it is counted for any of them.
    """
    week = np.timedelta64(REBOOKING_DAYS, "D")
    pair, contact_pair = _pairs(missed, to_client)
    until = np.minimum(missed.time + week, month_start(missed.month + 1))
    calls = _count_between(pair, missed.time, until, contact_pair, to_client.time)
    after = np.maximum(to_client.time - week, month_start(to_client.month) - ONE_SECOND)
    sessions = _count_between(contact_pair, after + ONE_SECOND, to_client.time + ONE_SECOND, pair, missed.time)
    return np.log1p(calls), sessions > 0


def crisis_contacts(contacts: pd.DataFrame, sessions: pd.DataFrame) -> np.ndarray:
    """Whether each contact is on the day of a crisis session of the client, or on the two days after it.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.signals import crisis_contacts
    >>> contacts = pd.DataFrame({"client_id": "K1", "contacted_at": pd.to_datetime(["2026-05-05", "2026-05-09"])})
    >>> start = pd.to_datetime(["2026-05-04 10:00"])
    >>> sessions = pd.DataFrame({"client_id": "K1", "scheduled_start": start, "crisis": [True]})
    >>> crisis_contacts(contacts, sessions)
    array([ True, False])
    """
    crises = sessions.loc[sessions["crisis"].fillna(False).to_numpy(bool), ["client_id", "scheduled_start"]]
    if contacts.empty or crises.empty:
        return np.zeros(len(contacts), bool)
    client = pd.factorize(pd.concat([contacts["client_id"], crises["client_id"]], ignore_index=True))[0]
    time = np.concatenate([contacts["contacted_at"].to_numpy(), crises["scheduled_start"].to_numpy()])
    day = time.astype("datetime64[D]").astype(np.int64)
    client_day = client * (day.max() - day.min() + 1 + CRISIS_DAYS) + (day - day.min())
    n = len(contacts)
    marked = np.concatenate([client_day[n:] + later for later in range(CRISIS_DAYS + 1)])
    return pd.Series(client_day[:n]).isin(marked).to_numpy()


TIMED = 0.1
"""Where no larger share of the starts has a time of day, dates were recorded and not times."""


def has_times(starts: pd.Series) -> bool:
    """Whether times of day are recorded: a date alone is read as midnight, when hardly anybody works.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.signals import has_times
    >>> has_times(pd.Series(pd.to_datetime(["2026-05-04", "2026-05-05"])))
    False
    """
    return bool((starts != starts.dt.normalize()).mean() > TIMED)


def after_hours(times: pd.Series, clinician_id: pd.Series, supervisees: pd.DataFrame) -> np.ndarray:
    """1.0 where a time lies before the clinician's workday starts or from its end on, else 0.0.

    A clinician of whom nothing else is known yet has the default workday. Saturday and Sunday are judged by the clock,
    unless `weekends_after_hours` (bool) of `supervisees` says that they are out of hours all day.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.signals import after_hours
    >>> times = pd.Series(pd.to_datetime(["2026-05-04 17:59", "2026-05-04 21:10"]))
    >>> people = pd.DataFrame({"clinician_id": ["C1"], "workday_start": ["08:00"], "workday_end": ["18:00"]})
    >>> after_hours(times, pd.Series(["C1", "C1"]), people)
    array([0., 1.])
    """
    place, clinicians = pd.factorize(clinician_id, use_na_sentinel=False)
    hours = supervisees.set_index("clinician_id")[["workday_start", "workday_end"]].reindex(clinicians)
    first, last = DEFAULT_WORKDAY
    start = _minutes(hours["workday_start"].fillna(first)).to_numpy()[place]
    end = _minutes(hours["workday_end"].fillna(last)).to_numpy()[place]
    minute = (times.dt.hour * 60 + times.dt.minute).to_numpy()
    late = (minute < start) | (minute >= end)
    if supervisees.get("weekends_after_hours", pd.Series(False)).any():
        late |= (times.dt.day_of_week >= WORKDAYS).to_numpy()
    return late.astype(float)


def days_since_intake(intake: np.ndarray, sessions: Rows, keys: ClientMonths) -> np.ndarray:
    """Days from the client's intake to the start of the month (0 in the month of intake).

    Without an intake date (`intake`, one for each client), the client's first session stands for it, unless it falls
    into the first month of the data, where treatment may have begun earlier: then NaN. So it is before a first session
    that is still to come.
    """
    first = np.full(len(intake), _NEVER)
    np.minimum.at(first.view(np.int64), sessions.client, sessions.time.view(np.int64))
    month = month_of(first)
    first[month == month.min(initial=np.iinfo(np.int64).max)] = _NEVER
    begin = intake[keys.client]
    begun = first[keys.client]
    begin = np.where(np.isnat(begin) & (begun < month_start(keys.month + 1)), begun, begin)
    days = (month_start(keys.month) - begin).astype("timedelta64[D]")
    return np.where(np.isnat(days), np.nan, np.maximum(days.astype(np.int64), 0))


def latest_stage(stage_of_change: pd.Series, sessions: Rows, keys: ClientMonths) -> np.ndarray:
    """The client's latest stage of change (1–5) as known at the end of the month, at most 60 days old."""
    stages = _stage_numbers(stage_of_change)
    rated = np.flatnonzero(stages)
    if not len(rated):
        return np.full(len(keys), np.nan)
    time = sessions.time[rated]
    first = keys.month.min()
    span = keys.month.max() - first + 1
    place, months = pd.factorize(sessions.client[rated] * span + (month_of(time) - first), sort=True)
    # the latest of each client's months; of two at one time the further stage
    digits = len(STAGES) + 1
    latest = np.full(len(months), np.iinfo(np.int64).min)
    np.maximum.at(latest, place, time.view(np.int64) * digits + stages[rated])
    when, stage = np.divmod(latest, digits)
    wanted = keys.client * span + (keys.month - first)
    place_of = np.maximum(np.searchsorted(months, wanted, side="right") - 1, 0)
    oldest = month_start(keys.month + 1) - np.timedelta64(1, "us") - np.timedelta64(STAGE_DAYS, "D")
    known = (months[place_of] <= wanted) & (months[place_of] // span == keys.client)
    known &= when[place_of].astype("datetime64[us]") >= oldest
    return np.where(known, stage[place_of], np.nan)


def _stage_numbers(stage_of_change: pd.Series) -> np.ndarray:
    """Stages of change as 1–5, 0 = not rated."""
    code, words = pd.factorize(stage_of_change)
    return np.array([*(STAGES.index(word) + 1 for word in words), 0], np.int8)[code]  # code −1 takes the last one


def _minutes(clock: pd.Series) -> pd.Series:
    """`HH:MM` as minutes after midnight."""
    return clock.str[:2].astype(float) * 60 + clock.str[3:5].astype(float)


def _pairs(left: Rows, right: Rows) -> tuple[np.ndarray, np.ndarray]:
    """One number for each clinician-client pair, the same in both."""
    clinician = np.concatenate([left.clinician, right.clinician])
    client = np.concatenate([left.client, right.client])
    pair, _ = pd.factorize(clinician * (client.max(initial=0) + 1) + client)
    return pair[: len(left.client)], pair[len(left.client) :]


def _count_between(
    group: np.ndarray, after: np.ndarray, until: np.ndarray, event_group: np.ndarray, event_time: np.ndarray
) -> np.ndarray:
    """For each row the number of events of its group with after ≤ time < until, by two binary searches."""
    times, after, until = (_seconds(instants) for instants in (event_time, after, until))
    base = min(times.min(initial=0), after.min(initial=0))
    span = max(times.max(initial=0), until.max(initial=0)) - base + 1
    events = np.sort(event_group * span + (times - base))
    low = np.searchsorted(events, group * span + (after - base))
    return np.searchsorted(events, group * span + (until - base)) - low


def _seconds(instants: np.ndarray) -> np.ndarray:
    return instants.astype("datetime64[s]").astype(np.int64)
