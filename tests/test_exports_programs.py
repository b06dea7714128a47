"""Codes, groups, series, versions and deletions as programs ship them: FHIR servers and OpenEMR."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import export_fixtures as exports
import pytest
from export_fixtures import cells, put, run

from caseload.errors import InputError
from caseload.intake.exports.run import Imported

Resource = dict[str, Any]
ZONE = "Europe/Berlin"
PEOPLE = [
    {"resourceType": "Patient", "id": "p1"},
    {"resourceType": "Patient", "id": "p2"},
    {"resourceType": "Practitioner", "id": "d1"},
    {"resourceType": "Practitioner", "id": "d2"},
]


def actor(target: str, part: str = "", status: str = "accepted") -> Resource:
    kinds = [{"coding": [{"code": part}]}] if part else []
    return {"actor": {"reference": target}, "status": status, **({"type": kinds} if kinds else {})}


def appointment(id: str, *actors: Resource, day: int = 4, **changes: Any) -> Resource:
    those = actors or (actor("Patient/p1"), actor("Practitioner/d1"))
    times = {"start": f"2026-05-{day:02}T14:00:00Z", "end": f"2026-05-{day:02}T14:50:00Z"}
    found = {"resourceType": "Appointment", "id": id, "status": "fulfilled", **times, "participant": [*those]}
    return found | changes


def encounter(id: str, **changes: Any) -> Resource:
    found = {
        "resourceType": "Encounter", "id": id, "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": "Patient/p1"}, "participant": [{"individual": {"reference": "Practitioner/d1"}}],
        "period": {"start": "2026-05-04T14:00:00Z", "end": "2026-05-04T15:00:00Z"},
    }  # fmt: skip
    return {name: value for name, value in (found | changes).items() if value is not None}


def imported(folder: Path, *resources: Resource, name: str = "all.ndjson", to: str = "practice") -> Imported:
    path = folder / name
    path.write_text("".join(json.dumps(one) + "\n" for one in resources), encoding="utf-8")
    return run(path, to=folder / to, format="fhir", time_zone=ZONE)


def sessions(folder: Path) -> list[dict[str, str]]:
    return cells(folder / "practice")


# Who is the clinician


@pytest.mark.parametrize(
    "aside",
    [
        actor("Practitioner/d2", "REF"), actor("Practitioner/d2", "translator"), actor("Practitioner/d2", "ADM"),
        actor("Practitioner/d2", status="declined"), actor("Practitioner/d2", "PPRF", "declined"),
    ],
)  # fmt: skip
def test_who_refers_interprets_or_declines_is_not_the_clinician(aside: Resource, tmp_path: Path) -> None:
    own = appointment("a1"), appointment("a2", aside, actor("Practitioner/d1"), actor("Patient/p1"), day=5)
    done = imported(tmp_path, *PEOPLE, *own)
    assert len({row["clinician_id"] for row in sessions(tmp_path)}) == 1
    assert not any("several clinicians" in note for note in done.files[0].notes)


def test_who_attends_is_the_clinician(tmp_path: Path) -> None:
    both = appointment("a2", actor("Practitioner/d2"), actor("Practitioner/d1", "ATND"), actor("Patient/p1"), day=5)
    imported(tmp_path, *PEOPLE, appointment("a1"), both)
    assert len({row["clinician_id"] for row in sessions(tmp_path)}) == 1


def test_an_appointment_whose_only_clinician_refers_has_none(tmp_path: Path) -> None:
    alone = appointment("a2", actor("Practitioner/d2", "REF"), actor("Patient/p1"))
    done = imported(tmp_path, *PEOPLE, appointment("a1"), alone)
    assert done.files[0].left_out == {"appointments without a practitioner": 1}


def test_a_person_at_a_meeting_is_a_clinician(tmp_path: Path) -> None:
    """So some servers refer to interns, whether their resource is given or not."""
    person = {"resourceType": "Person", "id": "x1", "name": [{"text": "Lou Zqsecret"}]}
    those = [appointment(f"a{day}", actor("Patient/p1"), actor(f"Person/x{day % 2}"), day=day) for day in (5, 6, 7)]
    imported(tmp_path, *PEOPLE, person, *those)
    assert len({row["clinician_id"] for row in sessions(tmp_path)}) == 2
    assert len(sessions(tmp_path)) == 3


# Groups


def group(*members: Resource) -> Resource:
    return {"resourceType": "Group", "id": "g1", "type": "person", "actual": True, "member": [*members]}


def test_a_group_session_is_one_of_each_member(tmp_path: Path) -> None:
    """But of those who have left the group."""
    members = [{"entity": {"reference": f"Patient/{name}"}, "inactive": name == "p3"} for name in ("p1", "p2", "p3")]
    about = {"subject": {"reference": "Group/g1"}}
    of_group = appointment("a1", actor("Group/g1"), actor("Practitioner/d1"), day=6)
    imported(tmp_path, *PEOPLE, group(*members), encounter("e1", **about), of_group)
    assert [row["modality"] for row in sessions(tmp_path)] == ["group"] * 4
    assert len({row["client_id"] for row in sessions(tmp_path)}) == 2


def test_a_group_whose_members_nobody_names_is_counted_as_one(tmp_path: Path) -> None:
    done = imported(tmp_path, *PEOPLE, encounter("e1", subject={"reference": "Group/g7"}), encounter("e2"))
    assert done.files[0].left_out == {"group sessions whose members are not in these files": 1}


# Codes, versions, deletions


@pytest.mark.parametrize("code", ["IMP", "ACUTE", "EMER", "OBSENC", "PRENC", "NONAC", "SS"])
def test_stays_and_emergencies_are_no_sessions(code: str, tmp_path: Path) -> None:
    done = imported(tmp_path, *PEOPLE, encounter("e1"), encounter("e2", **{"class": {"code": code}}))
    assert done.files[0].left_out == {"encounters of a hospital stay or an emergency": 1}


def test_names_of_the_next_version_of_fhir_are_read(tmp_path: Path) -> None:
    reason = {"coding": [{"code": "pat-mv"}]}
    off = appointment("a1", status="cancelled", cancellationReason=reason, cancellationDate="2026-05-04T13:00:00Z")
    held = encounter(
        "e1", status="completed", period=None, **{"class": [{"coding": [{"code": "VR"}]}]},
        actualPeriod={"start": "2026-05-05T14:00:00Z", "end": "2026-05-05T14:40:00Z"},
        participant=[{"actor": {"reference": "Practitioner/d1"}}],
    )  # fmt: skip
    imported(tmp_path, *PEOPLE, off, held)
    found = {row["status"]: row for row in sessions(tmp_path)}
    assert set(found) == {"late_cancelled", "attended"}
    assert (found["attended"]["actual_minutes"], found["attended"]["modality"]) == ("40", "video")


def bundle(kind: str, *entries: Mapping[str, Any]) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": [*entries]}


def deletion(address: str) -> Resource:
    return {"request": {"method": "DELETE", "url": address}}


def test_of_a_history_the_newest_version_counts(tmp_path: Path) -> None:
    """It comes first; what was deleted last is gone."""
    versions = [{"resource": appointment("a1", status=status)} for status in ("noshow", "fulfilled", "booked")]
    gone = [deletion("Appointment/a2/_history/2"), {"resource": appointment("a2")}]
    imported(tmp_path, *PEOPLE, bundle("history", *versions, *gone))
    assert [row["status"] for row in sessions(tmp_path)] == ["no_show"]


@pytest.mark.parametrize("order", [1, -1])
def test_of_versions_in_several_files_the_newest_counts(order: int, tmp_path: Path) -> None:
    versions = [
        appointment("a1", status=status, meta={"lastUpdated": f"2026-05-0{day}T10:00:00+02:00"})
        for day, status in ((6, "booked"), (7, "fulfilled"))
    ]
    done = imported(tmp_path, *PEOPLE, *versions[::order])
    assert [row["status"] for row in sessions(tmp_path)] == ["attended"]
    assert any(note.startswith("Older versions") for note in done.files[0].notes)


def test_versions_that_do_not_say_when_are_refused_where_they_differ(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another row for the same appointment"):
        imported(tmp_path, *PEOPLE, appointment("a1"), appointment("a1", status="noshow"))


def test_what_the_program_has_deleted_goes_in_a_later_month(tmp_path: Path) -> None:
    """Of everybody who was to meet, and nothing else; with a month of sessions or alone."""
    both = appointment("a1", actor("Patient/p1"), actor("Patient/p2"), actor("Practitioner/d1"))
    imported(tmp_path, *PEOPLE, both, appointment("a2", day=5), appointment("a3", day=6))
    gone = bundle("transaction", deletion("Appointment/a1"), deletion("Observation/a2"))
    imported(tmp_path, *PEOPLE, appointment("a4", day=7), gone)
    assert sorted(row["scheduled_start"][:10] for row in sessions(tmp_path)) == [
        "2026-05-05",
        "2026-05-06",
        "2026-05-07",
    ]
    done = imported(tmp_path, *PEOPLE, bundle("transaction", deletion("Appointment/a3")))
    assert done.changes[0].deleted == 1
    assert len(sessions(tmp_path)) == 2


# OpenEMR

SERIES = [*exports.OPENEMR, "pc_gid", "pc_recurrtype", "pc_recurrspec"]


def event(
    day: str, until: str, spec: str = "", kind: str = "1", status: str = "@", pid: str = "8842017"
) -> tuple[str, ...]:
    return ("71", "5", "99017", pid, "Visit", day, until, "09:30:00", "10:20:00", "3000", status, "", kind, spec)


def spec(every: int = 1, unit: int | None = 1, without: str = "") -> str:
    parts = [f's:17:"event_repeat_freq";s:1:"{every}";']
    parts += [f's:22:"event_repeat_freq_type";s:1:"{unit}";'] if unit is not None else []
    parts += [f's:6:"exdate";s:{len(without)}:"{without}";'] if without else []
    return f"a:{len(parts)}:{{{''.join(parts)}}}"


def days(tmp_path: Path, *events: Sequence[str]) -> tuple[list[str], list[str]]:
    done = run(put(tmp_path, "events.csv", [SERIES, *events]), to=tmp_path / "practice", format="openemr")
    found = sorted(row["scheduled_start"] for row in sessions(tmp_path))
    assert len({row["session_id"] for row in sessions(tmp_path)}) == len(found)
    return [start[5:10] for start in found], [note for note in done.files[0].notes if "left empty" not in note]


@pytest.mark.parametrize(
    ("until", "how", "expected"),
    [
        ("2026-06-01", spec(), ["05-11", "05-18", "05-25", "06-01"]),
        ("2026-06-01", spec(2), ["05-11", "05-25"]),
        ("2026-05-13", spec(1, 0), ["05-11", "05-12", "05-13"]),
        ("2026-05-19", spec(3, 4), ["05-11", "05-14", "05-19"]),  # every third working day
        ("2026-07-31", spec(1, 2), ["05-11", "06-11"]),  # and not in the future
        ("2026-06-01", spec(1, 1, "20260518,20260601"), ["05-11", "05-25"]),
        ("2026-06-01", spec(1, None), ["05-11", "05-18", "05-25", "06-01"]),  # whole weeks
    ],
)
def test_a_series_is_all_of_its_appointments(until: str, how: str, expected: list[str], tmp_path: Path) -> None:
    found, notes = days(tmp_path, event("2026-05-11", until, how))
    assert found == expected
    assert notes == [f"Rows that stand for a series: 1, read as {len(expected) - 1} more appointments."]


@pytest.mark.parametrize(("kind", "how"), [("1", spec(1, None)), ("2", spec()), ("1", ""), ("1", spec(1, 9))])
def test_a_series_in_another_rhythm_is_counted(kind: str, how: str, tmp_path: Path) -> None:
    found, notes = days(tmp_path, event("2026-05-11", "2026-06-03", how, kind))
    assert found == ["05-11"]
    assert notes[-1] == "Series in another rhythm, read as their first appointment only: 1."


def test_a_series_without_an_end_goes_on_to_now_and_comes_again_next_month(tmp_path: Path) -> None:
    whole = event("2026-06-08", "0000-00-00", spec())
    assert days(tmp_path, whole)[0] == ["06-08", "06-15", "06-22", "06-29"]
    assert days(tmp_path, whole)[0] == ["06-08", "06-15", "06-22", "06-29"]


def test_groups_are_counted_by_their_name_and_office_hours_by_theirs(tmp_path: Path) -> None:
    rows = [list(event("2026-05-11", "", kind="0", pid=pid)) for pid in ("", "0", "8842017", "")]
    for number, row in enumerate(rows):
        row[0], row[11] = str(number), "3" if number < 3 else "0"
    rows[2][1] = "1000"
    done = run(put(tmp_path, "events.csv", [SERIES, *rows]), to=tmp_path / "practice", format="openemr")
    assert done.files[0].left_out == {
        "group sessions, of which the calendar does not hold who took part": 2,
        "calendar entries without a client, such as office hours and holidays": 1,
    }
    assert [row["modality"] for row in sessions(tmp_path)] == ["group"]


@pytest.mark.parametrize("code", ["#", "SMS", "EMAIL", "AVM", "CALL", "&", "-"])
def test_codes_that_do_not_say_who_came_are_left_out(code: str, tmp_path: Path) -> None:
    rows = [event("2026-05-11", "", kind="0"), ("72", *event("2026-05-12", "", kind="0", status=code)[1:])]
    done = run(put(tmp_path, "events.csv", [SERIES, *rows]), to=tmp_path / "practice", format="openemr")
    assert sum(done.files[0].left_out.values()) == 1
    assert len(sessions(tmp_path)) == 1


def test_a_code_that_is_a_sign_is_named_where_nobody_knows_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"other words: = \(1\)"):
        days(tmp_path, event("2026-05-11", "", kind="0", status="="))


def test_appointments_without_a_provider_are_nobodys(tmp_path: Path) -> None:
    rows = [list(event("2026-05-11", "", kind="0")) for _ in range(4)]
    for number, (row, provider) in enumerate(zip(rows, ("0", "NULL", "", "99017"), strict=True)):
        row[0], row[2], row[9] = str(number), provider, "NULL"
    done = run(put(tmp_path, "events.csv", [SERIES, *rows]), to=tmp_path / "practice", format="openemr")
    assert done.files[0].left_out == {"appointments without a provider": 3}
    assert [row["scheduled_minutes"] for row in sessions(tmp_path)] == [""]
