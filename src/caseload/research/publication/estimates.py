"""What is published of the numbers: each month's balance, and the signals behind it, with nothing later than its end.

All of it comes from sessions, contacts, and what is known of clients and working hours. Surveys, supports, self-care
plans and agreements are taken away before anything is estimated: what is never read cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from caseload.estimates import BalanceModel
from caseload.intake import Practice
from caseload.review.progress import Progress, shown
from caseload.signals import monthly_signals

PRIVATE = ("surveys", "supports", "selfcare_plan", "agenda")
"""Tables that are in no published file and in nothing that one is made from."""


@dataclass(frozen=True, eq=False)
class Estimated:
    """`practice` without its private tables, up to the last month published; signals and estimates of every month.

    `clients` and `clinicians` have the columns of clients.csv and clinicians.csv but `p_compassion_fatigue`; `signals`
    is the frame of `monthly_signals`. `settings` are those of the model, `used` the names of the signals that the last
    month's model reads.
    """

    practice: Practice
    signals: pd.DataFrame
    clients: pd.DataFrame
    clinicians: pd.DataFrame
    settings: dict[str, Any]
    used: frozenset[str]


def estimated(practice: Practice, month: pd.Period, progress: bool | Progress = False) -> Estimated:
    """Every month up to `month`, each as it would have been known at its end."""
    known = without_private(practice).until(month)
    signals = monthly_signals(known)
    months = sorted(signals["month"].unique())
    balances = []
    for at in shown(progress)(months, f"Months to {month}", len(months), "month"):
        model = BalanceModel().fit(signals[signals["month"] <= at])
        balances.append(model.estimate(at))
    return Estimated(
        known,
        signals,
        pd.concat([balance.clients for balance in balances], ignore_index=True),
        pd.concat([balance.clinicians for balance in balances], ignore_index=True),
        model.get_params(),
        frozenset(signal.name for signal in model.used_signals),
    )


def without_private(practice: Practice) -> Practice:
    """The practice without a row of the private tables, and without its support contacts."""
    empty: dict[str, Any] = {name: getattr(practice, name).iloc[:0] for name in PRIVATE}
    return replace(practice, **empty, support_contacts=())
