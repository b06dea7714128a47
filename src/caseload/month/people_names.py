"""Names on pages, for whoever holds the key: put into a page's words when it is exported, and nowhere else.

Clinicians are shown by name, clients by initials with their code. A notebook, a table and a manifest hold codes; so do
a page's title, which becomes that of its PDF, its charts, and whatever else is no running text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from caseload.errors import ParameterError
from caseload.intake.pseudonyms import ALPHABET, PREFIXES, Identity, default_key_file, plain_name, read_key_file
from caseload.intake.settings import Settings

PEOPLE = "people"  # the setting `names` of a practice whose pages show names
HOLDS_NAMES = "It holds names: keep it as safe as the key."
_CODE = re.compile(
    rf"(?<![\w-])[{''.join(PREFIXES.values())}]-[{ALPHABET}]{{4,5}}-[{ALPHABET}]{{4,5}}(?:-\d+)?(?![\w-])"
)
_APART = re.compile(r"(<(title|script|style|svg|textarea)\b.*?</\2>|<!--.*?-->|<[^>]*>)", re.DOTALL | re.IGNORECASE)
_CONFIDENTIAL = "For supervision, not for appraisal. Confidential."


def names_of(data: Path, settings: Settings, key_file: Path | None = None) -> dict[str, str]:
    """How each identifier is shown, by what the practice wants; empty where that is codes, or no key can be read.

    Raises `ParameterError` for a key file that was named and is not there.
    """
    keys = read_key_file(key_file or default_key_file(data)) if settings.names == PEOPLE else None
    if keys is None and key_file is not None and settings.names == PEOPLE:
        raise ParameterError(f"{key_file.name} is not there: say where the key file is by --key")
    shown = {} if keys is None else {one: shown_as(one, who) for one, who in keys.people.items()}
    return {one: name for one, name in shown.items() if name}


def shown_as(identifier: str, who: Identity) -> str:
    """A clinician's name; a client's initials with the code; "" for somebody without a name."""
    if not who.name:
        return ""
    return who.name if who.kind == "clinician" else f"{initials(who.name)} ({identifier})".lstrip()


def initials(name: str) -> str:
    """The first letters of a name: A.M. of Ada Mole and of Mole, Ada."""
    return "".join(f"{word[0].upper()}." for word in plain_name(name).split() if word[0].isalpha())


def with_names(page: str, names: Mapping[str, str]) -> str:
    """The page with names in its words, and a head that says so; as it is where `names` is empty."""
    if not names:
        return page
    parts = _APART.split(page)
    # Of every three parts the first is text; the others are what is left alone, and the name of its element.
    texts = [_named(part, names) if place % 3 == 0 else part for place, part in enumerate(parts) if place % 3 != 2]
    return "".join(texts).replace(_CONFIDENTIAL, f"{_CONFIDENTIAL} {HOLDS_NAMES}", 1)


def _named(text: str, names: Mapping[str, str]) -> str:
    return _CODE.sub(lambda found: escape(names.get(found[0], found[0])), text)
