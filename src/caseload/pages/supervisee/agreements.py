"""What was agreed at earlier meetings: since when, whether it is due for review, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.states import WORDS
from caseload.intake.agenda import is_due
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Agreed
from caseload.wording import MONTHS, first_upper, month_name, month_year

OUTCOMES = {"open": "Open", "helped": "Helped", "unchanged": "Unchanged", "not_needed": "Not needed any more"}
ENDED = ("helped", "not_needed")  # agreed again after one of these is agreed anew; after anything else, carried on
RECENT = 3  # months for which a settled agreement is shown


@dataclass(frozen=True)
class Agreement:
    """A decision in the words of its newest entry, `since` its first. `outcome` and `flag` may be empty."""

    flag: str
    decision: str
    since: pd.Period
    month: pd.Period  # of the newest entry
    review: pd.Period | None
    outcome: str
    due: bool

    @property
    def is_open(self) -> bool:
        """Whether nothing is said of what came of it."""
        return self.outcome in ("", "open")

    def goes_on_as(self, later: Agreement) -> bool:
        """Whether `later` is the same decision, carried on."""
        return (self.flag, self.decision) == (later.flag, later.decision) and self.outcome not in ENDED


def agreements(subject: Subject) -> tuple[Agreement, ...]:
    """What this copy may show of what was agreed and matters now: what is due for review, then the newest first.

    That is what is open, what is to be looked at in this or a later month, and what was agreed within the past `RECENT`
    months. A decision about what only self-report can show speaks of some: the supervisor's copy has it if they share.
    """
    now = subject.month
    mine = [each for each in _carried(subject) if subject.sees_surveys or not _tells(each)]
    due = sorted((each for each in mine if each.due), key=lambda each: each.review or now)
    rest = sorted(
        (each for each in mine if not each.due and _matters(each, now)), key=lambda each: each.month, reverse=True
    )
    return *due, *rest


def agreed(subject: Subject) -> tuple[Agreed, ...]:
    """The same in the words of the page."""
    return tuple(
        Agreed(each.decision, _followed(subject, each), _outcome(each, subject.month), each.due)
        for each in agreements(subject)
    )


def agreed_intro(agreed: tuple[Agreed, ...]) -> str:
    """What stands above them."""
    if not agreed:
        return "No agreed action is on record. You can note new ones on the agenda."
    first = "Actions due for review come first. " if agreed[0].due else ""
    return (
        f"{first}If an agreed action is about one of the questions, we show that question’s state then and now. "
        "A change afterwards does not prove that the action caused it."
    )


def agreed_when(agreement: Agreement, now: pd.Period) -> str:
    """When it was agreed: in April, or since March where it was carried on."""
    word = "in" if agreement.since == agreement.month else "since"
    return f"agreed {word} {month_name(agreement.since, now)}"


def _carried(subject: Subject) -> list[Agreement]:
    """Every decision once: entries in the same words are one, unless it had come to its end between them."""
    table = subject.slice.practice.agenda.dropna(subset=["decision"])
    carried: list[Agreement] = []
    for row in table.assign(due=is_due(table, subject.month)).sort_values("month", kind="stable").to_dict("records"):
        flag, outcome = ("" if pd.isna(row[name]) else str(row[name]) for name in ("flag", "outcome"))
        review = None if pd.isna(row["review_month"]) else row["review_month"]
        new = Agreement(flag, str(row["decision"]), row["month"], row["month"], review, outcome, bool(row["due"]))
        earlier = next((each for each in carried if each.goes_on_as(new)), None)
        if earlier is not None:
            carried.remove(earlier)
        carried.append(new if earlier is None else replace(new, since=earlier.since))
    return carried


def _matters(agreement: Agreement, now: pd.Period) -> bool:
    ahead = agreement.review is not None and agreement.review >= now
    return agreement.is_open or ahead or agreement.month >= now - RECENT


def _tells(agreement: Agreement) -> bool:
    """Whether to show it would tell that there is a survey."""
    return agreement.flag in FLAGS and FLAGS[agreement.flag].only_self_reported


def _followed(subject: Subject, agreement: Agreement) -> str:
    """What the log shows: the flag's state when it was agreed and now. That one led to the other is not claimed."""
    flag, now = agreement.flag, subject.month
    when = first_upper(agreed_when(agreement, now))
    flags = subject.flags[subject.flags["flag"] == flag]
    states = dict(zip(flags["month"], flags["state"], strict=True))
    if agreement.since not in states or agreement.since == now:
        return f"{when}."
    then, newest = (_state_word(subject, flag, states[month]) for month in (agreement.since, now))
    since = subject.flag(flag)["since"]
    if newest == WORDS["not_shared"]:
        meanwhile = "then and now" if then == newest else f"then, {newest.lower()} now"
        return f"{when}. {FLAGS[flag].title}: {then} {meanwhile}."
    meanwhile = (
        f"then, {newest} now" if then != newest else "then and again now" if since > agreement.since else "then and now"
    )
    return f"{when}. {FLAGS[flag].title}: {then} {meanwhile}, since {month_name(since, now)}."


def _state_word(subject: Subject, flag: str, state: str) -> str:
    """A state in words; of what is theirs to share no more than that."""
    return WORDS["not_shared" if subject.keeps_to_self(flag, state) else state]


def _outcome(agreement: Agreement, now: pd.Period) -> str:
    said = OUTCOMES.get(agreement.outcome, "No entry yet")
    if not agreement.is_open or agreement.review is None:
        return said
    review = agreement.review
    month = MONTHS[review.month - 1] if abs((review - now).n) < 12 else month_year(review)
    return f"{said}, review {'set for' if agreement.due else 'in'} {month}"
