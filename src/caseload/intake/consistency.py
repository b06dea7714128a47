"""Rules that need more than one cell: repeats, working days, survey scales, and people that no table holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from caseload.intake.findings import CORRECT, Finding, labels
from caseload.intake.scales import SCALES, in_words
from caseload.intake.settings import USUAL, Settings
from caseload.intake.tables import Table
from caseload.questionnaires import Range

DAYS_A_YEAR = 365.25

# Who holds the people of a practice, and which tables may only speak of people that one of them holds.
HOLDERS = {"clinician_id": ("sessions", "clinicians"), "client_id": ("sessions", "clients")}
GUESTS = {
    "clinician_id": ("contacts", "ratings", "outcomes", "surveys", "supports", "selfcare_plan", "changes", "agenda"),
    "client_id": ("contacts", "ratings", "outcomes"),
}


GENERATION = 25  # years without a date before or after which a table's dates are a slip of the pen
DATED = {"sessions": "scheduled_start", "contacts": "contacted_at", "ratings": "month", "outcomes": "completed_on",
         "surveys": "completed_on", "supports": "date", "selfcare_plan": "month"}  # fmt: skip


def row_findings(frame: pd.DataFrame, table: Table, settings: Settings = USUAL) -> list[Finding]:
    """Findings of every rule within one table that looks at more than one cell."""
    findings = repeats(frame, table)
    if table.name in DATED:
        findings += strays(frame[DATED[table.name]])
    if table.name == "clinicians":
        findings += short_workdays(frame, settings)
    if table.name == "surveys":
        findings += survey_answers(frame)
    return findings


def repeats(frame: pd.DataFrame, table: Table) -> list[Finding]:
    """Rows whose unique columns repeat those of an earlier row; the earlier row is not a finding."""
    names = list(table.unique)
    if not names or _all_different(frame[names[0]]):
        return []
    again = frame.duplicated(names) & frame[names].notna().all(axis=1)
    expected = f"each {names[0]} once" if len(names) == 1 else f"one row for the same {', '.join(names)}"
    return _found(names[-1], again, expected, "a repeat of an earlier row", "Keep one of the rows.")


def _all_different(ids: pd.Series) -> bool:
    """Whether no identifier occurs twice; seen at a glance where they ascend, as in most exports."""
    return bool((ids.array[:-1] < ids.array[1:]).all()) or len(ids.unique()) == len(ids)


def strays(dates: pd.Series) -> list[Finding]:
    """Dates a generation away from all others: one that is typed 1926 would make a practice of 1,200 months.

    Of two groups of dates with such a gap between them the smaller one is found, or the earlier of two alike.
    """
    times = dates.dt.start_time if isinstance(dates.dtype, pd.PeriodDtype) else dates
    if times.isna().all() or (times.max() - times.min()).days < GENERATION * DAYS_A_YEAR:
        return []
    away = pd.Series(stray_times(times.to_numpy("datetime64[s]")), index=dates.index)
    expected = f"dates less than {GENERATION} years away from all others"
    return _found(str(dates.name), away, expected, "a date a generation away from all others", "Correct the year.")


def stray_times(times: np.ndarray) -> np.ndarray:
    """Which of these times are a generation away from all others; missing ones (NaT) are not."""
    known = np.sort(times[~np.isnat(times)])
    gaps = np.flatnonzero(np.diff(known) >= np.timedelta64(int(GENERATION * DAYS_A_YEAR), "D"))
    groups = np.split(known, gaps + 1)
    kept = max(reversed(groups), key=len)
    if len(groups) < 2:
        return np.zeros(len(times), dtype=bool)
    away: np.ndarray = (times < kept[0]) | (times > kept[-1])
    return away


def short_workdays(clinicians: pd.DataFrame, settings: Settings = USUAL) -> list[Finding]:
    """Working days that do not end after they start; an empty cell counts as its default."""
    first, last = settings.workday_start, settings.workday_end
    start, end = clinicians["workday_start"].fillna(first), clinicians["workday_end"].fillna(last)
    expected = f"a time after workday_start (empty cells count as {first} and {last})"
    return _found("workday_end", end <= start, expected, "a time that is not after workday_start", CORRECT)


def survey_answers(surveys: pd.DataFrame) -> list[Finding]:
    """Items that an instrument does not have, and responses outside the scale of their item."""
    findings: list[Finding] = []
    for instrument, scales in SCALES.items():
        rows = surveys[surveys["instrument"] == instrument]
        if rows.empty:
            continue
        strange = rows["item"].notna() & ~rows["item"].isin(list(scales))
        expected = f"an item of {instrument}: {in_words(scales)}"
        findings += _found("item", strange, expected, f"an item that {instrument} does not have", "Correct the item.")
        for scale in dict.fromkeys(scales.values()):
            items = [item for item in scales if scales[item] == scale]
            findings += _off_scale(
                rows.loc[rows["item"].isin(items), "response"], scale, f"{instrument} {in_words(items)}"
            )
    return findings


def _off_scale(answers: pd.Series, scale: Range, asked: str) -> list[Finding]:
    expected = f"{scale.expected} for {asked}"
    answers = answers[answers.abs() < np.inf]  # what is not finite has been found with the cells
    below, above = answers < scale.low, answers > scale.high
    between = ~(below | above) & ((answers - scale.low) % scale.step != 0) if scale.step else below & above
    action = "Correct the response, or check that the instrument is the one that was answered."
    return (
        _found("response", below, expected, f"a number below {scale.low:g}", action)
        + _found("response", above, expected, f"a number above {scale.high:g}", action)
        + _found("response", between, expected, "a number between the steps of the scale", action)
    )


def strangers(frame: pd.DataFrame, column: str, known: pd.Index) -> list[Finding]:
    """Rows that speak of somebody whom no holder of `column` holds; missing identifiers are nobody."""
    if frame.empty:
        return []
    named = pd.concat([known.to_series(), frame[column]], ignore_index=True)
    unknown = pd.Series(pd.factorize(named)[0][len(known) :] >= len(known), index=frame.index)
    holders = " or ".join(HOLDERS[column])
    action = "Correct the identifier, or add the missing rows."
    return _found(column, unknown, f"an identifier that {holders} holds", "an identifier that neither holds", action)


def people(frames: Mapping[str, pd.DataFrame], column: str) -> pd.Index:
    """The distinct identifiers in `column` of its holders."""
    held = [pd.Series(frames[name][column].unique()) for name in HOLDERS[column]]
    return pd.Index(pd.concat(held).dropna().unique())


def unattended_minutes(sessions: pd.DataFrame) -> pd.Series:
    """Rows that give `actual_minutes` though the session was not attended; of no meaning, set to missing."""
    absent = sessions["status"].notna() & (sessions["status"] != "attended")
    return absent & sessions["actual_minutes"].notna()


def _found(column: str, rows: pd.Series, expected: str, found: str, action: str) -> list[Finding]:
    return [Finding(column, labels(rows), expected, found, action)] if rows.any() else []
