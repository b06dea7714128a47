"""Measurement, pooling over the months, compensation and P(over-invested), each against an independent calculation."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import GLS

from caseload.estimates.compensation import _random_intercept_slopes, compensation_slopes
from caseload.estimates.factors import Scores, fit_factor, score
from caseload.estimates.over_investment import DRIVERS, FEATURES, OverInvestment, drivers, regressors
from caseload.estimates.pooling import Filtered, Variances, clinician_means, filter_months, variance_components
from caseload.signals import EFFORT

KNOWN = Variances(clinician=0.2, client=0.4, month=0.4, persistence=0.9)
FIRST = pd.Period("2025-07", "M").ordinal


def panel(clinicians: int, clients: int, months: int) -> pd.DataFrame:
    """Every client of every clinician in every month."""
    index = pd.MultiIndex.from_product([range(months), range(clinicians), range(clients)])
    month, who, client = (index.get_level_values(level).to_numpy() for level in range(3))
    return pd.DataFrame(
        {
            "clinician_id": [f"C{i:02d}" for i in who],
            "client_id": [f"K{i:02d}-{j:02d}" for i, j in zip(who, client, strict=True)],
            "month": pd.PeriodIndex.from_ordinals(FIRST + month, freq="M"),
        }
    )


def scores_of(values: np.ndarray, noise: np.ndarray) -> Scores:
    return Scores(values, noise, values[:, None])


def factor_covariance(keys: pd.DataFrame, v: Variances) -> np.ndarray:
    """Of f = a + b + e over all rows: a per clinician, b per client, both with correlation ρ to the power of months."""
    month = keys["month"].astype("int64").to_numpy()
    distance = np.abs(month[:, None] - month[None, :])
    clinician, client = keys["clinician_id"].to_numpy(), keys["client_id"].to_numpy()
    same_clinician = clinician[:, None] == clinician[None, :]
    same_client = same_clinician & (client[:, None] == client[None, :])
    decay = v.persistence**distance
    return decay * (v.clinician * same_clinician + v.client * same_client) + v.month * np.eye(len(keys))


def conditioned(keys: pd.DataFrame, scores: Scores, v: Variances) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each row's f given all scores up to its month, from the joint normal distribution."""
    month = keys["month"].astype("int64").to_numpy()
    of_factor = factor_covariance(keys, v)
    of_scores = of_factor + np.diag(np.where(np.isfinite(scores.variance), scores.variance, 0.0))
    mean, variance = np.zeros(len(keys)), np.diag(of_factor).copy()
    for row in range(len(keys)):
        given = np.flatnonzero((month <= month[row]) & np.isfinite(scores.variance))
        if len(given):
            weights = np.linalg.solve(of_scores[np.ix_(given, given)], of_factor[given, row])
            mean[row] = weights @ scores.score[given]
            variance[row] -= weights @ of_factor[given, row]
    return mean, variance


def drawn(keys: pd.DataFrame, v: Variances, seed: int, missing: float = 0.0) -> Scores:
    draw = np.random.default_rng(seed)
    noise = draw.uniform(0.2, 2.0, len(keys))
    factor = draw.multivariate_normal(np.zeros(len(keys)), factor_covariance(keys, v))
    values = factor + np.sqrt(noise) * draw.standard_normal(len(keys))
    gone = draw.random(len(keys)) < missing
    return scores_of(np.where(gone, 0.0, values), np.where(gone, np.inf, noise))


def filtered(keys: pd.DataFrame, scores: Scores, v: Variances = KNOWN, doubt: float = 0.0) -> Filtered:
    return filter_months(keys, scores, v, np.full(len(keys), doubt))


# --- the filter over the months ---------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.floats(0.05, 0.5), st.floats(0.05, 0.45), st.floats(0.6, 0.97))
@hypothesis_settings(max_examples=50, deadline=None)
def test_one_client_is_filtered_as_by_conditioning_the_joint_normal(
    seed: int, clinician: float, client: float, persistence: float
) -> None:
    """Months without a row and rows without a signal included."""
    v = Variances(clinician, client, 1 - clinician - client, persistence)
    keys = panel(1, 1, 14)
    keys = keys[np.random.default_rng(seed).random(14) < 0.7].reset_index(drop=True)
    scores = drawn(keys, v, seed, missing=0.2)
    found = filtered(keys, scores, v)
    mean, variance = conditioned(keys, scores, v)
    np.testing.assert_allclose(found.mean, mean, atol=1e-10)
    np.testing.assert_allclose(found.variance, variance, atol=1e-10)


