"""What would hang the reading or fill the memory: pipes in the place of files, small files that unpack to large ones,
dates a generation away, paths that cannot be.
"""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from export_fixtures import attendance_rows, csv_text, workbook
from intake_fixtures import problems, rows, sessions

from caseload.cli import main
from caseload.errors import InputError
from caseload.intake import Practice, parquet_file, read_practice
from caseload.intake.consistency import stray_times
from caseload.intake.content import read_content
from caseload.intake.unreadable import Unreadable

EXPORT = csv_text(attendance_rows())


def practice(tmp_path: Path) -> Path:
    folder = tmp_path / "practice"
    folder.mkdir()
    (folder / "sessions.csv").write_text(sessions(4).to_csv(index=False), encoding="utf-8")
    return folder


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among files there")
@pytest.mark.parametrize("put", [pipe, Path.mkdir, link])
@pytest.mark.parametrize("name", ["clients.csv", "contacts.parquet", "practice.xlsx", "support.toml"])
def test_what_is_no_file_in_a_files_place_is_one_problem(put, name: str, tmp_path: Path) -> None:
    folder = practice(tmp_path)
    put(folder / name)
    if put is link and name == "support.toml":  # the same as no file
        assert read_practice(folder).support_contacts == ()
        return
    with pytest.raises(InputError) as caught:
        read_practice(folder)
    assert len(caught.value.problems) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes among files there")
@pytest.mark.parametrize("role", ["file", "key", "map", "agenda", "history"])
def test_a_pipe_hangs_no_command(role: str, tmp_path: Path, capsys) -> None:
    folder, export, odd = practice(tmp_path), tmp_path / "attendance.csv", tmp_path / "odd.toml"
    export.write_text(EXPORT, encoding="utf-8")
    places = {"agenda": folder / "agenda.csv", "history": folder / "imports.json", "file": tmp_path / "odd.csv"}
    odd = places.get(role, odd)
    pipe(odd)
    decision = ["--clinician", "C1", "--month", "2026-05", "--flag", "self_care", "--decision", "One evening"]
    command = {
        "file": ["import", str(odd), "--to", str(folder)],
        "key": ["import", str(export), "--to", str(folder), "--key", str(odd)],
        "map": ["import", str(export), "--to", str(folder), "--format", str(odd)],
        "agenda": ["agenda", "add", str(folder), *decision],
        "history": ["import", str(export), "--to", str(folder)],
    }[role]
    assert main(command) == 2
    assert "unexpected" not in capsys.readouterr().err


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "loop"])
@pytest.mark.parametrize("command", [["check", "{}"], ["reveal", "{}"], ["import", "{}", "--to", "x"],
                                     ["import", "x.csv", "--to", "{}"], ["agenda", "list", "{}"]])  # fmt: skip
def test_a_path_that_cannot_be_is_a_mistake_of_the_command(
    path: str, command: list[str], tmp_path: Path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    with pytest.raises(SystemExit) as caught:
        main([word.format(path) for word in command])
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].count("cannot be a path here") == 1
    with pytest.raises(InputError):
        read_practice(path)


def test_a_file_is_measured_before_and_after_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"12345")
    assert read_content(file, 5).fingerprint[0::2] == ("file", 5)
    with pytest.raises(Unreadable):
        read_content(file, 4)


def written(folder: Path, **columns: pa.Array) -> Path:
    frame = sessions(2).astype(object)
    rest = {name: pa.array(frame[name].tolist()) for name in frame if name not in columns}
    size = len(next(iter(columns.values())))
    repeated = {
        name: pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), cells[:1]) for name, cells in rest.items()
    }
    (folder / "sessions.csv").unlink()
    pyarrow.parquet.write_table(pa.table(repeated | columns), folder / "sessions.parquet")
    return folder


def test_a_table_of_more_rows_or_cells_than_a_practice_has_is_not_unpacked(tmp_path: Path, monkeypatch) -> None:
    folder = written(practice(tmp_path), prep_minutes=pa.array(np.zeros(1000)))
    for limit, most in (("MOST_ROWS", 999), ("MOST_CELLS", 5999)):
        with monkeypatch.context() as patch:
            patch.setattr(parquet_file, limit, most)
            with pytest.raises(InputError, match="unpacks to far more"):
                read_practice(folder)
    with pytest.raises(InputError, match="a repeat of an earlier row"):
        read_practice(folder)


