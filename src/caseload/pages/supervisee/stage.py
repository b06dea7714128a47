"""Question 2, whether interventions meet the client's stage of change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.congruence import GRID_COLUMNS, MIN_CLIENTS, MIN_SESSIONS
from caseload.intake.tables import STAGES
from caseload.pages.series import months_alt, spark, xmr_figure
from caseload.pages.supervisee import records
from caseload.pages.supervisee.subject import NO_INTERVAL, Subject
from caseload.pages.views import Card, Empty, Evidence, Figure, Section
from caseload.signals.values import STAGE_DAYS
from caseload.wording import counted, listed, percent_between, spelled

FLAG, ANCHOR = "stage_incongruence", "stage"
STAGE_WORDS = "1 precontemplation, 2 contemplation, 3 preparation, 4 action, 5 maintenance"


def card(subject: Subject) -> Card:
    """The second card: how many rated sessions did not match the stage."""
    row, state = subject.evidence(FLAG), subject.state(FLAG)
    if state.state == "not_enough_data":
        said = headline(subject)
        number, unit = _so_far(row)
        return Card(ANCHOR, subject.question(FLAG), state, said, number, unit, NO_INTERVAL)
    share = subject.slice.off_stage_share
    interval = f"A rated stage can be wrong: 90% interval {percent_between(row['share_low'], row['share_high'])}"
    return Card(
        ANCHOR,
        subject.question(FLAG),
        state,
        headline(subject),
        f"{row['off']:g} of {row['rated_sessions']:.0f}",
        "sessions did not match the stage",
        interval,
        spark(
            share, state.state, f"Estimated percentage of sessions that did not match the stage. {months_alt(share, 0)}"
        ),
    )


def _so_far(row: Mapping[str, Any]) -> tuple[str, str]:
    """How much there is of what the estimate is short of."""
    if not row["rated_sessions"] >= MIN_SESSIONS:
        return f"{np.nan_to_num(row['rated_sessions']):.0f} of {MIN_SESSIONS}", "rated sessions"
    return f"{np.nan_to_num(row['clients']):.0f} of {MIN_CLIENTS}", "clients with a rated stage"


def section(subject: Subject) -> Section:
    """Stage by intervention, the flag's sheet, and the share over the months."""
    named = subject.slice.off_stage
    share = subject.slice.off_stage_share
    trend: tuple[Evidence, ...] = ()
    if share.known.sum() >= 2:
        trend = (
            xmr_figure(
                share,
                subject.state(FLAG).state,
                title="Estimated share of sessions that did not match",
                subtitle=f"Percentage of sessions in the {STAGE_DAYS} days to each month’s end. A rated stage can be "
                "wrong, so the estimate differs a little from the count.",
                what="The lines are 90% intervals.",
                alt=f"Estimated share that did not match, by month. {months_alt(share, 0)}",
                ylabel="%",
                ends=("0", "100"),
            ),
        )
    supporting = (*trend, *records.sessions_off_stage(subject))
    return subject.section(FLAG, ANCHOR, _grid(subject), _behind(named), supporting)


def headline(subject: Subject) -> str:
    """What the card says in one sentence."""
    row, state = subject.evidence(FLAG), subject.flag(FLAG)["state"]
    if state == "not_enough_data":
        rated = counted(row["rated_sessions"], "rated session") if row["rated_sessions"] > 0 else "No rated session"
        need = f"{spelled(MIN_SESSIONS)} sessions with {spelled(MIN_CLIENTS)} clients"
        return f"{rated} in the last {STAGE_DAYS} days. An estimate needs {need}."
    if state == "steady":
        rated = counted(row["rated_sessions"], "session")
        return f"{row['off']:g} of {rated} did not match the client’s stage."
    return subject.headline(FLAG)


def _behind(named: pd.DataFrame) -> str:
    if named.empty:
        return "No client has three of the last four rated sessions on the same side of the stage."
    where = {"ahead": "ahead of the stage", "behind": "behind the stage"}
    said = [
        f"{r['client_id']} ({where[r['direction']]} in {r['counted']:.0f} of the last {r['rated']} rated sessions, "
        "within a year)"
        for r in named.to_dict("records")
    ]
    return f"{listed(said)}."


def _grid(subject: Subject) -> Evidence:
    grid = subject.slice.stage_grids[GRID_COLUMNS]
    if grid.empty:
        return Empty(
            "Stage of change and intervention",
            (
                f"No session of the last {STAGE_DAYS} days has both a rated stage and a noted intervention.",
                "Rate the stage and note the interventions of a few sessions to see this picture.",
            ),
        )
    ahead, behind = (int(grid.loc[np.sign(grid["offset"]) == sign, "sessions"].sum()) for sign in (1, -1))
    total = int(grid["sessions"].sum())
    fits = total - ahead - behind
    grid = grid.assign(intervention=grid["intervention"].str.replace("_", " "))
    title = (
        f"{ahead} of {total} entries are ahead of the stage"
        if ahead >= max(behind, 1)
        else f"{behind} of {total} entries are behind the stage"
        if behind
        else "Every entry matches the stage"
    )
    return Figure(
        "plot_stage_interventions",
        grid,
        title,
        f"Entries of the last {STAGE_DAYS} days by intervention and the client’s stage: {STAGE_WORDS}.",
        f"{total} entries: {fits} match the stage, {ahead} are ahead of it and {behind} behind it.",
        "This is a count, so it has no interval. A session with two interventions counts under both. "
        f"We leave out a stage older than {STAGE_DAYS} days. Safety work always matches.",
        _numbers(grid),
    )


def _numbers(grid: pd.DataFrame) -> pd.DataFrame:
    """Sessions by intervention in rows and by stage in columns."""
    counts = {name: [0] * len(STAGES) for name in sorted(set(grid["intervention"]))}
    for name, stage, sessions in zip(grid["intervention"], grid["stage"], grid["sessions"], strict=True):
        counts[name][stage - 1] += sessions
    columns = zip(*counts.values(), strict=True)
    stages = {f"Stage {stage}": list(map(str, column)) for stage, column in enumerate(columns, start=1)}
    return pd.DataFrame({"Intervention": list(counts), **stages})
