"""Which signals can be published: those that do not tell whose client somebody is by being recorded at all.

A signal that one clinician alone records, or hardly anybody else, marks this clinician's clients.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.pages.suppression import DOMINANCE
from caseload.signals import SIGNALS

PUBLISHED = ""
NOT_RECORDED = "not recorded"
FEW_CLIENTS = "recorded for fewer clients than k"
FEW_CLINICIANS = "recorded by too few clinicians"
DOMINATED = "recorded mostly by one clinician"
REASONS = (NOT_RECORDED, FEW_CLIENTS, FEW_CLINICIANS, DOMINATED)


def signal_table(signals: pd.DataFrame, used: frozenset[str], k: int) -> pd.DataFrame:
    """One row a signal: what it is, whether the estimates use it, how much of it there is, why it is not published.

    Columns: `signal`, `side`, `description`, `unit`, `used` (yes/no), `recorded` (share of client-months, 0–1, to 0.05;
    missing where the signal is not published), `left_out` (one of `REASONS`, empty = published). Where a practice has
    fewer than k clinicians, all of them must record a signal. Dominated: all but the two who record it most add less
    than a fifth of the one who records it most, as on team pages.
    """
    rows = []
    for signal in SIGNALS:
        there = signals[signals[f"{signal.name}_n"] > 0]
        why = _why_not(there, k, signals["clinician_id"].nunique())
        share = np.round(len(there) / len(signals) * 20) / 20
        used_word = "yes" if signal.name in used else "no"
        shown = share if why == PUBLISHED else np.nan
        rows.append((signal.name, signal.side, signal.label, signal.unit, used_word, shown, why or None))
    columns = ["signal", "side", "description", "unit", "used", "recorded", "left_out"]
    return pd.DataFrame(rows, columns=columns)


def _why_not(there: pd.DataFrame, k: int, clinicians: int) -> str:
    by = there["clinician_id"].value_counts()
    if by.empty:
        return NOT_RECORDED
    if there["client_id"].nunique() < k:
        return FEW_CLIENTS
    if len(by) < min(k, clinicians):
        return FEW_CLINICIANS
    rest = int(by.iloc[2:].sum())
    return DOMINATED if clinicians >= k and rest < DOMINANCE * by.iloc[0] else PUBLISHED
