"""The page on the last import: kept in the folder, in counts, and of nobody."""

from __future__ import annotations

import stat
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import betrayed, put

import caseload
from caseload.cli import main
from caseload.pages.import_report import FILE


def test_an_import_leaves_a_page_that_adds_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, folder = put(tmp_path, "appointments.csv", exports.openemr_rows()), tmp_path / "practice"
    assert main(["import", str(file), "--to", str(folder)]) == 0
    page = (folder / FILE).read_text(encoding="utf-8")
    rows = exports.openemr_rows()[1:]
    held = sum(bool(status) for status in exports.OPENEMR_CODES.values())
    assert f"appointments.csv: {len(rows)} rows" in page
    assert f'became rows of sessions</td><td class="n">{held}' in page
    assert f'2026-05</td><td class="n">{held}' in page
    assert 'calendar entries without a client, such as office hours and holidays</td><td class="n">3' in page
    assert f"the most in one month are {held}." in page
    assert not betrayed(page)
    assert not any(number in page for number in (*exports.NUMBERS, *exports.STAFF))
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert len(caseload.read_practice(folder).sessions) == held


def test_an_import_that_writes_nothing_leaves_the_page_as_it_was(tmp_path: Path) -> None:
    file, folder = put(tmp_path, "events.csv", exports.openemr_rows()), tmp_path / "practice"
    assert main(["import", str(file), "--to", str(folder), "--dry-run"]) == 0
    assert not folder.exists()
    assert main(["import", str(file), "--to", str(folder)]) == 0
    before = (folder / FILE).stat().st_mtime_ns
    assert main(["import", str(file), "--to", str(folder)]) == 0
    assert (folder / FILE).stat().st_mtime_ns == before


def test_a_file_that_bears_a_name_is_numbered(tmp_path: Path) -> None:
    file = put(tmp_path, f"{exports.CLIENTS[0]}.csv", exports.attendance_rows())
    assert main(["import", str(file), "--to", str(tmp_path / "practice")]) == 0
    page = (tmp_path / "practice" / FILE).read_text(encoding="utf-8")
    assert "File 1: " in page and not betrayed(page)


ANSWERS = """
title = "Answers on paper"
table = "surveys"
notes = ["Some answered on paper."]
[people.clinician]
name = ["who"]
[columns.completed_on]
from = ["day"]
[[wide]]
instrument = "stss"
items = "q{}"
"""


def test_answers_are_told_to_whoever_imports_them_and_to_nobody_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page, the notes of `check` and of the data-quality page are the same with and without them."""
    folder, to = tmp_path / "practice", ["--to", str(tmp_path / "practice")]
    main(["import", str(put(tmp_path, "appointments.csv", exports.jane_rows())), *to])
    (tmp_path / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    who = exports.jane_rows()[1][2]
    rows = [("who", "day", *(f"q{n}" for n in range(1, 18))), (who, "2026-05-30", *["2"] * 17)]
    page = (folder / FILE).read_bytes()
    capsys.readouterr()
    main(["check", str(folder)])
    said = capsys.readouterr().out
    assert main(["import", str(put(tmp_path, "s.csv", rows)), "--format", str(tmp_path / "answers.toml"), *to]) == 0
    assert "s.csv: 1 row with 17 answers" in capsys.readouterr().out
    assert len(caseload.read_practice(folder).surveys) == 17
    assert (folder / FILE).read_bytes() == page
    main(["check", str(folder)])
    assert capsys.readouterr().out == said


def test_a_practice_does_not_begin_with_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    rows = [("who", "day", *(f"q{n}" for n in range(1, 18))), ("Bo Roe", "2026-05-30", *["2"] * 17)]
    command = ["import", str(put(tmp_path, "s.csv", rows)), "--format", str(tmp_path / "answers.toml")]
    assert main([*command, "--to", str(tmp_path / "practice")]) == 2
    said = capsys.readouterr().err
    assert "rows of surveys alone" in said
    assert "Import the appointments into this folder first" in said
    assert not (tmp_path / "practice").exists()