@pytest.mark.parametrize("clients", [2, 5, 12])
def test_the_first_month_is_exact_for_any_number_of_clients(clients: int) -> None:
    keys = panel(3, clients, 1)
    scores = drawn(keys, KNOWN, seed=clients, missing=0.1)
    found = filtered(keys, scores)
    mean, variance = conditioned(keys, scores, KNOWN)
    np.testing.assert_allclose(found.mean, mean, atol=1e-10)
    np.testing.assert_allclose(found.variance, variance, atol=1e-10)


@pytest.mark.parametrize("clients", [2, 5, 12])
def test_later_months_of_several_clients_are_nearly_exact(clients: int) -> None:
    """What is left out, clients' dependence on each other, is small beside the posterior SD of about 0.6."""
    keys = panel(2 if clients < 12 else 1, clients, 7)
    scores = drawn(keys, KNOWN, seed=clients)
    found = filtered(keys, scores)
    mean, variance = conditioned(keys, scores, KNOWN)
    assert np.abs(found.mean - mean).max() < 0.03
    np.testing.assert_allclose(found.variance, variance, rtol=0.01)


def test_the_order_of_rows_does_not_matter_to_the_filter() -> None:
    keys = panel(3, 4, 5)
    scores = drawn(keys, KNOWN, seed=2, missing=0.2)
    order = np.random.default_rng(0).permutation(len(keys))
    shuffled = Scores(scores.score[order], scores.variance[order], scores.parts[order])
    again = filtered(keys.iloc[order].reset_index(drop=True), shuffled)
    np.testing.assert_allclose(again.mean, filtered(keys, scores).mean[order], atol=1e-12)


def test_no_month_of_the_filter_knows_a_later_one() -> None:
    keys = panel(3, 4, 6)
    scores = drawn(keys, KNOWN, seed=3)
    changed = Scores(
        np.where(keys["month"] > keys["month"].iloc[36], 99.0, scores.score), scores.variance, scores.parts
    )
    np.testing.assert_array_equal(filtered(keys, scores).mean[:48], filtered(keys, changed).mean[:48])
    assert np.abs(filtered(keys, scores).mean[48:] - filtered(keys, changed).mean[48:]).min() > 1


def test_a_clinicians_mean_has_the_variance_of_the_joint_normal() -> None:
    """First month: the mean of seven clients, their common level included."""
    keys = panel(1, 7, 1)
    scores = drawn(keys, KNOWN, seed=5)
    covariance = factor_covariance(keys, KNOWN)
    left = covariance - covariance @ np.linalg.solve(covariance + np.diag(scores.variance), covariance)
    mean, variance, _ = clinician_means(filtered(keys, scores), np.arange(7), np.zeros(7, int), 1)
    assert variance[0] == pytest.approx(left.mean())
    assert mean[0] == pytest.approx(filtered(keys, scores).mean.mean())


@pytest.mark.parametrize("clients", [1, 8])
def test_doubt_about_a_style_does_not_average_out(clients: int) -> None:
    keys = panel(1, clients, 3)
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
    keys, shape = panel(60, 10, 10), (10, 10)
    root = np.linalg.cholesky(factor_covariance(panel(1, *shape), KNOWN))  # clinicians are independent of each other
    noise = np.full(len(keys), 0.5)
    found = []
    for seed in range(5):
        draw = np.random.default_rng(seed)
        factor = (draw.standard_normal((60, 100)) @ root.T).reshape(60, *shape).transpose(1, 0, 2).ravel()
        values = factor + np.sqrt(noise) * draw.standard_normal(len(keys))
        v = variance_components(keys, scores_of(values, noise))
        assert v.clinician + v.client + v.month == pytest.approx(1.0)
        found.append([v.clinician, v.client, v.month, v.persistence])
    np.testing.assert_allclose(np.mean(found, axis=0), [0.2, 0.4, 0.4, 0.9], atol=0.05)


# --- the measurement model --------------------------------------------------------------------------------------------

LOADINGS = np.array([0.8, 0.6, 0.7, 0.3])
MEASURED = EFFORT[:4]


