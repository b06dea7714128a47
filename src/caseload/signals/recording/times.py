"""Times that can hardly be right. The hour that daylight saving skips is not known without a time zone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.signals.recording.duplicates import has_time
from caseload.signals.recording.finding import EVERYBODY, by_clinician, several

FAR = pd.Timedelta(days=180)
"""Sessions are far from all others where nobody in the practice had any for so long."""
NIGHT = 5
"""Night ends at this hour."""
NIGHT_WORK = 0.05
"""A practice with more than this share of its attended sessions at night works at night."""
INTO_NEXT = pd.Timedelta(minutes=15)
LONG_DAY = 16 * 60
"""Minutes of attended sessions on one day that nobody has."""


def impossible_times(practice: Practice, today: dt.date | None = None) -> pd.DataFrame:
    """Findings (`finding.FINDINGS`) by clinician. Of sessions only attended ones are looked at, of far ones no more.

    - `not_yet`: on a later day than `today` (only where that is given);
    - `far_away`: `FAR` or more from all other sessions of the practice, such as a wrong year;
    - `no_time`, `contact_no_time`: exactly at midnight, so probably a date without its time (of contacts `several`);
    - `no_times`: the same of all attended sessions: a program that exports days alone, told once of everybody;
    - `night`: between midnight and five, in a practice that does not work at night;
    - `before_intake`, `before_start`: before the day of the client's intake, or of the clinician's start;
    - `into_next`: lasted more than `INTO_NEXT` into the clinician's next session, `several` times, groups left out;
    - `long_day`: sessions of days with more than sixteen hours of them.
    """
    attended = practice.sessions[practice.sessions["status"] == "attended"]
    is_far = _is_far(attended["scheduled_start"])
    sessions = attended[~is_far]
    timed = sessions[has_time(sessions["scheduled_start"])]
    start = sessions["scheduled_start"]
    intake = practice.clients.set_index("client_id")["intake_date"]
    begun = practice.clinicians.set_index("clinician_id")["started_on"]
    late = timed[timed["scheduled_start"].dt.hour < NIGHT]
    kinds = {
        "far_away": attended[is_far],
        "no_time": sessions[~has_time(start)] if len(timed) else sessions.iloc[:0],
        "night": late if len(late) <= NIGHT_WORK * len(sessions) else late.iloc[:0],
        "before_intake": sessions[start.to_numpy() < intake.reindex(sessions["client_id"]).to_numpy()],
        "before_start": sessions[start.to_numpy() < begun.reindex(sessions["clinician_id"]).to_numpy()],
        "into_next": several(_into_next(timed[timed["modality"] != "group"])),
        "long_day": _long_days(sessions),
    }
    if today is not None:
        kinds = {"not_yet": sessions[start.dt.date > today], **kinds}
    untimed = several(practice.contacts[~has_time(practice.contacts["contacted_at"])])
    return pd.concat(
        [
            *(by_clinician(kind, rows["clinician_id"], rows["scheduled_start"]) for kind, rows in kinds.items()),
            *([] if len(timed) else [_of_everybody("no_times", start)]),
            by_clinician("contact_no_time", untimed["clinician_id"], untimed["contacted_at"]),
        ],
        ignore_index=True,
    )


def _of_everybody(kind: str, time: pd.Series) -> pd.DataFrame:
    """One finding about the practice as a whole; none without rows."""
    return by_clinician(kind, pd.Series(EVERYBODY, index=time.index, dtype="str"), time)


def _is_far(start: pd.Series) -> pd.Series:
    """Whether times lie `FAR` or more from the largest part of all that have no such pause between them."""
    ordered = start.sort_values()
    part = (ordered.diff() >= FAR).cumsum()
    return (part != part.mode().iloc[0]).reindex(start.index) if len(part) else start.notna() & False


def _into_next(sessions: pd.DataFrame) -> pd.DataFrame:
    """Sessions that went on for longer than until the clinician's next one with somebody else began."""
    rows = sessions.sort_values(["clinician_id", "scheduled_start"], kind="stable")
    later = rows.groupby("clinician_id")["scheduled_start"].shift(-1)
    end = rows["scheduled_start"] + pd.to_timedelta(rows["actual_minutes"], unit="m")
    return rows[(later > rows["scheduled_start"]) & (end - later > INTO_NEXT)]


def _long_days(sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions of days with more than `LONG_DAY`; those that begin together, such as a group's, count once."""
    length = sessions["actual_minutes"].fillna(sessions["scheduled_minutes"])
    if length.notna().sum() == 0:
        return sessions.iloc[:0]
    rows = sessions.assign(length=length)
    slots = rows.groupby(["clinician_id", "scheduled_start"], as_index=False)["length"].max()
    day = slots["scheduled_start"].dt.normalize().rename("day")
    total = slots["length"].groupby([slots["clinician_id"], day]).sum()
    long = total.index[total.to_numpy() > LONG_DAY]
    keys = pd.MultiIndex.from_arrays([rows["clinician_id"], rows["scheduled_start"].dt.normalize()])
    return sessions[np.asarray(keys.isin(long))]
