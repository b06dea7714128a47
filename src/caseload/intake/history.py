"""`imports.json` in a practice folder: which exports it was made of. It holds counts, dates and hashes, never a value.

The data-quality page tells from it what a program does by itself, such as a status that nobody has edited.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE = "imports.json"
_FORMAT = 1
MOST_BYTES = 10_000_000


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
    key: str = ""  # fingerprint of the key that made the identifiers


def read_history(folder: Path) -> tuple[ImportedFile, ...] | None:
    """What was imported into a folder, in that order; None where the file is damaged."""
    file = folder / FILE
    try:
        if not file.is_file():
            return ()
        if file.stat().st_size > MOST_BYTES:
            return None
        found = json.loads(file.read_bytes())
        entries = [ImportedFile(**{**entry, "notes": tuple(entry.get("notes", ()))}) for entry in found["imports"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return tuple(entries) if found.get("caseload_imports") == _FORMAT and all(map(_is_sound, entries)) else None


def _is_sound(entry: ImportedFile) -> bool:
    texts = (
        entry.title,
        entry.imported_on,
        entry.sha256,
        entry.table,
        entry.first,
        entry.last,
        entry.key,
        *entry.notes,
    )
    counts = (entry.rows, *entry.left_out.values(), *entry.defaults.values())
    return all(isinstance(text, str) for text in texts) and all(isinstance(count, int) for count in counts)


def written(history: tuple[ImportedFile, ...]) -> bytes:
    """The file's content."""
    entries = [vars(entry) for entry in history]
    return (json.dumps({"caseload_imports": _FORMAT, "imports": entries}, ensure_ascii=False, indent=1) + "\n").encode()


def notes_of(history: tuple[ImportedFile, ...] | None) -> list[str]:
    """What readers of the data should know of the exports behind them, each sentence once."""
    if history is None:
        return [f"{FILE}: damaged or written by another version, not read; where the data came from is not known."]
    notes = [note for entry in history for note in entry.notes]
    latest = {(entry.title, entry.sha256): entry for entry in history}
    for title in dict.fromkeys(title for title, _ in latest):
        entries = [entry for (name, _), entry in latest.items() if name == title]
        for word in dict.fromkeys(word for entry in entries for word in entry.defaults):
            rows = sum(entry.rows for entry in entries if word in entry.defaults)
            hold = sum(entry.defaults.get(word, 0) for entry in entries)
            notes.append(
                f"{title}: {hold} of {rows} appointments have the status {word}, which the program sets by itself "
                "unless somebody changes it."
            )
    return list(dict.fromkeys(notes))
