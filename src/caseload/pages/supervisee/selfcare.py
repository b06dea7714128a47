"""Question 4, how the self-care plan goes and whether boundaries hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from caseload.estimates.selfcare import plan_table
from caseload.flags.self_care import after_words, done_words, evenings_first
from caseload.pages.series import months_alt, spark
from caseload.pages.supervisee import records
from caseload.pages.supervisee.subject import NO_INTERVAL, Subject, sentence
from caseload.pages.views import Card, Empty, Evidence, Figure, Section, Table
from caseload.wording import (
    between,
    counted,
    day,
    duration,
    first_upper,
    listed,
    month_year,
    number,
    percent,
    percent_between,
)

FLAG, ANCHOR = "self_care", "selfcare"
MEASURES = {
    "after_hours_minutes": "Out-of-hours contact",
    "overruns": "Sessions that overran by 10 min or more",
    "days_without_break": "Long days without a 30-minute break",
    "weekly_client_hours": "Client hours a week",
    "days_off": "Days off taken",
}


def card(subject: Subject) -> Card:
    """The fourth card: the plan, or the evenings where they speak louder."""
    row, state = subject.evidence(FLAG), subject.state(FLAG)
    if state.state == "not_enough_data":
        said = sentence(subject.flag(FLAG)["reason"])
        return Card(ANCHOR, subject.question(FLAG), state, said, *_counted(subject), NO_INTERVAL)
    evenings = evenings_first(row)
    name = "after" if evenings else "done"
    part, whole = ("after_hours", "contacts") if evenings else ("done_times", "planned_times")
    value = percent(row[part] / row[whole])  # as counted; the interval knows how little that may be
    share = subject.slice.plan_share(name)
    noun = "appointment" if row.get("of_appointments") else "contact"
    unit = f"of {noun}s out of hours" if evenings else "of planned times done"
    interval = f"90% interval {percent_between(row[f'{name}_low'], row[f'{name}_high'])}"
    if share.usual:
        interval += f". The usual range is {percent_between(*_as_shares(share.usual))}"
    counts = (
        f"{row['after_hours']:.0f} of {counted(row['contacts'], noun)}"
        if evenings
        else f"{row['done_times']:.0f} of {row['planned_times']:.0f} times in three months"
    )
    return Card(
        ANCHOR, subject.question(FLAG), state, headline(subject), value, unit, f"{counts}. {interval}",
        spark(share, state.state, f"Percentage {unit}. {months_alt(share, 0)}"),
    )  # fmt: skip


def _counted(subject: Subject) -> tuple[str, str]:
    """What there is of a plan or contacts; without any of them, the evenings and weekends that the calendar holds."""
    table = subject.slice.working_months
    now = table[(table["month"] == subject.month) & table["measure"].isin(["out_of_hours", "weekend"])]
    if now.empty:
        return "0", "goals or contacts recorded"
    if now["value"].isna().any():
        return f"{now['value'].sum():.0f}", "appointments at a weekend"
    return f"{now['value'].sum():.0f}", "appointments outside the working day or at a weekend"


def _as_shares(per_cent: tuple[float, float]) -> tuple[float, float]:
    """A range in per cent as shares from 0 to 1."""
    low, high = per_cent
    return max(low, 0.0) / 100, min(high, 100.0) / 100


def section(subject: Subject) -> Section:
    """The after-hours calendar, the flag's sheet, the plan and the boundaries."""
    return subject.section(
        FLAG,
        ANCHOR,
        _calendar(subject),
        _behind(subject),
        (_plan(subject), _boundaries(subject), *records.plan_by_month(subject), *records.contacts_after_hours(subject)),
    )


def headline(subject: Subject) -> str:
    """What the card says in one sentence."""
    if subject.flag(FLAG)["state"] == "steady":
        return _without_flag(subject.evidence(FLAG))
    return subject.headline(FLAG)


def _without_flag(row: Mapping[str, Any]) -> str:
    """The plan and the hours of a month without a flag, as counted."""
    said = [done_words(row)] if pd.notna(row["done_share"]) else []
    said += [after_words(row)] if pd.notna(row["after_share"]) else []
    return sentence(". ".join(map(first_upper, said))) if said else "There is no clear sign of a problem."


