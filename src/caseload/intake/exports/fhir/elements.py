"""Elements of a FHIR resource, each of the type that R4 gives it; anything else is `Misshapen`."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

Element = dict[str, Any]
# How somebody takes part, by the codes of v3-ParticipationType and encounter-participant-type.
PERFORMS = frozenset({"PPRF", "ATND"})
ASIDE = frozenset(
    {"REF", "REFB", "REFT", "ADM", "DIS", "ESC", "CALLBCK", "translator", "emergency", "INF", "WIT", "AUT", "ENT"}
)
# Numbers of a coded answer: the extension of R4, its elder and its follower.
ORDINALS = ("ordinalValue", "iso21090-CO-value", "itemWeight")


class Number(str):
    """A number as the file writes it: nothing is lost, and a text in quotes is not taken for one."""

    __slots__ = ()


class Misshapen(Exception):
    """An element of another type than FHIR R4 gives it. Holds nothing of its value."""

    def __init__(self, element: str, expected: str, found: str = "an element of another type") -> None:
        super().__init__(element, expected)
        self.element, self.expected, self.found = element, expected, found


def text(element: Element, name: str) -> str:
    """A text, stripped; nothing where there is none."""
    value = element.get(name)
    if value is None:
        return ""
    if type(value) is not str:
        raise Misshapen(name, "text, as FHIR R4 has it")
    return value.strip()


def optional(element: Element, name: str) -> Element | None:
    """An object, or None."""
    value = element.get(name)
    if value is not None and not isinstance(value, dict):
        raise Misshapen(name, "one object, as FHIR R4 has it")
    return value


def objects(element: Element, name: str) -> Sequence[Element]:
    """A list of objects; an empty one where there is none."""
    value = element.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Misshapen(name, "a list of objects, as FHIR R4 has it")
    return value


def number(element: Element, name: str) -> str:
    """A number as plain decimal text; nothing where there is none."""
    value = element.get(name)
    if value is None:
        return ""
    if type(value) is not Number:
        raise Misshapen(name, "a number, as FHIR R4 has it")
    return _plain(value, name)


def _plain(written: str, name: str) -> str:
    if len(written) <= 24 and "e" not in written.lower():
        return str(written)
    value = float(written)
    if not math.isfinite(value) or abs(value) >= 1e12:
        raise Misshapen(name, "a number below 1,000,000,000,000", "a larger one")
    return f"{value:.6f}"


def code(concept: Element | None, system: str = "") -> str:
    """The code of a CodeableConcept: of `system` if it has one, otherwise its first; its text where it has none."""
    if concept is None:
        return ""
    codings = objects(concept, "coding")
    preferred = [text(coding, "code") for coding in codings if system and text(coding, "system").endswith(system)]
    others = [text(coding, "code") for coding in codings]
    return next(filter(None, [*preferred, *others]), text(concept, "text"))


def part_taken(participant: Element) -> str:
    """What a participant does: `performs`, `aside` for a referrer, an interpreter and the like, otherwise nothing."""
    if "type" not in participant:
        return ""
    codes = {text(coding, "code") for kind in objects(participant, "type") for coding in objects(kind, "coding")}
    if codes & PERFORMS:
        return "performs"
    return "aside" if codes and codes <= ASIDE else ""


def first_code(element: Element, name: str) -> str:
    """The code of a Coding, as R4 has it, or the first one of a list of CodeableConcepts, as R5 has it."""
    if isinstance(element.get(name), list):
        return next((found for concept in objects(element, name) if (found := code(concept))), "")
    return text(optional(element, name) or {}, "code")


def updated_at(resource: Element) -> float:
    """When a resource was last changed, in seconds since 1970; 0 where nothing says it."""
    written = text(optional(resource, "meta") or {}, "lastUpdated")
    try:
        moment = dt.datetime.fromisoformat(written)
        return moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=dt.UTC).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def coded_number(answer: Element) -> str:
    """The number behind a coded answer: its ordinal value, or a code that is a number; nothing where there is none."""
    coding = optional(answer, "valueCoding")
    if coding is None:
        return ""
    for extension in (*objects(coding, "extension"), *objects(answer, "extension")):
        if text(extension, "url").rpartition("/")[2].removeprefix("questionnaire-") in ORDINALS:
            return number(extension, "valueDecimal") or number(extension, "valueInteger")
    written = text(coding, "code")
    return written if written.isascii() and written.replace(".", "", 1).isdigit() and len(written) <= 24 else ""


def minutes(begin: str, end: str, name: str) -> str:
    """Minutes from one time to another on the world's clock, negative where the end comes first.

    Nothing unless both have a time of day, and both an offset or neither. Raises `Misshapen`.
    """
    if "T" not in begin or "T" not in end:
        return ""
    try:
        first, last = dt.datetime.fromisoformat(begin), dt.datetime.fromisoformat(end)
    except ValueError:
        raise Misshapen(name, "a time such as 2026-05-03T14:00:00Z", "text that is no time") from None
    if (first.tzinfo is None) != (last.tzinfo is None):
        return ""
    return f"{(last - first).total_seconds() / 60:.6f}".rstrip("0").rstrip(".")
