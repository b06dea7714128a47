"""How large a workbook becomes when it is opened, found out without opening it.

A workbook is a zip file of XML, and a sheet becomes a rectangle from its first to its last cell: a file of a few
kilobytes can be made that fills any memory, and the library that opens it would take the whole program along. Nothing
that the file says of itself is believed: every part is unpacked, piece by piece, and every cell's place is looked at.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from caseload.intake.open_document import CONTENT, measure_document
from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook_limits import (
    BINARY,
    DAMAGED,
    LARGEST_UNPACKED,
    LONGEST_TEXTS,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    TOO_LARGE,
)

_CHUNK = 1 << 20
_LOCAL_HEADER = 30  # bytes, followed by a name and an extra field of the lengths in its last four
_ENCRYPTED = 1
_BINARY = "xl/workbook.bin"
# What Excel and most others write, and what is not of that form.
_USUAL_COLUMN, _USUAL_ROW = re.compile(rb' r="([A-Za-z]+)[0-9]'), re.compile(rb' r="[A-Za-z]*([0-9]+)"')
_UNUSUAL = re.compile(rb'<(?:c|row)(?! r="[A-Za-z0-9])[\s/>]|<[\w.-]+:(?:c|row)[\s/>]')
# Places as the library reads them, which is more than Excel writes: small letters, other quotes, blanks, a prefix.
_COLUMN = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]+)[0-9]")
_ROW = re.compile(rb"\br\s*=\s*[\"'][A-Za-z]*([0-9]+)[\"']")
# An element without an attribute r.
_NO_PLACE = rb"(?=[\s/>])(?!(?:\s+[\w:.-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*?\s+r\s*=)"
_UNPLACED = re.compile(rb"<(?:[\w.-]+:)?c" + _NO_PLACE)  # it stands behind the cell before it
_UNNUMBERED = re.compile(rb"<(?:[\w.-]+:)?row" + _NO_PLACE)  # so with rows
_ROW_BEGINS = re.compile(rb"<(?:[\w.-]+:)?row\b")


def measure(file: BinaryIO) -> None:
    """Refuse a workbook that would not fit into memory. Raises `Unreadable`."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise Unreadable(*TOO_LARGE)
            if any(part.filename.lower() == _BINARY for part in parts):
                raise Unreadable(*BINARY)
            left = LARGEST_UNPACKED
            for part in parts:
                texts = part.filename.lower().endswith("sharedstrings.xml")
                unpacked = _at_most(min(left, LONGEST_TEXTS) if texts else left, _unpacked(file, part))
                left -= measure_document(unpacked) if part.filename == CONTENT else _size(unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError):
        raise Unreadable(*DAMAGED) from None


def _unpacked(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part unpacks to, whatever length it claims to have."""
    file.seek(part.header_offset)
    header = file.read(_LOCAL_HEADER)
    stored, deflated = part.compress_type == zipfile.ZIP_STORED, part.compress_type == zipfile.ZIP_DEFLATED
    if not header.startswith(b"PK\3\4") or part.flag_bits & _ENCRYPTED or not (stored or deflated):
        raise Unreadable(*DAMAGED)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    left = part.compress_size
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := file.read(min(left, _CHUNK))):
        left -= len(packed)
        if stored:
            yield packed
            continue
        while packed and not unpacker.eof:
            yield unpacker.decompress(packed, _CHUNK)
            packed = unpacker.unconsumed_tail
    if deflated:
        yield unpacker.flush()


def _at_most(most: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks; refused where they are more bytes."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise Unreadable(*TOO_LARGE)
        yield chunk


def _size(chunks: Iterator[bytes]) -> int:
    """Bytes of one part. One in which cells lie too far apart is refused, wherever it lies: it may be a sheet."""
    size, kept = 0, b""
    extent = _Extent()
    for chunk in chunks:
        size += len(chunk)
        kept += chunk
        whole = kept.rfind(b"<")
        if whole > 0:  # before it every tag is complete
            extent.widen(kept[:whole])
            kept = kept[whole:]
        if len(kept) > _CHUNK and (end := kept.find(b">")) >= 0:  # a long text, which holds no tag until the next
            extent.widen(kept[: end + 1])
            kept = b""
        if len(kept) > 2 * _CHUNK and kept.startswith(b"<"):
            raise Unreadable(*DAMAGED)
        kept = kept if kept.startswith(b"<") else b""
    extent.widen(kept)
    return size


class _Extent:
    """The rectangle of the cells that have been seen."""

    def __init__(self) -> None:
        self.rows, self.columns = 0, 0  # that cells and rows name
        self.unnumbered, self.unplaced, self.here = 0, 0, 0  # rows, cells of a row and of this row that name none

    def widen(self, text: bytes) -> None:
        """Take in the cells of more text, which holds whole tags; refuse what has become too large."""
        usual = not _UNUSUAL.search(text)
        columns_in, rows_in = (_USUAL_COLUMN, _USUAL_ROW) if usual else (_COLUMN, _ROW)
        self.columns = max(self.columns, *map(_column_number, set(columns_in.findall(text))), 0)
        self.rows = max(self.rows, *map(_row_number, set(rows_in.findall(text))), 0)
        if not usual:
            self._count_placeless(text)
        elif b"<row" in text:
            self.here = 0
        rows, columns = self.rows + self.unnumbered, self.columns + self.unplaced
        if rows > MOST_ROWS or columns > MOST_COLUMNS or rows * columns > MOST_CELLS:
            raise Unreadable(*TOO_LARGE)

    def _count_placeless(self, text: bytes) -> None:
        """Cells and rows without a place of their own stand behind the one before."""
        self.unnumbered += len(_UNNUMBERED.findall(text))
        for place, row in enumerate(_ROW_BEGINS.split(text)):
            self.here = len(_UNPLACED.findall(row)) + (self.here if place == 0 else 0)
            self.unplaced = max(self.unplaced, self.here)


def _row_number(digits: bytes) -> int:
    return int(digits) if len(digits) < 10 else MOST_ROWS + 1


def _column_number(letters: bytes) -> int:
    if len(letters) > 3:
        return MOST_COLUMNS + 1
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
