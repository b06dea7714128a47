"""The front door, without a browser: fields are filled and buttons clicked as a supervisor does, and the words read."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import webbrowser
from collections.abc import Generator, Iterable
from html import unescape
from pathlib import Path
from typing import Any, Self

import nbformat
import pandas as pd
import papermill
import pytest

import caseload
from caseload import cli
from caseload.door import run_step
from caseload.door.lab import open_lab, working_folder
from caseload.door.opened import CHOOSE_IT, Opened, look
from caseload.door.panel import INSTEAD, MonthlyRun
from caseload.errors import ParameterError
from caseload.month import batch, workplace
from caseload.month.locations import notebook_path
from caseload.month.manifest import Result
from caseload.month.parameters import DATA_VARIABLE
from caseload.month.prints import Prints
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import Job, Report
from caseload.month.workplace import COPIES
from caseload.review.progress import shown
from caseload.writing.whole import write_together

HEADER = "session_id,clinician_id,client_id,scheduled_start,status"
CLINICIANS = "clinician_id,team,supervisor_id\nC1,North,S1\nC2,North,S1\nC3,South,S2\n"
AGENDA = "clinician_id,month,flag,decision,review_month,outcome"
WALK = "C1,2026-04,self_care,Walk at noon,2026-05,open"
PACE = "C1,2026-03,over_investment,Look at pace,,helped"
OPEN_AS_WELL = "C1,2026-05,,Come back to this,,"
HOSTILE = "<img src=x onerror=alert(1)>"
SECRET = "Anna Nowak"


class Quick:
    """Workers without notebooks; C2's report fails."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def rendered(self, reports: Iterable[Report], prepare: Any, folder: Path, limits: Limits) -> Generator[Result]:
        for report in reports:
            job: Job = prepare(report)
            failed = job.report.id == "C2"
            write_together(folder, {} if failed else dict.fromkeys(report.files, report.id))
            yield Result(
                *report.name, "failed" if failed else "done", error="KeyError in cell 'work'" if failed else ""
            )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with notebooks, and a practice of three people with sessions from March to May 2026."""
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    (tmp_path / "notebooks").mkdir()
    rows = [
        f"{who}-{month}-{client}-{day},{who},{client},2026-0{month}-{day:02d}T09:00,attended"
        for who, clients in (("C1", ("K1", "K2", "K3")), ("C2", ("K4", "K5", "K6")), ("C3", ("K7", "K8", "K9")))
        for month in (3, 4, 5)
        for client in clients
        for day in (4, 11)
    ]
    practice = tmp_path / "practice"
    practice.mkdir()
    (practice / "sessions.csv").write_text("\n".join([HEADER, *rows, ""]))
    (practice / "clinicians.csv").write_text(CLINICIANS)
    (practice / "agenda.csv").write_text(f"{AGENDA}\n{WALK}\n{PACE}\n{OPEN_AS_WELL}\n")
    return tmp_path


@pytest.fixture
def run(home: Path) -> MonthlyRun:
    """The sheet as the notebook shows it, the practice's folder filled in."""
    sheet = MonthlyRun(home / "notebooks")
    sheet.data.folder.value = str(home / "practice")
    return sheet


@pytest.fixture
def looked(run: MonthlyRun) -> MonthlyRun:
    """The same, once the data was looked at."""
    run.data.look.click()
    return run


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "local_workers", lambda _: Quick())


def text(message: Any) -> str:
    """What a message says, without its HTML."""
    return unescape(re.sub(r"<[^>]+>", " ", message.text))


def is_shown(widget: Any) -> bool:
    return widget.layout.display != "none"


def labels(dropdown: Any) -> list[str]:
    return [label for label, _ in dropdown.options]


def everything(widget: Any) -> str:
    """All HTML that a sheet shows."""
    own = getattr(widget, "value", "")
    parts = [own if isinstance(own, str) and "HTML" in type(widget).__name__ else ""]
    return "".join([*parts, *(everything(child) for child in getattr(widget, "children", ()))])


def contents(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}


# ---- where to look


def test_paths_are_relative_to_the_folder_above_the_notebooks(home: Path) -> None:
    assert workplace.containing(home / "notebooks") == home
    assert workplace.containing(home / "caseload-notebooks") == home
    assert workplace.containing(home / "elsewhere") == home / "elsewhere"
    assert workplace.resolved("practice", home) == home / "practice"
    assert workplace.resolved(f' "{home / "practice"}" ', home / "x") == home / "practice"
    assert workplace.resolved("~/x", home) == Path.home() / "x"
    assert workplace.resolved("~nobody-of-this-name/x", home) == home / "~nobody-of-this-name" / "x"


