"""Which words of a file may stand in a message or a map: short ones that share nothing with anybody's name or number.

A word of a status has to be named for somebody to say what it means; what was typed into that column by mistake must
not be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Words that programs use, also as a name that stands for any person ("Demo Client"): they tell nothing of anybody.
ORDINARY = frozenset({
    "a", "absent", "appointment", "arrived", "attended", "attendance", "by", "cancel", "canceled", "cancelled",
    "cancellation", "checked", "client", "clinic", "clinician", "completed", "demo", "did", "in", "late", "missed",
    "no", "not", "notice", "of", "office", "on", "out", "patient", "pending", "practice", "provider", "rescheduled",
    "session", "show", "staff", "status", "test", "the", "therapist", "therapy", "time", "to", "video", "visit",
    "with", "without",
})  # fmt: skip
LONGEST_WORD = 40  # characters; more is a note
_DATED = re.compile(r"\d{4}|\d[/.-]\d")  # a year, a number of a record, a date


def speakable(words: Iterable[str], private: Iterable[str | None]) -> list[str]:
    """Those of `words` that may be repeated, given the cells of all columns that say who somebody is."""
    people = {part for cell in private for part in _parts(cell or "") if len(part) > 1} - ORDINARY
    return [word for word in words if _is_short(word) and not _DATED.search(word) and not people & set(_parts(word))]


def _is_short(word: str) -> bool:
    return len(word) <= LONGEST_WORD and word.isprintable()


def _parts(text: str) -> list[str]:
    """The words of a text without accents, marks and capitals."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )
    return re.findall(r"[^\W_]+", plain)
