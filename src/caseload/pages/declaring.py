"""Known changes: which a practice has declared, and lines for `changes.csv` that declare what was found."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd

from caseload.estimates.declared import declared_changes
from caseload.intake import Practice
from caseload.intake.tables import TABLES
from caseload.pages.terms import TABLES as TABLE_WORDS
from caseload.pages.terms import column_words
from caseload.pages.views import Section, Table
from caseload.signals.recording import EVERYBODY
from caseload.signals.recording.changes import CONTACTS
from caseload.wording import day, listed

HEADER = ",".join(TABLES["changes"].column_names)
KINDS = ("stopped", "started", "level")
"""Findings that a declared change would explain."""
NEAR = 1
"""A change that was declared so many months from a finding explains it."""
MOST_COLUMNS = 3
INTRO = (
    "If one of these changes was meant, declare it. What is usual begins again there, in charts and estimates. For "
    "three months, pages also show the state without it, and who declared it."
)


def offered_lines(practice: Practice, changes: pd.DataFrame) -> list[str]:
    """Lines for `changes.csv`, one for everybody or a clinician and a month; none for what is declared already.

    `changes` are findings (`signals.recording.changes`). Whoever takes a line writes what it was and who they are.
    """
    people = practice.supervisees
    declared = declared_changes(practice.changes, people)
    told = changes[changes["kind"].isin(KINDS)]
    lines = []
    begun = declared["month"].astype("int64").to_numpy()
    for (first, who), rows in told.groupby(["first", "clinician_id"]):
        month = pd.Period(str(first), "M")
        near = declared["clinician_id"][np.abs(begun - month.ordinal) <= NEAR]
        concerned = set(people["clinician_id"]) if who == EVERYBODY else {who}
        if not concerned <= set(near):
            lines.append(_line(month, str(who), rows))
    return lines


def offer(practice: Practice, changes: pd.DataFrame) -> tuple[Table, ...]:
    """The lines as a table of a page; nothing where there is none."""
    lines = offered_lines(practice, changes)
    if not lines:
        return ()
    frame = pd.DataFrame({f"A line for changes.csv ({HEADER})": lines})
    return (Table("Declare a change that you know of", frame, INTRO, wide=True),)


def declared_table(practice: Practice) -> Table | None:
    """What has been declared, without the words: when, of whom, of which kind, by whom. None where nothing was."""
    changes = practice.changes
    if changes.empty:
        return None
    whom = changes["clinician_id"].fillna(changes["team"].map(lambda team: f"team {team}", na_action="ignore"))
    frame = pd.DataFrame(
        {
            "From": [day(when) for when in changes["from"]],
            "Of whom": whom.fillna("everybody").astype("str"),
            "Kind": changes["kind"].fillna("other").astype("str"),
            "Declared by": changes["declared_by"].fillna("without a name").astype("str"),
        }
    )
    return Table(f"{TABLE_WORDS['changes']}, as declared", frame, wide=True)


def known_changes(practice: Practice, changes: pd.DataFrame) -> tuple[Section, ...]:
    """The part of the data-quality page on declared changes, and on those that could be; nothing without either."""
    declared, offered = declared_table(practice), offer(practice, changes)
    if declared is None and not offered:
        return ()
    return (Section("declared", "Known changes", None, declared, supporting=offered),)


def _line(month: pd.Period, who: str, rows: pd.DataFrame) -> str:
    words = [
        TABLE_WORDS[CONTACTS].lower() if name == CONTACTS else column_words("sessions", name) for name in rows["column"]
    ]
    what = f"Recorded otherwise: {listed(list(dict.fromkeys(words)), MOST_COLUMNS)}"
    cells = {"from": f"{month}-01", "clinician_id": who, "kind": "recording", "what": what}
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([cells.get(name, "") for name in TABLES["changes"].column_names])
    return text.getvalue()
