"""Self-care and boundaries: the plan, contacts after hours, breaks, overruns, hours, days off."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from caseload.estimates.boundaries import COLUMNS, MEASURES, after_hours_days, boundaries, counted_contacts
from caseload.estimates.limits import xmr
from caseload.estimates.selfcare import after_hours_share, plan_done, plan_months, plan_table, self_care
from caseload.estimates.supports import leave_dates

MAY = pd.Period("2026-05", "M")
NONE = float("nan")
PEOPLE = pd.DataFrame(
    {"clinician_id": ["C1"], "workday_start": ["08:00"], "workday_end": ["18:00"], "weekly_client_hours": [20.0]}
)


def plan(*rows: tuple) -> pd.DataFrame:
    """Rows of (month, goal, planned, done, barrier)."""
    frame = pd.DataFrame(rows, columns=["month", "goal", "planned_times", "done_times", "barrier"])
    frame["month"] = pd.PeriodIndex(frame["month"], freq="M")
    frame = frame.assign(clinician_id="C1", kind="restorative")
    words = dict.fromkeys(["clinician_id", "goal", "barrier", "kind"], "str")
    return frame.astype({"planned_times": float, "done_times": float, **words})


def contacts(*rows: tuple) -> pd.DataFrame:
    """Rows of (time, minutes) or (time, minutes, direction, channel, planned)."""
    filled = [(*row, *("to_client", "call", False)[len(row) - 2 :]) for row in rows]
    frame = pd.DataFrame(filled, columns=["contacted_at", "minutes", "direction", "channel", "planned"])
    frame = frame.assign(clinician_id="C1", client_id="K1", contacted_at=pd.to_datetime(frame["contacted_at"]))
    words = dict.fromkeys(["clinician_id", "client_id", "direction", "channel"], "str")
    return frame.astype({"minutes": float, "planned": "boolean", **words})


def sessions(*rows: tuple) -> pd.DataFrame:
    """Rows of (start, scheduled minutes, actual minutes); attended."""
    frame = pd.DataFrame(rows, columns=["scheduled_start", "scheduled_minutes", "actual_minutes"])
    frame["scheduled_start"] = pd.to_datetime(frame["scheduled_start"])
    frame["session_id"] = [f"S{i}" for i in range(len(frame))]
    frame = frame.assign(clinician_id="C1", client_id="K1", status="attended", crisis=pd.array([False] * len(frame)))
    words = dict.fromkeys(["session_id", "clinician_id", "client_id", "status"], "str")
    return frame.astype({"scheduled_minutes": float, "actual_minutes": float, "crisis": "boolean", **words})


def supports(*days: str) -> pd.DataFrame:
    """Days off."""
    frame = pd.DataFrame({"date": pd.to_datetime(list(days)), "planned_minutes": np.nan, "done_minutes": np.nan})
    frame = frame.assign(clinician_id="C1", kind="time_off", cancelled_by=None)
    return frame.astype({"clinician_id": "str", "kind": "str", "cancelled_by": "str"})


def bounds(c: pd.DataFrame, s: pd.DataFrame, t: pd.DataFrame, month=MAY, **options) -> pd.DataFrame:
    """`boundaries` of contacts, sessions and days off."""
    return boundaries(counted_contacts(c, s, PEOPLE, **options), c, s, PEOPLE, leave_dates(t), month)


def measured(name: str, *, s=None, c=None, t=None, month=MAY, **options) -> pd.Series:
    s = sessions(("2026-05-04 09:00", 50, 50)) if s is None else s
    table = bounds(contacts() if c is None else c, s, supports() if t is None else t, month, **options)
    return table[table["measure"] == name].iloc[0]


# P(share < .5) under Beta(2 + done, 2 + planned − done). R: pbeta(.5, 5, 11) = 0.9407654
def test_plan_by_hand():
    data = plan(("2026-03", "a", 4, 1, None), ("2026-04", "a", 4, 1, None), ("2026-05", "a", 4, 1, None))
    row = plan_done(data, MAY).iloc[0]
    assert row[["planned_times", "done_times"]].tolist() == [12, 3]
    assert row["p_plan"] == pytest.approx(0.9407654)
    assert row["done_share"] == pytest.approx(5 / 16)
    assert row[["done_low", "done_high"]].tolist() == pytest.approx(beta.ppf([0.05, 0.95], 5, 11))


def test_the_plan_looks_back_three_months_and_never_ahead():
    data = plan(*[(f"2026-0{m}", "a", 1, 0, None) for m in (1, 2, 3, 4, 5, 6)])
    months = pd.period_range("2026-01", "2026-06", freq="M")
    assert plan_done(data, months)["planned_times"].tolist() == [1, 2, 3, 3, 3, 3]
    assert plan_done(data[:1], pd.Period("2026-03", "M"))["planned_times"].tolist() == [1]
    assert plan_done(data[:1], pd.Period("2026-04", "M")).empty


def test_done_above_planned_does_not_make_up_for_another_goal():
    row = plan_done(plan(("2026-05", "a", 2, 9, None), ("2026-05", "b", 4, 0, None)), MAY).iloc[0]
    assert row[["planned_times", "done_times"]].tolist() == [6, 2]


def test_a_goal_without_a_record_is_no_failure():
    row = plan_done(plan(("2026-05", "a", 4, NONE, None), ("2026-05", "b", 2, 2, None)), MAY).iloc[0]
    assert row[["planned_times", "done_times"]].tolist() == [2, 2]
    nothing = plan_done(plan(("2026-05", "a", 4, NONE, "access")), MAY).iloc[0]
    assert nothing[["done_share", "done_low", "done_high", "p_plan"]].isna().all() and nothing["barrier"] == "access"


@pytest.mark.parametrize(
    ("barriers", "most"),
    [
        (["access", "access", "workload"], "access"),
        (["access", "workload"], "workload"),
        (["motivation", "access"], "access"),
        (["none", "none", "own words"], "own words"),
        (["none", None], ""),
    ],
)
def test_the_barrier_most_noted(barriers, most):
    data = plan(*[("2026-05", str(i), 1, 0, barrier) for i, barrier in enumerate(barriers)])
    assert plan_done(data, MAY)["barrier"].tolist() == [most]


def test_the_months_of_the_plan_are_those_of_its_share():
    data = plan(
        ("2026-02", "a", 4, 4, None),
        ("2026-03", "a", 4, 1, None),
        ("2026-04", "b", 2, 9, None),
        ("2026-05", "a", 4, NONE, None),
        ("2026-06", "a", 4, 4, None),
    )
    table = plan_months(data, "C1", MAY)
    assert [(r.goal, str(r.month), r.planned, r.counted) for r in table.itertuples()] == [
        ("a", "2026-03", 4, True),
        ("a", "2026-05", 4, False),
        ("b", "2026-04", 2, True),
    ]
    counts = table[table["counted"]]
    share = plan_done(data, MAY).iloc[0]
    assert counts["planned"].sum() == share["planned_times"] == 6
    assert counts[["planned", "done"]].min(axis=1).sum() == share["done_times"] == 3
    assert plan_months(data, "C2", MAY).empty


def test_plan_table_is_what_the_figure_takes():
    data = plan(
        ("2026-05", "walk", 4, 5, "none"), ("2026-05", "lunch", 8, NONE, "workload"), ("2026-04", "x", 1, 1, None)
    )
    table = plan_table(data, "C1", MAY)
    assert list(table) == ["goal", "planned", "done", "barrier"]
    assert table["goal"].tolist() == ["walk", "lunch"] and table["barrier"].tolist() == ["", "workload"]
    assert table["done"].tolist()[0] == 5


def late(*rows: tuple, weekends: bool = False, crisis_on: str | None = None) -> list[bool]:
    s = sessions((crisis_on or "2026-05-04", 50, 50)).assign(crisis=pd.array([crisis_on is not None], "boolean"))
    people = PEOPLE.assign(weekends_after_hours=weekends)
    return counted_contacts(contacts(*rows), s, people)["after_hours"].tolist()


@pytest.mark.parametrize(("clock", "after"), [("07:59", True), ("08:00", False), ("17:59", False), ("18:00", True)])
def test_after_hours_begin_with_the_end_of_the_workday(clock, after):
    assert late((f"2026-05-06 {clock}", 5)) == [after]


def test_weekends_count_where_declared():
    rows = [(f"2026-05-{day} 12:00", 5) for day in ("01", "02", "03", "04")]  # Friday to Monday
    assert late(*rows) == [False] * 4
    assert late(*rows, weekends=True) == [False, True, True, False]


def test_planned_coaching_and_incoming_messages_are_left_out():
    night = "2026-05-06 22:00"
    assert late((night, 5, "to_client", "call", True)) == []
    assert late((night, 5, "from_client", "email", False)) == []
    assert late((night, 5, "from_client", "call", False)) == [True]
    assert late((night, 5, "about_client", "email", False), (night, 5, None, None, None)) == [True, True]


@pytest.mark.parametrize(("crisis", "counted"), [("04-30", 1), ("05-04", 0), ("05-06", 0), ("05-03", 1), ("05-07", 1)])
def test_contacts_of_a_crisis_are_left_out_for_its_day_and_two_more(crisis, counted):
    assert len(late(("2026-05-06 22:00", 5), crisis_on=f"2026-{crisis} 09:00")) == counted


# P(share > .25) under Beta(1 + late, 5 + n − late). R: 1 - pbeta(.25, 5, 11) = 0.6864859
def test_a_counted_contact_says_with_whom_and_how():
    rows = counted_contacts(contacts(("2026-05-04 19:30", 12, "about_client", "email", False)), sessions(), PEOPLE)
    named = rows[["client_id", "direction", "channel", "minutes", "after_hours"]]
    assert named.values.tolist() == [["K1", "about_client", "email", 12.0, True]]


def test_after_hours_share_by_hand():
    rows = [("2026-05-06 22:00", 5)] * 4 + [("2026-05-06 12:00", 5)] * 6
    counted = counted_contacts(contacts(*rows), sessions(), PEOPLE)
    row = after_hours_share(counted, MAY).iloc[0]
    assert row[["contacts", "after_hours"]].tolist() == [10, 4]
    assert row["p_after_hours"] == pytest.approx(0.6864859)
    assert row["after_share"] == pytest.approx(5 / 16)
    assert row[["after_low", "after_high"]].tolist() == pytest.approx(beta.ppf([0.05, 0.95], 5, 11))


def test_the_larger_probability_speaks():
    goals = plan(("2026-05", "a", 4, 4, None))
    night = contacts(*[("2026-05-06 22:00", 5)] * 9)
    row = self_care(goals, night, sessions(), PEOPLE, MAY).iloc[0]
    assert row["p_self_care"] == row["p_after_hours"] > 0.9 > row["p_plan"]
    row = self_care(goals, contacts(), sessions(), PEOPLE, MAY).iloc[0]
    assert row["p_self_care"] == row["p_plan"] and np.isnan(row["p_after_hours"]) and row["contacts"] == 0


def test_nothing_recorded_is_nothing_known():
    row = self_care(plan(), contacts(), sessions(), PEOPLE, MAY).iloc[0]
    assert row[["p_self_care", "p_plan", "p_after_hours", "done_share", "after_share"]].isna().all()
    assert row["barrier"] == "" and row["planned_times"] == 0
    assert self_care(plan(), contacts(), sessions(), PEOPLE[:0], MAY).empty


@settings(max_examples=4, deadline=None)
@given(st.permutations(range(8)), st.integers(0, 8))
def test_order_does_not_matter_and_probabilities_are_bounded(order, done):
    goals = plan(*[("2026-05", str(i), 1, float(i < done), "access") for i in range(8)])
    talks = contacts(*[(f"2026-05-06 {10 + 2 * i}:00", 5) for i in range(7)], ("2026-05-07 19:00", 5))
    table = self_care(goals.iloc[order], talks.iloc[order], sessions(), PEOPLE, MAY)
    pd.testing.assert_frame_equal(table, self_care(goals, talks, sessions(), PEOPLE, MAY))
    assert table[["p_self_care", "p_plan", "p_after_hours"]].apply(lambda p: p.between(0, 1)).all(axis=None)


def test_less_done_and_more_after_hours_never_lower_p():
    p = [plan_done(plan(("2026-05", "a", 10, k, None)), MAY)["p_plan"][0] for k in range(10, -1, -1)]
    assert p == sorted(p)


@pytest.mark.parametrize(("actual", "overruns"), [(59.9, 0), (60, 1), (NONE, NONE)])
def test_overruns_begin_at_ten_minutes(actual, overruns):
    value = measured("overruns", s=sessions(("2026-05-04 09:00", 50, actual)))["value"]
    assert value == pytest.approx(overruns, nan_ok=True)


@pytest.mark.parametrize(
    ("starts", "minutes", "without"),
    [
        (["09:00", "10:00", "11:00", "12:00"], 60, 1),  # four hours on end
        (["09:00", "10:00", "11:00", "12:00"], 59, 0),  # a minute under four hours: no break needed
        (["09:00", "10:00", "11:30", "12:30"], 60, 0),  # half an hour's break
        (["09:00", "10:00", "11:29", "12:30"], 60, 1),  # a minute less
        (["09:00", "09:30", "10:00", "12:00"], 60, 0),  # overlapping sessions are one stretch
        (["09:00"], 300, 0),  # a single session has no first and last
    ],
)
def test_days_without_a_break(starts, minutes, without):
    rows = [(f"2026-05-04 {start}", 50, minutes) for start in starts]
    assert measured("days_without_break", s=sessions(*rows))["value"] == without


def test_a_long_session_covers_the_pause_between_shorter_ones():
    rows = [("2026-05-04 09:00", 50, 240), ("2026-05-04 09:30", 50, 30), ("2026-05-04 13:00", 50, 60)]
    assert measured("days_without_break", s=sessions(*rows))["value"] == 1


def test_weekly_hours_count_groups_once_and_take_leave_out():
    # May 2026 has 21 weekdays; one day off leaves 20 = 4 weeks; 8 hours in 4 weeks are 2 a week
    rows = [(f"2026-05-0{day} 09:00", 60, 120) for day in (4, 5, 6, 7, 7)]
    row = measured("weekly_client_hours", s=sessions(*rows), t=supports("2026-05-08", "2026-05-09"))
    assert row["value"] == pytest.approx(2.0) and row["contract"] == 20.0
    assert measured("days_off", t=supports("2026-05-08", "2026-05-09"))["value"] == 2
    assert np.isnan(measured("days_off")["value"]) and np.isnan(measured("days_off")["contract"])


def test_after_hours_minutes_are_missing_where_no_contacts_are_kept():
    assert np.isnan(measured("after_hours_minutes")["value"])
    day, night = ("2026-05-04 12:00", 10), ("2026-05-05 20:00", 25)
    assert measured("after_hours_minutes", c=contacts(day))["value"] == 0
    assert measured("after_hours_minutes", c=contacts(day, night))["value"] == 25
    june = ("2026-06-04 12:00", 10)
    assert np.isnan(measured("after_hours_minutes", c=contacts(june))["value"])  # begins later


@pytest.mark.parametrize(("earlier", "known"), [(3, False), (4, True), (6, True)])
def test_the_usual_range_is_that_of_earlier_months(earlier, known):
    months = pd.period_range("2025-11", periods=earlier + 2, freq="M")
    counts = [3, 1, 4, 1, 5, 9, 2, 6][: earlier + 2]
    rows = [
        (month.start_time + pd.Timedelta(days=d), 50, 70)
        for month, n in zip(months, counts, strict=True)
        for d in range(n)
    ]
    row = measured("overruns", s=sessions(*rows), month=months[earlier])
    limits = xmr(counts[:earlier])
    expected = [max(0.0, limits.lower), limits.upper] if known else [NONE, NONE]
    assert row[["usual_low", "usual_high"]].tolist() == pytest.approx(expected, nan_ok=True)
    assert row["earlier"] == earlier and row["value"] == counts[earlier]


def test_boundaries_have_a_row_per_measure():
    table = bounds(contacts(), sessions(("2026-05-04 09:00", 50, 50)), supports())
    assert list(table) == COLUMNS and sorted(table["measure"]) == sorted(MEASURES)
    empty = bounds(contacts(), sessions(), supports())
    assert list(empty) == COLUMNS and empty.empty


def test_after_hours_days_are_every_day_of_the_month():
    rows = [("2026-05-04 20:00", 20), ("2026-05-04 07:00", 5), ("2026-05-04 12:00", 9), ("2026-06-01 20:00", 9)]
    counted = counted_contacts(contacts(*rows), sessions(), PEOPLE)
    table = after_hours_days(counted, leave_dates(supports("2026-05-08")), "C1", MAY)
    assert list(table) == ["date", "minutes", "day_off"] and len(table) == 31
    assert table["minutes"].sum() == table.loc[3, "minutes"] == 25
    assert table.index[table["day_off"]].tolist() == [7]
