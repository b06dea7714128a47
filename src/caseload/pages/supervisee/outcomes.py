"""Clients' outcome measures beside the effort for them: first and latest score, and what can be said of the change."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from caseload.estimates.outcomes import BETTER, NONE, WORSE, main_outcomes
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import Table
from caseload.wording import day

CAPTION = "Outcome measures, client by client"
VERDICTS = {
    BETTER: "reliably better",
    WORSE: "reliably worse",
    NONE: "within measurement error",
    "": "",
}
NOTE = (
    "A change is reliable when measurement error is unlikely to explain it. It compares the latest score with the "
    "first one in your work together. Clients change for many reasons. These scores are in no flag."
)
UNKNOWN = "One of these measures has no reliable change on record: settings.toml can hold it."


def outcomes_table(subject: Subject) -> Table | None:
    """Every measure of the month's clients; None where there is no score."""
    courses = subject.slice.outcomes
    if courses.empty:
        return None
    frame = pd.DataFrame(
        {
            "Client": courses["client_id"],
            "Measure": [measure_name(name) for name in courses["measure"]],
            "First": _dated(courses["first"], courses["first_on"]),
            "Latest": _dated(courses["latest"], courses["latest_on"]),
            "Scores": courses["scores"].astype("str"),
            "Change": [change_words(row) for row in courses.to_dict("records")],
        }
    )
    untold = ((courses["scores"] > 1) & (courses["reliable"] == "")).any()
    note = NOTE if subject.own else NOTE.replace("your work together", "the work with this clinician")
    return Table(CAPTION, frame, f"{note} {UNKNOWN}" if untold else note, folded=True, wide=True)


def outcome_by_client(subject: Subject) -> dict[str, str]:
    """Each client's main measure in a few words: ORS 22.4 to 28.1, reliably better."""
    courses = subject.slice.outcomes
    main = main_outcomes(courses)[["client_id", "outcome_measure"]].set_axis(["client_id", "measure"], axis=1)
    rows = courses.merge(main, on=["client_id", "measure"]).to_dict("records")
    return {row["client_id"]: _in_short(row) for row in rows}


def change_words(row: Mapping[Any, Any]) -> str:
    """A course's change in points, and what can be said of it."""
    change, verdict = row["change"], VERDICTS[row["reliable"]]
    if math.isnan(change):
        return "one score"
    cut = " and across the cut-off" if row["passed_cut"] and row["reliable"] in (BETTER, WORSE) else ""
    return f"{change:+.4g}".replace("-", "−") + (f", {verdict}{cut}" if verdict else "")


def measure_name(name: str) -> str:
    """How a measure is written: ORS, PHQ9."""
    return name.upper()


def _in_short(row: Mapping[Any, Any]) -> str:
    measure, verdict = measure_name(row["measure"]), VERDICTS[row["reliable"]]
    if row["scores"] == 1:
        return f"{measure} {row['latest']:g}"
    return f"{measure} {row['first']:g} to {row['latest']:g}" + (f", {verdict}" if verdict else "")


def _dated(scores: pd.Series, days: pd.Series) -> list[str]:
    return [f"{score:g} on {day(when)}" for score, when in zip(scores, days, strict=True)]
