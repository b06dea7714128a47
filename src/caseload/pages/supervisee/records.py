"""The sessions, contacts and supports behind a flag, one by one, as small tables: only what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from caseload.estimates.congruence import CHECK_IN
from caseload.estimates.selfcare import plan_months
from caseload.estimates.supports import last_planned
from caseload.intake.tables import STAGES
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Table
from caseload.signals.values import STAGE_DAYS
from caseload.wording import MONTHS, counted, listed, month_name, percent, plain

Row = Mapping[Any, Any]
Day = tuple[str, pd.Timestamp]  # a client and a date
MOST_ROWS = 24
"""Rows of a table of sessions or contacts; of what is left out the number is told."""
STATUSES = {
    "attended": "attended",
    "no_show": "did not come",
    "late_cancelled": "cancelled late by the client",
    "client_cancelled": "cancelled by the client",
    "clinician_cancelled": "cancelled by the clinician",
    "service_cancelled": "cancelled by the service",
}
FROM_CLIENT = "from_client"
DIRECTIONS = {"to_client": "to the client", FROM_CLIENT: "from the client", "about_client": "about the client"}
_SESSION = [
    "status", "crisis", "prep_minutes", "note_minutes", "actual_minutes", "scheduled_minutes",
    "clinician_effort_rating", "clinician_talk_share", "minutes_late", "homework_done", "srs_total",
    "client_engagement_rating", "change_talk_share", "sustain_talk_share",
]  # fmt: skip
_CONTACT = ["direction", "planned", "minutes", "late", "around_crisis"]
MISSING, NOTHING, NOT_APPLICABLE = "not recorded", "nothing recorded", "–"


def client_days(subject: Subject, clients: list[str]) -> tuple[Table, ...]:
    """What happened with some clients in the month, a row a client and day: appointments, effort, engagement.

    Clients stand in the order given. No table where none is named.
    """
    met = _by_day(subject.slice.sessions, "scheduled_start", _SESSION, clients)
    spoken = _by_day(subject.slice.marked_contacts, "contacted_at", _CONTACT, clients)
    days = sorted(met.keys() | spoken.keys(), key=lambda day: (clients.index(day[0]), day[1]))
    if not days:
        return ()
    rows = [_client_day(*day, met.get(day, []), spoken.get(day, [])) for day in days[:MOST_ROWS]]
    frame = pd.DataFrame(rows, columns=["Date", "Client", "Appointment", "Effort recorded", "Engagement recorded"])
    caption = f"Show the appointments and contacts with {listed(clients)} in {MONTHS[subject.month.month - 1]}"
    return (Table(caption, frame, _more(len(days), "day"), folded=True),)


def sessions_off_stage(subject: Subject) -> tuple[Table, ...]:
    """The rated sessions off the stage of the last 60 days, those with clients who are named first."""
    table = subject.slice.off_stage_sessions
    if table.empty:
        return ()
    unnamed = ~table["client_id"].isin(subject.slice.off_stage["client_id"])
    ordered = table.assign(unnamed=unnamed).sort_values(["unnamed", "client_id", "scheduled_start"])
    rows = [_off_stage(row) for row in ordered.head(MOST_ROWS).to_dict("records")]
    frame = pd.DataFrame(rows, columns=["Date", "Client", "Stage", "Interventions", "Off the stage"])
    caption = f"Show the {counted(len(table), 'rated session')} off the stage in the last {STAGE_DAYS} days"
    return (Table(caption, frame, _more(len(table), "session"), folded=True),)


def provided(subject: Subject) -> tuple[Table, ...]:
    """The last planned supervisions and consultations, where enough of them were cancelled to be a flag."""
    if not subject.evidence("personal_activation")["unmet"]:
        return ()
    last = last_planned(subject.slice.practice.supports, subject.clinician_id, subject.month)
    rows = [
        (
            _day(row["date"], subject.month),
            row["kind"],
            _took_place(row),
            f"the {row['cancelled_by']}" if _known(row["cancelled_by"]) else "nobody",
        )
        for row in last.to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=["Date", "Planned support", "Minutes done", "Cancelled by"])
    return (Table("The last supervisions and consultations that were planned", frame),)


def contacts_after_hours(subject: Subject) -> tuple[Table, ...]:
    """Every contact that the month's share of contacts after hours counts as one, by time."""
    counts = subject.slice.counted_contacts
    late = counts[counts["after_hours"] & (counts["month"] == subject.month)].sort_values("contacted_at")
    if late.empty:
        return ()
    rows = [
        (
            f"{_day(row['contacted_at'], subject.month)}, {row['contacted_at']:%H:%M}",
            row["client_id"],
            _minutes(row["minutes"]),
            _recorded(row["channel"]),
            DIRECTIONS[row["direction"]] if _known(row["direction"]) else MISSING,
        )
        for row in late.head(MOST_ROWS).to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=["Date and time", "Client", "Minutes", "Channel", "Direction"])
    caption = f"Show the {counted(len(late), 'contact')} after hours in {MONTHS[subject.month.month - 1]}"
    return (Table(caption, frame, _more(len(late), "contact"), folded=True),)


