"""Whether a practice stayed the same while it was read: its files before and after, by what the system says of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

TRIES = 5  # times that a practice is read before it is refused
PAUSE = 0.2  # seconds for whoever writes in it to finish
_GAP = ".{}.before"  # where the old folder is while an import puts the new one in its place

Moment = frozenset[tuple[str, int, int, int, int]]
Read = TypeVar("Read")


def read_at_once(path: Path, beside: Iterable[str], read: Callable[[], Read]) -> Read | None:
    """What `read` makes of a folder, or of a workbook and the files `beside` it, that nothing has changed meanwhile.

    It is read again where something has; None where something always does.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        before = _moment(path, beside)
        found = read()
        if _moment(path, beside) == before and not _in_exchange(path):
            return found
    return None


def _moment(path: Path, beside: Iterable[str]) -> Moment:
    """Name, number, size and times of every file that is read; of what is not there, nothing."""
    try:
        files = list(path.iterdir()) if path.is_dir() else [path, *(path.parent / name for name in beside)]
        return frozenset(entry for file in [path, *files] if not file.name.startswith(".") for entry in _state(file))
    except OSError:
        return frozenset()


def _state(file: Path) -> list[tuple[str, int, int, int, int]]:
    try:
        found = file.stat()
    except OSError:
        return []
    size, changed = (0, 0) if file.is_dir() else (found.st_size, found.st_ctime_ns)  # a lock comes and goes in a folder
    return [(file.name, found.st_ino, size, 0 if file.is_dir() else found.st_mtime_ns, changed)]


def _in_exchange(path: Path) -> bool:
    """Whether an import has taken the old folder away and not yet put the new one in its place."""
    here = path.absolute()
    return not here.exists() and here.with_name(_GAP.format(here.name)).exists()
