"""Frames that go from room to room are as their schemas say, on the sample and where hardly anything is recorded."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

from caseload import simulate as sim
from caseload.estimates import frames
from caseload.flags.frames import JUDGED
from caseload.pages.review import Review, review_month
from caseload.review.assessment import Assessment
from caseload.schema import Schema
from caseload.signals.frames import SIGNAL_FRAME

SCHEMAS = {
    "signals": SIGNAL_FRAME,
    "balance.clients": frames.CLIENT_MONTHS,
    "balance.clinicians": frames.CLINICIAN_MONTHS,
    "balance.involvement": frames.INVOLVEMENT,
    "balance.contributions": frames.CONTRIBUTIONS,
    "clients": frames.CLIENTS_TABLE,
    "outcomes": frames.OUTCOMES,
    "clinicians": frames.CLINICIAN_MONTHS,
    "scores": frames.SCORES,
    "evidence.balance": frames.CLINICIAN_MONTHS,
    "evidence.stage": frames.STAGE,
    "evidence.personal": frames.ACTIVATION,
    "evidence.fatigue": frames.FATIGUE,
    "shown_scores": frames.SCORES,
    "shown_personal": frames.ACTIVATION,
    "shown_fatigue": frames.FATIGUE,
    "evidence.self_care": frames.SELF_CARE,
    "off_stage": frames.OFF_STAGE,
    "boundaries": frames.BOUNDARIES,
    "attendance": frames.ATTENDANCE,
    "attendance_clients": frames.ATTENDANCE_CLIENTS,
    "stage_grids": frames.STAGE_GRIDS,
    "off_stage_sessions": frames.OFF_STAGE_SESSIONS,
    "crises": frames.CRISES,
    "local_norms": frames.NORMS,
    "shown_norms": frames.NORMS,
    "declared": frames.DECLARED,
    "undeclared": frames.UNDECLARED,
    "flags": JUDGED,
    "own_flags": JUDGED,
}


def frame(assessment: Assessment, path: str) -> pd.DataFrame:
    thing: Any = assessment
    for name in path.split("."):
        thing = getattr(thing, name)
    return thing


@pytest.fixture(scope="module")
def bare() -> Review:
    """Five columns, two clinicians, three months."""
    settings = sim.Settings(seed=3, clinicians=2, months=3, recording=sim.FIVE_COLUMNS)
    return review_month(sim.simulate(settings).practice())


@pytest.mark.parametrize("path", SCHEMAS)
def test_the_frames_of_the_sample_are_as_their_schemas_say(path: str, sample_review: Review) -> None:
    assert SCHEMAS[path].problems(frame(sample_review.assessment, path)) == []


@pytest.mark.parametrize("path", SCHEMAS)
def test_the_frames_of_five_columns_are_as_their_schemas_say(path: str, bare: Review) -> None:
    assert SCHEMAS[path].problems(frame(bare.assessment, path)) == []


GOOD = pd.DataFrame(
    {
        "who": ["C1", "C2"],
        "month": pd.period_range("2026-01", periods=2, freq="M"),
        "when": pd.to_datetime(["2026-01-01", "2026-02-01"]),
        "seen": [1, 0],
        "gap": [0.5, np.nan],
        "p": [0.1, 1.0],
        "enough": [True, False],
    }
)
SCHEMA = Schema(
    "rows",
    ("who",),
    {
        "who": "text",
        "month": "month",
        "when": "time",
        "seen": "count",
        "gap": "number?",
        "p": "share",
        "enough": "yes_no",
    },
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"who": ["C1", None]}, ["rows.who: lacks values"]),
        ({"who": ["C1", "C1"]}, ["rows: rows repeat who"]),
        ({"who": [1, 2]}, ["rows.who: is not text"]),
        ({"month": ["2026-01", "2026-02"]}, ["rows.month: is not a monthly period"]),
        ({"when": ["2026-01-01", "x"]}, ["rows.when: is not a date or time"]),
        ({"seen": [-1, 2]}, ["rows.seen: is not a whole number from 0"]),
        ({"gap": [np.inf, 1.0]}, ["rows.gap: is not a finite number"]),
        ({"p": [0.5, 1.5]}, ["rows.p: is not a number from 0 to 1"]),
        ({"enough": [1.0, 2.0]}, ["rows.enough: is not true or false"]),
    ],
)
def test_what_does_not_fit_is_said_without_a_value(change: dict[str, Any], said: list[str]) -> None:
    assert SCHEMA.problems(GOOD.assign(**change)) == said


def test_a_column_that_is_missing_is_named_and_one_more_does_not_matter() -> None:
    assert SCHEMA.problems(GOOD.drop(columns="gap").assign(more=1)) == ["rows: no column gap"]


def test_every_frame_of_an_assessment_that_pages_take_has_a_schema() -> None:
    tables = {each.name for each in dataclasses.fields(Assessment) if each.type == "pd.DataFrame"}
    assert tables - set(SCHEMAS) == set()
