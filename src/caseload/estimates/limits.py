"""Limits of XmR charts (individual values and moving ranges), the four rules, and how often chance breaks them.

Source: Wheeler, Understanding Variation; the constants are those of samples of two. Gaps (NaN) are left out: the
recorded values on both sides of a gap are neighbours, so a moving range and a run go on across it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, wraps

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

NATURAL = 2.66  # mean ± 2.66 mR̄: natural limits, 3 / d2 with d2 = 1.128
NEAR = 1.773  # mean ± 1.773 mR̄: two thirds of the way to the natural limits
RUN = 7  # points on one side, or rising or falling throughout
TRIAL_POINTS = 12  # with fewer points than this the limits are trial limits
MIN_POINTS = 4  # fewer recorded months before the newest: no limits are drawn
EQUAL = 1e-9  # of a series' largest value: what lies nearer to a line, or to its neighbour, is on it
SIMULATED_SERIES = 100_000
SEED = 20260501

Rule = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Limits:
    """Lines of a chart in the unit of its values; all NaN where there are no two recorded values."""

    points: int
    mean: float
    moving_range: float

    @property
    def lower(self) -> float:
        return self.mean - NATURAL * self.moving_range

    @property
    def upper(self) -> float:
        return self.mean + NATURAL * self.moving_range

    @property
    def lower_near(self) -> float:
        return self.mean - NEAR * self.moving_range

    @property
    def upper_near(self) -> float:
        return self.mean + NEAR * self.moving_range

    @property
    def trial(self) -> bool:
        """Whether these are trial limits, made from fewer than TRIAL_POINTS values."""
        return self.points < TRIAL_POINTS


def xmr(values: ArrayLike, *, baseline: int | None = None) -> Limits:
    """Limits of a series from its first `baseline` positions (all by default), gaps left out.

    Fewer than two recorded values give NaN lines; a flat series gives limits equal to its mean.

    Examples
    --------
    >>> from caseload.estimates import xmr
    >>> limits = xmr([5, 6, 5, 7, 6, 5, 6, 7])
    >>> round(limits.lower, 2), round(limits.mean, 2), round(limits.upper, 2)
    (2.83, 5.88, 8.91)
    """
    recorded = np.asarray(values, float)[:baseline]
    recorded = recorded[~np.isnan(recorded)]
    if len(recorded) < 2:
        return Limits(len(recorded), np.nan, np.nan)
    return Limits(len(recorded), float(recorded.mean()), float(np.abs(np.diff(recorded)).mean()))


def _skipping_gaps(rule: Rule) -> Rule:
    """Apply a rule to the recorded values of a vector; a gap itself is never marked."""

    @wraps(rule)
    def marked(values: ArrayLike, *lines: ArrayLike) -> np.ndarray:
        series = np.asarray(values, float)
        recorded = ~np.isnan(series)
        if recorded.all():
            return rule(series, *lines)
        result = np.zeros(len(series), bool)
        result[recorded] = rule(series[recorded], *lines)
        return result

    return marked


@_skipping_gaps
def outside(values: np.ndarray, lower: ArrayLike, upper: ArrayLike) -> np.ndarray:
    """Points beyond a natural limit; a point on the limit is inside."""
    return (values < np.asarray(lower)) | (values > np.asarray(upper))


@_skipping_gaps
def seven_one_side(values: np.ndarray, mean: ArrayLike) -> np.ndarray:
    """Points of a run of seven or more on one side of the mean; a point on the mean ends a run."""
    above, below = values > np.asarray(mean), values < np.asarray(mean)
    return _runs(above, RUN) | _runs(below, RUN)


@_skipping_gaps
def seven_monotone(values: np.ndarray) -> np.ndarray:
    """Points of a run of seven or more, each higher (or each lower) than the one before; a tie ends a run."""
    if values.shape[-1] < RUN:
        return np.zeros(values.shape, bool)
    steps, tie = np.diff(values, axis=-1), EQUAL * np.abs(values).max(initial=0.0)
    return _steps_to_points(_runs(steps > tie, RUN - 1)) | _steps_to_points(_runs(steps < -tie, RUN - 1))


@_skipping_gaps
def two_of_three_near_limit(values: np.ndarray, lower_near: ArrayLike, upper_near: ArrayLike) -> np.ndarray:
    """Points beyond one near limit of which at least two lie within three successive points."""
    return _two_of_three(values > np.asarray(upper_near)) | _two_of_three(values < np.asarray(lower_near))


RULES = ("outside", "seven_one_side", "seven_monotone", "two_of_three_near_limit")


def signals(values: ArrayLike, limits: Limits, rules: Iterable[str] = RULES) -> np.ndarray:
    """Points that belong to the pattern of any rule; none where the limits are NaN.

    A value as near to a line as the last digits of a computer's sums is on it: a series that never changes has no
    signal.
    """
    series = np.asarray(values, float)
    if np.isnan(limits.mean):
        return np.zeros(len(series), bool)
    lines = (limits.mean, limits.lower, limits.upper, limits.lower_near, limits.upper_near)
    tie = EQUAL * np.nanmax(np.abs([*series, limits.mean]), initial=0.0)
    for line in lines:
        series = np.where(np.abs(series - line) <= tie, line, series)
    return _by_any(series, tuple(rules), *lines)


# Chance that a new month signals by any of RULES although nothing has changed, after so many months: what
# `simulated_signals` says, kept because every page asks for it and simulating takes a quarter of a second.
_EXPECTED = dict(
    enumerate(
        (
            0.07894, 0.06207, 0.04924, 0.04314, 0.03803, 0.03382, 0.03133, 0.02922, 0.02833, 0.0264, 0.02598, 0.02575,
            0.02451, 0.02395, 0.02353, 0.02328, 0.02297, 0.02323, 0.02285, 0.02206, 0.02262,
        ),
        start=MIN_POINTS,
    )
)  # fmt: skip


def expected_signals(n_points: int, rules: tuple[str, ...] = RULES) -> float:
    """Chance that a new month signals when nothing has changed: limits from `n_points` months of pure noise.

    By simulation (standard error below .001); months that resemble their neighbours signal more often. NaN below
    MIN_POINTS, where no limits are drawn.

    Examples
    --------
    >>> from caseload.estimates import expected_signals
    >>> round(expected_signals(12), 2), expected_signals(2)
    (0.03, nan)
    """
    known = _EXPECTED.get(n_points) if rules == RULES else None
    return simulated_signals(n_points, rules) if known is None else known


@lru_cache(maxsize=64)
def simulated_signals(n_points: int, rules: tuple[str, ...] = RULES) -> float:
    """`expected_signals` by simulation of independent normal months with a fixed seed."""
    if n_points < MIN_POINTS:
        return float("nan")
    noise = np.random.default_rng(SEED).standard_normal((SIMULATED_SERIES, n_points + 1))
    mean = noise[:, :-1].mean(axis=1, keepdims=True)
    spread = np.abs(np.diff(noise[:, :-1])).mean(axis=1, keepdims=True)
    lines = [mean + factor * spread for factor in (0.0, -NATURAL, NATURAL, -NEAR, NEAR)]
    newest = noise[:, -RUN:]  # no rule looks farther back from a month
    return float(_by_any(newest, rules, *lines)[:, -1].mean())


def _by_any(values: np.ndarray, rules: tuple[str, ...], *lines: ArrayLike) -> np.ndarray:
    """Points of any rule; `lines` are mean, lower, upper, lower_near, upper_near."""
    mean, lower, upper, lower_near, upper_near = lines
    by_rule = {
        "outside": lambda: outside(values, lower, upper),
        "seven_one_side": lambda: seven_one_side(values, mean),
        "seven_monotone": lambda: seven_monotone(values),
        "two_of_three_near_limit": lambda: two_of_three_near_limit(values, lower_near, upper_near),
    }
    return np.logical_or.reduce([by_rule[rule]() for rule in rules])


def _runs(hit: np.ndarray, length: int) -> np.ndarray:
    """Positions that belong to `length` or more hits in a row, along the last axis."""
    if hit.shape[-1] < length:
        return np.zeros_like(hit)
    return _spread(np.asarray(sliding_window_view(hit, length, axis=-1).all(axis=-1)), length)


def _two_of_three(hit: np.ndarray) -> np.ndarray:
    if hit.shape[-1] < 2:
        return np.zeros_like(hit)
    edges = [(0, 0)] * (hit.ndim - 1) + [(1, 1)]  # so that two neighbours at either end count too
    windows = sliding_window_view(np.pad(hit, edges), 3, axis=-1).sum(axis=-1) >= 2
    return hit & _spread(windows, 3)[..., 1:-1]


def _spread(window: np.ndarray, length: int) -> np.ndarray:
    """Mark every position of each marked window of `length`."""
    size = window.shape[-1]
    marked = np.zeros((*window.shape[:-1], size + length - 1), bool)
    for shift in range(length):
        marked[..., shift : shift + size] |= window
    return marked


def _steps_to_points(steps: np.ndarray) -> np.ndarray:
    """Both ends of each marked step."""
    marked = np.zeros((*steps.shape[:-1], steps.shape[-1] + 1), bool)
    marked[..., 1:] |= steps
    marked[..., :-1] |= steps
    return marked
