"""Whether personal material shows more than usual: rating and traumatic stress against one's own earlier ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from caseload.estimates.carried import every_month, last_known
from caseload.estimates.instruments import T_SD, sem_t
from caseload.estimates.trends import Months, as_months

TRAUMATIC_STRESS = "secondary_traumatic_stress"
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
    "proqol5", TRAUMATIC_STRESS, "t", sem_t(TRAUMATIC_STRESS), float(np.sqrt(T_SD**2 - sem_t(TRAUMATIC_STRESS) ** 2)), 3
)


def p_activation(scores: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Probability that personal material shows more than usual, one row per clinician of `scores` and month asked.

    Takes `score_surveys` output. The monthly activation rating and the STS T-score are each compared with the mean of
    the same clinician's earlier months: with a true change that is normal around zero beforehand, the posterior
    probability that it exceeds one standard error of measurement. Each needs MIN_EARLIER earlier months with a score
    and a score that still speaks (see RATING, STS).

    Returns clinician_id, month, `p_activation` (the larger, 0–1; NaN where neither is known), `p_rating`, `rating`,
    `rating_usual` (points of 0–10), `p_sts`, `sts`, `sts_usual` (T).

    Examples
    --------
    >>> import caseload
    >>> from caseload.estimates import p_activation, score_surveys
    >>> scores = score_surveys(caseload.read_practice("data/sample").surveys)
    >>> p_activation(scores, "2026-05").query("p_activation > 0.9")[["clinician_id", "p_activation"]].round(2)
      clinician_id  p_activation
    4          C05          0.98
    9          C11          1.00
    """
    table = every_month(scores["clinician_id"], as_months(months))
    for name, own in (("rating", RATING), ("sts", STS)):
        own_change = _own_change(scores, own, name)
        table = last_known(table, own_change, own.carried).drop(columns="wave")
    table["p_activation"] = table[["p_rating", "p_sts"]].max(axis=1)
    columns = ["p_activation", "p_rating", "rating", "rating_usual", "p_sts", "sts", "sts_usual"]
    return table[["clinician_id", "month", *columns]]


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
