"""Pooling over the months against the joint normal distribution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from estimates_fixtures import KNOWN, conditioned, drawn, factor_covariance, filtered, keys_of, scores_of
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from caseload.estimates.panel import Panel
from caseload.estimates.pooling import Variances, steps, variance_components
from caseload.estimates.sides import clinician_means


@given(st.integers(0, 10**6), st.floats(0.05, 0.5), st.floats(0.05, 0.45), st.floats(0.6, 0.97), st.floats(0.6, 0.99))
@hypothesis_settings(max_examples=50, deadline=None)
def test_one_client_is_filtered_as_by_conditioning_the_joint_normal(
    seed: int, clinician: float, client: float, persistence: float, level_persistence: float
) -> None:
    """Months without a row and rows without a signal included."""
    v = Variances(clinician, client, 1 - clinician - client, persistence, clinician_persistence=level_persistence)
    keys = keys_of(1, 1, 14)
    keys = keys[np.random.default_rng(seed).random(14) < 0.7].reset_index(drop=True)
    scores = drawn(keys, v, seed, missing=0.2)
    found = filtered(keys, scores, v)
    mean, variance = conditioned(keys, scores, v)
    np.testing.assert_allclose(found.mean, mean, atol=1e-10)
    np.testing.assert_allclose(found.variance, variance, atol=1e-10)


@pytest.mark.parametrize("clients", [2, 5, 12])
def test_the_first_month_is_exact_for_any_number_of_clients(clients: int) -> None:
    keys = keys_of(3, clients, 1)
    scores = drawn(keys, KNOWN, seed=clients, missing=0.1)
    found = filtered(keys, scores)
    mean, variance = conditioned(keys, scores, KNOWN)
    np.testing.assert_allclose(found.mean, mean, atol=1e-10)
    np.testing.assert_allclose(found.variance, variance, atol=1e-10)


@pytest.mark.parametrize("clients", [2, 5, 12])
def test_later_months_of_several_clients_are_nearly_exact(clients: int) -> None:
    """What is left out, clients' dependence on each other, is small beside the posterior SD of about 0.6."""
    keys = keys_of(2 if clients < 12 else 1, clients, 7)
    scores = drawn(keys, KNOWN, seed=clients)
    found = filtered(keys, scores)
    mean, variance = conditioned(keys, scores, KNOWN)
    assert np.abs(found.mean - mean).max() < 0.03
    np.testing.assert_allclose(found.variance, variance, rtol=0.01)


def test_the_order_of_rows_does_not_matter_to_the_filter() -> None:
    keys = keys_of(3, 4, 5)
    scores = drawn(keys, KNOWN, seed=2, missing=0.2)
    order = np.random.default_rng(0).permutation(len(keys))
    shuffled = scores.take(order)
    again = filtered(keys.iloc[order].reset_index(drop=True), shuffled)
    np.testing.assert_allclose(again.mean, filtered(keys, scores).mean[order], atol=1e-12)


def test_no_month_of_the_filter_knows_a_later_one() -> None:
    keys = keys_of(3, 4, 6)
    scores = drawn(keys, KNOWN, seed=3)
    changed = scores_of(np.where(keys["month"] > keys["month"].iloc[36], 99.0, scores.score), scores.variance)
    np.testing.assert_array_equal(filtered(keys, scores).mean[:48], filtered(keys, changed).mean[:48])
    assert np.abs(filtered(keys, scores).mean[48:] - filtered(keys, changed).mean[48:]).min() > 1


def test_a_clinicians_mean_has_the_variance_of_the_joint_normal() -> None:
    """First month: the mean of seven clients, their common level included."""
    keys = keys_of(1, 7, 1)
    scores = drawn(keys, KNOWN, seed=5)
    covariance = factor_covariance(keys, KNOWN)
    left = covariance - covariance @ np.linalg.solve(covariance + np.diag(scores.variance), covariance)
    mean, variance, _ = clinician_means(filtered(keys, scores), np.arange(7), np.zeros(7, int), 1)
    assert variance[0] == pytest.approx(left.mean())
    assert mean[0] == pytest.approx(filtered(keys, scores).mean.mean())


@pytest.mark.parametrize("clients", [1, 8])
def test_doubt_about_a_style_does_not_average_out(clients: int) -> None:
    keys = keys_of(1, clients, 3)
    scores = drawn(keys, KNOWN, seed=6)
    rows, group = np.arange(2 * clients, 3 * clients), np.zeros(clients, int)
    plain, doubtful = filtered(keys, scores), filtered(keys, scores, doubt=0.1)
    np.testing.assert_allclose(doubtful.variance, plain.variance + 0.1)
    _, without, _ = clinician_means(plain, rows, group, 1)
    _, variance, style = clinician_means(doubtful, rows, group, 1)
    assert (variance[0], style[0]) == (pytest.approx(without[0] + 0.1), pytest.approx(0.1))
    if clients == 1:
        assert variance[0] == pytest.approx(doubtful.variance[-1])  # the only client's own


