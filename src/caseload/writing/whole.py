"""Files in place whole or not at all, readable by their owner alone; and a file that several programs write."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from caseload.errors import ParameterError
from caseload.writing.locks import only_writer
from caseload.writing.scratch import FOLDER_MODE, clear_dead, scratch

FILE_MODE = 0o600
TRIES = 20  # times that another program may change a file while ours is made

Content = str | bytes | Callable[[Path], object]
"""A text, bytes, or what writes the file, which is there and empty."""
Outcome = TypeVar("Outcome")
Edit = Callable[[bytes | None], tuple[bytes | None, Outcome]]


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, for the user alone; an existing one keeps its mode."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return path


def copy_folder(folder: Path, to: Path) -> None:
    """Copy a folder's files and folders to a place where there is none; nobody else may read the copies."""
    private_folder(to)
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            copy_folder(path, to / path.name)
        elif path.is_file():
            write_private(to / path.name, path.read_bytes())


def write_private(path: Path, content: Content) -> None:
    """Write a new file that nobody else may read, from its first byte on."""
    path.touch(FILE_MODE, exist_ok=False)
    if callable(content):
        content(path)
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))


def write_together(folder: Path, contents: Mapping[str, Content]) -> None:
    """Put files in place under `folder`, replacing older ones: each whole, and none before all are written.

    Keys are paths below `folder`; the folders they name are made, private.
    """
    private_folder(folder)
    with scratch(folder) as stage:
        for number, content in enumerate(contents.values()):
            write_private(stage / str(number), content)
        for number, name in enumerate(contents):
            private_folder((folder / name).parent)
            (stage / str(number)).replace(folder / name)


def write_file(path: Path, content: Content, *, new: bool = False) -> None:
    """Put one file in place, whole, replacing an older one. Raises OSError; FileExistsError for a `new` one that is."""
    with scratch(path.absolute().parent) as stage:
        write_private(stage / path.name, content)
        if new:
            os.link(stage / path.name, path)  # unlike a rename, it fails where there is one
        else:
            (stage / path.name).replace(path)


def put_in_place(made: Path, path: Path) -> None:
    """Put a file that another program has written into a scratch folder in place, for the user alone."""
    made.chmod(FILE_MODE)
    made.replace(path)


def for_its_owner_only(path: Path) -> list[str]:
    """Take a file away from everybody but its owner; what there is to say of it. Modes are not known on Windows."""
    if sys.platform == "win32" or not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    path.chmod(FILE_MODE)
    return [f"Others on this computer could read {path.name}. Now only its owner can."]


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files below `folder`; those that are not there, or cannot be removed, are no error.

    Nothing outside is removed, whatever the names are, and whatever links there are below.
    """
    for name in names:
        path = folder / name
        if ".." in path.parts or Path(name).is_absolute() or (path.parent != folder and path.parent.is_symlink()):
            continue
        with suppress(OSError, ValueError):
            path.unlink()


def rewrite(file: Path, edit: Edit[Outcome]) -> Outcome:
    """Put in place what `edit` makes of the content of `file`, and return what else it says.

    `edit` takes the content (None: there is no file) and returns the new one (None: leave everything as it is). It is
    asked again whenever the file was changed meanwhile, and what it raises leaves the file as it was. An existing file
    keeps its mode, a link leads where it led. Raises `ParameterError` where the file cannot be written.
    """
    try:
        file = file.resolve()
        clear_dead(file.parent)
        with only_writer(file):
            for _ in range(TRIES):
                old = content_of(file)
                new, outcome = edit(old)
                if new is None or _replaced(file, old, new):
                    return outcome
    except (OSError, RuntimeError) as error:
        code = getattr(error, "errno", None)
        reason = os.strerror(code) if code else type(error).__name__
        raise ParameterError(f"{file.name} cannot be written, and is as it was: {reason}") from None
    raise ParameterError(f"{file.name} changes all the time: close what is writing it, and try again")


def content_of(file: Path) -> bytes | None:
    """What a file holds; None where there is none. Raises OSError, also for what is no regular file."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return file.read_bytes()
    except FileNotFoundError:
        return None


def keep_rename(folder: Path) -> None:
    """See to it that a rename in a folder outlasts a power failure, where a folder can be synchronised."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def keep_file(file: Path) -> None:
    """See to it that what was written outlasts a power failure."""
    with file.open("rb+") as stream:
        os.fsync(stream.fileno())


def _replaced(file: Path, old: bytes | None, new: bytes) -> bool:
    """Put `new` in the place of `old`; False where the file no longer holds that."""
    with scratch(file.parent) as stage:
        made = stage / "new"
        write_private(made, new)
        keep_file(made)
        if old is not None:
            _as_before(made, file)
        if content_of(file) != old:
            return False
        made.replace(file)
    keep_rename(file.parent)
    return True


def _as_before(made: Path, file: Path) -> None:
    """Give the new file the group and the mode of the old; what that group may do, no other group gets."""
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # a rename would pass over the protection
    was = file.stat()
    mode = stat.S_IMODE(was.st_mode)
    if was.st_gid != made.stat().st_gid:
        try:
            os.chown(made, -1, was.st_gid)
        except OSError:
            mode &= ~stat.S_IRWXG
    made.chmod(mode)
