"""The balance of effort and engagement: gap, compensation, own shift, and P(over-invested), with 90 % intervals."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
from scipy.stats import norm
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from caseload.errors import ParameterError
from caseload.estimates.case_mix import ENGAGEMENT_CASE_MIX, case_mix_table, effort_case_mix
from caseload.estimates.episodes import Episodes, find_episodes
from caseload.estimates.factors import log_density_beyond
from caseload.estimates.fallbacks import fallbacks
from caseload.estimates.frames import CLIENT_MONTHS, CLINICIAN_MONTHS
from caseload.estimates.over_investment import OverInvestment, features
from caseload.estimates.panel import Panel
from caseload.estimates.pooling import log_density
from caseload.estimates.sides import Side, clinician_months, fit_side, own_shift, read_side
from caseload.estimates.storage import Constants, Stored, read_model, write_model
from caseload.signals import EFFORT, ENGAGEMENT, SIGNALS, Signal

GAP_THRESHOLD = 0.5
COMPENSATION_THRESHOLD = 0.3
READINESS_THRESHOLD = 0.5
EARLY_STAGES = (1, 2)
"""In precontemplation and contemplation (1, 2) a client can use little of more than the usual effort."""
SIDES: dict[str, tuple[Signal, ...]] = {"effort": EFFORT, "engagement": ENGAGEMENT}
Z90 = float(norm.ppf(0.95))
CLIENT_COLUMNS = tuple(CLIENT_MONTHS.names)
CLINICIAN_COLUMNS = tuple(CLINICIAN_MONTHS.names)


@dataclass(frozen=True)
class Balance:
    """Estimates of one month.

    `clients` and `clinicians` are `frames.CLIENT_MONTHS` and `CLINICIAN_MONTHS` (NaN = not estimable): SD units of
    the latent client-month distribution of all months up to this one, `_low` and `_high` 90 % intervals, `p_gap` =
    P(gap > 0.5), `p_compensating` = P(compensation > 0.3). `involvement` says of the same client-months, row by row as
    `clients` (clinician_id, client_id), how likely the clinician is deeply involved with this one client
    (`p_involved`), and how likely effort is more than half an SD above the usual although the client was last rated in
    precontemplation or contemplation (`p_beyond_readiness`; NaN in later stages and where no stage is known).
    `contributions` has one row per client-month and signal (clinician_id, client_id, side, signal, contribution), with
    `signal` = "earlier months" for what the months before and the pooling bring: the contributions add up to `effort`
    and to `engagement`. `features` are what `p_over_invested` was read from, one row a clinician, and beside it
    `elevated`, the log odds that effort has been far above the others' in all months. `fallbacks`: one
    sentence for everything that the data could not tell and a prior stands in for.

    Examples
    --------
    >>> import caseload
    >>> signals = caseload.monthly_signals(caseload.read_practice("data/sample"))
    >>> balance = caseload.BalanceModel().fit(signals).estimate("2026-05")
    >>> balance.clinicians.set_index("clinician_id").loc["C07", ["compensation_low", "compensation_high"]].round(1)
    compensation_low     0.2
    compensation_high    2.1
    Name: C07, dtype: float64
    >>> keys = ["clinician_id", "client_id"]
    >>> parts = balance.contributions.query("side == 'effort'").groupby(keys)["contribution"].sum()
    >>> bool((parts - balance.clients.set_index(keys)["effort"]).abs().max() < 1e-9)
    True
    """

    month: pd.Period
    clients: pd.DataFrame
    clinicians: pd.DataFrame
    involvement: pd.DataFrame
    contributions: pd.DataFrame
    features: pd.DataFrame
    fallbacks: tuple[str, ...]


class BalanceModel(BaseEstimator):  # type: ignore[misc]
    """Effort against engagement from a month's signals, pooled over client, clinician, practice and earlier months.

    Every constant stands at the top of the file that owns it with its reason (`factors`, `pooling`, `compensation`,
    `episodes`, `over_investment`); docs/method.md lists them.

    Parameters
    ----------
    case_mix : bool, default True
        Compare effort with what severity, trauma, crisis, phase of treatment and programme lead one to expect. Off only
        to see what the adjustment does.
    prior_weight : float, default 1.0
        What the priors of loadings, noise and variance components are worth, against their usual weight. Another number
        only to see how far the estimates hang on them.

    Examples
    --------
    >>> import caseload
    >>> signals = caseload.monthly_signals(caseload.read_practice("data/sample"))
    >>> balance = caseload.BalanceModel().fit(signals).estimate("2026-05")
    >>> balance.clients[["clinician_id", "client_id", "gap", "gap_low", "gap_high"]].round(1).head(2)
      clinician_id client_id  gap  gap_low  gap_high
    0          C01     K0003 -0.6     -1.7       0.5
    1          C01     K0005  1.0      0.1       1.9
    """

    def __init__(self, case_mix: bool = True, prior_weight: float = 1.0) -> None:
        self.case_mix = case_mix
        self.prior_weight = prior_weight

    def fit(self, signals: pd.DataFrame, y: None = None) -> Self:
        """Estimate loadings, noise, styles and variance components from all rows of `signals`.

        `signals` is the frame of `caseload.monthly_signals` (see there for columns). Nothing raises for thin data: a
        side without any signal is left without estimates; a signal whose scale cannot be told (constant, or on too few
        client-months) leaves the estimate where the practice's mean is, and the interval wide; `fallbacks_` says so, a
        sentence each. Raises ParameterError for a frame without rows.
        """
        if signals.empty:
            raise ParameterError("There is no client-month to estimate a balance from.")
        if not self.prior_weight > 0:
            raise ParameterError("prior_weight must be above 0: without priors thin data have no estimate")
        self.signals_ = signals.reset_index(drop=True)
        self.panel_ = Panel.of(self.signals_)
        names = {"effort": effort_case_mix(self.signals_), "engagement": ENGAGEMENT_CASE_MIX}
        self.sides_ = {
            side: fit_side(
                self.signals_,
                defined,
                case_mix_table(self.signals_, names[side] if self.case_mix else ()),
                self.panel_,
                prior_weight=self.prior_weight,
            )
            for side, defined in SIDES.items()
        }
        self.fallbacks_ = self._fallbacks()
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
        return _estimate(self.signals_, self.panel_, self.sides_, self.fallbacks_, month)

    def score(self, signals: pd.DataFrame, y: None = None) -> float:
        """How well the fitted model foretells `signals`: mean log density of a client-month, higher is better.

        Each month is predicted from the months before it in `signals`, with the fitted constants, in the signals' own
        units (natural logarithm); only client-months with a usable signal count. A frame of later months, or of another
        practice, makes it a validation. NaN where no signal is usable.
        """
        check_is_fitted(self, "signals_")
        panel, total, rows = Panel.of(signals), 0.0, np.zeros(len(signals), bool)
        for side in _read_sides(signals, panel, self._constants()).values():
            if side.fit is not None:
                mix = case_mix_table(signals, side.fit.case_mix)
                total += log_density(panel, side.scores, side.variances)
                total += float(log_density_beyond(signals, mix, side.fit, panel, side.scores).sum())
                rows |= np.isfinite(side.scores.variance)
        return total / int(rows.sum()) if rows.any() else float("nan")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Keep the fitted model, client-months included, in one Parquet file for the user alone (mode 0600).

        An existing file is replaced by a complete one. Raises ParameterError where it cannot be written.
        """
        check_is_fitted(self, "signals_")
        write_model(Path(path), Stored(self.get_params(), self.signals_, self._constants()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The model of a file that `save` wrote: it estimates the same. Raises ParameterError for any other file."""
        stored = read_model(Path(path))
        model = cls(**stored.parameters)
        model.signals_, model.panel_ = stored.signals, Panel.of(stored.signals)
        model.sides_ = _read_sides(stored.signals, model.panel_, stored.constants)
        model.fallbacks_ = model._fallbacks()
        return model

    @property
    def used_signals(self) -> tuple[Signal, ...]:
        """The signals that the fitted model reads, in the order of `SIGNALS`; the others were hardly ever recorded."""
        check_is_fitted(self, "signals_")
        used = {signal for side in self.sides_.values() if side.fit is not None for signal in side.fit.signals}
        return tuple(signal for signal in SIGNALS if signal in used)

    def _constants(self) -> dict[str, Constants]:
        return {name: (side.fit, side.variances) for name, side in self.sides_.items()}

    def _fallbacks(self) -> tuple[str, ...]:
        sides = {name: (SIDES[name], side.fit) for name, side in self.sides_.items()}
        return fallbacks(self.signals_, self.panel_, sides)


def _read_sides(signals: pd.DataFrame, panel: Panel, constants: dict[str, Constants]) -> dict[str, Side]:
    """Both sides of client-months, with the constants of a fit."""
    return {
        name: read_side(
            signals, SIDES[name], case_mix_table(signals, fit.case_mix if fit else ()), panel, fit, variances
        )
        for name, (fit, variances) in constants.items()
    }


def _estimate(
    signals: pd.DataFrame, panel: Panel, sides: dict[str, Side], notes: tuple[str, ...], month: pd.Period
) -> Balance:
    effort, engagement = sides["effort"], sides["engagement"]
    both = effort.recorded & engagement.recorded
    episodes = find_episodes(panel, effort, engagement, both)
    monthly = clinician_months(panel, effort, engagement, both)
    now = np.flatnonzero(panel.month == month.ordinal)
    now = now[np.argsort(panel.pair[now])]
    rows = signals.iloc[now]
    clients = _clients(rows, effort, engagement, both, now)
    clinicians = _clinicians(rows, monthly, month)
    _add_compensation(clinicians, panel, episodes)
    found = (
        features(panel, episodes)
        .assign(elevated=episodes.elevated)
        .loc[clinicians.loc[clinicians["gap"].notna(), "clinician_id"]]
    )
    p = OverInvestment.load().probability(found)
    clinicians["p_over_invested"] = p.reindex(clinicians["clinician_id"]).to_numpy()
    return Balance(
        month,
        clients,
        clinicians[list(CLINICIAN_COLUMNS)],
        _involvement(rows, clients, effort, episodes.involved[panel.pair[now]], now),
        _contributions(signals, effort, engagement, now[both[now]]),
        found,
        notes,
    )


def with_interval(frame: pd.DataFrame, name: str, mean: np.ndarray, variance: np.ndarray) -> None:
    """Add `name`, `name_low`, `name_high`: a normal posterior's mean and its central 90 % interval."""
    spread = Z90 * np.sqrt(variance)
    frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = mean, mean - spread, mean + spread


def _clients(now: pd.DataFrame, effort: Side, engagement: Side, both: np.ndarray, rows: np.ndarray) -> pd.DataFrame:
    table = now[["clinician_id", "client_id", "month", "n_sessions"]].reset_index(drop=True)
    known = np.where(both[rows], 1.0, np.nan)
    e, g = effort.filtered, engagement.filtered
    variance = (e.variance + g.variance)[rows]
    with_interval(table, "effort", e.mean[rows] * known, e.variance[rows])
    with_interval(table, "engagement", g.mean[rows] * known, g.variance[rows])
    with_interval(table, "gap", table["effort"].to_numpy() - table["engagement"].to_numpy(), variance)
    table["p_gap"] = norm.sf(GAP_THRESHOLD, table["gap"], np.sqrt(variance))
    return table[list(CLIENT_COLUMNS)]


def _involvement(
    now: pd.DataFrame, clients: pd.DataFrame, effort: Side, involved: np.ndarray, rows: np.ndarray
) -> pd.DataFrame:
    beyond = norm.sf(READINESS_THRESHOLD, clients["effort"], np.sqrt(effort.filtered.variance[rows]))
    return clients[["clinician_id", "client_id"]].assign(
        p_involved=np.where(clients["effort"].notna(), involved, np.nan),
        p_beyond_readiness=np.where(now["stage"].isin(EARLY_STAGES), beyond, np.nan),
    )


def _clinicians(now: pd.DataFrame, monthly: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    by = now.groupby("clinician_id")
    table = pd.DataFrame({"n_sessions": by["n_sessions"].sum(), "n_clients": by["client_id"].nunique()})
    current = monthly[monthly["month"] == month].set_index("clinician_id").reindex(table.index)
    for name in ("effort", "engagement", "gap"):
        with_interval(table, name, current[name].to_numpy(), current[f"{name}_variance"].to_numpy())
    table["p_gap"] = norm.sf(GAP_THRESHOLD, table["gap"], np.sqrt(current["gap_variance"]))
    shift = own_shift(monthly, month).reindex(table.index)
    with_interval(table, "own_shift", shift["shift"].to_numpy(), shift["variance"].to_numpy())
    table.insert(0, "month", pd.PeriodIndex([month] * len(table), freq="M"))
    return table.reset_index()


def _add_compensation(clinicians: pd.DataFrame, panel: Panel, episodes: Episodes) -> None:
    """Add `compensation` with its interval and `p_compensating`, where the clinician's month is estimable."""
    at = panel.clinicians.get_indexer(pd.Index(clinicians["clinician_id"]))
    known = np.where(clinicians["gap"].notna(), 1.0, np.nan)
    slopes = episodes.slopes
    for name, values in (
        ("compensation", slopes.mean),
        ("compensation_low", slopes.quantile(0.05)),
        ("compensation_high", slopes.quantile(0.95)),
        ("p_compensating", slopes.above(COMPENSATION_THRESHOLD)),
    ):
        clinicians[name] = values[at] * known


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
