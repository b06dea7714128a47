"""Likely compassion fatigue: the strip below the cards, and what the sheet of the third question says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from caseload.estimates.context import CONTEXT
from caseload.estimates.fatigue import CUT
from caseload.estimates.trends import Course
from caseload.flags import FLAGS
from caseload.pages.series import months_alt, spark
from caseload.pages.supervisee import surveys
from caseload.pages.supervisee.subject import Subject, sentence
from caseload.pages.supervisee.surveys import INVITATION, LOGS_CANNOT_TELL
from caseload.pages.views import Card
from caseload.wording import between, counted, likely, listed, number, signed

FLAG, ANCHOR = "compassion_fatigue", "personal"
CONTEXT_WORDS = {
    "gap": "effort minus engagement",
    "compensation": "effort that rises as engagement falls",
    "trauma": "trauma work",
    "after_hours": "contact out of hours",
    "caseload": "sessions per full-time post",
    "unmet": "cancelled supervision",
    "plan": "the self-care plan",
}
WORTH_A_NAME = 0.5
"""T points from which a part of the logs is named."""


def strip(subject: Subject) -> Card:
    """Likely compassion fatigue in one line below the cards."""
    state, evidence = subject.state(FLAG), subject.evidence(FLAG)
    if state.state == "not_shared":
        return Card(ANCHOR, subject.question(FLAG), state, f"No shared survey. {LOGS_CANNOT_TELL}")
    if state.state == "not_enough_data":
        return Card(ANCHOR, subject.question(FLAG), state, f"No survey so far. {LOGS_CANNOT_TELL} {INVITATION}")
    level = Course.of(subject.history(FLAG), "t_mean", "t_low", "t_high")
    drawn = spark(level, state.state, f"Average T-score. {months_alt(level, 0)}")
    age = evidence["months_since"]
    when = "this month" if age == 0 else f"{counted(age, 'month')} ago"
    text = (
        "The combined burnout and secondary traumatic stress score is "
        f"{likely(evidence['p_compassion_fatigue'])} to be in the norm’s top quarter. The last survey was {when}."
    )
    interval = f"90% interval {between(evidence['t_low'], evidence['t_high'], 0)}"
    return Card(
        ANCHOR,
        subject.question(FLAG),
        state,
        text,
        number(evidence["t_mean"], 0),
        "T-score, average of both scales",
        f"{interval}. The last survey alone gives {number(evidence['carried'], 0)}. "
        f"The norm’s top quarter starts at {CUT:.0f}",
        replace(drawn, usual=None) if drawn else None,  # it is held against the norm, not against the own months
    )


def headline(subject: Subject) -> str:
    """What the strip says in one sentence."""
    return strip(subject).sentence


def terms(subject: Subject) -> tuple[tuple[str, str], ...]:
    """What the sheet says of compassion fatigue, where there is something to say."""
    flag, evidence = subject.flag(FLAG), subject.evidence(FLAG)
    if flag["state"] == "not_enough_data" or np.isnan(evidence["t_mean"]):
        return ()
    said = f"{sentence(flag['reason'])} {surveys.satisfaction(subject)}".strip()
    found = (subject.question(FLAG), said), ("The data behind that estimate", _rests_on(evidence))
    clearing = FLAGS[FLAG].ends(flag["state"], evidence)
    return (*found, ("What would end this flag", clearing)) if clearing else found


def _rests_on(evidence: Mapping[str, float]) -> str:
    """Surveys first, then what the logs of the past months add, by name where it is worth a name."""
    parts = {CONTEXT_WORDS[name]: evidence[f"from_{name}"] for name in CONTEXT}
    logs = sum(parts.values())
    surveys_alone = f"The surveys and the norm give an average of {number(evidence['t_mean'] - logs, 1)}"
    named = [
        f"{name} {signed(part, 1)}"
        for name, part in sorted(parts.items(), key=lambda each: -abs(each[1]))
        if abs(part) >= WORTH_A_NAME
    ]
    if not named:
        return f"{surveys_alone}. Work logs from recent months change it little ({signed(logs, 1)})."
    return f"{surveys_alone}. Work logs from recent months change it by {signed(logs, 1)} ({listed(named)})."
