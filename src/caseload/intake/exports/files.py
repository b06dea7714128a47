"""A file of an export → its grid, whichever kind of file it is."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from caseload.intake.exports.grid import Expected, Grid
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.texts import read_csv_grid
from caseload.intake.exports.workbooks import read_sheet_grid
from caseload.intake.unreadable import Unreadable

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")


def read_grid(path: Path, export: ExportMap | None, expected: Expected, wanted: Container[str] | None = None) -> Grid:
    """The table that a CSV file or a workbook holds. Raises `Unreadable`, or `OSError`."""
    header_rows = export.header_rows if export else 1
    suffix = path.suffix.lower()
    if suffix in WORKBOOKS:
        return read_sheet_grid(path, expected, wanted, sheet=export.sheet if export else "", header_rows=header_rows)
    if suffix not in TEXTS:
        action = "Export as CSV or Excel (.xlsx), or save it as one of these."
        raise Unreadable("a file .csv, .tsv, .txt or .xlsx", "a file of another kind", action)
    encoding, delimiter = (export.encoding, export.delimiter) if export else ("", "")
    return read_csv_grid(path, expected, wanted, encoding=encoding, delimiter=delimiter, header_rows=header_rows)
