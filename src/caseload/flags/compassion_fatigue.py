"""Likely compassion fatigue: whether burnout and secondary traumatic stress lie above the norm, by surveys alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from caseload.estimates.fatigue import CUT
from caseload.flags.flag import NOT_SHARED, Flag, Month, Row, ruled
from caseload.flags.repertoire import HOURS, THERAPY, offer, plan, together, workload
from caseload.flags.states import MONTHS_TO_CLEAR, WATCH_AT
from caseload.wording import counted, likely, number, percent, spelled


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_compassion_fatigue and what a raise asks of self-report: last_above and reliable_rise, or two_above."""
    conditions = {
        name: months[name].fillna(False).astype(bool) for name in ("last_above", "reliable_rise", "two_above")
    }
    why = np.where(months["p_compassion_fatigue"].isna(), NOT_SHARED, "")
    reported = (conditions["last_above"] & conditions["reliable_rise"]) | conditions["two_above"]
    return ruled(months["p_compassion_fatigue"], why, may_raise=reported)


def _reason(row: Row) -> str:
    """The survey's level, its age and what the months since do to it."""
    age = row["months_since"]
    when = "this month" if age == 0 else f"{counted(age, 'month')} ago"
    rise = " It rose reliably since the survey before." if row["reliable_rise"] is True else ""
    twice = " The survey before was in the top quarter, too." if row["two_above"] is True else ""
    return (
        f"The last survey was {when}. Its average T-score for burnout and secondary traumatic stress was "
        f"{number(row['carried'], 0)}. The top quarter of the norm starts at {CUT:.0f}.{rise or twice} "
        f"It is {likely(row['probability'])} that the score is above that now."
    )


def _clause(_row: Row, _month: Month, your: str) -> str:
    return f"{your} surveys suggest that burnout and traumatic stress are likely in the top quarter of the norm"


def _ask(_row: Row, _clients: Sequence[str]) -> str:
    return "What does the work give you at the moment, what does it take, and what would ease it first?"


FLAG = Flag(
    name="compassion_fatigue",
    title="Compassion fatigue",
    column="Compassion fatigue",
    question="Likely compassion fatigue",
    table="fatigue",
    rule=rule,
    reason=_reason,
    clause=_clause,
    clears=lambda _: (
        "A survey below the norm’s top quarter would help. The flag ends after "
        f"{spelled(MONTHS_TO_CLEAR)} months below {percent(WATCH_AT)}."
    ),
    needs="Fill in one survey of about ten minutes. It is voluntary, and leaving it out is never counted.",
    ask=_ask,
    explained_by=("crises", "leave"),
    estimates=("p_compassion_fatigue",),
    self_reported=True,
    options=(
        HOURS,
        workload("Lighten the mix for a while, trauma and crisis work first, and agree now when to look at it again."),
        workload("Rotate trauma, crisis and intake work through the team, so that nobody has the hardest hours only."),
        workload("Plan days off, with cover for them; this month has had no day off.", "no day off"),
        workload("Make staff well-being a key performance indicator: read it as often as the others, and act on it."),
        together("Set aside a fixed hour of peer support for the strain of the work, apart from talk about cases."),
        together("Arrange a consultation on trauma work, and keep room in supervision for what that work leaves."),
        plan("Put restorative time that has helped before into the week as an appointment, short and regular."),
        offer(THERAPY),
        offer("Occupational health or a doctor, if sleep, energy or mood stay low. This is an offer, no more."),
        offer(
            "Make counselling, occupational health and days off easy to reach, with no report back to anybody.",
            layer="institution",
        ),
    ),
    questions=(
        workload("Which change in caseload and trauma mix would ease this, and who decides it by when?"),
        together("What would make it easier to speak about the strain, here and with colleagues?"),
        plan("What still gives something back, and when was there last room for it?"),
    ),
)
