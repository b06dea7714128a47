"""Points in time as exports write them → ISO 8601. The order of day and month is declared in the map, never guessed.

What cannot be misread is read whatever was declared: 2026-05-03, 3 May 2026, and times on a 12-hour or a 24-hour clock.
Everything is parsed once for each distinct text.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from caseload.intake.exports.months import month_number
from caseload.intake.exports.zones import is_skipped, local
from caseload.intake.same_person import without_marks
from caseload.intake.tables import FIRST_YEAR, LAST_YEAR

EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # day 0 of Excel's calendar from March 1900 on
FROM_1904 = dt.timedelta(days=1462)  # what the calendar of a workbook that counts from 1904 lies behind
CENTURY = 2000  # of a year with two digits, where the map declares them

UNDECLARED = "a date in another order than the map declares"
ZONED = "a time with a time zone, and no time zone declared"
ZONE_NAME = "an abbreviation of a time zone that is not the practice's own"
NO_DATE = "text that is not a date"
NO_TIME = "a date without a time of day"
NO_CLOCK = "a time of day that does not exist"
UNREAL = "a date that does not exist"
ZEROS = "a date of zeros, as databases write none"
SHORT_YEAR = "a year of two digits, which the map does not declare"
DAY_NUMBER = "a number, perhaps of a spreadsheet's day"
EPOCH = "a number, perhaps of seconds or milliseconds since 1970"

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})")
_MONTH = r"[^\W\d_]{3,10}"
_NAMED = re.compile(
    rf"(?P<d1>\d\d?)(?:st|nd|rd|th|\.)?[ -]*(?:of |de )?(?P<m1>{_MONTH})\.?,?[ -]*(?:de )?(?P<y1>\d{{4}}|\d\d)"
    rf"|(?P<m2>{_MONTH})\.?[ -]*(?P<d2>\d\d?)(?:st|nd|rd|th)?,?[ -]+(?P<y2>\d{{4}}|\d\d)"
    rf"|(?P<y3>\d{{4}})[ -](?P<m3>{_MONTH})[ -](?P<d3>\d\d?)"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_COMPACT_TIME = re.compile(r"(\d{8})t?(\d{2})(\d{2})(\d{2})?")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +")
_CLOCK = re.compile(r"(\d{1,3})(?:[:.h](\d{2}))?(?:[:.](\d{2})(?:[.,]\d+)?)?h?(?: ?([ap])\.? ?(?:m\.?)?)?")
_OFFSET = re.compile(r" ?(?:\((?:utc|gmt)\)|(z|utc|gmt|(?:utc|gmt)?[+-]\d{1,2}(?::?\d{2})?))$")
_ZONE = re.compile(r"(?<=[\dmM]) ?\[?([A-Za-z]+(?:/[A-Za-z0-9_+-]+)+)\]?$")
_ABBREVIATED = re.compile(r"(?<=[\dm]) ?([a-z]{1,4}t)$")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_UNIVERSAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.0{1,6})?)?Z", re.ASCII)
_SINCE_1970 = re.compile(r"\d{9,10}|\d{12,13}")
_SPLIT = re.compile(r"^(.*?\d)(?:t|,? +(?:at +)?)(\d{1,3}(?:[:.h]\d{2}(?:[:. ap].*)?|h| ?[ap]\.? ?m\.?.*))$")


@dataclass(frozen=True)
class Moment:
    """What a text says: local text in ISO 8601, or why there is none. `timed` says whether it gave a time of day."""

    text: str | None
    wrong: str = ""
    timed: bool = True
    skipped: bool = False  # a local time that the clocks pass over when they go forward


@dataclass(frozen=True)
class Calendar:
    """How a map writes dates: their order, the practice's time zone, and what numbers are.

    With `serials` numbers are days of a spreadsheet, counted from 1904 where its workbook says so; with `since_1970`
    they are seconds or milliseconds, in universal time. With `only_day` hours and zones mean nothing.
    """

    order: str
    zone: str = ""
    serials: bool = False
    from_1904: bool = False
    since_1970: Literal["", "seconds", "milliseconds"] = ""
    only_day: bool = False

    def moments(self, texts: Sequence[str]) -> list[Moment]:
        """One moment for each text. Days and times of day that have been read before are not read again."""
        if self.zone:  # a local time can be one that the clocks skip: each is looked at
            return self._universal(texts) or [self.moment(text) for text in texts]
        days: dict[str, str] = {}
        clocks: dict[str, str] = {}
        read = []
        for text in texts:
            day, _, clock = text.partition("T" if text[10:11] == "T" else " ")
            if day in days and clock in clocks:
                read.append(Moment(f"{days[day]}T{clocks[clock]}"))
                continue
            moment = self.moment(text)
            if moment.text and moment.timed and self.moment(day).text == f"{moment.text[:10]}T00:00":
                days[day], clocks[clock] = moment.text.split("T")
            read.append(moment)
        return read

    def moment(self, text: str) -> Moment:
        """A date and perhaps a time of day."""
        shown = " ".join(without_marks(text).split())
        named = _ZONE.search(shown) if ":" in shown else None
        plain = _WEEKDAY.sub("", (shown[: named.start()] if named else shown).lower())
        if self.serials and _SERIAL.fullmatch(plain):
            return _serial(float(plain), self.from_1904)
        if self.since_1970 and plain.isdecimal():
            return self._since_1970(int(plain))
        if compact := _COMPACT_TIME.fullmatch(plain):
            plain = f"{compact[1]} {compact[2]}:{compact[3]}:{compact[4] or '00'}"
        offset = _OFFSET.search(plain) if ":" in plain and not named else None
        brief = _ABBREVIATED.search(plain) if ":" in plain and not named and not offset else None
        cut = offset or brief
        day, clock = _parts(plain[: cut.start()] if cut else plain)
        date = _date(day, self.order)
        if isinstance(date, str):
            return Moment(None, date)
        time = _clock(clock) if clock else dt.timedelta()
        if time is None:
            return Moment(None, NO_CLOCK)
        if self.only_day:
            return Moment(_written(dt.datetime.combine(date, dt.time())), timed=False)
        moment = dt.datetime.combine(date, dt.time()) + time
        if brief:
            return self._abbreviated(moment, brief[1])
        return self._local(moment, offset[1] or "utc" if offset else named[1] if named else "", timed=bool(clock))

    def _universal(self, texts: Sequence[str]) -> list[Moment]:
        """Universal times in ISO 8601, all at once; nothing where some are none."""
        if self.only_day or not all(map(_UNIVERSAL.fullmatch, texts)):
            return []
        universal = pd.to_datetime(pd.Series(texts, dtype="str"), format="ISO8601", utc=True, errors="coerce")
        if not universal.dt.year.between(FIRST_YEAR + 1, LAST_YEAR - 1).all():
            return []
        local = universal.dt.tz_convert(self.zone).dt.tz_localize(None).to_numpy("datetime64[s]")
        with_seconds = local != local.astype("datetime64[m]")
        written = np.where(with_seconds, np.datetime_as_string(local), np.datetime_as_string(local, unit="m"))
        return [Moment(text) for text in written.tolist()]

    def _since_1970(self, number: int) -> Moment:
        seconds = number / 1000 if self.since_1970 == "milliseconds" else number
        try:
            moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=round(seconds))
        except OverflowError:
            return Moment(None, UNREAL)
        return self._local(moment, "utc", timed=True)

    def _abbreviated(self, moment: dt.datetime, name: str) -> Moment:
        """A time with the practice's own abbreviation at that time; of others nobody knows which they mean."""
        if not self.zone:
            return Moment(None, ZONED)
        own = local(moment, "", self.zone)
        return Moment(_written(moment)) if own.tzname() == name.upper() else Moment(None, ZONE_NAME)

    def _local(self, moment: dt.datetime, offset: str, *, timed: bool) -> Moment:
        if not offset:
            return Moment(_written(moment), timed=timed, skipped=timed and is_skipped(moment, self.zone))
        if not self.zone:
            return Moment(None, ZONED)
        try:
            return Moment(_written(local(moment, offset, self.zone).replace(tzinfo=None)))
        except (OverflowError, ValueError):
            return Moment(None, UNREAL)


