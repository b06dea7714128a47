"""The text of a CSV file, taken apart only so far that a row can be added or a cell be put; the rest stays as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_CELL = re.compile(r'(?P<cell>(?:"[^"]*(?:""[^"]*)*"?)?[^,\r\n]*)(?P<end>,|\r\n|\r|\n|\Z)')
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True)
class Sheet:
    """A CSV text with a header. Rows are counted as a spreadsheet shows them: row 1 is the header."""

    text: str

    @cached_property
    def _rows(self) -> list[list[tuple[int, int]]]:
        """Where the cells of every row begin and end."""
        rows: list[list[tuple[int, int]]] = [[]]
        at = len(_BYTE_ORDER_MARK) if self.text.startswith(_BYTE_ORDER_MARK) else 0
        while cell := _CELL.match(self.text, at):
            rows[-1].append(cell.span("cell"))
            at = cell.end()
            if at == len(self.text) and cell["end"] != ",":
                break
            if cell["end"] != ",":
                rows.append([])
        return rows

    @cached_property
    def _newline(self) -> str:
        """What ends the header's row."""
        end = self._rows[0][-1][1]
        first = re.match(r"\r\n|\r|\n", self.text[end:])
        return first[0] if first else "\n"

    @property
    def next_row(self) -> int:
        """The number that a row added at the end gets."""
        return len(self._rows) + 1

    def with_row(self, header: Sequence[str], cells: Mapping[str, str]) -> str:
        """The text with a row at its end; columns of `header` that `cells` does not name stay empty."""
        row = _written([cells.get(name, "") for name in header])
        before = "" if self.text.endswith(("\n", "\r")) else self._newline
        return f"{self.text}{before}{row}{self._newline}"

    def with_cells(self, row: int, header: Sequence[str], cells: Mapping[str, str]) -> str:
        """The text with other values in some cells of one row. `IndexError` where there are no such cells."""
        places = sorted((self._rows[row - 1][header.index(name)], value) for name, value in cells.items())
        text = self.text
        for (begin, end), value in reversed(places):
            text = text[:begin] + _written([value]) + text[end:]
        return text


def _written(cells: Sequence[str]) -> str:
    """Cells as a row, in quotes where they need them."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
