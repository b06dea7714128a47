"""The clinicians: what each is like for good (`traits`, `style`) and month by month (`months`).

Everything is drawn first and observed later: a cast (see `sample`) is set by editing these before any table exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from caseload.simulate.over_investment import OverInvestment
from caseload.simulate.settings import Settings

Array = NDArray[np.float64]

WORKDAYS = (("08:00", "17:00"), ("08:30", "17:30"), ("09:00", "18:00"))
FTES = (0.5, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Staff:
    """`traits`: one row a clinician; `style`: clinicians × signals, SD units; `months`: clinicians × months, by name.

    Months: `slope` (effort on −engagement), `compensation` (the episode's part of it), `level_shift`, `few_clients`
    (SD of effort), `active` (0–1, in it), `leave` (share of the month), `leave_from` (0 = its first days, 1 = its
    last), `lead` (stages), `after_hours` (logits on top), `supervisor_cancels` (probability).
    """

    traits: pd.DataFrame
    style: pd.DataFrame
    months: dict[str, Array]

    @property
    def ids(self) -> pd.Series:
        """Clinician ids in the order of every array's first axis."""
        return self.traits["clinician_id"]


def draw_staff(settings: Settings, rng: Generator) -> Staff:
    """Clinicians as the settings have them."""
    traits = _traits(settings, rng).assign(**_episodes(settings, rng))
    style = pd.DataFrame(rng.standard_normal((settings.clinicians, len(settings.signals))), columns=[*settings.signals])
    return Staff(traits, style, _months(settings, traits, rng))


def labels(prefix: str, count: int, least: int = 2) -> pd.Series:
    """`count` opaque ids of one width (C01, C02, …)."""
    width = max(least, len(str(count)))
    return pd.Series([f"{prefix}{number:0{width}d}" for number in range(1, count + 1)], dtype="str")


def words(terms: Sequence[str] | pd.Series, numbers: ArrayLike) -> pd.Series:
    """The terms with these numbers (from 0), as text."""
    return pd.Series(pd.Series(terms, dtype="str").array.take(np.asarray(numbers)))


def _traits(settings: Settings, rng: Generator) -> pd.DataFrame:
    """One row a clinician: identity, contract, caseload, and how they keep records."""
    n = settings.clinicians
    order = np.arange(n)
    size = settings.clients_per_clinician * np.exp(rng.normal(0, settings.caseload.size_spread, n))
    workday = rng.integers(len(WORKDAYS), size=n)
    start = _start_months(settings, rng)
    return pd.DataFrame(
        {
            "clinician_id": labels("C", n),
            "supervisor_id": words(labels("S", settings.supervisors), order * settings.supervisors // n),
            "team": words(labels("T", settings.teams, 1), order * settings.teams // n),
            "fte": rng.choice(FTES, n, p=(0.1, 0.15, 0.25, 0.5)),
            "started_on": _start_days(settings, start, rng),
            "workday_start": np.array([first for first, _ in WORKDAYS])[workday],
            "workday_end": np.array([last for _, last in WORKDAYS])[workday],
            "shares_surveys": _consent(settings, rng),
            "start": start,
            "clients": np.maximum(1, size.round().astype(int)),
            "severity": rng.standard_normal(n),
            "stage": rng.normal(0, 0.2, n),
            "homework": rng.uniform(size=n) > 0.2,
            "activation": rng.uniform(size=n) < settings.surveys.activation_rate,
            "answers": settings.surveys.response_rate,
            "wave": rng.integers(settings.surveys.interval, size=n),
        }
    )


def _start_months(settings: Settings, rng: Generator) -> NDArray[np.int64]:
    """Month number of each clinician's first day; 0 for those who were there before."""
    late = rng.uniform(size=settings.clinicians) < settings.caseload.late_starters
    return np.where(late, rng.integers(1, max(2, settings.months), settings.clinicians), 0) * (settings.months > 1)


def _start_days(settings: Settings, start: NDArray[np.int64], rng: Generator) -> pd.Series:
    """First working day: within the start month, or up to ten years before the window."""
    firsts = settings.calendar.to_timestamp()[start]
    days = np.where(start > 0, rng.integers(0, 20, len(start)), -rng.integers(60, 3650, len(start)))
    return pd.Series(firsts + pd.to_timedelta(days, unit="D"))


def _consent(settings: Settings, rng: Generator) -> pd.Series:
    """Whether the supervisor sees survey results: yes, no, or not recorded."""
    drawn = rng.uniform(size=settings.clinicians)
    yes, unknown = settings.surveys.shares, settings.surveys.not_recorded
    agreed = pd.Series(drawn < yes).astype("boolean")
    return agreed.mask((drawn >= yes) & (drawn < yes + unknown * (1 - yes)))


def _episodes(settings: Settings, rng: Generator) -> dict[str, Any]:
    """Columns kind, size, onset, end, ramp, shape, lag, favourites: each clinician's over-investment, if any."""
    parts = [OverInvestment("none"), *settings.over_investment]
    which = _assigned([part.share for part in parts[1:]], settings.clinicians, rng)
    sizes = np.array([part.size for part in parts])[which]
    spreads = np.array([part.spread for part in parts])[which]
    earliest, latest = settings.months // 4, max(settings.months // 4 + 1, settings.months - 2)
    drawn = rng.integers(earliest, latest, settings.clinicians)
    fixed = np.array([-1 if part.onset is None else part.onset for part in parts])[which]
    few = np.array([part.favourites or 0 for part in parts])[which]
    ends = np.array([settings.months - 1 if part.end is None else part.end for part in parts])
    return {
        "kind": np.array([part.kind for part in parts])[which],
        "size": sizes * np.maximum(0.3, rng.normal(1, spreads)),
        "onset": np.where(fixed < 0, drawn, fixed),
        "end": ends[which],
        "ramp": np.array([part.ramp for part in parts])[which],
        "shape": np.array([part.shape for part in parts])[which],
        "lag": np.array([part.lag for part in parts], dtype=int)[which],
        "favourites": np.where(few > 0, few, rng.integers(1, 3, settings.clinicians)),
    }


def _assigned(shares: list[float], clinicians: int, rng: Generator) -> NDArray[np.int64]:
    """Which part (1, 2, …; 0 = none) each clinician has; the counts are the shares, rounded at random."""
    bounds = np.cumsum([0.0, *shares]) * clinicians
    place = rng.permutation(clinicians) + rng.uniform()
    kind = np.searchsorted(bounds, place, side="right")
    return np.where(kind > len(shares), 0, kind)


def _months(settings: Settings, traits: pd.DataFrame, rng: Generator) -> dict[str, Array]:
    """What changes month by month, clinicians × months."""
    shape = settings.clinicians, settings.months
    away = rng.uniform(size=shape) < settings.caseload.leave
    mean, spread = settings.slope
    months = {
        "leave": np.where(away, rng.uniform(0.2, 0.8, shape), 0.0),
        "leave_from": rng.uniform(size=shape),
        "lead": np.repeat(rng.normal(0, settings.stage_lead, (shape[0], 1)), shape[1], axis=1),
        "after_hours": np.zeros(shape),
        "supervisor_cancels": np.full(shape, 0.04),
        "slope": np.repeat(rng.normal(mean, spread, (shape[0], 1)), shape[1], axis=1),
    }
    return months | over_investment(traits, months["slope"])


def over_investment(traits: pd.DataFrame, slope: Array) -> dict[str, Array]:
    """Arrays slope, compensation, level_shift, few_clients, active (clinicians × months) of the episodes in `traits`.

    A compensating clinician's slope is the ordinary one plus the episode's size.
    """
    month = np.arange(slope.shape[1])
    onset, end, ramp, size = (traits[[name]].to_numpy() for name in ("onset", "end", "ramp", "size"))
    here = (month >= onset) & (month <= end) & (month >= traits[["start"]].to_numpy())
    active = np.where(here & (traits[["kind"]] != "none").to_numpy(), np.clip((month - onset + 1) / ramp, 0, 1), 0.0)
    full = {
        kind: active * size * (traits[["kind"]] == kind).to_numpy()
        for kind in ("compensation", "level_shift", "few_clients")
    }
    return {
        "slope": slope + full["compensation"],
        "compensation": full["compensation"],
        "level_shift": full["level_shift"],
        "few_clients": full["few_clients"],
        "active": active,
    }
