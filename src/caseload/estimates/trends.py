"""Trends: one clinician's months on an XmR chart (`limits`), each judged by what the months before led to expect.

The limits and rules suppose months that do not resemble their neighbours. Series that do (an estimate that is carried
on from month to month, a share over a window that overlaps the next one) signal five times as often when nothing has
changed. A `Course` is therefore judged on the residual scale: each month against what the one before led to expect.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from caseload.estimates.limits import MIN_POINTS, Limits, signals, xmr

PRIOR_PERSISTENCE = 0.6  # of a series' deviations from one month to the next, where a practice has none to learn from
PRIOR_MONTHS = 60  # what the prior weighs, in months of the practice
MOST_PERSISTENCE = 0.95
LEAST_SHARE = 0.005  # shares are kept so far from 0 and 1 before their log odds are taken
WHOLE_POINTS = 0.65  # least mean moving range of rounded values, in what they are rounded to: less is an accident

Months = str | pd.Period | pd.PeriodIndex | Iterable[pd.Period]
"""What every estimate takes as `months`: one month or several."""


def as_months(months: Months) -> pd.PeriodIndex:
    """One month (`YYYY-MM`, say) or several as a monthly PeriodIndex."""
    return pd.PeriodIndex([months] if isinstance(months, str | pd.Period) else list(months), freq="M")


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
    observed = (sums["together"] / sums["alone"] * sums["length"]).sum() / weight
    unbiased = (observed * length + 1) / (length - 4)
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
    `begins` are the months, counted as `first`, in which what is usual begins again because a change was declared:
    limits come from the months since the last of them, and no rule looks across one.
    """

    first: int
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    persistence: float = 0.0
    least: float = 0.0
    whole: float = 0.0
    grain: float = 0.0
    begins: tuple[int, ...] = ()

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
        begins: tuple[int, ...] = (),
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
        within = tuple(at for at in begins if first < at < end)
        return cls(first, columns[0], columns[1], columns[2], persistence, least, whole, grain, within)

    @cached_property
    def stretches(self) -> tuple[Course, ...]:
        """The courses between declared changes, oldest first: each with a usual of its own."""
        edges = [self.first, *self.begins, self.first + len(self.value)]
        return tuple(self._between(start - self.first, end - self.first) for start, end in pairwise(edges))

    def _between(self, start: int, end: int) -> Course:
        parts = {name: getattr(self, name)[start:end] for name in ("value", "low", "high")}
        return replace(self, first=self.first + start, begins=(), **parts)

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
        remaining = self.persistence**self._ago
        return np.asarray(remaining * before + (self.persistence - remaining) * self._mean)

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
        remaining, months = self.persistence**self._ago, max(int(self.known[:-1].sum()), 1)
        of_mean = (1 + self.persistence) / (1 - self.persistence) / months
        drawn = self.persistence - remaining  # beyond what the mean of the limits takes up
        return np.sqrt((1 - remaining**2 + drawn**2 * of_mean) / (1 - self.persistence**2))

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
        if self.begins:
            return self.stretches[-1].limits
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
        if self.begins:
            return self.stretches[-1].usual
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
        return Course(self.first, *ends, self.persistence, *scales, self.begins)

    def chart(self, state: str = "") -> pd.DataFrame:
        """See `chart`; with `persistence` the limits move with the month before.

        `begins` (bool) marks the months in which a declared change begins.
        """
        if self.begins:
            *before, newest = self.stretches
            table = pd.concat([*(part.chart() for part in before), newest.chart(state)], ignore_index=True)
            numbers = self.first + np.arange(len(table))
            return table.assign(begins=np.isin(numbers, self.begins))
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
                "begins": False,
                "state": pd.Series(([""] * size)[1:] + [state] * bool(size), dtype="str"),
            }
        )  # fmt: skip


def chart(months: pd.DataFrame, *, state: str = "") -> pd.DataFrame:
    """One clinician's series as `plot_xmr` draws it, in every calendar month from its first to its last.

    Takes one row per month: `month` (period[M]), `value` and optionally `low`, `high` (an interval). The limits come
    from the months before the newest one, so that the newest point is judged against its past only; earlier points are
    shown against the same lines. With fewer than MIN_POINTS recorded earlier months there are no limits and no signals.

    Returns month (text), value, low, high, mean, lower, upper, lower_near, upper_near (unit of the values, NaN = none),
    signal (bool), begins (bool, always False) and state (`state` on the newest month, "" before).

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
