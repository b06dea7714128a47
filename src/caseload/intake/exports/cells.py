"""Cells of an export → cells of the data contract, by the kind of our column: words, numbers, times, yes and no.

What a cell cannot become is a problem with the rows of the export; no cell is repaired by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from caseload.intake.exports.coded import Coded, Flags, plain_word
from caseload.intake.exports.maps import ColumnMap
from caseload.intake.exports.moments import (
    DAY_NUMBER,
    EPOCH,
    NO_CLOCK,
    NO_DATE,
    NO_TIME,
    SHORT_YEAR,
    UNDECLARED,
    ZEROS,
    ZONE_NAME,
    ZONED,
    Calendar,
    Moment,
    are_day_numbers,
    clock_moment,
)
from caseload.intake.plain import float_text
from caseload.intake.tables import Column

MINUTES = {"minutes": 1.0, "seconds": 1 / 60, "hours": 60.0}
BACKWARDS = "an end before the beginning"
NOT_NUMBER = "text that is not a number"
FORMULA_ERROR = "an error of a spreadsheet's formula, such as #N/A"
_ERRORS = frozenset({"#n/a", "#div/0!", "#ref!", "#value!", "#name?", "#num!", "#null!", "#spill!", "#calc!"})
_DURATION = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2}))?")
_YES_NO = {"yes": "true", "no": "false", "y": "true", "n": "false", "true": "true", "false": "false"}


@dataclass
class Translation:
    """Our cells, as text; which could not be read, by what is wrong with them; which rows say to leave them out."""

    cells: Coded
    wrong: dict[str, Flags] = field(default_factory=dict)
    unknown: dict[str, Flags] = field(default_factory=dict)  # word that the map does not hold → its rows
    left_out: dict[str, Flags] = field(default_factory=dict)  # why → rows
    emptied: Flags | None = None  # rows with a word that the map does not hold, where it leaves such cells empty
    defaults: Flags | None = None  # rows that hold the word that the program sets by itself
    skipped: int = 0  # local times that the clocks skip
    day_numbers: bool = False  # all cells are numbers, read as days of a spreadsheet


def translated(source: Coded, column: Column, how: ColumnMap, calendar: Calendar, decimal: str) -> Translation:
    """One column, by the kind of ours and by what the map says of theirs."""
    source = _without_missing(source, how)
    calendar = replace(calendar, since_1970=how.since_1970, only_day=how.only_day)
    if how.words or how.left_out:
        return _words(source, how)
    if column.kind in ("datetime", "date", "month"):
        return _moments(source, column, calendar)
    if column.kind == "number":
        return _numbers(source, column, how, decimal)
    if column.kind == "yes_no":
        return _plain(source, lambda word: _YES_NO.get(word.lower()), "text other than yes and no")
    if column.kind == "clock":
        return _plain(source, lambda word: _clock(word, calendar), "text that is not a time of day")
    return Translation(source)


def _without_missing(source: Coded, how: ColumnMap) -> Coded:
    if not how.missing:
        return source
    missing = {plain_word(text) for text in how.missing}
    return source.respelled([None if plain_word(word) in missing else word for word in source.words])


def _words(source: Coded, how: ColumnMap) -> Translation:
    known = {plain_word(word): ours for word, ours in how.words.items()}
    whys = {plain_word(word): why for word, why in how.left_out.items()}
    plain = [plain_word(word) for word in source.words]
    left_out: dict[str, Flags] = {}
    for why in dict.fromkeys(whys.values()):
        rows = source.where([whys.get(word) == why for word in plain])
        if rows.any():
            left_out[why] = rows
    unknown: dict[str, Flags] = {}
    if how.other_words == "refuse":
        for place, word in enumerate(plain):
            if word not in known and word not in whys:
                rows = source.codes == place
                if rows.any():
                    unknown[source.words[place]] = rows
    emptied = source.where([word not in known for word in plain]) if how.other_words == "leave_empty" else None
    defaults = source.where([word == plain_word(how.default) for word in plain]) if how.default else None
    cells = source.respelled([known.get(word) for word in plain])
    return Translation(cells, {}, unknown, left_out, emptied, defaults)


def _moments(source: Coded, column: Column, calendar: Calendar) -> Translation:
    numbers = not calendar.since_1970 and are_day_numbers(source.words)
    moments = (replace(calendar, serials=True) if numbers else calendar).moments(source.words)
    wrong = _by_reason(source, [moment.wrong for moment in moments])
    if column.timed:
        untimed = source.where([bool(moment.text) and not moment.timed for moment in moments])
        wrong |= {NO_TIME: untimed} if untimed.any() else {}
    length = {"datetime": None, "date": 10, "month": 7}[column.kind]
    cells = source.respelled([moment.text[:length] if moment.text else None for moment in moments])
    skipped = int(source.where([moment.skipped for moment in moments]).sum())
    return Translation(cells, wrong, skipped=skipped, day_numbers=numbers and not calendar.serials)


def _numbers(source: Coded, column: Column, how: ColumnMap, decimal: str) -> Translation:
    unit = how.unit if column.name.endswith("minutes") or how.unit != "minutes" else ""
    values = [_number(word, unit, decimal) for word in source.words]
    wrong = _by_reason(
        source, [_not_a_number(word) if value is None else "" for word, value in zip(source.words, values, strict=True)]
    )
    texts = [None if value is None else float_text(round(value, 4)) for value in values]
    return Translation(source.respelled(texts), wrong)


def _not_a_number(word: str) -> str:
    return FORMULA_ERROR if is_formula_error(word) else NOT_NUMBER


def _number(text: str, unit: str, decimal: str) -> float | None:
    """A number in our unit. The other decimal mark is refused: 1,5 may be one and a half or fifteen.

    0:50:00 says its unit by itself, in whatever unit the other cells are.
    """
    duration = _DURATION.fullmatch(text)
    if unit and duration and (duration[3] or unit == "hours:minutes"):
        return int(duration[1]) * 60 + int(duration[2]) + int(duration[3] or 0) / 60
    if unit == "hours:minutes":
        return None
    plain = text.replace(decimal, ".") if decimal != "." and "." not in text else text
    if (decimal != "." and "." in text) or not re.fullmatch(r"[+-]?\d{1,12}(\.\d{1,12})?", plain):
        return None
    return float(plain) * MINUTES[unit or "minutes"]


def _plain(source: Coded, change, wrong: str) -> Translation:  # type: ignore[no-untyped-def]
    texts = [change(word) for word in source.words]
    bad = source.where([text is None for text in texts])
    return Translation(source.respelled(texts), {wrong: bad} if bad.any() else {})


def _clock(text: str, calendar: Calendar) -> str | None:
    moment = calendar.moment(f"2000-01-01 {text}")
    return moment.text[11:16] if moment.text and moment.timed else None


def minutes_between(first: Coded, last: Coded, calendar: Calendar) -> Translation:
    """Minutes from one time to another, or from one time of day to another; missing where one of the two is."""
    starts, ends = _clocks(first.words), _clocks(last.words)
    if not (starts and ends):
        starts, ends = calendar.moments(first.words), calendar.moments(last.words)
    wrong = _by_reason(first, [moment.wrong for moment in starts])
    for why, rows in _by_reason(last, [moment.wrong for moment in ends]).items():
        wrong[why] = wrong.get(why, np.zeros(len(rows), dtype=bool)) | rows
    minutes = last.numbers(_minutes(ends)) - first.numbers(_minutes(starts))
    before = minutes < 0
    if before.any():
        wrong[BACKWARDS] = before
    codes, values = pd.factorize(np.where(before, np.nan, minutes))  # NaN has the code -1
    return Translation(Coded(codes.astype(np.int64), [str(float_text(round(value, 4))) for value in values]), wrong)


def _clocks(words: Sequence[str]) -> list[Moment]:
    """Times of day as times of one day; nothing where some are no such."""
    found = [moment for moment in map(clock_moment, words) if moment]
    return found if len(found) == len(words) else []


def _minutes(moments: Sequence[Moment]) -> list[float]:
    return [np.datetime64(moment.text, "s").astype(np.int64) / 60 if moment.text else np.nan for moment in moments]


def _by_reason(source: Coded, reasons: Sequence[str]) -> dict[str, Flags]:
    by_reason = {why: source.where([reason == why for reason in reasons]) for why in dict.fromkeys(reasons) if why}
    return {why: rows for why, rows in by_reason.items() if rows.any()}


def is_formula_error(text: str) -> bool:
    """Whether a cell holds what a spreadsheet shows where a formula has no result."""
    return text.casefold() in _ERRORS


_ORDER = "Say in which order the file writes dates: --dates month/day/year, or dates in the map."
_SAY_ZONE = "Say the practice's time zone: --time-zone Europe/Berlin, or time_zone in the map."
_AT_ITS_SOURCE = "Correct it at its source, and export again."
_TO_DO = {
    UNDECLARED: _ORDER,
    ZONED: _SAY_ZONE,
    ZONE_NAME: "Export times of the practice's own zone, or with an offset such as +02:00.",
    SHORT_YEAR: "Say it: --dates day/month/yy, or dates in the map.",
    ZEROS: "Fill in the date at its source, or leave such rows out by the map (leave_out).",
    NO_DATE: "Correct it at its source, or list it under missing in the map if it means: not recorded.",
    NO_CLOCK: "Correct the time of day at its source, or leave such rows out by the map (leave_out).",
    NO_TIME: "Export the column with its times of day.",
    DAY_NUMBER: "If it is a spreadsheet's day, say excel_serials = true at the top of a copy of the map.",
    EPOCH: 'Say since_1970 = "seconds" or "milliseconds" for this column in a copy of the map, and the time zone.',
    NOT_NUMBER: "Say in the map which decimal mark the file has (decimal), and which texts mean nothing (missing).",
    FORMULA_ERROR: 'Correct the formula, or say in the map that it means: not recorded, missing = ["#N/A"].',
}


def what_to_do(wrong: str) -> str:
    """What helps against one kind of unreadable cell."""
    return _TO_DO.get(wrong, _AT_ITS_SOURCE)
