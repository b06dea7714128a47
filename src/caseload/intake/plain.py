"""The many ways a column can be stored → the six plain ones that the readers know.

Text (trimmed, empty = missing), number, yes_no, datetime, zoned (with a time zone: always refused), month. Categories,
dictionaries, Arrow types and Python objects are turned into one of these.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from caseload.intake.tables import Column

PlainKind = Literal["text", "number", "yes_no", "datetime", "zoned", "month"]

_NOT_RECORDED = (None, pd.NA, pd.NaT)
_WHOLE_FLOATS = 2.0**53  # below it every whole float is exact


def plain_kind(plain: pd.Series) -> PlainKind:
    """Which of the plain ways the cells are stored in."""
    dtype = plain.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return "month"
    if isinstance(dtype, pd.DatetimeTZDtype):
        return "zoned"
    if pd.api.types.is_bool_dtype(dtype):
        return "yes_no"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    return "datetime" if pd.api.types.is_datetime64_any_dtype(dtype) else "text"


def plain_form(raw: pd.Series, column: Column) -> tuple[pd.Series, int]:
    """`raw` in a plain form with the same index, and how many cells had blanks around them."""
    series = raw
    if isinstance(series.dtype, pd.CategoricalDtype):
        texts = pd.api.types.is_string_dtype(series.cat.categories.dtype)
        series = series.astype("str" if texts else object)
    if isinstance(series.dtype, pd.ArrowDtype):
        series = from_arrow(pa.chunked_array([pa.array(series.array)])).set_axis(raw.index)
    if not _is_plain(series):
        cells = [_as_text(value, column) for value in series.astype(object)]
        series = pd.Series(cells, index=raw.index, dtype="str")
    return _trimmed(series.astype("str")) if plain_kind(series) == "text" else (series, 0)


def _is_plain(series: pd.Series) -> bool:
    dtype = series.dtype
    if isinstance(dtype, pd.PeriodDtype):
        return dtype == pd.PeriodDtype("M")
    if isinstance(dtype, pd.StringDtype):
        return True
    is_number = pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_complex_dtype(dtype)
    return is_number or pd.api.types.is_datetime64_any_dtype(dtype)


def _trimmed(text: pd.Series) -> tuple[pd.Series, int]:
    stripped = text.str.strip()
    changed = (stripped != text) & text.notna()
    empty = stripped == ""
    if not changed.any() and not empty.any():
        return text, 0
    return stripped.mask(empty), int((changed & ~empty).sum())


def _as_text(value: object, column: Column) -> str | None:
    """One cell of a workbook or an object column as the text that a CSV file would hold."""
    if isinstance(value, str):
        return value
    if any(value is nothing for nothing in _NOT_RECORDED):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        return float_text(float(value))
    if isinstance(value, dt.datetime):
        return _time_text(value, column)
    if isinstance(value, dt.date):
        return _time_text(dt.datetime(value.year, value.month, value.day), column)
    if isinstance(value, dt.time):
        return value.isoformat().removesuffix(":00") if value.second == 0 else value.isoformat()
    return str(value)


def float_text(value: float) -> str | None:
    """A number as an identifier: 7.0 is the text 7; NaN is missing."""
    if np.isnan(value):
        return None
    return str(int(value)) if value.is_integer() and abs(value) < _WHOLE_FLOATS else repr(value)


def whole_second(value: dt.datetime) -> dt.datetime:
    """The nearest whole second: a workbook stores a time as a fraction of a day, which is never quite exact."""
    return (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value


def _time_text(value: dt.datetime, column: Column) -> str:
    """A month is stored by workbooks as its first day; read it as the month that was typed."""
    value = whole_second(value)
    is_month = column.kind == "month" and value == dt.datetime(value.year, value.month, 1, tzinfo=value.tzinfo)
    return value.strftime("%Y-%m") if is_month else value.isoformat()


def from_arrow(cells: pa.ChunkedArray) -> pd.Series:
    """An Arrow column as a pandas column; only lists, structs and times of day become Python objects.

    Raises `pyarrow.ArrowException` where bytes are not UTF-8 text.
    """
    kind = cells.type
    if pa.types.is_date(kind):
        cells = cells.cast(pa.timestamp("us"))
    elif pa.types.is_decimal(kind):
        cells = cells.cast(pa.float64())
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        cells = cells.cast(pa.large_string())
    return cells.to_pandas(types_mapper=_pandas_type)


def _pandas_type(kind: pa.DataType) -> Any:
    """The types that pandas by default would take through objects, or large whole numbers through floats."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.to_pandas_dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype(na_value=np.nan)
    return pd.Int64Dtype() if pa.types.is_signed_integer(kind) else None