def test_text_that_a_dictionary_repeats_is_counted_before_it_is_written_out(tmp_path: Path, monkeypatch) -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0, 0, None, 0], pa.int32()), pa.array(["x" * 1000]))
    folder = written(practice(tmp_path), scheduled_start=long)
    monkeypatch.setattr(parquet_file, "LONGEST_TEXTS", 2999)
    with pytest.raises(InputError, match="unpacks to far more"):
        read_practice(folder)
    monkeypatch.setattr(parquet_file, "LONGEST_TEXTS", 3000)
    with pytest.raises(InputError, match="a local date and time"):
        read_practice(folder)


def test_nested_values_are_refused_before_they_are_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lists, records"):
        read_practice(written(practice(tmp_path), status=pa.array([["attended"]] * 2)))


def test_a_csv_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    folder = practice(tmp_path)
    (folder / "clients.csv").write_text("client_id" + ",x" * (1 << 14) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="at most 16,384 columns"):
        read_practice(folder)


@pytest.mark.parametrize("part", ["xl/sharedStrings.xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_an_entity_that_is_not_defined_is_a_damaged_workbook(part: str, tmp_path: Path) -> None:
    book = workbook(tmp_path / "good.xlsx", sessions(2).itertuples(index=False), "sessions")
    bad = tmp_path / "bad.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(bad, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"</", b"&zoe;</", 1) if name == part else content)
    with pytest.raises(InputError) as caught:
        read_practice(bad)
    assert "zoe" not in str(caught.value)


def test_a_date_a_generation_away_is_refused_with_its_row() -> None:
    frame = sessions(4).assign(scheduled_start=["2026-05-03", "1926-05-03", "2026-05-04", "2026-05-05"])
    (found,) = problems(sessions=frame)
    assert (found.column, found.rows, found.action) == ("scheduled_start", (3,), "Correct the year.")
    later = problems(sessions=frame.assign(scheduled_start=["2026-05-03", "2126-05-03", "2026-05-04", "2026-05-05"]))
    assert later[0].rows == (3,)
    kept = frame.assign(scheduled_start=["2026-05-03", "2002-05-03", "1978-05-03", "2026-05-04"])  # a long record
    assert len(Practice.from_frames(sessions=kept).sessions) == 4


@pytest.mark.parametrize(("table", "column"), [
    ("contacts", "contacted_at"), ("surveys", "completed_on"), ("supports", "date"), ("selfcare_plan", "month"),
    ("ratings", "month"), ("outcomes", "completed_on"),
])  # fmt: skip
def test_every_dated_table_has_the_rule(table: str, column: str) -> None:
    frame = rows(table, 3)
    frame[column] = {"contacted_at": ["2026-05-04T19:30", "2026-05-05T10:00", "1926-05-04T19:30"]}.get(
        column, [f"{year}-05" + ("" if column == "month" else "-04") for year in (2026, 2025, 1926)]
    )
    found = problems(sessions=sessions(2), **{table: frame})
    assert [(problem.table, problem.column, problem.rows) for problem in found] == [(table, column, (4,))]


def test_both_sides_of_a_generation() -> None:
    days = np.array(["2000-01-01", "NaT", "2000-01-02", "2024-12-31"], dtype="datetime64[s]")
    assert stray_times(days).tolist() == [False] * 4
    days[3] = np.datetime64("2025-01-01")
    assert stray_times(days).tolist() == [False, False, False, True]
    days[2] = np.datetime64("2025-01-02")
    assert stray_times(days).tolist() == [True, False, False, False]
    assert stray_times(days[:1]).tolist() == [False]


def test_an_export_is_refused_for_such_a_date(tmp_path: Path, capsys) -> None:
    table = [list(row) for row in attendance_rows()]
    table[4][2] = table[4][2].replace("2026", "1926")
    export = tmp_path / "attendance.csv"
    export.write_text(csv_text(table), encoding="utf-8")
    assert main(["import", str(export), "--to", str(tmp_path / "made")]) == 2
    assert "row 5 (1 row)" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"caseload_imports": 1, "imports": [], "note": "\\ud800"}', "\udcff{}"],
    ids=["nested", "half a character", "another encoding"],
)
def test_a_history_that_we_could_not_have_written_is_a_damaged_one(content: str, tmp_path: Path) -> None:
    folder = practice(tmp_path)
    (folder / "imports.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert "damaged" in read_practice(folder).quality.notes[0]
    pd.testing.assert_frame_equal(read_practice(folder).sessions, Practice.from_frames(sessions=sessions(4)).sessions)
