"""A file of an export → its grids, whichever kind of file it is."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Container
from pathlib import Path

from caseload.intake.compound_file import SIGNATURE
from caseload.intake.exports.grid import Expected, Grid
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.packed import open_unpacked, read_unpacked, suffix_of
from caseload.intake.exports.texts import BEGIN, heads_of_text, read_csv_grid
from caseload.intake.exports.workbooks import heads_of_sheets, read_sheet_grids
from caseload.intake.unreadable import Unreadable

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
_ZIP = b"PK\3\4"
_MARKUP = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<style", b"<head", b"<body", b"<div")
_PAGE = ("text or a workbook", "a web page under another name", "Open it in a spreadsheet, and save it as .xlsx.")


def read_grids(
    path: Path, export: ExportMap | None, expected: Expected, wanted: Container[str] | None = None
) -> list[Grid]:
    """The tables that a file holds: one of a CSV file, one of each sheet of a workbook that has the expected header.

    Raises `Unreadable`, or `OSError`.
    """
    _require_table(path)
    content = read_unpacked(path)
    header_rows = export.header_rows if export else 1
    if is_workbook(path, content.data):
        sheet, hidden = (export.sheet, export.hidden_rows) if export else ("", "read")
        return read_sheet_grids(content, expected, wanted, sheet=sheet, header_rows=header_rows, hidden_rows=hidden)
    encoding, delimiter = (export.encoding, export.delimiter) if export else ("", "")
    return [read_csv_grid(content, expected, wanted, encoding=encoding, delimiter=delimiter, header_rows=header_rows)]


def heads(path: Path) -> list[list[list[str]]]:
    """The rows at the top of a file, however they may be read: by each delimiter, or of each sheet that can be seen.

    Raises `Unreadable`, or `OSError`.
    """
    _require_table(path)
    with open_unpacked(path) as stream:
        begin = stream.read(BEGIN)
    return heads_of_sheets(read_unpacked(path)) if is_workbook(path, begin) else heads_of_text(begin)


def is_workbook(path: Path, begin: bytes) -> bool:
    """Whether a file is a workbook, by what it begins with; programs write text and web pages as .xls, too.

    Raises `Unreadable` for a web page.
    """
    if begin.startswith((_ZIP, SIGNATURE)):
        return True
    if begin[:100].removeprefix(BOM_UTF8).lstrip().lower().startswith(_MARKUP):
        raise Unreadable(*_PAGE)
    return suffix_of(path) in WORKBOOKS and suffix_of(path) != ".xls"


def _require_table(path: Path) -> None:
    """Raises `Unreadable` for a file that its name says is neither a workbook nor text."""
    if suffix_of(path) not in (*WORKBOOKS, *TEXTS):
        action = "Export as CSV or Excel (.xlsx), or save it as one of these."
        expected = "a file .csv, .tsv, .txt, .xlsx, .xls or .ods, or one of these packed as .gz"
        raise Unreadable(expected, "a file of another kind", action)
