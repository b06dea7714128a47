"""A practice folder that is there already: months are added, corrections made, everything else stays as it is."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import cells, contents, moments, put, run

from caseload import read_practice
from caseload.errors import InputError, ParameterError
from caseload.intake.exports.run import Imported
from caseload.intake.history import read_history
from caseload.pages.import_summary import import_summary


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """May, imported once; not to be changed."""
    base = tmp_path_factory.mktemp("may")
    run(put(base, "may.csv", exports.attendance_rows()), to=base / "practice")
    return base


@pytest.fixture
def practice(imported: Path, tmp_path: Path) -> Path:
    """A copy of the practice of May, with its key beside it and the export."""
    shutil.copytree(imported, tmp_path, dirs_exist_ok=True)
    return tmp_path / "practice"


def again(practice: Path, rows: list[tuple[str, ...]], **options: object) -> Imported:
    return run(put(practice.parent, "next.csv", rows), to=practice, **options)


def sessions(practice: Path) -> dict[str, dict[str, str]]:
    return {row["session_id"]: row for row in cells(practice)}


def test_the_next_month_is_added(practice: Path) -> None:
    before = cells(practice)
    (change, clinicians) = again(practice, exports.attendance_rows(6)).changes
    assert (change.added, change.changed, change.unchanged) == (9, 0, 0)
    assert change.months == {"2026-06": (9, 0, 0)}
    assert (clinicians.added, clinicians.unchanged) == (0, 2)
    assert cells(practice)[:9] == before
    assert {row["client_id"] for row in cells(practice)[9:]} == {row["client_id"] for row in before}
    assert [len(read_practice(practice).sessions), len(read_history(practice))] == [18, 2]


def test_corrections_change_what_was_corrected(practice: Path) -> None:
    before = cells(practice)
    rows = exports.attendance_rows()
    rows[2] = (*rows[2][:-1], "No show")
    imported = again(practice, rows)
    change = imported.changes[0]
    assert (change.added, change.changed, change.unchanged) == (0, 1, 8)
    assert change.columns == {"status": 1}
    assert cells(practice) == [{**before[0], "status": "no_show"}, *before[1:]]
    assert "corrected: status (1)" in import_summary(imported)


def test_a_repeated_import_writes_nothing(practice: Path) -> None:
    (practice / "notes").mkdir()
    (practice / "notes" / "plan.txt").write_text("ours", encoding="utf-8")
    before, written = contents(practice.parent), moments(practice.parent)
    imported = run(practice.parent / "may.csv", to=practice)
    assert not imported.written
    assert "Nothing was written: all of it is there already." in import_summary(imported)
    assert contents(practice.parent) == before
    assert moments(practice.parent) == written


def test_a_dry_run_writes_nothing_and_says_what_would_change(practice: Path, tmp_path: Path) -> None:
    file = put(tmp_path, "next.csv", exports.attendance_rows(6))
    before, written = contents(tmp_path), moments(tmp_path)
    imported = run(file, to=practice, dry_run=True)
    assert (imported.written, imported.changes[0].added) == (False, 9)
    assert "this was a dry run" in import_summary(imported)
    first = run(file, to=tmp_path / "new", dry_run=True)
    assert (first.written, first.changes[0].added) == (False, 9)
    assert contents(tmp_path) == before
    assert moments(tmp_path) == written


def test_what_the_practice_has_put_into_the_folder_stays(practice: Path) -> None:
    """Byte for byte, and no file is touched that an import does not fill."""
    files = {
        "agenda.csv": b"clinician_id,month,decision,owner\r\n%s,2026-05,Look at pace,me\r\n",
        "support.toml": b'[[contact]]\nkind = "supervision"\nname = "Practice line"\nhow = "555 0100"\n',
        "surveys.csv": b"clinician_id,completed_on,instrument,item,response\n%s,2026-05-01,activation,total,3\n",
        "README.txt": b"\xff\xfe not even text",
        "notes/2026/plan.txt": b"ours",
        "clients_of_old.csv": b"a;b\n1;2\n",
        ".hidden.lock": b"also ours",
    }
    clinician = cells(practice)[0]["clinician_id"].encode()
    for name, content in files.items():
        (practice / name).parent.mkdir(parents=True, exist_ok=True)
        (practice / name).write_bytes(content.replace(b"%s", clinician))
    (practice / "notes" / "link").symlink_to("2026/plan.txt")
    (practice / "empty").mkdir()
    read_practice(practice)
    before, written = contents(practice), moments(practice)
    again(practice, exports.attendance_rows(6))
    after, changed = contents(practice), moments(practice)
    assert {name for name in before if before[name] != after[name]} == {"sessions.csv", "imports.json"}
    kept = {name for name in written if written[name] == changed[name]}
    assert set(written) - kept == {"sessions.csv", "imports.json", "clinicians.csv"}
    assert (practice / "notes" / "link").is_symlink()
    assert (practice / "empty").is_dir()


def test_the_practices_own_columns_and_cells_stay(practice: Path) -> None:
    """Columns of the contract that the export lacks, columns that nobody knows, and what was filled in for people."""
    rows = cells(practice)
    own = {"srs_total": "38", "ors_total": "", "our note": 'a "quoted", long\nnote', "colour": " blue "}
    (practice / "sessions.csv").write_text(
        exports.csv_text([[*rows[0], *own], *([*row.values(), *own.values()] for row in rows)]), encoding="utf-8"
    )
    people = [
        row | {"team": "north", "workday_start": "09:00", "cost centre": "7"} for row in cells(practice, "clinicians")
    ]
    (practice / "clinicians.csv").write_text(
        exports.csv_text([people[0], *(row.values() for row in people)]), encoding="utf-8"
    )
    again(practice, exports.attendance_rows(6))
    found = cells(practice)
    assert found[:9] == [row | own for row in rows]
    assert [{name: row[name] for name in own} for row in found[9:]] == [dict.fromkeys(own, "")] * 9
    assert cells(practice, "clinicians") == people
    assert read_practice(practice).sessions["srs_total"].notna().sum() == 9


def test_columns_of_one_name_and_of_none_stay(practice: Path) -> None:
    """The contract does not know them, so that a folder with them can be read, and added to."""
    lines = (practice / "sessions.csv").read_text(encoding="utf-8").splitlines()
    wide = [lines[0] + ",note,note,,", *(f"{line},{n},x{n},y,z" for n, line in enumerate(lines[1:]))]
    (practice / "sessions.csv").write_text("\n".join(wide) + "\n", encoding="utf-8")
    read_practice(practice)
    again(practice, exports.attendance_rows(6))
    found = (practice / "sessions.csv").read_text(encoding="utf-8").splitlines()
    assert found[:10] == wide
    assert [line.split(",")[-4:] for line in found[10:]] == [[""] * 4] * 9


def test_bytes_that_are_no_text_in_an_own_column_are_refused(practice: Path) -> None:
    lines = (practice / "sessions.csv").read_bytes().splitlines()
    (practice / "sessions.csv").write_bytes(b"\n".join([lines[0] + b",note", *(line + b",\xe9" for line in lines[1:])]))
    before = contents(practice)
    with pytest.raises(InputError, match="UTF-8"):
        again(practice, exports.attendance_rows(6))
    assert contents(practice) == before


def test_sessions_that_the_export_no_longer_holds_are_counted_and_kept(practice: Path) -> None:
    rows = exports.attendance_rows()
    moved = [*rows[:3], *rows[4:]]  # without the no-show of 11 May, which lies within the export's days
    imported = again(practice, moved)
    assert not imported.written
    assert (imported.changes[0].absent, imported.changes[0].removed) == (1, 0)
    assert imported.changes[0].months == {"2026-05": (0, 0, 1)}
    assert "--remove-absent" in import_summary(imported)
    assert len(cells(practice)) == 9


def test_sessions_that_the_export_no_longer_holds_are_removed_if_asked(practice: Path) -> None:
    before = cells(practice)
    rows = exports.attendance_rows()
    imported = again(practice, [*rows[:3], *rows[4:]], remove_absent=True)
    assert (imported.written, imported.changes[0].removed) == (True, 1)
    assert cells(practice) == [before[0], *before[2:]]
    assert "removed, because the export no longer holds them: 1" in import_summary(imported)


@pytest.mark.parametrize("left", [3, 5], ids=["the last day goes", "the first day goes"])
def test_only_days_and_clinicians_of_the_export_can_lack_sessions(left: int, practice: Path) -> None:
    """Nothing outside an export's days and of other clinicians is called absent, nor the practice's own sessions."""
    rows = exports.attendance_rows()
    one = [rows[0], rows[left]]  # one day of one clinician
    imported = again(practice, one, remove_absent=True)
    assert (imported.changes[0].absent, imported.changes[0].removed) == (0, 0)
    own = "H1,{clinician_id},{client_id},2026-05-11T09:00,attended,\n".format(**cells(practice)[0])
    with (practice / "sessions.csv").open("a", encoding="utf-8") as stream:
        stream.write(own)
    assert again(practice, rows, remove_absent=True).changes[0].removed == 0
    assert "H1" in sessions(practice)


def test_a_pair_that_meets_twice_on_one_day_has_two_sessions(practice: Path) -> None:
    """The report holds dates only; a month later both are still two, and neither is a third."""
    twice = [row for row in cells(practice) if row["scheduled_start"] == "2026-05-06T00:00"]
    assert [row["status"] for row in twice] == ["attended", "no_show"]
    assert len({row["session_id"] for row in twice}) == 2
    assert not again(practice, exports.attendance_rows()).written
    rows = exports.attendance_rows()
    assert again(practice, [*rows, rows[7]]).changes[0].added == 1


def test_rows_that_say_the_same_again_are_one(tmp_path: Path) -> None:
    rows = exports.jane_rows()
    imported = run(put(tmp_path, "jane.csv", [*rows, rows[1], rows[1]]), to=tmp_path / "practice")
    assert imported.files[0].left_out["rows that say the same of an appointment again"] == 2
    assert len(cells(tmp_path / "practice")) == 8


def test_rows_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    rows = exports.openemr_rows()
    other = (*rows[8][:-1], "?")  # row 9 says that the client arrived
    with pytest.raises(InputError) as caught:
        run(put(tmp_path, "events.csv", [*rows, other]), to=tmp_path / "practice")
    (problem,) = caught.value.problems
    assert problem.rows == (len(rows) + 1,)
    assert problem.found == "another row for the same appointment"
    assert not (tmp_path / "practice").exists()


def test_of_two_files_the_later_counts(tmp_path: Path) -> None:
    rows = exports.openemr_rows()
    first = put(tmp_path, "first.csv", rows)
    second = put(tmp_path, "second.csv", [rows[0], (*rows[8][:-1], "?")])
    imported = run(first, second, to=tmp_path / "practice")
    assert imported.changes[0].added == 9
    assert [row["status"] for row in cells(tmp_path / "practice")][3] == "no_show"


@pytest.mark.parametrize(("bad", "refused"), [(1, False), (2, True)])
def test_invalid_rows_are_left_out_up_to_a_twentieth(bad: int, refused: bool, tmp_path: Path) -> None:
    """Of 20 rows one may go: 5 %."""
    start = dt.date(2026, 5, 1)
    rows = [
        (*exports.attendance_rows()[2][:2], f"{start + dt.timedelta(day):%m/%d/%Y}", "", "Show") for day in range(20)
    ]
    for place in range(bad):
        rows[place] = (*rows[place][:2], "31/05/2026", "", "Show")
    file = put(tmp_path, "attendance.csv", [exports.SIMPLEPRACTICE, *rows])
    with pytest.raises(InputError, match=f"{bad} row"):
        run(file, to=tmp_path / "practice")
    if refused:
        with pytest.raises(InputError, match="at most 5%"):
            run(file, to=tmp_path / "practice", exclude_invalid=True)
        assert not (tmp_path / "practice").exists()
        return
    imported = run(file, to=tmp_path / "practice", exclude_invalid=True)
    assert [problem.rows for problem in imported.faults] == [(2,)]
    assert imported.files[0].left_out == {"rows with cells that cannot be read (they are listed above)": 1}
    assert len(cells(tmp_path / "practice")) == 19


@pytest.mark.parametrize("kind", ["parquet", "xlsx"])
def test_a_practice_of_other_files_is_not_added_to(kind: str, practice: Path) -> None:
    import pandas as pd

    frame = pd.read_csv(practice / "sessions.csv", dtype=str)
    (practice / "sessions.csv").unlink()
    if kind == "parquet":
        frame.to_parquet(practice / "sessions.parquet")
    else:
        exports.workbook(practice / "data.xlsx", [list(frame), *frame.fillna("").to_numpy().tolist()], "sessions")
    before = contents(practice)
    with pytest.raises(ParameterError, match="as CSV"):
        again(practice, exports.attendance_rows(6))
    assert contents(practice) == before


def test_a_damaged_practice_is_not_added_to(practice: Path) -> None:
    with (practice / "sessions.csv").open("a", encoding="utf-8") as stream:
        stream.write("S-1,only,three\n")
    before = contents(practice)
    with pytest.raises(InputError, match="rows with more or fewer cells"):
        again(practice, exports.attendance_rows(6))
    assert contents(practice) == before


def test_a_folder_of_other_things_becomes_a_practice(tmp_path: Path) -> None:
    (tmp_path / "practice").mkdir()
    (tmp_path / "practice" / "README.txt").write_text("ours", encoding="utf-8")
    run(put(tmp_path, "may.csv", exports.attendance_rows()), to=tmp_path / "practice")
    assert (tmp_path / "practice" / "README.txt").read_text(encoding="utf-8") == "ours"
    assert len(read_practice(tmp_path / "practice").sessions) == 9


def test_a_folder_that_is_a_link_stays_one(practice: Path) -> None:
    elsewhere = practice.with_name("elsewhere")
    practice.rename(elsewhere)
    practice.symlink_to(elsewhere)
    run(
        put(practice.parent, "next.csv", exports.attendance_rows(6)), to=practice,
        key_file=practice.parent / "practice.key",
    )  # fmt: skip
    assert practice.is_symlink()
    assert len(cells(elsewhere)) == 18


@pytest.mark.parametrize("where", ["a file", "nowhere"])
def test_a_place_that_cannot_hold_a_folder_is_refused(where: str, tmp_path: Path) -> None:
    file = put(tmp_path, "may.csv", exports.attendance_rows())
    to = file if where == "a file" else tmp_path / "nowhere" / "practice"
    with pytest.raises(ParameterError):
        run(file, to=to, key_file=tmp_path / "key")
    assert set(contents(tmp_path)) == {"may.csv"}
