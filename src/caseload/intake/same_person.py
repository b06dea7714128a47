"""One person as programs write them: with and without title and licence, zeros that a spreadsheet dropped, or marks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Sequence

UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")  # marks that do not show
# Licences and degrees after a name.
_CREDENTIALS = frozenset({
    "aamft", "abpp", "acsw", "amft", "apcc", "asw", "bacp", "bcba", "bcd", "bsc", "cadc", "casac", "ccc", "cpsychol",
    "csw", "dclinpsy", "dpsych", "dsw", "edd", "fnp", "hcpc", "lac", "ladc", "lcadc", "lcmhc", "lcpc", "lcsw", "lcswr",
    "licsw", "limhp", "lisw", "lmft", "lmhc", "lmhp", "lmsw", "lpc", "lpcc", "lpcmh", "lpcs", "lsw", "mbacp", "mft",
    "mftc", "mhc", "mphil", "msc", "mssw", "msw", "ncc", "ncpsya", "phd", "plmhp", "pmhnp", "psyd", "rcc", "rcsw",
    "rpsych", "rsw", "swc", "ukcp",
})  # fmt: skip
_SHORT = frozenset({"ba", "bs", "lp", "md", "med", "ms", "np", "rn", "rp"})  # unless it is what follows a single word
_MAYBE_NAMES = frozenset({"do", "ma"})  # unless a first name stands before it
_TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx"})  # before a name of two words or more
_PRONOUNS = re.compile(r"\s*[(\[](?:she|her|he|him|they|them|ze|xe|any)\b[a-z/,|\s]*[)\]]\s*$", re.IGNORECASE)
_LEVEL = re.compile(r"[-–][a-z]{1,3}$")  # LPC-S, LCSW-R


def without_marks(text: str) -> str:
    """A text in the usual width of letters and digits, without marks that do not show."""
    if text.isascii():
        return text
    shown = unicodedata.normalize("NFKC", UNSEEN.sub("", text))
    return "".join(str(unicodedata.decimal(letter, letter)) for letter in shown)


def without_zeros(number: str) -> str:
    """A record's number without the zeros before it, which a spreadsheet drops."""
    return number.lstrip("0") or "0" if number.isdecimal() else number


def without_credentials(name: str) -> str:
    """A clinician's name without titles before it, and without licences, degrees and pronouns behind it."""
    parts = [part.strip() for part in _without_title(_PRONOUNS.sub("", name)).split(",")]
    several = False
    while len(parts) > 1 and _are_credentials(parts[-1], _behind(parts, several=several)):
        parts.pop()
        several = True
    words = parts[-1].split()
    while len(words) > 2 and _are_credentials(words[-1], _CREDENTIALS):
        words.pop()
    return ", ".join([*parts[:-1], " ".join(words)])


def _without_title(name: str) -> str:
    words = name.split()
    while len(words) > 2 and words[0].casefold().rstrip(".") in _TITLES:
        words.pop(0)
    return " ".join(words)


def _behind(parts: Sequence[str], *, several: bool) -> frozenset[str]:
    """What may be a licence in the last part: after `Last, First` all of them, after `Last` it may be a first name."""
    full_name = " " in parts[0]
    if len(parts) > 2 or (several and full_name):
        return _CREDENTIALS | _SHORT | _MAYBE_NAMES
    return _CREDENTIALS | _SHORT if full_name else _CREDENTIALS


def _are_credentials(text: str, known: Container[str]) -> bool:
    words = [_LEVEL.sub("", word.casefold().replace(".", "")) for word in re.split(r"[\s/&]+", text) if word]
    return bool(words) and all(word in known for word in words)
