"""What is kept of the resources of an export: a few texts of each appointment, encounter and questionnaire, and people.

Everything that repeats is held once, so that a million appointments fit into a small memory.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from caseload.intake.exports.fhir.elements import (
    Element,
    Misshapen,
    code,
    coded_number,
    first_code,
    minutes,
    number,
    objects,
    optional,
    part_taken,
    text,
    updated_at,
)
from caseload.intake.exports.fhir.files import Resource
from caseload.intake.exports.fhir.people import GROUP, PERSONS, ROLE, Directory, Reference

REASONS = "appointment-cancellation-reason"  # the code system of R4
CANCELLED_AT = "extension-Appointment.cancellationDate"  # R5 has the element, R4 an extension of that name


class Participant(NamedTuple):
    """Somebody, or a room, at an appointment or an encounter."""

    who: Reference
    part: str  # performs, aside, or nothing
    declined: bool


class Appointment(NamedTuple):
    """An appointment; `minutes` are the planned ones."""

    place: int
    key: str
    status: str
    reason: str
    cancelled_at: str
    start: str
    minutes: str
    participants: tuple[Participant, ...]
    updated: float


class Encounter(NamedTuple):
    """An encounter; `minutes` are those of its period."""

    place: int
    key: str
    status: str
    setting: str  # its class, such as AMB
    start: str
    minutes: str
    subject: Reference | None
    participants: tuple[Participant, ...]
    appointments: tuple[str, ...]  # their addresses; an empty one for a reference by an identifier alone
    is_part: bool
    updated: float


_Versioned = TypeVar("_Versioned", Appointment, Encounter)


class Response(NamedTuple):
    """A questionnaire that somebody has answered: linkId → number."""

    place: int
    status: str
    questionnaire: str
    authored: str
    people: tuple[Reference | None, Reference | None, Reference | None]  # subject, source, author
    encounter: str  # its address
    answers: tuple[tuple[str, str], ...]
    unnumbered: int  # answers in words, or in another form than a number


class Resources:
    """The resources of all files of an import, as far as sessions and surveys need them."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.appointments: dict[Path, list[Appointment]] = {}  # by file, as the others
        self.encounters: dict[Path, list[Encounter]] = {}
        self.responses: dict[Path, list[Response]] = {}
        self.others = 0
        self.deleted: set[str] = set()  # addresses of resources that the server no longer has
        self._participants: dict[tuple[Participant, ...], tuple[Participant, ...]] = {}

    def take(self, file: Path, place: int, url: str, resource: Resource) -> None:
        """Take up one resource. Raises `Misshapen`."""
        kind = text(resource, "resourceType")
        if not kind:
            raise Misshapen("resourceType", "the type of the resource", "no type")
        if kind == "Appointment":
            self.appointments.setdefault(file, []).append(self._appointment(place, url, resource))
        elif kind == "Encounter":
            self.encounters.setdefault(file, []).append(self._encounter(place, url, resource))
        elif kind == "QuestionnaireResponse":
            self.responses.setdefault(file, []).append(self._response(place, resource))
        elif kind in PERSONS:
            self.directory.add_person(url, resource)
        elif kind == ROLE:
            self.directory.add_role(url, resource)
        elif kind == GROUP:
            self.directory.add_group(url, resource)
        else:
            self.others += 1

    def delete(self, address: str) -> None:
        """Take note that a resource is no longer there."""
        self.deleted.add(self.directory.literal(address))

    def settle(self) -> int:
        """Of several versions of an appointment or an encounter keep the newest, and none that was deleted.

        Returns how many are passed over. Versions that do not say when they were made all stay.
        """
        before = self._count()
        _keep_newest(self.appointments, self.deleted)
        _keep_newest(self.encounters, self.deleted)
        return before - self._count()

    def _count(self) -> int:
        return sum(len(some) for by_file in (self.appointments, self.encounters) for some in by_file.values())

    def _appointment(self, place: int, url: str, resource: Resource) -> Appointment:
        status, start = text(resource, "status"), text(resource, "start")
        planned = number(resource, "minutesDuration") or minutes(start, text(resource, "end"), "end")
        why = optional(resource, "cancelationReason") or optional(resource, "cancellationReason")  # R4, R5
        reason = code(why, REASONS) if status == "cancelled" else ""
        return Appointment(
            place,
            self._key(url, resource),
            sys.intern(status),
            sys.intern(reason),
            _cancelled_at(resource),
            sys.intern(start),
            sys.intern(planned),
            self._those(("actor",), resource),
            updated_at(resource),
        )

    def _encounter(self, place: int, url: str, resource: Resource) -> Encounter:
        period = optional(resource, "period") or optional(resource, "actualPeriod") or {}  # R4, R5
        begin = text(period, "start")
        return Encounter(
            place,
            self._key(url, resource),
            sys.intern(text(resource, "status")),
            sys.intern(first_code(resource, "class")),
            sys.intern(begin),
            sys.intern(minutes(begin, text(period, "end"), "period")),
            self.directory.reference(optional(resource, "subject"), resource),
            self._those(("individual", "actor"), resource),  # R4, R5
            tuple(map(self.directory.address, objects(resource, "appointment"))),
            optional(resource, "partOf") is not None,
            updated_at(resource),
        )

    def _response(self, place: int, resource: Resource) -> Response:
        refer = self.directory.reference
        people = [refer(optional(resource, name), resource) for name in ("subject", "source", "author")]
        answers, unnumbered = _answers(resource)
        return Response(
            place,
            text(resource, "status"),
            sys.intern(text(resource, "questionnaire")),
            text(resource, "authored"),
            (people[0], people[1], people[2]),
            self.directory.address(optional(resource, "encounter") or {}),
            answers,
            unnumbered,
        )

    def _key(self, url: str, resource: Resource) -> str:
        key = self.directory.key_of(url, resource)
        if not key:
            raise Misshapen("id", "the resource's id", "no id")
        return key

    def _those(self, roles: Sequence[str], resource: Resource) -> tuple[Participant, ...]:
        """The participants, each with the part that they take."""
        refer = self.directory.reference
        participants = []
        for participant in objects(resource, "participant"):
            who = refer(next(filter(None, (optional(participant, role) for role in roles)), None), resource)
            if who is not None:
                declined = text(participant, "status") == "declined"
                participants.append(Participant(who, part_taken(participant), declined))
        those = tuple(participants)
        return self._participants.setdefault(those, those)


