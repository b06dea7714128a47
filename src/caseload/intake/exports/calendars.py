"""Calendars (iCalendar, RFC 5545) → a grid with a row for each entry and each time that a series comes again."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from caseload.errors import ParameterError
from caseload.intake.exports.grid import SAMPLE, Grid
from caseload.intake.exports.packed import read_unpacked
from caseload.intake.unreadable import Unreadable

SUFFIX = ".ics"
HEADER = ("uid", "start", "end", "summary", "status", "calendar", "organizer", "location", "all_day")
LARGEST = 64 << 20  # bytes: a calendar of ten years takes a few megabytes
MOST = 200_000  # entries, series unfolded
_DAMAGED = ("a calendar (iCalendar, RFC 5545)", "a damaged or cut-off file", "Export the calendar again.")
_MOST_A_DAY = 4  # times of one entry
_LEAVE_OUT = "Remove the series from the calendar, and export it again."
_OFTEN = ("series of days, weeks, months or years", "one that repeats within a day", _LEAVE_OUT)
_MORE = (f"at most {MOST:,} entries", "more", "Export a part of the calendar.")
_WITHIN_A_DAY = re.compile(rb"^(?:RRULE|EXRULE)\b[^\n]*FREQ=(?:SECONDLY|MINUTELY|HOURLY)", re.IGNORECASE | re.MULTILINE)
_NO_STEP = re.compile(rb"^(?:RRULE|EXRULE)\b[^\n]*INTERVAL=(?!\+?0*[1-9]\d{0,5}\b)", re.IGNORECASE | re.MULTILINE)
_MOST_DAYS = 366  # that one entry of a series may last: the library looks so far beside each
_LONG = ("entries of a series that end after they begin, within a year", "another end", _LEAVE_OUT)
_STEPS = {"DAILY": (1, 1), "WEEKLY": (7, 7), "MONTHLY": (28, 31), "YEARLY": (365, 366)}  # days of a step, most in it
_BY_DAY, _BY_TIME = ("BYDAY", "BYMONTHDAY", "BYMONTH", "BYYEARDAY", "BYWEEKNO"), ("BYHOUR", "BYMINUTE", "BYSECOND")
_FIRST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)


def read_calendar(path: Path, until: dt.datetime) -> tuple[Grid, str]:
    """The entries of a calendar that begin before `until`, and the time zone that it says it is in.

    A time without a zone stays as it is; others carry their offset, unless all are of one zone: then they are local
    times of it, and it is the one that is returned. Raises `Unreadable`, `OSError`, or `ParameterError` where the
    optional libraries are not there.
    """
    calendar, occurrences = _libraries()
    content = read_unpacked(path, LARGEST)
    _require_steps(content.data)
    try:
        calendars = calendar.from_ical(content.data, multiple=True)
        if not calendars:
            raise Unreadable(*_DAMAGED)
        rows = [row for one in calendars for row in _rows(one, occurrences, until)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        raise Unreadable(*_DAMAGED) from None
    if len(rows) > MOST:
        raise Unreadable(*_MORE)
    named = next((text for one in calendars if (text := str(one.get("X-WR-TIMEZONE", "")))), "")
    zones = {row["zone"] for row in rows} - {""}
    own = zones.pop() if len(zones) == 1 and named in ("", *zones) else named
    cells = [[_written(row, name, own) for name in HEADER] for row in rows]
    columns = {place: pa.array([row[place] or None for row in cells], pa.string()) for place in range(len(HEADER))}
    grid = Grid(
        path.name, HEADER, columns, np.arange(1, len(rows) + 1, dtype=np.int64), unit="entry", sample=cells[:SAMPLE]
    )
    _, grid.sha256, _ = content.fingerprint
    return grid, own


def _libraries() -> tuple[Any, Any]:
    try:
        import recurring_ical_events
        from icalendar import Calendar
    except ImportError:
        raise ParameterError("calendars need two more libraries: pip install 'caseload-balance[calendars]'") from None
    return Calendar, recurring_ical_events


def _rows(calendar: Any, occurrences: Any, until: dt.datetime) -> Iterator[Mapping[str, Any]]:
    name = str(calendar.get("X-WR-CALNAME", ""))
    for event in calendar.walk("VEVENT"):
        _require_days(event)
        _require_end(event)
    _require_few(calendar, until)
    series = {str(event.get("UID", "")) for event in calendar.walk("VEVENT") if "RRULE" in event or "RDATE" in event}
    for event in occurrences.of(calendar).between(_FIRST, until):
        start = event["DTSTART"].dt
        end = event["DTEND"].dt if "DTEND" in event else start + event["DURATION"].dt if "DURATION" in event else start
        uid = str(event.get("UID", ""))
        again = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else start
        yield {
            "uid": f"{uid} {again.isoformat()}" if uid in series else uid,
            "start": start, "end": "" if end == start else end, "zone": _zone(start),
            "summary": _text(event, "SUMMARY"), "status": _text(event, "STATUS"), "calendar": name,
            "organizer": _text(event, "ORGANIZER").removeprefix("mailto:"), "location": _text(event, "LOCATION"),
            "all_day": "" if isinstance(start, dt.datetime) else "true",
        }  # fmt: skip


def _require_steps(data: bytes) -> None:
    """Refuse, before anything is unfolded, a rule that comes again within a day or never gets on; also of a zone."""
    text = re.sub(rb"\r?\n[ \t]", b"", data)
    if _WITHIN_A_DAY.search(text):
        raise Unreadable(*_OFTEN)
    if _NO_STEP.search(text):
        raise Unreadable("series with an INTERVAL of 1 or more", "another interval", _LEAVE_OUT)


def _require_few(calendar: Any, until: dt.datetime) -> None:
    """Refuse more than can be unfolded; of a series no more is counted than it can have."""
    if sum(_most(event, until) for event in calendar.walk("VEVENT")) > MOST:
        raise Unreadable(*_MORE)


def _most(event: Any, until: dt.datetime) -> int:
    """How often an event can come until then, at the most."""
    rules, begins = event.get("RRULE", []), event["DTSTART"].dt
    days = max((until.date() - max(dt.date(begins.year, begins.month, begins.day), _FIRST.date())).days, 0) + 1
    most = 1
    for rule in rules if isinstance(rules, list) else [rules]:
        a_step, in_step = _STEPS.get(str(rule.get("FREQ", ["DAILY"])[0]).upper(), (1, 1))
        by = [len(rule[name]) for name in _BY_DAY if name in rule]
        times = prod(max(1, len(rule.get(name, []))) for name in _BY_TIME)
        step = a_step * int(rule.get("INTERVAL", [1])[0])
        number = (days // step + 1) * min(in_step, prod(by) * (5 if a_step > 7 else 1) if by else 1) * times
        most += min(number, *map(int, rule.get("COUNT", [])), days * times)
    return most


def _require_days(event: Any) -> None:
    """Refuse a series that comes again within a day: unfolded, it would fill the memory, and no session does."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        often = {str(text).upper() for text in rule.get("FREQ", [])} & {"SECONDLY", "MINUTELY", "HOURLY"}
        times = prod(max(1, len(rule.get(name, []))) for name in _BY_TIME)
        if often or times > _MOST_A_DAY:
            raise Unreadable(*_OFTEN)


def _require_end(event: Any) -> None:
    """Refuse a series whose entries end before they begin, or years later: to unfold it would take minutes."""
    if "DTEND" in event and ("RRULE" in event or "RDATE" in event):
        first, last = (dt.date(at.year, at.month, at.day) for at in (event["DTSTART"].dt, event["DTEND"].dt))
        if not -1 <= (last - first).days <= _MOST_DAYS:
            raise Unreadable(*_LONG)


def _text(event: Any, name: str) -> str:
    return " ".join(str(event.get(name, "")).split())


def _zone(moment: dt.date) -> str:
    """The name of the zone that a time is in; nothing for a time without one, or in universal time."""
    zone = moment.tzinfo if isinstance(moment, dt.datetime) else None
    return str(getattr(zone, "key", "") or "").replace("UTC", "") if zone is not None else ""


def _written(row: Mapping[str, Any], name: str, own: str) -> str:
    value = row[name]
    if isinstance(value, dt.datetime):
        is_local = value.tzinfo is None or (own and _zone(value) == own)
        return (value.replace(tzinfo=None) if is_local else value).isoformat(timespec="minutes")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