def test_practices_nearby_hold_sessions_and_nothing_deeper_is_searched(home: Path) -> None:
    for name in ("data/sample", "data/other/deep", "a", ".hidden", "empty"):
        (home / name).mkdir(parents=True)
    for name in (
        "data/sample/sessions.csv",
        "data/other/deep/sessions.csv",
        "a/sessions.parquet",
        ".hidden/sessions.csv",
    ):
        (home / name).touch()
    assert workplace.nearby(home) == (home / "a", home / "practice", home / "data" / "sample")
    assert workplace.nearby(home / "nowhere") == ()


def test_it_starts_with_the_data_that_it_was_told_or_the_only_practice(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data" / "sample").mkdir(parents=True)
    (home / "data" / "sample" / "sessions.csv").touch()
    assert MonthlyRun(home / "notebooks").data.folder.value == str(home / "practice")
    (home / "practice").rename(home / "one")
    shutil.copytree(home / "one", home / "two")
    assert MonthlyRun(home / "notebooks").data.folder.value == ""
    assert workplace.starting_data(home / "elsewhere") is None
    shutil.rmtree(home / "one")
    (home / "two").rename(home / "practice")
    monkeypatch.setenv(DATA_VARIABLE, str(home / "practice"))
    sheet = MonthlyRun(home / "notebooks")
    assert sheet.data.folder.value == sheet.data.near.value == str(home / "practice")


def test_choosing_a_practice_fills_the_field_and_typing_another_empties_the_choice(run: MonthlyRun, home: Path) -> None:
    run.data.folder.value = "typed"
    assert run.data.near.value == ""
    run.data.near.value = str(home / "practice")
    assert run.data.folder.value == str(home / "practice")


# ---- 1: the data


def test_the_shipped_sample_is_looked_at_in_a_copy(home: Path) -> None:
    sheet = MonthlyRun(home / "elsewhere")
    copy = home / "elsewhere" / "caseload-sample"
    sheet.data.near.value = str(copy)
    assert not copy.exists()
    sheet.data.look.click()
    assert "clinicians" in text(sheet.data.message)
    assert (copy / "sessions.csv").read_bytes() == (workplace.sample_folder() / "sessions.csv").read_bytes()
    assert (copy / "sessions.csv").stat().st_mode & 0o777 == 0o600
    (copy / "agenda.csv").write_text("mine")
    workplace.make_sample_copy(home / "elsewhere")
    assert (copy / "agenda.csv").read_text() == "mine"


def test_showing_the_sheet_reads_and_writes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(home)
    monkeypatch.setattr("caseload.door.opened.read_practice", None)
    monkeypatch.setattr("caseload.door.decisions.read_agenda", None)
    sheet = MonthlyRun(home / "notebooks")
    assert not is_shown(sheet._rest)
    assert contents(home) == before


def test_the_check_is_that_of_the_command_and_the_rest_appears(looked: MonthlyRun) -> None:
    assert "3 clinicians, 2026-03 to 2026-05: this practice can be read." in text(looked.data.message)
    assert is_shown(looked._rest)
    assert looked.run.month.options == (("May 2026", "2026-05"), ("April 2026", "2026-04"), ("March 2026", "2026-03"))
    assert looked.run.month.value == "2026-05"
    assert labels(looked.run.whose) == ["everybody", "supervisor S1", "supervisor S2"]


def test_the_running_month_can_be_chosen_and_is_not_the_default(run: MonthlyRun, home: Path) -> None:
    now = pd.Timestamp.now()
    last, running = now.to_period("M") - 1, now.to_period("M")
    rows = [f"{m},C1,K1,{m}-01T09:00,attended" for m in (last, running)]
    (home / "practice" / "sessions.csv").write_text("\n".join([HEADER, *rows, ""]))
    run.data.look.click()
    assert run.run.month.value == str(last)
    assert labels(run.run.month)[0].endswith(", not complete yet")
    assert not labels(run.run.month)[1].endswith("yet")


def test_why_a_month_is_not_the_default_is_said_in_its_last_days(run: MonthlyRun, home: Path) -> None:
    said = {}
    for day in (31, 20):
        found = look(home / "practice", today=dt.date(2026, 5, day))
        assert isinstance(found, Opened) and found.month == "2026-04"
        run.run.open(found)
        said[day] = run.run.soon.value
    assert said == {31: f"<p>May 2026 is complete from tomorrow. {CHOOSE_IT}</p>", 20: ""}


def test_a_practice_in_its_first_month_can_be_used(run: MonthlyRun, home: Path) -> None:
    running = pd.Timestamp.now().to_period("M")
    (home / "practice" / "sessions.csv").write_text(f"{HEADER}\n1,C1,K1,{running}-01T09:00,attended\n")
    run.data.look.click()
    assert run.run.month.value == str(running)


@pytest.mark.parametrize("typed", ["nowhere", "", "   ", "notebooks"])
def test_a_folder_that_is_no_practice_is_one_message(run: MonthlyRun, typed: str) -> None:
    run.data.folder.value = typed
    run.data.look.click()
    assert 'role="alert"' in run.data.message.text
    assert "Traceback" not in run.data.message.text
    assert not is_shown(run._rest)
    assert not is_shown(run.data.exclude)


def test_all_problems_are_told_and_no_value(run: MonthlyRun, home: Path) -> None:
    (home / "practice" / "sessions.csv").write_text(f"session_id,clinician_id,client_id\n1,C1,{SECRET}\n")
    run.data.look.click()
    assert "sessions.scheduled_start" in text(run.data.message)
    assert "sessions.status" in text(run.data.message)
    assert SECRET not in text(run.data.message)
    assert not is_shown(run.data.exclude)


def test_wrong_rows_can_be_left_out_only_where_that_helps(run: MonthlyRun, home: Path) -> None:
    sessions = home / "practice" / "sessions.csv"
    good = sessions.read_text()
    sessions.write_text(good.replace("attended", "attendedd", 1))
    run.data.look.click()
    assert "tick the box above" in text(run.data.message)
    assert is_shown(run.data.exclude)
    run.data.exclude.value = True
    assert run.data.message.text == ""
    run.data.look.click()
    assert "1 excluded" in text(run.data.message)
    assert is_shown(run._rest)
    run.data.folder.value = str(home)
    assert not is_shown(run.data.exclude)
    assert not run.data.exclude.value
    sessions.write_text(good.replace("attended", "attendedd", 10))
    run.data.folder.value = str(home / "practice")
    run.data.look.click()
    assert not is_shown(run.data.exclude)


def test_another_folder_takes_back_what_was_said_of_this_one(looked: MonthlyRun) -> None:
    looked.data.folder.value = "another"
    assert looked.data.message.text == ""
    assert not is_shown(looked._rest)
    assert looked.agenda.decisions == ()


def test_ids_of_the_data_are_escaped(run: MonthlyRun, home: Path) -> None:
    for name in ("sessions", "clinicians"):
        file = home / "practice" / f"{name}.csv"
        file.write_text(re.sub(r"\bC1\b", HOSTILE, file.read_text()).replace("S1", HOSTILE))
    (home / "practice" / "agenda.csv").write_text(f"{AGENDA}\n{HOSTILE},2026-05,self_care,{HOSTILE},,open\n")
    (home / "practice" / f"{HOSTILE}.csv").write_text("a\n1\n")
    run.data.look.click()
    run.agenda.supervisee.value = HOSTILE
    assert "1 more file or sheet is not a table" in text(run.data.message)
    assert len(run.agenda.decisions) == 1
    assert "<img" not in everything(run.box)
    run.data.folder.value = f"{HOSTILE}/x"
    run.data.look.click()
    assert "<img" not in everything(run.box)


# ---- 2 and 3: the reports


def test_a_run_makes_what_the_command_makes(looked: MonthlyRun, home: Path, quick: None) -> None:
    looked.run.make.click()
    folder = home / "reports" / "2026-05"
    assert (folder / "index.html").is_file()
    assert (folder / "own" / "C1.html").is_file()
    said = text(looked.run.message)
    assert "5 of 6 reports for May 2026 are ready." in said
    assert "supervisee C2: KeyError in cell 'work'" in said
    assert str(folder / "index.html") in said
    assert str(folder / "own") in said
    assert not looked.run.make.disabled


def test_a_second_run_says_that_nothing_has_changed(
    looked: MonthlyRun, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked.run.whose.value = "S2"
    looked.run.make.click()
    assert "1 report for May 2026 is ready." in text(looked.run.message)
    looked.run.make.click()
    assert "All were made earlier from the same data" in text(looked.run.message)
    looked.run.force.value = True
    looked.run.make.click()
    assert "made earlier" not in text(looked.run.message)


def test_one_supervisors_reports_go_into_a_folder_that_names_nobody_else(
    looked: MonthlyRun, home: Path, quick: None
) -> None:
    looked.run.whose.value = "S2"
    assert looked.run.out.value == str(home / "reports" / "for-S2")
    assert labels(looked.agenda.supervisee) == ["C3"]
    looked.run.make.click()
    made = contents(home / "reports")
    assert any(name.endswith("index-S2.html") for name in made)
    assert not any("C1" in name + content for name, content in made.items())
    looked.run.whose.value = ""
    assert looked.run.out.value == str(home / "reports")
    assert labels(looked.agenda.supervisee) == ["C1", "C2", "C3"]


def test_a_folder_that_was_named_is_kept(looked: MonthlyRun) -> None:
    looked.run.out.value = "somewhere"
    looked.run.whose.value = "S2"
    assert looked.run.out.value == "somewhere"


def test_the_month_and_the_options_are_passed_on(
    looked: MonthlyRun, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    run = batch.Run(
        pd.Period("2026-04", "M"),
        home,
        home / "index-S1.html",
        (Result("supervisee", "C1", "done"),),
        prints=Prints(3, 1),
    )
    monkeypatch.setattr(batch, "render_month", lambda *args, **options: asked.append((args, options)) or run)
    assert looked.run.paper.label == "none"
    looked.run.month.value, looked.run.whose.value, looked.run.out.value = "2026-04", "S1", "out"
    looked.run.paper.value = "letter"
    looked.run.make.click()
    ((data, month, out), options) = asked[0]
    assert (data, month, out) == (home / "practice", "2026-04", home / "out")
    assert options.pop("progress") is looked.run.bar
    assert options == {"supervisor": "S1", "exclude_invalid": False, "force": False, "paper": "letter"}
    assert "4 PDFs lie beside the pages." in looked.run.message.text


def test_the_button_rests_and_the_bar_moves_while_it_runs(looked: MonthlyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, bool, bool]] = []
    bar = looked.run.bar

    def render(*_: object, progress: Any, **__: object) -> None:
        steps = shown(progress)(iter("abc"), "Reports 2026-05", 3, "report")
        seen.extend((bar._bar.value, bar._bar.max, looked.run.make.disabled, is_shown(bar.box)) for _ in steps)
        assert "Reports 2026-05: 3 of 3 reports done." in bar._words.value
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "render_month", render)
    looked.run.make.click()
    assert seen == [(0, 3, True, True), (1, 3, True, True), (2, 3, True, True)]
    assert not is_shown(bar.box)
    assert not looked.run.make.disabled
    assert "Stopped." in text(looked.run.message)


def test_without_a_bar_steps_pass_in_silence_and_with_true_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(shown(False)(iter("ab"), "Steps", 2, "step")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")
    assert list(shown(True)(iter("ab"), "Steps", 2, "step")) == ["a", "b"]
    assert "Steps: 100%" in capsys.readouterr().err


def test_an_output_folder_that_is_none_is_one_message_and_nothing_is_written(looked: MonthlyRun, home: Path) -> None:
    before = contents(home)
    looked.run.out.value = str(home / "practice" / "sessions.csv")
    looked.run.make.click()
    assert "is not a folder" in text(looked.run.message)
    assert not is_shown(looked.run.show)
    assert contents(home) == before


def test_data_that_has_gone_bad_since_is_one_message(looked: MonthlyRun, home: Path) -> None:
    (home / "practice" / "sessions.csv").unlink()
    looked.run.make.click()
    assert "cannot be used" in text(looked.run.message)
    assert not (home / "reports").exists()


def test_an_unexpected_error_tells_its_kind_alone(looked: MonthlyRun, monkeypatch: pytest.MonkeyPatch) -> None:
    def render(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(batch, "render_month", render)
    looked.run.make.click()
    assert "Something unexpected went wrong: ValueError." in text(looked.run.message)
    assert SECRET not in looked.run.message.text


def test_the_pages_are_opened_in_a_browser_or_their_place_is_told(
    looked: MonthlyRun, home: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or len(opened) < 2)
    assert not is_shown(looked.run.show)
    looked.run.make.click()
    assert is_shown(looked.run.show)
    index = home / "reports" / "2026-05" / "index.html"
    looked.run.show.click()
    assert opened == [index.as_uri()]
    assert looked.run.showing.text == ""
    looked.run.show.click()
    assert run_step.NO_BROWSER in text(looked.run.showing)
    assert str(index) in text(looked.run.showing)
    looked.run.month.value = "2026-04"
    assert not is_shown(looked.run.show)
    assert looked.run.message.text == ""


# ---- 4: the agenda


def test_a_decision_is_written_down_once(looked: MonthlyRun, home: Path) -> None:
    agenda = looked.agenda
    agenda.supervisee.value, agenda.about.value, agenda.review.value = "C2", "over_investment", "2026-07"
    agenda.decision.value = "One shorter day"
    agenda.write.click()
    held = (home / "practice" / "agenda.csv").read_text()
    assert held.endswith("C2,2026-05,over_investment,One shorter day,2026-07,open\n")
    assert "Written into agenda.csv, row 5." in text(agenda.message)
    assert agenda.decision.value == ""
    assert [each._decision.decision for each in agenda.decisions] == ["One shorter day"]
    agenda.decision.value = "One shorter day"
    agenda.write.click()
    assert "nothing was written" in text(agenda.message)
    assert (home / "practice" / "agenda.csv").read_text() == held


def test_what_a_decision_may_not_be_is_told_and_nothing_is_written(looked: MonthlyRun, home: Path) -> None:
    before = contents(home)
    for wrong, reason in (("", "say in a few words"), ("=1+1", "begin with a word"), ("a\tb", "one line of text")):
        looked.agenda.decision.value = wrong
        looked.agenda.write.click()
        assert reason in text(looked.agenda.message)
    assert looked.agenda.decision.value == "a\tb"
    assert contents(home) == before


def test_review_months_follow_the_reports_month(looked: MonthlyRun) -> None:
    assert looked.agenda.review.options[:2] == (("no month set", ""), ("June 2026", "2026-06"))
    looked.run.month.value = "2026-03"
    assert looked.agenda.review.options[1] == ("April 2026", "2026-04")
    assert "About the report of March 2026" in looked.agenda._meeting.value


def test_only_what_is_open_is_asked_about_and_a_slip_can_be_mended(looked: MonthlyRun, home: Path) -> None:
    walk, back = looked.agenda.decisions
    assert "Walk at noon" in walk.box.children[0].value
    assert (
        "April 2026, Self-care plan and working hours; to be looked at again in May 2026" in walk.box.children[0].value
    )
    walk.outcome.value = "helped"
    walk.save.click()
    assert "Written into agenda.csv, row 2." in text(walk.message)
    assert WALK.replace("open", "helped") in (home / "practice" / "agenda.csv").read_text()
    walk.outcome.value = "open"
    walk.save.click()
    assert WALK in (home / "practice" / "agenda.csv").read_text()
    back.outcome.value = "not_needed"
    back.save.click()
    assert "Come back to this,,not_needed" in (home / "practice" / "agenda.csv").read_text()
    looked.agenda.supervisee.value = "C3"
    assert looked.agenda.decisions == ()
    assert "No decision of C3 is open." in text(looked.agenda.left)


def test_a_decision_that_somebody_else_has_changed_meanwhile_is_not_overwritten(looked: MonthlyRun, home: Path) -> None:
    file = home / "practice" / "agenda.csv"
    file.write_text(file.read_text().replace("Walk at noon", "Walk at ten"))
    walk, _ = looked.agenda.decisions
    walk.outcome.value = "helped"
    walk.save.click()
    assert "no decision fits" in text(walk.message)
    assert "Walk at ten,2026-05,open" in file.read_text()


def test_an_agenda_that_is_refused_is_one_message(looked: MonthlyRun, home: Path) -> None:
    (home / "practice" / "agenda.csv").write_text(f"{AGENDA}\nC1,May,self_care,{SECRET},,\n")
    looked.agenda.supervisee.value = "C2"
    assert "agenda.month, row 2" in text(looked.agenda.left)
    assert SECRET not in everything(looked.box)


# ---- the notebook


def test_where_there_can_be_no_buttons_words_say_what_to_do(run: MonthlyRun) -> None:
    shown_as = run._repr_mimebundle_()
    assert shown_as["text/plain"] == INSTEAD
    assert "application/vnd.jupyter.widget-view+json" in shown_as


def test_every_field_and_button_has_a_label_in_words(looked: MonthlyRun) -> None:
    def fields(widget: Any) -> list[Any]:
        inner = [field for child in getattr(widget, "children", ()) for field in fields(child)]
        return [widget, *inner] if type(widget).__name__ in ("Text", "Dropdown", "Checkbox", "Button") else inner

    found = fields(looked.box)
    assert len(found) > 10
    assert [field.description for field in found if len(field.description) < 4] == []


def test_the_package_is_imported_without_widgets() -> None:
    code = "import sys, caseload; caseload.read_practice; print('ipywidgets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_the_notebook_runs_without_a_browser_and_keeps_nothing_of_the_data(tmp_path: Path) -> None:
    made = papermill.execute_notebook(
        notebook_path("monthly_run"), tmp_path / "out.ipynb", cwd=tmp_path, progress_bar=False
    )
    (output,) = [output for cell in made.cells for output in cell.get("outputs", [])]
    assert output.data["text/plain"] == INSTEAD
    assert not nbformat.read(notebook_path("monthly_run"), as_version=4).metadata.get("widgets")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.ipynb"]


@pytest.mark.slow
def test_reports_are_really_made_from_within_a_kernel(home: Path) -> None:
    """The kernel has threads, and a place of its own for what is printed: the fork server must not mind."""
    source = [
        "import caseload\nsheet = caseload.monthly_run()",
        "sheet.data.folder.value = 'practice'\nsheet.data.look.click()",
        "sheet.run.whose.value = 'S2'\nsheet.run.make.click()\nsheet.run.message.text",
    ]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in source], metadata=kernel)
    nbformat.write(notebook, home / "notebooks" / "told.ipynb")
    made = papermill.execute_notebook(
        home / "notebooks" / "told.ipynb", None, cwd=home / "notebooks", progress_bar=False
    )
    (said,) = made.cells[-1].outputs
    assert "1 report for May 2026 is ready." in said.data["text/plain"]
    page = (home / "reports" / "for-S2" / "2026-05" / "C3.html").read_text()
    assert page.count("<h1") == 1


# ---- the command


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """What `caseload lab` would start: command and environment."""
    calls: list[tuple[list[str], dict[str, str]]] = []

    def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        calls.append((command, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_lab_opens_the_notebook_where_reports_can_be_reached(
    home: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    assert open_lab(Path("practice")) == 0
    ((command, environment),) = started
    assert command[-1] == str(home / "caseload-notebooks" / "monthly_run.ipynb")
    assert f"--ServerApp.root_dir={home}" in command
    assert environment[DATA_VARIABLE] == str(home / "practice")
    config = Path(environment["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0])
    assert (
        "announcements" in (config / "labconfig" / "page_config.json").read_text()
    )  # asks whether it may tell of news
    assert (home / "caseload-notebooks" / "monthly_run.ipynb").is_file()


def test_lab_takes_jupyters_own_options(home: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    own = ["--no-browser", "--allow-root", "--ServerApp.token=x"]
    assert cli.main(["lab", *own, "--port", "9000", "practice"]) == 0
    ((command, _),) = started
    assert {*own, "--ServerApp.port=9000"} < set(command)
    with pytest.raises(SystemExit, match="2"):
        cli.main(["report", "practice", "--no-browser"])
    with pytest.raises(SystemExit, match="2"):
        cli.main(["lab", "practice", "another"])


def test_lab_works_on_copies_in_a_checkout_too_and_keeps_them(
    home: Path, started: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    for name in ("supervisee_report", "monthly_run"):
        (home / "notebooks" / f"{name}.ipynb").touch()
    copy = home / "caseload-notebooks" / "monthly_run.ipynb"
    copy.parent.mkdir()
    copy.write_text("mine")
    open_lab(None)
    assert [command[-1] for command, _ in started] == [str(copy)]
    assert copy.read_text() == "mine"
    assert (home / "notebooks" / "monthly_run.ipynb").read_text() == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_ignores_what_lab_makes_in_any_repository(home: Path) -> None:
    subprocess.run(["git", "init", "--quiet", home], check=True)
    working_folder(home)
    listed = ["git", "status", "--porcelain", "--untracked-files=all", "--", COPIES]
    assert subprocess.run(listed, cwd=home, capture_output=True, text=True, check=True).stdout == ""


def test_lab_refuses_data_that_is_not_there(home: Path, started: list[Any]) -> None:
    with pytest.raises(ParameterError, match="no such folder"):
        open_lab(home / "nowhere")
    assert started == []


def test_the_name_is_public() -> None:
    assert isinstance(caseload.monthly_run(), MonthlyRun)
