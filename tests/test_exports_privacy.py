"""What an import says and leaves behind: no name, date of birth or number of a person, but in the key file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import export_fixtures as exports
import pytest
from export_fixtures import betrayed, put, run

from caseload.cli import main
from caseload.errors import InputError

ROWS = {
    "simplepractice": exports.attendance_rows,
    "therapynotes": exports.transaction_rows,
    "jane": exports.jane_rows,
    "openemr": exports.openemr_rows,
}


def command(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    """The exit code of a command, and everything that it says."""
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out + said.err


@pytest.mark.parametrize("format", ROWS)
@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["", "debug"])
def test_names_are_in_the_key_file_alone(
    format: str, debug: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(tmp_path, "export.csv", ROWS[format]())
    assert format == "openemr" or betrayed(file.read_bytes())
    code, said = command(capsys, *debug, "import", file, "--to", tmp_path / "practice")
    assert code == 0
    assert not betrayed(said)
    for content in exports.contents(tmp_path / "practice").values():
        assert not betrayed(content)
        assert not any(number in content.decode() for number in exports.NUMBERS)
    key = (tmp_path / "practice.key").read_text(encoding="utf-8")
    assert format == "openemr" or betrayed(key)
    assert format != "openemr" or all(number in key for number in exports.NUMBERS[:3])
    (tmp_path / "practice.key").unlink()
    file.unlink()
    assert set(exports.contents(tmp_path)) == {f"practice/{name}" for name in exports.contents(tmp_path / "practice")}


def test_unknown_words_are_listed_and_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [list(row) for row in exports.attendance_rows()]
    rows[2][-1] = rows[5][-1] = "Moved to Tuesday"
    rows[4][-1] = "Rang about his arm"
    file = put(tmp_path, "attendance.csv", rows)
    code, said = command(capsys, "--debug", "import", file, "--to", tmp_path / "practice")
    assert code == 2
    assert "attendance.csv.status, rows 3, 5, 6 (3 rows)" in said
    assert "Moved to Tuesday (2)" in said
    assert "1 cell not shown" in said
    assert "arm" not in said
    assert "[columns.status.words]" in said
    assert "Traceback" not in said
    assert not betrayed(said)
    assert set(exports.contents(tmp_path)) == {"attendance.csv"}


@pytest.mark.parametrize(
    "name",
    [
        exports.CLIENTS[0],
        exports.CLIENTS[0].upper(),
        "Quillfeather, Zephyrine",
        "Quillfeather",
        "called zephyrine's mother",
        "per B. Xuereb",
        "Vrabecz",  # without its accent
        "3/17/1981",
        "1981-03-17",
    ],
)
@pytest.mark.parametrize("format", ["simplepractice", "therapynotes"])
def test_a_word_of_a_name_is_never_repeated(
    name: str, format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [list(row) for row in ROWS[format]()]
    place = rows[0].index("status" if format == "simplepractice" else "Type")
    rows[3][place] = name
    for other in (4, 5):
        rows[other][place] = "Weather"
    file = put(tmp_path, "export.csv", rows)
    code, said = command(capsys, "import", file, "--to", tmp_path / "practice")
    assert code == 2
    assert "Weather (2)" in said
    assert name not in said
    assert not betrayed(said)


def test_many_unknown_words_are_counted_and_not_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column of notes is no status: both sides of the number of words that is taken for one."""
    words = [f"word {first}{second}" for first in "abcdefgh" for second in "ijkl"]
    for count, listed in ((30, True), (31, False)):
        rows = [(*exports.attendance_rows()[2][:4], word) for word in words[:count] for _ in range(2)]
        file = put(tmp_path, f"{count}.csv", [exports.SIMPLEPRACTICE, *rows])
        code, said = command(capsys, "import", file, "--to", tmp_path / "practice")
        assert code == 2
        assert ("word ai (2)" in said) is listed
        assert f"({2 * count} rows)" in said


def test_no_value_of_an_unreadable_cell_is_repeated(tmp_path: Path) -> None:
    rows = [list(row) for row in exports.attendance_rows()]
    rows[2][2] = "Quillfeather was here"
    rows[3][2] = "13/13/2026"
    rows[4][2] = "2026-05-04T09:00Z"
    rows[5][0] = ""
    file = put(tmp_path, "attendance.csv", rows)
    with pytest.raises(InputError) as caught:
        run(file, to=tmp_path / "practice")
    found = {(problem.column, problem.rows) for problem in caught.value.problems}
    assert found == {
        ("date_of_service", (3,)),
        ("date_of_service", (4,)),
        ("date_of_service", (5,)),
        ("client_name", (6,)),
    }
    assert not betrayed(str(caught.value))
    assert "13/13" not in str(caught.value)
    assert not (tmp_path / "practice").exists()


def test_an_unexpected_error_says_nothing_of_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise KeyError(exports.CLIENTS[0])

    monkeypatch.setattr("caseload.intake.exports.run.translate", broken)
    file = put(tmp_path, "attendance.csv", exports.attendance_rows())
    code, said = command(capsys, "import", file, "--to", tmp_path / "practice")
    assert code == 1
    assert "unexpected KeyError" in said
    assert not betrayed(said)


def test_an_export_in_the_practice_folder_is_warned_of(tmp_path: Path) -> None:
    """It holds names, and the folder is what is shared with whoever makes the reports."""
    file = put(tmp_path, "attendance.csv", exports.attendance_rows())
    assert not run(file, to=tmp_path / "practice").warnings
    inside = put(tmp_path / "practice", "june.csv", exports.attendance_rows(6))
    (warning,) = run(inside, to=tmp_path / "practice").warnings
    assert "june.csv" in warning
    assert inside.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="modes are not kept there")
def test_what_is_new_is_for_its_owner_only(tmp_path: Path) -> None:
    """Whatever the process would give away by default."""
    file = put(tmp_path, "attendance.csv", exports.attendance_rows())
    old = os.umask(0)
    try:
        run(file, to=tmp_path / "practice")
    finally:
        os.umask(old)
    made = [tmp_path / "practice.key", tmp_path / "practice", *(tmp_path / "practice").iterdir()]
    assert [oct(path.stat().st_mode & 0o077) for path in made] == ["0o0"] * 5


def test_nothing_of_an_import_is_left_in_other_places(tmp_path: Path) -> None:
    """A process of its own, with the working folder, home and temporary folder in sight."""
    for name in ("work", "home", "tmp", "data"):
        (tmp_path / name).mkdir()
    file = put(tmp_path / "data", "attendance.csv", exports.attendance_rows())
    places = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    line = [sys.executable, "-m", "caseload.cli", "import", str(file), "--to", str(tmp_path / "data" / "practice")]
    done = subprocess.run(
        line, cwd=tmp_path / "work", env=os.environ | places, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not betrayed(done.stdout + done.stderr)
    left = [name for name, content in exports.contents(tmp_path).items() if betrayed(content)]
    assert sorted(left) == ["data/attendance.csv", "data/practice.key"]
