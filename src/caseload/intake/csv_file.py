"""CSV files → raw tables, all text; only an empty cell is missing, so an identifier "NA" stays one."""

from __future__ import annotations

import csv
import io
from pathlib import PurePath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.content import Content
from caseload.intake.findings import FIRST_ROW
from caseload.intake.plain import from_arrow
from caseload.intake.raw import RawTable, contracted
from caseload.intake.unreadable import Unreadable

MOST_COLUMNS = 1 << 14  # of a sheet in Excel
_BLOCK = 1 << 24  # bytes of CSV parsed at a time; no row may be longer


def read_csv(file: Content) -> RawTable:
    """A CSV file, all text. Rows with too many or too few cells are a problem of the table and left out."""
    table = PurePath(file.name).stem
    header, has_rows = csv_header(file.data)
    places = contracted(header, table)
    if not has_rows:
        empty = {name: pd.Series(dtype="str") for name in places}
        return RawTable(file.name, header, empty, pd.RangeIndex(0))
    ragged: list[int] = []
    cells = csv_table(file.data, len(header), list(places.values()), ragged)
    index = _labels(cells.num_rows, ragged)
    columns = {name: from_arrow(cells.column(str(place))).set_axis(index) for name, place in places.items()}
    return RawTable(file.name, header, columns, index, _ragged(table, ragged))


def csv_header(data: bytes) -> tuple[tuple[str, ...], bool]:
    """The first row of a CSV file, and whether there is another one."""
    with io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="") as stream:
        rows = csv.reader(stream)
        header = tuple(name.strip() for name in next(rows, []))
        has_rows = next(rows, None) is not None
    if not any(header):
        raise Unreadable("a header and rows of data", "an empty first row or file", "Export the table again.")
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise Unreadable("columns separated by commas", "another separator", "Save the file as CSV with commas.")
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"at most {MOST_COLUMNS:,} columns", "more columns", "Export the columns that are needed.")
    return header, has_rows


def csv_table(data: bytes, width: int, places: list[int], ragged: list[int]) -> pa.Table:
    """The cells at `places`, all text, named by their place; notes the labels of rows of another width in `ragged`."""
    _check_text(data)

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.number - FIRST_ROW)
        return "skip"

    names = [str(place) for place in range(width)]
    wanted = [str(place) for place in places]
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        # one thread, because only then does a row know its number
        pyarrow.csv.ReadOptions(
            use_threads=False, block_size=min(_BLOCK, len(data)), column_names=names, skip_rows_after_names=1
        ),
        pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=wanted or names[:1],
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _check_text(data: bytes) -> None:
    """Raises `pyarrow.ArrowInvalid` where a file is not UTF-8: Arrow would lose a row of another width in it unsaid."""
    ends = pa.array([0, len(data)], pa.int64()).buffers()[1]
    pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)


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
