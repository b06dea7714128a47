"""How clinicians record, and when they begin to record otherwise: nothing of it changes what they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from caseload.errors import ParameterError
from caseload.simulate.simulated import Simulated

DEFAULT_MINUTES = {"prep_minutes": 10.0, "note_minutes": 10.0}
"""What a program fills in as long as nobody edits it."""
POINTS_PER_SD = 1.4
CENTRES = {"clinician_effort_rating": ("effort", 5.0), "client_engagement_rating": ("engagement", 5.5)}
RATED_ALONE = ("session_id", "clinician_id", "client_id", "scheduled_start", "status", *CENTRES)


@dataclass(frozen=True)
class Habits:
    """What of a practice's recording is peculiar. The defaults change nothing.

    `share` of the clinicians (at least one of them) are concerned by `minutes`, `defaults` and `mood`, from month
    number `since` (from 0) on. `minutes`: preparation and notes are recorded so many times as long since then.
    `defaults`: until then preparation, notes and lengths stay at what the program filled in. `ratings`: nothing but
    attendance and the clinician's two ratings is recorded, with an error of so many points (SD; 1.4 points are one SD
    of effort or engagement); `monthly`: one of each a month, at the last session, and not one a session. `mood`: SD, in
    points, of what one rater adds to effort and takes from engagement on one occasion. `only_high`: everybody records
    preparation, notes and effort ratings of a client-month only where the effort is above the practice's average.

    Raises ParameterError for a share outside 0–1, and for sizes that make no sense.

    Examples
    --------
    >>> from caseload.simulate import Habits, Settings, simulate, with_habits
    >>> plain = simulate(Settings(clinicians=4, months=4))
    >>> longer = with_habits(plain, Habits(share=0.25, since=2, minutes=2.0))
    >>> notes, now = (one.tables["sessions"]["note_minutes"] for one in (plain, longer))
    >>> plain.tables["sessions"].loc[notes.notna() & (notes != now), "clinician_id"].nunique()
    1
    """

    share: float = 0.25
    since: int = 6
    minutes: float = 1.0
    defaults: bool = False
    ratings: float | None = None
    monthly: bool = False
    mood: float = 0.0
    only_high: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ParameterError("Habits: share must lie between 0 and 1.")
        if self.minutes <= 0 or self.mood < 0 or (self.ratings is not None and self.ratings < 0):
            raise ParameterError("Habits: minutes must be positive, and SDs not below 0.")


def with_habits(simulated: Simulated, habits: Habits) -> Simulated:
    """The same practice and truth, recorded as the habits have it; the same again for the same seed.

    Examples
    --------
    >>> from caseload.simulate import Habits, Settings, simulate, with_habits
    >>> rated = with_habits(simulate(Settings(clinicians=2, months=2)), Habits(ratings=1.3, monthly=True))
    >>> list(rated.tables)
    ['sessions', 'clients', 'clinicians']
    """
    draw = np.random.default_rng([simulated.settings.seed, 20261130])
    sessions = simulated.tables["sessions"]
    people = np.sort(sessions["clinician_id"].unique())
    concerned = draw.permutation(people)[: max(round(habits.share * len(people)), 1)]
    month = sessions["scheduled_start"].dt.to_period("M")
    rows = _Rows(
        sessions["clinician_id"].isin(concerned).to_numpy(),
        (month >= simulated.settings.calendar[0] + habits.since).to_numpy(),
        _states(simulated, sessions.assign(month=month)),
    )
    tables = dict(simulated.tables)
    changed = dict(_minutes(sessions, rows, habits)) | dict(_ratings(sessions, rows, habits, draw))
    tables["sessions"] = sessions.assign(**changed)
    if habits.ratings is not None:
        kept = [column for column in RATED_ALONE if column in tables["sessions"]]
        tables["sessions"] = tables["sessions"][kept]
        tables = {name: tables[name] for name in ("sessions", "clients", "clinicians") if name in tables}
    return replace(simulated, tables=tables)


@dataclass(frozen=True)
class _Rows:
    """Of each session: whose habit is concerned, whether it has begun, and the true states of its client-month."""

    concerned: np.ndarray
    begun: np.ndarray
    states: pd.DataFrame


def _states(simulated: Simulated, sessions: pd.DataFrame) -> pd.DataFrame:
    keys = ["clinician_id", "client_id", "month"]
    return sessions[keys].merge(simulated.truth.clients, on=keys, how="left")[["effort", "engagement"]]


def _minutes(sessions: pd.DataFrame, rows: _Rows, habits: Habits) -> Iterator[tuple[str, pd.Series]]:
    low = (rows.states["effort"] < 0).to_numpy() & habits.only_high
    for name, default in DEFAULT_MINUTES.items():
        if name in sessions:
            longer = sessions[name].mask(rows.concerned & rows.begun, np.rint(sessions[name] * habits.minutes))
            kept = rows.concerned & ~rows.begun & habits.defaults & sessions[name].notna().to_numpy()
            yield name, longer.mask(kept, default).mask(low)
    if habits.defaults and "actual_minutes" in sessions:
        kept = rows.concerned & ~rows.begun & sessions["actual_minutes"].notna().to_numpy()
        yield "actual_minutes", sessions["actual_minutes"].mask(kept, sessions["scheduled_minutes"])
    if habits.only_high and "clinician_effort_rating" in sessions:
        yield "clinician_effort_rating", sessions["clinician_effort_rating"].mask(low)


def _ratings(sessions: pd.DataFrame, rows: _Rows, habits: Habits, draw: Generator) -> Iterator[tuple[str, pd.Series]]:
    """The two ratings, anew from the truth (`ratings`), or as they are, with the rater's mood."""
    mood = habits.mood * draw.standard_normal(len(sessions)) * (rows.concerned & rows.begun)
    rated = (sessions["status"] == "attended").to_numpy()
    if habits.monthly:
        month = sessions["scheduled_start"].dt.to_period("M")
        last = sessions[rated].assign(month=month).groupby(["clinician_id", "client_id", "month"]).tail(1).index
        rated = rated & sessions.index.isin(last)
    for name, (side, centre) in CENTRES.items():
        sign = 1.0 if side == "effort" else -1.0
        if habits.ratings is not None:
            exact = centre + POINTS_PER_SD * rows.states[side] + habits.ratings * draw.standard_normal(len(sessions))
            yield name, _points(exact + sign * mood).where(rated).set_axis(sessions.index)
        elif habits.mood and name in sessions:
            yield name, _points(sessions[name] + sign * mood)


def _points(values: pd.Series) -> pd.Series:
    return values.round().clip(0, 10)
