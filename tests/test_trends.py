"""Trends: limits, the four rules, the chart's table and the false signals to expect."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caseload.estimates import limits as charts
from caseload.estimates.limits import (
    MIN_POINTS,
    TRIAL_POINTS,
    expected_signals,
    outside,
    seven_monotone,
    seven_one_side,
    signals,
    simulated_signals,
    two_of_three_near_limit,
    xmr,
)
from caseload.estimates.trends import PRIOR_PERSISTENCE, WHOLE_POINTS, Course, as_months, chart, persistence

# Wheeler, Understanding Variation: the accounts receivable series with its published results.
WHEELER = [5045, 4350, 4350, 3975, 4290, 4430, 4485, 4285, 3980, 3925, 3645, 3760, 3300, 3685, 3463, 5200]

values = st.lists(st.floats(-100, 100) | st.just(float("nan")), max_size=30)


def points(marked: np.ndarray) -> list[int]:
    return (np.flatnonzero(marked) + 1).tolist()


def series(*numbers: float, start: str = "2026-01") -> pd.DataFrame:
    return pd.DataFrame({"month": pd.period_range(start, periods=len(numbers), freq="M"), "value": numbers})


def test_wheelers_series_has_its_published_limits():
    limits = xmr(WHEELER)
    assert limits.mean == 4135.5
    assert limits.moving_range == pytest.approx(355.933, abs=5e-4)
    assert limits.lower == pytest.approx(3188.717, abs=5e-4)
    assert limits.upper == pytest.approx(5082.283, abs=5e-4)
    assert limits.lower_near == pytest.approx(3504.4, abs=0.05)
    assert limits.upper_near == pytest.approx(4766.6, abs=0.05)  # 4135.5 + 1.773 · 355.933


def test_wheelers_series_has_its_published_signals():
    limits = xmr(WHEELER)
    assert points(outside(WHEELER, limits.lower, limits.upper)) == [16]
    assert points(seven_one_side(WHEELER, limits.mean)) == [9, 10, 11, 12, 13, 14, 15]
    assert points(two_of_three_near_limit(WHEELER, limits.lower_near, limits.upper_near)) == [13, 15]
    assert points(seven_monotone(WHEELER)) == []
    assert points(signals(WHEELER, limits)) == [9, 10, 11, 12, 13, 14, 15, 16]
    assert points(signals(WHEELER, limits, ["outside"])) == [16]


def test_a_point_on_the_limit_is_inside():
    assert outside([0.0, 1.0, 1.0001, -0.0001], 0.0, 1.0).tolist() == [False, False, True, True]


@pytest.mark.parametrize(("length", "found"), [(6, 0), (7, 7), (8, 8)])
def test_seven_on_one_side(length, found):
    run = [-1.0] + [1.0] * length + [-1.0]
    assert points(seven_one_side(run, 0.0)) == list(range(2, 2 + found))
    assert seven_one_side([-x for x in run], 0.0).sum() == found


def test_a_point_on_the_mean_ends_a_run():
    assert not seven_one_side([1, 1, 1, 1, 0, 1, 1, 1, 1], 0.0).any()


@pytest.mark.parametrize(("length", "found"), [(6, 0), (7, 7), (9, 9)])
def test_seven_monotone(length, found):
    rising = [float(x) for x in range(length)]
    assert seven_monotone(rising).sum() == found
    assert seven_monotone(rising[::-1]).sum() == found


def test_a_tie_ends_a_rise():
    assert not seven_monotone([0, 1, 2, 3, 3, 4, 5, 6]).any()


@pytest.mark.parametrize(
    ("pattern", "marked"),
    [
        ([3, 0, 3], [1, 3]),
        ([3, 3], [1, 2]),
        ([0, 3, 3], [2, 3]),
        ([3, 3, 0, 0], [1, 2]),
        ([3, 0, 0, 3], []),
        ([3, 0, -3], []),  # one on each side
        ([2, 0, 2], []),  # on the near limit, not beyond it
        ([-3, -3, 3], [1, 2]),
        ([3], []),
    ],
)
def test_two_of_three_near_the_limit(pattern, marked):
    assert points(two_of_three_near_limit([float(x) for x in pattern], -2.0, 2.0)) == marked


def test_no_values_no_marks():
    assert len(outside([], 0.0, 1.0)) == len(seven_one_side([], 0.0)) == len(seven_monotone([])) == 0
    assert len(two_of_three_near_limit([], 0.0, 1.0)) == len(signals([], xmr(WHEELER))) == 0
    assert np.isnan(xmr([]).mean) and np.isnan(xmr([3.0]).upper)


def test_a_gap_is_skipped_and_a_run_goes_on_across_it():
    gap = float("nan")
    assert xmr([1.0, gap, 3.0]).moving_range == 2.0
    assert xmr([1.0, gap, 3.0, 2.0]).moving_range == 1.5
    assert points(seven_one_side([1, 1, 1, gap, 1, 1, 1, 1], 0.0)) == [1, 2, 3, 5, 6, 7, 8]
    assert points(two_of_three_near_limit([3, gap, 3], -2.0, 2.0)) == [1, 3]


@settings(deadline=None)
@given(values)
def test_gaps_change_nothing_but_positions(numbers):
    recorded = [x for x in numbers if not np.isnan(x)]
    limits = xmr(numbers)
    assert limits == xmr(recorded) or np.isnan(limits.mean)
    marked = signals(numbers, limits)
    assert marked[~np.isnan(numbers)].tolist() == signals(recorded, limits).tolist()
    assert not marked[np.isnan(numbers)].any()


def slow_signals(numbers: list[float], limits: charts.Limits) -> list[bool]:
    """The four rules as one would explain them, point by point."""
    size = len(numbers)
    marked = [x < limits.lower or x > limits.upper for x in numbers]
    for start in range(size - 6):
        run = numbers[start : start + 7]
        rising = all(a < b for a, b in pairwise(run))
        falling = all(a > b for a, b in pairwise(run))
        if all(x > limits.mean for x in run) or all(x < limits.mean for x in run) or rising or falling:
            marked[start : start + 7] = [True] * 7
    for beyond in ([x > limits.upper_near for x in numbers], [x < limits.lower_near for x in numbers]):
        for i in range(size):
            for j in range(i + 1, min(i + 3, size)):
                if beyond[i] and beyond[j]:
                    marked[i] = marked[j] = True
    return marked


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=25), st.floats(0.1, 2))
def test_signals_equal_the_rules_spelled_out(numbers, spread):
    limits = charts.Limits(len(numbers), float(np.mean(numbers)), spread)
    lines = [limits.mean, limits.lower, limits.upper, limits.lower_near, limits.upper_near]
    apart = np.abs(np.subtract.outer(numbers, lines))
    assume(not ((apart > 0) & (apart < 1e-6)).any())  # so near to a line, a value is on it
    assert signals(numbers, limits).tolist() == slow_signals(numbers, limits)


def test_trial_limits_end_at_the_threshold():
    assert xmr(np.arange(TRIAL_POINTS - 1.0)).trial
    assert not xmr(np.arange(float(TRIAL_POINTS))).trial


def test_about_three_percent_of_new_months_signal_by_chance():
    assert expected_signals(12) == pytest.approx(0.03, abs=0.005)  # simulations elsewhere: about 3 % with twelve months
    assert expected_signals(4) > expected_signals(12) > expected_signals(24)
    assert expected_signals(12, ("outside",)) < expected_signals(12)
    assert np.isnan(expected_signals(3))


def test_expected_signals_equal_a_plain_count():
    rng = np.random.default_rng(3)
    count = 0
    for _ in range(4000):
        noise = rng.standard_normal(9)
        count += signals(noise, xmr(noise, baseline=8))[-1]
    assert expected_signals(8) == pytest.approx(count / 4000, abs=4 * np.sqrt(0.04 * 0.96 / 4000))


@pytest.mark.parametrize("points", [MIN_POINTS, 7, 17, 24])
def test_what_is_kept_of_the_simulation_is_what_it_says(points):
    assert expected_signals(points) == pytest.approx(simulated_signals(points), abs=0.001)


def test_chart_judges_the_newest_month_by_the_months_before():
    table = chart(series(1, 2, 1, 2, 1, 9), state="watch")
    # mean of 1 2 1 2 1 = 1.4, every moving range is 1
    assert table["mean"].unique().tolist() == [1.4]
    assert table["upper"].iloc[-1] == pytest.approx(1.4 + 2.66)
    assert table["signal"].tolist() == [False] * 5 + [True]
    assert table["state"].tolist() == [""] * 5 + ["watch"]
    assert table["month"].tolist()[-1] == "2026-06"


def test_chart_columns_are_what_the_figure_takes():
    names = [
        "month",
        "value",
        "low",
        "high",
        "mean",
        "lower",
        "upper",
        "lower_near",
        "upper_near",
        "signal",
        "begins",
        "state",
    ]
    assert list(chart(series(1, 2))) == names
    empty = chart(series(), state="raise")
    assert list(empty) == names and empty.empty


@pytest.mark.parametrize(("months", "drawn"), [(4, False), (5, True)])
def test_limits_need_four_earlier_months(months, drawn):
    table = chart(series(*[1.0, 2.0] * 2, 50.0)[-months:])
    assert table["mean"].notna().all() == drawn
    assert table["signal"].any() == drawn


def test_chart_shows_missing_months_as_gaps():
    table = chart(series(1, 2, 1, 2, 1, 3).drop(index=2).sample(frac=1, random_state=1))
    assert table["month"].tolist() == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
    assert np.isnan(table["value"][2]) and table["mean"].iloc[0] == 1.5


def test_one_month_or_several():
    assert as_months(pd.Period("2026-05", "M")).tolist() == [pd.Period("2026-05", "M")]
    assert len(as_months(pd.period_range("2026-01", "2026-04", freq="M"))) == 4


def of_somebody(*numbers: float, **how: float) -> Course:
    return Course.of(series(*numbers), **how)


def test_a_course_without_persistence_is_the_classical_chart():
    course = of_somebody(*WHEELER)
    limits = xmr(WHEELER[:-1])
    assert course.usual == (limits.lower, limits.upper)
    pd.testing.assert_frame_equal(course.chart(), chart(series(*WHEELER)))
    assert (course.chart()["upper"] == limits.upper).all()


def test_each_month_is_judged_by_what_the_month_before_led_to_expect():
    course = of_somebody(1.0, 3.0, 2.0, 4.0, 3.0, 9.0, persistence=0.5)
    # what each month adds to half of the one before: 3 − .5, 2 − 1.5, 4 − 1, 3 − 2 = 2.5, .5, 3, 1; 9 − 1.5 = 7.5
    limits = xmr([2.5, 0.5, 3.0, 1.0])
    assert (course.limits.mean, course.limits.points) == (limits.mean, 4) == (1.75, 4)
    assert course.usual == pytest.approx((1.5 + limits.lower, 1.5 + limits.upper))
    table = course.chart()
    assert table["upper"].tolist()[1:] == pytest.approx([0.5 * x + limits.upper for x in (1, 3, 2, 4, 3)])
    assert np.isnan(table["upper"][0]) and not table["signal"].any()  # 7.5 lies under 1.75 + 2.66 · 2.167 = 7.51


def test_a_gap_carries_the_last_recorded_month_on():
    assert of_somebody(2.0, np.nan, 4.0, persistence=0.5).carried.tolist()[1:] == [1.0, 1.0]


def test_after_a_gap_less_is_left_and_more_may_happen():
    course = of_somebody(1.0, 3.0, 2.0, 4.0, np.nan, np.nan, 3.0, persistence=0.5)
    # after three months an eighth of 4 is left, and the rest of the half has gone back to the mean, 2.5
    assert course.carried[-1] == pytest.approx(0.5 + (0.5 - 0.125) * 2.5)
    assert course.spread[1:4].tolist() == [1, 1, 1] and course.spread[-1] > 1
    near = of_somebody(1.0, 3.0, 2.0, 4.0, 3.0, 2.5, 3.0, persistence=0.5)
    assert near.carried[-1] == 0.5 * 2.5 and near.limits == near._steady


@pytest.mark.parametrize("missing", [0, 3, 6])
def test_months_without_a_value_bring_few_false_signals(missing):
    """Where a deviation were carried on as over one month, 10 to 25 % would signal after six months."""
    table = autoregressive(0.6, people=800, months=16, seed=5)
    found = []
    for _, months in table.groupby("clinician_id"):
        gap = months["month"].rank().between(16 - missing, 15)
        course = Course.of(months.assign(value=months["value"].mask(gap)), persistence=0.6)
        found.append(course.chart()["signal"].iloc[-1])
    assert np.mean(found) < 0.055


@pytest.mark.parametrize("value", [0.1, 0.3, 50 / 60, 57.3, 1e6 / 3])
@pytest.mark.parametrize("course", [{}, {"persistence": 0.6}, {"whole": 60.0}, {"whole": 60.0, "persistence": 0.3}])
def test_a_series_that_never_changes_has_no_signal(value, course):
    for length in range(6, 25):
        months = series(*[value] * length)
        assert not Course.of(months, **course).chart()["signal"].any()
        assert not chart(months)["signal"].any()


def test_with_persistence_limits_need_one_month_more():
    assert of_somebody(1, 2, 1, 2, 1, persistence=0.5).usual is None
    assert of_somebody(1, 2, 1, 2, 1, 2, persistence=0.5).usual is not None


def test_a_share_is_judged_as_log_odds_and_shown_as_a_share():
    course = of_somebody(0.02, 0.05, 0.03, 0.04, 0.06, whole=1)
    low, high = course.usual
    assert 0 < low < 0.02 and 0.06 < high < 0.3  # the classical limits would begin below 0
    assert course.times(100).usual == pytest.approx((100 * low, 100 * high))
    assert course.chart()["value"].tolist() == [0.02, 0.05, 0.03, 0.04, 0.06]


def test_a_value_on_the_rounded_mean_ends_a_run():
    rounded = [0.85, 0.90, 0.95, 0.75, 0.90, 0.90, 0.95, 0.90, 0.90, 0.95, 0.90, 0.95]
    as_they_are, known_to_be_rounded = Course.of(series(*rounded)), Course.of(series(*rounded), grain=0.05)
    assert as_they_are.limits.mean == pytest.approx(9.85 / 11)
    assert known_to_be_rounded.limits.mean == pytest.approx(0.9)
    assert as_they_are.chart()["signal"].iloc[-1]
    assert not known_to_be_rounded.chart()["signal"].iloc[-1]
    assert known_to_be_rounded.times(100).grain == pytest.approx(5)


def test_a_rating_that_never_moved_does_not_signal_at_its_first_point():
    flat = (2.0,) * 8
    assert of_somebody(*flat, 3.0).chart()["signal"].iloc[-1]
    assert not of_somebody(*flat, 3.0, least=WHOLE_POINTS).chart()["signal"].iloc[-1]
    assert of_somebody(*flat, 5.0, least=WHOLE_POINTS).chart()["signal"].iloc[-1]


def autoregressive(phi: float, people: int = 60, months: int = 18, seed: int = 0) -> pd.DataFrame:
    """A constant level of each person and a deviation that is carried on."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((people, months))
    for month in range(1, months):
        values[:, month] = phi * values[:, month - 1] + np.sqrt(1 - phi**2) * values[:, month]
    values += 3 * rng.standard_normal((people, 1))
    asked = pd.period_range("2025-01", periods=months, freq="M")
    grid = pd.MultiIndex.from_product([[f"C{i:02}" for i in range(people)], asked])
    return grid.to_frame(index=False, name=["clinician_id", "month"]).assign(value=values.ravel())


