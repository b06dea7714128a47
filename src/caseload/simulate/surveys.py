"""Fatigue and the surveys table: true T-scores, ProQOL-5 waves item by item, the monthly activation rating.

Norms: De La Rosa 2018, pooled over 30 studies, n = 5,612: mean, SD and SEM of the raw subscale scores. Keys: ProQOL-5.
A subscale's items are drawn so that their keyed sum is exactly the observed score: true score + SEM·ε, kept in 10–50.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.settings import Settings, Surveys
from caseload.simulate.staff import Array, Staff, words
from caseload.simulate.truth import autoregressive

NORMS = {  # mean, SD, SEM
    "compassion_satisfaction": (37.7, 6.5, 2.25),
    "burnout": (22.8, 5.4, 2.70),
    "secondary_traumatic_stress": (16.7, 5.7, 2.48),
}
ITEMS = {
    "compassion_satisfaction": (3, 6, 12, 16, 18, 20, 22, 24, 27, 30),
    "burnout": (1, 4, 8, 10, 15, 17, 19, 21, 26, 29),
    "secondary_traumatic_stress": (2, 5, 7, 9, 11, 13, 14, 23, 25, 28),
}
REVERSED = (1, 4, 15, 17, 29)
SATISFACTION_BY_BURNOUT = -0.6  # correlation of true compassion satisfaction with true burnout


def draw_fatigue(settings: Settings, gap: Array, rng: Generator) -> dict[str, Array]:
    """True T-scores (norm mean 50, observed SD 10) of each scale, clinicians × months; `gap` as in `mean_gap`."""
    plan, shape = settings.surveys, gap.shape
    burnout = _trajectory(plan, shape, rng)
    sts = _mixed(burnout, _trajectory(plan, shape, rng), plan.correlation)
    satisfaction = _mixed(burnout, _trajectory(plan, shape, rng), SATISFACTION_BY_BURNOUT)
    push = plan.coupling * np.nan_to_num(gap)
    states = {
        "compassion_satisfaction": satisfaction,
        "burnout": burnout + push,
        "secondary_traumatic_stress": sts + push,
    }
    return {scale: 50 + 10 * true_share(scale) * state for scale, state in states.items()}


def true_share(scale: str) -> float:
    """True SD over observed SD: √(1 − SEM²/SD²)."""
    _, sd, sem = NORMS[scale]
    return float(np.sqrt(1 - (sem / sd) ** 2))


def _trajectory(plan: Surveys, shape: tuple[int, int], rng: Generator) -> Array:
    """Unit-variance states: a constant part and a slow one."""
    constant = rng.standard_normal((shape[0], 1))
    return np.sqrt(plan.stable) * constant + np.sqrt(1 - plan.stable) * autoregressive(rng, shape, plan.autocorrelation)


def _mixed(one: Array, other: Array, correlation: float) -> Array:
    """A state that correlates with `one` as asked."""
    return correlation * one + np.sqrt(1 - correlation**2) * other


def surveys_table(
    settings: Settings, staff: Staff, fatigue: dict[str, Array], activation: Array, rng: Generator
) -> pd.DataFrame:
    """The contract's surveys: 30 ProQOL rows a wave, one activation row a month from those who give it."""
    waves = _waves(settings, staff, rng)
    asked = _employed(settings, staff) & staff.traits[["activation"]].to_numpy()
    rated = np.nonzero(asked & (rng.uniform(size=asked.shape) < 0.85))
    parts = [_proqol(settings, staff, fatigue, waves, rng), _ratings(settings, staff, activation, rated, rng)]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["completed_on", "clinician_id", "instrument"], kind="stable", ignore_index=True)


def _employed(settings: Settings, staff: Staff) -> NDArray[np.bool_]:
    """Whole months of employment, clinicians × months: those after the month of the first day."""
    start = staff.traits[["start"]].to_numpy()
    return (np.arange(settings.months) > start) | (start == 0)


def _waves(settings: Settings, staff: Staff, rng: Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Clinician and month of every answered wave."""
    due = np.arange(settings.months) % settings.surveys.interval == staff.traits[["wave"]].to_numpy()
    answered = rng.uniform(size=due.shape) < staff.traits[["answers"]].to_numpy()
    clinician, month = np.nonzero(due & answered & _employed(settings, staff))
    return clinician, month


def _proqol(
    settings: Settings,
    staff: Staff,
    fatigue: dict[str, Array],
    waves: tuple[NDArray[np.int64], NDArray[np.int64]],
    rng: Generator,
) -> pd.DataFrame:
    """Thirty rows a wave, items in order."""
    responses = np.empty((len(waves[0]), 30))
    for scale, numbers in ITEMS.items():
        mean, sd, sem = NORMS[scale]
        true = mean + sd * (fatigue[scale][waves] - 50) / 10
        error = settings.surveys.measurement_error * sem * rng.standard_normal(len(true))
        responses[:, np.array(numbers) - 1] = item_responses(np.rint(true + error), rng)
    keyed = np.array(REVERSED) - 1
    responses[:, keyed] = 6 - responses[:, keyed]
    items = [str(number) for number in range(1, 31)] * len(waves[0])
    return _rows(settings, staff, (np.repeat(waves[0], 30), np.repeat(waves[1], 30)), "proqol5", items, responses, rng)


def item_responses(score: Array, rng: Generator) -> Array:
    """Ten responses 1–5 a row that sum to the score (kept in 10–50); every way to share out the points alike."""
    points = np.clip(score, 10, 50) - 10
    rank = rng.uniform(size=(len(points), 40)).argsort(axis=1).argsort(axis=1)
    return 1 + (rank < points[:, None]).reshape(len(points), 10, 4).sum(axis=2)


def draw_activation(fatigue: dict[str, Array], rng: Generator) -> Array:
    """0–10 ratings, clinicians × months: a personal level, a little with STS, noise."""
    sts = (fatigue["secondary_traumatic_stress"] - 50) / 10
    level = rng.normal(2, 0.8, (len(sts), 1))
    return np.clip(np.rint(level + 0.5 * sts + rng.normal(0, 0.8, sts.shape)), 0, 10) + 0.0  # no −0


def _ratings(
    settings: Settings,
    staff: Staff,
    activation: Array,
    rated: tuple[NDArray[np.int64], ...],
    rng: Generator,
) -> pd.DataFrame:
    """One activation row a rated month."""
    where = (rated[0], rated[1])
    return _rows(settings, staff, where, "activation", ["total"] * len(where[0]), activation[where], rng)


def _rows(
    settings: Settings,
    staff: Staff,
    where: tuple[NDArray[np.int64], NDArray[np.int64]],
    instrument: str,
    items: list[str],
    responses: Array,
    rng: Generator,
) -> pd.DataFrame:
    """Survey rows; all rows of one administration share a day between the 3rd and the 24th."""
    day = rng.integers(2, 24, (settings.clinicians, settings.months))
    firsts = settings.calendar.to_timestamp().to_numpy("datetime64[D]")
    return pd.DataFrame(
        {
            "clinician_id": words(staff.ids, where[0]),
            "completed_on": (firsts[where[1]] + day[where]).astype("datetime64[s]"),
            "instrument": pd.Series(instrument, index=range(len(items)), dtype="str"),
            "item": pd.Series(items, dtype="str"),
            "response": responses.astype(float).ravel(),
        }
    )
