"""Estimates of a simulated practice beside the truth behind it, in the estimates' own unit."""

from __future__ import annotations

import pandas as pd

from caseload.estimates import Balance

SIDES = ("effort", "engagement", "gap")
OWN = ("own_shift", "compensation")
ESTIMATES = (*(f"client {name}" for name in SIDES), *(f"clinician {name}" for name in SIDES), *OWN)


def compared(balance: Balance, clients: pd.DataFrame, clinicians: pd.DataFrame) -> pd.DataFrame:
    """Each estimate of the month and its truth: estimate (of ESTIMATES), clinician_id, value, low, high, truth, marked.

    `clients` and `clinicians` are the frames of `simulate.Truth`. Rows without an estimate or a truth are left out;
    `marked` = over-invested in truth.
    """
    true_clients, people = standardised(clients, clinicians, balance.month)
    keys = ["clinician_id", "client_id"]
    by_client, by_person = balance.clients.set_index(keys), balance.clinicians.set_index("clinician_id")
    parts = [_beside(f"client {name}", by_client, true_clients.set_index(keys), name) for name in SIDES]
    parts += [_beside(f"clinician {name}", by_person, people, name) for name in SIDES]
    parts += [_beside(name, by_person, people, name) for name in OWN]
    table = pd.concat(parts, ignore_index=True).dropna(subset=["value", "truth"])
    over = clinicians[(clinicians["month"] == balance.month) & clinicians["over_invested"]]
    return table.assign(marked=table["clinician_id"].isin(over["clinician_id"]))


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """By estimate: n, held (how many 90 % intervals hold the truth), error (sum of value − truth), correlation with it.

    `table` is as `compared` gives it.
    """
    held, error = table["truth"].between(table["low"], table["high"]), table["value"] - table["truth"]
    by = table.assign(held=held, error=error).groupby("estimate", sort=False)
    counted = by.agg(n=("held", "size"), held=("held", "sum"), error=("error", "sum"))
    return counted.assign(correlation=by[["value", "truth"]].corr().xs("value", level=1)["truth"]).reset_index()


def standardised(
    clients: pd.DataFrame, clinicians: pd.DataFrame, month: pd.Period
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The truth of a month's client-months, and by clinician_id of its clinicians, in SD of the client-months so far.

    A clinician's own shift is the gap less the mean of the clinician's earlier months.
    """
    so_far = clients[clients["month"] <= month]
    sides = so_far[["effort", "engagement"]]
    scaled = so_far.assign(**((sides - sides.mean()) / sides.std()))
    scaled["gap"] = scaled["effort"] - scaled["engagement"]
    levels = scaled.groupby(["clinician_id", "month"])[list(SIDES)].mean().reset_index()
    people = levels[levels["month"] == month].set_index("clinician_id")
    people["own_shift"] = people["gap"] - levels[levels["month"] < month].groupby("clinician_id")["gap"].mean()
    slopes = clinicians[clinicians["month"] == month].set_index("clinician_id")["compensation"]
    people["compensation"] = slopes * sides["engagement"].std() / sides["effort"].std()
    return scaled[scaled["month"] == month], people


def _beside(label: str, estimates: pd.DataFrame, truth: pd.DataFrame, name: str) -> pd.DataFrame:
    """The estimate `name` on the rows of `estimates`, with the truth on the same index."""
    columns = {"value": estimates[name], "low": estimates[f"{name}_low"], "high": estimates[f"{name}_high"]}
    table = pd.DataFrame({**columns, "truth": truth[name].reindex(estimates.index)})
    return table.reset_index().assign(estimate=label)[["estimate", "clinician_id", *table.columns]]
