"""Levels from before the first month: whose effort has been far above everybody's all along.

A clinician who over-invests since before the data begin changes nothing that could be found. What can be told is that
the level lies far above the others'. Levels are told from styles by what many signals have in common: a mean over all
signals, in which signals of one family count as partly the same. Ordinary levels scatter around the practice's own
centre; elevated ones lie about as far above it as a shift of the caseload. Both are estimated as a mixture, with weak
priors, so that neither a few elevated clinicians nor a practice of three moves the centre much.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from caseload.signals import Signal

ELEVATED = (1.3, 0.16)
"""Mean and variance of what an elevated level has on top of an ordinary one, in SD of the factor."""
PRIOR_SHARE, PRIOR_LEVEL_VARIANCE, PRIOR_CLINICIANS = 0.1, 0.2, 10.0
"""Prior share of elevated clinicians and variance of ordinary levels, worth so many clinicians."""
PRIOR_CENTRE_VARIANCE = 0.1
SAME_FAMILY = 0.3
"""Correlation of one clinician's styles in signals of one family."""
CLIENT_VARIANCE = 0.4
PASSES = 30


def mean_levels(
    mean: np.ndarray,
    error: np.ndarray,
    loading: np.ndarray,
    style: np.ndarray,
    signals: tuple[Signal, ...],
    clients: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Each clinician's mean level of the factor and its error variance (inf where nothing was recorded).

    `mean` (clinicians × J): mean residuals of the signals, with `error` variance (inf = none); `loading` and `style`
    (ω²) of the J signals; `clients` behind each clinician.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(loading > 0, loading**2 / (style + error), 0.0)
        level = np.where(loading > 0, mean / loading, 0.0)
    names = [signal.family for signal in signals]
    information, pull = np.zeros(len(mean)), np.zeros(len(mean))
    for name in dict.fromkeys(names):
        member = np.array([family == name for family in names])
        counted = (precision[:, member] > 0).sum(axis=1)
        alike = 1 + SAME_FAMILY * np.maximum(counted - 1, 0)
        information += precision[:, member].sum(axis=1) / alike
        pull += (precision * level)[:, member].sum(axis=1) / alike
    known = information > 1e-9
    safe = np.where(known, information, 1.0)
    variance = np.where(known, 1 / safe + CLIENT_VARIANCE / np.maximum(clients, 1), np.inf)
    return np.where(known, pull / safe, 0.0), variance


def elevated_odds(level: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Log odds of an elevated level, one a clinician, from `mean_levels`; those of the prior where nothing is known."""
    known = np.isfinite(variance)
    odds = np.full(len(level), np.log(PRIOR_SHARE / (1 - PRIOR_SHARE)))
    if not known.any():
        return odds
    x, error = level[known], variance[known]
    centre, spread, share = float(np.median(x)), PRIOR_LEVEL_VARIANCE, PRIOR_SHARE
    for _ in range(PASSES):
        found = norm.logpdf(x, centre + ELEVATED[0], np.sqrt(error + spread + ELEVATED[1]))
        found = found - norm.logpdf(x, centre, np.sqrt(error + spread)) + np.log(share / (1 - share))
        ordinary = expit(-found)
        weight = ordinary / (error + spread)
        centre = float((weight * x).sum() / (weight.sum() + 1 / PRIOR_CENTRE_VARIANCE))
        told = spread / (error + spread)
        square = ordinary * ((told * (x - centre)) ** 2 + error * told)
        spread = float((PRIOR_CLINICIANS * PRIOR_LEVEL_VARIANCE + square.sum()) / (PRIOR_CLINICIANS + ordinary.sum()))
        share = float((PRIOR_CLINICIANS * PRIOR_SHARE + (1 - ordinary).sum()) / (PRIOR_CLINICIANS + len(x)))
    odds[known] = found
    return odds
