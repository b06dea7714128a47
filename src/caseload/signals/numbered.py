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

    `time` is `datetime64[us]`.
    """

    clinician: np.ndarray
    client: np.ndarray
    time: np.ndarray

    @property
    def month(self) -> np.ndarray:
        """Months since January 1970, which are the ordinals of `period[M]`."""
        return month_of(self.time)

    def only(self, which: np.ndarray) -> Rows:
        """Some of the rows: a boolean for each, or their positions."""
        return Rows(self.clinician[which], self.client[which], self.time[which])


@dataclass(frozen=True)
class Numbered:
    """A practice's sessions and contacts, and the sorted identifiers of everybody in them."""

    clinicians: pd.Index
    clients: pd.Index
    sessions: Rows
    contacts: Rows

    def covered(self, rows: Rows | ClientMonths) -> np.ndarray:
        """Whether the contacts say something of the clinician and month of rows, be it that there was no contact.

        They do from the month of the clinician's first recorded contact on, in months in which anybody recorded one.
        """
        month, recorded = rows.month, self.contacts.month
        first = np.full(len(self.clinicians), np.iinfo(np.int64).max)
        np.minimum.at(first, self.contacts.clinician, recorded)
        return (month >= first[rows.clinician]) & np.isin(month, np.unique(recorded))


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
    return Numbered(
        clinicians,
        clients,
        Rows(clinician[:n], client[:n], sessions["scheduled_start"].to_numpy()),
        Rows(clinician[n:], client[n:], contacts["contacted_at"].to_numpy()),
    )


def client_months(sessions: Rows, contacts: Rows) -> ClientMonths:
    """Every clinician × client × month that has a session or a contact; every contact has a client here."""
    n = len(sessions.client)
    month = np.concatenate([sessions.month, contacts.month])
    client = np.concatenate([sessions.client, contacts.client])
    first = month.min(initial=0)
    clients, span = client.max(initial=0) + 1, month.max(initial=0) - first + 1
    code = np.concatenate([sessions.clinician, contacts.clinician])
    code *= clients  # in place, here and below: each of these arrays may be as large as a column of the practice
    code += client
    code *= span
    code += month
    code -= first
    del month, client
    row, distinct = pd.factorize(code, sort=True)
    pair, at = np.divmod(distinct, span)
    who, whom = np.divmod(pair, clients)
    return ClientMonths(who, whom, at + first, row[:n], row[n:])


def month_of(times: np.ndarray) -> np.ndarray:
    """Months since January 1970 of `datetime64[us]`; the calendar is asked once per day, not per row."""
    day = times.astype(np.int64)
    day //= _DAY
    first = day.min(initial=0)
    days = np.arange(first, day.max(initial=0) + 1).astype("datetime64[D]")
    day -= first
    return days.astype("datetime64[M]").astype(np.int64)[day]


def month_start(month: np.ndarray) -> np.ndarray:
    """The first instant of months that are given as `month_of` gives them."""
    return month.astype("datetime64[M]").astype("datetime64[us]")


def _places(one: pd.Series, other: pd.Series) -> tuple[np.ndarray, pd.Index]:
    """The place of every identifier of both columns among all of them, sorted."""
    return pd.factorize(pd.concat([one, other], ignore_index=True), sort=True)
