"""The data-quality page: what the data can answer, what was read, left out and missing, and what that costs.

It speaks of the practice as a whole, and of columns and rows, never of a value. What rests on voluntary answers is
not counted: the numbers could tell whether somebody has filled in a survey.
"""

from __future__ import annotations

import pandas as pd

from caseload.flags.wording import counted, day, first_upper, listed, month_year, percent
from caseload.intake.account import Quality
from caseload.reports.answers import LITTLE, MOST_OF_THEM, NO, YES, Answer, answers_of
from caseload.reports.assessment import Assessment
from caseload.reports.terms import COLUMNS, COSTS, TABLES, column_words
from caseload.reports.views import Empty, Evidence, Figure, Opening, QualityView, Section, Table
from caseload.signals import coverage

FOOTER = "For supervision, not for appraisal. Files stay on this computer."
GAPS = (
    "An empty cell is not recorded, never zero and never low. Cancellations by the clinician or the service say "
    "nothing about the client. With a contacts table, a client without a contact in a covered month counts as none."
)
THRESHOLDS = (
    "Raise: probability of 90% and 70% the month before; cleared after two months below 70%. Over-investment needs six "
    "sessions and three clients in the month; stage congruence eight rated sessions of three clients in 60 days. XmR "
    "limits: mean ± 2.66 mean moving ranges, trial limits under twelve months."
)
NOT_COUNTED = (
    "How many rows there are of surveys and supports, and what they hold: it could tell whether somebody has filled in "
    "a survey or goes to therapy."
)
PRIVATE_TABLES = ("surveys", "supports")
"""Not counted here: how many rows there are could tell whether somebody has filled in a survey or goes to therapy."""
MOST_COSTS = 6


def quality_view(assessment: Assessment) -> QualityView:
    """Everything the data-quality page says."""
    signals = coverage(assessment.signals[assessment.signals["month"] == assessment.month])
    answers = answers_of(assessment, signals)
    quality = assessment.practice.quality
    notes = _shown_notes(quality)
    month = month_year(assessment.month)
    opening = Opening(
        f"Data quality, {month}", (("Start", "index.html"), ("Data quality", "")), f"Practice, {month}",
        "What can these data answer, and what is missing?", _lead(answers, int(quality.tables["rows_excluded"].sum())),
        (("", str(int(quality.tables["file"].notna().sum())), "tables read"),
         ("", str(int((signals["recorded"] > 0).sum())), f"of {len(signals)} signals recorded"),
         ("", str(len(notes)), "note" if len(notes) == 1 else "notes"),
         ("data to", day(assessment.month.end_time), "")),
    )  # fmt: skip
    sections = (
        _answered(answers),
        _signals(assessment, signals),
        _tables(assessment),
        _columns(assessment),
        *_notes(assessment),
    )
    return QualityView(opening, sections, _method(), FOOTER)


def _lead(answers: tuple[Answer, ...], excluded: int) -> str:
    """Which questions can be answered, which rest on little, and what became of rows."""
    yes, little, no = ([a.topic for a in answers if a.verdict == verdict] for verdict in (YES, LITTLE, NO))
    numbers = ("None", "One", "Two", "Three", "All four")
    said = [f"{numbers[len(yes)]} of the four questions can be answered" if yes else "No question rests on enough"]
    said[0] = "All four questions can be answered" if len(yes) == len(answers) else said[0]
    said += [f"{listed(little)} rest{'s' if len(little) == 1 else ''} on little"] if little else []
    said += [f"{listed(no)} cannot be answered"] if no else []
    rows = f"{counted(excluded, 'row')} left out as invalid" if excluded else "Every row that was read is used"
    return f"{'; '.join(said)}. {rows}; what was not recorded widens intervals and is never read as low."


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


