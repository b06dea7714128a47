"""SIGNALS: what a month's log says about effort and engagement, one row per clinician × client × month."""

from caseload.signals.definitions import CASE_MIX, EFFORT, ENGAGEMENT, SIGNALS, Signal
from caseload.signals.monthly import coverage, monthly_signals

__all__ = ["CASE_MIX", "EFFORT", "ENGAGEMENT", "SIGNALS", "Signal", "coverage", "monthly_signals"]
