"""What a file holds beside the first thing that fits: other sheets, columns of one name, times of day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
from export_fixtures import OWN, cells, own_map, own_rows, put, run

from caseload.errors import InputError
from caseload.intake.exports.guess import write_first_map

Rows = Iterable[Sequence[object]]


def book(path: Path, sheets: Mapping[str, Rows], hidden: Sequence[str] = ()) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    made.active = next(place for place, sheet in enumerate(made.worksheets) if sheet.sheet_state == "visible")
    made.save(path)
    return path


def starts(folder: Path) -> list[str]:
    return sorted(row["scheduled_start"] for row in cells(folder))


def test_all_sheets_of_one_shape_are_read_and_the_others_named(tmp_path: Path) -> None:
    """A sheet a quarter, one with its columns in another order, and one of another kind."""
    other = [tuple(reversed(row)) for row in own_rows("03/06/2026 9:00")]
    sheets = {"Summary": [("Code", "Fee"), ("T60", 90)], "Q1": own_rows("03/02/2026 9:00"), "Q2": other}
    file = book(tmp_path / "year.xlsx", sheets)
    done = run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    assert starts(tmp_path / "practice") == ["2026-02-03T09:00", "2026-06-03T09:00"]
    assert done.files[0].notes == ["Sheets not read, because they are without the header: Summary."]


def test_a_hidden_sheet_is_not_read_and_said(tmp_path: Path) -> None:
    sheets = {"old copy": own_rows("03/02/2026 9:00"), "now": own_rows("03/06/2026 9:00")}
    done = run(book(tmp_path / "b.xlsx", sheets, ["old copy"]), to=tmp_path / "practice", format=own_map(tmp_path))
    assert starts(tmp_path / "practice") == ["2026-06-03T09:00"]
    assert done.files[0].notes == ["Sheets not read, because they are hidden: old copy."]


def test_a_header_in_a_hidden_sheet_alone_is_refused(tmp_path: Path) -> None:
    file = book(tmp_path / "b.xlsx", {"data": own_rows("03/02/2026 9:00"), "start": [("Welcome",)]}, ["data"])
    with pytest.raises(InputError, match="hidden sheet"):
        run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    run(file, to=tmp_path / "practice", format=own_map(tmp_path, top='sheet = "data"'))
    assert starts(tmp_path / "practice") == ["2026-02-03T09:00"]


def test_a_first_map_says_which_sheet_it_was_guessed_from(tmp_path: Path) -> None:
    header = ("Client ID", "Therapist", "Start", "Status")
    sheets = {
        "Read me": [("How to", "read this"), ("Client", "x")],
        "A": [header, ("K1", "Bo Roe", "2026-05-04 10:00", "Seen")],
        "B": [header],
        "old": [header],
    }
    write_first_map(book(tmp_path / "b.xlsx", sheets, ["old"]), tmp_path / "map.toml")
    text = (tmp_path / "map.toml").read_text(encoding="utf-8")
    assert "# Guessed from sheet A, of 3 sheets the one with most known headers (4)." in text
    assert "# 2 sheets have its header: an import reads all of them." in text


TWICE = [(*OWN, "Result"), ("R1", "Bo Roe", "03/06/2026 9:00", "seen", "invoiced")]


def test_two_columns_of_one_name_that_differ_are_refused(tmp_path: Path) -> None:
    file = put(tmp_path, "twice.csv", TWICE)
    with pytest.raises(InputError, match="2 columns with different cells"):
        run(file, to=tmp_path / "practice", format=own_map(tmp_path))


@pytest.mark.parametrize(("which", "status"), [(1, "attended"), (2, "no_show")])
def test_a_map_says_which_of_two_columns_of_one_name(which: int, status: str, tmp_path: Path) -> None:
    rows = [TWICE[0], (*TWICE[1][:4], "missed")]
    export = Path(own_map(tmp_path))
    text = export.read_text(encoding="utf-8").replace('["Result"]', f'["Result [{which}]"]')
    export.write_text(text, encoding="utf-8")
    run(put(tmp_path, "twice.csv", rows), to=tmp_path / "practice", format=str(export))
    assert [row["status"] for row in cells(tmp_path / "practice")] == [status]


def test_two_columns_of_one_name_that_say_the_same_are_one(tmp_path: Path) -> None:
    rows = [TWICE[0], (*TWICE[1][:4], "seen")]
    run(put(tmp_path, "twice.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path))
    assert [row["status"] for row in cells(tmp_path / "practice")] == ["attended"]


def test_two_other_names_of_one_column_are_refused_where_they_differ(tmp_path: Path) -> None:
    """Of people they are said, and the map's order decides: it is the same next month."""
    also = '[also_called]\n"When" = ["Begin", "Booked"]\n"Ref" = ["Guid", "No"]\n'
    columns = {"Begin": "03/06/2026 9:00", "Booked": "01/06/2026 8:00", "Result": "seen", "Worker": "Bo Roe"}
    rows = [(*columns, "No", "Guid"), (*columns.values(), "7", "g-7")]
    with pytest.raises(InputError, match="Begin, Booked"):
        run(put(tmp_path, "a.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path, more=also))
    rows = [("When", *rows[0]), ("03/06/2026 9:00", *rows[1])]
    done = run(put(tmp_path, "b.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path, more=also))
    assert done.files[0].notes == ["Ref is read from Guid; No may mean it too, and is not read."]


BESIDE = [(*OWN, "At"), ("R1", "Bo Roe", "03/06/2026", "seen", "9:30 am"), ("R2", "Bo Roe", "04/06/2026", "seen", "")]


def test_a_column_of_times_beside_days_is_not_passed_over(tmp_path: Path) -> None:
    file = put(tmp_path, "beside.csv", BESIDE)
    with pytest.raises(InputError, match="column of times that the map does not read") as caught:
        run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    assert [problem.column for problem in caught.value.problems] == ["At"]
    run(file, to=tmp_path / "practice", format=own_map(tmp_path, when='["When", "At"]'))
    assert starts(tmp_path / "practice") == ["2026-06-03T09:30", "2026-06-04T00:00"]


@pytest.mark.parametrize("header", ["End time", "Checked in at", "Reminder sent"])
def test_times_of_something_else_are_no_beginning(header: str, tmp_path: Path) -> None:
    file = put(tmp_path, "beside.csv", [(*OWN, header), *BESIDE[1:]])
    run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    assert starts(tmp_path / "practice") == ["2026-06-03T00:00", "2026-06-04T00:00"]


def test_amounts_are_no_times_and_a_map_may_leave_a_column_aside(tmp_path: Path) -> None:
    amounts = [(*row[:4], "12.30") for row in BESIDE[1:]]
    run(put(tmp_path, "a.csv", [(*OWN, "Fee"), *amounts]), to=tmp_path / "a", format=own_map(tmp_path))
    aside = own_map(tmp_path, top='not_read = ["At"]')
    run(put(tmp_path, "b.csv", BESIDE), to=tmp_path / "b", format=aside)
    assert starts(tmp_path / "a") == starts(tmp_path / "b") == ["2026-06-03T00:00", "2026-06-04T00:00"]


def test_jane_in_two_columns(tmp_path: Path) -> None:
    rows = [
        ("Client", "Staff Member", "Start Date", "Start Time", "State"),
        ("Ann Lee", "Bo Roe", "2026-06-03", "7:15 pm", "Arrived"),
    ]
    run(put(tmp_path, "jane.csv", rows), to=tmp_path / "practice")
    assert starts(tmp_path / "practice") == ["2026-06-03T19:15"]


def test_a_first_map_reads_days_and_times_together(tmp_path: Path) -> None:
    rows = [("Client ID", "Therapist", "Session date", "Session time", "End time", "Status")]
    rows += [("K1", "Bo Roe", "2026-06-03", "14:00", "14:50", "Seen"), ("K2", "Bo Roe", "2026-06-03", "", "", "DNA")]
    write_first_map(put(tmp_path, "f.csv", rows), tmp_path / "map.toml")
    assert 'from = ["Session date", "Session time"]' in (tmp_path / "map.toml").read_text(encoding="utf-8")
