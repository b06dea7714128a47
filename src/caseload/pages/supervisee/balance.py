"""Question 1, whether the clinician is working harder than the client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.trends import Course
from caseload.flags.over_investment import MIN_CLIENTS, MIN_SESSIONS, speaking, standing_out
from caseload.flags.states import STANDING
from caseload.pages.series import months_alt, spark, xmr_figure
from caseload.pages.supervisee import records
from caseload.pages.supervisee.declared import otherwise
from caseload.pages.supervisee.diary.clients import clients_table
from caseload.pages.supervisee.diary.reading import Reading, attendance_is_told
from caseload.pages.supervisee.outcomes import outcome_by_client, outcomes_table
from caseload.pages.supervisee.ratings import rests_on_ratings
from caseload.pages.supervisee.subject import NO_INTERVAL, Subject, sentence
from caseload.pages.views import Card, Empty, Evidence, Figure, Section
from caseload.signals import LOW_ENGAGEMENT, SIGNALS
from caseload.wording import MONTHS, between, counted, first_upper, listed, number

FLAG, ANCHOR = "over_investment", "balance"
MOST_CLIENTS = 12
SLOPE_MONTHS = 4
BEYOND_READINESS = 0.8
"""Clients in precontemplation or contemplation are named where P(effort > 0.5) reaches this."""


def card(subject: Subject) -> Card:
    """The first card: the number that its sentence speaks of, the slope or the gap, with its interval and months."""
    row, state = subject.evidence(FLAG), subject.state(FLAG)
    if state.state in STANDING and speaking(row) == "compensating" and pd.notna(row["compensation"]):
        return _slope_card(subject)
    gap = subject.slice.gap
    months = spark(gap, state.state, f"Effort minus engagement. {months_alt(gap)}")
    if state.state == "not_enough_data" or np.isnan(row["gap"]):
        return Card(ANCHOR, subject.question(FLAG), state, headline(subject), *_so_far(row), NO_INTERVAL, months)
    interval = f"90% interval {between(row['gap_low'], row['gap_high'])}"
    if gap.usual:
        interval += f". The usual range is {between(*gap.usual)}"
    return Card(
        ANCHOR, subject.question(FLAG), state, headline(subject), number(row["gap"]), "SD effort gap", interval,
        months,
    )  # fmt: skip


def _slope_card(subject: Subject) -> Card:
    row, state = subject.evidence(FLAG), subject.state(FLAG)
    names = ("compensation", "compensation_low", "compensation_high")
    slope = Course.of(subject.slice.evidence.balance, *names)
    months = spark(slope, state.state, f"Effort for each 1 SD drop in engagement. {months_alt(slope)}")
    if months is not None:  # each month's slope looks back over several: limits would be too narrow
        months = replace(months, usual=None)
    low, high = row["compensation_low"], row["compensation_high"]
    interval = f"for each 1 SD drop in engagement. 90% interval {between(low, high)}. 0 means no link"
    return Card(
        ANCHOR,
        subject.question(FLAG),
        state,
        headline(subject),
        number(row["compensation"]),
        "SD more effort",
        interval,
        months,
    )


def _so_far(row: Mapping[str, Any]) -> tuple[str, str]:
    """How much there is of what the estimate is short of."""
    if row["n_sessions"] < MIN_SESSIONS:
        return f"{row['n_sessions']:.0f} of {MIN_SESSIONS}", "sessions"
    if row["n_clients"] < MIN_CLIENTS:
        return f"{row['n_clients']:.0f} of {MIN_CLIENTS}", "clients"
    return f"0 of {row['n_clients']:.0f}", "clients with both kinds of measures"


def section(subject: Subject) -> Section:
    """Clients side by side, the flag's sheet, the gap over the months and the compensation slope."""
    charts = tuple(item for item in (_gap_chart(subject), _slope_chart(subject)) if item is not None)
    told = (clients_table(Reading(subject)) if attendance_is_told(subject) else None, outcomes_table(subject))
    supporting = (*charts, *(table for table in told if table), *records.client_days(subject, subject.clients(FLAG)))
    return subject.section(FLAG, ANCHOR, _clients_figure(subject), _behind(subject), supporting)


def headline(subject: Subject) -> str:
    """What the card says in one sentence, and in another what it would say without a change that was declared."""
    state = subject.flag(FLAG)["state"]
    return " ".join(filter(None, [_headline(subject), otherwise(subject.slice, FLAG, state)]))