def measured(seed: int, clinicians: int = 30, clients: int = 10, months: int = 6) -> tuple[pd.DataFrame, dict]:
    """Four signals of the model in its own words: y = style + λ·f + ε, unit variance but for the style."""
    draw = np.random.default_rng(seed)
    keys = panel(clinicians, clients, months)
    who = pd.factorize(keys["clinician_id"])[0]
    f = draw.standard_normal(len(keys))
    style = 0.5 * draw.standard_normal((clinicians, 4))
    count = draw.integers(1, 6, (len(keys), 4))
    noise = 1 - LOADINGS**2  # split half and half into what stays and what averages out
    spread = np.sqrt(noise / 2 + noise / 2 / count)
    y = style[who] + LOADINGS * f[:, None] + spread * draw.standard_normal((len(keys), 4))
    y[draw.random(y.shape) < 0.2] = np.nan
    columns = {s.name: y[:, j] for j, s in enumerate(MEASURED)}
    counts = {f"{s.name}_n": np.where(np.isnan(y[:, j]), 0, count[:, j]) for j, s in enumerate(MEASURED)}
    return keys.assign(**columns, **counts), {"f": f, "style": style}


def test_loadings_noise_and_styles_are_recovered() -> None:
    signals, truth = measured(1)
    fit = fit_factor(signals, MEASURED, signals[[]])
    assert fit is not None
    in_units = fit.loading * fit.scale
    np.testing.assert_allclose(in_units, LOADINGS, atol=0.08)
    unique = (fit.noise.sum(axis=1)) * fit.scale**2
    np.testing.assert_allclose(unique, 1 - LOADINGS**2, atol=0.15)
    correlations = [np.corrcoef(fit.style[:, j], truth["style"][:, j])[0, 1] for j in range(4)]
    assert min(correlations) > 0.85


def test_a_score_is_the_generalised_least_squares_estimate() -> None:
    """Each row by a regression of its recorded signals on their loadings, with statsmodels."""
    signals, _ = measured(2, clinicians=6, clients=5, months=3)
    fit = fit_factor(signals, MEASURED, signals[[]])
    assert fit is not None
    found = score(signals, signals[[]], fit)
    who = {name: i for i, name in enumerate(fit.clinicians)}
    for row in range(0, len(signals), 9):
        cells = [j for j, s in enumerate(MEASURED) if signals[f"{s.name}_n"].iloc[row] > 0]
        if not cells:
            assert np.isinf(found.variance[row])
            continue
        values = np.array([signals[MEASURED[j].name].iloc[row] for j in cells])
        n = np.array([signals[f"{MEASURED[j].name}_n"].iloc[row] for j in cells])
        y = np.clip((values - fit.centre[cells]) / fit.scale[cells], -4, 4)
        y = y - fit.style[who[signals["clinician_id"].iloc[row]], cells]
        noise = fit.noise[cells, 0] + fit.noise[cells, 1] / n
        model = GLS(y, fit.loading[cells], sigma=noise)
        assert found.score[row] == pytest.approx(model.fit().params[0])
        assert found.variance[row] == pytest.approx(float(model.normalized_cov_params[0, 0]))
    np.testing.assert_allclose(found.parts.sum(axis=1), found.score)


def test_a_signal_that_means_less_is_turned() -> None:
    """Lateness falls with engagement: its loading is positive on the turned scale, and the score falls with it."""
    signals, _ = measured(3)
    late = replace(MEASURED[0], sign=-1)
    turned = signals.assign(**{late.name: -signals[late.name]})
    straight = fit_factor(signals, MEASURED, signals[[]])
    other = fit_factor(turned, (late, *MEASURED[1:]), turned[[]])
    assert straight is not None and other is not None
    np.testing.assert_allclose(score(turned, turned[[]], other).score, score(signals, signals[[]], straight).score)


def test_case_mix_is_taken_out_within_clinicians() -> None:
    """An effect of 0.6 a unit on every signal is found although one clinician has all the severe clients."""
    signals, truth = measured(4)
    severe = np.random.default_rng(40).standard_normal(len(signals)) + 2 * (signals["clinician_id"] == "C00")
    for signal in MEASURED:
        signals[signal.name] += 0.6 * severe
    case_mix = pd.DataFrame({"severity": severe})
    fit = fit_factor(signals, MEASURED, case_mix)
    assert fit is not None
    np.testing.assert_allclose(fit.beta[0] * fit.scale, 0.6, atol=0.06)
    assert abs(np.corrcoef(score(signals, case_mix, fit).score, severe)[0, 1]) < 0.1
    assert np.corrcoef(score(signals, case_mix, fit).score, truth["f"])[0, 1] > 0.75


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_signal_on_fewer_than_eight_rows_has_no_scale(rows: int) -> None:
    signals, _ = measured(5, clinicians=2, clients=5, months=2)
    signals = signals.head(rows)
    assert fit_factor(signals, MEASURED, signals[[]]) is None


