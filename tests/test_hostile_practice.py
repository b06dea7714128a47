"""Hostile text wherever the contract takes text: it is shown as text, runs nothing, and leads to no other place."""

from __future__ import annotations

import ast
import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import hostile_practice as hostile
import nbformat
import pandas as pd
import pytest
from browsing import BUILD, DESKTOP, FOREIGN, PHONE, new_reading
from bs4 import BeautifulSoup
from intake_fixtures import sessions
from rendered import pages, rendered_once

from caseload.cli import main
from caseload.intake.formulas import is_formula

OWN_TEXTS = {"selfcare_plan": ("goal", "barrier"), "agenda": ("decision",)}


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The practice's folder; its tables hold what was written, before anything is trimmed."""
    return hostile.write(tmp_path_factory.mktemp("hostile") / "practice")


@pytest.fixture(scope="session")
def month(practice: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rendered_once("hostile", practice, hostile.MONTH, tmp_path_factory)


def table(practice: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(practice / f"{name}.csv", dtype=str, keep_default_na=False, lineterminator="\n")


def shown(text: str) -> str:
    """A text as a page shows it: one blank for any run of them, and no control characters."""
    return " ".join(re.sub(r"[\x00-\x08\x0e-\x1b\x7f]", "", text).split())


def words(page: Path) -> str:
    return shown(BeautifulSoup(page.read_text("utf-8"), "html.parser").get_text(" "))


def file_of(month: Path, clinician: str) -> str:
    """The name, without suffix, of a supervisee's files: the one whose notebook was run for them."""
    for path in month.glob("*.ipynb"):
        source = next(cell.source for cell in nbformat.read(path, as_version=4).cells if "Parameters" in cell.source)
        told = {line.partition(" = ")[0]: line.partition(" = ")[2] for line in source.split("\n")}
        if "clinician_id" in told and ast.literal_eval(told["clinician_id"]) == clinician:
            return path.stem
    raise AssertionError(f"no report of {clinician!r}")


def test_every_report_is_made(month: Path) -> None:
    reports = json.loads((month / "manifest.json").read_text("utf-8"))["reports"]
    assert {report["status"] for report in reports} == {"done"}
    assert {report["id"] for report in reports if report["kind"] == "supervisee"} == set(hostile.CLINICIANS)
    assert {report["id"] for report in reports if report["kind"] == "team"} == set(hostile.TEAMS)


def test_every_file_is_in_the_months_folder_under_a_plain_name(month: Path) -> None:
    assert [path.name for path in month.parent.iterdir()] == [month.name]
    assert {path.name for path in month.iterdir() if path.is_dir()} == {"own"}
    names = [path.name for path in month.rglob("*") if path.is_file()]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9_~-]{1,120}\.(html|ipynb|csv|json)", name)] == []
    assert not {name.partition(".")[0].lower() for name in names} & {"con", "prn", "aux", "nul", "com1", "lpt1"}


def test_landing_pages_lead_to_every_report(month: Path) -> None:
    reached = set()
    for index in month.glob("index*.html"):
        links = re.findall(r'<a [^>]*?href="([^"#]+)"', index.read_text("utf-8"))
        assert [link for link in links if not (month / unquote(link)).is_file()] == []
        reached |= {unquote(link) for link in links}
    assert {name for name in pages(month) if not name.startswith("own/")} <= reached | {"index.html"}


@pytest.mark.parametrize("clinician", hostile.CLINICIANS)
def test_what_was_written_is_what_is_read(practice: Path, month: Path, clinician: str) -> None:
    stem = file_of(month, clinician)
    own, theirs = words(month / "own" / f"{stem}.html"), words(month / f"{stem}.html")
    assert shown(clinician) in own and shown(clinician) in theirs
    agenda = table(practice, "agenda").query("clinician_id == @clinician")
    plan = table(practice, "selfcare_plan").query("clinician_id == @clinician and month == @hostile.MONTH")
    assert len(agenda) and len(plan)
    for text in [*agenda["decision"], *plan["goal"]]:
        assert shown(text) in own
    for text in hostile.ONE_LINE[:20]:
        assert shown(text[:80]) in own  # whom to turn to


def test_tables_hold_every_id_unaltered_and_the_notes_tell_of_formulas(practice: Path, month: Path) -> None:
    given = table(practice, "sessions")
    for name in ("clinicians.csv", "clients.csv", "flags.csv"):
        with io.StringIO((month / name).read_bytes().decode(), newline="") as text:
            rows = list(csv.DictReader(text))
        assert {row["clinician_id"] for row in rows} == set(hostile.CLINICIANS)
        assert {row.get("client_id", "") for row in rows} <= {"", *given["client_id"].str.strip()}
        assert not [row for row in rows if is_formula(row.get("reason", "x") or "x")]
        assert all(None not in row and None not in row.values() for row in rows)
    everybody = {
        (column, text.strip())
        for name, column in (("sessions", "clinician_id"), ("sessions", "client_id"), ("clients", "client_id"))
        for text in table(practice, name)[column]
    }
    count = sum(is_formula(text) for _, text in everybody)
    assert f"{count} identifiers begin with =, +, - or @" in words(month / "data_quality.html")


@pytest.mark.browser
def test_nothing_runs_and_nothing_overflows(browser, axe: str, month: Path) -> None:
    reading, wrong = new_reading(browser), {}
    checked = [f"own/{file_of(month, who)}.html" for who in (hostile.MARKUP[0], hostile.LONG[0], hostile.SCRIPTS[0])]
    for name in pages(month):
        reading.open(month / name)
        found = [*reading.tab.evaluate(BUILD), *reading.tab.evaluate(FOREIGN)]
        # axe takes its time; where the copies differ, the sample's pages are checked
        found += reading.violations(axe) if name in checked or name.startswith(("index", "team", "data")) else []
        wrong[name] = [*found, *reading.overflow((DESKTOP, PHONE)), *reading.complaints]
    assert {name: found for name, found in wrong.items() if found} == {}
    reading.tab.context.close()


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\x1b[2J\x07", "x\0y", "=1+1", "W" * 300])
def test_hostile_text_in_other_columns_is_refused_and_not_repeated(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = ("scheduled_start", "status", "srs_total", "crisis")
    sessions(3).assign(**dict.fromkeys(columns, text)).to_csv(tmp_path / "sessions.csv", index=False)
    said = f'[[contact]]\nname = {json.dumps(text)}\nkind = {json.dumps(text)}\nhow = "x"\n'
    (tmp_path / "support.toml").write_text(said, encoding="utf-8")
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "out"), "--quiet"]) == 2
    message = capsys.readouterr().err
    assert all(f"sessions.{column}" in message for column in columns) and "support.toml" in message
    assert text not in message and message.replace("\n", "").isprintable()
    assert not (tmp_path / "out").exists()
