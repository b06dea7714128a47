"""What stands in the data twice, and sessions that take place at the same time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.signals.recording.finding import by_clinician, several

TOLERANCE = np.timedelta64(5, "m")
"""Sessions overlap where the next one begins more than this before the end of the one before."""
MIDNIGHT = np.timedelta64(0, "m")


def duplicates(practice: Practice) -> pd.DataFrame:
    """Findings (`finding.FINDINGS`) by clinician.

    - `session_twice`: further appointments of one client with the clinician at one and the same time;
    - `contact_twice`: contacts that equal an earlier row in every column, `several` of them;
    - `overlap`: attended sessions that begin before the planned end of another client's;
    - `two_clinicians`: attended sessions of a client who is with somebody else at the time.

    Groups are left out of the last two, and so are sessions without a time of day (midnight) of all of them. Sessions
    of one clinician that begin together are no overlap where no modality is recorded: they may be a group.
    """
    sessions = practice.sessions[has_time(practice.sessions["scheduled_start"])]
    again = sessions.duplicated(["clinician_id", "client_id", "scheduled_start"])
    contacts = practice.contacts[has_time(practice.contacts["contacted_at"]) & practice.contacts["client_id"].notna()]
    copied = several(contacts[contacts.duplicated()])
    single = sessions[~again & (sessions["status"] == "attended") & (sessions["modality"] != "group")]
    over = overlapping(single)
    both = _with_two(single)
    return pd.concat(
        [
            by_clinician("session_twice", sessions.loc[again, "clinician_id"], sessions.loc[again, "scheduled_start"]),
            by_clinician("contact_twice", copied["clinician_id"], copied["contacted_at"]),
            by_clinician("overlap", over["clinician_id"], over["scheduled_start"]),
            by_clinician("two_clinicians", both["clinician_id"], both["scheduled_start"]),
        ],
        ignore_index=True,
    )


def has_time(times: pd.Series) -> pd.Series:
    """Whether a time is not exactly midnight, which is how a date without a time of day is read."""
    return times != times.dt.normalize()


def overlapping(sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions that begin before the planned end of the clinician's session before, by more than `TOLERANCE`."""
    rows = sessions.sort_values(["clinician_id", "scheduled_start"], kind="stable")
    free = _free_time(rows, "clinician_id")
    together = free["apart"] == MIDNIGHT
    known = rows["modality"].notna() & rows["modality"].shift().notna()
    return rows[(free["over"] > TOLERANCE) & (known | ~together) | (together & known)]


def _with_two(sessions: pd.DataFrame) -> pd.DataFrame:
    """Sessions, both of each pair, in which a client is with two clinicians at once."""
    rows = sessions.sort_values(["client_id", "scheduled_start"], kind="stable")
    free = _free_time(rows, "client_id")
    other = rows["clinician_id"] != rows["clinician_id"].shift()
    later = other & ((free["over"] > TOLERANCE) | (free["apart"] == MIDNIGHT))
    return rows[later | later.shift(-1, fill_value=False)]


def _free_time(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """For sessions in order: time since the start of the one before of the same `key`, and how far that one reaches
    over the start; NaT where there is none before, or its length is not known.
    """
    start = rows["scheduled_start"]
    minutes = rows["scheduled_minutes"].fillna(rows["actual_minutes"])
    same = rows[key] == rows[key].shift()
    apart = (start - start.shift()).where(same)
    return pd.DataFrame({"apart": apart, "over": pd.to_timedelta(minutes, unit="m").shift() - apart})
