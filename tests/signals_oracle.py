"""A slow, obvious recomputation of every signal in plain Python, and the practices that it is put to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import product
from math import log
from typing import Any

import numpy as np
import pandas as pd

from caseload.intake import Practice

STAGES = ["precontemplation", "contemplation", "preparation", "action", "maintenance"]
LOW = ("no_show", "late_cancelled", "client_cancelled")
STATUSES = ["attended", *LOW, "clinician_cancelled", "service_cancelled"]


# --- the oracle: one client-month after the other, no frames ----------------------------------------------------------


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{k: None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]


def month_start(month: str, later: int = 0) -> dt.datetime:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + later
    return dt.datetime(number // 12, number % 12 + 1, 1)


def month_text(time: dt.datetime) -> str:
    return f"{time.year:04d}-{time.month:02d}"


def average(values: Iterable[float | None]) -> tuple[float, int]:
    known = [value for value in values if value is not None]
    return (sum(known) / len(known) if known else np.nan), len(known)


def minutes(value: float | None) -> float | None:
    return None if value is None else log(1 + value)


def oracle(practice: Practice) -> dict[tuple[str, str, str], dict[str, Any]]:
    """All columns of `monthly_signals` for every clinician, client and month, straight from the contract's words."""
    sessions, contacts = records(practice.sessions), records(practice.contacts)
    for row in sessions:
        row["month"] = month_text(row["scheduled_start"])
    for row in contacts:
        row["month"] = month_text(row["contacted_at"])
    ratings = records(practice.ratings.assign(month=practice.ratings["month"].astype(str)))
    both = sessions + [row for row in contacts if row["client_id"] is not None] + ratings
    keys = sorted({(row["clinician_id"], row["client_id"], row["month"]) for row in both})
    clients = {row["client_id"]: row for row in records(practice.clients)}
    hours = {row["clinician_id"]: (row["workday_start"], row["workday_end"]) for row in records(practice.clinicians)}
    return {key: client_month(*key, sessions, contacts, ratings, clients, hours) for key in keys}


def client_month(
    clinician: str, client: str, month: str, sessions: list, contacts: list, ratings: list, clients: dict, hours: dict
) -> dict[str, Any]:
    seen = [s for s in sessions if s["client_id"] == client]
    rows = [s for s in seen if (s["clinician_id"], s["month"]) == (clinician, month)]
    attended = [s for s in rows if s["status"] == "attended"]
    missed = [s for s in rows if s["status"] in LOW]
    calls = [c for c in contacts if (c["clinician_id"], c["client_id"], c["month"]) == (clinician, client, month)]
    own_months = [c["month"] for c in contacts if c["clinician_id"] == clinician]
    covered = (
        bool(rows or calls)
        and bool(own_months)
        and min(own_months) <= month
        and month in {c["month"] for c in contacts}
    )
    effortful = [c for c in calls if c["direction"] in ("to_client", "about_client") and unasked(c, seen)]
    from_client = [c for c in calls if c["direction"] == "from_client"]
    other = [c for c in effortful if not rebooks(c, missed)]
    known_minutes = [c["minutes"] for c in other if c["minutes"] is not None]
    if not other:
        to_client = 0.0
    elif known_minutes:
        to_client = log(1 + len(other) * sum(known_minutes) / len(known_minutes))
    else:
        to_client = None
    start, end = hours.get(clinician, (None, None))
    late = [out_of_hours(c["contacted_at"], start or "08:00", end or "18:00") for c in effortful]
    said = [r for r in ratings if (r["clinician_id"], r["client_id"], r["month"]) == (clinician, client, month)]
    found = {
        "prep": average(minutes(s["prep_minutes"]) for s in rows),
        "notes": average(minutes(s["note_minutes"]) for s in rows),
        "overrun": average(overrun(s) for s in attended),
        "contacts_to": average([to_client if covered else None]),
        "after_hours": average(late),
        "rebooking": average(rebooked(s, calls, seen) if covered else None for s in missed),
        "effort_rating": average(s["clinician_effort_rating"] for s in rows),
        "talk_share": average(s["clinician_talk_share"] for s in rows),
        "attendance": average([1.0] * len(attended) + [0.0] * len(missed)),
        "lateness": average(minutes(s["minutes_late"]) for s in attended),
        "homework": average(s["homework_done"] for s in rows),
        "srs": average(None if s["srs_total"] is None else -log(41 - s["srs_total"]) for s in rows),
        "engagement_rating": average(s["client_engagement_rating"] for s in rows),
        "contacts_from": average([log(1 + len(from_client)) if covered else None]),
        "change_talk": average(s["change_talk_share"] for s in rows),
        "sustain_talk": average(s["sustain_talk_share"] for s in rows),
        "effort_checkin": average(r["effort"] for r in said),
        "engagement_checkin": average(r["engagement"] for r in said),
    }
    flat = {name: value for name, (value, _) in found.items()} | {f"{k}_n": n for k, (_, n) in found.items()}
    counts = {"n_sessions": len(attended) + len(missed), "n_attended": len(attended), "n_scheduled": len(rows)}
    stages = [
        {"scheduled_start": month_start(r["month"], later=1) - dt.timedelta(microseconds=1), **r} for r in ratings
    ]
    mix = case_mix(client, month, rows, sessions, stages, clients.get(client, {}))
    for name in ("crisis", "access_barrier"):
        told = [float(x) for x in (mix[name], *(r[name] for r in said)) if x is not None and not np.isnan(x)]
        mix[name] = max(told, default=np.nan)
    return counts | flat | mix


