"""What a workbook says beside its values: hidden rows, formulas, errors, calendars, and days that were swapped."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
from export_fixtures import OWN, cells, own_map, own_rows, put, run, workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

import caseload
from caseload.errors import InputError
from caseload.intake.exports.guess import write_first_map
from caseload.intake.workbook_facts import sheet_facts

MINUTES = '[columns.scheduled_minutes]\nfrom = ["Length"]\noptional = true\n'
NINE = dt.datetime(2026, 6, 17, 9, 0)


def changed(path: Path, change) -> Path:  # type: ignore[no-untyped-def]
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def starts(folder: Path) -> list[str]:
    return [row["scheduled_start"] for row in cells(folder)]


@pytest.mark.parametrize(("said", "count"), [("read", 3), ("leave_out", 2), ("refuse", None)])
def test_rows_that_a_filter_hides(said: str, count: int | None, tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", own_rows(NINE, NINE, NINE))
    changed(file, lambda book: setattr(book.active.row_dimensions[3], "hidden", True))
    export = own_map(tmp_path, top=f'hidden_rows = "{said}"')
    if count is None:
        with pytest.raises(InputError, match="rows that are hidden") as caught:
            run(file, to=tmp_path / "practice", format=export)
        assert caught.value.problems[0].rows == (3,)
        return
    run(file, to=tmp_path / "practice", format=export)
    assert len(cells(tmp_path / "practice")) == count


def test_hidden_rows_without_a_value_are_nothing(tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", own_rows(NINE))
    changed(file, lambda book: setattr(book.active.row_dimensions[9], "hidden", True))
    run(file, to=tmp_path / "practice", format=own_map(tmp_path))


def test_formulas_without_a_result_are_refused_where_they_are_read(tmp_path: Path) -> None:
    rows = [(*row, "=30+20", "=1+1") for row in own_rows(NINE, NINE)]
    rows[0] = (*OWN, "Length", "Sum")
    file = workbook(tmp_path / "b.xlsx", rows)
    run(file, to=tmp_path / "unread", format=own_map(tmp_path))
    with pytest.raises(InputError) as caught:
        run(file, to=tmp_path / "practice", format=own_map(tmp_path, more=MINUTES))
    (problem,) = caught.value.problems
    assert (problem.column, problem.rows, problem.found) == (
        "Length", (2, 3), "formulas whose results the file does not hold",
    )  # fmt: skip
    assert "save it there" in problem.action


def test_formulas_with_a_result_are_values() -> None:
    """A text that is empty is a result, too."""
    done = b'<c r="B2"><f>1+1</f><v>2</v></c><c r="C2" t="str"><f>""</f><v></v></c>'
    assert not sheet_facts(done + b'<c r="D2"><f t="shared" si="0"/><v>1</v></c>').uncalculated
    without = b'<c r="B2" s="1"><f>1+1</f></c><x:c r="AA3"><x:f>1</x:f><x:v/></x:c><c r="C4"><f t="shared" si="0"/></c>'
    assert sheet_facts(without).uncalculated == {(2, 1), (3, 26), (4, 2)}


def test_errors_of_formulas_are_named_and_may_mean_nothing(tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", [(*OWN, "Length"), *((*row, 50) for row in own_rows(NINE)[1:])])

    def fail(book: openpyxl.Workbook) -> None:
        book.active["E2"] = "#DIV/0!"
        book.active["E2"].data_type = "e"

    changed(file, fail)
    with pytest.raises(InputError, match="an error of a spreadsheet's formula"):
        run(file, to=tmp_path / "practice", format=own_map(tmp_path, more=MINUTES))
    missing = MINUTES + 'missing = ["#DIV/0!"]\n'
    done = run(file, to=tmp_path / "practice", format=own_map(tmp_path, more=missing))
    assert cells(tmp_path / "practice")[0]["scheduled_minutes"] == ""
    assert not done.files[0].notes


def test_a_mapped_column_without_a_value_is_said(tmp_path: Path) -> None:
    rows = [(*OWN, "Length"), *((*row, "") for row in own_rows("17/06/2026 9:00")[1:])]
    done = run(put(tmp_path, "f.csv", rows), to=tmp_path / "practice", format=own_map(tmp_path, more=MINUTES))
    assert done.files[0].notes == ["scheduled_minutes: Length holds no value in any row."]


@pytest.mark.parametrize("epoch", [1900, 1904])
def test_bare_numbers_of_days_are_counted_as_the_workbook_says(epoch: int, tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", own_rows(46190.375 - (1462 if epoch == 1904 else 0)))
    if epoch == 1904:
        changed(file, lambda book: setattr(book, "epoch", CALENDAR_MAC_1904))
    run(file, to=tmp_path / "practice", format=own_map(tmp_path))
    assert starts(tmp_path / "practice") == ["2026-06-17T09:00"]


def test_a_time_is_a_whole_second_and_the_same_session_again(tmp_path: Path) -> None:
    """A seventh digit of a day is nine thousandths of a second."""
    export, to = own_map(tmp_path), tmp_path / "practice"
    run(put(tmp_path, "a.csv", own_rows("17/06/2026 10:20")), to=to, format=export)
    file = workbook(tmp_path / "b.xlsx", own_rows(dt.datetime(2026, 6, 17, 10, 19, 59, 997_000)))
    run(file, to=to, format=export)
    assert starts(to) == ["2026-06-17T10:20"]


def test_so_is_it_in_a_practice_folder(tmp_path: Path) -> None:
    rows = [("session_id", "clinician_id", "client_id", "scheduled_start", "status")]
    rows += [("1", "C1", "K1", dt.datetime(2026, 6, 17, 10, 19, 59, 997_000), "attended")]
    workbook(tmp_path / "practice.xlsx", rows, "sessions")
    found = caseload.read_practice(tmp_path / "practice.xlsx").sessions["scheduled_start"]
    assert found.tolist() == [dt.datetime(2026, 6, 17, 10, 20)]


SWAPPED = (dt.datetime(2026, 3, 6, 9, 0), dt.datetime(2026, 2, 6, 9, 0), "17/06/2026 9:00")


def test_dates_that_a_spreadsheet_has_swapped_are_refused(tmp_path: Path) -> None:
    file = workbook(tmp_path / "b.xlsx", own_rows(*SWAPPED))
    with pytest.raises(InputError, match="day and month may be swapped"):
        run(file, to=tmp_path / "practice", format=own_map(tmp_path))


@pytest.mark.parametrize("kept", [dt.datetime(2026, 6, 18, 9, 0), "12/06/2026 9:00"])
def test_dates_of_two_kinds_that_cannot_be_swapped_are_read(kept: object, tmp_path: Path) -> None:
    """A cell later than the 12th, or a text that the spreadsheet would have taken for a date."""
    run(workbook(tmp_path / "b.xlsx", own_rows(*SWAPPED, kept)), to=tmp_path / "p", format=own_map(tmp_path))
    assert len(starts(tmp_path / "p")) == 4


def test_a_first_map_asks_about_swapped_dates(tmp_path: Path) -> None:
    rows = [("Client ID", "Therapist", "Start", "Status"), *own_rows(*SWAPPED)[1:]]
    write_first_map(workbook(tmp_path / "b.xlsx", rows), tmp_path / "map.toml")
    assert 'dates = "?" # some dates are cells' in (tmp_path / "map.toml").read_text(encoding="utf-8")


def test_a_duration_in_hours_is_minutes(tmp_path: Path) -> None:
    rows = [(*OWN, "Length"), *((*row, dt.timedelta(minutes=45)) for row in own_rows(NINE)[1:])]
    run(workbook(tmp_path / "b.xlsx", rows), to=tmp_path / "practice", format=own_map(tmp_path, more=MINUTES))
    assert cells(tmp_path / "practice")[0]["scheduled_minutes"] == "45"
