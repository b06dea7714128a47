"""Rows of the reader's tables, collected as text, and what is wrong or worth a note on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.exports.grid import Grid

_BLOCK = 1 << 16  # rows that are turned into Arrow at a time


class Rows:
    """Rows of one file for one table."""

    def __init__(self, header: Sequence[str], optional: Sequence[str] = ()) -> None:
        self.header, self._optional = tuple(header), optional
        self._places: list[int] = []
        self._cells: list[list[str]] = [[] for _ in header]
        self._blocks: list[list[pa.Array]] = [[] for _ in header]

    def add(self, place: int, cells: Sequence[str]) -> None:
        """Add one row; an empty text is a missing cell."""
        self._places.append(place)
        for column, cell in zip(self._cells, cells, strict=True):
            column.append(cell)
        if len(self._cells[0]) == _BLOCK:
            self._flush()

    def __len__(self) -> int:
        return len(self._places)

    def _flush(self) -> None:
        for blocks, cells in zip(self._blocks, self._cells, strict=True):
            blocks.append(pa.array(cells, pa.string()))
            cells.clear()

    def grid(self, file: str, unit: str) -> Grid:
        """The rows as a grid, without optional columns that nothing fills."""
        self._flush()
        columns = dict(zip(self.header, map(pa.chunked_array, self._blocks), strict=True))
        for name in self._optional:
            if not pc.any(pc.not_equal(columns[name], "")).as_py():
                del columns[name]
        cells = dict(enumerate(columns.values()))
        return Grid(file, tuple(columns), cells, np.array(self._places, dtype=np.int64), unit=unit)


class Doubts:
    """What cannot be settled, by file and kind; and counts of what is to be noted."""

    def __init__(self, units: Mapping[Path, str]) -> None:
        self._units = units
        self._places: dict[tuple[Path, str, str, str, str], list[int]] = {}
        self._counts: dict[str, int] = {}

    def refuse(self, file: Path, place: int, element: str, expected: str, found: str, action: str) -> None:
        """The import is refused for this."""
        self._places.setdefault((file, element, expected, found, action), []).append(place)

    def count(self, what: str, number: int = 1) -> None:
        """One more of these, for the notes."""
        self._counts[what] = self._counts.get(what, 0) + number

    @property
    def problems(self) -> list[Problem]:
        return [
            Problem(file.name, element, tuple(at[:ROWS_SHOWN]), len(at), expected, found, action, self._units[file])
            for (file, element, expected, found, action), at in self._places.items()
        ]

    @property
    def notes(self) -> list[str]:
        return [f"{what}: {count:,}." for what, count in self._counts.items() if count]
