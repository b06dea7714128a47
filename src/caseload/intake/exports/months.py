"""Names of months as programs and people write them, and which they mean: whole or cut off, in a few languages."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_SHORTEST = 3  # letters of a name that is cut off
ENGLISH = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_OTHERS = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
)
_CUT_OTHERWISE = {"mrt": 3, "mrz": 3}


_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/. ]+(?P<month>\d{1,2}|[^\W\d]+)")
_YEAR_LAST = re.compile(r"(?P<month>\d{1,2}|[^\W\d]+)[-/., ]+(?P<year>\d{4})")


def month_in(text: str) -> str:
    """The month that somebody has written with its year, as YYYY-MM; empty for what is no month.

    It may be a number or a name: 2026-11, 11/2026, November 2026, Nov. 2026.
    """
    bare = text.strip()
    parts = _YEAR_FIRST.fullmatch(bare) or _YEAR_LAST.fullmatch(bare)
    if not parts:
        return ""
    number = int(parts["month"]) if parts["month"].isdecimal() else month_number(parts["month"])
    return f"{int(parts['year']):04d}-{number:02d}" if 1 <= number <= 12 else ""


def month_number(name: str) -> int:
    """The month that a name means, from 1 to 12; 0 for what is no month, or may be two."""
    return _months().get(_bare(name), 0)


@cache
def _months() -> dict[str, int]:
    numbers_of: dict[str, set[int]] = {name: {number} for name, number in _CUT_OTHERWISE.items()}
    for language in (ENGLISH, *map(str.split, _OTHERS)):
        for number, name in enumerate(language, start=1):
            for length in range(_SHORTEST, len(name) + 1):
                numbers_of.setdefault(_bare(name[:length]), set()).add(number)
    return {name: numbers.pop() for name, numbers in numbers_of.items() if len(numbers) == 1}


def _bare(name: str) -> str:
    """Without accents and capitals: they are often lost on the way."""
    return "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
