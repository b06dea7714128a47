"""Times with an offset or a zone of their own → times of the practice's zone."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

_SIGNED = re.compile(r"(?:utc|gmt)?([+-])(\d{1,2}):?(\d{2})?")


def local(moment: dt.datetime, offset: str, zone: str) -> dt.datetime:
    """A moment in the practice's zone, from one with an offset (+02:00, gmt-5, utc, z), of a named zone, or local.

    Raises `ValueError` where there is no such offset or zone, `OverflowError` beyond all years.
    """
    there = ZoneInfo(zone)
    if not offset:
        return moment.replace(tzinfo=there)
    return moment.replace(tzinfo=_zone(offset)).astimezone(there)


def _zone(offset: str) -> dt.tzinfo:
    if offset in ("z", "utc", "gmt"):
        return dt.UTC
    if parts := _SIGNED.fullmatch(offset):
        ahead = dt.timedelta(hours=int(parts[2]), minutes=int(parts[3] or 0))
        return dt.timezone(ahead if parts[1] == "+" else -ahead)
    try:
        return ZoneInfo(offset)
    except (OSError, KeyError):
        raise ValueError("no such time zone") from None


def is_skipped(moment: dt.datetime, zone: str) -> bool:
    """Whether clocks in this zone never show this time: they go from before it to after it."""
    if not zone:
        return False
    there = moment.replace(tzinfo=ZoneInfo(zone))
    return there.astimezone(dt.UTC).astimezone(there.tzinfo).replace(tzinfo=None) != moment