def _headline(subject: Subject) -> str:
    row, flag = subject.evidence(FLAG), subject.flag(FLAG)
    if flag["state"] == "not_enough_data":
        return sentence(flag["reason"])
    if flag["state"] == "steady":
        return _without_flag(subject, row)
    return subject.headline(FLAG)


def _without_flag(subject: Subject, row: Mapping[str, Any]) -> str:
    """What a month without a flag shows, and what its charts show besides."""
    wide, shown = standing_out(subject.slice), []
    if wide:
        shown.append(f"effort was far ahead of engagement with {listed(wide[:2])}")
    if _side(subject) > 0:
        shown.append("the average effort gap was above its usual range")
    if row["compensation_low"] > 0:
        shown.append("effort was higher where engagement was lower")
    if not shown:
        return "There is no clear sign of working harder than the clients this month."
    return f"{first_upper(listed(shown))}. That is not enough for a flag."


def _side(subject: Subject) -> int:
    """Whether the newest gap is above (1), below (−1) or inside (0) its usual range; 0 where that is not known."""
    gap = subject.slice.gap
    if gap.usual is None or np.isnan(gap.value[-1]):
        return 0
    return int(gap.value[-1] > gap.usual[1]) - int(gap.value[-1] < gap.usual[0])


def _behind(subject: Subject) -> str:
    """Clients with the widest gap, their sessions, and what their effort is made of."""
    names, ready, wide = subject.clients(FLAG), _beyond_readiness(subject), standing_out(subject.slice)
    if not names and subject.slice.month_clients.empty:
        return ""
    said = [f"{name} ({_appointments(subject, name)})" for name in names[:3]]
    first = (
        (f"{listed(said)}.", _made_of(subject, names[:3]))
        if names
        else (() if wide else ("No single client stands out.",))
    )
    return " ".join(part for part in (*first, ready, rests_on_ratings(subject)) if part)


def _beyond_readiness(subject: Subject) -> str:
    """Clients on whom much effort is spent although they were last rated in an early stage of change."""
    clients = subject.slice.balance.involvement
    early = list(clients.loc[clients["p_beyond_readiness"] >= BEYOND_READINESS, "client_id"])
    return f"Effort is high for clients at an early stage of change: {listed(early[:3])}." if early else ""


def _appointments(subject: Subject, client: str) -> str:
    sessions = subject.slice.sessions
    statuses = list(sessions["status"][sessions["client_id"] == client])
    missed = sum(status in LOW_ENGAGEMENT for status in statuses)
    return counted(len(statuses), "appointment") + (f", {missed} not kept" if missed else "")


def _made_of(subject: Subject, names: list[str]) -> str:
    """The signals that raise these clients' effort most."""
    parts = subject.slice.balance.contributions
    mine = parts[parts["client_id"].isin(names) & (parts["side"] == "effort")]
    total = mine.groupby("signal")["contribution"].mean().drop("earlier months", errors="ignore")
    labels = {signal.name: signal.label for signal in SIGNALS}
    top = [labels[name] for name in total[total > 0.02].nlargest(2).index]
    return f"Most of the extra effort is in {listed(top)}." if top else ""


def _clients_figure(subject: Subject) -> Evidence:
    clients = subject.slice.month_clients
    if clients.empty:
        return Empty(
            "Effort and engagement by client",
            (
                "No client of this month has both a measure of effort and one of engagement.",
                "Record preparation, notes or contacts as well as attendance to see this picture.",
            ),
        )
    shown = clients.head(MOST_CLIENTS)
    out = standing_out(subject.slice) if subject.flag(FLAG)["state"] in STANDING else []
    table = shown.assign(label=shown["client_id"], attention=shown["client_id"].isin(out))
    columns = [f"{n}{e}" for n in ("effort", "engagement", "gap") for e in ("", "_low", "_high")]
    rest = len(clients) - len(shown)
    note = (
        "The lines are 90% intervals. The effort gap is effort minus engagement, in standard deviations (SD) of the "
        "practice’s client-months."
    )
    return Figure(
        "plot_effort_engagement",
        table[["label", *columns, "attention"]].reset_index(drop=True),
        _finding(out, standing_out(subject.slice)),
        f"Each client in {MONTHS[subject.month.month - 1]}, compared with the practice average (0). We allow for what "
        "clients bring, such as severity, trauma and crisis.",
        _clients_alt(clients, out),
        note + (f" {counted(rest, 'more client')}, all in the table." if rest else ""),
        _clients_numbers(clients, outcome_by_client(subject)),
    )


