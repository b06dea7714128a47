"""Compassion fatigue: what the level rests on, what teaches it, and the conditions of a raise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from survey_fixtures import month, months, rating, scores, wave

from caseload.estimates.context import CONTEXT
from caseload.estimates.fatigue import (
    CONTRIBUTIONS,
    CUT,
    FATIGUE_COLUMNS,
    HALF_GAP_VARIANCE,
    LEVEL_VARIANCE,
    MEAN_ERROR,
    p_compassion_fatigue,
)


def context_of(people: list[str], asked: pd.PeriodIndex, seed: int = 0) -> pd.DataFrame:
    """A context of noise."""
    frame = pd.MultiIndex.from_product([people, asked]).to_frame(index=False, name=["clinician_id", "month"])
    noise = np.random.default_rng(seed).standard_normal((len(frame), len(CONTEXT)))
    return frame.join(pd.DataFrame(noise, columns=list(CONTEXT)))


def test_variances_by_hand():
    # SEM in T: 10·2.70/5.4 = 5 and 10·2.48/5.7 = 4.3509; error of the mean (25 + 18.930)/4 = 10.983
    assert pytest.approx(10.983, abs=1e-3) == MEAN_ERROR
    # variance of the mean of two T-scores that correlate .69: 100·1.69/2 = 84.5, less its error
    assert pytest.approx(73.517, abs=1e-3) == LEVEL_VARIANCE
    # half the difference: 100·(1 − .69)/2 = 15.5, less its error (25 + 18.930)/4
    assert pytest.approx(4.517, abs=1e-3) == HALF_GAP_VARIANCE


def test_clinicians_who_keep_surveys_private_teach_nothing():
    mine = [wave("2026-01-10", 55, 60), wave("2026-04-10", 58, 62)]
    private = [wave(f"2026-0{m}-03", 80, 80, "C2") for m in range(1, 7)]
    asked = months("2025-12", "2026-06")
    found = p_compassion_fatigue(scores(*mine, *private).sample(frac=1, random_state=3), asked, learn_from={"C1"})
    alone = p_compassion_fatigue(scores(*mine), asked, learn_from={"C1"})
    pd.testing.assert_frame_equal(found[found["clinician_id"] == "C1"].reset_index(drop=True), alone, check_exact=True)
    assert len(found) == 14 and found.loc[found["clinician_id"] == "C2", "t_mean"].notna().sum() == 6


def test_those_who_share_teach_the_practice_s_mean():
    others = [wave("2026-01-10", t, t, f"D{t}") for t in range(60, 72)]
    mine = wave("2026-01-10", 50, 50)
    asked = month("2026-06")
    among = p_compassion_fatigue(scores(mine, *others), asked).set_index("clinician_id").loc["C1"]
    alone = p_compassion_fatigue(scores(mine), asked).set_index("clinician_id").loc["C1"]
    assert among["from_practice"] > 8 and abs(alone["from_practice"]) < 0.5
    assert among["t_mean"] > alone["t_mean"] + 2


def test_contributions_sum_to_the_estimate():
    context = context_of(["C1", "C2", "C3"], months("2025-06", "2026-06"))
    data = scores(*[wave(f"2026-0{m}-10", 40 + 5 * m, 50, f"C{1 + m % 3}") for m in range(1, 7)])
    found = p_compassion_fatigue(data, months("2025-12", "2026-06"), context).dropna(subset="t_mean")
    assert found[list(CONTRIBUTIONS)].sum(axis=1).to_numpy() == pytest.approx(found["t_mean"].to_numpy(), abs=1e-9)
    assert (found[[f"from_{name}" for name in CONTEXT]].abs() > 0).any(axis=None)
    assert (found["from_norm"] == 50).all()


def test_without_a_context_it_adds_nothing():
    found = p_compassion_fatigue(scores(wave("2026-01-10", 70, 70)), month("2026-03")).iloc[0]
    assert (found[[f"from_{name}" for name in CONTEXT]] == 0).all()


def test_context_that_is_unknown_or_alike_everywhere_adds_nothing():
    asked = months("2026-01", "2026-06")
    alike = context_of(["C1", "C2"], asked).assign(**dict.fromkeys(CONTEXT, 0.3)).assign(plan=np.nan)
    data = scores(*[wave(f"2026-0{m}-10", 60, 50 + m, f"C{1 + m % 2}") for m in range(1, 6)])
    found = p_compassion_fatigue(data, asked, alike).dropna(subset="t_mean")
    assert (found[[f"from_{name}" for name in CONTEXT]] == 0).all(axis=None)


def test_one_wave_by_hand_for_the_last_survey_carried_forward():
    row = p_compassion_fatigue(scores(wave("2026-03-20", 60, 64)), month("2026-05")).iloc[0]
    assert row["carried"] == pytest.approx(62) and row["months_since"] == 2
    assert row["p_carried"] == pytest.approx(norm.sf(CUT, 62, np.sqrt(MEAN_ERROR)))
    assert 50 < row["t_mean"] < 62


def test_later_surveys_and_later_context_change_no_earlier_month():
    early, asked = wave("2026-01-10", 55, 60), months("2026-01", "2026-03")
    everything = context_of(["C1", "C2"], months("2025-10", "2026-05"))
    later = scores(early, wave("2026-04-01", 80, 80), wave("2026-05-01", 42, 42, "C2"))
    mine = p_compassion_fatigue(later, asked, everything).query("clinician_id == 'C1'")
    before = everything[everything["month"] <= asked[-1]]
    pd.testing.assert_frame_equal(mine, p_compassion_fatigue(scores(early), asked, before))


def test_months_in_one_call_equal_single_months():
    data = scores(wave("2026-01-10", 55, 60), wave("2026-04-10", 70, 62), wave("2026-02-10", 40, 42, "C2"))
    asked, context = months("2025-12", "2026-06"), context_of(["C1", "C2"], months("2025-10", "2026-06"))
    single = pd.concat([p_compassion_fatigue(data, m, context) for m in asked], ignore_index=True)
    together = p_compassion_fatigue(data, asked, context).sort_values(["month", "clinician_id"], ignore_index=True)
    pd.testing.assert_frame_equal(together, single)


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
    assert 50 < one["t_mean"] < both["t_mean"] - 1
    assert one["t_high"] - one["t_low"] > both["t_high"] - both["t_low"] + 1
    assert one["carried"] == pytest.approx(66)


def test_two_waves_of_a_month_both_count():
    twice = p_compassion_fatigue(scores(wave("2026-01-03", 60, 60), wave("2026-01-28", 64, 64)), month("2026-01"))
    once = p_compassion_fatigue(scores(wave("2026-01-28", 62, 62)), month("2026-01"))
    assert twice["t_high"][0] - twice["t_low"][0] < once["t_high"][0] - once["t_low"][0]
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


def test_no_scores_no_rows():
    empty = scores(wave("2026-01-10", 50, 50)).iloc[:0]
    assert list(p_compassion_fatigue(empty, month("2026-01"))) == FATIGUE_COLUMNS
    assert p_compassion_fatigue(empty, month("2026-01")).empty
