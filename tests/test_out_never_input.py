"""Output never replaces input: no command puts its files where the practice's are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import review_fixtures as fixtures
from direct import Direct

from caseload.cli import main
from caseload.errors import ParameterError
from caseload.month.batch import render_month

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "practice"
    fixtures.read(fixtures.part_of_sample(["C05", "C12"], "2026-03"), folder)
    return folder


@pytest.fixture
def practice(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(small, tmp_path / "practice" / "2026-05"))


def files(folder: Path) -> Files:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "command",
    [
        "analyse practice/2026-05 --month 2026-05 --out practice/2026-05",
        "analyse practice/2026-05 --month 2026-05 --out practice/../practice/2026-05/.",
        "analyse practice/2026-05 --month 2026-05 --out link",
        "analyse elsewhere --month 2026-05 --out practice/2026-05",
        "report practice/2026-05 --month 2026-05 --out practice",
        "report practice/2026-05 --month 2026-05 --out practice/2026-05",
        "report elsewhere --month 2026-05 --out practice",
        "publish practice/2026-05 --to practice/2026-05",
        "simulate --out practice/2026-05 --clinicians 2 --months 1",
        "simulate --out practice/2026-05 --sample",
        "import --guess attendance.csv --to practice/2026-05/sessions.csv",
        "import --guess attendance.csv --to attendance.csv",
    ],
)
def test_a_command_that_would_replace_tables_writes_nothing(
    command: str, practice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "link").symlink_to(practice)
    shutil.copytree(practice, tmp_path / "elsewhere")
    (tmp_path / "attendance.csv").write_text("client,clinician,date,status\na,b,2026-05-04,Show\n")
    before = files(tmp_path)
    assert main(command.split()) == 2
    assert "unexpected" not in capsys.readouterr().err
    assert files(tmp_path) == before


def test_a_workbook_counts_as_the_folder_it_is_in(practice: Path, tmp_path: Path) -> None:
    import pandas as pd

    book = tmp_path / "log.xlsx"
    with pd.ExcelWriter(book) as writer:
        for name in ("sessions", "clinicians"):
            pd.read_csv(practice / f"{name}.csv", dtype=str).to_excel(writer, sheet_name=name, index=False)
    assert main(["analyse", str(book), "--month", "2026-05", "--out", str(tmp_path)]) == 2
    assert main(["analyse", str(book), "--month", "2026-05", "--out", str(tmp_path / "estimates")]) == 0


def test_our_own_tables_are_replaced_by_the_next_run(practice: Path, tmp_path: Path) -> None:
    command = ["analyse", str(practice), "--month", "2026-05", "--out", str(tmp_path / "estimates")]
    assert main(command) == 0
    assert main(command) == 0
    shutil.copy(practice / "clients.csv", tmp_path / "estimates" / "clients.csv")
    assert main(command) == 2


def test_a_file_that_no_run_has_written_is_in_the_way(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "2026-05").mkdir(parents=True)
    (out / "2026-05" / "C05.html").write_text("somebody's own page")
    with pytest.raises(ParameterError, match=r"C05\.html there was not written by this command"):
        render_month(practice, "2026-05", out, workers=Direct(), progress=False)
    assert files(out) == {"2026-05/C05.html": b"somebody's own page"}


def test_two_runs_into_one_folder_know_of_each_other(practice: Path, tmp_path: Path) -> None:
    from threading import Thread

    failed: list[BaseException] = []

    def run(who: str) -> None:
        try:
            render_month(practice, "2026-05", tmp_path / "out", clinicians=[who], workers=Direct(), progress=False)
        except BaseException as error:
            failed.append(error)

    threads = [Thread(target=run, args=(who,)) for who in ("C05", "C12")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    workers = Direct()
    render_month(practice, "2026-05", tmp_path / "out", workers=workers, progress=False)
    assert not [asked for asked in workers.asked if "C05" in asked or "C12" in asked]
