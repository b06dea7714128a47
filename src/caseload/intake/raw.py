"""What reading hands to checking: tables as they arrived, and what could not be read at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.findings import FIRST_ROW
from caseload.intake.same_people import NOBODY, SamePeople
from caseload.intake.settings import USUAL, Settings, checked_settings
from caseload.intake.showable import unread_places
from caseload.intake.support_contacts import SupportContact, check_contacts
from caseload.intake.tables import TABLES


@dataclass
class RawTable:
    """One table as it arrived: every header, the cells of the contracted columns, and where they came from.

    A column whose header occurs twice is in `header` only. `index` labels the rows from 0 in the order of the file, so
    a row's spreadsheet number is its label + 2. Checking takes the columns out one by one, so that raw and typed cells
    are not all in memory at once.
    """

    file: str | None
    header: tuple[str, ...]
    columns: dict[str, pd.Series]
    index: pd.Index
    problems: tuple[Problem, ...] = ()  # rows or columns that could not be read


@dataclass
class Reading:
    """All tables that were found, the problems of those that could not be read, notes, and the files behind them.

    The support contacts have problems of their own: they say nothing about the tables.
    """

    tables: dict[str, RawTable] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[tuple[str, str, int]] = field(default_factory=list)  # name, sha256, bytes
    support_contacts: tuple[SupportContact, ...] = ()
    support_problems: list[Problem] = field(default_factory=list)
    settings: Settings = USUAL
    same_people: SamePeople = NOBODY

    def require_sessions(self, action: str = "Give a table of sessions.") -> None:
        """Make it a problem that there are no sessions, unless they, or a whole file, could not be read."""
        explained = any(problem.table == "sessions" or problem.table not in TABLES for problem in self.problems)
        if "sessions" not in self.tables and not explained:
            self.problems.append(Problem("sessions", "", (), 0, "the table, it is required", "no such table", action))


def contracted(header: Sequence[str], table: str) -> dict[str, int]:
    """Positions of the contracted columns that occur exactly once in a header."""
    return {name: header.index(name) for name in TABLES[table].column_names if header.count(name) == 1}


def from_frames(
    frames: Mapping[str, pd.DataFrame],
    support_contacts: Sequence[Mapping[str, str] | SupportContact] = (),
    settings: Mapping[str, Any] | None = None,
) -> Reading:
    """Frames and contacts in memory, as if they had been read from files; the frames' index is ignored."""
    reading = Reading()
    reading.settings, reading.problems = checked_settings(settings or {})
    entries = [vars(contact) if isinstance(contact, SupportContact) else contact for contact in support_contacts]
    reading.support_contacts, reading.support_problems = check_contacts(entries)
    reading.notes += unread_places([name for name in frames if name not in TABLES])
    for name, frame in frames.items():
        if name not in TABLES:
            continue
        header = tuple(str(column).strip() for column in frame.columns)
        index = pd.RangeIndex(len(frame))
        places = contracted(header, name)
        columns = {column: frame.iloc[:, place].set_axis(index) for column, place in places.items()}
        halves = {column: rows for column, cells in columns.items() if (rows := _half_characters(cells))}
        broken = tuple(_broken_text(name, column, rows) for column, rows in halves.items())
        whole = {column: cells for column, cells in columns.items() if column not in halves}
        reading.tables[name] = RawTable(None, header, whole, index, broken)
    reading.require_sessions()
    return reading


def _half_characters(cells: pd.Series) -> list[int]:
    """Labels of the cells whose text holds half a character, which no file can hold: Python knows such texts."""
    if cells.dtype != object:
        return []
    return [int(label) for label, cell in cells.items() if isinstance(cell, str) and not _is_unicode(cell)]  # type: ignore[call-overload]


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _broken_text(table: str, column: str, rows: list[int]) -> Problem:
    shown = tuple(label + FIRST_ROW for label in rows[:ROWS_SHOWN])
    return Problem(table, column, shown, len(rows), "text in Unicode", "half a character", "Read the file again.")
