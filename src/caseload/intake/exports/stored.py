"""A table of a practice folder as text: read with every column that is in it, and written again."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from caseload.intake.read import csv_header, csv_table


def read_table(path: Path) -> pa.Table:
    """A CSV file of a practice that has been checked: all columns by their names, all text. Empty cells are null.

    Of two columns with one name, which the data contract does not know, both stay.
    """
    with path.open("rb") as file:
        header, has_rows = csv_header(file)
    if not has_rows:
        return pa.table([pa.array([], pa.string())] * len(header), names=list(header))
    return csv_table(path, len(header), list(range(len(header))), []).rename_columns(list(header))


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
