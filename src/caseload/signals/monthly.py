"""From a practice's rows to one row per clinician × client × month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd

from caseload.intake import Practice
from caseload.signals.definitions import SIGNALS
from caseload.signals.numbered import ClientMonths, Numbered, client_months, numbered
from caseload.signals.values import (
    LOW_ENGAGEMENT,
    SESSION_VALUES,
    after_hours,
    crisis_contacts,
    days_since_intake,
    latest_stage,
    rebooking,
    session_values,
)

EARLY_DAYS = 90
"""A client's first 90 days count as the early phase of treatment, when more effort is usual."""
_BLOCK = 1 << 18
"""Sessions at a time: few enough to stay in the processor's cache, many enough to keep Python out of the way."""
_COUNTS = ("n_sessions", "n_attended", "n_scheduled")
_ORDER = (*_COUNTS, *(column for signal in SIGNALS for column in (signal.name, f"{signal.name}_n")))


def monthly_signals(practice: Practice) -> pd.DataFrame:
    """One row per clinician × client × month that has a session, contact or rating, with every signal and its count.

    Sorted by `clinician_id`, `client_id`, `month`, with the columns

    - `clinician_id`, `client_id` (text), `month` (`period[M]`);
    - `n_sessions` (appointments that say something about the client), `n_attended`, `n_scheduled` (all), int;
    - for each signal of `SIGNALS` its mean over the client-month (`name`) and how many rows it rests on (`name_n`);
      NaN and 0 where it was not recorded. Missing is never read as low;
    - the case mix: `severity` (the practice's own scale), `trauma`, `access_barrier` (0/1), `crisis` (share of
      sessions, or 1 where the check-in says so), `early` (1 in the first 90 days of treatment), `programme` (text),
      `stage` (1–5, the latest rating of the past 60 days); NaN where not recorded.

    A row uses nothing later than the end of its month, so `monthly_signals(practice.until(m))` equals the rows up to
    `m`. With a contacts table, a client-month with sessions and no contact counts as zero contacts from a clinician's
    first recorded contact on, in months in which anybody recorded one; otherwise contacts are missing. A contact
    without a client shows that the table covers the month, and belongs to no row.

    Examples
    --------
    >>> import caseload
    >>> signals = caseload.monthly_signals(caseload.read_practice("data/sample"))
    >>> signals[["clinician_id", "client_id", "month", "n_sessions", "homework", "homework_n"]].tail(2)
         clinician_id client_id    month  n_sessions  homework  homework_n
    2440          C14     K0267  2026-04           5       0.9           1
    2441          C14     K0267  2026-05           4       0.9           1
    """
    log = numbered(practice)
    named = log.contacts.client >= 0
    contacts = practice.contacts if named.all() else practice.contacts[named]
    rows = log.contacts.only(named)
    keys = client_months(log.sessions, rows, log.ratings)
    ordinary = ~contacts["planned"].fillna(False).to_numpy(bool) & ~crisis_contacts(contacts, practice.sessions)
    at_client = np.flatnonzero(ordinary & (contacts["direction"] == "to_client").to_numpy())
    attended, missed = _attendance(practice.sessions["status"])
    due = np.flatnonzero(missed)
    due = due[log.covered(log.sessions.only(due))]
    is_rebooking = np.zeros(len(contacts), bool)
    calls_after, is_rebooking[at_client] = rebooking(log.sessions.only(due), rows.only(at_client))
    columns = _session_signals(practice.sessions, attended, missed, keys)
    columns |= _columns({"rebooking": _Means(len(keys)).add(keys.of_session[due], calls_after)})
    columns |= _rating_signals(practice.ratings, keys)
    known = log.covered(keys) & keys.met
    columns |= _contact_signals(contacts, ordinary, is_rebooking, known, keys, practice.supervisees)
    signals = {
        "clinician_id": log.clinicians.take(keys.clinician),
        "client_id": log.clients.take(keys.client),
        "month": pd.PeriodIndex.from_ordinals(keys.month, freq="M"),  # type: ignore[attr-defined]
        **{name: columns[name] for name in _ORDER},
        **_case_mix(practice, log, keys, columns["trauma_focus"], columns["crisis"]),
    }
    return pd.DataFrame(signals, copy=False)


def coverage(signals: pd.DataFrame) -> pd.DataFrame:
    """How much of each signal was recorded: one row per signal, in the order of `SIGNALS`.

    Columns: `signal`, `side`, `label`, `recorded` (client-months with the signal), `share` (of all client-months,
    0–1; NaN without any client-month).

    Examples
    --------
    >>> import caseload
    >>> signals = caseload.monthly_signals(caseload.read_practice("data/sample"))
    >>> caseload.coverage(signals).round(2).head(3)
        signal    side        label  recorded  share
    0     prep  effort  preparation      2349   0.96
    1    notes  effort        notes      2263   0.93
    2  overrun  effort      overrun      2345   0.96
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


def _attendance(status: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Which sessions were attended, and which the client missed."""
    code, statuses = pd.factorize(status)
    return statuses.isin(["attended"])[code], statuses.isin(LOW_ENGAGEMENT)[code]


