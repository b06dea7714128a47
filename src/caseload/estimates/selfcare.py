"""The self-care plan, planned against done, and the share of contacts after hours.

Two probabilities, each with the uncertainty of its counts: that less than half of the planned times are done (over
three months), and that more than a quarter of the month's contacts fall after hours. The larger speaks for the month.
What counts as a contact after hours is said in `boundaries`. Planned and done are the clinician's own account.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincinv

from caseload.estimates.boundaries import counted_contacts
from caseload.estimates.trends import Months, as_months
from caseload.signals import after_hours, has_times

PLAN_MONTHS = 3
DONE_SHARE, DONE_PRIOR = 0.5, (2.0, 2.0)  # P(share of planned times done < DONE_SHARE), Beta prior
AFTER_HOURS_SHARE, AFTER_HOURS_PRIOR = 0.25, (1.0, 5.0)  # P(share of contacts after hours > …), Beta prior
INTERVAL = (0.05, 0.95)
NO_BARRIER = "none"
WORKLOAD = "workload"

PLAN_COLUMNS = ["planned_times", "done_times", "done_share", "done_low", "done_high", "p_plan", "barrier"]
CONTACT_COLUMNS = ["contacts", "after_hours", "after_share", "after_low", "after_high", "p_after_hours"]


def self_care(
    plan: pd.DataFrame,
    contacts: pd.DataFrame,
    sessions: pd.DataFrame,
    supervisees: pd.DataFrame,
    months: Months,
    hours_recorded: Collection[str] = (),
) -> pd.DataFrame:
    """Both probabilities and the larger, one row per clinician of `supervisees` and month asked (one pass).

    Returns clinician_id, month, `p_self_care` (0–1; NaN where neither is known), the columns of `plan_done` and of
    `after_hours_share`; counts are 0 and shares NaN where there is no plan or no contact. Where nothing is recorded of
    a clinician's contacts but the working day is (`hours_recorded`), the appointments that took place are counted in
    their stead (`of_appointments`, bool).
    """
    asked = as_months(months)
    clinicians = supervisees["clinician_id"].drop_duplicates().sort_values()
    grid = pd.MultiIndex.from_product([clinicians, asked]).to_frame(index=False, name=["clinician_id", "month"])
    appointments = _appointments(sessions, supervisees, set(hours_recorded) - set(contacts["clinician_id"]))
    counted = pd.concat([counted_contacts(contacts, sessions, supervisees), appointments], ignore_index=True)
    for part in (plan_done(plan, asked), after_hours_share(counted, asked)):
        grid = grid.merge(part, on=["clinician_id", "month"], how="left")
    grid = grid.fillna({"planned_times": 0.0, "done_times": 0.0, "contacts": 0, "after_hours": 0, "barrier": ""})
    grid = grid.astype({"contacts": int, "after_hours": int})
    grid["p_self_care"] = grid[["p_plan", "p_after_hours"]].max(axis=1)
    grid["of_appointments"] = grid["clinician_id"].isin(appointments["clinician_id"]) & (grid["contacts"] > 0)
    return grid[["clinician_id", "month", "p_self_care", *PLAN_COLUMNS, *CONTACT_COLUMNS, "of_appointments"]]


def _appointments(sessions: pd.DataFrame, supervisees: pd.DataFrame, of: Collection[str]) -> pd.DataFrame:
    """The appointments of some clinicians that took place at a known time: clinician_id, month, `after_hours`."""
    came = sessions[(sessions["status"] == "attended") & sessions["clinician_id"].isin(of)]
    timed = [who for who, starts in came.groupby("clinician_id")["scheduled_start"] if has_times(starts)]
    came = came[came["clinician_id"].isin(timed)]
    late = after_hours(came["scheduled_start"], came["clinician_id"], supervisees).astype(bool)
    return came[["clinician_id"]].assign(month=came["scheduled_start"].dt.to_period("M"), after_hours=late)


def plan_done(plan: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Times planned and done over the PLAN_MONTHS months that end with each month asked.

    A goal's month counts when planned and done are both recorded (an empty `done_times` is not a failure); done counts
    up to what was planned, so that one goal cannot make up for another. Returns, for clinicians and months with a plan:
    clinician_id, month, `planned_times`, `done_times`, `done_share` (posterior mean) with its 90 % interval `done_low`,
    `done_high`, `p_plan` = P(share < .5) (NaN where nothing was planned), and `barrier` (most often noted, "" if none).
    """
    rows = plan.assign(done=plan[["done_times", "planned_times"]].min(axis=1, skipna=False))
    rows["planned"] = rows["planned_times"].where(rows["done"].notna())
    rows = _looking_back(rows, as_months(months))
    table = rows.groupby(["clinician_id", "month"], as_index=False).agg(
        planned_times=("planned", "sum"), done_times=("done", "sum")
    )
    done, planned = table["done_times"].to_numpy(float), table["planned_times"].to_numpy(float)
    shares = _beta_share(done, planned, DONE_PRIOR, DONE_SHARE)
    table["done_share"], table["done_low"], table["done_high"], table["p_plan"] = shares
    return table.merge(_barriers(rows), on=["clinician_id", "month"], how="left").fillna({"barrier": ""})


