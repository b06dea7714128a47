"""`support.toml`: whom a practice's clinicians can turn to, in the practice's own words.

It is checked as strictly as the tables: every problem of every contact, by its number in the file, and never a value.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.unreadable import Unreadable

FILE = "support.toml"
KINDS = ("peer_group", "consultation", "supervision", "crisis_line", "occupational_health", "therapy", "other")
REQUIRED = ("name", "kind", "how")
LONGEST = {"name": 80, "how": 160, "hours": 80, "note": 200, "team": 80}  # characters: a contact is read at a glance
KEYS = ("name", "kind", "how", "hours", "note", "team")
MOST_CONTACTS = 20
MOST_BYTES = 65_536
_TYPES = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
_BROKEN = {"Cc", "Zl", "Zp"}  # Unicode categories: control characters and line breaks


@dataclass(frozen=True)
class SupportContact:
    """One contact of `support.toml`; what was not given is empty. `team` is the team that it is for, "" everybody."""

    name: str
    kind: str
    how: str
    hours: str = ""
    note: str = ""
    team: str = ""


class _Fault(NamedTuple):
    """What is wrong with one key of a contact."""

    key: str
    expected: str
    found: str
    action: str


def read_contacts(data: bytes) -> tuple[tuple[SupportContact, ...], list[Problem]]:
    """The contacts of a file in its order, or every problem of it; `data` is what the file holds."""
    try:
        content = _content(data)
    except Unreadable as error:
        return (), [_of_file(error.expected, error.found, error.action)]
    entries, problems = _entries(content)
    contacts, more = check_contacts(entries)
    return contacts, problems + more


def check_contacts(entries: Sequence[Any]) -> tuple[tuple[SupportContact, ...], list[Problem]]:
    """Contacts from what `support.toml` holds under `contact`, or every problem of them."""
    if len(entries) > MOST_CONTACTS:
        expected, action = f"at most {MOST_CONTACTS} contacts", "Keep the contacts that are used most."
        return (), [_of_file(expected, f"{len(entries)} contacts", action)]
    faults: dict[_Fault, list[int]] = {}
    for number, entry in enumerate(entries, start=1):
        for fault in dict.fromkeys(_faults(entry)):  # each once for each contact
            faults.setdefault(fault, []).append(number)
    if faults:
        return (), [_problem(fault, numbers) for fault, numbers in faults.items()]
    return tuple(SupportContact(**{key: text.strip() for key, text in entry.items()}) for entry in entries), []


def unknown_teams(contacts: Sequence[SupportContact], teams: Iterable[str]) -> list[str]:
    """A note on contacts for a team that nobody is in."""
    known = {"", *teams}
    lost = [str(number) for number, contact in enumerate(contacts, start=1) if contact.team not in known]
    if not lost:
        return []
    who = f"contact {lost[0]} is" if len(lost) == 1 else f"contacts {', '.join(lost)} are"
    return [f"{FILE}: {who} for a team that no clinician is in, and shown to nobody."]


def _content(data: bytes) -> dict[str, Any]:
    """What the file holds; the mark that some editors put at its beginning is no part of it."""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable("text in UTF-8", "text in another encoding", "Save the file again as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        found = f"something else in line {line[1]}" if line else "an end in the middle of a text or table"
        action = "Put every text into double quotes, and [[contact]] with two brackets above each contact."
        raise Unreadable("a file in TOML", found, action) from None
    except (ValueError, RecursionError):  # a number or a list without end
        action = "Write it anew, and check that it can be opened."
        raise Unreadable("a file that can be read", "a damaged file", action) from None


def _entries(content: Mapping[str, Any]) -> tuple[list[Any], list[Problem]]:
    """What stands under `contact`, and the problems of what stands elsewhere."""
    expected = "contacts, each under [[contact]]"
    action = "Write [[contact]] with two brackets above each contact, and nothing else."
    others = [key for key in content if key != "contact"]
    problems = [_of_file(expected, f"the key {_named(key)}", action) for key in others]
    entries = content.get("contact", [])
    if isinstance(entries, list):
        return entries, problems
    return [], [*problems, _of_file(expected, "one contact under [contact], or a value", action)]


def _faults(entry: Any) -> Iterator[_Fault]:
    """Everything that is wrong with one contact."""
    if not isinstance(entry, Mapping):
        yield _Fault("", "a contact under [[contact]]", _type(entry), "Write [[contact]] and its keys below it.")
        return
    for key in entry:
        if key not in KEYS:
            yield _Fault(_named(key), f"one of the keys {', '.join(KEYS)}", "another key", "Rename or remove it.")
    for key in REQUIRED:
        if key not in entry:
            yield _Fault(key, "this key, it is required", "no such key", f'Add {key} = "…" to the contact.')
    for key in KEYS:
        if key in entry:
            yield from _faults_of_text(key, entry[key])


def _faults_of_text(key: str, value: Any) -> Iterator[_Fault]:
    """What is wrong with one value, at most one thing."""
    expected = f"one of {', '.join(KINDS)}" if key == "kind" else f"one line of 1 to {LONGEST[key]} characters"
    if not isinstance(value, str):
        yield _Fault(key, expected, _type(value), "Put the text into double quotes.")
    elif not value.strip():
        if key in REQUIRED:
            yield _Fault(key, expected, "an empty text", "Write what clinicians are to read here.")
    elif key == "kind":
        if value.strip() not in KINDS:
            yield _Fault(key, expected, "another word", "Write one of these words; other fits everything else.")
    elif len(value.strip()) > LONGEST[key]:
        yield _Fault(key, expected, "a longer text", "Shorten it; a contact is read at a glance.")
    elif any(unicodedata.category(letter) in _BROKEN for letter in value.strip()):
        yield _Fault(key, expected, "a line break or another control character", "Write it in one line.")


def _type(value: Any) -> str:
    return _TYPES.get(type(value), "a date or time")


def _named(key: str) -> str:
    """A key as a message names it; one that is no plain word may hold anything and is not repeated."""
    return key if re.fullmatch(r"[A-Za-z_]{1,30}", key) else "of other letters"


def _problem(fault: _Fault, numbers: list[int]) -> Problem:
    shown = tuple(numbers[:ROWS_SHOWN])
    return Problem(FILE, fault.key, shown, len(numbers), fault.expected, fault.found, fault.action, unit="contact")


def _of_file(expected: str, found: str, action: str) -> Problem:
    return Problem(FILE, "", (), 0, expected, found, action, unit="contact")
