"""What is published of a person, in broad words: the quasi-identifiers, by which somebody could be recognised.

Each is a few classes, most have a coarser form, and a value that is not recorded is missing. Names of programmes are
free text of the practice: they become `programme 1`, `programme 2`, … in a drawn order.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from caseload.research.publication.estimates import Estimated
from caseload.research.publication.identifiers import Draw

LINK = "clinician"
"""Among the columns of clients: who they are seen by, as the clinician's published number."""
CLIENT_COLUMNS = (LINK, "programme", "trauma", "access_barrier", "severity_band", "care_band")
CLINICIAN_COLUMNS = ("fte_band", "caseload_band", "experience_band")
QUASI_IDENTIFIERS = (*CLIENT_COLUMNS, *CLINICIAN_COLUMNS)
"""The most wanted first: who is alone with a combination loses the last of them first (`treatment`)."""

OTHER = "other"
_SEVERITY = ("lowest quarter", "lower middle quarter", "upper middle quarter", "highest quarter")
_CARE = ("1 to 2 months", "3 to 5 months", "6 to 11 months", "12 months or more")
_FTE = ("up to 0.5", "over 0.5, under 1", "1 or more")
_CASELOAD = ("under 10", "10 to 19", "20 or more")
_EXPERIENCE = ("under 2 years", "2 to 4 years", "5 years or more")

WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "trauma": ("no", "yes"),
        "access_barrier": ("no", "yes"),
        "severity_band": (*_SEVERITY, "lower half", "upper half"),
        "care_band": (*_CARE, "under 6 months", "6 months or more"),
        "fte_band": (*_FTE, "under 1"),
        "caseload_band": (*_CASELOAD, "10 or more"),
        "experience_band": (*_EXPERIENCE, "under 5 years"),
    }
)
"""Every value that a column can have, its coarser ones last; programmes and clinicians are numbered."""
COARSER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "severity_band": dict(zip(_SEVERITY, ["lower half"] * 2 + ["upper half"] * 2, strict=True)),
        "care_band": dict(zip(_CARE, ["under 6 months"] * 2 + ["6 months or more"] * 2, strict=True)),
        "fte_band": dict.fromkeys(_FTE[:2], "under 1"),
        "caseload_band": dict.fromkeys(_CASELOAD[1:], "10 or more"),
        "experience_band": dict.fromkeys(_EXPERIENCE[:2], "under 5 years"),
    }
)


def clients(estimated: Estimated, k: int, draw: Draw) -> pd.DataFrame:
    """One row a client of a clinician: `clinician_id`, `client_id`, `person`, and the quasi-identifiers but the link.

    A client of two clinicians is two rows, which nothing published will connect; `person` is the one client that counts
    for k. A programme of fewer than k clients is `other`.
    """
    keys = ["clinician_id", "client_id"]
    table = estimated.signals.groupby(keys, as_index=False).agg(months=("month", "nunique"))
    known = estimated.practice.clients.set_index("client_id").reindex(table["client_id"])
    return table.assign(
        person=table["client_id"],
        programme=_programmes(known["programme"].to_numpy(object), table["client_id"], k, draw),
        trauma=_yes_no(known["trauma_history"]),
        access_barrier=_yes_no(known["access_barrier"]),
        severity_band=_quarters(known["severity"].to_numpy(float), estimated.practice.clients["severity"]),
        care_band=_banded(table["months"], (0, 3, 6, 12), _CARE),
    ).drop(columns="months")


def clinicians(estimated: Estimated) -> pd.DataFrame:
    """One row a clinician with an estimated month: `clinician_id`, `person` and the quasi-identifiers."""
    months = estimated.clinicians.groupby("clinician_id", as_index=False)
    table = months.agg(clients=("n_clients", "median"), first=("month", "min"))
    known = estimated.practice.supervisees.set_index("clinician_id").reindex(table["clinician_id"])
    worked = table["first"].dt.start_time.to_numpy() - known["started_on"].to_numpy()
    years = pd.Series(worked / np.timedelta64(1, "D") / 365.25).clip(lower=0)
    return table[["clinician_id"]].assign(
        person=table["clinician_id"],
        fte_band=_banded(known["fte"].reset_index(drop=True), (0, 0.5 + 1e-9, 1 - 1e-9), _FTE),
        caseload_band=_banded(table["clients"], (0, 10, 20), _CASELOAD),
        experience_band=_banded(years, (0, 2, 5), _EXPERIENCE),
    )


def _programmes(names: np.ndarray, person: pd.Series, k: int, draw: Draw) -> pd.Series:
    """Programmes by drawn numbers; those of fewer than k people together as `other`."""
    column = pd.Series(names, index=person.index)
    people = person.groupby(column).nunique()
    common = [name for name in people.index if people[name] >= k]
    coded = {name: f"programme {number}" for number, name in enumerate(draw.order("programme", common), 1)}
    return column.map(lambda name: coded.get(name, OTHER), na_action="ignore").astype("str")


def _yes_no(column: pd.Series) -> np.ndarray:
    return column.map({True: "yes", False: "no"}).astype("str").to_numpy(object)


def _quarters(values: np.ndarray, of: pd.Series) -> pd.Series:
    """The quarter of all the practice's clients that each value lies in, on the practice's own scale."""
    edges = of.quantile([0.25, 0.5, 0.75]).to_numpy()
    known = np.isfinite(values)
    place = np.searchsorted(edges, values, side="left")
    return pd.Series(np.where(known, np.array(_SEVERITY, object)[np.minimum(place, 3)], np.nan)).astype("str")


def _banded(values: pd.Series, lower: tuple[float, ...], words: tuple[str, ...]) -> pd.Series:
    """The band of each value, by the bands' lower edges; missing where the value is."""
    return pd.cut(values, [*lower, np.inf], right=False, labels=list(words)).astype("str")
