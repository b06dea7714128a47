"""Compensation and episodes of over-investment, each against an independent calculation or a known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimates_fixtures import keys_of, side_of
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from caseload.estimates.compensation import Slopes, ordinary_slopes
from caseload.estimates.episodes import BEFORE, END, ONSET, Episodes, _Chain, _regress, find_episodes
from caseload.estimates.panel import Panel

CLINICIANS, CLIENTS, MONTHS = 10, 10, 9
COMPENSATING, SHIFTED, CONCENTRATED = range(3)


class World:
    """Ten clinicians with ten clients each, over nine months; engagement is known nearly exactly."""

    def __init__(self, seed: int = 0, months: int = MONTHS) -> None:
        draw = np.random.default_rng(seed)
        self.keys = keys_of(CLINICIANS, CLIENTS, months)
        size = len(self.keys)
        self.who = pd.factorize(self.keys["clinician_id"])[0]
        self.client = pd.factorize(self.keys["client_id"])[0]
        self.month = (self.keys["month"].astype("int64") - self.keys["month"].astype("int64").min()).to_numpy()
        self.engagement = draw.standard_normal(size)
        self.effort = (
            0.4 * draw.standard_normal(CLINICIANS)[self.who]
            + 0.6 * draw.standard_normal(CLINICIANS * CLIENTS)[self.client]
            + 0.7 * draw.standard_normal(size)
        )

    def add(self, who: int, value: np.ndarray | float, since: int = 0, until: int = 99) -> World:
        here = (self.who == who) & (self.month >= since) & (self.month <= until)
        self.effort = self.effort + np.where(here, value, 0.0)
        return self

    def episodes(self, last: int | None = None, both: np.ndarray | None = None) -> Episodes:
        rows = np.flatnonzero(self.month <= (self.month.max() if last is None else last))
        keys = self.keys.iloc[rows].reset_index(drop=True)
        usable = np.ones(len(rows), bool) if both is None else both[rows]
        effort, engagement = side_of(keys, self.effort[rows], 0.2), side_of(keys, self.engagement[rows], 1e-4)
        return find_episodes(Panel.of(keys), effort, engagement, usable)


# --- the pieces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_a_bayes_factor_is_the_ratio_of_the_marginal_densities(seed: int) -> None:
    """y ~ N(0, V) without and N(Xμ, V + XΣX') with the columns, by scipy."""
    draw = np.random.default_rng(seed)
    x, root = draw.standard_normal((12, 3)), draw.standard_normal((12, 12))
    v, y = root @ root.T + np.eye(12), draw.standard_normal(12)
    mean, variance = np.array([0.1, 0.9, 0.0]), np.array([0.02, 0.16, 0.03])
    inverse = np.linalg.inv(v)
    factor, slope, spread = _regress(x.T @ inverse @ x, x.T @ inverse @ y, tuple(mean), tuple(variance), slopes=[0, 1])
    with_columns = multivariate_normal(x @ mean, v + x @ np.diag(variance) @ x.T).logpdf(y)
    assert factor == pytest.approx(with_columns - multivariate_normal(np.zeros(12), v).logpdf(y))
    posterior = np.linalg.inv(x.T @ inverse @ x + np.diag(1 / variance))
    found = posterior @ (x.T @ inverse @ y + mean / variance)
    assert slope == pytest.approx(found[0] + found[1])
    assert spread == pytest.approx(posterior[:2, :2].sum())


def test_the_chain_weighs_every_history() -> None:
    """All histories of four months (none, then in an episode since the k-th, then none …), one after the other."""
    increments = np.random.default_rng(3).standard_normal((4, 4))  # of being in an episode since k, in month m ≥ k
    histories: list[tuple[float, int | None]] = [(0.0, None)]
    for month in range(4):
        grown = []
        for weight, since in histories:
            if since is None:
                start = np.log(BEFORE) if month == 0 else np.log(ONSET)
                grown += [(weight + np.log(1 - ONSET), None), (weight + start + increments[month, month], month)]
            else:
                grown += [(weight + np.log(END), None)]
                grown += [(weight + np.log(1 - END) + increments[since, month], since)]
        histories = grown
    chain = _Chain(1, 4)
    for month in range(4):
        factors = [increments[since, since : month + 1].sum() for since in range(month + 1)]
        chain.advance(np.array([0]), np.array([factors]))
    active = logsumexp([weight for weight, since in histories if since is not None])
    none = logsumexp([weight for weight, since in histories if since is None])
    assert chain.odds[0] == pytest.approx(active - none)


def test_quantiles_of_a_single_normal_slope_are_the_normal_ones() -> None:
    slopes = Slopes(np.array([[1.0, 0.0]]), np.array([[0.4, 3.0]]), np.array([[0.04, 1.0]]))
    assert slopes.mean[0] == pytest.approx(0.4)
    assert slopes.quantile(0.05)[0] == pytest.approx(0.4 - 1.6448536 * 0.2)  # R: qnorm(0.05)
    assert slopes.above(0.3)[0] == pytest.approx(norm.sf(0.3, 0.4, 0.2))


def test_quantiles_of_a_mixture_hold_what_they_say() -> None:
    draw = np.random.default_rng(5)
    slopes = Slopes(np.array([[0.7, 0.3]]), np.array([[0.0, 0.9]]), np.array([[0.01, 0.09]]))
    sample = np.where(draw.random(200_000) < 0.3, draw.normal(0.9, 0.3, 200_000), draw.normal(0, 0.1, 200_000))
    for p in (0.05, 0.5, 0.95):
        assert (sample < slopes.quantile(p)[0]).mean() == pytest.approx(p, abs=0.005)


@pytest.mark.parametrize("steep", [0, 8])
def test_ordinary_slopes_are_those_of_the_others(steep: int) -> None:
    """Eighty clinicians around .1 with SD .15, of which some have .9 more; known with a standard error of .1."""
    draw = np.random.default_rng(steep)
    slope = draw.normal(0.1, 0.15, 80) + 0.9 * (np.arange(80) < steep) + draw.normal(0, 0.1, 80)
    mean, variance = ordinary_slopes(np.full(80, 100.0), 100 * slope)
    assert mean == pytest.approx(0.1, abs=0.05)
    assert np.sqrt(variance) == pytest.approx(0.15, abs=0.04)


# --- compensation -----------------------------------------------------------------------------------------------------


def test_slopes_are_found_and_the_ordinary_ones_drawn_together() -> None:
    world = World()
    true = np.array([0.0] * 7 + [0.5, 1.0, 1.0])
    for who, slope in enumerate(true):
        world.add(who, -slope * world.engagement)
    slopes = world.episodes().slopes
    held = (slopes.quantile(0.05) < true) & (true < slopes.quantile(0.95))
    assert held.sum() >= 8
    assert np.abs(slopes.mean - true)[true != 0.5].max() < 0.2
    assert slopes.mean[:7].std() < 0.1


def test_a_slope_that_began_lately_is_not_drawn_to_the_months_before() -> None:
    world = World(1)
    world.add(3, -world.engagement, since=6)
    found = world.episodes()
    assert found.slopes.mean[3] == pytest.approx(1.0, abs=0.3)
    assert found.odds[3, COMPENSATING] > 3 > 0 > np.delete(found.odds[:, COMPENSATING], 3).max()


@pytest.mark.parametrize("constant", [-3.0, 3.0])
def test_a_constant_added_to_a_clinicians_effort_is_no_compensation(constant: float) -> None:
    plain, louder = World(2).episodes(), World(2).add(1, constant).episodes()
    np.testing.assert_allclose(louder.slopes.mean, plain.slopes.mean, atol=0.05)
    assert louder.odds[1, COMPENSATING] == pytest.approx(plain.odds[1, COMPENSATING], abs=0.5)


def test_rows_that_tell_nothing_leave_the_practices_slope_and_a_wide_interval() -> None:
    world = World(3)
    found = world.episodes(both=world.who != 4).slopes
    width = found.quantile(0.95) - found.quantile(0.05)
    assert found.mean[4] == pytest.approx(np.delete(found.mean, 4).mean(), abs=0.12)
    assert width[4] > 1.3 * np.delete(width, 4).max()


# --- episodes ---------------------------------------------------------------------------------------------------------


def test_without_any_episode_nobody_has_the_odds_for_one() -> None:
    odds = np.concatenate([World(seed).episodes().odds for seed in range(10, 16)])
    assert (odds[:, COMPENSATING] < 0).all()
    assert (odds[:, SHIFTED] < 0).all()
    assert np.quantile(odds[:, CONCENTRATED], 0.9) < 2


@pytest.mark.parametrize("since", [3, 7])
def test_a_shift_of_the_whole_caseload_is_found_since_its_beginning(since: int) -> None:
    world = World(4).add(2, 1.5, since)
    before, now = world.episodes(last=since - 1), world.episodes()
    assert before.odds[2, SHIFTED] < -1
    assert now.odds[2, SHIFTED] > 1.5 > 0 > np.delete(now.odds[:, SHIFTED], 2).max()


def test_deep_involvement_with_one_client_is_found_at_the_client() -> None:
    world = World(5)
    world.effort = world.effort + np.where((world.client == 34) & (world.month >= 6), 3.0, 0.0)
    found = world.episodes()
    assert np.argmax(found.odds[:, CONCENTRATED]) == 3
    assert np.argmax(found.involved) == 34
    assert found.involved[34] > 0.9
    assert np.delete(found.involved, 34).max() < 0.5


@pytest.mark.parametrize("kind", [COMPENSATING, SHIFTED])
def test_an_episode_that_has_ended_is_over(kind: int) -> None:
    world = World(6, months=12)
    world.add(0, -1.2 * world.engagement if kind == COMPENSATING else 1.5, since=3, until=7)
    during, after = world.episodes(last=7).odds[0, kind], world.episodes().odds[0, kind]
    assert during > 1
    assert after < -1


def test_the_month_before_is_told_as_it_was_then() -> None:
    world = World(7).add(5, 1.5, since=5)
    np.testing.assert_allclose(world.episodes().odds_before, world.episodes(last=MONTHS - 2).odds, atol=1e-9)


def test_an_episode_from_before_the_window_is_still_one() -> None:
    world = World(8, months=20)
    world.add(4, -world.engagement, since=3)
    found = world.episodes()
    assert found.odds[4, COMPENSATING] > 3
    assert found.slopes.mean[4] == pytest.approx(1.0, abs=0.2)


def test_one_clinician_with_one_client_in_one_month_has_the_priors_odds() -> None:
    keys = keys_of(1, 1, 1)
    alone = find_episodes(
        Panel.of(keys), side_of(keys, np.zeros(1), 0.5), side_of(keys, np.zeros(1), 0.5), np.ones(1, bool)
    )
    assert alone.odds[0, :2] == pytest.approx(np.log(BEFORE), abs=0.7)
    assert alone.slopes.quantile(0.95)[0] > 0.2


# --- a rater's mood ---------------------------------------------------------------------------------------------------


def rated(mood: float, slope: float, since: int = 0, who: int | None = None, seed: int = 20) -> Episodes:
    """Effort is a rating; engagement is known a little from elsewhere, and better from a rating by the same person."""
    world = World(seed, months=12)
    draw = np.random.default_rng([seed, 1])
    g, size = world.engagement, len(world.engagement)
    here = (world.month >= since) & ((world.who == who) if who is not None else True)
    moods = mood * draw.standard_normal(size) * here
    told = g + np.sqrt(1.5) * draw.standard_normal(size)
    rating = g + 0.5 * draw.standard_normal(size) - moods
    believed = 0.25 + mood**2 * here.mean()
    unrated = told / 2.5
    mean = (told / 1.5 + rating / believed) / (1 + 1 / 1.5 + 1 / believed)
    effort = side_of(world.keys, world.effort - slope * here * g + moods, 0.2)
    effort = replace(effort, scores=replace(effort.scores, rated=np.ones(size)))
    engagement = side_of(world.keys, g, 0.2)
    spread = np.full(size, 1 / (1 + 1 / 1.5 + 1 / believed))
    engagement = replace(engagement, filtered=replace(engagement.filtered, mean=mean, variance=spread), unrated=unrated)
    return find_episodes(Panel.of(world.keys), effort, engagement, np.ones(size, bool))


def test_a_mood_in_both_ratings_is_no_slope() -> None:
    slopes = rated(mood=0.8, slope=0.0).slopes
    assert abs(slopes.mean.mean()) < 0.12
    assert (slopes.above(0.3) < 0.7).all()


def test_a_mood_that_begins_is_no_compensation() -> None:
    found = rated(mood=0.8, slope=0.0, since=6, who=3)
    assert found.odds[3, COMPENSATING] < 1
    assert found.slopes.mean[3] < 0.35


def test_a_slope_that_attendance_shows_too_is_one() -> None:
    found = rated(mood=0.0, slope=1.0, since=5, who=3)
    assert found.odds[3, COMPENSATING] > 1 > np.delete(found.odds[:, COMPENSATING], 3).max()
    assert found.slopes.mean[3] > 0.5