def test_variance_components_are_recovered() -> None:
    """Five practices of sixty clinicians; one practice alone strays by about 0.02, 0.04, 0.04 and 0.02."""
    keys, shape = keys_of(60, 10, 10), (10, 10)
    root = np.linalg.cholesky(factor_covariance(keys_of(1, *shape), KNOWN))  # clinicians are independent of each other
    noise = np.full(len(keys), 0.5)
    found = []
    for seed in range(5):
        draw = np.random.default_rng(seed)
        factor = (draw.standard_normal((60, 100)) @ root.T).reshape(60, *shape).transpose(1, 0, 2).ravel()
        values = factor + np.sqrt(noise) * draw.standard_normal(len(keys))
        v = variance_components(Panel.of(keys), scores_of(values, noise))
        assert v.clinician + v.clinician_month + v.client + v.month == pytest.approx(1.0)
        found.append([v.clinician, v.client, v.month, v.persistence])
    np.testing.assert_allclose(np.mean(found, axis=0), [0.2, 0.4, 0.4, 0.9], atol=0.05)


def test_what_lasts_in_a_client_is_told_apart_from_style_only_by_its_share() -> None:
    """One client with a lasting style d: f and the scores are jointly normal, and the filter conditions on them."""
    v = replace(KNOWN, client_style=0.3)
    keys = keys_of(1, 1, 8)
    draw = np.random.default_rng(11)
    noise = draw.uniform(0.4, 1.5, 8)
    scores = scores_of(draw.standard_normal(8), noise + 0.3, np.full(8, 0.3))
    of_factor = factor_covariance(keys, v)
    distance = np.abs(np.subtract.outer(range(8), range(8)))
    of_scores = of_factor + 0.3 * v.persistence**distance + np.diag(noise)
    found = filtered(keys, scores, v)
    for row in range(8):
        weights = np.linalg.solve(of_scores[: row + 1, : row + 1], of_factor[: row + 1, row])
        assert found.mean[row] == pytest.approx(weights @ scores.score[: row + 1])
        assert found.variance[row] == pytest.approx(of_factor[row, row] - weights @ of_factor[: row + 1, row])


def test_a_month_that_all_clients_share_is_told_from_a_level_that_stays() -> None:
    """First month, many clients: of a common deviation the share a / (a + q) goes on to the next month."""
    v = Variances(clinician=0.2, client=0.3, month=0.3, persistence=0.9, clinician_month=0.2)
    keys = keys_of(1, 400, 2)
    values = np.where(np.arange(800) < 400, 1.0, 0.0)
    noise = np.where(np.arange(800) < 400, 0.01, np.inf)
    found = filtered(keys, scores_of(np.where(np.isfinite(noise), values, 0.0), noise), v)
    assert found.level[0] == pytest.approx(1.0, abs=0.01)
    assert found.level[-1] == pytest.approx(0.97 * 0.5, abs=0.01)


@pytest.mark.parametrize(("clients", "tolerance"), [(1, 1e-9), (6, 0.02)])
def test_filtered_columns_are_whitened_as_by_generalised_least_squares(clients: int, tolerance: float) -> None:
    """Cross-products of whitened columns are X'V⁻¹X, V the covariance of all scores; nearly so for several clients."""
    keys = keys_of(1, clients, 7)
    scores = drawn(keys, KNOWN, seed=clients)
    columns = np.column_stack([scores.score, np.random.default_rng(1).standard_normal((len(keys), 2))])
    covariance = factor_covariance(keys, KNOWN) + np.diag(scores.variance)
    expected = columns.T @ np.linalg.solve(covariance, columns)
    left, right = (part.ravel() for part in np.indices((3, 3)))
    panel = Panel.of(keys)
    found = sum(
        step.products(left, right)[0] for step in steps(panel, lambda m: columns[m.rows], scores.variance, KNOWN)
    )
    np.testing.assert_allclose(np.reshape(found, (3, 3)), expected, atol=tolerance * np.abs(expected).max())


def test_a_column_may_begin_late() -> None:
    """Columns that are 0 at first may be left out until they begin."""
    keys = keys_of(2, 3, 6)
    scores = drawn(keys, KNOWN, seed=4)
    panel = Panel.of(keys)
    start = panel.months[3].ordinal
    late = (panel.month >= start).astype(float)
    both = np.column_stack([scores.score, late])
    whole = list(steps(panel, lambda m: both[m.rows], scores.variance, KNOWN))
    growing = list(steps(panel, lambda m: both[m.rows, : 1 + int(m.ordinal >= start)], scores.variance, KNOWN))
    np.testing.assert_allclose(growing[-1].surprise, whole[-1].surprise)
    assert [step.columns for step in growing] == [1, 1, 1, 2, 2, 2]


def test_a_practice_of_one_clinician_and_month_has_the_priors_components() -> None:
    keys = keys_of(1, 1, 1)
    v = variance_components(Panel.of(keys), drawn(keys, KNOWN, seed=1))
    assert (v.clinician, v.client, v.persistence) == (pytest.approx(0.2), pytest.approx(0.4), pytest.approx(0.93))
