"""A practice at the end of a month as tidy tables, each month in them as it was known at its own end.

Nothing is estimated here: the numbers are those of `caseload.review_month`, which the monthly pages are made from.
Surveys have no part in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import pandas as pd
from tqdm.auto import tqdm

from caseload.errors import ParameterError, did_you_mean
from caseload.estimates import Balance, BalanceModel
from caseload.estimates.balance import CLIENT_COLUMNS, CLINICIAN_COLUMNS
from caseload.intake import Practice
from caseload.pages.review import Review, review_month

T = TypeVar("T")
SLOPES = (
    "clinician_id", "month", "n_sessions", "n_clients", "compensation", "compensation_low", "compensation_high",
    "p_compensating",
)  # fmt: skip
STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance")
EVENTS = ("n_attended", "stage", "crisis")


@dataclass(frozen=True, eq=False)
class Exploration:
    """What `explore` gives: a practice up to `month` and every estimate of it, as tidy tables.

    Estimates have the names and units of the data contract: SD of the practice's latent client-months, `_low` and
    `_high` the ends of 90 % intervals, `p_` probabilities; NaN where nothing can be estimated. Frames are not to be
    changed in place.
    """

    review: Review

    @property
    def month(self) -> pd.Period:
        """The month explored; nothing later is in any table."""
        return self.review.month

    @property
    def practice(self) -> Practice:
        """The practice as known at the end of the month."""
        return self.review.practice

    @property
    def signals(self) -> pd.DataFrame:
        """The frame of `caseload.monthly_signals`: a row a clinician, client and month."""
        return self.review.assessment.signals

    @property
    def balance(self) -> Balance:
        """What `caseload.BalanceModel` estimates of the month."""
        return self.review.assessment.balance

    @cached_property
    def model(self) -> BalanceModel:
        """The model fitted on these signals, for its loadings."""
        return BalanceModel().fit(self.signals)

    @cached_property
    def clinicians(self) -> pd.DataFrame:
        """A row a clinician and month so far, with the columns of clinicians.csv but that which rests on surveys."""
        return self.review.clinicians[list(CLINICIAN_COLUMNS)]

    @property
    def clients(self) -> pd.DataFrame:
        """A row a clinician, client and month so far, with the columns of clients.csv."""
        return self.review.clients

    @cached_property
    def slopes(self) -> pd.DataFrame:
        """The compensation slope of every clinician in the month, in order of id, which says nothing about anybody.

        Columns `clinician_id`, `month`, `n_sessions`, `n_clients`, `compensation` (SD of effort for each SD that
        engagement is lower), `compensation_low`, `compensation_high`, `p_compensating`.
        """
        table = self.clinicians
        now = table.loc[table["month"] == self.month, list(SLOPES)]
        return now.sort_values("clinician_id", ignore_index=True)

    @property
    def clinician_ids(self) -> tuple[str, ...]:
        """Clinicians with a row in the month, in order of id."""
        return self.review.clinician_ids

    def client_ids(self, clinician_id: str) -> tuple[str, ...]:
        """Everybody whom a clinician has seen so far, in order of id."""
        self._require(clinician_id, self.clinician_ids, "clinician")
        table = self.clients
        return tuple(sorted(table.loc[table["clinician_id"] == clinician_id, "client_id"].unique()))

    def caseload(self, clinician_id: str) -> pd.DataFrame:
        """A clinician's clients of the month, in order of id, as `figures.plot_effort_engagement` draws them.

        The columns of `clients` with `label` (the client's id) and `attention` (bool: never, here).
        """
        self._require(clinician_id, self.clinician_ids, "clinician")
        table = self.balance.clients
        mine = table[table["clinician_id"] == clinician_id].sort_values("client_id", ignore_index=True)
        return mine.assign(label=mine["client_id"], attention=False)

    def clinician_story(self, clinician_id: str) -> pd.DataFrame:
        """A clinician's months so far, oldest first: own rows of `clinicians`, each as known at the month's end.

        Raises
        ------
        ParameterError
            For somebody without a row in the month.
        """
        self._require(clinician_id, self.clinician_ids, "clinician")
        table = self.clinicians
        return table[table["clinician_id"] == clinician_id].sort_values("month", ignore_index=True)

    def client_story(self, clinician_id: str, client_id: str) -> pd.DataFrame:
        """A client's months with a clinician, oldest first, each as known at its end, with what was recorded besides.

        The columns of `clients`, and `n_attended` (sessions), `stage` (the word rated last in the past 60 days) and
        `crisis` (share of the month's sessions, 0–1); missing where not recorded. Every month from the first to the
        last one with a row is there: in between, months without any have `n_sessions` 0 and nothing else.

        Raises
        ------
        ParameterError
            For a clinician without a row in the month, or a client whom the clinician has not seen.
        """
        self._require(client_id, self.client_ids(clinician_id), "client")
        keys = {"clinician_id": clinician_id, "client_id": client_id}
        estimates, signals = (_only(table, keys) for table in (self.clients, self.signals))
        known = estimates[list(CLIENT_COLUMNS)].merge(signals[["month", *EVENTS]], on="month", how="left")
        months = pd.period_range(known["month"].min(), known["month"].max(), freq="M", name="month")
        story = known.set_index("month").reindex(months).reset_index().assign(**keys)
        story = story.assign(n_sessions=story["n_sessions"].fillna(0).astype(int))
        story["stage"] = story["stage"].map(dict(enumerate(STAGES, start=1))).astype("str")
        return story[[*CLIENT_COLUMNS, *EVENTS]]

    def _require(self, name: str, known: tuple[str, ...], what: str) -> None:
        if name not in known:
            raise ParameterError(f"There is no {what} {name!r} here up to {self.month}{did_you_mean(name, known)}")


def explore(
    practice: Practice, month: str | pd.Period | None = None, *, today: dt.date | None = None, progress: bool = False
) -> Exploration:
    """A practice up to the end of a month as tidy tables, each earlier month as it was known at its own end.

    Parameters
    ----------
    practice : Practice
        From `caseload.read_practice`.
    month : str or Period, optional
        `YYYY-MM`; by default the latest month that holds a session and ended before `today`.
    progress : bool
        Whether to show a bar while the months are estimated.

    Raises
    ------
    ParameterError
        For a month outside the data.

    Examples
    --------
    >>> import caseload
    >>> tour = caseload.explore(caseload.read_practice("data/sample"), "2025-01")
    >>> tour.slopes.columns[4:].tolist()
    ['compensation', 'compensation_low', 'compensation_high', 'p_compensating']
    >>> tour.clinician_story("C07")["own_shift"].round(1).tolist()
    [nan, 0.4]
    >>> story = tour.client_story("C07", "K0109")
    >>> story["month"].astype(str).tolist()
    ['2024-12', '2025-01']
    >>> bool((story["gap"] - (story["effort"] - story["engagement"])).abs().max() < 1e-12)
    True
    """
    return Exploration(review_month(practice, month, today=today, progress=_bar if progress else False))


def _bar(steps: Iterable[T], what: str, total: int, unit: str, /) -> Iterable[T]:
    return tqdm(steps, what, total, unit=unit, leave=False)


def _only(table: pd.DataFrame, keys: dict[str, str]) -> pd.DataFrame:
    for name, value in keys.items():
        table = table[table[name] == value]
    return table
