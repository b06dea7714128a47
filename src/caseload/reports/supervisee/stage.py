"""Question 2, whether interventions meet the client's stage of change."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates import clients_off_stage, stage_grid
from caseload.flags.wording import counted, listed, percent, percent_between
from caseload.reports.series import monthly, months_alt, spark, usual_range, xmr_figure
from caseload.reports.supervisee.subject import Subject
from caseload.reports.views import Card, Empty, Evidence, Figure, Section

FLAG, ANCHOR = "stage_incongruence", "stage"
QUESTION = "Do interventions meet the client’s stage of change?"
STAGE_WORDS = "1 precontemplation, 2 contemplation, 3 preparation, 4 action, 5 maintenance"


def card(subject: Subject) -> Card:
    """The second card: the share of rated sessions off the stage."""
    row, state = subject.evidence(FLAG), subject.state(FLAG)
    if state.state == "not_enough_data":
        rated = counted(row["rated_sessions"], "rated session") if row["rated_sessions"] > 0 else "No rated session"
        return Card(ANCHOR, QUESTION, state, f"{rated} in the last 60 days; eight of three clients make it estimable.")
    series = _series(subject)
    usual = usual_range(series)
    interval = f"90% interval {percent_between(row['share_low'], row['share_high'])}"
    if usual:
        low, high = max(usual[0], 0.0) / 100, min(usual[1], 100.0) / 100
        interval += f"; {subject.pick('your', 'the')} usual range is {percent_between(low, high)}"
    return Card(
        ANCHOR,
        QUESTION,
        state,
        _headline(subject),
        percent(row["share"]),
        "off the stage",
        interval,
        spark(series, state.state, f"Per cent of rated sessions off the stage. {months_alt(series, 0)}"),
    )


def section(subject: Subject) -> Section:
    """Stage by intervention, the flag's sheet, and the share over the months."""
    named = off_stage(subject)
    sheet, ask = subject.sheet(FLAG, list(named["client_id"]), _behind(named))
    series = _series(subject)
    trend: tuple[Evidence, ...] = ()
    if series["value"].notna().sum() >= 2:
        trend = (
            xmr_figure(
                series,
                subject.state(FLAG).state,
                title="Share of sessions off the stage",
                subtitle="Per cent of rated sessions of the 60 days to each month’s end.",
                what="Lines: 90% intervals.",
                alt=f"Share off the stage by month. {months_alt(series, 0)}",
                ylabel="%",
                ends=("0", "100"),
            ),
        )
    return Section(ANCHOR, QUESTION, subject.state(FLAG), _grid(subject), sheet, ask, trend)


def off_stage(subject: Subject) -> pd.DataFrame:
    """Clients with three of their last four rated sessions ahead of the stage, or behind it."""
    named = clients_off_stage(subject.client_sessions, subject.month)
    return named[named["clinician_id"] == subject.clinician_id]


def _series(subject: Subject) -> pd.DataFrame:
    history = subject.history(FLAG)
    shares = history[["share", "share_low", "share_high"]].astype(float) * 100
    known = shares.where(history["enough"].fillna(False).astype(bool))
    return monthly(known.assign(month=history["month"]), "share", "share_low", "share_high")


def _headline(subject: Subject) -> str:
    row, flag = subject.evidence(FLAG), subject.flag(FLAG)
    side = "ahead of" if row["ahead"] >= row["behind"] else "behind"
    if flag["state"] == "steady":
        return "Most sessions fit the stage."
    named = list(off_stage(subject)["client_id"])
    with_whom = f", most often with {listed(named[:2])}" if named else ""
    return f"Interventions are often {side} the client’s stage{with_whom}."


def _behind(named: pd.DataFrame) -> str:
    if named.empty:
        return "No client has three of the last four rated sessions off the stage."
    where = {"ahead": "ahead of the stage", "behind": "behind the stage"}
    said = [
        f"{r['client_id']} ({where[r['direction']]} in {r['counted']:.0f} of the last {r['rated']} rated sessions)"
        for r in named.to_dict("records")
    ]
    return f"{listed(said)}."


def _grid(subject: Subject) -> Evidence:
    grid = stage_grid(subject.client_sessions, subject.clinician_id, subject.month)
    if grid.empty:
        return Empty(
            "Stage of change and intervention",
            (
                "No session of the last 60 days has both a rated stage and a noted intervention.",
                "Rating the stage and noting the interventions of a few sessions would fill this picture.",
            ),
        )
    ahead, behind = (int(grid.loc[np.sign(grid["offset"]) == sign, "sessions"].sum()) for sign in (1, -1))
    total = int(grid["sessions"].sum())
    fits = total - ahead - behind
    grid = grid.assign(intervention=grid["intervention"].str.replace("_", " "))
    title = (
        f"{ahead} of {total} entries lie ahead of the stage"
        if ahead >= max(behind, 1)
        else f"{behind} of {total} entries lie behind the stage"
        if behind
        else "Every entry fits the stage"
    )
    return Figure(
        "plot_stage_interventions",
        grid,
        title,
        f"Entries of the last 60 days by intervention and the client’s stage: {STAGE_WORDS}.",
        f"{total} entries: {fits} fit the stage, {ahead} lie ahead and {behind} behind.",
        "A session with two interventions counts under both. A stage older than 60 days is unknown and left out; "
        "safety work is never off the stage.",
        _numbers(grid),
    )


def _numbers(grid: pd.DataFrame) -> pd.DataFrame:
    wide = grid.pivot_table(index="intervention", columns="stage", values="sessions", aggfunc="sum", fill_value=0)
    wide = wide.reindex(columns=range(1, 6), fill_value=0).astype(int).astype("str")
    wide.columns = [f"Stage {stage}" for stage in wide.columns]
    return wide.reset_index().rename(columns={"intervention": "Intervention"})
