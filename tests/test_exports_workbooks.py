"""Workbooks as exports: dates as cells, headers of several rows, and files that would fill the memory."""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import re
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import export_fixtures as exports
import openpyxl
import pytest
from export_fixtures import cells, contents, put, run

from caseload.errors import InputError
from caseload.intake import unpacking

Part = Callable[[bytes], bytes]
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


@pytest.fixture(scope="module")
def attendance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports.workbook(tmp_path_factory.mktemp("book") / "attendance.xlsx", exports.attendance_rows())


def rebuilt(book: Path, to: Path, sheet: Part) -> Path:
    """The workbook with another content of its sheet."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/"):
                content = sheet(content)
            new.writestr(part.filename, content)
    return to


def more(rows: bytes) -> Part:
    return lambda content: content.replace(b"</sheetData>", rows + b"</sheetData>")


def test_a_workbook_says_the_same_as_the_csv_file(attendance: Path, tmp_path: Path) -> None:
    """Dates as text, and as cells of a date and of a time."""
    days = [list(row) for row in exports.attendance_rows()]
    for row in days[2:]:
        row[2] = dt.datetime.strptime(row[2], "%m/%d/%Y")
    dates = exports.workbook(tmp_path / "dates.xlsx", days)
    plain = put(tmp_path, "plain.csv", exports.attendance_rows())
    found = []
    for file in (attendance, dates, plain):
        run(file, to=tmp_path / f"to-{file.name}", key_file=tmp_path / "key")
        found.append(cells(tmp_path / f"to-{file.name}"))
    assert found[0] == found[1] == found[2]


def test_times_of_day_and_numbers_are_cells_of_their_own_kind(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.openemr_rows()]
    for row in rows[1:]:
        row[0], row[2], row[9] = int(row[0]), int(row[2]), int(row[9])
        row[3] = int(row[3]) if row[3].isdigit() else row[3] or None
        row[5] = dt.datetime.strptime(row[5], "%Y-%m-%d")
        row[7] = dt.time.fromisoformat(row[7])
    key = tmp_path / "key"
    run(exports.workbook(tmp_path / "events.xlsx", rows), to=tmp_path / "a", key_file=key)
    run(put(tmp_path, "events.csv", exports.openemr_rows()), to=tmp_path / "b", key_file=key)
    assert cells(tmp_path / "a") == cells(tmp_path / "b")


def test_rows_are_numbered_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    """Under empty rows and a title, with the sheet that matters behind another one."""
    rows = [list(row) for row in exports.attendance_rows()]
    rows[4][2] = "31/31/2026"
    book = openpyxl.Workbook()
    book.active.append(["How to read this report"])
    sheet = book.create_sheet("Data")
    for place, row in enumerate([["Attendance, May"], *rows], start=3):
        for column, value in enumerate(row, start=1):
            sheet.cell(place, column, value)
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(InputError) as caught:
        run(tmp_path / "book.xlsx", to=tmp_path / "practice")
    (problem,) = caught.value.problems
    assert (problem.table, problem.rows) == ("book.xlsx, sheet Data", (8,))


MAP = """
title = "Ours"
dates = "day/month/year"
header_rows = 2
[people.client]
name = ["Client Last name", "Client First name"]
[people.clinician]
name = ["Staff"]
[columns.scheduled_start]
from = ["Appointment Day", "Appointment Time"]
[columns.status]
from = ["Appointment Outcome"]
[columns.status.words]
"seen" = "attended"
"""


def test_headers_of_two_rows_with_merged_cells(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    last, first = "Quillfeather", "Zephyrine"
    for row in (
        ["Department of Examples"],
        ["Client", None, "Appointment", None, None, "Staff"],
        ["Last name", "First name", "Day", "Time", "Outcome", None],
        [last, first, dt.datetime(2026, 5, 4), dt.time(14, 30), "seen", "Hartzfeld"],
        [last, first, "05/05/2026", "9:15 am", "seen", "Hartzfeld"],
    ):
        sheet.append(row)
    for cells_as_one in ("A1:F1", "A2:B2", "C2:E2", "F2:F3"):
        sheet.merge_cells(cells_as_one)
    book.save(tmp_path / "book.xlsx")
    (tmp_path / "map.toml").write_text(MAP, encoding="utf-8")
    run(tmp_path / "book.xlsx", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    assert [row["scheduled_start"] for row in cells(tmp_path / "practice")] == ["2026-05-04T14:30", "2026-05-05T09:15"]
    assert len({row["client_id"] for row in cells(tmp_path / "practice")}) == 1


def test_the_sheet_that_a_map_names_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "old"
    for sheet, rows in (
        (book.active, exports.attendance_rows(4)),
        (book.create_sheet("new"), exports.attendance_rows()),
    ):
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    from caseload.intake.exports.map_files import read_map

    export = read_map("simplepractice")
    run(tmp_path / "book.xlsx", to=tmp_path / "practice", format=export.with_settings(sheet="new"))
    assert {row["scheduled_start"][:7] for row in cells(tmp_path / "practice")} == {"2026-05"}
    with pytest.raises(InputError, match="no such sheet"):
        run(tmp_path / "book.xlsx", to=tmp_path / "other", format=export.with_settings(sheet="newer"))


def test_a_workbook_that_is_cut_off_is_refused(attendance: Path, tmp_path: Path) -> None:
    content = attendance.read_bytes()
    chance = random.Random(2026)
    for length in [0, 1, 4, len(content) - 1, *sorted(chance.sample(range(len(content)), 25))]:
        (tmp_path / "cut.xlsx").write_bytes(content[:length])
        with pytest.raises(InputError):
            run(tmp_path / "cut.xlsx", to=tmp_path / "practice", format="simplepractice")
    assert set(contents(tmp_path)) == {"cut.xlsx"}


def test_cells_without_places_of_their_own_are_read(attendance: Path, tmp_path: Path) -> None:
    """Some programs leave them out, and count."""
    book = rebuilt(attendance, tmp_path / "book.xlsx", lambda content: re.sub(rb' r="[A-Z]*[0-9]+"', b"", content))
    run(book, to=tmp_path / "practice")
    assert len(cells(tmp_path / "practice")) == 9


HUGE: dict[str, Part] = {
    "far": more(FAR),
    "in small letters": more(FAR.lower()),
    "in other quotes": more(FAR.replace(b'"', b"'")),
    "with blanks": more(FAR.replace(b"=", b" = ")),
    "in a row beyond all": more(b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>'),
    "in a column beyond all": more(b'<row r="20"><c r="ZZZZZZZ20"><v>1</v></c></row>'),
    "without places": more(b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_000 + b"</row>"),
    "with places of another name": more(b'<row r="1048576">' + b'<c x:r="A1"><v>1</v></c>' * 16_000 + b"</row>"),
    "with places in a text": more(b'<row r="1048576">' + b"<c q=\" r='A1' \"><v>1</v></c>" * 16_000 + b"</row>"),
    "without numbers of rows": more(
        b"<row>" + b"<c><v>1</v></c>" * 16_000 + b"</row>" + b"<row><c><v>1</v></c></row>" * 900_000
    ),
    "in another sheet's prefix": more(b'<x:row r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'),
}


@pytest.mark.parametrize("sheet", HUGE.values(), ids=HUGE)
def test_a_small_workbook_that_becomes_huge_is_refused(sheet: Part, attendance: Path, tmp_path: Path) -> None:
    """Each of these took the whole program along, or minutes, when it was opened."""
    book = rebuilt(attendance, tmp_path / "book.xlsx", sheet)
    assert book.stat().st_size < 200_000
    with pytest.raises(InputError, match="unpacks to far more"):
        run(book, to=tmp_path / "practice", format="simplepractice")
    assert not (tmp_path / "practice").exists()


def test_both_sides_of_the_most_cells(attendance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet of 11 rows and five columns."""
    monkeypatch.setattr(unpacking, "MOST_CELLS", 55)
    run(attendance, to=tmp_path / "practice")
    monkeypatch.setattr(unpacking, "MOST_CELLS", 54)
    with pytest.raises(InputError, match="unpacks to far more"):
        run(attendance, to=tmp_path / "practice")


