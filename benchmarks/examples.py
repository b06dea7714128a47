"""Inputs that are right, for `doors.py` to make something wrong in: small, and with every key that is read."""

from __future__ import annotations

from random import Random
from typing import Any

from inputs import planted

PERSONS = ("Ann Lee", "Cy Dahl")

SETTINGS: dict[str, Any] = {
    "weekends_after_hours": True, "workday_start": "08:30", "workday_end": "17:00", "names": "codes",
    "min_people": 6, "min_respondents": 8, "supervision_hours_a_month": 2.5,
    "interventions": {"emdr": ["preparation", "action"]},
}  # fmt: skip
_CONTACT = {"name": "Peer line", "kind": "peer_group", "how": "0800 1", "hours": "9 to 5", "team": "north"}
CONTACTS = {"contact": [_CONTACT, _CONTACT]}
_IMPORT = {
    "title": "Export", "imported_on": "2026-06-01", "sha256": "0" * 64, "table": "sessions", "rows": 9,
    "first": "2026-05-04", "last": "2026-05-18", "left_out": {"empty rows": 1}, "defaults": {"Show": 4},
    "notes": ["a note"], "key": "0011223344556677",
}  # fmt: skip
IMPORTS = {"caseload_imports": 1, "imports": [_IMPORT, _IMPORT]}
_REPORT = {"kind": "supervisee", "id": "C07", "status": "done", "seconds": 1.2, "error": None, "key": "00"}
MANIFEST = {
    "month": "2026-05",
    "parameters": {"data": "sample", "clinicians": None, "supervisor": None, "min_people": 5, "min_respondents": 8},
    "reports": [_REPORT, {**_REPORT, "id": "C08"}],
    "files": {"C07.html": "0" * 64, "own/C07.html": "1" * 64, "../x": "2"}, "key": "ab", "claims": ["0" * 16],
    "printed": {"C07.pdf": {"page": "0" * 64, "paper": "a4"}}, "shown": ["0" * 16],
    "practice": {"data": "sample", "key": "ff"},
}  # fmt: skip


def attendance(rng: Random) -> list[list[str]]:
    """An attendance report, in which somebody's name is planted where names belong."""
    who = (*PERSONS, planted(rng))
    statuses = ("Show", "No show", "Canceled", "Late canceled")
    rows = [[rng.choice(who), "Bo Roe", f"05/{n + 4:02}/2026", "Main", rng.choice(statuses)] for n in range(4)]
    return [["client_name", "clinician_name", "date_of_service", "office_name", "status"], *rows]


def check_in(rng: Random) -> dict[str, Any]:
    """A check-in, without its sum; a goal is planted."""
    client = {"client_id": "K1", "effort": 6, "engagement": 3.5, "stage_of_change": "action", "interventions": []}
    return {
        "format": "caseload check-in", "version": 1, "clinician_id": "C1", "month": "2026-05", "clients": [client],
        "supports": [{"date": "2026-05-06", "kind": "supervision", "planned_minutes": 60, "cancelled_by": None}],
        "selfcare_plan": [{"goal": planted(rng), "kind": "boundary", "planned_times": 8, "barrier": "workload"}],
        "visible_to": "supervisor", "surveys": [{"instrument": "activation", "item": "total", "response": 4}],
    }  # fmt: skip


def resources(rng: Random) -> list[dict[str, Any]]:
    """Resources of FHIR R4: an appointment, its encounter and a questionnaire, with two people who are planted."""
    who = {"reference": "Patient/p1"}, {"reference": "Practitioner/d1"}
    return [
        {"resourceType": "Patient", "id": "p1", "name": [{"family": planted(rng), "given": ["Ann"]}],
         "birthDate": "1980-02-03"},
        {"resourceType": "Practitioner", "id": "d1", "name": [{"text": planted(rng)}]},
        {"resourceType": "Appointment", "id": "a1", "status": "fulfilled", "start": "2026-05-04T14:00:00Z",
         "end": "2026-05-04T14:50:00Z", "participant": [{"actor": one, "status": "accepted"} for one in who]},
        {"resourceType": "Encounter", "id": "e1", "status": "finished", "class": {"code": "AMB"}, "subject": who[0],
         "participant": [{"individual": who[1]}], "appointment": [{"reference": "Appointment/a1"}],
         "period": {"start": "2026-05-04T14:05:00Z", "end": "2026-05-04T15:00:00Z"}},
        {"resourceType": "QuestionnaireResponse", "id": "q1", "status": "completed", "subject": who[1],
         "questionnaire": "https://forms.example.org/Questionnaire/proqol5", "authored": "2026-05-10T18:00:00+02:00",
         "item": [{"linkId": "1", "answer": [{"valueInteger": 3}]}]},
    ]  # fmt: skip
