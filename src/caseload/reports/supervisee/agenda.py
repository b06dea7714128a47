"""What was agreed last time and what came of it, and the agenda of the meeting to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.prompts import question
from caseload.flags.wording import MONTHS, month_name, month_year
from caseload.reports.supervisee import balance
from caseload.reports.supervisee.subject import STATE_WORDS, Subject
from caseload.reports.views import AgendaItem, Agreed

OUTCOMES = {"open": "Open", "helped": "Helped", "unchanged": "Unchanged", "not_needed": "Not needed any more"}
TITLES = {
    "over_investment": "Effort and engagement",
    "stage_incongruence": "Stage of change",
    "personal_activation": "Support",
    "self_care": "Self-care plan and boundaries",
    "compassion_fatigue": "Compassion fatigue",
}
ORDER = ("raise", "watch", "not_enough_data", "steady")
MOST_ITEMS = 4


def agreed(subject: Subject) -> tuple[Agreed, ...]:
    """Decisions of earlier months that are open, due this month or agreed within the past three months."""
    return tuple(
        Agreed(str(row["decision"]), _followed(subject, row), _outcome(row, subject.month))
        for row in _decisions(subject).to_dict("records")
    )


def agreed_intro(agreements: tuple[Agreed, ...]) -> str:
    """What stands above them."""
    if not agreements:
        return "No agreement is on record. What is agreed in the meeting can be noted on the agenda below."
    return (
        "States then and now are shown where a decision names a question; a change after an agreement is not proof "
        "that it came from it."
    )


def ask(subject: Subject, flag: str) -> str:
    """A flag's open question."""
    clients = {
        "over_investment": lambda: balance.named(subject),
        "stage_incongruence": lambda: list(subject.slice.off_stage["client_id"]),
    }
    return question(flag, subject.evidence(flag), clients.get(flag, list)())


def agenda(subject: Subject) -> tuple[AgendaItem, ...]:
    """The questions to talk about, what stands out first; steady ones only if time allows."""
    states = {flag: subject.flag(flag)["state"] for flag in FLAGS}
    wanted = sorted(FLAGS, key=lambda flag: ORDER.index(states[flag]))
    standing = [flag for flag in wanted if states[flag] in ("raise", "watch")]
    chosen = standing or wanted[:1]
    chosen += [flag for flag in wanted if flag not in chosen][: max(0, min(2, MOST_ITEMS - len(chosen)))]
    return tuple(
        AgendaItem(
            TITLES[flag] + (", only if time allows" if standing and flag not in standing else ""),
            subject.state(flag),
            ask(subject, flag),
            3 if states[flag] == "raise" else 2,
        )
        for flag in chosen
    )


def meeting(subject: Subject) -> tuple[str, ...]:
    """Who meets, when and about which month."""
    supervisor = subject.slice.person["supervisor_id"]
    whom = f"{subject.clinician_id} with {supervisor}" if pd.notna(supervisor) else subject.clinician_id
    return whom, "Date:", f"Report month: {month_year(subject.month)}"


def _decisions(subject: Subject) -> pd.DataFrame:
    table = subject.slice.practice.agenda
    if table.empty:
        return table
    due = (table["review_month"] >= subject.month) | (table["outcome"] == "open")
    recent = (table["month"] >= subject.month - 3) | due
    mine = table[recent]
    if not subject.sees_surveys:
        mine = mine[mine["flag"] != "compassion_fatigue"]
    return mine.sort_values("month", ascending=False)


def _followed(subject: Subject, row: Mapping[Any, Any]) -> str:
    """The flag's state in the month of the agreement and now."""
    flag, month = row["flag"], row["month"]
    mine = subject.flags[subject.flags["flag"] == flag].set_index("month")["state"]
    when = f"Agreed in {month_name(month, subject.month)}"
    if month not in mine.index or month == subject.month:
        return f"{when}."
    title = TITLES.get(str(flag), "State")
    return f"{when}. {title}: {STATE_WORDS[mine[month]]} then, {STATE_WORDS[mine[subject.month]]} now."


def _outcome(row: Mapping[Any, Any], now: pd.Period) -> str:
    said = OUTCOMES.get(str(row["outcome"]), "No entry yet")
    review = row["review_month"]
    if said not in ("Open", "No entry yet") or pd.isna(review):
        return said
    if review <= now:
        return f"{said}, due for review"
    return f"{said}, review in {MONTHS[review.month - 1]}"
