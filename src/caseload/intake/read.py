"""Files → raw tables: a folder of CSV and Parquet files, the sheets of a workbook. No table is interpreted here.

A file that cannot be read becomes a problem beside those of the other files. CSV cells are read as text; only an
empty cell is missing, so an identifier "NA" stays one. Of Parquet only what is contracted is read.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.findings import FIRST_ROW
from caseload.intake.history import FILE as HISTORY
from caseload.intake.history import notes_of, read_history
from caseload.intake.plain import from_arrow
from caseload.intake.raw import RawTable, Reading, contracted
from caseload.intake.support_contacts import FILE as SUPPORT
from caseload.intake.support_contacts import read_contacts
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook import WORKBOOK, read_sheet, sheet_names

AGENDA = "agenda"  # always agenda.csv: the notebook writes it beside the data
pa.array(pd.period_range("2000-01", periods=1, freq="M"))  # on first use, pandas makes its months known to Arrow
_BLOCK = 1 << 24  # bytes of CSV parsed at a time; no row may be longer
UNREADABLE = (Unreadable, OSError, UnicodeDecodeError, csv.Error, pa.ArrowException)  # what a reader may raise


@dataclass(frozen=True)
class Source:
    """Where a table lies: a file or a sheet of it, as notes name it, and how to load it."""

    table: str
    file: Path
    label: str
    load: Callable[[], RawTable]


def read_files(path: Path, tables: Collection[str] = tuple(TABLES)) -> Reading:
    """Read a practice folder, or one workbook and the `agenda.csv` and `support.toml` beside it; or only `tables`."""
    reading = Reading()
    found: dict[str, list[Source]] = {}
    for file in _table_files(path, reading):
        for source in _sources(file, reading):
            if _is_contracted(source, reading) and source.table in tables:
                found.setdefault(source.table, []).append(source)
    for sources in found.values():
        _load(sources, reading)
    files = {source.file for sources in found.values() for source in sources}
    files |= _read_support(path, reading) | _read_history(path, reading)
    reading.files = [_fingerprint(file) for file in sorted(files)]
    reading.require_sessions()
    return reading


def _read_support(path: Path, reading: Reading) -> set[Path]:
    """Read the support contacts; the file that holds them, if there is one."""
    folder = path if path.is_dir() else path.parent
    other = [file.name for file in folder.glob("*.*") if file.name != SUPPORT == file.name.lower()]
    reading.notes += [f"{name}: not read, support contacts are always in {SUPPORT}." for name in sorted(other)]
    file = folder / SUPPORT
    if other or not file.is_file():  # a disk that takes both names for one finds the other
        return set()
    reading.support_contacts, reading.support_problems = read_contacts(file)
    return {file}


def _read_history(path: Path, reading: Reading) -> set[Path]:
    """Note what is to be known of the exports that a folder was made of; the file that says so, if there is one."""
    file = path / HISTORY
    if not file.is_file():
        return set()
    reading.notes += notes_of(read_history(path))
    return {file}


def _table_files(path: Path, reading: Reading) -> Iterator[Path]:
    if path.is_dir():
        yield from (file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith((".", "~$")))
    elif path.is_file() and path.suffix.lower() == WORKBOOK:
        yield path
        yield from (file for file in [path.parent / f"{AGENDA}.csv"] if file.is_file())
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
        return [Source(file.stem, file, file.name, partial(readers[suffix], file))]
    if suffix != WORKBOOK:
        return []
    try:
        names = sheet_names(file)
    except (Unreadable, OSError) as error:
        reading.problems.append(unreadable(file.name, error))
        return []
    return [Source(name, file, f"{file.name}, sheet {name}", partial(read_sheet, file, name)) for name in names]


def _is_contracted(source: Source, reading: Reading) -> bool:
    if source.table not in TABLES:
        reading.notes.append(f"{source.label}: not a table of the data contract, not read.")
        return False
    if source.table == AGENDA and source.file.suffix.lower() != ".csv":
        reading.notes.append(f"{source.label}: not read, the agenda is always {AGENDA}.csv.")
        return False
    return True


def _load(sources: list[Source], reading: Reading) -> None:
    table = sources[0].table
    if len(sources) > 1:
        found = " and ".join(source.label for source in sources)
        reading.problems.append(Problem(table, "", (), 0, "one file or sheet", found, "Keep one of them."))
        return
    try:
        reading.tables[table] = sources[0].load()
    except UNREADABLE as error:
        reading.problems.append(unreadable(table, error))


def unreadable(table: str, error: Exception) -> Problem:
    """What was raised while a file was read, as a problem of its table."""
    if isinstance(error, Unreadable):
        return Problem(table, "", (), 0, error.expected, error.found, error.action)
    if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
        action = "Save the file again as CSV UTF-8."
        return Problem(table, "", (), 0, "text in UTF-8", "text in another encoding", action)
    action = "Export the file again, and check that it can be opened."
    return Problem(table, "", (), 0, "a file that can be read", "a damaged or locked file", action)


def _fingerprint(file: Path) -> tuple[str, str, int]:
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return file.name, digest, file.stat().st_size


def read_parquet(path: Path) -> RawTable:
    """A Parquet file, typed as it is stored; text that repeats arrives as categories, which are checked once each."""
    schema = pyarrow.parquet.read_schema(path)
    header = tuple(name.strip() for name in schema.names)
    places = contracted(header, path.stem)
    repetitive = [schema.names[place] for name, place in places.items() if _repeats(schema.types[place], name, path)]
    with pyarrow.parquet.ParquetFile(path, read_dictionary=repetitive) as file:
        index = pd.RangeIndex(file.metadata.num_rows)
        cells = file.read(columns=[schema.names[place] for place in places.values()])
    cells.validate(full=True)  # Arrow believes a file that its text is UTF-8
    columns: dict[str, pd.Series] = {}
    for name, place in places.items():
        columns[name] = from_arrow(cells.column(schema.names[place]))
        cells = cells.drop_columns(schema.names[place])  # so that a column is not in memory twice for long
    return RawTable(path.name, header, columns, index)


def _repeats(stored: pa.DataType, name: str, path: Path) -> bool:
    """Whether a column is text that is worth a dictionary: not the identifiers that occur once, nor points in time."""
    table = TABLES[path.stem]
    column = next(column for column in table.columns if column.name == name)
    is_text = pa.types.is_string(stored) or pa.types.is_large_string(stored)
    return is_text and table.unique != (name,) and column.kind != "datetime"


def read_csv(path: Path, content: bytes | None = None) -> RawTable:
    """A CSV file, all text. Rows with too many or too few cells are a problem of the table and left out.

    `content` is what the file holds, or would hold, where that is not to be read from `path`.
    """
    header, has_rows = csv_header(path.open("rb") if content is None else io.BytesIO(content))
    places = contracted(header, path.stem)
    if not has_rows:
        empty = {name: pd.Series(dtype="str") for name in places}
        return RawTable(path.name, header, empty, pd.RangeIndex(0))
    ragged: list[int] = []
    cells = csv_table(path if content is None else io.BytesIO(content), len(header), list(places.values()), ragged)
    index = _labels(cells.num_rows, ragged)
    columns = {name: from_arrow(cells.column(str(place))).set_axis(index) for name, place in places.items()}
    return RawTable(path.name, header, columns, index, _ragged(path.stem, ragged))


def csv_header(file: BinaryIO) -> tuple[tuple[str, ...], bool]:
    """The first row of a CSV file, and whether there is another one."""
    with io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        header = tuple(name.strip() for name in next(rows, []))
        has_rows = next(rows, None) is not None
    if not any(header):
        raise Unreadable("a header and rows of data", "an empty first row or file", "Export the table again.")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise Unreadable("columns separated by commas", "another separator", "Save the file as CSV with commas.")
    return header, has_rows


def csv_table(file: Path | BinaryIO, width: int, places: list[int], ragged: list[int]) -> pa.Table:
    """The cells at `places`, all text, named by their place; notes the labels of rows of another width in `ragged`."""

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.number - FIRST_ROW)
        return "skip"

    names = [str(place) for place in range(width)]
    wanted = [str(place) for place in places]
    return pyarrow.csv.read_csv(
        file,
        # one thread, because only then does a row know its number
        pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=names, skip_rows_after_names=1),
        pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted or names[:1],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _labels(rows: int, ragged: list[int]) -> pd.Index:
    if not ragged:
        return pd.RangeIndex(rows)
    return pd.Index(np.delete(np.arange(rows + len(ragged)), ragged))


def _ragged(table: str, ragged: list[int]) -> tuple[Problem, ...]:
    if not ragged:
        return ()
    rows = tuple(label + FIRST_ROW for label in ragged[:ROWS_SHOWN])
    expected = "as many cells in every row as in the header"
    action = "Put cells that hold commas, quotes or line breaks into double quotes."
    return (Problem(table, "", rows, len(ragged), expected, "rows with more or fewer cells", action),)
