"""Everything estimated of a practice up to a month, and the part of it that one clinician's page may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from caseload.errors import ParameterError
from caseload.estimates import Balance, waves
from caseload.estimates.balance import CLINICIAN_COLUMNS
from caseload.estimates.boundaries import after_hours_days, boundaries, counted_contacts
from caseload.estimates.declared import began
from caseload.estimates.frames import CLIENTS_TABLE
from caseload.estimates.supports import PROVIDED_KINDS, leave_dates, support_hours, supports_chart
from caseload.estimates.trends import WHOLE_POINTS, Course
from caseload.estimates.working_month import week_hours, working_months
from caseload.flags import FLAGS, Evidence
from caseload.flags.explanations import of_month, ordinary
from caseload.intake import Practice, SupportContact
from caseload.intake.account import Quality
from caseload.review.sharing import sharing, supervisors_answers
from caseload.signals import SIGNALS, Signal, after_hours, crisis_contacts
from caseload.writing.names import landing_pages

CLIENTS_CSV = tuple(CLIENTS_TABLE.names)
FLAGS_CSV = ("clinician_id", "month", "flag", "state", "probability", "reason")
_NOWHERE = np.empty(0, np.intp)


def clinicians_csv() -> list[str]:
    """The columns of clinicians.csv: the balance, and what flags estimate besides."""
    return [*CLINICIAN_COLUMNS, *(column for flag in FLAGS.values() for column in flag.estimates)]


Places = Mapping[str, np.ndarray]
"""The rows of a table that are a clinician's, by clinician."""


@dataclass(frozen=True, eq=False)
class Assessment:
    """What is known at the end of `month`.

    `practice` holds nothing later. `balance` is the month's; `clinicians` and `clients` have the columns of
    clinicians.csv and clients.csv for every month so far, each as of its end. `flags` and `own_flags` have the columns
    of flags.csv with `since` and `before`: the first with consent applied, the second for the clinicians' own copies.
    `attendance` has every clinician's appointments of every month so far (`attendance_months`), `attendance_clients`
    the month's clients': both lean on the whole practice, so they are worked out before a page is cut.
    `outcomes` has the month's clients' outcome measures (`frames.OUTCOMES`); they are in no flag.
    `declared` has the known changes of everybody (`frames.DECLARED`), `undeclared` the month's states without those of
    the last months (`frames.UNDECLARED`).
    `off_stage` has the rows of `clients_off_stage` in the month, `stage_grids` those of `stage_grid`,
    `off_stage_sessions` those of `sessions_off_stage`, everybody's. A stage may have been rated by a colleague: all are
    read from all sessions once, so that no page needs a session of anybody else. For the same reason `crises` holds the
    days of crisis of the clients whom a clinician has contacts with, whoever held the session (`client_id`,
    `scheduled_start` at midnight, `crisis`, always true). `local_norms` has everybody's newest survey scores beside the
    norm of those who share (`among_others`, `local_norms`), with `strangers_own` and `strangers`: of how many of these
    the clinician, or whoever reads the supervisor's copy, does not see the answers. `shown_scores`, `shown_personal`,
    `shown_fatigue` and `shown_norms` are what `scores`, `evidence` and `local_norms` would be if there were no answer
    that a supervisor may not see: every file but the own copies rests on them. `persistence` is that of the series
    `gap`, `off_stage`, `done` (plan) and `after` (hours), of everybody together (`trends.persistence`).
    """

    month: pd.Period
    practice: Practice
    signals: pd.DataFrame
    balance: Balance
    clinicians: pd.DataFrame
    clients: pd.DataFrame
    scores: pd.DataFrame
    shown_scores: pd.DataFrame
    evidence: Evidence
    shown_personal: pd.DataFrame
    shown_fatigue: pd.DataFrame
    flags: pd.DataFrame
    own_flags: pd.DataFrame
    attendance: pd.DataFrame
    attendance_clients: pd.DataFrame
    outcomes: pd.DataFrame
    declared: pd.DataFrame
    undeclared: pd.DataFrame
    off_stage: pd.DataFrame
    stage_grids: pd.DataFrame
    off_stage_sessions: pd.DataFrame
    crises: pd.DataFrame
    local_norms: pd.DataFrame
    shown_norms: pd.DataFrame
    persistence: dict[str, float]

    def __getstate__(self) -> dict[str, Any]:
        """The fields: what was worked out of them is worked out anew in another process."""
        return _contents(self)

    @cached_property
    def sharing(self) -> frozenset[str]:
        """Clinicians who agreed that their supervisor sees survey results."""
        return sharing(self.practice)

    @cached_property
    def leave(self) -> pd.DataFrame:
        """Every day of leave so far."""
        return leave_dates(self.practice.supports)

    @cached_property
    def counted_contacts(self) -> pd.DataFrame:
        """The contacts so far that say something about boundaries."""
        return counted_contacts(self.practice.contacts, self.crises, self.practice.supervisees)

    @cached_property
    def boundaries(self) -> pd.DataFrame:
        """The boundaries of every month so far."""
        p = self.practice
        return boundaries(self.counted_contacts, p.contacts, p.sessions, p.supervisees, self.leave, p.months)

    def of(self, clinician_id: str) -> Slice:
        """What one clinician's page may use, and nobody else's rows; quick however large the practice is."""
        parts = _contents(self) | _cut(self, self._places["assessment"], clinician_id)
        for name in ("practice", "balance", "evidence"):
            record = parts[name]
            parts[name] = replace(record, **_cut(record, self._places[name], clinician_id))
        features = self.balance.features
        parts["balance"] = replace(parts["balance"], features=features[features.index == clinician_id])
        practice = parts["practice"]
        clients, contacts = self._clients_met(practice), _contacts_for(practice)
        parts["practice"] = replace(practice, quality=self._unread, clients=clients, support_contacts=contacts)
        supervisor = practice.supervisees["supervisor_id"].iloc[0]
        return Slice(**parts, clinician_id=clinician_id, landing_page=self._landing_pages.get(supervisor, "index.html"))

    @cached_property
    def _landing_pages(self) -> dict[str, str]:
        return landing_pages(self.practice.supervisees)

    @cached_property
    def _places(self) -> dict[str, dict[str, Places]]:
        """For every table that names clinicians, by record and name, where each one is: found once."""
        records = {"assessment": self, "practice": self.practice, "balance": self.balance, "evidence": self.evidence}
        return {name: _places(record) for name, record in records.items()}

    @cached_property
    def _client_ids(self) -> pd.Index:
        return pd.Index(self.practice.clients["client_id"])

    @cached_property
    def _unread(self) -> Quality:
        """The account of the reading without a row: it is about everybody."""
        quality = self.practice.quality
        return replace(quality, **{name: table.iloc[:0] for name, table in _tables(quality).items()}, notes=())

    def _clients_met(self, practice: Practice) -> pd.DataFrame:
        """What is known of the clients of some sessions and contacts."""
        met = pd.concat([practice.sessions["client_id"], practice.contacts["client_id"]]).drop_duplicates()
        at = np.sort(self._client_ids.get_indexer(pd.Index(met)))
        return _taken(self.practice.clients, at[at >= 0])


