"""Text files as exports: encodings, delimiters, files cut off or damaged, and files of other kinds."""

from __future__ import annotations

import codecs
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import cells, contents, csv_text, put, run

from caseload.cli import main
from caseload.errors import InputError
from caseload.intake.exports.map_files import read_map
from caseload.intake.pseudonyms import read_key_file

TEXT = csv_text(exports.attendance_rows())


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The attendance report as UTF-8 with commas, imported; and the key."""
    base = tmp_path_factory.mktemp("usual")
    run(put(base, "attendance.csv", exports.attendance_rows()), to=base / "practice", key_file=base / "key")
    return base


def imported(usual: Path, to: Path, content: bytes, name: str = "attendance.csv", **options: object) -> list[object]:
    """The sessions that a file becomes, under the key of the usual one, and what was noted of how it is written."""
    (to / name).write_bytes(content)
    result = run(to / name, to=to / "practice", key_file=usual / "key", **options)
    return [cells(to / "practice"), [note for note in result.files[0].notes if "left empty" not in note]]


ENCODED = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": codecs.BOM_UTF8 + TEXT.encode(),
    "UTF-16 little": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16 big": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "line feeds": TEXT.replace("\r\n", "\n").encode(),
    "all in quotes": "".join(
        ",".join(f'"{cell}"' for cell in row) + "\r\n" for row in exports.attendance_rows()
    ).encode(),
    "blanks around": csv_text([[f" {cell}  " for cell in row] for row in exports.attendance_rows()]).encode(),
    "empty lines": TEXT.replace("\r\n", "\r\n" + "," * 4 + "\r\n").encode(),
    "a title": ("Attendance,,,,\r\n,,,,\r\n" + TEXT).encode(),
    "columns more": csv_text([(*row, "x", "y") for row in exports.attendance_rows()]).encode(),
    "columns in another order": csv_text([row[::-1] for row in exports.attendance_rows()]).encode(),
    "headers in capitals": TEXT.replace("client_name", "CLIENT_NAME").replace("status", "Status", 1).encode(),
    "a column of notes in several lines": csv_text(
        [(*row, 'said "a, b"\nand more,\n\nor not, who knows, well, yes') for row in exports.attendance_rows()]
    ).encode(),
}  # fmt: skip


@pytest.mark.parametrize("content", ENCODED.values(), ids=ENCODED)
def test_whatever_way_a_program_writes_text(content: bytes, usual: Path, tmp_path: Path) -> None:
    assert imported(usual, tmp_path, content) == [cells(usual / "practice"), []]


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("name", ["attendance.csv", "attendance.tsv", "attendance.txt"])
def test_delimiters(delimiter: str, name: str, usual: Path, tmp_path: Path) -> None:
    content = csv_text(exports.attendance_rows(), delimiter).encode()
    assert imported(usual, tmp_path, content, name) == [cells(usual / "practice"), []]


def test_windows_1252_is_taken_for_it_and_said(usual: Path, tmp_path: Path) -> None:
    rows, (note,) = imported(usual, tmp_path, TEXT.encode("windows-1252"))
    assert rows == cells(usual / "practice")
    assert "read as windows-1252" in note
    assert imported(usual, tmp_path, TEXT.encode("windows-1252"), format="simplepractice")[0] == rows


def test_an_encoding_that_a_map_declares(usual: Path, tmp_path: Path) -> None:
    """ISO 8859-15 has another letter where Windows-1252 has ¼; text in UTF-8 is not taken for what is declared."""
    text = TEXT.replace("Søren", "Sœren")
    export = read_map("simplepractice").with_settings(encoding="iso-8859-15")
    (tmp_path / "western").mkdir()
    (tmp_path / "attendance.csv").write_bytes(text.encode("iso-8859-15"))
    run(tmp_path / "attendance.csv", to=tmp_path / "western" / "practice", format=export)
    names = {who.name for who in read_key_file(tmp_path / "western" / "practice.key").people.values()}
    assert "Sœren Ångstrøm-Béla" in names
    for content, declared in ((TEXT.encode("windows-1252"), "utf-8"), (b"\x81" + TEXT.encode(), "windows-1252")):
        export = read_map("simplepractice").with_settings(encoding=declared)
        with pytest.raises(InputError, match="another encoding"):
            imported(usual, tmp_path, content, format=export)


NUMBERS = """
title = "Ours"
decimal = "{decimal}"
[people.client]
number = "id"
[people.clinician]
number = "staff"
[columns.scheduled_start]
from = ["day"]
[columns.status]
value = "attended"
[columns.scheduled_minutes]
from = ["length"]
unit = "hours"
missing = ["n/a"]
"""


@pytest.mark.parametrize(
    ("decimal", "text", "minutes"),
    [(",", "1,5", "90"), (".", "1.5", "90"), (",", "1.5", None), (".", "1,5", None), (",", "n/a", ""),
     (".", "1.000,5", None)],
)  # fmt: skip
def test_decimal_marks_are_declared(decimal: str, text: str, minutes: str | None, tmp_path: Path) -> None:
    """The other one is refused: 1,5 may be one and a half, or fifteen."""
    (tmp_path / "map.toml").write_text(NUMBERS.format(decimal=decimal), encoding="utf-8")
    (tmp_path / "file.csv").write_text(f"id;staff;day;length\n1;2;2026-05-04;{text}\n", encoding="utf-8")
    if minutes is None:
        with pytest.raises(InputError, match="decimal"):
            run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    else:
        run(tmp_path / "file.csv", to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
        assert cells(tmp_path / "practice")[0]["scheduled_minutes"] == minutes


@pytest.mark.parametrize("format", ["simplepractice", "openemr"])
def test_every_beginning_of_a_file(format: str, tmp_path: Path) -> None:
    """Cut off anywhere: refused, or as many whole rows as there are; a last row without its line end is spoken of."""
    rows = exports.attendance_rows()[:5]
    if format == "openemr":  # a number at the end, of which less is a number, too
        events = exports.openemr_rows()
        rows = [(row[-1], *row[:-1]) for row in (events[0], *events[9:11])]
    content = csv_text(rows).encode()
    ends = [place for place in range(len(content) + 1) if content[:place].endswith(b"\n")]
    file, key = tmp_path / "cut.csv", tmp_path / "key"
    file.write_bytes(content)
    run(file, to=tmp_path / "whole", key_file=key, format=format)
    whole = cells(tmp_path / "whole")
    for length in range(len(content)):
        file.write_bytes(content[:length])
        try:
            result = run(file, to=tmp_path / f"to{length}", key_file=key, format=format)
        except InputError:
            continue
        found = cells(tmp_path / f"to{length}")
        if length in ends or length + 1 in ends:  # within a line's two characters of end
            assert found == whole[: len(found)]
        if length not in ends and not content[:length].endswith(b"\r"):
            assert any("no line end" in note for note in result.files[0].notes)


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    rows = exports.attendance_rows()
    content = csv_text(rows).encode().replace(b"Zephyrine", b'"Zephyrine', 1)
    (tmp_path / "attendance.csv").write_bytes(content)
    with pytest.raises(InputError, match="a file cut off, perhaps"):
        run(tmp_path / "attendance.csv", to=tmp_path / "practice")


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("rows", [1, 4])
def test_two_quotes_that_are_never_closed_are_refused(rows: int, place: int, tmp_path: Path) -> None:
    """Everything between them would be one cell, and its rows would be gone: whichever column it is, used or not."""
    table = [[*row, "notes"] for row in exports.attendance_rows()]
    first, last = table[4], table[4 + rows]
    first[place] = "\x01" + first[place]
    last[place] = "\x01" + last[place]
    content = csv_text(table).replace("\x01", '"').encode()
    (tmp_path / "attendance.csv").write_bytes(content)
    with pytest.raises(InputError, match="never closed") as caught:
        run(tmp_path / "attendance.csv", to=tmp_path / "practice")
    assert (5,) in {problem.rows for problem in caught.value.problems}


@pytest.mark.parametrize("width", [4, 6])
def test_rows_of_another_width_are_refused_with_their_numbers(width: int, tmp_path: Path) -> None:
    rows = [list(row) for row in exports.attendance_rows()]
    rows[3] = [*rows[3], "x"][:width]
    with pytest.raises(InputError) as caught:
        run(put(tmp_path, "attendance.csv", rows), to=tmp_path / "practice")
    (problem,) = caught.value.problems
    assert (problem.rows, problem.found) == ((4,), "rows with more or fewer cells")


def test_what_no_text_holds_is_refused(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.transaction_rows()]
    rows[2][5] = "Zephy\0rine"
    with pytest.raises(InputError, match="NUL"):
        run(put(tmp_path, "transactions.csv", rows), to=tmp_path / "practice")


OTHERS = {
    "report.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "report.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "report": TEXT.encode(),
    "report.xlsx": TEXT.encode(),
    "report.csv": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "empty.csv": b"",
    "blank.csv": b"\n\n,,\n",
    "empty.xlsx": b"",
    "utf16.csv": TEXT.encode("utf-16-le"),
    "binary.csv": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("format", [[], ["--format", "simplepractice"]], ids=["", "named"])
@pytest.mark.parametrize("name", [*OTHERS, "folder.csv", "folder.xlsx", "folder", "missing.csv", "missing.xlsx"])
def test_files_of_other_kinds_are_refused(
    name: str, format: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name in OTHERS:
        (tmp_path / name).write_bytes(OTHERS[name])
    elif name.startswith("folder"):
        (tmp_path / name).mkdir()
    before = contents(tmp_path)
    code = main(["import", str(tmp_path / name), "--to", str(tmp_path / "practice"), *format])
    said = capsys.readouterr()
    assert (code, said.out) == (2, "")
    assert name in said.err
    assert contents(tmp_path) == before
    assert not (tmp_path / "practice").exists()


def test_all_files_are_told_of_at_once(tmp_path: Path) -> None:
    good = put(tmp_path, "good.csv", exports.attendance_rows())
    bad = put(tmp_path, "bad.csv", [exports.SIMPLEPRACTICE, ("", "", "", "", "Show")])
    with pytest.raises(InputError) as caught:
        run(good, bad, tmp_path / "missing.csv", to=tmp_path / "practice")
    assert {problem.table for problem in caught.value.problems} == {"bad.csv", "missing.csv"}
    assert not (tmp_path / "practice").exists()


HOSTILE = ("=cmd|'/c calc'!A1", "../../etc/passwd", "@SUM(1+1)", "a,b\nc", '"', "<script>alert(1)</script>",
           "\u202eevil", "CON", "-1+1", "x" * 30_000)  # fmt: skip


@pytest.mark.parametrize("identity", ["keep", "pseudonyms"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_hostile_identifiers_stay_text(identity: str, kind: str, tmp_path: Path) -> None:
    """Kept as they are, or replaced: the practice can be read, and nothing is written outside of it."""
    from caseload import read_practice

    rows = [
        ("number", "staff", "day", "outcome"),
        *((name, name, "2026-05-04", "seen") for name in HOSTILE if len(name) < 30_000 or kind == "csv"),
    ]
    file = (
        put(tmp_path, "file.csv", rows)
        if kind == "csv"
        else exports.workbook(tmp_path / "file.xlsx", [[cell.replace("=", "'=") for cell in row] for row in rows])
    )
    text = (
        f'title = "Ours"\nidentity = "{identity}"\n'
        '[people.client]\nnumber = "number"\n[people.clinician]\nname = ["staff"]\n'
        '[columns.scheduled_start]\nfrom = ["day"]\n[columns.status]\nfrom = ["outcome"]\nwords = {seen = "attended"}\n'
    )
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    run(file, to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    practice = read_practice(tmp_path / "practice")
    kept = set(practice.sessions["client_id"])
    assert len(kept) == len(rows) - 1
    if identity == "keep":
        assert kept == {row[0].replace("=", "'=") if kind == "xlsx" else row[0] for row in rows[1:]}
    assert {path.name for path in tmp_path.iterdir()} <= {file.name, "map.toml", "practice", "practice.key"}
    assert not run(file, to=tmp_path / "practice", format=str(tmp_path / "map.toml")).written


def test_an_export_without_any_appointment_that_took_place_is_refused(tmp_path: Path) -> None:
    """Of a new practice; to one that is there already it adds nothing."""
    rows = exports.openemr_rows()
    empty = put(tmp_path, "empty.csv", rows[:1])
    pending = put(tmp_path, "pending.csv", rows[:3])
    for file in (empty, pending):
        with pytest.raises(InputError, match="at least one appointment"):
            run(file, to=tmp_path / "practice", format="openemr")
    run(put(tmp_path, "events.csv", rows), to=tmp_path / "practice")
    for file in (empty, pending):
        assert not run(file, to=tmp_path / "practice", format="openemr").written


def test_headers_with_line_breaks(usual: Path, tmp_path: Path) -> None:
    """As spreadsheets wrap them; rows are numbered as they show them."""
    content = TEXT.replace("date_of_service", '"date\nof service"').replace("client_name", '"Client\r\nName"')
    assert imported(usual, tmp_path, content.encode()) == [cells(usual / "practice"), []]
    (tmp_path / "bad.csv").write_bytes(content.replace("Main Office,Show", "Show", 1).encode())
    with pytest.raises(InputError) as caught:
        run(tmp_path / "bad.csv", to=tmp_path / "other")
    assert [problem.rows for problem in caught.value.problems] == [(3,)]


def test_what_databases_write_with_a_backslash(tmp_path: Path) -> None:
    r"""`\"` is a quote and `\N` nothing; a path that ends in a backslash stays one."""
    head = '"Ref","Worker","When","Result","Note"\n'
    row = '"{0}","Bo Roe","17/06/2026 {0}:00","seen",{1}\n'
    notes = [r'"he said \"no, never\", twice"', r"\N", '"C:\\\\notes\\\\"']
    both = head + "".join(row.format(hour, note) for hour, note in enumerate(notes, start=9))
    path = head + row.format(9, r'"C:\notes\"')
    for name, content, count in (("a", both, 3), ("b", head + row.format(9, r"\N"), 1), ("c", path, 1)):
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
        run(tmp_path / f"{name}.csv", to=tmp_path / name, format=exports.own_map(tmp_path))
        assert len(cells(tmp_path / name)) == count


def test_a_mark_of_inches_closes_nothing(tmp_path: Path) -> None:
    """One quote in the middle of a cell, which no quote opens."""
    text = 'Ref,Worker,When,Result,Room\n1,Bo Roe,17/06/2026 9:00,seen,the 6" door\n2,Bo Roe,17/06/2026 10:00,seen,\n'
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    run(tmp_path / "a.csv", to=tmp_path / "practice", format=exports.own_map(tmp_path))
    assert len(cells(tmp_path / "practice")) == 2
