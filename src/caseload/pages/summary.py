"""Plain text for a terminal: `caseload check` (counts and names, never a value) and the table of `agenda list`."""

from __future__ import annotations

import datetime as dt

import pandas as pd
from pandas.api.typing import NAType

from caseload.errors import one_line
from caseload.intake import Practice, Quality
from caseload.pages.attendance_only import HEADING, NOT_YET, answered, is_attendance_only
from caseload.pages.declaring import HEADER, offered_lines
from caseload.pages.oddities import oddity_lines
from caseload.signals.recording import findings

MOST_LINES = 12


def summary(practice: Practice, today: dt.date | None = None) -> str:
    """What was read, the columns that are empty, what looks odd, and the notes of the reading, as lines of text.

    With `today`, sessions marked as attended on later days are named too.
    """
    quality = practice.quality
    alone = is_attendance_only(practice)
    read = [_people(practice), _tables(quality, alone), _contacts(practice), _settings(practice)]
    sections = [*read, _answered(practice) if alone else _missing(quality), _odd(practice, today), _notes(quality)]
    return "\n\n".join(section for section in sections if section)


def _people(practice: Practice) -> str:
    months = practice.months
    span = f"{months[0]} to {months[-1]}" if len(months) else "no month"
    return f"{len(practice.supervisees)} clinicians, {span}: this practice can be read."


def _tables(quality: Quality, alone: bool) -> str:
    given = quality.tables[quality.tables["file"].notna()]
    rows = zip(given["table"], given["rows_read"], given["rows_excluded"], strict=True)
    lines = [f"  {name:<14} {_counted(read, out)}" for name, read, out in rows]
    absent = quality.tables.loc[quality.tables["file"].isna(), "table"]
    missing = f"\nNot given, or nothing in it that is shared: {', '.join(absent)}." if len(absent) and not alone else ""
    return "Tables:\n" + "\n".join(lines) + missing


def _counted(read: int | NAType, excluded: int | NAType) -> str:
    """Rows of surveys are not counted: the number could show that somebody has filled one in."""
    if pd.isna(read):
        return f"{'not counted':>14}"
    return f"{read:>9,} rows" + (f", {excluded:,} excluded" if excluded else "")


def _answered(practice: Practice) -> str:
    """What appointments alone can answer."""
    return "\n".join([f"{HEADING}:", *(f"  - {question}" for question in answered(practice.sessions)), NOT_YET])


def _contacts(practice: Practice) -> str:
    number = len(practice.support_contacts)
    return f"Support contacts: {number}, shown in the clinicians' own copies." if number else ""


def _settings(practice: Practice) -> str:
    """The settings that are not the defaults."""
    changed = practice.settings.changed
    return f"Settings: {'; '.join(f'{name} {value}' for name, value in changed.items())}." if changed else ""


def _missing(quality: Quality) -> str:
    """Columns of the given tables of which nothing is recorded, and which the analysis does without."""
    empty = quality.columns[(quality.columns["rows"].fillna(0) > 0) & (quality.columns["recorded"] == 0)]
    names = ", ".join(empty["table"] + "." + empty["column"])
    return f"Nothing recorded: {names}." if names else ""


def _odd(practice: Practice, today: dt.date | None) -> str:
    """What looks odd about the recording; clinicians and months, no client."""
    found = findings(practice, today)
    lines = oddity_lines(found)
    if not lines:
        return "Recording: nothing looks odd."
    more = [f"  - {len(lines) - MOST_LINES} more, on the data-quality page"] if len(lines) > MOST_LINES else []
    asked = "Worth a question:\n" + "\n".join([*(f"  - {line}" for line in lines[:MOST_LINES]), *more])
    return "\n".join([asked, *_declare(offered_lines(practice, found["changes"]))])


def _declare(lines: list[str]) -> list[str]:
    """How to declare what was found, where it was meant."""
    if not lines:
        return []
    return [f"Meant? Then declare it in changes.csv ({HEADER}):", *(f"  {line}" for line in lines[:MOST_LINES])]


def _notes(quality: Quality) -> str:
    return "Notes:\n" + "\n".join(f"  - {note}" for note in quality.notes) if quality.notes else ""


def agenda_lines(agenda: pd.DataFrame) -> str:
    """Decisions as lines of text under a header, their words last. `agenda` is what `read_agenda` returns."""
    if agenda.empty:
        return "No decision."
    names = ["clinician_id", "month", "flag", "review_month", "outcome", "decision"]
    table = agenda[names].reset_index().astype("str").fillna("-").map(one_line)
    rows = [["row", "clinician", "month", "flag", "review", "outcome", "decision"], *table.to_numpy().tolist()]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)