def unasked(contact: dict, seen: list) -> bool:
    """Neither planned nor within a crisis: the day of a crisis session with anybody and the two days after."""
    days = [(contact["contacted_at"].date() - s["scheduled_start"].date()).days for s in seen if s["crisis"]]
    return not contact["planned"] and not any(0 <= day <= 2 for day in days)


def out_of_hours(time: dt.datetime, start: str, end: str) -> float:
    return 0.0 if start <= time.strftime("%H:%M") < end else 1.0


def overrun(session: dict) -> float | None:
    if session["actual_minutes"] is None or session["scheduled_minutes"] is None:
        return None
    return max(-60.0, min(60.0, session["actual_minutes"] - session["scheduled_minutes"]))


def rebooked(session: dict, calls: list, seen: list) -> float:
    """`calls` are those of the session's own month."""
    from_then = [c["contacted_at"] - session["scheduled_start"] for c in calls if is_ordinary_call(c, seen)]
    return log(1 + sum(dt.timedelta(0) <= gap < dt.timedelta(days=7) for gap in from_then))


def rebooks(contact: dict, missed: list) -> bool:
    """Counted as rebooking after one of the month's missed sessions, and therefore not once more."""
    gaps = [contact["contacted_at"] - s["scheduled_start"] for s in missed]
    return contact["direction"] == "to_client" and any(dt.timedelta(0) <= gap < dt.timedelta(days=7) for gap in gaps)


def is_ordinary_call(contact: dict, seen: list) -> bool:
    return contact["direction"] == "to_client" and unasked(contact, seen)


def case_mix(client: str, month: str, rows: list, sessions: list, stages: list, known: dict) -> dict[str, Any]:
    focus = [s["trauma_focus"] for s in rows if s["trauma_focus"] is not None]
    history = known.get("trauma_history")
    trauma = [bool(x) for x in focus] + ([] if history is None else [bool(history)])
    barrier = known.get("access_barrier")
    seen = [s for s in sessions if s["client_id"] == client]
    begin = known.get("intake_date")
    if begin is None and seen:
        first = min(s["scheduled_start"] for s in seen)
        begin = first if min(s["month"] for s in sessions) < month_text(first) <= month else None
    end = month_start(month, later=1)
    both = seen + [s for s in stages if s["client_id"] == client]
    rated = [s for s in both if s["stage_of_change"] and end - dt.timedelta(days=60) <= s["scheduled_start"] < end]
    latest = max(((s["scheduled_start"], STAGES.index(s["stage_of_change"]) + 1) for s in rated), default=(None, None))
    return {
        "severity": known.get("severity"),
        "trauma": float(any(trauma)) if trauma else None,
        "crisis": average(None if s["crisis"] is None else float(s["crisis"]) for s in rows)[0],
        "early": None if begin is None else float((month_start(month) - begin).days < 90),
        "access_barrier": None if barrier is None else float(barrier),
        "programme": known.get("programme"),
        "stage": latest[1],
    }


