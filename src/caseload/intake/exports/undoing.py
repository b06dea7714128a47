"""Rows of a table that a check-in adds or fills in, so that a later file of the same month can take their place.

What each file did is kept: which row, what was in it before, what it was given. A row that somebody else has changed
since stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

Cells = tuple[str, ...]
_DAY = 10  # letters of a date, before a time of day


@dataclass(frozen=True)
class Step:
    """One row: by which cells it is known, and the other cells before (None: there was no such row) and after."""

    table: str
    key: Cells
    was: Cells | None
    now: Cells


@dataclass(frozen=True)
class Keyed:
    """How rows of a table are known to a check-in: by some columns; the others it fills in."""

    table: str
    key: tuple[str, ...]
    cells: tuple[str, ...]

    def undone(self, frame: pd.DataFrame, steps: Sequence[Step]) -> pd.DataFrame:
        """The table without what the steps did to it."""
        places, cells = self._places(frame), self._cells(frame)
        changed: dict[int, Cells] = {}
        gone: list[int] = []
        for step in steps:
            labels = places.get(step.key, []) if step.table == self.table else []
            at = next((label for label in labels if _stripped(cells[label]) == step.now), None)
            if at is None:  # another table's, or changed since
                continue
            if step.was is None:
                labels.remove(at)
                gone.append(at)
            else:
                cells[at] = changed[at] = step.was
        return self._changed(frame, changed).drop(index=gone)

    def filled(self, frame: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Step, ...]]:
        """The table with these rows, and the steps. The second of two rows of one key is another one than the first.

        An empty cell fills nothing in.
        """
        places, cells = self._places(frame), self._cells(frame)
        changed: dict[int, Cells] = {}
        added: list[dict[Any, Any]] = []
        steps: list[Step] = []
        for row in rows.to_dict("records"):
            key, new = self._of(row, self.key), self._of(row, self.cells)
            if labels := places.get(key):
                at = labels.pop(0)
                now = tuple(given or there for given, there in zip(new, cells[at], strict=True))
                changed[at] = now
                steps.append(Step(self.table, key, cells[at], now))
            else:
                added.append(row)
                steps.append(Step(self.table, key, None, new))
        frame = self._changed(frame, changed)
        if added:
            frame = pd.concat([frame, pd.DataFrame(added)], ignore_index=True).fillna("")
        return frame, tuple(steps)

    def _changed(self, frame: pd.DataFrame, cells: Mapping[int, Cells]) -> pd.DataFrame:
        """The table with other cells in the rows of these labels."""
        if not cells:
            return frame
        frame = frame.copy()
        frame.loc[list(cells), list(self.cells)] = pd.DataFrame(
            list(cells.values()), index=list(cells), columns=list(self.cells), dtype="str"
        )
        return frame

    def _of(self, row: Mapping[Any, Any], names: tuple[str, ...]) -> Cells:
        return tuple(str(row[name]) for name in names)

    def _places(self, frame: pd.DataFrame) -> dict[Cells, list[int]]:
        """The labels of the rows of each key, in their order."""
        columns = [frame[name].str.strip().str[: _DAY if name == "date" else None] for name in self.key]
        places: dict[Cells, list[int]] = {}
        for label, *key in zip(frame.index, *columns, strict=True):
            places.setdefault(tuple(map(str, key)), []).append(int(label))
        return places

    def _cells(self, frame: pd.DataFrame) -> dict[int, Cells]:
        """The other cells of each row by its label."""
        columns = [frame[name] for name in self.cells]
        return {int(label): tuple(map(str, row)) for label, *row in zip(frame.index, *columns, strict=True)}


def _stripped(cells: Cells) -> Cells:
    return tuple(cell.strip() for cell in cells)
