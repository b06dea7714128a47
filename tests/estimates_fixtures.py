"""Panels and scores with a known joint distribution, for the tests of measurement, pooling and episodes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.factors import Scores
from caseload.estimates.panel import Panel
from caseload.estimates.pooling import Filtered, Variances, filter_months
from caseload.estimates.season import Season
from caseload.estimates.sides import Side

KNOWN = Variances(clinician=0.2, client=0.4, month=0.4, persistence=0.9, clinician_persistence=0.97)
FIRST = pd.Period("2025-07", "M").ordinal


def keys_of(clinicians: int, clients: int, months: int) -> pd.DataFrame:
    """Every client of every clinician in every month."""
    index = pd.MultiIndex.from_product([range(months), range(clinicians), range(clients)])
    month, who, client = (index.get_level_values(level).to_numpy() for level in range(3))
    return pd.DataFrame(
        {
            "clinician_id": [f"C{i:02d}" for i in who],
            "client_id": [f"K{i:02d}-{j:02d}" for i, j in zip(who, client, strict=True)],
            "month": pd.PeriodIndex.from_ordinals(FIRST + month, freq="M"),
        }
    )


def scores_of(values: np.ndarray, noise: np.ndarray, lasting: np.ndarray | None = None) -> Scores:
    nothing = np.zeros(len(values))
    return Scores(values, noise, nothing if lasting is None else lasting, values[:, None], nothing, nothing)


def factor_covariance(keys: pd.DataFrame, v: Variances) -> np.ndarray:
    """Of f = a + b + e over all rows: a per clinician, b per client, each with its ρ to the power of months."""
    month = keys["month"].astype("int64").to_numpy()
    distance = np.abs(month[:, None] - month[None, :])
    clinician, client = keys["clinician_id"].to_numpy(), keys["client_id"].to_numpy()
    same_clinician = clinician[:, None] == clinician[None, :]
    same_client = same_clinician & (client[:, None] == client[None, :])
    levels = v.clinician_persistence**distance * v.clinician * same_clinician
    return levels + v.persistence**distance * v.client * same_client + v.month * np.eye(len(keys))


def conditioned(keys: pd.DataFrame, scores: Scores, v: Variances) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each row's f given all scores up to its month, from the joint normal distribution."""
    month = keys["month"].astype("int64").to_numpy()
    of_factor = factor_covariance(keys, v)
    of_scores = of_factor + np.diag(np.where(np.isfinite(scores.variance), scores.variance, 0.0))
    mean, variance = np.zeros(len(keys)), np.diag(of_factor).copy()
    for row in range(len(keys)):
        given = np.flatnonzero((month <= month[row]) & np.isfinite(scores.variance))
        if len(given):
            weights = np.linalg.solve(of_scores[np.ix_(given, given)], of_factor[given, row])
            mean[row] = weights @ scores.score[given]
            variance[row] -= weights @ of_factor[given, row]
    return mean, variance


def drawn(keys: pd.DataFrame, v: Variances, seed: int, missing: float = 0.0) -> Scores:
    draw = np.random.default_rng(seed)
    noise = draw.uniform(0.2, 2.0, len(keys))
    factor = draw.multivariate_normal(np.zeros(len(keys)), factor_covariance(keys, v))
    values = factor + np.sqrt(noise) * draw.standard_normal(len(keys))
    gone = draw.random(len(keys)) < missing
    return scores_of(np.where(gone, 0.0, values), np.where(gone, np.inf, noise))


def filtered(keys: pd.DataFrame, scores: Scores, v: Variances = KNOWN, doubt: float = 0.0) -> Filtered:
    return filter_months(Panel.of(keys), scores, v, np.full(len(keys), doubt), scores.common)


def side_of(keys: pd.DataFrame, values: np.ndarray, noise: float) -> Side:
    """A side whose scores are known, with the true constants."""
    scores = scores_of(values, np.full(len(keys), noise))
    still = Season(scores.common, scores.common)
    return Side(None, KNOWN, np.ones(len(keys), bool), scores, still, filtered(keys, scores))
