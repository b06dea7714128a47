"""Raw tables → the same with the identifiers that a practice has decided on, each row of somebody once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from caseload.intake.raw import RawTable
from caseload.intake.same_people import FILE, SamePeople
from caseload.intake.tables import TABLES
from caseload.wording import counted

PEOPLE = ("clinician_id", "client_id", "supervisor_id")
FILLED = ("clinicians", "clients")  # of whom two rows become one that holds what either has
SAME_APPOINTMENT = ("clinician_id", "client_id", "scheduled_start")


def join_people(tables: Mapping[str, RawTable], people: SamePeople) -> list[str]:
    """Give every table the identifiers that were decided, once for each row; what to say of it, in counts.

    Of rows that become one the last stays; of people, what either row holds. Surveys are shared by somebody whose rows
    do not forbid it.
    """
    notes = [_joined(name, raw, people) for name, raw in tables.items() if people.decisions]
    return list(filter(None, notes))


def _joined(name: str, raw: RawTable, people: SamePeople) -> str:
    """Change one table; what to say of it."""
    touched = np.zeros(len(raw.index), dtype=bool)
    clinicians = raw.columns["clinician_id"].astype(object) if "clinician_id" in raw.columns else None
    for column in (one for one in PEOPLE if one in raw.columns):
        texts = raw.columns[column].astype(object)
        new = texts.copy()
        for one in people.separated if column == "client_id" and clinicians is not None else ():
            hit = (texts == one.identifier) & (clinicians == one.clinician_id)
            new[hit] = one.counts_as
            touched |= hit.to_numpy(dtype=bool)
        hit = new.isin(list(people.joined))
        new[hit] = new[hit].map(people.joined)
        touched |= hit.to_numpy(dtype=bool)
        raw.columns[column] = new
    return _once(name, raw, touched)


def _once(name: str, raw: RawTable, touched: np.ndarray) -> str:
    """Leave one of the rows that have become the same."""
    key = list(SAME_APPOINTMENT if name == "sessions" else TABLES[name].unique)
    if not key or not touched.any() or not all(column in raw.columns for column in key):
        return ""
    keys = pd.DataFrame({column: raw.columns[column].astype(object) for column in key})
    group = keys.groupby(key, sort=False, dropna=False).ngroup()
    again = group.duplicated(keep="last") & group.isin(group[touched])
    if not again.any():
        return ""
    if name in FILLED:
        for column in raw.columns:
            cells = raw.columns[column].astype(object)
            raw.columns[column] = cells.where(cells.notna(), cells.groupby(group).transform("last"))
        _share_only_if_both(raw, group)
    gone = int(again.sum())
    for column in raw.columns:
        raw.columns[column] = raw.columns[column][~again]
    raw.index = raw.index[~again]
    verb = "counts" if gone == 1 else "count"
    what = "appointment" if name == "sessions" else "row"
    return f"{name}: {counted(gone, what)} of people under two identifiers {verb} once, as decided in {FILE}."


def _share_only_if_both(raw: RawTable, group: pd.Series) -> None:
    """Of two rows of one person, that which forbids to share counts."""
    if "shares_surveys" in raw.columns:
        said = raw.columns["shares_surveys"].astype(object)
        forbidden = said.astype(str).str.lower().eq("false")
        raw.columns["shares_surveys"] = said.mask(forbidden.groupby(group).transform("any"), "false")
