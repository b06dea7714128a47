"""One clinician's appointments of a month, read: numbers and rows that the words are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.client_attendance import RUN
from caseload.estimates.working_month import week_counts
from caseload.flags.over_investment import attendance_stands_out
from caseload.pages.attendance_only import APPOINTMENT_COLUMNS
from caseload.pages.supervisee.subject import Subject
from caseload.signals import OF_APPOINTMENTS, SIGNALS
from caseload.wording import MONTHS, listed, month_name

Row = Mapping[Any, Any]
MANY, MUCH = 3, 0.2
"""So many missed appointments of one client in a month are told, if they are so large a share of all."""
LEAVE, THERAPY = "time_off", "personal_therapy"


def known(value: Any) -> bool:
    """Whether there is a value."""
    return not pd.isna(value)


def appointments_alone(subject: Subject) -> bool:
    """Whether nothing but appointments is recorded of a clinician, as far as this copy may know, so far.

    Leave is part of a calendar. Surveys that are not shared must not change the supervisor's copy, nor therapy.
    """
    practice = subject.slice.practice
    other = [f"{signal.name}_n" for signal in SIGNALS if signal.name not in OF_APPOINTMENTS]
    hidden = (LEAVE,) if subject.own else (LEAVE, THERAPY)
    return not (
        (subject.slice.signals[other].to_numpy() > 0).any()
        or practice.sessions[["stage_of_change", "interventions"]].notna().to_numpy().any()
        or len(practice.contacts)
        or len(practice.ratings)
        or len(practice.selfcare_plan)
        or (~practice.supports["kind"].isin(hidden)).any()
        or (subject.sees_surveys and len(practice.surveys))
    )


def attendance_is_told(subject: Subject) -> bool:
    """Whether a page that has more than appointments tells what they say.

    So it is where a check-in is all that was added, and where appointments alone would make a watch.
    """
    practice = subject.slice.practice
    logged = practice.sessions[[name for name in practice.sessions if name not in APPOINTMENT_COLUMNS]]
    return attendance_stands_out(subject.evidence("over_investment")) or not (
        len(practice.contacts) or logged.notna().to_numpy().any()
    )


@dataclass(frozen=True, eq=False)
class Reading:
    """What the appointments of a month say; every number that a page of appointments shows comes from here."""

    subject: Subject

    @property
    def month(self) -> pd.Period:
        """The month read."""
        return self.subject.month

    @property
    def month_word(self) -> str:
        """Its name: May."""
        return MONTHS[self.month.month - 1]

    @cached_property
    def counts(self) -> dict[str, Any]:
        """The clinician's row of the month (`attendance_months`); empty where no appointment counted."""
        table = self.subject.slice.attendance
        rows = table[table["month"] == self.month].to_dict("records")
        return {str(name): value for name, value in rows[0].items()} if rows else {}

    @property
    def counted(self) -> int:
        """Appointments that clients could keep."""
        return int(self.counts.get("counted", 0))

    @property
    def missed(self) -> int:
        """Of these, those that they did not keep."""
        return int(self.counts.get("missed", 0))

    @property
    def is_compared(self) -> bool:
        """Whether there is an own usual."""
        return bool(self.counts) and not np.isnan(self.counts["missed_usual"])

    @property
    def kept_usual(self) -> tuple[int, int]:
        """The range in which nine of ten months of as many appointments would lie."""
        return self.counted - int(self.counts["missed_high"]), self.counted - int(self.counts["missed_low"])

    @property
    def is_far_more(self) -> bool:
        """Whether clients missed far more than usual: the month is worth watching for that."""
        return self.is_compared and self.counts["attendance_watch"] and self.missed > self.counts["missed_high"]

    @property
    def is_more(self) -> bool:
        """Whether clients missed more than nine of ten months would have by chance."""
        return self.is_compared and self.missed > self.counts["missed_high"]

    @property
    def offers_more(self) -> bool:
        """Whether appointments were offered again soon more often than nine of ten months would have it by chance."""
        return bool(self.counts) and bool(
            self.counts["offered"] > np.nan_to_num(self.counts["offered_high"], nan=np.inf)
        )

    @cached_property
    def clients(self) -> list[Row]:
        """The month's clients (`attendance_clients`), those to ask about first (`ask`), then by name."""
        table = self.subject.slice.attendance_clients
        table = table.assign(ask=table["is_less"] | table["is_long"])
        asked = table[table["ask"]].sort_values(["chance", "client_id"])
        return [*asked.to_dict("records"), *table[~table["ask"]].sort_values("client_id").to_dict("records")]

    def named(self, column: str) -> list[str]:
        """The clients of whom something holds, in the order of the table."""
        return [row["client_id"] for row in self.clients if row[column]]

    def missed_most(self) -> str:
        """Who many of the missed appointments were with; empty where nobody has many."""
        least = max(MANY, MUCH * self.missed)
        rows = sorted((row for row in self.clients if row["missed"] >= least), key=lambda row: -row["missed"])[:2]
        said = listed([f"{row['missed']} were {row['client_id']}’s" for row in rows])
        return f"Of the {self.missed} not kept, {said}." if said else ""

    @cached_property
    def back(self) -> dict[str, float]:
        """Clients who came back after a pause, and after how many days."""
        rows = (row for row in self.clients if not (np.isnan(row["back_after_days"]) or row["is_new"]))
        return {row["client_id"]: row["back_after_days"] for row in rows}

    @property
    def in_a_row(self) -> list[str]:
        """Clients with three or more appointments in a row not kept, up to the last one."""
        return [row["client_id"] for row in self.clients if row["in_a_row"] >= RUN and row["missed"]]

    @property
    def longest_unseen(self) -> Row | None:
        """Of the clients who still have appointments, the one not seen for longest."""
        rows = [row for row in self.clients if known(row["last_seen"]) and not row["is_gone"]]
        return max(rows, key=lambda row: row["days_since"], default=None)

    @cached_property
    def working(self) -> dict[str, tuple[float, float, float]]:
        """Of every measure of the working month: value, and the ends of the usual range (NaN: too few months)."""
        table = self.subject.slice.working_months
        now = table[table["month"] == self.month]
        bounds = self.subject.slice.boundaries
        rows = [*now.to_dict("records"), *bounds[bounds["month"] == self.month].to_dict("records")]
        values = {str(row["measure"]): (row["value"], row["usual_low"], row["usual_high"]) for row in rows}
        return {name: each for name, each in values.items() if not np.isnan(each[0])}

    @property
    def contract(self) -> float:
        """Contracted client hours a week; NaN where not recorded."""
        return float(self.subject.slice.person["weekly_client_hours"])

    @cached_property
    def weeks(self) -> pd.DataFrame:
        """Hours and appointments of the month's weeks."""
        return self.subject.slice.week_hours

    @cached_property
    def week_counts(self) -> pd.DataFrame:
        """The month's appointments that clients could keep, by week."""
        return week_counts(self.subject.slice.practice.sessions, self.month)

    @property
    def has_hours(self) -> bool:
        """Whether lengths are recorded."""
        return "weekly_client_hours" in self.working and bool(self.weeks["booked"].notna().any())

    @property
    def hours_are_recorded(self) -> bool:
        """Whether the practice has said what this clinician's working day is."""
        given = self.subject.slice.practice.clinicians
        return bool(given[["workday_start", "workday_end"]].notna().to_numpy().any())

    def date(self, when: pd.Timestamp) -> str:
        """A day in words: 28 April, with its year where it is long ago."""
        return f"{when.day} {month_name(when.to_period('M'), self.month)}"
