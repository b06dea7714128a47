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
        for step in steps:
            at = self._first(frame, step.key, step.now) if step.table == self.table else None
            if at is None:  # another table's, or changed since
                continue
            if step.was is None:
                frame = frame.drop(index=at)
            else:
                frame = frame.copy()
                frame.loc[at, list(self.cells)] = list(step.was)
        return frame

    def filled(self, frame: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Step, ...]]:
        """The table with these rows, and the steps. The second of two rows of one key is another one than the first.

        An empty cell fills nothing in.
        """
        steps: list[Step] = []
        used: list[int] = []
        for row in rows.to_dict("records"):
            key, new = self._of(row, self.key), self._of(row, self.cells)
            at = self._first(frame.drop(index=used), key)
            if at is None:
                at = int(frame.index.max()) + 1 if len(frame) else 0
                frame = pd.concat([frame, pd.DataFrame([row], index=[at])]).fillna("")
                steps.append(Step(self.table, key, None, new))
            else:
                was = tuple(str(frame[name].loc[at]) for name in self.cells)
                now = tuple(given or there for given, there in zip(new, was, strict=True))
                frame = frame.copy()
                frame.loc[at, list(self.cells)] = list(now)
                steps.append(Step(self.table, key, was, now))
            used.append(at)
        return frame, tuple(steps)

    def _of(self, row: Mapping[Any, Any], names: tuple[str, ...]) -> Cells:
        return tuple(str(row[name]) for name in names)

    def _first(self, frame: pd.DataFrame, key: Cells, filled: Cells | None = None) -> int | None:
        """The label of the first row of this key, and of these other cells if any are given."""
        wanted = dict(zip(self.key, key, strict=True))
        wanted |= dict(zip(self.cells, filled, strict=True)) if filled is not None else {}
        fits = pd.Series(True, index=frame.index)
        for name, value in wanted.items():
            cells = frame[name].str.strip()
            fits &= (cells.str[:_DAY] if name == "date" else cells) == value
        labels = frame.index.to_numpy()[fits.to_numpy(bool)]
        return int(labels[0]) if len(labels) else None
