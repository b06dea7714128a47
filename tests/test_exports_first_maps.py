"""First maps where the first header that fits would be wrong: times without a day, names in two columns, flags."""

from __future__ import annotations

from pathlib import Path

import pytest
from export_fixtures import cells, put, run
from test_exports_recognise import Rows, completed

from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.guess_status import status_meant

# A report with a day, and two columns of times that are called like a beginning and an end.
APART: Rows = [
    ("Date", "Start Time", "End Time", "Client Name", "Staff Member", "Status"),
    ("06/10/2026", "11:30 AM", "12:20 PM", "Ann Lee", "Kim Rees", "Kept"),
    ("06/10/2026", "1:30 PM", "2:20 PM", "Bo Roe", "Kim Rees", "No Show"),
    ("06/11/2026", "1:30 PM", "2:20 PM", "Bo Roe", "Kim Rees", "Late Cancel"),
    ("06/12/2026", "1:30 PM", "2:15 PM", "Ann Lee", "Jo Ash", "Canceled"),
    ("06/13/2026", "1:30 PM", "2:20 PM", "Ann Lee", "Jo Ash", "Rescheduled"),
    ("06/29/2026", "1:30 PM", "2:20 PM", "Ann Lee", "Jo Ash", "Upcoming"),
]
# A booking page: names in two columns, the calendar is whose it is, and flags.
BOOKING: Rows = [
    ("Start Time", "First Name", "Last Name", "Calendar", "Canceled", "No Show", "Date Scheduled", "Appointment ID"),
    ("June 3, 2026 10:00 am", "Ann", "Lee", "Kim Rees", "no", "no", "2026-05-01", "701"),
    ("June 4, 2026 10:00 am", "Ann", "Roe", "Kim Rees", "no", "yes", "2026-05-01", "702"),
    ("June 5, 2026 10:00 am", "Ann", "Lee", "Jo Ash", "yes", "no", "2026-05-01", "703"),
    ("June 6, 2026 10:00 am", "Ann", "Roe", "Kim Rees", "no", "no", "2026-05-01", "704"),
]
# A database: flags as t and f, and the beginning is called scheduled.
DATABASE: Rows = [
    ("appointment_id", "clinician_uuid", "client_uuid", "scheduled_at", "ended_at", "is_no_show", "cancelled_by",
     "cancelled_at", "created_at"),
    ("ap-1", "c-1", "k-1", "2026-06-02T14:00:00+02:00", "2026-06-02T14:50:00+02:00", "f", "", "", "2026-05-01"),
    ("ap-2", "c-1", "k-2", "2026-06-03T14:00:00+02:00", "2026-06-03T14:50:00+02:00", "t", "", "", "2026-05-01"),
    ("ap-3", "c-1", "k-1", "2026-06-04T14:00:00+02:00", "2026-06-04T14:50:00+02:00", "f", "client",
     "2026-06-04T09:00:00+02:00", "2026-05-01"),
    ("ap-4", "c-2", "k-1", "2026-06-05T14:00:00+02:00", "2026-06-05T14:50:00+02:00", "f", "Therapist",
     "2026-06-01T09:00:00+02:00", "2026-05-01"),
]  # fmt: skip


def test_times_without_a_day_belong_to_the_day_beside_them(tmp_path: Path) -> None:
    found = completed(tmp_path, APART, {'"Canceled" = "?"': '"Canceled" = "client_cancelled"'}, most=1)
    assert [(row["scheduled_start"], row["status"], row["scheduled_minutes"]) for row in found] == [
        ("2026-06-10T11:30", "attended", "50"), ("2026-06-10T13:30", "no_show", "50"),
        ("2026-06-11T13:30", "late_cancelled", "50"), ("2026-06-12T13:30", "client_cancelled", "45"),
    ]  # fmt: skip


def test_a_name_in_two_columns_is_one_name(tmp_path: Path) -> None:
    """The first name alone would make one client of two."""
    found = completed(tmp_path, BOOKING, {}, most=0)
    assert [row["status"] for row in found] == ["attended", "no_show", "client_cancelled", "attended"]
    assert len({row["client_id"] for row in found}) == len({row["clinician_id"] for row in found}) == 2
    assert found[0]["scheduled_start"] == "2026-06-03T10:00"


@pytest.mark.parametrize("who", ["Patient", "Client"])
def test_a_name_in_two_columns_is_one_name_also_where_they_say_whose(who: str, tmp_path: Path) -> None:
    renamed = [(*(f"{who} {cell}" if "Name" in cell else cell for cell in BOOKING[0]),), *BOOKING[1:]]
    assert len({row["client_id"] for row in completed(tmp_path, renamed, {}, most=0)}) == 2


def test_somebody_who_cancelled_has_not_come_though_no_flag_says_that_they_missed_it(tmp_path: Path) -> None:
    answers = {'time_zone = "?"': 'time_zone = "Europe/Berlin"', 'is = "?"': 'is = "client_cancelled"'}
    found = completed(tmp_path, DATABASE, answers)
    assert [(row["scheduled_start"][8:], row["status"]) for row in found] == [
        ("02T14:00", "attended"), ("03T14:00", "no_show"), ("04T14:00", "late_cancelled"),
        ("05T14:00", "clinician_cancelled"),
    ]  # fmt: skip
    assert {row["scheduled_minutes"] for row in found} == {"50"}


