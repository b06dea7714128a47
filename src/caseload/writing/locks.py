"""One writer at a time: a lock is a file that a process holds, and the system frees it when the process ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caseload.errors import ParameterError

if sys.platform == "win32":
    import msvcrt

    def _lock(held: int) -> None:
        msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(held: int) -> None:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


PATIENCE = 30.0  # seconds to wait for a process that writes a small file: each takes a fraction of one
PAUSE = 0.01
SHORTLY = 1.0  # seconds that nobody need be told of
_TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK, errno.ENOENT)


def lock_of(path: Path) -> Path:
    """The lock of a file or folder: a hidden file next to it."""
    return path.with_name(f".{path.name}.lock")


@contextmanager
def only_writer(
    path: Path, patience: float | None = PATIENCE, waiting: Callable[[], object] = lambda: None
) -> Iterator[bool]:
    """Be the only process that writes this file or folder; another one is waited for, None: as long as it takes.

    `waiting` is called once where that is more than a moment. Yields whether there was another one: what was read
    before may be of yesterday. Raises `ParameterError` where patience ends, `OSError`
    where there can be no lock.
    """
    lock, began, said, waited = lock_of(path), time.monotonic(), False, 0.0
    while (held := try_lock(lock)) is None:
        waited = time.monotonic() - began
        if patience is not None and waited > patience:
            raise ParameterError(f"{path.name} is being written by another process: try again when that is done")
        if waited > SHORTLY and not said:
            waiting()
            said = True
        time.sleep(PAUSE)
    try:
        yield bool(waited)
    finally:
        release(lock, held)


def try_lock(lock: Path) -> int | None:
    """The lock's descriptor; None while another process holds it, or has just removed the file that we opened."""
    held = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)  # whoever shares the folder
    try:
        _lock(held)
        if os.path.samestat(os.fstat(held), lock.stat()):
            return held
    except OSError as error:
        if error.errno not in _TAKEN:
            os.close(held)
            raise
    os.close(held)
    return None


def release(lock: Path, held: int) -> None:
    """Remove a lock that we hold."""
    with suppress(OSError):  # Windows keeps a file that is open: there the lock stays, an empty file
        lock.unlink()
    os.close(held)
