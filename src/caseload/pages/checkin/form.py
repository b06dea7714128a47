"""What one clinician's form asks for a month: their clients, what was planned for them, their own goals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from caseload.intake import Practice
from caseload.intake.pseudonyms import Identity
from caseload.intake.tables import INTERVENTIONS
from caseload.pages.checkin.questionnaires import Questionnaire
from caseload.pages.checkin.words import STAGES, SUPPORTS, of_term
from caseload.signals import STAGE_DAYS
from caseload.wording import MONTHS, listed, month_year

MISSED = ("no_show", "late_cancelled")
RECENT = 2  # months without a session after which somebody is asked no longer
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CANCELLED = ("client_cancelled", "clinician_cancelled", "service_cancelled")


@dataclass(frozen=True)
class Client:
    """A client of the month: the sessions as a memory aid, the stage on file, what was used the month before."""

    id: str
    name: str
    dates: str
    stage: str = ""  # in words, with its day; "" where none is on file
    used: tuple[str, ...] = ()


@dataclass(frozen=True)
class Support:
    """One planned support. `date` is its day, `minutes` what was planned (None: not recorded)."""

    date: str
    kind: str
    minutes: float | None
    when: str


@dataclass(frozen=True)
class Goal:
    """A goal of the clinician's own plan, of this month or carried on from the one before."""

    goal: str
    kind: str
    planned: str


@dataclass(frozen=True)
class Form:
    """Everything that one clinician's page asks."""

    clinician_id: str
    name: str
    supervisor: str
    month: pd.Period
    practice: str
    clients: tuple[Client, ...]
    supports: tuple[Support, ...]
    goals: tuple[Goal, ...]
    terms: tuple[tuple[str, str], ...]
    questionnaires: tuple[Questionnaire, ...]

    @property
    def title(self) -> str:
        """The month in words."""
        return month_year(self.month)


def clinicians_asked(practice: Practice, month: pd.Period) -> list[str]:
    """Who gets a form: whoever had a session in the month or shortly before, or began in it."""
    starts = practice.sessions["scheduled_start"]
    recent = (starts >= (month - RECENT).start_time) & (starts <= month.end_time)
    began = practice.clinicians["started_on"].dt.to_period("M") == month
    ids = {*practice.sessions.loc[recent, "clinician_id"], *practice.clinicians.loc[began, "clinician_id"]}
    return sorted(ids)


def form_of(
    practice: Practice,
    clinician_id: str,
    month: pd.Period,
    *,
    mark: str = "",
    people: Mapping[str, Identity] | None = None,
    questionnaires: tuple[Questionnaire, ...] = (),
) -> Form:
    """The form of a clinician and month. `mark` is the practice's; `people` those whose names are shown, if any."""
    who = practice.supervisees.set_index("clinician_id").loc[clinician_id]
    known = people or {}
    terms = (*INTERVENTIONS, *(term for term in practice.settings.interventions if term not in INTERVENTIONS))
    return Form(
        clinician_id=clinician_id,
        name=known[clinician_id].name or clinician_id if clinician_id in known else clinician_id,
        supervisor=_or_blank(who["supervisor_id"]),
        month=month,
        practice=mark,
        clients=_clients(practice, clinician_id, month, known),
        supports=_supports(practice.supports, clinician_id, month),
        goals=_goals(practice.selfcare_plan, clinician_id, month),
        terms=tuple((term, of_term(term)) for term in terms),
        questionnaires=questionnaires,
    )


def _clients(
    practice: Practice, clinician_id: str, month: pd.Period, people: Mapping[str, Identity]
) -> tuple[Client, ...]:
    sessions = practice.sessions
    mine = sessions[(sessions["clinician_id"] == clinician_id) & _in_month(sessions["scheduled_start"], month)]
    stages = _stages(practice, month)
    clients = [
        Client(str(client), _shown(str(client), people), _dates(rows), stages.get(str(client), ""),
               _used(practice, clinician_id, str(client), month - 1))
        for client, rows in mine.groupby("client_id")
    ]  # fmt: skip
    return tuple(sorted(clients, key=lambda client: client.name.casefold()))


def _shown(client_id: str, people: Mapping[str, Identity]) -> str:
    """A client as the form names them: initials and code, or the code alone."""
    who = people.get(client_id)
    name = who.name if who else ""
    last, comma, first = name.partition(",")
    words = (f"{first} {last}" if comma else name).split()
    initials = "".join(f"{word[0].upper()}." for word in words)
    return f"{initials} ({client_id})" if initials else client_id


