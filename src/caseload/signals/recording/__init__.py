"""RECORDING: how a practice records. What is there by clinician and month, and what looks odd about it.

Nothing here is corrected or left out: a finding is a question to the practice, and often has an ordinary answer.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from caseload.intake import Practice
from caseload.signals.recording.by_clinician import OCCASIONAL, recorded_by_clinician
from caseload.signals.recording.changes import changes
from caseload.signals.recording.duplicates import duplicates
from caseload.signals.recording.finding import EVERYBODY
from caseload.signals.recording.times import impossible_times
from caseload.signals.recording.untouched import untouched

__all__ = [
    "EVERYBODY",
    "OCCASIONAL",
    "changes",
    "duplicates",
    "findings",
    "impossible_times",
    "recorded_by_clinician",
    "untouched",
]


def findings(practice: Practice, today: dt.date | None = None) -> dict[str, pd.DataFrame]:
    """What looks odd, by subject: `untouched`, `changes`, `duplicates`, `times`; frames as `finding.FINDINGS` has them.

    With `today`, sessions marked as attended on later days are found too.
    """
    return {
        "untouched": untouched(practice),
        "changes": changes(practice),
        "duplicates": duplicates(practice),
        "times": impossible_times(practice, today),
    }
