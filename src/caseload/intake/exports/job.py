"""One translation at work: a file's grid, the map that fits it, and the account of what becomes of its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.exports.coded import Coded, Flags
from caseload.intake.exports.grid import Grid, Source
from caseload.intake.exports.maps import ColumnMap, ExportMap, PersonMap, TableMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.pseudonyms import Identity, KeyFile

FILL = "Fill the cell at its source, or leave such rows out by the map (leave_out)."


@dataclass
class Translated:
    """Rows of one of our tables, all text; and what became of the rest. It holds names in `people` alone."""

    table: str
    file: str
    columns: dict[str, pa.Array] = field(default_factory=dict)
    rows: np.ndarray[tuple[int], np.dtype[np.int64]] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    read: int = 0  # rows of the file below its header
    sources: dict[str, str] = field(default_factory=dict)  # our column → theirs
    problems: list[Problem] = field(default_factory=list)  # of the file, or of words that nobody has explained
    faults: list[Problem] = field(default_factory=list)  # of single rows, which are not in `columns`
    faulty: int = 0  # rows with faults
    left_out: dict[str, int] = field(default_factory=dict)  # why → rows
    notes: list[str] = field(default_factory=list)
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)  # our column → words to be explained → rows
    unused: tuple[str, ...] = ()  # columns of the file that the map does not name
    people: dict[str, Identity] = field(default_factory=dict, repr=False)
    supervisors: dict[str, str] = field(default_factory=dict)  # clinician → supervisor
    in_two_places: int = 0  # clients who attended sessions of two clinicians at one time
    defaults: dict[str, int] = field(default_factory=dict)  # word that the program sets by itself → rows


@dataclass(frozen=True)
class Chosen:
    """Which of the map's alternatives fit this file."""

    people: dict[str, PersonMap]
    columns: dict[str, ColumnMap]


@dataclass
class Job:
    """What the steps of a translation share. `keep` are the rows that are still in."""

    grid: Grid
    source: Source
    rows: TableMap
    export: ExportMap
    chosen: Chosen
    calendar: Calendar
    keys: KeyFile
    now: dt.datetime
    done: Translated
    keep: Flags
    cells: dict[str, Coded] = field(default_factory=dict)  # our column → its cells, of all rows
    by_default: dict[str, Flags] = field(default_factory=dict)  # our column → rows with the program's own word
    session_ids: np.ndarray[tuple[int], np.dtype[np.bytes_]] | None = None

    def leave_out(self, why: str, rows: Flags) -> None:
        """Leave rows out and count those that were still in."""
        gone = rows & self.keep
        if gone.any():
            self.done.left_out[why] = self.done.left_out.get(why, 0) + int(gone.sum())
            self.keep &= ~gone

    def refuse(self, column: str, rows: Flags, expected: str, found: str, action: str) -> None:
        """Take rows that cannot be translated out, as a fault of each."""
        bad = rows & self.keep
        if bad.any():
            self.done.faults.append(self.problem(column, bad, expected, found, action))
            self.done.faulty += int(bad.sum())
            self.keep &= ~bad

    def problem(self, column: str, rows: Flags, expected: str, found: str, action: str) -> Problem:
        """What is wrong in some rows, with their numbers in the file."""
        numbers = self.grid.rows[rows]
        shown = tuple(int(number) for number in numbers[:ROWS_SHOWN])
        return Problem(self.grid.file, column, shown, len(numbers), expected, found, action, self.grid.unit)


def theirs(names: Sequence[str]) -> str:
    """The columns of a file in one phrase."""
    return " and ".join(dict.fromkeys(names)) or "a fixed value"
