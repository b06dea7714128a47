"""Whom a report is about, and whose copy it is: what of the assessment's slice this copy may show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from caseload.flags import FLAGS
from caseload.flags.explanations import bearing
from caseload.flags.states import WATCH_AT, WORDS
from caseload.pages.supervisee.declared import declared_words
from caseload.pages.views import Evidence, Section, State
from caseload.review.assessment import Assessment, Slice
from caseload.wording import first_upper, month_name

_WHY = {
    "raise": "Why it is here",
    "watch": "Why it is here",
    "steady": "Why there is no flag",
    "not_enough_data": "What is missing",
}
LEAVE_DAYS = 10
"""Days of leave from which a month is read as leave."""
NO_INTERVAL = "This is a count, so it has no interval"
STILL_THERE = f"This month alone would be no flag. A flag ends after two months in a row below {WATCH_AT:.0%}."


@dataclass(frozen=True, eq=False)
class Subject:
    """One clinician in one copy of the month's report: `copy` is "own" or "supervisor"."""

    slice: Slice
    copy: str

    @classmethod
    def of(cls, assessment: Assessment, clinician_id: str, copy: str) -> Subject:
        """The clinician in a copy, which rests on nothing that its reader may not see."""
        part = assessment.of(clinician_id)
        return cls(part if copy == "own" else part.shared, copy)

    @property
    def clinician_id(self) -> str:
        """Whom the report is about."""
        return self.slice.clinician_id

    @property
    def own(self) -> bool:
        """Whether this is the clinician's own copy."""
        return self.copy == "own"

    @property
    def month(self) -> pd.Period:
        """The month reported."""
        return self.slice.month

    @property
    def sees_surveys(self) -> bool:
        """Whether this copy may show what rests on self-report."""
        return self.own or self.clinician_id in self.slice.sharing

    @property
    def flags(self) -> pd.DataFrame:
        """Every flag of every month so far, as this copy may know it."""
        return self.slice.own_flags if self.own else self.slice.flags

    @property
    def month_flags(self) -> pd.DataFrame:
        """The month's flags, as this copy may know them."""
        return self.flags[self.flags["month"] == self.month]

    @cached_property
    def _newest_flags(self) -> dict[str, dict[str, Any]]:
        return {row["flag"]: {**row} for _, row in self.month_flags.iterrows()}

    def flag(self, name: str) -> dict[str, Any]:
        """The month's row of a flag."""
        return self._newest_flags[name]

    def evidence(self, name: str) -> dict[str, Any]:
        """The month's numbers behind a flag. Of self-report only where `sees_surveys`."""
        return self.slice.newest[name]

    def history(self, name: str) -> pd.DataFrame:
        """The numbers behind a flag for every month so far."""
        return self.slice.evidence.of(name)

    def state(self, name: str) -> State:
        """The flag's state and since when. What is theirs to share says nothing more, whether or not it exists."""
        row = self.flag(name)
        if self.keeps_to_self(name, row["state"]):
            return State("not_shared")
        return State(row["state"], since(row, self.month))

    def keeps_to_self(self, name: str, state: str) -> bool:
        """Whether a flag in this state is theirs to share and this copy says no more than that."""
        return FLAGS[name].self_reported and not self.sees_surveys and state == "not_enough_data"

    def question(self, name: str) -> str:
        """The question of a flag's part of the page, as this copy asks it."""
        return FLAGS[name].question.format(your=self.pick("your", "the"))

    def clients(self, name: str) -> list[str]:
        """The clients that a flag names this month, widest gap first."""
        return FLAGS[name].clients(self.slice, self.flag(name)["state"])

    def ask(self, name: str) -> str:
        """A flag's open question."""
        return FLAGS[name].ask(self.evidence(name), self.clients(name))

    def is_held(self, name: str) -> bool:
        """Whether a flag is still there although its probability is lower: it ends after two such months."""
        row = self.flag(name)
        return bool(row["state"] == "raise" and row["probability"] < WATCH_AT)

    def clause(self, name: str) -> str:
        """What a flag at watch or raise shows, as a part of a sentence."""
        if self.is_held(name):
            return f"{FLAGS[name].title.lower()} looks less clear than in earlier months"
        return FLAGS[name].clause(self.evidence(name), self.slice, self.pick("your", "their"))

    def headline(self, name: str) -> str:
        """The same as a sentence of its own."""
        return sentence(self.clause(name))

    def pick(self, own: str, theirs: str) -> str:
        """The words of this copy."""
        return own if self.own else theirs

    def section(
        self, name: str, anchor: str, main: Evidence | None, behind: str, supporting: tuple[Evidence, ...]
    ) -> Section:
        """The part of the page on a flag: main figure, sheet with the clients and sessions `behind` it, and more."""
        sheet = self.sheet(name, behind)
        return Section(anchor, self.question(name), self.state(name), main, sheet, self.ask(name), supporting)

    def sheet(self, name: str, behind: str) -> tuple[tuple[str, str], ...]:
        """A flag's sheet: why, who, ordinary explanations, what would clear it."""
        row = self.flag(name)
        missing, quiet = row["state"] == "not_enough_data", row["state"] in ("steady", "not_enough_data")
        ordinary = bearing(name, self.slice.ordinary)
        held = f"{STILL_THERE} " if self.is_held(name) else ""
        terms = (
            (_WHY[row["state"]], held + sentence(row["reason"])),
            ("Declared change", declared_words(self.slice, name, row["state"])),
            ("Clients and sessions behind it", behind),
            ("Other possible explanations", " ".join(ordinary) or ("" if quiet else "None is recorded this month.")),
            (
                "What data is needed" if missing else "What would end this flag",
                FLAGS[name].ends(row["state"], self.evidence(name)),
            ),
        )
        return tuple(term for term in terms if term[1])


def since(row: dict[str, Any], now: pd.Period) -> str:
    """Since when: since May (Watch in April); the state before only where it changed within the past year."""
    text = f"since {month_name(row['since'], now)}"
    if not row["before"] or (now - row["since"]).n >= 12:
        return text
    if row["before"] == "not_enough_data":
        return text
    return f"{text} ({WORDS[row['before']]} in {month_name(row['since'] - 1, now)})"


def sentence(text: str) -> str:
    """A reason as a sentence of its own."""
    return first_upper(text) if text.endswith(".") else f"{first_upper(text)}."
