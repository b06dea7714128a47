"""What a whole practice shares in a month, and the panel's numbering."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from estimates_fixtures import FIRST, keys_of

from caseload.estimates.panel import Panel
from caseload.estimates.season import practice_months


def practice(shared: list[float], clinicians: int = 30, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Keys, scores, and the months' shared deviation of each row; six clients a clinician."""
    keys = keys_of(clinicians, 6, len(shared))
    draw = np.random.default_rng(seed)
    month = keys["month"].astype("int64").to_numpy() - FIRST
    who = pd.factorize(keys["clinician_id"])[0]
    true = np.array(shared)[month]
    return keys, true + draw.normal(0, 0.4, clinicians)[who] + draw.normal(0, 0.7, len(keys)), true


def found_in(keys: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    return practice_months(Panel.of(keys), values, np.full(len(keys), 0.3)).deviation


def test_months_that_the_whole_practice_shares_are_found() -> None:
    keys, values, true = practice([0.5, -0.4, 0.6, 0.0, -0.7, 0.0])
    found = found_in(keys, values)
    assert np.abs(found - true).max() < 0.25
    assert np.corrcoef(found, true)[0, 1] > 0.97


def test_without_any_season_hardly_anything_is_taken_out() -> None:
    found = [np.abs(found_in(*practice([0.0] * 8, seed=seed)[:2])).mean() for seed in range(10)]
    assert np.mean(found) < 0.05


def test_a_few_clinicians_episodes_are_no_season() -> None:
    keys, values, _ = practice([0.0] * 8)
    them = keys["clinician_id"].isin([f"C{i:02d}" for i in range(6)])
    shifted = (them & (keys["month"] >= keys["month"].max() - 3)).to_numpy()
    assert np.abs(found_in(keys, values + 1.5 * shifted)).max() < 0.2


@pytest.mark.parametrize(("clinicians", "months"), [(1, 8), (30, 1)])
def test_one_clinician_or_one_month_tells_no_season(clinicians: int, months: int) -> None:
    keys, values, _ = practice([0.5] * months, clinicians)
    assert (found_in(keys, values) == 0).all()


def test_a_month_that_nobody_recorded_is_left_alone() -> None:
    keys, values, _ = practice([0.5, 0.0, -0.5])
    empty = (keys["month"] == keys["month"].min()).to_numpy()
    found = practice_months(Panel.of(keys), values, np.where(empty, np.inf, 0.3))
    assert (found.deviation[empty] == 0).all()
    assert (found.variance[empty] == 0).all()


# --- the panel --------------------------------------------------------------------------------------------------------


def test_a_panel_numbers_people_in_the_order_of_their_names() -> None:
    keys = keys_of(2, 2, 2).iloc[::-1].reset_index(drop=True)
    panel = Panel.of(keys)
    assert panel.clinicians.tolist() == ["C00", "C01"]
    assert panel.owner.tolist() == [0, 0, 1, 1]
    assert [month.ordinal for month in panel.months] == [FIRST, FIRST + 1]
    first = panel.months[0]
    assert keys.loc[first.rows, "client_id"].tolist() == ["K00-00", "K00-01", "K01-00", "K01-01"]
    assert (first.present.tolist(), first.starts.tolist(), first.place.tolist()) == ([0, 1], [0, 2], [0, 0, 1, 1])
    assert first.total(np.arange(4.0)).tolist() == [1.0, 5.0]


def test_one_client_of_two_clinicians_is_two_pairs() -> None:
    keys = keys_of(2, 1, 1).assign(client_id="K")
    assert Panel.of(keys).pair.tolist() == [0, 1]


def test_neighbouring_months_of_a_client_are_paired() -> None:
    keys = keys_of(1, 2, 4).drop(index=[3]).reset_index(drop=True)  # the second client is away in the second month
    panel = Panel.of(keys)
    for lag, expected in ((1, 3 + 1), (2, 2 + 1), (3, 1 + 1)):
        now, later = panel.pairs(lag)
        assert len(now) == expected
        assert (panel.month[later] - panel.month[now] == lag).all()
        assert (panel.pair[later] == panel.pair[now]).all()


@pytest.mark.parametrize(("size", "kept"), [(1000, 10), (100, 10), (50, 5), (1, 2)])
def test_a_sample_holds_whole_clinicians_and_at_least_two(size: int, kept: int) -> None:
    panel = Panel.of(keys_of(10, 5, 2))
    rows = panel.sample(size)
    assert len(np.unique(panel.clinician[rows])) == kept
    assert len(rows) == 10 * kept
