"""Which answers of a clinician a supervisor may see: each answer as its clinician said, else as they agreed for all."""

from __future__ import annotations

import hashlib

import pandas as pd

from caseload.intake import Practice
from caseload.intake.uncounted import visible
from caseload.questionnaires import TEAM_SAFETY


def shown_answers(practice: Practice) -> pd.DataFrame:
    """The rows of `surveys` that others than the clinician may see.

    Those with `visible_to` of `supervisor`, and without a word of their own those of clinicians with `shares_surveys`.
    """
    return practice.surveys[visible(practice.surveys, practice.supervisees).to_numpy(bool)]


def supervisors_answers(practice: Practice) -> pd.DataFrame:
    """The rows of `surveys` that supervisors' pages may show: the shown ones, without the rating of the team."""
    shown = shown_answers(practice)
    return shown[(shown["instrument"] != TEAM_SAFETY).to_numpy(bool)]


def sharing(practice: Practice) -> frozenset[str]:
    """Clinicians who agreed that their supervisor sees survey results, of all answers or of some."""
    people = practice.supervisees
    return frozenset(people.loc[people["shares_surveys"], "clinician_id"]) | frozenset(
        supervisors_answers(practice)["clinician_id"]
    )


def keeping(practice: Practice) -> frozenset[str]:
    """Clinicians who have an answer about themselves that their supervisor may not see."""
    hidden = practice.surveys.drop(index=shown_answers(practice).index)
    return frozenset(hidden.loc[hidden["instrument"] != TEAM_SAFETY, "clinician_id"])


def marks(answers: pd.DataFrame) -> frozenset[str]:
    """A digest of each questionnaire in some rows of `surveys`: whose, of what day, and which questions are answered.

    An own page carries those of its answers, and nothing else does: so a later run sees that some are no longer there,
    while no file about several people tells whose they were.
    """
    parts = answers.groupby(["clinician_id", "completed_on", "instrument"], observed=True)["item"]
    told = ("|".join([f"{who}|{day:%Y-%m-%d}|{name}", *sorted(items)]) for (who, day, name), items in parts)
    return frozenset(hashlib.sha256(each.encode()).hexdigest()[:16] for each in told)
