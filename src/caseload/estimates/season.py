"""What all clinicians of a practice share in one month: holidays, a new form to fill in, an outbreak of flu.

It is nobody's own episode. The clinicians' mean scores of a month, each against their own mean over the months, have a
median that stands for it; how far it is believed depends on how far the months' medians differ beyond chance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caseload.estimates.panel import Panel

MEDIAN_VARIANCE = np.pi / 2
"""Variance of the median of many normal values, relative to that of their mean."""
NORMAL_MAD = 1.4826


@dataclass(frozen=True)
class Season:
    """The practice's shared deviation in the month of each row, in the scores' unit, and how surely it is known.

    Both are 0 where it cannot be told: with fewer than two clinicians, or than two months of at least two.
    """

    deviation: np.ndarray
    variance: np.ndarray


def practice_months(panel: Panel, score: np.ndarray, variance: np.ndarray) -> Season:
    """What all share in each month, told from the rows' scores and their error variance (inf = nothing recorded)."""
    rows = np.flatnonzero(np.isfinite(variance))
    if not len(rows):
        return Season(np.zeros(len(panel)), np.zeros(len(panel)))
    first = int(panel.month.min())
    shape = len(panel.clinicians), int(panel.month.max()) - first + 1
    cell = panel.clinician[rows] * shape[1] + panel.month[rows] - first
    weight = 1 / (1 + variance[rows])
    total = np.bincount(cell, weight, minlength=shape[0] * shape[1]).reshape(shape)
    level = np.bincount(cell, weight * score[rows], minlength=total.size).reshape(shape)
    level = np.divide(level, total, out=np.full(shape, np.nan), where=total > 0)
    known = ~np.isnan(level)
    people = known.sum(axis=0)
    told = people >= 2
    if told.sum() < 2:
        return Season(np.zeros(len(panel)), np.zeros(len(panel)))
    own = np.nansum(level, axis=1) / np.maximum(known.sum(axis=1), 1)
    change = level - own[:, None]
    shared = np.array([np.median(change[known[:, at], at]) if people[at] else 0.0 for at in range(shape[1])])
    spread = NORMAL_MAD * float(np.median(np.abs(change - shared)[known]))
    chance = MEDIAN_VARIANCE * spread**2 / np.maximum(people, 1)
    beyond = max(float((shared[told] ** 2).mean() - chance[told].mean()), 0.0)
    believed = np.where(told, beyond / (beyond + chance + 1e-12), 0.0)
    month = panel.month - first
    return Season((believed * shared)[month], (believed * chance)[month])
