"""Levels far above everybody's, told from styles and from the ordinary scatter of levels."""

from __future__ import annotations

import numpy as np
import pytest

from caseload.estimates.elevated import PRIOR_SHARE, elevated_odds, mean_levels
from caseload.signals import EFFORT

NAMED = {signal.name: signal for signal in EFFORT}
BEFOREHAND = np.log(PRIOR_SHARE / (1 - PRIOR_SHARE))


def levels(elevated: int, people: int = 24, seed: int = 0, error: float = 0.1) -> np.ndarray:
    draw = np.random.default_rng(seed)
    level = 0.4 * draw.standard_normal(people) + np.sqrt(error) * draw.standard_normal(people)
    return level + 1.5 * (np.arange(people) < elevated) - 1.5 * elevated / people


@pytest.mark.parametrize("elevated", [1, 3, 6])
def test_those_far_above_the_others_stand_out(elevated: int) -> None:
    odds = np.concatenate([elevated_odds(levels(elevated, seed=seed), np.full(24, 0.1)) for seed in range(8)])
    true = np.tile(np.arange(24) < elevated, 8)
    ranks = odds.argsort().argsort()
    auroc = (ranks[true].mean() - (true.sum() - 1) / 2) / (~true).sum()
    assert auroc > 0.95
    assert np.median(odds[true]) > 0 > np.median(odds[~true])


def test_in_a_practice_without_any_hardly_anybody_does() -> None:
    odds = np.concatenate([elevated_odds(levels(0, seed=seed), np.full(24, 0.1)) for seed in range(10)])
    assert (odds > 0).mean() < 0.02


def test_where_nothing_is_known_the_odds_are_those_beforehand() -> None:
    odds = elevated_odds(np.array([0.0, 3.0, -0.2, 0.1]), np.array([np.inf, 0.1, 0.1, 0.1]))
    assert odds[0] == pytest.approx(BEFOREHAND)
    assert odds[1] > BEFOREHAND
    assert elevated_odds(np.zeros(2), np.full(2, np.inf)) == pytest.approx([BEFOREHAND] * 2)


def test_nobody_stands_out_alone() -> None:
    assert elevated_odds(np.zeros(1), np.full(1, 0.2))[0] < 0


def test_a_mean_level_by_hand() -> None:
    """Two signals of one family count as 2 / 1.3, one of another as 1: each has precision .25 / (.15 + .1) = 1."""
    signals = NAMED["prep"], NAMED["notes"], NAMED["overrun"]
    mean, error = np.array([[0.5, 1.0, 0.25], [1.0, 1.0, 1.0]]), np.array([[0.1] * 3, [np.inf] * 3])
    level, variance = mean_levels(mean, error, np.full(3, 0.5), np.full(3, 0.15), signals, np.array([8, 0]))
    information = 2 / 1.3 + 1
    assert level[0] == pytest.approx(((1.0 + 2.0) / 1.3 + 0.5) / information)
    assert variance[0] == pytest.approx(1 / information + 0.4 / 8)
    assert np.isinf(variance[1]) and level[1] == 0
