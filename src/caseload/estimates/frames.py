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
"""SD of the latent client-month distribution of all months up to this one; `p_gap` = P(gap > 0.5)."""

OUTCOMES = Schema(
    "outcomes",
    ("clinician_id", "client_id", "measure", "month"),
    {
        **_CLIENT,
        "month": "month",
        "measure": "text",
        "scores": "count",
        "first_on": "time",
        "latest_on": "time",
        **dict.fromkeys(("first", "latest"), "number"),
        "change": "number?",
        "reliable": "text",
        "passed_cut": "yes_no",
    },
)
"""Courses of outcome measures: `reliable` is `better`, `worse`, `none`, "" where nothing can be said."""

DECLARED = Schema(
    "declared changes",
    (),
    {**_PERSON_MONTH, "starts": "time", "whom": "text", "kind": "text", "what": "text", "declared_by": "text"},
)
"""Known changes, a row for each clinician concerned: `month`, from which on the earlier usual is not theirs; `whom` it
was declared of (`clinician`, `team`, `practice`)."""

UNDECLARED = Schema(
    "states without declarations", ("clinician_id", "flag"), {"clinician_id": "text", "flag": "text", "state": "text"}
)
"""The month's states as they would be without the declarations of the last months, of whom these concern."""

CLIENTS_TABLE = Schema(
    "clients.csv",
    CLIENT_MONTHS.key,
    {
        **CLIENT_MONTHS.columns,
        "outcome_measure": "text?",
        **dict.fromkeys(("outcome_first", "outcome_latest", "outcome_change"), "number?"),
        "outcome_reliable": "text?",
    },
)
"""clients.csv: the estimates, and the measure with most scores so far beside them."""

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


def _usual(name: str, ends: tuple[str, ...]) -> dict[str, str]:
    """What is usual of a count, where there is enough before the month to tell."""
    return {f"{name}_{end}": "number?" for end in ends}


ATTENDANCE = Schema(
    "attendance",
    ("clinician_id", "month"),
    {
        **_PERSON_MONTH,
        "counted": "count",
        "missed": "count",
        **_usual("missed", ("usual", "low", "high")),
        "missed_chance": "share?",
        "misses_open": "count",
        "offered": "count",
        **_usual("offered", ("usual", "low", "high")),
        "offered_chance": "share?",
        "attendance_watch": "yes_no",
    },
)
ATTENDANCE_CLIENTS = Schema(
    "clients' attendance",
    ("clinician_id", "client_id"),
    {
        **_CLIENT,
        **dict.fromkeys(("counted", "missed", "late", "cancelled_clinician", "cancelled_service"), "count"),
        **dict.fromkeys(("before", "before_missed"), "count"),
        **_usual("missed", ("usual", "high")),
        "chance": "share?",
        "chance_size": "share",
        "in_a_row": "count",
        "last_seen": "time?",
        **dict.fromkeys(("days_since", "rhythm_days"), "number?"),
        "first": "time",
        "last_booked": "time",
        "back_after_days": "number?",
        **dict.fromkeys(("is_new", "is_less", "is_long", "is_gone"), "yes_no"),
    },
)
STAGE_GRIDS = Schema(
    "sessions by intervention and stage",
    ("clinician_id", "intervention", "stage"),
    {"clinician_id": "text", "intervention": "text", "stage": "count", "sessions": "count", "offset": "number?"},
)
OFF_STAGE_SESSIONS = Schema(
    "sessions off the stage",
    ("session_id",),
    {
        "session_id": "text",
        **_CLIENT,
        "scheduled_start": "time",
        "interventions": "text",
        "stage": "count",
        "stage_days": "count",
        **dict.fromkeys(("ahead", "behind"), "number"),
        **dict.fromkeys(("ahead_with", "behind_with"), "text"),
    },
)
CRISES = Schema("days of crisis", (), {**_CLIENT, "scheduled_start": "time", "crisis": "yes_no"})
NORMS = Schema(
    "local norms",
    ("clinician_id", "instrument", "scale"),
    {
        **dict.fromkeys(("clinician_id", "instrument", "scale"), "text"),
        **dict.fromkeys(("raw", "percentile"), "number?"),
        **dict.fromkeys(("waves", "respondents"), "count"),
        **dict.fromkeys(("mean", "sd", "lower", "median", "upper"), "number?"),
        "enough": "yes_no",
        **dict.fromkeys(("strangers_own", "strangers"), "count"),
    },
)
