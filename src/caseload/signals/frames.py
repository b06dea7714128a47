"""The frame that this room gives to others."""

from __future__ import annotations

from caseload.schema import Schema
from caseload.signals.definitions import CASE_MIX, SIGNALS

KEY = ("clinician_id", "client_id", "month")

_COUNTED = {"n_sessions": "count", "n_attended": "count", "n_scheduled": "count"}
_SIGNALS = {name: kind for each in SIGNALS for name, kind in ((each.name, "number?"), (f"{each.name}_n", "count"))}
_CASE_MIX = {name: "text?" if name == "programme" else "number?" for name in CASE_MIX}

SIGNAL_FRAME = Schema(
    "signals",
    KEY,
    {"clinician_id": "text", "client_id": "text", "month": "month", **_COUNTED, **_SIGNALS, **_CASE_MIX},
)
"""A row a clinician, client and month with a session or a contact; NaN and a count of 0: not recorded, never low."""
