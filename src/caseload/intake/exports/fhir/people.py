"""Who a reference means: by the id of a resource, by an identifier, inside a Bundle, in the resource itself, by a role.

Somebody is known by the id of their resource (`Practitioner/1`) however a reference writes it, because every server has
one and keeps it. A reference by an identifier counts as the resource that holds this identifier; where no file of the
import holds it the import is refused, because in another month the same person would be known by the id and count as
two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from caseload.intake.exports.fhir.elements import Element, Misshapen, objects, optional, text
from caseload.intake.exports.fhir.files import Resource

PERSONS = ("Patient", "Practitioner", "Person")
ROLE, GROUP = "PractitionerRole", "Group"
# Some servers refer so to clinicians without a number of their own: FHIR has no other use for a Person at a meeting.
_COUNTS_AS = {"Person": "Practitioner"}
_LOOKED_AT = (*PERSONS, ROLE, GROUP, "Appointment", "Encounter")
_LITERAL = re.compile(r"(?:(?:https?://)?(.+)/)?([A-Z][A-Za-z]{1,63})/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?")

_CONDITIONAL = re.compile(r"([A-Z][A-Za-z]{1,63})\?identifier=(?:([^|]*)\|)?([^|&]+)")

NO_SUCH_IDENTIFIER = "a reference by an identifier that no such resource of these files holds"
TWO_OF_ONE_IDENTIFIER = "a reference by an identifier that several resources of these files hold"
NO_SUCH_ROLE = "a reference to a PractitionerRole that is not in these files"
NO_SUCH_ENTRY = "a reference that cannot be followed in these files"
WHAT_TO_DO = "Import it together with the files of Patient, Practitioner and PractitionerRole of the same export."


class Person(NamedTuple):
    """Somebody: a number that stays the same from month to month, and what only the key file is told."""

    type: str
    number: str
    name: str = ""
    born: str = ""

    @property
    def key(self) -> str:
        """What tells them apart."""
        return self.number or f"{self.name}|{self.born}"


class Reference(NamedTuple):
    """A reference as it is written: to a resource, by an identifier, or with the person in it."""

    literal: str = ""
    type: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    contained: Person | None = None


Found = Person | str | None  # a person; why nobody can be found; somebody or something else, such as a room


class Directory:
    """Everybody and every role of the files, and what references to them mean."""

    def __init__(self) -> None:
        self.servers: set[str] = set()
        self.nameless: set[str] = set()  # numbers of people whose resource is in no file
        self.without_id: set[str] = set()
        self._people: dict[str, Person] = {}
        self._roles: dict[str, Reference | None] = {}
        self._groups: dict[str, tuple[Reference, ...]] = {}
        self._identifiers: dict[tuple[str, str], set[str]] = {}
        self._urls: dict[str, str] = {}
        self._plain: dict[str, Reference] = {}  # by what is written: people are few and referred to often
        self._references: dict[Reference, Reference] = {}
        self._found: dict[Reference, Found] = {}

    def key_of(self, url: str, resource: Resource) -> str:
        """What a resource is known by: its type and id, otherwise its fullUrl."""
        kind, name = text(resource, "resourceType"), text(resource, "id")
        if url:
            plain = self.literal(url)
            self._urls[plain] = key = f"{kind}/{name}" if name else plain
            return key
        return f"{kind}/{name}" if name else ""

    def literal(self, written: str) -> str:
        """A reference without its server and version: `Practitioner/1`; what is no such address stays as it is."""
        parts = _LITERAL.fullmatch(written)
        if not parts:
            return written
        server, kind, name = parts.groups()
        if server and kind in _LOOKED_AT:
            self.servers.add(server.casefold())
        return f"{kind}/{name}"

    def address(self, element: Element) -> str:
        """The literal of a reference to a resource that is no person; nothing where it has none."""
        return self.literal(text(element, "reference"))

    def key_at(self, literal: str) -> str:
        """The key of the resource at an address, once all files are read."""
        return self._urls.get(literal, literal)

    def reference(self, element: Element | None, around: Resource) -> Reference | None:
        """A reference in a resource; the same object for the same reference."""
        if element is None:
            return None
        written = text(element, "reference")
        if written in self._plain and "identifier" not in element and "type" not in element:
            return self._plain[written]
        if written.startswith("#"):
            made = self._within(written[1:], around)
        elif written or "identifier" in element:
            if asked := _CONDITIONAL.fullmatch(unquote(written)):  # as Synthea refers to practitioners
                made = Reference("", asked[1], ((asked[2] or "", asked[3]),))
            else:
                system_value = _identifier(optional(element, "identifier"))
                made = Reference(self.literal(written), text(element, "type"), system_value)
            if made == Reference(made.literal):
                made = self._plain[written] = self._references.setdefault(made, made)
        else:
            return None  # a display text alone says nothing that can be followed
        return self._references.setdefault(made, made)

    def _within(self, name: str, around: Resource) -> Reference:
        contained = objects(around, "contained")
        for resource in contained:
            if name and text(resource, "id") == name:
                kind = text(resource, "resourceType")
                if kind == ROLE:
                    others = {"contained": [other for other in contained if other is not resource]}
                    return self.reference(optional(resource, "practitioner"), others) or Reference()
                person = _person(kind, "", resource) if kind in PERSONS else None
                return Reference("", kind, _identifiers(resource), person)
        raise Misshapen("reference", "a reference to a resource that is contained here", "no such contained resource")

    def add_person(self, url: str, resource: Resource) -> None:
        """Take up a Patient or a Practitioner."""
        kind, identifiers = text(resource, "resourceType"), _identifiers(resource)
        key = self.key_of(url, resource)
        number = key
        if not text(resource, "id"):  # the fullUrl of a Bundle may be another one in the next export
            number = "|".join(identifiers[0]) if identifiers else ""
            key = key or f"{kind}|{number}"
            self.without_id.add(key)
        self._people[key] = _person(kind, number, resource)
        self._index(identifiers, key)

    def add_group(self, url: str, resource: Resource) -> None:
        """Take up a Group of people."""
        members = [member for member in objects(resource, "member") if member.get("inactive") is not True]
        references = [self.reference(optional(member, "entity"), resource) for member in members]
        self._groups[self.key_of(url, resource)] = tuple(who for who in references if who is not None)

    def is_group(self, reference: Reference) -> bool:
        """Whether a reference means a Group."""
        key = self.key_at(reference.literal)
        return key in self._groups or key.startswith(f"{GROUP}/") or reference.type == GROUP

    def members(self, reference: Reference) -> tuple[Reference, ...]:
        """The members of a Group; nobody where it is not in these files."""
        return self._groups.get(self.key_at(reference.literal), ())

    def add_role(self, url: str, resource: Resource) -> None:
        """Take up a PractitionerRole."""
        key = self.key_of(url, resource)
        self._roles[key] = self.reference(optional(resource, "practitioner"), resource)
        self._index(_identifiers(resource), key)

    def _index(self, identifiers: Sequence[tuple[str, str]], key: str) -> None:
        for identifier in identifiers:
            self._identifiers.setdefault(identifier, set()).add(key)

    def who(self, reference: Reference) -> Found:
        """Whom a reference means, once all files are read."""
        if reference not in self._found:
            self._found[reference] = None  # a role that leads to itself leads to nobody
            self._found[reference] = self._resolved(reference)
        return self._found[reference]

    def _resolved(self, reference: Reference) -> Found:
        key = self.key_at(reference.literal)
        kind = key.partition("/")[0]
        if key in self._roles:
            practitioner = self._roles[key]
            return self.who(practitioner) if practitioner else NO_SUCH_ROLE
        if key in self._people:
            return self._people[key]
        if kind in PERSONS and _LITERAL.fullmatch(key):
            self.nameless.add(key)
            return Person(_COUNTS_AS.get(kind, kind), key)
        if reference.identifiers:
            return self._identified(reference)
        if reference.contained:
            return reference.contained
        if kind == ROLE:
            return NO_SUCH_ROLE
        is_other = _LITERAL.fullmatch(key) or (reference.type and reference.type not in (*PERSONS, ROLE))
        return None if is_other or not key else NO_SUCH_ENTRY

    def _identified(self, reference: Reference) -> Found:
        if reference.type and reference.type not in (*PERSONS, ROLE):
            return None
        keys = set().union(*(self._identifiers.get(identifier, set()) for identifier in reference.identifiers))
        owners = {self.who(Reference(key)) for key in keys}
        people = {one for one in owners if isinstance(one, Person) and reference.type in ("", ROLE, one.type)}
        if len(people) > 1:
            return TWO_OF_ONE_IDENTIFIER
        return people.pop() if people else NO_SUCH_IDENTIFIER


def _identifier(element: Element | None) -> tuple[tuple[str, str], ...]:
    value = text(element, "value") if element is not None else ""
    return ((text(element, "system"), value),) if element is not None and value else ()


def _identifiers(resource: Resource) -> tuple[tuple[str, str], ...]:
    pairs = {pair for element in objects(resource, "identifier") for pair in _identifier(element)}
    return tuple(sorted(pairs))


def _person(kind: str, number: str, resource: Resource) -> Person:
    names = objects(resource, "name")
    usual = [name for name in names if text(name, "use") in ("official", "usual")] or [
        name for name in names if text(name, "use") != "old"
    ]
    return Person(
        _COUNTS_AS.get(kind, kind), number, _written_name(usual[0]) if usual else "", text(resource, "birthDate")
    )


def _written_name(name: Element) -> str:
    given = name.get("given")
    if given is not None and not (isinstance(given, list) and all(part is None or type(part) is str for part in given)):
        raise Misshapen("given", "a list of texts, as FHIR R4 has it")
    parts = [*(part.strip() for part in given or () if part), text(name, "family")]
    return " ".join(filter(None, parts)) or text(name, "text")
