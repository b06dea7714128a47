"""What would clear a flag, and one open question for supervision: never blaming, workload before willpower.

Questions and options for each layer are in `options`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from caseload.wording import listed

Row = Mapping[Any, Any]
WORKLOAD = "workload"


def clears(flag: str, state: str, evidence: Row) -> str:
    """What would let the flag clear, or make it estimable; empty for a steady one."""
    if state == "steady":
        return ""
    if state == "not_enough_data":
        return _FILLS[flag]
    if flag == "personal_activation" and bool(evidence["unmet"]):
        return "Two of the next three planned supervisions or consultations take place."
    if flag == "self_care" and evenings_first(evidence):
        return "A quarter or less of the month’s contacts after hours, or evening cover planned into the working day."
    return _CLEARS[flag]


def question(flag: str, evidence: Row, clients: list[str]) -> str:
    """One open question to begin with. `clients` are those that stand out, widest gap first."""
    if flag == "over_investment" and clients:
        whom = listed(clients[:2])
        return f"What would {whom} be carrying themselves by the end of next month, and what would make that possible?"
    if flag == "stage_incongruence" and clients:
        return (
            f"With {listed(clients[:2])}, what tells you that they are ready, and what tells you that they are not yet?"
        )
    if flag == "personal_activation" and bool(evidence["unmet"]):
        return "Which of the hours that were cancelled would have mattered most, and who can put them back?"
    if flag == "self_care" and evenings_first(evidence):
        return "If one evening a week had to stay free, what would need to move, and who decides that?"
    if flag == "self_care" and evidence.get("barrier") == WORKLOAD:
        return "What would have to leave the week for the plan to fit into it, and who can take that decision?"
    return _QUESTIONS[flag]


def evenings_first(evidence: Row) -> bool:
    """Whether contact after hours speaks louder for self-care than the plan does."""
    late, plan = (evidence.get(name, np.nan) for name in ("p_after_hours", "p_plan"))
    return bool(np.nan_to_num(late) > np.nan_to_num(plan))


_CLEARS = {
    "over_investment": "Two months in which effort no longer runs ahead and the gap is back in its usual range.",
    "stage_incongruence": "Sessions in which the intervention meets the stage, or a stage that is rated anew.",
    "personal_activation": "Ratings or scores back near the own usual for two months.",
    "self_care": "More than half of the planned times done over three months, or a plan that fits the weeks.",
    "compassion_fatigue": "A survey below the norm’s upper quarter; two months below 70% clear it.",
}
_FILLS = {
    "over_investment": "Six sessions with three clients in a month, with a signal of effort and one of engagement.",
    "stage_incongruence": "Eight sessions of three clients in 60 days with a rated stage and noted interventions.",
    "personal_activation": "A few monthly ratings, or surveys; both voluntary, and leaving them out is never counted.",
    "self_care": "A plan with a few planned times, or a record of contacts between sessions.",
    "compassion_fatigue": "One survey of about ten minutes; voluntary, and leaving it out is never counted.",
}
_QUESTIONS = {
    "over_investment": "With whom does the work feel light, with whom heavy, and what is different there?",
    "stage_incongruence": "Which client’s stage would be worth rating anew together?",
    "personal_activation": "What in this month’s work stays with you after hours, and what support would fit?",
    "self_care": "Which part of the plan gave something back this month, and what stood in the way of the rest?",
    "compassion_fatigue": "What does the work give you at the moment, what does it take, and what would ease it first?",
}
