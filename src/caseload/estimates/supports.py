"""Supports planned, taken and cancelled: supervision, consultation, peer support, restorative time and leave.

Taking support is never scored, neither as risk nor as protection: the association with strain has no fixed sign
(Sodeke-Gregson and colleagues 2013). What is flagged is unmet provision: support that was planned and that the
supervisor or the service cancelled. Personal therapy belongs to the clinician's own copy and is left out by default.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.trends import Months, as_months
from caseload.intake.uncounted import PRIVATE_KINDS

LEAVE = "time_off"
PROVIDED_KINDS = ("supervision", "consultation")
CANCELLERS = ("clinician", "supervisor", "service")
UNMET_BY = ("supervisor", "service")
LAST_PLANNED, UNMET_FROM = 3, 2  # unmet provision: 2 of the last 3 planned
RECENT_MONTHS = 6  # planned longer ago than this says nothing about provision now (judgement)
MINUTES = 60.0

HOURS = ["planned", "done", *(f"cancelled_{who}" for who in CANCELLERS), "not_recorded"]
UNMET_COLUMNS = ["clinician_id", "month", "planned", "cancelled_supervisor", "cancelled_service", "unmet"]


def support_hours(supports: pd.DataFrame, months: Months, *, own_copy: bool = False) -> pd.DataFrame:
    """Hours of each kind of support, one row per clinician, month and kind that has a row; leave is not among them.

    Returns clinician_id, month, kind, then in hours: `planned`, `done`, `cancelled_clinician`, `cancelled_supervisor`,
    `cancelled_service` and `not_recorded` (planned, neither done nor cancelled by anybody named). What was cancelled is
    what was planned and not done; missing minutes count as none. Personal therapy appears only with `own_copy=True`.
    """
    hours = _hours(_asked(supports, months, own_copy))
    return hours.groupby(["clinician_id", "month", "kind"], as_index=False)[HOURS].sum()


def supports_chart(
    supports: pd.DataFrame, clinician_id: str, months: Months, *, own_copy: bool = False
) -> pd.DataFrame:
    """What `plot_supports` draws of one clinician: kind and hours done, cancelled by whom, not recorded, summed."""
    asked = _asked(supports, months, own_copy)
    return _hours(asked[asked["clinician_id"] == clinician_id]).groupby("kind", as_index=False)[HOURS[1:]].sum()


def unmet_provision(supports: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Whether 2 of the last 3 planned supervisions or consultations were cancelled by supervisor or service.

    Planned means planned minutes or a cancellation; dates up to the month's end and within RECENT_MONTHS months of it
    (its own month included). With only two planned, both cancelled is unmet. Returns one row per clinician of
    `supports` and month: clinician_id, month, `planned` (looked at, 0–3), `cancelled_supervisor`, `cancelled_service`
    (of these), `unmet` (bool). Who has a row of personal therapy alone is not among them.
    """
    table = _planned(supports)
    clinicians = pd.Index(_supported(supports), name="clinician_id")
    months = as_months(months)
    unmet = [_unmet(table, clinicians, month) for month in months]
    return pd.concat(unmet, ignore_index=True) if unmet else pd.DataFrame(columns=UNMET_COLUMNS)


def last_planned(supports: pd.DataFrame, clinician_id: str, month: pd.Period) -> pd.DataFrame:
    """The supervisions and consultations that `unmet_provision` looks at for one clinician's month, oldest first.

    Rows of `supports` (at most LAST_PLANNED): clinician_id, date, kind, planned_minutes, done_minutes, cancelled_by.
    """
    return _last(_planned(supports[supports["clinician_id"] == clinician_id]), month).reset_index(drop=True)


