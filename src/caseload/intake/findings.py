"""What was found wrong: rows of a table that break one rule of one column, and the kind of what arrived instead.

No value leaves this file: a finding holds row labels and words from our own lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.tables import Column

FIRST_ROW = 2  # spreadsheet row of the first row of data: row 1 is the header
CORRECT = "Correct the value, or leave the cell empty where nothing was recorded."
CORRECT_REQUIRED = "Correct the value."


@dataclass(frozen=True)
class Finding:
    """Rows of one table that break one rule. `rows` are labels of the frame's index (0 = first row of data)."""

    column: str
    rows: np.ndarray[Any, Any]
    expected: str
    found: str
    action: str

    def problem(self, table: str) -> Problem:
        """The finding as a problem of `table`, with row numbers as a spreadsheet shows them."""
        shown = tuple(int(row) + FIRST_ROW for row in self.rows[:ROWS_SHOWN])
        return Problem(table, self.column, shown, len(self.rows), self.expected, self.found, self.action)


class Hit(NamedTuple):
    """Rows (a boolean column), the kind of what arrived, and what to do (None = correct the value)."""

    rows: pd.Series
    found: str
    action: str | None = None


class Shape(NamedTuple):
    """A recognisable kind of wrong text: what it looks like, its name in a message, and what to do about it."""

    pattern: str
    found: str
    action: str | None = None


def findings(column: Column, hits: Sequence[Hit]) -> list[Finding]:
    """A finding against the rule of `column` for every hit that has rows."""
    correct = CORRECT_REQUIRED if column.required else CORRECT
    return [
        Finding(column.name, labels(hit.rows), column.expected, hit.found, hit.action or correct)
        for hit in hits
        if hit.rows.any()
    ]


def labels(rows: pd.Series) -> np.ndarray[Any, Any]:
    """The index labels where a boolean column is true."""
    return np.asarray(rows.index)[rows.to_numpy(dtype=bool)]


def sort_text(text: pd.Series, bad: pd.Series, column: Column, shapes: Sequence[Shape], rest: str) -> list[Finding]:
    """Findings for the `bad` cells by the first shape that each has; cells of no listed shape are called `rest`."""
    if not bad.any():
        return []
    hits = []
    for shape in shapes:
        alike = bad & text.str.fullmatch(shape.pattern)
        hits.append(Hit(alike, shape.found, shape.action))
        bad = bad & ~alike
    return findings(column, [*hits, Hit(bad, rest)])
