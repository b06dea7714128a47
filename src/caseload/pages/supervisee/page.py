"""One supervisee's page: the four questions, their evidence, what was agreed, what could help, agenda and method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.states import RULE
from caseload.pages.chance import supervisee_chance
from caseload.pages.supervisee import (
    agenda,
    agreements,
    balance,
    fatigue,
    personal,
    selfcare,
    stage,
    support,
    words_alone,
)
from caseload.pages.supervisee.diary import appointments_alone, appointments_page
from caseload.pages.supervisee.first import first_screen
from caseload.pages.supervisee.lead import lead, point
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Card, Chance, Opening, SuperviseeView
from caseload.review.assessment import Assessment
from caseload.review.sharing import marks
from caseload.signals import SIGNALS
from caseload.wording import counted, day, listed, month_year

FOOTER = (
    "For supervision, not for appraisal. Session dates can identify people: keep this report as you would keep case "
    "notes."
)
PURPOSE = (
    "It prepares one conversation. It does not measure performance, diagnose anyone or rank people. Nobody may use it "
    "for that. A flag says that something may deserve attention. A flag can be wrong, and the people involved know "
    "the cases."
)
ORIGIN = (
    "We estimate effort and engagement for each client and month from the recorded measures. Reliable measures count "
    "more. We compare effort with the effort you would expect from the clients’ severity, trauma history, crises and "
    "phase of treatment. We used no data after {end}."
)
RECORDED = "Used: {used}. Missing: {missing}. Missing measures widen the intervals. They never count against anyone."
LIMITS = (
    "Work logs alone rarely show burnout, so this page never says whether a person has it. No cut-off here is a "
    "clinical threshold. About one in ten of the 90% intervals misses the true value."
)
OWN_COPY = (
    "This version is yours. Your supervisor also sees your ratings of the work with a client (effort, engagement, "
    "stage of change). Surveys and the self-rating of personal issues are private unless you share them. The "
    "supervisor’s version looks the same with and without them, and never shows your own therapy. Files stay on this "
    "computer."
)
SUPERVISORS_COPY = (
    "The supervisee’s version has all their data. You both see the ratings of the work with a client (effort, "
    "engagement, stage of change). Surveys and the self-rating of personal issues are private unless shared. This page "
    "looks the same with and without private answers. Files stay on this computer."
)

ROOMS: Mapping[str, Any] = {room.FLAG: room for room in (balance, stage, personal, selfcare)}
"""Flags with more to show than words. Compassion fatigue is a strip below the cards, and part of the third question."""


def supervisee_view(assessment: Assessment, clinician_id: str, copy: str) -> SuperviseeView:
    """Everything one copy of one supervisee's page says. `copy` is "own" or "supervisor"."""
    subject = Subject.of(assessment, clinician_id, copy)
    rooms = [ROOMS.get(flag) or words_alone.Room(flag) for flag in FLAGS if flag != fatigue.FLAG]
    cards = tuple(room.card(subject) for room in rooms)
    strip = fatigue.strip(subject)
    sections = tuple(room.section(subject) for room in rooms)
    agreed = agreements.agreed(subject)
    whole = SuperviseeView(
        clinician_id=clinician_id,
        copy=copy,
        opening=_opening(subject),
        cards=cards,
        strip=strip,
        chance=_chance(subject, (*cards, strip)),
        sections=sections,
        agreed_intro=agreements.agreed_intro(agreed),
        agreed=agreed,
        support=support.support_plan(subject),
        meeting=agenda.meeting(subject),
        agenda=agenda.agenda(subject),
        method=_method(subject),
        footer=FOOTER,
        first=first_screen(subject),
    )
    return appointments_page(whole, subject) if appointments_alone(subject) else whole


def _opening(subject: Subject) -> Opening:
    month, who = month_year(subject.month), subject.clinician_id
    whose = subject.pick(
        "Your version. You see it first.",
        "The supervisor’s version.",
    )
    return Opening(
        document_title=f"Supervision report, {who}, {month}",
        crumbs=_crumbs(subject, month),
        kick=f"Supervision report for {who}, {month}. {whose}",
        title=point(subject),
        lead=lead(subject),
        facts=_facts(subject),
        marks=tuple(sorted(marks(subject.slice.practice.surveys))) if subject.own else (),
    )


def _crumbs(subject: Subject, month: str) -> tuple[tuple[str, str], ...]:
    """The own copy leads nowhere: it is handed over alone."""
    here = (f"{subject.clinician_id}, {month}", "")
    if subject.own:
        return (here,)
    return (("All supervisees", subject.slice.landing_page), here)


def _facts(subject: Subject) -> tuple[tuple[str, str, str], ...]:
    statuses = subject.slice.sessions["status"]
    attended, scheduled = int((statuses == "attended").sum()), len(statuses)
    facts = [
        ("", f"{attended}", f"of {counted(scheduled, 'appointment')} attended"),
        ("", f"{subject.slice.sessions['client_id'].nunique()}", "clients"),
        ("", f"{len(subject.slice.recorded)}", f"of {len(SIGNALS)} measures recorded"),
        ("data to", day(subject.month.end_time), ""),
    ]
    supervisor = subject.slice.person["supervisor_id"]
    if pd.notna(supervisor):
        facts.append(("supervisor", str(supervisor), ""))
    if subject.slice.days_off:
        facts.append(("on leave", counted(subject.slice.days_off, "day"), ""))
    return tuple(facts)


def _chance(subject: Subject, cards: tuple[Card, ...]) -> Chance:
    mine = subject.slice
    drawn = (mine.gap, mine.off_stage_share, *((mine.ratings,) if subject.sees_surveys else ()))
    charts = [course.limits.points for course in drawn if course.known[-1] and course.usual]
    return supervisee_chance(
        charts, subject.sees_surveys, subject.month_flags, small_charts=any(card.spark for card in cards)
    )


def _method(subject: Subject) -> tuple[tuple[str, str], ...]:
    used = listed([s.label for s in subject.slice.recorded], len(SIGNALS))
    missing = listed([s.label for s in SIGNALS if s not in subject.slice.recorded], len(SIGNALS))
    return (
        ("What this page is for", PURPOSE),
        ("How the numbers come about", ORIGIN.format(end=day(subject.month.end_time))),
        ("What was recorded, and what was not", RECORDED.format(used=used or "nothing", missing=missing or "nothing")),
        ("What cannot be claimed", LIMITS),
        ("Who sees what", subject.pick(OWN_COPY, SUPERVISORS_COPY)),
        ("When a flag starts and ends", RULE),
    )