# --- practices --------------------------------------------------------------------------------------------------------


def session(
    number: int, start: str, status: str = "attended", who: str = "A", client: str = "x", **more: object
) -> dict:
    return {"session_id": f"S{number}", "clinician_id": who, "client_id": client, "scheduled_start": start,
            "status": status, **more}  # fmt: skip


def contact(at: str, direction: str = "to_client", who: str = "A", client: str | None = "x", **more: object) -> dict:
    return {"clinician_id": who, "client_id": client, "contacted_at": at, "direction": direction, **more}


def rating(month: str, who: str = "A", client: str = "x", **more: object) -> dict:
    return {"clinician_id": who, "client_id": client, "month": month, **more}


def practice_of(sessions: list[dict], contacts: list[dict] | None = None, **tables: list[dict]) -> Practice:
    frames = {"sessions": sessions, **tables} | ({} if contacts is None else {"contacts": contacts})
    return Practice.from_frames(**{name: pd.DataFrame(rows) for name, rows in frames.items()})


def handmade_practice() -> Practice:
    """Two clinicians, four clients (x is shared), four months; every rule of the contract is met by some row."""
    sessions = [
        session(1, "2026-01-07T10:00", scheduled_minutes=50, actual_minutes=65, prep_minutes=9, note_minutes=14,
                minutes_late=3, stage_of_change="contemplation", srs_total=36, homework_done=0.5, crisis=False),
        session(2, "2026-01-14T10:00", "no_show", scheduled_minutes=50, prep_minutes=4, minutes_late=9),
        session(3, "2026-01-21T10:00", "late_cancelled", scheduled_minutes=50, note_minutes=0),
        session(4, "2026-01-29T10:00", "client_cancelled", crisis=True),
        session(5, "2026-01-30T10:00", "clinician_cancelled", prep_minutes=20),
        session(6, "2026-01-31T10:00", "service_cancelled"),
        session(7, "2026-02-04T10:00", scheduled_minutes=50, actual_minutes=240, clinician_effort_rating=8),
        session(8, "2026-02-11T10:00", scheduled_minutes=50, actual_minutes=5, clinician_talk_share=0.6,
                change_talk_share=0.2, sustain_talk_share=0.4, trauma_focus=True),
        session(9, "2026-02-18T10:00", scheduled_minutes=None, actual_minutes=50, client_engagement_rating=0),
        session(10, "2026-02-05T16:00", who="B", stage_of_change="action", srs_total=40),
        session(11, "2026-02-06T09:00", "service_cancelled", client="y", crisis=True),
        session(12, "2026-03-10T09:00", client="y", trauma_focus=False, stage_of_change="maintenance"),
        session(13, "2026-04-01T09:00", "no_show", who="B", client="z"),
        session(14, "2026-04-02T09:00", client="x"),
        session(15, "2026-03-31T23:30", "no_show", who="B", client="w"),
    ]  # fmt: skip
    contacts = [
        contact("2026-01-14T09:59", minutes=5), contact("2026-01-14T10:00", minutes=10),
        contact("2026-01-21T09:59"), contact("2026-01-21T10:00", minutes=3, planned=True),
        contact("2026-01-28T10:00", "about_client", minutes=30), contact("2026-01-28T08:59", minutes=4),
        contact("2026-01-29T07:00", minutes=60), contact("2026-01-31T23:59", minutes=60),
        contact("2026-02-01T00:00", minutes=2), contact("2026-02-02T17:00", "from_client"),
        contact("2026-02-03T16:59", "from_client", planned=True), contact("2026-02-03T17:00"),
        contact("2026-04-01T08:59", who="B", client="z", minutes=1), contact("2026-04-01T18:00", who="B", client="z"),
        contact("2026-04-08T08:59", who="B", client="z", planned=False),
        contact("2026-04-09T12:00", who="B", client=None),
        contact("2026-04-10T12:00", client="y", direction=None), contact("2026-04-11T12:00", "from_client", client="y"),
    ]  # fmt: skip
    clients = [
        {"client_id": "x", "intake_date": "2025-11-03", "severity": 12, "trauma_history": False, "programme": "day"},
        {"client_id": "y", "access_barrier": True},
        {"client_id": "z", "access_barrier": False, "severity": -3.5},
    ]
    clinicians = [{"clinician_id": "A", "workday_start": "09:00", "workday_end": "17:00"}, {"clinician_id": "B"}]
    ratings = [
        rating("2026-01", effort=7, engagement=2),
        rating("2026-02", engagement=10, access_barrier=True, crisis=True), rating("2026-02", client="y", effort=0),
        rating("2026-04", who="B", client="z", access_barrier=True),
        rating("2026-04", client="w", effort=3, stage_of_change="action"),
    ]  # fmt: skip
    return practice_of(sessions, contacts, clients=clients, clinicians=clinicians, ratings=ratings)


