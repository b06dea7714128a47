"""The lead of a page: what to talk about this month, across the questions, in one or two calm sentences.

An agreement that is due for review comes first, and is the place to begin. What stands out is named with what it
shows; more than two questions are only named. Support that was promised and cancelled comes before anything else that
is asked of somebody.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.supports import UNMET_BY
from caseload.flags import FLAGS
from caseload.flags.over_investment import attendance_stands_out, attendance_words, is_of_appointments
from caseload.flags.states import STANDING, WORDS
from caseload.pages.supervisee.agreements import agreed_when, agreements
from caseload.pages.supervisee.subject import LEAVE_DAYS, Subject
from caseload.wording import MONTHS, counted, cut_short, day, first_upper, listed, spelled

NOT_YET = f"Nothing has reached {WORDS['raise']}"
MOST_WORDS = 70  # characters of a decision in the first sentence
NEW_MONTHS = 3
"""Months from the start in which somebody counts as new."""
TOO_LITTLE = "There is too little data for most questions this month, and nothing can be said in either direction."
GOING_WELL = "That is a good occasion to talk about what goes well, and what it rests on."


def lead(subject: Subject) -> str:
    """One or two sentences that answer the page's title, in the words of this copy, and what appointments add."""
    due, noted = due_first(subject), attendance_beside(subject)
    standing = any(subject.state(flag).state in STANDING for flag in FLAGS)
    if not noted:
        said = [_of_questions(subject, begin=not due)]
    elif standing or subject.slice.days_off >= LEAVE_DAYS:
        said = [_of_questions(subject, begin=not due), noted]
    else:
        said = [noted] if due else [noted, f"{NOT_YET}."]
    return " ".join(filter(None, [due, *said]))


def due_first(subject: Subject) -> str:
    """What was agreed and is due for review, as the first sentence of a page; empty where nothing is."""
    due = [each for each in agreements(subject) if each.due]
    if not due:
        return ""
    words = f"“{cut_short(due[0].decision, MOST_WORDS)}”, {agreed_when(due[0], subject.month)}"
    rest = len(due) - 1
    return f"Due for review: {words}{f', and {spelled(rest)} more {_agreements(rest)}' if rest else ''}."


def attendance_beside(subject: Subject) -> str:
    """What appointments say where they alone would make a watch and no flag says it; else empty."""
    row = subject.evidence("over_investment")
    if not attendance_stands_out(row) or is_of_appointments(row):
        return ""
    return f"Worth keeping in view: {attendance_words(row)}."


def _of_questions(subject: Subject, begin: bool) -> str:
    """What the flags say; and where to begin, unless that is said already."""
    states = {flag: subject.state(flag).state for flag in FLAGS}
    raised, watched = (_ordered(subject, [f for f in FLAGS if states[f] == state]) for state in ("raise", "watch"))
    if raised:
        said = _said_of(subject, raised, "stand out")
        told = "personal_activation" in raised
        return f"{said} {_beginning(subject, raised, watched)}" if begin or (_unmet(subject) and not told) else said
    if subject.slice.days_off >= LEAVE_DAYS:
        return _leave(subject, watched, begin)
    if watched:
        said = _said_of(subject, watched, "are worth keeping in view")
        return f"{said} {_in_view(subject, watched)}" if begin else said
    started = days_since_start(subject)
    if all(states[flag] in ("not_enough_data", "not_shared") for flag in ("over_investment", "stage_incongruence")):
        if not started:
            return TOO_LITTLE
        started_on = f"{subject.pick('You', 'They')} started on {started}"
        said = f"{started_on}, so there is too little data for most questions, in either direction."
        return f"{said} How the start has been is a good place to begin." if begin else said
    said = f"Nothing stands out from {subject.pick('your', 'their')} own usual this month."
    return f"{said} {GOING_WELL}" if begin else said


def days_since_start(subject: Subject) -> str:
    """The day somebody started on, in words; empty where that is not known or longer ago than `NEW_MONTHS`."""
    started = subject.slice.person["started_on"]
    new = pd.notna(started) and (subject.month - started.to_period("M")).n < NEW_MONTHS
    return day(started) if new else ""


def _ordered(subject: Subject, flags: list[str]) -> list[str]:
    """Support that was cancelled first."""
    return sorted(flags, key=lambda flag: not (flag == "personal_activation" and _unmet(subject)))


def _said_of(subject: Subject, flags: list[str], verb: str) -> str:
    """What one or two questions show, as a sentence; the names of more."""
    if len(flags) > 2:
        return f"{len(flags)} questions {verb}: {listed([FLAGS[flag].title.lower() for flag in flags], len(FLAGS))}."
    return first_upper(f"{'; '.join(subject.clause(flag) for flag in flags)}.")


def _beginning(subject: Subject, raised: list[str], watched: list[str]) -> str:
    """Where to begin, and what else is there, in a month in which something is raised."""
    if len(raised) > 2:
        return f"Perhaps begin with {FLAGS[raised[0]].title.lower()}, and leave the rest for a second meeting."
    if _unmet(subject):
        if "personal_activation" in raised:
            return "Perhaps begin with how that time can be put back."
        evidence = subject.evidence("personal_activation")
        who = listed([f"the {who}" for who in UNMET_BY if evidence[f"cancelled_{who}"] > 0])
        return f"{first_upper(who)} cancelled planned supervision: perhaps begin with how that can be put back."
    if raised[0] == "personal_activation":
        return "Perhaps begin with what support would fit."
    rest = f", and keep {listed([FLAGS[flag].title.lower() for flag in watched])} in view" if watched else ""
    return f"Perhaps begin with {'that' if len(raised) == 1 else 'the first'}{rest}."


def _in_view(subject: Subject, watched: list[str]) -> str:
    """What to make of a month in which something is watched and nothing raised."""
    if _unmet(subject):
        return "Perhaps begin with how that time can be put back."
    new = all(subject.flag(flag)["since"] == subject.month for flag in watched)
    return f"{NOT_YET}, and one month is not a pattern yet." if new else f"{NOT_YET}: keep it in view."


def _leave(subject: Subject, watched: list[str], begin: bool) -> str:
    away = f"{subject.pick('You were', 'They were')} on leave for {counted(subject.slice.days_off, 'day')} of "
    away += f"{MONTHS[subject.month.month - 1]}, so there is little to read"
    if watched:
        return f"{away}. {_said_of(subject, watched, 'are worth keeping in view')}"
    return f"{away}. Perhaps talk about coming back." if begin else f"{away}."


def _unmet(subject: Subject) -> bool:
    return bool(np.equal(subject.evidence("personal_activation")["unmet"], True))


def _agreements(count: int) -> str:
    return "agreement" if count == 1 else "agreements"