def clock_moment(text: str) -> Moment | None:
    """A time of day on a day that is always the same; None for another text."""
    clock = _clock(" ".join(without_marks(text).lower().split())) if not text.isdecimal() else None
    return None if clock is None else Moment(_written(dt.datetime(FIRST_YEAR, 1, 1) + clock))


def are_day_numbers(texts: Sequence[str]) -> bool:
    """Whether all cells of a column are days of a spreadsheet: what a file has where its formats were lost."""
    return bool(texts) and all(_SERIAL.fullmatch(text) for text in texts)


def _serial(days: float, from_1904: bool) -> Moment:
    start = EXCEL_EPOCH + (FROM_1904 if from_1904 else dt.timedelta())
    moment = start + dt.timedelta(seconds=round(days * 86_400))
    return Moment(_written(moment), timed=days != int(days))


def _parts(plain: str) -> tuple[str, str]:
    """The day and the time of day."""
    parts = _SPLIT.match(plain)
    return (parts[1], parts[2]) if parts else (plain, "")


@lru_cache(maxsize=100_000)
def _date(text: str, order: str) -> dt.date | str:
    """A date, or what is wrong with the text."""
    if parts := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return _real(*map(int, parts.groups()))
    if parts := _NAMED.fullmatch(text):
        year, month, day = (next(filter(None, map(parts.group, (f"{k}1", f"{k}2", f"{k}3")))) for k in "ymd")
        number = month_number(month)
        if number and len(year) == 2 and not order.endswith("/yy"):
            return SHORT_YEAR
        return _real(int(year) + (CENTURY if len(year) == 2 else 0), number, int(day)) if number else NO_DATE
    if parts := _NUMERIC.fullmatch(text):
        return _ordered(parts.groups(), order.split("/"))
    if _SERIAL.fullmatch(text):
        return DAY_NUMBER
    return EPOCH if _SINCE_1970.fullmatch(text) else NO_DATE


