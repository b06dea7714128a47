"""The five flags: what each asks of the evidence, one named rule a flag.

A rule takes one frame of evidence, a row per clinician and month, and returns for each row the probability (NaN = not
enough data), why there is not enough data, whether the flag may be raised and whether it is at least a watch.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

MIN_SESSIONS, MIN_CLIENTS = 6, 3
"""Under this many sessions or clients in the month, over-investment is not enough data."""
NOT_SHARED = "no shared survey"
"""The same words where no survey exists and where it is not shared: neither may be read from the other."""


def over_investment(months: pd.DataFrame) -> pd.DataFrame:
    """Needs n_sessions, n_clients, effort, engagement (known, or NaN) and p_over_invested."""
    why = np.select(
        [
            months["n_sessions"] == 0,
            months["n_sessions"] < MIN_SESSIONS,
            months["n_clients"] < MIN_CLIENTS,
            months["p_over_invested"].isna(),
        ],
        [
            "no session this month",
            f"fewer than {MIN_SESSIONS} sessions this month",
            f"fewer than {MIN_CLIENTS} clients this month",
            "no client with both a signal of effort and one of engagement",
        ],
        default="",
    )
    return _ruled(months["p_over_invested"], why)


def stage_incongruence(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p and enough, of the last 60 days."""
    why = np.where(
        months["enough"].fillna(False).astype(bool),
        "",
        "too few sessions or clients with a rated stage in the last 60 days",
    )
    return _ruled(months["p"], why)


def personal_activation(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_activation, surveyed (any survey so far) and unmet (unmet provision, which needs no survey)."""
    why = np.select(
        [~months["surveyed"], months["p_activation"].isna()],
        [NOT_SHARED, "too few earlier ratings or surveys to know what is usual"],
        default="",
    )
    return _ruled(months["p_activation"], why, at_least_watch=months["unmet"])


def self_care(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_self_care."""
    why = np.where(months["p_self_care"].isna(), "no self-care plan and no contacts recorded", "")
    return _ruled(months["p_self_care"], why)


def compassion_fatigue(months: pd.DataFrame) -> pd.DataFrame:
    """Needs p_compassion_fatigue and what a raise asks of self-report: last_above and reliable_rise, or two_above."""
    conditions = {
        name: months[name].fillna(False).astype(bool) for name in ("last_above", "reliable_rise", "two_above")
    }
    why = np.where(months["p_compassion_fatigue"].isna(), NOT_SHARED, "")
    reported = (conditions["last_above"] & conditions["reliable_rise"]) | conditions["two_above"]
    return _ruled(months["p_compassion_fatigue"], why, may_raise=reported)


RULES = {
    "over_investment": over_investment,
    "stage_incongruence": stage_incongruence,
    "personal_activation": personal_activation,
    "self_care": self_care,
    "compassion_fatigue": compassion_fatigue,
}


def _ruled(
    probability: pd.Series,
    why: np.ndarray,
    may_raise: pd.Series | bool = True,
    at_least_watch: pd.Series | bool = False,
) -> pd.DataFrame:
    enough = why == ""
    return pd.DataFrame(
        {
            "probability": probability.where(enough),
            "why_not": pd.Series(why, index=probability.index, dtype="str"),
            "may_raise": may_raise,
            "at_least_watch": at_least_watch,
        },
        index=probability.index,
    )
