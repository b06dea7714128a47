"""Sheets of an Excel workbook → raw tables of Python objects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from caseload.intake.raw import RawTable, contracted
from caseload.intake.unpacking import measure
from caseload.intake.unreadable import Unreadable

WORKBOOK = ".xlsx"


def sheet_names(path: Path) -> list[str]:
    """The names of a workbook's sheets. Raises `Unreadable`, or `OSError` where the file cannot be opened."""
    return list(_open(path).sheet_names)


def read_sheet(path: Path, name: str) -> RawTable:
    """One sheet: the first row is the header, empty cells are missing, everything else is a Python object."""
    rows = _open(path).get_sheet_by_name(name).to_python(skip_empty_area=False)
    header = _header(rows)
    index = pd.RangeIndex(len(rows) - 1)
    columns = {
        column: pd.Series([None if row[place] == "" else row[place] for row in rows[1:]], index=index, dtype=object)
        for column, place in contracted(header, name).items()
    }
    return RawTable(f"{path.name}, sheet {name}", header, columns, index)


def _open(path: Path) -> CalamineWorkbook:
    measure(path)
    try:
        return CalamineWorkbook.from_path(str(path))
    except CalamineError:
        save = "Save the workbook again as .xlsx, without a password."
        raise Unreadable("a workbook that can be read", "a damaged or protected file", save) from None


def _header(rows: list[list[Any]]) -> tuple[str, ...]:
    if not rows or not any(str(cell).strip() for cell in rows[0]):
        raise Unreadable("a header in row 1", "an empty first row or sheet", "Put the column names into row 1.")
    names = [str(cell).strip() for cell in rows[0]]
    while not names[-1]:  # columns that were once formatted and hold nothing
        names.pop()
    return tuple(names)