def test_words_of_a_status_count_where_a_flag_says_no(tmp_path: Path) -> None:
    rows = [
        ("Client ID", "Therapist", "Start", "Status", "No Show"),
        ("K1", "Kim Rees", "2026-06-02 10:00", "Completed", "No"),
        ("K2", "Kim Rees", "2026-06-02 11:00", "Cancelled by clinic", "No"),
        ("K1", "Kim Rees", "2026-06-03 10:00", "Completed", "Yes"),
    ]
    found = completed(tmp_path, rows, {}, most=0)
    assert [row["status"] for row in found] == ["attended", "service_cancelled", "no_show"]


def test_the_usual_word_is_asked_where_no_other_says_that_somebody_came(tmp_path: Path) -> None:
    rows = [
        ("Client ID", "Therapist", "Start", "Status"),
        ("K1", "Kim Rees", "2026-06-02 10:00", "Confirmed"),
        ("K2", "Kim Rees", "2026-06-02 11:00", "Missed"),
    ]
    found = completed(tmp_path, rows, {'"Confirmed" = "?"': '"Confirmed" = "attended"'}, most=1)
    assert [row["status"] for row in found] == ["attended", "no_show"]
    other = tmp_path / "other"
    other.mkdir()
    more = [*rows, ("K3", "Kim Rees", "2026-06-03 10:00", "Arrived")]
    assert [row["status"] for row in completed(other, more, {}, most=0)] == ["no_show", "attended"]


def test_when_something_was_booked_is_not_when_it_begins(tmp_path: Path) -> None:
    """Times at odd minutes are when somebody pressed a button."""
    file = put(tmp_path, "f.csv", [
        ("Client ID", "Therapist", "Date Scheduled", "Status"),
        ("K1", "Kim Rees", "2026-06-02 10:03:17", "Completed"),
        ("K2", "Kim Rees", "2026-06-02 11:41:02", "Completed"),
    ])  # fmt: skip
    write_first_map(file, tmp_path / "map.toml")
    assert '[columns.scheduled_start] # no header looks like it\nfrom = ["?"]' in (tmp_path / "map.toml").read_text()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Cancelled late", "late_cancelled"), ("Late cancellation by client", "late_cancelled"),
        ("Cancelled by therapist", "clinician_cancelled"), ("Provider Cancellation", "clinician_cancelled"),
        ("Clinic cancelled", "service_cancelled"), ("Canceled by Patient", "client_cancelled"),
        ("Client no-show", "no_show"), ("Client did not attend", "no_show"), ("Occurred", "attended"),
        ("Patient attended", "attended"), ("CNA", "client_cancelled"),
        ("Cancelled", ""), ("Cancelled by client, therapist informed", ""), ("Cancelled late by therapist", ""),
        ("Late", ""), ("Not cancelled", ""), ("Attended by phone", ""), ("Ann Lee", ""), ("", ""),
    ],
)  # fmt: skip
def test_what_words_of_a_status_plainly_mean(word: str, status: str) -> None:
    assert status_meant(word) == status


def test_a_questionnaires_day_is_asked_where_its_header_may_be_somebodys_name(tmp_path: Path) -> None:
    for header, said in (
        ("Hartzfeld, Wendeline", '"?"'),
        ("date_filled", '"date_filled"'),
        ("Timestamp", '"Timestamp"'),
    ):
        rows = [("who", header, *(f"stss_{n}" for n in range(1, 18))), ("Bo Roe", "2026-06-01", *["2"] * 17)]
        write_first_map(put(tmp_path, "f.csv", rows), tmp_path / f"{len(header)}.toml")
        text = (tmp_path / f"{len(header)}.toml").read_text(encoding="utf-8")
        assert f"[columns.completed_on]\nfrom = [{said}]" in text
        assert "Wendeline" not in text


def test_minutes_between_two_times_of_day(tmp_path: Path) -> None:
    """In a map of one's own; an end before the beginning is refused by `BACKWARDS`, as with dates."""
    (tmp_path / "map.toml").write_text(
        'title = "Ours"\ndates = "day/month/year"\n[people.client]\nnumber = "Ref"\n[people.clinician]\nvalue = "Bo"\n'
        '[columns.scheduled_start]\nfrom = ["Day", "From"]\n[columns.scheduled_minutes]\nbetween = ["From", "To"]\n'
        '[columns.status]\nvalue = "attended"\n'
    )
    rows = [("Ref", "Day", "From", "To"), ("R1", "17/06/2026", "9h30", "10h15"), ("R2", "17/06/2026", "11:00", "")]
    run(put(tmp_path, "f.csv", rows), to=tmp_path / "practice", format=str(tmp_path / "map.toml"))
    assert [row["scheduled_minutes"] for row in cells(tmp_path / "practice")] == ["45", ""]
