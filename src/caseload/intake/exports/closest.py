"""Which known format a file is of by the names of its columns, or is closest to; and how it differs from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from caseload.intake.exports.choose import recognised_by
from caseload.intake.exports.grid import HEADER_WITHIN, header_row, joined_header, plain_header
from caseload.intake.exports.maps import ExportMap

CLOSE = 0.6  # share of what a format needs that a file must have to be called close to it

Head = Sequence[Sequence[str]]
"""The rows at the top of a file, as one way of reading shows them."""


@dataclass(frozen=True)
class Fit:
    """A format's name; the columns that a file lacks for it, with "or" between names that would do."""

    name: str
    share: float  # of what the format needs
    lacking: tuple[str, ...]


def fitting(heads: Sequence[Head], formats: Mapping[str, ExportMap]) -> list[str]:
    """The formats whose columns a file has, under any name that they are known by."""
    return [name for name, export in formats.items() if _has_header(heads, export)]


def has_own_names(heads: Sequence[Head], export: ExportMap) -> bool:
    """Whether a file has the format's columns by the names that the program itself gives them, not by common words."""
    return _has_header(heads, export.model_copy(update={"also_called": {}}))


def closest(heads: Sequence[Head], formats: Mapping[str, ExportMap]) -> Fit | None:
    """The format of which a file has the most; None where it has less than `CLOSE` of what any format needs."""
    fits = [_fit(name, export, cells) for name, export in formats.items() for cells in _headers(heads, export)]
    best = max(fits, key=lambda fit: fit.share, default=None)
    return best if best and best.share >= CLOSE else None


def _has_header(heads: Sequence[Head], export: ExportMap) -> bool:
    return any(header_row(head, recognised_by(export), export.header_rows) is not None for head in heads)


def _headers(heads: Sequence[Head], export: ExportMap) -> Iterator[set[str]]:
    """Every row at the top of a file that may be its header, as plain names."""
    for head in heads:
        for number in range(len(head[:HEADER_WITHIN])):
            yield {plain_header(cell) for cell in joined_header(head[number : number + export.header_rows])}


def _fit(name: str, export: ExportMap, cells: set[str]) -> Fit:
    """What a header has of the needs of a format."""

    def has(header: str) -> bool:
        return any(plain_header(spelling) in cells for spelling in (header, *export.also_called.get(header, ())))

    needed = list(_needed(export))
    lacking = [ways for ways in needed if not any(all(map(has, headers)) for headers in ways)]
    said = tuple(" or ".join(dict.fromkeys(" + ".join(headers) for headers in ways)) for ways in lacking)
    return Fit(name, 1 - len(lacking) / max(len(needed), 1), said)


def _needed(export: ExportMap) -> Iterator[list[tuple[str, ...]]]:
    """Of everything that a format needs, the columns that do, in each way that it may be written."""
    for found in export.people.values():
        if not found[0].optional:
            yield [tuple(person.headers) for person in found if person.headers]
    for columns in export.columns.values():
        if not columns[0].optional:
            yield [tuple(column.headers) for column in columns if column.headers]
