"""JSON and NDJSON files → resources, one at a time; what is no JSON or no resource is a problem with its line.

A file holds a resource on every line (NDJSON, as bulk exports are), one Bundle, or one resource.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from caseload.errors import ROWS_SHOWN, Problem
from caseload.intake.exports.fhir.elements import Misshapen, Number, objects, optional, text
from caseload.intake.exports.packed import open_unpacked, read_unpacked, suffix_of
from caseload.intake.unreadable import Unreadable

SUFFIXES = (".json", ".ndjson")
LARGEST_DOCUMENT = 512 << 20  # bytes of a file that is one document; a resource a line may be of any number
LONGEST_LINE = 64 << 20  # bytes
NEXT_PAGE = "next"

Resource = dict[str, Any]
Take = Callable[[int, str, Resource], None]  # line or entry, fullUrl, resource
DELETE, HISTORY = "DELETE", "history"

_CONTROL = re.compile(rb"\\u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F])")  # FHIR forbids all but tab and line ends
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_MARK = b"\xef\xbb\xbf"
_EXPORT_AGAIN = "Export the file again: it may be cut off, or have been changed by hand."
_JSON = "a resource in JSON"


class _Damaged(Exception):
    """Text that is not the JSON of FHIR: what it is instead, and the line within it."""

    def __init__(self, found: str, line: int = 0, *, more: bool = False) -> None:
        super().__init__(found)
        self.found, self.line, self.more = found, line, more


class Account:
    """What is wrong with one file, by what and where."""

    def __init__(self, file: str, unit: str) -> None:
        self.file, self.unit = file, unit
        self.further_pages = False
        self.deleted: list[str] = []  # addresses of resources that are no longer there
        self.sha256 = ""  # of the bytes that were read
        self._places: dict[tuple[str, str, str, str], list[int]] = {}

    def note(self, place: int, element: str, expected: str, found: str, action: str = _EXPORT_AGAIN) -> None:
        """Something is wrong at a place."""
        self._places.setdefault((element, expected, found, action), []).append(place)

    @property
    def problems(self) -> list[Problem]:
        return [
            Problem(self.file, element, tuple(places[:ROWS_SHOWN]), len(places), expected, found, action, self.unit)
            for (element, expected, found, action), places in self._places.items()
        ]


def read_resources(path: Path, take: Take) -> Account:
    """Hand every resource of a file to `take`, which may raise `Misshapen`.

    The account numbers lines of NDJSON and entries of a Bundle, both from 1. Raises `Unreadable`, or `OSError`.
    """
    if suffix_of(path) not in SUFFIXES:
        raise Unreadable("a file .json or .ndjson of FHIR", "a file of another kind", "Export as FHIR R4 in JSON.")
    if suffix_of(path) == ".ndjson":
        return _read_lines(path, take)
    content = read_unpacked(path, LARGEST_DOCUMENT)
    account = Account(path.name, "entry")
    try:
        document = _parsed(content.data.removeprefix(_MARK))
    except _Damaged as error:
        if error.more:  # NDJSON under the name of JSON
            return _read_lines(path, take)
        if not error.line:
            raise Unreadable(_JSON, error.found, _EXPORT_AGAIN) from None
        account = Account(path.name, "line")
        account.note(error.line, "", _JSON, error.found)
        return account
    _hand_over(1, document, take, account)
    _, account.sha256, _ = content.fingerprint
    return account


def _read_lines(path: Path, take: Take) -> Account:
    account = Account(path.name, "line")
    digest = hashlib.sha256()
    with open_unpacked(path) as stream:
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE), b""), start=1):
            digest.update(line)
            if len(line) == LONGEST_LINE:
                raise Unreadable(
                    "lines of at most 64 MB", "a longer one", "Export as NDJSON, a resource on every line."
                )
            content = line.removeprefix(_MARK) if number == 1 else line
            if not content.strip():
                continue
            try:
                document = _parsed(content)
            except _Damaged as error:
                account.note(number, "", f"{_JSON} on every line", error.found)
                continue
            _hand_over(number, document, take, account, on_lines=True)
    account.sha256 = digest.hexdigest()
    return account


def _hand_over(place: int, document: object, take: Take, account: Account, *, on_lines: bool = False) -> None:
    try:
        if not isinstance(document, dict):
            raise Misshapen("", "a Bundle or another resource", "a list or a value")
        if document.get("resourceType") != "Bundle":
            take(place, "", document)
            return
        for number, url, resource in _entries(document, account):
            within = place if on_lines else number
            try:
                take(within, url, resource)
            except Misshapen as error:
                account.note(within, error.element, error.expected, error.found)
    except Misshapen as error:
        account.note(place, error.element, error.expected, error.found)


def _entries(bundle: Resource, account: Account) -> Iterator[tuple[int, str, Resource]]:
    """The resources of a Bundle, and of Bundles in it, with the number of the outer entry and their fullUrl."""
    waiting: list[tuple[int, Resource]] = [(0, bundle)]
    while waiting:
        outer, current = waiting.pop()
        links = objects(current, "link")
        account.further_pages |= any(text(link, "relation") == NEXT_PAGE for link in links)
        newest: set[str] = set()
        for number, entry in enumerate(objects(current, "entry"), start=1):
            resource, request = optional(entry, "resource"), optional(entry, "request") or {}
            if text(current, "type") == HISTORY and _is_old(entry, newest):
                continue
            if resource is None:  # an entry that says what was done
                if text(request, "method") == DELETE:
                    account.deleted.append(text(request, "url"))
                continue
            if resource.get("resourceType") == "Bundle":
                waiting.append((outer or number, resource))
            else:
                yield outer or number, text(entry, "fullUrl"), resource


def _is_old(entry: Resource, newest: set[str]) -> bool:
    """Whether a history, whose newest entries come first, has had a version of this resource already."""
    resource = optional(entry, "resource") or {}
    named = f"{text(resource, 'resourceType')}/{text(resource, 'id')}"
    address = named if resource else text(optional(entry, "request") or {}, "url").partition("/_history")[0]
    if address in newest:
        return True
    newest.add(address)
    return False


def _parsed(content: bytes) -> object:
    """One JSON document; numbers as they are written. Raises `_Damaged`."""
    escapes = b"\\u" in content  # seldom: the patterns are slow beside the parser
    if b"\0" in content or (escapes and _CONTROL.search(content)):
        raise _Damaged("NUL or control characters")
    try:
        parsed = _DECODER.decode(content.decode("utf-8"))
        if escapes and _SURROGATE.search(content):
            json.dumps(parsed, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        raise _Damaged("text in another encoding than UTF-8") from None
    except json.JSONDecodeError as error:
        more = error.msg.startswith("Extra data")
        raise _Damaged("text that is not JSON, or was cut off", error.lineno, more=more) from None
    except RecursionError:
        raise _Damaged("elements nested too deeply") from None
    except ValueError as error:
        raise _Damaged(str(error)) from None
    return parsed


def _once(pairs: list[tuple[str, Any]]) -> Resource:
    """An object; one key twice is two values of which nobody knows the right one."""
    resource = dict(pairs)
    if len(resource) != len(pairs):
        raise ValueError("a key that stands twice in one object")
    return resource


def _no_number(_: str) -> NoReturn:
    raise ValueError("a number that JSON does not know, such as NaN")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=Number, parse_float=Number, parse_constant=_no_number)
