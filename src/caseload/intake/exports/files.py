"""A file of an export → its grids, whichever kind of file it is."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from caseload.intake.exports.grid import Expected, Grid
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.texts import heads_of_text, read_csv_grid
from caseload.intake.exports.workbooks import heads_of_sheets, read_sheet_grids
from caseload.intake.unreadable import Unreadable

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")


def read_grids(
    path: Path, export: ExportMap | None, expected: Expected, wanted: Container[str] | None = None
) -> list[Grid]:
    """The tables that a file holds: one of a CSV file, one of each sheet of a workbook that has the expected header.

    Raises `Unreadable`, or `OSError`.
    """
    header_rows = export.header_rows if export else 1
    if is_workbook(path):
        sheet, hidden = (export.sheet, export.hidden_rows) if export else ("", "read")
        return read_sheet_grids(path, expected, wanted, sheet=sheet, header_rows=header_rows, hidden_rows=hidden)
    encoding, delimiter = (export.encoding, export.delimiter) if export else ("", "")
    return [read_csv_grid(path, expected, wanted, encoding=encoding, delimiter=delimiter, header_rows=header_rows)]


def heads(path: Path) -> list[list[list[str]]]:
    """The rows at the top of a file, however they may be read: by each delimiter, or of each sheet that can be seen.

    Raises `Unreadable`, or `OSError`.
    """
    return heads_of_sheets(path) if is_workbook(path) else heads_of_text(path)


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook by its name. Raises `Unreadable` for what is neither that nor text."""
    suffix = path.suffix.lower()
    if suffix not in (*WORKBOOKS, *TEXTS):
        action = "Export as CSV or Excel (.xlsx), or save it as one of these."
        raise Unreadable("a file .csv, .tsv, .txt or .xlsx", "a file of another kind", action)
    return suffix in WORKBOOKS
