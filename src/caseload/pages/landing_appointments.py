"""What a landing page says of appointments: of those of whom hardly anything else is recorded, or who stand out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from caseload.estimates.attendance import FALSE_WATCH
from caseload.pages.attendance_only import HEADING, NOT_YET, answered
from caseload.pages.supervisee.diary import attendance_is_told
from caseload.pages.supervisee.diary.findings import Finding, findings, opening_words
from caseload.pages.supervisee.diary.reading import Reading
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Chance
from caseload.wording import counted, number

MOST_TOLD = 2
"""Findings that the first sentences tell."""


@dataclass(frozen=True, eq=False)
class Told:
    """One clinician's appointments of the month, and what they say."""

    reading: Reading
    found: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """What weighs most."""
        return self.found[0]

    @property
    def title(self) -> str:
        """What the clinician's page says first."""
        return opening_words(self.reading, self.found)[0]


def told(subjects: Iterable[Subject]) -> dict[str, Told]:
    """The month's appointments of those whose page tells of them, by clinician."""
    readings = {subject.clinician_id: Reading(subject) for subject in subjects if attendance_is_told(subject)}
    return {who: Told(reading, findings(reading)) for who, reading in readings.items()}


def lead(told: Mapping[str, Told]) -> str:
    """The clearest findings, the least likely by chance first; empty without anybody."""
    if not told:
        return ""
    asked = [who for who in sorted(told, key=lambda who: _order(told[who].reading)) if told[who].first.stands_out]
    if not asked and not any(each.reading.is_compared for each in told.values()):
        return "There are too few earlier months to say what is usual. Each page tells how the month was."
    if not asked:
        return "Clients came as they usually do, as far as appointments show."
    said = [f"{who}: {told[who].first.title}" for who in asked[:MOST_TOLD]]
    if rest := len(asked) - len(said):
        said.append(f"{counted(rest, 'more page')} {'asks' if rest == 1 else 'ask'} first about something.")
    return " ".join(said)


def questions(told: Mapping[str, Told]) -> tuple[tuple[str, str], ...]:
    """The open question of what stands out, in order of name."""
    return tuple((who, each.first.question) for who, each in told.items() if each.first.stands_out)


def chance(told: Mapping[str, Told]) -> Chance:
    """How often chance alone would name a client on these pages, and what can be answered."""
    sessions = pd.concat([each.reading.subject.slice.practice.sessions for each in told.values()])
    expected = sum(row["chance_size"] for each in told.values() for row in each.reading.clients)
    text = (
        f"If nothing were going on with any of the {counted(len(told), 'supervisee')}, these pages together would "
        f"name about {number(expected, 1)} clients as coming less than usual. A Watch for appointments "
        f"comes by chance in {FALSE_WATCH} months."
    )
    return Chance("How much chance alone would bring", (text, *answered(sessions), NOT_YET), heading=HEADING)


def _order(reading: Reading) -> tuple[bool, float, str]:
    chance = reading.counts.get("missed_chance", 1.0) if reading.is_more else 1.0
    return not reading.is_more, chance, reading.subject.clinician_id
