"""Workbooks of exports: a sheet of an .xlsx file → a grid of text, after a look at how large it would become.

A workbook is a zip file of XML: a small one can be made that fills any memory. It is measured before it is opened.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from caseload.intake.exports.grid import (
    HEADER_WITHIN,
    MOST_COLUMNS,
    Expected,
    Grid,
    fullest_row,
    header_row,
    joined_header,
    plain_header,
)
from caseload.intake.plain import float_text
from caseload.intake.unreadable import Unreadable

LARGEST_UNPACKED = 2 << 30  # bytes of all parts of a workbook; a million rows of twenty columns take about 1 GB
MOST_CELLS = 60_000_000  # of one sheet, between its first and its last cell
LONGEST_TEXTS = 512 << 20  # bytes of the texts that cells share
_CHUNK = 1 << 20
_REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_OVERLAP = 32  # bytes: a reference may lie across two chunks
_DAMAGED = ("a workbook that can be read", "a damaged, encrypted or cut-off file", "Save or export it again as .xlsx.")
_TOO_LARGE = ("a workbook of a practice's size", "one that unpacks to far more", "Export fewer months, or as CSV.")


def read_sheet_grid(
    path: Path,
    expected: Expected,
    wanted: Container[str] | None = None,
    *,
    sheet: str = "",
    header_rows: int = 1,
) -> Grid:
    """A sheet of a workbook as a grid: the one that is named, or the first that holds the `expected` header.

    Dates become ISO 8601 text, whole numbers lose their decimals. Raises `Unreadable`, or `OSError`.
    """
    _measure(path)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        found = _sheet(workbook, expected, sheet)
        return _grid(path.name, found, expected, wanted, header_rows)
    except CalamineError:
        raise Unreadable(*_DAMAGED) from None


def _measure(path: Path) -> None:
    """Refuse what would not fit into memory. What the file says of itself is not believed: every part is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Unreadable(*_TOO_LARGE)
            total = 0
            for part in parts:
                with archive.open(part) as stream:
                    total += _size(stream, part.filename)
                if total > LARGEST_UNPACKED:
                    raise Unreadable(*_TOO_LARGE)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise Unreadable(*_DAMAGED) from None


def _size(stream: Any, name: str) -> int:
    """Bytes of one part. Sheets whose cells lie too far apart are refused: a cell far out makes all before it."""
    is_sheet = name.startswith("xl/worksheets/")
    most = LONGEST_TEXTS if name.endswith("sharedStrings.xml") else LARGEST_UNPACKED
    size, kept, columns, rows = 0, b"", 0, 0
    while chunk := stream.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise Unreadable(*_TOO_LARGE)
        if is_sheet:
            for letters, row in _REFERENCE.findall(kept + chunk):
                columns, rows = max(columns, _column_number(letters)), max(rows, int(row))
            if columns * rows > MOST_CELLS:
                raise Unreadable(*_TOO_LARGE)
            kept = chunk[-_OVERLAP:]
    return size


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet(workbook: CalamineWorkbook, expected: Expected, name: str) -> CalamineSheet:
    if name:
        if name not in workbook.sheet_names:
            raise Unreadable("the sheet that the map names", "no such sheet", "Correct sheet in the map, or remove it.")
        return workbook.get_sheet_by_name(name)
    sheets = [workbook.get_sheet_by_name(found) for found in workbook.sheet_names]
    for sheet in sheets:
        if header_row(_first_rows(sheet), expected) is not None:
            return sheet
    filled = [sheet for sheet in sheets if sheet.height]
    if not filled:
        raise Unreadable("a header and rows of data", "an empty workbook", "Export the file again.")
    return filled[0]


def _first_rows(sheet: CalamineSheet, count: int = HEADER_WITHIN) -> list[list[str]]:
    rows = []
    for row in sheet.iter_rows():
        rows.append([(_text(cell) or "").strip() for cell in row])
        if len(rows) == count:
            break
    return rows


def _grid(
    file: str,
    sheet: CalamineSheet,
    expected: Expected,
    wanted: Container[str] | None,
    header_rows: int,
) -> Grid:
    head = _first_rows(sheet, HEADER_WITHIN + header_rows)
    place = header_row(head, expected)
    last = fullest_row(head) if place is None else place
    start = max(last - (header_rows - 1), 0)
    header = joined_header(_merged(head[start : start + header_rows], sheet, start))
    if not any(header) or len(header) > MOST_COLUMNS:
        expected_text = f"a header of at most {MOST_COLUMNS} columns"
        raise Unreadable(expected_text, "none, or a longer one", "Put the column names into one row.")
    skipped = start + header_rows
    places = [place for place in range(len(header)) if wanted is None or plain_header(header[place]) in wanted] or [0]
    cells: dict[int, list[str | None]] = {place: [] for place in places}
    count = 0
    for number, row in enumerate(sheet.iter_rows()):
        if number < skipped:
            continue
        count += 1
        for place, column in cells.items():
            column.append(_text(row[place]) if place < len(row) else None)
    columns = {place: pa.array(column, pa.string()) for place, column in cells.items()}
    return Grid(f"{file}, sheet {sheet.name}", header, columns, np.arange(count, dtype=np.int64) + skipped + 1)


def _merged(rows: list[list[str]], sheet: CalamineSheet, start: int) -> list[list[str]]:
    """Header rows with every merged cell's text in all of its cells."""
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        for row in range(max(top - start, 0), min(bottom - start + 1, len(rows))):
            for place in range(left, min(right + 1, len(rows[row]))):
                if top >= start:
                    rows[row][place] = rows[top - start][left] if row == top - start else rows[row][place]
    return rows


def _text(cell: object) -> str | None:
    """A cell as text: what a spreadsheet stores as a date or a number as we write dates and numbers."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return float_text(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep="T")
    if isinstance(cell, dt.timedelta):
        seconds = int(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell)  # whole numbers, dates and times of day
