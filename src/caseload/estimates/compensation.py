"""Compensation: by how much a clinician's effort rises when a client's engagement is lower.

The clinician's own slope of effort on (−engagement), compared between that clinician's own clients and months, so it is
blind to the clinician's level and style. Each client carries an intercept of their own (random, variance σ_b²), and
older months count less. Slopes are pooled over the practice (random slopes; Laird & Ware 1982), and errors in
engagement are met by regression calibration: effort is regressed on the posterior mean of engagement, which does not
flatten the slope as the raw score would (Carroll et al. 2006, ch. 4).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.factors import Scores
from caseload.estimates.pooling import Filtered, Variances

WINDOW = 6
"""Months that count, the newest one included."""
DECAY = 0.7
"""Weight of a month relative to the month after it."""
PRIOR_SLOPE_VARIANCE = 0.09
PRIOR_SLOPE_CLINICIANS = 5.0
PRIOR_MEAN_VARIANCE = 0.04
"""The practice's mean slope is expected near 0 with this variance, the clinicians' slopes around it with the other."""


def compensation_slopes(
    keys: pd.DataFrame,
    effort: Scores,
    engagement: Filtered,
    usable: np.ndarray,
    effort_parts: Variances,
    month: pd.Period,
) -> pd.DataFrame:
    """Compensation of each clinician as of `month`.

    `effort` are raw scores, `engagement` filtered estimates, `usable` marks rows with signals of both sides. A
    clinician whose clients do not differ in engagement gets the practice's slope with a wide interval.

    Returns a frame indexed by clinician_id (those with a usable row in the window): `mean` and `variance` of the slope.
    """
    age = month.ordinal - keys["month"].astype("int64").to_numpy()
    rows = np.flatnonzero(usable & (age >= 0) & (age < WINDOW))
    who, clinicians = pd.factorize(keys["clinician_id"].to_numpy()[rows], sort=True)
    pair = pd.factorize(keys["client_id"].to_numpy()[rows])[0].astype(np.int64) * max(len(clinicians), 1) + who
    pair = np.unique(pair, return_inverse=True)[1]
    x, y = -engagement.mean[rows], effort.score[rows]
    discount = DECAY ** age[rows]
    slope, error, pooled = np.zeros(len(clinicians)), np.ones(len(clinicians)), (0.0, PRIOR_SLOPE_VARIANCE)
    for _ in range(2):  # the second pass knows how much of the noise is engagement's own error times the slope
        carried = (pooled[0] ** 2 + pooled[1]) * engagement.variance[rows]
        noise = (effort_parts.month + effort.variance[rows] + carried) / discount
        slope, error = _random_intercept_slopes(x, y, noise, effort_parts.client, pair, who, len(clinicians))
        pooled = _pool(slope, error)
    mean = (slope / error + pooled[0] / pooled[1]) / (1 / error + 1 / pooled[1])
    return pd.DataFrame(
        {"mean": mean, "variance": 1 / (1 / error + 1 / pooled[1])}, index=pd.Index(clinicians, name="clinician_id")
    )


def _random_intercept_slopes(
    x: np.ndarray, y: np.ndarray, noise: np.ndarray, between: float, pair: np.ndarray, who: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Generalised least squares per clinician with a common intercept and one random intercept per client.

    The covariance of one client's rows is diag(noise) + between · 11', inverted in closed form (Sherman–Morrison).
    Returns slopes and their variances (a huge variance where the slope cannot be told).
    """
    pairs = int(pair.max(initial=-1)) + 1
    owner = np.zeros(pairs, int)
    owner[pair] = who
    sums = {name: np.bincount(pair, values / noise, minlength=pairs) for name, values in
            {"1": np.ones_like(x), "x": x, "y": y, "xx": x * x, "xy": x * y}.items()}  # fmt: skip
    shrink = between / (1 + between * sums["1"])

    def total(product: str, left: str, right: str) -> np.ndarray:
        return np.bincount(owner, sums[product] - shrink * sums[left] * sums[right], minlength=size)

    one, ax, ay = np.maximum(total("1", "1", "1"), 1e-9), total("x", "1", "x"), total("y", "1", "y")
    information = np.maximum(total("xx", "x", "x") - ax**2 / one, 1e-9)
    return (total("xy", "x", "y") - ax * ay / one) / information, 1 / information


def _pool(slope: np.ndarray, error: np.ndarray) -> tuple[float, float]:
    """Mean and variance of the clinicians' slopes in this practice, by expectation–maximisation with weak priors."""
    mean, spread = 0.0, PRIOR_SLOPE_VARIANCE
    for _ in range(30):
        weight = 1 / (error + spread)
        mean = (weight * slope).sum() / (weight.sum() + 1 / PRIOR_MEAN_VARIANCE)
        known = spread * weight
        square = (known * (slope - mean)) ** 2 + error * known
        spread = (PRIOR_SLOPE_CLINICIANS * PRIOR_SLOPE_VARIANCE + square.sum()) / (PRIOR_SLOPE_CLINICIANS + len(slope))
    return float(mean), float(spread)
