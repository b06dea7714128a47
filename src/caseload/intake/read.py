"""Files → raw tables: a folder of CSV and Parquet files, the sheets of a workbook. No table is interpreted here.

A file that cannot be read becomes a problem beside those of the other files.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
from python_calamine import CalamineWorkbook

from caseload.errors import Problem, unusable
from caseload.intake.content import Content
from caseload.intake.csv_file import read_csv
from caseload.intake.history import FILE as HISTORY
from caseload.intake.history import MOST_BYTES as LONGEST_HISTORY
from caseload.intake.history import history_in, notes_of
from caseload.intake.mistaken import how_to_begin, mistaken_practice
from caseload.intake.moment import Files, read_at_once
from caseload.intake.parquet_file import read_parquet
from caseload.intake.raw import RawTable, Reading
from caseload.intake.same_people import FILE as SAME_PEOPLE
from caseload.intake.same_people import MOST_BYTES as LONGEST_SAME_PEOPLE
from caseload.intake.same_people import same_people
from caseload.intake.settings import FILE as SETTINGS
from caseload.intake.settings import MOST_BYTES as LONGEST_SETTINGS
from caseload.intake.settings import read_settings
from caseload.intake.showable import unread_places
from caseload.intake.support_contacts import FILE as SUPPORT
from caseload.intake.support_contacts import MOST_BYTES, read_contacts
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook import WORKBOOK, open_workbook, read_sheet

LONGEST_NAME = 80  # characters of a path's name that a message repeats
BESIDE = ("agenda.csv", SUPPORT, SETTINGS, SAME_PEOPLE)  # what belongs to a workbook
NO_SHEET = (
    "Call its sheet of appointments sessions. Of an export, this makes a practice: caseload import {} --to practice"
)
AGENDA = "agenda"  # always agenda.csv: the notebook writes it beside the data
pa.array(pd.period_range("2000-01", periods=1, freq="M"))  # on first use, pandas makes its months known to Arrow
UNREADABLE = (Unreadable, OSError, UnicodeDecodeError, csv.Error, pa.ArrowException)  # what a reader may raise


Fingerprint = tuple[str, str, int]
"""A file's name, the SHA-256 of what was read of it, and its bytes."""


@dataclass(frozen=True)
class Source:
    """Where a table is: a file or a sheet of it, as notes name it; and how to read it, with the file's fingerprint."""

    table: str
    file: str
    label: str
    load: Callable[[], tuple[RawTable, Fingerprint]]


def read_files(path: Path, tables: Collection[str] = tuple(TABLES)) -> Reading:
    """Read a practice folder, or one workbook and the `agenda.csv` and `support.toml` beside it; or only `tables`.

    All files are of one moment: a practice that changes meanwhile is read again, and refused if it goes on changing.
    """
    if reason := unusable(path):
        expected = "a practice folder or a workbook (.xlsx)"
        return _refused(path.name[:LONGEST_NAME], expected, reason, "Check the path.")
    try:
        reading = read_at_once(path, BESIDE, partial(_read_files, tables=tables, given=path))
    except OSError as error:
        return Reading(problems=[unreadable(path.name, error)])
    if reading is not None:
        return reading
    expected, seen = "a practice that stays as it is while it is read", "files that change all the time"
    return _refused(path.name, expected, seen, "Wait until the import, or whatever writes there, is done.")


def _refused(name: str, expected: str, found: str, action: str) -> Reading:
    return Reading(problems=[Problem(name, "", (), 0, expected, found, action)])


def _read_files(files: Files, tables: Collection[str], given: Path) -> Reading:
    reading = Reading()
    if files.only is not None and (problem := mistaken_practice(given)):
        return Reading(problems=[problem])
    by_table: dict[str, list[Source]] = {}
    others: list[str] = []
    for name in (one for one in files.names if one != SAME_PEOPLE):
        for source in _sources(files, name, reading):
            if source.table not in TABLES:
                others.append(source.label)
            elif _is_contracted(source, reading) and source.table in tables:
                by_table.setdefault(source.table, []).append(source)
    reading.notes += unread_places(others)
    read: set[Fingerprint] = set()
    for sources in by_table.values():
        read |= _load(sources, reading)
    read |= _read_support(files, reading) | _read_settings(files, reading) | _read_history(files, reading)
    read |= _read_same_people(files, reading)
    reading.files = sorted(read)
    reading.require_sessions(NO_SHEET.format(given.name) if files.only else how_to_begin(given, files.names))
    return reading


