"""Self-care: whether the plan gets done, and whether contacts keep to working hours; workload before willpower."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from caseload.estimates.selfcare import PLAN_MONTHS, WORKLOAD
from caseload.flags.flag import Flag, Month, Row, known, number_of, ruled
from caseload.flags.repertoire import CRISES, HOURS, plan, together, workload
from caseload.flags.states import WATCH_AT
from caseload.wording import counted, percent, percent_between, spelled


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_self_care, and `of_appointments` (bool, False where absent): appointments alone never raise it."""
    alone = months.get("of_appointments", pd.Series(False, months.index)).astype(bool)
    why = np.where(months["p_self_care"].isna(), "no self-care plan and no contacts are recorded", "")
    return ruled(months["p_self_care"], why, may_raise=~alone)


def evenings_first(evidence: Row) -> bool:
    """Whether contact after hours speaks louder than the plan does."""
    late, planned = (np.nan_to_num(number_of(evidence, name), nan=-1.0) for name in ("p_after_hours", "p_plan"))
    return bool(late > planned)


def _reason(row: Row) -> str:
    """Plan and after-hours share, the larger first."""
    done = after = ""
    if known(row["done_share"]):
        done = f"{done_words(row)}. The 90% interval is {percent_between(row['done_low'], row['done_high'])}."
    if known(row["after_share"]):
        after = f"{after_words(row)}. The 90% interval is {percent_between(row['after_low'], row['after_high'])}."
    return " ".join(part for part in ((after, done) if evenings_first(row) else (done, after)) if part)


def done_words(row: Row) -> str:
    """How much of the plan was done, as counted."""
    done, planned = row["done_times"], row["planned_times"]
    share = f" ({percent(done / planned)})" if planned > 0 else ""
    return f"{done:.0f} of {planned:.0f} planned times were done over {spelled(PLAN_MONTHS)} months{share}"


def after_words(row: Row) -> str:
    """How many contacts or appointments were out of hours, as counted."""
    share = f" ({percent(row['after_hours'] / row['contacts'])})" if row["contacts"] > 0 else ""
    verb = "was" if row["after_hours"] == 1 else "were"
    return f"{row['after_hours']:.0f} of {counted(row['contacts'], _noun(row))} {verb} out of hours{share}"


def _noun(row: Row) -> str:
    """What is counted."""
    return "appointment" if row.get("of_appointments") else "contact"


def _clause(row: Row, _month: Month, _your: str) -> str:
    if evenings_first(row):
        return after_words(row)
    barrier = f", and the barrier noted most is {row['barrier']}" if row["barrier"] else ""
    return f"{done_words(row)}{barrier}"


def _clears(row: Row) -> str:
    if evenings_first(row):
        return f"The flag ends when a quarter or less of the month’s {_noun(row)}s are out of hours."
    return (
        f"The flag ends when more than half of the planned times are done over {spelled(PLAN_MONTHS)} months. "
        "A smaller plan counts too."
    )


def _ask(row: Row, _clients: Sequence[str]) -> str:
    if evenings_first(row):
        return "If one evening a week had to stay free, what would need to move, and who decides that?"
    if row.get("barrier") == WORKLOAD:
        return "What would have to leave the week for the plan to fit into it, and who can take that decision?"
    return "Which part of the plan gave something back this month, and what stood in the way of the rest?"


def _circumstances(evidence: Row) -> dict[str, bool]:
    evenings = number_of(evidence, "p_after_hours") >= WATCH_AT or evenings_first(evidence)
    planned, barrier = number_of(evidence, "p_plan") >= WATCH_AT or not evenings, evidence.get("barrier")
    return {
        "evenings": evenings,
        "plan": planned and barrier != WORKLOAD,
        "crowded": planned and barrier == WORKLOAD,
        "no access": planned and barrier == "access",
    }


FLAG = Flag(
    name="self_care",
    title="Self-care plan and working hours",
    column="Self-care plan",
    question="How is {your} self-care plan going?",
    table="self_care",
    rule=rule,
    reason=_reason,
    clause=_clause,
    clears=_clears,
    needs="Record a plan with a few planned times, contacts between sessions, or the hours of the working day.",
    ask=_ask,
    explained_by=("crises", "leave", "planned"),
    circumstances=_circumstances,
    options=(
        workload("Set up evening cover or an on-call rota, so that late calls reach somebody else.", "evenings"),
        workload(
            "Take something out of the week before the plan goes into it: an intake, a meeting, a report.", "crowded"
        ),
        workload("Clear what stands in the plan’s way: a room, cover, the way there or the cost.", "no access"),
        HOURS,
        workload("Give evening work back as free time in the same week, or move it into the day.", "evenings"),
        CRISES,
        workload("Book a break of 30 minutes into every long day.", "long days"),
        workload("Give the plan a protected hour in the working week, and say who covers it.", "plan"),
        together(
            "Agree what can wait until morning, and what voicemail and automatic replies say meanwhile.", "evenings"
        ),
        together(
            "Look at the week together, and name one thing that colleagues could take over or that could wait.",
            "crowded",
        ),
        together("Go through the plan together: what gave something back, what did not, and what could go.", "plan"),
        plan("Choose one or two evenings that stay free, and tell clients beforehand whom to call then.", "evenings"),
        plan("Keep the one goal that fits a full week, and let the others rest until there is room.", "crowded"),
        plan("Make the plan smaller: one or two goals, each with a day, a place and a length.", "plan"),
    ),
    questions=(
        workload("Who else could answer after hours, and what would that take?", "evenings"),
        together("What can wait until morning, and how do clients learn of it?", "evenings"),
        plan("Which evening matters most, and what would make it possible to keep it?", "evenings"),
        workload("What could be dropped, delayed or shared so that the plan fits into the week?", "crowded"),
        together("Which part of the week could colleagues share or take over?", "crowded"),
        plan("Which one goal is worth protecting even in a full week?", "crowded"),
        workload("Where in the working week is there room for recovery, and who keeps it free?"),
        together("What stood in the way of the rest, and what of that can we change together?"),
        plan("Which goal gave something back, and which could be let go?"),
    ),
)
