"""Instruments: the keys, prorating, norms, refusals and reliable change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.errors import InputError
from caseload.estimates.instruments import COLUMNS, norm_of, reliable_change, score_surveys, sem_t, waves
from caseload.estimates.keys import SCORED, ends_of

DAY = pd.Timestamp("2026-05-04")


def survey(instrument: str, answers: dict, day: pd.Timestamp = DAY, clinician: str = "C1") -> pd.DataFrame:
    """Survey rows of one administration; `answers` maps items or scale names to responses."""
    frame = pd.DataFrame({"item": [str(k) for k in answers], "response": [float(v) for v in answers.values()]})
    return frame.assign(clinician_id=clinician, completed_on=day, instrument=instrument)


def same(instrument: str, items: int, response: float) -> pd.DataFrame:
    return survey(instrument, dict.fromkeys(range(1, items + 1), response))


def raw(frame: pd.DataFrame) -> dict[str, float]:
    scores = score_surveys(frame)
    return dict(zip(scores["scale"], scores["raw"], strict=True))


# ProQOL-5 burnout has ten items, five of them reversed (6 − x): all 1 gives 5·1 + 5·5 = 30, all 5 gives 5·5 + 5·1 = 30.
@pytest.mark.parametrize(("response", "others"), [(1, 10.0), (3, 30.0), (5, 50.0)])
def test_proqol_with_the_same_answer_throughout(response, others):
    expected = {"compassion_satisfaction": others, "burnout": 30.0, "secondary_traumatic_stress": others}
    assert raw(same("proqol5", 30, response)) == expected


def proqol(burnout: float) -> dict[int, float]:
    """Answers that make burnout extreme: reversed items the other way round, everything else 3."""
    answers = dict.fromkeys(range(1, 31), 3.0)
    answers |= dict.fromkeys((8, 10, 19, 21, 26), burnout)
    return answers | dict.fromkeys((1, 4, 15, 17, 29), 6 - burnout)


@pytest.mark.parametrize(("burnout", "total"), [(1, 10), (2, 20), (5, 50)])
def test_burnout_reaches_both_ends_of_its_scale(burnout, total):
    assert raw(survey("proqol5", proqol(burnout)))["burnout"] == total


# Stamm (2010): burnout is 1 4 8 10 15 17 19 21 26 29, five of them reversed; the ten left over are traumatic stress.
SATISFACTION = (3, 6, 12, 16, 18, 20, 22, 24, 27, 30)
TURNED = (1, 4, 15, 17, 29)


@pytest.mark.parametrize(("strained", "well", "scores"), [(1, 5, (50, 10, 10)), (5, 1, (10, 50, 50))])
def test_proqol_scales_reach_their_ends_together(strained, well, scores):
    answers = {item: well if item in SATISFACTION + TURNED else strained for item in range(1, 31)}
    names = ("compassion_satisfaction", "burnout", "secondary_traumatic_stress")
    assert raw(survey("proqol5", answers)) == dict(zip(names, scores, strict=True))


@pytest.mark.parametrize("item", range(1, 31))
def test_every_proqol_item_moves_its_scale_alone_and_the_right_way(item):
    answers = dict.fromkeys(range(1, 31), 3.0)
    before, after = raw(survey("proqol5", answers)), raw(survey("proqol5", answers | {item: 5.0}))
    burnout = item in (*TURNED, 8, 10, 19, 21, 26)
    scale = (
        "compassion_satisfaction" if item in SATISFACTION else "burnout" if burnout else "secondary_traumatic_stress"
    )
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        scale: -2.0 if item in TURNED else 2.0
    }


def test_every_proqol_item_belongs_to_exactly_one_subscale():
    items = [i for each, scale in SCORED if each.name == "proqol5" for i in scale.items]
    assert sorted(items) == list(range(1, 31))


def test_one_missing_item_is_prorated_two_give_no_score():
    answers = dict.fromkeys(range(1, 31), 2.0)
    answers[2] = 5.0
    del answers[28]  # STS: 5 + 8·2 = 21 over nine items → 21·10/9
    scores = score_surveys(survey("proqol5", answers)).set_index("scale")
    assert scores.loc["secondary_traumatic_stress", "raw"] == pytest.approx(210 / 9)
    assert scores.loc["secondary_traumatic_stress", "n_items"] == 9
    del answers[25]
    assert "secondary_traumatic_stress" not in raw(survey("proqol5", answers))
    assert "burnout" in raw(survey("proqol5", answers))


def test_an_empty_response_is_a_missing_item():
    frame = same("proqol5", 30, 2)
    frame.loc[frame["item"] == "28", "response"] = np.nan
    assert score_surveys(frame).set_index("scale").loc["secondary_traumatic_stress", "n_items"] == 9


# T = 50 + 10 (x − M)/SD with the pooled norms; percentile 100·Φ((x − M)/SD); interval T ± 1.645·10·SEM/SD.
def test_norms_of_a_raw_score_of_26():
    row = score_surveys(survey("proqol5", {"burnout": 26})).iloc[0]
    assert row["t"] == pytest.approx(50 + 10 * 3.2 / 5.4)  # (26 − 22.8)/5.4 = .5926
    assert row["percentile"] == pytest.approx(72.33, abs=0.01)  # R: 100 * pnorm(3.2 / 5.4) = 72.327
    assert row["t_high"] - row["t"] == pytest.approx(1.6448536 * 5.0)  # 10·2.70/5.4 = 5
    assert row["t"] - row["t_low"] == pytest.approx(1.6448536 * 5.0)
    assert row["sem"] == 2.70


@pytest.mark.parametrize(
    ("scale", "quartile"),
    [("compassion_satisfaction", 42.1), ("burnout", 26.4), ("secondary_traumatic_stress", 20.5)],
)
def test_pooled_75th_percentiles(scale, quartile):
    row = score_surveys(survey("proqol5", {scale: quartile})).iloc[0]
    assert row["percentile"] == pytest.approx(75, abs=0.7)  # the quartiles are published with one decimal


# T = 50 + 10 (x − M)/SD and 100·Φ((x − M)/SD) at both ends of the raw range, as of Python's statistics.NormalDist:
# 50 + 10·(10 − 37.7)/6.5 = 7.385; 100·NormalDist().cdf(12.3/6.5) = 97.0775; and so on.
@pytest.mark.parametrize(
    ("scale", "points", "t", "percentile"),
    [
        ("compassion_satisfaction", 10, 7.385, 0.001),
        ("compassion_satisfaction", 50, 68.923, 97.0775),
        ("burnout", 10, 26.296, 0.8885),
        ("burnout", 50, 100.370, 100.0),
        ("secondary_traumatic_stress", 10, 38.246, 11.990),
        ("secondary_traumatic_stress", 50, 108.421, 100.0),
    ],
)
def test_t_and_percentile_at_both_ends(scale, points, t, percentile):
    row = score_surveys(survey("proqol5", {scale: points})).iloc[0]
    assert row["t"] == pytest.approx(t, abs=0.001)
    assert row["percentile"] == pytest.approx(percentile, abs=0.001)


@pytest.mark.parametrize("level", [1, 4, 5])
def test_stss_with_the_same_answer_throughout(level):
    expected = {"intrusion": 5.0 * level, "avoidance": 7.0 * level, "arousal": 5.0 * level, "total": 17.0 * level}
    assert raw(same("stss", 17, level)) == expected


# Bride (2004): intrusion 2 3 6 10 13, avoidance 1 5 7 9 12 14 17, arousal 4 8 11 15 16.
@pytest.mark.parametrize(
    ("scale", "items"),
    [
        ("intrusion", (2, 3, 6, 10, 13)),
        ("avoidance", (1, 5, 7, 9, 12, 14, 17)),
        ("arousal", (4, 8, 11, 15, 16)),
    ],
)
def test_each_stss_subscale_reaches_both_ends_while_the_others_do_not_move(scale, items):
    lowest = {"intrusion": 5, "avoidance": 7, "arousal": 5, "total": 17}
    assert raw(same("stss", 17, 1)) == lowest
    highest = 5 * len(items)
    found = raw(survey("stss", dict.fromkeys(range(1, 18), 1) | dict.fromkeys(items, 5)))
    assert found == lowest | {scale: highest, "total": 17 - len(items) + highest}


def test_stss_subscales_hold_their_items():
    answers = dict.fromkeys(range(1, 18), 1.0) | {2: 5.0, 10: 4.0, 17: 3.0, 8: 2.0}
    # intrusion 5 + 4 + 3, avoidance 7 + 2, arousal 5 + 1, total 17 + 4 + 3 + 2 + 1
    assert raw(survey("stss", answers)) == {"intrusion": 12, "avoidance": 9, "arousal": 6, "total": 27}
    items = [i for each, scale in SCORED if each.name == "stss" and scale.name != "total" for i in scale.items]
    assert sorted(items) == list(range(1, 18))


# Work has seven items with 13 reversed: all 0 gives 100/7, all 100 gives 600/7.
@pytest.mark.parametrize(("level", "work"), [(0, 100 / 7), (50, 50.0), (100, 600 / 7)])
def test_cbi_with_the_same_answer_throughout(level, work):
    found = raw(same("cbi", 19, level))
    assert found == {"personal": level, "client": level, "work": pytest.approx(work)}


@pytest.mark.parametrize(("others", "thirteenth", "work"), [(0, 100, 0.0), (100, 0, 100.0), (0, 75, 25 / 7)])
def test_of_cbi_only_the_thirteenth_item_is_reversed(others, thirteenth, work):
    answers = dict.fromkeys(range(1, 20), others) | {13: thirteenth}
    assert raw(survey("cbi", answers)) == {"personal": others, "client": others, "work": pytest.approx(work)}


@pytest.mark.parametrize(("scale", "first", "fewest"), [("personal", 1, 3), ("work", 7, 4), ("client", 14, 3)])
def test_cbi_needs_half_of_its_items(scale, first, fewest):
    enough = dict.fromkeys(range(first, first + fewest), 25)
    assert raw(survey("cbi", enough)) == {scale: 25.0}
    del enough[first]
    assert raw(survey("cbi", enough)) == {}


@pytest.mark.parametrize(("mean", "positive"), [(49.9, False), (50, True)])
def test_cbi_is_positive_from_50(mean, positive):
    assert score_surveys(survey("cbi", {"work": mean}))["positive"].tolist() == [positive]


# Each OLBI scale has eight items, four reversed (5 − x): every uniform answer gives the mean 2.5.
@pytest.mark.parametrize("level", [1, 4])
def test_olbi_with_the_same_answer_throughout(level):
    assert raw(same("olbi", 16, level)) == {"disengagement": 2.5, "exhaustion": 2.5}


@pytest.mark.parametrize(("worded_badly", "mean"), [(1, 4.0), (4, 1.0), (2, 3.0)])
def test_olbi_agreeing_with_complaints_and_denying_strengths_is_worst(worded_badly, mean):
    complaints = dict.fromkeys((2, 3, 4, 6, 8, 9, 11, 12), worded_badly)  # 1 = strongly agree
    strengths = dict.fromkeys((1, 5, 7, 10, 13, 14, 15, 16), 5 - worded_badly)
    assert raw(survey("olbi", complaints | strengths)) == {"disengagement": mean, "exhaustion": mean}


@pytest.mark.parametrize(("scale", "items"), [("disengagement", (1, 3, 6, 7, 9, 11, 13, 15)), ("exhaustion", (2, 4))])
def test_olbi_items_move_one_scale_only(scale, items):
    for item in items:
        found = raw(survey("olbi", dict.fromkeys(range(1, 17), 2) | {item: 1}))
        assert [name for name, mean in found.items() if mean != 2.5] == [scale]


def test_olbi_prorates_one_missing_item():
    answers = dict.fromkeys(range(1, 17), 1)
    del answers[16]  # exhaustion: four reversed 4s and three 1s = 19/7
    assert raw(survey("olbi", answers))["exhaustion"] == pytest.approx(19 / 7)
    del answers[14]
    assert "exhaustion" not in raw(survey("olbi", answers))


@pytest.mark.parametrize(("ready", "mean"), [(1, 1), (2.5, 2.5), (4, 4), (8, 1), (20, 2.5), (32, 4)])
def test_a_ready_olbi_score_is_a_mean_or_a_sum_of_eight(ready, mean):
    assert raw(survey("olbi", {"exhaustion": ready})) == {"exhaustion": mean}


@pytest.mark.parametrize("item", ["1", "total"])
@pytest.mark.parametrize(("response", "positive"), [(1, False), (2, False), (3, True), (5, True)])
def test_single_item_is_positive_from_three(item, response, positive):
    scores = score_surveys(survey("single_item_burnout", {item: response}))
    assert scores[["scale", "raw", "positive"]].values.tolist() == [["total", response, positive]]


# The ends of a scale: points of the answers times the items of a sum; a mean keeps the ends of its answers.
@pytest.mark.parametrize(
    ("instrument", "scale", "ends"),
    [
        ("proqol5", "burnout", (10, 50)),
        ("stss", "intrusion", (5, 25)),
        ("stss", "avoidance", (7, 35)),
        ("stss", "arousal", (5, 25)),
        ("stss", "total", (17, 85)),
        ("cbi", "work", (0, 100)),
        ("olbi", "exhaustion", (1, 4)),
        ("single_item_burnout", "total", (1, 5)),
        ("activation", "total", (0, 10)),
    ],
)
def test_a_scale_knows_its_ends(instrument, scale, ends):
    assert ends_of(instrument, scale) == ends


def test_activation_is_a_ready_rating():
    assert raw(survey("activation", {"total": 3.5})) == {"total": 3.5}


def test_items_win_over_a_ready_score_and_a_ready_score_over_nothing():
    ready = survey("proqol5", {"burnout": 40, "secondary_traumatic_stress": 33})
    few = survey("proqol5", dict.fromkeys((1, 4, 8, 10, 15, 17, 19, 21, 26, 29, 2, 5), 3))
    scores = score_surveys(pd.concat([ready, few])).set_index("scale")
    assert scores["raw"].to_dict() == {"burnout": 30, "secondary_traumatic_stress": 33}
    assert scores["n_items"].to_dict() == {"burnout": 10, "secondary_traumatic_stress": 0}


def test_an_item_answered_twice_counts_once_as_its_mean():
    twice = pd.concat([same("proqol5", 30, 2), survey("proqol5", {2: 4})])
    scores = score_surveys(twice).set_index("scale")
    assert scores.loc["secondary_traumatic_stress", ["raw", "n_items"]].tolist() == [21, 10]  # 9·2 + 3


@pytest.mark.parametrize(
    ("instrument", "item", "bad"),
    [
        ("proqol5", 1, 0),
        ("proqol5", 1, 6),
        ("proqol5", 1, 2.5),
        ("proqol21", 1, 6),
        ("stss", 17, 0),
        ("olbi", 1, 5),
        ("cbi", 1, 3),
        ("cbi", 1, 125),
        ("cbi", 1, -25),
        ("single_item_burnout", 1, 6),
        ("activation", "total", 10.5),
        ("proqol5", "burnout", 9.9),
        ("proqol5", "burnout", 50.1),
        ("cbi", "work", 101),
        ("olbi", "exhaustion", 7.9),
        ("olbi", "exhaustion", 32.1),
    ],
)
def test_a_response_outside_the_scale_is_refused(instrument, item, bad):
    with pytest.raises(InputError) as error:
        score_surveys(survey(instrument, {item: bad}))
    (problem,) = error.value.problems
    assert (problem.table, problem.column, problem.rows, problem.count) == ("surveys", "response", (2,), 1)
    assert instrument in problem.expected and str(bad) not in problem.found


@pytest.mark.parametrize(("instrument", "item"), [("proqol5", 31), ("stss", "work"), ("mbi", 1), ("cbi", 0)])
def test_an_unknown_item_is_refused(instrument, item):
    with pytest.raises(InputError) as error:
        score_surveys(survey(instrument, {item: 1}))
    assert [p.column for p in error.value.problems] == ["item"]


def test_all_problems_come_in_one_message():
    frame = pd.concat([same("proqol5", 30, 0), survey("olbi", {1: 7, 17: 2})], ignore_index=True)
    with pytest.raises(InputError) as error:
        score_surveys(frame)
    assert {(p.column, p.count) for p in error.value.problems} == {("item", 1), ("response", 30), ("response", 1)}
    assert max(len(p.rows) for p in error.value.problems) == 5


def test_both_ends_of_every_scale_are_accepted():
    for instrument, item, ends in [("activation", "total", (0, 10)), ("cbi", 1, (0, 100)), ("olbi", 1, (1, 4))]:
        for end in ends:
            score_surveys(survey(instrument, {item: end}))


def test_proqol21_is_checked_and_not_scored():
    frame = pd.concat([same("proqol21", 21, 5), survey("proqol21", {"compassion_fatigue": 30})])
    assert score_surveys(frame).empty


def test_no_surveys_no_scores():
    empty = same("proqol5", 30, 1).iloc[:0]
    assert list(score_surveys(empty)) == COLUMNS and score_surveys(empty).empty
    assert waves(score_surveys(empty)).empty


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(30)), st.lists(st.integers(1, 5), min_size=30, max_size=30))
def test_the_order_of_rows_does_not_matter(order, responses):
    frame = survey("proqol5", dict(enumerate(responses, start=1)))
    pd.testing.assert_frame_equal(score_surveys(frame), score_surveys(frame.iloc[order]))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=17, max_size=17))
def test_stss_total_is_the_sum_of_its_subscales(responses):
    found = raw(survey("stss", dict(enumerate(responses, start=1))))
    assert found["total"] == pytest.approx(sum(responses))
    assert found["total"] == pytest.approx(found["intrusion"] + found["avoidance"] + found["arousal"])


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=17, max_size=17), st.integers(1, 17))
def test_stss_total_is_that_sum_where_an_item_is_unanswered_too(responses, unanswered):
    answers = {item: answer for item, answer in enumerate(responses, start=1) if item != unanswered}
    found = raw(survey("stss", answers))
    assert found["total"] == pytest.approx(found["intrusion"] + found["avoidance"] + found["arousal"])


# RC = (x2 − x1)/(SEM·√2); 1.96·√2·SEM = 6.24, 7.48, 6.87 raw points.
@pytest.mark.parametrize(
    ("scale", "published"), [("compassion_satisfaction", 6.2), ("burnout", 7.5), ("secondary_traumatic_stress", 6.9)]
)
def test_reliable_change_starts_at_the_published_points(scale, published):
    sem = norm_of(scale).sem
    assert abs(reliable_change(20, 20 + published - 0.1, sem)) < 1.96
    assert reliable_change(20, 20 + published + 0.1, sem) > 1.96
    assert reliable_change(20, 20 - published - 0.1, sem) < -1.96


def test_sem_in_t_points():
    assert sem_t("burnout") == pytest.approx(5.0)
    assert sem_t("secondary_traumatic_stress") == pytest.approx(24.8 / 5.7)


def test_waves_compare_with_the_previous_administration():
    days = pd.to_datetime(["2026-01-10", "2026-04-10", "2026-07-10", "2026-10-10"])
    frames = [survey("proqol5", {"burnout": x}, day) for day, x in zip(days, (20, 28, 27, 19), strict=True)]
    other = survey("proqol5", {"burnout": 45}, days[1], clinician="C2")
    table = waves(score_surveys(pd.concat([*frames[::-1], other])))
    mine = table[table["clinician_id"] == "C1"]
    assert mine["change"].tolist()[1:] == [8, -1, -8]
    assert mine["reliable"].tolist() == ["", "rise", "none", "fall"]  # 7.5 raw points are needed
    assert table.loc[table["clinician_id"] == "C2", "reliable"].tolist() == [""]


def test_without_a_sem_nothing_is_called_reliable():
    later = survey("cbi", {"work": 90}, DAY + pd.Timedelta(days=90))
    table = waves(score_surveys(pd.concat([survey("cbi", {"work": 10}), later])))
    assert table["change"].tolist()[1] == 80 and table["reliable"].tolist() == ["", ""]
