"""Trends: XmR charts (individual values and moving ranges) of one clinician's months.

Source: Wheeler, Understanding Variation; the constants are those of samples of two. Gaps (NaN) are left out: the
recorded values on both sides of a gap are neighbours, so a moving range and a run go on across it.

The limits and rules suppose months that do not resemble their neighbours. Series that do (an estimate that is carried
on from month to month, a share over a window that overlaps the next one) signal five times as often when nothing has
changed. A `Course` is therefore judged on the residual scale: each month against what the one before led to expect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, wraps

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike
from scipy.special import expit, logit

NATURAL = 2.66  # mean ± 2.66 mR̄: natural limits, 3 / d2 with d2 = 1.128
NEAR = 1.773  # mean ± 1.773 mR̄: two thirds of the way to the natural limits
RUN = 7  # points on one side, or rising or falling throughout
TRIAL_POINTS = 12  # with fewer points than this the limits are trial limits
MIN_POINTS = 4  # fewer recorded months before the newest: no limits are drawn
PRIOR_PERSISTENCE = 0.6  # of a series' deviations from one month to the next, where a practice has none to learn from
PRIOR_MONTHS = 60  # what the prior weighs, in months of the practice
MOST_PERSISTENCE = 0.95
LEAST_SHARE = 0.005  # shares are kept so far from 0 and 1 before their log odds are taken
WHOLE_POINTS = 0.65  # least mean moving range of rounded values, in what they are rounded to: less is an accident
EQUAL = 1e-9  # of a series' largest value: what lies nearer to a line, or to its neighbour, is on it
SIMULATED_SERIES = 100_000
SEED = 20260501

Months = str | pd.Period | pd.PeriodIndex | Iterable[pd.Period]
"""What every estimate takes as `months`: one month or several."""

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


def as_months(months: Months) -> pd.PeriodIndex:
    """One month (`YYYY-MM`, say) or several as a monthly PeriodIndex."""
    return pd.PeriodIndex([months] if isinstance(months, str | pd.Period) else list(months), freq="M")


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


def persistence(months: pd.DataFrame, value: str, known: pd.Series | None = None) -> float:
    """How much of a deviation from somebody's own mean is left a month later, all clinicians together (0 to .95).

    Takes one row per clinician_id and month; `known` (bool) leaves rows out. The mean over clinicians of the lag-one
    autocorrelation of their recorded months (so that one whose level shifts does not speak for all), corrected for the
    bias of short series (Kendall 1954), drawn to PRIOR_PERSISTENCE by the weight of PRIOR_MONTHS months.
    """
    rows = (months if known is None else months[known]).dropna(subset=value).sort_values(["clinician_id", "month"])
    people = rows.groupby("clinician_id")[value]
    rows = rows.assign(away=rows[value] - people.transform("mean"), length=people.transform("size"))
    rows["next"] = rows.groupby("clinician_id")["away"].shift(-1)
    sums = rows.assign(together=rows["away"] * rows["next"], alone=rows["away"] ** 2)
    sums = sums.groupby("clinician_id").agg(
        together=("together", "sum"), alone=("alone", "sum"), length=("length", "first")
    )
    sums = sums[(sums["length"] > MIN_POINTS + 1) & (sums["alone"] > 0)]
    if sums.empty:
        return PRIOR_PERSISTENCE
    weight, length = sums["length"].sum(), sums["length"].mean()
    found = (sums["together"] / sums["alone"] * sums["length"]).sum() / weight
    unbiased = (found * length + 1) / (length - 4)
    drawn = (PRIOR_MONTHS * PRIOR_PERSISTENCE + weight * unbiased) / (PRIOR_MONTHS + weight)
    return float(np.clip(drawn, 0.0, MOST_PERSISTENCE))


@dataclass(frozen=True, eq=False)
class Course:
    """One clinician's value in every calendar month from the first to the last, NaN where there is none.

    `first` is the first month, counted from January 1970; `low` and `high` are the ends of its interval, if it has one.
    `persistence` is how much of a deviation is left a month later (see `persistence`): each month is judged by what it
    adds to that. `least` is the smallest mean moving range that the scale can tell, in the unit of the value. A share
    is judged on the scale of log odds: `whole` is its largest value (1, or 100 for per cent), 0 for anything else.
    `grain` is what the values are rounded to, if they are: the mean then is, too, so that a value on it ends a run.
    """

    first: int
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    persistence: float = 0.0
    least: float = 0.0
    whole: float = 0.0
    grain: float = 0.0

    @classmethod
    def of(
        cls,
        months: pd.DataFrame,
        value: str = "value",
        low: str = "low",
        high: str = "high",
        known: np.ndarray | None = None,
        *,
        persistence: float = 0.0,
        least: float = 0.0,
        whole: float = 0.0,
        grain: float = 0.0,
    ) -> Course:
        """From one row per month, in any order: `month` (period[M]), the value and, if there are, both ends.

        With `known`, a bool for each row, the others are left without a value.
        """
        number = months["month"].astype("int64").to_numpy()
        first, end = (int(number.min()), int(number.max()) + 1) if len(number) else (0, 0)
        columns = np.full((3, end - first), np.nan)
        for column, name in zip(columns, (value, low, high), strict=True):
            if name in months:
                values = months[name].to_numpy(float)
                column[number - first] = values if known is None else np.where(known, values, np.nan)
        return cls(first, columns[0], columns[1], columns[2], persistence, least, whole, grain)

    @property
    def known(self) -> np.ndarray:
        """Of each month, whether it has a value."""
        return ~np.isnan(self.value)

    @cached_property
    def judged(self) -> np.ndarray:
        """The values on the scale that they are judged on."""
        if not self.whole:
            return self.value
        return np.asarray(logit(np.clip(self.value / self.whole, LEAST_SHARE, 1 - LEAST_SHARE)))

    def shown(self, judged: ArrayLike) -> np.ndarray:
        """Back from that scale to the values' own."""
        return self.whole * expit(np.asarray(judged)) if self.whole else np.asarray(judged)

    @cached_property
    def carried(self) -> np.ndarray:
        """What is left of the recorded month before each month; NaN before the first, 0 where nothing is carried.

        Of a deviation from the mean, `persistence`^k is left after k months; the rest has gone back to the mean.
        """
        if self.persistence == 0 or not len(self.judged):
            return np.zeros(len(self.judged))
        before = pd.Series(np.r_[np.nan, self.judged[:-1]]).ffill().to_numpy(float)
        left = self.persistence**self._ago
        return np.asarray(left * before + (self.persistence - left) * self._mean)

    @cached_property
    def _mean(self) -> float:
        """Of the months before the newest, on the scale that they are judged on."""
        past = self.judged[:-1][self.known[:-1]]
        return float(past.mean()) if len(past) else np.nan

    @cached_property
    def spread(self) -> np.ndarray:
        """How many times wider a month spreads about what is expected than one that follows on a recorded month.

        After k months an AR(1) series has spread by 1 − φ²ᵏ, and the farther it is drawn to the mean, the more counts
        how little is known of the mean itself.
        """
        if self.persistence == 0:
            return np.ones(len(self.judged))
        left, months = self.persistence**self._ago, max(int(self.known[:-1].sum()), 1)
        of_mean = (1 + self.persistence) / (1 - self.persistence) / months
        drawn = self.persistence - left  # beyond what the mean of the limits takes up
        return np.sqrt((1 - left**2 + drawn**2 * of_mean) / (1 - self.persistence**2))

    @cached_property
    def _ago(self) -> np.ndarray:
        """Of each month, how many months ago there was a value; NaN before the first."""
        at = np.arange(len(self.judged), dtype=float)
        last = pd.Series(np.where(self.known, at, np.nan)).ffill().shift(1).to_numpy(float)
        return at - last

    @cached_property
    def _level(self) -> float:
        """What a month at the mean adds that follows on a month at the mean."""
        return 0.0 if self.persistence == 0 or np.isnan(self._mean) else (1 - self.persistence) * self._mean

    @cached_property
    def added(self) -> np.ndarray:
        """What each month adds to what is carried, in the spread of a month that follows on a recorded one."""
        return self._level + (self.judged - self.carried - self._level) / self.spread

    @property
    def limits(self) -> Limits:
        """For what the newest month adds to what is carried, from the months before it; NaN under MIN_POINTS."""
        steady, spread = self._steady, self.spread[-1] if len(self.judged) else 1.0
        if np.isnan(spread) or spread == 1:
            return steady
        return Limits(steady.points, self._level + spread * (steady.mean - self._level), spread * steady.moving_range)

    @cached_property
    def _steady(self) -> Limits:
        """Of what months add that follow on a recorded one."""
        limits = xmr(self.added, baseline=max(len(self.judged) - 1, 0))
        if limits.points < MIN_POINTS:
            return Limits(limits.points, np.nan, np.nan)
        mean = np.round(limits.mean / self.grain) * self.grain if self.grain else limits.mean
        return Limits(limits.points, float(mean), max(limits.moving_range, self.least))

    @property
    def usual(self) -> tuple[float, float] | None:
        """Between which limits the newest month was to be expected; None with too few months."""
        if not len(self.value) or np.isnan(self.limits.mean + self.carried[-1]):
            return None
        low, high = (self._line(end)[-1] for end in (self._steady.lower, self._steady.upper))
        return float(low), float(high)

    def _line(self, limit: float) -> np.ndarray:
        """A line of the limits in every month, on the values' own scale."""
        return self.shown(self.carried + self._level + self.spread * (limit - self._level))

    def times(self, factor: float) -> Course:
        """In another unit."""
        ends = self.value * factor, self.low * factor, self.high * factor
        scales = self.least * factor, self.whole * factor, self.grain * factor
        return Course(self.first, *ends, self.persistence, *scales)

    def chart(self, state: str = "") -> pd.DataFrame:
        """See `chart`; with `persistence` the limits move with the month before."""
        size = len(self.value)
        names = ("mean", "lower", "upper", "lower_near", "upper_near")
        return pd.DataFrame(
            {
                "month": pd.Series([f"{1970 + m // 12}-{m % 12 + 1:02d}" for m in range(self.first, self.first + size)],
                                   dtype="str"),
                "value": self.value,
                "low": self.low,
                "high": self.high,
                **{name: self._line(getattr(self._steady, name)) for name in names},
                "signal": signals(self.added, self._steady),
                "state": pd.Series(([""] * size)[1:] + [state] * bool(size), dtype="str"),
            }
        )  # fmt: skip


