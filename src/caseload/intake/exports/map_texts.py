"""A map as TOML holds it → its text, as somebody could have written it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def map_text(raw: Mapping[str, Any]) -> str:
    """The text of a TOML file that holds `raw`: texts, numbers, yes or no, lists, and tables of these.

    Examples
    --------
    >>> status = {"from": ["State"], "words": {"No show": "no_show"}}
    >>> print(map_text({"title": "Export", "columns": {"status": status}}))
    title = "Export"
    <BLANKLINE>
    [columns.status]
    from = ["State"]
    <BLANKLINE>
    [columns.status.words]
    "No show" = "no_show"
    <BLANKLINE>
    """
    return "\n".join(_lines(raw, ())).lstrip("\n") + "\n"


def toml(text: str) -> str:
    """A text in TOML: its basic strings are written as JSON's are, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _lines(table: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[str]:
    """Plain values first: what follows the heading of a table is in that table."""
    plain = {key: value for key, value in table.items() if not _is_table(value) and not _are_tables(value)}
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        heading = ".".join(map(_key, (*place, key)))
        if _is_table(value):
            if _has_plain(value):
                yield from ("", f"[{heading}]")
            yield from _lines(value, (*place, key))
        elif _are_tables(value):
            for entry in value:
                yield from ("", f"[[{heading}]]")
                yield from _lines(entry, (*place, key))


def _has_plain(table: Mapping[str, Any]) -> bool:
    return not table or any(not _is_table(value) and not _are_tables(value) for value in table.values())


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping)


def _are_tables(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and bool(value) and all(map(_is_table, value))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else toml(key)


def _value(value: object) -> str:
    if isinstance(value, str):
        return toml(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
