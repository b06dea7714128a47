"""Parquet files → raw tables, typed as they are stored; of a file only what is contracted is read.

A few megabytes can unpack to any size. What the file says of its rows is believed, since it reads no more than that;
what its texts come to is counted before they are written out.
"""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from caseload.intake.content import Content
from caseload.intake.plain import from_arrow
from caseload.intake.raw import RawTable, contracted
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable

MOST_ROWS = 50_000_000  # of a table: five times the sessions of the largest practice that was tried
MOST_CELLS = 500_000_000  # of the contracted columns of a table
LONGEST_TEXTS = 8 << 30  # bytes of a column's texts, written out
TOO_LARGE = ("a table of a practice's size", "one that unpacks to far more", "Export fewer months.")
_FLAT = ("a column of numbers, dates or text", "lists, records or other nested values", "Store one value in a cell.")


def read_parquet(file: Content) -> RawTable:
    """A Parquet file; text that repeats arrives as categories, which are checked once each. Raises `Unreadable`."""
    stored = pyarrow.parquet.ParquetFile(pa.BufferReader(file.data))
    schema, rows = stored.schema_arrow, stored.metadata.num_rows
    header = tuple(name.strip() for name in schema.names)
    table = PurePath(file.name).stem
    places = contracted(header, table)
    if rows > MOST_ROWS or rows * len(places) > MOST_CELLS:
        raise Unreadable(*TOO_LARGE)
    if any(pa.types.is_nested(schema.types[place]) for place in places.values()):
        raise Unreadable(*_FLAT)
    texts = [schema.names[place] for place in places.values() if _is_text(schema.types[place])]
    with pyarrow.parquet.ParquetFile(pa.BufferReader(file.data), read_dictionary=texts) as parquet:
        cells = parquet.read(columns=[schema.names[place] for place in places.values()])
    cells.validate(full=True)  # Arrow believes a file that its text is UTF-8
    columns: dict[str, pd.Series] = {}
    for name, place in places.items():
        column = cells.column(schema.names[place])
        columns[name] = from_arrow(column if _repeats(table, name) else _written_out(column))
        cells = cells.drop_columns(schema.names[place])  # so that a column is not in memory twice for long
    return RawTable(file.name, header, columns, pd.RangeIndex(rows))


def _is_text(stored: pa.DataType) -> bool:
    return pa.types.is_string(stored) or pa.types.is_large_string(stored)


def _repeats(table: str, name: str) -> bool:
    """Whether text is worth its dictionary: not the identifiers that occur once, nor points in time."""
    spec = TABLES[table]
    column = next(column for column in spec.columns if column.name == name)
    return spec.unique != (name,) and column.kind != "datetime"


def _written_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of text without its dictionary; others as they are."""
    if not pa.types.is_dictionary(column.type):
        return column
    if sum(map(_bytes, column.chunks)) > LONGEST_TEXTS:
        raise Unreadable(*TOO_LARGE)
    return column.cast(column.type.value_type)


def _bytes(chunk: pa.DictionaryArray) -> int:
    """How many bytes the texts of a chunk come to."""
    lengths = pc.binary_length(chunk.dictionary).to_numpy(zero_copy_only=False).astype(np.int64)
    codes = chunk.indices.drop_null().to_numpy(zero_copy_only=False)
    return int(np.bincount(codes, minlength=len(lengths)) @ lengths)
