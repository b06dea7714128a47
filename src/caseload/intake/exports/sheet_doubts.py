"""What a sheet makes doubtful: rows that a filter hides, formulas without a result, days and months swapped."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.exports.grid import Grid
from caseload.intake.workbook_facts import SheetFacts

_LAST_MONTH = 12
_NUMERIC = re.compile(r"\s*(\d{1,2})[/.-](\d{1,2})[/.-](?:\d{4}|\d{2})\b")


def treat_hidden(grid: Grid, facts: SheetFacts, hidden_rows: str) -> None:
    """Refuse rows of data that are hidden, or leave them out, unless the map says that they are read."""
    hidden = np.isin(grid.rows, list(facts.hidden_rows)) & _filled(grid) if facts.hidden_rows else np.zeros(0, bool)
    count = int(hidden.sum())
    if not count or hidden_rows == "read":
        return
    if hidden_rows == "leave_out":
        grid.notes.append(f"Hidden rows, left out as the map says: {count:,}.")
        _keep_only(grid, ~hidden)
        return
    action = (
        'Show all rows and save, or copy the rows that you want into a new sheet; or say hidden_rows = "read" or '
        '"leave_out" in a copy of the map.'
    )
    grid.problems.append(_problem(grid, "", grid.rows[hidden], "rows that can be seen", "rows that are hidden", action))


def _keep_only(grid: Grid, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    grid.columns = {place: column.filter(pa.array(keep)) for place, column in grid.columns.items()}
    grid.rows = grid.rows[keep]


def _filled(grid: Grid) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    filled = np.zeros(len(grid), dtype=bool)
    for column in grid.columns.values():
        filled |= column.is_valid().to_numpy(zero_copy_only=False)
    return filled


def refuse_uncalculated(grid: Grid, facts: SheetFacts, places: Sequence[int]) -> None:
    """Refuse formulas without a result in the columns that are read; nothing more is said of their rows."""
    without = np.zeros(0, dtype=np.int64)
    for place in places:
        rows = np.array(sorted(row for row, column in facts.uncalculated if column == place), dtype=np.int64)
        rows = rows[np.isin(rows, grid.rows)]
        if len(rows):
            action = "Open the file in the spreadsheet, save it there, and import it again."
            found = "formulas whose results the file does not hold"
            grid.problems.append(_problem(grid, grid.header[place], rows, "a value in each cell", found, action))
            without = np.union1d(without, rows)
    if len(without):
        _keep_only(grid, ~np.isin(grid.rows, without))


def may_be_swapped(column: Sequence[object]) -> bool:
    """Whether some cells are dates and others dates as text, as a spreadsheet leaves a file of another order.

    It takes 04/05 for a date of its own order and leaves 13/05 as text. So no date is later than the 12th of a month,
    and no text can be read in its order.
    """
    if not {dt.datetime, dt.date} & set(map(type, column)):
        return False
    texts = [numeric for cell in column if isinstance(cell, str) and (numeric := _NUMERIC.match(cell))]
    days = [cell.day for cell in column if isinstance(cell, dt.date)]
    one_way = all(max(int(text[1]), int(text[2])) > _LAST_MONTH for text in texts)
    return bool(texts) and one_way and max(days) <= _LAST_MONTH


def _problem(
    grid: Grid, column: str, rows: np.ndarray[tuple[int], np.dtype[np.int64]], expected: str, found: str, action: str
) -> Problem:
    return Problem(grid.file, column, tuple(map(int, rows[:ROWS_SHOWN])), len(rows), expected, found, action)
