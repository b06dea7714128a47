"""`settings.toml`: read, checked and refused like a table, and used where it says something."""

from __future__ import annotations

import pickle
from pathlib import Path

import pandas as pd
import pytest
from intake_fixtures import practice_frames, problems, sessions

from caseload.errors import InputError
from caseload.estimates.boundaries import counted_contacts
from caseload.estimates.congruence import rated_sessions
from caseload.estimates.interventions import FITS, fits_of
from caseload.intake import Practice, read_practice
from caseload.intake.measures import Measure
from caseload.intake.settings import USUAL, read_settings
from caseload.pages.summary import summary
from caseload.pages.suppression import policy_of

WHOLE = b"""
weekends_after_hours = true
workday_start = "07:30"
workday_end = "16:00"
names = "people"
min_people = 6
min_respondents = 3
supervision_hours_a_month = 4
[interventions]
emdr = ["preparation", "action"]
exposure = ["action"]
[measures.phq-9]
higher_is_better = false
sd = 6.1
reliability = 0.84
[measures.oq45]
reliable_change = 14
cut = 63
"""


def test_every_setting_is_read() -> None:
    settings, found = read_settings(WHOLE)
    assert pickle.loads(pickle.dumps(settings)) == settings  # it goes to the processes of reports
    assert found == []
    assert (settings.weekends_after_hours, settings.workday_start, settings.workday_end) == (True, "07:30", "16:00")
    assert (settings.names, settings.min_people, settings.min_respondents) == ("people", 6, 3)
    assert settings.supervision_hours_a_month == 4
    assert settings.interventions["emdr"] == ("preparation", "action")
    assert settings.measures["phq9"] == Measure(higher_is_better=False, sd=6.1, reliability=0.84)
    assert settings.measures["oq45"] == Measure(reliable_change=14, cut=63)
    assert read_settings(b"") == (USUAL, [])


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("weekends_after_hours = 1", "weekends_after_hours"),
        ('workday_start = "8:00"', "workday_start"),
        ('workday_end = "07:00"', "workday_end"),
        ('names = "initials"', "names"),
        ("min_people = 2", "min_people"),
        ("min_people = true", "min_people"),
        ("min_respondents = 8.0", "min_respondents"),
        ("supervision_hours_a_month = 0", "supervision_hours_a_month"),
        ("interventions = 3", "interventions"),
        ("measures = 3", "measures"),
        ("[measures.phq9]\nmean = 3", "measures.phq9"),
        ("[measures.phq9]\nsd = 0\nreliability = 0.9", "measures.phq9.sd"),
        ("[measures.phq9]\nsd = 6\nreliability = 1", "measures.phq9.reliability"),
        ("[measures.phq9]\nsd = 6", "measures.phq9"),
        ('[measures.phq9]\ncut = "10"', "measures.phq9.cut"),
        ("[measures.phq9]\ncut = 10\n[measures.phq-9]\ncut = 9", "measures"),
        ('[measures."Dr Quillfeather"]\ncut = 10', "measures"),
        ('[interventions]\nemdr = ["soon"]', "interventions.emdr"),
        ('[interventions]\n"Dr Quillfeather" = ["action"]', "interventions"),
        ("'zq-secret 1' = 1", ""),
        ("min_peple = 6", ""),
        ("min_people", ""),
        ("a = " + "[" * 20_000, ""),
    ],
)
def test_what_is_no_setting_is_one_problem_and_not_repeated(line: str, column: str) -> None:
    settings, (found,) = read_settings(line.encode())
    assert settings == USUAL
    assert (found.table, found.column) == ("settings.toml", column)
    assert not {word for word in ("zq", "Quillfeather", "soon", "initials") if word in str(found)}


def test_a_folder_with_wrong_settings_is_refused_with_the_problems_of_its_tables(tmp_path: Path) -> None:
    sessions(2).assign(status="came").to_csv(tmp_path / "sessions.csv", index=False)
    (tmp_path / "settings.toml").write_text("min_people = 1\nnames = 2\n")
    with pytest.raises(InputError) as caught:
        read_practice(tmp_path)
    assert {problem.table for problem in caught.value.problems} == {"settings.toml", "sessions"}
    assert len(caught.value.problems) == 3


def test_settings_are_fingerprinted_and_told(tmp_path: Path) -> None:
    sessions(2).to_csv(tmp_path / "sessions.csv", index=False)
    assert "Settings" not in summary(read_practice(tmp_path))
    (tmp_path / "settings.toml").write_bytes(WHOLE)
    practice = read_practice(tmp_path)
    assert practice.quality.files["file"].tolist() == ["sessions.csv", "settings.toml"]
    assert "weekends_after_hours yes; workday_start 07:30" in summary(practice)


def test_own_terms_are_a_vocabulary_and_have_their_stages() -> None:
    frames = practice_frames()
    frames["sessions"] = frames["sessions"].assign(interventions=["emdr; alliance", "exposure"])
    frames["ratings"] = frames["ratings"].assign(interventions="emdr")
    own = {"interventions": {"emdr": ["preparation", "action"], "exposure": ["contemplation"]}}
    practice = Practice.from_frames(settings=own, **frames)
    assert practice.sessions["interventions"].tolist() == ["emdr;alliance", "exposure"]
    assert {problem.column for problem in problems(**frames)} == {"interventions"}
    fits = fits_of(practice.settings.interventions)
    assert (fits["emdr"].lowest, fits["emdr"].highest, fits["exposure"].highest) == (3, 4, 2)
    assert fits_of({}) is FITS
    rated = rated_sessions(practice.sessions.assign(status="attended"), fits).set_index("interventions")
    assert (rated.loc["exposure", "behind"], rated.loc["emdr;alliance", "off"]) == (1, 0)


def test_weekends_are_out_of_hours_where_the_practice_says_so() -> None:
    times = ["2026-05-08T10:00", "2026-05-09T10:00", "2026-05-10T19:00"]  # Friday to Sunday
    contacts = pd.DataFrame({"clinician_id": "C1", "client_id": "K1", "contacted_at": times})
    for weekends, late in ((False, [False, False, True]), (True, [False, True, True])):
        given = {"weekends_after_hours": weekends}
        practice = Practice.from_frames(settings=given, sessions=sessions(2), contacts=contacts)
        counted = counted_contacts(practice.contacts, practice.sessions, practice.supervisees)
        assert counted["after_hours"].tolist() == late


def test_the_working_day_of_the_practice_is_that_of_whoever_has_none() -> None:
    people = pd.DataFrame({"clinician_id": ["C1", "C2"], "workday_end": ["15:00", None]})
    given = {"workday_start": "09:00", "workday_end": "20:00"}
    practice = Practice.from_frames(settings=given, sessions=sessions(2), clinicians=people)
    assert practice.supervisees["workday_end"].tolist() == ["15:00", "20:00"]
    (found,) = problems(
        settings={"workday_start": "16:00", "workday_end": "20:00"}, sessions=sessions(2), clinicians=people
    )
    assert found.column == "workday_end"
    assert "16:00" in found.expected


def test_what_is_asked_for_goes_before_what_is_set() -> None:
    settings, _ = read_settings(WHOLE)
    assert (policy_of(settings).people, policy_of(settings).respondents) == (6, 3)
    assert (policy_of(settings, 9).people, policy_of(USUAL).respondents) == (9, 8)
