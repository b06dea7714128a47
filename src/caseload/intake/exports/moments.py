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
from zoneinfo import ZoneInfo

from caseload.intake.tables import FIRST_YEAR, LAST_YEAR

EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # day 0 of Excel's calendar from March 1900 on
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
CENTURY = 2000  # of a year with two digits, where the map declares them

UNDECLARED = "a date in another order than the map declares"
ZONED = "a time with a time-zone offset, and no time zone declared"
NO_DATE = "text that is not a date"
NO_TIME = "a date without a time of day"
UNREAL = "a date or time that does not exist"

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMERIC = re.compile(r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})")
_NAMED = re.compile(r"(?:(\d{1,2})\.? ([a-z]{3,9})\.?,? (\d{4}))|(?:([a-z]{3,9})\.? (\d{1,2}),? (\d{4}))")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? +")
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d+)?)?(?: ?([ap])\.?m?\.?)?")
_OFFSET = re.compile(r" ?(z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})$")
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_SPLIT = re.compile(r"^(.*?\d)(?:t|,? +)(\d{1,2}(?::\d{2}.*| ?[ap]\.?m\.?.*))$")


@dataclass(frozen=True)
class Moment:
    """What a text says: local text in ISO 8601, or why there is none. `timed` says whether it gave a time of day."""

    text: str | None
    wrong: str = ""
    timed: bool = True
    skipped: bool = False  # a local time that the clocks pass over when they go forward


@dataclass(frozen=True)
class Calendar:
    """How a map writes dates: their order, the practice's time zone, and whether numbers are Excel's days."""

    order: str
    zone: str = ""
    serials: bool = False

    def moments(self, texts: Sequence[str]) -> list[Moment]:
        """One moment for each text. Days and times of day that have been read before are not read again."""
        if self.zone:  # a local time can be one that the clocks skip: each is looked at
            return [self.moment(text) for text in texts]
        days: dict[str, str] = {}
        clocks: dict[str, str] = {}
        found = []
        for text in texts:
            day, _, clock = text.partition("T" if text[10:11] == "T" else " ")
            if day in days and clock in clocks:
                found.append(Moment(f"{days[day]}T{clocks[clock]}"))
                continue
            moment = self.moment(text)
            if moment.text and moment.timed and self.moment(day).text == f"{moment.text[:10]}T00:00":
                days[day], clocks[clock] = moment.text.split("T")
            found.append(moment)
        return found

    def moment(self, text: str) -> Moment:
        """A date and perhaps a time of day."""
        plain = _WEEKDAY.sub("", " ".join(text.lower().replace("\u202f", " ").split()))
        if self.serials and _SERIAL.fullmatch(plain):
            return _serial(float(plain))
        if plain.isdigit() and len(plain) == 14:
            plain = f"{plain[:8]} {plain[8:10]}:{plain[10:12]}:{plain[12:]}"
        offset = _OFFSET.search(plain) if ":" in plain else None
        if offset:
            plain = plain[: offset.start()]
        parts = _SPLIT.match(plain)
        day, clock = (parts[1], parts[2]) if parts else (plain, "")
        date = _date(day, self.order)
        if isinstance(date, str):
            return Moment(None, date)
        time = _clock(clock) if clock else dt.time()
        if time is None:
            return Moment(None, UNREAL)
        moment = dt.datetime.combine(date, time)
        return self._local(moment, offset[1] if offset else "", timed=bool(clock))

    def _local(self, moment: dt.datetime, offset: str, *, timed: bool) -> Moment:
        if not offset:
            return Moment(_written(moment), timed=timed, skipped=timed and _is_skipped(moment, self.zone))
        if not self.zone:
            return Moment(None, ZONED)
        try:
            zoned = moment.replace(tzinfo=dt.timezone(_offset(offset))).astimezone(ZoneInfo(self.zone))
        except (OverflowError, ValueError):
            return Moment(None, UNREAL)
        return Moment(_written(zoned.replace(tzinfo=None)))


def _serial(days: float) -> Moment:
    moment = EXCEL_EPOCH + dt.timedelta(seconds=round(days * 86_400))
    return Moment(_written(moment), timed=days != int(days))


@lru_cache(maxsize=100_000)
def _date(text: str, order: str) -> dt.date | str:
    """A date, or what is wrong with the text."""
    if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
        return _real(*map(int, found.groups()))
    if found := _NAMED.fullmatch(text):
        day, month, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        names = [number for number, name in enumerate(MONTHS, start=1) if name.startswith(month)]
        return _real(int(year), names[0], int(day)) if names else NO_DATE
    if found := _NUMERIC.fullmatch(text):
        return _ordered(found.groups(), order.split("/"))
    return NO_DATE


def _ordered(parts: Sequence[str], order: Sequence[str]) -> dt.date | str:
    if len(order) != 3 or len(parts[0]) > 2:  # the map declares the year first, which is no matter of order
        return UNDECLARED
    named = dict(zip(order, parts, strict=True))
    year = named.get("year", named.get("yy", ""))
    if len(year) != (4 if "year" in named else 2):
        return UNDECLARED
    return _real(int(year) + (CENTURY if "yy" in named else 0), int(named["month"]), int(named["day"]))


def _real(year: int, month: int, day: int) -> dt.date | str:
    try:
        return dt.date(year, month, day) if FIRST_YEAR <= year <= LAST_YEAR else UNREAL
    except ValueError:
        return UNREAL


@lru_cache(maxsize=10_000)
def _clock(text: str) -> dt.time | None:
    """A time of day on a 24-hour clock, or on a 12-hour clock with am and pm; None where there is none such."""
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "p" else 0)
    try:
        return dt.time(hour, minute, second)
    except ValueError:
        return None


def _offset(text: str) -> dt.timedelta:
    if not text.startswith(("+", "-")):
        return dt.timedelta()
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return ahead if text[0] == "+" else -ahead


def _is_skipped(moment: dt.datetime, zone: str) -> bool:
    """Whether clocks in this zone never show this time: they go from before it to after it."""
    if not zone:
        return False
    there = moment.replace(tzinfo=ZoneInfo(zone))
    return there.astimezone(dt.UTC).astimezone(there.tzinfo).replace(tzinfo=None) != moment


def _written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")