def _ordered(parts: Sequence[str], order: Sequence[str]) -> dt.date | str:
    if not any(map(int, parts)):
        return ZEROS
    if len(order) != 3 or len(parts[0]) > 2:  # the map declares the year first, which is no matter of order
        return UNDECLARED
    named = dict(zip(order, parts, strict=True))
    year = named.get("year", named.get("yy", ""))
    if len(year) != (4 if "year" in named else 2):
        return SHORT_YEAR if len(year) == 2 and max(map(len, parts)) == 2 else UNDECLARED
    century = CENTURY if "yy" in named else 0
    date = _real(int(year) + century, int(named["month"]), int(named["day"]))
    if date == UNREAL and not isinstance(_real(int(year) + century, int(named["day"]), int(named["month"])), str):
        return UNDECLARED  # in the other order it is a date
    return date


def _real(year: int, month: int, day: int) -> dt.date | str:
    if not (year or month or day):
        return ZEROS
    try:
        return dt.date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else UNREAL
    except ValueError:
        return UNREAL


@lru_cache(maxsize=10_000)
def _clock(text: str) -> dt.timedelta | None:
    """The time since midnight, of a 24-hour clock or of a 12-hour clock with am and pm; None where there is none such.

    24:00 is the end of the day.
    """
    parts = _CLOCK.fullmatch(text)
    if not parts:
        return None
    hour, minute, second = int(parts[1]), int(parts[2] or 0), int(parts[3] or 0)
    if parts[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if parts[4] == "p" else 0)
    is_end = hour == 24 and not minute and not second
    if (hour > 23 and not is_end) or minute > 59 or second > 59:
        return None
    return dt.timedelta(hours=hour, minutes=minute, seconds=second)


def _written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