def _dates(rows: pd.DataFrame) -> str:
    """The days of a client's sessions: `4, 11 and 18 May; missed 27 May`."""
    starts = rows.sort_values("scheduled_start")
    held = _days(starts[starts["status"] == "attended"])
    missed, cancelled = _days(starts[starts["status"].isin(MISSED)]), _days(starts[starts["status"].isin(_CANCELLED)])
    parts = [held, f"missed {missed}" if missed else "", f"cancelled {cancelled}" if cancelled else ""]
    said = "; ".join(part for part in parts if part)
    return said[0].upper() + said[1:]


def _days(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    days = list(dict.fromkeys(str(start.day) for start in rows["scheduled_start"]))
    return f"{listed(days, len(days))} {MONTHS[rows['scheduled_start'].iloc[0].month - 1]}"


def _stages(practice: Practice, month: pd.Period) -> dict[str, str]:
    """The newest stage of each client that is not too old at the end of the month, with its day."""
    sessions, ratings = practice.sessions, practice.ratings
    rated = sessions.loc[sessions["stage_of_change"].notna(), ["client_id", "scheduled_start", "stage_of_change"]]
    monthly = ratings.loc[ratings["stage_of_change"].notna(), ["client_id", "month", "stage_of_change"]]
    ends = monthly["month"].dt.end_time.dt.normalize()
    monthly = monthly.drop(columns="month").assign(scheduled_start=ends)
    known = pd.concat([rated, monthly[rated.columns]], ignore_index=True)
    oldest = month.end_time - pd.Timedelta(days=STAGE_DAYS)
    known = known[known["scheduled_start"].between(oldest, month.end_time)].sort_values("scheduled_start")
    newest = known.groupby("client_id").tail(1)
    return {
        row["client_id"]: f"{STAGES[row['stage_of_change']].lower()} ({_day(row['scheduled_start'])})"
        for row in newest.to_dict("records")
    }


def _used(practice: Practice, clinician_id: str, client_id: str, month: pd.Period) -> tuple[str, ...]:
    """What was used with a client in a month, by sessions and check-in."""
    sessions, ratings = practice.sessions, practice.ratings
    both = [
        sessions.loc[_in_month(sessions["scheduled_start"], month) & _with(sessions, clinician_id, client_id)],
        ratings.loc[(ratings["month"] == month) & _with(ratings, clinician_id, client_id)],
    ]
    lists = pd.concat([rows["interventions"].dropna() for rows in both])
    return tuple(dict.fromkeys(term for terms in lists for term in terms.split(";") if term))


def _supports(supports: pd.DataFrame, clinician_id: str, month: pd.Period) -> tuple[Support, ...]:
    rows = supports[
        (supports["clinician_id"] == clinician_id)
        & _in_month(supports["date"], month)
        & supports["kind"].isin(list(SUPPORTS))
    ].sort_values("date", kind="stable")
    return tuple(_support(row) for row in rows.to_dict("records"))


def _support(row: Mapping[Any, Any]) -> Support:
    day, minutes = row["date"], row["planned_minutes"]
    planned = None if pd.isna(minutes) else float(minutes)
    length = "" if planned is None else f", {planned:g} minutes"
    kind = SUPPORTS[str(row["kind"])]
    return Support(
        f"{day:%Y-%m-%d}", str(row["kind"]), planned, f"{kind}, {_WEEKDAYS[day.weekday()]} {_day(day)}{length}"
    )


def _goals(plan: pd.DataFrame, clinician_id: str, month: pd.Period) -> tuple[Goal, ...]:
    """The month's goals; where there are none, those of the month before, carried on."""
    mine = plan[(plan["clinician_id"] == clinician_id) & plan["goal"].notna()]
    for when in (month, month - 1):
        rows = mine[mine["month"] == when]
        if len(rows):
            break
    return tuple(
        Goal(
            str(row["goal"]).strip(),
            "other" if pd.isna(row["kind"]) else str(row["kind"]),
            "" if pd.isna(row["planned_times"]) else f"{row['planned_times']:g}",
        )
        for row in rows.to_dict("records")
    )


def _or_blank(cell: Any) -> str:
    return "" if pd.isna(cell) else str(cell)


def _with(frame: pd.DataFrame, clinician_id: str, client_id: str) -> pd.Series:
    return (frame["clinician_id"] == clinician_id) & (frame["client_id"] == client_id)


def _in_month(times: pd.Series, month: pd.Period) -> pd.Series:
    return times.between(month.start_time, month.end_time)


def _day(day: pd.Timestamp) -> str:
    return f"{day.day} {MONTHS[day.month - 1]}"
