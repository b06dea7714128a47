"""The frames that this room gives to others. NaN: cannot be estimated; `_low` and `_high`: a 90 % interval."""

from __future__ import annotations

from caseload.schema import Schema

_PERSON_MONTH = {"clinician_id": "text", "month": "month"}
_CLIENT = {"clinician_id": "text", "client_id": "text"}


def _estimated(*names: str, kind: str = "number") -> dict[str, str]:
    """Estimates with the ends of their intervals."""
    return {f"{name}{end}": kind for name in names for end in ("", "_low", "_high")}


CLIENT_MONTHS = Schema(
    "client months",
    ("clinician_id", "client_id", "month"),
    {
        **_CLIENT,
        "month": "month",
        "n_sessions": "count",
        **_estimated("effort", "engagement", "gap", kind="number?"),
        "p_gap": "share?",
    },
)
"""clients.csv: SD of the latent client-month distribution of all months up to this one; `p_gap` = P(gap > 0.5)."""

CLINICIAN_MONTHS = Schema(
    "clinician months",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        "n_sessions": "count",
        "n_clients": "count",
        **_estimated("effort", "engagement", "gap", kind="number?"),
        "p_gap": "share?",
        **_estimated("compensation", kind="number?"),
        "p_compensating": "share?",
        **_estimated("own_shift", kind="number?"),
        "p_over_invested": "share?",
    },
)
"""clinicians.csv but what rests on surveys: the means over a clinician's clients of the month."""

INVOLVEMENT = Schema(
    "involvement", ("clinician_id", "client_id"), {**_CLIENT, "p_involved": "share?", "p_beyond_readiness": "share?"}
)
CONTRIBUTIONS = Schema(
    "contributions",
    ("clinician_id", "client_id", "side", "signal"),
    {**_CLIENT, "side": "text", "signal": "text", "contribution": "number"},
)
STAGE = Schema(
    "stage",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        **dict.fromkeys(("rated_sessions", "clients"), "count"),
        **dict.fromkeys(("ahead", "behind", "off"), "number"),
        **_estimated("share", kind="share?"),
        "p": "share?",
        "enough": "yes_no",
    },
)
SELF_CARE = Schema(
    "self-care",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        "p_self_care": "share?",
        "planned_times": "number?",
        "done_times": "number?",
        **{f"done_{part}": "share?" for part in ("share", "low", "high")},
        "p_plan": "share?",
        "barrier": "text?",
        "contacts": "number?",
        "after_hours": "number?",
        **{f"after_{part}": "share?" for part in ("share", "low", "high")},
        "p_after_hours": "share?",
    },
)
SCORES = Schema(
    "scores",
    ("clinician_id", "completed_on", "instrument", "scale"),
    {
        "clinician_id": "text",
        "completed_on": "time",
        "instrument": "text",
        "scale": "text",
        "raw": "number",
        "n_items": "count",
        **dict.fromkeys(("t", "percentile", "sem", "t_low", "t_high"), "number?"),
        "positive": "yes_no?",
    },
)
OFF_STAGE = Schema(
    "clients off the stage",
    ("clinician_id", "client_id", "month", "direction"),
    {
        **_CLIENT,
        "month": "month",
        "direction": "text",
        "rated": "count",
        "counted": "number",
        "stage": "count",
        "session_ids": "text",
    },
)
BOUNDARIES = Schema(
    "boundaries",
    ("clinician_id", "month", "measure"),
    {
        **_PERSON_MONTH,
        "measure": "text",
        **dict.fromkeys(("value", "usual_low", "usual_high"), "number?"),
        "earlier": "count",
        "contract": "number?",
    },
)

FATIGUE = Schema(
    "likely compassion fatigue",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        "p_compassion_fatigue": "share?",
        **{f"t_{part}": "number?" for part in ("mean", "low", "high")},
        "carried": "number?",
        "p_carried": "share?",
        "months_since": "number?",
    },
)
ACTIVATION = Schema(
    "own material",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        **dict.fromkeys(("p_activation", "p_rating", "p_sts"), "share?"),
        **dict.fromkeys(("rating", "rating_usual", "sts", "sts_usual"), "number?"),
    },
)
