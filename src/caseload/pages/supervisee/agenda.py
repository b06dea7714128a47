"""The agenda of the meeting to come: one sheet with what is due for review and the questions to talk about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.over_investment import OF_APPOINTMENTS
from caseload.flags.states import STANDING
from caseload.pages.supervisee.agreements import Agreement, agreed_when, agreements
from caseload.pages.supervisee.lead import attendance_beside
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import AgendaItem, State
from caseload.wording import counted, cut_short, month_year

ORDER = ("raise", "watch", "not_enough_data", "steady")
ATTENDANCE = "Attendance"
MOST_ITEMS = 4
MOST_REVIEWS = 2
MOST_WORDS = 150  # characters of a decision on the sheet; the whole stands with what was agreed
MOST_LINES = {6: 2, 7: 1}  # of an item on a sheet with so many; all of them must stay wide enough to write on


def agenda(subject: Subject) -> tuple[AgendaItem, ...]:
    """What is due for review, then the questions to talk about, what stands out first; others only if time allows."""
    due = reviews(subject)
    states = {flag: subject.flag(flag)["state"] for flag in FLAGS}
    wanted = sorted(FLAGS, key=lambda flag: ORDER.index(states[flag]))
    standing = [flag for flag in wanted if states[flag] in STANDING]
    noted = [AgendaItem(ATTENDANCE, State("watch"), OF_APPOINTMENTS)] if attendance_beside(subject) else []
    first = standing or ([] if noted else wanted[:1])
    room = max(0, min(2, MOST_ITEMS - len(due) - len(noted) - len(first)))
    others = [flag for flag in wanted if flag not in first][:room]
    items = [
        *due,
        *(_question(subject, flag) for flag in first),
        *noted,
        *(_question(subject, flag, ", only if time allows" if standing or noted else "") for flag in others),
    ]
    return fitted(items)


def fitted(items: Sequence[AgendaItem]) -> tuple[AgendaItem, ...]:
    """The items with as many lines as one sheet has room for."""
    most = MOST_LINES.get(len(items), 3)
    return tuple(replace(item, lines=min(item.lines, most)) for item in items)


def _question(subject: Subject, flag: str, when: str = "") -> AgendaItem:
    lines = 3 if subject.flag(flag)["state"] == "raise" else 2
    return AgendaItem(FLAGS[flag].title + when, subject.state(flag), subject.ask(flag), lines)


def reviews(subject: Subject) -> list[AgendaItem]:
    """An item for each agreement that is due for review; where they are more than `MOST_REVIEWS`, one for the rest."""
    due = [each for each in agreements(subject) if each.due]
    alone = due if len(due) <= MOST_REVIEWS else due[: MOST_REVIEWS - 1]
    rest = due[len(alone) :]
    items = [_review(subject, each) for each in alone]
    if rest:
        about = "; ".join(
            dict.fromkeys(FLAGS[each.flag].title if each.flag in FLAGS else "Other questions" for each in rest)
        )
        text = f"{about}: what was the outcome, and which still fit? Their words are under “Agreed last time”."
        items.append(AgendaItem(f"Due for review: {counted(len(rest), 'more agreement')}", None, text))
    return items


def _review(subject: Subject, agreement: Agreement) -> AgendaItem:
    known = agreement.flag in FLAGS
    short = cut_short(agreement.decision, MOST_WORDS)
    return AgendaItem(
        f"Due for review: {FLAGS[agreement.flag].title}" if known else "Due for review",
        subject.state(agreement.flag) if known else None,
        f"“{short}”, {agreed_when(agreement, subject.month)}. What was the outcome, and does it still fit?",
    )


def meeting(subject: Subject) -> tuple[str, ...]:
    """Who meets, when and about which month."""
    supervisor = subject.slice.person["supervisor_id"]
    whom = f"{subject.clinician_id} with {supervisor}" if pd.notna(supervisor) else subject.clinician_id
    return whom, "Date:", f"Report month: {month_year(subject.month)}"
