"""Numbers, months and lists as a page says them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(value: float, digits: int = 2) -> str:
    """A number with a proper minus sign and never a negative zero; "–" where there is none."""
    if not np.isfinite(value):
        return "–"
    text = f"{abs(value):.{digits}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text


def signed(value: float, digits: int = 2) -> str:
    """As `number`, with a plus sign where positive."""
    text = number(value, digits)
    return f"+{text}" if value > 0 and float(text) != 0 else text


def plain(value: float, digits: int = 1) -> str:
    """A number with no more digits than it has: 12, 1.5."""
    return f"{round(value, digits):g}"


def between(low: float, high: float, digits: int = 2) -> str:
    """An interval: "0.36 to 0.96"."""
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: float) -> str:
    """A share as whole per cent."""
    return "–" if not np.isfinite(share) else f"{100 * share:.0f}%"


def percent_between(low: float, high: float) -> str:
    """An interval of shares: "22% to 50%"."""
    return f"{100 * low:.0f}% to {100 * high:.0f}%"


def likely(probability: float) -> str:
    """A probability in words that never claims certainty: "93% likely", "less than 1% likely", "over 99% likely"."""
    if probability < 0.01:
        return "less than 1% likely"
    return "over 99% likely" if probability > 0.99 else f"{percent(probability)} likely"


def counted(count: float, noun: str, plural: str = "") -> str:
    """A count with its noun: 1 session, 3 sessions."""
    return f"{count:.0f} {noun}" if round(count) == 1 else f"{count:.0f} {plural or noun + 's'}"


def spelled(count: int) -> str:
    """A count in words up to twelve: four; in digits beyond."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def listed(items: Sequence[str], most: int = 4) -> str:
    """Items as in a sentence: A, B and C; beyond `most` the rest is counted."""
    shown = [*items[:most], f"{len(items) - most} more"] if len(items) > most else list(items)
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def month_year(month: pd.Period) -> str:
    """A month with its year: May 2026."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def complete_soon(month: pd.Period, today: dt.date) -> str:
    """That a month which was passed over is complete on the day after it."""
    first = (month + 1).start_time
    when = "tomorrow" if first.date() - today == dt.timedelta(days=1) else day(first)
    return f"{month_year(month)} is complete from {when}."


def month_name(month: pd.Period, now: pd.Period) -> str:
    """The month's name, with its year where it is not of the last twelve months."""
    return MONTHS[month.month - 1] if (now - month).n < 12 else month_year(month)


def day(date: pd.Timestamp) -> str:
    """A date in words: 13 April 2026."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def duration(minutes: float) -> str:
    """Minutes as hours and minutes: 10 h 40, or 35 min."""
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest:02d}" if hours else f"{rest} min"


def cut_short(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis where it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def first_upper(text: str) -> str:
    """The text with its first letter raised."""
    return text[:1].upper() + text[1:]
