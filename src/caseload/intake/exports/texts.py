"""Text files of exports: CSV in any of the usual encodings and with any of the usual delimiters → a grid."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Container, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.csv

from caseload.intake.content import Content
from caseload.intake.exports.grid import (
    HEADER_WITHIN,
    MOST_COLUMNS,
    SAMPLE,
    Expected,
    Grid,
    first_header_row,
    header_row,
    joined_header,
    plain_header,
    ragged_rows,
    swallowed_rows,
)
from caseload.intake.unreadable import Unreadable

DELIMITERS = (",", ";", "\t", "|")
_BLOCK = 1 << 24  # bytes parsed at a time; no row may be longer
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
# A quote behind a backslash that closes no cell, or a cell \N: as MySQL and its tools write text.
_ESCAPED = re.compile(rb'\\"(?![,;\t|\r\n"]|\Z)|(?:^|[,;\t|])\\N(?=[,;\t|\r\n]|\Z)', re.MULTILINE)
_UNESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_FALLBACK = "windows-1252"
BEGIN = 1 << 18  # bytes at the top among which a known header is looked for


def as_utf8(content: bytes, encoding: str = "") -> tuple[bytes, str]:
    """The content of a text file in UTF-8 without a mark, and the encoding it was in.

    UTF-8 (with or without a byte-order mark) and UTF-16 with a mark are recognised; what is neither is taken for
    Windows-1252 unless `encoding` says otherwise. Raises `Unreadable`.
    """
    mark, marked = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    if marked == "utf-8":
        content = content[len(mark) :]
    name = marked or encoding or ("utf-8" if _is_utf8(content) else _FALLBACK)
    if name != "utf-8":
        content = _decoded(content, name).encode("utf-8")
    elif not _is_utf8(content):
        raise Unreadable("text in UTF-8", "text in another encoding", "Say the encoding in the map, or save as UTF-8.")
    if b"\0" in content:
        raise Unreadable("text", "NUL characters: a damaged file, or UTF-16 without a mark", "Export the file again.")
    if b"\\" in content and _ESCAPED.search(content):
        content = _UNESCAPE.sub(_plain_escape, content)
    if content.count(b'"') % 2 and _ends_in_quotes(content):
        raise Unreadable(
            "text in pairs of quotes", "a quote that is never closed: a file cut off, perhaps", "Export the file again."
        )
    return content, name


def read_csv_grid(
    file: Content,
    expected: Expected,
    wanted: Container[str] | None = None,
    *,
    encoding: str = "",
    delimiter: str = "",
    header_rows: int = 1,
) -> Grid:
    """A CSV file as a grid. The header is the row that holds the `expected` columns, else the fullest at the top.

    `wanted` are the plain headers of the columns that are needed; None is all of them. Raises `Unreadable`.
    """
    content, encoded = as_utf8(file.data, encoding)
    delimiter = delimiter or _delimiter(content, expected, header_rows)
    head = _first_rows(content, delimiter, HEADER_WITHIN + header_rows)
    start = first_header_row(head, expected, header_rows)
    header = joined_header(head[start : start + header_rows])
    if not any(header):
        raise Unreadable("a header and rows of data", "an empty file", "Export the file again.")
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"at most {MOST_COLUMNS} columns", f"{len(header)} columns", "Export fewer columns.")
    wide = list(range(len(header)))
    places = [place for place in wide if wanted is None or plain_header(header[place]) in wanted] or wide[:1]
    grid = _cells(file.name, content, delimiter, header, places, start + header_rows)
    grid.sample = _first_rows(content, delimiter, start + header_rows + SAMPLE)[start + header_rows :]
    _, grid.sha256, _ = file.fingerprint
    if encoded == _FALLBACK:
        grid.notes.append(f"{file.name}: read as {encoded}; names with accents may look wrong if it is something else.")
    if content[-1:] not in (b"\n", b"\r"):
        grid.notes.append(
            f"{file.name}: no line end after the last row: if the file was cut off, that row may be, too."
        )
    return grid


def heads_of_text(begin: bytes) -> list[list[list[str]]]:
    """The rows at the top by each delimiter, from the first `BEGIN` bytes of a file. Raises `Unreadable`."""
    whole = len(begin) < BEGIN
    marked = next((name for mark, name in _MARKS if begin.startswith(mark)), "")
    if not whole and marked != "utf-16":  # the last line may be cut within a letter
        begin = begin[: begin.rfind(b"\n") + 1]
    content = begin if whole else begin.decode(marked or "utf-8", "replace").encode()
    if whole:
        content, _ = as_utf8(begin)
    return [_first_rows(content.removeprefix(codecs.BOM_UTF8), mark, HEADER_WITHIN) for mark in DELIMITERS]


def _is_utf8(content: bytes) -> bool:
    if content.isascii():  # most are, and then nothing has to be decoded
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _plain_escape(escape: re.Match[bytes]) -> bytes:
    r"""What databases write with a backslash, as CSV has it: `\"` is two quotes, `\N` nothing, `\\` a backslash."""
    letter = escape[1]
    return b'""' if letter == b'"' else b"" if letter == b"N" else letter


def _ends_in_quotes(content: bytes) -> bool:
    """Whether a cell is still open at the end. A mark in the middle of a cell, as for inches, opens none."""
    try:
        for _ in csv.reader(_lines(content), strict=True):
            pass
    except csv.Error:
        return True
    return False


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError:
        action = "Say the encoding in the map (encoding = …), or save the file as CSV UTF-8."
        raise Unreadable(f"text in {name}", "text in another encoding", action) from None


def _first_rows(content: bytes, delimiter: str, count: int) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        for row in csv.reader(_lines(content), delimiter=delimiter):
            rows.append([cell.strip() for cell in row])
            if len(rows) == count:
                break
    except csv.Error:
        raise Unreadable("rows of cells", "a damaged file", "Export the file again.") from None
    return rows


def _delimiter(content: bytes, expected: Expected, header_rows: int) -> str:
    """The delimiter under which the expected header is found; without one, the one that splits most evenly."""
    heads = {mark: _first_rows(content, mark, HEADER_WITHIN + header_rows) for mark in DELIMITERS}
    for mark, rows in heads.items():
        if header_row(rows, expected, header_rows) is not None:
            return mark
    widths = {mark: np.array([len(row) for row in rows if row] or [1]) for mark, rows in heads.items()}
    usual = {mark: float(np.median(width)) for mark, width in widths.items()}
    even = {mark: float((width == usual[mark]).mean()) for mark, width in widths.items()}
    return max(DELIMITERS, key=lambda mark: (usual[mark] > 1, even[mark], usual[mark]))


def _cells(
    file: str, content: bytes, delimiter: str, header: tuple[str, ...], places: Sequence[int], skipped: int
) -> Grid:
    lines, more = _lines_of(content, delimiter, skipped)
    if not more:
        empty = {place: pa.array([], pa.string()) for place in places}
        return Grid(file, header, empty, np.empty(0, dtype=np.int64))
    table, ragged = _parsed(content, delimiter, len(header), places, lines, threads=True)
    if ragged:  # only one thread knows which rows they are
        table, ragged = _parsed(content, delimiter, len(header), places, lines, threads=False)
    columns = {place: table.column(str(place)) for place in places}
    rows = np.arange(table.num_rows + len(ragged), dtype=np.int64)
    cut = np.array(ragged, dtype=np.int64) - lines - 1
    rows = np.delete(rows, cut)
    swallowed = _swallowing(content, delimiter, len(header)) if content.count(b"\n") > len(rows) + skipped else []
    return Grid(
        file,
        header,
        columns,
        rows + skipped + 1,
        [*ragged_rows(file, cut + skipped + 1), *swallowed_rows(file, swallowed)],
    )


def _parsed(
    content: bytes, delimiter: str, width: int, places: Sequence[int], lines: int, *, threads: bool
) -> tuple[pa.Table, list[int]]:
    """The columns at `places`, named by their place; and the numbers of rows of another width, which are left out."""
    ragged: list[int] = []

    def skip(row: pyarrow.csv.InvalidRow) -> str:
        ragged.append(row.number)
        return "skip"

    names = [str(place) for place in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(content),
            pyarrow.csv.ReadOptions(use_threads=threads, block_size=_BLOCK, column_names=names, skip_rows=lines),
            pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
                include_columns=[str(place) for place in places],
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowException:
        raise Unreadable("rows of cells", "a damaged file", "Export the file again.") from None
    return table, ragged


def _lines_of(content: bytes, delimiter: str, count: int) -> tuple[int, bool]:
    """How many lines the first rows take, whose cells may hold line breaks; and whether there is another row."""
    rows = csv.reader(_lines(content), delimiter=delimiter)
    for _ in range(count):
        next(rows, None)
    return rows.line_num, next(rows, None) is not None


def _swallowing(content: bytes, delimiter: str, width: int) -> list[int]:
    """Rows with a cell that holds as many line breaks and delimiters as whole rows do: a quote that is not closed, and
    then another one.
    """
    numbers = []
    for number, row in enumerate(csv.reader(_lines(content), delimiter=delimiter), start=1):
        longest = max(row, key=len, default="")
        if "\n" in longest and longest.count(delimiter) == longest.count("\n") * (width - 1) > 0:
            numbers.append(number)
    return numbers


def _lines(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
