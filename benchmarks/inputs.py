"""Generated inputs for `fuzz.py`: what a practice could hand us by mistake or malice, each drawn from a seed.

Every input begins as one that is right, and a few things in it are then made wrong: a cell, a key, a line, a byte. Into
some places a planted value goes, which nobody else holds: what is said afterwards must not have it in it.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet

from caseload.intake.tables import TABLES, Column

PLANTED = ("Quillfeather", "Vrábecz", "zq@example.org", "8842017735")
"""What is looked for in everything that is said, in any letters; each `planted` text holds one of them."""
FORMS = ("Zoe Quillfeather", "QUILLFEATHER, Zoe", "Ottoline Vrábecz", "zq@example.org", "8842017735", "Quillfeather-8")

ODD = (
    "", " ", '"', "'", ",", ";", "\t", "\n", "\r\n", "\0", "\x1b[2J", "\x1f", "\ufeff", "\u202e", "\x85", "\u2028", "é",
    "e\u0301", "🧑🏽\u200d⚕️", "=1+1", "+1", "-1", "0", "NULL", "NaN", "None", "inf", "-inf", "1e999", "1e-999",
    "9" * 20, "9" * 400, "1" + "0" * 5000, "0x1f", "1_000", "٣", "½", "²", "1,5", "1.000,5", "2026-02-30", "0000-00-00",
    "24:00", "25:61", "2026-05-03T14:00Z", "2026-05-03T14:00+02:00", "31/12/2026", "12/31/26", "03/04/2026", "2026-13",
    "46143", "46143.5", "1899-12-31", "9999-12-31", "true", "TRUE", "yes", "attended", "Show", "../../etc/passwd",
    "a/b", "CON", "{{7*7}}", "%s", "<script>", "W" * 300, "\ud800", "\udfff", "A" * 70_000,
)  # fmt: skip
KEYS = ("", "clinician_id", "client_id", "status", "month", "reports", "parameters", "files", "contact", "name", "kind",
        "resourceType", "id", "entry", "a.b", "__class__", "0")  # fmt: skip


def planted(rng: Random) -> str:
    """A text with a planted value."""
    return rng.choice(FORMS)


def odd_text(rng: Random) -> str:
    """A text that is no usual cell; one in five is planted."""
    drawn = rng.random()
    if drawn < 0.2:
        return planted(rng)
    if drawn < 0.8:
        return rng.choice(ODD[:-1]) if drawn < 0.795 else ODD[-1]
    return "".join(chr(_letter(rng)) for _ in range(rng.randrange(1, 9)))


def _letter(rng: Random) -> int:
    return rng.choice((rng.randrange(32, 127), rng.randrange(0, 0x300), rng.randrange(0, 0x110000)))


def odd_value(rng: Random) -> Any:
    """A value of JSON or TOML that is no usual one."""
    simple = (None, True, False, 0, -1, 7, 10**18, 10**400, 1.5, float("inf"), float("nan"), [], {}, [[]], {"a": []})
    drawn = rng.random()
    if drawn < 0.5:
        return odd_text(rng)
    return _nested(rng) if drawn < 0.53 else copied(rng.choice(simple))


def _nested(rng: Random) -> Any:
    """Lists or objects in one another, deeper or less deep than a program can follow."""
    value: Any = 0
    for _ in range(rng.choice((3, 30, 150))):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def changed(rng: Random, tree: Any, times: int) -> Any:
    """A tree of objects, lists and values in which some places hold something else, are doubled or gone."""
    tree = copied(tree)
    for _ in range(times):
        places = list(_places(tree))
        if not places:
            return odd_value(rng)
        holder, key = rng.choice(places)
        match rng.randrange(5), holder:
            case 0, dict() | list():
                del holder[key]
            case 1, dict():
                holder[odd_text(rng) if rng.random() < 0.5 else rng.choice(KEYS)] = copied(holder[key])
            case 1, list():
                holder += [copied(holder[key])] * rng.choice((1, 1, 40))
            case 2, _:
                holder[key] = [holder[key]]
            case _:
                holder[key] = odd_value(rng)
    return tree


def copied(tree: Any) -> Any:
    """A tree, of which nothing is shared with the first."""
    if isinstance(tree, dict):
        return {key: copied(value) for key, value in tree.items()}
    return [copied(value) for value in tree] if isinstance(tree, list) else tree


def _places(tree: Any) -> Any:
    """Every place of a tree: what holds it, and its key."""
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()
        for key in keys:
            yield here, key
            waiting.append(here[key])


def as_json(rng: Random, tree: Any) -> bytes:
    """JSON, now and then cut off or with a byte changed."""
    try:
        text = json.dumps(tree, ensure_ascii=rng.random() < 0.5)
    except ValueError:  # a number too long to be written
        text = '{"a": 1' + "0" * 5000 + "}"
    return bent(rng, _deep(rng, text).encode("utf-8", "surrogatepass"), 0.15)


def _deep(rng: Random, text: str) -> str:
    """The text, or in one case of fifty with a place in it so deep that no program follows."""
    if rng.random() < 0.98:
        return text
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(("[", '{"a":', "[[", "{a=")) * rng.choice((900, 20_000)) + text[place:]


def as_toml(rng: Random, tree: Any) -> bytes:
    """TOML, or what comes near; now and then with a line lost, doubled or moved."""
    lines = list(_toml(tree, ()))
    if lines and rng.random() < 0.2:
        place = rng.randrange(len(lines))
        lines[place : place + 1] = rng.choice(([], [lines[place]] * 2, [lines[place][::-1]], [odd_text(rng)]))
    return bent(rng, _deep(rng, "\n".join(lines)).encode("utf-8", "surrogatepass"), 0.1)


def _toml(tree: Any, path: tuple[str, ...]) -> Any:
    if not isinstance(tree, dict):
        yield f"x = {_value(tree)}"
        return
    tables = {key: value for key, value in tree.items() if isinstance(value, dict)}
    arrays = {key: value for key, value in tree.items() if _is_tables(value)}
    yield from (f"{_key(key)} = {_value(value)}" for key, value in tree.items() if key not in {*tables, *arrays})
    for key, value in tables.items():
        yield f"[{'.'.join(map(_key, (*path, key)))}]"
        yield from _toml(value, (*path, key))
    for key, value in arrays.items():
        for entry in value:
            yield f"[[{'.'.join(map(_key, (*path, key)))}]]"
            yield from _toml(entry, (*path, key))


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) for entry in value)


def _key(key: str) -> str:
    return key if key.isidentifier() and key.isascii() else json.dumps(str(key), ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if value is None:
        return "2026-05-03"
    try:
        return json.dumps(value, ensure_ascii=False).replace("Infinity", "inf").replace("NaN", "nan")
    except ValueError:
        return "1" + "0" * 5000


def bent(rng: Random, content: bytes, share: float) -> bytes:
    """Bytes of which, in this share of cases, a few are others, more, or gone."""
    if rng.random() >= share:
        return content
    made = bytearray(content)
    for _ in range(rng.randrange(1, 5)):
        begin = rng.randrange(len(made) + 1)
        made[begin : begin + rng.choice((0, 1, 3))] = rng.randbytes(rng.randrange(4))
    return bytes(made[: rng.randrange(len(made) + 1)]) if rng.random() < 0.2 else bytes(made)


def good_cell(rng: Random, column: Column) -> str:
    """A cell as the data contract has it."""
    number = f"{column.low or 0:g}"
    cells: dict[str, tuple[str, ...]] = {
        "number": (number, f"{column.high or 7.5:g}"), "yes_no": ("true", "false"),
        "datetime": ("2026-05-03T14:00", "2026-05-04T09:30"), "date": ("2026-05-03",), "month": ("2026-05", "2026-04"),
        "clock": ("08:00", "17:30"), "word": column.words, "terms": column.words, "text": ("day clinic",),
        "id": tuple(f"{column.name[:2]}{n}" for n in range(3)),
    }  # fmt: skip
    return rng.choice(cells[column.kind])


def table_rows(rng: Random, name: str, rows: int) -> list[list[str]]:
    """A header and rows of a table, mostly right."""
    columns = [column for column in TABLES[name].columns if column.required or rng.random() < 0.4]
    lines = [[good_cell(rng, column) for column in columns] for _ in range(rows)]
    if name == "sessions":
        for number, line in enumerate(lines):
            line[0] = f"S{number}"
    return [[column.name for column in columns], *lines]


def with_odd_cells(rng: Random, rows: list[list[str]], times: int) -> list[list[str]]:
    """The same with some cells, headers among them, that hold something else; and rows and columns too many or gone."""
    for _ in range(times):
        row = rng.randrange(len(rows))
        match rng.randrange(8):
            case 0 if len(rows) > 1:
                del rows[row]
            case 1:
                rows.insert(row, list(rows[row]))
            case 2:
                rows[row].append(odd_text(rng))
            case 3 if rng.random() < 0.3:
                rows[0].append(odd_text(rng))
                for line in rows[1:]:
                    line.append(odd_text(rng))
            case _ if rows[row]:
                rows[row][rng.randrange(len(rows[row]))] = odd_text(rng)
    return rows


def as_csv(rng: Random, rows: Sequence[Sequence[str]], delimiter: str = ",") -> bytes:
    """CSV as programs write it, now and then damaged."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator=rng.choice(("\n", "\r\n")), escapechar="\\").writerows(rows)
    encoding = rng.choice(("utf-8",) * 8 + ("utf-8-sig", "utf-16", "windows-1252"))
    errors = "surrogatepass" if encoding.startswith("utf") else "replace"
    return bent(rng, stream.getvalue().encode(encoding, errors), 0.2)


