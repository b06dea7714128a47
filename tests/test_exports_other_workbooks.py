"""Exports as .xls and .ods, under names that do not fit, and packed as .gz; and such files that would fill memory."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import cells, put, run
from workbook_fixtures import compound, ods, record, xls, xls_records

from caseload.errors import InputError
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.map_files import read_map

BLANK_ROW = '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>'


@pytest.fixture(scope="module")
def events() -> list[list[object]]:
    """OpenEMR's calendar with numbers, dates and times of day as cells of their own kinds."""
    rows: list[list[object]] = [list(row) for row in exports.openemr_rows()]
    for row in rows[1:]:
        row[0], row[2], row[9] = int(str(row[0])), int(str(row[2])), int(str(row[9]))
        row[5] = dt.datetime.strptime(str(row[5]), "%Y-%m-%d")
        row[7] = dt.time.fromisoformat(str(row[7]))
    return rows


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, str]]]:
    """The key, and what the same rows as CSV become with it."""
    folder = tmp_path_factory.mktemp("csv")
    run(put(folder, "events.csv", exports.openemr_rows()), to=folder / "practice", key_file=folder / "key")
    return folder / "key", cells(folder / "practice")


def refusal(file: Path, to: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        run(file, to=to, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", ["events.xls", "events.ods", "renamed.csv", "renamed.xlsx"])
def test_a_workbook_of_another_kind_says_the_same_as_the_csv_file(
    name: str, events: list[list[object]], expected: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    """By what it holds, whatever it is called."""
    if name.endswith((".ods", ".csv")):
        ods(tmp_path / name, {"Sheet": events})
    else:
        xls(tmp_path / name, {"Sheet": xls_records(events)})
    key, sessions = expected
    run(tmp_path / name, to=tmp_path / "practice", key_file=key)
    assert cells(tmp_path / "practice") == sessions


def test_a_text_that_a_program_calls_xls_is_read_as_text(tmp_path: Path) -> None:
    file = tmp_path / "attendance.xls"
    file.write_text(exports.csv_text(exports.attendance_rows(), "\t"), encoding="utf-8")
    run(file, to=tmp_path / "practice")
    assert len(cells(tmp_path / "practice")) == 9


@pytest.mark.parametrize(
    "begin", ["<html><body><table>", "\ufeff \n<!DOCTYPE html>", '<?xml version="1.0"?><Workbook>']
)
def test_a_web_page_that_a_program_calls_xls_is_refused_with_the_remedy(begin: str, tmp_path: Path) -> None:
    (tmp_path / "attendance.xls").write_text(f"{begin}<tr><td>Quillfeather</td></tr>", encoding="utf-8")
    said = refusal(tmp_path / "attendance.xls", tmp_path / "practice")
    assert "a web page" in said
    assert "(.xlsx)" in said or "save it as .xlsx" in said
    assert "Quillfeather" not in said


def test_hidden_sheets_of_both_kinds_are_named_and_not_read(tmp_path: Path) -> None:
    may, april = exports.attendance_rows(5), exports.attendance_rows(4)
    for file in (
        ods(tmp_path / "a.ods", {"old": april, "new": may}, hidden=["old"]),
        xls(tmp_path / "a.xls", {"old": xls_records(april), "new": xls_records(may)}, hidden=["old"]),
    ):
        done = run(file, to=tmp_path / file.suffix[1:], format="simplepractice")
        assert {row["scheduled_start"][:7] for row in cells(tmp_path / file.suffix[1:])} == {"2026-05"}
        assert any("hidden: old" in note for note in done.files[0].notes)


def test_rows_are_numbered_as_the_spreadsheet_shows_them(tmp_path: Path) -> None:
    """Below rows that are empty, of which one stands for three in an .ods file."""
    rows: list[Sequence[object]] = [list(row) for row in exports.attendance_rows()]
    rows[4] = [*rows[4][:2], "31/31/2026", *rows[4][3:]]
    low = [[], [], ["Attendance"], [], *rows]
    for file in (
        ods(tmp_path / "a.ods", {"S": [BLANK_ROW, ["Attendance"], *rows]}),
        xls(tmp_path / "a.xls", {"S": xls_records(low)}),
    ):
        with pytest.raises(InputError) as caught:
            run(file, to=tmp_path / "practice", format="simplepractice")
        (problem,) = caught.value.problems
        assert problem.rows == (9,), file.suffix


def test_rows_that_a_filter_hides_are_refused_unless_the_map_says_what_they_are(tmp_path: Path) -> None:
    rows = exports.attendance_rows()
    hidden = ods(tmp_path / "plain.ods", {"S": rows}).with_name("a.ods")
    with zipfile.ZipFile(tmp_path / "plain.ods") as old, zipfile.ZipFile(hidden, "w") as new:
        for name in old.namelist():
            parts = old.read(name).split(b"<table:table-row>")
            row = b'<table:table-row table:visibility="filter">' if len(parts) > 5 else b""
            new.writestr(name, b"<table:table-row>".join(parts[:5]) + row + b"<table:table-row>".join(parts[5:]))
    for file in (hidden, xls(tmp_path / "a.xls", {"S": xls_records(rows, hidden_rows=[5])})):
        said = refusal(file, tmp_path / "practice", format="simplepractice")
        assert "row 5" in said
        assert "rows that are hidden" in said
        left_out = read_map("simplepractice").with_settings(hidden_rows="leave_out")
        run(file, to=tmp_path / file.suffix[1:], format=left_out)
        assert len(cells(tmp_path / file.suffix[1:])) == 8


def test_days_are_counted_from_1904_where_the_workbook_does_so(tmp_path: Path) -> None:
    rows = exports.transaction_rows(dates=(44_684, 44_685, 44_686))
    before = '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>'
    for file in (
        ods(tmp_path / "a.ods", {"S": rows}, before=before),
        xls(tmp_path / "a.xls", {"S": xls_records(rows)}, before=record(0x0022, b"\1\0")),
    ):
        run(file, to=tmp_path / file.suffix[1:], format="therapynotes")
        assert {row["scheduled_start"][:10] for row in cells(tmp_path / file.suffix[1:])} <= {
            "2026-05-04", "2026-05-05", "2026-05-06"
        }, file.suffix  # fmt: skip


OTHER = "words that the map explains"
WRONG = {
    "error.xls": (record(0x0205, struct.pack("<HHH", 3, 4, 0) + b"\x2a\1"), OTHER),
    "result.xls": (record(0x0006, struct.pack("<HHHBxBxxxHHxxxxH", 3, 4, 0, 2, 42, 0xFFFF, 0, 0)), OTHER),
    "error.ods": (
        b'<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"/>', OTHER
    ),
    "formula.ods": (b'<table:table-cell table:formula="of:=[.A1]"/>', "formulas whose results the file does not hold"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_errors_and_formulas_without_a_result_are_refused(name: str, tmp_path: Path) -> None:
    rows: list[list[object]] = [list(row) for row in exports.attendance_rows()]
    rows[3][4], words = WRONG[name]
    book = (
        ods(tmp_path / name, {"S": rows}) if name.endswith(".ods") else xls(tmp_path / name, {"S": xls_records(rows)})
    )
    said = refusal(book, tmp_path / "practice", format="simplepractice")
    assert words in said
    assert "row 4" in said


# --- files that would fill the memory ---


def a_row(*of_cells: str, times: int = 1) -> str:
    return f"<table:table-row table:number-rows-repeated='{times}'>{''.join(of_cells)}</table:table-row>"


def a_cell(times: int = 1, text: str = "1", said: str = "office:value-type='string'") -> str:
    return (
        f"<table:table-cell {said} table:number-columns-repeated='{times}'><text:p>{text}</text:p></table:table-cell>"
    )


BOMBS = {
    "a block": a_row(a_cell(9_999), times=1_048_576),
    "a far cell": a_row(times=1_048_570) + a_row(a_cell(16_000, said=""), a_cell()),
    "a wide cell": a_row(a_cell(99_999_999_999)),
    "a long text again and again": a_row(a_cell(text="x" * 99_999), times=9_000),
    "blanks": a_row(a_cell(text="<text:s text:c='4000000000'/>")),
}


@pytest.mark.parametrize("row", BOMBS.values(), ids=BOMBS)
def test_a_document_that_would_fill_the_memory_is_refused(row: str, tmp_path: Path) -> None:
    """Under its own name, and under that of another kind of workbook."""
    for name in ("bomb.ods", "bomb.xlsx"):
        book = ods(tmp_path / name, {"S": [*exports.attendance_rows(), row]})
        assert book.stat().st_size < 10_000
        assert "unpacks to far more" in refusal(book, tmp_path / "practice")


def test_rows_and_cells_at_the_end_that_hold_nothing_cost_nothing(tmp_path: Path) -> None:
    """As every program writes them, up to the last row and column that there are."""
    empty = a_row(a_cell(16_384, text="", said="table:style-name='ce1'"), times=1_048_000)
    run(ods(tmp_path / "a.ods", {"S": [*exports.attendance_rows(), empty]}), to=tmp_path / "practice")
    assert len(cells(tmp_path / "practice")) == 9


@pytest.mark.parametrize(
    "extra",
    [
        record(0x0203, struct.pack("<HHHd", 65_535, 65_535, 0, 1)),
        record(0x00BD, struct.pack("<HH", 3, 250) + struct.pack("<HI", 0, 1) * 900 + struct.pack("<H", 1_149)),
        record(0x0200, struct.pack("<IIHHH", 0, 65_535, 0, 65_535, 0)),
    ],
    ids=["a far cell", "many cells in one record", "room for more"],
)
def test_an_old_workbook_that_would_fill_the_memory_is_refused(extra: bytes, tmp_path: Path) -> None:
    records = xls_records(exports.attendance_rows())
    book = xls(tmp_path / "bomb.xls", {"S": records[:-4] + extra + records[-4:]})
    assert "unpacks to far more" in refusal(book, tmp_path / "practice")


def test_many_names_of_one_large_sheet_are_refused(tmp_path: Path) -> None:
    far = xls_records([[]])[:-4] + record(0x0203, struct.pack("<HHHd", 65_535, 255, 0, 1)) + record(0x000A)
    book = xls(tmp_path / "bomb.xls", {f"S{number}": far for number in range(9)})
    assert "unpacks to far more" in refusal(book, tmp_path / "practice")


def test_a_chain_of_sectors_without_an_end_is_refused(tmp_path: Path) -> None:
    whole = bytearray(compound(b"\0" * 9_000))
    places = {"workbook": 512 + 4 * 5, "directory": 512 + 4 * 1}
    for name, place in places.items():
        damaged = whole.copy()
        struct.pack_into("<I", damaged, place, 5 if name == "workbook" else 1)
        (tmp_path / f"{name}.xls").write_bytes(damaged)
        assert "damaged" in refusal(tmp_path / f"{name}.xls", tmp_path / "practice")


def test_a_record_that_the_library_stumbles_over_is_a_damaged_file(tmp_path: Path) -> None:
    """It ends in what is no exception of Python's."""
    short = record(0x0006, struct.pack("<HHH14x", 3, 4, 0))
    records = xls_records(exports.attendance_rows())
    book = xls(tmp_path / "damaged.xls", {"S": records[:-4] + short + records[-4:]})
    assert "damaged" in refusal(book, tmp_path / "practice")


def test_an_encrypted_workbook_and_a_binary_one_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "locked.xlsx").write_bytes(compound(b"\1" * 5_000, name="EncryptedPackage"))
    assert "without a password" in refusal(tmp_path / "locked.xlsx", tmp_path / "practice")
    with zipfile.ZipFile(tmp_path / "binary.xls", "w") as archive:
        archive.writestr("xl/workbook.bin", b"\0" * 100)
    assert "(.xlsb)" in refusal(tmp_path / "binary.xls", tmp_path / "practice")
    (tmp_path / "letter.xls").write_bytes(compound(b"\1" * 5_000, name="WordDocument"))
    assert "another program" in refusal(tmp_path / "letter.xls", tmp_path / "practice")


# --- packed files ---


def packed(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content))
    return path


def test_a_packed_file_says_the_same_as_the_plain_one(
    expected: tuple[Path, list[dict[str, str]]], tmp_path: Path
) -> None:
    """Of one part, and of two that were packed one after the other."""
    content = exports.csv_text(exports.openemr_rows()).encode()
    key, sessions = expected
    for place, whole in enumerate((gzip.compress(content), gzip.compress(content[:99]) + gzip.compress(content[99:]))):
        (tmp_path / "Events.CSV.gz").write_bytes(whole)
        run(tmp_path / "Events.CSV.gz", to=tmp_path / str(place), key_file=key)
        assert cells(tmp_path / str(place)) == sessions


def test_every_importer_and_the_first_map_read_packed_files(tmp_path: Path) -> None:
    people = [{"actor": {"reference": who}, "status": "accepted"} for who in ("Patient/p1", "Practitioner/d1")]
    met = {"id": "a1", "status": "fulfilled", "start": "2026-05-04T09:00:00Z", "participant": people}
    lines = [{"resourceType": kind, "id": who} for kind, who in (("Patient", "p1"), ("Practitioner", "d1"))]
    resources = "\n".join(map(json.dumps, [*lines, {"resourceType": "Appointment", **met}]))
    run(packed(tmp_path / "all.ndjson.gz", resources.encode()), to=tmp_path / "fhir", time_zone="Europe/Berlin")
    assert [row["scheduled_start"] for row in cells(tmp_path / "fhir")] == ["2026-05-04T11:00"]
    calendar = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1", "DTSTART:20260504T090000"]
    calendar += ["SUMMARY:AB", "END:VEVENT", "END:VCALENDAR", ""]
    for name, text, said in (
        ("jane.csv", exports.csv_text(exports.jane_rows()), '"Start At"'),
        ("practice.ics", "\r\n".join(calendar), 'reader = "calendar"'),
    ):
        write_first_map(packed(tmp_path / f"{name}.gz", text.encode()), tmp_path / f"{name}.toml")
        assert said in (tmp_path / f"{name}.toml").read_text(encoding="utf-8")


def test_packed_files_that_are_damaged_or_unpack_to_far_more_are_refused(tmp_path: Path) -> None:
    content = gzip.compress(exports.csv_text(exports.openemr_rows()).encode())
    wrong = bytearray(content)
    wrong[-6] ^= 1  # of the checksum
    stream = io.BytesIO()
    with gzip.GzipFile(fileobj=stream, mode="wb") as bomb:
        for _ in range(80):
            bomb.write(b"0" * (1 << 20))
    for name, data, said in (
        ("cut", content[:-20], "damaged or cut-off"),
        ("wrong", bytes(wrong), "damaged or cut-off"),
        ("plain", b"pc_eid,pc_pid\n", "damaged or cut-off"),
        ("bomb", stream.getvalue(), "unpacks to far more"),
    ):
        (tmp_path / f"{name}.csv.gz").write_bytes(data)
        assert said in refusal(tmp_path / f"{name}.csv.gz", tmp_path / "practice"), name
    assert "a file of another kind" in refusal(packed(tmp_path / "a.pdf.gz", b"%PDF"), tmp_path / "practice")
