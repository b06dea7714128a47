"""Compassion fatigue and personal activation: the filter, the conditions of a raise, and a clinician's own usual."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from caseload.estimates.fatigue import (
    CUT,
    FATIGUE_COLUMNS,
    HALF_GAP_VARIANCE,
    LEVEL_VARIANCE,
    MEAN_ERROR,
    PERSISTENCE,
    RATING,
    STS,
    filter_levels,
    p_activation,
    p_compassion_fatigue,
)
from caseload.estimates.instruments import score_surveys


def month(text: str) -> pd.Period:
    return pd.Period(text, "M")


def months(first: str, last: str) -> pd.PeriodIndex:
    return pd.period_range(first, last, freq="M")


def wave(day: str, burnout: float | None, sts: float | None, clinician: str = "C1") -> pd.DataFrame:
    """Ready ProQOL-5 scores given as T; None leaves a scale out."""
    raw = {"burnout": (burnout, 22.8, 5.4), "secondary_traumatic_stress": (sts, 16.7, 5.7)}
    kept = {scale: mean + (t - 50) / 10 * sd for scale, (t, mean, sd) in raw.items() if t is not None}
    frame = pd.DataFrame({"item": list(kept), "response": list(kept.values())})
    return frame.assign(clinician_id=clinician, completed_on=pd.Timestamp(day), instrument="proqol5")


def rating(day: str, response: float, clinician: str = "C1") -> pd.DataFrame:
    frame = pd.DataFrame({"item": ["total"], "response": [response]})
    return frame.assign(clinician_id=clinician, completed_on=pd.Timestamp(day), instrument="activation")


def scores(*frames: pd.DataFrame) -> pd.DataFrame:
    return score_surveys(pd.concat(frames, ignore_index=True))


def test_variances_by_hand():
    # SEM in T: 10·2.70/5.4 = 5 and 10·2.48/5.7 = 4.3509; error of the mean (25 + 18.930)/4 = 10.983
    assert pytest.approx(10.983, abs=1e-3) == MEAN_ERROR
    # variance of the mean of two T-scores that correlate .69: 100·1.69/2 = 84.5, less its error
    assert pytest.approx(73.517, abs=1e-3) == LEVEL_VARIANCE
    # half the difference: 100·(1 − .69)/2 = 15.5, less its error (25 + 18.930)/4
    assert pytest.approx(4.517, abs=1e-3) == HALF_GAP_VARIANCE


def test_one_wave_by_hand():
    row = p_compassion_fatigue(scores(wave("2026-03-20", 60, 64)), month("2026-03")).iloc[0]
    weight = LEVEL_VARIANCE / (LEVEL_VARIANCE + MEAN_ERROR)  # .8700
    mean, sd = 50 + weight * 12, np.sqrt(weight * MEAN_ERROR)  # 60.44, 3.091
    assert row["t_mean"] == pytest.approx(mean)
    assert row["p_compassion_fatigue"] == pytest.approx(norm.sf(CUT, mean, sd))
    assert (row["t_low"], row["t_high"]) == pytest.approx(norm.interval(0.9, mean, sd))
    assert row["carried"] == pytest.approx(62) and row["months_since"] == 0


def conditioned(times: list[int], observed: list[float], variances: list[float], at: int) -> tuple[float, float]:
    """Mean and variance of the level at month `at` given all observations, from the joint normal distribution."""
    t = np.array([at, *times])
    prior = LEVEL_VARIANCE * PERSISTENCE ** np.abs(t[:, None] - t[None, :])
    inner = prior[1:, 1:] + np.diag(variances)
    weights = np.linalg.solve(inner, prior[0, 1:])
    return 50 + weights @ (np.array(observed) - 50), LEVEL_VARIANCE - weights @ prior[0, 1:]


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 18), st.floats(20, 90), st.sampled_from([MEAN_ERROR, 29.5, 4.0])),
        min_size=1,
        max_size=7,
    )
)
def test_the_filter_equals_conditioning_of_the_joint_normal(seen):
    start = month("2025-01")
    frame = pd.DataFrame(seen, columns=["step", "value", "variance"])
    frame["clinician_id"], frame["month"] = "C1", pd.PeriodIndex([start + s for s in frame["step"]], freq="M")
    found = filter_levels(frame, start + 20).set_index("month")
    first = min(s for s, _, _ in seen)
    assert found.index[0] == start + first
    for at in range(first, 21):
        known = [row for row in seen if row[0] <= at]
        mean, variance = conditioned(*map(list, zip(*known, strict=True)), at)
        assert found.loc[start + at, ["t_mean", "variance"]].tolist() == pytest.approx([mean, variance])


def test_clinicians_do_not_touch_each_other():
    mine = scores(wave("2026-01-10", 55, 60), wave("2026-04-10", 58, 62))
    both = pd.concat([mine, scores(wave("2026-02-10", 40, 40, "C2"))], ignore_index=True)
    asked = months("2025-12", "2026-06")
    found = p_compassion_fatigue(both.sample(frac=1, random_state=3), asked)
    alone = p_compassion_fatigue(mine, asked)
    pd.testing.assert_frame_equal(found[found["clinician_id"] == "C1"].reset_index(drop=True), alone)
    assert len(found) == 14


def test_later_surveys_change_no_earlier_month():
    early = wave("2026-01-10", 55, 60)
    asked = months("2026-01", "2026-03")
    with_later = p_compassion_fatigue(scores(early, wave("2026-04-01", 80, 80)), asked)
    pd.testing.assert_frame_equal(with_later, p_compassion_fatigue(scores(early), asked))


def test_months_in_one_call_equal_single_months():
    data = scores(wave("2026-01-10", 55, 60), wave("2026-04-10", 70, 62))
    asked = months("2025-12", "2026-06")
    single = pd.concat([p_compassion_fatigue(data, m) for m in asked], ignore_index=True)
    pd.testing.assert_frame_equal(p_compassion_fatigue(data, asked), single)


def test_before_the_first_survey_nothing_is_known():
    row = p_compassion_fatigue(scores(wave("2026-03-01", 70, 70)), month("2026-02")).iloc[0]
    assert row[["p_compassion_fatigue", "t_mean", "t_low", "t_high", "carried", "months_since"]].isna().all()
    assert not row[["last_above", "reliable_rise", "two_above"]].any()


def test_without_surveys_the_level_falls_back_and_widens():
    table = p_compassion_fatigue(scores(wave("2026-01-10", 70, 70)), months("2026-01", "2026-12"))
    assert table["t_mean"].is_monotonic_decreasing and (table["t_mean"] > 50).all()
    assert (table["t_high"] - table["t_low"]).is_monotonic_increasing
    assert table["months_since"].tolist() == list(range(12))


def test_one_scale_alone_weighs_less_than_both():
    both = p_compassion_fatigue(scores(wave("2026-01-10", 66, 66)), month("2026-01")).iloc[0]
    one = p_compassion_fatigue(scores(wave("2026-01-10", 66, None)), month("2026-01")).iloc[0]
    weight = LEVEL_VARIANCE / (LEVEL_VARIANCE + 25 + HALF_GAP_VARIANCE)
    assert one["t_mean"] == pytest.approx(50 + 16 * weight) and one["t_mean"] < both["t_mean"]
    assert one["carried"] == pytest.approx(66)


def test_two_waves_of_a_month_both_count():
    twice = p_compassion_fatigue(scores(wave("2026-01-03", 60, 60), wave("2026-01-28", 64, 64)), month("2026-01"))
    weight = LEVEL_VARIANCE / (LEVEL_VARIANCE + MEAN_ERROR / 2)
    assert twice["t_mean"][0] == pytest.approx(50 + 12 * weight)
    assert twice["carried"][0] == pytest.approx(64) and twice["two_above"][0]


@pytest.mark.parametrize(("t", "above"), [(56.19, False), (56.21, True)])
def test_last_above_begins_at_the_75th_percentile(t, above):
    data = scores(wave("2026-01-10", 60, 60), wave("2026-02-10", t, t))
    row = p_compassion_fatigue(data, month("2026-03")).iloc[0]
    assert (row["last_above"], row["two_above"]) == (above, above)


# 1.96·√2·√10.983 = 9.186 T points
@pytest.mark.parametrize(("rise", "reliable"), [(9.1, False), (9.3, True), (-9.3, False)])
def test_a_reliable_rise_of_the_mean(rise, reliable):
    data = scores(wave("2026-01-10", 50, 50), wave("2026-04-10", 50 + rise, 50 + rise))
    assert p_compassion_fatigue(data, month("2026-04"))["reliable_rise"].tolist() == [reliable]


def test_other_instruments_say_nothing_about_compassion_fatigue():
    table = p_compassion_fatigue(scores(rating("2026-01-10", 9)), month("2026-01"))
    assert table["p_compassion_fatigue"].isna().all()


def test_a_higher_survey_never_lowers_the_probability():
    levels = np.linspace(40, 95, 56)
    data = scores(*[wave("2026-01-10", t, t, f"C{t:05.1f}") for t in levels])
    p = p_compassion_fatigue(data, month("2026-03"))["p_compassion_fatigue"]
    assert p.is_monotonic_increasing and p.between(0, 1).all()


def test_activation_rating_by_hand():
    data = scores(*[rating(f"2026-0{m}-10", x) for m, x in ((1, 1.0), (2, 3.0), (3, 2.0), (4, 6.0))])
    table = p_activation(data, months("2026-01", "2026-05")).set_index("month")
    # April: own usual (1 + 3 + 2)/3 = 2, difference 4; noise 1·(1 + 1/3) = 4/3, weight 4/(4 + 4/3) = .75;
    # posterior mean 3, SD √(.75·4/3) = 1; P(change > 1) = Φ(2) = .97725
    assert table.loc[month("2026-04"), "p_rating"] == pytest.approx(norm.cdf(2))
    assert table.loc[month("2026-04"), "rating_usual"] == 2
    # March: usual 2, difference 0; noise 1.5, weight 4/5.5; P = Φ(−1/√(weight·1.5))
    assert table.loc[month("2026-03"), "p_activation"] == pytest.approx(norm.cdf(-1 / np.sqrt(4 / 5.5 * 1.5)))
    assert table.loc[[month("2026-01"), month("2026-02")], "p_activation"].isna().all()  # under two earlier months
    assert np.isnan(table.loc[month("2026-05"), "p_activation"])  # a monthly rating is not carried on


def test_sts_is_carried_for_three_months():
    days = ["2025-07-10", "2025-10-10", "2026-01-10"]
    data = scores(*[wave(day, 50, t) for day, t in zip(days, (48, 52, 70), strict=True)])
    table = p_activation(data, months("2026-01", "2026-05"))
    noise = STS.error**2 * 1.5
    weight = STS.spread**2 / (STS.spread**2 + noise)
    expected = norm.sf(STS.error, weight * 20, np.sqrt(weight * noise))
    assert table["p_sts"].tolist()[:4] == pytest.approx([expected] * 4)
    assert np.isnan(table["p_sts"][4]) and table["sts_usual"][0] == pytest.approx(50)


def test_the_larger_of_rating_and_sts():
    waves = [wave(day, 50, t) for day, t in (("2026-01-10", 48), ("2026-02-10", 52), ("2026-03-10", 70))]
    ratings = [rating(day, 3) for day in ("2026-01-10", "2026-02-10", "2026-03-10")]
    row = p_activation(scores(*waves, *ratings), month("2026-03")).iloc[0]
    assert row["p_sts"] > row["p_rating"] and row["p_activation"] == row["p_sts"]


@settings(max_examples=6, deadline=None)
@given(st.lists(st.floats(0, 10), min_size=3, max_size=8), st.floats(0, 3))
def test_activation_is_a_probability_and_rises_with_the_rating(past, more):
    days = pd.date_range("2025-01-10", periods=len(past), freq="MS") + pd.Timedelta(days=9)
    frames = [rating(str(day.date()), x) for day, x in zip(days, past, strict=True)]
    higher = [*frames[:-1], rating(str(days[-1].date()), min(past[-1] + more, 10.0))]
    asked = days[-1].to_period("M")
    low, high = (float(p_activation(scores(*f), asked)["p_activation"][0]) for f in (frames, higher))
    assert 0 <= low <= high <= 1


def test_noise_alone_seldom_reaches_the_threshold():
    rng = np.random.default_rng(5)
    days = pd.date_range("2026-01-10", periods=6, freq="MS")
    noise = pd.DataFrame(
        {
            "clinician_id": np.repeat([f"C{i:03}" for i in range(400)], 6),
            "completed_on": np.tile(days, 400),
            "instrument": "activation",
            "scale": "total",
            "t": np.nan,
            "raw": 4 + RATING.error * rng.standard_normal(2400),
        }
    )
    p = p_activation(noise, month("2026-07"))["p_rating"]
    assert len(p) == 400 and (p >= 0.9).mean() < 0.02


def test_no_scores_no_rows():
    empty = scores(wave("2026-01-10", 50, 50)).iloc[:0]
    assert list(p_compassion_fatigue(empty, month("2026-01"))) == FATIGUE_COLUMNS
    assert p_compassion_fatigue(empty, month("2026-01")).empty and p_activation(empty, month("2026-01")).empty
