"""One side of the balance for every client-month: measured, pooled, and summed up per clinician-month."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from caseload.estimates.factors import RATED, SAMPLE_ROWS, FactorFit, Scores, fit_factor, score_rows
from caseload.estimates.panel import Panel
from caseload.estimates.pooling import Filtered, Variances, filter_months, variance_components
from caseload.estimates.season import Season, practice_months
from caseload.signals import Signal

SHIFT_PERSISTENCE = 0.5
"""Monthly correlation of the errors of a clinician's months (in simulations; it makes 90 % intervals hold 90 %)."""


@dataclass(frozen=True)
class Side:
    """One side of the balance for every client-month: what its signals say, and what is believed after pooling.

    `fit` and `variances` are the constants (`fit` None where no signal has a scale); `recorded` marks client-months
    with any signal of the side, be it one that tells nothing in this practice. `season` is what the whole practice
    shares in the month of each row; it has left the scores of effort, and is 0 for engagement. `unrated` is the
    posterior mean without what the clinician rates (None where nothing is rated).
    """

    fit: FactorFit | None
    variances: Variances
    recorded: np.ndarray
    scores: Scores
    season: Season
    filtered: Filtered
    unrated: np.ndarray | None = None


def fit_side(
    signals: pd.DataFrame, side: tuple[Signal, ...], case_mix: pd.DataFrame, panel: Panel, *, prior_weight: float = 1.0
) -> Side:
    """Estimate the constants of one side, and read the side with them."""
    fit = fit_factor(signals, side, case_mix, panel, prior_weight=prior_weight)
    scores, season = _scored(signals, side, case_mix, panel, fit)
    sampled = panel.sample(SAMPLE_ROWS)
    variances = variance_components(panel.take(sampled), scores.take(sampled), prior_weight=prior_weight)
    return _side(signals, side, case_mix, panel, fit, variances, scores, season)


def read_side(
    signals: pd.DataFrame,
    side: tuple[Signal, ...],
    case_mix: pd.DataFrame,
    panel: Panel,
    fit: FactorFit | None,
    variances: Variances,
) -> Side:
    """Read one side with constants that were estimated before, of these or of other client-months."""
    return _side(signals, side, case_mix, panel, fit, variances, *_scored(signals, side, case_mix, panel, fit))


def _scored(
    signals: pd.DataFrame, side: tuple[Signal, ...], case_mix: pd.DataFrame, panel: Panel, fit: FactorFit | None
) -> tuple[Scores, Season]:
    """The scores of a side, those of effort without what the whole practice shares in the month."""
    scores = score_rows(signals, case_mix, fit, panel)
    if side[0].side != "effort":
        return scores, Season(np.zeros(len(panel)), np.zeros(len(panel)))
    season = practice_months(panel, scores.score, scores.variance)
    known = np.isfinite(scores.variance)
    own = np.where(known, scores.score - season.deviation, scores.score)
    return replace(scores, score=own, common=scores.common + season.variance), season


def _side(
    signals: pd.DataFrame,
    side: tuple[Signal, ...],
    case_mix: pd.DataFrame,
    panel: Panel,
    fit: FactorFit | None,
    variances: Variances,
    scores: Scores,
    season: Season,
) -> Side:
    recorded = np.zeros(len(panel), bool)
    for signal in side:
        recorded |= signals[f"{signal.name}_n"].to_numpy() > 0
    doubt = np.zeros(len(panel)) if fit is None else fit.level_doubt(panel)[panel.clinician]
    filtered = filter_months(panel, scores, variances, doubt, scores.common)
    unrated = None
    if scores.rated.any():
        rest = score_rows(signals, case_mix, fit, panel, without=RATED)
        unrated = filter_months(panel, rest, variances, doubt, rest.common).mean
    return Side(fit, variances, recorded, scores, season, filtered, unrated)


def clinician_months(panel: Panel, effort: Side, engagement: Side, both: np.ndarray) -> pd.DataFrame:
    """Means over the estimable clients of every clinician-month: `effort`, `engagement`, `gap`, with `_variance`.

    `_style` is the part of the variance that is due to the clinician's style, the same in every month.
    """
    rows = np.flatnonzero(both)
    first = int(panel.month.min(initial=0))
    span = int(panel.month.max(initial=0)) - first + 1
    cell, group = np.unique(panel.clinician[rows] * span + panel.month[rows] - first, return_inverse=True)
    table = pd.DataFrame(
        {
            "clinician_id": panel.clinicians.take(cell // span),
            "month": pd.PeriodIndex.from_ordinals(cell % span + first, freq="M"),  # type: ignore[attr-defined]
        }
    )
    for name, side in (("effort", effort), ("engagement", engagement)):
        mean, variance, style = clinician_means(side.filtered, rows, group, len(table))
        table[name], table[f"{name}_variance"], table[f"{name}_style"] = mean, variance, style
    table["gap"] = table["effort"] - table["engagement"]
    for part in ("variance", "style"):
        table[f"gap_{part}"] = table[f"effort_{part}"] + table[f"engagement_{part}"]
    return table


def clinician_means(
    filtered: Filtered, rows: np.ndarray, group: np.ndarray, groups: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unweighted mean of f over the given rows of each group (a clinician-month), its variance, and the style's part.

    The clinician's level and style are common to all clients of the month: their uncertainty does not average out.
    """
    n = np.bincount(group, minlength=groups)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(group, values[rows], minlength=groups) / n

    doubt = mean(filtered.style_doubt)
    common = mean(filtered.shared) ** 2 * mean(filtered.level_variance) + mean(filtered.month_doubt)
    return mean(filtered.mean), common + doubt + mean(filtered.own_variance) / n, doubt


def own_shift(
    monthly: pd.DataFrame, month: pd.Period, column: str = "gap", persistence: float = SHIFT_PERSISTENCE
) -> pd.DataFrame:
    """A month's value of each clinician minus the mean of that clinician's earlier months: `shift`, `variance`.

    Indexed by clinician; only clinicians with a value in the month and in an earlier one. Errors k months apart
    correlate by `persistence` to the power of k: what the months' errors share cancels out, as does a style, which is
    the same in all of them.
    """
    monthly = monthly.assign(variance=monthly[f"{column}_variance"] - monthly[f"{column}_style"])
    current = monthly[monthly["month"] == month].set_index("clinician_id")
    past = monthly[monthly["month"] < month].groupby("clinician_id")
    level, spread, n = past[column].mean(), past["variance"].mean(), past.size()
    among, between = _error_correlations(n.to_numpy(), persistence)
    both = current["variance"].reindex(n.index)
    variance = both + spread * among - 2 * np.sqrt(both * spread) * between
    return pd.DataFrame({"shift": current[column] - level, "variance": variance}).dropna()


def _error_correlations(months: np.ndarray, persistence: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean correlation among the errors of n neighbouring months, and of these with the month after them."""
    among, between = np.zeros(len(months)), np.zeros(len(months))
    for n in np.unique(months):
        at = np.arange(n)
        among[months == n] = (persistence ** np.abs(np.subtract.outer(at, at))).mean()
        between[months == n] = (persistence ** (at + 1)).mean()
    return among, between
