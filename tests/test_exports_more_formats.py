"""Formats of further programs, by the names that they are known to write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from export_fixtures import cells, put, run

Rows = Sequence[Sequence[str]]

CLINIKO: Rows = [
    ("id", "practitioner", "patient_id", "starts_at", "ends_at", "patient_arrived", "did_not_arrive", "cancelled_at"),
    ("77001", "Bo Roe", "91", "2026-06-03T00:00:00Z", "2026-06-03T00:45:00Z", "true", "false", ""),
    ("77002", "Bo Roe", "92", "2026-06-03T01:00:00Z", "2026-06-03T01:45:00Z", "false", "true", ""),
    ("77003", "Bo Roe", "91", "2026-06-10T00:00:00Z", "2026-06-10T00:45:00Z", "false", "false", "2026-06-09T20:00Z"),
    ("77004", "Bo Roe", "92", "2026-06-10T01:00:00Z", "2026-06-10T01:45:00Z", "false", "false", "2026-06-01T20:00Z"),
    ("77005", "Bo Roe", "92", "2026-06-17T01:00:00Z", "2026-06-17T01:45:00Z", "false", "false", ""),
]
EPIC: Rows = [
    ("APPT_DTTM", "PROV_NAME_WID", "IDENTITY_ID", "PAT_ENC_CSN_ID", "APPT_STATUS_NAME", "APPT_LENGTH",
     "CANCEL_INITIATOR", "CANCEL_LEAD_HOURS"),
    ("2026-06-03 09:00:00.000", "ROE, BO [7]", "0041", "1", "Completed", "45", "", ""),
    ("2026-06-03 10:00:00.000", "ROE, BO [7]", "0042", "2", "Left without seen", "45", "", ""),
    ("2026-06-04 09:00:00.000", "ROE, BO [7]", "0041", "3", "Canceled", "45", "PATIENT", "5"),
    ("2026-06-04 10:00:00.000", "ROE, BO [7]", "0042", "4", "Canceled", "45", "PATIENT", "50"),
    ("2026-06-05 09:00:00.000", "ROE, BO [7]", "0041", "5", "Canceled", "45", "PROVIDER", "5"),
    ("2026-06-05 10:00:00.000", "ROE, BO [7]", "0041", "6", "Scheduled", "45", "", ""),
]  # fmt: skip
CONTACTS: Rows = [
    ("CareContactID", "LocalPatientID", "CarePersLocalID", "CareContDate", "CareContTime", "AttendOrDNACode",
     "ClinContactDurOfCareContact", "ConsMediumUsed"),
    *((f"c{code}", f"p{code}", "w1", "2026-06-03", "09:30:00", code, "50" if code in "56" else "", medium)
      for code, medium in zip("5673240", ("01", "02", "11", "01", "01", "01", "01"), strict=True)),
]  # fmt: skip
BOOKED: Rows = [
    ("appointmentid", "patientid", "providerid", "departmentid", "date", "starttime", "duration", "appointmentstatus",
     "cancelreasonname", "cancelreasonnoshow", "cancelleddatetime", "rescheduledappointmentid"),
    *((str(number), f"4{number % 2}", "71", "1", f"06/{number:02}/2026", "09:30", "45", *rest)
      for number, rest in enumerate([
          ("2", "", "", "", ""), ("3", "", "", "", ""), ("4", "", "", "", ""),
          ("x", "PATIENT NO SHOW", "true", "06/04/2026 10:30:00", ""),
          ("x", "PATIENT CANCELLED", "false", "06/05/2026 11:00:00", ""),
          ("x", "PATIENT RESCHEDULED", "false", "06/05/2026 11:00:00", "17"),
          ("f", "", "", "", ""), ("o", "", "", "", ""),
      ], start=1)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "zone", "expected"),
    [
        (CLINIKO, "Australia/Sydney", ["attended", "no_show", "late_cancelled", "client_cancelled"]),
        (EPIC, "", ["attended", "no_show", "late_cancelled", "client_cancelled", "clinician_cancelled"]),
        (CONTACTS, "", ["attended", "attended", "no_show", "no_show", "client_cancelled", "clinician_cancelled"]),
        (BOOKED, "", ["attended", "attended", "attended", "no_show", "client_cancelled"]),
        ([row[:-1] for row in BOOKED if row[-1] != "17"], "", [*["attended"] * 3, "no_show", "client_cancelled"]),
    ],
    ids=["cliniko", "epic", "talking-therapies", "athenahealth", "athenahealth without moves"],
)
def test_a_format_is_recognised_and_says_who_came(rows: Rows, zone: str, expected: list[str], tmp_path: Path) -> None:
    done = run(put(tmp_path, "export.csv", rows), to=tmp_path / "practice", time_zone=zone)
    assert [row["status"] for row in cells(tmp_path / "practice")] == expected
    assert sum(done.files[0].left_out.values()) == len(rows) - 1 - len(expected)


def test_universal_times_are_those_of_the_practice(tmp_path: Path) -> None:
    run(put(tmp_path, "export.csv", CLINIKO), to=tmp_path / "practice", time_zone="Australia/Sydney")
    found = cells(tmp_path / "practice")[0]
    assert (found["scheduled_start"], found["scheduled_minutes"]) == ("2026-06-03T10:00", "45")


def test_how_a_care_contact_was_held(tmp_path: Path) -> None:
    run(put(tmp_path, "export.csv", CONTACTS), to=tmp_path / "practice")
    assert [row["modality"] for row in cells(tmp_path / "practice")][:3] == ["in_person", "phone", "video"]
