"""The files of a practice at one moment: all of one folder, and none changed while they were read."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from caseload.intake.content import LARGEST, Content, read_content
from caseload.writing.exchange import BEFORE

TRIES = 5  # times that a practice is read before it is refused
PAUSE = 0.2  # seconds for whoever writes in it to finish
_FROM_DESCRIPTORS = {os.open, os.stat} <= os.supports_dir_fd and os.listdir in os.supports_fd

State = frozenset[tuple[str, int, int, int, int]]
Read = TypeVar("Read")


@dataclass(frozen=True)
class Files:
    """The files of one folder, also after another one has taken its place; `only` are those that count, None: all.

    Hidden files and those that a spreadsheet has open do not count. Where a system cannot find a file by an open
    folder, it is found by the folder's path.
    """

    folder: Path
    descriptor: int | None
    only: tuple[str, ...] | None = None

    @property
    def names(self) -> list[str]:
        """What is in the folder, in order. Raises OSError where that cannot be seen."""
        listed = os.listdir(self.folder if self.descriptor is None else self.descriptor)  # noqa: PTH208
        visible = sorted(name for name in listed if not name.startswith((".", "~$")))
        return visible if self.only is None else [name for name in self.only if name in listed]

    def read(self, name: str, most: int = LARGEST) -> Content:
        """A file, as `read_content`."""
        return read_content(self._at(name), most, self.descriptor)

    def exists(self, name: str) -> bool:
        """Whether there is anything of this name that a link does not lead nowhere from."""
        return self._status(name) is not None

    def is_file(self, name: str) -> bool:
        """Whether it is a regular file."""
        status = self._status(name)
        return status is not None and stat.S_ISREG(status.st_mode)

    @property
    def state(self) -> State:
        """Name, number, size and times of every file; of folders among them, that they are there."""
        states = ((name, self._status(name)) for name in self.names)
        return frozenset(
            (name, it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns)
            if stat.S_ISREG(it.st_mode)
            else (name, it.st_ino, 0, 0, 0)
            for name, it in states
            if it is not None
        )

    def _at(self, name: str) -> Path:
        return self.folder / name if self.descriptor is None else Path(name)

    def _status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(self._at(name), dir_fd=self.descriptor)
        except OSError:
            return None


def read_at_once(path: Path, beside: tuple[str, ...], read: Callable[[Files], Read]) -> Read | None:
    """What `read` makes of a folder, or of a workbook and the files `beside` it, that nothing has changed meanwhile.

    It is read again where something has; None where something always does. Raises OSError for a folder that cannot be
    opened.
    """
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE)
        with _files(_in_place(path), beside) as files:
            before = files.state
            outcome = read(files)
            if files.state == before:
                return outcome
    return None


@contextmanager
def _files(path: Path, beside: tuple[str, ...]) -> Iterator[Files]:
    folder, only = (path, None) if path.is_dir() else (path.parent, (path.name, *beside))
    if not _FROM_DESCRIPTORS:
        yield Files(folder, None, only)
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Files(folder, descriptor, only)
    finally:
        os.close(descriptor)


def _in_place(path: Path) -> Path:
    """The folder, or the old one while a new one takes its place: for a moment there is none."""
    if path.exists():
        return path
    here = path.absolute()
    before = here.with_name(BEFORE.format(here.name))
    return before if before.is_dir() else path
