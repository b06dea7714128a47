"""How much of each signal is there, by clinician and month."""

from __future__ import annotations

import pandas as pd

from caseload.signals.definitions import SIGNALS

OCCASIONAL = frozenset({"after_hours", "rebooking"})
"""Signals that need an occasion (a contact, a missed session): a client-month without one is no gap."""


def recorded_by_clinician(signals: pd.DataFrame) -> pd.DataFrame:
    """The share of each clinician's client-months of a month in which each signal is recorded.

    `signals` is the frame of `monthly_signals`. Returns one row a clinician and month, sorted by both: `clinician_id`,
    `month`, `client_months` (int), then a column a signal, in the order of `SIGNALS` (0–1).
    """
    there = pd.DataFrame({signal.name: signals[f"{signal.name}_n"] > 0 for signal in SIGNALS})
    by = there.groupby([signals["clinician_id"], signals["month"]])
    table = by.mean()
    table.insert(0, "client_months", by.size())
    return table.reset_index()
