"""What check-ins change on the pages: a practice with appointments alone, before and after two of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import review_fixtures as fixtures
from checkin_fixtures import CLIENTS, check_in, practice_folder, rated, saved

import caseload
from caseload.estimates.congruence import CHECK_IN, rated_sessions, with_check_ins
from caseload.pages.review import Review, review_month

MONTH = "2026-05"


def of_month(month: str) -> list[dict]:
    """Effort that rises as engagement falls, exposure in an early stage with half of the clients."""
    return [
        rated(client, effort=place, engagement=10 - place, interventions=["exposure" if place % 2 else "validation"],
              stage_of_change="contemplation")
        for place, client in enumerate(CLIENTS["C1"])
    ]  # fmt: skip


@pytest.fixture(scope="module")
def reviews(tmp_path_factory) -> Callable[[int], Review]:
    """Reviews of May after some months' check-ins of C1 were read."""
    folder = tmp_path_factory.mktemp("pages")

    @cache
    def review(months: int) -> Review:
        practice = practice_folder(folder / str(months))
        (practice / "selfcare_plan.csv").unlink()
        for month in ("2026-05", "2026-04")[:months]:
            content = check_in(month=month, clients=of_month(month), supports=[], selfcare_plan=[])
            caseload.import_checkins([saved(folder, content)], practice)
        return review_month(caseload.read_practice(practice), MONTH)

    return review


def state(review: Review, flag: str) -> str:
    flags = review.flags
    found = flags[(flags["clinician_id"] == "C1") & (flags["month"] == MONTH) & (flags["flag"] == flag)]
    return str(found["state"].item())


def test_two_check_ins_of_ten_clients_are_enough_for_the_stage(reviews):
    assert state(reviews(0), "stage_incongruence") == "not_enough_data"
    assert state(reviews(2), "stage_incongruence") in ("watch", "raise")
    page = fixtures.words(reviews(2).supervisee("C1"))
    assert "May (check-in)" in page
    assert "April (check-in)" in page


def test_the_data_quality_page_knows_that_check_ins_answer_the_stage_question(reviews):
    said = {months: fixtures.words(reviews(months).quality()) for months in (0, 2)}
    assert "Stage of change in 0% of sessions" in said[0]
    assert "Stage of change in 100% of monthly ratings, interventions in 100%" in said[2]


def test_a_client_months_rating_counts_as_one_rated_session():
    practice = caseload.read_practice("data/sample")
    one = practice.sessions.iloc[0]
    ratings = practice.ratings.reindex([0]).assign(
        clinician_id=one["clinician_id"], client_id=one["client_id"], month=one["scheduled_start"].to_period("M"),
        stage_of_change="action", interventions="exposure",
    )  # fmt: skip
    before, after = (rated_sessions(with_check_ins(practice.sessions, table)) for table in (ratings[:0], ratings))
    new = after[after["session_id"].str.startswith(CHECK_IN)]
    assert len(new) == 1
    assert new["scheduled_start"].item() == one["scheduled_start"].to_period("M").end_time.normalize()
    assert len(after) >= len(before) + 1  # its stage may be carried on to sessions without one


def test_effort_and_engagement_are_estimated_and_the_page_says_from_what(reviews):
    assert reviews(0).clinicians.query("clinician_id == 'C1'")["effort"].isna().all()
    review = reviews(2)
    mine = review.clients.query("clinician_id == 'C1' and month == @review.month").set_index("client_id")
    assert mine["effort"].notna().sum() == 10
    assert mine.loc["K9", "gap"] > mine.loc["K0", "gap"]
    for copy, whose in (("own", "your ratings"), ("supervisor", "the supervisee’s ratings")):
        assert f"Effort is based on {whose} alone." in fixtures.words(review.supervisee("C1", copy))


def test_the_landing_page_counts_check_ins_and_never_says_whose(reviews):
    pages = {months: fixtures.words(reviews(months).index("S1")) for months in (0, 1)}
    assert "check-in" not in pages[0]
    assert "1\nof 2 check-ins are here" in pages[1]
    assert "reminder that you can send to everybody" in pages[1]
    assert not [line for line in pages[1].splitlines() if "check-in" in line and ("C1" in line or "C2" in line)]
