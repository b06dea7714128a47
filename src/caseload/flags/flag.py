"""What a flag is: all that is particular to it in one frozen object; whatever is said or drawn of flags iterates.

A new flag is a module of this room with its `FLAG`, a line in `caseload.flags.every`, and its word in the data's
vocabulary (`caseload.intake.tables.FLAGS`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from caseload.flags.repertoire import Option
from caseload.wording import first_upper

Row = Mapping[Any, Any]
NOT_SHARED = "no shared survey"
"""The same words where no survey exists and where it is not shared: neither may be read from the other."""


class Month(Protocol):
    """One clinician's month, as far as a flag names clients from it."""

    @property
    def month_clients(self) -> pd.DataFrame:
        """The clients' estimates, widest gap first."""

    @property
    def off_stage(self) -> pd.DataFrame:
        """The clients with whom interventions do not meet the stage."""


def _nobody(_month: Month, _state: str) -> list[str]:
    return []


def _nothing(_evidence: Row) -> dict[str, bool]:
    return {}


@dataclass(frozen=True)
class Flag:
    """One flag. `evidence` below is the month's row of its table, `clients` those that it names.

    `rule` takes that table, a row per clinician and month, and returns what `ruled` makes; `reason` says the numbers
    behind its state in one sentence or two; `clause` says what it shows at watch or raise as a part of a sentence, with
    "your" or "their"; `clears` says what would let it clear; `needs`, what data would make it estimable; `ask`, one
    open question to begin with, never blaming.
    """

    name: str  # as flags.csv and agenda.csv have it
    title: str  # of what it is about, as agendas and agreements say it
    column: str  # heading of its states on a landing page
    question: str  # of its part of a page; {your} is the copy's word
    table: str  # the field of `Evidence` that it is read from
    rule: Callable[[pd.DataFrame], pd.DataFrame]
    reason: Callable[[Row], str]
    clause: Callable[[Row, Month, str], str]
    clears: Callable[[Row], str]
    needs: str
    ask: Callable[[Row, Sequence[str]], str]
    options: tuple[Option, ...]  # what could help, the most fitting first
    questions: tuple[Option, ...]  # to ask each layer; the first that fits is asked
    circumstances: Callable[[Row], dict[str, bool]] = _nothing  # what options and questions of its own refer to
    clients: Callable[[Month, str], list[str]] = _nobody  # whom it names in a state, widest gap first
    unnamed: str = ""  # what clients are called where it names nobody
    explained_by: tuple[str, ...] = ()  # the ordinary explanations that bear on it
    estimates: tuple[str, ...] = ()  # columns of its table that clinicians.csv has
    of_workload: bool = True  # whether the amount of work bears on it
    self_reported: bool = False  # it rests on what a clinician reports, which is theirs to share
    reported_by_others: tuple[str, ...] = ()  # columns of its table that need no self-report, and any copy may show

    @property
    def only_self_reported(self) -> bool:
        """Whether nothing but self-report can be behind it, so that to speak of it tells that there is some."""
        return self.self_reported and not self.reported_by_others

    def because(self, row: Row) -> str:
        """Why there is not enough data, or what the numbers are; the same words in every copy."""
        if row["why_not"] and not row["at_least_watch"]:
            return str(row["why_not"])
        return first_upper(self.reason(row))

    def ends(self, state: str, evidence: Row) -> str:
        """What would let it clear, or make it estimable; empty where it is steady."""
        if state == "steady":
            return ""
        return self.needs if state == "not_enough_data" else self.clears(evidence)


def ruled(
    probability: pd.Series,
    why: np.ndarray,
    may_raise: pd.Series | bool = True,
    at_least_watch: pd.Series | bool = False,
) -> pd.DataFrame:
    """What a rule returns for each row: `probability` (NaN = not enough data), `why_not` (why there is not enough
    data, else ""), `may_raise` (False holds it at watch) and `at_least_watch` (True lifts it to one).
    """
    enough = why == ""
    return pd.DataFrame(
        {
            "probability": probability.where(enough),
            "why_not": pd.Series(why, index=probability.index, dtype="str"),
            "may_raise": may_raise,
            "at_least_watch": at_least_watch,
        },
        index=probability.index,
    )


def known(value: float) -> bool:
    """Whether a number is known."""
    return bool(np.isfinite(value))


def number_of(evidence: Row, name: str) -> float:
    """A number of the evidence; NaN, which compares with nothing, where it is not known."""
    value = evidence.get(name)
    return np.nan if value is None else float(value)
