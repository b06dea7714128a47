"""A folder whose files change together: at every moment it is as before or as after, whatever happens meanwhile.

The new folder is made next to the old one, from links to the files that stay and from the files that are new. Two
renames then put it in place. Between them there is no folder for a moment: whoever reads waits for it, and what an
interruption leaves there is put right by the next run.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from caseload.errors import ParameterError
from caseload.writing.locks import lock_of, only_writer
from caseload.writing.scratch import FOLDER_MODE, MARK
from caseload.writing.whole import Content, keep_file, keep_rename, write_private

BEFORE = ".{}.before"  # the old folder, while the new one takes its place
_MADE = ".{}.importing"


@contextmanager
def only_changer(folder: Path) -> Iterator[Path]:
    """Be the only one who changes this folder; what an interrupted run has left is put right first."""
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise ParameterError(f"{folder.name} is a file: name a folder, which is made if there is none")
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
    folder: Path, files: Mapping[str, Content], edited: str = "", without: Collection[str] | None = ()
) -> None:
    """Put these files into the folder, all in one step; the others stay.

    Those that `without` names and `files` does not are gone afterwards; None: all others. `edited` is a file that other
    processes of ours edit by itself: it is theirs to change no moment longer than ours. To be called within
    `only_changer`. A new folder is readable by its owner only, as is every new file in it.
    """
    made, before = folder.with_name(_MADE.format(folder.name)), folder.with_name(BEFORE.format(folder.name))
    try:
        made.mkdir(FOLDER_MODE)
        with only_writer(folder / edited) if edited and folder.exists() else nullcontext():
            if folder.exists() and without is not None:
                lock = {lock_of(folder / edited).name} if edited else set()
                _link_all(folder, made, except_for={*files, *without, *lock})
            for name, content in files.items():
                _write(made / name, folder / name, content)
            keep_rename(made)
            if folder.exists():
                folder.rename(before)
            made.rename(folder)
            shutil.rmtree(before, ignore_errors=True)
    finally:  # what cannot be removed now, such as a folder that is read only, is left to the next run
        shutil.rmtree(made, ignore_errors=True)
        if before.exists() and not folder.exists():
            before.rename(folder)
    keep_rename(folder.parent)


def _recover(folder: Path) -> None:
    made, before = folder.with_name(_MADE.format(folder.name)), folder.with_name(BEFORE.format(folder.name))
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
        if entry.name in except_for or entry.name.startswith(MARK):
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


def _write(new: Path, old: Path, content: Content) -> None:
    new.parent.mkdir(FOLDER_MODE, exist_ok=True)
    write_private(new, content)
    if old.exists():
        new.chmod(stat.S_IMODE(old.stat().st_mode))
    keep_file(new)
