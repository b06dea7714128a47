"""Workbooks of Excel 97 to 2003 (.xls): how large they become when they are opened, and what they say of their cells.

A sheet becomes a rectangle from its first to its last cell, whatever lies between them, so every record is looked at.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from caseload.intake.compound_file import workbook_stream
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook_facts import Place, SheetFacts, WorkbookFacts
from caseload.intake.workbook_limits import DAMAGED, MOST_CELLS, TOO_LARGE

MOST_COLUMNS = 256  # of a sheet in these versions
_BEGIN, _END, _SHEET, _SINCE_1904, _SHARED = 0x0809, 0x000A, 0x0085, 0x0022, 0x00FC
_ROW, _FORMULA, _ERROR, _MANY, _EXTENT = 0x0208, 0x0006, 0x0205, 0x00BD, 0x0200
_CELLS = frozenset({0x0203, 0x0204, 0x00D6, _ERROR, 0x027E, 0x00FD, _MANY, _FORMULA})
_HIDDEN = 0x20  # among a row's options
_SHORTEST_TEXT = 3  # bytes of one of the texts that cells share
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


class _Sheet(NamedTuple):
    cells: int  # of the rectangle
    facts: SheetFacts


def measure_old(data: bytes) -> None:
    """Refuse an .xls file that would not fit into memory. Raises `Unreadable`."""
    _, sheets = _read(data)
    if sum(sheet.cells for sheet in sheets) > MOST_CELLS:
        raise Unreadable(*TOO_LARGE)


def old_facts(data: bytes, names: list[str]) -> WorkbookFacts:
    """What an .xls file says of itself and its sheets, whose `names` are in the order of the file."""
    from_1904, sheets = _read(data)
    return WorkbookFacts(from_1904, {name: sheet.facts for name, sheet in zip(names, sheets, strict=False)})


def _read(data: bytes) -> tuple[bool, list[_Sheet]]:
    """Whether days are counted from 1904, and every sheet in the order of the file."""
    stream = workbook_stream(data)
    from_1904, places = False, []
    try:
        for kind, record in _records(stream, 0):
            if kind == _SHEET:
                places.append(struct.unpack_from("<I", record)[0])
            elif kind == _SINCE_1904:
                from_1904 = record[:2] == b"\1\0"
            elif kind == _SHARED and struct.unpack_from("<II", record)[1] > len(stream) // _SHORTEST_TEXT:
                raise Unreadable(*DAMAGED)
        return from_1904, [_sheet(stream, place) for place in places]
    except struct.error:
        raise Unreadable(*DAMAGED) from None


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    """The records from a place up to the end of its part; of parts within it, such as charts, none."""
    depth = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        depth += (kind == _BEGIN) - (kind == _END)
        if kind == _END and depth <= 0:
            return
        if depth <= 1:
            yield kind, stream[place + 4 : place + 4 + length]
        place += 4 + length


def _sheet(stream: bytes, place: int) -> _Sheet:
    rows, columns = 0, 0
    hidden: set[int] = set()
    errors: dict[Place, str] = {}
    for kind, record in _records(stream, place):
        if kind == _ROW:
            row, *_, options = struct.unpack_from("<6HI", record)
            hidden |= {row + 1} if options & _HIDDEN else set()
        elif kind == _EXTENT and struct.unpack_from("<2I2H", record)[3] > MOST_COLUMNS:  # room is made for all of it
            raise Unreadable(*TOO_LARGE)
        elif kind in _CELLS:
            row, column = struct.unpack_from("<2H", record)
            rows, columns = max(rows, row + 1), max(columns, column + 1 + (len(record) // 6 if kind == _MANY else 0))
            if columns > MOST_COLUMNS + 1:
                raise Unreadable(*TOO_LARGE)
            if text := _error(kind, record):
                errors[row + 1, column] = text
    return _Sheet(rows * columns, SheetFacts(frozenset(hidden), errors=errors))


def _error(kind: int, record: bytes) -> str:
    """The error that a cell shows; nothing where it shows none."""
    if kind == _ERROR and record[7:8] == b"\1":
        return _ERRORS.get(record[6], "#N/A")
    if kind == _FORMULA and record[6:7] == b"\2" and record[12:14] == b"\xff\xff":
        return _ERRORS.get(record[8], "#N/A")
    return ""