@pytest.mark.parametrize("phi", [0.0, 0.4, 0.7])
def test_persistence_is_recovered(phi):
    assert persistence(autoregressive(phi), "value") == pytest.approx(phi, abs=0.06)


def test_one_whose_level_shifts_does_not_speak_for_all():
    table = autoregressive(0.2, people=30)
    shifted = (table["clinician_id"] == "C00") & (table["month"] >= "2025-10")
    table["value"] = table["value"].where(~shifted, table["value"] + 30)
    assert persistence(table, "value") == pytest.approx(persistence(autoregressive(0.2, people=30), "value"), abs=0.06)


def test_too_little_to_learn_persistence_from():
    few = autoregressive(0.0, people=3, months=MIN_POINTS)
    assert persistence(few, "value") == PRIOR_PERSISTENCE
    assert persistence(few.iloc[:0], "value") == PRIOR_PERSISTENCE
    assert persistence(few.assign(value=1.0), "value") == PRIOR_PERSISTENCE
    left_out = autoregressive(0.9, people=40)
    assert persistence(left_out, "value", left_out["clinician_id"] < "C01") < 0.8


@pytest.mark.parametrize("phi", [0.0, 0.6])
def test_newest_months_signal_as_often_as_printed_when_nothing_has_changed(phi):
    """Noise that is carried on would signal five times as often if it were judged as it is."""
    table = autoregressive(phi, people=1500, months=13, seed=4)
    left = persistence(table, "value")
    courses = [Course.of(months, persistence=left) for _, months in table.groupby("clinician_id")]
    found = np.mean([course.chart()["signal"].iloc[-1] for course in courses])
    assert found == pytest.approx(expected_signals(courses[0].limits.points), abs=0.013)  # three standard errors
