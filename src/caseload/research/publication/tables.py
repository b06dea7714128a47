"""The tables of a package: treated people, and their months in coarse numbers, under new numbers and in a drawn order.

Months count from the first month of the client, or of the clinician, that the data holds: no calendar, and nothing that
tells which months of two people fall together, or who came and went when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.research.publication import people
from caseload.research.publication.columns import SESSIONS, STEPS
from caseload.research.publication.estimates import Estimated
from caseload.research.publication.identifiers import Draw
from caseload.research.publication.recorded import signal_table
from caseload.research.publication.treatment import Treated, treated

_CASE = ["clinician_id", "client_id"]
_INTERVALS = ("", "_low", "_high")


@dataclass(frozen=True, eq=False)
class Tables:
    """The frames that are published, by name, and how people were treated, by the table that they are in.

    `clinicians` and `clinician_months` are missing where the practice has fewer than k clinicians. Rows are sorted by
    the new numbers, which are drawn.
    """

    frames: Mapping[str, pd.DataFrame]
    treatment: Mapping[str, Treated]


def tables(estimated: Estimated, k: int, quasi_identifiers: Sequence[str], draw: Draw) -> Tables:
    """All tables. Raises ParameterError where there are fewer than k clients."""
    staff, cases = people.clinicians(estimated), people.clients(estimated, k, draw)
    numbers = draw.numbers("clinician", list(staff["clinician_id"]))
    case_numbers = draw.numbers("client", list(cases[_CASE].itertuples(index=False, name=None)))
    enough = len(staff) >= k
    cases[people.LINK] = cases["clinician_id"].map(numbers).astype("Int64")
    wanted = [name for name in quasi_identifiers if name in people.CLIENT_COLUMNS and (enough or name != people.LINK)]
    signals = signal_table(estimated.signals, estimated.used, k)
    clients = treated(cases, wanted, k, "person", people.COARSER)
    frames = {
        "clients": _numbered(clients.frame, "client", _CASE, case_numbers)[["client", *wanted]],
        "client_months": _client_months(estimated, _published(signals), case_numbers),
        "signals": signals,
    }
    treatment = {"clients": clients}
    if enough:
        kept = [name for name in quasi_identifiers if name in people.CLINICIAN_COLUMNS]
        treatment["clinicians"] = treated(staff, kept, k, "person", people.COARSER)
        numbered = _numbered(treatment["clinicians"].frame, "clinician", ["clinician_id"], numbers)
        frames["clinicians"] = numbered[["clinician", *kept]]
        frames["clinician_months"] = _clinician_months(estimated.clinicians, numbers)
    return Tables(frames, treatment)


def _published(signals: pd.DataFrame) -> list[str]:
    return list(signals.loc[signals["left_out"].isna(), "signal"])


def _client_months(estimated: Estimated, signals: Sequence[str], numbers: Mapping) -> pd.DataFrame:
    """One row a client and month: the balance and the signals, coarse."""
    table = estimated.signals.merge(estimated.clients.drop(columns="n_sessions"), on=[*_CASE, "month"], how="left")
    table = _numbered(table, "client", _CASE, numbers)
    balance = _balance(table)
    counts = pd.cut(table["n_sessions"], [0, 1, 2, 4, np.inf], right=False, labels=list(SESSIONS)).astype("str")
    shown = {name: coarse(table[name], STEPS[name]) for name in signals}
    return _by_person(table, "client", pd.DataFrame({"sessions": counts, **balance, **shown}))


def _clinician_months(estimates: pd.DataFrame, numbers: Mapping) -> pd.DataFrame:
    """One row a clinician and month: balance, compensation, own shift and what they come to."""
    table = _numbered(estimates, "clinician", ["clinician_id"], numbers)
    shown = _balance(table)
    for name, step in (("compensation", STEPS["compensation"]), ("own_shift", STEPS["estimate"])):
        shown |= {f"{name}{end}": coarse(table[f"{name}{end}"], step) for end in _INTERVALS}
    shown |= {
        name: coarse(table[name], STEPS["probability"]) for name in ("p_gap", "p_compensating", "p_over_invested")
    }
    return _by_person(table, "clinician", pd.DataFrame(shown))


def _balance(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Effort, engagement and gap with intervals; the gap is that of the published numbers, exactly."""
    names = [f"{name}{end}" for name in ("effort", "engagement", "gap") for end in _INTERVALS]
    shown = {name: coarse(table[name], STEPS["estimate"]) for name in names}
    shown["gap"] = (shown["effort"] - shown["engagement"]).round(6) + 0.0
    return shown | {"p_gap": coarse(table["p_gap"], STEPS["probability"])}


def coarse(values: pd.Series, step: float) -> pd.Series:
    """Values to the nearest multiple of `step`; missing stays missing."""
    return ((values / step).round() * step).round(6) + 0.0  # no minus zero


def _numbered(table: pd.DataFrame, name: str, keys: list[str], numbers: Mapping) -> pd.DataFrame:
    """The table with new numbers as the column `name`, in their order."""
    rows = table[keys].itertuples(index=False, name=None)
    new = [numbers[row if len(keys) > 1 else row[0]] for row in rows]
    return table.assign(**{name: new}).sort_values(name, kind="stable", ignore_index=True)


def _by_person(table: pd.DataFrame, person: str, shown: pd.DataFrame) -> pd.DataFrame:
    """The columns `shown` under person and month, which counts from the person's first."""
    ordinal = table["month"].astype("int64")
    month = ordinal - ordinal.groupby(table[person]).transform("min")
    rows = pd.concat([table[[person]], month.rename("month"), shown], axis=1)
    return rows.sort_values([person, "month"], ignore_index=True)
