"""Consent that is withdrawn: whatever an output folder holds is as if it had never been given, and nobody is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import review_fixtures as fixtures
from direct import Direct

from caseload.errors import ParameterError
from caseload.intake import read_practice
from caseload.month import batch
from caseload.month.batch import render_month
from caseload.month.consent import shared_answers
from caseload.month.manifest import NAME, Earlier
from caseload.questionnaires import TEAM_SAFETY

WHO = ["C05", "C12", "C11"]
MONTHS = ("2026-03", "2026-04")
LAST = MONTHS[-1]
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice of three, of whom two share, and the reports of three months."""
    base = tmp_path_factory.mktemp("start")
    tables = fixtures.part_of_sample(WHO, "2026-02")
    for name, column in fixtures.DATES.items():
        tables[name] = tables[name][tables[name][column] < "2026-05"]
    fixtures.read(tables, base / "practice")
    return with_reports(base)


@pytest.fixture(scope="module")
def never(start: Path, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """What the reports of a practice are in which C05 has never shared."""
    base = tmp_path_factory.mktemp("never")
    shutil.copytree(start / "practice", base / "practice")
    withdraw(base / "practice")
    return files(with_reports(base) / "out")


def with_reports(base: Path) -> Path:
    for month in MONTHS:
        render_month(base / "practice", month, base / "out", workers=Direct(), progress=False)
    return base


@pytest.fixture
def place(start: Path, tmp_path: Path) -> Path:
    shutil.copytree(start, tmp_path / "place")
    return tmp_path / "place"


def withdraw(practice: Path, who: str = "C05") -> None:
    people = pd.read_csv(practice / "clinicians.csv", dtype=str, keep_default_na=False)
    people.loc[people["clinician_id"] == who, "shares_surveys"] = "false"
    people.to_csv(practice / "clinicians.csv", index=False)


def report(place: Path, month: str = LAST, **asked: object) -> Direct:
    workers = Direct()
    render_month(place / "practice", month, place / "out", workers=workers, **({"progress": False} | asked))
    return workers


def files(out: Path) -> Files:
    """Every file but manifests, which tell times."""
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return {name: content for name, content in found.items() if not name.endswith(NAME)}


def test_every_month_is_as_if_it_had_never_been_shared_whoever_was_asked_for(
    place: Path, never: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files(place / "out")
    withdraw(place / "practice")
    report(place, clinicians=["C12"], progress=True)
    after = files(place / "out")
    assert after == never
    assert all(before[f"{month}/C05.html"] != after[f"{month}/C05.html"] for month in MONTHS)
    assert "C05" not in "".join(capsys.readouterr())
    manifests = [json.loads((place / "out" / month / NAME).read_text()) for month in MONTHS]
    assert all(manifest["shown"] for manifest in manifests)
    assert all(result.get("error") is None for manifest in manifests for result in manifest["reports"])


def test_a_page_that_shows_more_is_the_only_reason(place: Path) -> None:
    assert report(place).asked == []
    people = pd.read_csv(place / "practice" / "clinicians.csv", dtype=str, keep_default_na=False)
    people.assign(fte="0.5").to_csv(place / "practice" / "clinicians.csv", index=False)
    assert {asked.split()[0] for asked in report(place).asked} == {LAST}


@pytest.mark.parametrize("visible_to", ["own_page", "supervisor"])
def test_one_answer_that_is_taken_back_counts(place: Path, visible_to: str) -> None:
    surveys = pd.read_csv(place / "practice" / "surveys.csv", dtype=str, keep_default_na=False)
    mine = surveys["clinician_id"] == "C05"
    surveys["visible_to"] = ""
    surveys.loc[surveys.index[mine & (surveys["completed_on"] < "2026-04-01")][-1:], "visible_to"] = visible_to
    surveys.to_csv(place / "practice" / "surveys.csv", index=False)
    months = {asked.split()[0] for asked in report(place, clinicians=["C12"]).asked}
    assert (MONTHS[0] in months) is (visible_to == "own_page")


def test_an_answer_that_only_its_own_page_showed_is_taken_back_from_there(place: Path) -> None:
    """C11 shares nothing: no manifest tells of the answers, and none tells afterwards whose are gone."""
    out, old = place / "out", MONTHS[0]
    surveys = pd.read_csv(place / "practice" / "surveys.csv", dtype=str, keep_default_na=False)
    mine = (surveys["clinician_id"] == "C11") & (surveys["completed_on"] < "2026-04-01")
    last = surveys.loc[mine, "completed_on"].max()
    before, told = files(out), json.loads((out / old / NAME).read_text())
    assert b"data-answers" in before[f"{old}/own/C11.html"]
    assert [name for name, content in before.items() if b"data-answers" in content and "/own/" not in name] == []
    surveys[~(mine & (surveys["completed_on"] == last))].to_csv(place / "practice" / "surveys.csv", index=False)
    assert old in {asked.split()[0] for asked in report(place, clinicians=["C12"]).asked}
    after, tells = files(out), json.loads((out / old / NAME).read_text())
    changed = {name for name in before if name.startswith(old) and before[name] != after.get(name)}
    assert f"{old}/own/C11.html" in changed
    assert f"{old}/C11.html" not in changed
    assert {result["unchanged"] for result in tells["reports"] if "key" in result} <= {False}  # all, not this one alone
    assert (tells["shown"], tells["practice"]) == (told["shown"], told["practice"])
    assert old not in {asked.split()[0] for asked in report(place, clinicians=["C12"]).asked}


def test_what_cannot_be_made_again_is_removed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "out" / "2026-03" / "notes.txt").write_text("of the supervisor")
    (place / "out" / "2026-03" / "own" / "notes.txt").write_text("of the supervisee")
    withdraw(place / "practice")
    review = batch.review_month

    def failing(practice: object, month: object, **asked: object) -> object:
        if str(month) == "2026-03":
            raise MemoryError
        return review(practice, month, **asked)

    monkeypatch.setattr(batch, "review_month", failing)
    report(place)
    left = {name for name in files(place / "out") if not name.startswith(LAST)}
    assert left == {"2026-03/notes.txt", "2026-03/own/notes.txt"}


def test_who_is_no_longer_in_the_data_is_in_no_page(place: Path) -> None:
    tables = {name: pd.read_csv(place / "practice" / f"{name}.csv", dtype=str, keep_default_na=False)
              for name in fixtures.TABLES}  # fmt: skip
    for name, table in tables.items():
        kept = table[table["clinician_id"] != "C05"] if "clinician_id" in table else table
        kept.to_csv(place / "practice" / f"{name}.csv", index=False)
    report(place, clinicians=["C12"])
    assert not [name for name, content in files(place / "out").items() if "C05" in name or b"C05" in content]


def test_a_run_that_is_killed_on_the_way_leaves_it_to_the_next(
    start: Path, place: Path, never: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdraw(place / "practice")
    write = batch.MonthFolder._write_tables
    monkeypatch.setattr(batch.MonthFolder, "_write_tables", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report(place)
    assert Earlier.read(place / "out" / "2026-03").shown == Earlier.read(start / "out" / "2026-03").shown
    monkeypatch.setattr(batch.MonthFolder, "_write_tables", write)
    report(place, clinicians=["C11"])
    assert files(place / "out") == never


def interrupted(_: object) -> None:
    raise KeyboardInterrupt


def test_a_printed_page_that_shows_more_goes_with_it(place: Path) -> None:
    pages = [f"{MONTHS[0]}/C05.pdf", f"{MONTHS[0]}/data_quality.pdf"]
    manifest = place / "out" / MONTHS[0] / NAME
    content = json.loads(manifest.read_text())
    for name in pages:
        (place / "out" / name).write_bytes(b"%PDF- a print %%EOF")
        page = name.split("/")[1].replace(".pdf", ".html")
        content["printed"][page.replace(".html", ".pdf")] = {"page": content["files"][page], "paper": "a4"}
        content["files"][page.replace(".html", ".pdf")] = "0"
    manifest.write_text(json.dumps(content))
    withdraw(place / "practice")
    report(place, clinicians=["C12"])
    assert not (place / "out" / pages[0]).exists()


def test_a_folder_for_one_supervisor_stays_one(place: Path, tmp_path: Path) -> None:
    people = pd.read_csv(place / "practice" / "clinicians.csv", dtype=str).set_index("clinician_id")
    asked = {"supervisor": people["supervisor_id"]["C05"], "progress": False}
    render_month(place / "practice", MONTHS[0], place / "theirs", workers=Direct(), **asked)
    withdraw(place / "practice")
    render_month(place / "practice", LAST, place / "theirs", workers=Direct(), **asked)
    render_month(place / "practice", MONTHS[0], tmp_path / "fresh", workers=Direct(), **asked)
    found, fresh = files(place / "theirs"), files(tmp_path / "fresh")
    assert {name: content for name, content in found.items() if not name.startswith(LAST)} == fresh


def test_a_supervisors_manifest_tells_of_no_answer_that_their_pages_do_not_show() -> None:
    """Neither of other supervisors' supervisees, nor of the rating of the team, which no page of theirs shows."""
    practice, month = read_practice(fixtures.SAMPLE), pd.Period(LAST, "M")
    surveys = practice.surveys[practice.surveys["completed_on"] <= month.end_time].assign(visible_to="supervisor")
    of_teams = int((surveys["instrument"] == TEAM_SAFETY).sum())
    practice = replace(practice, surveys=surveys.reset_index(drop=True))
    supervisors = practice.supervisees["supervisor_id"].unique()
    theirs = {each: shared_answers(practice, month, each) for each in supervisors}
    assert all(theirs.values())
    assert not frozenset.intersection(*theirs.values())
    assert len(shared_answers(practice, month) - frozenset.union(*theirs.values())) == of_teams > 0


def test_a_month_that_no_longer_is_in_the_data_is_removed(place: Path) -> None:
    sessions = pd.read_csv(place / "practice" / "sessions.csv", dtype=str, keep_default_na=False)
    sessions[sessions["scheduled_start"] >= LAST].to_csv(place / "practice" / "sessions.csv", index=False)
    withdraw(place / "practice")
    report(place)
    assert not [name for name in files(place / "out") if name.startswith(MONTHS[0])]
    assert not (place / "out" / MONTHS[0] / NAME).exists()


@pytest.mark.parametrize("other", ["data", "key"])
def test_the_months_of_another_practice_are_not_touched(place: Path, other: str) -> None:
    for month in MONTHS:
        manifest = place / "out" / month / NAME
        content = json.loads(manifest.read_text())
        content["practice"] = {"data": "elsewhere"} if other == "data" else {"data": "practice", "key": "another"}
        manifest.write_text(json.dumps(content))
    if other == "key":
        history = {
            "title": "x",
            "imported_on": "2026-06-01",
            "sha256": "",
            "table": "sessions",
            "rows": 1,
            "key": "ours",
        }
        (place / "practice" / "imports.json").write_text(json.dumps({"caseload_imports": 1, "imports": [history]}))
    before = files(place / "out")
    withdraw(place / "practice")
    workers = report(place, "2026-02")
    assert {asked.split()[0] for asked in workers.asked} == {"2026-02"}
    assert {name: content for name, content in files(place / "out").items() if not name.startswith("2026-02")} == before


def test_a_practice_is_known_by_its_sessions_whatever_its_folder_is_called(place: Path, never: Files) -> None:
    withdraw(place / "practice")
    (place / "practice").rename(place / "renamed")
    for month in reversed(MONTHS):
        render_month(place / "renamed", month, place / "out", workers=Direct(), progress=False)
    shown = {name: content for name, content in files(place / "out").items() if "data_quality" not in name}
    assert shown == {name: content for name, content in never.items() if name in shown}


def test_the_pages_of_another_practice_with_the_same_name_are_not_replaced(place: Path, tmp_path: Path) -> None:
    """Also where its people are called the same."""
    other = tmp_path / "x2" / "practice"
    shutil.copytree(place / "practice", other)
    sessions = pd.read_csv(other / "sessions.csv", dtype=str, keep_default_na=False)
    sessions["client_id"] = "Z" + sessions["client_id"]
    sessions.to_csv(other / "sessions.csv", index=False)
    withdraw(other)
    before = files(place / "out")
    with pytest.raises(ParameterError, match="another practice"):
        render_month(other, LAST, place / "out", workers=Direct(), progress=False, force=True)
    assert files(place / "out") == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content | {"shown": {"C05": "text"}},
        lambda content: content | {"shown": [1]},
        lambda content: content | {"practice": 7, "files": {"../../precious": "0", "/etc/x": "0", "own/../x": "0"}},
    ],
)
def test_a_manifest_is_data_and_no_order(place: Path, damage: Callable[[dict], dict]) -> None:
    precious = place / "precious"
    precious.write_text("years")
    manifest = place / "out" / MONTHS[0] / NAME
    content = damage(json.loads(manifest.read_text()))
    content["claims"] = [*content["claims"], "0" * 16, 3, None]
    manifest.write_text(json.dumps(content))
    withdraw(place / "practice")
    report(place)
    report(place, MONTHS[0], force=True)
    assert precious.read_text() == "years"
