"""Folders for what is not finished: private, gone afterwards, and where a process was killed, gone with the next run.

The process that made a folder holds the lock of it. A folder that anybody can lock is one of a dead process.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from caseload.writing.locks import release, try_lock

FOLDER_MODE = 0o700
MARK = ".caseload-"
LOCK = ".lock"


@contextmanager
def scratch(parent: Path | None = None) -> Iterator[Path]:
    """A private folder in `parent`, by default in the temporary folder; gone at the end, also after an error."""
    lock = (parent or Path(tempfile.gettempdir())) / f"{MARK}{secrets.token_hex(8)}{LOCK}"
    held = None
    while held is None:  # another run may take the lock for that of a dead process before we hold it
        held = try_lock(lock)
    folder = lock.with_suffix("")
    try:
        folder.mkdir(FOLDER_MODE)
        yield folder
    finally:
        _remove(folder)
        release(lock, held)


@contextmanager
def reserved(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Hold `size` bytes of the disk; calling what is yielded frees them, so that a last file finds its place.

    Raises OSError where there is no such space.
    """
    with scratch(folder) as stage:
        (stage / "reserve").write_bytes(b"\1" * size)
        yield lambda: shutil.rmtree(stage, ignore_errors=True)


def clear_dead(parent: Path | None = None) -> None:
    """Remove what dead processes of ours have left in a folder, by default in the temporary folder."""
    place = parent or Path(tempfile.gettempdir())
    try:
        left = {entry.name.removesuffix(LOCK) for entry in os.scandir(place) if _is_ours(entry)}
    except OSError:
        return
    for name in left:
        _remove_if_dead(place / name)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    """Whether a folder or a lock has our name and our owner."""
    if not entry.name.startswith(MARK):
        return False
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    kind = stat.S_ISREG if entry.name.endswith(LOCK) else stat.S_ISDIR
    return kind(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _remove_if_dead(folder: Path) -> None:
    lock = folder.with_name(f"{folder.name}{LOCK}")
    try:
        held = try_lock(lock)
    except OSError:
        return
    if held is not None:
        shutil.rmtree(folder, ignore_errors=True)
        release(lock, held)


def _remove(folder: Path) -> None:
    """Remove a folder, to which a program that has just ended may write for a moment longer."""
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
