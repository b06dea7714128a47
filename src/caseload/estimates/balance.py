"""The balance of effort and engagement: gap, compensation, own shift, and P(over-invested), with 90 % intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from caseload.errors import ParameterError
from caseload.estimates.case_mix import effort_case_mix, engagement_case_mix
from caseload.estimates.compensation import compensation_slopes
from caseload.estimates.over_investment import OverInvestment, features
from caseload.estimates.sides import Side, clinician_months, fit_side, own_shift
from caseload.signals import EFFORT, ENGAGEMENT

GAP_THRESHOLD = 0.5
COMPENSATION_THRESHOLD = 0.3
Z90 = float(norm.ppf(0.95))
CLIENT_COLUMNS = (
    "clinician_id", "client_id", "month", "n_sessions", "effort", "effort_low", "effort_high", "engagement",
    "engagement_low", "engagement_high", "gap", "gap_low", "gap_high", "p_gap",
)  # fmt: skip
CLINICIAN_COLUMNS = (
    "clinician_id", "month", "n_sessions", "n_clients", "effort", "effort_low", "effort_high", "engagement",
    "engagement_low", "engagement_high", "gap", "gap_low", "gap_high", "p_gap", "compensation", "compensation_low",
    "compensation_high", "p_compensating", "own_shift", "own_shift_low", "own_shift_high", "p_over_invested",
)  # fmt: skip


@dataclass(frozen=True)
class Balance:
    """Estimates of one month.

    `clients` and `clinicians` have the columns CLIENT_COLUMNS and CLINICIAN_COLUMNS (NaN = not estimable): SD units of
    the latent client-month distribution of all months up to this one, `_low` and `_high` 90 % intervals, `p_gap` =
    P(gap > 0.5), `p_compensating` = P(compensation > 0.3). `contributions` has one row per client-month and signal
    (clinician_id, client_id, side, signal, contribution), with `signal` = "earlier months" for what the months before
    and the pooling bring: the contributions add up to `effort` and to `engagement`. `features` are what
    `p_over_invested` was read from, one row a clinician.
    """

    month: pd.Period
    clients: pd.DataFrame
    clinicians: pd.DataFrame
    contributions: pd.DataFrame
    features: pd.DataFrame


class BalanceModel(BaseEstimator):  # type: ignore[misc]
    """Effort against engagement from a month's signals, pooled over client, clinician, practice and earlier months.

    Parameters
    ----------
    case_mix : bool, default True
        Compare effort with what severity, trauma, crisis, phase of treatment and programme lead one to expect. Off only
        to see what the adjustment does.
    """

    def __init__(self, case_mix: bool = True) -> None:
        self.case_mix = case_mix

    def fit(self, signals: pd.DataFrame, y: None = None) -> Self:
        """Estimate loadings, noise, styles and variance components from all rows of `signals`.

        `signals` is the frame of `caseload.monthly_signals` (see there for columns). Nothing raises for thin data: a
        side without any signal is left without estimates; a signal whose scale cannot be told (constant, or on too few
        client-months) leaves the estimate where the practice's mean is, and the interval wide. Raises ParameterError
        for a frame without rows.
        """
        if signals.empty:
            raise ParameterError("There is no client-month to estimate a balance from.")
        self.signals_ = signals.sort_values(["month", "clinician_id", "client_id"], ignore_index=True)
        self.effort_ = fit_side(self.signals_, EFFORT, effort_case_mix(self.signals_, self.case_mix))
        self.engagement_ = fit_side(self.signals_, ENGAGEMENT, engagement_case_mix(self.signals_, self.case_mix))
        return self

    def estimate(self, month: str | pd.Period | None = None) -> Balance:
        """The balance of `month` (default: the newest fitted), using nothing later than its end.

        For a month before the newest one the model is fitted anew on the rows up to it, so that the estimate is what
        would have been known then. Raises ParameterError where there is no row up to that month.
        """
        check_is_fitted(self, "signals_")
        newest = self.signals_["month"].max()
        month = newest if month is None else pd.Period(month, "M")
        if month < newest:
            earlier = self.signals_[self.signals_["month"] <= month]
            return BalanceModel(**self.get_params()).fit(earlier).estimate(month)
        return _estimate(self.signals_, self.effort_, self.engagement_, month)


def _estimate(signals: pd.DataFrame, effort: Side, engagement: Side, month: pd.Period) -> Balance:
    both = effort.recorded & engagement.recorded
    slopes = {
        at: compensation_slopes(signals, effort.scores, engagement.filtered, both, effort.variances, at)
        for at in (month, month - 1)
    }
    monthly = clinician_months(signals, effort, engagement, both)
    found = features(signals, effort, engagement, both, monthly, slopes, month)
    now = (signals["month"] == month).to_numpy()
    clinicians = _clinicians(signals[now], monthly, slopes[month], month)
    clinicians["p_over_invested"] = (
        OverInvestment.load().probability(found).reindex(clinicians["clinician_id"]).to_numpy()
    )
    clinicians.loc[clinicians["gap"].isna(), "p_over_invested"] = np.nan
    return Balance(
        month,
        _clients(signals, effort, engagement, both, now),
        clinicians[list(CLINICIAN_COLUMNS)],
        _contributions(signals, effort, engagement, np.flatnonzero(both & now)),
        found,
    )


def with_interval(frame: pd.DataFrame, name: str, mean: np.ndarray, variance: np.ndarray) -> None:
    """Add `name`, `name_low`, `name_high`: a normal posterior's mean and its central 90 % interval."""
    spread = Z90 * np.sqrt(variance)
    frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = mean, mean - spread, mean + spread


