"""The top of a page: what is different this month as its title, and below it what is due and where to begin.

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
from caseload.flags.states import WORDS
from caseload.pages.supervisee.agreements import agreed_when, agreements
from caseload.pages.supervisee.subject import LEAVE_DAYS, Subject
from caseload.wording import MONTHS, counted, cut_short, day, first_upper, listed, month_name, spelled

NOT_YET = f"Nothing has reached {WORDS['raise']}"
MOST_WORDS = 70  # characters of a decision in the first sentence
NEW_MONTHS = 3
"""Months from the start in which somebody counts as new."""
TOO_LITTLE = "This month does not have enough data for most questions"
NEITHER = "That is neither good news nor bad news."
NO_FLAG = "There is no flag this month"
GOING_WELL = "You could talk about what is going well, and what makes it possible."


def point(subject: Subject) -> str:
    """What is different this month, and since when, in one sentence: the title of the page."""
    raised, watched = standing(subject)
    if raised:
        return _standing(subject, raised, "to discuss")
    if subject.slice.days_off >= LEAVE_DAYS:
        return (
            f"{_leave(subject)}. {_standing(subject, watched, 'to keep in view')}" if watched else f"{_leave(subject)}."
        )
    if watched:
        return _standing(subject, watched, "to keep in view")
    if _little(subject):
        started = days_since_start(subject)
        who = subject.pick("You", subject.clinician_id)
        return f"{who} started on {started}, so most questions need more data." if started else f"{TOO_LITTLE}."
    return f"{NO_FLAG}."


def lead(subject: Subject) -> str:
    """What is due for review, what appointments add, and where to begin unless something is due."""
    due, noted = due_first(subject), attendance_beside(subject)
    raised, _ = standing(subject)
    asked = not due or (_unmet(subject) and raised and "personal_activation" not in raised)
    if noted and not (raised or subject.slice.days_off >= LEAVE_DAYS):
        return " ".join(filter(None, [due, noted]))
    return " ".join(filter(None, [due, noted, _where_to_begin(subject) if asked else ""]))


def standing(subject: Subject) -> tuple[list[str], list[str]]:
    """The flags to discuss and those to keep in view, cancelled support first."""
    states = {flag: subject.state(flag).state for flag in FLAGS}
    raised, watched = (_ordered(subject, [f for f in FLAGS if states[f] == state]) for state in ("raise", "watch"))
    return raised, watched


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
    return f"Keep in view: {attendance_words(row)}."


def _where_to_begin(subject: Subject) -> str:
    """A place to begin, or what to make of the month."""
    raised, watched = standing(subject)
    if raised:
        return _beginning(subject, raised, watched)
    if subject.slice.days_off >= LEAVE_DAYS:
        return "" if watched else "You could talk about coming back."
    if watched:
        return _in_view(subject, watched)
    if _little(subject):
        return "You could ask how the start has been." if days_since_start(subject) else NEITHER
    return GOING_WELL


def _little(subject: Subject) -> bool:
    """Whether neither of the questions on clients can be answered."""
    asked = ("over_investment", "stage_incongruence")
    return all(subject.state(flag).state in ("not_enough_data", "not_shared") for flag in asked)


def days_since_start(subject: Subject) -> str:
    """The day somebody started on, in words; empty where that is not known or longer ago than `NEW_MONTHS`."""
    started = subject.slice.person["started_on"]
    new = pd.notna(started) and (subject.month - started.to_period("M")).n < NEW_MONTHS
    return day(started) if new else ""


def _ordered(subject: Subject, flags: list[str]) -> list[str]:
    """Support that was cancelled first."""
    return sorted(flags, key=lambda flag: not (flag == "personal_activation" and _unmet(subject)))


def _standing(subject: Subject, flags: list[str], verb: str) -> str:
    """What one question shows and since when; of more of them their names."""
    if len(flags) > 1:
        names = listed([FLAGS[flag].title.lower() for flag in flags], len(FLAGS))
        return f"{spelled(len(flags)).capitalize()} questions {verb}: {names}."
    since = month_name(subject.flag(flags[0])["since"], subject.month)
    return first_upper(f"{subject.clause(flags[0])}, since {since}.")


def _beginning(subject: Subject, raised: list[str], watched: list[str]) -> str:
    """Where to begin, and what else is there, in a month in which something is raised."""
    if len(raised) > 2:
        return f"You could start with {FLAGS[raised[0]].title.lower()}, and leave the rest for a second meeting."
    if _unmet(subject):
        if "personal_activation" in raised:
            return "You could start with how to put that time back."
        evidence = subject.evidence("personal_activation")
        who = listed([f"the {who}" for who in UNMET_BY if evidence[f"cancelled_{who}"] > 0])
        return f"{first_upper(who)} cancelled planned supervision. You could start with how to put that time back."
    rest = f", and keep {listed([FLAGS[flag].title.lower() for flag in watched])} in view" if watched else ""
    first = "what support would fit" if raised[0] == "personal_activation" else FLAGS[raised[0]].title.lower()
    return f"You could start with {first}{rest}."


def _in_view(subject: Subject, watched: list[str]) -> str:
    """What to make of a month in which something is watched and nothing raised."""
    if _unmet(subject):
        return "You could start with how to put that time back."
    new = all(subject.flag(flag)["since"] == subject.month for flag in watched)
    return f"{NOT_YET}. One month is not a pattern." if new else f"{NOT_YET}. Keep it in view."


def _leave(subject: Subject) -> str:
    """That much of the month was leave."""
    who = subject.pick("You were", f"{subject.clinician_id} was")
    away = f"{counted(subject.slice.days_off, 'day')} of {MONTHS[subject.month.month - 1]}"
    return f"{who} on leave for {away}, so there is little to read"


def _unmet(subject: Subject) -> bool:
    return bool(np.equal(subject.evidence("personal_activation")["unmet"], True))


def _agreements(count: int) -> str:
    return "agreement" if count == 1 else "agreements"
