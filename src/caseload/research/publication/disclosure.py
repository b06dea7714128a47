"""What was done so that nobody can be picked out, in numbers: never silently."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from caseload.flags.over_investment import STANDS_OUT
from caseload.flags.states import WATCH_AT
from caseload.research.publication.classes import k_anonymity, least_diversity
from caseload.research.publication.people import LINK
from caseload.research.publication.tables import Tables

LIKELY_GAP, LIKELY_OVER_INVESTED = STANDS_OUT, WATCH_AT
"""From these probabilities on, a month counts as one with a gap, or as over-invested, for what a class shares."""
_NUMBERS = {"clients": "client", "clinicians": "clinician"}


@dataclass(frozen=True, eq=False)
class Disclosure:
    """The account of the treatment.

    `columns`: one row a table and quasi-identifier: `table`, `column`, `coarser` (yes/no: made coarser for everybody),
    `without` (people who lost the value), `people`. `tables`: one row a table of people: `table`, `people`, `k` (people
    in the smallest class, as they are published), `classes`, `alike` (classes in which all have the sensitive thing in
    common: whether any month is likely to have a gap over 0.5 SD, or is likely over-invested), `courses` (people whose
    months, as first, last and gaps between, are shared by fewer than the k asked for: not treated). `notes`: what was
    left out as a whole, a sentence each.
    """

    asked: int
    columns: pd.DataFrame
    tables: pd.DataFrame
    notes: tuple[str, ...]


def disclosure(made: Tables, k: int) -> Disclosure:
    """The account of these tables, checked on what is published."""
    rows = [
        (name, column, "yes" if column in treated.coarser else "no", lost, treated.frame["person"].nunique())
        for name, treated in made.treatment.items()
        for column, lost in treated.lost.items()
    ]
    checked = [_checked(made, name, k) for name in made.treatment]
    return Disclosure(
        k,
        pd.DataFrame(rows, columns=["table", "column", "coarser", "without", "people"]),
        pd.DataFrame(checked, columns=["table", "people", "k", "classes", "alike", "courses"]),
        _notes(made, k),
    )


def _checked(made: Tables, name: str, k: int) -> tuple[str, int, int, int, int, int]:
    """One table of people: reached k, classes, those alike in something sensitive, and courses that stand out."""
    number = _NUMBERS[name]
    people, months = made.frames[name], made.frames[f"{number}_months"]
    columns = [column for column in people.columns if column != number]
    column, least = ("p_gap", LIKELY_GAP) if name == "clients" else ("p_over_invested", LIKELY_OVER_INVESTED)
    ever = (months[column] >= least).groupby(months[number]).any()
    table = people.assign(ever=people[number].map(ever))
    classes, alike = least_diversity(table, columns, "ever") if columns else (1, int(table["ever"].nunique() < 2))
    treated = made.treatment[name]
    courses = int(k_anonymity(months, ["month"], k, number)["people"].sum())
    return name, treated.frame["person"].nunique(), treated.k, classes, alike, courses


def _notes(made: Tables, k: int) -> tuple[str, ...]:
    notes = []
    if "clinicians" not in made.frames:
        notes.append(
            f"Not enough people: the practice has fewer than {k} clinicians. Nothing is published of clinicians, and "
            "not by whom a client is seen."
        )
    signals = made.frames["signals"]
    for why, names in signals[signals["left_out"].notna()].groupby("left_out")["signal"]:
        notes.append(f"Signals not published, {why}: {', '.join(names)}.")
    if "clients" in made.frames and LINK not in made.frames["clients"] and "clinicians" in made.frames:
        notes.append("By whom a client is seen is not published.")
    return tuple(notes)
