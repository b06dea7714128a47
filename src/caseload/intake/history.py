"""`imports.json` in a practice folder: which exports it was made of. It holds counts, dates and hashes, never a value.

The data-quality page tells from it what a program does by itself, such as a status that nobody has edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from caseload.intake.content import json_in, read_content
from caseload.intake.unreadable import Unreadable

FILE = "imports.json"
_FORMAT = 1
MOST_BYTES = 10_000_000
OWN_TABLES = frozenset({"surveys", "supports"})  # no page or note tells whether anybody has such rows


@dataclass(frozen=True)
class ImportedFile:
    """One file that was imported: what was read of it and left out."""

    title: str  # of the format
    imported_on: str
    sha256: str
    table: str
    rows: int
    first: str = ""  # day of the first and the last session
    last: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    defaults: Mapping[str, int] = field(default_factory=dict)  # word that the program sets by itself → rows
    notes: tuple[str, ...] = ()
    key: str = ""  # which key made the identifiers: `KeyFile.fingerprint`


def read_history(folder: Path) -> tuple[ImportedFile, ...] | None:
    """What was imported into a folder, in that order; None where the file is damaged."""
    try:
        return history_in(read_content(folder / FILE, MOST_BYTES).data)
    except FileNotFoundError:
        return ()
    except (OSError, Unreadable):
        return None


def history_in(data: bytes) -> tuple[ImportedFile, ...] | None:
    """What the file says; None where it is damaged."""
    try:
        content = json_in(data)
        entries = [ImportedFile(**{**entry, "notes": tuple(entry.get("notes", ()))}) for entry in content["imports"]]
        sound = content.get("caseload_imports") == _FORMAT and all(map(_is_sound, entries))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return tuple(entries) if sound else None


def _is_sound(entry: ImportedFile) -> bool:
    texts: tuple[str, ...] = (
        entry.title,
        entry.imported_on,
        entry.sha256,
        entry.table,
        entry.first,
        entry.last,
        entry.key,
    )
    texts = (*texts, *entry.notes, *entry.left_out, *entry.defaults)
    counts = (entry.rows, *entry.left_out.values(), *entry.defaults.values())
    return all(isinstance(text, str) for text in texts) and all(isinstance(count, int) for count in counts)


def written(history: tuple[ImportedFile, ...]) -> bytes:
    """The file's content."""
    entries = [vars(entry) for entry in history]
    return (json.dumps({"caseload_imports": _FORMAT, "imports": entries}, ensure_ascii=False, indent=1) + "\n").encode()


def notes_of(history: tuple[ImportedFile, ...] | None) -> list[str]:
    """What readers of the data should know of the exports behind them, each sentence once; nothing of `OWN_TABLES`."""
    if history is None:
        return [f"{FILE}: damaged or written by another version, not read; where the data came from is not known."]
    history = tuple(entry for entry in history if entry.table not in OWN_TABLES)
    notes = [note for entry in history for note in entry.notes]
    latest = {entry.title: entry for entry in history}  # of exports that overlap, only one counts a row once
    for entry in latest.values():
        notes += [
            f"{entry.title}: in the last import {count:,} of {entry.rows:,} appointments had the status {word}, which "
            "the program sets by itself unless somebody changes it."
            for word, count in entry.defaults.items()
        ]
    return list(dict.fromkeys(notes))
