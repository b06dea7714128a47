"""The form of a clinician: lenient in what it takes, strict in what it writes; and deciding who is one person."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from export_fixtures import put, run
from test_front_door import is_shown, text

from caseload import read_practice
from caseload.door.panel import MonthlyRun
from caseload.door.people_step import LATER, ONE
from caseload.errors import ParameterError
from caseload.intake.identities import decisions_of
from caseload.intake.people_form import FORM, SHARES, person, tidied, write_person
from caseload.month.parameters import DATA_VARIABLE

SESSIONS = "session_id,clinician_id,client_id,scheduled_start,status\nS1,C1,K1,2026-05-04T09:00,attended\n"
TABLE = "clinician_id,team,shares_surveys,our_own\nC1,North,true,=x\nC2,South,,kept\n"


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    folder = tmp_path / "practice"
    folder.mkdir()
    (folder / "sessions.csv").write_text(SESSIONS)
    (folder / "clinicians.csv").write_text(TABLE)
    return folder


def rows(practice: Path) -> list[dict[str, str]]:
    with (practice / "clinicians.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(
    ("name", "typed", "written"),
    [
        ("fte", "100%", "1"),
        ("fte", " 80 % ", "0.8"),
        ("fte", "0,8", "0.8"),
        ("fte", "Half", "0.5"),
        ("weekly_client_hours", "20 hours", "20"),
        ("workday_start", "9:00", "09:00"),
        ("workday_start", "9", "09:00"),
        ("workday_end", "5:30 pm", "17:30"),
        ("workday_end", "12 am", "00:00"),
        ("workday_end", "17.30", "17:30"),
        ("started_on", "3 April 2021", "2021-04-03"),
        ("started_on", "2021-04-03", "2021-04-03"),
        ("team", "  North   Wing ", "North Wing"),
        ("team", " ", ""),
    ],
)
def test_what_people_write_is_taken(name: str, typed: str, written: str) -> None:
    assert tidied(name, typed) == written


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("fte", "1000%"),
        ("fte", "two"),
        ("fte", "4%"),
        ("weekly_client_hours", "20%"),
        ("workday_start", "25:00"),
        ("workday_start", "13 pm"),
        ("workday_end", "9:75"),
        ("started_on", "03/04/2021"),
        ("started_on", "30 February 2021"),
        ("team", "a\u202eb"),
    ],
)
def test_what_can_be_two_things_is_refused(name: str, typed: str) -> None:
    with pytest.raises(ValueError, match="write"):
        tidied(name, typed)


def test_only_that_row_changes_and_the_practice_can_be_read(practice: Path) -> None:
    given = {"fte": "60%", "workday_start": "8", "workday_end": "4 pm", "team": "North", "started_on": "3 April 2021"}
    write_person(practice, "C1", given)
    one, other = rows(practice)
    assert one["fte"] == "0.6" and one["our_own"] == "=x" and one[SHARES] == "true"
    assert (other["team"], other["our_own"], other["fte"]) == ("South", "kept", "")
    read = read_practice(practice).supervisees.set_index("clinician_id")
    assert read.loc["C1", "workday_end"] == "16:00"
    with pytest.raises(ParameterError, match=r"Share of a full post: .*; Started on: ") as refused:
        write_person(practice, "C1", {"fte": "secret", "started_on": "secret"})
    assert "secret" not in str(refused.value)
    assert rows(practice) == [one, other]


def test_sharing_can_be_stopped_and_never_started(practice: Path) -> None:
    assert SHARES not in FORM
    write_person(practice, "C2", {"team": "South"})
    assert person(practice, "C2")[SHARES] == ""
    write_person(practice, "C1", {"team": "North"}, stop_sharing=True)
    assert person(practice, "C1")[SHARES] == "false"


def test_the_first_row_makes_the_table(practice: Path) -> None:
    (practice / "clinicians.csv").unlink()
    write_person(practice, "C1", {"team": "North"})
    assert [row["team"] for row in rows(practice)] == ["North"]
    assert read_practice(practice).supervisees["team"].tolist() == ["North"]


def test_the_form_and_the_decisions_of_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    people = ("Kim Rees", "Kím Rees")
    export = [("Patient", "Staff Member", "Start At", "State")]
    export += [("Ada Mole", who, f"2026-05-{day:02d} 10:00", "Arrived") for who in people for day in (4, 11)]
    run(put(tmp_path, "may.csv", export), to=tmp_path / "practice")
    sheet = MonthlyRun(tmp_path)
    sheet.data.look.click()
    step = sheet.people
    assert {label.split(" (")[0] for label, _ in step.clinician.options} == set(people)
    assert not is_shown(step.stop)
    step.fields["fte"].value = "80%"
    step.save.click()
    assert "Written into clinicians.csv" in text(step.message)
    assert person(tmp_path / "practice", step.clinician.value)["fte"] == "0.8"
    step.fields["fte"].value = "a lot"
    step.save.click()
    assert "write a share such as 80%" in text(step.message)
    ((_, choice),) = step.doubts
    assert choice.value == LATER and "Kím Rees" in step._doubts.children[1].children[0].value
    choice.value = ONE
    step.decide.click()
    assert len(step.clinician.options) == 1 and "same appointments count once" in text(step.decided)
    ((_, undo),) = step.undo.items()
    undo.click()
    assert len(step.clinician.options) == 2
    assert decisions_of(tmp_path / "practice").joined == {}
