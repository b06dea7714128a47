"""Workbooks of exports: a sheet of any of them → a grid of text, after a look at how large it would become."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from caseload.intake.content import Content
from caseload.intake.exports.grid import (
    HEADER_WITHIN,
    MOST_COLUMNS,
    SAMPLE,
    Expected,
    Grid,
    first_header_row,
    header_row,
    joined_header,
    plain_header,
)
from caseload.intake.exports.sheet_doubts import may_be_swapped, refuse_uncalculated, treat_hidden
from caseload.intake.plain import float_text, whole_second
from caseload.intake.showable import is_naming
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook import damage_said, facts_of, open_workbook
from caseload.intake.workbook_facts import SheetFacts

MOST_EXACT = 1e15  # a spreadsheet keeps 15 digits of a number: those of a longer one are lost


def read_sheet_grids(
    file: Content,
    expected: Expected,
    wanted: Container[str] | None = None,
    *,
    sheet: str = "",
    header_rows: int = 1,
    hidden_rows: str = "refuse",
) -> list[Grid]:
    """Sheets of a workbook as grids: the one that is named, or all that show the `expected` header.

    Where none does, all sheets that can be seen and hold something. Dates become ISO 8601 text, whole numbers lose
    their decimals; `hidden_rows` is what the map says of rows that a filter hides. Raises `Unreadable`.
    """
    workbook = open_workbook(file)
    with damage_said():
        read, notes = _sheets(workbook, expected, sheet, header_rows)
        labels = _labels(workbook)
        facts = facts_of(file, workbook, [one.name for one in read])
        of_sheet = [facts.sheets.get(one.name, SheetFacts()) for one in read]
        grids = [
            _grid(f"{file.name}, sheet {labels[one.name]}", one, expected, wanted, header_rows, known)
            for one, known in zip(read, of_sheet, strict=True)
        ]
    for grid, known in zip(grids, of_sheet, strict=True):
        _, grid.sha256, _ = file.fingerprint
        grid.from_1904 = facts.from_1904
        treat_hidden(grid, known, hidden_rows)
    grids[0].notes += notes
    return grids


def heads_of_sheets(file: Content, header_rows: int = 1) -> list[list[list[str]]]:
    """The rows at the top of every sheet that can be seen. Raises `Unreadable`."""
    workbook = open_workbook(file)
    with damage_said():
        return [_head(workbook.get_sheet_by_name(name), header_rows) for name in _visible(workbook)]


def _visible(workbook: CalamineWorkbook) -> list[str]:
    return [entry.name for entry in workbook.sheets_metadata if entry.visible == SheetVisibleEnum.Visible]


def _sheets(
    workbook: CalamineWorkbook, expected: Expected, name: str, header_rows: int
) -> tuple[list[CalamineSheet], list[str]]:
    """The sheets to read, and what to say of the others."""
    if name:
        if name not in workbook.sheet_names:
            raise Unreadable("the sheet that the map names", "no such sheet", "Correct sheet in the map, or remove it.")
        return [workbook.get_sheet_by_name(name)], []
    visible = _visible(workbook)
    sheets = {title: workbook.get_sheet_by_name(title) for title in workbook.sheet_names}
    filled = [title for title, sheet in sheets.items() if sheet.height]
    alike = [
        title for title in filled if header_row(_head(sheets[title], header_rows), expected, header_rows) is not None
    ]
    read = [title for title in alike if title in visible]
    hidden = [title for title in alike if title not in visible]
    if hidden and not read:
        action = "Show the sheet in the spreadsheet and save, or name it in the map (sheet = …)."
        raise Unreadable("a sheet that can be seen with this header", "such a header in a hidden sheet alone", action)
    labels = _labels(workbook)
    notes = [_unread("hidden", [labels[one] for one in hidden])] if hidden else []
    if not read:
        read = [title for title in filled if title in visible]
    elif others := [title for title in filled if title not in (*read, *hidden)]:
        notes.append(_unread("without the header", [labels[one] for one in others]))
    if not read:
        raise Unreadable("a header and rows of data", "an empty workbook", "Export the file again.")
    return [sheets[title] for title in read], notes


def _labels(workbook: CalamineWorkbook) -> dict[str, str]:
    """What messages call each sheet: by its name, or where that may be somebody's by its place, counted from 1."""
    names = enumerate(workbook.sheet_names, start=1)
    return {name: name if is_naming(name) else str(place) for place, name in names}


def _unread(why: str, labels: Sequence[str]) -> str:
    return f"Sheets not read, because they are {why}: {', '.join(labels)}."


def _head(sheet: CalamineSheet, header_rows: int) -> list[list[str]]:
    """The rows at the top, among which the header is; a merged cell's text stands in all of its cells of one row."""
    rows = []
    for row in sheet.iter_rows():
        rows.append([(_text(cell) or "").strip() for cell in row])
        if len(rows) == HEADER_WITHIN + header_rows:
            break
    for (top, left), (_, right) in sheet.merged_cell_ranges or []:
        if top < len(rows):
            for place in range(left, min(right + 1, len(rows[top]))):
                rows[top][place] = rows[top][left]
    return rows


def _grid(
    label: str,
    sheet: CalamineSheet,
    expected: Expected,
    wanted: Container[str] | None,
    header_rows: int,
    facts: SheetFacts,
) -> Grid:
    head = _head(sheet, header_rows)
    start = first_header_row(head, expected, header_rows)
    header = joined_header(head[start : start + header_rows])
    if not any(header) or len(header) > MOST_COLUMNS:
        expected_text = f"a header of at most {MOST_COLUMNS} columns"
        raise Unreadable(expected_text, "none, or a longer one", "Put the column names into one row.")
    skipped = start + header_rows
    places = [place for place in range(len(header)) if wanted is None or plain_header(header[place]) in wanted] or [0]
    cells: dict[int, list[Any]] = {place: [] for place in places}
    sample: list[list[str]] = []
    count = 0
    for number, row in enumerate(sheet.iter_rows()):
        if number < skipped:
            continue
        count += 1
        if count <= SAMPLE:
            sample.append([_text(cell) or "" for cell in row])
        for place, column in cells.items():
            column.append(row[place] if place < len(row) else None)
    _put_errors(cells, facts, skipped + 1)
    columns = {place: pa.array(list(map(_text, column)), pa.string()) for place, column in cells.items()}
    grid = Grid(label, header, columns, np.arange(count, dtype=np.int64) + skipped + 1, sample=sample)
    grid.swapped = {place for place, column in cells.items() if may_be_swapped(column)}
    refuse_uncalculated(grid, facts, places)
    return grid


def _put_errors(cells: dict[int, list[Any]], facts: SheetFacts, first: int) -> None:
    """Errors of formulas as the text that the spreadsheet shows; the library leaves such cells empty."""
    for (row, place), text in facts.errors.items():
        if place in cells and 0 <= row - first < len(cells[place]):
            cells[place][row - first] = text


def _text(cell: object) -> str | None:
    """A cell as text: what a spreadsheet stores as a date or a number as we write dates and numbers."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.14E}" if abs(cell) >= MOST_EXACT else float_text(cell)
    if isinstance(cell, dt.datetime):
        moment = whole_second(cell)
        return (moment if moment.time() != dt.time.min else moment.date()).isoformat()
    if isinstance(cell, dt.timedelta):
        seconds = round(cell.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(cell)  # whole numbers, dates and times of day
