"""How likely compassion fatigue and personal activation are in a month, from self-report only.

Compassion fatigue: the true mean of the burnout and secondary traumatic stress T-scores is followed as a local level
that falls back towards the population mean between surveys (a Kalman filter on an AR(1) state, one step a month); the
answer is the probability that it lies above the pooled 75th percentile. A month uses the surveys completed by its end
and none later. Whatever else is to inform the level joins `filter_levels` as further observations, each with the
variance of its error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from caseload.estimates.instruments import RELIABLE, T_MEAN, T_SD, Z90, sem_t
from caseload.estimates.trends import Months, as_months

BURNOUT, TRAUMATIC_STRESS = "burnout", "secondary_traumatic_stress"
CUT = 56.2  # T: pooled 75th percentile of either scale (De La Rosa and colleagues 2018)
CORRELATION = 0.69  # of burnout with secondary traumatic stress (Cieslak and colleagues 2014)
PERSISTENCE = (
    0.95  # of the true level from one month to the next; judgement: half of a deviation is left after 14 months
)

_ERROR = {BURNOUT: sem_t(BURNOUT) ** 2, TRAUMATIC_STRESS: sem_t(TRAUMATIC_STRESS) ** 2}
MEAN_ERROR = sum(_ERROR.values()) / 4  # variance of the measurement error of the mean of both T-scores
LEVEL_VARIANCE = T_SD**2 * (1 + CORRELATION) / 2 - MEAN_ERROR  # of the true mean between people
HALF_GAP_VARIANCE = (2 * T_SD**2 * (1 - CORRELATION) - sum(_ERROR.values())) / 4  # of a scale's true distance from it

MIN_EARLIER = 2  # earlier months with a rating or survey before somebody's own usual level is known


@dataclass(frozen=True)
class OwnScale:
    """What is compared with a clinician's own earlier mean.

    `error` is the standard error of measurement, `spread` the standard deviation of a true change before anything is
    seen, `carried` for how many months after its own a score still speaks. All in the unit of `value`.
    """

    instrument: str
    scale: str
    value: str
    error: float
    spread: float
    carried: int


# The rating has no published error: one point and a spread of two are judgements. Surveys come quarterly and speak for
# the months between them; a monthly rating speaks for its month only.
RATING = OwnScale("activation", "total", "raw", 1.0, 2.0, 0)
STS = OwnScale(
    "proqol5", TRAUMATIC_STRESS, "t", sem_t(TRAUMATIC_STRESS), float(np.sqrt(T_SD**2 - _ERROR[TRAUMATIC_STRESS])), 3
)


def p_compassion_fatigue(scores: pd.DataFrame, months: Months, *, persistence: float = PERSISTENCE) -> pd.DataFrame:
    """The level of compassion fatigue, one row per clinician of `scores` and month asked, in one pass over the months.

    Takes `score_surveys` output. A wave is one administration of ProQOL-5; with only one of the two scales it counts as
    the mean with a larger error. Returns clinician_id, month, `p_compassion_fatigue` (0–1), `t_mean` with its 90 %
    interval `t_low`, `t_high`, `carried` (observed mean T of the last wave: the baseline to beat), `months_since` it,
    and of the last waves `last_above`, `reliable_rise` (against the wave before, |RC| > 1.96 of the mean), `two_above`
    (bool, False where there are too few waves). Before a clinician's first survey every number is NaN.
    """
    asked = as_months(months)
    waves = _waves(scores)
    grid = _grid(scores["clinician_id"], asked)
    by_month = filter_levels(waves, asked.max() if len(asked) else None, persistence=persistence)
    table = grid.merge(by_month, on=["clinician_id", "month"], how="left")
    half = Z90 * np.sqrt(table["variance"])
    table["p_compassion_fatigue"] = ndtr(((table["t_mean"] - CUT) / np.sqrt(table["variance"])).to_numpy(float))
    table["t_low"], table["t_high"] = table["t_mean"] - half, table["t_mean"] + half
    return _with_last_wave(table, waves).reindex(columns=FATIGUE_COLUMNS)


FATIGUE_COLUMNS = [
    "clinician_id",
    "month",
    "p_compassion_fatigue",
    "t_mean",
    "t_low",
    "t_high",
    "carried",
    "months_since",
    "last_above",
    "reliable_rise",
    "two_above",
]


def filter_levels(
    observations: pd.DataFrame, last: pd.Period | None, *, persistence: float = PERSISTENCE
) -> pd.DataFrame:
    """Posterior mean `t_mean` and `variance` of each clinician's level at the end of each month up to `last`.

    Takes rows of clinician_id, month (period[M]), value (T) and variance (of its error), several a month allowed;
    errors are taken as independent. Rows begin with a clinician's first observation, where the level has its population
    prior. Filter: level − 50 is multiplied by `persistence` each month, its variance tends to the population's.
    """
    known = observations[observations["month"] <= last] if last is not None else observations.iloc[:0]
    if known.empty:
        return known[["clinician_id", "month"]].assign(t_mean=0.0, variance=0.0)
    steps = pd.period_range(known["month"].min(), last, freq="M")
    precision, value = _monthly_evidence(known, steps)
    level, variance = _kalman(precision.to_numpy(), value.to_numpy(), persistence)
    started = precision.to_numpy().cumsum(axis=1) > 0
    who, when = np.nonzero(started)
    return pd.DataFrame(
        {
            "clinician_id": precision.index[who],
            "month": steps[when],
            "t_mean": T_MEAN + level[started],
            "variance": variance[started],
        }
    )


def p_activation(scores: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Probability that personal material shows more than usual, one row per clinician of `scores` and month asked.

    Takes `score_surveys` output. The monthly activation rating and the STS T-score are each compared with the mean of
    the same clinician's earlier months: with a true change that is normal around zero beforehand, the posterior
    probability that it exceeds one standard error of measurement. Each needs MIN_EARLIER earlier months with a score
    and a score that still speaks (see RATING, STS).

    Returns clinician_id, month, `p_activation` (the larger, 0–1; NaN where neither is known), `p_rating`, `rating`,
    `rating_usual` (points of 0–10), `p_sts`, `sts`, `sts_usual` (T).
    """
    table = _grid(scores["clinician_id"], as_months(months))
    for name, own in (("rating", RATING), ("sts", STS)):
        found = _own_change(scores, own, name)
        table = _latest(table, found, own.carried).drop(columns="wave")
    table["p_activation"] = table[["p_rating", "p_sts"]].max(axis=1)
    columns = ["p_activation", "p_rating", "rating", "rating_usual", "p_sts", "sts", "sts_usual"]
    return table[["clinician_id", "month", *columns]]