def test_a_constant_signal_is_left_out() -> None:
    signals, _ = measured(6, clinicians=4)
    fit = fit_factor(signals.assign(prep=3.0), MEASURED, signals[[]])
    assert fit is not None
    assert [s.name for s in fit.signals] == [s.name for s in MEASURED[1:]]


# --- compensation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_clinicians_slope_is_that_of_generalised_least_squares(seed: int) -> None:
    """statsmodels, with the full covariance matrix of a random intercept for every client."""
    draw = np.random.default_rng(seed)
    clients, between = 8, 0.35
    client = np.repeat(np.arange(clients), 4)
    x, noise = draw.standard_normal(len(client)), draw.uniform(0.3, 2.0, len(client))
    y = 0.7 * x + draw.standard_normal(clients)[client] + np.sqrt(noise) * draw.standard_normal(len(client))
    sigma = np.diag(noise) + between * (client[:, None] == client[None, :])
    model = GLS(y, np.column_stack([np.ones(len(x)), x]), sigma=sigma)
    slope, error = _random_intercept_slopes(x, y, noise, between, client, np.zeros(len(client), int), 1)
    assert slope[0] == pytest.approx(model.fit().params[1])
    assert error[0] == pytest.approx(model.normalized_cov_params[1, 1])


def test_clinicians_slopes_are_calculated_apart() -> None:
    draw = np.random.default_rng(9)
    who, client = np.repeat([0, 1], 20), np.repeat(np.arange(10), 4)
    x, y, noise = draw.standard_normal(40), draw.standard_normal(40), draw.uniform(0.5, 1, 40)
    both, _ = _random_intercept_slopes(x, y, noise, 0.3, client, who, 2)
    second, _ = _random_intercept_slopes(x[20:], y[20:], noise[20:], 0.3, client[20:] - 5, who[20:] - 1, 1)
    assert both[1] == pytest.approx(second[0])


MONTH = pd.Period(ordinal=FIRST + 7, freq="M")


def effort_and_engagement(slopes: list[float], seed: int = 0) -> tuple[pd.DataFrame, Scores, Filtered]:
    """Clinicians with the given slopes of effort on −engagement; engagement is known nearly exactly."""
    keys = panel(len(slopes), 10, 8)
    draw = np.random.default_rng(seed)
    engagement = scores_of(draw.standard_normal(len(keys)), np.full(len(keys), 1e-4))
    own = np.array(slopes)[pd.factorize(keys["clinician_id"])[0]]
    noise = np.full(len(keys), 0.2)
    effort = -own * engagement.score + np.sqrt(noise + 0.4) * draw.standard_normal(len(keys))
    return keys, scores_of(effort, noise), filtered(keys, engagement)


def slopes_of(keys: pd.DataFrame, effort: Scores, engagement: Filtered, month: pd.Period = MONTH) -> pd.DataFrame:
    return compensation_slopes(keys, effort, engagement, np.ones(len(keys), bool), KNOWN, month)


def test_slopes_are_recovered_and_drawn_together() -> None:
    true = np.array([0.0] * 10 + [0.5, 0.5, 1.0, 1.0])
    found = slopes_of(*effort_and_engagement(list(true)))
    spread = np.sqrt(found["variance"])
    assert ((found["mean"] - true).abs() < 1.645 * spread).mean() >= 12 / 14
    assert found["mean"].iloc[12:].min() > 0.6 > 0.3 > found["mean"].iloc[:10].max()
    assert np.std(found["mean"]) < np.std(true) + 0.05


def test_a_constant_added_to_a_clinicians_effort_is_no_compensation() -> None:
    keys, effort, engagement = effort_and_engagement([0.2, 0.8, 0.0])
    louder = Scores(effort.score + 3.0 * (keys["clinician_id"] == "C01").to_numpy(), effort.variance, effort.parts)
    pd.testing.assert_frame_equal(slopes_of(keys, louder, engagement), slopes_of(keys, effort, engagement))


