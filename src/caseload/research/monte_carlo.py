"""How sure a simulation is of its own numbers: 95 % intervals of shares and of means over repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

Z95 = 1.959964


def wilson(share: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The 95 % interval of a share of `n` (Wilson 1927); NaN where n is 0. `n` need not be whole."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
        half = Z95 / (1 + Z95**2 / n) * np.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    known = np.asarray(n) > 0
    return np.where(known, np.maximum(middle - half, 0.0), np.nan), np.where(
        known, np.minimum(middle + half, 1.0), np.nan
    )


def effective_months(hits: pd.Series, person: pd.Series) -> float:
    """How many independent months a person's months are worth, for the share of `hits` (bool) among them.

    Months of one person are alike; the variance of the share, from the persons' own counts (linearisation of a ratio,
    Cochran 1977, ch. 6), against that of independent months. Never more than there are; all of them where none hit.
    """
    by = hits.groupby(person).agg(["sum", "size"])
    months, share, people = float(by["size"].sum()), float(hits.mean()), len(by)
    if people < 2 or share in (0.0, 1.0):
        return months
    off = by["sum"] - share * by["size"]
    variance = people / (people - 1) * float((off**2).sum()) / months**2
    return min(months, share * (1 - share) / variance) if variance > 0 else months


def mean_interval(values: np.ndarray) -> tuple[float, float, float]:
    """Mean over repeats and its 95 % interval, normal; the interval is NaN with fewer than two."""
    known = values[np.isfinite(values)]
    if not len(known):
        return (np.nan,) * 3
    half = Z95 * known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
    return float(known.mean()), float(known.mean() - half), float(known.mean() + half)


def roc_auc(cases: np.ndarray, others: np.ndarray) -> float:
    """How often a case lies above one of the others, ties counting half (Mann & Whitney 1947); both known and some."""
    ranks = rankdata(np.concatenate([cases, others]))[: len(cases)]
    return float((ranks.sum() - len(cases) * (len(cases) + 1) / 2) / (len(cases) * len(others)))