def leave_dates(supports: pd.DataFrame) -> pd.DataFrame:
    """Days off taken: clinician_id and date, one row each, by date.

    A day counts when its row is not cancelled and its recorded minutes, if any, are not zero. A row is one day.
    """
    taken = (supports["kind"] == LEAVE) & supports["cancelled_by"].isna() & ~(supports["done_minutes"] == 0)
    who, clinicians = pd.factorize(supports.loc[taken, "clinician_id"], sort=True)
    date, dates = pd.factorize(supports.loc[taken, "date"].dt.normalize(), sort=True)
    who, date = np.divmod(np.unique(who * len(dates) + date), max(len(dates), 1))
    return pd.DataFrame({"clinician_id": clinicians[who], "date": dates[date]})


def leave_days(supports: pd.DataFrame, months: Months) -> pd.DataFrame:
    """Days off taken in a month: clinician_id, month, `days_off`; 0 for every clinician of `supports` without one.

    Who has a row of personal therapy alone is not among them.
    """
    days = leave_dates(supports)
    count = days.groupby(["clinician_id", days["date"].dt.to_period("M").rename("month")]).size()
    clinicians = _supported(supports)
    grid = pd.MultiIndex.from_product([clinicians, as_months(months)], names=["clinician_id", "month"])
    return count.reindex(grid, fill_value=0).astype(int).rename("days_off").reset_index()


def _supported(supports: pd.DataFrame) -> pd.Series:
    """The clinicians with a row that others may know of, sorted."""
    return supports.loc[~supports["kind"].isin(PRIVATE_KINDS), "clinician_id"].drop_duplicates().sort_values()


def _asked(supports: pd.DataFrame, months: Months, own_copy: bool) -> pd.DataFrame:
    """What is shown of some months: no leave, and personal therapy in the own copy only."""
    left_out = {LEAVE} if own_copy else {LEAVE, *PRIVATE_KINDS}
    month = supports["date"].to_numpy().astype("datetime64[M]").astype(np.int64)
    return supports[~supports["kind"].isin(left_out) & np.isin(month, as_months(months).asi8)]


def _hours(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per support with its month and hours."""
    planned, done = (np.nan_to_num(rows[f"{name}_minutes"].to_numpy(float)) / MINUTES for name in ("planned", "done"))
    missed, by = np.maximum(planned - done, 0.0), rows["cancelled_by"]
    cancelled = {f"cancelled_{who}": np.where(by == who, missed, 0.0) for who in CANCELLERS}
    hours = {"planned": planned, "done": done, **cancelled, "not_recorded": np.where(by.isna(), missed, 0.0)}
    who, kind, month = rows["clinician_id"], rows["kind"], rows["date"].dt.to_period("M")
    return pd.DataFrame({"clinician_id": who, "kind": kind, "month": month, **hours})


def _planned(supports: pd.DataFrame) -> pd.DataFrame:
    """Supervisions and consultations that were planned, by date."""
    table = supports[supports["kind"].isin(PROVIDED_KINDS)].sort_values(["date", "kind", "cancelled_by"])
    return table[(table["planned_minutes"] > 0) | table["cancelled_by"].notna()]


def _last(planned: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Each clinician's last planned ones up to the month's end that are not too old to speak for it."""
    start, end = (month - RECENT_MONTHS + 1).start_time, (month + 1).start_time
    return planned[(planned["date"] >= start) & (planned["date"] < end)].groupby("clinician_id").tail(LAST_PLANNED)


def _unmet(planned: pd.DataFrame, clinicians: pd.Index, month: pd.Period) -> pd.DataFrame:
    last = _last(planned, month)
    table = pd.DataFrame({"planned": last.groupby("clinician_id").size()}).reindex(clinicians, fill_value=0)
    for who in UNMET_BY:
        cancelled = last[last["cancelled_by"] == who].groupby("clinician_id").size()
        table[f"cancelled_{who}"] = cancelled.reindex(clinicians, fill_value=0)
    table["unmet"] = np.greater_equal(table[[f"cancelled_{who}" for who in UNMET_BY]].sum(axis=1), UNMET_FROM)
    table.insert(0, "month", pd.PeriodIndex([month] * len(table), freq="M"))
    return table.reset_index()[UNMET_COLUMNS]