def plan_by_month(subject: Subject) -> tuple[Table, ...]:
    """Each goal's times done in the months that the share of the plan looks back on."""
    table = plan_months(subject.slice.practice.selfcare_plan, subject.clinician_id, subject.month)
    months = sorted(table["month"].unique())
    if len(months) < 2:  # one month is in the figure
        return ()
    times: dict[str, dict[pd.Period, list[str]]] = {}
    for row in table.to_dict("records"):
        times.setdefault(_recorded(row["goal"]), {}).setdefault(row["month"], []).append(_times(row))
    rows = [(goal, *(", ".join(of.get(month, ["no goal"])) for month in months)) for goal, of in times.items()]
    frame = pd.DataFrame(rows, columns=["Goal", *(month_name(month, subject.month) for month in months)])
    note = "Times done of times planned. The share counts what has both, and done only up to planned."
    return (Table("The plan, month by month", frame, note),)


def _by_day(table: pd.DataFrame, time: str, columns: list[str], clients: list[str]) -> dict[Day, list[Row]]:
    """The rows with some clients, by client and day."""
    kept = table.loc[table["client_id"].isin(clients), ["client_id", time, *columns]]
    days: dict[Day, list[Row]] = {}
    for row in kept.sort_values(time).to_dict("records"):
        days.setdefault((row["client_id"], row[time].normalize()), []).append(row)
    return days


def _client_day(who: str, date: pd.Timestamp, met: list[Row], spoken: list[Row]) -> tuple[str, ...]:
    effort = [*(part for row in met for part in _effort(row)), *_for_client(spoken)]
    engagement = [*(part for row in met for part in _engagement(row)), *_from_client(spoken)]
    empty = NOTHING if met else NOT_APPLICABLE
    return (
        _day(date),
        who,
        "; ".join(_status(row) for row in met) or "none",
        ", ".join(effort) or empty,
        ", ".join(engagement) or empty,
    )


def _status(row: Row) -> str:
    said = STATUSES[row["status"]]
    return f"{said}, in crisis" if _known(row["crisis"]) and row["crisis"] else said


def _effort(row: Row) -> list[str]:
    """What a session shows of effort."""
    return _said(
        (row["prep_minutes"], lambda value: f"preparation {plain(value)} min"),
        (row["note_minutes"], lambda value: f"notes {plain(value)} min"),
        (row["actual_minutes"] - row["scheduled_minutes"], _overrun),
        (row["clinician_effort_rating"], lambda value: f"own effort {plain(value)} of 10"),
        (row["clinician_talk_share"], lambda value: f"talk share {percent(value)}"),
    )


def _engagement(row: Row) -> list[str]:
    """What a session shows of engagement."""
    return _said(
        (row["minutes_late"], lambda value: f"{plain(value)} min late" if value > 0 else "in time"),
        (row["homework_done"], lambda value: f"homework {percent(value)} done"),
        (row["srs_total"], lambda value: f"SRS {plain(value)}"),
        (row["client_engagement_rating"], lambda value: f"engagement {plain(value)} of 10"),
        (row["change_talk_share"], lambda value: f"change talk {percent(value)}"),
        (row["sustain_talk_share"], lambda value: f"sustain talk {percent(value)}"),
    )


