"""What one would use without this package: composites made by hand, a rolling mixed model, ratio and difference."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from caseload.signals import EFFORT, ENGAGEMENT, Signal

WINDOW = 3
"""Months that the mixed model sees."""
COVARIATES = ["severity", "trauma", "crisis", "early", "access_barrier"]


def peers(signals: pd.DataFrame) -> pd.DataFrame:
    """`ratio`, `difference`, `mixed_slope`, `mixed_level_shift` by clinician and month from the third month on.

    Every month is done with nothing later than its end. `mixed_level_shift` is the mixed model's level of a clinician
    against the mean of its earlier windows.
    """
    levels: list[pd.Series] = []
    parts = []
    for month in sorted(signals["month"].unique())[WINDOW - 1 :]:
        table = composites(signals[signals["month"] <= month])
        mixed = mixed_model(table, month)
        earlier = pd.concat(levels, axis=1).mean(axis=1) if levels else pd.Series(dtype=float)
        levels.append(mixed["level"])
        found = by_hand(table, month).join(mixed["slope"].rename("mixed_slope"))
        found["mixed_level_shift"] = mixed["level"] - earlier
        parts.append(found.assign(month=month))
    return pd.concat(parts).rename_axis("clinician_id").set_index("month", append=True)


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
    """Random intercepts and slopes of effort on −engagement, case mix as covariates: `level`, `slope` by clinician.

    Without a row where the model cannot be fitted.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    rows = table[(table["month"] > month - WINDOW) & (table["month"] <= month)].dropna(subset=["effort", "engagement"])
    own = pd.DataFrame({"level": 1.0, "slope": -rows["engagement"]}, index=rows.index)
    used = [name for name in COVARIATES if rows[name].std() > 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a slope variance at its border is common and harmless here
        try:
            fit = MixedLM(rows["effort"], own.join(rows[used]), groups=rows["clinician_id"], exog_re=own).fit()
            return pd.DataFrame(fit.random_effects).T + fit.fe_params[["level", "slope"]]
        except ValueError as error:  # numpy's LinAlgError is one, and statsmodels makes plain ones of some
            if "singular" not in str(error).lower():
                raise
            return pd.DataFrame(columns=["level", "slope"], dtype=float)


def by_hand(table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Of one month: minutes of work per attended session (`ratio`), and the `difference` of the mean z-scores."""
    now = table[table["month"] == month].groupby("clinician_id")
    ratio = now["minutes"].sum() / now["n_attended"].sum().clip(lower=1)
    return pd.DataFrame({"ratio": ratio, "difference": now["effort"].mean() - now["engagement"].mean()})


def _mean_z(signals: pd.DataFrame, side: tuple[Signal, ...]) -> pd.Series:
    values = signals[[signal.name for signal in side]] * [signal.sign for signal in side]
    return ((values - values.mean()) / values.std()).mean(axis=1)