def after_hours_share(counted: pd.DataFrame, months: Months) -> pd.DataFrame:
    """The share of a month's contacts after hours, from `counted_contacts`, for clinicians and months with a contact.

    Returns clinician_id, month, `contacts`, `after_hours` (counts), `after_share` (posterior mean) with its 90 %
    interval `after_low`, `after_high`, and `p_after_hours` = P(share > .25).
    """
    rows = counted[counted["month"].isin(as_months(months))]
    table = rows.groupby(["clinician_id", "month"], as_index=False).agg(
        contacts=("after_hours", "size"), after_hours=("after_hours", "sum")
    )
    late, number = table["after_hours"].to_numpy(float), table["contacts"].to_numpy(float)
    mean, low, high, below = _beta_share(late, number, AFTER_HOURS_PRIOR, AFTER_HOURS_SHARE)
    return table.assign(after_share=mean, after_low=low, after_high=high, p_after_hours=1.0 - below)


def plan_table(plan: pd.DataFrame, clinician_id: str, month: pd.Period) -> pd.DataFrame:
    """What `plot_plan` draws of one clinician's month: goal, planned, done (as recorded), barrier ("" if none)."""
    mine = plan[(plan["clinician_id"] == clinician_id) & (plan["month"] == month)]
    table = mine.rename(columns={"planned_times": "planned", "done_times": "done"})
    barrier = table["barrier"].fillna("")
    table = table.assign(barrier=barrier.mask(barrier == NO_BARRIER, ""))
    return table[["goal", "planned", "done", "barrier"]].reset_index(drop=True)


def plan_months(plan: pd.DataFrame, clinician_id: str, month: pd.Period) -> pd.DataFrame:
    """The goals behind `plan_done` of one clinician's month, month by month: goal, month, planned, done, counted.

    One row per row of the plan in the PLAN_MONTHS months to `month`, by goal and month. `counted` (bool) says whether
    it is in the share: planned and done are both recorded.
    """
    past = (plan["month"] > month - PLAN_MONTHS) & (plan["month"] <= month)
    mine = plan[past & (plan["clinician_id"] == clinician_id)]
    table = mine.rename(columns={"planned_times": "planned", "done_times": "done"})[
        ["goal", "month", "planned", "done"]
    ]
    counted = table[["planned", "done"]].notna().all(axis=1)
    return table.assign(counted=counted).sort_values(["goal", "month"], ignore_index=True)


def _looking_back(rows: pd.DataFrame, asked: pd.PeriodIndex) -> pd.DataFrame:
    """Each row once for every month asked that looks back on it, under that month."""
    copies = [rows.assign(month=rows["month"] + later) for later in range(PLAN_MONTHS)]
    together = pd.concat(copies, ignore_index=True)
    return together[together["month"].isin(asked)]


def _barriers(rows: pd.DataFrame) -> pd.DataFrame:
    """The barrier most often noted; of equally frequent ones workload, else the first in the alphabet."""
    noted = rows[rows["barrier"].notna() & ~rows["barrier"].isin([NO_BARRIER, ""])]
    count = noted.groupby(["clinician_id", "month", "barrier"], as_index=False).agg(times=("barrier", "size"))
    count["other"] = count["barrier"] != WORKLOAD
    ordered = count.sort_values(["times", "other", "barrier"], ascending=[False, True, True])
    return ordered.drop_duplicates(["clinician_id", "month"])[["clinician_id", "month", "barrier"]]


def _beta_share(
    hits: np.ndarray, number: np.ndarray, prior: tuple[float, float], cut: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Posterior mean, 90 % interval and P(share < cut) of a Beta–binomial share; NaN where nothing was counted."""
    known = np.where(number > 0, 1.0, np.nan)
    a, b = prior[0] + hits, prior[1] + number - hits
    low, high = (betaincinv(a, b, level) * known for level in INTERVAL)
    return a / (a + b) * known, low, high, betainc(a, b, cut) * known
