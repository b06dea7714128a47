"""One clinician's part of a month's assessment: the same page, nobody else in it, and small enough to be sent."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.estimates import clients_off_stage, stage_grid
from caseload.estimates.trends import WHOLE_POINTS
from caseload.intake import Practice
from caseload.pages.review import Review, review_month
from caseload.pages.supervisee import supervisee_view
from caseload.review.assessment import Assessment, Slice

COPIES = ("supervisor", "own")


@pytest.fixture(scope="module")
def shared() -> Review:
    """A month of four clinicians who share half of their clients; ids are long enough to be looked for in bytes."""
    settings = sim.Settings(seed=4, clinicians=4, months=4, supervisors=1, caseload=sim.Caseload(shared=0.5))
    tables = sim.simulate(settings).tables
    for table in tables.values():
        for column in table.columns.intersection(["clinician_id", "client_id"]):
            table[column] = f"the-{column}-" + table[column] + "-of-the-practice"
    return review_month(Practice.from_frames(**tables), "2025-09")


def frames(record: Any, name: str = "") -> Iterator[tuple[str, pd.DataFrame]]:
    """Every table of an assessment, also of the records in it."""
    for field in fields(record):
        value, path = getattr(record, field.name), f"{name}.{field.name}"
        if is_dataclass(value):
            yield from frames(value, path)
        elif isinstance(value, pd.DataFrame):
            yield path, value


def clients_of(assessment: Assessment, clinician: str) -> set[str]:
    tables = (assessment.practice.sessions, assessment.practice.contacts)
    return {client for table in tables for client in table.loc[table["clinician_id"] == clinician, "client_id"]}


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("clinician", ["C04", "C06", "C07", "C13"])  # C06 has just begun, C13 is on leave
def test_a_slice_that_was_sent_makes_the_same_page(sample_review: Review, clinician: str, copy: str) -> None:
    sent = pickle.loads(pickle.dumps(sample_review.only(clinician)))
    here = supervisee_view(sample_review.assessment, clinician, copy)
    assert fixtures.told(sent.supervisee(clinician, copy)) == fixtures.told(here)
    assert fixtures.told(supervisee_view(sent.assessment, clinician, copy)) == fixtures.told(here)


def test_what_one_copy_has_asked_for_does_not_change_the_other(sample_review: Review) -> None:
    part = sample_review.assessment.of("C11")  # shares no survey
    views = {copy: fixtures.told(supervisee_view(part, "C11", copy)) for copy in (*COPIES, *COPIES[::-1])}
    for copy in COPIES:
        assert views[copy] == fixtures.told(supervisee_view(sample_review.assessment.of("C11"), "C11", copy))
    assert views["own"] != views["supervisor"]


def test_a_slice_holds_the_rows_of_one_clinician_in_their_order(sample_review: Review) -> None:
    whole = dict(frames(sample_review.assessment))
    part = dict(frames(sample_review.assessment.of("C09")))
    assert part.keys() == whole.keys()
    for name, table in part.items():
        if "clinician_id" in table:
            mine = whole[name][whole[name]["clinician_id"] == "C09"].reset_index(drop=True)
            pd.testing.assert_frame_equal(table, mine, check_exact=True)


def test_a_slice_names_nobody_else(shared: Review) -> None:
    assessment = shared.assessment
    everybody = set(shared.practice.sessions["client_id"]) | set(shared.practice.clients["client_id"])
    for clinician in shared.clinician_ids:
        sent = pickle.dumps(assessment.of(clinician))
        others = {*shared.clinician_ids} - {clinician} | everybody - clients_of(assessment, clinician)
        assert len(others) > 10
        assert [name for name in others if name.encode() in sent] == []
        assert clinician.encode() in sent


def test_a_slice_is_small_and_leaves_what_was_worked_out_behind(sample_review: Review) -> None:
    part = sample_review.assessment.of("C07")
    before = pickle.dumps(part)
    supervisee_view(part, "C07", "own")
    assert len(before) < 600_000
    assert not set(pickle.loads(pickle.dumps(part)).__dict__) - {field.name for field in fields(Slice)}
    assert not any(name.startswith("_") for name in pickle.loads(pickle.dumps(sample_review.assessment)).__dict__)


def test_a_colleagues_rating_of_the_stage_is_known_without_the_colleagues_session(shared: Review) -> None:
    sessions, month = shared.practice.sessions, shared.month
    rated_by_others = 0
    for clinician in shared.clinician_ids:
        part = shared.assessment.of(clinician)
        with_anybody = sessions[sessions["client_id"].isin(clients_of(shared.assessment, clinician))]
        alone = sessions[sessions["clinician_id"] == clinician]
        grid = stage_grid(with_anybody, clinician, month)
        named = clients_off_stage(with_anybody, month)
        pd.testing.assert_frame_equal(part.stage_grids[list(grid)], grid.reset_index(drop=True))
        mine = named[named["clinician_id"] == clinician].reset_index(drop=True)
        pd.testing.assert_frame_equal(part.off_stage, mine, check_dtype=not mine.empty)
        rated_by_others += not grid.equals(stage_grid(alone, clinician, month))
    assert rated_by_others


@pytest.mark.parametrize("copy", COPIES)
def test_somebody_without_any_row_of_work_has_a_page(sample_review: Review, copy: str) -> None:
    practice = sample_review.practice
    names = ("sessions", "contacts", "supports", "selfcare_plan", "surveys")
    tables = {name: getattr(practice, name) for name in names}
    gone = {name: table[table["clinician_id"] != "C05"].reset_index(drop=True) for name, table in tables.items()}
    review = review_month(replace(practice, **gone), fixtures.MONTH)
    assert "C05" in review.clinician_ids
    view = pickle.loads(pickle.dumps(review.only("C05"))).supervisee("C05", copy)
    assert {card.state.state for card in view.cards} <= {"not_enough_data", "not_shared"}
    assert not fixtures.NOT_WORDS.search(fixtures.words(view.cards))


def test_a_slice_is_of_one_person(sample_review: Review) -> None:
    part = sample_review.assessment.of("C01")
    assert part.of("C01") is part
    assert part.sharing <= {"C01"} and sample_review.only("C01").clinician_ids == ("C01",)
    with pytest.raises(ParameterError, match="C02"):
        part.of("C02")
    with pytest.raises(ParameterError, match="C99"):
        sample_review.only("C99")


def test_pages_judge_series_as_the_method_says(sample_review: Review) -> None:
    """Shares as log odds with what is carried on, ratings in whole points."""
    mine = sample_review.assessment.of("C05")
    left = sample_review.assessment.persistence
    shares = (mine.off_stage_share, left["off_stage"]), (mine.plan_share("done"), left["done"])
    assert [(share.whole, share.persistence) for share, _ in shares] == [(100, carried) for _, carried in shares]
    assert (mine.gap.whole, mine.gap.persistence) == (0, left["gap"])
    assert (mine.ratings.least, mine.ratings.persistence) == (WHOLE_POINTS, 0)
    low, high = mine.off_stage_share.usual or (0, 0)
    assert 0 < low < high < 100  # never below none or above all
