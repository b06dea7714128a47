"""What the front door keeps of a practice that was looked at: the check in words, and what can be chosen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from caseload.errors import InputError, ParameterError
from caseload.intake import Practice, read_practice
from caseload.pages.summary import summary
from caseload.wording import complete_soon, month_year

CHOOSE_IT = "Choose it above to make its reports now."
AHEAD = 12  # months after the report's in which a decision can be looked at again


@dataclass(frozen=True)
class Opened:
    """A practice that can be read, and how it was: no row of its data is kept.

    `months` are those of the data in words and as YYYY-MM, the newest first. `supervisees` are those of each supervisor
    with any, under "" everybody.
    """

    data: Path
    exclude_invalid: bool
    check: str
    months: tuple[tuple[str, str], ...]
    month: str  # the default: the latest that is complete
    soon: str  # of a later month that is complete in a few days, that it is; else empty
    supervisees: Mapping[str, tuple[str, ...]]

    @property
    def whose(self) -> tuple[tuple[str, str], ...]:
        """Whose reports can be made: everybody's, or those for one supervisor."""
        return tuple((f"supervisor {name}" if name else "everybody", name) for name in self.supervisees)


@dataclass(frozen=True)
class Refused:
    """Why a practice cannot be read, in one message; and whether it could be without its invalid rows."""

    problems: str
    can_exclude: bool


def look(data: Path, *, exclude_invalid: bool = False, today: dt.date | None = None) -> Opened | Refused:
    """Read and check a practice; `today` is that of this computer's clock, unless it is given."""
    try:
        practice = read_practice(data, exclude_invalid=exclude_invalid)
    except InputError as error:
        return Refused(str(error), can_exclude=not exclude_invalid and _is_readable_without_rows(data, error))
    today = today or dt.date.today()
    months, latest = _months(practice, today)
    nearly = practice.nearly_complete(today)
    soon = "" if nearly is None else f"{complete_soon(nearly, today)} {CHOOSE_IT}"
    return Opened(data, exclude_invalid, summary(practice, today), months, latest, soon, _supervisees(practice))


def review_months(month: str) -> tuple[tuple[str, str], ...]:
    """When a decision of `month` can be looked at again, in words and as YYYY-MM, or ""."""
    after = (pd.Period(month, "M") + ahead for ahead in range(1, AHEAD + 1))
    return (("no month set", ""), *((month_year(found), str(found)) for found in after))


def _is_readable_without_rows(data: Path, error: InputError) -> bool:
    """Whether leaving out invalid rows would help: tried only where a row was refused at all."""
    if not any(problem.rows for problem in error.problems):
        return False
    try:
        read_practice(data, exclude_invalid=True)
    except InputError:
        return False
    return True


def _months(practice: Practice, today: dt.date) -> tuple[tuple[tuple[str, str], ...], str]:
    """The months to choose from, and the default; the running month can be chosen, and is said to be incomplete."""
    running = pd.Period(today, "M")
    months = [(month_year(m) + ("" if m < running else ", not complete yet"), str(m)) for m in practice.months[::-1]]
    try:
        return tuple(months), str(practice.default_month(today))
    except ParameterError:  # a practice that has just begun
        return tuple(months), months[-1][1]


def _supervisees(practice: Practice) -> dict[str, tuple[str, ...]]:
    people = practice.supervisees
    theirs = {str(name): tuple(group) for name, group in people.groupby("supervisor_id")["clinician_id"]}
    return {"": tuple(people["clinician_id"]), **theirs}
