"""The level behind repeated surveys, against an oracle that conditions one large joint normal distribution."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from caseload.estimates.levels import (
    CONTEXT_SPREADS,
    LASTING,
    MEMORY,
    MOST_SD,
    PERSISTENCE,
    PRACTICE_SD,
    UNKNOWN,
    VARIANCE_FACTORS,
    Shape,
    Surveys,
    as_usual,
    follow,
    prior_of,
)

VARIANCE, CUT = 73.5, 6.2


def made_up(seed: int, people: int = 3, months: int = 6, features: int = 2, teaching: int = 3) -> tuple:
    """Surveys in about half of the months, some with two, and a context."""
    rng = np.random.default_rng(seed)
    person, month = np.nonzero(rng.uniform(size=(people, months)) < 0.5)
    person, month = np.r_[person, person[:2]], np.r_[month, month[:2]]
    value, error = rng.normal(3, 9, len(person)), rng.uniform(5, 30, len(person))
    surveys = Surveys(person, month, value, error, np.arange(people) < teaching)
    return surveys, rng.normal(0, 1, (people, months, features))


def conditioned(surveys: Surveys, context: np.ndarray, person: int, at: int) -> tuple[float, float, float]:
    """Mean, variance and P(above) of one level by the definition: all shapes, each one joint normal distribution."""
    known = surveys.month <= at
    who, when = np.r_[person, surveys.person[known]], np.r_[at, surveys.month[known]]
    design, apart = context[who, when], np.abs(when[:, None] - when[None, :])
    noise = np.diag(np.r_[0.0, surveys.error[known]])
    logs, means, variances = [], [], []
    for factor, lasting, persistence in product(VARIANCE_FACTORS, LASTING, PERSISTENCE):
        same = who[:, None] == who[None, :]
        level = factor * VARIANCE * (lasting + (1 - lasting) * persistence**apart) * same
        for spread in CONTEXT_SPREADS:
            joint = level + PRACTICE_SD**2 + spread**2 / context.shape[2] * design @ design.T + noise
            weights = np.linalg.solve(joint[1:, 1:], joint[0, 1:])
            seen = multivariate_normal(np.zeros(known.sum()), joint[1:, 1:]) if known.any() else None
            logs.append(np.log(prior_of(spread)) + (seen.logpdf(surveys.value[known]) if seen else 0.0))
            means.append(weights @ surveys.value[known])
            variances.append(joint[0, 0] - weights @ joint[0, 1:])
    weight = np.exp(np.array(logs) - logsumexp(logs))
    mean = weight @ means
    above = weight @ norm.sf(CUT, means, np.sqrt(variances))
    return float(mean), float(weight @ (np.array(variances) + np.square(means)) - mean**2), float(above)


@pytest.mark.parametrize("seed", range(4))
def test_every_month_equals_conditioning_the_joint_normal_on_what_was_known(seed):
    surveys, context = made_up(seed)
    found = follow(surveys, context, VARIANCE, CUT)
    for person, at in product(range(3), range(6)):
        expected = conditioned(surveys, context, person, at)
        assert (found.mean[person, at], found.variance[person, at], found.above[person, at]) == pytest.approx(expected)


def test_the_parts_sum_to_the_mean():
    found = follow(*made_up(7), VARIANCE, CUT)
    assert found.practice + found.surveys + found.context.sum(axis=2) == pytest.approx(found.mean, abs=1e-12)


def test_somebody_who_does_not_teach_changes_nobody_else():
    surveys, context = made_up(2, teaching=2)
    found = follow(surveys, context, VARIANCE, CUT)
    teaching = surveys.person < 2
    alone = follow(
        Surveys(*(getattr(surveys, name)[teaching] for name in ("person", "month", "value", "error")), surveys.teaches),
        context, VARIANCE, CUT,
    )  # fmt: skip
    assert found.mean[:2] == pytest.approx(alone.mean[:2])
    assert found.mean[2, -1] != pytest.approx(alone.mean[2, -1])  # their own surveys count for themselves


def test_prior_probabilities_sum_to_one():
    assert sum(map(prior_of, CONTEXT_SPREADS)) == pytest.approx(1) and prior_of(0.0) == 0.5


def test_nothing_seen_is_the_prior():
    nobody = Surveys(*(np.empty(0, int),) * 2, *(np.empty(0),) * 2, np.ones(2, bool))
    found = follow(nobody, np.zeros((2, 3, 1)), VARIANCE, CUT)
    spread = np.mean(VARIANCE_FACTORS) * VARIANCE + PRACTICE_SD**2
    assert found.mean == pytest.approx(0) and found.variance == pytest.approx(np.full((2, 3), spread))


def simulated(seed: int, adds: float, people: int = 40, months: int = 18) -> tuple:
    """Levels and quarterly surveys; its context adds `adds` T a unit of its first feature, none of the second."""
    rng = np.random.default_rng(seed)
    context = np.repeat(rng.standard_normal((people, 1, 2)), months, axis=1)
    context = context + 0.5 * rng.standard_normal(context.shape)
    true = 7.0 * rng.standard_normal((people, 1)) + adds * context[:, :, 0] + rng.normal(0, 3, (people, months))
    person, month = np.nonzero(np.broadcast_to(np.arange(months) % 3 == 0, true.shape))
    value = true[person, month] + rng.normal(0, 3.3, len(person))
    return true, Surveys(person, month, value, np.full(len(person), 11.0), np.ones(people, bool)), context


def test_a_context_that_informs_is_learned_and_one_that_does_not_is_left_out():
    _, surveys, context = simulated(1, adds=6.0)
    added = follow(surveys, context, VARIANCE, CUT).context[0, -1]  # the coefficients times the first person's month
    assert added / context[0, -1] == pytest.approx([6.0, 0.0], abs=1.5)
    _, surveys, context = simulated(1, adds=0.0)
    assert np.abs(follow(surveys, context, VARIANCE, CUT).context[:, -1]).mean() < 0.5


def test_intervals_hold_what_they_promise():
    inside = []
    for seed in range(6):
        true, surveys, context = simulated(seed, adds=3.0)
        found = follow(surveys, context, VARIANCE, CUT)
        inside.append((np.abs(found.mean - true) < 1.645 * np.sqrt(found.variance))[:, 3:].mean())
    assert 0.85 < np.mean(inside) < 0.95


def test_covariance_of_a_shape():
    shape = Shape(10.0, 0.4, 0.5)
    assert shape.covariance(np.array([0, 1, 2])) == pytest.approx([10.0, 4 + 3.0, 4 + 1.5])


def test_context_in_sd_from_what_was_usual_until_then():
    values = np.array([[[1.0], [2.0]], [[3.0], [np.nan]]])  # two people, two months, one feature
    found = as_usual(values)[:, :, 0]
    # first month: mean 2, SD 1, so −1 and 1; second: mean (1 + 3 + 2)/3 = 2, so 0, and the other is not known
    first = np.array([-1.0, 1.0]) / (1 + UNKNOWN)
    assert found[:, 0] == pytest.approx(first)
    assert found[0, 1] == pytest.approx((MEMORY * -1.0 + 0.0) / (MEMORY + 1 + UNKNOWN))
    assert found[1, 1] == pytest.approx(MEMORY * 1.0 / (MEMORY + UNKNOWN))


def test_one_extreme_month_is_kept_within_bounds():
    values = np.zeros((50, 1, 1))
    values[0] = 1e6
    assert as_usual(values).max() == pytest.approx(MOST_SD / (1 + UNKNOWN))