def _clients(signals: pd.DataFrame, effort: Side, engagement: Side, both: np.ndarray, now: np.ndarray) -> pd.DataFrame:
    table = signals.loc[now, ["clinician_id", "client_id", "month", "n_sessions"]].reset_index(drop=True)
    known = np.where(both[now], 1.0, np.nan)
    e, g = effort.filtered, engagement.filtered
    variance = (e.variance + g.variance)[now]
    with_interval(table, "effort", e.mean[now] * known, e.variance[now])
    with_interval(table, "engagement", g.mean[now] * known, g.variance[now])
    with_interval(table, "gap", table["effort"].to_numpy() - table["engagement"].to_numpy(), variance)
    table["p_gap"] = norm.sf(GAP_THRESHOLD, table["gap"], np.sqrt(variance))
    return table.sort_values(["clinician_id", "client_id"], ignore_index=True)[list(CLIENT_COLUMNS)]


def _clinicians(now: pd.DataFrame, monthly: pd.DataFrame, slopes: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    by = now.groupby("clinician_id")
    table = pd.DataFrame({"n_sessions": by["n_sessions"].sum(), "n_clients": by["client_id"].nunique()})
    current = monthly[monthly["month"] == month].set_index("clinician_id").reindex(table.index)
    for name in ("effort", "engagement", "gap"):
        with_interval(table, name, current[name].to_numpy(), current[f"{name}_variance"].to_numpy())
    table["p_gap"] = norm.sf(GAP_THRESHOLD, table["gap"], np.sqrt(current["gap_variance"]))
    slope = slopes.reindex(table.index).where(table["gap"].notna())
    with_interval(table, "compensation", slope["mean"].to_numpy(), slope["variance"].to_numpy())
    table["p_compensating"] = norm.sf(COMPENSATION_THRESHOLD, slope["mean"], np.sqrt(slope["variance"]))
    shift = own_shift(monthly, month).reindex(table.index)
    with_interval(table, "own_shift", shift["shift"].to_numpy(), shift["variance"].to_numpy())
    table.insert(0, "month", pd.PeriodIndex([month] * len(table), freq="M"))
    return table.reset_index()


def _contributions(signals: pd.DataFrame, effort: Side, engagement: Side, rows: np.ndarray) -> pd.DataFrame:
    parts = []
    for name, side in (("effort", effort), ("engagement", engagement)):
        now = side.filtered.gain[rows, None] * side.scores.parts[rows]
        table = pd.DataFrame(now, columns=[s.name for s in side.fit.signals] if side.fit else [])
        table["earlier months"] = side.filtered.mean[rows] - now.sum(axis=1)
        table.insert(0, "side", name)
        keys = signals.loc[rows, ["clinician_id", "client_id"]].reset_index(drop=True)
        long = pd.concat([keys, table], axis=1).melt(
            id_vars=["clinician_id", "client_id", "side"], var_name="signal", value_name="contribution"
        )
        parts.append(long)
    return pd.concat(parts, ignore_index=True)
