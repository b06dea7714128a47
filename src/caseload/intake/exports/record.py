"""`checkins.json` in a practice folder: what check-ins did to tables that others fill in too.

Per clinician and month the steps (`undoing`), and per clinician the month from which on answers of the private part are
taken: earlier files may be read again, and bring back no answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from caseload.errors import ParameterError
from caseload.intake.content import json_in, read_content
from caseload.intake.exports.undoing import Step
from caseload.intake.unreadable import Unreadable

FILE = "checkins.json"
MOST_BYTES = 100_000_000
_FORMAT = 1
_ALWAYS = "0000-00"  # before every month

Key = tuple[str, str]
"""Clinician and month."""


@dataclass(frozen=True)
class Record:
    """What check-ins have done so far. Nothing in it is shown."""

    steps: Mapping[Key, tuple[Step, ...]] = field(default_factory=dict, repr=False)
    first: Mapping[str, str] = field(default_factory=dict, repr=False)

    def steps_of(self, clinician_id: str, month: str) -> tuple[Step, ...]:
        """What the newest file of a clinician's month did."""
        return self.steps.get((clinician_id, month), ())

    def with_steps(self, clinician_id: str, month: str, steps: tuple[Step, ...]) -> Record:
        """The record with what a file did, in place of the one before."""
        return replace(self, steps={**self.steps, (clinician_id, month): steps})

    def answers_from(self, clinician_id: str) -> str:
        """The month (`YYYY-MM`) from which on answers are taken."""
        return self.first.get(clinician_id, _ALWAYS)

    def has_taken_back(self, clinician_id: str, month: str) -> bool:
        """Whether what a month (`YYYY-MM`) shared was taken back, in that month or later."""
        return month <= self.answers_from(clinician_id)

    def with_answers_from(self, clinician_id: str, month: str) -> Record:
        """The record in which answers of earlier months, and of other files of this one, are no longer taken."""
        return replace(self, first={**self.first, clinician_id: max(month, self.answers_from(clinician_id))})

    def written(self) -> bytes:
        """The file's content."""
        months = [
            {"clinician_id": who, "month": month, "steps": [vars(step) for step in steps]}
            for (who, month), steps in sorted(self.steps.items())
        ]
        content = {"caseload_checkins": _FORMAT, "months": months, "answers_from": dict(sorted(self.first.items()))}
        return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def read_record(folder: Path) -> Record:
    """What check-ins have done to a folder so far. Raises `ParameterError` for a damaged file."""
    try:
        content = json_in(read_content(folder / FILE, MOST_BYTES).data)
        return _record(content)
    except FileNotFoundError:
        return Record()
    except (OSError, Unreadable, ValueError, KeyError, TypeError, AttributeError):
        raise ParameterError(
            f"{FILE} in {folder.name} is damaged: put a backup of it in its place, or remove it; without it, a second "
            "check-in of a month adds to supports and plan instead of replacing"
        ) from None


def _record(content: dict[str, Any]) -> Record:
    if content["caseload_checkins"] != _FORMAT:
        raise ValueError
    steps = {
        (str(one["clinician_id"]), str(one["month"])): tuple(map(_step, one["steps"])) for one in content["months"]
    }
    return Record(steps, {str(who): str(month) for who, month in content["answers_from"].items()})


def _step(content: dict[str, Any]) -> Step:
    was = None if content["was"] is None else tuple(map(str, content["was"]))
    return Step(str(content["table"]), tuple(map(str, content["key"])), was, tuple(map(str, content["now"])))
