"""From a practice's rows to one row per clinician × client × month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.intake.tables import STAGES
from caseload.signals.definitions import SIGNALS
from caseload.signals.rows import (
    LOW_ENGAGEMENT,
    after_hours,
    covered,
    crisis_contacts,
    days_since_intake,
    month_of,
    rebooking_contacts,
    session_values,
)

EARLY_DAYS = 90
"""A client's first 90 days count as the early phase of treatment, when more effort is usual."""
STAGE_DAYS = 60
"""A stage of change older than this is unknown, never carried on."""
COUNTED = ("attended", *LOW_ENGAGEMENT)
"""Statuses that say something about the client; cancellations by clinician or service do not."""


def monthly_signals(practice: Practice) -> pd.DataFrame:
    """One row per clinician × client × month that has a session or a contact, with every signal and its count.

    Returns
    -------
    DataFrame sorted by `clinician_id`, `client_id`, `month`, with the columns

    - `clinician_id`, `client_id` (text), `month` (`period[M]`);
    - `n_sessions` (appointments that say something about the client), `n_attended`, `n_scheduled` (all), int;
    - for each signal of `SIGNALS` its mean over the client-month (`name`) and how many rows it rests on (`name_n`);
      NaN and 0 where it was not recorded. Missing is never read as low;
    - the case mix: `severity` (the practice's own scale), `trauma`, `access_barrier` (0/1), `crisis` (share of
      sessions), `early` (1 in the first 90 days of treatment), `programme` (text), `stage` (1–5, the latest rating
      of the past 60 days); NaN where not recorded.

    A row uses nothing later than the end of its month, so `monthly_signals(practice.until(m))` equals the rows up to
    `m`. With a contacts table, a client-month with sessions and no contact counts as zero contacts from a clinician's
    first recorded contact on, in months in which anybody recorded one; otherwise contacts are missing. A contact
    without a client shows that the table covers the month, and belongs to no row.
    """
    recorded = practice.contacts
    practice = replace(practice, contacts=recorded[recorded["client_id"].notna()])
    keys, session_row, contact_row = _client_months(practice)
    size = len(keys)
    columns: dict[str, np.ndarray] = {}
    status = practice.sessions["status"]
    columns["n_sessions"] = _count(session_row, status.isin(COUNTED).to_numpy(), size)
    columns["n_attended"] = _count(session_row, (status == "attended").to_numpy(), size)
    columns["n_scheduled"] = _count(session_row, np.ones(len(status), bool), size)
    values = session_values(practice.sessions, rebooking_contacts(practice, recorded))
    for name, row_values in values.items():
        columns[name], columns[f"{name}_n"] = _mean(session_row, row_values, size)
    known = covered(recorded, keys["clinician_id"], keys["month"].astype("int64").to_numpy())
    columns |= _contact_signals(practice, known, contact_row)
    signals = pd.concat([keys, pd.DataFrame(columns, index=keys.index)], axis=1)
    signals = signals.join(_case_mix(practice, keys, session_row))
    order = ["clinician_id", "client_id", "month", "n_sessions", "n_attended", "n_scheduled"]
    order += [column for signal in SIGNALS for column in (signal.name, f"{signal.name}_n")]
    return signals[[*order, *(c for c in signals.columns if c not in order)]]


def coverage(signals: pd.DataFrame) -> pd.DataFrame:
    """How much of each signal was recorded: one row per signal, in the order of `SIGNALS`.

    Columns: `signal`, `side`, `label`, `recorded` (client-months with the signal), `share` (of all client-months,
    0–1; NaN without any client-month).
    """
    total = len(signals)
    recorded = [int((signals[f"{s.name}_n"] > 0).sum()) for s in SIGNALS]
    return pd.DataFrame(
        {
            "signal": [s.name for s in SIGNALS],
            "side": [s.side for s in SIGNALS],
            "label": [s.label for s in SIGNALS],
            "recorded": recorded,
            "share": [n / total if total else np.nan for n in recorded],
        }
    )


def _client_months(practice: Practice) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """The sorted keys of all client-months, and for each session and contact the number of its row."""
    sessions, contacts = practice.sessions, practice.contacts
    n = len(sessions)
    clinician, clinicians = pd.factorize(
        pd.concat([sessions["clinician_id"], contacts["clinician_id"]], ignore_index=True), sort=True
    )
    client, clients = pd.factorize(
        pd.concat([sessions["client_id"], contacts["client_id"]], ignore_index=True), sort=True
    )
    month = np.concatenate([month_of(sessions["scheduled_start"]), month_of(contacts["contacted_at"])])
    first = month.min() if len(month) else 0
    span = int(month.max() - first) + 1 if len(month) else 1
    code = (clinician.astype(np.int64) * max(len(clients), 1) + client) * span + (month - first)
    unique, row = np.unique(code, return_inverse=True)
    pair, at = np.divmod(unique, span)
    who, whom = np.divmod(pair, max(len(clients), 1))
    keys = pd.DataFrame(
        {
            "clinician_id": clinicians.take(who),
            "client_id": clients.take(whom),
            "month": pd.PeriodIndex.from_ordinals(at + first, freq="M"),  # type: ignore[attr-defined]
        }
    )
    return keys, row[:n], row[n:]


