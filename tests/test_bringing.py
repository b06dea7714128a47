"""Bringing in exports by buttons: what is asked, what is shown before anything is written, what is kept."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_front_door import is_shown, text

from caseload.door.panel import MonthlyRun
from caseload.intake.exports.asking import LEAVE_OUT, first_draft
from caseload.intake.exports.map_files import known_names, known_raw
from caseload.intake.exports.map_texts import map_text
from caseload.intake.exports.maps import DATE_ORDERS
from caseload.month.parameters import DATA_VARIABLE

NOW = dt.datetime(2026, 6, 1, 12)
JANE = ["Patient,Staff Member,Start At,State"]
JANE += [f"Ada Mole,Kim Rees,2026-05-{day:02d} 10:00,{state}" for day in (4, 11, 18) for state in ("Arrived",)]
LEFT = [f"Ada Mole,Kim Rees,2026-05-{day:02d} 15:00,Left early" for day in (5, 12)]
UNKNOWN = ["Klient,Therapist,When,Outcome"]
UNKNOWN += [
    f"Ada Mole,Kim Rees,0{day}/05/2026 {hour}:00,{word}"
    for day in (4, 5)
    for hour, word in ((10, "Seen"), (11, "Oops"))
]
WHO, ORDER = ("people", "client", "name"), ("dates",)


@pytest.fixture
def sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MonthlyRun:
    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    return MonthlyRun(tmp_path)


def chosen(name: str, lines: list[str]) -> tuple[dict[str, Any], ...]:
    """What the field of a browser hands over."""
    content = memoryview("\n".join([*lines, ""]).encode())
    return ({"name": name, "type": "text/csv", "size": len(content), "content": content, "last_modified": NOW},)


def test_a_known_export_is_shown_then_imported_then_looked_at(sheet: MonthlyRun, tmp_path: Path) -> None:
    sheet.bring.files.value = chosen("june.csv", JANE)
    said = text(sheet.bring.message)
    assert "Jane, appointments report" in said and "sessions: 3 added" in said and "Nothing is written yet" in said
    assert "clinicians" in said  # what the practice would hold
    assert not (tmp_path / "practice").exists() and not (tmp_path / "practice.key").exists()
    sheet.bring.go.click()
    assert sheet.data.folder.value == str(tmp_path / "practice")
    assert len((tmp_path / "practice" / "sessions.csv").read_text().splitlines()) == 4
    assert (tmp_path / "practice.key").stat().st_mode & 0o777 == 0o600
    assert sheet.run.month.value == "2026-05"
    assert not list((tmp_path / "practice").glob("map*.toml"))  # nothing was to be decided
    assert not is_shown(sheet.bring.go)


def test_an_unknown_status_is_asked_once_and_known_next_month(sheet: MonthlyRun, tmp_path: Path) -> None:
    sheet.bring.files.value = chosen("june.csv", [*JANE, *LEFT])
    ((place, asked),) = sheet.bring.questions.items()
    assert place == ("columns", "status", "words", "Left early")
    assert not is_shown(sheet.bring.go) and is_shown(sheet.bring.answer)
    sheet.bring.answer.click()
    assert "answer every question" in text(sheet.bring.message)
    asked.value = LEAVE_OUT
    sheet.bring.answer.click()
    assert "left out: 2 no appointment" in text(sheet.bring.message)
    sheet.bring.go.click()
    kept = tomllib.loads((tmp_path / "practice" / "map-1.toml").read_text())
    assert "Left early" in kept["columns"]["status"]["left_out"]
    sheet.bring.files.value = chosen("july.csv", [*JANE, *LEFT, "Ada Mole,Kim Rees,2026-05-25 10:00,Arrived"])
    assert sheet.bring.questions == {}
    assert "As decided before" in text(sheet.bring.message) and "sessions: 1 added" in text(sheet.bring.message)


def test_an_unknown_program_is_asked_about_step_by_step(sheet: MonthlyRun, tmp_path: Path) -> None:
    sheet.bring.files.value = chosen("list.csv", UNKNOWN)
    asked = sheet.bring.questions
    assert {WHO, ORDER, ("columns", "status", "words", "Oops")} == set(asked)
    assert [label for label, _ in asked[ORDER].options][1:] == [
        "5 April 2026 (month/day/year)",
        "4 May 2026 (day/month/year)",
    ]
    asked[WHO].value, asked[ORDER].value = "Klient", "day/month/year"
    asked[("columns", "status", "words", "Oops")].value = "no_show"
    sheet.bring.answer.click()
    assert "sessions: 4 added" in text(sheet.bring.message)
    sheet.bring.go.click()
    rows = (tmp_path / "practice" / "sessions.csv").read_text()
    assert "2026-05-04T10:00" in rows and "no_show" in rows and "Ada" not in rows


def test_dates_in_another_order_than_the_program_usually_writes_are_asked(tmp_path: Path) -> None:
    file = tmp_path / "attendance.csv"
    rows = ["client_name,clinician_name,date_of_service,office_name,status", "Ann Lee,Bo Roe,25/04/2026,Main,Show"]
    file.write_text("\n".join(rows))
    (question,) = first_draft([file], tmp_path / "practice", NOW).questions
    assert (question.place, question.options) == (ORDER, (("25 April 2026 (day/month/year)", DATE_ORDERS[2]),))


def test_what_is_wrong_is_said_and_nothing_is_kept(sheet: MonthlyRun, tmp_path: Path) -> None:
    sheet.bring.files.value = ({**chosen("report.pdf", ["x"])[0], "content": memoryview(b"%PDF-1.4")},)
    assert "this is a PDF" in text(sheet.bring.message)
    sheet.bring.files.value = chosen("june.csv", [JANE[0], "Ada Mole,Kim Rees,2026-05-44 10:00,Arrived"])
    assert "Ada" not in text(sheet.bring.message)
    assert not is_shown(sheet.bring.go)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("report.pdf", b"%PDF-1.4", "this is a PDF"),
        ("page.csv", b"<html><body>Login</body></html>", "this is a web page under another name"),
        ("may.xlsx", b"PK\x03\x04 cut off", "damaged"),
        ("may.csv.gz", b"\x1f\x8b cut off", "damaged"),
    ],
)
def test_what_is_wrong_is_said_where_a_map_is_kept_too(
    sheet: MonthlyRun, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / "practice").mkdir()
    (tmp_path / "practice" / "map-1.toml").write_text(map_text(known_raw("jane")))
    sheet.bring.files.value = ({**chosen(name, ["x"])[0], "content": memoryview(content)},)
    assert said in text(sheet.bring.message)
    assert "unexpected" not in text(sheet.bring.message)
    assert not is_shown(sheet.bring.go)


@pytest.mark.parametrize("name", known_names())
def test_a_maps_text_says_what_the_map_says(name: str) -> None:
    assert tomllib.loads(map_text(known_raw(name))) == known_raw(name)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(TEXT, st.booleans(), st.integers(-9, 9), st.lists(TEXT, max_size=3))
TABLE = st.recursive(
    st.dictionaries(TEXT, PLAIN, max_size=3),
    lambda inner: st.dictionaries(TEXT, st.one_of(PLAIN, inner, st.lists(inner, min_size=1, max_size=2)), max_size=3),
    max_leaves=8,
)


@given(TABLE)
def test_any_table_is_read_back_as_it_was(table: dict[str, Any]) -> None:
    assert tomllib.loads(map_text(table)) == table
