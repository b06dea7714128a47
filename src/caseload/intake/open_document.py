"""OpenDocument sheets (.ods): how large they become when they are opened, and what they say of their cells.

A row or a cell may say that it stands many times: a file of a kilobyte can be made that fills any memory.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from xml.parsers import expat

from caseload.intake.unreadable import Unreadable
from caseload.intake.workbook_facts import Place, SheetFacts, WorkbookFacts
from caseload.intake.workbook_limits import DAMAGED, LONGEST_TEXTS, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, TOO_LARGE

CONTENT = "content.xml"
_TABLE, _ROW, _SETTINGS, _BLANKS = "table:table", "table:table-row", "table:null-date", "text:s"
_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})
_ROWS, _COLUMNS = "table:number-rows-repeated", "table:number-columns-repeated"
_FORMULA, _TYPE, _SEEN = "table:formula", "office:value-type", "table:visibility"
_MOST_BLANKS = 1 << 15
_TELLING = (b"table:visibility", b"table:formula", b'"error"', b"'error'", b"table:null-date")


class _Reader:
    """What has been seen of a document so far. Names are as the library knows them, with their usual prefixes."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8")
        self.parser.StartElementHandler = self._begin
        self.parser.CharacterDataHandler = None
        self.cells, self.texts = 0, 0  # of all sheets; bytes of texts that stand many times
        self.from_1904 = False
        self.sheets: dict[str, SheetFacts] = {}
        self._repeated = 0
        self._begin_sheet("")

    def read(self, chunks: Iterable[bytes]) -> None:
        """Raises `Unreadable`."""
        try:
            for chunk in chunks:
                self.parser.Parse(chunk, False)
            self.parser.Parse(b"", True)
            self._end_sheet()
        except (expat.ExpatError, ValueError):
            raise Unreadable(*DAMAGED) from None

    def _begin(self, name: str, said: Mapping[str, str]) -> None:
        if name in _CELLS:
            self._end_cell()
            self._begin_cell(said)
        elif name == _ROW:
            self._end_cell()
            self._here += self._repeated
            self._repeated, self._column = _number(said, _ROWS), 0
            if said.get(_SEEN, "visible") != "visible" and self._here < MOST_ROWS:
                self._hidden.append((self._here, self._repeated))
        elif name == _TABLE:
            self._end_sheet()
            self._begin_sheet(said.get("table:name", ""))
        elif name == _BLANKS and _number(said, "text:c") > _MOST_BLANKS:
            raise Unreadable(*TOO_LARGE)
        elif name == _SETTINGS:
            self.from_1904 = said.get("table:date-value", "").startswith("1904")

    def _begin_sheet(self, name: str) -> None:
        self._name = name
        self._here, self._repeated, self._column, self._width = 0, 0, 0, 0  # rows before this one, and of it
        self._rows = 0  # up to the last that holds something
        self._cell: tuple[int, int] | None = None  # the byte at which the last filled cell began, and how often it is
        self._hidden: list[tuple[int, int]] = []
        self._uncalculated: set[Place] = set()
        self._errors: dict[Place, str] = {}

    def _begin_cell(self, said: Mapping[str, str]) -> None:
        times = _number(said, _COLUMNS)
        if any(name == _FORMULA or name.startswith("office:") for name in said):
            self._cell = self.parser.CurrentByteIndex, times
            self._rows = self._here + self._repeated
            self._width = max(self._width, self._column + times)
            if self._rows > MOST_ROWS or self._width > MOST_COLUMNS or self._rows * self._width > MOST_CELLS:
                raise Unreadable(*TOO_LARGE)
            self._note(said)
        self._column += times

    def _note(self, said: Mapping[str, str]) -> None:
        """What a cell says beside its value. A program that writes a formula's result says of which kind it is."""
        place = self._here + 1, self._column
        if _FORMULA in said and _TYPE not in said:
            self._uncalculated.add(place)
        if said.get("calcext:value-type") == "error":
            self._errors[place] = "#N/A"

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        begin, times = self._cell
        self._cell = None
        if (often := times * self._repeated) > 1:
            self.texts += (self.parser.CurrentByteIndex - begin) * often
        if self.texts > LONGEST_TEXTS:
            raise Unreadable(*TOO_LARGE)

    def _end_sheet(self) -> None:
        self._end_cell()
        self.cells += self._rows * self._width
        if self.cells > MOST_CELLS:
            raise Unreadable(*TOO_LARGE)
        hidden = {row + 1 for first, times in self._hidden for row in range(first, min(first + times, self._rows))}
        self.sheets[self._name] = SheetFacts(frozenset(hidden), frozenset(self._uncalculated), self._errors)


def measure_document(chunks: Iterable[bytes]) -> int:
    """Refuse the content of a document that would not fit into memory; its number of bytes. Raises `Unreadable`."""
    size = 0

    def counted() -> Iterable[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            yield chunk

    _Reader().read(counted())
    return size


def document_facts(data: bytes) -> WorkbookFacts | None:
    """What an .ods file, which has been measured, says of itself and its sheets; None for another kind of workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if CONTENT not in archive.namelist():
                return None
            content = archive.read(CONTENT)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error, ValueError):
        raise Unreadable(*DAMAGED) from None
    if not any(word in content for word in _TELLING):
        return WorkbookFacts()
    reader = _Reader()
    reader.read([content])
    return WorkbookFacts(reader.from_1904, reader.sheets)


def _number(said: Mapping[str, str], name: str) -> int:
    """How often something stands: once where nothing is said."""
    return max(int(said.get(name, "1")), 0)
