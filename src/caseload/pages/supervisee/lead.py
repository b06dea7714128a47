"""The lead of a page: what to talk about this month, across the questions, in one or two calm sentences.

What stands out is named with what it shows; more than two questions are only named. Support that was promised and
cancelled comes before anything that is asked of somebody, and an agreement that is due is a place to begin.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.supports import UNMET_BY
from caseload.flags import FLAGS
from caseload.flags.over_investment import attendance_stands_out, attendance_words, is_of_appointments
from caseload.flags.states import STANDING, WORDS
from caseload.pages.supervisee.agreements import agreements
from caseload.pages.supervisee.subject import LEAVE_DAYS, Subject
from caseload.wording import MONTHS, counted, day, first_upper, listed

NOT_YET = f"Nothing has reached {WORDS['raise']}"
NEW_MONTHS = 3
"""Months from the start in which somebody counts as new."""
TOO_LITTLE = "There is too little data for most questions this month, and nothing can be said in either direction."
GOING_WELL = "That is a good occasion to talk about what goes well, and what it rests on."


def lead(subject: Subject) -> str:
    """One or two sentences that answer the page's title, in the words of this copy, and what appointments add."""
    noted = attendance_beside(subject)
    if not noted:
        return _of_questions(subject)
    standing = any(subject.state(flag).state in STANDING for flag in FLAGS)
    if standing or subject.slice.days_off >= LEAVE_DAYS:
        return f"{_of_questions(subject)} {noted}"
    due = _due(subject)
    return f"{noted} {NOT_YET}{f', and {_are_due(due)}' if due else ''}."


def attendance_beside(subject: Subject) -> str:
    """What appointments say where they alone would make a watch and no flag says it; else empty."""
    row = subject.evidence("over_investment")
    if not attendance_stands_out(row) or is_of_appointments(row):
        return ""
    return f"Worth keeping in view: {attendance_words(row)}."


def _of_questions(subject: Subject) -> str:
    """What the flags say."""
    states = {flag: subject.state(flag).state for flag in FLAGS}
    raised, watched = (_ordered(subject, [f for f in FLAGS if states[f] == state]) for state in ("raise", "watch"))
    if raised:
        return " ".join((_standing(subject, raised, "stand out"), _beginning(subject, raised, watched)))
    if subject.slice.days_off >= LEAVE_DAYS:
        return _leave(subject, watched)
    if watched:
        return " ".join((_standing(subject, watched, "are worth keeping in view"), _in_view(subject, watched)))
    started = days_since_start(subject)
    if all(states[flag] in ("not_enough_data", "not_shared") for flag in ("over_investment", "stage_incongruence")):
        if not started:
            return TOO_LITTLE
        return (
            f"{subject.pick('You', 'They')} started on {started}, so there is too little data for most questions, in "
            "either direction. How the start has been is a good place to begin."
        )
    if (due := _due(subject)) > 0:
        return (
            f"Nothing stands out from {subject.pick('your', 'their')} own usual this month. "
            f"{first_upper(_are_due(due))}, and a good place to begin."
        )
    return f"Nothing stands out from {subject.pick('your', 'their')} own usual this month. {GOING_WELL}"


def days_since_start(subject: Subject) -> str:
    """The day somebody started on, in words; empty where that is not known or longer ago than `NEW_MONTHS`."""
    started = subject.slice.person["started_on"]
    new = pd.notna(started) and (subject.month - started.to_period("M")).n < NEW_MONTHS
    return day(started) if new else ""


def _ordered(subject: Subject, flags: list[str]) -> list[str]:
    """Support that was cancelled first."""
    return sorted(flags, key=lambda flag: not (flag == "personal_activation" and _unmet(subject)))


def _standing(subject: Subject, flags: list[str], verb: str) -> str:
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
    if any(each.due and each.flag in raised for each in agreements(subject)):
        return f"What was agreed about {'it' if len(raised) == 1 else 'this'} is due for review: perhaps begin there."
    rest = f", and keep {listed([FLAGS[flag].title.lower() for flag in watched])} in view" if watched else ""
    return f"Perhaps begin with {'that' if len(raised) == 1 else 'the first'}{rest}."


def _in_view(subject: Subject, watched: list[str]) -> str:
    """What to make of a month in which something is watched and nothing raised."""
    if _unmet(subject):
        return "Perhaps begin with how that time can be put back."
    if (due := _due(subject)) > 0:
        return f"{NOT_YET}, and {_are_due(due)}."
    new = all(subject.flag(flag)["since"] == subject.month for flag in watched)
    return f"{NOT_YET}, and one month is not a pattern yet." if new else f"{NOT_YET}: keep it in view."


def _leave(subject: Subject, watched: list[str]) -> str:
    away = f"{subject.pick('You were', 'They were')} on leave for {counted(subject.slice.days_off, 'day')} of "
    away += f"{MONTHS[subject.month.month - 1]}, so there is little to read"
    if watched:
        return f"{away}. {_standing(subject, watched, 'are worth keeping in view')}"
    due = _due(subject)
    return f"{away}. Perhaps talk about coming back{f'; {_are_due(due)}' if due else ''}."


def _unmet(subject: Subject) -> bool:
    return bool(np.equal(subject.evidence("personal_activation")["unmet"], True))


def _due(subject: Subject) -> int:
    return sum(each.due for each in agreements(subject))


def _are_due(count: int) -> str:
    return "one agreement is due for review" if count == 1 else f"{count} agreements are due for review"
