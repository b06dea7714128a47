"""The command line: exit codes, messages, help. What the commands do is tested with the functions they call."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from fake_review import MONTH, FakePractice, FakeReview

import caseload
from caseload import cli
from caseload.errors import ParameterError
from caseload.month import batch, selection
from caseload.month.manifest import Result
from caseload.month.rendering.limits import Limits
from caseload.simulate import Settings
from caseload.simulate import simulate as simulated
from caseload.simulate import write as write_practice

COMMANDS = ("report", "analyse", "check", "simulate", "lab")


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "practice"
    return write_practice(simulated(Settings(clinicians=3, months=3, supervisors=1, teams=1)), folder)


def help_of(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit, match="0"):
        cli.main([*arguments, "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_examples_and_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = help_of(capsys, command)
    assert f"examples:\n  caseload {command}" in text
    assert "bad input or parameters; nothing was written" in text


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = "import sys; from caseload.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print([m for m in ('pandas', 'numpy', 'papermill', 'matplotlib', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(command in done.stdout for command in (*COMMANDS, "agenda"))
    assert done.stdout.rstrip().endswith("[]")


def test_a_backend_that_matplotlib_does_not_know_is_no_matter_of_a_command() -> None:
    code = "from caseload.cli import main; main(['check', 'nowhere']); import matplotlib.figure"
    environment = os.environ | {"MPLBACKEND": "nosuchbackend"}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False).returncode == 0
    )


def test_help_is_quick() -> None:
    began = time.process_time()
    cli._parser().format_help()
    assert time.process_time() - began < 0.2


def test_default_limits_are_those_of_a_run() -> None:
    """They stand there as numbers, since importing the constants would import pandas."""
    options = cli._parser().parse_args(["report", "data"])
    assert Limits(options.timeout, options.memory) == Limits()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("caseload ")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["reprot"],
        ["report"],
        ["report", "x", "--mon", "2026-05"],
        ["report", "x", "--processes", "0"],
        ["analyse", "x"],
        ["agenda"],
        ["agenda", "add", "x", "--clinician", "C1"],
        ["agenda", "close", "x", "--clinician", "C1", "--month", "2026-05", "--outcome", "helped", "--row", "0"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        cli.main(arguments)


@pytest.mark.parametrize("command", ["report", "analyse"])
def test_bad_input_is_one_message_and_nothing_is_written(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sessions.csv").write_text("session_id,client_id\n1,secret-client\n")
    assert cli.main([command, str(tmp_path), "--month", "2026-05", "--out", str(tmp_path / "out")]) == 2
    shown = capsys.readouterr()
    assert "clinician_id" in shown.err
    assert "Traceback" not in shown.err
    assert "secret-client" not in shown.err + shown.out
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--month", "1999-01"], "there are no appointments in January 1999: the data covers "),
        (["--month", "May"], "month must be like 2026-05 or “May 2026”"),
        (["--clinician", "nobody"], "no clinician 'nobody' in the data"),
        (["--supervisor", "nobody"], "no supervisor 'nobody' in the data"),
    ],
)
def test_a_wrong_parameter_is_exit_code_2_and_nothing_is_written(
    options: list[str], message: str, practice: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["report", str(practice), *options, "--out", str(tmp_path / "out"), "--quiet"]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_report_says_where_the_index_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = batch.Run(MONTH, tmp_path, tmp_path / "index.html", (Result("supervisee", "C01", "done"),))
    monkeypatch.setattr(batch, "render_month", lambda *_, **__: run)
    assert cli.main(["report", "data", "--quiet"]) == 0
    assert capsys.readouterr().out == f"Reports for 2026-05: {tmp_path / 'index.html'}\n"


@pytest.mark.parametrize(("options", "said"), [([], True), (["--quiet"], False)])
def test_report_says_which_month_it_passed_over(
    options: list[str], said: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = batch.Run(MONTH, tmp_path, tmp_path / "index.html", (), passed_over=MONTH + 1)
    monkeypatch.setattr(batch, "render_month", lambda *_, **__: run)
    assert cli.main(["report", "data", *options]) == 0
    shown = capsys.readouterr()
    assert ("June 2026 is complete from" in shown.err) is said
    assert ("--month 2026-06 makes it now." in shown.err) is said
    assert "June" not in shown.out


def test_failed_reports_are_named_and_exit_code_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = (Result("supervisee", "C01", "done"), Result("supervisee", "C02", "failed", error="the kernel died"))
    run = batch.Run(MONTH, tmp_path, tmp_path / "index.html", results)
    monkeypatch.setattr(batch, "render_month", lambda *_, **__: run)
    assert cli.main(["report", "data", "--quiet"]) == 3
    shown = capsys.readouterr()
    assert "supervisee C02: the kernel died" in shown.err
    assert "index.html" in shown.out


def test_an_unexpected_error_is_one_line_without_its_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a client's value")

    monkeypatch.setattr(batch, "render_month", broken)
    assert cli.main(["report", "data"]) == 1
    assert capsys.readouterr().err == "caseload: unexpected ValueError; run with --debug for the traceback\n"
    assert cli.main(["report", "data", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_interrupted_is_exit_code_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "render_month", interrupted)
    assert cli.main(["report", "data"]) == 130
    assert capsys.readouterr().err == "caseload: interrupted\n"


def test_check_says_what_is_there(practice: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", str(practice)]) == 0
    shown = capsys.readouterr().out
    assert "3 clinicians" in shown
    assert "sessions" in shown


def test_analyse_writes_three_tables(
    practice: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    review, asked = FakeReview(), []
    tables = SimpleNamespace(clinicians=review.clinicians, clients=review.clients, flags=review.flags)
    monkeypatch.setattr(caseload, "analyse", lambda practice, months, progress: asked.extend(months) or tables)
    months = caseload.read_practice(practice).months
    command = ["analyse", str(practice), "--month", f"{months[0]}..{months[1]}", "--out", str(tmp_path / "new/out")]
    assert cli.main(command) == 0
    assert asked == list(months[:2])
    assert {path.name for path in (tmp_path / "new/out").iterdir()} == {"clinicians.csv", "clients.csv", "flags.csv"}
    assert "2026-04" in (tmp_path / "new/out/clinicians.csv").read_text()


def test_simulate_writes_a_practice(tmp_path: Path) -> None:
    sizes = ["--clinicians", "2", "--months", "2", "--seed", "3"]
    assert cli.main(["simulate", "--out", str(tmp_path / "p"), *sizes, "--truth"]) == 0
    assert (tmp_path / "p/sessions.csv").is_file()
    assert (tmp_path / "p/truth").is_dir()
    assert cli.main(["simulate", "--out", str(tmp_path / "q"), "--sample", "--seed", "3"]) == 2


@pytest.mark.parametrize(
    "months", ["2026-05..2026-01", "2026-5", "2026-01..", "..2026-01", "2025-01..2026-05", "2026-01..2027-01"]
)
def test_a_range_outside_the_data_or_backwards_is_refused(months: str) -> None:
    with pytest.raises(ParameterError):
        selection.month_range(FakePractice(), months)


def test_a_range_holds_both_ends() -> None:
    assert list(selection.month_range(FakePractice(), "2026-04..2026-05")) == [MONTH - 1, MONTH]
    assert list(selection.month_range(FakePractice(), "2026-05")) == [pd.Period("2026-05", freq="M")]


def test_clinicians_are_looked_for_among_a_supervisors_own() -> None:
    assert selection.selected_clinicians(FakePractice(), "S01", []) == ({"C01", "C02"}, True)
    assert selection.selected_clinicians(FakePractice(), "S01", ["C02"]) == ({"C02"}, False)
    with pytest.raises(ParameterError, match="no clinician 'C03' among the supervisees of 'S01'"):
        selection.selected_clinicians(FakePractice(), "S01", ["C03"])
