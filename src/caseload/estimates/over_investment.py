"""P(over-invested): a calibrated, additive reading of compensation, shift and concentration.

A clinician may compensate for disengaged clients, be shifted upwards with the whole caseload, or be deeply involved
with one or two clients. No single statistic sees all three, so a logistic regression reads a few of them together, each
this month and last. Its coefficients were learned on many simulated practices of different kinds (`training`), are kept
as data beside this file, and add up: a report can say which of them speaks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import norm

from caseload.estimates.sides import Side, own_shift

STATISTICS = (
    "slope",
    "slope_z",
    "gap",
    "gap_z",
    "effort_shift",
    "effort_shift_z",
    "gap_shift_z",
    "first",
    "second",
    "rise",
)
FEATURES = tuple(f"{name}{when}" for when in ("", "_before") for name in STATISTICS)
HINGES = ("slope_z", "effort_shift_z", "gap_shift_z", "first", "second", "rise")
"""Statistics that speak the louder the further they are beyond 1."""
LIMIT = 6.0
DRIVERS = {
    "compensating": ("slope",),
    "shifted": ("gap", "effort_shift", "gap_shift"),
    "concentrated": ("first", "second", "rise"),
}
"""What the regressors speak of, by the beginning of their names."""
MIN_EARLIER_MONTHS = 2
"""A client's rise is read against at least so many earlier months with the same clinician."""


@dataclass(frozen=True)
class OverInvestment:
    """The learned logistic regression. `coefficients` run over `columns(features)`; `null` are its false-flag rates.

    `null` holds `raise` and `watch`: the share of supervisee-months flagged in simulated practices in which nobody
    was over-invested.
    """

    coefficients: dict[str, float]
    intercept: float
    null: dict[str, float]

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> OverInvestment:
        """The coefficients shipped with the package."""
        data = json.loads(files("caseload.estimates").joinpath("over_investment.json").read_text("utf-8"))
        return cls(data["coefficients"], data["intercept"], data["null"])

    def probability(self, found: pd.DataFrame) -> pd.Series:
        """P(over-invested), 0–1, for each row of `features(...)`."""
        terms = self.terms(found)
        return pd.Series(expit(terms.sum(axis=1) + self.intercept), index=found.index)

    def terms(self, found: pd.DataFrame) -> pd.DataFrame:
        """Additive contributions to the log-odds, one column a regressor."""
        design = regressors(found)
        return design * pd.Series(self.coefficients).reindex(design.columns).fillna(0.0)


def regressors(found: pd.DataFrame) -> pd.DataFrame:
    """The regression's columns: every feature, and the part of the standardised ones beyond 1."""
    values = found.reindex(columns=list(FEATURES)).astype(float).clip(-LIMIT, LIMIT).fillna(0.0)
    beyond = {
        f"{name}{when}_beyond": (values[f"{name}{when}"] - 1).clip(lower=0.0)
        for when in ("", "_before")
        for name in HINGES
    }
    return pd.concat([values, pd.DataFrame(beyond, index=found.index)], axis=1)


def drivers(found: pd.DataFrame) -> pd.DataFrame:
    """The log-odds that each of DRIVERS adds to P(over-invested), one row a clinician of `features`."""
    terms = OverInvestment.load().terms(found)
    return pd.DataFrame(
        {name: terms.loc[:, terms.columns.str.startswith(stems)].sum(axis=1) for name, stems in DRIVERS.items()},
        index=found.index,
    )


def features(
    signals: pd.DataFrame,
    effort: Side,
    engagement: Side,
    both: np.ndarray,
    monthly: pd.DataFrame,
    slopes: dict[pd.Period, pd.DataFrame],
    month: pd.Period,
) -> pd.DataFrame:
    """The statistics behind P(over-invested), one row per clinician with an estimate in `month`.

    Columns FEATURES: `slope` (compensation), `gap` (the clinician's mean), `effort_shift` (mean effort against the
    clinician's own earlier months), `first` and `second` (the largest residual efforts among the month's clients, in
    SD beyond what the largest of so many would be by chance), `rise` (likewise the largest rise of one client against
    that client's earlier months), `_z` in standard errors; `_before` the month before, under the same fit. 0 where a
    statistic is not estimable: it then says nothing.
    """
    parts = []
    for at, suffix in ((month, ""), (month - 1, "_before")):
        level = monthly[monthly["month"] == at].set_index("clinician_id")
        table = _levels(level, monthly, at)
        slope = slopes[at].reindex(table.index)
        table["slope"], table["slope_z"] = slope["mean"], slope["mean"] / np.sqrt(slope["variance"])
        rows = np.flatnonzero(both & (signals["month"] <= at).to_numpy())
        table = table.join(_concentration(signals, effort, engagement, rows, slopes[at], at))
        parts.append(table[list(STATISTICS)].add_suffix(suffix))
    return parts[0].join(parts[1]).fillna(0.0)[list(FEATURES)]


def _levels(level: pd.DataFrame, monthly: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    table = pd.DataFrame({"gap": level["gap"], "gap_z": level["gap"] / np.sqrt(level["gap_variance"])})
    for name in ("effort", "gap"):
        shift = own_shift(monthly, month, name).reindex(table.index)
        table[f"{name}_shift"] = shift["shift"]
        table[f"{name}_shift_z"] = shift["shift"] / np.sqrt(shift["variance"])
    return table


def _concentration(
    signals: pd.DataFrame, effort: Side, engagement: Side, rows: np.ndarray, slope: pd.DataFrame, month: pd.Period
) -> pd.DataFrame:
    """`first`, `second`: the largest residual efforts of the month's clients; `rise`: the largest rise of one."""
    table = signals.iloc[rows][["clinician_id", "client_id", "month"]].reset_index(drop=True)
    own = slope["mean"].reindex(table["clinician_id"]).fillna(0.0).to_numpy()
    table["residual"] = effort.filtered.mean[rows] + engagement.filtered.mean[rows] * own
    pair = ["clinician_id", "client_id"]
    earlier = table[table["month"] < month].groupby(pair)["residual"].agg(["mean", "size"])
    now = table[table["month"] == month].join(earlier[earlier["size"] >= MIN_EARLIER_MONTHS]["mean"], on=pair)
    now["rise"] = now["residual"] - now["mean"]
    largest, second = _beyond_chance(now, "residual", 1), _beyond_chance(now, "residual", 2)
    return pd.DataFrame({"first": largest, "second": second, "rise": _beyond_chance(now, "rise", 1)})


def _beyond_chance(clients: pd.DataFrame, value: str, rank: int) -> pd.Series:
    """The rank-th largest value per clinician against the clinician's median client, in SD, less what chance brings.

    One SD is a robust one over the whole practice; the largest of n standard normal values is expected at the normal
    score of its rank (Blom 1958).
    """
    known = clients.dropna(subset=value)
    group = known.groupby("clinician_id")[value]
    excess = known[value] - group.transform("median")
    spread = 1.4826 * float(excess.abs().median()) if len(excess) else 1.0
    n, place = group.transform("size"), group.rank(ascending=False, method="first")
    beyond = excess / max(spread, 0.1) - norm.ppf((n - place + 0.625) / (n + 0.25))
    return beyond[place == rank].set_axis(known.loc[place == rank, "clinician_id"])
