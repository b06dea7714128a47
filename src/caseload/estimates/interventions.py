"""Which interventions fit which stage of change, and how far off it they lie elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from caseload.intake.tables import STAGES


@dataclass(frozen=True)
class Fit:
    """The stages `lowest` to `highest` that an intervention fits; being off at a stage in `soft` counts half."""

    lowest: int
    highest: int
    soft: frozenset[int] = frozenset()


# Judgement, after the processes of change by transition; a practice can pass its own table.
FITS: Mapping[str, Fit] = MappingProxyType(
    {
        "validation": Fit(1, 5),
        "alliance": Fit(1, 5),
        "case_management": Fit(1, 5),
        "safety_planning": Fit(1, 5),
        "psychoeducation": Fit(1, 3),
        "mi_evoking": Fit(1, 3),
        "mi_planning": Fit(3, 4),
        "self_monitoring": Fit(2, 4),
        "cbt_homework": Fit(3, 5),
        "skills_training": Fit(3, 5),
        "behavioural_activation": Fit(3, 5, frozenset({2})),
        "exposure": Fit(3, 4),
        "cognitive_restructuring": Fit(3, 5),
        "relapse_prevention": Fit(4, 5),
    }
)


def fits_of(own: Mapping[str, Sequence[str]]) -> Mapping[str, Fit]:
    """The table with a practice's own terms, each with the stages of change that it fits, by name."""
    numbers = {term: [STAGES.index(stage) + 1 for stage in stages] for term, stages in own.items()}
    return FITS if not own else {**FITS, **{term: Fit(min(at), max(at)) for term, at in numbers.items()}}


SAFETY_WORK = frozenset({"safety_planning"})


def offset(term: str, stage: int, fits: Mapping[str, Fit] = FITS) -> float:
    """Signed steps of an intervention from a stage: + ahead, − behind, 0 fits; halved at a soft stage.

    Safety work is 0 whatever the table says; a term that the table does not hold is NaN.
    """
    if term in SAFETY_WORK:
        return 0.0
    if term not in fits:
        return float("nan")
    fit = fits[term]
    steps = max(0, fit.lowest - stage) - max(0, stage - fit.highest)
    return steps / 2 if stage in fit.soft else float(steps)


def weights(lists: pd.Index, fits: Mapping[str, Fit], sign: int) -> np.ndarray:
    """How far each list of interventions counts as ahead (sign 1) or behind (−1) at each stage, list × stage."""
    table = np.zeros((len(lists), len(STAGES)))
    for row, terms in enumerate(lists):
        known = [[_weight(term.strip(), stage, fits, sign) for stage in range(1, 6)] for term in terms.split(";")]
        table[row] = np.max(known, axis=0)
    return table


def _weight(term: str, stage: int, fits: Mapping[str, Fit], sign: int) -> float:
    if not sign * offset(term, stage, fits) > 0:
        return 0.0
    return 0.5 if stage in fits[term].soft else 1.0
