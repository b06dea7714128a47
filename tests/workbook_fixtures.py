"""Workbooks of the kinds that no library at hand writes, as small as can be: OpenDocument (.ods), Excel 97 (.xls)."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

Rows = Sequence[Sequence[object] | str]

_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
_STYLES = (
    '<office:automatic-styles><style:style style:name="ta9" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_TYPE}"/></manifest:manifest>'
)


def ods(
    path: Path, sheets: Mapping[str, Rows], *, hidden: Collection[str] = (), before: str = "", compress: bool = True
) -> Path:
    """An .ods file; a row that is a text and a cell of bytes are XML already, and so is `before` the sheets."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)} table:style-name={quoteattr('ta9' if name in hidden else 'ta1')}>"
        f"{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?><office:document-content {_SPACES}>{_STYLES}"
        f"<office:body><office:spreadsheet>{before}{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", _TYPE, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content.encode("utf-8", "replace"))
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
    return path


def _ods_row(row: Sequence[object] | str) -> str:
    if isinstance(row, str):
        return row
    padding = '<table:table-cell table:number-columns-repeated="1000"/>'  # as programs write it
    return f"<table:table-row>{''.join(map(_ods_cell, row))}{padding}</table:table-row>"


def _ods_cell(cell: object) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, bytes):
        return cell.decode()
    if isinstance(cell, int | float):
        said = f'office:value-type="float" office:value="{cell}"'
    elif isinstance(cell, dt.date):
        said = f'office:value-type="date" office:date-value="{cell.isoformat()}"'
    elif isinstance(cell, dt.time):
        said = f'office:value-type="time" office:time-value="PT{cell:%HH%MM%SS}"'
    else:
        said = 'office:value-type="string"'
    return f"<table:table-cell {said}><text:p>{escape(str(cell))}</text:p></table:table-cell>"


def record(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def xls_records(rows: Rows, hidden_rows: Collection[int] = ()) -> bytes:
    """The records of one sheet; `hidden_rows` are counted from 1."""
    parts = [record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))]
    parts += [record(0x0208, struct.pack("<6HI", row - 1, 0, 9, 255, 0, 0, 0x20)) for row in hidden_rows]
    for place, row in enumerate(rows):
        parts += [_xls_cell(place, column, cell) for column, cell in enumerate(row) if cell not in (None, "")]
    return b"".join([*parts, record(0x000A)])


def _xls_cell(row: int, column: int, cell: object) -> bytes:
    if isinstance(cell, bytes):
        return cell
    at = struct.pack("<HH", row, column)
    if isinstance(cell, dt.datetime):
        days = (cell - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)
        return record(0x0203, at + struct.pack("<Hd", 1, days))
    if isinstance(cell, dt.time):
        return record(0x0203, at + struct.pack("<Hd", 2, (cell.hour * 60 + cell.minute) / 1440))
    if isinstance(cell, int | float):
        return record(0x0203, at + struct.pack("<Hd", 0, cell))
    text = str(cell)[:8_000]
    return record(0x0204, at + struct.pack("<HHB", 0, len(_wide(text)) // 2, 1) + _wide(text))


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def xls(path: Path, sheets: Mapping[str, bytes], *, hidden: Collection[str] = (), before: bytes = b"") -> Path:
    """An .xls file of sheets that are records already; `before` are records of the workbook itself."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + before
    begin += b"".join(record(0x00E0, struct.pack("<HH16x", 0, kind)) for kind in (0, 22, 20))  # plain, date, time
    place, named = len(begin) + sum(12 + len(name) for name in sheets) + 4, b""
    for name, content in sheets.items():
        named += record(
            0x0085, struct.pack("<IBBBB", place, name in hidden, 0, len(name), 0) + name.encode("ascii", "replace")
        )
        place += len(content)
    path.write_bytes(compound(begin + named + record(0x000A) + b"".join(sheets.values())))
    return path


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """A compound file of one stream, which has sectors of its own."""
    size = max(len(stream), 4_096)
    sectors = -(-size // 512)
    tables = -(-(sectors + 2) // 127)
    table = (
        [0xFFFF_FFFD] * tables + [0xFFFF_FFFE] + [tables + 2 + place for place in range(sectors - 1)] + [0xFFFF_FFFE]
    )
    table += [0xFFFF_FFFF] * (tables * 128 - len(table))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<7I", tables, tables, 0, 4_096, 0xFFFF_FFFE, 0, 0xFFFF_FFFE) + struct.pack("<I", 0)
    header += struct.pack("<109I", *range(tables), *[0xFFFF_FFFF] * (109 - tables))
    entries = _entry("Root Entry", 5, 0xFFFF_FFFE, 0, child=1) + _entry(name, 2, tables + 1, size) + bytes(256)
    return header + struct.pack(f"<{len(table)}I", *table) + entries + stream.ljust(sectors * 512, b"\0")


def _entry(name: str, kind: int, first: int, size: int, child: int = 0xFFFF_FFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    nobody = 0xFFFF_FFFF
    return text.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(text), kind, 1, nobody, nobody, child, first, size)
