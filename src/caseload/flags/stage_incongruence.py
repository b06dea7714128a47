"""Stage incongruence: whether interventions meet the client's stage of change."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from caseload.estimates.congruence import MIN_CLIENTS, MIN_SESSIONS
from caseload.flags.flag import Flag, Month, Row, number_of, ruled
from caseload.flags.repertoire import plan, together, workload
from caseload.signals.values import STAGE_DAYS
from caseload.wording import counted, listed, percent_between


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p and enough, of the last 60 days."""
    why = np.where(
        months["enough"].fillna(False).astype(bool),
        "",
        f"too few rated sessions or clients in the last {STAGE_DAYS} days",
    )
    return ruled(months["p"], why)


def _clients(month: Month, _state: str) -> list[str]:
    return list(month.off_stage["client_id"])


def _reason(row: Row) -> str:
    """Sessions ahead of and behind the stage, and what a stage that is rated wrongly leaves open."""
    rated = f"{counted(row['rated_sessions'], 'session')} {'was' if row['rated_sessions'] == 1 else 'were'} rated"
    return (
        f"{rated} in the last {STAGE_DAYS} days: {row['ahead']:.0f} ahead of the client’s stage and "
        f"{row['behind']:.0f} behind it. A rated stage can be wrong, so the share that did not match may be "
        f"{percent_between(row['share_low'], row['share_high'])} (90% interval)."
    )


def _clause(row: Row, month: Month, _your: str) -> str:
    side = "ahead of" if row["ahead"] >= row["behind"] else "behind"
    named = list(month.off_stage["client_id"])
    with_whom = f", most often with {listed(named[:2])}" if named else ""
    number = max(row["ahead"], row["behind"])
    return f"{number:.0f} of {row['rated_sessions']:.0f} rated sessions were {side} the client’s stage{with_whom}"


def _ask(_row: Row, clients: Sequence[str]) -> str:
    if not clients:
        return "Which client’s stage could you rate again together?"
    return f"With {listed(clients[:2])}, what tells you that they are ready, and what tells you that they are not yet?"


def _circumstances(evidence: Row) -> dict[str, bool]:
    behind = number_of(evidence, "behind") > number_of(evidence, "ahead")
    return {"behind": behind, "ahead": not behind}


FLAG = Flag(
    name="stage_incongruence",
    title="Stage of change",
    column="Stage of change",
    question="Do interventions meet the client’s stage of change?",
    table="stage",
    rule=rule,
    reason=_reason,
    clause=_clause,
    clears=lambda _: "The flag ends when interventions match the stage again, or when a stage is re-rated.",
    needs=f"Record at least {MIN_SESSIONS} sessions with at least {MIN_CLIENTS} clients in {STAGE_DAYS} days. "
    "Give each one a stage rating and its interventions.",
    ask=_ask,
    clients=_clients,
    unnamed="the clients concerned",
    explained_by=("crises", "new"),
    of_workload=False,
    circumstances=_circumstances,
    options=(
        workload(
            "See whether a programme asks for homework, skills or exposure before clients are ready, and allow a "
            "slower start.",
            "ahead",
        ),
        workload(
            "See whether programmes let clients move on when they are ready: places, groups, later-stage work.",
            "behind",
        ),
        together(
            "Listen to part of a recorded session together, with the client’s consent, for change talk and what came "
            "just before it."
        ),
        together(
            "Arrange a consultation or a refresher in motivational interviewing, for the team and not for one person.",
            "ahead",
        ),
        together(
            "Work out together which next step fits a client who is already changing, and how to offer it.",
            "behind",
        ),
        plan("Rate the stage again with {whom}, on a readiness ruler: how important, how confident, why not lower."),
        plan(
            "Put homework aside for a session or two, and ask what the client wants, has tried and worries about.",
            "ahead",
        ),
        plan(
            "Offer one concrete step where the client acts already, and spend less time on weighing whether to.",
            "behind",
        ),
    ),
    questions=(
        workload("Where does a programme set a pace that the client has not chosen, and who can loosen it?"),
        together("Which moment of a session shows best where the client is, and how can we look at it together?"),
        plan("Where would {whom} see themselves today, and what would one step mean to them?"),
    ),
)