def _waves(scores: pd.DataFrame) -> pd.DataFrame:
    """ProQOL-5 administrations: clinician_id, completed_on, month, value (mean T), variance of its error."""
    wanted = scores[(scores["instrument"] == "proqol5") & scores["scale"].isin(list(_ERROR))]
    wide = wanted.pivot(index=["clinician_id", "completed_on"], columns="scale", values="t")
    wide = wide.reindex(columns=list(_ERROR)).astype(float)
    frame = pd.DataFrame({"value": wide.mean(axis=1), "variance": _wave_variance(wide)}).reset_index()
    frame.insert(1, "month", pd.to_datetime(frame["completed_on"]).dt.to_period("M"))
    return frame


def _wave_variance(wide: pd.DataFrame) -> np.ndarray:
    both = wide.notna().all(axis=1)
    alone = np.where(wide[BURNOUT].notna(), _ERROR[BURNOUT], _ERROR[TRAUMATIC_STRESS]) + HALF_GAP_VARIANCE
    return np.where(both, MEAN_ERROR, alone)


def _monthly_evidence(known: pd.DataFrame, steps: pd.PeriodIndex) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summed precision and precision-weighted mean of each clinician's observations, clinician × month."""
    rows = known.assign(precision=1.0 / known["variance"])
    rows["weighted"] = rows["precision"] * (rows["value"] - T_MEAN)
    precision, weighted = (
        rows.pivot_table(index="clinician_id", columns="month", values=name, aggfunc="sum", observed=True)
        .reindex(columns=steps)
        .fillna(0.0)
        for name in ("precision", "weighted")
    )
    return precision, weighted / precision.where(precision > 0, 1.0)


