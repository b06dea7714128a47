"""SIGNALS: what a month's log says about effort and engagement, one row per clinician × client × month."""

from caseload.signals.definitions import CASE_MIX, EFFORT, ENGAGEMENT, OF_APPOINTMENTS, SIGNALS, Signal
from caseload.signals.monthly import coverage, monthly_signals
from caseload.signals.values import LOW_ENGAGEMENT, STAGE_DAYS, after_hours, crisis_contacts, has_times

__all__ = [
    "CASE_MIX",
    "EFFORT",
    "ENGAGEMENT",
    "LOW_ENGAGEMENT",
    "OF_APPOINTMENTS",
    "SIGNALS",
    "STAGE_DAYS",
    "Signal",
    "after_hours",
    "coverage",
    "crisis_contacts",
    "has_times",
    "monthly_signals",
]
