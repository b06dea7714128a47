"""Headers of unknown programs → the words that they are made of, each by one name: `ApptDttm` is appointment, date."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

# What programs call one thing. A header is told by these names, whatever it is written like.
NAMES: Mapping[str, tuple[str, ...]] = {
    "appointment": (
        "appointment",
        "appt",
        "app",
        "apt",
        "visit",
        "session",
        "event",
        "booking",
        "consultation",
        "slot",
        "encounter",
        "enc",
        "csn",
        "service",
    ),
    "client": ("client", "patient", "pat", "pt", "customer", "attendee", "pseudo", "identity", "mrn", "case", "person"),
    "clinician": (
        "clinician",
        "provider",
        "prov",
        "practitioner",
        "therapist",
        "staff",
        "worker",
        "keyworker",
        "doctor",
        "counsellor",
        "counselor",
        "employee",
        "professional",
        "clinic staff",
        "treating",
        "physician",
    ),
    "start": ("start", "starts", "begin", "begins", "beginning", "starting"),
    "end": ("end", "ends", "ended", "finish", "finishes", "finished", "until", "ending", "stop", "stops"),
    "date": ("date", "day", "dttm", "datetime", "dt", "time", "timestamp", "tm", "at", "when", "on"),
    "id": ("id", "ids", "number", "nr", "num", "guid", "uuid", "key", "ref", "reference"),
    "name": ("name", "fullname"),
    "first": ("first", "given", "forename"),
    "last": ("last", "family", "surname"),
    "status": ("status", "state", "outcome", "attendance", "result"),
    "length": ("length", "len", "duration", "minutes", "mins", "min", "duur"),
    "cancelled": ("cancelled", "canceled", "cancel", "cancellation", "cancelation", "canc"),
    "notice": ("lead", "notice"),
    "hours": ("hours", "hrs", "hour"),
    "initiator": ("initiator", "by", "party"),
    "came": ("held", "arrived", "attended", "showed", "present", "seen"),
    "not": ("not", "non", "missed", "dna", "noshow"),
    "no": ("no",),
    "show": ("show", "arrive", "attend"),
    "late": ("late",),
    "remote": ("telemedicine", "telehealth", "video", "virtual", "online", "remote"),
    "planned": ("scheduled",),
    "calendar": ("calendar",),
    "born": ("born", "birth", "birthdate", "dob"),
    "other": (
        "created",
        "updated",
        "modified",
        "booked",
        "paid",
        "payment",
        "invoice",
        "billing",
        "insurance",
        "claim",
        "note",
        "notes",
        "progress",
        "sms",
        "reminder",
        "form",
        "sent",
        "received",
        "made",
        "sign",
        "signed",
        "location",
        "loc",
        "referral",
        "referring",
        "referrer",
        "supervisor",
        "phone",
        "email",
        "reason",
        "type",
        "category",
        "department",
        "flag",
        "title",
        "address",
        "age",
        "gender",
        "sex",
    ),
}
_MEANS = {word: name for name, words in NAMES.items() for word in words}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SMALL = frozenset({"is", "was", "has", "been"})  # as in is_no_show
_SHORTEST, _LONGEST = 2, 40  # letters of a word within a word, and of a word that is taken apart


def meanings(header: str) -> frozenset[str]:
    """The names of the words in a header; words that are not known stay as they are."""
    spaced = _CAMEL.sub(" ", header)
    words = [word for word in re.split(r"[^a-z0-9]+", spaced.lower()) if word]
    parts = [part for word in words if word not in _SMALL for part in (_parts(word) or (word,))]
    return frozenset(_MEANS.get(part, part) for part in parts)


@cache
def _parts(word: str) -> tuple[str, ...]:
    """The known words that a word is made of, few and long ones; nothing where it is not made of such."""
    if word in _MEANS:
        return (word,)
    if len(word) > _LONGEST:
        return ()
    ends: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(word) + 1):
        ways = [
            (*ends[begin], word[begin:end])
            for begin in range(end)
            if begin in ends and end - begin >= _SHORTEST and word[begin:end] in _MEANS
        ]
        if ways:
            ends[end] = min(ways, key=len)
    return ends.get(len(word), ())
