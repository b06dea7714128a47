"""Intake: the practice in memory, and the budget within which invalid rows can be excluded."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from intake_fixtures import EVERY_TABLE, places, practice_frames, problems, sessions

from caseload.errors import ParameterError
from caseload.intake import Practice
from caseload.intake.tables import TABLES
from caseload.wording import complete_soon


def test_until_keeps_what_was_known_at_the_end_of_the_month():
    starts = ["2026-05-31T23:59:59", "2026-06-01T00:00"]
    frames = practice_frames()
    frames["sessions"] = frames["sessions"].assign(scheduled_start=starts)
    frames["contacts"] = frames["contacts"].assign(contacted_at=starts)
    frames["surveys"] = frames["surveys"].assign(completed_on=["2026-05-31", "2026-06-01"])
    frames["supports"] = frames["supports"].assign(date=["2026-05-31", "2026-06-01"])
    frames["selfcare_plan"] = frames["selfcare_plan"].assign(month=["2026-05", "2026-06"])
    frames["agenda"] = frames["agenda"].assign(month=["2026-05", "2026-06"])
    frames["ratings"] = frames["ratings"].assign(month=["2026-05", "2026-06"])
    frames["outcomes"] = frames["outcomes"].assign(completed_on=["2026-05-31", "2026-06-01"])
    frames["changes"] = frames["changes"].assign(**{"from": ["2026-05-31", "2026-06-01"]})
    practice = Practice.from_frames(**frames)
    known = practice.until("2026-05")
    assert {name: len(getattr(known, name)) for name in EVERY_TABLE} == dict.fromkeys(EVERY_TABLE, 1) | {
        "clients": 2,
        "clinicians": 2,
    }
    assert known.quality is practice.quality
    assert all(len(getattr(practice.until(pd.Period("2026-06", "M")), name)) == 2 for name in EVERY_TABLE)
    for other in ("May", "2026-5", "2026-13", "2026-05-01"):
        with pytest.raises(ParameterError):
            practice.until(other)


def test_until_takes_rows_in_any_order():
    starts = ["2026-06-01", "2026-05-31", "2026-06-02", "2026-05-01"]
    known = Practice.from_frames(sessions=sessions(4).assign(scheduled_start=starts)).until("2026-05").sessions
    assert known["session_id"].tolist() == ["S1", "S3"]
    assert known.index.tolist() == [0, 1]


def test_months_have_no_gaps():
    practice = Practice.from_frames(sessions=sessions(2).assign(scheduled_start=["2026-05-31", "2026-02-01"]))
    assert [str(month) for month in practice.months] == ["2026-02", "2026-03", "2026-04", "2026-05"]
    assert practice.until("2020-01").months.empty


def test_the_default_month_holds_a_session_and_has_ended():
    practice = Practice.from_frames(
        sessions=sessions(2).assign(scheduled_start=["2026-03-31T20:00", "2026-05-31T20:00"])
    )
    expected = {(2026, 6, 1): "2026-05", (2026, 5, 31): "2026-03", (2026, 4, 1): "2026-03", (2027, 1, 1): "2026-05"}
    assert {today: str(practice.default_month(dt.date(*today))) for today in expected} == expected
    with pytest.raises(ParameterError):
        practice.default_month(dt.date(2026, 3, 31))


def test_the_month_that_is_complete_in_a_few_days_is_known_and_said():
    practice = Practice.from_frames(
        sessions=sessions(2).assign(scheduled_start=["2026-03-31T20:00", "2026-05-31T20:00"])
    )
    days = {(2026, 5, 31): "2026-05", (2026, 5, 25): "2026-05", (2026, 5, 24): "None", (2026, 6, 30): "None"}
    assert {today: str(practice.nearly_complete(dt.date(*today))) for today in days} == days
    may = pd.Period("2026-05", "M")
    assert complete_soon(may, dt.date(2026, 5, 31)) == "May 2026 is complete from tomorrow."
    assert "from 1 June 2026." in complete_soon(may, dt.date(2026, 5, 30))


def test_supervisees_are_those_of_sessions_and_clinicians_with_defaults():
    clinicians = pd.DataFrame(
        {"clinician_id": ["C9", "C1"], "workday_end": ["16:00", None], "shares_surveys": ["true", None]}
    )
    table = Practice.from_frames(sessions=sessions(3), clinicians=clinicians).supervisees
    assert table["clinician_id"].tolist() == ["C1", "C2", "C9"]
    assert table["workday_start"].tolist() == ["08:00"] * 3
    assert table["workday_end"].tolist() == ["18:00", "18:00", "16:00"]
    assert table["shares_surveys"].tolist() == [False, False, True]
    assert table["shares_surveys"].dtype == bool
    assert tuple(table.columns) == (*TABLES["clinicians"].column_names, "weekends_after_hours")


@pytest.mark.parametrize(("invalid", "fine"), [(0, True), (5, True), (6, False)])
def test_up_to_five_percent_of_a_table_can_be_excluded(invalid: int, fine: bool):
    frame = sessions(100).assign(prep_minutes=[700.0] * invalid + [5.0] * (100 - invalid))
    if not fine:
        found = problems(exclude_invalid=True, sessions=frame)
        assert [problem.column for problem in found] == ["", "prep_minutes"]
        assert "6 of 100" in found[0].found
        return
    practice = Practice.from_frames(exclude_invalid=True, sessions=frame)
    assert len(practice.sessions) == 100 - invalid
    quality = practice.quality.tables.set_index("table").loc["sessions"]
    assert (quality["rows_read"], quality["rows_excluded"]) == (100, invalid)


def test_what_depends_on_excluded_rows_goes_with_them_and_is_counted():
    frame = sessions(40).assign(client_id=[f"K{n}" for n in range(40)], status=["nonsense"] + ["attended"] * 39)
    contacts = pd.DataFrame(
        {"clinician_id": "C1", "client_id": [f"K{n}" for n in range(20)], "contacted_at": "2026-05-03T14:00"}
    )
    practice = Practice.from_frames(exclude_invalid=True, sessions=frame, contacts=contacts)
    assert len(practice.contacts) == 19
    excluded = practice.quality.excluded
    assert excluded[["table", "column", "rows"]].to_numpy().tolist() == [
        ["sessions", "status", 1],
        ["contacts", "client_id", 1],
    ]
    assert sum("excluded" in note for note in practice.quality.notes) == 2
    found = problems(exclude_invalid=True, sessions=frame, contacts=contacts.head(19))
    assert places(found) == {("contacts", ""), ("contacts", "client_id")}  # 1 of 19 is more than 5 %


def test_a_row_with_two_findings_is_excluded_once():
    frame = sessions(20).assign(prep_minutes=[700.0] + [1.0] * 19, note_minutes=[700.0] + [1.0] * 19)
    quality = Practice.from_frames(exclude_invalid=True, sessions=frame).quality
    assert quality.tables.set_index("table").loc["sessions", "rows_excluded"] == 1
    assert quality.excluded["rows"].tolist() == [1, 1]


def test_excluding_does_not_help_against_a_missing_column():
    assert places(problems(exclude_invalid=True, sessions=sessions(50).drop(columns="status"))) == {
        ("sessions", "status")
    }


def test_what_is_recorded_is_counted():
    quality = Practice.from_frames(sessions=sessions(4).assign(prep_minutes=[1, 2, 3, None])).quality
    recorded = quality.columns.set_index(["table", "column"])["recorded"]
    assert recorded["sessions", "prep_minutes"] == 0.75
    assert recorded["sessions", "note_minutes"] == 0
    assert np.isnan(recorded["contacts", "minutes"])


@pytest.mark.parametrize("identifier", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "\u200b=1"])
def test_ids_that_a_spreadsheet_takes_for_formulas_are_kept_and_noted(identifier: str) -> None:
    practice = Practice.from_frames(sessions=sessions(4).assign(clinician_id=["C1", "C2", "C1", identifier]))
    assert identifier.strip() in set(practice.sessions["clinician_id"])
    (note,) = (note for note in practice.quality.notes if "formula" in note)
    assert note.startswith("1 identifier begins with =, +, - or @, which spreadsheets take for a formula")


def test_each_clinician_and_client_counts_once_and_ordinary_ids_are_no_formulas() -> None:
    ids = {"clinician_id": ["=1", "C-2", "=1", "C=2"], "client_id": ["-1", "-2", "K@1", "\u202eK"]}
    practice = Practice.from_frames(sessions=sessions(4).assign(**ids))
    assert [note.partition(" begin ")[0] for note in practice.quality.notes] == ["3 identifiers"]
    assert Practice.from_frames(sessions=sessions(4)).quality.notes == ()
