"""What would be usual: counts out of so many, each group against its own earlier months.

A rate from a handful of appointments says little, so every group's rate leans on that of all groups (beta-binomial,
by moments), and months differ more than coins do: the spread between a group's months is part of what is usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import betabinom

LEVELS = (0.05, 0.95)
"""Ends of the range within which nine of ten months would lie by chance."""
LEAST_RATE = 0.01  # a rate of exactly 0 or 1 would make the first exception impossible
MOST_CORRELATION, MOST_VARIANCE = 0.5, 0.9
PRIOR_WEIGHT = 200.0
"""What the assumed spread weighs, in counted appointments."""


@dataclass(frozen=True)
class Spread:
    """How much rates differ: between groups, and between the months of one group, as intraclass correlations."""

    rate: float
    between: float
    within: float


def spread_of(earlier: pd.DataFrame, *, between: float, within: float) -> Spread:
    """The spread of `hits` out of `n` (columns, with `group`), leaning on the correlations assumed.

    Returns the assumed ones, and a rate of one half, without any row.
    """
    n, hits = earlier["n"].to_numpy(float), earlier["hits"].to_numpy(float)
    if n.sum() == 0:
        return Spread(0.5, between, within)
    place = pd.factorize(earlier["group"])[0]
    rate = float(np.clip(hits.sum() / n.sum(), LEAST_RATE, 1 - LEAST_RATE))
    group_n, group_hits = np.bincount(place, n), np.bincount(place, hits)
    lean = 1 / between - 1
    own = (group_hits + rate * lean) / (group_n + lean)
    spread = _correlation(hits, n, own[place], len(group_n), within)
    shared = group_n / (1 + (_mean_size(n) - 1) * spread)  # what so many appointments of alike months are worth
    return Spread(
        rate, _correlation(group_hits * shared / group_n, shared, np.full(len(shared), rate), 1, between), spread
    )


def usual_rates(now: pd.DataFrame, earlier: pd.DataFrame, spread: Spread) -> pd.DataFrame:
    """What rate is usual for each row of `now`, given its group's own rows of `earlier` (both: `group`, `hits`, `n`).

    Returns on the index of `now`: `rate`, and `precision` (how little months like this differ from it).
    """
    totals = earlier.groupby("group")[["hits", "n"]].sum().reindex(now["group"].to_numpy()).fillna(0.0)
    hits, known = totals["hits"].to_numpy(float), totals["n"].to_numpy(float)
    months = np.maximum(known / _mean_size(earlier["n"].to_numpy(float)), 1.0)
    alike = known / (1 + (known / months - 1) * spread.within)
    lean = 1 / spread.between - 1
    own = np.divide(hits, known, out=np.full(len(known), spread.rate), where=known > 0)
    rate = np.clip((lean * spread.rate + alike * own) / (lean + alike), LEAST_RATE, 1 - LEAST_RATE)
    precision = 1 / np.minimum(1 / (lean + alike + 1) + spread.within, MOST_VARIANCE) - 1
    return pd.DataFrame({"rate": rate, "precision": precision}, index=now.index)


def usual_counts(n: ArrayLike, hits: ArrayLike, rate: ArrayLike, precision: ArrayLike) -> dict[str, np.ndarray]:
    """What `hits` of `n` are beside the usual rate (0 to 1).

    `expected`, `low` and `high` (the range of nine months in ten) and `p_more` (how often chance alone would bring as
    many or more).
    """
    chance = _chance(n, rate, precision)
    low, high = (chance.ppf(level) for level in LEVELS)
    expected = np.asarray(rate, float) * np.asarray(n, int)
    return {"expected": expected, "low": low, "high": high, "p_more": more_by_chance(n, hits, rate, precision)}


def more_by_chance(n: ArrayLike, hits: ArrayLike, rate: ArrayLike, precision: ArrayLike) -> np.ndarray:
    """How often chance alone would bring as many `hits` of `n`, or more."""
    return np.asarray(_chance(n, rate, precision).sf(np.asarray(hits, int) - 1))


def tail_size(n: ArrayLike, rate: ArrayLike, precision: ArrayLike, level: float) -> np.ndarray:
    """How often chance alone brings a count whose `p_more` is at most `level`: less than it, since counts are whole."""
    chance = _chance(n, rate, precision)
    first = chance.isf(level) + 1
    return np.asarray(np.where(first <= np.asarray(n, int), chance.sf(first - 1), 0.0))


def _chance(n: ArrayLike, rate: ArrayLike, precision: ArrayLike) -> Any:
    """The beta-binomial distribution of counts out of `n`."""
    share, steady = np.asarray(rate, float), np.asarray(precision, float)
    return betabinom(np.asarray(n, int), share * steady, (1 - share) * steady)


def _correlation(hits: np.ndarray, n: np.ndarray, rate: np.ndarray, fitted: int, assumed: float) -> float:
    """The intraclass correlation that makes counts as spread as they are (Pearson), leaning on the one assumed."""
    free = n > 1
    squares = ((hits - n * rate) ** 2 / np.maximum(n * rate * (1 - rate), 1e-9))[free].sum()
    excess = squares - max(int(free.sum()) - fitted, 0)
    room = float((n[free] - 1).sum())
    return float(np.clip((excess + assumed * PRIOR_WEIGHT) / (room + PRIOR_WEIGHT), 1e-4, MOST_CORRELATION))


def _mean_size(n: np.ndarray) -> float:
    return float(n[n > 0].mean()) if (n > 0).any() else 1.0