def random_practice(seed: int) -> Practice:
    """A few people, half of all cells empty, times on round hours so that windows are met at their edges."""
    draw = np.random.default_rng(seed)

    def some(values: list, size: int) -> list:
        return [values[draw.integers(len(values))] if draw.random() < 0.5 else None for _ in range(size)]

    def times(size: int) -> pd.DatetimeIndex:
        return pd.Timestamp("2025-12-20") + pd.to_timedelta(draw.integers(0, 130 * 4, size) * 6, unit="h")

    n, m = int(draw.integers(1, 40)), int(draw.integers(0, 60))
    who, clients = ["A", "B", "C"], ["x", "y", "z", "w"]
    sessions = {
        "session_id": [f"S{i}" for i in range(n)], "clinician_id": draw.choice(who, n),
        "client_id": draw.choice(clients, n), "scheduled_start": times(n), "status": draw.choice(STATUSES, n),
        "scheduled_minutes": some([30, 50, 90], n), "actual_minutes": some([0, 40, 170], n),
        "minutes_late": some([0, 5], n), "prep_minutes": some([0, 8], n), "note_minutes": some([0, 12], n),
        "stage_of_change": some(STAGES, n), "homework_done": some([0, 0.5, 1], n), "srs_total": some([20, 40], n),
        "clinician_effort_rating": some([0, 7], n), "client_engagement_rating": some([2, 10], n),
        "clinician_talk_share": some([0.3, 0.7], n), "change_talk_share": some([0.1, 0.4], n),
        "sustain_talk_share": some([0, 0.3], n), "trauma_focus": some([True, False], n),
        "crisis": some([True, False, False], n),
    }  # fmt: skip
    contacts = {
        "clinician_id": draw.choice(who, m), "client_id": draw.choice(clients, m), "contacted_at": times(m),
        "minutes": some([0, 10, 45], m), "direction": some(["to_client", "from_client", "about_client"], m),
        "planned": some([True, False], m),
    }  # fmt: skip
    contacts["client_id"] = [c if draw.random() < 0.9 else None for c in contacts["client_id"]]
    known = {
        "client_id": clients, "intake_date": some(["2025-10-02", "2026-02-15"], 4), "severity": some([-1, 3.5], 4),
        "trauma_history": some([True, False], 4), "access_barrier": some([True, False], 4),
        "programme": some(["day", "night"], 4),
    }  # fmt: skip
    hours = {
        "clinician_id": who,
        "workday_start": some(["06:00", "06:01"], 3),
        "workday_end": some(["12:00", "18:01"], 3),
    }
    frames = {"sessions": sessions, "clients": known, "clinicians": hours} | ({"contacts": contacts} if m else {})
    months = pd.period_range("2025-12", "2026-04", freq="M").astype(str)
    rated = [(*pair, month) for pair in product(who, clients) for month in months if draw.random() < 0.1]
    if rated:
        r = len(rated)
        frames["ratings"] = pd.DataFrame(rated, columns=["clinician_id", "client_id", "month"]).assign(
            effort=some([0, 3, 10], r), engagement=some([0, 7.5, 10], r), stage_of_change=some(STAGES, r),
            crisis=some([True, False], r), access_barrier=some([True, False], r),
        )  # fmt: skip
    return Practice.from_frames(**{name: pd.DataFrame(columns) for name, columns in frames.items()})
