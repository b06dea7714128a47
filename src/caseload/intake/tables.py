"""The data contract, once: the tables of a practice, their columns, and what a cell may hold.

Everything that reads, checks or documents the input takes names, ranges and vocabularies from here. `docs/data.md`
says the same in words. Adding an optional column means adding one line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from caseload.questionnaires import QUESTIONNAIRES

Kind = Literal["id", "text", "word", "terms", "number", "yes_no", "datetime", "date", "month", "clock"]

FIRST_YEAR, LAST_YEAR = (
    1900,
    2199,
)  # of any date; beyond them it is a slip of the pen
DEFAULT_WORKDAY = ("08:00", "18:00")

STATUSES = ("attended", "no_show", "late_cancelled", "client_cancelled", "clinician_cancelled", "service_cancelled")
MODALITIES = ("in_person", "video", "phone", "group", "home_visit")
STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance")
INTERVENTIONS = (
    "validation",
    "alliance",
    "case_management",
    "safety_planning",
    "psychoeducation",
    "mi_evoking",
    "mi_planning",
    "self_monitoring",
    "cbt_homework",
    "skills_training",
    "behavioural_activation",
    "exposure",
    "cognitive_restructuring",
    "relapse_prevention",
)
DIRECTIONS = ("to_client", "from_client", "about_client")
CHANNELS = ("call", "text", "email", "portal", "letter", "meeting")
INSTRUMENTS = tuple(QUESTIONNAIRES)
READERS = ("own_page", "supervisor")  # who sees a survey answer, as its clinician chose
ENDINGS = ("planned", "dropped_out", "transferred", "service", "other")
CHANGES = ("recording", "role", "hours", "program", "other")
SUPPORTS = ("supervision", "consultation", "peer_support", "personal_therapy", "restorative", "time_off")
CANCELLERS = ("clinician", "supervisor", "service")
GOALS = ("restorative", "boundary", "peer_support", "supervision", "other")
OUTCOMES = ("open", "helped", "unchanged", "not_needed")
FLAGS = ("over_investment", "stage_incongruence", "personal_activation", "self_care", "compassion_fatigue")

_FORMS: dict[Kind, str] = {
    "id": "an identifier",
    "text": "text",
    "yes_no": "true or false",
    "datetime": f"a local date and time such as 2026-05-03T14:00, in the years {FIRST_YEAR} to {LAST_YEAR}",
    "date": f"a date such as 2026-05-03, in the years {FIRST_YEAR} to {LAST_YEAR}",
    "month": f"a month such as 2026-05, in the years {FIRST_YEAR} to {LAST_YEAR}",
    "clock": "a time of day such as 08:00",
}


@dataclass(frozen=True)
class Column:
    """What one column may hold. `low` and `high` are inclusive and belong to numbers, `words` to word and terms."""

    name: str
    kind: Kind
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    required: bool = False  # the column, and every cell of it
    timed: bool = False  # a date without a time of day is not enough

    @property
    def expected(self) -> str:
        """The rule in words, as messages and notes give it."""
        if self.kind == "number":
            return f"a number{_span(self.low, self.high)}"
        if self.kind == "word":
            return f"one of {', '.join(self.words)}"
        if self.kind == "terms":
            return f"terms separated by semicolons, each one of {', '.join(self.words)}"
        return _FORMS[self.kind]


def _span(low: float | None, high: float | None) -> str:
    if low is None:
        return ""
    return f" of {low:g} or more" if high is None else f" from {low:g} to {high:g}"


@dataclass(frozen=True)
class Table:
    """One table: its columns in order; the columns that must not repeat; those without which a row says nothing.

    A row of an optional table that lacks a cell in `keys` cannot be attributed: it is left out and noted, not refused.
    """

    name: str
    columns: tuple[Column, ...]
    unique: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


CLINICIAN = Column("clinician_id", "id")
CLIENT = Column("client_id", "id")
MONTH = Column("month", "month")
STAGE = Column("stage_of_change", "word", words=STAGES)
USED = Column("interventions", "terms", words=INTERVENTIONS)
CRISIS = Column("crisis", "yes_no")
BARRIER = Column("access_barrier", "yes_no")

_SESSIONS = Table(
    "sessions",
    (
        Column("session_id", "id", required=True),
        Column("clinician_id", "id", required=True),
        Column("client_id", "id", required=True),
        Column("scheduled_start", "datetime", required=True),
        Column("status", "word", words=STATUSES, required=True),
        Column("scheduled_minutes", "number", 1, 480),
        Column("actual_minutes", "number", 0, 600),
        Column("minutes_late", "number", 0, 240),
        Column("prep_minutes", "number", 0, 600),
        Column("note_minutes", "number", 0, 600),
        Column("modality", "word", words=MODALITIES),
        STAGE,
        USED,
        Column("homework_set", "yes_no"),
        Column("homework_done", "number", 0, 1),
        Column("srs_total", "number", 0, 40),
        Column("ors_total", "number", 0, 40),
        Column("clinician_effort_rating", "number", 0, 10),
        Column("client_engagement_rating", "number", 0, 10),
        Column("clinician_talk_share", "number", 0, 1),
        Column("change_talk_share", "number", 0, 1),
        Column("sustain_talk_share", "number", 0, 1),
        Column("trauma_focus", "yes_no"),
        CRISIS,
    ),
    unique=("session_id",),
)

_CONTACTS = Table(
    "contacts",
    (
        CLINICIAN,
        CLIENT,
        Column("contacted_at", "datetime", timed=True),
        Column("minutes", "number", 0, 600),
        Column("direction", "word", words=DIRECTIONS),
        Column("channel", "word", words=CHANNELS),
        Column("planned", "yes_no"),
    ),
    keys=("clinician_id", "contacted_at"),
)

_CLIENTS = Table(
    "clients",
    (
        CLIENT,
        Column("intake_date", "date"),
        Column("severity", "number"),
        Column("trauma_history", "yes_no"),
        BARRIER,
        Column("programme", "text"),
        Column("ended_on", "date"),
        Column("end_reason", "word", words=ENDINGS),
    ),
    unique=("client_id",),
    keys=("client_id",),
)

_CLINICIANS = Table(
    "clinicians",
    (
        CLINICIAN,
        Column("supervisor_id", "id"),
        Column("team", "text"),
        Column("fte", "number", 0.05, 1.5),
        Column("started_on", "date"),
        Column("workday_start", "clock"),
        Column("workday_end", "clock"),
        Column("weekly_client_hours", "number", 0, 168),
        Column("shares_surveys", "yes_no"),
    ),
    unique=("clinician_id",),
    keys=("clinician_id",),
)

_SURVEYS = Table(
    "surveys",
    (
        CLINICIAN,
        Column("completed_on", "date"),
        Column("instrument", "word", words=INSTRUMENTS),
        Column("item", "text"),
        Column("response", "number"),
        Column("visible_to", "word", words=READERS),
    ),
    unique=("clinician_id", "completed_on", "instrument", "item"),
    keys=("clinician_id", "completed_on", "instrument", "item"),
)

_SUPPORTS = Table(
    "supports",
    (
        CLINICIAN,
        Column("date", "date"),
        Column("kind", "word", words=SUPPORTS),
        Column("planned_minutes", "number", 0),
        Column("done_minutes", "number", 0),
        Column("cancelled_by", "word", words=CANCELLERS),
    ),
    keys=("clinician_id", "date", "kind"),  # without a kind nobody could tell what is for the own copy only
)

_SELFCARE_PLAN = Table(
    "selfcare_plan",
    (
        CLINICIAN,
        MONTH,
        Column("goal", "text"),
        Column("kind", "word", words=GOALS),
        Column("planned_times", "number", 0),
        Column("done_times", "number", 0),
        Column("barrier", "text"),
    ),
    keys=("clinician_id", "month"),
)

_RATINGS = Table(
    "ratings",
    (
        CLINICIAN,
        CLIENT,
        MONTH,
        Column("rated_on", "date"),
        Column("effort", "number", 0, 10),
        Column("engagement", "number", 0, 10),
        STAGE,
        USED,
        CRISIS,
        BARRIER,
    ),
    unique=("clinician_id", "client_id", "month"),
    keys=("clinician_id", "client_id", "month"),
)
_CHANGES = Table(
    "changes",
    (
        Column("from", "date"),
        CLINICIAN,
        Column("team", "text"),
        Column("kind", "word", words=CHANGES),
        Column("what", "text"),
        Column("declared_by", "text"),
    ),
    keys=("from",),
)
_OUTCOMES = Table(
    "outcomes",
    (
        CLIENT,
        CLINICIAN,
        Column("completed_on", "date"),
        Column("measure", "text"),
        Column("score", "number"),
        Column("higher_is_better", "yes_no"),
    ),
    unique=("client_id", "measure", "completed_on", "clinician_id"),
    keys=("client_id", "completed_on", "measure"),
)
_AGENDA = Table(
    "agenda",
    (
        CLINICIAN,
        MONTH,
        Column("flag", "text"),
        Column("decision", "text"),
        Column("review_month", "month"),
        Column("outcome", "word", words=OUTCOMES),
    ),
    keys=("clinician_id", "month"),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _SESSIONS,
        _CONTACTS,
        _RATINGS,
        _CLIENTS,
        _OUTCOMES,
        _CLINICIANS,
        _SURVEYS,
        _SUPPORTS,
        _SELFCARE_PLAN,
        _CHANGES,
        _AGENDA,
    )
}


def with_terms(own: Collection[str]) -> dict[str, Table]:
    """The tables with more terms of interventions: those of a practice."""
    if not own:
        return TABLES
    more = tuple(term for term in own if term not in INTERVENTIONS)
    return {
        name: replace(
            table,
            columns=tuple(
                replace(column, words=(*column.words, *more)) if column is USED else column for column in table.columns
            ),
        )
        for name, table in TABLES.items()
    }
