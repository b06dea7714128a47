"""What was given in the place of an export or of a practice, told by its first bytes: what it is, and what to do.

Each is one sentence and an advice, and holds nothing of the file's content.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from caseload.errors import Problem
from caseload.intake.content import open_file
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable

START = 4096  # bytes that tell the kind of a file, and hold the header of a practice's own table
OPEN_IN_EXCEL = "~$"  # how the name of a file begins that Excel leaves beside a workbook while it is open
CHECK = "Check its name, and the folder that it is in."
CLOSE = "Close it where it is open, for example in Excel, or give yourself the right to read it."
_EXPORT_TABLE = "Export the report again as CSV or Excel (.xlsx)."
_SAVE_AS = "Open it, and save the table as Excel (.xlsx) or CSV."
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_STARTS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "this is a PDF, a printed page and no table", _EXPORT_TABLE),
    (b"\x89PNG", "this is a picture", _EXPORT_TABLE),
    (b"\xff\xd8\xff", "this is a picture", _EXPORT_TABLE),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<table", b"<meta")
UNREAD_PARTS: tuple[tuple[str, str, str], ...] = (  # of a zip archive: what is read nowhere
    ("xl/workbook.bin", "this workbook is a binary one (.xlsb)", "Open it in Excel, and save it as .xlsx."),
    ("word/", "this is a document of Word", _SAVE_AS),
    ("Index/", "this is a file of Numbers or Pages", _SAVE_AS),
)
EXPORTS_PARTS = (("content.xml", "this is a file of LibreOffice", _SAVE_AS),)  # what exports may be, and no practice
_WORKBOOK_PARTS = ("xl/", "content.xml")
WORKBOOKS = (".xlsx", ".xlsm")


def mistaken_export(path: Path) -> Problem | None:
    """What is wrong with a path that should be an exported file; None for what may be one."""
    if path.is_dir():
        if holds_practice(path):
            found = "this is a practice folder, which an import writes into"
            return _told(path, found, "Give the exported file, and this folder by --to.")
        return _told(path, "this is a folder", "Give the exported files in it.")
    return _missing(path) or _of_kind(path, UNREAD_PARTS)


def mistaken_practice(path: Path) -> Problem | None:
    """What is wrong with a path that should be a practice's folder or workbook; None for what may be one."""
    if path.is_dir():
        return None
    if problem := _missing(path) or _of_kind(path, (*UNREAD_PARTS, *EXPORTS_PARTS)) or _old_workbook(path):
        return problem
    if path.suffix.lower() in WORKBOOKS[:1]:
        return None
    if is_own_table(path):
        return _told(path, "this is one table of a practice", "Give the folder that it is in.")
    found = "this is a file, and a practice is a folder or a workbook (.xlsx)"
    return _told(path, found, f"Of an export, this makes one: caseload import {path.name} --to practice")


def is_own_table(path: Path) -> bool:
    """Whether a file is a table of a practice already, by its name and its header."""
    if path.stem not in TABLES:
        return False
    try:
        text = _start(path).decode("utf-8-sig", errors="replace")
    except (OSError, Unreadable):
        return False
    header = {cell.strip() for cell in next(csv.reader(io.StringIO(text)), [])}
    return {column.name for column in TABLES[path.stem].columns if column.required} <= header


def holds_practice(folder: Path) -> bool:
    """Whether a folder holds a table of appointments."""
    try:
        return any((folder / f"sessions{suffix}").is_file() for suffix in (".csv", ".parquet"))
    except OSError:
        return False


def how_to_begin(folder: Path, names: Sequence[str]) -> str:
    """What to do where a folder of these names holds no appointments."""
    within = [name for name in names if holds_practice(folder / name)]
    if within:
        return f"The practice seems to be the folder {within[0]} in it: give that one."
    if any(Path(name).suffix.lower() in (".csv", *WORKBOOKS) for name in names):
        return "If it holds exports, make a practice of them: caseload import FILE --to practice"
    return "Put sessions.csv, sessions.parquet or a workbook with a sheet sessions into the folder."


def _missing(path: Path) -> Problem | None:
    if path.name.startswith(OPEN_IN_EXCEL):
        found = "this is what Excel leaves beside a workbook that is open"
        return _told(path, found, f"Close Excel, and give {path.name.removeprefix(OPEN_IN_EXCEL)} itself.")
    return None if path.exists() else _told(path, "nothing at this path", CHECK)


def _of_kind(path: Path, unread: Sequence[tuple[str, str, str]]) -> Problem | None:
    """What kind of file this is, where it can be no table; `unread` are the kinds of zip archives that are none."""
    try:
        start = _start(path)
    except PermissionError:
        return _told(path, "no permission to read it, or another program has it open", CLOSE)
    except (OSError, Unreadable):  # its reader says why
        return None
    for begins, found, action in _STARTS:
        if start.startswith(begins):
            return _told(path, found, action)
    if start.startswith(b"PK\x03\x04"):
        return _packed(path, unread)
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        action = "Open it in a spreadsheet, and save it as .xlsx."
        return _told(path, "this is a web page under another name", action)
    return None


def _old_workbook(path: Path) -> Problem | None:
    """That a practice's workbook is of the old kind, or has a password, which looks alike from outside."""
    try:
        if not _start(path).startswith(_OLD_WORKBOOK):
            return None
    except (OSError, Unreadable):
        return None
    if path.suffix.lower() in WORKBOOKS:
        found = "this workbook has a password, or is of the old kind (.xls)"
        return _told(path, found, "Open it in Excel, take the password off, and save it as .xlsx.")
    return _told(path, "this is a workbook of the old kind (.xls)", "Open it in Excel, and save it as .xlsx.")


def _packed(path: Path, unread: Sequence[tuple[str, str, str]]) -> Problem | None:
    """What a file in the form of a zip archive is; a workbook is one too."""
    try:
        with open_file(path) as stream, zipfile.ZipFile(stream) as archive:
            names = archive.namelist()
    except (OSError, Unreadable, zipfile.BadZipFile, ValueError):  # its reader says why
        return None
    for part, found, action in unread:
        if any(name.startswith(part) for name in names):
            return _told(path, found, action)
    if any(name.startswith(_WORKBOOK_PARTS) for name in names):
        return None
    return _told(path, "this is a zip archive", "Unpack it first, and give the files in it.")


def _start(path: Path) -> bytes:
    with open_file(path) as stream:
        return stream.read(START)


def _told(path: Path, found: str, action: str) -> Problem:
    return Problem(path.name or str(path), "", (), 0, "", found, action)
