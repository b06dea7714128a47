"""No cell in a message, a note, a page or a map: what was typed as a header, a sheet, a file or a word by mistake."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from export_fixtures import CLIENTS, attendance_rows, csv_text
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_fixtures import practice_frames, problems, rows, sessions

from caseload.cli import main
from caseload.errors import InputError, one_line, printable
from caseload.intake import Practice, read_practice
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.map_files import read_map
from caseload.intake.showable import is_naming, speakable, unread_columns, vocabulary
from caseload.intake.tables import TABLES

SECRET = "Quillfeather Zoe"


def folder(tmp_path: Path, **texts: str) -> Path:
    practice = tmp_path / "practice"
    practice.mkdir()
    (practice / "sessions.csv").write_text(sessions(4).to_csv(index=False), encoding="utf-8")
    for name, text in texts.items():
        (practice / f"{name}.csv").write_text(text, encoding="utf-8")
    return practice


@pytest.mark.parametrize("table", [name for name in TABLES if name != "sessions"])
def test_a_table_without_a_header_is_refused_and_its_first_row_not_repeated(table: str, tmp_path: Path, capsys) -> None:
    cells = rows(table, 3).assign(also=SECRET).to_csv(index=False, header=False)
    assert main(["check", str(folder(tmp_path, **{table: cells}))]) == 2
    said = "".join(capsys.readouterr())
    assert f"{table}\n    expected: a header with the names of the columns" in said
    assert not {word for word in (*SECRET.split(), "K1", "C1") if word in said}


def test_sessions_without_a_header_are_one_problem() -> None:
    found = problems(sessions=sessions(2).set_axis(["S9", SECRET, "K9", "2026-05-03", "attended"], axis=1))
    assert [(problem.table, problem.column) for problem in found] == [("sessions", "")]
    assert SECRET not in str(InputError(found))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("mood", True),
        ("fee_paid", True),
        ("Insurance Number", True),
        ("CLIENT NAME", True),
        ("severity2", True),
        (SECRET, False),
        ("Quillfeather", False),
        ("quillfeather, zoe", False),
        ("K-7QF3M-2XAB4", False),
        ("2026-05-03", False),
        ("0049 171 555", False),
        ("zoe@example.org", False),
        ("what happened in the first hour with the whole family", False),
        ("\x1b[31mmood", False),
    ],
)
def test_an_unknown_header_is_named_only_where_it_is_plainly_one(header: str, named: bool) -> None:
    practice = Practice.from_frames(sessions=sessions(2).assign(**{header: "x"}))
    (note,) = practice.quality.notes
    assert (header in note) is named
    assert named or "1 more column is not in the data contract" in note


def test_a_header_that_is_also_a_cell_is_not_named() -> None:
    frame = sessions(3).assign(k1="x", c2="x", mood="x")  # wide: a column for each client
    notes = Practice.from_frames(sessions=frame).quality.notes
    assert notes[0].startswith("sessions.mood: ")
    assert "2 more columns" in notes[1]


def test_a_file_or_sheet_of_another_name_is_counted(tmp_path: Path) -> None:
    practice = folder(tmp_path, notes="a\n1\n", **{SECRET: "a\n1\n"})
    book = openpyxl.Workbook()
    book.active.title = SECRET
    book.save(practice / "rest.xlsx")
    notes = read_practice(practice).quality.notes
    assert notes[0].startswith("notes.csv: not a table")
    assert notes[1].startswith("2 more files or sheets")
    assert SECRET not in " ".join(notes)


def test_words_of_a_list_are_few_short_and_repeated() -> None:
    counts = {
        "Moved": 2,
        "Kept": 1,
        "rang his mother": 1,
        "call Zoe": 9,
        "seen 4 May 2026": 5,
        "one two three four five": 9,
    }
    assert vocabulary(counts, ["Zoe Quillfeather"]) == ["Moved", "Kept"]
    assert vocabulary({f"word {number}": 2 for number in range(31)}, []) == []
    assert speakable(["Moved", "Zoe", "a" * 41], ["Zoe"]) == ["Moved"]


def test_a_name_is_plainly_one_by_its_form() -> None:
    assert [name for name in ("", "a", "a__b", "fee1999", "Fee", "Zoe") if is_naming(name)] == ["a", "Fee"]
    assert unread_columns("clients", ["", "mood"], []) == [
        "clients.mood: not a column of the data contract, not read.",
        "clients: a column without a name was not read.",
    ]


def test_a_terminal_is_told_nothing(tmp_path: Path, capsys) -> None:
    assert printable("a\x1b[31mb\u202ec\nd\te") == "a [31mb c\nd e"
    assert one_line("a\nb") == "a b"
    rows = [list(row) for row in attendance_rows()]
    rows[0].append("\x1b[31mPaid")
    file = tmp_path / "attend\x1b[2Jance.csv"
    file.write_text(csv_text([*rows[:1], *([*row, "x"] for row in rows[1:])]), encoding="utf-8")
    assert main(["import", str(file), "--to", str(tmp_path / "practice")]) == 0
    assert "\x1b" not in "".join(capsys.readouterr())


def test_a_map_of_a_file_without_known_headers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text(f"{SECRET},Monday\n{CLIENTS[0]},x\n", encoding="utf-8")
    with pytest.raises(InputError, match="no such name in it") as caught:
        write_first_map(file, tmp_path / "map.toml")
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "map.toml").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        '[columns.status.words]\n"{}" = 7',
        '[columns.status.words]\n"Show" = "{}"',
        '[columns.modality]\nfrom = ["office"]\n"{}" = 1',
        '[columns."{}"]\nfrom = ["office"]',
    ],
)
def test_a_map_that_cannot_be_used_is_refused_without_its_words(wrong: str, tmp_path: Path) -> None:
    """A map's words are taken from cells."""
    start = 'title = "x"\n[people.client]\nname = ["a"]\n[people.clinician]\nname = ["b"]\n'
    start += '[columns.scheduled_start]\nfrom = ["c"]\n'
    status = "" if "columns.status" in wrong else '[columns.status]\nfrom = ["d"]\n'
    wrong = wrong.replace("[columns.status.words]", '[columns.status]\nfrom = ["d"]\n[columns.status.words]')
    (tmp_path / "map.toml").write_text(start + status + wrong.format(SECRET), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_map(str(tmp_path / "map.toml"))
    assert not [part for part in SECRET.split() if part in str(caught.value)]
    assert "columns." in str(caught.value)


def test_a_column_of_an_export_that_is_not_read_is_named_only_where_it_is_plainly_one(tmp_path: Path, capsys) -> None:
    """Also in a first map."""
    rows = [[*row, "x", "x"] for row in attendance_rows()]
    rows[0][-2:] = [SECRET, "Total Fee"]
    file = tmp_path / "attendance.csv"
    file.write_text(csv_text(rows), encoding="utf-8")
    assert main(["import", str(file), "--to", str(tmp_path / "practice")]) == 0
    assert main(["import", "--guess", str(file), "--to", str(tmp_path / "map.toml")]) == 0
    said = "".join(capsys.readouterr())
    assert "columns not used: Total Fee, 1 whose names are not shown, as they may be data" in said
    for text in (said, (tmp_path / "map.toml").read_text(encoding="utf-8")):
        assert not [part for part in SECRET.split() if part in text]


NAMES = st.sampled_from(
    ["Zephyrine Quillfeather", "O'Tanqueray, Ludmilla", "Vrábecz", "zq@example.org", "+49 171 5550"]
)


@given(secret=NAMES, table=st.sampled_from(sorted(TABLES)), place=st.sampled_from(["header", "cell", "table"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_planted_is_said_nowhere(secret: str, table: str, place: str) -> None:
    frames = {name: frame.astype(object) for name, frame in practice_frames().items()}
    if place == "header":
        frames[table] = frames[table].assign(**{secret: "x"})
    elif place == "table":
        frames[secret] = pd.DataFrame({"a": [1]})
    else:
        typed = [column.name for column in TABLES[table].columns if column.kind not in ("id", "text")]
        frames[table].loc[0, typed] = secret
    try:
        said = " ".join(Practice.from_frames(**frames).quality.notes)
    except InputError as error:
        said = str(error)
    assert secret not in said
