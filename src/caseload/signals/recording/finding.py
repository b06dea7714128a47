"""One row a finding: what was noticed, at whom, in which months, in how many rows."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

EVERYBODY = ""
"""In place of a clinician: the finding is about the practice as a whole."""
FINDINGS = {
    "kind": "str",
    "column": "str",
    "clinician_id": "str",
    "first": "period[M]",
    "last": "period[M]",
    "rows": "int64",
    "before": "float64",
    "after": "float64",
}
"""Columns of a frame of findings: what was noticed (`kind`), the column it is about ("" = none in particular), whom
(`EVERYBODY` = the practice), first and last month, how many rows of the data, and of changes what was usual before and
after (NaN elsewhere). Never a client, a day or a recorded value of one session."""


SEVERAL = 3
"""So many of a clinician where one may well be true: two messages in a minute, one contact at exactly midnight."""


def finding_frame(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    """Findings from tuples in the order of `FINDINGS`."""
    return pd.DataFrame(list(rows), columns=list(FINDINGS)).astype(FINDINGS)


def several(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of clinicians who have `SEVERAL` of them."""
    return rows[rows.groupby("clinician_id")["clinician_id"].transform("size") >= SEVERAL]


def by_clinician(kind: str, clinician_id: pd.Series, time: pd.Series) -> pd.DataFrame:
    """A finding for each clinician who has any of these rows."""
    by = time.groupby(clinician_id.astype("str"))
    spans = pd.DataFrame({"first": by.min(), "last": by.max(), "rows": by.size()}).rename_axis("clinician_id")
    months = {name: pd.PeriodIndex(spans[name].astype("datetime64[us]"), freq="M") for name in ("first", "last")}
    table = spans.assign(**months, kind=kind, column="", before=float("nan"), after=float("nan"))
    return table.reset_index()[list(FINDINGS)].astype(FINDINGS)
