"""Names of what a run writes: file-safe ids, and which names are of our own making."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection

import pandas as pd

QUALITY = "data_quality"
LONGEST = 100  # characters of a name before its suffix; file systems allow 255 bytes
ESCAPE = "~"  # never needs quoting in an address, and is not a letter, digit, `-` or `_`

_OURS = re.compile(r"(own/)?[A-Za-z0-9_~-]{1,120}\.(html|ipynb|pdf|csv|json)")
_PLAIN = re.compile(r"[A-Za-z0-9_-]")
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|index|data_quality)\Z|(index|team)-", re.IGNORECASE)


def file_safe(identifier: str, *, has_twin: bool = False) -> str:
    """The file name, without suffix, of an id: different ids never share one.

    Letters, digits, `-` and `_` stay; every other byte of the UTF-8 form becomes `~` and two hex digits, and so does
    the first letter of a name that is taken (`index`, `team-…`, Windows' `CON`). Names over `LONGEST` characters are
    cut and end in a hash, and so do those of ids that have a twin (see `file_names`).
    """
    name = "".join(c if _PLAIN.match(c) else _escaped(c) for c in identifier) or ESCAPE
    if _TAKEN.match(name):
        name = _escaped(name[0]) + name[1:]
    return _hashed(name, identifier) if has_twin or len(name) > LONGEST else name


def file_names(identifiers: Collection[str]) -> dict[str, str]:
    """The file name, without suffix, of each id of a practice: none is shared, even where case does not count."""
    alike = Counter(identifier.lower() for identifier in set(identifiers))
    return {identifier: file_safe(identifier, has_twin=alike[identifier.lower()] > 1) for identifier in identifiers}


def landing_pages(people: pd.DataFrame) -> dict[str, str]:
    """The landing page of every supervisor of a practice; `people` is its `supervisees`."""
    return {one: f"{stem}.html" for one, stem in _stems("index", people["supervisor_id"]).items()}


def team_stems(people: pd.DataFrame) -> dict[str, str]:
    """The file name, without suffix, of every team's page; `people` is the practice's `supervisees`."""
    return _stems("team", people["team"])


def _stems(prefix: str, identifiers: pd.Series) -> dict[str, str]:
    return {one: f"{prefix}-{name}" for one, name in file_names(sorted(identifiers.dropna().unique())).items()}


def is_ours(name: str) -> bool:
    """Whether a run may have given a file this name, below a month's folder: nothing else is ever removed."""
    return bool(_OURS.fullmatch(name))


def _escaped(character: str) -> str:
    return "".join(f"{ESCAPE}{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _hashed(name: str, identifier: str) -> str:
    """A name no plain one equals: two escapes in a row never occur otherwise."""
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{name[: LONGEST - 20]}{ESCAPE}{ESCAPE}{digest}"
