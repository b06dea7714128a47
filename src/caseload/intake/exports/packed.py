"""Files that are packed with gzip (`.csv.gz`, `.ndjson.gz`) → what they hold, after a look at how much that is."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import IO, cast

from caseload.intake.content import LARGEST, Content, open_file, read_content
from caseload.intake.unreadable import Unreadable

PACKED = ".gz"
_CHUNK = 1 << 20
_SMALL, _MOST_TIMES = 64 << 20, 100  # bytes that any file may unpack to, and times its size beyond; exports do 5 to 20
_DAMAGED = ("a file packed with gzip", "a damaged or cut-off file", "Export it again, or unpack it yourself.")
_TOO_LARGE = ("a file of a practice's size", "one that unpacks to far more", "Export fewer months.")


def suffix_of(path: Path) -> str:
    """The ending that says what a file holds, in small letters: `.csv` of `May.CSV.gz`."""
    name = Path(path.stem) if path.suffix.lower() == PACKED else path
    return name.suffix.lower()


def open_unpacked(path: Path, most: int | None = None) -> IO[bytes]:
    """A file of at most `most` bytes, open for reading; unpacked where it is packed. Raises `Unreadable`, `OSError`."""
    if path.suffix.lower() != PACKED:
        return open_file(path, most)
    packed = read_content(path).data
    _measure(packed, LARGEST if most is None else most)
    return _unpacking(packed)


def read_unpacked(path: Path, most: int = LARGEST) -> Content:
    """As `read_content`; unpacked where the file is packed."""
    if path.suffix.lower() != PACKED:
        return read_content(path, most)
    with open_unpacked(path, most) as stream:
        return Content(path.name, stream.read())


def _measure(packed: bytes, most: int) -> None:
    """Unpack all of it, piece by piece, and keep nothing."""
    allowed, size = min(most, max(_SMALL, _MOST_TIMES * len(packed))), 0
    try:
        with _unpacking(packed) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > allowed:
                    raise Unreadable(*_TOO_LARGE)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Unreadable(*_DAMAGED) from None


def _unpacking(packed: bytes) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=io.BytesIO(packed)))
