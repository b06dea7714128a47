"""The clients and who sees them when: slots of a caseload, filled by one client after another.

Arrays are slots × months; a slot is one place on a clinician's caseload, a case one client's stay in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from caseload.simulate.settings import Settings
from caseload.simulate.staff import Staff, labels

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DIARY = 45  # one-hour places in a working week: 5 days × 9 hours


@dataclass(frozen=True)
class Slots:
    """`clinician`, `diary` (place in the week), `favourite`: one a slot; the rest slots × months.

    `case` numbers the stays, `began` is the first month of each within the window, `seen` = on the caseload and not
    paused, `age` = whole months since intake.
    """

    clinician: Ints
    diary: Ints
    favourite: Bools
    case: Ints
    fresh: Bools
    began: Ints
    seen: Bools
    age: Ints


def draw_slots(settings: Settings, staff: Staff, rng: Generator) -> Slots:
    """Caseloads over the window, with turnover and pauses; an over-involved clinician's favourites stay and come."""
    sizes = staff.traits["clients"].to_numpy()
    clinician = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(clinician)) - np.repeat(sizes.cumsum() - sizes, sizes)
    favourite = place < staff.traits["favourites"].to_numpy()[clinician]
    start = staff.traits["start"].to_numpy()[clinician][:, None]
    month = np.arange(settings.months)
    kept = favourite[:, None] & (staff.months["few_clients"][clinician] > 0)
    shape = len(clinician), settings.months
    fresh = (rng.uniform(size=shape) < settings.caseload.turnover) & (month > start) & ~kept
    fresh[:, 0] = True
    paused = (rng.uniform(size=shape) < settings.caseload.client_gap) & ~fresh & ~kept
    case = fresh.ravel().cumsum().reshape(shape) - 1
    began = np.maximum.accumulate(np.where(fresh, np.maximum(month, start), 0), axis=1)
    age = _ages(settings, began, start, rng)
    seen = (month >= start) & ~paused
    return Slots(clinician, _diary(clinician, place, rng), favourite, case, fresh, began, seen, age)


def _ages(settings: Settings, began: Ints, start: Ints, rng: Generator) -> Ints:
    """Whole months since intake; those seen from the window's first month may have come long before."""
    history = rng.geometric(np.clip(settings.caseload.turnover, 0.02, 1), len(began))[:, None] - 1
    return np.arange(began.shape[1]) - began + np.where((began == 0) & (start == 0), np.minimum(history, 36), 0)


def _diary(clinician: Ints, place: Ints, rng: Generator) -> Ints:
    """A weekly place for each slot, no two the same at one clinician's while there is room."""
    order = rng.uniform(size=(clinician.max() + 1, DIARY)).argsort(axis=1)
    return order[clinician, place % DIARY]


def draw_clients(settings: Settings, staff: Staff, slots: Slots, rng: Generator) -> pd.DataFrame:
    """One row a case (its index): `client` (the case whose person this is), and that person's lasting features.

    severity in SD; trauma, barrier, coaching yes/no; `engagement`, `effort` standard normal; stage in stages; rate =
    multiple of the usual number of appointments; modality a number.
    """
    first = np.unique(slots.case.ravel(), return_index=True)[1] // settings.months
    clinician = slots.clinician[first]
    mix, n = settings.case_mix, len(first)
    spread = np.sqrt(mix.concentration)
    lean = spread * staff.traits["severity"].to_numpy()[clinician]
    odds = np.log(mix.trauma_share / (1 - mix.trauma_share)) if 0 < mix.trauma_share < 1 else 50 * mix.trauma_share - 25
    drawn = pd.DataFrame(
        {
            "severity": lean + np.sqrt(1 - mix.concentration) * rng.standard_normal(n),
            "trauma": rng.uniform(size=n) < 1 / (1 + np.exp(-odds - 1.5 * lean)),
            "barrier": rng.uniform(size=n) < mix.barrier_share,
            "coaching": rng.uniform(size=n) < mix.coaching_share,
            "engagement": rng.standard_normal(n),
            "effort": rng.standard_normal(n),
            "stage": rng.normal(2.2, 0.8, n) + staff.traits["stage"].to_numpy()[clinician],
            "rate": rng.uniform(0.75, 1.25, n),
            "modality": rng.choice(5, n, p=(0.62, 0.24, 0.05, 0.06, 0.03)),
            "programme": rng.integers(3, size=n),
        }
    )
    owner = _owners(settings, clinician, rng)
    return drawn.take(owner).reset_index(drop=True).assign(client=owner, clinician=clinician)


def _owners(settings: Settings, clinician: Ints, rng: Generator) -> Ints:
    """For each case the case whose person it is: itself, or for shared clients one of another clinician's."""
    owner = np.arange(len(clinician))
    pairs = rng.permutation(len(owner))[: 2 * round(settings.caseload.shared * len(owner) / 2)].reshape(2, -1)
    ours, theirs = pairs[:, clinician[pairs[0]] != clinician[pairs[1]]]
    owner[ours] = theirs
    return owner


def client_ids(count: int) -> pd.Series:
    """Opaque client ids, one a case number."""
    return labels("K", count, 4)