def _read_support(files: Files, reading: Reading) -> set[Fingerprint]:
    """Read the support contacts; the file that holds them, if there is one."""
    other = [name for name in files.names if name != SUPPORT == name.lower()]
    reading.notes += [f"{name}: not read, support contacts are always in {SUPPORT}." for name in other]
    if other or not files.exists(SUPPORT):  # a disk that takes both names for one finds the other
        return set()
    try:
        content = files.read(SUPPORT, MOST_BYTES)
    except (Unreadable, OSError) as error:
        reading.support_problems = [unreadable(SUPPORT, error)]
        return set()
    reading.support_contacts, reading.support_problems = read_contacts(content.data)
    return {content.fingerprint}


def _read_settings(files: Files, reading: Reading) -> set[Fingerprint]:
    """Read the practice's settings; the file that holds them, if there is one."""
    if not files.exists(SETTINGS):
        return set()
    try:
        content = files.read(SETTINGS, LONGEST_SETTINGS)
    except (Unreadable, OSError) as error:
        reading.problems.append(unreadable(SETTINGS, error))
        return set()
    reading.settings, problems = read_settings(content.data)
    reading.problems += problems
    return {content.fingerprint}


def _read_same_people(files: Files, reading: Reading) -> set[Fingerprint]:
    """Read who is the same person under two identifiers; the file that says so, if there is one."""
    if not files.exists(SAME_PEOPLE):
        return set()
    try:
        content = files.read(SAME_PEOPLE, LONGEST_SAME_PEOPLE)
        reading.same_people = same_people(content.data)
    except (Unreadable, OSError) as error:
        reading.problems.append(unreadable(SAME_PEOPLE, error))
        return set()
    return {content.fingerprint}


def _read_history(files: Files, reading: Reading) -> set[Fingerprint]:
    """Note what is to be known of the exports that a folder was made of; the file that says so, if there is one."""
    if files.only is not None or not files.exists(HISTORY):
        return set()
    try:
        content = files.read(HISTORY, LONGEST_HISTORY)
    except (Unreadable, OSError):
        reading.notes += notes_of(None)
        return set()
    reading.notes += notes_of(history_in(content.data))
    return {content.fingerprint}


def _sources(files: Files, name: str, reading: Reading) -> list[Source]:
    """The tables that a file holds; none for a file that is no table, such as a README."""
    readers = {".csv": read_csv, ".parquet": read_parquet}
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    if suffix in readers and (stem in TABLES or files.is_file(name)):  # what has a table's name is one, whatever it is
        return [Source(stem, name, name, partial(_load_file, files, name, readers[suffix]))]
    if suffix != WORKBOOK:
        return []
    try:
        content = files.read(name)
        workbook = open_workbook(content)
    except (Unreadable, OSError) as error:
        reading.problems.append(unreadable(name, error))
        return []
    label = f"{name}, sheet {{}}"
    return [
        Source(sheet, name, label.format(sheet), partial(_load_sheet, workbook, sheet, label.format(sheet), content))
        for sheet in workbook.sheet_names
    ]


def _load_file(files: Files, name: str, reader: Callable[[Content], RawTable]) -> tuple[RawTable, Fingerprint]:
    content = files.read(name)
    return reader(content), content.fingerprint


def _load_sheet(workbook: CalamineWorkbook, name: str, label: str, content: Content) -> tuple[RawTable, Fingerprint]:
    return read_sheet(workbook, name, label), content.fingerprint


def _is_contracted(source: Source, reading: Reading) -> bool:
    if source.table == AGENDA and not source.file.lower().endswith(".csv"):
        reading.notes.append(f"{source.label}: not read, the agenda is always {AGENDA}.csv.")
        return False
    return True


def _load(sources: list[Source], reading: Reading) -> set[Fingerprint]:
    """Read one table; the file that holds it."""
    table = sources[0].table
    if len(sources) > 1:
        found = " and ".join(source.label for source in sources)
        reading.problems.append(Problem(table, "", (), 0, "one file or sheet", found, "Keep one of them."))
        return set()
    try:
        reading.tables[table], fingerprint = sources[0].load()
    except UNREADABLE as error:
        reading.problems.append(unreadable(table, error))
        return set()
    return {fingerprint}


def unreadable(table: str, error: Exception) -> Problem:
    """What was raised while a file was read, as a problem of its table."""
    if isinstance(error, Unreadable):
        return Problem(table, "", (), 0, error.expected, error.found, error.action)
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
        action = "Save the file again as CSV UTF-8."
        return Problem(table, "", (), 0, "text in UTF-8", "text in another encoding", action)
    if isinstance(error, FileNotFoundError):
        return Problem(table, "", (), 0, "a file that can be read", "no such file", "Check the path.")
    if isinstance(error, PermissionError):
        action = "Give yourself the right to read it, or close the program that has it open."
        return Problem(table, "", (), 0, "a file that can be read", "no permission to read it", action)
    action = "Export the file again, and check that it can be opened."
    return Problem(table, "", (), 0, "a file that can be read", "a damaged or locked file", action)