def _keep_newest(by_file: dict[Path, list[_Versioned]], deleted: set[str]) -> None:
    newest: dict[str, float] = {}
    several = False
    for one in (one for some in by_file.values() for one in some):
        several |= one.key in newest
        newest[one.key] = max(one.updated, newest.get(one.key, 0.0))
    if several or deleted:
        for file, some in by_file.items():
            by_file[file] = [one for one in some if one.updated == newest[one.key] and one.key not in deleted]


def _cancelled_at(resource: Resource) -> str:
    date = text(resource, "cancellationDate")
    for extension in objects(resource, "extension"):
        if text(extension, "url").endswith(CANCELLED_AT):
            date = text(extension, "valueDateTime")
    return date


def _answers(response: Resource) -> tuple[tuple[tuple[str, str], ...], int]:
    """The answers that are numbers, of items however deep, with their linkId; and how many are none."""
    answers: list[tuple[str, str]] = []
    unnumbered = 0
    waiting: list[Element] = list(reversed(objects(response, "item")))
    while waiting:
        item = waiting.pop()
        inner = [*objects(item, "item")]
        for answer in objects(item, "answer"):
            value = number(answer, "valueInteger") or number(answer, "valueDecimal") or coded_number(answer)
            if value:
                answers.append((text(item, "linkId"), value))
            else:
                unnumbered += any(name.startswith("value") for name in answer)
            inner += objects(answer, "item")
        waiting += reversed(inner)
    return tuple(answers), unnumbered