def _signals(assessment: Assessment, table: pd.DataFrame) -> Section:
    month = month_year(assessment.month)
    title = "Signals of effort and engagement"
    if table["recorded"].sum() == 0:
        drawn: Evidence = Empty(title, ("No signal was recorded this month.",))
    else:
        present = int((table["recorded"] > 0).sum())
        drawn = Figure(
            "plot_coverage",
            table[["label", "side", "share"]],
            f"{present} of {len(table)} signals were recorded",
            f"Share of client-months in {month} with the signal.",
            "; ".join(f"{r['label']} {percent(r['share'])}" for r in table.to_dict("records")) + ".",
            "Counted, so there is no interval. A signal that is missing widens the intervals of those who lack it.",
            pd.DataFrame(
                {"Signal": table["label"], "Side": table["side"], "Recorded": [percent(s) for s in table["share"]]}
            ),
        )
    return Section("signals", title, None, drawn, _cost_of_gaps(assessment, table))


def _cost_of_gaps(assessment: Assessment, table: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """What the signals that are thin or missing cost, and what cannot be known without them."""
    thin = table[(table["recorded"] > 0) & (table["share"] < MOST_OF_THEM)].sort_values("share", kind="stable")
    said = [
        (f"{first_upper(row['label'])}: {percent(row['share'])}", f"Less is known of {COSTS[row['signal']]}.")
        for row in thin.head(MOST_COSTS).to_dict("records")
    ]
    if len(thin) > MOST_COSTS:
        said.append(("Also for less than half", f"{first_upper(listed(list(thin['label'][MOST_COSTS:]), 16))}."))
    missing = table[table["recorded"] == 0]
    if len(missing):
        costs = listed([COSTS[name] for name in missing["signal"]], 16)
        text = f"{first_upper(listed(list(missing['label']), 16))}. Nothing is known of {costs}."
        said.append(("Not recorded at all", text))
    sides = [side for side in ("effort", "engagement") if table.loc[table["side"] == side, "recorded"].sum() == 0]
    if sides:
        without = " and of ".join(sides)
        text = f"Without any signal of {without}, no balance of effort and engagement can be estimated."
        said.append(("What cannot be known", text))
    if assessment.balance.fallbacks:
        said.append(("What the data could not tell", " ".join(map(first_upper, assessment.balance.fallbacks))))
    said = said or [("What is missing", "Every signal was recorded for at least half of the client-months.")]
    return (*said, ("How gaps are treated", GAPS))


def _tables(assessment: Assessment) -> Section:
    quality = assessment.practice.quality
    given = quality.tables[quality.tables["file"].notna()]
    frame = pd.DataFrame(
        {
            "Table": [TABLES.get(name, name) for name in given["table"]],
            "File": given["file"],
            "Rows": [
                "not counted here" if t in PRIVATE_TABLES else f"{n:,}"
                for t, n in zip(given["table"], given["rows_read"], strict=True)
            ],
            "Left out": [f"{n:,}" for n in given["rows_excluded"]],
        }
    )
    absent = [TABLES.get(name, name).lower() for name in quality.tables.loc[quality.tables["file"].isna(), "table"]]
    said = (
        (
            "Not given",
            f"{first_upper(listed(absent, len(TABLES)))}. The analysis does without." if absent else "Every table is.",
        ),
        ("Notes of the reading", "See below." if _shown_notes(quality) else "Nothing else to say about the reading."),
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


def _columns(assessment: Assessment) -> Section:
    columns = assessment.practice.quality.columns
    shown = columns[(columns["rows"] > 0) & (columns["recorded"] < 1) & ~columns["table"].isin(PRIVATE_TABLES)]
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


def _shown_notes(quality: Quality) -> list[str]:
    """The notes, but for those on rows of `PRIVATE_TABLES`; what was not read of these is nobody's answer."""
    private = tuple(f"{table}{mark}" for table in PRIVATE_TABLES for mark in ".:")
    return [note for note in quality.notes if not note.startswith(private) or note.endswith("not read.")]


def _notes(assessment: Assessment) -> tuple[Section, ...]:
    notes = _shown_notes(assessment.practice.quality)
    if not notes:
        return ()
    frame = pd.DataFrame({"Note": [str(n) for n in range(1, len(notes) + 1)], "What was noticed": list(notes)})
    return (Section("notes", "Notes of the reading", None, Table("", frame, wide=True)),)


def _method() -> tuple[tuple[str, str], ...]:
    return (("Thresholds", THRESHOLDS), ("What is not counted", NOT_COUNTED))
