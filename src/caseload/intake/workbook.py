"""Sheets of an Excel workbook → raw tables of Python objects."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from caseload.intake.content import Content
from caseload.intake.raw import RawTable, contracted
from caseload.intake.unpacking import DAMAGED, measure
from caseload.intake.unreadable import Unreadable

WORKBOOK = ".xlsx"


def open_workbook(file: Content) -> CalamineWorkbook:
    """A workbook, after a look at how large it would become. Raises `Unreadable`."""
    measure(io.BytesIO(file.data))
    with damage_said():
        return CalamineWorkbook.from_filelike(io.BytesIO(file.data))


def read_sheet(workbook: CalamineWorkbook, name: str, label: str) -> RawTable:
    """One sheet: the first row is the header, empty cells are missing, everything else is a Python object."""
    with damage_said():
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    header = _header(rows)
    index = pd.RangeIndex(len(rows) - 1)
    columns = {
        column: pd.Series([None if row[place] == "" else row[place] for row in rows[1:]], index=index, dtype=object)
        for column, place in contracted(header, name).items()
    }
    return RawTable(label, header, columns, index)


@contextmanager
def damage_said() -> Iterator[None]:
    """What the library cannot read is `Unreadable`; its own words may hold cells."""
    try:
        yield
    except (CalamineError, UnicodeDecodeError, ValueError):
        raise Unreadable(*DAMAGED) from None


def _header(rows: list[list[Any]]) -> tuple[str, ...]:
    if not rows or not any(str(cell).strip() for cell in rows[0]):
        raise Unreadable("a header in row 1", "an empty first row or sheet", "Put the column names into row 1.")
    names = [str(cell).strip() for cell in rows[0]]
    while not names[-1]:  # columns that were once formatted and hold nothing
        names.pop()
    return tuple(names)
