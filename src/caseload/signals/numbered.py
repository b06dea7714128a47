"""The rows of a practice in numbers: who, with whom, when. Text is looked at here, once; the rest is arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.intake import Practice

_DAY = 86_400_000_000  # microseconds
_INSTANT = np.timedelta64(1, "us")


@dataclass(frozen=True)
class Rows:
    """Sessions, contacts or monthly ratings. `clinician` and `client` are places in `Numbered`, −1 = without a client.

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

    def and_also(self, others: Rows) -> Rows:
        """These rows and others after them."""
        pairs = ((getattr(self, name), getattr(others, name)) for name in ("clinician", "client", "time"))
        return Rows(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True)
class Numbered:
    """A practice's sessions, contacts and ratings, and the sorted identifiers of everybody in them.

    A rating is of the last moment of its month.
    """

    clinicians: pd.Index
    clients: pd.Index
    sessions: Rows
    contacts: Rows
    ratings: Rows

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
    """The client-months of a practice in the order of their keys, and in which of them sessions and other rows are."""

    clinician: np.ndarray
    client: np.ndarray
    month: np.ndarray
    of_session: np.ndarray
    of_contact: np.ndarray
    of_rating: np.ndarray

    def __len__(self) -> int:
        return len(self.month)

    @property
    def met(self) -> np.ndarray:
        """Whether there was a session or a contact: of others there is a rating alone."""
        met = np.zeros(len(self), bool)
        met[self.of_session] = met[self.of_contact] = True
        return met


def numbered(practice: Practice) -> Numbered:
    """All sessions, contacts and ratings of a practice in numbers."""
    tables = practice.sessions, practice.contacts, practice.ratings
    clinician, clinicians = _places([table["clinician_id"] for table in tables])
    client, clients = _places([table["client_id"] for table in tables])
    month_ends = month_start(practice.ratings["month"].array.asi8 + 1) - _INSTANT
    times = practice.sessions["scheduled_start"].to_numpy(), practice.contacts["contacted_at"].to_numpy(), month_ends
    ends = np.cumsum([len(table) for table in tables])[:-1]
    parts = zip(np.split(clinician, ends), np.split(client, ends), times, strict=True)
    return Numbered(clinicians, clients, *(Rows(*part) for part in parts))


def client_months(*rows: Rows) -> ClientMonths:
    """Every clinician × client × month that has a session, a contact or a rating; every contact has a client here."""
    month = np.concatenate([each.month for each in rows])
    client = np.concatenate([each.client for each in rows])
    first = month.min(initial=0)
    clients, span = client.max(initial=0) + 1, month.max(initial=0) - first + 1
    code = np.concatenate([each.clinician for each in rows])
    code *= clients  # in place, here and below: each of these arrays may be as large as a column of the practice
    code += client
    code *= span
    code += month
    code -= first
    del month, client
    row, distinct = pd.factorize(code, sort=True)
    pair, at = np.divmod(distinct, span)
    who, whom = np.divmod(pair, clients)
    ends = np.cumsum([len(each.client) for each in rows])[:-1]
    return ClientMonths(who, whom, at + first, *np.split(row, ends))


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


def _places(columns: Sequence[pd.Series]) -> tuple[np.ndarray, pd.Index]:
    """The place of every identifier of the columns among all of them, sorted."""
    return pd.factorize(pd.concat(columns, ignore_index=True), sort=True)
