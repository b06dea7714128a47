"""Appointments and encounters → sessions: who with whom, when, for how long, and who came.

An encounter that belongs to an appointment tells how long it took and that somebody came; one that belongs to none is a
session of its own. Of an appointment with several patients everyone has a session.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

from caseload.intake.exports.fhir.company import NOBODY, Company
from caseload.intake.exports.fhir.people import Person
from caseload.intake.exports.fhir.resources import Appointment, Encounter, Resources
from caseload.intake.exports.fhir.rows import Doubts

CAME = (  # of an encounter, R4 and R5
    "arrived", "triaged", "in-progress", "onleave", "finished", "on-hold", "discharged", "completed", "discontinued",
)  # fmt: skip
HELD = ("fulfilled", "arrived", "checked-in")  # of an appointment
MISSED = ("noshow", "cancelled", "entered-in-error")  # of an appointment: an encounter does not undo it
GROUP = "group"
DECLINED = "declined"  # the status of somebody who declined an appointment of several that took place
LONGEST = 600  # minutes: a longer encounter was left open, and says nothing about the session

OPEN_PERIOD = "Encounters whose period is empty or longer than ten hours, whose minutes are not taken"
CONTRADICTION = (
    "Appointments that were missed or cancelled and have an encounter all the same, read as the appointment says"
)
SEVERAL_ENCOUNTERS = "Further encounters of one appointment and client, passed over"
PARTS = "Encounters that are part of another one, passed over"
BY_ADDRESS, BY_IDENTIFIER = "the appointment by its address", "a reference by an identifier alone"
LINK = "Export encounters whose appointments are referred to by their id."
GROUP_WITHOUT_MEMBERS = "group"  # what such a session lacks
ELSEWHERE = "Encounters of appointments that are not in these files, read by themselves"


class Session(NamedTuple):
    """One session, as the reader's table holds it; `encounter` is the key of the encounter behind it."""

    place: int
    number: str
    patient: Person
    practitioner: Person
    start: str
    minutes: str
    status: str
    reason: str
    cancelled_at: str
    came: str  # the status of the encounter behind an appointment
    actual: str
    modality: str
    encounter: str

    @property
    def lacks(self) -> str:
        """Whom it takes to make a session and is not there."""
        if self.modality == GROUP and not self.patient.type:
            return GROUP_WITHOUT_MEMBERS
        return next(
            (kind for kind, who in (("patient", self.patient), ("practitioner", self.practitioner)) if not who.type), ""
        )

    @property
    def was_held(self) -> bool:
        return bool(self.came) or self.status in (*HELD, *CAME)


class Sessions:
    """The sessions of all files, in the order of the files: of appointments, and of encounters by themselves."""

    def __init__(self, resources: Resources, doubts: Doubts) -> None:
        self._doubts = doubts
        self._company = Company(resources.directory, doubts)
        self._key = resources.directory.key_at
        self._used: set[str] = set()  # encounters that have an appointment
        self._known = {one.key for some in resources.appointments.values() for one in some}
        self._linked = self._links(resources)
        self.of_appointments = {
            file: [session for one in some for session in self._appointment(file, one)]
            for file, some in resources.appointments.items()
        }
        self.of_encounters = {
            file: [session for one in some for session in self._encounter(file, one)]
            for file, some in resources.encounters.items()
        }

    def _links(self, resources: Resources) -> dict[str, list[tuple[str, Encounter]]]:
        """Appointment → its encounters, each with its client's key (nothing where it names none)."""
        linked: dict[str, list[tuple[str, Encounter]]] = {}
        for file, some in resources.encounters.items():
            for encounter in some:
                keys = [key for key in map(self._key, encounter.appointments) if key in self._known]
                if keys and encounter.status != "entered-in-error" and not encounter.is_part:
                    patients = self._company.patients(file, encounter.place, encounter.subject) or [NOBODY]
                    for key, patient in product(keys, patients):
                        linked.setdefault(key, []).append((patient.key, encounter))
        return linked

    def _appointment(self, file: Path, appointment: Appointment) -> Iterator[Session]:
        patients, practitioner = self._company.of(file, appointment.place, "participant", appointment.participants)
        of_group = any(self._company.is_group(one.who) for one in appointment.participants)
        for patient, declined in patients or [(NOBODY, False)]:
            encounter = self._encounter_of(appointment, patient)
            came = encounter.status if encounter else ""
            if came in CAME and appointment.status in MISSED:
                self._doubts.count(CONTRADICTION)
            stays_away = declined and len(patients) > 1 and appointment.status in HELD and came not in CAME
            yield Session(
                appointment.place,
                f"{appointment.key} {patient.key}",
                patient,
                practitioner if practitioner.type else self._clinician_of(file, encounter),
                appointment.start,
                appointment.minutes,
                DECLINED if stays_away else appointment.status,
                appointment.reason,
                appointment.cancelled_at,
                came if came in CAME and appointment.status not in MISSED else "",
                self._actual(encounter) if encounter and appointment.status not in MISSED else "",
                GROUP if of_group or len(patients) > 1 else (encounter.setting if encounter else ""),
                encounter.key if encounter else "",
            )

    def _clinician_of(self, file: Path, encounter: Encounter | None) -> Person:
        return (
            self._company.of(file, encounter.place, "participant", encounter.participants)[1] if encounter else NOBODY
        )

    def _encounter_of(self, appointment: Appointment, patient: Person) -> Encounter | None:
        """The encounter of one patient at an appointment; of several the first that says that somebody came."""
        encounters = [one for whose, one in self._linked.get(appointment.key, ()) if whose in ("", patient.key)]
        if not encounters:
            return None
        self._used.update(one.key for one in encounters)
        self._doubts.count(SEVERAL_ENCOUNTERS, len(encounters) - 1)
        return next((one for one in encounters if one.status in CAME), encounters[0])

    def _encounter(self, file: Path, encounter: Encounter) -> Iterator[Session]:
        if encounter.key in self._used:
            return
        if encounter.is_part:
            self._doubts.count(PARTS)
            return
        patients = self._company.patients(file, encounter.place, encounter.subject)
        setting = GROUP if self._company.is_group(encounter.subject) else encounter.setting
        _, practitioner = self._company.of(file, encounter.place, "participant", encounter.participants)
        appointment = next(filter(None, map(self._key, encounter.appointments)), "")
        if appointment and appointment not in self._known:
            self._doubts.count(ELSEWHERE)
        if not appointment and encounter.appointments:
            self._doubts.refuse(file, encounter.place, "appointment", BY_ADDRESS, BY_IDENTIFIER, LINK)
        for patient in patients or [NOBODY]:
            yield Session(
                encounter.place,
                # numbered as its appointment is, so that it is no second session beside it in another month's export
                f"{appointment or encounter.key} {patient.key}",
                patient,
                practitioner,
                encounter.start,
                "",
                encounter.status,
                "",
                "",
                "",
                self._actual(encounter),
                setting,
                encounter.key,
            )

    def _actual(self, encounter: Encounter) -> str:
        """The minutes of an encounter that somebody has closed in time; negative ones stay, and are refused later."""
        if not encounter.minutes or encounter.status not in CAME:
            return ""
        if encounter.minutes != "0" and float(encounter.minutes) <= LONGEST:
            return encounter.minutes
        self._doubts.count(OPEN_PERIOD)
        return ""