def with_zeros(book: Path, to: Path, megabytes: int, declared: int, name: str = "xl/media/picture.png") -> Path:
    """The workbook with one part more that unpacks to zeros, whatever length of it is declared."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # as often as one likes
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        new.writestr(name, block * megabytes + packer.flush(), zipfile.ZIP_STORED)
        part = new.getinfo(name)
        part.compress_type, part.file_size = zipfile.ZIP_DEFLATED, declared
    return to


def test_two_gigabytes_of_zeros_are_refused_by_what_is_declared(attendance: Path, tmp_path: Path) -> None:
    book = with_zeros(attendance, tmp_path / "book.xlsx", 1, (2 << 30) + 1)
    with pytest.raises(InputError, match="unpacks to far more"):
        run(book, to=tmp_path / "practice", format="simplepractice")


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="a process's memory is not known here")
def test_two_gigabytes_of_zeros_take_little_memory_and_time(attendance: Path, tmp_path: Path) -> None:
    """The file says that they are 100 bytes."""
    book = with_zeros(attendance, tmp_path / "book.xlsx", 2049, 100)
    assert book.stat().st_size < 4_000_000
    line = [sys.executable, "-m", "caseload.cli", "import", str(book), "--to", str(tmp_path / "practice"), "--format",
            "simplepractice"]  # fmt: skip
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 2
    assert "unpacks to far more" in said
    assert usage.ru_maxrss < (1 << 30) / (1 if sys.platform == "darwin" else 1024)
    assert usage.ru_utime < 20


@pytest.mark.parametrize("name", ["xl/sharedStrings.xml", "XL/SHAREDSTRINGS.XML"])
def test_both_sides_of_the_longest_shared_texts(
    name: str, attendance: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = with_zeros(attendance, tmp_path / "book.xlsx", 3, 100, name)
    monkeypatch.setattr(unpacking, "LONGEST_TEXTS", (3 << 20) - 1)
    with pytest.raises(unpacking.Unreadable, match="unpacks to far more"):
        unpacking.measure(io.BytesIO(book.read_bytes()))
    monkeypatch.setattr(unpacking, "LONGEST_TEXTS", 3 << 20)
    unpacking.measure(io.BytesIO(book.read_bytes()))
