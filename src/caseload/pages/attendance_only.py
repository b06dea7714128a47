"""A practice that records appointments and nothing else: what can be answered from them, and what would add more."""

from __future__ import annotations

import pandas as pd

from caseload.intake import Practice
from caseload.signals import has_times

APPOINTMENT_COLUMNS = frozenset(
    {"session_id", "clinician_id", "client_id", "scheduled_start", "status", "scheduled_minutes", "actual_minutes",
     "minutes_late", "modality"}
)  # fmt: skip
ABOUT_PEOPLE = frozenset({"clinicians", "clients", "changes", "agenda"})
"""Tables that say who is who and what was agreed: no measure of anybody's month."""
HEADING = "Attendance only: these questions can be answered"
WITHOUT_TIMES = "Do late cancellations, weekends and full weeks stay as usual?"
ANSWERED = (
    "Do clients come as they usually do, and who comes much less?",
    "Who has not been seen for long, who is new, who is back, and whose appointments have stopped?",
    "Do late cancellations, evenings, weekends and full weeks stay as usual?",
)
NOT_YET = (
    "How hard the work was, the stage of change, support and self-care cannot be read from appointments. A check-in of "
    "two minutes a month adds them."
)


def answered(sessions: pd.DataFrame) -> tuple[str, ...]:
    """The questions that some sessions can answer: evenings only where times of day are recorded."""
    return ANSWERED if has_times(sessions["scheduled_start"]) else (*ANSWERED[:-1], WITHOUT_TIMES)


def is_attendance_only(practice: Practice) -> bool:
    """Whether nothing but appointments is given of a practice. Only what was given counts, never how many rows."""
    tables, columns = practice.quality.tables, practice.quality.columns
    given = set(tables.loc[tables["file"].notna() | (tables["rows_read"] > 0), "table"])
    recorded = columns[(columns["table"] == "sessions") & (columns["recorded"] > 0)]
    return given <= {"sessions", *ABOUT_PEOPLE} and set(recorded["column"]) <= APPOINTMENT_COLUMNS
