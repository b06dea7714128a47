"""P(over-invested): one calibrated reading of the three kinds of episodes.

A clinician may compensate for disengaged clients, be shifted upwards with the whole caseload, or be deeply involved
with one or two clients. `episodes` gives the odds of each; a logistic regression turns these few numbers, this month's
and last month's, into one probability. Its coefficients were learned on many simulated practices of different kinds
(`research.training`), are kept as data beside this file, and add up to the log odds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import pandas as pd
from scipy.special import expit

from caseload.estimates.episodes import KINDS, Episodes
from caseload.estimates.panel import Panel

READ = (*KINDS, "any")
FEATURES = tuple(f"{name}{when}" for when in ("", "_before") for name in READ)
PENALTY = 0.5
"""Inverse strength of the ridge penalty on standardised coefficients."""
LEAST, MOST = -6.0, 8.0
"""Log odds are cut here: what is beyond says no more."""


@dataclass(frozen=True)
class OverInvestment:
    """The learned logistic regression. `coefficients` run over FEATURES; `null` are its false-flag rates.

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

    @classmethod
    def learned(cls, examples: pd.DataFrame) -> OverInvestment:
        """Learn from rows of `features(...)` with their `truth`: coefficients are those of the features as they are."""
        from sklearn.linear_model import LogisticRegression  # slow to import, and no report learns
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        design = examples[list(FEATURES)]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=PENALTY, max_iter=2000))
        model.fit(design, examples["truth"].astype(bool))
        scaler, logistic = model[0], model[1]
        slopes = logistic.coef_[0] / scaler.scale_
        intercept = float(logistic.intercept_[0] - slopes @ scaler.mean_)
        return cls(dict(zip(design.columns, slopes, strict=True)), intercept, {})

    def probability(self, found: pd.DataFrame) -> pd.Series:
        """P(over-invested), 0–1, for each row of `features(...)`."""
        return pd.Series(expit(self.terms(found).sum(axis=1) + self.intercept), index=found.index)

    def terms(self, found: pd.DataFrame) -> pd.DataFrame:
        """What each of FEATURES adds to the log odds, one column each; with the intercept they are the log odds."""
        return found[list(FEATURES)] * pd.Series(self.coefficients).reindex(FEATURES).fillna(0.0)

    def drivers(self, found: pd.DataFrame) -> pd.DataFrame:
        """How far each of KINDS speaks for over-investment: what its odds add, taken as those of any, too."""
        weight = pd.Series(self.coefficients).reindex(FEATURES).fillna(0.0)
        return pd.DataFrame(
            {
                kind: sum(
                    found[f"{kind}{when}"] * (weight[f"{kind}{when}"] + weight[f"any{when}"])
                    for when in ("", "_before")
                )
                for kind in KINDS
            }
        )


def features(panel: Panel, episodes: Episodes) -> pd.DataFrame:
    """What P(over-invested) is read from: the columns FEATURES, indexed by clinician_id.

    `compensating`, `shifted` and `concentrated` are log odds of being in such an episode as of the month, `any` those
    of being in at least one, as if the kinds were alternatives; `_before` as of the month before, under the same fit.
    """
    read = [
        np.column_stack([odds, np.logaddexp.reduce(odds, axis=1)]) for odds in (episodes.odds, episodes.odds_before)
    ]
    values = np.clip(np.column_stack(read), LEAST, MOST)
    return pd.DataFrame(values, panel.clinicians.rename("clinician_id"), list(FEATURES))
