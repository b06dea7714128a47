"""What a landing page says of appointments: of those of whom hardly anything else is recorded, or who stand out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from caseload.estimates.attendance import FALSE_WATCH
from caseload.pages.attendance_only import HEADING, NOT_YET, answered
from caseload.pages.supervisee.diary import attendance_is_told
from caseload.pages.supervisee.diary.findings import findings, opening_words
from caseload.pages.supervisee.diary.reading import Reading
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Chance
from caseload.wording import counted, number

MOST_TOLD = 2
"""Findings that the first sentences tell."""


def readings(subjects: Iterable[Subject]) -> dict[str, Reading]:
    """The month's appointments of those whose page tells of them, by clinician."""
    return {subject.clinician_id: Reading(subject) for subject in subjects if attendance_is_told(subject)}


def finding(reading: Reading) -> str:
    """What one clinician's page says first."""
    return opening_words(reading, findings(reading))[0]


def lead(found: Mapping[str, Reading]) -> str:
    """The clearest findings, the least likely by chance first; empty without anybody."""
    if not found:
        return ""
    first = {who: findings(reading)[0] for who, reading in found.items()}
    asked = [who for who in sorted(found, key=lambda who: _order(found[who])) if first[who].stands_out]
    if not asked and not any(reading.is_compared for reading in found.values()):
        return "There are too few earlier months to say what is usual. Each page tells how the month was."
    if not asked:
        return "Clients came as they usually do, as far as appointments show."
    said = [f"{who}: {first[who].title}" for who in asked[:MOST_TOLD]]
    if rest := len(asked) - len(said):
        said.append(f"{counted(rest, 'more page')} {'asks' if rest == 1 else 'ask'} first about something.")
    return " ".join(said)


def questions(found: Mapping[str, Reading]) -> tuple[tuple[str, str], ...]:
    """The open question of what stands out, in order of name."""
    first = {who: findings(reading)[0] for who, reading in found.items()}
    return tuple((who, each.question) for who, each in first.items() if each.stands_out)


def chance(found: Mapping[str, Reading]) -> Chance:
    """How often chance alone would name a client on these pages, and what can be answered."""
    sessions = pd.concat([reading.subject.slice.practice.sessions for reading in found.values()])
    expected = sum(row["chance_size"] for reading in found.values() for row in reading.clients)
    text = (
        f"If nothing were going on with any of the {counted(len(found), 'supervisee')}, these pages together would "
        f"name about {number(expected, 1)} clients as coming less than usual. A Watch for appointments "
        f"comes by chance in {FALSE_WATCH} months."
    )
    return Chance("How much chance alone would bring", (text, *answered(sessions), NOT_YET), heading=HEADING)


def _order(reading: Reading) -> tuple[bool, float, str]:
    chance = reading.counts.get("missed_chance", 1.0) if reading.is_more else 1.0
    return not reading.is_more, chance, reading.subject.clinician_id
