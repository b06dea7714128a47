"""Declared changes: from some month on, what was usual for a clinician before is no longer their usual.

A practice says in `changes` what it knows (a new rule, software, role or working time), for a clinician, a team or all.
From then on the clinician counts as somebody new: own level, style, limits and usual begin again. So a declaration
enters everything in one place, under a name that holds until the next declaration. What people say of themselves in
surveys keeps its usual: no rule of recording changes how somebody feels.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.balance import Balance
from caseload.estimates.frames import DECLARED

HALF = 15
"""A change after this day of a month counts from the next month on."""
SHOWN_MONTHS = 3
"""For so many months, the first included, a page also shows the flag's state without the declaration."""
WHOM = ("clinician", "team", "practice")
_SEPARATOR = "\x1f"


def declared_changes(changes: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """The rows of `changes` for each clinician whom they concern: `frames.DECLARED`, oldest first.

    `people` has clinician_id and team. A change of a team concerns who is in it now.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.estimates.declared import declared_changes
    >>> people = pd.DataFrame({"clinician_id": ["C1", "C2"], "team": ["north", "south"]})
    >>> changes = pd.DataFrame({"from": pd.to_datetime(["2026-04-01"]), "clinician_id": [None], "team": ["north"],
    ...                         "kind": ["recording"], "what": ["new template"], "declared_by": [None]})
    >>> declared_changes(changes, people)[["clinician_id", "month", "whom", "kind"]]
      clinician_id    month  whom       kind
    0           C1  2026-04  team  recording
    """
    table = changes.rename(columns={"from": "starts", "clinician_id": "who", "team": "their_team"})
    table = table.assign(order=np.arange(len(table)))
    rows = table.merge(people[["clinician_id", "team"]], how="cross")
    one, some = rows["who"].notna(), rows["their_team"].notna()
    meant = np.where(one, rows["who"] == rows["clinician_id"], ~some | (rows["their_team"] == rows["team"]))
    rows = rows.assign(whom=np.select([one, some], WHOM[:2], WHOM[2]))[meant.astype(bool)]
    month = rows["starts"].dt.to_period("M")
    rows = rows.assign(month=month.where(rows["starts"].dt.day <= HALF, month + 1))
    rows = rows.sort_values(["clinician_id", "month", "order"], ignore_index=True)
    texts = ("what", "declared_by")
    rows = rows.assign(kind=rows["kind"].fillna("other"), **{name: rows[name].fillna("") for name in texts})
    return rows.astype(dict.fromkeys(("clinician_id", "kind", "whom", *texts), "str"))[DECLARED.names]


def recent(declared: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The declarations that count from `month` on, or from one of the months just before (`SHOWN_MONTHS` in all)."""
    return declared[(declared["month"] <= month) & (declared["month"] > month - SHOWN_MONTHS)]


def began(declared: pd.DataFrame, months: Iterable[int]) -> tuple[int, ...]:
    """The months (ordinals) within `months` in which one clinician's usual began again, each once."""
    within = set(months)
    return tuple(sorted({int(at) for at in declared["month"].astype("int64")} & within))


def since_declared(people: pd.Series, months: np.ndarray, declared: pd.DataFrame) -> pd.Series:
    """`people` (ids) with another name from each declared change on; `months` are the rows' months as ordinals.

    `own_name` gives the id back.
    """
    if declared.empty:
        return people
    names = people.to_numpy(object).copy()
    starts = declared["month"].astype("int64").groupby(declared["clinician_id"]).agg(lambda at: sorted(set(at)))
    for who, begun in starts.items():
        mine = np.flatnonzero(people.to_numpy() == who)
        number = np.searchsorted(begun, months[mine], side="right")
        names[mine] = [f"{who}{_SEPARATOR}{n}" if n else who for n in number]
    return pd.Series(names, index=people.index, name=people.name, dtype=people.dtype)


def own_name(names: pd.Series | pd.Index) -> Any:
    """The ids behind names that `since_declared` gave; ids that never changed stay as they are."""
    return names.str.replace(f"{_SEPARATOR}[0-9]+$", "", regex=True)


def with_new_usual(signals: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """The frame of `monthly_signals` in which a clinician is somebody new from each declared change on."""
    if declared.empty:
        return signals
    months = signals["month"].astype("int64").to_numpy()
    return signals.assign(clinician_id=since_declared(signals["clinician_id"], months, declared))


def under_own_names(balance: Balance) -> Balance:
    """A balance that was estimated from `with_new_usual`, with everybody's own id."""
    tables: dict[str, Any] = {}
    for field in fields(balance):
        table = getattr(balance, field.name)
        if isinstance(table, pd.DataFrame):
            if "clinician_id" in table:
                table = table.assign(clinician_id=own_name(table["clinician_id"]))
            elif table.index.name == "clinician_id":
                table = table.set_axis(pd.Index(own_name(table.index), name="clinician_id"))
            tables[field.name] = table
    return replace(balance, **tables)
