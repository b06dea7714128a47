"""Ordinary explanations that are present in the data: to be read before a flag is read."""

from __future__ import annotations

import pandas as pd

from caseload.flags.wording import counted, listed
from caseload.intake import Practice

NEW_DAYS = 90
BEARING = {
    "over_investment": ("crises", "new", "leave", "notes", "barriers", "planned"),
    "stage_incongruence": ("crises", "new"),
    "personal_activation": ("crises", "leave"),
    "self_care": ("crises", "leave", "planned"),
    "compassion_fatigue": ("crises", "leave"),
}
LAG_SHARE = 0.3
"""Notes missing from more of the month's sessions than this, and twice as often as before, look like notes to come."""


def explanations(flag: str, practice: Practice, clinician_id: str, month: pd.Period, days_off: int) -> list[str]:
    """Sentences on what could ordinarily explain a flag: crises, new clients, leave, notes to come, barriers, coaching.

    Each is there only where the month's data hold it and where it bears on the flag.
    """
    mine = practice.sessions[practice.sessions["clinician_id"] == clinician_id]
    now = mine[mine["scheduled_start"].dt.to_period("M") == month]
    clients = practice.clients[practice.clients["client_id"].isin(now["client_id"])]
    found = {
        "crises": _crises(now),
        "new": _new(clients, month),
        "leave": f"{counted(days_off, 'day')} of leave in the month." if days_off else "",
        "notes": _notes_to_come(mine, now),
        "barriers": _barriers(clients),
        "planned": _planned(practice.contacts, clinician_id, month),
    }
    return [found[name] for name in BEARING[flag] if found[name]]


def _crises(now: pd.DataFrame) -> str:
    crises = now[now["crisis"].fillna(False).astype(bool)]
    if crises.empty:
        return ""
    whom = listed(sorted(crises["client_id"].unique()))
    return f"{counted(len(crises), 'session')} in crisis ({whom}); contacts around them are left out."


def _new(clients: pd.DataFrame, month: pd.Period) -> str:
    recent = clients[(month.end_time - clients["intake_date"]).dt.days.between(0, NEW_DAYS)]
    if recent.empty:
        return ""
    return f"{counted(len(recent), 'client')} began within {NEW_DAYS} days, when more effort is usual and allowed for."


def _barriers(clients: pd.DataFrame) -> str:
    barred = clients.loc[clients["access_barrier"].fillna(False).astype(bool), "client_id"]
    if barred.empty:
        return ""
    return f"An access barrier is on record for {listed(sorted(barred))}, so missed sessions count less."


def _notes_to_come(mine: pd.DataFrame, now: pd.DataFrame) -> str:
    attended = now[now["status"] == "attended"]
    before = mine[(mine["status"] == "attended") & ~mine.index.isin(now.index)]
    if attended.empty or before["note_minutes"].notna().sum() == 0:
        return ""
    missing, usual = attended["note_minutes"].isna().mean(), before["note_minutes"].isna().mean()
    if missing <= LAG_SHARE or missing <= 2 * usual:
        return ""
    return f"Note times of {counted(attended['note_minutes'].isna().sum(), 'session')} are not in yet."


def _planned(contacts: pd.DataFrame, clinician_id: str, month: pd.Period) -> str:
    mine = contacts[(contacts["clinician_id"] == clinician_id) & (contacts["contacted_at"].dt.to_period("M") == month)]
    planned = int(mine["planned"].fillna(False).astype(bool).sum())
    return f"{counted(planned, 'contact')} agreed in a care plan, not counted." if planned else ""
