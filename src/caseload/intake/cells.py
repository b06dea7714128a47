"""One column: the cells as they arrived → typed values, and which rows break the column's rule.

Columns arrive as text (CSV), as Python objects (workbooks) or typed (Parquet, frames in memory); typed ones are
checked without a detour through text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.intake.findings import Finding, Hit, Shape, findings, sort_text
from caseload.intake.plain import PlainKind, float_text, plain_form, plain_kind
from caseload.intake.tables import Column, Kind
from caseload.intake.times import DAY, Read, read_clock, read_date, read_datetime, read_month

DTYPES: dict[Kind, str] = {
    "id": "str",
    "text": "str",
    "word": "str",
    "terms": "str",
    "clock": "str",
    "number": "float64",
    "yes_no": "boolean",
    "datetime": "datetime64[us]",
    "date": "datetime64[us]",
    "month": "period[M]",
}

_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_LARGEST = sys.float_info.max
_WRONG_NUMBERS = (
    Shape(r"(?i)[+-]?(inf|infinity|nan)", "a number that is not finite"),
    Shape(r"[+-]?[0-9][0-9. ]*,[0-9]+|[+-]?[0-9][0-9,]*,[0-9.]+", "a number with a comma", "Write 7.5, not 7,5."),
)
_WRITE_YES_NO = "Write true or false, or leave the cell empty where nothing was recorded."
_WRITE_WORD = "Write the word exactly as listed, in lower case and with underscores."
_USE_WORD = "Use a word of the list."


@dataclass(frozen=True)
class Cells:
    """A column that was read. `values` has the dtype of its kind; cells that break a rule are in `findings`.

    `trimmed` counts cells that had blanks around them, `untimed` those that gave a date where a time was due too.
    """

    values: pd.Series
    findings: tuple[Finding, ...] = ()
    trimmed: int = 0
    untimed: int = 0


def read_cells(raw: pd.Series, column: Column) -> Cells:
    """The cells of one column, read by the rule of that column; missing cells stay missing.

    `raw` has any dtype and a unique index; the values returned have the same index and the dtype of `DTYPES`.
    """
    if isinstance(raw.dtype, pd.CategoricalDtype):
        clean = _by_category(raw, column)
        if clean is not None:
            return clean
    plain, trimmed = plain_form(raw, column)
    missing = plain.isna()
    empty = Hit(missing, "an empty cell", "Fill in the cell, or remove the row.")
    lacking = findings(column, [empty]) if column.required else []
    if missing.all():
        return Cells(missing_cells(column, raw.index), tuple(lacking))
    kinds, reader = _READERS[column.kind]
    values, broken = reader(plain, column) if plain_kind(plain) in kinds else _wrong_type(plain, column)
    return Cells(values.rename(column.name), (*lacking, *broken), trimmed, _untimed(plain, column))


def _by_category(raw: pd.Series, column: Column) -> Cells | None:
    """Cells of a column of repeating text, read once per category; None where that would leave something to say."""
    categories, codes = raw.cat.categories, raw.cat.codes.to_numpy()
    if not pd.api.types.is_string_dtype(categories.dtype) or (column.required and (codes < 0).any()):
        return None
    read = read_cells(pd.Series(categories, dtype="str"), column)
    if read.findings or read.trimmed or read.untimed:
        return None
    values = pd.api.extensions.take(read.values.array, codes, allow_fill=True)
    return Cells(pd.Series(values, index=raw.index, name=column.name))


def missing_cells(column: Column, index: pd.Index) -> pd.Series:
    """A column in which nothing was recorded."""
    return pd.Series(None, index=index, dtype=DTYPES[column.kind], name=column.name)


def _untimed(plain: pd.Series, column: Column) -> int:
    is_text = column.kind == "datetime" and plain_kind(plain) == "text"
    return int(plain.str.fullmatch(DAY).sum()) if is_text else 0


_NAMES: dict[PlainKind, str] = {
    "number": "a number",
    "yes_no": "true or false",
    "datetime": "a date",
    "zoned": "a time with a time-zone offset",
    "month": "a month",
}


def _wrong_type(plain: pd.Series, column: Column) -> Read:
    """A typed column of another type: every cell that holds something is wrong."""
    hit = Hit(plain.notna(), _NAMES[plain_kind(plain)], f"Store the column as {column.expected}.")
    return missing_cells(column, plain.index), findings(column, [hit])


def _read_text(plain: pd.Series, column: Column) -> Read:
    """Text as it is; identifiers that a program stored as numbers lose their decimals: 7.0 is the text 7."""
    if plain_kind(plain) == "text":
        return plain, []
    recorded = plain.dropna()
    if pd.api.types.is_integer_dtype(recorded.dtype):
        return recorded.astype("str").reindex(plain.index), []
    return recorded.astype("float64").map(float_text).astype("str").reindex(plain.index), []


def _read_word(plain: pd.Series, column: Column) -> Read:
    bad = plain.notna() & ~plain.isin(column.words)
    if not bad.any():
        return plain, []
    alike = plain[bad].str.lower().str.replace(r"[ -]", "_", regex=True).isin(column.words)
    misspelt = alike.reindex(plain.index, fill_value=False)
    hits = [
        Hit(misspelt, "a listed word in other letters", _WRITE_WORD),
        Hit(bad & ~misspelt, "text outside the list", _USE_WORD),
    ]
    return plain.mask(bad), findings(column, hits)


def _read_terms(plain: pd.Series, column: Column) -> Read:
    """Terms are checked once per distinct cell: there are few combinations, even in millions of rows."""
    codes, distinct = pd.factorize(plain)
    cells = [tuple(term.strip() for term in cell.split(";") if term.strip()) for cell in distinct]
    known = np.array([set(terms) <= set(column.words) for terms in cells])
    tidy = pd.Series([";".join(terms) or None for terms in cells] + [None], dtype="str")
    bad = pd.Series((codes >= 0) & ~known[codes], index=plain.index)
    values = tidy.take(codes).set_axis(plain.index)  # code -1 takes the last one, which is missing
    return values.mask(bad), findings(column, [Hit(bad, "a term outside the list", "Use terms of the list.")])


def _read_number(plain: pd.Series, column: Column) -> Read:
    if plain_kind(plain) == "number":
        values = plain if plain.dtype == np.float64 else plain.astype("Float64").to_numpy("float64", na_value=np.nan)
        return _in_range(pd.Series(values, index=plain.index), column)
    numbers, bad = _parsed(plain)
    values, broken = _in_range(numbers, column)
    return values, sort_text(plain, bad, column, _WRONG_NUMBERS, "text that is not a number") + broken


def _parsed(text: pd.Series) -> tuple[pd.Series, pd.Series]:
    """The numbers that `text` holds, and which cells hold something else; every distinct text is parsed once."""
    codes, distinct = pd.factorize(text)
    cells = pd.Series(distinct, dtype="str")
    good = cells.str.fullmatch(_NUMBER)
    numbers = np.append(cells.where(good).to_numpy("float64"), np.nan)  # code -1 takes the last: missing
    bad = np.append(~good.to_numpy(dtype=bool), False)
    return pd.Series(numbers[codes], index=text.index), pd.Series(bad[codes], index=text.index)


def _in_range(values: pd.Series, column: Column) -> Read:
    low = -_LARGEST if column.low is None else column.low
    high = _LARGEST if column.high is None else column.high
    cells = values.to_numpy()
    if low <= np.fmin.reduce(cells) and np.fmax.reduce(cells) <= high:  # both pass over NaN
        return values, []
    endless = values.abs() == np.inf
    hits = [Hit(endless, "a number that is not finite")]
    if column.low is not None:
        hits.append(Hit((values < column.low) & ~endless, f"a number below {column.low:g}"))
    if column.high is not None:
        hits.append(Hit((values > column.high) & ~endless, f"a number above {column.high:g}"))
    return values, findings(column, hits)


def _read_yes_no(plain: pd.Series, column: Column) -> Read:
    if plain_kind(plain) == "yes_no":
        return plain.astype("boolean"), []
    lower = plain.str.lower()
    good = lower.isin(["true", "false"])
    bad = plain.notna() & ~good
    number = bad & plain.str.fullmatch(_NUMBER)
    hits = [
        Hit(number, "a number", _WRITE_YES_NO),
        Hit(bad & ~number, "text other than true and false", _WRITE_YES_NO),
    ]
    return (lower == "true").astype("boolean").where(good), findings(column, hits)


_READERS: dict[Kind, tuple[tuple[PlainKind, ...], Callable[[pd.Series, Column], Read]]] = {
    "id": (("text", "number"), _read_text),
    "text": (("text", "number"), _read_text),
    "word": (("text",), _read_word),
    "terms": (("text",), _read_terms),
    "number": (("text", "number"), _read_number),
    "yes_no": (("text", "yes_no"), _read_yes_no),
    "datetime": (("text", "datetime"), read_datetime),
    "date": (("text", "datetime"), read_date),
    "month": (("text", "datetime", "month"), read_month),
    "clock": (("text",), read_clock),
}
