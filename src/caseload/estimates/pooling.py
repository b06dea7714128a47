"""Partial pooling of one latent factor over client, clinician and practice, as a filter over the months.

    f_ckt = a_ct + b_ckt + e_ckt

a is the clinician's level, b the client's level with that clinician, e what is particular to the month. Levels
persist from month to month with correlation ρ and otherwise return to the practice's mean, 0. Each month is predicted
from the months before and then updated with its own scores (a Kalman filter; Durbin & Koopman 2012, ch. 4), first the
clinician and then the clients given the clinician. Each client's dependence on the clinician's level is carried on, so
one client alone is filtered exactly; that clients also depend on each other once the level has moved on is left out.
Nothing later than a month enters its estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.estimates.factors import Scores

PRIOR_SHARES = (0.2, 0.4)
"""Prior share of the factor's variance between clinicians and between a clinician's clients; the rest is monthly."""
PRIOR_PERSISTENCE = 0.9
PERSISTENCE_RANGE = (0.6, 0.97)
PRIOR_WEIGHT = 40.0
"""Weight of these priors, in effective pairs of client-months."""
MIN_SHARE = 0.03


@dataclass(frozen=True)
class Variances:
    """Variance components of the factor (`clinician` + `client` + `month` = 1) and monthly `persistence` ρ."""

    clinician: float
    client: float
    month: float
    persistence: float


@dataclass(frozen=True)
class Filtered:
    """Posterior of the factor per client-month, in the row order of the keys.

    `mean`, `variance`: of f. `level`: the clinician's level a. `own_variance` and `shared` split the variance into the
    client-month's own part, the weight with which the clinician's `level_variance` enters, and `style_doubt`, which
    all clients of the clinician share in full. `gain` is the weight of the month's own score, so `gain * scores.parts`
    are the contributions of the month's signals to `mean`.
    """

    mean: np.ndarray
    variance: np.ndarray
    level: np.ndarray
    level_variance: np.ndarray
    own_variance: np.ndarray
    shared: np.ndarray
    style_doubt: np.ndarray
    gain: np.ndarray


def variance_components(keys: pd.DataFrame, scores: Scores) -> Variances:
    """Moment estimates from products of scores that share no noise, shrunk towards the priors.

    Different clients of one clinician in one month share a; one client one and three months apart shares ρ(a + b)
    and ρ³(a + b).
    """
    usable = np.isfinite(scores.variance)
    weight = np.where(usable, 1.0 / (1.0 + np.where(usable, scores.variance, 0.0)), 0.0)
    z = np.where(usable, scores.score, 0.0)
    between, n_between = _same_clinician_month(keys, z, weight)
    near, n_near = _same_client(keys, z, weight, lag=1)
    far, n_far = _same_client(keys, z, weight, lag=3)
    low, high = PERSISTENCE_RANGE
    ratio = np.sqrt(np.clip(far / near, low**2, high**2)) if near > 0.02 and far > 0 else PRIOR_PERSISTENCE
    persistence = _shrink(ratio, min(n_far, n_near), PRIOR_PERSISTENCE)
    clinician = _shrink(max(between, 0.0), n_between, PRIOR_SHARES[0])
    client = _shrink(max(near / persistence - clinician, 0.0), n_near, PRIOR_SHARES[1])
    clinician, client = max(clinician, MIN_SHARE), max(client, MIN_SHARE)
    total = max(clinician + client + MIN_SHARE, 1.0)
    clinician, client = clinician / total, client / total
    return Variances(clinician, client, 1.0 - clinician - client, persistence)


def filter_months(keys: pd.DataFrame, scores: Scores, variances: Variances, style_doubt: np.ndarray) -> Filtered:
    """Filter the scores forward through the months.

    `keys` holds clinician_id, client_id, month; `style_doubt` is, per row, the variance of the clinician's level that
    remains because style and level are confounded: it widens the result and does not average out.
    """
    pair = keys.groupby(["clinician_id", "client_id"], sort=False).ngroup().to_numpy()
    clinician = keys.groupby("clinician_id", sort=False).ngroup().to_numpy()
    month = keys["month"].astype("int64").to_numpy()
    owner = np.zeros(int(pair.max(initial=-1)) + 1, int)
    owner[pair] = clinician
    state = _State.start(owner, int(clinician.max(initial=-1)) + 1, variances)
    columns = {name: np.empty(len(keys)) for name in Filtered.__dataclass_fields__}
    order = np.argsort(month, kind="stable")
    at, starts = np.unique(month[order], return_index=True)
    previous = int(at[0]) if len(at) else 0
    for now, rows in zip(at, np.split(order, starts[1:]), strict=True):
        state.predict(int(now) - previous, variances)
        update = state.update(pair[rows], scores.score[rows], scores.variance[rows], variances)
        for name, values in update.items():
            columns[name][rows] = values
        previous = int(now)
    columns["variance"] = columns["variance"] + style_doubt
    columns["style_doubt"] = style_doubt
    return Filtered(**columns)


def clinician_means(
    filtered: Filtered, rows: np.ndarray, group: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unweighted mean of f over the given rows of each group (a clinician-month), its variance, and the style's part.

    The clinician's level and style are common to all clients of the month: their uncertainty does not average out.
    """
    n = np.bincount(group, minlength=groups)
    mean = np.bincount(group, filtered.mean[rows], minlength=groups) / n
    shared = np.bincount(group, filtered.shared[rows], minlength=groups) / n
    level = np.bincount(group, filtered.level_variance[rows], minlength=groups) / n
    doubt = np.bincount(group, filtered.style_doubt[rows], minlength=groups) / n
    own = np.bincount(group, filtered.own_variance[rows], minlength=groups) / n**2
    return mean, shared**2 * level + doubt + own, doubt


