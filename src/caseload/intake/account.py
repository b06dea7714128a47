"""The account of a reading: which files, how many rows, what is recorded, what was excluded, and what to know of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from caseload.intake.check import CheckedTable
from caseload.intake.raw import Reading
from caseload.intake.uncounted import PARTLY_COUNTED, UNCOUNTED, uncounted, visible

_FILES = {"file": "str", "sha256": "str", "bytes": "int64"}
_TABLES = {"table": "str", "file": "str", "rows_read": "Int64", "rows_excluded": "Int64"}
_COLUMNS = {"table": "str", "column": "str", "rows": "Int64", "recorded": "float64"}
_EXCLUDED = {"table": "str", "column": "str", "rows": "int64", "expected": "str"}


@dataclass(frozen=True, eq=False)
class Quality:
    """How a practice was read; holds counts and names, never a value.

    Rows of surveys and of personal therapy are counted nowhere (`caseload.intake.uncounted`): numbers of surveys are
    missing, and those of supports are of all other rows whose kind is known.

    - `files`: file, sha256 (hex), bytes; one row per file that was read, none for frames in memory.
    - `tables`: table, file, rows_read, rows_excluded; one row per table of the contract, in its order. `file` is
      missing for a table that was not given, for one of private rows alone, and for frames in memory; a sheet is
      `practice.xlsx, sheet sessions`.
    - `columns`: table, column, rows (that are kept), recorded (share of them that is not missing, 0–1; NaN where the
      table has no rows); one row per column of the contract.
    - `excluded`: table, column, rows, expected; one row per rule that was broken. A row that breaks two rules counts in
      both, and once in `tables.rows_excluded`.
    - `notes`: sentences on what was kept out of the analysis or tidied, and why.
    """

    files: pd.DataFrame
    tables: pd.DataFrame
    columns: pd.DataFrame
    excluded: pd.DataFrame
    notes: tuple[str, ...]


def account(reading: Reading, tables: Mapping[str, CheckedTable], frames: Mapping[str, pd.DataFrame]) -> Quality:
    """The account of tables that passed their checks; `frames` are the rows that were kept."""
    excluded = [
        (name, finding.column, rows, finding.expected, finding.found)
        for name, table in tables.items()
        for finding in table.findings
        if (rows := _counted(finding.rows, table))
    ]
    read = [(name, _file(name, table, frames), *_rows(name, table)) for name, table in tables.items()]
    recorded = [row for name, frame in frames.items() for row in _recorded(name, frame)]
    exclusions = [
        f"{name}.{column}: {rows} row{'s' if rows > 1 else ''} excluded, expected {expected}, found {found}."
        for name, column, rows, expected, found in excluded
    ]
    notes = (*reading.notes, *(note for table in tables.values() for note in table.notes), *exclusions)
    return Quality(
        files=_frame(reading.files, _FILES),
        tables=_frame(read, _TABLES),
        columns=_frame(recorded, _COLUMNS),
        excluded=_frame([row[:4] for row in excluded], _EXCLUDED),
        notes=notes,
    )


def _file(name: str, table: CheckedTable, frames: Mapping[str, pd.DataFrame]) -> str | None:
    """What a table was read from; none where all that it holds is private, as if it had not been given."""
    if name == UNCOUNTED:
        return table.file if visible(frames[name], frames["clinicians"]).any() else None
    if name == PARTLY_COUNTED:
        return table.file if table.rows_read > len(table.private) else None
    return table.file


def _counted(rows: np.ndarray[Any, Any], table: CheckedTable) -> int:
    """How many of these rows may be counted."""
    return int((~np.isin(rows, table.private)).sum())


def _rows(name: str, table: CheckedTable) -> tuple[int | None, int | None]:
    """How many rows were read and left out, as far as they may be counted."""
    if name == UNCOUNTED:
        return None, None
    return table.rows_read - len(table.private), _counted(table.invalid, table)


def _recorded(name: str, frame: pd.DataFrame) -> list[tuple[str, str, int | None, float]]:
    """Of every column the rows that are kept and the share that is recorded, as far as they may be counted."""
    if name == UNCOUNTED:
        return [(name, str(column), None, math.nan) for column in frame]
    rows = frame if name != PARTLY_COUNTED else frame[~uncounted(name, frame)]
    return [
        (name, str(column), len(rows), rows[column].count() / len(rows) if len(rows) else math.nan) for column in rows
    ]


def _frame(rows: Sequence[tuple[object, ...]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(dtypes)).astype(dict(dtypes))