def _finding(marked: list[str], wide: list[str]) -> str:
    """The title: who is marked; nothing is said to be absent where gaps are wide in a month without a flag."""
    if marked:
        return f"Effort was ahead of engagement with {listed(marked)}"
    return "Effort and engagement, client by client" if wide else "No client stands out"


def _clients_alt(clients: pd.DataFrame, out: list[str]) -> str:
    told = clients[clients["client_id"].isin(out)] if out else clients.head(2)
    columns = (told[name] for name in ("client_id", "gap", "gap_low", "gap_high"))
    gaps = [f"{name} {number(gap, 1)} ({between(low, high, 1)})" for name, gap, low, high in zip(*columns, strict=True)]
    return f"{counted(len(clients), 'client')}. Widest gaps: {listed(gaps)}."


def _clients_numbers(clients: pd.DataFrame, outcomes: Mapping[str, str]) -> pd.DataFrame:
    """All estimates, and the outcome beside them where there is any."""
    told = {"Outcome": clients["client_id"].map(outcomes).fillna("–")} if outcomes else {}
    return pd.DataFrame(
        {
            "Client": clients["client_id"],
            "Sessions": clients["n_sessions"].astype(int).astype("str"),
            **{
                name.capitalize(): [
                    f"{number(mean)} ({between(low, high)})"
                    for mean, low, high in clients[[name, f"{name}_low", f"{name}_high"]].to_numpy()
                ]
                for name in ("effort", "engagement", "gap")
            },
            **told,
        }
    )


def _gap_chart(subject: Subject) -> Evidence | None:
    gap = subject.slice.gap
    if gap.known.sum() < 2:
        return Empty("The effort gap over the months", ("A line needs two months with an estimate.",))
    place = {1: "The effort gap is above its usual range", -1: "The effort gap is below its usual range"}
    return xmr_figure(gap, subject.state(FLAG).state,
        title=place.get(_side(subject), "The effort gap over the months"),
        subtitle="Average effort gap of the month’s clients, in SD. Each month uses only data from before its end.",
        what="The lines are 90% intervals.", alt=f"Effort gap by month. {months_alt(gap)}", ylabel="SD",
    )  # fmt: skip


def _slope_chart(subject: Subject) -> Evidence | None:
    row = subject.evidence(FLAG)
    if np.isnan(row["compensation"]):
        return Empty("Effort against engagement", ("This needs clients with both kinds of measures.",))
    points = _slope_points(subject, row)
    slope, low, high = row["compensation"], row["compensation_low"], row["compensation_high"]
    change = (
        f"For each 1 SD drop in engagement, effort changes by {number(slope)} SD (90% interval {between(low, high)})."
    )
    return Figure(
        "plot_compensation",
        points,
        _slope_title(slope, low, high),
        f"{subject.pick('Your', 'The clinician’s')} clients of the past {SLOPE_MONTHS} months, compared with each "
        "other.",
        f"{len(points)} client-months. {change}",
        f"A falling line means that effort is higher when engagement is lower. {change} The shaded band is the line’s "
        "90% interval. Each point has an interval too, which we do not show.",
        points[["engagement", "effort", "age"]].rename(
            columns={"engagement": "Engagement, SD", "effort": "Effort, SD", "age": "Months ago"}
        ),
    )


def _slope_title(slope: float, low: float, high: float) -> str:
    """The finding: only an interval beyond 0 says that effort depends on engagement."""
    if low > 0:
        return "Effort was higher where engagement was lower"
    return "Effort was higher where engagement was higher" if high < 0 else "Effort does not clearly follow engagement"


def _slope_points(subject: Subject, row: dict[str, float]) -> pd.DataFrame:
    """Client-months of the past months around their centre, and the line of the slope with its 90 % interval."""
    table = subject.slice.clients
    age = subject.month.ordinal - table["month"].astype("int64").to_numpy()
    shown = table["gap"].notna().to_numpy() & (age < SLOPE_MONTHS)
    engagement, effort = table.loc[shown, "engagement"].to_numpy(), table.loc[shown, "effort"].to_numpy()
    x, level = (engagement - engagement.mean(), effort.mean()) if shown.any() else (engagement, np.nan)
    one, other = (level - row[name] * x for name in ("compensation_low", "compensation_high"))
    return pd.DataFrame(
        {
            "engagement": engagement,
            "effort": effort,
            "age": age[shown],
            "fit": level - row["compensation"] * x,
            "fit_low": np.minimum(one, other),
            "fit_high": np.maximum(one, other),
        }
    )
