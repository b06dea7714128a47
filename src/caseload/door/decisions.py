"""Decisions of a supervisee of which it is not said yet what came of them, and the words that a page has for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from caseload.flags import FLAGS
from caseload.intake.agenda import is_settled, read_agenda
from caseload.pages.supervisee.agreements import OUTCOMES
from caseload.wording import month_year

OPEN = "open"
CAME_OF_IT = tuple((words, outcome) for outcome, words in OUTCOMES.items())


@dataclass(frozen=True)
class Decision:
    """A row of the agenda. `flag` may be empty, `review` None."""

    row: int
    clinician_id: str
    month: str
    flag: str
    decision: str
    review: str | None

    @property
    def words(self) -> str:
        """When it was decided, about what, and when it is to be looked at again."""
        about = f", {FLAGS[self.flag].title}" if self.flag else ""
        again = f"; to be looked at again in {_in_words(self.review)}" if self.review else ""
        return f"{_in_words(self.month)}{about}{again}"


def about() -> tuple[tuple[str, str], ...]:
    """What a decision can be about: in words, and as agenda.csv has it."""
    return tuple((flag.title, name) for name, flag in FLAGS.items())


def open_decisions(data: Path, clinician_id: str) -> tuple[Decision, ...]:
    """Those of one supervisee, in the order of the file. Raises as `read_agenda` does."""
    agenda = read_agenda(data, clinician_id)
    left = agenda[~is_settled(agenda)].reset_index()
    return tuple(_decision(row) for row in left.to_dict("records"))


def _decision(row: dict) -> Decision:
    flag, decision, review = (
        None if pd.isna(row[key]) else str(row[key]) for key in ("flag", "decision", "review_month")
    )
    return Decision(int(row["row"]), str(row["clinician_id"]), str(row["month"]), flag or "", decision or "", review)


def _in_words(month: str) -> str:
    return month_year(pd.Period(month, "M"))
