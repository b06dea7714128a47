"""The practice's own norm: who is in it, when there is one, and that nobody is compared with themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.estimates.instruments import score_surveys
from caseload.estimates.norms import (
    FEWEST_RESPONDENTS,
    FEWEST_WAVES,
    NORM_COLUMNS,
    among_others,
    local_norms,
    percentile_among,
)
from caseload.intake import Practice
from caseload.pages.suppression import MIN_RESPONDENTS, told_apart
from caseload.review.estimation import _local_norms

NAMES = [f"C{number:02}" for number in range(1, 21)]
NEWEST = [12.0, 14.0, 15.0, 17.0, 19.0, 20.0, 23.0, 24.0]  # mean 18; squares sum to 128, SD √(128/7) = 4.2762


def answered(newest: list[float], waves: int = 3, instrument: str = "proqol5", scale: str = "burnout") -> pd.DataFrame:
    """Scores: `waves` surveys each of C01, C02, …, the earlier ones all 50 points."""
    days = pd.date_range("2025-09-01", periods=waves, freq="90D")
    rows = [
        (who, day, instrument, scale, points if day == days[-1] else 50.0)
        for who, points in zip(NAMES, newest, strict=False)
        for day in days
    ]
    return score_surveys(pd.DataFrame(rows, columns=["clinician_id", "completed_on", "instrument", "item", "response"]))


def test_a_norm_by_hand():
    (row,) = local_norms(answered(NEWEST), NAMES).to_dict("records")
    assert (row["instrument"], row["scale"], row["waves"], row["respondents"]) == ("proqol5", "burnout", 24, 8)
    assert (row["mean"], row["sd"]) == (18.0, pytest.approx(4.27618))
    # R: quantile(c(12, 14, 15, 17, 19, 20, 23, 24), c(.25, .5, .75)) = 14.75, 18.00, 20.75
    assert (row["lower"], row["median"], row["upper"], row["enough"]) == (14.75, 18.0, 20.75, True)


@pytest.mark.parametrize(
    ("people", "waves", "enough"), [(8, 3, True), (7, 3, False), (8, 2, False), (10, 2, True), (20, 1, True)]
)
def test_a_norm_takes_twenty_surveys_of_eight_people(people, waves, enough):
    (row,) = local_norms(answered([*NEWEST, *NEWEST, *NEWEST][:people], waves), NAMES).to_dict("records")
    assert (row["respondents"], row["waves"], row["enough"]) == (people, people * waves, enough)
    assert np.isnan(row["mean"]) != enough and np.isnan(row["upper"]) != enough


def test_twenty_surveys_are_enough_and_nineteen_are_not():
    scores = answered(NEWEST)
    earlier = scores.index[scores["raw"] == 50.0]
    assert local_norms(scores.drop(earlier[:4]), NAMES)["enough"].tolist() == [True]
    assert local_norms(scores.drop(earlier[:5]), NAMES)["enough"].tolist() == [False]


def test_pages_show_no_survey_figure_of_fewer_people():
    assert FEWEST_RESPONDENTS == MIN_RESPONDENTS
    assert FEWEST_WAVES > FEWEST_RESPONDENTS


def test_only_respondents_are_in_the_norm():
    scores = answered([*NEWEST, 50.0, 10.0])
    pd.testing.assert_frame_equal(local_norms(scores, NAMES[:8]), local_norms(answered(NEWEST), NAMES))


def test_every_scale_has_a_norm_of_its_own_and_the_monthly_rating_none():
    scores = pd.concat([answered(NEWEST), answered(NEWEST, instrument="cbi", scale="work")])
    assert local_norms(scores, NAMES)["scale"].tolist() == ["work", "burnout"]
    ratings = answered([3.0] * 8, waves=1, instrument="activation", scale="total")
    assert local_norms(ratings, NAMES).empty and among_others(ratings, NAMES).empty


def test_no_surveys_no_norm():
    none = answered(NEWEST).iloc[:0]
    assert list(local_norms(none, NAMES)) == NORM_COLUMNS and local_norms(none, NAMES).empty
    assert local_norms(answered(NEWEST), []).empty
    assert among_others(none, NAMES).empty


# Crawford & Howell (1998): t = (x − M)/(SD·√(1 + 1/n)) with n − 1 degrees of freedom. Against the other seven of NEWEST
# (M = 120/7, SD = √(86.857/6) = 3.8048) that is 1.6859; for 6 degrees of freedom and θ = atan(t/√6) the share is
# (1 + sin θ·(1 + cos²θ/2 + 3cos⁴θ/8))/2 = .92860.
def test_a_percentile_by_hand():
    assert percentile_among(24.0, pd.Series(NEWEST[:7])) == pytest.approx(92.860, abs=0.001)
    assert percentile_among(120 / 7, pd.Series(NEWEST[:7])) == pytest.approx(50.0)


def test_few_others_say_less_than_many():
    few, many = pd.Series([18.0, 20.0, 22.0]), pd.Series([18.0, 20.0, 22.0] * 40)
    assert 50 < percentile_among(23.0, few) < percentile_among(23.0, many)


@pytest.mark.parametrize("others", [[], [20.0], [20.0, 20.0, 20.0]])
def test_others_who_do_not_differ_tell_nothing(others):
    assert np.isnan(percentile_among(20.0, pd.Series(others, dtype=float)))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(10, 50), min_size=9, max_size=14), st.data())
def test_nobody_is_compared_with_themselves(points, data):
    """Somebody's percentile is the same whether or not they are among the respondents."""
    scores = answered([float(value) for value in points])
    who = data.draw(st.sampled_from(NAMES[: len(points)]))
    found = [
        among_others(scores, people).set_index("clinician_id").loc[who, "percentile"]
        for people in (NAMES, [name for name in NAMES if name != who])
    ]
    assert found[0] == pytest.approx(found[1], nan_ok=True)


