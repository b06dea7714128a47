"""A folder whose files change together: at every moment it is as before or as after, whatever happens meanwhile.

The new folder is made beside the old one, from links to the files that stay and from the files that are new, and the
two change places in one step of the file system. Where a system has no such step, two renames follow each other, and
what an interruption leaves between them is put right by the next run.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from caseload.errors import ParameterError
from caseload.intake.replacement import keep_rename, only_writer

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux and RENAME_SWAP of macOS
_HERE = -100  # AT_FDCWD: paths are relative to the working folder
_NOT_SUPPORTED = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


@contextmanager
def only_import(folder: Path) -> Iterator[Path]:
    """Be the only one who changes this folder; what an interrupted run has left is put right first."""
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder.name} is a file: --to takes a folder, which is made if there is none")
    if not folder.parent.is_dir():
        raise ParameterError(f"there is no folder in which {folder.name} could be made: make it first")
    try:
        with only_writer(folder):
            _recover(folder)
            yield folder
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise ParameterError(f"{folder.name} cannot be written, and is as it was: {reason}") from None


def replace_files(
    folder: Path,
    files: Mapping[str, Callable[[Path], None]],
    agenda: str = "agenda.csv",
    without: Collection[str] = (),
) -> None:
    """Put these files into the folder, all in one step; each is written by its function, the others stay.

    Those that `without` names and `files` does not are gone afterwards. To be called within `only_import`. A new folder
    is readable by its owner only, as is every new file in it.
    """
    made, _ = _beside(folder)
    made.mkdir(FOLDER_MODE)
    try:
        with only_writer(folder / agenda) if folder.exists() else _nobody():
            if folder.exists():
                _link_all(folder, made, except_for={*files, *without, f".{agenda}.lock", f".{agenda}.new"})
            for name, write in files.items():
                _write(made / name, folder / name, write)
            keep_rename(made)
            _exchange(made, folder)
    finally:  # what cannot be removed now, such as a folder that is read only, is left to the next import
        shutil.rmtree(made, ignore_errors=True)
    keep_rename(folder.parent)


def _beside(folder: Path) -> tuple[Path, Path]:
    """Where the new folder is made, and where the old one waits where both cannot change places at once."""
    return folder.with_name(f".{folder.name}.importing"), folder.with_name(f".{folder.name}.before")


def _recover(folder: Path) -> None:
    made, before = _beside(folder)
    if before.exists():
        if folder.exists():
            shutil.rmtree(before)
        else:
            before.rename(folder)
    if made.exists():
        shutil.rmtree(made)


def _link_all(old: Path, new: Path, except_for: set[str]) -> None:
    """Everything that stays, without copying it where the disk can have a file in two folders."""
    shutil.copystat(old, new)
    for entry in old.iterdir():
        if entry.name in except_for:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, new / entry.name, symlinks=True, copy_function=_link)
        else:
            _link(entry, new / entry.name)


def _link(old: str | Path, new: str | Path) -> None:
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:
        shutil.copy2(old, new, follow_symlinks=False)


def _write(new: Path, old: Path, write: Callable[[Path], None]) -> None:
    new.touch(FILE_MODE)
    write(new)
    if old.exists():
        new.chmod(stat.S_IMODE(old.stat().st_mode))
    with new.open("rb+") as stream:
        os.fsync(stream.fileno())


def _exchange(made: Path, folder: Path) -> None:
    if not folder.exists():
        made.rename(folder)
        return
    if _exchanged(made, folder):
        return
    _, before = _beside(folder)
    folder.rename(before)
    made.rename(folder)
    shutil.rmtree(before)


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where this system or this disk cannot."""
    if sys.platform == "win32":
        return False
    library = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    paths = os.fsencode(one), os.fsencode(other)
    try:
        if sys.platform == "darwin":
            failed = library.renamex_np(*paths, ctypes.c_uint(_EXCHANGE))
        else:
            failed = library.renameat2(_HERE, paths[0], _HERE, paths[1], ctypes.c_uint(_EXCHANGE))
    except AttributeError:  # a C library without it
        return False
    if not failed:
        return True
    code = ctypes.get_errno()
    if code in _NOT_SUPPORTED:
        return False
    raise OSError(code, os.strerror(code))


@contextmanager
def _nobody() -> Iterator[None]:
    yield
