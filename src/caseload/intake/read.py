"""Files → raw tables: a folder of CSV and Parquet files, the sheets of a workbook. No table is interpreted here.

A file that cannot be read becomes a problem beside those of the other files.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
from python_calamine import CalamineWorkbook

from caseload.errors import Problem, unusable
from caseload.intake.content import Content, read_content
from caseload.intake.csv_file import read_csv
from caseload.intake.history import FILE as HISTORY
from caseload.intake.history import notes_of, read_history_file
from caseload.intake.moment import read_at_once
from caseload.intake.parquet_file import read_parquet
from caseload.intake.raw import RawTable, Reading
from caseload.intake.showable import unread_places
from caseload.intake.support_contacts import FILE as SUPPORT
from caseload.intake.support_contacts import MOST_BYTES, read_contacts
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook import WORKBOOK, open_workbook, read_sheet

LONGEST_NAME = 80  # characters of a path's name that a message repeats
AGENDA = "agenda"  # always agenda.csv: the notebook writes it beside the data
pa.array(pd.period_range("2000-01", periods=1, freq="M"))  # on first use, pandas makes its months known to Arrow
UNREADABLE = (Unreadable, OSError, UnicodeDecodeError, csv.Error, pa.ArrowException)  # what a reader may raise


Fingerprint = tuple[str, str, int]
"""A file's name, the SHA-256 of what was read of it, and its bytes."""


@dataclass(frozen=True)
class Source:
    """Where a table is: a file or a sheet of it, as notes name it; and how to read it, with the file's fingerprint."""

    table: str
    file: Path
    label: str
    load: Callable[[], tuple[RawTable, Fingerprint]]


def read_files(path: Path, tables: Collection[str] = tuple(TABLES)) -> Reading:
    """Read a practice folder, or one workbook and the `agenda.csv` and `support.toml` beside it; or only `tables`.

    All files are of one moment: a practice that changes meanwhile is read again, and refused if it goes on changing.
    """
    if reason := unusable(path):
        expected = "a practice folder or a workbook (.xlsx)"
        return Reading(problems=[Problem(path.name[:LONGEST_NAME], "", (), 0, expected, reason, "Check the path.")])
    beside = (f"{AGENDA}.csv", SUPPORT)
    found = read_at_once(path, beside, partial(_read_files, path, tables))
    if found is not None:
        return found
    expected, seen = "a practice that stays as it is while it is read", "files that change all the time"
    action = "Wait until the import, or whatever writes there, is done."
    return Reading(problems=[Problem(path.name, "", (), 0, expected, seen, action)])


def _read_files(path: Path, tables: Collection[str]) -> Reading:
    reading = Reading()
    found: dict[str, list[Source]] = {}
    others: list[str] = []
    for file in _table_files(path, reading):
        for source in _sources(file, reading):
            if source.table not in TABLES:
                others.append(source.label)
            elif _is_contracted(source, reading) and source.table in tables:
                found.setdefault(source.table, []).append(source)
    reading.notes += unread_places(others)
    read: set[Fingerprint] = set()
    for sources in found.values():
        read |= _load(sources, reading)
    read |= _read_support(path, reading) | _read_history(path, reading)
    reading.files = sorted(read)
    reading.require_sessions()
    return reading


def _read_support(path: Path, reading: Reading) -> set[Fingerprint]:
    """Read the support contacts; the file that holds them, if there is one."""
    folder = path if path.is_dir() else path.parent
    other = [file.name for file in _entries(folder, Reading()) if file.name != SUPPORT == file.name.lower()]
    reading.notes += [f"{name}: not read, support contacts are always in {SUPPORT}." for name in sorted(other)]
    file = folder / SUPPORT
    if other or not file.exists():  # a disk that takes both names for one finds the other
        return set()
    try:
        content = read_content(file, MOST_BYTES)
    except (Unreadable, OSError) as error:
        reading.support_problems = [unreadable(SUPPORT, error)]
        return set()
    reading.support_contacts, reading.support_problems = read_contacts(content.data)
    return {content.fingerprint}


def _read_history(path: Path, reading: Reading) -> set[Fingerprint]:
    """Note what is to be known of the exports that a folder was made of; the file that says so, if there is one."""
    if not (path / HISTORY).exists():
        return set()
    history, content = read_history_file(path)
    reading.notes += notes_of(history)
    return set() if content is None else {content.fingerprint}


def _entries(folder: Path, reading: Reading) -> list[Path]:
    """What is in a folder, in order of name; a problem where that cannot be seen."""
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        reading.problems.append(unreadable(folder.name, error))
        return []


def _table_files(path: Path, reading: Reading) -> Iterator[Path]:
    """The files that may hold tables; what has a table's name is among them, whatever it is."""
    if path.is_dir():
        files = (file for file in _entries(path, reading) if not file.name.startswith((".", "~$")))
        yield from (file for file in files if file.stem in TABLES or file.suffix.lower() == WORKBOOK or file.is_file())
    elif path.suffix.lower() == WORKBOOK and path.exists():
        yield path
        yield from (file for file in [path.parent / f"{AGENDA}.csv"] if file.exists())
    else:
        found = "a file of another kind" if path.exists() else "nothing at this path"
        reading.problems.append(
            Problem(path.name, "", (), 0, "a practice folder or a workbook (.xlsx)", found, "Check the path.")
        )


def _sources(file: Path, reading: Reading) -> list[Source]:
    """The tables that a file holds; none for a file that is no table, such as a README."""
    readers = {".csv": read_csv, ".parquet": read_parquet}
    suffix = file.suffix.lower()
    if suffix in readers:
        return [Source(file.stem, file, file.name, partial(_load_file, file, readers[suffix]))]
    if suffix != WORKBOOK:
        return []
    try:
        content = read_content(file)
        workbook = open_workbook(content)
    except (Unreadable, OSError) as error:
        reading.problems.append(unreadable(file.name, error))
        return []
    label = f"{file.name}, sheet {{}}"
    return [
        Source(name, file, label.format(name), partial(_load_sheet, workbook, name, label.format(name), content))
        for name in workbook.sheet_names
    ]


def _load_file(file: Path, reader: Callable[[Content], RawTable]) -> tuple[RawTable, Fingerprint]:
    content = read_content(file)
    return reader(content), content.fingerprint


def _load_sheet(workbook: CalamineWorkbook, name: str, label: str, content: Content) -> tuple[RawTable, Fingerprint]:
    return read_sheet(workbook, name, label), content.fingerprint


def _is_contracted(source: Source, reading: Reading) -> bool:
    if source.table == AGENDA and source.file.suffix.lower() != ".csv":
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
