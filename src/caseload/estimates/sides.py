"""One side of the balance for every client-month: measured, pooled, and summed up per clinician-month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.estimates.factors import FactorFit, Scores, fit_factor, score
from caseload.estimates.pooling import Filtered, Variances, clinician_means, filter_months, variance_components
from caseload.signals import Signal

SHIFT_PERSISTENCE = 0.9
"""Monthly correlation of the errors of a clinician's months, by which the earlier mean rests on fewer months."""


@dataclass(frozen=True)
class Side:
    """One side of the balance for every client-month: what its signals say, and what is believed after pooling.

    `recorded` marks client-months with any signal of the side, be it one that tells nothing in this practice.
    """

    fit: FactorFit | None
    recorded: np.ndarray
    scores: Scores
    variances: Variances
    filtered: Filtered


def fit_side(signals: pd.DataFrame, side: tuple[Signal, ...], case_mix: pd.DataFrame) -> Side:
    """Fit, score and filter one side; without any usable signal its scores carry no information."""
    fit = fit_factor(signals, side, case_mix)
    if fit is None:
        nothing = np.zeros(len(signals))
        scores = Scores(nothing, np.full(len(signals), np.inf), np.zeros((len(signals), 0)))
        doubt = nothing
    else:
        scores = score(signals, case_mix, fit)
        doubt = fit.level_variance[fit.clinicians.get_indexer(pd.Index(signals["clinician_id"]))]
    variances = variance_components(signals, scores)
    recorded = (signals[[f"{s.name}_n" for s in side]] > 0).any(axis=1).to_numpy()
    return Side(fit, recorded, scores, variances, filter_months(signals, scores, variances, doubt))


def clinician_months(signals: pd.DataFrame, effort: Side, engagement: Side, both: np.ndarray) -> pd.DataFrame:
    """Means over the estimable clients of every clinician-month: `effort`, `engagement`, `gap`, with `_variance`.

    `_style` is the part of the variance that is due to the clinician's style, the same in every month.
    """
    rows = np.flatnonzero(both)
    keys = signals.loc[rows, ["clinician_id", "month"]].reset_index(drop=True)
    group = keys.groupby(["clinician_id", "month"], sort=True).ngroup().to_numpy()
    table = keys.drop_duplicates().sort_values(["clinician_id", "month"], ignore_index=True)
    for name, side in (("effort", effort), ("engagement", engagement)):
        mean, variance, style = clinician_means(side.filtered, rows, group, len(table))
        table[name], table[f"{name}_variance"], table[f"{name}_style"] = mean, variance, style
    table["gap"] = table["effort"] - table["engagement"]
    for part in ("variance", "style"):
        table[f"gap_{part}"] = table[f"effort_{part}"] + table[f"engagement_{part}"]
    return table


def own_shift(
    monthly: pd.DataFrame, month: pd.Period, column: str = "gap", persistence: float = SHIFT_PERSISTENCE
) -> pd.DataFrame:
    """A month's value of each clinician minus the mean of that clinician's earlier months: `shift`, `variance`.

    Indexed by clinician; only clinicians with a value in the month and in an earlier one. Errors of neighbouring
    months are alike, so the earlier mean is taken to rest on n(1 − ρ)/(1 + ρ) months, at least one. A style is
    the same in both and cancels out.
    """
    monthly = monthly.assign(variance=monthly[f"{column}_variance"] - monthly[f"{column}_style"])
    current = monthly[monthly["month"] == month].set_index("clinician_id")
    past = monthly[monthly["month"] < month].groupby("clinician_id")
    level, spread, n = past[column].mean(), past["variance"].mean(), past.size()
    effective = (n * (1 - persistence) / (1 + persistence)).clip(lower=1.0)
    shift = pd.DataFrame({"shift": current[column] - level, "variance": current["variance"] + spread / effective})
    return shift.dropna()
