"""What a workbook says of its cells beside their values: hidden rows, formulas without a result, errors, the calendar.

The library that reads the cells drops all of it. It is looked up in the sheet's own XML, which `unpacking.measure` has
found to be of a size that can be held.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree

_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb"\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\br\s*=\s*[\"'](\d+)[\"']")
# A formula, and at most an empty result behind it, up to the end of its cell.
_UNCALCULATED = re.compile(
    rb"<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*(<(?:\w+:)?v\s*(?:/>|>\s*</(?:\w+:)?v>))?\s*</(?:\w+:)?c>"
)
_ERROR = re.compile(rb"<(?:\w+:)?c\b([^>]*\bt=[\"']e[\"'][^>]*)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]{1,20})</")
_CELL_BEGINS = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_PLACE = re.compile(rb"\br\s*=\s*[\"']([A-Za-z]{1,3})(\d{1,7})[\"']")
_TEXT_RESULT = re.compile(rb"\bt\s*=\s*[\"']str[\"']")
_NEARBY = 4_096  # bytes before a formula in which its cell begins; longer formulas are looked for from the start
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")  # no program writes any, and they can be made to grow

Place = tuple[int, int]  # row and column, both counted from 1 and 0 as a spreadsheet and a header do


@dataclass(frozen=True)
class SheetFacts:
    """Facts of one sheet."""

    hidden_rows: frozenset[int] = frozenset()
    uncalculated: frozenset[Place] = frozenset()  # formulas whose result is not stored
    errors: Mapping[Place, str] = field(default_factory=dict)  # such as #N/A


@dataclass(frozen=True)
class WorkbookFacts:
    """Facts of a workbook: whether its days are counted from 1904, and those of its sheets."""

    from_1904: bool = False
    sheets: Mapping[str, SheetFacts] = field(default_factory=dict)


def xlsx_facts(data: bytes, names: Collection[str]) -> WorkbookFacts:
    """What an .xlsx file says of itself and of its sheets of these names; nothing where it is no .xlsx file."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            book = _xml(archive.read("xl/workbook.xml"))
            links = _xml(archive.read("xl/_rels/workbook.xml.rels"))
            targets = {link.get("Id"): link.get("Target", "") for link in links}
            properties = [element for element in book.iter() if _name(element) == "workbookPr"]
            sheets = {}
            for element in (one for one in book.iter() if _name(one) == "sheet"):
                link = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
                part = posixpath.normpath(posixpath.join("/xl", targets.get(link, ""))).lstrip("/")
                if part in archive.namelist() and element.get("name", "") in names:
                    sheets[element.get("name", "")] = sheet_facts(archive.read(part))
    except (KeyError, ValueError, ElementTree.ParseError, zipfile.BadZipFile, NotImplementedError):
        return WorkbookFacts()
    return WorkbookFacts(any(one.get("date1904") in ("1", "true") for one in properties), sheets)


def sheet_facts(content: bytes) -> SheetFacts:
    """The facts in a sheet's XML; cells without a place of their own are passed over."""
    hidden = _hidden_rows(content) if b"hidden" in content else frozenset()
    uncalculated = set()
    for cell in _UNCALCULATED.finditer(content) if b"f>" in content or b"<f" in content else ():
        attributes = _cell_before(content, cell.start())
        if (place := _place(attributes)) and not (cell[1] and _TEXT_RESULT.search(attributes)):
            uncalculated.add(place)
    errors = {}
    for cell in _ERROR.finditer(content) if b't="e"' in content or b"t='e'" in content else ():
        if (place := _place(cell[1])) and (value := _VALUE.search(cell[2])):
            errors[place] = value[1].decode("ascii", "replace")
    return SheetFacts(hidden, frozenset(uncalculated), errors)


def _hidden_rows(content: bytes) -> frozenset[int]:
    rows, number = set(), 0
    for row in _ROW.finditer(content):
        told = _NUMBER.search(row[1])
        number = int(told[1]) if told else number + 1
        if _HIDDEN.search(row[1]):
            rows.add(number)
    return frozenset(rows)


def _cell_before(content: bytes, end: int) -> bytes:
    """The attributes of the cell that a formula stands in."""
    for begin in (max(0, end - _NEARBY), 0):
        cells = _CELL_BEGINS.findall(content, begin, end)
        if cells:
            return bytes(cells[-1])
    return b""


def _place(attributes: bytes) -> Place | None:
    written = _PLACE.search(attributes)
    if not written:
        return None
    column = 0
    for letter in written[1].upper():
        column = column * 26 + letter - ord("A") + 1
    return int(written[2]), column - 1


def _xml(content: bytes) -> ElementTree.Element:
    if _DECLARES.search(content):
        raise ValueError("declarations in XML")
    return ElementTree.fromstring(content)


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
