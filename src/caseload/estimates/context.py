"""What the logs say about the circumstances of a month: context for self-report, never in its place."""

from __future__ import annotations

import numpy as np
import pandas as pd

CONTEXT = ("gap", "compensation", "trauma", "after_hours", "caseload", "unmet", "plan")
_KEYS = ["clinician_id", "month"]


def monthly_context(
    balance: pd.DataFrame,
    provision: pd.DataFrame,
    self_care: pd.DataFrame,
    sessions: pd.DataFrame,
    clients: pd.DataFrame,
    supervisees: pd.DataFrame,
) -> pd.DataFrame:
    """The context of each clinician-month of `balance`, as known at its end; NaN = not known.

    Takes the clinicians' `balance` (gap, compensation, n_sessions), the columns of `unmet_provision` and of
    `self_care`, and the practice's tables. `gap` and `compensation` are in SD; `trauma` is the share of attended
    sessions with a trauma focus, where none is noted that with clients who have a trauma history; `after_hours` the log
    of 1 + the contacts after hours; `caseload` the log of the sessions per full-time equivalent; `unmet` the share of
    the last planned supervisions and consultations that supervisor or service cancelled; `plan` the share of the
    self-care plan that was done.
    """
    table = balance[[*_KEYS, "gap", "compensation", "n_sessions"]]
    table = table.merge(trauma_share(sessions, clients), on=_KEYS, how="left")
    table = table.merge(
        provision[[*_KEYS, "planned", "cancelled_supervisor", "cancelled_service"]], on=_KEYS, how="left"
    )
    table = table.merge(self_care[[*_KEYS, "contacts", "after_hours", "done_share"]], on=_KEYS, how="left")
    full_time = supervisees.set_index("clinician_id")["fte"].fillna(1.0)
    sessions_per_post = table["n_sessions"] / table["clinician_id"].map(full_time)
    cancelled = table["cancelled_supervisor"] + table["cancelled_service"]
    return table[_KEYS].assign(
        gap=table["gap"],
        compensation=table["compensation"],
        trauma=table["trauma"],
        after_hours=np.log1p(table["after_hours"]).where(table["contacts"] > 0),
        caseload=np.log(sessions_per_post.where(sessions_per_post > 0)),
        unmet=cancelled / table["planned"].where(table["planned"] > 0),
        plan=table["done_share"],
    )


def trauma_share(sessions: pd.DataFrame, clients: pd.DataFrame) -> pd.DataFrame:
    """The share of trauma work in each clinician's attended sessions of each month; months without a note are left out.

    Returns clinician_id, month, trauma (0–1).
    """
    needed = ["clinician_id", "client_id", "scheduled_start", "trauma_focus"]
    rows = sessions.loc[sessions["status"] == "attended", needed]
    history = clients.set_index("client_id")["trauma_history"]
    rows = rows.assign(
        month=rows["scheduled_start"].dt.to_period("M"),
        focus=rows["trauma_focus"].astype("Float64"),
        history=rows["client_id"].map(history).astype("Float64"),
    )
    shares = rows.groupby(_KEYS, as_index=False)[["focus", "history"]].mean()
    trauma = shares["focus"].fillna(shares["history"]).astype("float64")
    return shares[_KEYS].assign(trauma=trauma).dropna(ignore_index=True)
