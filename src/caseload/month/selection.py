"""Which month, supervisor and clinicians a command asks for, checked against the data before any work is done."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from caseload.errors import ParameterError, did_you_mean
from caseload.intake import Practice
from caseload.month.parameters import MONTH
from caseload.wording import month_year


def reported_month(practice: Practice, month: str | None) -> str | None:
    """The month, once it is known to be in the data; None stays None: the review takes the latest complete month."""
    return None if month is None else str(months_between(practice, month, month)[0])


def month_range(practice: Practice, text: str) -> pd.PeriodIndex:
    """`2026-05` or `2026-01..2026-05`, both ends included, as months that the data covers."""
    first, dots, last = text.partition("..")
    return months_between(practice, first, last if dots else first)


def months_between(practice: Practice, first: str, last: str) -> pd.PeriodIndex:
    """The months from first to last; raises ParameterError for one that is no month or not in the data."""
    for month in (first, last):
        if not re.match(MONTH, month):
            raise ParameterError(f"month must be like 2026-05 or “May 2026”, not {month!r:.40}")
    months = pd.period_range(first, last, freq="M")
    if months.empty:
        raise ParameterError(f"the range of months ends before it begins: {first}..{last}")
    known = practice.months
    if months[0] < known[0] or months[-1] > known[-1]:
        ends = dict.fromkeys(month for month in (months[0], months[-1]) if not known[0] <= month <= known[-1])
        when = " or ".join(map(month_year, ends))
        covered = f"{month_year(known[0])} to {month_year(known[-1])}"
        raise ParameterError(f"there are no appointments in {when}: the data covers {covered}")
    return months


def selected_clinicians(
    practice: Practice, supervisor: str | None, clinicians: Iterable[str]
) -> tuple[frozenset[str], bool]:
    """The clinicians to render, and whether that is everybody; raises ParameterError that names every unknown id."""
    people = practice.supervisees
    theirs = people if supervisor is None else people[people["supervisor_id"] == supervisor]
    problems = []
    if supervisor is not None and theirs.empty:
        known = people["supervisor_id"].dropna().unique()
        problems.append(f"no supervisor {supervisor!r} in the data{did_you_mean(supervisor, known)}")
    asked, known_ids = tuple(clinicians), set(theirs["clinician_id"])
    whom = "in the data" if supervisor is None else f"among the supervisees of {supervisor!r}"
    if not problems:
        problems = [f"no clinician {c!r} {whom}{did_you_mean(c, known_ids)}" for c in asked if c not in known_ids]
    if problems:
        raise ParameterError("; ".join(problems))
    return frozenset(asked or known_ids), not asked
