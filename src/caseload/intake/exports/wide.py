"""Questionnaires with a column for each item → a row for each answer."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from caseload.intake.exports.coded import plain_word
from caseload.intake.exports.grid import Grid, plain_header
from caseload.intake.exports.maps import WIDE_COLUMNS, ColumnMap, ExportMap, TableMap, Wide


class WantedHeaders(Container[str]):
    """The plain headers that a map reads: by name, and by the patterns of its questionnaires."""

    def __init__(self, names: Iterable[str], export: ExportMap) -> None:
        self._names = frozenset(names)
        self._patterns = [pattern(wide) for rows in export.tables for wide in rows.wide]

    def __contains__(self, header: object) -> bool:
        return header in self._names or any(pattern.fullmatch(str(header)) for pattern in self._patterns)


def pattern(wide: Wide) -> re.Pattern[str]:
    """What the plain headers of the items look like."""
    parts = re.split(r"(\{\}|\*)", plain_header(wide.items))
    said = {"{}": r"0*(\d{1,2})", "*": ".*"}
    return re.compile("".join(said.get(part) or re.escape(part) for part in parts), re.DOTALL)


def item_places(header: Sequence[str], wide: Wide) -> dict[int, str]:
    """Place in the header → item."""
    looks = pattern(wide)
    matches = ((place, looks.fullmatch(plain_header(name))) for place, name in enumerate(header))
    return {place: match[1] for place, match in matches if match}


def lengthened(grid: Grid, rows: TableMap) -> tuple[Grid, TableMap]:
    """The grid with a row for each answer, and the map that reads it; items without an answer have no row."""
    parts: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    cells: dict[str, list[str]] = {name: [] for name in WIDE_COLUMNS}
    for wide in rows.wide:
        known = {plain_word(word): number for word, number in wide.words.items()}
        missing = {plain_word(word) for word in wide.missing}
        for place, item in item_places(grid.header, wide).items():
            answers = [None if text is None else str(text).strip() for text in _texts(grid, place)]
            given = [row for row, text in enumerate(answers) if text and plain_word(text) not in missing]
            parts.append(np.array(given, dtype=np.int64))
            cells["instrument"] += [wide.instrument] * len(given)
            cells["item"] += [item] * len(given)
            cells["response"] += [known.get(plain_word(answers[row] or ""), answers[row] or "") for row in given]
    take = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
    again = pa.array(take)
    columns = {place: column.take(again) for place, column in grid.columns.items()}
    width = len(grid.header)
    columns |= {width + place: pa.array(texts, pa.string()) for place, texts in enumerate(cells.values())}
    header = (*grid.header, *map(_own, WIDE_COLUMNS))
    made = {name: (ColumnMap.model_validate({"from": (_own(name),)}),) for name in WIDE_COLUMNS}
    long = replace(grid, header=header, columns=columns, rows=grid.rows[take])
    return long, rows.model_copy(update={"columns": {**rows.columns, **made}})


def _own(name: str) -> str:
    """A header that no file has."""
    return f"the questionnaire's {name}"


def _texts(grid: Grid, place: int) -> list[str | None]:
    texts: list[str | None] = grid.columns[place].to_pylist()
    return texts
