"""Practices with a known truth: sample data, recovery tests, power.

`simulate(Settings(...))` gives the tables of the data contract and the latent states behind them; `write` puts them
into a folder; `write_sample` and `write_sample_appointments` make the two sample practices. Nothing here knows how
anything is estimated.
"""

from caseload.simulate.appointments import sample_appointments, write_sample_appointments
from caseload.simulate.folder import write
from caseload.simulate.habits import Habits, with_habits
from caseload.simulate.keeping import (
    ATTENDANCE_ALL_MINUTES_CONTACTS,
    ATTENDANCE_CHECKINS,
    ATTENDANCE_MINUTES_CONTACTS,
    FIVE_COLUMNS,
    CheckIns,
    Recording,
)
from caseload.simulate.measures import Signal
from caseload.simulate.over_investment import MIXED_OVER_INVESTMENT, NO_OVER_INVESTMENT, OverInvestment
from caseload.simulate.sample import sample_practice, write_sample
from caseload.simulate.settings import (
    Caseload,
    CaseMix,
    Settings,
    Surveys,
    Variance,
)
from caseload.simulate.simulated import Simulated, simulate
from caseload.simulate.truth import Truth

__all__ = [
    "ATTENDANCE_ALL_MINUTES_CONTACTS",
    "ATTENDANCE_CHECKINS",
    "ATTENDANCE_MINUTES_CONTACTS",
    "FIVE_COLUMNS",
    "MIXED_OVER_INVESTMENT",
    "NO_OVER_INVESTMENT",
    "CaseMix",
    "Caseload",
    "CheckIns",
    "Habits",
    "OverInvestment",
    "Recording",
    "Settings",
    "Signal",
    "Simulated",
    "Surveys",
    "Truth",
    "Variance",
    "sample_appointments",
    "sample_practice",
    "simulate",
    "with_habits",
    "write",
    "write_sample",
    "write_sample_appointments",
]
