"""P(over-invested): a calibrated, additive reading of compensation, shift and concentration.

A clinician may compensate for disengaged clients, be shifted upwards with the whole caseload, or be deeply involved with
one or two clients. No single statistic sees all three, so a logistic regression reads a few of them together, each this
month and last. Its coefficients were learned on many simulated practices of different kinds (`training`), are kept
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

STATISTICS = ("slope", "slope_z", "gap", "gap_z", "effort_shift", "effort_shift_z", "gap_shift_z", "first", "second")
FEATURES = tuple(f"{name}{when}" for when in ("", "_before") for name in STATISTICS)
HINGES = ("slope_z", "effort_shift_z", "gap_shift_z", "first", "second")
"""Statistics that speak the louder the further they are beyond 1."""
LIMIT = 6.0
DRIVERS = {
    "compensating": ("slope",),
    "shifted": ("gap", "effort_shift", "gap_shift"),
    "concentrated": ("first", "second"),
}
"""What the regressors speak of, by the beginning of their names."""


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
    SD beyond what the largest of so many would be by chance), `_z` in standard errors; `_before` the month before,
    under the same fit. 0 where a statistic is not estimable: it then says nothing.
    """
    parts = []
    for at, suffix in ((month, ""), (month - 1, "_before")):
        level = monthly[monthly["month"] == at].set_index("clinician_id")
        table = _levels(level, monthly, at)
        slope = slopes[at].reindex(table.index)
        table["slope"], table["slope_z"] = slope["mean"], slope["mean"] / np.sqrt(slope["variance"])
        rows = np.flatnonzero(both & (signals["month"] == at).to_numpy())
        table = table.join(_concentration(signals, effort, engagement, rows, slopes[at]))
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
    signals: pd.DataFrame, effort: Side, engagement: Side, rows: np.ndarray, slope: pd.DataFrame
) -> pd.DataFrame:
    """`first` and `second` largest residual effort per clinician, against the clinician's other clients."""
    table = pd.DataFrame({"clinician_id": signals["clinician_id"].to_numpy()[rows]})
    own = slope["mean"].reindex(table["clinician_id"]).fillna(0.0).to_numpy()
    expected = -engagement.filtered.mean[rows] * own
    table["residual"] = effort.filtered.mean[rows] - expected
    group = table.groupby("clinician_id")["residual"]
    table["residual"] -= group.transform("median")
    spread = 1.4826 * table["residual"].abs().median() if len(table) else 1.0
    table["residual"] /= max(float(spread), 0.1)
    table["rank"] = table.groupby("clinician_id")["residual"].rank(ascending=False, method="first")
    table["n"] = group.transform("size")
    chance = norm.ppf((table["n"] - table["rank"] + 0.625) / (table["n"] + 0.25))
    table["excess"] = table["residual"] - chance
    wide = table[table["rank"] <= 2].pivot(index="clinician_id", columns="rank", values="excess")
    wide = wide.reindex(columns=[1.0, 2.0]).fillna(0.0)
    return wide.set_axis(["first", "second"], axis=1)
