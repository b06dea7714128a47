"""The workbook inside an .xls file: Microsoft's compound file, a small disk of sectors in chains (MS-CFB).

Nothing that the file says of itself is believed: a chain that comes back to where it has been is refused, since the
library that opens the workbook would follow it for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook_limits import DAMAGED

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STREAMS = ("Workbook", "Book", "WORKBOOK", "BOOK")  # in the order in which the library looks for them
ENCRYPTED = ("a workbook that can be read", "an encrypted one", "Save it without a password, as .xlsx.")
OTHER = ("a workbook", "a file of another program of the same kind", "Save it as .xlsx or CSV.")

_LAST_SECTOR = 0xFFFF_FFFA  # numbers from here on are marks
_SIZES = {9: 512, 12: 4_096}
_MINI, _SMALLEST = 64, 4_096  # bytes of a sector of the small stream, and of a stream that has sectors of its own
_MOST_MINI = 1 << 10  # sectors that list those of the small stream
_ENTRY = 128  # bytes of one entry of the directory
_IN_HEADER = 109  # sectors of the table that the header itself names


class _Disk:
    """Sectors of a file, and the table that says which one follows which."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 512 or not data.startswith(SIGNATURE):
            raise Unreadable(*DAMAGED)
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in _SIZES or 1 << mini_shift != _MINI:
            raise Unreadable(*DAMAGED)
        self.data, self.size = data, _SIZES[shift]
        self.first_entry, _, _, self.mini_table, mini_sectors, more, _ = struct.unpack_from("<7I", data, 48)
        if mini_sectors > _MOST_MINI:
            raise Unreadable(*DAMAGED)
        self.table: list[int] = []
        for sector in self._table_sectors(more):
            self.table += _numbers(self.sector(sector))

    def _table_sectors(self, more: int) -> Iterator[int]:
        named = list(struct.unpack_from(f"<{_IN_HEADER}I", self.data, 76))
        seen: set[int] = set()
        while more < _LAST_SECTOR:
            if more in seen:
                raise Unreadable(*DAMAGED)
            seen.add(more)
            *found, more = _numbers(self.sector(more))
            named += found
        return (sector for sector in named if sector < _LAST_SECTOR)

    def sector(self, number: int) -> bytes:
        begin = (number + 1) * self.size
        if begin >= len(self.data):
            raise Unreadable(*DAMAGED)
        return self.data[begin : begin + self.size]

    def chain(self, first: int) -> bytes:
        return b"".join(map(self.sector, _followed(first, self.table)))


def workbook_stream(data: bytes) -> bytes:
    """The records of the workbook in an .xls file. Raises `Unreadable`."""
    disk = _Disk(data)
    directory = disk.chain(disk.first_entry)
    entries = [directory[place : place + _ENTRY] for place in range(0, len(directory) - _ENTRY + 1, _ENTRY)]
    by_name = {_name(entry): entry for entry in reversed(entries)}
    entry = next((by_name[name] for name in STREAMS if name in by_name), None)
    if entry is None:
        raise Unreadable(*(ENCRYPTED if "EncryptedPackage" in by_name else OTHER))
    first, size = struct.unpack_from("<II", entry, 116)
    if size >= _SMALLEST:
        return disk.chain(first)[:size]
    (root,) = struct.unpack_from("<I", entries[0], 116)
    small = disk.chain(root)
    parts = _followed(first, _numbers(disk.chain(disk.mini_table)))
    return b"".join(small[part * _MINI : (part + 1) * _MINI] for part in parts)[:size]


def _followed(first: int, table: list[int]) -> Iterator[int]:
    """The sectors of a chain, one after the other. One that comes back to itself is longer than the table."""
    sector, left = first, len(table)
    while sector < _LAST_SECTOR:
        if sector >= len(table) or not left:
            raise Unreadable(*DAMAGED)
        yield sector
        sector, left = table[sector], left - 1


def _numbers(sector: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("<I", sector[: len(sector) // 4 * 4])]


def _name(entry: bytes) -> str:
    return entry[:64].decode("utf-16-le", "replace").partition("\0")[0]
