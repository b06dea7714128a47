"""A table of a practice folder as text: read with every column that is in it, and written again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from caseload.intake.content import read_content
from caseload.intake.csv_file import csv_header, csv_table
from caseload.intake.unreadable import Unreadable

_AGAIN = "\x1f"  # between a name that a column before has, and a number: tables in memory have each name once


def read_table(path: Path) -> pa.Table:
    """A CSV file of a practice: all columns by their names, all text; empty cells are null.

    Of two columns with one name, which the data contract does not know, both stay; `write_table` knows them. Raises
    `Unreadable` for rows that would be lost when the table is written again, and what reading a file raises.
    """
    data = read_content(path).data
    header, has_rows = csv_header(data)
    names = list(_each_once(header))
    if not has_rows:
        return pa.table([pa.array([], pa.string())] * len(names), names=names)
    ragged: list[int] = []
    table = csv_table(data, len(names), list(range(len(names))), ragged)
    if ragged:
        expected, action = "as many cells in every row as in the header", "Correct them; caseload check names them."
        raise Unreadable(expected, f"{len(ragged)} rows with more or fewer cells", action)
    return table.rename_columns(names)


def _each_once(header: Sequence[str]) -> Iterator[str]:
    for place, name in enumerate(header):
        yield f"{name}{_AGAIN}{place}" if name in header[:place] else name


def write_table(table: pa.Table, file: Path) -> None:
    """Write a table of text as CSV; cells are put into quotes where some cell needs them."""
    try:
        _write(table, file, quoting="none")
    except pa.ArrowInvalid:  # a cell with a comma, a quote or a line break
        _write(table, file, quoting="needed")


def _write(table: pa.Table, file: Path, quoting: str) -> None:
    with file.open("wb") as stream:
        header = [re.sub(rf"{_AGAIN}\d+$", "", name) for name in table.column_names]
        stream.write((",".join(map(_quoted, header)) + "\n").encode())
        pyarrow.csv.write_csv(table, stream, pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting))


def _quoted(name: str) -> str:
    if any(letter in name for letter in '",\r\n'):
        return '"' + name.replace('"', '""') + '"'
    return name
