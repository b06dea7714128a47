"""Whatever a file or a map holds: an import succeeds with a practice that can be read, or is refused with a reason.

Recorded budget: `EXAMPLES` examples of each property, drawn anew in each run; properties of workbooks and of several
imports at a time take a third of that.
No message repeats a value of the file.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import betrayed, cells, contents, csv_text, run
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from caseload import read_practice
from caseload.errors import InputError, ParameterError
from caseload.intake.exports.map_files import read_map
from caseload.intake.exports.run import Imported

EXAMPLES = 60
FEWER = EXAMPLES // 3
FORMATS = {name: read_map(name) for name in ("simplepractice", "therapynotes", "jane", "openemr")}
ROWS = {
    "simplepractice": exports.attendance_rows(),
    "therapynotes": exports.transaction_rows(),
    "jane": exports.jane_rows(),
    "openemr": exports.openemr_rows(),
}
MAPS = {
    name: (resources.files("caseload.intake.exports") / "formats" / f"{name}.toml").read_text(encoding="utf-8")
    for name in FORMATS
}
ATTENDANCE = FORMATS["simplepractice"]
SENTINEL = "Zyxwvutsrq 1981"  # a value that only the file holds, and no word of a status
budget = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
small_budget = settings(max_examples=FEWER, deadline=None, suppress_health_check=list(HealthCheck))


@contextmanager
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def attempt(file: Path, **options: object) -> Imported | None:
    """An import that succeeds with a valid practice, or is refused without a word of the data and without a trace."""
    before = contents(file.parent)
    refused = ""
    try:
        imported = run(file, to=file.parent / "practice", **options)
    except (InputError, ParameterError) as error:
        refused = str(error)
    if refused:
        assert SENTINEL not in refused
        assert not betrayed(refused)
        assert contents(file.parent) == before
        return None
    read_practice(file.parent / "practice")
    assert not run(file, to=file.parent / "practice", **options).written
    return imported


@budget
@given(st.binary(max_size=400), st.sampled_from([*FORMATS, ""]), st.sampled_from(["csv", "xlsx", "txt", "json"]))
def test_random_bytes(content: bytes, format: str, suffix: str) -> None:
    assume(suffix != "json" or format)  # another reader's
    with place() as folder:
        (folder / f"file.{suffix}").write_bytes(content)
        attempt(folder / f"file.{suffix}", format=FORMATS.get(format, ""))


ODD = ("", '"', ",", "\n", "\r", "\0", "\x1f", "\ufeff", "=1+1", "NULL", "0", "9" * 20, "1e999", "-1", "2026-02-30",
       "\u202e", "é", "\x85", "\u2028", "NaN", " ", "Show", "24:00", "31/12/2026")  # fmt: skip
odd = st.one_of(st.sampled_from(ODD), st.text(max_size=8), st.just(SENTINEL))


@budget
@given(st.data(), st.sampled_from(list(FORMATS)))
def test_cells_of_a_valid_file_changed(data: st.DataObject, format: str) -> None:
    """Some cells hold something else, some rows come twice or not at all, some columns are gone."""
    rows = [[str(cell) for cell in row] for row in ROWS[format]]
    for _ in range(data.draw(st.integers(1, 4))):
        row = data.draw(st.integers(0, len(rows) - 1))
        column = data.draw(st.integers(0, len(rows[row]) - 1))
        rows[row][column] = data.draw(odd)
    picked = data.draw(st.lists(st.integers(1, len(rows) - 1), min_size=1, max_size=12))
    with place() as folder:
        text = csv_text([rows[0], *(rows[place] for place in picked)])
        (folder / "file.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
        attempt(folder / "file.csv", format=FORMATS[format], exclude_invalid=data.draw(st.booleans()))


@budget
@given(st.data(), st.sampled_from(list(FORMATS)))
def test_bytes_of_a_valid_file_changed(data: st.DataObject, format: str) -> None:
    content = bytearray(csv_text(ROWS[format]).encode())
    for _ in range(data.draw(st.integers(1, 5))):
        begin = data.draw(st.integers(0, len(content)))
        length = data.draw(st.integers(0, 6))
        content[begin : begin + length] = data.draw(st.binary(max_size=6))
    with place() as folder:
        (folder / "file.csv").write_bytes(bytes(content))
        attempt(folder / "file.csv", format=FORMATS[format])


@cache
def workbook_of(format: str) -> bytes:
    """A workbook, made once: it holds the time at which it was made."""
    with place() as folder:
        return exports.workbook(folder / "file.xlsx", ROWS[format]).read_bytes()


@small_budget
@given(st.data(), st.sampled_from(["simplepractice", "therapynotes"]))
def test_bytes_of_a_workbook_changed(data: st.DataObject, format: str) -> None:
    content = bytearray(workbook_of(format))
    with place() as folder:
        for _ in range(data.draw(st.integers(1, 5))):
            begin = data.draw(st.integers(0, len(content)))
            content[begin : begin + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        (folder / "file.xlsx").write_bytes(bytes(content))
        attempt(folder / "file.xlsx", format=FORMATS[format])


@budget
@given(st.data(), st.sampled_from(list(FORMATS)))
def test_lines_of_a_map_changed(data: st.DataObject, format: str) -> None:
    """Lines are lost, doubled or altered; a map that is understood is tried on a file of its format."""
    lines = MAPS[format].splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        line = data.draw(st.integers(0, len(lines) - 1))
        words = lines[line].split(" ")
        changed = data.draw(st.sampled_from(["lose", "double", "value", "word"]))
        if changed == "lose":
            lines[line : line + 1] = []
        elif changed == "double":
            lines.insert(line, lines[line])
        elif changed == "value":
            lines[line] = f"{lines[line].partition('=')[0]}= {data.draw(toml_values)}"
        else:
            words[data.draw(st.integers(0, len(words) - 1))] = data.draw(odd)
            lines[line] = " ".join(words)
    with place() as folder:
        (folder / "map.toml").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        (folder / "file.csv").write_bytes(csv_text(ROWS[format]).encode())
        attempt(folder / "file.csv", format=str(folder / "map.toml"))


VALUES = ('""', '"x"', "1", "-1", "1e400", "true", "[]", '["x"]', "{}", '{from = ["x"]}', "1979-05-27", '["status", 1]',
          '"?"', '"client_name"', '["client_name"]', '[["x"]]', '"utf-16"', '";"', '"Europe/Berlin"', '"../../x"', "5",
          '["')  # fmt: skip
KEYS = ("title", "dates", "people", "client", "clinician", "name", "number", "columns", "status", "scheduled_start",
        "from", "words", "leave_out", "column", "why", "matches", "late", "more", "refuse", "header_rows", "sheet",
        "identity")  # fmt: skip
toml_values, keys = st.sampled_from(VALUES), st.sampled_from(KEYS)


@budget
@given(st.recursive(toml_values, lambda inner: st.dictionaries(keys, inner, max_size=4).map(
    lambda found: "{" + ", ".join(f"{key} = {value}" for key, value in found.items()) + "}"), max_leaves=12),
    st.lists(st.tuples(keys, toml_values), max_size=6, unique_by=lambda pair: pair[0]),
    st.text(max_size=20))  # fmt: skip
def test_random_maps(value: str, pairs: list[tuple[str, str]], rest: str) -> None:
    with place() as folder:
        text = "".join(f"{key} = {given}\n" for key, given in pairs) + f"columns2 = {value}\n{rest}"
        for content in (text, text.replace("columns2", "columns"), text.replace("columns2", "people")):
            (folder / "map.toml").write_bytes(content.encode("utf-8", "surrogatepass"))
            with pytest.raises((InputError, ParameterError)):
                read_map(str(folder / "map.toml"))


days = st.integers(1, 28).map(lambda day: f"05/{day:02}/2026")
attendance = st.lists(
    st.tuples(
        st.sampled_from(exports.CLIENTS), st.sampled_from(exports.CLINICIANS), days, st.just("Office"),
        st.sampled_from(["Show", "No show", "Canceled", "Late canceled", "Clinician canceled"]),
    ), min_size=1, max_size=8,
)  # fmt: skip


def as_sets(folder: Path) -> list[set[tuple[str, ...]]]:
    return [{tuple(row.values()) for row in cells(folder, table)} for table in ("sessions", "clinicians")]


@small_budget
@given(attendance, attendance)
def test_two_imports_are_one_of_both_files(first: list[tuple[str, ...]], second: list[tuple[str, ...]]) -> None:
    """And each again changes nothing."""
    with place() as folder:
        files = []
        for number, rows in enumerate((first, second)):
            files.append(folder / f"{number}.csv")
            files[-1].write_text(csv_text([exports.SIMPLEPRACTICE, *rows]), encoding="utf-8")
        key = folder / "key"
        for file in files:
            run(file, to=folder / "one", format=ATTENDANCE, key_file=key)
            assert not run(file, to=folder / "one", format=ATTENDANCE, key_file=key).written
        run(*files, to=folder / "both", format=ATTENDANCE, key_file=key)
        assert as_sets(folder / "one") == as_sets(folder / "both")
        assert not run(*files, to=folder / "both", format=ATTENDANCE, key_file=key).written


@small_budget
@given(attendance)
def test_a_month_may_be_cut_where_one_likes(rows: list[tuple[str, ...]]) -> None:
    """Files by days, imported in any order, hold the sessions of one file."""
    with place() as folder:
        ordered = sorted(rows, key=lambda row: row[2])
        whole = folder / "whole.csv"
        whole.write_text(csv_text([exports.SIMPLEPRACTICE, *ordered]), encoding="utf-8")
        run(whole, to=folder / "whole", format=ATTENDANCE, key_file=folder / "key")
        parts = [list(part) for _, part in itertools.groupby(ordered, key=lambda row: row[2])]
        for number, part in enumerate(reversed(parts)):
            file = folder / f"{number}.csv"
            file.write_text(csv_text([exports.SIMPLEPRACTICE, *part]), encoding="utf-8")
            run(file, to=folder / "parts", format=ATTENDANCE, key_file=folder / "key")
        assert as_sets(folder / "parts") == as_sets(folder / "whole")