def _kalman(precision: np.ndarray, value: np.ndarray, persistence: float) -> tuple[np.ndarray, np.ndarray]:
    """Filtered deviation from the population mean and its variance, clinician × month; precision 0 = nothing seen."""
    level, variance = np.zeros_like(value), np.full_like(value, LEVEL_VARIANCE)
    now, spread = level[:, 0], variance[:, 0]
    for step in range(value.shape[1]):
        if step:
            now = persistence * now
            spread = persistence**2 * spread + (1 - persistence**2) * LEVEL_VARIANCE
        gain = spread * precision[:, step] / (1 + spread * precision[:, step])
        now = now + gain * (value[:, step] - now)
        spread = (1 - gain) * spread
        level[:, step], variance[:, step] = now, spread
    return level, variance


def _with_last_wave(table: pd.DataFrame, waves: pd.DataFrame) -> pd.DataFrame:
    facts = waves.sort_values(["clinician_id", "completed_on"]).rename(columns={"value": "carried"})
    before = facts.groupby("clinician_id")[["carried", "variance"]].shift()
    facts["last_above"] = facts["carried"] > CUT
    facts["two_above"] = facts["last_above"] & (before["carried"] > CUT)
    change: pd.Series = (facts["carried"] - before["carried"]) / np.sqrt(facts["variance"] + before["variance"])
    facts["reliable_rise"] = change > RELIABLE
    facts = facts.drop(columns=["variance", "completed_on"]).groupby(["clinician_id", "month"], as_index=False).last()
    found = _latest(table.drop(columns="variance"), facts, None)
    found["months_since"] = _months_between(found["month"], found["wave"])
    flags = ["last_above", "two_above", "reliable_rise"]
    return found.assign(**{name: found[name].eq(True) for name in flags})


def _own_change(scores: pd.DataFrame, own: OwnScale, name: str) -> pd.DataFrame:
    """Each month's score where there is one, the mean of the earlier months, and the probability of a true rise."""
    rows = scores[(scores["instrument"] == own.instrument) & (scores["scale"] == own.scale)]
    rows = rows.assign(month=pd.to_datetime(rows["completed_on"]).dt.to_period("M"))
    monthly = rows.groupby(["clinician_id", "month"], as_index=False).agg(score=(own.value, "mean"))
    people = monthly.groupby("clinician_id")["score"]
    earlier = people.cumcount()
    usual = (people.cumsum() - monthly["score"]) / earlier.where(earlier >= MIN_EARLIER)
    monthly[f"p_{name}"] = _p_rise(monthly["score"] - usual, earlier.clip(lower=1), own)
    monthly[f"{name}_usual"] = usual
    return monthly.rename(columns={"score": name})


def _p_rise(difference: pd.Series, earlier: pd.Series, own: OwnScale) -> np.ndarray:
    """P(true change > error) for an observed difference from the mean of `earlier` scores."""
    noise = own.error**2 * (1 + 1 / earlier)
    weight = own.spread**2 / (own.spread**2 + noise)
    return np.asarray(ndtr(((weight * difference - own.error) / np.sqrt(weight * noise)).to_numpy(float)))


def _latest(table: pd.DataFrame, facts: pd.DataFrame, carried: int | None) -> pd.DataFrame:
    """Add to each clinician-month the newest earlier or equal row of `facts`, at most `carried` months old."""
    if table.empty or facts.empty:
        empty = facts.rename(columns={"month": "wave"}).drop(columns="clinician_id").iloc[:0]
        return table.join(empty.reset_index(drop=True))
    left = table.assign(_at=_ordinal(table["month"]))
    right = facts.rename(columns={"month": "wave"}).assign(_at=_ordinal(facts["month"])).sort_values("_at")
    order = left.reset_index().sort_values("_at", kind="stable")
    found = pd.merge_asof(order, right, on="_at", by="clinician_id", tolerance=carried)
    return found.sort_values("index").drop(columns=["index", "_at"]).reset_index(drop=True)


def _ordinal(months: pd.Series) -> np.ndarray:
    return pd.PeriodIndex(months, freq="M").astype("int64").to_numpy()


def _months_between(later: pd.Series, earlier: pd.Series) -> pd.Series:
    gap = _ordinal(later) - _ordinal(earlier)
    return pd.Series(gap, index=later.index, dtype=float).where(earlier.notna())


def _grid(clinicians: pd.Series, months: pd.PeriodIndex) -> pd.DataFrame:
    """Every clinician in every month asked."""
    index = pd.MultiIndex.from_product([clinicians.drop_duplicates().sort_values(), months])
    return index.to_frame(index=False, name=["clinician_id", "month"])
