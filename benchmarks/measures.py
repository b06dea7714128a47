"""What is measured of a world's clinician-months: ranking, flags, delays, intervals, calibration. Pure functions.

`found` has one row a clinician-month (index practice, clinician_id, month): the contenders' figures, the flag's
`state`, the true `over_invested`, and `judged`, False in the first months, which the mixed model cannot do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from caseload.flags import over_investment
from caseload.flags.states import flag_states

BINS = 10


class Measure(NamedTuple):
    """One number: whose, which, and of how many (`n_true` of them over-invested)."""

    contender: str
    measure: str
    value: float
    n: int
    n_true: int


def states(clinicians: pd.DataFrame) -> np.ndarray:
    """The flag's state for each row of a practice's `clinicians`, of all months."""
    rows = clinicians[["clinician_id", "month"]]
    return flag_states(rows.join(over_investment.rule(clinicians))).to_numpy()


def ranking(found: pd.DataFrame, contenders: list[str]) -> Iterator[Measure]:
    """AUROC and average precision; a figure that is missing counts as the contender's median."""
    judged = found[found["judged"]]
    truth = judged["over_invested"]
    for name in contenders:
        figure = judged[name].fillna(judged[name].median())
        if figure.notna().all() and truth.any():
            yield Measure(name, "auroc", float(roc_auc_score(truth, figure)), len(truth), int(truth.sum()))
            precision = float(average_precision_score(truth, figure))
            yield Measure(name, "average_precision", precision, len(truth), int(truth.sum()))


def flags(found: pd.DataFrame) -> Iterator[Measure]:
    """False `raise` and `watch` (or raise) per 100 months without over-investment, and the share of others raised."""
    judged = found[found["judged"]]
    truth, raised = judged["over_invested"], judged["state"] == "raise"
    flagged = raised | (judged["state"] == "watch")
    counts = len(truth), int(truth.sum())
    yield Measure("p_over_invested", "false_raise_per_100", 100 * float(raised[~truth].mean()), *counts)
    yield Measure("p_over_invested", "false_watch_per_100", 100 * float(flagged[~truth].mean()), *counts)
    if truth.any():
        yield Measure("p_over_invested", "true_months_raised", float(raised[truth].mean()), *counts)
        yield Measure("p_over_invested", "true_months_watched", float(flagged[truth].mean()), *counts)


def delays(found: pd.DataFrame) -> Iterator[Measure]:
    """Months from onset to the first `raise` within the episode: median (missing if most have none), share raised."""
    episodes = found[found["over_invested"]].reset_index()
    if episodes.empty:
        return
    episodes["ordinal"] = pd.PeriodIndex(episodes["month"]).astype("int64")
    episodes["raised"] = episodes["ordinal"].where(episodes["state"] == "raise")
    by = episodes.groupby(["practice", "clinician_id"])
    wait = by["raised"].min() - by["ordinal"].min()
    median = float(np.median(wait.fillna(np.inf)))
    n = len(wait)
    yield Measure("p_over_invested", "months_to_raise", median if np.isfinite(median) else np.nan, n, n)
    yield Measure("p_over_invested", "episodes_raised", float(wait.notna().mean()), n, n)


def intervals(held: pd.DataFrame) -> Iterator[Measure]:
    """Share of 90 % intervals that hold the truth; `held` has `estimate`, `held` (how many) and `n`, in any pieces."""
    for name, counts in held.groupby("estimate", sort=False)[["held", "n"]].sum().iterrows():
        if counts["n"]:
            yield Measure(str(name), "coverage_90", float(counts["held"] / counts["n"]), int(counts["n"]), 0)


def errors(held: pd.DataFrame) -> Iterator[Measure]:
    """Mean error of the slopes; `held` as for `intervals`, with `error`, the sum of estimate − truth."""
    slopes = held.loc[held["estimate"] == "compensation", ["error", "n"]].sum()
    if slopes["n"]:
        yield Measure("compensation", "mean_error", float(slopes["error"] / slopes["n"]), int(slopes["n"]), 0)


def calibration(found: pd.DataFrame) -> Iterator[Measure]:
    """Of `p_over_invested`: intercept and slope of the truth on its log odds (0 and 1 are right), and the ECE."""
    known = found[found["judged"]].dropna(subset="p_over_invested")
    p, truth = known["p_over_invested"].to_numpy(), known["over_invested"].to_numpy(bool)
    counts = len(truth), int(truth.sum())
    odds = logit(np.clip(p, 1e-6, 1 - 1e-6))
    if truth.any() and np.ptp(odds) > 0:
        fit = LogisticRegression(C=np.inf, max_iter=1000).fit(odds[:, None], truth)
        yield Measure("p_over_invested", "calibration_intercept", float(fit.intercept_[0]), *counts)
        yield Measure("p_over_invested", "calibration_slope", float(fit.coef_[0, 0]), *counts)
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    off = abs(np.bincount(place, p - truth, minlength=BINS))
    yield Measure("p_over_invested", "ece", float(off.sum() / len(p)), *counts)
