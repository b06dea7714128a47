"""A table of a practice folder as text: read with every column that is in it, and written again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from caseload.intake.read import csv_header, csv_table
from caseload.intake.unreadable import Unreadable


def read_table(path: Path) -> pa.Table:
    """A CSV file of a practice: all columns by their names, all text; empty cells are null.

    Raises `Unreadable` where something of it would be lost when it is written again, and what reading a file raises.
    """
    with path.open("rb") as file:
        header, has_rows = csv_header(file)
    if len(set(header)) < len(header):
        raise Unreadable("each column once", "two columns of one name, or without one", "Keep one, and name it.")
    if not has_rows:
        return pa.table([pa.array([], pa.string())] * len(header), names=list(header))
    ragged: list[int] = []
    table = csv_table(path, len(header), list(range(len(header))), ragged)
    if ragged:
        found = f"{len(ragged)} rows with more or fewer"
        raise Unreadable(
            "as many cells in every row as in the header", found, "Correct them; caseload check names them."
        )
    return table.rename_columns(list(header))


def write_table(table: pa.Table, file: Path) -> None:
    """Write a table of text as CSV; cells are put into quotes where some cell needs them."""
    try:
        _write(table, file, quoting="none")
    except pa.ArrowInvalid:  # a cell with a comma, a quote or a line break
        _write(table, file, quoting="needed")


def _write(table: pa.Table, file: Path, quoting: str) -> None:
    with file.open("wb") as stream:
        stream.write((",".join(_quoted(name) for name in table.column_names) + "\n").encode())
        pyarrow.csv.write_csv(table, stream, pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting))


def _quoted(name: str) -> str:
    if any(letter in name for letter in '",\r\n'):
        return '"' + name.replace('"', '""') + '"'
    return name
