"""Interventions against the stage of change: the table, the stage used, the share off the stage, named clients."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom

from caseload.estimates.congruence import (
    COLUMNS,
    clients_off_stage,
    p_share_off,
    rated_sessions,
    sessions_off_stage,
    stage_congruence,
    stage_grid,
    true_stage,
)
from caseload.estimates.interventions import FITS, Fit, offset
from caseload.intake.tables import STAGES

MAY = pd.Period("2026-05", "M")


def sessions(*rows: tuple) -> pd.DataFrame:
    """Attended sessions from (start, client, stage 1–5 or None, interventions)."""
    frame = pd.DataFrame(rows, columns=["scheduled_start", "client_id", "stage", "interventions"])
    frame["scheduled_start"] = pd.to_datetime(frame["scheduled_start"])
    frame["stage_of_change"] = [None if pd.isna(s) else STAGES[int(s) - 1] for s in frame["stage"]]
    frame["session_id"] = [f"S{i:03}" for i in range(len(frame))]
    frame = frame.assign(clinician_id="C1", status="attended").drop(columns="stage")
    words = ["session_id", "clinician_id", "client_id", "status", "stage_of_change", "interventions"]
    return frame.astype(dict.fromkeys(words, "str"))


def month_of(*plan: tuple[int, str, int], clients: int = 3) -> pd.DataFrame:
    """`plan` = (stage, interventions, how many) sessions, spread over the days of May and over the clients."""
    kinds = [(stage, terms) for stage, terms, times in plan for _ in range(times)]
    days = pd.date_range("2026-05-01 09:00", periods=len(kinds), freq="8h")
    return sessions(*[(day, f"K{i % clients}", *kind) for i, (day, kind) in enumerate(zip(days, kinds, strict=True))])


# Lowest and highest fitting stage of each term, as the practice's table states it.
RANGES = {
    "validation": (1, 5),
    "alliance": (1, 5),
    "case_management": (1, 5),
    "safety_planning": (1, 5),
    "psychoeducation": (1, 3),
    "mi_evoking": (1, 3),
    "mi_planning": (3, 4),
    "self_monitoring": (2, 4),
    "cbt_homework": (3, 5),
    "skills_training": (3, 5),
    "behavioural_activation": (3, 5),
    "exposure": (3, 4),
    "cognitive_restructuring": (3, 5),
    "relapse_prevention": (4, 5),
}


def test_the_table_holds_the_vocabulary():
    assert set(FITS) == set(RANGES)


@pytest.mark.parametrize(("term", "stage"), list(product(RANGES, range(1, 6))))
def test_offsets_on_both_sides_of_every_range(term, stage):
    low, high = RANGES[term]
    expected = max(0, low - stage) - max(0, stage - high)
    if (term, stage) == ("behavioural_activation", 2):
        expected = 0.5  # soft: counts half
    assert offset(term, stage) == expected


def test_safety_work_and_unknown_terms_are_never_off():
    narrow = {"safety_planning": Fit(5, 5), "exposure": Fit(3, 4)}
    assert offset("safety_planning", 1, narrow) == 0
    assert np.isnan(offset("something_else", 1, narrow))
    table = rated_sessions(month_of((1, "safety_planning;something_else", 1)), narrow)
    assert table[["ahead", "behind", "off", "p_off"]].to_numpy().tolist() == [[0, 0, 0, 0]]


def test_a_rating_is_one_stage_off_with_its_probability():
    table = true_stage()
    assert table.sum(axis=1) == pytest.approx(np.ones(5))
    assert table[2] == pytest.approx([0, 0.075, 0.85, 0.075, 0])
    assert table[0] == pytest.approx([0.85, 0.15, 0, 0, 0])  # an edge stage can only be off inwards
    assert table[4] == pytest.approx([0, 0, 0, 0.15, 0.85])


@pytest.mark.parametrize(
    ("terms", "stage", "ahead", "behind", "off", "p_off"),
    [
        ("exposure", 3, 0, 0, 0, 0.075),  # fits 3–4; truly 2 with .075
        ("exposure", 2, 1, 0, 1, 0.925),  # truly 3 with .075
        ("exposure", 1, 1, 0, 1, 1.0),  # truly 1 or 2: off in both
        ("exposure", 5, 0, 1, 1, 0.85),  # truly 4 with .15
        ("behavioural_activation", 2, 0.5, 0, 0.5, 0.5),  # .075·1 + .85·½ + .075·0
        ("behavioural_activation", 1, 1, 0, 1, 0.925),  # .85·1 + .15·½
        ("validation;alliance", 1, 0, 0, 0, 0.0),
        ("validation; exposure", 2, 1, 0, 1, 0.925),  # one term ahead is enough
        ("mi_evoking;relapse_prevention", 2, 1, 0, 1, 1.0),  # nothing fits both
        ("mi_evoking;relapse_prevention", 4, 0, 1, 1, 1.0),
        ("psychoeducation;exposure", 5, 0, 1, 1, 1.0),
        ("psychoeducation;relapse_prevention;self_monitoring", 5, 0, 1, 1, 1.0),
    ],
)
def test_sessions_with_one_and_several_interventions(terms, stage, ahead, behind, off, p_off):
    row = rated_sessions(month_of((stage, terms, 1))).iloc[0]
    assert row[["ahead", "behind", "off", "p_off"]].tolist() == pytest.approx([ahead, behind, off, p_off])


def test_ahead_and_behind_in_one_session_count_once():
    fits = {"a": Fit(4, 5), "b": Fit(1, 2)}
    row = rated_sessions(month_of((3, "a;b", 1)), fits).iloc[0]
    assert row[["ahead", "behind", "off"]].tolist() == [1, 1, 1]


def test_a_soft_stage_counts_half_however_far_it_is():
    fits = {"a": Fit(4, 5, frozenset({1}))}
    assert rated_sessions(month_of((1, "a", 1)), fits)["ahead"].tolist() == [0.5]
    assert offset("a", 1, fits) == 1.5


@pytest.mark.parametrize(("day", "known"), [("2026-03-31 08:00", True), ("2026-04-01 18:00", False)])
def test_a_stage_is_carried_for_sixty_days(day, known):
    # 30 January + 60 days = 31 March
    table = rated_sessions(sessions(("2026-01-30 17:00", "K1", 2, ""), (day, "K1", None, "exposure")))
    assert table["stage"].tolist() == ([2] if known else [])
    assert table["stage_days"].tolist() == ([60] if known else [])


def test_the_newest_rating_of_any_clinician_is_used_and_no_later_one():
    data = sessions(
        ("2026-05-01", "K1", 2, "exposure"),
        ("2026-05-05", "K1", 4, "exposure"),
        ("2026-05-08", "K1", None, "exposure"),
        ("2026-05-12", "K1", 5, "exposure"),
        ("2026-05-08", "K2", None, "exposure"),
        ("2026-05-20", "K2", 3, "exposure"),
    )
    data.loc[1, "clinician_id"] = "C2"
    table = rated_sessions(data.sample(frac=1, random_state=2)).set_index("session_id")["stage"]
    assert table.to_dict() == {"S000": 2, "S001": 4, "S002": 4, "S003": 5, "S005": 3}


def test_a_missed_session_neither_rates_nor_counts():
    data = sessions(("2026-05-01", "K1", 2, "exposure"), ("2026-05-02", "K1", None, "exposure"))
    data.loc[0, "status"] = "no_show"
    assert rated_sessions(data).empty


def test_each_intervention_of_a_session_is_judged_alone():
    table = stage_grid(month_of((2, "exposure; mi_evoking;unheard_of", 1)), "C1", MAY)
    assert table["intervention"].tolist() == ["exposure", "mi_evoking", "unheard_of"]
    assert table["offset"].tolist()[:2] == [1, 0] and np.isnan(table["offset"][2])


def by_enumeration(p_off: list[float], n: int) -> float:
    """P(share > .30): every combination of truly off sessions, each with its Beta posterior."""
    total = 0.0
    for combination in product((0, 1), repeat=len(p_off)):
        weight = np.prod([p if hit else 1 - p for p, hit in zip(p_off, combination, strict=True)])
        total += weight * beta.sf(0.30, 1 + sum(combination), 3 + n - sum(combination))
    return total


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.integers(0, 3))
def test_p_equals_enumeration_of_every_combination(p_off, padding):
    rows = np.array([p_off + [0.0] * padding])
    assert p_share_off(rows, np.array([len(p_off)])) == pytest.approx([by_enumeration(p_off, len(p_off))])


def test_p_of_equal_sessions_is_a_mixture_over_the_binomial():
    row = stage_congruence(month_of((2, "exposure", 4), (3, "exposure", 5)), MAY).iloc[0]
    ahead, fit = binom.pmf(range(5), 4, 0.925), binom.pmf(range(6), 5, 0.075)
    k = np.convolve(ahead, fit)
    assert row["p"] == pytest.approx(k @ beta.sf(0.30, 1 + np.arange(10), 12 - np.arange(10)))
    assert row[["rated_sessions", "clients", "ahead", "behind", "off"]].tolist() == [9, 3, 4, 0, 4]
    assert row["share"] == pytest.approx((1 + 4 * 0.925 + 5 * 0.075) / 13)


def test_the_interval_is_close_to_that_of_the_mixture():
    row = stage_congruence(month_of((2, "exposure", 6), (3, "exposure", 14)), MAY).iloc[0]
    rng = np.random.default_rng(4)
    k = rng.binomial(6, 0.925, 100_000) + rng.binomial(14, 0.075, 100_000)
    draws = rng.beta(1 + k, 23 - k)
    assert row[["share_low", "share_high"]].tolist() == pytest.approx(np.quantile(draws, [0.05, 0.95]), abs=0.005)


def test_clear_cases_are_clear():
    congruent = stage_congruence(month_of((3, "cbt_homework", 20)), MAY)["p"][0]
    ahead = stage_congruence(month_of((1, "exposure", 20)), MAY)["p"][0]
    assert congruent < 0.05 and ahead > 0.999


@pytest.mark.parametrize(
    ("number", "clients", "enough"), [(7, 3, False), (8, 3, True), (8, 2, False), (9, 3, True), (12, 2, False)]
)
def test_enough_is_three_clients_and_eight_rated_sessions(number, clients, enough):
    row = stage_congruence(month_of((1, "exposure", number), clients=clients), MAY).iloc[0]
    assert row["enough"] == enough and np.isnan(row["p"]) != enough
    assert row["share"] > 0.3


def test_the_window_reaches_sixty_days_back_from_the_months_end():
    data = sessions(
        ("2026-04-01 23:59", "K1", 1, "exposure"),
        ("2026-04-02 00:00", "K1", 1, "exposure"),
        ("2026-05-31 23:59", "K1", 1, "exposure"),
        ("2026-06-01 00:00", "K1", 1, "exposure"),
    )
    assert stage_congruence(data, MAY)["rated_sessions"].tolist() == [2]


def test_several_months_equal_single_months_and_look_at_nothing_later():
    data = month_of((1, "exposure", 5), (3, "exposure", 9), (2, "mi_evoking", 3))
    data.loc[data.index[-3:], "scheduled_start"] += pd.Timedelta(days=31)
    months = pd.period_range("2026-05", "2026-07", freq="M")
    table = stage_congruence(data, months)
    singles = [stage_congruence(data[data["scheduled_start"] < (m + 1).start_time], m) for m in months]
    pd.testing.assert_frame_equal(table, pd.concat(singles, ignore_index=True))
    assert table["rated_sessions"].tolist() == [14, 15, 3]  # the two of 1 May lie over 60 days before 1 July


@settings(max_examples=4, deadline=None)
@given(st.permutations(range(12)))
def test_the_order_of_rows_does_not_matter(order):
    data = month_of((2, "exposure", 4), (3, "exposure;validation", 5), (5, "mi_evoking", 3))
    shuffled = data.iloc[order]
    pd.testing.assert_frame_equal(stage_congruence(shuffled, MAY), stage_congruence(data, MAY))
    pd.testing.assert_frame_equal(clients_off_stage(shuffled, MAY), clients_off_stage(data, MAY))


def test_more_sessions_ahead_never_lower_p():
    p = [stage_congruence(month_of((2, "exposure", k), (3, "exposure", 10 - k)), MAY)["p"][0] for k in range(11)]
    assert p == sorted(p) and p[0] >= 0 and p[-1] <= 1


@pytest.mark.parametrize(
    ("stages", "named"),
    [
        ([2, 2, 2, 3], ["ahead"]),
        ([3, 2, 2, 2], ["ahead"]),
        ([2, 2, 3, 3], []),
        ([2, 2, 2, 3, 3], []),  # only two of the last four
        ([2, 2, 2], ["ahead"]),
        ([2, 2], []),
        ([5, 5, 3, 5], ["behind"]),
        ([2, 2, 5, 5], []),
    ],
)
def test_a_client_is_named_with_three_of_the_last_four(stages, named):
    rows = [(f"2026-05-{day:02}", "K1", stage, "exposure") for day, stage in enumerate(stages, start=1)]
    table = clients_off_stage(sessions(*rows), MAY)
    assert table["direction"].tolist() == named
    if named:
        assert table["rated"][0] == min(len(stages), 4) and table["stage"][0] == stages[-1]
        assert table["session_ids"][0].count(";") == min(len(stages), 4) - 1


def test_soft_fits_name_nobody_by_themselves():
    rows = [(f"2026-05-{day:02}", "K1", 2, "behavioural_activation") for day in range(1, 6)]
    assert clients_off_stage(sessions(*rows), MAY).empty


def test_a_client_not_seen_lately_is_not_named():
    rows = [(f"2026-01-{day:02}", "K1", 2, "exposure") for day in range(1, 5)]
    assert clients_off_stage(sessions(*rows), MAY).empty


@pytest.mark.parametrize(("oldest", "named"), [("2025-06-01", True), ("2025-05-31", False)])
def test_sessions_over_a_year_old_name_nobody(oldest, named):
    rows = [(day, "K1", 2, "exposure") for day in (oldest, "2026-05-01", "2026-05-08")]
    assert len(clients_off_stage(sessions(*rows), MAY)) == named


def test_stage_grid_counts_sessions_by_intervention_and_stage():
    data = month_of((2, "exposure;validation", 2), (3, "exposure", 1))
    table = stage_grid(data, "C1", MAY)
    assert list(table) == ["intervention", "stage", "sessions", "offset"]
    assert table.to_numpy().tolist() == [["exposure", 2, 2, 1.0], ["exposure", 3, 1, 0.0], ["validation", 2, 2, 0.0]]
    assert stage_grid(data, "C9", MAY).empty


def test_no_sessions_no_rows():
    empty = month_of((2, "exposure", 1)).iloc[:0]
    assert list(stage_congruence(empty, MAY)) == ["clinician_id", "month", *COLUMNS]
    assert stage_congruence(empty, MAY).empty and clients_off_stage(empty, MAY).empty
    assert stage_grid(empty, "C1", MAY).empty


def test_a_clinician_without_ratings_has_a_row_that_says_so():
    data = sessions(("2026-05-05", "K1", None, "exposure"))
    row = stage_congruence(data, MAY).iloc[0]
    assert row["rated_sessions"] == 0 and not row["enough"]
    assert row[["share", "share_low", "share_high", "p"]].isna().all()


def test_the_sessions_off_the_stage_are_named_with_what_lies_off_it():
    table = sessions(
        ("2026-04-01 09:00", "K1", 1, "exposure"),  # 61 days before the end of May
        ("2026-04-02 09:00", "K1", 1, "exposure; validation;skills_training"),
        ("2026-05-04 09:00", "K2", 4, "mi_evoking;exposure"),
        ("2026-05-05 09:00", "K2", 2, "behavioural_activation"),  # a soft fit counts half
        ("2026-05-06 09:00", "K2", 2, "validation"),
        ("2026-05-07 09:00", "K3", 3, "psychoeducation;relapse_prevention"),
        ("2026-06-01 09:00", "K3", 1, "exposure"),
    )
    off = sessions_off_stage(rated_sessions(table), MAY)
    assert off[
        ["session_id", "client_id", "stage", "ahead", "behind", "ahead_with", "behind_with"]
    ].values.tolist() == [
        ["S001", "K1", 1, 1.0, 0.0, "exposure;skills_training", ""],
        ["S002", "K2", 4, 0.0, 1.0, "", "mi_evoking"],
        ["S003", "K2", 2, 0.5, 0.0, "behavioural_activation", ""],
        ["S005", "K3", 3, 1.0, 0.0, "relapse_prevention", ""],
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from(sorted(FITS))), min_size=1, max_size=12))
def test_the_sessions_off_the_stage_make_the_share(plan):
    table = month_of(*[(stage, term, 1) for stage, term in plan])
    off, share = sessions_off_stage(rated_sessions(table), MAY), stage_congruence(table, MAY).iloc[0]
    assert (off["ahead"].sum(), off["behind"].sum()) == (share["ahead"], share["behind"])
    assert sessions_off_stage(rated_sessions(table.iloc[:0]), MAY).empty
