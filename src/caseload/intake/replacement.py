"""A small file that several programs write: changed by one of ours at a time, and whole at any moment.

The new file is written beside the old one and takes its place by one rename, so that whatever happens, the old or the
new one is there. Other programs do not know our lock: a change of theirs is noticed just before the rename.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from caseload.errors import ParameterError
from caseload.intake.content import read_content
from caseload.intake.unreadable import Unreadable

if sys.platform == "win32":
    import msvcrt

    def _lock(held: int) -> None:
        msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(held: int) -> None:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)


FILE_MODE = 0o600  # of a new file: what it holds is confidential
PATIENCE = 30.0  # seconds to wait for another process; each holds the file for a fraction of one
PAUSE = 0.01
TRIES = 20  # times that another program may change the file meanwhile

Outcome = TypeVar("Outcome")
Edit = Callable[[bytes | None], tuple[bytes | None, Outcome]]


def rewrite(file: Path, edit: Edit[Outcome]) -> Outcome:
    """Put in place what `edit` makes of the content of `file`, and return what else it says.

    `edit` takes the content (None: there is no file) and returns the new one (None: leave everything as it is). It is
    asked again whenever the file was changed meanwhile, and what it raises leaves the file as it was. An existing file
    keeps its mode, a link leads where it led. Raises `ParameterError` where the file cannot be written.
    """
    file = file.resolve()
    try:
        with only_writer(file):
            for _ in range(TRIES):
                old = content(file)
                new, outcome = edit(old)
                if new is None or _replaced(file, old, new):
                    return outcome
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise ParameterError(f"{file.name} cannot be written, and is as it was: {reason}") from None
    except Unreadable as error:
        raise ParameterError(f"{file.name} cannot be written, and is as it was: it is {error.found}") from None
    raise ParameterError(f"{file.name} changes all the time: close what is writing it, and try again")


def content(file: Path) -> bytes | None:
    """What the file holds; None where there is none. Raises `Unreadable` for what is no file, or `OSError`."""
    try:
        return read_content(file).data
    except FileNotFoundError:
        return None


def _replaced(file: Path, old: bytes | None, new: bytes) -> bool:
    """Put `new` in the place of `old`; False where the file no longer holds that."""
    beside = file.with_name(f".{file.name}.new")
    try:
        _write(beside, new)
        if old is not None:
            _as_before(beside, file)
        if content(file) != old:
            return False
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    keep_rename(file.parent)
    return True


def _write(beside: Path, new: bytes) -> None:
    beside.unlink(missing_ok=True)  # left by a process that was killed
    beside.touch(FILE_MODE, exist_ok=False)
    with beside.open("wb") as stream:
        stream.write(new)
        stream.flush()
        os.fsync(stream.fileno())


def _as_before(beside: Path, file: Path) -> None:
    """Give the new file the group and the mode of the old; what that group may do, no other group gets."""
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # a rename would pass over the protection
    was = file.stat()
    mode = stat.S_IMODE(was.st_mode)
    if was.st_gid != beside.stat().st_gid:
        try:
            os.chown(beside, -1, was.st_gid)
        except OSError:
            mode &= ~stat.S_IRWXG
    beside.chmod(mode)


def keep_rename(folder: Path) -> None:
    """See to it that the rename itself outlasts a power failure, where a folder can be synchronised."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextmanager
def only_writer(file: Path) -> Iterator[None]:
    """Hold a lock on a file beside `file`, gone afterwards. The system frees the lock of a process that was killed."""
    path = file.with_name(f".{file.name}.lock")
    deadline = time.monotonic() + PATIENCE
    while (held := _locked(path)) is None:
        if time.monotonic() > deadline:
            raise ParameterError(f"{file.name} is being written by another process: try again when that is done")
        time.sleep(PAUSE)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open: there the lock stays, an empty file
            path.unlink()
        os.close(held)


def _locked(path: Path) -> int | None:
    """The lock's descriptor, or None while somebody else holds it, or has just removed the file that we opened."""
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)  # it holds nothing; whoever shares the folder needs it
    try:
        _lock(held)
        if os.path.samestat(os.fstat(held), path.stat()):
            return held
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK, errno.ENOENT):
            os.close(held)
            raise
    os.close(held)
    return None
