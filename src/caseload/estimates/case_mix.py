"""What the work itself asks for, before anything is called effort: the covariates of the measurement models."""

from __future__ import annotations

import pandas as pd

EFFORT_CASE_MIX = ("severity", "trauma", "crisis", "early", "access_barrier")
"""Severe, traumatised or new clients, crises and obstacles to attending ask for more work; that is not a gap."""
ENGAGEMENT_CASE_MIX = ("access_barrier",)
"""Transport, childcare or language keep people away who are engaged."""
MAX_PROGRAMMES = 8
PROGRAMME = "programme "


def effort_case_mix(signals: pd.DataFrame) -> tuple[str, ...]:
    """Names of what effort is adjusted for: EFFORT_CASE_MIX and the commonest programmes, where there are several."""
    common = signals["programme"].value_counts().index[:MAX_PROGRAMMES]
    return (*EFFORT_CASE_MIX, *(f"{PROGRAMME}{name}" for name in (common if len(common) > 1 else ())))


def case_mix_table(signals: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    """The named columns as numbers, row by row as `signals`: a programme as 0/1; NaN where not recorded."""
    return pd.DataFrame({name: _column(signals, name) for name in names}, index=signals.index)


def _column(signals: pd.DataFrame, name: str) -> pd.Series:
    if not name.startswith(PROGRAMME):
        return signals[name].astype(float)
    at = (signals["programme"] == name.removeprefix(PROGRAMME)).astype(float)
    return at.where(signals["programme"].notna())
