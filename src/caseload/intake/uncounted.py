"""Rows that no account of a reading counts: surveys and personal therapy are their clinician's own matter.

Whoever learns how many such rows there are, or were left out, learns whether somebody has filled in a survey or goes to
therapy. A support whose kind cannot be read may be therapy too. So an account is the same with and without such rows.
"""

from __future__ import annotations

import pandas as pd

PRIVATE_KINDS = frozenset({"personal_therapy"})
"""Kinds of support that are in the clinician's own copy only, whatever was agreed."""
UNCOUNTED = "surveys"
"""The table of which no row is counted."""
PARTLY_COUNTED = "supports"
"""The table of which some rows are not counted."""


def uncounted(table: str, frame: pd.DataFrame) -> pd.Series:
    """Which rows of a contracted table no account counts (boolean, on the index of `frame`)."""
    if table == PARTLY_COUNTED:
        return frame["kind"].isna() | frame["kind"].isin(PRIVATE_KINDS)
    return pd.Series(table == UNCOUNTED, index=frame.index)


def visible(surveys: pd.DataFrame, clinicians: pd.DataFrame) -> pd.Series:
    """Which survey answers others than their clinician may see (bool, on the index of `surveys`).

    Those with `visible_to` of `supervisor`, and without a word of their own those of clinicians with `shares_surveys`.
    """
    agreed = clinicians.loc[clinicians["shares_surveys"].fillna(False).astype(bool), "clinician_id"]
    kept = surveys["visible_to"]
    return ((kept == "supervisor") | (kept.isna() & surveys["clinician_id"].isin(agreed))).astype(bool)
