"""Other shapes of truth: each setting does what it says, and nothing to the draws of a practice without it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from caseload import simulate as sim
from caseload.errors import ParameterError
from caseload.simulate.simulated import Cast, draw_cast, random_streams
from caseload.simulate.staff import draw_staff
from caseload.simulate.truth import tailed

STEADY = sim.Caseload(turnover=0, shared=0, client_gap=0, leave=0, late_starters=0)
SEEN = ["slot", "month"]


def cast(settings: sim.Settings) -> Cast:
    """Everything latent of a practice."""
    streams = random_streams(settings)
    return draw_cast(settings, draw_staff(settings, streams["staff"]), streams)


def panel(**given: Any) -> pd.DataFrame:
    """Latent client-months by slot and month, of thirty clinicians who keep their clients for a year."""
    settings = {"seed": 11, "clinicians": 30, "caseload": STEADY, "over_investment": (), **given}
    return cast(sim.Settings(**settings)).panel.set_index(SEEN)


def everybody(kind: Any, size: float = 1.0, **given: Any) -> tuple[sim.OverInvestment, ...]:
    """One kind of over-investment of one size, of everybody and from the first month."""
    return (sim.OverInvestment(kind, share=1.0, size=size, onset=0, spread=0, **given),)


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    return panel()


def added(plain: pd.DataFrame, **given: Any) -> pd.Series:
    """Effort that a compensation of everybody adds, by slot and month."""
    invested = panel(over_investment=everybody("compensation", **given))
    pd.testing.assert_series_equal(invested["engagement"], plain["engagement"])
    return invested["effort"] - plain["effort"]


# --- the defaults -----------------------------------------------------------------------------------------------------


def test_defaults_draw_what_they_drew_before_these_settings_existed() -> None:
    drawn = sim.simulate(sim.Settings(clinicians=30))
    sessions, truth = drawn.tables["sessions"], drawn.truth
    assert (len(truth.clients), len(sessions), len(drawn.tables["contacts"])) == (4128, 15830, 9746)
    assert (sessions["crisis"].sum(), sessions["prep_minutes"].sum()) == (293, 149989)
    sums = [*truth.clients[["effort", "engagement"]].sum(), truth.clinicians["compensation"].sum()]
    assert sums == pytest.approx([-39.59134694821665, -119.26253434784141, 23.777018776654398], rel=1e-9)


def test_all_of_it_at_once_keeps_the_contract_and_repeats() -> None:
    settings = sim.Settings(
        clinicians=20,
        months=8,
        over_investment=(
            sim.OverInvestment("compensation", share=0.4, shape="one_sided", lag=2),
            sim.OverInvestment("few_clients", share=0.3, favourites=3),
        ),
        case_mix=sim.CaseMix(crisis_share=0.1, crisis_length=3.0, crisis_recorded=0.5),
        latent_tails=3.0,
        drift=0.5,
        season=0.5,
    )
    one, same = sim.simulate(settings), sim.simulate(settings)
    pd.testing.assert_frame_equal(one.truth.clients, same.truth.clients)
    for name, table in one.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name])
    assert one.practice().quality.notes == ()


# --- compensation -----------------------------------------------------------------------------------------------------


def test_linear_compensation_answers_every_engagement(plain: pd.DataFrame) -> None:
    assert added(plain).to_numpy() == pytest.approx(-plain["engagement"].to_numpy())


def test_one_sided_compensation_answers_low_engagement_only(plain: pd.DataFrame) -> None:
    more = added(plain, shape="one_sided", size=2.0)
    assert more.to_numpy() == pytest.approx(2 * np.maximum(0, -plain["engagement"]).to_numpy())
    assert more.mean() == pytest.approx(2 * 0.4, abs=0.15)


def test_the_truth_of_one_sided_compensation_is_its_slope_below_the_average() -> None:
    part = everybody("compensation", shape="one_sided", size=1.5)
    truth = sim.simulate(sim.Settings(clinicians=20, months=4, over_investment=part, slope=(0.1, 0))).truth.clinicians
    assert truth["compensation"].to_numpy() == pytest.approx(1.6)


@pytest.mark.parametrize("lag", [1, 3, 40])
def test_lagged_compensation_answers_earlier_months(plain: pd.DataFrame, lag: int) -> None:
    more, engagement = added(plain, lag=lag).unstack(), plain["engagement"].unstack()
    for month in more:
        np.testing.assert_allclose(more[month], -engagement[max(month - lag, 0)], atol=1e-12)


def test_a_lag_never_reaches_back_to_another_client() -> None:
    turning = sim.Caseload(turnover=0.4, late_starters=0.5)
    calm = panel(caseload=turning)
    invested = panel(caseload=turning, over_investment=everybody("compensation", lag=40))
    more = (invested["effort"] - calm["effort"]).to_numpy()
    first = calm.reset_index().groupby("case")[["month", "engagement"]].transform("first")
    # a client away in the first month of the stay is answered as of a month that nobody sees
    met = (calm["age"].groupby(calm["case"]).transform("min") == 0).to_numpy()
    assert met.mean() > 0.5
    assert more[met] == pytest.approx(-first["engagement"].to_numpy()[met])


def test_lag_and_one_side_go_together(plain: pd.DataFrame) -> None:
    more, engagement = added(plain, lag=1, shape="one_sided").unstack(), plain["engagement"].unstack()
    np.testing.assert_allclose(more[5], np.maximum(0, -engagement[4]), atol=1e-12)


# --- few clients ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("favourites", "counts"), [(None, {1, 2}), (1, {1}), (4, {4})])
def test_so_many_clients_are_favourites(plain: pd.DataFrame, favourites: int | None, counts: set[int]) -> None:
    invested = panel(over_investment=everybody("few_clients", size=3.0, favourites=favourites))
    more = (invested["effort"] - plain["effort"]).xs(6, level="month")
    assert sorted({round(value, 9) for value in more}) == [0, 3]
    assert set((more > 1).groupby(plain["clinician"].xs(6, level="month")).sum()) == counts


def test_favourites_may_be_a_whole_caseload(plain: pd.DataFrame) -> None:
    invested = panel(over_investment=everybody("few_clients", size=3.0, favourites=500))
    assert (invested["effort"] - plain["effort"]).to_numpy() == pytest.approx(3.0)


# --- drift and tails --------------------------------------------------------------------------------------------------


def test_drift_is_a_line_from_each_clients_first_month(plain: pd.DataFrame) -> None:
    moved = panel(drift=0.8)
    path = (moved["engagement"] - plain["engagement"]).unstack()
    assert (path[0] == 0).all()
    np.testing.assert_allclose(path.to_numpy(), path[[6]].to_numpy() * np.arange(12) / 6, atol=1e-12)
    assert 2 * path[6].std() == pytest.approx(0.8, rel=0.12)
    assert 2 * path[6].mean() == pytest.approx(0, abs=0.15)


def test_drift_begins_anew_with_every_stay() -> None:
    turning = sim.Caseload(turnover=0.3, client_gap=0, late_starters=0.5, shared=0)
    calm, moved = panel(caseload=turning), panel(caseload=turning, drift=1.0)
    path = (moved["engagement"] - calm["engagement"]).groupby(calm["case"].to_numpy())
    assert (path.first() == 0).all()
    assert path.last().abs().max() > 0.5


def test_latent_tails_are_those_of_t_with_unit_variance() -> None:
    normal = np.linspace(-5, 5, 41)
    expected = stats.t.ppf(stats.norm.cdf(normal), 4) / np.sqrt(2)
    np.testing.assert_allclose(tailed(normal, 4), expected, rtol=1e-6, atol=1e-12)
    assert tailed(normal, None) is normal
    np.testing.assert_allclose(tailed(normal, 1e7), normal, atol=1e-4)
    drawn = tailed(np.random.default_rng(1).standard_normal(400_000), 6)
    assert drawn.var() == pytest.approx(1, abs=0.02)


def test_latent_tails_hold_of_clients_and_their_months() -> None:
    lasting, passing = sim.Variance(0, 0, 1, 0), sim.Variance(0, 0, 0, 1)
    calm, heavy = (
        panel(clinicians=120, effort=lasting, engagement=passing, slope=(0, 0), latent_tails=tails)
        for tails in (None, 4.0)
    )
    for side in ("effort", "engagement"):
        assert calm[side].kurt() < 0.5
        assert heavy[side].kurt() > 1.5
        assert heavy[side].std() == pytest.approx(1, abs=0.1)
        assert heavy[side].corr(calm[side], method="spearman") == pytest.approx(1)


# --- crises -----------------------------------------------------------------------------------------------------------


def crises(length: float, share: float = 0.1) -> pd.DataFrame:
    """Crisis months, slots × months, of clients who are alike."""
    mix = sim.CaseMix(crisis_share=share, crisis_length=length)
    found = cast(sim.Settings(seed=2, clinicians=150, months=18, caseload=STEADY, case_mix=mix))
    assert set(found.panel["crisis"]) <= {False, True}
    return found.panel.set_index(SEEN)["crisis"].unstack()


@pytest.mark.parametrize("length", [1.0, 2.0, 5.0])
def test_crises_last_as_long_as_set_and_are_as_common(length: float) -> None:
    found = crises(length)
    once = crises(1.0)
    assert found.to_numpy().mean() == pytest.approx(once.to_numpy().mean(), rel=0.1)
    after = found.to_numpy()[:, 1:][found.to_numpy()[:, :-1]].mean()
    anew = once.to_numpy()[:, 1:][once.to_numpy()[:, :-1]].mean()
    assert after == pytest.approx(1 - (1 - anew) / length, abs=0.06)


def test_crisis_shares_of_none_and_all_hold_at_any_length() -> None:
    assert not crises(4.0, share=0.0).any(axis=None)
    expected = 0.5 + np.exp(0.125) * stats.norm.cdf(-0.5)  # mean of min(1, exp(severity / 2)): all but the less severe
    assert crises(4.0, share=1.0).to_numpy().mean() == pytest.approx(expected, abs=0.03)


def test_crises_end_with_the_stay() -> None:
    mix = sim.CaseMix(crisis_share=0.2, crisis_length=1e9)
    found = cast(sim.Settings(clinicians=60, caseload=sim.Caseload(turnover=0.3, client_gap=0), case_mix=mix)).panel
    assert found.groupby("case")["crisis"].nunique().eq(1).mean() > 0.99
    assert found["crisis"].mean() == pytest.approx(0.22, abs=0.05)


def test_unmarked_crises_are_spent_all_the_same() -> None:
    kept = {"seed": 3, "clinicians": 15, "months": 6, "recording": sim.Recording(missing={})}
    full, half, none = (
        sim.simulate(sim.Settings(**kept, case_mix=sim.CaseMix(crisis_share=0.2, crisis_recorded=share)))
        for share in (1.0, 0.5, 0.0)
    )
    marks = [practice.tables["sessions"]["crisis"].fillna(False) for practice in (full, half, none)]
    assert marks[1].sum() / marks[0].sum() == pytest.approx(0.5, abs=0.12)
    assert not (marks[1] & ~marks[0]).any()
    assert not marks[2].any()
    for practice in (half, none):
        pd.testing.assert_frame_equal(
            practice.tables["sessions"].drop(columns="crisis"), full.tables["sessions"].drop(columns="crisis")
        )
        pd.testing.assert_frame_equal(practice.truth.clients, full.truth.clients)


# --- season -----------------------------------------------------------------------------------------------------------


def test_season_is_one_shock_a_month_spent_by_all_and_in_no_truth(plain: pd.DataFrame) -> None:
    stormy = panel(season=0.7)
    pd.testing.assert_frame_equal(stormy.drop(columns="load"), plain.drop(columns="load"))
    shocks = (stormy["load"] - plain["load"]).groupby("month").agg(["mean", np.ptp])
    assert shocks["ptp"].to_numpy() == pytest.approx(0, abs=1e-12)
    long = panel(season=0.7, clinicians=2, months=200)
    calm = panel(clinicians=2, months=200)
    assert (long["load"] - calm["load"]).groupby("month").mean().std() == pytest.approx(0.7, rel=0.15)


def test_season_shows_in_what_is_recorded() -> None:
    spread = []
    for season in (0.0, 1.5):
        sessions = sim.simulate(sim.Settings(clinicians=30, over_investment=(), season=season)).tables["sessions"]
        notes = np.log(sessions["note_minutes"]).groupby(sessions["scheduled_start"].dt.to_period("M")).mean()
        spread.append(notes.std())
    assert spread[1] > 3 * spread[0]


# --- recording and refusals -------------------------------------------------------------------------------------------


def test_attendance_all_minutes_and_contacts_alone() -> None:
    few, all_ = (
        sim.simulate(sim.Settings(clinicians=4, months=4, recording=recording)).tables
        for recording in (sim.ATTENDANCE_MINUTES_CONTACTS, sim.ATTENDANCE_ALL_MINUTES_CONTACTS)
    )
    assert set(all_) == {"sessions", "contacts"}
    more = ["prep_minutes", "note_minutes"]
    pd.testing.assert_frame_equal(all_["sessions"].drop(columns=more), few["sessions"])
    pd.testing.assert_frame_equal(all_["contacts"], few["contacts"])
    attended = all_["sessions"]["status"] == "attended"
    assert all_["sessions"].loc[attended, more].notna().all(axis=None)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        *(({"drift": value}, "drift must be a finite SD") for value in (-0.1, NAN, INF)),
        *(({"season": value}, "season must be a finite SD") for value in (-0.1, NAN, INF)),
        *(({"latent_tails": value}, "latent_tails must be a finite number") for value in (2.0, NAN, INF)),
        *(
            ({"case_mix": sim.CaseMix(crisis_length=value)}, "crisis_length is at least 1 month")
            for value in (0.9, NAN, INF)
        ),
        *(
            ({"case_mix": sim.CaseMix(crisis_recorded=value)}, "crisis_recorded must lie between 0 and 1")
            for value in (-0.1, 1.1, NAN)
        ),
        ({"over_investment": everybody("compensation", shape="round")}, "shapes of over_investment are linear, one_s"),
        ({"over_investment": everybody("compensation", lag=-1)}, "lag of over_investment is a whole number"),
        ({"over_investment": everybody("compensation", lag=0.5)}, "lag of over_investment is a whole number"),
        ({"over_investment": everybody("level_shift", lag=1)}, "shape and lag of over_investment belong to kind comp"),
        ({"over_investment": everybody("few_clients", shape="one_sided")}, "shape and lag of over_investment belong"),
        ({"over_investment": everybody("few_clients", favourites=0)}, "favourites of over_investment is a whole"),
        ({"over_investment": everybody("few_clients", favourites=1.5)}, "favourites of over_investment is a whole"),
        ({"over_investment": everybody("level_shift", favourites=1)}, "favourites of over_investment belongs to kind"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        sim.Settings(**given)


def test_the_ends_of_each_range_are_allowed() -> None:
    mix = sim.CaseMix(crisis_length=1.0, crisis_recorded=0.0)
    settings = sim.Settings(drift=0.0, season=0.0, latent_tails=2.01, case_mix=mix)
    assert replace(settings, over_investment=everybody("few_clients", favourites=1)).latent_tails == 2.01
