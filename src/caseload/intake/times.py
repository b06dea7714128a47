"""Columns of dates, local times, months and times of day. What is not written in ISO 8601 is refused, never guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from caseload.intake.findings import Finding, Hit, Shape, findings, sort_text
from caseload.intake.plain import plain_kind
from caseload.intake.tables import FIRST_YEAR, LAST_YEAR, Column

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_MIDNIGHT = r"[T ]00:00(:00(\.0{1,9})?)?"
MONTH = r"[0-9]{4}-(0[1-9]|1[0-2])"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"

_WRITE_DATE = "Write year-month-day, for example 2026-04-03 for 3 April 2026."
_WRITE_DATE_ALONE = "Write the date alone, for example 2026-05-03."
_WRITE_MONTH = "Write year and month, for example 2026-05."
_WRITE_TIME = "Give the time of day too, for example 2026-05-03T14:00."

_ZONED = Shape(
    rf"{DAY}{_TIME} ?([zZ]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)",
    "a time with a time-zone offset",
    "Write local times without an offset, for example 2026-05-03T14:00.",
)
_FOREIGN = (
    Shape(r"[0-9]{1,4}/[0-9]{1,2}(/[0-9]{1,4}([T ,].*)?)?", "a date written with slashes", _WRITE_DATE),
    Shape(r"[0-9]{1,4}\.[0-9]{1,2}\.[0-9]{1,4}([T ,].*)?", "a date written with dots", _WRITE_DATE),
    Shape(r"[0-9]{1,2}-[0-9]{1,2}-[0-9]{1,4}([T ,].*)?", "a date that does not begin with the year", _WRITE_DATE),
    Shape(r"[+-]?[0-9]+(\.[0-9]+)?", "a number", f"Format the cells as dates. {_WRITE_DATE}"),
)

Read = tuple[pd.Series, list[Finding]]


def read_datetime(plain: pd.Series, column: Column) -> Read:
    """Local times; a date alone is midnight, unless the column asks for the time of day."""
    if plain_kind(plain) == "datetime":
        return _in_years(plain, column)
    shapes = (Shape(DAY, "a date without a time of day", _WRITE_TIME), _ZONED, *_FOREIGN)
    return _instants(plain, column, rf"{DAY}{_TIME}" if column.timed else rf"{DAY}({_TIME})?", shapes)


def read_date(plain: pd.Series, column: Column) -> Read:
    """Dates; a time of day is refused unless it is midnight, which is how programs write a date as a time."""
    if plain_kind(plain) == "datetime":
        values, broken = _in_years(plain, column)
        timed = values.notna() & (values != values.dt.normalize())
        return values, findings(column, [Hit(timed, "a date with a time of day", _WRITE_DATE_ALONE)]) + broken
    shapes = (Shape(rf"{DAY}{_TIME}", "a date with a time of day", _WRITE_DATE_ALONE), _ZONED, *_FOREIGN)
    return _instants(plain, column, rf"{DAY}({_MIDNIGHT})?", shapes)


def read_month(plain: pd.Series, column: Column) -> Read:
    """Months; typed files and workbooks store a month as its first day, any other day is refused."""
    if plain_kind(plain) == "month":
        values, broken = _in_years(plain.dt.to_timestamp(), column)
        return values.dt.to_period("M"), broken
    if plain_kind(plain) == "datetime":
        values, broken = _in_years(plain, column)
        inside = values.notna() & (values != values.dt.to_period("M").dt.start_time)
        return values.dt.to_period("M"), findings(column, [Hit(inside, "a whole date", _WRITE_MONTH)]) + broken
    good = plain.str.fullmatch(MONTH)
    values, broken = _in_years(pd.to_datetime(plain.where(good) + "-01", format="ISO8601"), column)
    shapes = [shape._replace(action=_WRITE_MONTH) for shape in (Shape(rf"{DAY}({_TIME})?", "a whole date"), *_FOREIGN)]
    bad = sort_text(plain, plain.notna() & ~good, column, shapes, "text that is not a month")
    return values.dt.to_period("M"), bad + broken


def read_clock(plain: pd.Series, column: Column) -> Read:
    """Times of day, kept as the text `HH:MM` (24 hours), which sorts as the clock does."""
    bad = plain.notna() & ~plain.str.fullmatch(CLOCK)
    write = "Write hours and minutes with two digits each, for example 08:00."
    return plain.mask(bad), findings(column, [Hit(bad, "text that is not a time of day from 00:00 to 23:59", write)])


def _instants(text: pd.Series, column: Column, pattern: str, shapes: Sequence[Shape]) -> Read:
    good = text.str.fullmatch(pattern)
    values, broken = _in_years(pd.to_datetime(text.where(good), format="ISO8601", errors="coerce"), column)
    unreal = findings(column, [Hit(good & values.isna(), "a date or time that does not exist")])
    return values, sort_text(text, text.notna() & ~good, column, shapes, "text that is not a date") + unreal + broken


def _in_years(instants: pd.Series, column: Column) -> Read:
    values = instants.astype("datetime64[us]")
    begin, end = dt.datetime(FIRST_YEAR, 1, 1), dt.datetime(LAST_YEAR + 1, 1, 1)
    if begin <= values.min() and values.max() < end:
        return values, []
    outside = (values < begin) | (values >= end)
    return values, findings(column, [Hit(outside, f"a year outside {FIRST_YEAR} to {LAST_YEAR}")])
