"""FHIR R4 exports: bulk files and Bundles of the published shapes, and what is refused of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caseload import cli
from caseload.errors import InputError, ParameterError, Problem
from caseload.intake import read_practice
from caseload.intake.exports import fhir
from caseload.intake.exports.fhir.answers import item_of
from caseload.intake.exports.fhir.elements import minutes
from caseload.intake.exports.map_files import read_map
from caseload.intake.exports.run import Imported, import_exports
from caseload.intake.pseudonyms import default_key_file, read_key_file

Resource = dict[str, Any]
NOW = dt.datetime(2026, 6, 1)
ZONE = "Europe/Berlin"
SECRET = "Zqsecret"
REASONS = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
KINDS = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
NPI = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}


def reference(target: str | Mapping[str, Any]) -> Resource:
    return {"reference": target} if isinstance(target, str) else dict(target)


def appointment(id: str = "a1", *actors: Any, **changes: Any) -> Resource:
    found = {
        "resourceType": "Appointment",
        "id": id,
        "status": "fulfilled",
        "start": "2026-05-04T14:00:00Z",
        "end": "2026-05-04T14:50:00Z",
        "participant": [
            {"actor": reference(actor), "status": "accepted"} for actor in actors or ("Patient/p1", "Practitioner/d1")
        ],
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def cancelled(id: str, code: str | None, **changes: Any) -> Resource:
    reason = {"coding": [{"system": REASONS, "code": code}]} if code else None
    return appointment(id, status="cancelled", cancelationReason=reason, **changes)


def encounter(id: str = "e1", **changes: Any) -> Resource:
    found = {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": "Patient/p1"},
        "participant": [{"individual": {"reference": "Practitioner/d1"}}],
        "appointment": [{"reference": "Appointment/a1"}],
        "period": {"start": "2026-05-04T14:05:00Z", "end": "2026-05-04T15:00:00Z"},
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def patient(id: str | None = "p1", **changes: Any) -> Resource:
    names = [{"use": "official", "family": SECRET, "given": ["Ann"]}]
    found = {"resourceType": "Patient", "id": id, "name": names, "birthDate": "1980-02-03"} | changes
    return {name: value for name, value in found.items() if value is not None}


def practitioner(id: str | None = "d1", **changes: Any) -> Resource:
    found = {
        "resourceType": "Practitioner",
        "id": id,
        "identifier": [NPI],
        "name": [{"text": f"Dr {SECRET}"}],
    } | changes
    return {name: value for name, value in found.items() if value is not None}


def role(id: str = "r1", of: Any = "Practitioner/d1") -> Resource:
    return {"resourceType": "PractitionerRole", "id": id, "practitioner": reference(of)}


def answered(id: str, questionnaire: str, answers: Mapping[str, Any], **changes: Any) -> Resource:
    found = {
        "resourceType": "QuestionnaireResponse",
        "id": id,
        "status": "completed",
        "questionnaire": f"https://forms.example.org/Questionnaire/{questionnaire}",
        "subject": {"reference": "Practitioner/d1"},
        "authored": "2026-05-10T18:00:00+02:00",
        "item": [{"linkId": link, "answer": [answer]} for link, answer in answers.items()],
    }
    return {name: value for name, value in (found | changes).items() if value is not None}


def whole(value: int) -> Resource:
    return {"valueInteger": value}


PEOPLE = (patient(), patient("p2", birthDate="1991-01-01"), practitioner(), practitioner("d2", identifier=[]), role())


def bulk(folder: Path, *resources: Resource, people: Sequence[Resource] = PEOPLE) -> list[Path]:
    """A bulk export: one file for each type, a resource on every line."""
    folder.mkdir(exist_ok=True)
    files: dict[str, list[str]] = {}
    for resource in (*resources, *people):
        files.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    for kind, lines in files.items():
        (folder / f"{kind}.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [folder / f"{kind}.ndjson" for kind in files]


def bundle(path: Path, *entries: tuple[str, Resource], **more: Any) -> list[Path]:
    made = [{"fullUrl": url, "resource": resource} if url else {"resource": resource} for url, resource in entries]
    path.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": made} | more, indent=1))
    return [path]


def taken(files: Sequence[Path], folder: Path, **options: Any) -> Imported:
    return import_exports(files, folder, "fhir", **({"time_zone": ZONE, "now": NOW} | options))


def sessions(tmp_path: Path, *resources: Resource, people: Sequence[Resource] = PEOPLE) -> pd.DataFrame:
    return imported(tmp_path, *resources, people=people)[0]


def imported(
    tmp_path: Path, *resources: Resource, people: Sequence[Resource] = PEOPLE
) -> tuple[pd.DataFrame, Imported]:
    done = taken(bulk(tmp_path / "bulk", *resources, people=people), tmp_path / "practice")
    return pd.read_csv(tmp_path / "practice" / "sessions.csv"), done


def table(tmp_path: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(tmp_path / "practice" / f"{name}.csv")


def left_out(done: Imported) -> dict[str, int]:
    return {why: count for file in done.files for why, count in file.left_out.items()}


def notes(done: Imported) -> str:
    return "\n".join(note for file in done.files for note in file.notes)


def refused(files: Sequence[Path], folder: Path, **options: Any) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        taken(files, folder, **options)
    assert SECRET not in str(caught.value)
    assert not folder.exists() or not list(folder.iterdir())
    return caught.value.problems


# Appointments


@pytest.mark.parametrize(
    ("status", "ours"),
    [("fulfilled", "attended"), ("arrived", "attended"), ("checked-in", "attended"), ("noshow", "no_show")],
)
def test_statuses_that_say_who_came(tmp_path: Path, status: str, ours: str) -> None:
    frame = sessions(tmp_path, appointment(status=status))
    assert frame["status"].tolist() == [ours]
    assert frame["scheduled_start"].tolist() == ["2026-05-04T16:00"]  # of the practice, not of Greenwich
    assert frame["scheduled_minutes"].tolist() == [50]


@pytest.mark.parametrize("status", ["proposed", "pending", "booked", "waitlist", "entered-in-error"])
def test_statuses_that_do_not_are_left_out_and_counted(tmp_path: Path, status: str) -> None:
    frame, done = imported(tmp_path, appointment("kept"), appointment(status=status), appointment("a3", status=status))
    assert len(frame) == 1
    ((why, count),) = left_out(done).items()
    assert count == 2
    assert ("error" in why) == (status == "entered-in-error")


def test_a_status_that_r4_does_not_have_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(bulk(tmp_path / "bulk", appointment(status="rebooked")), tmp_path / "practice")
    assert problem.place == "Appointment.ndjson, status, line 1 (1 line)"


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("pat", "client_cancelled"),
        ("pat-lt", "client_cancelled"),
        ("prov-pers", "clinician_cancelled"),
        ("maint", "service_cancelled"),
        ("meds-inc", "service_cancelled"),
        ("other", "service_cancelled"),
        ("oth-weath", "service_cancelled"),
    ],
)
def test_who_cancelled_is_told_by_the_reason(tmp_path: Path, code: str, ours: str) -> None:
    assert sessions(tmp_path, cancelled("a1", code))["status"].tolist() == [ours]


def test_the_map_holds_every_reason_of_r4() -> None:
    (reasons,) = [other for other in read_map("fhir").columns["status"][0].instead if "pat" in other.words]
    families = {"pat": 11, "prov": 8, "maint": 1, "meds": 1, "other": 1, "oth": 10}  # R4's 32 codes, by their beginning
    counts: dict[str, int] = {}
    for word in reasons.words:
        counts[word.split("-")[0]] = counts.get(word.split("-")[0], 0) + 1
    assert counts == families


@pytest.mark.parametrize("code", [None, "our-own-code"])
def test_nobody_is_said_to_have_cancelled_without_a_known_reason(tmp_path: Path, code: str | None) -> None:
    frame, done = imported(tmp_path, appointment("kept"), cancelled("a2", code))
    assert len(frame) == 1
    assert left_out(done) == {"cancelled, without a word on who cancelled": 1}


def test_a_reason_of_a_missed_appointment_cancels_nothing(tmp_path: Path) -> None:
    reason = {"coding": [{"system": REASONS, "code": "prov-pers"}]}
    assert sessions(tmp_path, appointment(status="noshow", cancelationReason=reason))["status"].tolist() == ["no_show"]


@pytest.mark.parametrize(
    ("at", "ours"), [("2026-05-03T14:00:00Z", "client_cancelled"), ("2026-05-03T14:01:00Z", "late_cancelled")]
)
def test_a_cancellation_is_late_within_a_day(tmp_path: Path, at: str, ours: str) -> None:
    url = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.cancellationDate"
    extension = [{"url": url, "valueDateTime": at}]
    assert sessions(tmp_path, cancelled("a1", "pat", extension=extension))["status"].tolist() == [ours]


def test_planned_minutes_come_from_the_resource_or_its_ends(tmp_path: Path) -> None:
    frame = sessions(
        tmp_path, appointment("a1", minutesDuration=45), appointment("a2"), appointment("a3", end=None),
        appointment("a4", end="2026-05-04"),
    )  # fmt: skip
    assert frame["scheduled_minutes"].tolist()[:2] == [45, 50]
    assert frame["scheduled_minutes"].isna().tolist() == [False, False, True, True]


def test_minutes_are_those_of_the_world_clock_when_clocks_change(tmp_path: Path) -> None:
    start, end = "2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"  # Berlin's clocks skip 02:00 to 03:00
    frame = sessions(tmp_path, appointment(start=start, end=end))
    assert frame["scheduled_start"].tolist() == ["2026-03-29T01:30"]
    assert frame["scheduled_minutes"].tolist() == [60]


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-05-04T14:00:00Z", "2026-05-04T16:00:00+02:00", "0"),
        ("2026-05-04T14:00:00Z", "2026-05-04T13:00:00Z", "-60"),
        ("2026-05-04T14:00:00.500Z", "2026-05-04T14:01:00.500Z", "1"),
        ("2026-05-04", "2026-05-04T13:00:00Z", ""),
        ("2026-05-04T14:00:00", "2026-05-04T15:00:00Z", ""),
        ("", "", ""),
    ],
)
def test_minutes_between_instants(begin: str, end: str, expected: str) -> None:
    assert minutes(begin, end, "period") == expected


def test_an_end_before_the_start_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(
        bulk(tmp_path / "bulk", appointment("a0"), appointment(end="2026-05-04T13:00:00Z")), tmp_path / "practice"
    )
    assert (problem.rows, problem.unit) == ((2,), "line")


def test_offsets_need_the_practices_time_zone(tmp_path: Path) -> None:
    (problem,) = refused(bulk(tmp_path / "bulk", appointment()), tmp_path / "practice", time_zone="")
    assert "--time-zone" in problem.action


def test_appointments_without_somebody_to_meet_are_left_out(tmp_path: Path) -> None:
    frame, done = imported(
        tmp_path, appointment("kept"), appointment("a2", "Practitioner/d1"),
        appointment("a3", "Patient/p1", "Location/l"),
    )  # fmt: skip
    assert len(frame) == 1
    assert left_out(done) == {"appointments without a patient": 1, "appointments without a practitioner": 1}


def test_everyone_of_a_group_has_a_session(tmp_path: Path) -> None:
    group = appointment("a1", "Patient/p1", "Patient/p2", "Practitioner/d1")
    group["participant"][1]["status"] = "declined"
    frame = sessions(tmp_path, group)
    assert frame["modality"].tolist() == ["group", "group"]
    assert frame["status"].tolist() == ["attended", "client_cancelled"]
    assert frame["session_id"].nunique() == frame["client_id"].nunique() == 2
    assert frame["clinician_id"].unique().size == 1


def test_of_several_clinicians_the_primary_performer_is_taken(tmp_path: Path) -> None:
    both = appointment("a1", "Patient/p1", "Practitioner/d1", "Practitioner/d2")
    primary = appointment("a2", "Patient/p1", "Practitioner/d1", "Practitioner/d2")
    primary["participant"][2]["type"] = [{"coding": [{"system": KINDS, "code": "PPRF"}]}]
    frame, done = imported(tmp_path, appointment("a0"), both, primary)
    first, again, other = frame["clinician_id"]
    assert first == again != other
    assert "several clinicians, of whom the first who performs or attends is taken: 2." in notes(done)


# Encounters


def test_an_encounter_tells_that_somebody_came_and_for_how_long(tmp_path: Path) -> None:
    video = encounter(**{"class": {"code": "VR"}})
    frame = sessions(tmp_path, appointment(status="booked"), video)
    assert frame[["status", "actual_minutes", "modality"]].values.tolist() == [["attended", 55, "video"]]
    assert frame["scheduled_start"].tolist() == ["2026-05-04T16:00"]  # as planned


def test_an_encounter_does_not_undo_a_missed_appointment(tmp_path: Path) -> None:
    frame, done = imported(tmp_path, appointment(status="noshow"), encounter())
    assert frame["status"].tolist() == ["no_show"]
    assert "actual_minutes" not in frame
    assert "read as the appointment says: 1." in notes(done)


def test_an_encounter_entered_in_error_says_nothing(tmp_path: Path) -> None:
    frame, done = imported(
        tmp_path, appointment("a0"), appointment(status="booked"), encounter(status="entered-in-error")
    )
    assert len(frame) == 1
    assert left_out(done) == {"booked, without a word on who came": 1, "entered in error": 1}


@pytest.mark.parametrize(
    ("status", "ours"),
    [
        ("arrived", "attended"), ("triaged", "attended"), ("in-progress", "attended"), ("onleave", "attended"),
        ("finished", "attended"), ("planned", None), ("cancelled", None), ("unknown", None), ("entered-in-error", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("setting", "modality"), [("AMB", "in_person"), ("VR", "video"), ("HH", "home_visit"), ("FLD", None)]
)
def test_an_encounter_by_itself_is_a_session(
    tmp_path: Path, status: str, ours: str | None, setting: str, modality: str | None
) -> None:
    frame, done = imported(
        tmp_path, appointment("a9"), encounter(status=status, appointment=None, **{"class": {"code": setting}})
    )
    rest = frame[frame["scheduled_start"] != "2026-05-04T16:00"]
    if ours is None:
        assert rest.empty and sum(left_out(done).values()) == 1
        return
    assert rest["status"].tolist() == [ours]
    assert rest["modality"].dropna().tolist() == [modality] * (modality is not None)
    assert rest["actual_minutes"].tolist() == [55]


def test_an_appointment_that_comes_after_its_encounter_is_no_second_session(tmp_path: Path) -> None:
    taken(bulk(tmp_path / "encounters", encounter()), tmp_path / "practice")
    first = table(tmp_path, "sessions")
    done = taken(bulk(tmp_path / "both", appointment(), encounter()), tmp_path / "practice")
    assert table(tmp_path, "sessions")["session_id"].tolist() == first["session_id"].tolist()
    assert done.changes[0].changed == 1


@pytest.mark.parametrize(
    ("end", "known"), [("2026-05-05T00:05:00Z", True), ("2026-05-05T00:06:00Z", False), ("2026-05-04T14:05:00Z", False)]
)
def test_an_encounter_that_stayed_open_does_not_say_how_long_it_took(tmp_path: Path, end: str, known: bool) -> None:
    frame, done = imported(tmp_path, appointment(), encounter(period={"start": "2026-05-04T14:05:00Z", "end": end}))
    assert ("actual_minutes" in frame) == known
    assert ("longer than ten hours" in notes(done)) == (not known)


def test_further_encounters_and_parts_are_counted(tmp_path: Path) -> None:
    part = encounter("e3", partOf={"reference": "Encounter/e1"})
    frame, done = imported(tmp_path, appointment(), encounter("e0", status="planned"), encounter(), part)
    assert frame["actual_minutes"].tolist() == [55]
    assert "one appointment and client, passed over: 1." in notes(done)
    assert "part of another one, passed over: 1." in notes(done)


def test_an_encounter_that_names_its_appointment_by_an_identifier_is_refused(tmp_path: Path) -> None:
    link = [{"identifier": {"system": "s", "value": SECRET}}]
    (problem,) = refused(bulk(tmp_path / "bulk", appointment(), encounter(appointment=link)), tmp_path / "practice")
    assert problem.place == "Encounter.ndjson, appointment, line 1 (1 line)"


# People

WAYS = {
    "relative": "Practitioner/d1",
    "absolute": "https://fhir.example.org/r4/Practitioner/d1",
    "versioned": "https://fhir.example.org/r4/Practitioner/d1/_history/3",
    "role": "PractitionerRole/r1",
    "identifier": {"identifier": NPI},
    "typed identifier": {"type": "Practitioner", "identifier": NPI},
    "conditional": f"Practitioner?identifier={NPI['system']}|{NPI['value']}",
    "conditional, encoded": f"Practitioner?identifier=http%3A%2F%2Fhl7.org%2Ffhir%2Fsid%2Fus-npi%7C{NPI['value']}",
    "both": {"reference": "Practitioner/d1", "identifier": {"system": "other", "value": "1"}},
    "contained role": "#role",
    "contained role of a contained one": "#inner",
    "contained": "#me",
}


@pytest.mark.parametrize("way", WAYS)
def test_one_person_is_one_however_referred_to(tmp_path: Path, way: str) -> None:
    contained = [role("role"), role("inner", "#me"), practitioner("me", name=[{"text": "D."}])]
    frame = sessions(tmp_path, appointment("a1"), appointment("a2", "Patient/p1", WAYS[way], contained=contained))
    assert frame["clinician_id"].unique().size == 1
    assert frame["client_id"].unique().size == 1


def test_names_and_dates_of_birth_are_in_the_key_file_alone(tmp_path: Path) -> None:
    imported(tmp_path, appointment(), answered("q1", "proqol5", {"1": whole(3)}))
    for file in (tmp_path / "practice").iterdir():
        text = file.read_text()
        assert SECRET not in text and "1980" not in text and "Patient/p1" not in text
    keys = read_key_file(default_key_file(tmp_path / "practice"))
    assert keys is not None
    known = {(who.kind, who.name, who.born, who.number) for who in keys.people.values()}
    assert known == {
        ("client", f"Ann {SECRET}", "1980-02-03", "Patient/p1"),
        ("clinician", f"Dr {SECRET}", "", "Practitioner/d1"),
    }


def test_an_id_is_enough_to_be_the_same_person_in_a_month_without_people(tmp_path: Path) -> None:
    taken(bulk(tmp_path / "may", appointment()), tmp_path / "practice")
    done = taken(bulk(tmp_path / "june", appointment("a2"), people=()), tmp_path / "practice")
    frame = table(tmp_path, "sessions")
    assert (frame["clinician_id"].nunique(), frame["client_id"].nunique()) == (1, 1)
    assert "known by their number, without a name: 2." in notes(done)


@pytest.mark.parametrize("way", ["role", "identifier", "typed identifier", "conditional", "contained"])
def test_who_cannot_be_found_is_refused_and_never_made_a_second_person(tmp_path: Path, way: str) -> None:
    one = appointment("a1", "Patient/p1", WAYS[way], contained=[practitioner("me")])
    files = bulk(tmp_path / "bulk", appointment("a0"), one, people=[patient()])
    (problem,) = refused(files, tmp_path / "practice")
    assert problem.place == "Appointment.ndjson, participant, line 2 (1 line)"
    assert "Practitioner" in problem.action


def test_an_identifier_of_two_people_is_refused(tmp_path: Path) -> None:
    people = [practitioner(), practitioner("d2"), patient()]
    files = bulk(tmp_path / "bulk", appointment("a1", "Patient/p1", {"identifier": NPI}), people=people)
    (problem,) = refused(files, tmp_path / "practice")
    assert "several" in problem.found


def test_ids_of_two_servers_are_refused(tmp_path: Path) -> None:
    one = appointment("a1", "https://a.example.org/Patient/p1", "https://b.example.org/Practitioner/d1")
    (problem,) = refused(bulk(tmp_path / "bulk", one), tmp_path / "practice")
    assert "2 servers" in problem.found


def test_a_bundle_is_read_by_its_full_urls(tmp_path: Path) -> None:
    uuids = [f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in range(4)]
    files = bundle(
        tmp_path / "bundle.json",
        (uuids[0], patient("p1")),
        (uuids[1], practitioner(None)),
        (uuids[2], appointment("a1", uuids[0], uuids[1])),
        (uuids[3], encounter(subject=reference(uuids[0]), appointment=[reference(uuids[2])])),
        ("", appointment("a2", "Patient/p1", {"identifier": NPI})),
    )
    done = taken(files, tmp_path / "practice")
    frame = table(tmp_path, "sessions")
    assert frame["client_id"].nunique() == frame["clinician_id"].unique().size == 1
    assert frame["actual_minutes"].fillna(0).tolist() == [55, 0]
    assert "People without an id: known by an identifier, or by name and date of birth: 1." in notes(done)


def test_a_reference_out_of_a_bundle_is_refused(tmp_path: Path) -> None:
    files = bundle(tmp_path / "bundle.json", ("", appointment("a1", "Patient/p1", "urn:uuid:gone")))
    (problem,) = refused(files, tmp_path / "practice")
    assert problem.place == "bundle.json, participant, entry 1 (1 entry)"


def test_a_contained_person_without_an_identifier_is_known_by_name(tmp_path: Path) -> None:
    contained = [practitioner("me", identifier=[])]
    frame = sessions(
        tmp_path, *(appointment(name, "Patient/p1", "#me", contained=contained) for name in ("a1", "a2")), people=[]
    )
    assert frame["clinician_id"].unique().size == 1


# Questionnaires


def test_a_clinicians_answers_become_a_survey(tmp_path: Path) -> None:
    ordinal = {"url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": 4}
    older = {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-CO-value", "valueDecimal": 2.0}
    deep = {"linkId": "g2", "item": [{"linkId": "q-05", "answer": [whole(5)]}]}
    response = answered(
        "q1",
        "ProQOL-5|1.0",
        {
            "proqol/1": whole(1),
            "q2": {"valueDecimal": 2.0},
            "q3": {"valueCoding": {"code": "often", "extension": [ordinal]}},
            "q4": {"valueCoding": {"code": "3", "system": "urn:x"}},
            "q6": {"valueCoding": {"code": "x", "extension": [older]}, "item": [deep]},
            "remark": {"valueString": SECRET},
        },
    )
    _, done = imported(tmp_path, appointment(), response)
    frame = table(tmp_path, "surveys")
    assert frame.set_index("item")["response"].to_dict() == {1: 1, 2: 2, 3: 4, 4: 3, 5: 5, 6: 2}
    assert set(frame["instrument"]) == {"proqol5"} and set(frame["completed_on"]) == {"2026-05-10"}
    assert set(frame["clinician_id"]) == set(table(tmp_path, "sessions")["clinician_id"])
    assert "Answers that are no number (words, for example), passed over: 1." in notes(done)


@pytest.mark.parametrize("name", ["subject", "source", "author"])
def test_the_clinician_of_a_survey_stands_in_one_of_three_places(tmp_path: Path, name: str) -> None:
    people = {"subject": None, name: {"reference": "PractitionerRole/r1"}}
    imported(tmp_path, appointment(), answered("q1", "cbi", {"1": whole(75)}, **people))
    assert table(tmp_path, "surveys")["clinician_id"].tolist() == table(tmp_path, "sessions")["clinician_id"].tolist()


def test_only_completed_surveys_count(tmp_path: Path) -> None:
    many = [
        answered(f"q{number}", "olbi", {str(number): whole(2)}, status=status)
        for number, status in enumerate(
            ["completed", "amended", "in-progress", "stopped", "entered-in-error", "in-progress"], start=1
        )
    ]
    _, done = imported(tmp_path, appointment(), *many)
    assert table(tmp_path, "surveys")["item"].tolist() == [1, 2]
    assert left_out(done) == {"questionnaires entered in error": 1, "questionnaires that are not completed": 3}


def test_unknown_questionnaires_are_named_and_passed_over(tmp_path: Path) -> None:
    _, done = imported(
        tmp_path, appointment(), answered("q1", "phq-9|2", {"1": whole(1)}), answered("q2", "a b", {"1": whole(1)}),
        answered("q3", SECRET, {"1": whole(1)}),
    )  # fmt: skip
    assert "Questionnaires that the map does not know (phq-9): 1." in notes(done)
    assert "Questionnaires that the map does not know (without a plain name): 2." in notes(done)
    assert SECRET not in notes(done)
    assert not (tmp_path / "practice" / "surveys.csv").exists()


def test_a_map_knows_the_instruments_of_its_questionnaires(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    shipped = Path(fhir.__path__[0]).with_name("formats") / "fhir.toml"
    path.write_text(shipped.read_text("utf-8").replace('"stss" = "stss"', '"stss" = "stsss"'), "utf-8")
    with pytest.raises(InputError, match="did you mean stss") as caught:
        read_map(str(path))
    assert [problem.column for problem in caught.value.problems] == ["questionnaires"]


def test_a_practice_adds_questionnaires_and_reasons_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    text = (Path(fhir.__path__[0]).with_name("formats") / "fhir.toml").read_text("utf-8")
    text = text.replace('"stss" = "stss"', '"https://forms.example.org/Questionnaire/77" = "stss"')
    path.write_text(text.replace('"pat" = ', '"ill" = "client_cancelled"\n"pat" = '), "utf-8")
    files = bulk(tmp_path / "bulk", cancelled("a1", "ill"), answered("q1", "77|3", {"1": whole(2)}))
    import_exports(files, tmp_path / "practice", str(path), time_zone=ZONE, now=NOW)
    assert table(tmp_path, "sessions")["status"].tolist() == ["client_cancelled"]
    assert table(tmp_path, "surveys")["instrument"].tolist() == ["stss"]


def test_one_question_needs_no_number(tmp_path: Path) -> None:
    imported(tmp_path, appointment(), answered("q1", "activation", {"how-much": whole(7)}))
    assert table(tmp_path, "surveys")[["instrument", "item", "response"]].values.tolist() == [
        ["activation", "total", 7]
    ]


def test_two_answers_to_one_item_are_refused(tmp_path: Path) -> None:
    files = bulk(tmp_path / "bulk", appointment(), answered("q1", "cbi", {"a.1": whole(50), "b.1": whole(25)}))
    (problem,) = refused(files, tmp_path / "practice")
    assert problem.place == "QuestionnaireResponse.ndjson, linkId, line 1 (1 line)"


def test_a_survey_about_a_client_is_no_clinicians(tmp_path: Path) -> None:
    about = answered(
        "q1", "stss", {"1": whole(1)}, subject=reference("Patient/p1"), author=reference("Practitioner/d1")
    )
    _, done = imported(tmp_path, appointment(), about)
    assert "passed over: 1." in notes(done)
    assert not (tmp_path / "practice" / "surveys.csv").exists()


def test_a_clinician_with_a_survey_and_no_session_is_taken_up(tmp_path: Path) -> None:
    imported(tmp_path, appointment(), answered("q1", "cbi", {"1": whole(0)}, subject=reference("Practitioner/d2")))
    assert len(table(tmp_path, "clinicians")) == 2


@pytest.mark.parametrize(
    ("link", "item"),
    [("1", "1"), ("q07", "7"), ("/proqol5/12", "12"), ("Burnout", "burnout"), ("x#total", ""), ("", ""), ("12345", "")],
)
def test_items_by_their_link(link: str, item: str) -> None:
    assert item_of(link, frozenset({"burnout"})) == item


def form(id: str, total: float, **changes: Any) -> Resource:
    changes = {"subject": reference("Patient/p1")} | changes
    return answered(id, "ors", {"total": {"valueDecimal": total}}, **changes)


def test_a_clients_form_goes_to_the_session_of_its_encounter(tmp_path: Path) -> None:
    other = appointment("a2", start="2026-05-10T14:00:00Z", end=None)
    ours = form("q1", 21.5, encounter=reference("Encounter/e1"))
    frame = sessions(tmp_path, appointment(), other, encounter(), ours)
    assert frame["ors_total"].fillna(-1).tolist() == [21.5, -1]
    assert "srs_total" not in frame


def test_a_clients_form_goes_to_the_session_of_its_day(tmp_path: Path) -> None:
    scales = {str(number): {"valueDecimal": 9.5} for number in range(1, 5)}
    late = appointment("a1", start="2026-05-10T21:30:00Z", end=None)  # 23:30 in Berlin, the day of the form
    frame = sessions(
        tmp_path, late, appointment("a2"),
        answered("q1", "srs", scales, subject=reference("Patient/p1"), authored="2026-05-10"),
    )  # fmt: skip
    assert frame.set_index("scheduled_start")["srs_total"].fillna(-1).to_dict() == {
        "2026-05-10T23:30": 38,
        "2026-05-04T16:00": -1,
    }


def test_forms_without_one_clear_session_are_counted(tmp_path: Path) -> None:
    day = {"authored": "2026-05-04"}
    forms = (
        form("q1", 20, **day), form("q2", 20, authored="2026-05-05"), form("q3", 20, status="in-progress", **day),
        answered("q4", "ors", {"1": whole(5)}, subject=reference("Patient/p2"), **day),
    )  # fmt: skip
    frame, done = imported(
        tmp_path, appointment("a1"), appointment("a2", start="2026-05-04T08:00:00Z"),
        appointment("a3", "Patient/p2", "Practitioner/d1"), *forms,
    )  # fmt: skip
    assert "ors_total" not in frame
    assert "or not clearly to one, passed over: 2." in notes(done)
    assert "not completed, or were entered in error, passed over: 1." in notes(done)
    assert "without a total or four answers, passed over: 1." in notes(done)


def test_of_two_sessions_on_one_day_the_attended_one_has_the_form_and_the_latest_counts(tmp_path: Path) -> None:
    missed = appointment("a2", start="2026-05-04T08:00:00Z", status="noshow")
    frame = sessions(
        tmp_path, missed, appointment("a1"),
        form("q1", 30, authored="2026-05-04T20:00:00Z"), form("q2", 20, authored="2026-05-04T12:00:00Z"),
    )  # fmt: skip
    assert frame.set_index("status")["ors_total"].fillna(-1).to_dict() == {"no_show": -1, "attended": 30}


def test_an_import_without_forms_takes_none_away(tmp_path: Path) -> None:
    resources = appointment(), encounter(), form("q1", 21.5, encounter=reference("Encounter/e1"))
    imported(tmp_path, *resources)
    done = taken(bulk(tmp_path / "again", appointment()), tmp_path / "practice")
    frame = table(tmp_path, "sessions")
    assert frame[["ors_total", "actual_minutes"]].values.tolist() == [[21.5, 55]]
    assert not done.changes[0].alters


# Files

GOOD = json.dumps(appointment())
DAMAGED = {
    "cut off": GOOD[:-20],
    "no JSON": "appointment a1",
    "a list": "[]",
    "a text": '"x"',
    "nothing in it": "{}",
    "a key twice": GOOD.replace('"status"', f'"id": "{SECRET}", "status"', 1),
    "nested deeply": '{"resourceType": "Patient", "x": ' + "[" * 100_000 + "]" * 100_000 + "}",
    "not a number": GOOD.replace('"id": "a1"', '"id": "a1", "minutesDuration": NaN'),
    "a huge number": GOOD.replace('"id": "a1"', '"id": "a1", "minutesDuration": 1e999'),
    "a long number": GOOD.replace('"id": "a1"', '"id": "a1", "minutesDuration": ' + "9" * 10_000),
    "a text for a number": GOOD.replace('"id": "a1"', f'"id": "a1", "minutesDuration": "{SECRET}"'),
    "a number for a text": GOOD.replace('"id": "a1"', '"id": 7'),
    "a list for a text": GOOD.replace('"id": "a1"', '"id": ["a1"]'),
    "no id": GOOD.replace('"id": "a1", ', ""),
    "an object for a list": json.dumps(appointment(participant={"actor": SECRET})),
    "texts for objects": json.dumps(appointment(participant=[SECRET])),
    "a text for a reference": json.dumps(appointment(participant=[{"actor": SECRET}])),
    "no such contained": json.dumps(appointment("a1", f"#{SECRET}")),
    "a role of itself": json.dumps(appointment("a1", "#r", contained=[role("r", "#r")])),
    "no time": json.dumps(appointment(end=f"2026T{SECRET}")),
    "a NUL": GOOD.replace("a1", "a\0"),
    "an escaped NUL": GOOD.replace("a1", "a\\u0000"),
    "a separator": GOOD.replace("a1", "a\\u001F"),
    "half a character": GOOD.replace("a1", "a\\uD83D"),
    "another encoding": GOOD.replace("a1", "\xe4"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_lines_are_one_problem_with_their_number(tmp_path: Path, what: str) -> None:
    path = tmp_path / "Appointment.ndjson"
    encoding = "latin-1" if what == "another encoding" else "utf-8"
    path.write_bytes("\n".join([GOOD, "", DAMAGED[what], GOOD, DAMAGED[what]]).encode(encoding))
    (problem,) = refused([path], tmp_path / "practice")
    assert (problem.table, problem.rows, problem.count, problem.unit) == ("Appointment.ndjson", (3, 5), 2, "line")


@pytest.mark.parametrize("what", sorted(set(DAMAGED) - {"nothing in it"}))
def test_damaged_documents_are_one_problem(tmp_path: Path, what: str) -> None:
    path = tmp_path / "bundle.json"
    encoding = "latin-1" if what == "another encoding" else "utf-8"
    text = '{"resourceType": "Bundle", "entry": [{"resource": %s},\n{"resource": %s}]}'
    path.write_bytes((text % (GOOD, DAMAGED[what])).encode(encoding))
    (problem,) = refused([path], tmp_path / "practice")
    assert problem.table == "bundle.json"
    assert problem.unit in ("entry", "line", "row")


def test_damage_of_several_files_is_one_message(tmp_path: Path) -> None:
    files = bulk(tmp_path / "bulk", appointment())
    files[1].write_text("{")
    files[2].write_bytes(b"\xff\xfe{\0}\0")
    assert [problem.table for problem in refused(files, tmp_path / "practice")] == [
        "Patient.ndjson",
        "Practitioner.ndjson",
    ]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\n\n"])
@pytest.mark.parametrize("name", ["Appointment.ndjson", "appointments.json"])
def test_lines_are_read_in_every_usual_form(tmp_path: Path, mark: bytes, ending: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(mark + ending.join(json.dumps(appointment(key)).encode() for key in ("a1", "a2")) + ending)
    taken([path], tmp_path / "practice")
    assert len(table(tmp_path, "sessions")) == 2


def test_a_single_resource_is_read(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text("\ufeff" + json.dumps(appointment(), indent=2), encoding="utf-8")
    taken([path], tmp_path / "practice")
    assert len(table(tmp_path, "sessions")) == 1


def test_a_bundle_in_a_bundle_and_further_pages(tmp_path: Path) -> None:
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": appointment()}, {"response": {}}]}
    pages = [{"relation": "next", "url": f"https://x/{SECRET}"}]
    done = taken(
        bundle(tmp_path / "b.json", ("", inner), ("", {"resourceType": "Claim"}), link=pages), tmp_path / "practice"
    )
    assert "b.json: this Bundle says that there are further pages; import them too." in notes(done)
    assert "Resources of other types, passed over: 1." in notes(done)


def test_other_suffixes_and_files_without_sessions_are_refused(tmp_path: Path) -> None:
    (problem,) = refused(bulk(tmp_path / "bulk"), tmp_path / "practice")
    assert "none in these files" in problem.found
    path = tmp_path / "export.xml"
    path.write_text("<Bundle/>")
    (problem,) = refused([path], tmp_path / "practice")
    assert problem.table == "export.xml"


def test_files_of_one_name_in_two_folders_are_two(tmp_path: Path) -> None:
    files = bulk(tmp_path / "one", appointment("a1")) + bulk(tmp_path / "two", appointment("a2"))
    taken(files, tmp_path / "practice")
    assert len(table(tmp_path, "sessions")) == 2


def test_the_format_is_told_by_the_suffix(tmp_path: Path) -> None:
    done = import_exports(bulk(tmp_path / "bulk", appointment()), tmp_path / "practice", time_zone=ZONE, now=NOW)
    assert done.title == "FHIR R4"


def test_what_has_not_taken_place_yet_is_left_out(tmp_path: Path) -> None:
    _, done = imported(tmp_path, appointment("a0"), appointment(start="2026-06-02T08:00:00Z", end=None))
    assert list(left_out(done).values()) == [1]


def test_from_an_export_to_a_practice_that_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    surveys = [answered("q1", "proqol5", {str(item): whole(3) for item in range(1, 31)})]
    days = range(1, 29)
    starts = [
        appointment(f"a{day}", start=f"2026-04-{day:02}T08:00:00Z", end=f"2026-04-{day:02}T08:50:00Z") for day in days
    ]
    files = bulk(tmp_path / "bulk", *starts, encounter(appointment=[{"reference": "Appointment/a3"}]), *surveys)
    arguments = ["import", *map(str, files), "--to", str(tmp_path / "practice"), "--time-zone", ZONE]
    assert cli.main([*arguments, "--dry-run"]) == 0
    assert not (tmp_path / "practice").exists()
    assert cli.main(arguments) == 0
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    practice = read_practice(tmp_path / "practice")
    assert len(practice.sessions) == 28
    assert len(practice.surveys) == 30
    assert practice.sessions["actual_minutes"].notna().sum() == 1
    assert cli.main(arguments) == 0
    assert "28 added" not in capsys.readouterr().out  # the same again adds nothing


# Anything

WHOLE = [
    *PEOPLE, appointment(), cancelled("a2", "pat-crs"),
    appointment("a3", "Patient/p2", "Patient/p1", {"identifier": NPI}),
    encounter(), encounter("e2", appointment=None), answered("q1", "cbi", {"1": whole(50)}),
    form("q2", 20, encounter={"reference": "Encounter/e1"}),
    appointment("a4", "#me", "PractitionerRole/r1", contained=[patient("me")]),
]  # fmt: skip
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}),
    st.sampled_from(["Patient/p2", "#me", "urn:uuid:1", "2026-02-30", "2026", "9999-12-31T23:59:59+14:00", "a\x1fb"]),
    st.just("\ud800"),
    st.recursive(st.just({"reference": "Practitioner/d1"}), lambda inner: st.lists(inner, max_size=2), max_leaves=4),
)  # fmt: skip


def places(node: Any, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for key, value in inner for path in ((*so_far, key), *places(value, (*so_far, key)))]


def put(document: Any, path: Sequence[Any], change: Callable[[Any, Any], None]) -> None:
    for key in path[:-1]:
        document = document[key]
    change(document, path[-1])


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """The lines of an export with a few elements replaced, renamed or taken away; sometimes bytes as well."""
    document = json.loads(json.dumps(WHOLE))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(document)))
        value = deepcopy(draw(JUNK))
        how = draw(st.sampled_from(["replace", "delete", "repeat"]))
        if how == "replace":
            put(document, path, lambda node, key, value=value: node.__setitem__(key, value))
        elif how == "delete":
            put(document, path, lambda node, key: node.__delitem__(key))
        else:
            put(document, path, lambda node, key: node.__setitem__(key, [node[key], node[key]]))
    text = "\n".join(json.dumps(line) for line in document).encode()
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.binary(max_size=3)) + text[place + draw(st.integers(0, 40)) :]
    return text


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(content=mutated(), suffix=st.sampled_from([".ndjson", ".json"]))
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    path = folder / f"export{suffix}"
    path.write_bytes(content)
    try:
        taken([path], folder / "practice")
    except (InputError, ParameterError) as error:
        message = str(error)
    else:
        message = ""
        read_practice(folder / "practice")
    assert SECRET not in message
