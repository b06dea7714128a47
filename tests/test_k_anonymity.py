"""Classes of people alike, and the treatment that leaves none of them under k."""

from __future__ import annotations

from collections import Counter

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import caseload
from caseload.errors import ParameterError
from caseload.research.publication.classes import class_sizes, least_diversity
from caseload.research.publication.treatment import TOLERATED, treated

COLUMNS = ["programme", "band", "barrier"]
few = settings(max_examples=15, deadline=None)  # each example is some dozen groupings
COARSER = {"band": {"low": "under", "middle": "under"}}


def frame_of(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["person", *COLUMNS]).astype(dict.fromkeys(COLUMNS, "str"))


values = st.tuples(
    st.integers(0, 30),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["low", "middle", "high", None]),
    st.sampled_from(["yes", "no"]),
)
frames = st.lists(values, max_size=60).map(frame_of)


def small_by_hand(frame: pd.DataFrame, k: int) -> Counter:
    """The classes under k, slowly: each person's different combinations as a set."""
    combinations: dict = {}
    for person, *row in frame.itertuples(index=False, name=None):
        told = tuple("missing" if pd.isna(value) else value for value in row)
        combinations.setdefault(person, set()).add(told)
    return Counter({group: n for group, n in Counter(map(frozenset, combinations.values())).items() if n < k})


@few
@given(frames, st.integers(2, 6))
def test_the_classes_under_k_are_those_counted_by_hand(frame, k):
    found = caseload.k_anonymity(frame, COLUMNS, k, "person")
    by_hand = small_by_hand(frame, k)
    assert sorted(found["people"]) == sorted(by_hand.values())
    single = {next(iter(group)): n for group, n in by_hand.items() if len(group) == 1}
    alone = found[~found["programme"].str.contains("|", regex=False)]
    assert {tuple(row[:-1]): row[-1] for row in alone.itertuples(index=False, name=None)} == single


def test_somebody_is_compared_over_the_whole_record():
    """By rows every combination has two people or three; person 3 alone has had both programmes."""
    frame = pd.DataFrame({"client": [1, 2, 3, 3, 4, 5, 3], "programme": ["A", "A", "A", "B", "B", "B", "B"]})
    found = caseload.k_anonymity(frame, ["programme"], 2)
    assert found.to_dict("list") == {"programme": ["A | B"], "people": [1]}
    assert caseload.k_anonymity(frame[frame["client"] != 3], ["programme"], 2).empty


def test_a_class_of_k_is_large_enough():
    frame = pd.DataFrame({"client": [1, 2, 3], "trauma": ["yes"] * 3})
    assert caseload.k_anonymity(frame, ["trauma"], 3).empty
    assert caseload.k_anonymity(frame, ["trauma"], 4)["people"].tolist() == [3]


def test_nobody_is_a_class_of_nobody():
    empty = pd.DataFrame({"client": [], "trauma": []})
    assert list(caseload.k_anonymity(empty, ["trauma"]).columns) == ["trauma", "people"]
    unnamed = pd.DataFrame({"client": [None, 1.0, 2.0], "trauma": ["yes", "no", "no"]})
    assert caseload.k_anonymity(unnamed, ["trauma"], 2).empty


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ParameterError, match=r"k must be 2 or more; no column 'bands'; did you mean band.*'client'"):
        caseload.k_anonymity(frame_of([]), ["bands"], 1)


def test_least_diversity_counts_classes_that_share_a_secret():
    frame = pd.DataFrame({"band": ["low", "low", "high", "high"], "secret": [True, False, True, True]})
    assert least_diversity(frame, ["band"], "secret") == (2, 1)


@few
@given(frames, st.integers(2, 6))
def test_after_the_treatment_no_class_is_under_k_and_doing_it_again_changes_nothing(frame, k):
    people = frame["person"].nunique()
    if 0 < people < k:
        with pytest.raises(ParameterError, match="not enough people"):
            treated(frame, COLUMNS, k, "person", COARSER)
        return
    done = treated(frame, COLUMNS, k, "person", COARSER)
    sizes = class_sizes(done.frame, COLUMNS, "person")
    assert (sizes >= k).all()
    assert done.k == (sizes.min() if len(frame) else 0)
    again = treated(done.frame, COLUMNS, k, "person", COARSER)
    pd.testing.assert_frame_equal(again.frame, done.frame)
    assert (again.coarser, set(again.lost.values())) == ((), {0})


@few
@given(frames, st.integers(2, 6))
def test_the_treatment_takes_away_and_puts_nothing_in(frame, k):
    if frame["person"].nunique() < k:
        return
    done = treated(frame, COLUMNS, k, "person", COARSER)
    broad = frame.assign(band=frame["band"].replace(COARSER["band"]) if done.coarser else frame["band"])
    for name in COLUMNS:
        kept = done.frame[name].notna()
        assert done.frame.loc[kept, name].eq(broad.loc[kept, name]).all()
        gone = broad[name].notna() & ~kept
        assert done.lost[name] == frame.loc[gone, "person"].nunique()
    assert done.frame["person"].equals(frame["person"])


@few
@given(frames, st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(frame, k, chance):
    if frame["person"].nunique() < k:
        return
    order = list(range(len(frame)))
    chance.shuffle(order)
    done = treated(frame, COLUMNS, k, "person", COARSER).frame
    pd.testing.assert_frame_equal(treated(frame.iloc[order], COLUMNS, k, "person", COARSER).frame, done.iloc[order])


def test_the_last_column_goes_first():
    lone = frame_of([*((n, "A", "high", "no") for n in range(5)), *((n, "A", "high", "yes") for n in range(5, 7)),
                     *((n, "A", "low", "yes") for n in range(7, 8))])  # fmt: skip
    kept = treated(lone, COLUMNS, 3, "person").frame
    assert kept["programme"].tolist() == ["A"] * 8  # three share the programme alone, and so keep it
    assert kept["barrier"].isna().tolist() == [False] * 5 + [True] * 3


@pytest.mark.parametrize(("alone", "coarser"), [(2, ()), (3, ("band",))])
def test_columns_become_coarser_beyond_what_is_tolerated(alone, coarser):
    people = 20
    assert TOLERATED * people == 2
    rows = [(n, "A", "low", "no") for n in range(people - alone)]
    rows += [(n, "A", "middle", "no") for n in range(people - alone, people)]
    assert treated(frame_of(rows), COLUMNS, 4, "person", COARSER).coarser == coarser


def test_those_without_anything_are_joined_by_the_smallest_class():
    rows = [(0, "A", "high", "no")]
    rows += [(n, "B", "high", "no") for n in range(1, 4)] + [(n, "C", "high", "no") for n in range(4, 12)]
    kept = treated(frame_of(rows), COLUMNS, 3, "person").frame
    assert kept["programme"].isna().tolist() == [True] * 4 + [False] * 8
