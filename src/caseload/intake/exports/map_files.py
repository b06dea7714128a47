"""Maps from files: those of the known programs lie in `formats/`; a practice copies one, or writes its own.

A map that cannot be used is one message with everything that is wrong with it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from caseload.errors import InputError, ParameterError, Problem, did_you_mean
from caseload.intake.content import read_content
from caseload.intake.exports.maps import ExportMap
from caseload.intake.showable import named
from caseload.intake.unreadable import Unreadable

LONGEST_MAP = 1 << 20  # bytes
OPEN = "?"  # what a first map has where somebody has to decide


def known_formats() -> dict[str, ExportMap]:
    """The maps that come with the package, by their name on the command line."""
    return {Path(file.name).stem: _parsed(file.name, file.read_bytes()) for file in _map_files()}


def known_names() -> list[str]:
    """The names of the maps that come with the package, sorted."""
    return [Path(file.name).stem for file in _map_files()]


def known_raw(name: str) -> dict[str, Any]:
    """What the file of a map that comes with the package holds, by its name on the command line."""
    return next(tomllib.loads(file.read_text("utf-8")) for file in _map_files() if Path(file.name).stem == name)


def _map_files() -> list[Traversable]:
    folder = resources.files("caseload.intake.exports") / "formats"
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def read_map(name: str) -> ExportMap:
    """The map of this name, or in this TOML file.

    Raises `ParameterError` where there is neither, `InputError` with everything that is wrong with a file.
    """
    for file in _map_files():
        if Path(file.name).stem == name:
            return _parsed(file.name, file.read_bytes())
    path = Path(name)
    if path.suffix.lower() != ".toml" or not path.exists():
        known = known_names()
        raise ParameterError(
            f"--format takes {', '.join(known)} or the file of a map such as map.toml{did_you_mean(name, known)}"
        )
    try:
        return _parsed(path.name, read_content(path, LONGEST_MAP).data)
    except (Unreadable, OSError) as error:
        found = error.found if isinstance(error, Unreadable) else error.strerror or "a file that cannot be read"
        raise _unusable(path.name, [("", "a map of at most 1 MB", found)]) from None


def _parsed(name: str, content: bytes) -> ExportMap:
    try:
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise _unusable(name, [("", "text in UTF-8", "text in another encoding")]) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        found = f"something else in line {line[1]}" if line else "an end in the middle of a text or table"
        raise _unusable(name, [("", "a file in TOML", found)]) from None
    if places := open_places(raw):
        raise _unusable(name, [(place, "a decision", f'"{OPEN}"') for place in places])
    try:
        return ExportMap.model_validate(raw)
    except ValidationError as error:
        raise _unusable(name, [fault for item in error.errors() for fault in _faults(item)]) from None


def open_places(raw: object, key: str = "") -> list[str]:
    """The keys of a map at which a first map has left a question; a word of the file may be a question mark."""
    if isinstance(raw, dict):
        entries = [(name, value) for name, value in raw.items() if not (_is_words(name) and isinstance(value, list))]
        return [place for name, value in entries for place in open_places(value, f"{key}.{name}".lstrip("."))]
    if isinstance(raw, list):
        return [place for value in raw for place in open_places(value, key)]
    return [key] if raw == OPEN else []


def _is_words(key: str) -> bool:
    return key in ("words", "missing")


def _faults(error: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Key, expected and found of one error; a rule over several keys says what it has to say line by line."""
    key = ".".join(str(part) if isinstance(part, int) else named(part) for part in error["loc"])
    if error["type"] == "value_error":
        return [(key, line, "something else") for line in str(error["ctx"]["error"]).splitlines()]
    if error["type"] == "extra_forbidden":
        return [(key, "only keys that a map knows", "another key")]
    if error["type"] == "missing":
        return [(key, "this key, it is required", "no such key")]
    message = error["msg"]
    return [(key, message[0].lower() + message[1:], "something else")]


def _unusable(name: str, faults: Sequence[tuple[str, str, str]]) -> InputError:
    action = "Correct the map; docs/exports.md explains every key, and caseload import --guess FILE writes a first one."
    return InputError(
        [Problem(name, key, (), 0, expected, found, action) for key, expected, found in faults], "The map"
    )
