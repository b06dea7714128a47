"""Changes that the practice has declared: what was declared, by whom, and the state without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseload.estimates.declared import recent
from caseload.flags.states import WORDS
from caseload.review.assessment import Slice
from caseload.wording import day

KINDS = {
    "recording": "another way of recording",
    "role": "another role",
    "hours": "other working hours",
    "program": "other software",
    "other": "a change",
}
WHOM = {"clinician": "", "team": " for the team", "practice": " for the whole practice"}


def declared_words(part: Slice, flag: str, state: str) -> str:
    """The changes declared in the last months, by whom, and the state that the flag would have without them.

    Empty where none was declared, and of flags that no declaration touches.
    """
    without = _without(part, flag)
    if without is None:
        return ""
    said = [_one(row) for row in recent(part.declared, part.month).to_dict("records")]
    same = "the same" if without == state else WORDS[without]
    return f"{' '.join(said)} What is usual begins again there. Without this, the state would be {same}."


def otherwise(part: Slice, flag: str, state: str) -> str:
    """A sentence where a declared change makes a flag's state another one; else empty."""
    without = _without(part, flag)
    if without is None or without == state:
        return ""
    return f"Without the change that was declared, this would be {WORDS[without]}."


def _without(part: Slice, flag: str) -> str | None:
    states = part.undeclared.loc[part.undeclared["flag"] == flag, "state"]
    return str(states.iloc[0]) if len(states) else None


def _one(row: Mapping[Any, Any]) -> str:
    what = f" (“{row['what']}”)" if row["what"] else ""
    who = f"by {row['declared_by']}" if row["declared_by"] else "in changes.csv, without a name"
    kind, whom = KINDS[row["kind"]], WHOM[row["whom"]]
    return f"From {day(row['starts'])}: {kind}{what}, declared {who}{whom}."