def _said(*parts: tuple[float, Callable[[float], str]]) -> list[str]:
    """The words of what was recorded."""
    return [words(value) for value, words in parts if _known(value)]


def _overrun(minutes: float) -> str:
    if minutes == 0:
        return "ended on time"
    return f"{plain(minutes)} min over" if minutes > 0 else f"{plain(-minutes)} min short"


def _for_client(contacts: list[Row]) -> list[str]:
    """Contacts to or about the client on a day; what does not count as effort is told as such."""
    effort = [row for row in contacts if _known(row["direction"]) and row["direction"] != FROM_CLIENT]
    ordinary, agreed, crisis = ([row for row in effort if _kind(row) == kind] for kind in ("", "agreed", "crisis"))
    said = [f"{counted(len(ordinary), 'contact')}{_details(ordinary)}"] if ordinary else []
    said += [f"{counted(len(agreed), 'agreed contact')}, not counted"] if agreed else []
    return said + ([f"{counted(len(crisis), 'contact')} around a crisis, not counted"] if crisis else [])


def _kind(contact: Row) -> str:
    """Why a contact is no effort beyond the ordinary; empty where it counts."""
    if _known(contact["planned"]) and contact["planned"]:
        return "agreed"
    return "crisis" if contact["around_crisis"] else ""


def _details(contacts: list[Row]) -> str:
    """Minutes, and how many were after hours, where anything is known of it."""
    minutes, late = [row["minutes"] for row in contacts if _known(row["minutes"])], sum(row["late"] for row in contacts)
    said = [f"{plain(sum(minutes))} min"] if minutes else []
    said += [f"{late} after hours" if len(contacts) > 1 else "after hours"] if late else []
    return f" ({', '.join(said)})" if said else ""


def _from_client(contacts: list[Row]) -> list[str]:
    number = sum(row["direction"] == FROM_CLIENT for row in contacts if _known(row["direction"]))
    return [f"{counted(number, 'contact')} from the client"] if number else []


def _off_stage(row: Row) -> tuple[str, ...]:
    rated = f", rated {counted(row['stage_days'], 'day')} before" if row["stage_days"] else ""
    when = _day(row["scheduled_start"])
    if str(row["session_id"]).startswith(CHECK_IN):
        when = f"{MONTHS[row['scheduled_start'].month - 1]} (check-in)"
    return (
        when,
        row["client_id"],
        f"{row['stage']} {STAGES[row['stage'] - 1]}{rated}",
        _terms(row["interventions"].split(";")),
        "; ".join(_side(row, side) for side in ("ahead", "behind") if row[side] > 0),
    )


def _took_place(row: Row) -> str:
    """Minutes done of those planned; what was cancelled and has no minutes did not take place."""
    cancelled = _known(row["cancelled_by"]) and not _known(row["done_minutes"])
    return f"{_minutes(0.0 if cancelled else row['done_minutes'])} of {_minutes(row['planned_minutes'])}"


def _side(row: Row, side: str) -> str:
    half = " (counts half)" if row[side] < 1 else ""
    return f"{side}: {_terms(row[f'{side}_with'].split(';'))}{half}"


def _terms(terms: Iterable[str]) -> str:
    return ", ".join(term.strip().replace("_", " ") for term in terms if term.strip())


def _times(row: Row) -> str:
    done, planned = (plain(row[name]) if _known(row[name]) else "" for name in ("done", "planned"))
    return f"{done} of {planned}" if row["counted"] else MISSING


def _minutes(minutes: float) -> str:
    return plain(minutes) if _known(minutes) else MISSING


def _recorded(word: Any) -> str:
    return str(word) if _known(word) else MISSING


def _day(date: pd.Timestamp, now: pd.Period | None = None) -> str:
    """A day of the past year: 4 May; with its year where it is older."""
    months = MONTHS[date.month - 1] if now is None else month_name(date.to_period("M"), now)
    return f"{date.day} {months}"


def _known(value: Any) -> bool:
    """Whether something was recorded."""
    return not pd.isna(value)


def _more(total: int, noun: str) -> str:
    """How many rows are not shown; empty where all are."""
    left_out = total - MOST_ROWS
    return f"{counted(left_out, f'more {noun}')}, not shown." if left_out > 0 else ""
