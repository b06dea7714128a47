"""The data-quality page: what was read, left out and missing, and what that does to the estimates."""

from __future__ import annotations

import pandas as pd

from caseload.flags.wording import counted, day, first_upper, month_year, percent
from caseload.reports.assessment import Assessment
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
PRIVATE_TABLES = ("surveys", "supports")
"""Not counted here: how many rows there are could tell whether somebody has filled in a survey or goes to therapy."""


def quality_view(assessment: Assessment) -> QualityView:
    """Everything the data-quality page says."""
    quality = assessment.practice.quality
    excluded = int(quality.tables["rows_excluded"].sum())
    month = month_year(assessment.month)
    notes = len(quality.notes)
    lead = (
        f"{counted(excluded, 'row')} left out as invalid." if excluded else "Every row that was read is used."
    ) + " What was not recorded widens intervals; it is never read as low."
    opening = Opening(
        f"Data quality, {month}", (("Start", "index.html"), ("Data quality", "")), f"Practice, {month}",
        "What was read, and what is missing?", lead,
        (("", str(int(quality.tables["file"].notna().sum())), "tables read"), ("", str(notes), "notes"),
         ("data to", day(assessment.month.end_time), "")),
    )  # fmt: skip
    sections = (_signals(assessment), _tables(assessment), _columns(assessment), _notes(assessment))
    return QualityView(opening, sections, _method(), FOOTER)


def _signals(assessment: Assessment) -> Section:
    table = coverage(assessment.signals[assessment.signals["month"] == assessment.month])
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
            "A signal that is missing widens the intervals of those who lack it.",
            pd.DataFrame(
                {"Signal": table["label"], "Side": table["side"], "Recorded": [percent(s) for s in table["share"]]}
            ),
        )
    missing = list(table.loc[table["recorded"] == 0, "label"])
    said: tuple[tuple[str, str], ...] = (("Not recorded at all", ", ".join(missing) + "."),) if missing else ()
    sides = [side for side in ("effort", "engagement") if table.loc[table["side"] == side, "recorded"].sum() == 0]
    if sides:
        without = " and of ".join(sides)
        text = f"Without any signal of {without}, no balance of effort and engagement can be estimated."
        said += (("What cannot be known", text),)
    if assessment.balance.fallbacks:
        said += (("What the data could not tell", " ".join(map(first_upper, assessment.balance.fallbacks))),)
    return Section("signals", title, None, drawn, said)


def _tables(assessment: Assessment) -> Section:
    quality = assessment.practice.quality
    given = quality.tables[quality.tables["file"].notna()]
    frame = pd.DataFrame(
        {
            "Table": given["table"],
            "File": given["file"],
            "Rows": [
                "not counted here" if t in PRIVATE_TABLES else f"{n:,}"
                for t, n in zip(given["table"], given["rows_read"], strict=True)
            ],
            "Left out": [f"{n:,}" for n in given["rows_excluded"]],
        }
    )
    absent = quality.tables.loc[quality.tables["file"].isna(), "table"]
    said = (("Not given", ", ".join(absent) + ". The analysis does without."),) if len(absent) else ()
    supporting: tuple[Evidence, ...] = ()
    if len(quality.excluded):
        tally = quality.excluded.astype({"rows": "str"}).rename(columns=str.capitalize)
        supporting = (Table("Rows left out, and why", tally),)
    return Section("tables", "Tables that were read", None, Table("Tables", frame), said, supporting=supporting)


def _columns(assessment: Assessment) -> Section:
    columns = assessment.practice.quality.columns
    shown = columns[(columns["rows"] > 0) & (columns["recorded"] < 1) & ~columns["table"].isin(PRIVATE_TABLES)]
    if shown.empty:
        return Section(
            "columns", "Columns with gaps", None, Empty("Columns with gaps", ("No column has a gap.",), "steady")
        )
    frame = pd.DataFrame(
        {"Column": shown["table"] + "." + shown["column"], "Recorded": [percent(share) for share in shown["recorded"]]}
    )
    return Section("columns", "Columns with gaps", None, Table("How much of each column was recorded", frame))


def _notes(assessment: Assessment) -> Section:
    notes = assessment.practice.quality.notes
    if not notes:
        return Section("notes", "Notes", None, Empty("Notes", ("Nothing else to say about the reading.",), "steady"))
    frame = pd.DataFrame({"Note": [str(n) for n in range(1, len(notes) + 1)], "What was noticed": list(notes)})
    return Section("notes", "Notes", None, Table("Notes of the reading", frame))


def _method() -> tuple[tuple[str, str], ...]:
    return (("How gaps are treated", GAPS), ("Thresholds", THRESHOLDS))
