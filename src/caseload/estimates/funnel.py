"""A funnel plot's limits: how far shares may lie from their common value by chance, for the size of each.

Instead of a ranking (Spiegelhalter 2005, Statistics in Medicine 24:1185): limits narrow with size, and are widened
where the shares differ more than proportions would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

LEAST_SHARES = 3  # fewer cannot tell what is common to them
WINSORISED = (
    0.1  # of the shares on either side, before their spread is measured, so that an outlier does not hide itself
)
LIMITS = {"near": 0.95, "outer": 0.998}


@dataclass(frozen=True)
class Funnel:
    """The common share, and by how much the standard deviation of a proportion is exceeded (1 or more)."""

    centre: float
    spread: float

    def limits(self, size: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper limit (0–1) at each size, between which `level` of the shares lie by chance."""
        error = np.sqrt(self.centre * (1 - self.centre) / np.asarray(size, float))
        reach = norm.ppf((1 + level) / 2) * self.spread * error
        return np.clip(self.centre - reach, 0, 1), np.clip(self.centre + reach, 0, 1)


def funnel(share: np.ndarray, size: np.ndarray) -> Funnel | None:
    """The funnel of shares (0–1) of so many trials; None under LEAST_SHARES of them.

    `spread` is the square root of the over-dispersion, from winsorised z-scores; 1 where all shares are 0 or 1.
    """
    share, size = np.asarray(share, float), np.asarray(size, float)
    if len(share) < LEAST_SHARES:
        return None
    centre = float((share * size).sum() / size.sum())
    if not 0 < centre < 1:
        return Funnel(centre, 1.0)
    z = (share - centre) / np.sqrt(centre * (1 - centre) / size)
    z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    return Funnel(centre, float(np.sqrt(max((z**2).mean(), 1.0))))
