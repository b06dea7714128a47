"""What a month's pages show of shared surveys; and pages of earlier runs that show what is no longer shared.

Such pages are made again as if it had never been shared, or removed where that is not possible. The manifest of a month
tells what its pages show, and afterwards what they show then: nobody can be told from it who has changed their mind.
Of answers that only an own page shows, that page alone tells; where they are gone, the whole month is made again, so
that no page stands out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pandas as pd

from caseload.errors import ParameterError
from caseload.intake import Practice
from caseload.intake.content import open_file
from caseload.intake.unreadable import Unreadable
from caseload.month.identity import is_ours
from caseload.month.manifest import NAME, Earlier
from caseload.pages.suppression import Policy
from caseload.review.sharing import marks, shown_answers, supervisors_answers
from caseload.writing.whole import remove

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_DIGITS = 16
_MARKS = re.compile(rb'<div hidden data-answers="([0-9a-f ]*)"')
_OPENING = 512 << 10  # bytes from the beginning of a page in which its opening ends


def shared_answers(practice: Practice, month: pd.Period, supervisor: str | None = None) -> frozenset[str]:
    """What the pages of a month may show to others than the clinician: a digest of whose answer to what, and when.

    Those for one supervisor show only their supervisees' answers, and of teams nothing.
    """
    rows = shown_answers(practice) if supervisor is None else supervisors_answers(practice)
    if supervisor is not None:
        people = practice.supervisees
        rows = rows[rows["clinician_id"].isin(people.loc[people["supervisor_id"] == supervisor, "clinician_id"])]
    rows = rows[rows["completed_on"] <= month.end_time]
    keys = zip(rows["clinician_id"], rows["completed_on"].dt.date, rows["instrument"], rows["item"], strict=True)
    return frozenset(hashlib.sha256("|".join(map(str, key)).encode()).hexdigest()[:_DIGITS] for key in keys)


def outdated(out: Path, practice: Practice, identity: Mapping[str, str]) -> list[Path]:
    """The months below `out`, of the practice with this `identity`, whose pages show what is no longer shared."""
    months = [folder for folder in sorted(out.glob("*")) if _MONTH.fullmatch(folder.name) and folder.is_dir()]
    return [folder for folder in months if is_outdated(folder, practice, identity)]


def is_outdated(folder: Path, practice: Practice, identity: Mapping[str, str]) -> bool:
    """Whether the pages in a month's folder are of this practice and show what is no longer shared."""
    earlier, month = Earlier.read(folder), pd.Period(folder.name, "M")
    if not is_ours(earlier, practice, month, identity):
        return False
    if earlier.shown - shared_answers(practice, month):
        return True
    theirs = _on_own_pages(folder, earlier)
    surveys = practice.surveys
    return bool(theirs) and bool(theirs - marks(surveys[surveys["completed_on"] <= month.end_time]))


def _on_own_pages(folder: Path, earlier: Earlier) -> set[str]:
    """`marks` of the answers that own pages of earlier runs show."""
    shown: set[str] = set()
    for name in earlier.claimed(folder):
        if name.startswith("own/") and name.endswith(".html"):
            with suppress(OSError, Unreadable), open_file(folder / name) as page:
                if told := _MARKS.search(page.read(_OPENING)):
                    shown.update(told[1].decode("ascii").split())
    return shown


def remove_month(folder: Path) -> None:
    """Remove everything that an earlier run has written into a month's folder, the manifest last."""
    remove(folder, [*Earlier.read(folder).claimed(folder), NAME])


def policy_of(earlier: Earlier, usual: Policy) -> Policy:
    """What the team pages of an earlier run hide; `usual` where it does not say."""
    try:
        return Policy(int(earlier.parameters["min_people"]), int(earlier.parameters["min_respondents"]))
    except (KeyError, TypeError, ValueError, OverflowError, ParameterError):
        return usual
