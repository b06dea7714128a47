"""Workbooks of every kind: opened after a look at their size; sheets → raw tables of Python objects."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from caseload.intake.compound_file import SIGNATURE
from caseload.intake.content import Content
from caseload.intake.old_workbook import measure_old, old_facts
from caseload.intake.open_document import document_facts
from caseload.intake.raw import RawTable, contracted
from caseload.intake.unpacking import measure
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook_facts import WorkbookFacts, xlsx_facts
from caseload.intake.workbook_limits import DAMAGED

WORKBOOK = ".xlsx"
_PANIC = "PanicException"  # of Rust, of which Python has no class to catch


def open_workbook(file: Content) -> CalamineWorkbook:
    """A workbook (.xlsx, .xls or .ods), after a look at how large it would become. Raises `Unreadable`."""
    if not file.data.startswith(SIGNATURE):
        measure(io.BytesIO(file.data))
    elif zipfile.is_zipfile(io.BytesIO(file.data)):  # the library would try both
        raise Unreadable(*DAMAGED)
    else:
        measure_old(file.data)
    with damage_said():
        return CalamineWorkbook.from_filelike(io.BytesIO(file.data))


def facts_of(file: Content, workbook: CalamineWorkbook, names: Collection[str]) -> WorkbookFacts:
    """What an open workbook says of itself, and of its sheets of these `names`."""
    if file.data.startswith(SIGNATURE):
        return old_facts(file.data, workbook.sheet_names)
    return document_facts(file.data) or xlsx_facts(file.data, names)


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
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        raise Unreadable(*DAMAGED) from None


def _header(rows: list[list[Any]]) -> tuple[str, ...]:
    if not rows or not any(str(cell).strip() for cell in rows[0]):
        raise Unreadable("a header in row 1", "an empty first row or sheet", "Put the column names into row 1.")
    names = [str(cell).strip() for cell in rows[0]]
    while not names[-1]:  # columns that were once formatted and hold nothing
        names.pop()
    return tuple(names)
