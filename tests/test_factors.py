"""The measurement model of one side: loadings, noise, styles and scores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from estimates_fixtures import keys_of
from statsmodels.regression.linear_model import GLS

from caseload.estimates import factors
from caseload.estimates.factors import FactorFit, fit_factor, score_rows
from caseload.estimates.panel import Panel
from caseload.signals import EFFORT

LOADINGS = np.array([0.8, 0.6, 0.7, 0.3])
MEASURED = EFFORT[:4]


def measured(seed: int, clinicians: int = 30, clients: int = 10, months: int = 6) -> tuple[pd.DataFrame, dict]:
    """Four signals of the model in its own words: y = style + λ·f + ε, unit variance but for the style."""
    draw = np.random.default_rng(seed)
    keys = keys_of(clinicians, clients, months)
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


def fit_of(signals: pd.DataFrame) -> FactorFit | None:
    return fit_factor(signals, MEASURED, signals[[]], Panel.of(signals))


def test_loadings_noise_and_styles_are_recovered() -> None:
    signals, truth = measured(1)
    fit = fit_of(signals)
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
    fit = fit_of(signals)
    assert fit is not None
    found = score_rows(signals, signals[[]], fit, Panel.of(signals))
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
    straight = fit_of(signals)
    other = fit_factor(turned, (late, *MEASURED[1:]), turned[[]], Panel.of(turned))
    assert straight is not None and other is not None
    people = Panel.of(signals)
    np.testing.assert_allclose(
        score_rows(turned, turned[[]], other, people).score, score_rows(signals, signals[[]], straight, people).score
    )


def test_case_mix_is_taken_out_within_clinicians() -> None:
    """An effect of 0.6 a unit on every signal is found although one clinician has all the severe clients."""
    signals, truth = measured(4)
    severe = np.random.default_rng(40).standard_normal(len(signals)) + 2 * (signals["clinician_id"] == "C00")
    for signal in MEASURED:
        signals[signal.name] += 0.6 * severe
    case_mix = pd.DataFrame({"severity": severe})
    people = Panel.of(signals)
    fit = fit_factor(signals, MEASURED, case_mix, people)
    assert fit is not None
    np.testing.assert_allclose(fit.beta[0] * fit.scale, 0.6, atol=0.06)
    assert abs(np.corrcoef(score_rows(signals, case_mix, fit, people).score, severe)[0, 1]) < 0.1
    assert np.corrcoef(score_rows(signals, case_mix, fit, people).score, truth["f"])[0, 1] > 0.75


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_signal_on_fewer_than_eight_rows_has_no_scale(rows: int) -> None:
    signals, _ = measured(5, clinicians=2, clients=5, months=2)
    signals = signals.head(rows)
    assert fit_of(signals) is None


def test_a_constant_signal_is_left_out() -> None:
    signals, _ = measured(6, clinicians=4)
    fit = fit_of(signals.assign(prep=3.0))
    assert fit is not None
    assert [s.name for s in fit.signals] == [s.name for s in MEASURED[1:]]


@pytest.mark.parametrize("style", [0.0, 0.2])
def test_what_lasts_of_a_signal_in_a_client_is_found(style: float) -> None:
    """Client offsets of variance 0 or 0.2 in two of four signals, in units of the signal's own variance."""
    signals, _ = measured(7, clinicians=60)
    client = pd.factorize(signals["client_id"])[0]
    offsets = np.sqrt(style) * np.random.default_rng(70).standard_normal((client.max() + 1, 2))
    for j in (0, 3):
        signals[MEASURED[j].name] += offsets[client, j // 3]
    fit = fit_of(signals)
    assert fit is not None
    np.testing.assert_allclose(fit.client_style[[0, 3]] * fit.scale[[0, 3]] ** 2, style, atol=0.04)
    assert fit.client_style[[1, 2]].max() < 0.04
    lasting = score_rows(signals, signals[[]], fit, Panel.of(signals)).lasting
    assert (lasting.mean() > 0.03) == (style > 0)


def test_a_sample_of_the_clinicians_gives_nearly_the_same_constants(monkeypatch: pytest.MonkeyPatch) -> None:
    signals, _ = measured(8, clinicians=60)
    whole = fit_of(signals)
    monkeypatch.setattr(factors, "SAMPLE_ROWS", len(signals) // 3)
    part = fit_of(signals)
    assert whole is not None and part is not None
    assert not np.array_equal(part.loading, whole.loading)
    np.testing.assert_allclose(part.loading, whole.loading, atol=0.08)
    assert part.style.shape == whole.style.shape
    assert min(np.corrcoef(part.style[:, j], whole.style[:, j])[0, 1] for j in range(4)) > 0.98
