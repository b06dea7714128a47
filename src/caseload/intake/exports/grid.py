"""One table of an export, as text: its header, its cells, and the row of the file that each came from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.exports.coded import Coded, coded, joined, same_texts
from caseload.intake.unreadable import Unreadable

HEADER_WITHIN = 30  # rows at the top of a file among which its header is looked for
MOST_COLUMNS = 1_000
SAMPLE = 30  # rows of data at the top that are looked at in every column, read or not
_NUMBERED = re.compile(r"(.+) \[(\d+)\]")  # the second column called Status is Status [2]
Expected = Sequence[Sequence[set[str]]]  # headers that a file may have: of each column, its spellings, all plain


@dataclass
class Grid:
    """Text columns of equal length, plain or dictionary-encoded; nothing is interpreted. An empty cell is null.

    `rows` numbers the rows as a spreadsheet shows them (row 1 is the first line of the file). `columns` holds those
    that were asked for, by place.
    """

    file: str
    header: tuple[str, ...]
    columns: dict[int, pa.Array | pa.ChunkedArray]
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unit: str = "row"  # what `rows` numbers, as messages call it
    sha256: str = ""  # of the file's bytes that were read
    swapped: set[int] = field(default_factory=set)  # columns of dates, of which some may have day and month swapped
    from_1904: bool = False  # numbers of days are counted from 1904
    deleted: tuple[str, ...] = ()  # numbers of appointments, without their patients, that the program has deleted
    sample: Sequence[Sequence[str]] = ()  # the first rows of data, all columns of them

    def __len__(self) -> int:
        return len(self.rows)


def plain_header(name: str) -> str:
    """A header without what differs between versions of a program: letters' case, blanks, underscores, a mark."""
    return re.sub(r"[\s_]+", " ", name.lstrip("\ufeff").strip()).casefold()


def places_of(header: Sequence[str], name: str, also: Mapping[str, Iterable[str]]) -> list[int]:
    """Where the column `name` stands, or everything that it is also called; several where a header occurs twice."""
    plain = [plain_header(cell) for cell in header]
    if exact := _named(plain, name):
        return exact
    return [place for candidate in also.get(name, ()) for place in _named(plain, candidate)]


def _named(plain: Sequence[str], name: str) -> list[int]:
    wanted = plain_header(name)
    places = [place for place, cell in enumerate(plain) if cell == wanted]
    numbered = _NUMBERED.fullmatch(wanted)
    if places or not numbered:
        return places
    alike = [place for place, cell in enumerate(plain) if cell == numbered[1]]
    return alike[int(numbered[2]) - 1 : int(numbered[2])]


def without_number(name: str) -> str:
    """The header that a map means by `Status [2]`."""
    numbered = _NUMBERED.fullmatch(name)
    return numbered[1] if numbered else name


def header_row(rows: Sequence[Sequence[str]], expected: Expected, header_rows: int = 1) -> int | None:
    """Where among the first rows the header begins: the first with all columns of one expected header, in any spelling.

    A header of several rows is looked for as `joined_header` reads it.
    """
    for number in range(len(rows[:HEADER_WITHIN])):
        cells = {plain_header(cell) for cell in joined_header(rows[number : number + header_rows])}
        if any(wanted and all(spellings & cells for spellings in wanted) for wanted in expected):
            return number
    return None


def first_header_row(rows: Sequence[Sequence[str]], expected: Expected, header_rows: int = 1) -> int:
    """Where the header begins: at the expected one, else so that it ends with the fullest row. Raises `Unreadable`."""
    place = header_row(rows, expected, header_rows)
    return max(fullest_row(rows) - (header_rows - 1), 0) if place is None else place


def fullest_row(rows: Sequence[Sequence[str]]) -> int:
    """The header where it is not known by its names: the first row that is as full as any and holds words only."""
    if not rows:
        raise Unreadable("a header and rows of data", "an empty file", "Export the file again.")
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows[:HEADER_WITHIN]]
    return filled.index(max(filled))


def joined_header(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """One header of one row or several: what stands above a column and in it; an upper cell reaches to the next one."""
    width = max(map(len, rows), default=0)
    levels = [[*row, *[""] * (width - len(row))] for row in rows]
    for level in levels[:-1]:
        for place in range(1, width):
            level[place] = level[place] or level[place - 1]
    header = [" ".join(filter(None, cells)) for cells in zip(*levels, strict=True)]
    while header and not header[-1]:  # columns that were once formatted and hold nothing
        header.pop()
    return tuple(header)


def ragged_rows(file: str, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[Problem]:
    """The problem of rows that have more or fewer cells than the header."""
    if not len(rows):
        return []
    action = "Export the file again: it may be cut off, or have been changed by hand."
    shown = tuple(int(row) for row in rows[:ROWS_SHOWN])
    found = "rows with more or fewer cells"
    return [Problem(file, "", shown, len(rows), "as many cells in every row as in the header", found, action)]


def swallowed_rows(file: str, rows: Sequence[int]) -> list[Problem]:
    """The problem of rows with a cell that holds whole rows."""
    if not rows:
        return []
    expected, found = "text in pairs of quotes", "cells that hold whole rows: a quote that is never closed"
    action = "Correct the quotes at their source, and export again."
    return [Problem(file, "", tuple(rows[:ROWS_SHOWN]), len(rows), expected, found, action)]


class Source:
    """A grid by the names that a map has for its columns."""

    def __init__(self, grid: Grid, also_called: Mapping[str, Sequence[str]]) -> None:
        self.grid, self.also = grid, also_called
        self._known: dict[int, Coded] = {}

    def has(self, names: Sequence[str]) -> bool:
        """Whether the file has all of these columns."""
        return all(self.places(name) for name in names)

    def places(self, name: str) -> list[int]:
        """The columns that a name may mean."""
        return places_of(self.grid.header, name, self.also)

    def rivals(self, name: str) -> list[str]:
        """The headers of columns that a name may mean and whose cells differ; none where it is clear what it means."""
        places = self.places(name)
        first, *others = places or [0]
        differ = any(not same_texts(self._at(first), self._at(place)) for place in others)
        return [self.grid.header[place] for place in places] if differ else []

    def cells(self, name: str) -> Coded:
        """A column; nothing but missing cells where the file has none of this name."""
        places = self.places(name)
        return self._at(places[0]) if places else Coded(np.full(len(self.grid), -1, dtype=np.int64), [])

    def _at(self, place: int) -> Coded:
        if place not in self._known:
            self._known[place] = coded(self.grid.columns[place])
        return self._known[place]

    def text(self, names: Sequence[str]) -> Coded:
        """Columns side by side as one text."""
        return joined([self.cells(name) for name in names])
