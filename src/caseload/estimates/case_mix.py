"""What the work itself asks for, before anything is called effort: the covariates of the measurement models."""

from __future__ import annotations

import numpy as np
import pandas as pd

EFFORT_CASE_MIX = ("severity", "trauma", "crisis", "early", "access_barrier")
"""Severe, traumatised or new clients, crises and obstacles to attending ask for more work; that is not a gap."""
ENGAGEMENT_CASE_MIX = ("access_barrier",)
"""Transport, childcare or language keep people away who are engaged."""
MAX_PROGRAMMES = 8


def effort_case_mix(signals: pd.DataFrame, use: bool = True) -> pd.DataFrame:
    """Numeric case-mix columns for effort, row by row as `signals`; NaN where not recorded, no columns if not used.

    Severity, on whatever scale, is standardised over the practice; the commonest programmes become 0/1 columns.
    """
    if not use:
        return signals[[]]
    table = signals[list(EFFORT_CASE_MIX)].astype(float)
    spread = table["severity"].std()
    table["severity"] = (table["severity"] - table["severity"].mean()) / spread if spread > 0 else np.nan
    common = signals["programme"].value_counts().index[:MAX_PROGRAMMES]
    for programme in common if len(common) > 1 else ():
        at = (signals["programme"] == programme).astype(float)
        table[f"programme {programme}"] = at.where(signals["programme"].notna())
    return table


def engagement_case_mix(signals: pd.DataFrame, use: bool = True) -> pd.DataFrame:
    """Numeric case-mix columns for engagement: only what keeps an engaged client from attending."""
    return signals[list(ENGAGEMENT_CASE_MIX)].astype(float) if use else signals[[]]
