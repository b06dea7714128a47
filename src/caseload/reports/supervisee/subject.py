"""Whom a report is about, and whose copy it is: every slice of the assessment that its page may use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from caseload.estimates.supports import leave_days
from caseload.flags.explanations import explanations
from caseload.flags.judgement import SURVEY_FLAGS
from caseload.flags.prompts import clears, question
from caseload.flags.wording import first_upper, month_name
from caseload.intake import Practice
from caseload.reports.assessment import Assessment
from caseload.reports.views import State
from caseload.signals import SIGNALS, Signal

_WHY = {
    "raise": "Why it is here",
    "watch": "Why it is here",
    "steady": "Why it is steady",
    "not_enough_data": "What is missing",
}
STATE_WORDS = {"raise": "Raise", "watch": "Watch", "steady": "Steady", "not_enough_data": "Not enough data"}


@dataclass(frozen=True, eq=False)
class Subject:
    """One clinician in one copy of the month's report: `copy` is "own" or "supervisor"."""

    assessment: Assessment
    clinician_id: str
    copy: str

    @property
    def own(self) -> bool:
        """Whether this is the clinician's own copy."""
        return self.copy == "own"

    @property
    def month(self) -> pd.Period:
        """The month reported."""
        return self.assessment.month

    @property
    def sees_surveys(self) -> bool:
        """Whether this copy may show what rests on self-report."""
        return self.own or self.clinician_id in self.assessment.sharing

    @cached_property
    def person(self) -> pd.Series:
        """The clinician's row of the practice: supervisor, team, hours."""
        people = self.assessment.practice.supervisees
        return people[people["clinician_id"] == self.clinician_id].iloc[0]

    @cached_property
    def record(self) -> Practice:
        """The practice cut down to what this clinician did: sessions, contacts, supports and plan."""
        practice = self.assessment.practice
        return replace(
            practice,
            sessions=self._only(practice.sessions),
            contacts=self._only(practice.contacts),
            supports=self._only(practice.supports),
            selfcare_plan=self._only(practice.selfcare_plan),
            agenda=self._only(practice.agenda),
        )

    @cached_property
    def client_sessions(self) -> pd.DataFrame:
        """Sessions of the clinician's clients with anybody: a stage may have been rated by a colleague."""
        sessions = self.assessment.practice.sessions
        return sessions[sessions["client_id"].isin(self.record.sessions["client_id"])]

    @cached_property
    def days_off(self) -> int:
        """Days of leave in the month."""
        return int(leave_days(self.record.supports, self.month)["days_off"].sum())

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """The clinician's sessions of the month."""
        return self._of_month(self.record.sessions, "scheduled_start")

    @cached_property
    def contacts(self) -> pd.DataFrame:
        """The clinician's contacts of the month."""
        return self._of_month(self.record.contacts, "contacted_at")

    @cached_property
    def clients(self) -> pd.DataFrame:
        """The month's client estimates, widest gap first."""
        table = self.assessment.balance.clients
        mine = table[(table["clinician_id"] == self.clinician_id) & table["gap"].notna()]
        return mine.sort_values(["p_gap", "gap"], ascending=False, ignore_index=True)

    @cached_property
    def flags(self) -> pd.DataFrame:
        """Every flag of every month so far, as this copy may know it."""
        table = self.assessment.own_flags if self.own else self.assessment.flags
        return table[table["clinician_id"] == self.clinician_id]

    @cached_property
    def recorded(self) -> tuple[Signal, ...]:
        """The signals that were recorded for any of the clinician's clients this month."""
        table = self._of_month_and_person(self.assessment.signals)
        return tuple(signal for signal in SIGNALS if (table[f"{signal.name}_n"] > 0).any())

    def flag(self, name: str) -> dict[str, Any]:
        """The month's row of a flag."""
        return dict(self.flags[(self.flags["month"] == self.month) & (self.flags["flag"] == name)].iloc[0])

    def evidence(self, name: str) -> dict[str, Any]:
        """The month's numbers behind a flag. Of self-report only where `sees_surveys`."""
        table = self.history(name)
        return dict(table[table["month"] == self.month].iloc[0])

    def history(self, name: str) -> pd.DataFrame:
        """The numbers behind a flag for every month so far."""
        table = self.assessment.evidence.of(name)
        return table[table["clinician_id"] == self.clinician_id]

    def state(self, name: str) -> State:
        """The flag's state and since when. What is theirs to share says nothing more, whether or not it exists."""
        row = self.flag(name)
        if name in SURVEY_FLAGS and not self.sees_surveys and row["state"] == "not_enough_data":
            return State("not_shared")
        return State(row["state"], since(row, self.month))

    def pick(self, own: str, theirs: str) -> str:
        """The words of this copy."""
        return own if self.own else theirs

    def sheet(self, name: str, clients: list[str], behind: str) -> tuple[tuple[tuple[str, str], ...], str]:
        """A flag's sheet (why, who, ordinary explanations, what would clear it) and its open question."""
        row, evidence = self.flag(name), self.evidence(name)
        missing, quiet = row["state"] == "not_enough_data", row["state"] in ("steady", "not_enough_data")
        ordinary = explanations(name, self.record, self.clinician_id, self.month, self.days_off)
        terms = (
            (_WHY[row["state"]], sentence(row["reason"])),
            ("Clients and sessions behind it", behind),
            ("Ordinary explanations in the data", " ".join(ordinary) or ("" if quiet else "None recorded this month.")),
            (
                "What would make it estimable" if missing else "What would clear it",
                clears(name, row["state"], evidence),
            ),
        )
        return tuple(term for term in terms if term[1]), question(name, evidence, clients)

    def _of_month_and_person(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[(table["clinician_id"] == self.clinician_id) & (table["month"] == self.month)]

    def _only(self, table: pd.DataFrame) -> pd.DataFrame:
        return table[table["clinician_id"] == self.clinician_id].reset_index(drop=True)

    def _of_month(self, table: pd.DataFrame, time: str) -> pd.DataFrame:
        return table[table[time].dt.to_period("M") == self.month]


def since(row: dict[str, Any], now: pd.Period) -> str:
    """Since when: since May (Watch in April); the state before only where it changed within the past year."""
    text = f"since {month_name(row['since'], now)}"
    if not row["before"] or (now - row["since"]).n >= 12:
        return text
    if row["before"] == "not_enough_data":
        return text
    return f"{text} ({STATE_WORDS[row['before']]} in {month_name(row['since'] - 1, now)})"


def sentence(text: str) -> str:
    """A reason as a sentence of its own."""
    return first_upper(text) if text.endswith(".") else f"{first_upper(text)}."