@dataclass(frozen=True, eq=False)
class Slice(Assessment):
    """One clinician's part of an assessment: small, of nobody else, and ready to be sent to another process.

    What both copies of the page say is worked out here once, when it is first asked for.
    """

    clinician_id: str
    landing_page: str  # that lists this clinician

    @cached_property
    def shared(self) -> Slice:
        """What the supervisor's copy may use: without the answers that its clinician keeps from the supervisor."""
        surveys = supervisors_answers(self.practice)
        if len(surveys) == len(self.practice.surveys) or self.clinician_id not in self.sharing:
            return self  # there is no such answer, or none is looked at
        evidence = replace(self.evidence, personal=self.shown_personal, fatigue=self.shown_fatigue)
        practice = replace(self.practice, surveys=surveys.reset_index(drop=True))
        norms = self.shown_norms
        return replace(self, practice=practice, scores=self.shown_scores, evidence=evidence, local_norms=norms)

    def of(self, clinician_id: str) -> Slice:
        """Itself."""
        if clinician_id != self.clinician_id:
            raise ParameterError(f"This is the part of {self.clinician_id!r}: it holds nothing of {clinician_id!r}.")
        return self

    @cached_property
    def person(self) -> pd.Series:
        """The clinician's row of the practice: supervisor, team, hours."""
        return self.practice.supervisees.iloc[0]

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """The clinician's sessions of the month."""
        return of_month(self.practice.sessions, "scheduled_start", self.month)

    @cached_property
    def contacts(self) -> pd.DataFrame:
        """The clinician's contacts of the month."""
        return of_month(self.practice.contacts, "contacted_at", self.month)

    @cached_property
    def marked_contacts(self) -> pd.DataFrame:
        """The month's contacts with whether each is after hours (`late`) or around a crisis (`around_crisis`)."""
        rows, people = self.contacts, self.practice.supervisees
        late = after_hours(rows["contacted_at"], rows["clinician_id"], people).astype(bool)
        return rows.assign(late=late, around_crisis=crisis_contacts(rows, self.crises))

    @cached_property
    def month_supports(self) -> pd.DataFrame:
        """The month's hours of support by kind, without personal therapy."""
        return supports_chart(self.practice.supports, self.clinician_id, self.month)

    @cached_property
    def supervision(self) -> Course:
        """Hours of supervision and consultation that took place, in months with any planned."""
        months = pd.period_range(self.practice.supports["date"].min(), self.month.end_time, freq="M")
        hours = support_hours(self.practice.supports, months)
        hours = hours[(hours["clinician_id"] == self.clinician_id) & hours["kind"].isin(PROVIDED_KINDS)]
        return Course.of(hours.groupby("month", as_index=False)[["done"]].sum(), "done", begins=self.begins)

    @cached_property
    def begins(self) -> tuple[int, ...]:
        """The months (ordinals) so far in which what is usual began again."""
        return began(self.declared, range(self.month.ordinal + 1))

    @cached_property
    def days_off(self) -> int:
        """Days of leave in the month."""
        return len(of_month(self.leave, "date", self.month))

    @cached_property
    def month_clients(self) -> pd.DataFrame:
        """The month's client estimates, widest gap first."""
        table = self.balance.clients
        return table[table["gap"].notna()].sort_values(["p_gap", "gap"], ascending=False, ignore_index=True)

    @cached_property
    def recorded(self) -> tuple[Signal, ...]:
        """The signals that were recorded for any of the clinician's clients this month."""
        counts = self.signals.loc[self.signals["month"] == self.month, [f"{signal.name}_n" for signal in SIGNALS]]
        return tuple(SIGNALS[at] for at in np.flatnonzero((counts.to_numpy() > 0).any(axis=0)))

    @cached_property
    def newest(self) -> dict[str, dict[str, Any]]:
        """The month's numbers behind each flag."""
        at = int(np.flatnonzero(self.evidence.balance["month"] == self.month)[0])  # the others have the same rows
        return {flag: {**self.evidence.of(flag).iloc[at]} for flag in FLAGS}

    @cached_property
    def gap(self) -> Course:
        """The mean gap of the month's clients, month by month."""
        return gap_course(self.evidence.balance, self.persistence["gap"], self.begins)

    @cached_property
    def off_stage_share(self) -> Course:
        """The share of sessions off the stage in per cent, in months with enough rated ones."""
        return off_stage_course(self.evidence.stage, self.persistence["off_stage"], self.begins).times(100)

    @cached_property
    def ratings(self) -> Course:
        """The activation ratings, self-reported."""
        return ratings_course(self.evidence.personal)

    def plan_share(self, name: str) -> Course:
        """The share of planned times `done`, or of contacts `after` hours, in per cent."""
        ends = f"{name}_low", f"{name}_high"
        persistence, table = self.persistence[name], self.evidence.self_care
        share = Course.of(table, f"{name}_share", *ends, persistence=persistence, whole=1, begins=self.begins)
        return share.times(100)

    @cached_property
    def waves(self) -> pd.DataFrame:
        """The survey scores with the change since the survey before, self-reported."""
        return waves(self.scores)

    @cached_property
    def ordinary(self) -> dict[str, str]:
        """What could ordinarily explain a flag of the month."""
        return ordinary(self.practice, self.clinician_id, self.month, self.days_off)

    @cached_property
    def working_months(self) -> pd.DataFrame:
        """What the appointment book holds of every month so far, beside the clinician's usual."""
        return working_months(self.practice.sessions, self.practice.supervisees, self.practice.months, self.begins)

    @cached_property
    def week_hours(self) -> pd.DataFrame:
        """Client hours booked and held in the weeks of the month."""
        return week_hours(self.practice.sessions, self.month)

    @cached_property
    def after_hours_days(self) -> pd.DataFrame:
        """Contact after hours on every day of the month."""
        return after_hours_days(self.counted_contacts, self.leave, self.clinician_id, self.month)


