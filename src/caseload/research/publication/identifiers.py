"""New numbers for identifiers: drawn for each package, so that two packages of one practice cannot be put together.

Whoever knows the seed and the practice's identifiers can draw the same numbers again: a seed is kept like a key, is
written nowhere, and without one the numbers come from the system's own source of chance.
"""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Sequence

import numpy as np

LOWEST, FEWEST_FREE = 100_000, 900_000
"""Six digits, more where there are many people: numbers of two packages rarely meet, so nobody joins on them."""


def generator(seed: int | None) -> np.random.Generator:
    """The source of numbers, order and codes; with a seed the same each time."""
    return np.random.default_rng(secrets.randbits(128) if seed is None else seed)


def new_numbers(people: Sequence[Hashable], rng: np.random.Generator) -> dict[Hashable, int]:
    """A different number for each of `people`, who are all different: six digits, in no order."""
    size = max(FEWEST_FREE, 10 * len(people))
    drawn = rng.choice(size, size=len(people), replace=False)
    return dict(zip(people, (LOWEST + drawn).tolist(), strict=True))