def as_workbook(rng: Random, sheets: dict[str, list[list[str]]]) -> bytes:
    """A workbook, each part of it now and then damaged, and the whole of it, too."""
    made = io.BytesIO()
    names = list(sheets)
    listed = "".join(f'<sheet name="{_xml(name)}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(names, 1))
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        **{f"xl/worksheets/sheet{n}.xml": _sheet(rng, sheets[name]) for n, name in enumerate(names, 1)},
    }
    with zipfile.ZipFile(made, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as book:
        for name, text in parts.items():
            book.writestr(name, bent(rng, text.encode("utf-8", "replace"), 0.08))
    return bent(rng, made.getvalue(), 0.15)


_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN, _PACKAGE = f"{_SCHEMAS}/spreadsheetml/2006/main", f"{_SCHEMAS}/package/2006"
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"


def _sheet(rng: Random, rows: list[list[str]]) -> str:
    lines = "".join(f'<row r="{n}">{"".join(_cell(rng, text) for text in row)}</row>' for n, row in enumerate(rows, 1))
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def _cell(rng: Random, text: str) -> str:
    kind = rng.choice(("inlineStr",) * 12 + ("n", "b", "e", "d", "str", "s"))
    if kind == "inlineStr":
        return f'<c t="inlineStr"><is><t>{_xml(text)}</t></is></c>'
    place = rng.choice(("", "", ' r="A1"', ' r="XFD9"', ' r="?"'))
    return f'<c t="{kind}"{place}><v>{rng.choice((_xml(text), "1", "46143.5", "1e308", "#N/A", "&x;"))}</v></c>'


def _xml(text: str) -> str:
    return escape(text, {'"': "&quot;"})


def as_parquet(rng: Random, rows: list[list[str]]) -> bytes:
    """A Parquet file whose columns have any types; None where it cannot be made is an empty file."""
    width = len(rows[0])
    columns = [[row[place] if place < len(row) else None for row in rows[1:]] for place in range(width)]
    made = io.BytesIO()
    try:
        arrays = [rng.choice(_TYPED)(column) for column in columns]
        pyarrow.parquet.write_table(pa.Table.from_arrays(arrays, names=rows[0]), made)
    except (pa.ArrowException, UnicodeError, ValueError, OverflowError, TypeError):
        return b"PAR1"
    return bent(rng, made.getvalue(), 0.1)


_TYPED: tuple[Callable[[list[str | None]], pa.Array], ...] = (
    *(lambda cells: pa.array(cells, pa.string()),) * 6,
    lambda cells: pa.array(cells, pa.large_string()),
    lambda cells: pa.array(cells, pa.string()).dictionary_encode(),
    lambda cells: pa.array([(cell or "").encode("utf-8", "replace") for cell in cells], pa.binary()),
    lambda cells: pa.array([len(cell or "") for cell in cells], pa.int32()),
    lambda cells: pa.array([len(cell or "") / 3 for cell in cells], pa.float32()),
    lambda cells: pa.array([bool(cell) for cell in cells]),
    lambda cells: pa.array([len(cell or "") * 10**6 for cell in cells], pa.timestamp("us", tz="Europe/Berlin")),
    lambda cells: pa.array([len(cell or "") * 10**15 for cell in cells], pa.timestamp("ns")),
    lambda cells: pa.array([len(cell or "") for cell in cells], pa.date32()),
    lambda cells: pa.array([len(cell or "") for cell in cells], pa.time32("s")),
    lambda cells: pa.array([len(cell or "") for cell in cells], pa.duration("s")),
    lambda cells: pa.array([[cell] for cell in cells], pa.list_(pa.string())),
    lambda cells: pa.nulls(len(cells)),
    lambda cells: pa.array([None if cell is None else len(cell) for cell in cells]).cast(pa.decimal128(12, 2)),
)
