"""Questionnaire responses → surveys of clinicians, item by item; totals of clients' forms (ORS, SRS) → a session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from caseload.intake.exports.fhir.company import Company
from caseload.intake.exports.fhir.people import Person
from caseload.intake.exports.fhir.resources import Resources, Response
from caseload.intake.exports.fhir.rows import Doubts, Rows
from caseload.intake.exports.fhir.sessions import Session
from caseload.intake.exports.maps import CLIENT_FORMS
from caseload.intake.exports.moments import Calendar
from caseload.intake.scales import SCALES

FORM_ITEMS = 4  # visual analogue scales of 10 cm each, whose sum is the total
COMPLETE = ("completed", "amended")
SURVEY_HEADER = ("practitioner", "practitioner_name", "authored", "status", "instrument", "item", "response")

OF_OTHERS = (
    "Questionnaires for clinicians about a client or somebody else, and for clients about a clinician, passed over"
)
UNNUMBERED = "Answers that are no number (words, for example), passed over"
NO_ITEM = "Answers whose linkId holds no item's number, passed over"
NO_ANSWER = "Completed questionnaires without an answer in numbers"
INCOMPLETE = "ORS and SRS forms that are not completed, or were entered in error, passed over"
NO_TOTAL = "ORS and SRS forms without a total or four answers, passed over"
NO_SESSION = "ORS and SRS forms that belong to no session of these files, or not clearly to one, passed over"
SEVERAL = "Further ORS and SRS forms of one session, of which the latest is taken"
_NAME = re.compile(r"[a-z][a-z0-9._-]{0,39}")  # small letters: other words may be a name or a number of somebody
_DIGITS = re.compile(r"\d+")
_ONE_ITEM = "one answer to each item"
_TWO = "two answers to one item"
_CORRECT = "Correct it at its source, or leave the questionnaire out of the export."


class Answers:
    """The questionnaire responses of all files, by what they are."""

    def __init__(self, resources: Resources, doubts: Doubts, questionnaires: Mapping[str, str]) -> None:
        self._resources, self._doubts = resources, doubts
        self._company = Company(resources.directory, doubts)
        self._instruments = {_plain(name): instrument for name, instrument in questionnaires.items()}
        self._kinds: dict[str, str] = {}
        self.surveys = {file: self._surveys(file, some) for file, some in resources.responses.items()}

    def _surveys(self, file: Path, responses: list[Response]) -> Rows:
        rows = Rows(SURVEY_HEADER)
        for response in responses:
            instrument = self._instrument(response.questionnaire)
            if not instrument:
                self._doubts.count(f"Questionnaires that the map does not know ({_shown(response.questionnaire)})")
            elif instrument not in CLIENT_FORMS and (who := self._answered_by(file, response, "Practitioner")):
                facts = (who.number, who.name, response.authored, response.status, instrument)
                for item, value in self._items(file, response, instrument):
                    rows.add(response.place, (*facts, item, value))
        return rows

    def _items(self, file: Path, response: Response, instrument: str) -> Iterator[tuple[str, str]]:
        """Items with their answer; one empty pair for a response that is not complete, so that it can be counted."""
        if response.status not in COMPLETE:
            yield "", ""
            return
        self._doubts.count(UNNUMBERED, response.unnumbered)
        known = SCALES.get(instrument, {})
        items = [item_of(link, frozenset(known)) for link, _ in response.answers]
        if len(items) == 1 and items[0] not in known and set(known) <= {"1", "total"}:
            items = ["total"]  # an instrument that is one question
        if not items:
            self._doubts.count(NO_ANSWER)
        if len({*filter(None, items)}) < len([*filter(None, items)]):
            self._doubts.refuse(file, response.place, "linkId", _ONE_ITEM, _TWO, _CORRECT)
        for item, (_, value) in zip(items, response.answers, strict=True):
            if item:
                yield item, value
            else:
                self._doubts.count(NO_ITEM)

    def _answered_by(self, file: Path, response: Response, kind: str) -> Person | None:
        """Whom a response is about or by: the subject, otherwise who it comes from; counted if not of this kind."""
        known = (self._company.person(file, response.place, "subject", one) for one in response.people)
        who = next(filter(None, known), None)
        if who is None or who.type != kind:
            self._doubts.count(OF_OTHERS)
            return None
        return who

    def _instrument(self, canonical: str) -> str:
        """The instrument of a questionnaire, by its address or the last part of it; nothing for an unknown one."""
        if canonical not in self._kinds:
            address = _address(canonical)
            names = (address, address.rpartition("/")[2])
            known = (self._instruments.get(_plain(name), "") for name in names)
            self._kinds[canonical] = next(filter(None, known), "")
        return self._kinds[canonical]

    def totals(self, sessions: list[Session], calendar: Calendar) -> dict[str, dict[str, str]]:
        """Of each session's number: form → total.

        A form belongs to the session of its encounter; without one, to the only session that its client had, or else
        the only one that they attended, on the day when it was filled in.
        """
        forms = [(instrument, patient, form) for instrument, patient, form in self._forms() if form.answers]
        wanted = {patient.key for _, patient, _ in forms}
        theirs = [session for session in sessions if session.patient.key in wanted]
        by_encounter = {(session.encounter, session.patient.key): session for session in theirs if session.encounter}
        by_day: dict[tuple[str, str], list[Session]] = {}
        for one in theirs:
            by_day.setdefault((one.patient.key, _day(one.start, calendar)), []).append(one)
        latest: dict[tuple[str, str], tuple[str, str]] = {}
        for instrument, patient, form in forms:
            encounter = self._resources.directory.key_at(form.encounter)
            day = _day(form.authored, calendar)
            that_day = by_day.get((patient.key, day), []) if day and not encounter else []
            session = by_encounter.get((encounter, patient.key)) or _only(that_day)
            total = _total(form)
            if session is None or not total:
                self._doubts.count(NO_SESSION if session is None else NO_TOTAL)
                continue
            self._doubts.count(SEVERAL, (session.number, instrument) in latest)
            dated = calendar.moment(form.authored).text or "", total
            latest[session.number, instrument] = max(latest.get((session.number, instrument), ("", "")), dated)
        totals: dict[str, dict[str, str]] = {}
        for (number, instrument), (_, total) in latest.items():
            totals.setdefault(number, {})[instrument] = total
        return totals

    def _forms(self) -> Iterator[tuple[str, Person, Response]]:
        for file, responses in self._resources.responses.items():
            for response in responses:
                instrument = self._instrument(response.questionnaire)
                if instrument not in CLIENT_FORMS:
                    continue
                if response.status not in COMPLETE:
                    self._doubts.count(INCOMPLETE)
                    continue
                patient = self._answered_by(file, response, "Patient")
                if patient:
                    self._doubts.count(NO_TOTAL, not response.answers)
                    yield instrument, patient, response


def item_of(link: str, scores: frozenset[str]) -> str:
    """The item that a linkId means: a ready score by its name, otherwise the last number in it; nothing for none."""
    name = re.split(r"[/.#]", link)[-1].casefold().replace("-", "_")
    if name in scores:
        return name
    digits = _DIGITS.findall(link)
    return str(int(digits[-1])) if digits and len(digits[-1]) <= 4 else ""


def _total(form: Response) -> str:
    """The total of a client's form: as given, or the sum of its four scales."""
    given = [value for link, value in form.answers if item_of(link, frozenset({"total"})) == "total"]
    if given:
        return given[-1]
    if len(form.answers) != FORM_ITEMS:
        return ""
    return f"{sum(float(value) for _, value in form.answers):.4f}"


def _only(sessions: list[Session]) -> Session | None:
    held = sessions if len(sessions) == 1 else [session for session in sessions if session.was_held]
    return held[0] if len(held) == 1 else None


def _day(moment: str, calendar: Calendar) -> str:
    return (calendar.moment(moment).text or "")[:10]


def _address(canonical: str) -> str:
    return re.split(r"[|#]", canonical)[0].rstrip("/")


def _plain(name: str) -> str:
    """A name or an address without what differs by habit: letters' case, hyphens, dots."""
    return re.sub(r"[-_. ]", "", name.casefold())


def _shown(canonical: str) -> str:
    """The last part of an address, if it is a name such as others give to questionnaires."""
    name = _address(canonical).rpartition("/")[2]
    return name if _NAME.fullmatch(name) else "without a plain name"