@dataclass
class _State:
    """What is known of every clinician's level a and every pair's level b at the current month.

    `clinician`, `clinician_variance`: mean and variance of a. Of b given a: mean `client + slope · a`, variance
    `client_variance`. `owner` is each pair's clinician.
    """

    owner: np.ndarray
    client: np.ndarray
    slope: np.ndarray
    client_variance: np.ndarray
    clinician: np.ndarray
    clinician_variance: np.ndarray

    @classmethod
    def start(cls, owner: np.ndarray, clinicians: int, v: Variances) -> _State:
        nothing, spread = np.zeros(len(owner)), np.full(len(owner), v.client)
        return cls(owner, nothing, nothing.copy(), spread, np.zeros(clinicians), np.full(clinicians, v.clinician))

    def predict(self, months: int, v: Variances) -> None:
        keep = v.persistence**months
        before, spread = self.clinician, self.clinician_variance
        self.clinician = keep * before
        self.clinician_variance = keep**2 * spread + (1 - keep**2) * v.clinician
        back = (keep * spread / self.clinician_variance)[self.owner]  # slope of a, a month ago, on a now
        known = before[self.owner] - back * self.clinician[self.owner]
        unknown = spread[self.owner] - back**2 * self.clinician_variance[self.owner]
        self.client = keep * (self.client + self.slope * known)
        self.client_variance = keep**2 * (self.client_variance + self.slope**2 * unknown) + (1 - keep**2) * v.client
        self.slope = keep * self.slope * back

    def update(self, pair: np.ndarray, score: np.ndarray, noise: np.ndarray, v: Variances) -> dict[str, np.ndarray]:
        who, before, spread = self.owner[pair], self.client[pair], self.client_variance[pair]
        weight, total = 1 + self.slope[pair], spread + v.month + noise
        size = len(self.clinician)
        information = 1 / self.clinician_variance + np.bincount(who, weight**2 / total, minlength=size)
        evidence = np.bincount(who, weight * (score - before) / total, minlength=size)
        self.clinician = (self.clinician / self.clinician_variance + evidence) / information
        self.clinician_variance = 1 / information
        level = self.clinician[who]
        gain, client_gain = (spread + v.month) / total, spread / total
        self.client[pair] = before + client_gain * (score - before)
        self.slope[pair] -= client_gain * weight
        self.client_variance[pair] = spread * (1 - client_gain)
        own, shared = (spread + v.month) * (1 - gain), (1 - gain) * weight
        level_variance = self.clinician_variance[who]
        return {
            "mean": before + weight * level + gain * (score - before - weight * level),
            "variance": own + shared**2 * level_variance,
            "level": level,
            "level_variance": level_variance,
            "own_variance": own,
            "shared": shared,
            "gain": gain,
        }


def _shrink(value: float, weight: float, prior: float) -> float:
    return float((value * weight + prior * PRIOR_WEIGHT) / (weight + PRIOR_WEIGHT))


def _same_clinician_month(keys: pd.DataFrame, z: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Mean product of scores of different clients within a clinician-month, and how many clinician-months say so."""
    group = keys.groupby(["clinician_id", "month"], sort=False).ngroup().to_numpy()
    sum_wz, sum_w = np.bincount(group, weight * z), np.bincount(group, weight)
    square = np.bincount(group, (weight * z) ** 2), np.bincount(group, weight**2)
    pairs = (sum_w**2 - square[1]).clip(min=0.0)
    if pairs.sum() < 1e-9:
        return 0.0, 0.0
    clinicians = keys["clinician_id"].nunique()
    return float((sum_wz**2 - square[0]).sum() / pairs.sum()), float(2 * clinicians)


def _same_client(keys: pd.DataFrame, z: np.ndarray, weight: np.ndarray, lag: int) -> tuple[float, float]:
    """Mean product of a client's scores `lag` months apart, and the effective number of such pairs."""
    pair = keys.groupby(["clinician_id", "client_id"], sort=False).ngroup().to_numpy()
    month = keys["month"].astype("int64").to_numpy()
    month = month - month.min(initial=0)
    span = int(month.max(initial=0)) + lag + 1
    code = pair.astype(np.int64) * span + month
    order = np.argsort(code)
    at = np.searchsorted(code[order], code + lag)
    at = np.minimum(at, len(code) - 1) if len(code) else at
    found = code[order][at] == code + lag if len(code) else np.zeros(0, bool)
    now, later = np.flatnonzero(found), order[at[found]]
    both = weight[now] * weight[later]
    if both.sum() < 1e-9:
        return 0.0, 0.0
    return float((both * z[now] * z[later]).sum() / both.sum()), float(both.sum())
