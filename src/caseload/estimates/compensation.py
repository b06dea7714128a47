"""Compensation: by how much a clinician's effort rises when a client's engagement is lower.

The clinician's own slope of effort on −engagement, compared between that clinician's own clients and months, so it is
blind to the clinician's level and style. Ordinary slopes scatter around the practice's own mean; somebody who has begun
to compensate has a steeper one since then (see `episodes`). A slope is therefore known as a mixture of normal
distributions, one for each possible beginning and one for none: slopes in the usual range are drawn together, a steep
one that is well supported is not. Errors in engagement are met by regression calibration: effort is regressed on the
posterior mean of engagement, which does not flatten the slope as the raw score would (Carroll et al. 2006, ch. 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

PRIOR_SLOPE_VARIANCE = 0.02
PRIOR_SLOPE_CLINICIANS = 10.0
PRIOR_MEAN_VARIANCE = 0.04
"""Ordinary slopes scatter with this variance (worth so many clinicians) around a mean near 0 with the other."""
STEEP = (0.9, 0.16)
"""Mean and variance of what a compensating clinician's slope has on top."""
PRIOR_STEEP_SHARE = 0.1
HALO_VARIANCE = 0.09
HALO_CHANGE_VARIANCE = 0.25
HALO_MEAN_VARIANCE = 0.25
"""Of what a rater's mood adds to a slope if all of the effort is rated: between clinicians, from some month on, and in
the practice as a whole."""
PASSES = 30
BISECTIONS = 40
WIDEST = 8.0
"""Standard deviations around the outermost component in which a quantile is looked for."""


@dataclass(frozen=True)
class Slopes:
    """Posterior slopes: per clinician a mixture of normal distributions (clinicians × components each)."""

    weight: np.ndarray
    component_mean: np.ndarray
    component_variance: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Posterior mean of each clinician's slope."""
        return np.asarray((self.weight * self.component_mean).sum(axis=1))

    def above(self, value: float | np.ndarray) -> np.ndarray:
        """P(slope > value) of each clinician."""
        z = (self.component_mean - np.reshape(value, (-1, 1))) / np.sqrt(self.component_variance)
        return np.asarray((self.weight * norm.cdf(z)).sum(axis=1))

    def quantile(self, p: float) -> np.ndarray:
        """The value below which each clinician's slope lies with probability `p`, by bisection."""
        spread = WIDEST * np.sqrt(self.component_variance)
        low, high = (self.component_mean - spread).min(axis=1), (self.component_mean + spread).max(axis=1)
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            below = self.above(middle) > 1 - p
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return np.asarray((low + high) / 2)


def usual_halo(gram: np.ndarray, target: np.ndarray) -> float:
    """What mood adds to everybody's slope in this practice.

    `gram` (clinicians × 2 × 2) and `target` (clinicians × 2) are X'V⁻¹X and X'V⁻¹y of each clinician's regression of
    effort on −engagement, and on the part of it that only ratings tell; slopes and halos differ between clinicians.
    """
    spread = np.diag([PRIOR_SLOPE_VARIANCE + PRIOR_STEEP_SHARE * (STEEP[0] ** 2 + STEEP[1]), HALO_VARIANCE])
    shrunk = np.linalg.inv(np.eye(2) + gram @ spread)
    information = (shrunk @ gram).sum(axis=0) + np.diag([1 / PRIOR_MEAN_VARIANCE, 1 / HALO_MEAN_VARIANCE])
    return float(np.linalg.solve(information, (shrunk @ target[..., None])[..., 0].sum(axis=0))[1])


def ordinary_slopes(information: np.ndarray, product: np.ndarray) -> tuple[float, float]:
    """Mean and variance of the ordinary slopes in a practice, by expectation–maximisation with weak priors.

    `information` and `product` are X'V⁻¹X and X'V⁻¹y of each clinician's regression of effort on −engagement. The
    likelier a slope is STEEP more than ordinary, the less it counts.
    """
    known = information > 1e-9
    slope, error = product[known] / information[known], 1 / information[known]
    mean, spread, steep = 0.0, PRIOR_SLOPE_VARIANCE, PRIOR_STEEP_SHARE
    for _ in range(PASSES):
        odds = norm.logpdf(slope, mean + STEEP[0], np.sqrt(error + spread + STEEP[1]))
        odds = odds - norm.logpdf(slope, mean, np.sqrt(error + spread)) + np.log(steep / (1 - steep))
        ordinary = expit(-odds)
        weight = ordinary / (error + spread)
        mean = (weight * slope).sum() / (weight.sum() + 1 / PRIOR_MEAN_VARIANCE)
        told = spread / (error + spread)
        square = ordinary * ((told * (slope - mean)) ** 2 + error * told)
        prior = PRIOR_SLOPE_CLINICIANS * PRIOR_SLOPE_VARIANCE
        spread = (prior + square.sum()) / (PRIOR_SLOPE_CLINICIANS + ordinary.sum())
        steep = (PRIOR_SLOPE_CLINICIANS * PRIOR_STEEP_SHARE + (1 - ordinary).sum()) / (
            PRIOR_SLOPE_CLINICIANS + len(slope)
        )
    return float(mean), float(spread)
