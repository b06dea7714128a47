"""Who takes part: the patients of an appointment and its clinician; who cannot be found is refused with the line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from caseload.intake.exports.fhir.people import WHAT_TO_DO, Directory, Person, Reference
from caseload.intake.exports.fhir.resources import Participant
from caseload.intake.exports.fhir.rows import Doubts

NOBODY = Person("", "")
SEVERAL = "Sessions with several clinicians, of whom the first who performs or attends is taken"
EXPECTED = "who somebody is"
Patients = list[tuple[Person, bool]]  # with whether they declined


class Company:
    """References → people, with an account of those that lead nowhere."""

    def __init__(self, directory: Directory, doubts: Doubts) -> None:
        self._directory, self._doubts = directory, doubts
        self._met: dict[tuple[Participant, ...], tuple[Patients, Person, int]] = {}

    def person(self, file: Path, place: int, element: str, reference: Reference | None) -> Person | None:
        """Whom a reference means; None for nobody, something else, or somebody who cannot be found."""
        who = self._directory.who(reference) if reference else None
        if isinstance(who, str):
            self._doubts.refuse(file, place, element, EXPECTED, who, WHAT_TO_DO)
            return None
        return who

    def patient(self, file: Path, place: int, reference: Reference | None) -> Person:
        """The patient that a resource is about, or nobody."""
        who = self.person(file, place, "subject", reference)
        return who if who and who.type == "Patient" else NOBODY

    def patients(self, file: Path, place: int, reference: Reference | None) -> list[Person]:
        """The patients that a resource is about: one, or the members of a group that these files hold."""
        if reference is None or not self._directory.is_group(reference):
            members = [self.patient(file, place, reference)]
        else:
            members = [self.patient(file, place, member) for member in self._directory.members(reference)]
        return list({person.key: person for person in members if person.type}.values())

    def is_group(self, reference: Reference | None) -> bool:
        """Whether a resource is about a group."""
        return reference is not None and self._directory.is_group(reference)

    def of(self, file: Path, place: int, element: str, those: tuple[Participant, ...]) -> tuple[Patients, Person]:
        """The patients of a meeting, each once, and the clinician: who performs or attends, otherwise the first.

        Whoever declined, referred or interpreted is not the clinician.
        """
        known = self._met.get(those)
        if known is None:
            members = [one._replace(who=who) for one in those for who in self._directory.members(one.who)]
            everybody = [(self.person(file, place, element, one.who), one) for one in (*those, *members)]
            people = [(person, one) for person, one in everybody if person]
            patients = {person.key: (person, one.declined) for person, one in people if person.type == "Patient"}
            clinicians = [
                (person, one.part == "performs")
                for person, one in people
                if person.type == "Practitioner" and not one.declined and one.part != "aside"
            ]
            known = list(patients.values()), _performer(clinicians), len({person.key for person, _ in clinicians})
            if not any(isinstance(self._directory.who(one.who), str) for one in (*those, *members)):
                self._met[those] = known
        patients_met, clinician, clinicians_met = known
        if clinicians_met > 1:
            self._doubts.count(SEVERAL, max(len(patients_met), 1))
        return patients_met, clinician


def _performer(clinicians: Sequence[tuple[Person, bool]]) -> Person:
    primary = [person for person, is_primary in clinicians if is_primary]
    return next(iter([*primary, *(person for person, _ in clinicians)]), NOBODY)