def _count(row: np.ndarray, which: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(row[which], minlength=size)


def _mean(row: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    recorded = ~np.isnan(values)
    n = np.bincount(row[recorded], minlength=size)
    total = np.bincount(row[recorded], weights=values[recorded], minlength=size)
    return np.divide(total, n, out=np.full(size, np.nan), where=n > 0), n


def _contact_signals(practice: Practice, known: np.ndarray, row: np.ndarray) -> dict[str, np.ndarray]:
    """Contacts to and from the client and the after-hours share; as effort, planned ones and crises do not count.

    `known` marks the client-months that the contacts table covers.
    """
    contacts, size = practice.contacts, len(known)
    planned = contacts["planned"].fillna(False).to_numpy(bool)
    from_client = (contacts["direction"] == "from_client").to_numpy()
    extra = (
        ~from_client
        & contacts["direction"].notna().to_numpy()
        & ~planned
        & ~crisis_contacts(contacts, practice.sessions)
    )
    minutes = contacts["minutes"].to_numpy(float)
    mean, _ = _mean(row, np.where(extra, minutes, np.nan), size)
    calls = np.bincount(row[extra], minlength=size)
    total = np.where(calls > 0, mean * calls, 0.0)  # a call without its minutes counts as long as the month's others
    to_client = np.where(known, np.log1p(total), np.nan)
    from_count = np.where(known, np.log1p(np.bincount(row[from_client], minlength=size)), np.nan)
    late = np.where(
        extra, after_hours(contacts["contacted_at"], contacts["clinician_id"], practice.supervisees), np.nan
    )
    share, share_n = _mean(row, late, size)
    return {
        "contacts_to": to_client,
        "contacts_to_n": (~np.isnan(to_client)).astype(int),
        "after_hours": share,
        "after_hours_n": share_n,
        "contacts_from": from_count,
        "contacts_from_n": (~np.isnan(from_count)).astype(int),
    }


def _case_mix(practice: Practice, keys: pd.DataFrame, session_row: np.ndarray) -> pd.DataFrame:
    """What the client brings to the month, whatever anybody does."""
    sessions, size = practice.sessions, len(keys)
    clients = practice.clients.set_index("client_id")
    known = clients.reindex(keys["client_id"]).reset_index(drop=True)
    focus, _ = _mean(session_row, sessions["trauma_focus"].to_numpy(float, na_value=np.nan), size)
    crisis, _ = _mean(session_row, sessions["crisis"].to_numpy(float, na_value=np.nan), size)
    history = known["trauma_history"].to_numpy(float, na_value=np.nan)
    days = days_since_intake(practice, keys)
    return pd.DataFrame(
        {
            "severity": known["severity"].to_numpy(float),
            "trauma": np.fmax(history, np.where(np.isnan(focus), np.nan, focus > 0)),
            "crisis": crisis,
            "early": np.where(np.isnan(days), np.nan, days < EARLY_DAYS),
            "access_barrier": known["access_barrier"].to_numpy(float, na_value=np.nan),
            "programme": known["programme"],
            "stage": _latest_stage(sessions, keys),
        },
        index=keys.index,
    )


def _latest_stage(sessions: pd.DataFrame, keys: pd.DataFrame) -> np.ndarray:
    """The client's latest stage of change (1–5) as known at the end of the month, at most 60 days old."""
    codes = {stage: number for number, stage in enumerate(STAGES, start=1)}
    rated = sessions.loc[sessions["stage_of_change"].notna(), ["client_id", "scheduled_start", "stage_of_change"]]
    if rated.empty:
        return np.full(len(keys), np.nan)
    rated = rated.assign(stage=rated["stage_of_change"].map(codes).astype(float))
    rated = rated.sort_values(["scheduled_start", "stage"])  # of two ratings at one time the further stage
    ends = pd.DataFrame(
        {"client_id": keys["client_id"], "end": keys["month"].dt.end_time.astype(rated["scheduled_start"].dtype)}
    )
    ends["row"] = np.arange(len(ends))
    found = pd.merge_asof(
        ends.sort_values("end"),
        rated[["client_id", "scheduled_start", "stage"]],
        left_on="end",
        right_on="scheduled_start",
        by="client_id",
        tolerance=pd.Timedelta(days=STAGE_DAYS),
    )
    return found.sort_values("row")["stage"].to_numpy()
