"""The rating of safety in the team: in the team's figures and on one's own page, never on a supervisor's page."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload.intake import Practice
from caseload.pages.review import Review, review_month
from caseload.pages.suppression import USUAL
from caseload.pages.team import safety
from caseload.pages.team.safety import TITLE, SafetyRound, safety_rounds
from caseload.pages.views import Table

MAY = pd.Period("2026-05", "M")
PEOPLE = [f"C{number:02}" for number in range(10)]
SEVEN_OF_TEN = {"C00": "own_page", **dict.fromkeys(PEOPLE[1:], "supervisor")}


def practice(ratings: Sequence[float], readers: dict[str, str], supervisors: dict[str, str] | None = None) -> Practice:
    """One team, each with sessions in May; the first of them have rated, for these readers."""
    sessions = pd.DataFrame(
        [(f"{who}-1", who, f"K{who}", "2026-05-11T10:00", "attended") for who in PEOPLE],
        columns=["session_id", "clinician_id", "client_id", "scheduled_start", "status"],
    ).assign(stage_of_change="action")  # more than appointments, so that every page has its sections
    clinicians = pd.DataFrame({"clinician_id": PEOPLE, "team": "North", "shares_surveys": "false"})
    clinicians["supervisor_id"] = clinicians["clinician_id"].map(supervisors or {})
    surveys = pd.DataFrame({"clinician_id": PEOPLE[: len(ratings)], "completed_on": "2026-05-31"})
    surveys = surveys.assign(instrument="team_safety", item="total", response=list(ratings))
    surveys["visible_to"] = surveys["clinician_id"].map(readers)
    return Practice.from_frames(sessions=sessions, clinicians=clinicians, surveys=surveys)


def rounds(found: Practice) -> list[SafetyRound]:
    people = found.supervisees.set_index("clinician_id")
    sizes = pd.Series(len(PEOPLE), index=pd.MultiIndex.from_tuples([("North", MAY)]))
    return safety_rounds(found, people["team"], sizes, people["supervisor_id"].dropna(), USUAL).get("North", [])


def shared(*ratings: float, **more: dict[str, str]) -> list[SafetyRound]:
    return rounds(practice(ratings, dict.fromkeys(PEOPLE, "supervisor"), **more))


@pytest.fixture(scope="module")
def review() -> Review:
    """Ten have rated; C00 keeps the answer for their own page."""
    return review_month(practice([1, 5, 6, 7, 8, 5, 6, 7, 8, 9], SEVEN_OF_TEN), MAY)


def test_the_team_page_shows_what_enough_people_share(review: Review) -> None:
    view = review.team("North")
    (tile,) = (tile for tile in view.tiles if tile.title == TITLE)
    ratings = np.array([5, 6, 7, 8, 5, 6, 7, 8, 9])  # without that of C00
    assert tile.number == "7.0 of 10"
    assert abs(ratings.mean() - 7.0) <= 0.25
    assert "about 90% of the team answered and share" in tile.note
    told = fixtures.words(view)
    assert "7.0 (6.0 to 8.0)" in told  # 6.78 ± 0.85 by hand (t.ppf(.95, 8) = 1.8595), in halves
    assert not fixtures.ids(told, r"C\d\d")


@pytest.mark.parametrize(("people", "shown"), [(7, False), (8, True)])
def test_too_few_answers_make_no_figure(people: int, shown: bool) -> None:
    assert bool(shared(*[4, 5, 6, 7, 3, 5, 8, 6][:people])) is shown


def test_answers_for_ones_own_page_do_not_count() -> None:
    readers = dict.fromkeys(PEOPLE, "supervisor")
    ratings = [4, 5, 6, 7, 3, 5, 8, 6]
    assert rounds(practice(ratings, readers))
    assert not rounds(practice(ratings, readers | {"C03": "own_page"}))
    assert not rounds(practice(ratings, {}))  # nobody has agreed


def test_who_knows_most_answers_sees_none() -> None:
    ratings = [4, 5, 6, 7, 3, 5, 8, 6, 5]
    assert shared(*ratings, supervisors=dict.fromkeys(PEOPLE[:6], "S1"))
    assert not shared(*ratings, supervisors=dict.fromkeys(PEOPLE[:7], "S1"))


@pytest.mark.parametrize("rating", [0, 3, 10])
def test_that_everybody_said_the_same_is_not_told(rating: int) -> None:
    (found,) = shared(*[rating] * 8)
    assert 0.5 <= found.mean <= 9.5
    assert found.low < found.mean < found.high


def test_a_round_that_is_long_ago_is_no_longer_a_figure_of_the_month() -> None:
    found = shared(4, 5, 6, 7, 3, 5, 8, 6)
    assert safety.tiles(found, MAY + 11)
    assert not safety.tiles(found, MAY + 12)
    assert isinstance(safety.evidence(found)[0], Table)


def test_ones_own_page_shows_ones_own_rating_alone(review: Review) -> None:
    for who, rating in (("C00", "1"), ("C04", "8")):
        (table,) = (
            one for section in review.supervisee(who, "own").sections for one in section.supporting
            if isinstance(one, Table) and "safe to say" in one.caption
        )  # fmt: skip
        assert table.frame.to_numpy().tolist() == [["2026-05-31", rating]]


def test_no_page_of_a_supervisor_tells_whether_somebody_has_rated(review: Review) -> None:
    nobody = review_month(practice([], {}), MAY)
    for who in ("C00", "C04"):
        assert fixtures.told(review.supervisee(who)) == fixtures.told(nobody.supervisee(who))
    assert fixtures.words(review.index()) == fixtures.words(nobody.index())
    assert fixtures.words(review.quality()) == fixtures.words(nobody.quality())
