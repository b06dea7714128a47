"""The bytes of a file, read once: what is parsed is what is fingerprinted.

Nothing but a regular file is opened: a pipe or a device in a file's place would never end.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedReader
from pathlib import Path
from typing import Any

from caseload.intake.unreadable import Unreadable

LARGEST = 4 << 30  # bytes of one file; ten million sessions of 24 columns take about 1 GB as CSV
_NO_FILE = ("a file", "a folder, a pipe or a device", "Put a file in its place, or remove it.")
_NO_PATH = ("a path that can exist", "a character that no path has", "Correct the path.")
# Opening a pipe must not wait for a writer.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Content:
    """What a file held when it was read: its name without folder, and its bytes."""

    name: str
    data: bytes = field(repr=False)

    @cached_property
    def fingerprint(self) -> tuple[str, str, int]:
        """The file's name, the SHA-256 of its bytes in hexadecimal, and their number."""
        return self.name, hashlib.sha256(self.data).hexdigest(), len(self.data)


def read_content(path: Path, most: int = LARGEST, folder: int | None = None) -> Content:
    """Read a file of at most `most` bytes; `folder` is the open folder that a relative path starts from.

    Raises `Unreadable` for what is no such file, or `OSError`.
    """
    with open_file(path, most, folder) as stream:
        data = stream.read()
    if len(data) > most:  # it has grown
        raise _too_large(most)
    return Content(path.name, data)


def open_file(path: Path, most: int | None = None, folder: int | None = None) -> BufferedReader:
    """Open a regular file for reading, as `read_content`."""
    try:
        if not stat.S_ISREG(os.stat(path, dir_fd=folder).st_mode):  # to open a device may do something
            raise Unreadable(*_NO_FILE)
        descriptor = os.open(path, _FLAGS, dir_fd=folder)
    except ValueError:
        raise Unreadable(*_NO_PATH) from None
    stream = os.fdopen(descriptor, "rb")
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and (most is None or status.st_size <= most):
        return stream
    stream.close()
    raise _too_large(most or 0) if stat.S_ISREG(status.st_mode) else Unreadable(*_NO_FILE)


def json_in(data: bytes, **options: Any) -> Any:
    """What a JSON file of our own holds. Raises ValueError for what we never write, and could not write again.

    That is text in another encoding than UTF-8, half a character, and lists without end. `options` are `json.loads`'s.
    """
    text = data.decode("utf-8-sig")
    try:
        content = json.loads(text, **options)
        if "\\u" in text:
            json.dumps(content, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return content


def _too_large(most: int) -> Unreadable:
    size = f"{most >> 30} GB" if most >= 1 << 30 else f"{most >> 20} MB" if most >= 1 << 20 else f"{most >> 10} kB"
    return Unreadable(f"a file of at most {size}", "a larger one", "Check that it is the right file.")