def chart(months: pd.DataFrame, *, state: str = "") -> pd.DataFrame:
    """One clinician's series as `plot_xmr` draws it, in every calendar month from its first to its last.

    Takes one row per month: `month` (period[M]), `value` and optionally `low`, `high` (an interval). The limits come
    from the months before the newest one, so that the newest point is judged against its past only; earlier points are
    shown against the same lines. With fewer than MIN_POINTS recorded earlier months there are no limits and no signals.

    Returns month (text), value, low, high, mean, lower, upper, lower_near, upper_near (unit of the values, NaN = none),
    signal (bool) and state (`state` on the newest month, "" before).

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.estimates import chart
    >>> months = pd.period_range("2025-01", periods=14, freq="M")
    >>> table = chart(pd.DataFrame({"month": months, "value": [5, 6] * 6 + [5, 12]}), state="watch")
    >>> table[["month", "value", "mean", "upper", "signal"]].tail(2).round(1)
          month  value  mean  upper  signal
    12  2026-01    5.0   5.5    8.1   False
    13  2026-02   12.0   5.5    8.1    True
    """
    return Course.of(months).chart(state)


def _by_any(values: np.ndarray, rules: tuple[str, ...], *lines: ArrayLike) -> np.ndarray:
    """Points of any rule; `lines` are mean, lower, upper, lower_near, upper_near."""
    mean, lower, upper, lower_near, upper_near = lines
    found = {
        "outside": lambda: outside(values, lower, upper),
        "seven_one_side": lambda: seven_one_side(values, mean),
        "seven_monotone": lambda: seven_monotone(values),
        "two_of_three_near_limit": lambda: two_of_three_near_limit(values, lower_near, upper_near),
    }
    return np.logical_or.reduce([found[rule]() for rule in rules])


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