def test_without_enough_people_there_is_no_percentile():
    table = among_others(answered(NEWEST[:7]), NAMES)
    assert table["raw"].tolist() == NEWEST[:7] and table["percentile"].isna().all()


@pytest.mark.parametrize(("strangers", "telling"), [(0, False), (1, True), (7, True), (8, False)])
def test_what_a_reader_could_subtract_is_told_apart(strangers, telling):
    assert told_apart(strangers) is telling


def test_a_supervisor_who_has_answered_knows_one_more_of_the_answers():
    """Ten people share their answers: S1, four whom S1 supervises, four whom S2 does, and one more. S2 has none."""
    by = {"S1": "S2", **dict.fromkeys(["C1", "C2", "C3", "C4"], "S1"), **dict.fromkeys(["C5", "C6", "C7", "C8"], "S2")}
    people = [*by, "C9"]
    sessions = pd.DataFrame({"session_id": people, "clinician_id": people, "client_id": [f"K{one}" for one in people]})
    sessions = sessions.assign(scheduled_start="2026-05-11T10:00", status="attended", scheduled_minutes=50)
    clinicians = pd.DataFrame({"clinician_id": people, "supervisor_id": [by.get(one) for one in people]})
    surveys = pd.DataFrame({"clinician_id": people, "completed_on": "2026-05-04", "instrument": "proqol5"})
    surveys = surveys.assign(item="burnout", response=np.arange(20, 30))
    surveys = pd.concat([surveys, surveys.assign(completed_on="2026-02-04")])
    practice = Practice.from_frames(
        sessions=sessions, clinicians=clinicians.assign(shares_surveys=True), surveys=surveys
    )
    scores = score_surveys(practice.surveys)
    norms = _local_norms(practice, scores, scores).set_index("clinician_id")
    assert norms["respondents"].unique().tolist() == [10]
    assert norms.loc["C1", "strangers"] == 5  # S1 sees four, and knows the own answer
    assert norms.loc["C5", "strangers"] == 5  # S2 sees five, S1 among them, and has not answered
    assert norms.loc["C9", "strangers"] == 9
    assert norms["strangers_own"].to_dict() == {"S1": 5, **dict.fromkeys(people[1:], 9)}
