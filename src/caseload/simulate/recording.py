"""What reaches the tables: which tables and columns exist, and which cells were lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.random import Generator

from caseload.simulate.keeping import Recording
from caseload.simulate.observation import logistic

TOGETHER = {"change_talk_share": "clinician_talk_share", "sustain_talk_share": "clinician_talk_share"}


def recorded(tables: dict[str, pd.DataFrame], keep: Recording, rng: Generator) -> dict[str, pd.DataFrame]:
    """The tables and columns that exist, with cells lost; which cells does not depend on what else is kept."""
    lossy = {
        name: _with_losses(table, keep, stream)
        for (name, table), stream in zip(tables.items(), rng.spawn(len(tables)), strict=True)
    }
    names = keep.tables if keep.tables is not None else tuple(lossy)
    kept = {name: _columns(name, _to_microseconds(table), keep) for name, table in lossy.items() if name in names}
    return _without_strangers(kept)


def _without_strangers(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Without a table of clients, contacts with clients who had no appointment would refer to nobody."""
    if "clients" in tables or "contacts" not in tables or "sessions" not in tables:
        return tables
    known = tables["contacts"]["client_id"].isin(tables["sessions"]["client_id"])
    return tables | {"contacts": tables["contacts"][known].reset_index(drop=True)}


def _to_microseconds(table: pd.DataFrame) -> pd.DataFrame:
    """Dates and times in one unit, as they are read."""
    return table.astype(dict.fromkeys(table.select_dtypes("datetime").columns, "datetime64[us]"))


def _columns(name: str, table: pd.DataFrame, keep: Recording) -> pd.DataFrame:
    """The columns that exist, in the contract's order."""
    if keep.columns is None or name not in keep.columns:
        return table
    return table[[column for column in table if column in keep.columns[name]]]


def _with_losses(table: pd.DataFrame, keep: Recording, rng: Generator) -> pd.DataFrame:
    """Cells lost at random, each clinician with an own share around the column's."""
    masks = {
        column: _lost(table, keep.missing[column], keep.missing_spread, stream)
        for column, stream in zip(keep.missing, rng.spawn(len(keep.missing)), strict=True)
    }
    causes = {column: TOGETHER.get(column, column) for column in table.columns.astype(str)}
    lost = {column: masks[cause] for column, cause in causes.items() if cause in masks}
    return table.assign(**{column: table[column].mask(where) for column, where in lost.items()})


def _lost(table: pd.DataFrame, share: float, spread: float, rng: Generator) -> np.ndarray:
    """Which rows lose the cell; shares of 0 and 1 are exact."""
    if share in (0, 1) or "clinician_id" not in table:
        return rng.uniform(size=len(table)) < share
    who, names = pd.factorize(table["clinician_id"], sort=True)
    own = logistic(np.log(share / (1 - share)) + spread * rng.standard_normal(len(names)))
    return rng.uniform(size=len(table)) < own[who]
