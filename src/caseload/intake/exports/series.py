"""Series of appointments that a program keeps as one row → a row for each of them, as far as their rhythm is plain."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from caseload.intake.exports.coded import Coded, plain_word
from caseload.intake.exports.grid import Grid, Source
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.row_rules import Series

MOST = 1_000  # appointments of one series: 19 years of weeks
DAILY, WEEKLY, MONTHLY, YEARLY, WORKDAYS = "0", "1", "2", "3", "4"  # event_repeat_freq_type
_STEP = re.compile(r'"event_repeat_freq";(?:s:\d+:"|i:)(\d{1,3})')
_TYPE = re.compile(r'"event_repeat_freq_type";(?:s:\d+:"|i:)(\d)')
_WITHOUT = re.compile(r'"exdate";s:\d+:"([\d,]*)"')
_SATURDAY, _WEEK = 5, 7


def unfolded(grid: Grid, export: ExportMap, today: dt.date) -> Grid:
    """The grid with a row for each appointment of a series up to today; another rhythm is counted in a note."""
    source, how = Source(grid, export.also_called), export.series
    if how is None or not source.has(how.headers):
        return grid
    kinds = source.cells(how.kind)
    repeats = ~kinds.where([plain_word(word) in how.single for word in kinds.words]) & ~kinds.missing
    if how.only and source.has([how.only.column]):
        only, pattern = source.cells(how.only.column), how.only.matches
        repeats &= only.where([bool(re.fullmatch(pattern, word)) for word in only.words])
    if not repeats.any():
        return grid
    plain = kinds.where([plain_word(word) in how.plain for word in kinds.words])
    dates = Calendar(export.dates, export.time_zone)
    rows: list[int] = []
    days: list[str | None] = []
    others = 0
    for row in np.flatnonzero(repeats).tolist():
        dated = list(_days(source, how, dates, row, today)) if plain[row] else []
        others += not dated
        rows += [row] * (len(dated) - 1)
        days += [day.isoformat() for day in dated[1:]]
    notes = [
        *grid.notes,
        f"Rows that stand for a series: {int(repeats.sum()):,}, read as {len(rows):,} more appointments.",
    ]
    if others:
        notes.append(f"Series in another rhythm, read as their first appointment only: {others:,}.")
    return _with_rows(replace(grid, notes=notes), source, how, rows, days)


def _with_rows(grid: Grid, source: Source, how: Series, rows: Sequence[int], days: Sequence[str | None]) -> Grid:
    """The grid with some rows again at its end, each at another day and with this day behind its number."""
    places = {source.places(name)[0]: name for name in (how.number, how.day)}
    columns: dict[int, pa.Array | pa.ChunkedArray] = {}
    again = pa.array(rows, pa.int64())
    for place, column in grid.columns.items():
        texts = pa.chunked_array([column]) if isinstance(column, pa.Array) else column
        texts = texts.cast(pa.string())
        more = texts.take(again).combine_chunks()
        if place in places:
            numbers = more.to_pylist()
            is_day = places[place] == how.day
            made = [day if is_day else f"{number} {day}" for number, day in zip(numbers, days, strict=True)]
            more = pa.array(made, pa.string())
        columns[place] = pa.chunked_array(
            [*texts.chunks, *(more.chunks if isinstance(more, pa.ChunkedArray) else [more])]
        )
    return replace(grid, columns=columns, rows=np.concatenate([grid.rows, grid.rows[rows]]))


def _days(source: Source, how: Series, dates: Calendar, row: int, today: dt.date) -> Iterator[dt.date]:
    """The days of a series that has a plain rhythm; none where it has another one."""
    first, last = (_day(dates, _cell(source, name, row)) for name in (how.day, how.until))
    rhythm = _cell(source, how.rhythm, row)
    step, kind = _STEP.search(rhythm), _TYPE.search(rhythm)
    if first is None or step is None or not int(step[1]):
        return
    every = int(step[1])
    whole_weeks = last is not None and (last - first).days % (_WEEK * every) == 0
    unit = kind[1] if kind else WEEKLY if whole_weeks else ""
    if unit not in (DAILY, WEEKLY, MONTHLY, YEARLY, WORKDAYS):
        return
    without = _WITHOUT.search(rhythm)
    left_out = set(without[1].split(",")) if without else set()
    for day in _rhythm(first, every, unit):
        if day > min(last or today, today):
            return
        if day.strftime("%Y%m%d") not in left_out or day == first:
            yield day


def _rhythm(first: dt.date, every: int, unit: str) -> Iterator[dt.date]:
    day = first
    for number in range(MOST):
        if unit in (DAILY, WEEKLY):
            yield first + dt.timedelta(days=number * every * (_WEEK if unit == WEEKLY else 1))
        elif unit == WORKDAYS:
            yield day
            for _ in range(every):
                day += dt.timedelta(days=1)
                while day.weekday() >= _SATURDAY:
                    day += dt.timedelta(days=1)
        else:
            months = first.month - 1 + number * every * (12 if unit == YEARLY else 1)
            year, month = first.year + months // 12, months % 12 + 1
            yield dt.date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def _day(dates: Calendar, text: str) -> dt.date | None:
    day = dates.moment(text).text
    return dt.date.fromisoformat(day[:10]) if day else None


def _cell(source: Source, name: str, row: int) -> str:
    column: Coded = source.cells(name)
    code = int(column.codes[row])
    return column.words[code] if code >= 0 else ""
