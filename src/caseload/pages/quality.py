"""The data-quality page: what the data can answer, what was read, left out and missing, and what that costs.

It is for whoever looks after the data of the practice: it names columns, months and clinicians, never a client, a day
or a value. What rests on voluntary answers is not counted: it could tell whether somebody has filled in a survey.
"""

from __future__ import annotations

import pandas as pd
from pandas.api.typing import NAType

from caseload.estimates import congruence
from caseload.estimates.limits import NATURAL, TRIAL_POINTS
from caseload.flags import over_investment
from caseload.flags.states import RULE
from caseload.pages.attendance_only import ANSWERED, HEADING, NOT_YET, is_attendance_only
from caseload.pages.declaring import known_changes
from caseload.pages.gaps import signals_section
from caseload.pages.oddities import kinds_found, oddity_sections
from caseload.pages.recording import recording_section
from caseload.pages.terms import COLUMNS, SETTINGS, TABLES, column_words
from caseload.pages.views import Evidence, Opening, QualityView, Section, Table
from caseload.review.answers import LITTLE, NO, YES, Answer, answers_of
from caseload.review.assessment import Assessment
from caseload.signals import coverage
from caseload.signals.recording import findings
from caseload.signals.values import STAGE_DAYS
from caseload.wording import counted, day, first_upper, listed, month_year, percent, spelled

FOOTER = "For supervision, not for appraisal. Files stay on this computer."
THRESHOLDS = (
    f"{RULE} Over-investment needs {spelled(over_investment.MIN_SESSIONS)} sessions and "
    f"{spelled(over_investment.MIN_CLIENTS)} clients in the month; stage congruence {spelled(congruence.MIN_SESSIONS)} "
    f"rated sessions of {spelled(congruence.MIN_CLIENTS)} clients in {STAGE_DAYS} days. XmR limits: mean ± {NATURAL} "
    f"mean moving ranges, trial limits under {spelled(TRIAL_POINTS)} months."
)
ODD = (
    "A stretch looks untouched from 20 sessions on, where fewer than one of 1,000 practices like this would have one "
    "as long by chance, if everybody varied half as much as the others do. A change goes from 60% or more of the "
    "attended sessions of a month to 20% or less, or back, for two months each; everybody’s usual minutes change by "
    "60%, or a rating by a fifth of its range; one clinician’s minutes by 60%, for three months at least. Nothing is "
    "left out for it. No client is named here."
)
NOT_COUNTED = (
    "No row of surveys or of personal therapy is counted on this page, used or left out. Nor is a row of supports "
    "whose kind cannot be read. The number could show that somebody has filled in a survey or goes to therapy. "
    "A table counts as not given where it holds nothing but such supports, or no answer that a supervisor may see."
)
UNCOUNTED = "not counted here"


def quality_view(assessment: Assessment) -> QualityView:
    """Everything the data-quality page says."""
    signals = coverage(assessment.signals[assessment.signals["month"] == assessment.month])
    answers = answers_of(assessment, signals)
    quality = assessment.practice.quality
    notes = quality.notes
    month = month_year(assessment.month)
    oddities = findings(assessment.practice)
    odd, excluded = kinds_found(oddities), int(quality.tables["rows_excluded"].sum())
    lead = _lead(answers, excluded, odd, is_attendance_only(assessment.practice))
    opening = Opening(
        f"Data quality, {month}", (("Start", "index.html"), ("Data quality", "")), f"Practice, {month}",
        "What can these data answer, and what is missing?", lead,
        (("", str(int(quality.tables["file"].notna().sum())), "tables read"),
         ("", str(int((signals["recorded"] > 0).sum())), f"of {len(signals)} signals recorded"),
         ("", str(odd), "thing to look at" if odd == 1 else "things to look at"),
         ("", str(len(notes)), "note" if len(notes) == 1 else "notes"),
         ("data to", day(assessment.month.end_time), "")),
    )  # fmt: skip
    sections = (
        _answered(answers),
        signals_section(assessment, signals),
        recording_section(assessment),
        *oddity_sections(oddities),
        *known_changes(assessment.practice, oddities["changes"]),
        _tables(assessment),
        _columns(assessment),
        *_settings(assessment),
        *_notes(assessment),
    )
    return QualityView(opening, sections, _method(), FOOTER)


def _lead(answers: tuple[Answer, ...], excluded: int, odd: int, alone: bool) -> str:
    """Which questions can be answered, which rest on little, what became of rows, and what looks odd."""
    if alone:
        rows = f" {counted(excluded, 'row')} left out as invalid." if excluded else ""
        return f"{HEADING}. {ANSWERED[0]} {NOT_YET}{rows}"
    yes, little, no = ([a.topic for a in answers if a.verdict == verdict] for verdict in (YES, LITTLE, NO))
    numbers = ("None", "One", "Two", "Three", "All four")
    said = [f"{numbers[len(yes)]} of the four questions can be answered" if yes else "No question rests on enough"]
    said[0] = "All four questions can be answered" if len(yes) == len(answers) else said[0]
    said += [f"{listed(little)} rest{'s' if len(little) == 1 else ''} on little"] if little else []
    said += [f"{listed(no)} cannot be answered"] if no else []
    rows = f"{counted(excluded, 'row')} left out as invalid" if excluded else "No counted row was left out"
    things = "One thing looks odd and is" if odd == 1 else f"{odd} things look odd and are"
    look = f" {things} worth a question." if odd else ""
    return f"{'; '.join(said)}. {rows}; what was not recorded widens intervals and is never read as low.{look}"


