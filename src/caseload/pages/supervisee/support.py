"""The support plan: what could help this month and who can do it, in an order of principle.

Workload comes before willpower, and support that was promised before anything about taking it up. Only what bears on
the flags that this copy shows is offered; in a quiet month it is said what to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

import numpy as np

from caseload.estimates.supports import UNMET_BY
from caseload.flags import FLAGS
from caseload.flags.options import keeping, open_questions, options, putting_back
from caseload.flags.personal_activation import unmet_provision
from caseload.flags.repertoire import CONCERNS, Option
from caseload.flags.states import STANDING, WORDS
from caseload.pages.supervisee.subject import LEAVE_DAYS, Subject
from caseload.pages.views import Contact, Options, SupportPlan
from caseload.wording import duration, number, plain

Month = dict[str, float]
Fact = tuple[str, str]

INTRO = (
    "These are options, not tasks. Choose together what fits, and write it on the agenda. Workload and planned support "
    "come first. A personal plan works only if the workload leaves room for it."
)
WATCHED = f"Nothing has reached {WORDS['raise']}, so one small step is enough."
LEAVE = "Much of the month was leave, so this is about coming back."
UNKNOWN = "This month has too little data, so this is about what helps in any case."
QUIET = "There is no flag this month, so this is about what to keep."
OFFERED = "Each is an offer. You decide whether to use it, and we never count it."
NOBODY_LISTED = (
    "If something weighs on you, you could start with your supervisor, a colleague you trust or your peer group."
)
MOST = {"workload": 3, "provision": 3, "together": 2, "plan": 2, "offers": 3}
"""Options shown of each concern: two people are to choose, not to work through a list."""
KINDS = {
    "peer_group": "peer group",
    "consultation": "consultation",
    "supervision": "supervision",
    "crisis_line": "crisis line",
    "occupational_health": "occupational health",
    "therapy": "therapy",
    "other": "",
}


def support_plan(subject: Subject) -> SupportPlan:
    """What could help with the flags of this copy, or what to keep; in the own copy also whom to turn to."""
    states = {flag: subject.flag(flag)["state"] for flag in FLAGS}
    standing = sorted(
        (flag for flag in FLAGS if states[flag] in STANDING), key=lambda flag: STANDING.index(states[flag])
    )
    month, people = _month(subject), _turn_to(subject)
    if standing:
        owed = subject.evidence("personal_activation")["unmet"]  # to be put back, which is no small step
        intro = INTRO if "raise" in states.values() or owed else f"{WATCHED} {INTRO}"
        return SupportPlan("What could help, and who can do it", intro, _groups(subject, standing, month), *people)
    back = subject.slice.days_off >= LEAVE_DAYS
    why = LEAVE if back else QUIET if "steady" in states.values() else UNKNOWN
    kept = _options(subject, [*putting_back(month), *keeping(back=back)])
    return SupportPlan("What to keep", why, (Options("", kept, _cancelled(subject)),), *people)


def _groups(subject: Subject, standing: list[str], month: Month) -> tuple[Options, ...]:
    """The options of every concern in its order, the flags in turn and what is most fitting first."""
    cases = {flag: (_evidence(subject, flag) | month, subject.clients(flag)) for flag in standing}
    every = [options(flag, subject.flag(flag)["state"], *case) for flag, case in cases.items()]
    asked = [question for flag, case in cases.items() for question in open_questions(flag, *case).values()]
    facts = {"workload": _workload(subject, standing, month), "provision": _cancelled(subject)}
    groups = []
    for concern in CONCERNS:
        of_flags = _in_turn([option for option in of_flag if option.concern == concern] for of_flag in every)
        offered = [option for option in putting_back(month) if option.concern == concern] + list(of_flags)
        ask = next((question.text for question in asked if question.concern == concern), "")
        shown = _options(subject, offered)[: MOST[concern]]
        groups.append(Options(_title(subject, standing, concern), shown, facts.get(concern, ()), ask))
    return tuple(group for group in groups if group.options)


def _evidence(subject: Subject, flag: str) -> dict[str, Any]:
    """The numbers behind a flag, without self-report where this copy may not know of any."""
    evidence = subject.evidence(flag)
    if FLAGS[flag].self_reported and not subject.sees_surveys:
        return {name: evidence[name] for name in FLAGS[flag].reported_by_others}
    return evidence


def _month(subject: Subject) -> Month:
    """The month's numbers of the work and of cancelled support; NaN where not recorded."""
    table, sessions = subject.slice.boundaries, subject.slice.sessions
    mine = table[table["month"] == subject.month]
    cancelled = subject.slice.month_supports
    attended = sessions[sessions["status"] == "attended"]
    return {
        **dict(zip(mine["measure"], mine["value"], strict=True)),
        "contract": float(subject.slice.person["weekly_client_hours"]),
        "fte": float(subject.slice.person["fte"]),
        "clients": sessions["client_id"].nunique(),
        "crises": int(sessions["crisis"].to_numpy(bool, na_value=False).sum()),
        "trauma": int(attended["trauma_focus"].to_numpy(bool, na_value=False).sum()),
        "trauma_noted": int(attended["trauma_focus"].notna().sum()),
        **{f"hours_by_{who}": float(cancelled[f"cancelled_{who}"].sum()) for who in UNMET_BY},
    }


