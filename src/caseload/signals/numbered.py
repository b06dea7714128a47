"""The rows of a practice in numbers: who, with whom, when. Text is looked at here, once; the rest is arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.intake import Practice

_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Rows:
    """Sessions or contacts. `clinician` and `client` are places in `Numbered`, −1 = without a client.

    `time` is `datetime64[us]`, `month` the months since January 1970, which are the ordinals of `period[M]`.
    """

    clinician: np.ndarray
    client: np.ndarray
    time: np.ndarray
    month: np.ndarray

    def only(self, which: np.ndarray) -> Rows:
        """Some of the rows: a boolean for each, or their positions."""
        return Rows(self.clinician[which], self.client[which], self.time[which], self.month[which])


@dataclass(frozen=True)
class Numbered:
    """A practice's sessions and contacts, and the sorted identifiers of everybody in them."""

    clinicians: pd.Index
    clients: pd.Index
    sessions: Rows
    contacts: Rows

    def covered(self, clinician: np.ndarray, month: np.ndarray) -> np.ndarray:
        """Whether the contacts say something of a clinician's month, be it that there was no contact.

        They do from the month of the clinician's first recorded contact on, in months in which anybody recorded one.
        """
        contacts = self.contacts
        first = np.full(len(self.clinicians), np.iinfo(np.int64).max)
        np.minimum.at(first, contacts.clinician, contacts.month)
        return (month >= first[clinician]) & np.isin(month, np.unique(contacts.month))


@dataclass(frozen=True)
class ClientMonths:
    """The client-months of a practice in the order of their keys, and the one that each session and contact is in."""

    clinician: np.ndarray
    client: np.ndarray
    month: np.ndarray
    of_session: np.ndarray
    of_contact: np.ndarray

    def __len__(self) -> int:
        return len(self.month)


def numbered(practice: Practice) -> Numbered:
    """All sessions and contacts of a practice in numbers."""
    sessions, contacts = practice.sessions, practice.contacts
    n = len(sessions)
    clinician, clinicians = _places(sessions["clinician_id"], contacts["clinician_id"])
    client, clients = _places(sessions["client_id"], contacts["client_id"])
    held, told = sessions["scheduled_start"], contacts["contacted_at"]
    return Numbered(
        clinicians,
        clients,
        Rows(clinician[:n], client[:n], held.to_numpy(), month_of(held.to_numpy())),
        Rows(clinician[n:], client[n:], told.to_numpy(), month_of(told.to_numpy())),
    )


def client_months(sessions: Rows, contacts: Rows) -> ClientMonths:
    """Every clinician × client × month that has a session or a contact; every contact has a client here."""
    n = len(sessions.month)
    clinician = np.concatenate([sessions.clinician, contacts.clinician])
    client = np.concatenate([sessions.client, contacts.client])
    month = np.concatenate([sessions.month, contacts.month])
    first = month.min(initial=0)
    clients, span = client.max(initial=0) + 1, month.max(initial=0) - first + 1
    row, distinct = pd.factorize((clinician * clients + client) * span + (month - first), sort=True)
    pair, at = np.divmod(distinct, span)
    who, whom = np.divmod(pair, clients)
    return ClientMonths(who, whom, at + first, row[:n], row[n:])


def month_of(times: np.ndarray) -> np.ndarray:
    """Months since January 1970 of `datetime64[us]`; the calendar is asked once per day, not per row."""
    day = times.astype(np.int64) // _DAY
    first = day.min(initial=0)
    days = np.arange(first, day.max(initial=0) + 1).astype("datetime64[D]")
    return days.astype("datetime64[M]").astype(np.int64)[day - first]


def month_start(month: np.ndarray) -> np.ndarray:
    """The first instant of months that are given as `month_of` gives them."""
    return month.astype("datetime64[M]").astype("datetime64[us]")


def _places(one: pd.Series, other: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """The place of every identifier of both columns among all of them, sorted."""
    return pd.factorize(pd.concat([one, other], ignore_index=True), sort=True)