def _answered(answers: tuple[Answer, ...]) -> Section:
    frame = pd.DataFrame(
        {
            "Question": [answer.question for answer in answers],
            "For the practice as a whole": [first_upper(answer.verdict) for answer in answers],
            "It rests on": [answer.rests_on for answer in answers],
            "What would make it firmer": [answer.firmer for answer in answers],
        }
    )
    note = (
        "For one person it can be less: their page says so. Likely compassion fatigue rests on surveys that somebody "
        "chooses to share, and is never read from logs."
    )
    return Section("answers", "What these data can answer", None, Table("", frame, note, wide=True))


def _tables(assessment: Assessment) -> Section:
    quality = assessment.practice.quality
    given = quality.tables[quality.tables["file"].notna()]
    frame = pd.DataFrame(
        {
            "Table": [TABLES.get(name, name) for name in given["table"]],
            "File": given["file"],
            "Rows": [_number(rows) for rows in given["rows_read"]],
            "Left out": [_number(rows) for rows in given["rows_excluded"]],
        }
    )
    absent = [TABLES.get(name, name).lower() for name in quality.tables.loc[quality.tables["file"].isna(), "table"]]
    said = (
        (
            "Not given",
            f"{first_upper(listed(absent, len(TABLES)))}. The analysis does without." if absent else "Every table is.",
        ),
        ("Notes of the reading", "See below." if quality.notes else "Nothing else to say about the reading."),
    )
    supporting: tuple[Evidence, ...] = ()
    if len(quality.excluded):
        tally = pd.DataFrame(
            {
                "Left out of": [TABLES.get(name, name) for name in quality.excluded["table"]],
                "Because of": [_named(*names) for names in _pairs(quality.excluded)],
                "Rows": quality.excluded["rows"].astype("str"),
                "Expected": quality.excluded["expected"],
            }
        )
        supporting = (Table("Rows left out, and why", tally),)
    return Section("tables", "Tables that were read", None, Table("", frame), said, supporting=supporting)


def _settings(assessment: Assessment) -> tuple[Section, ...]:
    """The practice's own settings; nothing where all are the defaults."""
    changed = assessment.practice.settings.changed
    if not changed:
        return ()
    frame = pd.DataFrame(
        {"Setting": [SETTINGS[name] for name in changed], "This practice": list(changed.values())}, dtype="str"
    )
    table = Table("", frame, "All other settings are the defaults. The file settings.toml holds them.", wide=True)
    return (Section("settings", "What this practice has set", None, table),)


def _columns(assessment: Assessment) -> Section:
    columns = assessment.practice.quality.columns
    shown = columns[(columns["rows"].fillna(0) > 0) & (columns["recorded"] < 1) & (columns["table"] != "supports")]
    title = "Columns with gaps"
    if shown.empty:
        return Section("columns", title, None, None, intro="No column has a gap.")
    shares = dict(zip(_pairs(shown), shown["recorded"], strict=True))
    groups = {name: [pair for pair in words if pair in shares] for name, words in COLUMNS.items()}
    grouped = {pair for pairs in groups.values() for pair in pairs}
    groups["Other columns"] = [pair for pair in shares if pair not in grouped]
    tables = tuple(_gaps(name, {pair: shares[pair] for pair in pairs}) for name, pairs in groups.items() if pairs)
    intro = (
        "How much of each was recorded in all rows that were read; what is not listed has no gap. Nobody has to record "
        "all of it: each of them makes the intervals narrower."
    )
    return Section("columns", title, None, None, supporting=tables, intro=intro)


def _gaps(name: str, shares: dict[tuple[str, str], float]) -> Table:
    frame = pd.DataFrame(
        {
            "What": [first_upper(column_words(*pair)) for pair in shares],
            "Column": [f"{table}: {column}" for table, column in shares],
            "Recorded": ["nothing" if share == 0 else percent(share) for share in shares.values()],
        }
    )
    return Table(name, frame)


def _pairs(table: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(table["table"], table["column"], strict=True))


def _named(table: str, column: str) -> str:
    """A column in words, then its name."""
    return f"{column_words(table, column)} ({column})"


def _number(rows: int | NAType) -> str:
    return UNCOUNTED if pd.isna(rows) else f"{rows:,}"


def _notes(assessment: Assessment) -> tuple[Section, ...]:
    notes = assessment.practice.quality.notes
    if not notes:
        return ()
    frame = pd.DataFrame({"Note": [str(n) for n in range(1, len(notes) + 1)], "What was noticed": list(notes)})
    return (Section("notes", "Notes of the reading", None, Table("", frame, wide=True)),)


def _method() -> tuple[tuple[str, str], ...]:
    return (("Thresholds", THRESHOLDS), ("What looks odd", ODD), ("What is not counted", NOT_COUNTED))
