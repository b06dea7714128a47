"""Check-ins of simulated practices: who sends them, what the ratings follow, and what stays as it is without them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from caseload import monthly_signals
from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.simulate.checkins import KEYS, draw_sent, safety_rows
from caseload.simulate.simulated import random_streams
from caseload.simulate.staff import draw_staff

SETTINGS = sim.Settings(seed=5, clinicians=16, months=6, over_investment=sim.NO_OVER_INVESTMENT)


def with_checkins(**given: float) -> sim.Simulated:
    return sim.simulate(replace(SETTINGS, checkins=sim.CheckIns(**{"share": 1.0, **given})))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def practice() -> sim.Simulated:
    return with_checkins(share=0.8, first=2)


def with_truth(simulated: sim.Simulated) -> pd.DataFrame:
    return simulated.tables["ratings"].merge(simulated.truth.clients, on=KEYS, suffixes=("", "_true"))


def test_nobody_sends_any_unless_asked(practice: sim.Simulated) -> None:
    without = sim.simulate(SETTINGS)
    assert "ratings" not in without.tables
    for name, table in without.tables.items():
        now = practice.tables[name]
        if name == "surveys":
            now = now[now["instrument"] != "team_safety"].reset_index(drop=True)
        pd.testing.assert_frame_equal(table, now)


def test_ratings_are_of_clients_with_an_appointment_that_month(practice: sim.Simulated) -> None:
    ratings, sessions = practice.tables["ratings"], practice.tables["sessions"]
    met = sessions.assign(month=sessions["scheduled_start"].dt.to_period("M"))[KEYS].drop_duplicates()
    assert not ratings.duplicated(KEYS).any()
    assert len(ratings.merge(met, on=KEYS)) == len(ratings)
    assert ratings["month"].min() == practice.settings.calendar[2]
    assert (ratings["rated_on"].dt.to_period("M") == ratings["month"]).all()
    assert ratings[["effort", "engagement"]].isin(range(11)).all(axis=None)
    assert set(ratings["crisis"].dropna()) | set(ratings["access_barrier"].dropna()) == {True}


def test_check_ins_are_sent_as_often_as_asked() -> None:
    settings = replace(SETTINGS, clinicians=200, checkins=sim.CheckIns(share=0.7, first=1))
    streams = random_streams(settings)
    staff = draw_staff(settings, streams["staff"])
    sent = draw_sent(settings, staff, streams["checkins"])
    begun = np.arange(6) >= np.maximum(staff.traits[["start"]].to_numpy(), 1)
    assert sent[begun].mean() == pytest.approx(0.7, abs=0.05)
    assert not sent[~begun].any()
    rows = safety_rows(settings, staff, sent, streams["checkins"])
    assert rows["response"].between(0, 10).all()
    assert 0.75 < len(rows) / sent.sum() < 0.95


def test_a_rating_follows_its_own_state_and_no_other() -> None:
    rows = with_truth(with_checkins(halo=0.0, mood=0.0))
    correlations = rows[["effort", "engagement", "effort_true", "engagement_true"]].corr()
    assert correlations.loc["effort", "effort_true"] > 0.45
    assert correlations.loc["engagement", "engagement_true"] > 0.55
    assert abs(correlations.loc["effort", "engagement_true"]) < 0.2


def test_errors_of_one_person_are_correlated() -> None:
    def correlation(**given: float) -> float:
        rows = with_truth(with_checkins(**given))
        errors = [rows[side] - slope * rows[f"{side}_true"] for side, slope in (("effort", 0.9), ("engagement", 1.0))]
        own = [error - error.groupby(rows["clinician_id"]).transform("mean") for error in errors]
        return float(own[0].corr(own[1]))

    independent, halo, mood = correlation(halo=0.0, mood=0.0), correlation(halo=0.8, mood=0.0), correlation(mood=2.0)
    assert abs(independent) < 0.1
    assert halo < -0.3
    assert mood < -0.4


def test_a_stage_is_recorded_where_it_is_new() -> None:
    settings = replace(SETTINGS, checkins=sim.CheckIns(share=1.0, rated=1.0), recording=sim.ATTENDANCE_CHECKINS)
    ratings = sim.simulate(settings).tables["ratings"]
    stages = ratings.dropna(subset=["stage_of_change"]).groupby(KEYS[:2])["stage_of_change"]
    assert all(one != other for _, given in stages for one, other in pairwise(given))
    assert 0.1 < ratings["stage_of_change"].notna().mean() < 0.6


def test_attendance_and_check_ins_alone_are_signals_of_both_sides() -> None:
    settings = replace(SETTINGS, clinicians=4, checkins=sim.CheckIns(share=1.0), recording=sim.ATTENDANCE_CHECKINS)
    simulated = sim.simulate(settings)
    assert set(simulated.tables) == {"sessions", "ratings"}
    signals = monthly_signals(simulated.practice())
    known = {name.removesuffix("_n") for name in signals if name.endswith("_n") and (signals[name] > 0).any()}
    assert {"effort_checkin", "engagement_checkin", "attendance"} <= known


def test_senseless_check_ins_are_named() -> None:
    with pytest.raises(ParameterError, match=r"first of checkins.*mood of checkins.*share must lie between 0 and 1"):
        replace(SETTINGS, checkins=sim.CheckIns(share=1.2, first=-1, mood=-0.5))