def gap_course(balance: pd.DataFrame, persistence: float, begins: tuple[int, ...] = ()) -> Course:
    """One clinician's gap from some months of `Evidence.balance`, of which `persistence` is carried on."""
    return Course.of(balance, "gap", "gap_low", "gap_high", persistence=persistence, begins=begins)


def off_stage_course(stage: pd.DataFrame, persistence: float, begins: tuple[int, ...] = ()) -> Course:
    """One clinician's share off the stage from some months of `Evidence.stage`, in those with enough rated sessions."""
    enough = stage["enough"].eq(True).to_numpy(bool)
    return Course.of(stage, "share", "share_low", "share_high", enough, persistence=persistence, whole=1, begins=begins)


def ratings_course(personal: pd.DataFrame) -> Course:
    """One clinician's activation ratings from some months of `Evidence.personal`; each month speaks for itself."""
    return Course.of(personal, "rating", least=WHOLE_POINTS)


def _contacts_for(practice: Practice) -> tuple[SupportContact, ...]:
    """The contacts for everybody, and those for the team of the one clinician of `practice`."""
    teams = {"", *practice.clinicians["team"].dropna()}
    return tuple(contact for contact in practice.support_contacts if contact.team in teams)


def _contents(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _tables(record: Any) -> dict[str, pd.DataFrame]:
    return {name: value for name, value in _contents(record).items() if isinstance(value, pd.DataFrame)}


def _places(record: Any) -> dict[str, Places]:
    tables = {name: table for name, table in _tables(record).items() if "clinician_id" in table}
    places = {name: table.groupby("clinician_id").indices for name, table in tables.items()}
    return {name: {str(who): np.asarray(rows) for who, rows in at.items()} for name, at in places.items()}


def _cut(record: Any, places: Mapping[str, Places], clinician_id: str) -> dict[str, pd.DataFrame]:
    """One clinician's rows of a record's tables."""
    return {name: _taken(getattr(record, name), at.get(clinician_id, _NOWHERE)) for name, at in places.items()}


def _taken(table: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    taken = table.take(rows)
    taken.index = pd.RangeIndex(len(rows))
    return taken
