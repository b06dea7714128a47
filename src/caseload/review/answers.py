"""Which of the four questions a practice's data can answer, what each answer rests on, and what would make it firmer.

Of tables about individuals only whether they were given is used here, never how many rows they hold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.review.assessment import Assessment
from caseload.signals.values import STAGE_DAYS
from caseload.wording import first_upper, listed, percent

MOST_OF_THEM, FEWEST_SIGNALS = 0.5, 2
"""A side rests on little where fewer than so many signals are there for most client-months (a judgement)."""
ENOUGH_STAGES = 0.25
"""So many of a clinician's sessions with stage and intervention make some eight in 60 days (a judgement)."""
_RATED = {"sessions": "sessions", "ratings": "monthly ratings"}
"""Where stage and interventions are recorded, in words."""
YES, LITTLE, NO = "can be answered", "rests on little", "cannot be answered"


@dataclass(frozen=True)
class Answer:
    """What the data say to one of the four questions, for the practice as a whole."""

    topic: str
    question: str
    verdict: str
    rests_on: str
    firmer: str


def answers_of(assessment: Assessment, signals: pd.DataFrame) -> tuple[Answer, ...]:
    """One answer a question; `signals` is their coverage in the month (`caseload.signals.coverage`)."""
    given = set(assessment.practice.quality.tables.dropna(subset=["file"])["table"])
    return _of_balance(signals), _of_stage(assessment), _of_support(given), _of_plan(given)


def _of_balance(signals: pd.DataFrame) -> Answer:
    sides = {side: signals[signals["side"] == side] for side in ("effort", "engagement")}
    there, often = (
        {side: int((rows["share"] > least).sum()) for side, rows in sides.items()} for least in (0, MOST_OF_THEM)
    )
    verdict = NO if min(there.values()) == 0 else LITTLE if min(often.values()) < FEWEST_SIGNALS else YES
    rests_on = listed([f"{there[side]} of {len(rows)} signals of {side}" for side, rows in sides.items()])
    some = signals[(signals["share"] > 0) & (signals["share"] < MOST_OF_THEM)].nlargest(2, "share")["label"]
    none = [f"any signal of {side}" for side, number in there.items() if number == 0]
    return Answer(
        "effort and engagement",
        "Do people work harder than their clients?",
        verdict,
        f"{rests_on}; {sum(often.values())} of them for most client-months",
        first_upper(listed(none or [f"{label} for more clients" for label in some]) or "Nothing in particular"),
    )


def _of_stage(assessment: Assessment) -> Answer:
    columns = assessment.practice.quality.columns
    shares = {}
    for table in _RATED:
        mine = columns[columns["table"] == table].set_index("column")["recorded"]
        shares[table] = tuple(np.nan_to_num(mine.get(name, 0.0)) for name in ("stage_of_change", "interventions"))
    table = max(shares, key=lambda name: min(shares[name]))
    (stage, interventions), least = shares[table], min(shares[table])
    return Answer(
        "stage of change",
        "Do interventions meet the client’s stage of change?",
        NO if least == 0 else LITTLE if least < ENOUGH_STAGES else YES,
        f"Stage of change in {percent(stage)} of {_RATED[table]}, interventions in {percent(interventions)}",
        f"A stage rated anew at least every {STAGE_DAYS} days, and the interventions of each session",
    )


def _of_support(given: set[str]) -> Answer:
    supports, surveys = "supports" in given, "surveys" in given
    has = listed([name for name, there in (("planned and cancelled support", supports), ("surveys", surveys)) if there])
    missing = [
        *([] if supports else ["planned and delivered supervision"]),
        *([] if surveys else ["voluntary ratings and surveys"]),
    ]
    return Answer(
        "support",
        "Is something personal asking for support, and does support arrive?",
        YES if supports and surveys else LITTLE if supports or surveys else NO,
        first_upper(f"{has}; how many take part is not counted here") if has else "Nothing",
        first_upper(listed(missing)) or "Answers are voluntary; nobody is asked for more",
    )


def _of_plan(given: set[str]) -> Answer:
    plan, contacts = "selfcare_plan" in given, "contacts" in given
    has = listed([name for name, there in (("self-care plans", plan), ("times of contacts", contacts)) if there])
    missing = [*([] if plan else ["two or three small goals a month"]), *([] if contacts else ["calls and messages"])]
    return Answer(
        "self-care plan",
        "How do self-care plans go, and do boundaries hold?",
        YES if plan and contacts else LITTLE if plan or contacts else NO,
        first_upper(has) or "Nothing",
        first_upper(listed(missing)) or "Nothing in particular",
    )
