"""What one would use without this package: composites made by hand, a rolling mixed model, ratio and difference."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from caseload.signals import EFFORT, ENGAGEMENT, Signal

WINDOW = 3
"""Months that the mixed model sees."""
COVARIATES = ["severity", "trauma", "crisis", "early", "access_barrier"]


def composites(signals: pd.DataFrame) -> pd.DataFrame:
    """Each side as the mean z-score of whatever was recorded, minutes of work, and case mix (gaps at its mean)."""
    minutes = np.expm1(signals[["prep", "notes"]]).sum(axis=1) * signals["n_sessions"]
    mix = signals[COVARIATES].astype(float)
    table = signals[["clinician_id", "month", "n_attended"]].assign(
        minutes=minutes + np.expm1(signals["contacts_to"].fillna(0.0)),
        effort=_mean_z(signals, EFFORT),
        engagement=_mean_z(signals, ENGAGEMENT),
    )
    return table.join((mix - mix.mean()).fillna(0.0))


def mixed_model(table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Random intercepts and slopes of effort on −engagement, case mix as covariates: `level`, `slope` by clinician."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    rows = table[(table["month"] > month - WINDOW) & (table["month"] <= month)].dropna(subset=["effort", "engagement"])
    own = pd.DataFrame({"level": 1.0, "slope": -rows["engagement"]}, index=rows.index)
    used = [name for name in COVARIATES if rows[name].std() > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a slope variance at its border is common and harmless here
        fit = MixedLM(rows["effort"], own.join(rows[used]), groups=rows["clinician_id"], exog_re=own).fit()
    return pd.DataFrame(fit.random_effects).T + fit.fe_params[["level", "slope"]]


def by_hand(table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Of one month: minutes of work per attended session (`ratio`), and the `difference` of the mean z-scores."""
    now = table[table["month"] == month].groupby("clinician_id")
    ratio = now["minutes"].sum() / now["n_attended"].sum().clip(lower=1)
    return pd.DataFrame({"ratio": ratio, "difference": now["effort"].mean() - now["engagement"].mean()})


def _mean_z(signals: pd.DataFrame, side: tuple[Signal, ...]) -> pd.Series:
    values = signals[[signal.name for signal in side]] * [signal.sign for signal in side]
    return ((values - values.mean()) / values.std()).mean(axis=1)