def test_only_six_months_count_and_none_to_come() -> None:
    keys, effort, engagement = effort_and_engagement([0.2, 0.8, 0.0])
    age = MONTH.ordinal - 1 - keys["month"].astype("int64").to_numpy()
    changed = Scores(np.where((age < 0) | (age > 5), 50.0, effort.score), effort.variance, effort.parts)
    pd.testing.assert_frame_equal(
        slopes_of(keys, changed, engagement, MONTH - 1), slopes_of(keys, effort, engagement, MONTH - 1)
    )


def test_the_oldest_month_weighs_a_sixth_of_the_newest() -> None:
    """0.7 to the power of five is 0.17; the months' own spread of engagement leaves some room."""
    keys, effort, engagement = effort_and_engagement([0.2, 0.8, 0.0])
    age = MONTH.ordinal - keys["month"].astype("int64").to_numpy()
    before, moved = slopes_of(keys, effort, engagement)["mean"], []
    for month in (0, 5):
        steeper = effort.score - 0.5 * engagement.mean * (age == month)
        moved.append(slopes_of(keys, Scores(steeper, effort.variance, effort.parts), engagement)["mean"] - before)
    assert (moved[0] > 0.05).all() and (moved[1] > 0.005).all()
    assert 0.1 < moved[1].mean() / moved[0].mean() < 0.3


def test_a_clinician_whose_clients_do_not_differ_has_the_practices_slope_and_a_wide_interval() -> None:
    keys, effort, engagement = effort_and_engagement([0.5] * 8)
    alike = np.where(keys["clinician_id"] == "C00", 0.0, engagement.mean)
    found = slopes_of(keys, effort, replace(engagement, mean=alike))
    assert found["mean"].iloc[0] == pytest.approx(found["mean"].iloc[1:].mean(), abs=0.1)
    assert found["variance"].iloc[0] > 1.5 * found["variance"].iloc[1:].max()


def test_rows_that_tell_nothing_leave_the_slope_where_it_is() -> None:
    keys, effort, engagement = effort_and_engagement([0.5, 0.1])
    silent = Scores(effort.score * 0, np.full(len(keys), np.inf), effort.parts)
    found = slopes_of(keys, silent, engagement)
    assert found["mean"].tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert (found["variance"] > slopes_of(keys, effort, engagement)["variance"]).all()


# --- P(over-invested) -------------------------------------------------------------------------------------------------


def found_features(seed: int, rows: int = 40) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame(2 * draw.standard_normal((rows, len(FEATURES))), columns=list(FEATURES))


def test_terms_add_up_to_the_log_odds() -> None:
    model, table = OverInvestment.load(), found_features(1)
    p = model.probability(table)
    assert p.between(0, 1).all()
    inside = p[(p > 1e-9) & (p < 1 - 1e-9)]
    log_odds = [log(value / (1 - value)) for value in inside]
    expected = model.terms(table).loc[inside.index].sum(axis=1) + model.intercept
    np.testing.assert_allclose(log_odds, expected, atol=1e-5)


def test_drivers_share_out_every_term() -> None:
    table = found_features(2)
    assert drivers(table).columns.tolist() == list(DRIVERS)
    np.testing.assert_allclose(drivers(table).sum(axis=1), OverInvestment.load().terms(table).sum(axis=1))


def test_the_probability_by_hand() -> None:
    """Coefficients 2 and 3 on a slope of 1.5 standard errors, of which 0.5 lies beyond 1: −4 + 2·1.5 + 3·0.5."""
    model = OverInvestment({"slope_z": 2.0, "slope_z_beyond": 3.0}, -4.0, {})
    table = pd.DataFrame(0.0, index=["C"], columns=list(FEATURES)).assign(slope_z=1.5)
    assert model.probability(table)["C"] == pytest.approx(1 / (1 + exp(-0.5)))


def test_every_coefficient_belongs_to_a_regressor() -> None:
    assert set(OverInvestment.load().coefficients) <= set(regressors(found_features(3)).columns)


def test_what_is_not_estimable_says_nothing() -> None:
    table = pd.DataFrame(np.nan, index=["C"], columns=list(FEATURES))
    p = OverInvestment.load().probability(table)["C"]
    assert p == pytest.approx(1 / (1 + exp(-OverInvestment.load().intercept)))
    assert p < 0.1