def _behind(subject: Subject) -> str:
    days = subject.slice.after_hours_days
    worst = days[days["minutes"] > 0].nlargest(3, "minutes")
    if worst.empty:
        return ""
    said = [f"{day(r['date'])} ({duration(r['minutes'])})" for r in worst.to_dict("records")]
    return f"Out-of-hours contact on {counted((days['minutes'] > 0).sum(), 'day')}, longest on {listed(said)}."


def _calendar(subject: Subject) -> Evidence:
    if subject.slice.contacts.empty:
        return Empty(
            "Contacts out of hours",
            (
                "No contact between sessions is recorded this month.",
                "Record calls and messages to see this picture.",
            ),
        )
    days = subject.slice.after_hours_days
    total, busy = float(days["minutes"].sum()), int((days["minutes"] > 0).sum())
    start, end = subject.slice.person["workday_start"], subject.slice.person["workday_end"]
    return Figure(
        "plot_after_hours",
        days,
        f"{duration(total)} of contact out of hours, on {counted(busy, 'day')}" if total else "No minutes out of hours",
        f"Minutes a day outside {start} to {end}, {month_year(subject.month)}.",
        f"Contact out of hours on {counted(busy, 'day')}, {duration(total)} in all; "
        f"{counted(days['day_off'].sum(), 'day')} of leave.",
        "This is a count from the log, so it has no interval. It leaves out agreed coaching calls, contact around a "
        "crisis and incoming messages.",
        pd.DataFrame(
            {
                "Date": days.loc[days["minutes"] > 0, "date"].dt.strftime("%Y-%m-%d"),
                "Minutes": days.loc[days["minutes"] > 0, "minutes"].round().astype(int).astype("str"),
            }
        ),
    )


def _plan(subject: Subject) -> Evidence:
    plan = plan_table(subject.slice.practice.selfcare_plan, subject.clinician_id, subject.month)
    if plan.empty:
        return Empty(
            "Planned and done",
            ("No goal is recorded for this month.", "Two or three small goals are enough to start with."),
        )
    barrier = subject.evidence(FLAG)["barrier"]
    title = f"Planned and done: {barrier} is the barrier noted most" if barrier else "Planned and done"
    numbers = pd.DataFrame(
        {
            "Goal": plan["goal"],
            "Done": [number(value, 0) for value in plan["done"]],
            "Planned": [number(value, 0) for value in plan["planned"]],
            "Barrier": plan["barrier"].where(plan["barrier"] != "", "none noted"),
        }
    )
    told = "; ".join(
        f"{r['goal']}: {number(r['done'], 0)} of {number(r['planned'], 0)}" for r in plan.head(6).to_dict("records")
    )
    return Figure(
        "plot_plan", plan, title, f"Times done against times planned in {month_year(subject.month)}.", f"{told}.",
        "This is a count, so it has no interval. Missing times do not count as not done.", numbers,
    )  # fmt: skip


def _boundaries(subject: Subject) -> Evidence:
    table = subject.slice.boundaries
    mine = table[(table["month"] == subject.month) & table["value"].notna()]
    if mine.empty:
        return Empty(
            "Working hours and breaks", ("Lengths and contacts are not recorded, so we cannot say anything here.",)
        )
    rows = [
        (_measure(r), _value(r["measure"], r["value"]), _usual(r["measure"], r["usual_low"], r["usual_high"]))
        for r in mine.to_dict("records")
    ]
    frame = pd.DataFrame(rows, columns=["Measure", month_year(subject.month), "Usual range"])
    caption = "Working hours and breaks, with the usual range"
    return Table(caption, frame, "The usual range comes from the earlier months.")


def _measure(row: Mapping[Any, Any]) -> str:
    name = MEASURES[row["measure"]]
    return name if np.isnan(row["contract"]) else f"{name} (contract: {row['contract']:g})"


def _value(measure: str, value: float) -> str:
    return duration(value) if measure.endswith("minutes") else number(value, 1 if measure.endswith("hours") else 0)


def _usual(measure: str, low: float, high: float) -> str:
    if np.isnan(low):
        return "too few months"
    if measure.endswith("minutes"):
        return f"{duration(low)} to {duration(high)}"
    return between(low, high, 1 if measure.endswith("hours") else 0)