def _session_signals(
    sessions: pd.DataFrame, attended: np.ndarray, missed: np.ndarray, keys: ClientMonths
) -> dict[str, np.ndarray]:
    """The counts of sessions, and every signal that a session alone shows."""
    row, size = keys.of_session, len(keys)
    means = {name: _Means(size) for name in SESSION_VALUES}
    for start in range(0, len(sessions), _BLOCK):
        block = slice(start, start + _BLOCK)
        for name, values in session_values(sessions.iloc[block], attended[block], missed[block]):
            means[name].add(row[block], values)
    counts = {
        "n_sessions": means["attendance"].n,
        "n_attended": np.bincount(row[attended], minlength=size),
        "n_scheduled": np.bincount(row, minlength=size),
    }
    return counts | _columns(means)


def _rating_signals(ratings: pd.DataFrame, keys: ClientMonths) -> dict[str, np.ndarray]:
    """What the clinician's monthly check-in says of a client: one rating of each side a month."""
    return _columns(
        {
            name: _of_ratings(ratings[column], keys)
            for name, column in (("effort_checkin", "effort"), ("engagement_checkin", "engagement"))
        }
    )


def _of_ratings(column: pd.Series, keys: ClientMonths) -> _Means:
    return _Means(len(keys)).add(keys.of_rating, column.to_numpy(float, na_value=np.nan))


def _columns(means: Mapping[str, _Means]) -> dict[str, np.ndarray]:
    return {f"{name}_n": of_signal.n for name, of_signal in means.items()} | {
        name: of_signal.mean() for name, of_signal in means.items()
    }


class _Means:
    """Means over the rows of each client-month on which something was recorded, filled a block of rows at a time."""

    def __init__(self, size: int) -> None:
        self.n = np.zeros(size, np.int64)
        self._sum = np.zeros(size)

    def add(self, client_month: np.ndarray, values: np.ndarray) -> Self:
        recorded = np.flatnonzero(~np.isnan(values))
        of = client_month[recorded]
        np.add.at(self._sum, of, values[recorded])
        np.add.at(self.n, of, 1)
        return self

    def mean(self) -> np.ndarray:
        """The means, NaN where nothing was recorded. They take the place of the sums, so this is the end of it."""
        with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN that is meant
            self._sum /= self.n
        return self._sum


def _contact_signals(
    contacts: pd.DataFrame,
    ordinary: np.ndarray,
    is_rebooking: np.ndarray,
    known: np.ndarray,
    keys: ClientMonths,
    supervisees: pd.DataFrame,
) -> dict[str, np.ndarray]:
    """Contacts to and from the client and the after-hours share; as effort, planned ones and crises do not count.

    `ordinary` marks the contacts that are neither, `is_rebooking` those that the signal `rebooking` counts (the same
    call is not counted twice), `known` the client-months that the contacts table covers.
    """
    row, size = keys.of_contact, len(keys)
    from_client = (contacts["direction"] == "from_client").to_numpy()
    extra = ordinary & ~from_client & contacts["direction"].notna().to_numpy()
    counted = extra & ~is_rebooking
    mean = _Means(size).add(row[counted], contacts["minutes"].to_numpy(float)[counted]).mean()
    calls = np.bincount(row[counted], minlength=size)
    total = np.where(calls > 0, mean * calls, 0.0)  # a call without its minutes counts as long as the month's others
    to_client = np.where(known, np.log1p(total), np.nan)
    from_count = np.where(known, np.log1p(np.bincount(row[from_client], minlength=size)), np.nan)
    late = after_hours(contacts["contacted_at"], contacts["clinician_id"], supervisees)
    late_share = _Means(size).add(row[extra], late[extra])
    return {
        "contacts_to": to_client,
        "contacts_to_n": (~np.isnan(to_client)).astype(int),
        "contacts_from": from_count,
        "contacts_from_n": (~np.isnan(from_count)).astype(int),
        **_columns({"after_hours": late_share}),
    }


def _case_mix(
    practice: Practice, log: Numbered, keys: ClientMonths, focus: np.ndarray, crises: np.ndarray
) -> dict[str, Any]:
    """What the client brings to the month, whatever anybody does; `focus` and `crises` are shares of sessions."""
    known = practice.clients.set_index("client_id").reindex(log.clients)
    history = known["trauma_history"].to_numpy(float, na_value=np.nan)[keys.client]
    crisis, barrier = (_of_ratings(practice.ratings[name], keys).mean() for name in ("crisis", "access_barrier"))
    stages = pd.concat([table["stage_of_change"] for table in (practice.sessions, practice.ratings)], ignore_index=True)
    days = days_since_intake(known["intake_date"].to_numpy(), log.sessions, keys)
    return {
        "severity": known["severity"].to_numpy(float)[keys.client],
        "trauma": np.fmax(history, np.where(np.isnan(focus), np.nan, focus > 0)),
        "crisis": np.fmax(crises, crisis),
        "early": np.where(np.isnan(days), np.nan, days < EARLY_DAYS),
        "access_barrier": np.fmax(known["access_barrier"].to_numpy(float, na_value=np.nan)[keys.client], barrier),
        "programme": known["programme"].array.take(keys.client),
        "stage": latest_stage(stages, log.sessions.and_also(log.ratings), keys),
    }
