"""The frame that this room gives to others."""

from __future__ import annotations

from caseload.schema import Schema

JUDGED = Schema(
    "flags",
    ("clinician_id", "month", "flag"),
    {
        "clinician_id": "text",
        "month": "month",
        "flag": "text",
        "state": "text",
        "probability": "share?",
        "reason": "text",
        "since": "month",
        "before": "text",
    },
)
"""A row a clinician, month and flag; without a probability where there is not enough data."""
