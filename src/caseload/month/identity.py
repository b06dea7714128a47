"""Whose pages a month's folder holds: a practice is known by its sessions, whatever its folder is called.

Two practices often lie in folders of one name, and one practice in a folder that is renamed. So the manifest holds
short digests of a few of the month's sessions, the same ones in every run: of one practice nearly all are found again,
of another none. They are too short, and too few, to tell whether somebody was there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd

from caseload.intake import Practice
from caseload.month.manifest import Earlier

SESSIONS = "sessions"
_MOST, _DIGITS = 16, 5
_ENOUGH = 0.25  # of the digests: sessions are corrected, and people leave with all of theirs


def identity_of(practice: Practice, month: pd.Period, named: Mapping[str, str]) -> dict[str, str]:
    """What the manifest says of the practice: its `named` folder and key, and digests of sessions of the month."""
    return {**named, SESSIONS: " ".join(sorted(_digests(practice, month))[:_MOST])}


def is_same(earlier: Earlier, practice: Practice, month: pd.Period, named: Mapping[str, str]) -> bool | None:
    """Whether the pages of an earlier run are of this practice; None where nothing but names of folders could tell.

    By the key that its identifiers were made with, where it was imported; else by sessions, then by clinicians.
    """
    told = earlier.identity
    if told.get("key") and named.get("key"):
        return told["key"] == named["key"]
    before, now = set(told.get(SESSIONS, "").split()), _digests(practice, month)
    if before and now:
        return len(before & now) >= _ENOUGH * len(before)
    theirs = {who for kind, who in earlier.results if kind == "supervisee"}
    return False if theirs and not theirs & set(practice.supervisees["clinician_id"]) else None


def is_ours(earlier: Earlier, practice: Practice, month: pd.Period, named: Mapping[str, str]) -> bool:
    """`is_same`; by the name of the folder where nothing else tells."""
    same = is_same(earlier, practice, month, named)
    return earlier.identity.get("data") == named.get("data") if same is None else same


def _digests(practice: Practice, month: pd.Period) -> set[str]:
    rows = practice.sessions
    rows = rows[rows["scheduled_start"].between(month.start_time, month.end_time)]
    keys = zip(
        rows["session_id"], rows["clinician_id"], rows["client_id"], rows["scheduled_start"].dt.date, strict=True
    )
    return {hashlib.sha256("|".join(map(str, key)).encode()).hexdigest()[:_DIGITS] for key in keys}
