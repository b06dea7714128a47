"""From probabilities to states: persistence before a flag is raised, persistence before it clears; and their words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.supports import LAST_PLANNED, UNMET_FROM
from caseload.estimates.thresholds import RAISE_AT as RAISE_AT
from caseload.estimates.thresholds import WATCH_AT as WATCH_AT
from caseload.wording import spelled

STATES = ("not_enough_data", "steady", "watch", "raise")
STANDING = ("raise", "watch")
"""What is worth a conversation, the first before the second."""
MONTHS_TO_CLEAR = 2
"""A flag is raised at RAISE_AT if the month before was at least at WATCH_AT; it clears this long below WATCH_AT."""
_HIGH, _LOW = f"{RAISE_AT:.0%}", f"{WATCH_AT:.0%}"
_UNMET = f"{spelled(UNMET_FROM)} of the last {spelled(LAST_PLANNED)} planned supports were cancelled by others"
_CLEARED = f"after {spelled(MONTHS_TO_CLEAR)} months in a row below {_LOW}"
WORDS = {
    "raise": "Discuss",
    "watch": "Watch",
    "steady": "No flag",
    "not_enough_data": "Not enough data",
    "not_shared": "Not shared",
}
"""What pages call a state; `not_shared` is what a copy says of self-report that it may not know of."""
MEANINGS = {
    "raise": f"Started at {_HIGH} or more, after {_LOW} or more the month before. Ends {_CLEARED}.",
    "watch": f"{_LOW} or more, or {_UNMET}: keep it in view",
    "steady": f"Probability below {_LOW}",
    "not_enough_data": "Too little to say anything. That is neither good news nor bad news",
    "not_shared": "The supervisee decides. You see this whether or not answers exist",
}
"""What the words mean, for the key of a page."""
RULE = (
    f"{WORDS['raise']} needs a probability of {_HIGH} this month and of {_LOW} the month before, and ends {_CLEARED}. "
    f"{WORDS['watch']} begins at {_LOW}."
)


def flag_states(months: pd.DataFrame) -> pd.Series:
    """The state of one flag for each clinician-month, read forward through the months.

    `months` has one row per clinician and month without gaps between a clinician's first and last: `clinician_id`,
    `month` (period[M]), `probability` (0–1, NaN = not enough data), and optionally `may_raise` (False holds a flag at
    watch until it is True) and `at_least_watch` (True lifts any other state to watch).

    Raised when the probability is ≥ .9 and was ≥ .7 the month before; a raised flag stays raised until the
    probability was below .7 in two consecutive months. A month without enough data neither raises nor clears: it
    breaks a run of months, and a flag raised before it is still raised after it. Returns text of STATES, on the index
    of `months`.
    """
    if months.empty:
        return pd.Series(index=months.index, dtype="str")
    table = months.assign(
        may_raise=months.get("may_raise", True), at_least_watch=months.get("at_least_watch", False)
    ).sort_values(["month", "clinician_id"])
    wide = table.pivot(index="month", columns="clinician_id", values=["probability", "may_raise", "at_least_watch"])
    wide = wide.reindex(pd.period_range(wide.index.min(), wide.index.max(), freq="M"))
    probability = wide["probability"].to_numpy(float, na_value=np.nan)
    allowed = wide["may_raise"].fillna(False).to_numpy(bool)
    lifted = wide["at_least_watch"].fillna(False).to_numpy(bool)
    codes = np.where(lifted, np.maximum(_codes(probability, allowed), 2), _codes(probability, allowed))
    row = pd.Index(wide.index).get_indexer(pd.Index(months["month"]))
    column = wide["probability"].columns.get_indexer(pd.Index(months["clinician_id"]))
    return pd.Series(np.array(STATES, dtype=object)[codes[row, column]], index=months.index, dtype="str")


def state_since(flags: pd.DataFrame) -> pd.DataFrame:
    """Add `since` (the month from which on the state has been the same) and `before` (the state before that, or "").

    `flags` has `clinician_id`, `flag`, `month`, `state`, one row a month without gaps.
    """
    table = flags.sort_values(["clinician_id", "flag", "month"])
    group = table.groupby(["clinician_id", "flag"], sort=False)
    previous = group["state"].shift()
    changed = table["state"] != previous
    table["since"] = table["month"].where(changed).groupby([table["clinician_id"], table["flag"]]).ffill()
    before = previous.fillna("").where(changed)
    table["before"] = before.groupby([table["clinician_id"], table["flag"]]).ffill()
    return table.loc[flags.index]


def _codes(probability: np.ndarray, may_raise: np.ndarray) -> np.ndarray:
    """State numbers (months × clinicians), by one pass over the months."""
    codes = np.zeros(probability.shape, int)
    raised = np.zeros(probability.shape[1:], bool)
    low_months = np.zeros(probability.shape[1:], int)
    before = np.full(probability.shape[1:], np.nan)
    for at, now in enumerate(probability):
        low_months = np.where(now < WATCH_AT, low_months + 1, 0)
        raised = (raised & (low_months < MONTHS_TO_CLEAR)) | _newly_raised(now, before, may_raise[at])
        codes[at] = np.select([np.isnan(now), raised, now >= WATCH_AT], [0, 3, 2], default=1)
        before = now
    return codes


def _newly_raised(now: np.ndarray, before: np.ndarray, may_raise: np.ndarray) -> np.ndarray:
    return (now >= RAISE_AT) & (before >= WATCH_AT) & may_raise