def _workload(subject: Subject, standing: list[str], month: Month) -> tuple[Fact, ...]:
    """The month's work in numbers, where its amount bears on a flag; what is not known, or none, is left out."""
    if not _of_workload(standing):
        return ()
    hours, contract = month.get("weekly_client_hours", np.nan), month["contract"]
    late, long_days = month.get("after_hours_minutes", np.nan), month.get("days_without_break", np.nan)
    at_full = f"at {month['fte']:g} FTE ({month['clients'] / month['fte']:.0f} at full time)"
    facts = (
        (hours > 0, number(hours, 1), "client hours a week" + (f", contract {contract:g}" if contract > 0 else "")),
        (month["fte"] > 0, f"{month['clients']}", "clients " + ("at full time" if month["fte"] == 1 else at_full)),
        (late > 0, duration(np.nan_to_num(late)), "of contact out of hours"),
        (long_days > 0, number(long_days, 0), "long days without a break"),
        (month["trauma"] > 0, f"{month['trauma']} of {month['trauma_noted']}", "sessions with trauma focus"),
        (month["crises"] > 0, f"{month['crises']}", "sessions in crisis"),
    )
    return tuple((count, what) for known, count, what in facts if known)


def _of_workload(standing: list[str]) -> bool:
    """Whether the amount of work bears on any of these flags."""
    return any(FLAGS[flag].of_workload for flag in standing)


def _cancelled(subject: Subject) -> tuple[Fact, ...]:
    """Support that supervisor or service cancelled: the month's hours, and the unmet provision of the last months."""
    hours = [
        (f"{plain(row[f'cancelled_{who}'], 2)} h", f"of {str(row['kind']).replace('_', ' ')} cancelled by the {who}")
        for row in subject.slice.month_supports.to_dict("records")
        for who in UNMET_BY
        if row[f"cancelled_{who}"] > 0
    ]
    evidence = subject.evidence("personal_activation")
    unmet = [("", unmet_provision(evidence))] if evidence["unmet"] else []
    return (*hours, *unmet)


def _title(subject: Subject, standing: list[str], concern: str) -> str:
    titles = {
        "workload": "Workload" if _of_workload(standing) else "Programme",
        "provision": "Planned support",
        "together": "With supervisor and peers",
        "plan": subject.pick("Your own plan", "The supervisee’s own plan"),
        "offers": "Voluntary offers",
    }
    return titles[concern]


def _options(subject: Subject, offered: Iterable[Option]) -> tuple[tuple[str, str], ...]:
    """Options as the page says them, each once, with who can do it."""
    who = {
        "clinician": subject.pick("You", "Supervisee"),
        "supervisor_and_peers": "Supervisor and peers",
        "institution": "Organisation",
    }
    return tuple(dict.fromkeys((option.text, who[option.layer]) for option in offered))


def _in_turn(lists: Iterable[list[Option]]) -> Iterator[Option]:
    """The first of each, the second of each, and so on."""
    return (option for row in zip_longest(*lists) for option in row if option is not None)


def _turn_to(subject: Subject) -> tuple[str, tuple[Contact, ...]]:
    """Whom the practice offers to turn to: a matter of the own copy."""
    if not subject.own:
        return "", ()
    contacts = tuple(
        Contact(contact.name, KINDS[contact.kind], contact.how, contact.hours, contact.note)
        for contact in subject.slice.practice.support_contacts
    )
    return OFFERED if contacts else NOBODY_LISTED, contacts
