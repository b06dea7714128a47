"""From a practice's rows to one row per clinician × client × month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.signals.definitions import SIGNALS
from caseload.signals.numbered import ClientMonths, Numbered, Rows, client_months, numbered
from caseload.signals.rows import (
    LOW_ENGAGEMENT,
    after_hours,
    crisis_contacts,
    days_since_intake,
    latest_stage,
    rebooking_contacts,
    session_values,
)

EARLY_DAYS = 90
"""A client's first 90 days count as the early phase of treatment, when more effort is usual."""
_COUNTS = ("n_sessions", "n_attended", "n_scheduled")
_ORDER = (*_COUNTS, *(column for signal in SIGNALS for column in (signal.name, f"{signal.name}_n")))


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
    log = numbered(practice)
    named = log.contacts.client >= 0
    contacts = practice.contacts if named.all() else practice.contacts[named]
    rows = log.contacts.only(named)
    keys = client_months(log.sessions, rows)
    ordinary = ~contacts["planned"].fillna(False).to_numpy(bool) & ~crisis_contacts(contacts, practice.sessions)
    to_client = rows.only(ordinary & (contacts["direction"] == "to_client").to_numpy())
    known = log.covered(keys.clinician, keys.month)
    columns = _session_signals(practice.sessions, log, keys, to_client)
    columns |= _contact_signals(contacts, ordinary, known, keys, practice.supervisees)
    signals = {
        "clinician_id": log.clinicians.take(keys.clinician),
        "client_id": log.clients.take(keys.client),
        "month": pd.PeriodIndex.from_ordinals(keys.month, freq="M"),  # type: ignore[attr-defined]
        **{name: columns[name] for name in _ORDER},
        **_case_mix(practice, log, keys),
    }
    return pd.DataFrame(signals, copy=False)


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


def _session_signals(
    sessions: pd.DataFrame, log: Numbered, keys: ClientMonths, to_client: Rows
) -> dict[str, np.ndarray]:
    """The counts of sessions, and every signal that is counted over sessions; `to_client` may be rebooking calls."""
    row, size = keys.of_session, len(keys)
    code, statuses = pd.factorize(sessions["status"])
    attended, missed = statuses.isin(["attended"])[code], statuses.isin(LOW_ENGAGEMENT)[code]
    columns = {
        "n_sessions": np.bincount(row[attended | missed], minlength=size),
        "n_attended": np.bincount(row[attended], minlength=size),
        "n_scheduled": np.bincount(row, minlength=size),
    }
    for name, values in session_values(sessions, attended, missed):
        columns[name], columns[f"{name}_n"] = _mean(row, values, size)
    due = np.flatnonzero(missed)
    due = due[log.covered(log.sessions.clinician[due], log.sessions.month[due])]
    calls = rebooking_contacts(log.sessions.only(due), to_client)
    columns["rebooking"], columns["rebooking_n"] = _mean(row[due], calls, size)
    return columns


def _mean(row: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The mean of the recorded `values` of each of `size` groups, and how many these are; `row` is their group."""
    recorded = np.flatnonzero(~np.isnan(values))
    group = row[recorded]
    n = np.bincount(group, minlength=size)
    total = np.bincount(group, weights=values[recorded], minlength=size)
    return np.divide(total, n, out=np.full(size, np.nan), where=n > 0), n


def _contact_signals(
    contacts: pd.DataFrame, ordinary: np.ndarray, known: np.ndarray, keys: ClientMonths, supervisees: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Contacts to and from the client and the after-hours share; as effort, planned ones and crises do not count.

    `ordinary` marks the contacts that are neither, `known` the client-months that the contacts table covers.
    """
    row, size = keys.of_contact, len(keys)
    from_client = (contacts["direction"] == "from_client").to_numpy()
    extra = ordinary & ~from_client & contacts["direction"].notna().to_numpy()
    mean, _ = _mean(row[extra], contacts["minutes"].to_numpy(float)[extra], size)
    calls = np.bincount(row[extra], minlength=size)
    total = np.where(calls > 0, mean * calls, 0.0)  # a call without its minutes counts as long as the month's others
    to_client = np.where(known, np.log1p(total), np.nan)
    from_count = np.where(known, np.log1p(np.bincount(row[from_client], minlength=size)), np.nan)
    late = after_hours(contacts["contacted_at"], contacts["clinician_id"], supervisees)
    share, share_n = _mean(row[extra], late[extra], size)
    return {
        "contacts_to": to_client,
        "contacts_to_n": (~np.isnan(to_client)).astype(int),
        "after_hours": share,
        "after_hours_n": share_n,
        "contacts_from": from_count,
        "contacts_from_n": (~np.isnan(from_count)).astype(int),
    }


def _case_mix(practice: Practice, log: Numbered, keys: ClientMonths) -> dict[str, Any]:
    """What the client brings to the month, whatever anybody does."""
    sessions = practice.sessions
    known = practice.clients.set_index("client_id").reindex(log.clients)
    focus, crisis = (
        _mean(keys.of_session, sessions[name].to_numpy(float, na_value=np.nan), len(keys))[0]
        for name in ("trauma_focus", "crisis")
    )
    history = known["trauma_history"].to_numpy(float, na_value=np.nan)[keys.client]
    days = days_since_intake(known["intake_date"].to_numpy(), log.sessions, keys)
    return {
        "severity": known["severity"].to_numpy(float)[keys.client],
        "trauma": np.fmax(history, np.where(np.isnan(focus), np.nan, focus > 0)),
        "crisis": crisis,
        "early": np.where(np.isnan(days), np.nan, days < EARLY_DAYS),
        "access_barrier": known["access_barrier"].to_numpy(float, na_value=np.nan)[keys.client],
        "programme": known["programme"].array.take(keys.client),
        "stage": latest_stage(sessions["stage_of_change"], log.sessions, keys),
    }
