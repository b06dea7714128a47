"""Text that a spreadsheet takes for a formula, and may run, when it opens a CSV file.

Identifiers are keys and never altered, neither when they are read nor in the tables that are written: whoever opens
those in a spreadsheet has to be told.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from caseload.intake.consistency import HOLDERS

SIGNS = "=+-@"  # what begins with one of these is a formula to a spreadsheet
_UNSEEN = "Cf"  # Unicode's category of characters that do not show, and that some programs drop


def is_formula(text: str) -> bool:
    """Whether a text without blanks around it begins with one of the signs, be it a wide one or behind unseen ones."""
    shown = (letter for letter in text if unicodedata.category(letter) != _UNSEEN)
    return unicodedata.normalize("NFKC", next(shown, " "))[0] in SIGNS


def formula_note(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """A note on how many clinicians and clients have such an identifier; the tables written hold both."""
    formulas = sum(is_formula(identifier) for column in HOLDERS for identifier in _identifiers(frames, column))
    if not formulas:
        return []
    begin = "1 identifier begins" if formulas == 1 else f"{formulas} identifiers begin"
    signs = f"{', '.join(SIGNS[:-1])} or {SIGNS[-1]}"
    return [f"{begin} with {signs}, which spreadsheets take for a formula: import CSV files as text, do not open them."]


def _identifiers(frames: Mapping[str, pd.DataFrame], column: str) -> Iterable[str]:
    """Each once, of those who are in the practice."""
    return set().union(*(frames[name][column].dropna().unique() for name in HOLDERS[column]))
