"""What looks odd about the recording, in words: what, who, when, how many rows, what it does, and what to do.

A finding is a question, never a reproach: nearly each has an ordinary answer. Nothing is corrected because of one.
Clinicians and months are named, clients, days and values never.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from caseload.pages.terms import column_words
from caseload.pages.views import Evidence, Section, Table
from caseload.signals.recording import EVERYBODY
from caseload.wording import counted, first_upper, listed, month_year, percent, plain

LEVELS = ("level", "own_level")
MOST_ROWS, MOST_NAMES, MOST_BY_CLINICIAN = 12, 6, 40


@dataclass(frozen=True)
class Meaning:
    """What a kind of finding is called, what it does to the analysis, and what to do; `what` may name `{column}`."""

    what: str
    does: str
    to_do: str


MEANINGS = {
    "no_missed": Meaning(
        "Looks as if only attended appointments were recorded",
        "Clients may seem more engaged than they were, and the gap narrower.",
        "Ask whether missed appointments are deleted or moved in the program instead of being marked.",
    ),
    "as_planned": Meaning(
        "Looks as if the program filled in the actual length: always as planned",
        "Sessions that run over do not show as effort.",
        "Ask whether the program fills it in. An empty cell is better than an untouched one.",
    ),
    "one_value": Meaning(
        "Looks untouched: one and the same value for {column} every time",
        "It tells no client from another, and makes intervals narrower than they should be.",
        "Ask whether the form fills it in. Where there is no answer, leave it empty.",
    ),
    "stopped": Meaning(
        "No longer recorded: {column} ({change})",
        "Intervals are wider since. Nothing is read as low for it.",
        "Ask whether a form or a rule has changed, and whether it is meant to stay so.",
    ),
    "started": Meaning(
        "Newly recorded: {column} ({change})",
        "Intervals are narrower since; the months before are less certain.",
        "Nothing, where it was meant. Else ask whether the program fills it in now.",
    ),
    "level": Meaning(
        "Everybody’s usual value has changed at once: {column} ({change})",
        "A new form or program can look as if everybody’s effort or engagement had changed.",
        "Find out what changed in that month, and compare nobody’s months across it.",
    ),
    "own_level": Meaning(
        "Somebody’s usual minutes have changed and stay so: {column} ({change})",
        "Less than it seems: what one kind of record alone shows is taken to be a new way of recording.",
        "Ask whether a form, a rule or a habit changed in that month, or whether the work did.",
    ),
    "session_twice": Meaning(
        "The same appointment more than once: same clinician, client and time",
        "It counts each time, so this client weighs too much in the month.",
        "Keep one row. Where it was cancelled and booked again, keep what became of it.",
    ),
    "contact_twice": Meaning(
        "The same contact more than once, alike in every column",
        "Contacts and their minutes count twice, as more effort than there was.",
        "Ask whether two exports were put together.",
    ),
    "overlap": Meaning(
        "Sessions of one clinician with different clients at the same time",
        "Both count in full: right for a couple or family, too much effort otherwise.",
        "Nothing for couples and families. Mark groups as groups; else correct the times.",
    ),
    "two_clinicians": Meaning(
        "A client with two clinicians at the same time",
        "The session counts for both of them.",
        "Nothing where two worked together (co-therapy). Else ask which one took place.",
    ),
    "not_yet": Meaning(
        "Marked as attended although the day is still to come",
        "They count before they have taken place.",
        "Ask whether the program marks appointments as attended when they are booked.",
    ),
    "far_away": Meaning(
        "Half a year or more away from all other sessions",
        "The person seems to have worked long before, or after, with empty months between.",
        "Check the year.",
    ),
    "no_time": Meaning(
        "Sessions at exactly midnight: probably a date without its time",
        "Little: doubles and overlaps cannot be seen among them.",
        "Export the time of day as well.",
    ),
    "no_times": Meaning(
        "Dates without times of day",
        "Sessions out of hours, doubles and overlaps cannot be seen.",
        "Nothing, where the program exports dates alone.",
    ),
    "contact_no_time": Meaning(
        "Contacts at exactly midnight: probably a date without its time",
        "They count as after hours, which raises effort and lowers boundaries.",
        "Export the time of day as well.",
    ),
    "night": Meaning(
        "Sessions between midnight and five",
        "Little: the session counts like any other.",
        "Nothing where somebody worked at night. Else check the hour, such as 03:00 for 15:00.",
    ),
    "before_intake": Meaning(
        "Sessions before the client’s intake",
        "The first 90 days, when more effort is usual, are counted from another day.",
        "Check both dates. Nothing for first talks ahead of the intake.",
    ),
    "before_start": Meaning(
        "Sessions before the clinician’s start",
        "The person has months in the reports in which they were not here.",
        "Check the date of start, and whose sessions they are.",
    ),
    "into_next": Meaning(
        "Sessions that lasted well into the next one",
        "Each counts as effort, up to an hour over the planned time.",
        "Check the actual length. Nothing where sessions really run over.",
    ),
    "long_day": Meaning(
        "More than sixteen hours of sessions on one day",
        "Lengths or dates that are wrong make effort uncertain in both directions.",
        "Check dates and lengths; a group that is not marked as one looks like this.",
    ),
}
SUBJECTS = {
    "untouched": (
        "Looks untouched",
        (
            "stretches without any missed or cancelled appointment, actual lengths always as planned, one value over "
            "and over in ratings and minutes; each where chance would bring it in fewer than one of 1,000 practices"
        ),
    ),
    "changes": (
        "Changed suddenly",
        (
            "what somebody, or everybody, has stopped or begun to record for two months or more, and usual values that "
            "changed for everybody at once, or usual minutes for one clinician or team"
        ),
    ),
    "duplicates": (
        "Twice, or at the same time",
        "appointments and contacts that stand in the data twice, sessions of one clinician or one client that overlap",
    ),
    "times": (
        "Impossible times",
        (
            "attended sessions at night, without a time of day, before intake or before somebody’s start, far from all "
            "others, lasting into the next one, or more than sixteen hours of them on one day; contacts without a time "
            "of day"
        ),
    ),
}
"""Of each subject of `caseload.signals.recording.findings` the heading, and what is looked for."""


def oddity_sections(oddities: dict[str, pd.DataFrame]) -> tuple[Section, ...]:
    """A section for each subject with a finding, and one for what was looked for and not found."""
    clean = tuple(
        (title, f"{first_upper(sought)}.") for name, (title, sought) in SUBJECTS.items() if oddities[name].empty
    )
    rest = (Section("clean", "Looked for and not found", None, None, clean),) if clean else ()
    return (*(_section(name, oddities[name]) for name in SUBJECTS if len(oddities[name])), *rest)


def kinds_found(oddities: dict[str, pd.DataFrame]) -> int:
    """How many different things look odd."""
    return sum(len(_groups(table)) for table in oddities.values())


def oddity_lines(oddities: dict[str, pd.DataFrame]) -> list[str]:
    """One line of plain text for each thing that looks odd."""
    lines = []
    for table in oddities.values():
        for rows in _groups(table):
            what, who, months, number = _told(rows)
            lines.append(f"{what}: {who}, {months}, {number:,} {'row' if number == 1 else 'rows'}.")
    return lines


def _section(name: str, table: pd.DataFrame) -> Section:
    title, sought = SUBJECTS[name]
    groups = _groups(table)
    shown = [(_told(rows), MEANINGS[rows["kind"].iloc[0]]) for rows in groups[:MOST_ROWS]]
    frame = pd.DataFrame(
        [(what, who, months, f"{number:,}", m.does, m.to_do) for (what, who, months, number), m in shown],
        columns=["What", "Who", "Months", "Rows", "What it does to the analysis", "What to do"],
    )
    more = len(groups) - len(shown)
    note = f"{counted(more, 'more kind')} of finding." if more else ""
    each: tuple[Evidence, ...] = (_by_clinician(groups),) if any(len(rows) > 1 for rows in groups) else ()
    intro = f"Worth a question; most have an ordinary answer, and nothing is corrected. Looked for: {sought}."
    return Section(name, title, None, Table("", frame, note, wide=True), supporting=each, intro=intro)


def _groups(table: pd.DataFrame) -> list[pd.DataFrame]:
    """Findings of one kind and column together."""
    return [rows for _, rows in table.groupby(["kind", "column"], sort=False)]


def _told(rows: pd.DataFrame) -> tuple[str, str, str, int]:
    """What, who, which months and how many rows."""
    first = rows.iloc[0].to_dict()
    people = [who for who in rows["clinician_id"] if who != EVERYBODY]
    whole = len(people) < len(rows)
    who = " and ".join([*(["everybody"] if whole else []), *([listed(people, MOST_NAMES)] if people else [])])
    words = _column(first["column"])
    change = _change(first) if len(rows) == 1 else f"{len(rows)} times"
    what = MEANINGS[first["kind"]].what.format(column=words, change=change)
    return what, who, _months(rows["first"].min(), rows["last"].max()), int(rows["rows"].sum())


def _column(name: str) -> str:
    return "contacts between sessions" if name == "contacts" else column_words("sessions", name)


def _change(row: Mapping[Any, Any]) -> str:
    """Before and after a change; of one value they are not told."""
    if row["kind"] not in ("stopped", "started", *LEVELS):
        return ""
    if row["kind"] in LEVELS:
        return f"usually {plain(row['before'])}, then {plain(row['after'])}"
    if row["column"] == "contacts":
        return f"{plain(row['before'])} a month, then {plain(row['after'])}"
    return f"{percent(row['before'])}, then {percent(row['after'])}"


def _months(first: pd.Period, last: pd.Period) -> str:
    return month_year(first) if first == last else f"{month_year(first)} to {month_year(last)}"


def _by_clinician(groups: list[pd.DataFrame]) -> Table:
    rows = pd.concat([rows for rows in groups if len(rows) > 1])
    shown = rows.head(MOST_BY_CLINICIAN).to_dict("records")
    frame = pd.DataFrame(
        {
            "Who": [row["clinician_id"] or "everybody" for row in shown],
            "What": [
                first_upper(MEANINGS[row["kind"]].what.format(column=_column(row["column"]), change=_change(row)))
                for row in shown
            ],
            "Months": [_months(row["first"], row["last"]) for row in shown],
            "Rows": [f"{row['rows']:,}" for row in shown],
        }
    )
    more = len(rows) - len(shown)
    note = f"{counted(more, 'more line')} like these." if more else ""
    return Table("Show each clinician", frame, note, folded=True)
