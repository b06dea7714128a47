"""What is wrong with an entry of the agenda before it is written: reasons in words, which repeat nothing of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import pandas as pd

from caseload.errors import ParameterError, did_you_mean
from caseload.intake.formulas import SIGNS, is_formula
from caseload.intake.practice import Practice
from caseload.intake.tables import FIRST_YEAR, LAST_YEAR
from caseload.intake.times import MONTH

LONGEST = 500  # characters of a decision: what is longer is a report of the meeting
_NO_TEXT = ("Cc", "Cs", "Zl", "Zp")  # Unicode's control characters, halves of characters, ends of lines
_UNSEEN = "Cf"


def refuse(reasons: Iterable[str]) -> None:
    """Raise `ParameterError` with all reasons, if there are any."""
    told = list(reasons)
    if told:
        raise ParameterError("nothing was written:" + "".join(f"\n  - {reason}" for reason in told))


def plain(value: object) -> str:
    """A cell's text as every reader takes it: without blanks around it, nothing for None."""
    return "" if value is None else str(value).strip()


def wrong_clinician(clinician_id: str, practice: Practice) -> list[str]:
    """Nothing, or that nobody of this identifier is in the practice."""
    known = practice.supervisees["clinician_id"]
    if plain(clinician_id) in set(known):
        return []
    return [
        f"clinician: neither sessions nor clinicians holds this identifier{did_you_mean(plain(clinician_id), known)}"
    ]


def wrong_month(name: str, month: object) -> list[str]:
    """Nothing, or how a month is written."""
    text = plain(month)
    if re.fullmatch(MONTH, text) and FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        return []
    return [f"{name} must be like 2026-05"]


def wrong_months(month: str, review_month: str, known: pd.PeriodIndex) -> list[str]:
    """What is wrong with both; `known` are the months of the data, a decision on any other would be in no report."""
    wrong = wrong_month("month", month)
    wrong_review = wrong_month("review month", review_month) if review_month else []
    if not wrong and pd.Period(month, "M") not in known:
        wrong = [f"month must be one that the data covers, {known[0]} to {known[-1]}"]
    if not wrong and not wrong_review and review_month and review_month < month:
        wrong_review = ["review month must not be before the month"]
    return wrong + wrong_review


def wrong_word(name: str, word: str, words: tuple[str, ...]) -> list[str]:
    """Nothing, or the words that are known."""
    return [] if word in words else [f"{name} must be one of {', '.join(words)}"]


def wrong_decision(decision: str) -> list[str]:
    """Nothing, or why this is not one line of text that every program reads as text."""
    text = "".join(sign for sign in plain(decision) if unicodedata.category(sign) != _UNSEEN)
    if not text:
        return ["decision: say in a few words what was decided"]
    wrong = []
    if is_formula(text):
        signs = " ".join(SIGNS)
        wrong.append(f"decision: begin with a word; what begins with {signs} is a formula to a spreadsheet")
    if len(plain(decision)) > LONGEST:
        wrong.append(f"decision: at most {LONGEST} characters, not {len(plain(decision))}")
    if any(unicodedata.category(sign) in _NO_TEXT for sign in str(decision)):
        wrong.append("decision: one line of text, without tabs, line breaks and other control characters")
    return wrong
