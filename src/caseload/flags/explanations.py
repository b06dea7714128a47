"""Ordinary explanations that are present in the data: to be read before a flag is read."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from caseload.flags.every import FLAGS
from caseload.intake import Practice
from caseload.wording import counted, listed

NEW_DAYS = 90
_NEEDED = ["client_id", "scheduled_start", "status", "crisis", "note_minutes"]
LAG_SHARE = 0.3
"""Notes missing from more of the month's sessions than this, and twice as often as before, look like notes to come."""


def bearing(flag: str, explanations: Mapping[str, str]) -> list[str]:
    """What bears on a flag of what `ordinary` found."""
    return [explanations[name] for name in FLAGS[flag].explained_by if explanations[name]]


def ordinary(practice: Practice, clinician_id: str, month: pd.Period, days_off: int) -> dict[str, str]:
    """A sentence on everything in the month that could ordinarily explain a flag; empty where there is nothing."""
    mine = practice.sessions.loc[practice.sessions["clinician_id"] == clinician_id, _NEEDED]
    now = of_month(mine, "scheduled_start", month)
    clients = practice.clients[practice.clients["client_id"].isin(now["client_id"])]
    contacts = of_month(practice.contacts, "contacted_at", month)
    return {
        "crises": _crises(now),
        "new": _new(clients, month),
        "leave": f"{counted(days_off, 'day')} of leave in the month." if days_off else "",
        "notes": _notes_to_come(mine, now),
        "barriers": _barriers(clients),
        "planned": _planned(contacts[contacts["clinician_id"] == clinician_id]),
    }


def of_month(table: pd.DataFrame, time: str, month: pd.Period) -> pd.DataFrame:
    """The rows of a month."""
    return table[table[time].to_numpy().astype("datetime64[M]").astype(int) == month.ordinal]


def _crises(now: pd.DataFrame) -> str:
    crises = now[now["crisis"].to_numpy(bool, na_value=False)]
    if crises.empty:
        return ""
    whom = listed(sorted(crises["client_id"].unique()))
    return f"{counted(len(crises), 'session')} in crisis ({whom}). We leave out contacts around a crisis."


def _new(clients: pd.DataFrame, month: pd.Period) -> str:
    recent = clients[(month.end_time - clients["intake_date"]).dt.days.between(0, NEW_DAYS)]
    if recent.empty:
        return ""
    return (
        f"{counted(len(recent), 'client')} started in the last {NEW_DAYS} days. New clients usually need more effort, "
        "and the estimate allows for this."
    )


def _barriers(clients: pd.DataFrame) -> str:
    barred = clients.loc[clients["access_barrier"].to_numpy(bool, na_value=False), "client_id"]
    if barred.empty:
        return ""
    return f"An access barrier is on record for {listed(sorted(barred))}, so missed sessions count less."


def _notes_to_come(mine: pd.DataFrame, now: pd.DataFrame) -> str:
    notes = mine.loc[mine["status"] == "attended", "note_minutes"].isna()
    this_month = notes.index.isin(now.index)
    attended, before = notes[this_month], notes[~this_month]
    if attended.empty or before.all():
        return ""
    missing, usual = attended.mean(), before.mean()
    if missing <= LAG_SHARE or missing <= 2 * usual:
        return ""
    return f"Note times of {counted(attended.sum(), 'session')} are not recorded yet."


def _planned(contacts: pd.DataFrame) -> str:
    planned = int(contacts["planned"].to_numpy(bool, na_value=False).sum())
    return f"We do not count {counted(planned, 'contact')} agreed in a care plan." if planned else ""
