"""Loadings, noise and styles of one side's signals, by expectation–maximisation in closed form.

See `factors` for the model. Dempster, Laird & Rubin 1977; for factor analysis Rubin & Thayer 1982.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caseload.estimates.panel import Panel

MIN_ROWS = 8
"""A signal on fewer client-months is left out: its scale could not be told."""
ITERATIONS = 60
TOLERANCE = 5e-4
MIN_NOISE = 0.05
PRIOR_ROWS = 30.0
PRIOR_LOADING = 0.55
PRIOR_NOISE = (0.45, 0.3)
"""Prior τ² and s² of a standardised signal, worth PRIOR_ROWS client-months."""
PRIOR_STYLE = 0.15
PRIOR_STYLE_CLINICIANS = 4.0
"""Prior variance ω² of a clinician's style in one signal, worth four clinicians."""
PRIOR_CLIENT_STYLE = 0.05
PRIOR_CLIENT_STYLE_PAIRS = 100.0
"""Prior variance κ² of a client's style in one signal, worth a hundred pairs of neighbouring months."""
CLINICIAN_SHARE = 0.2
"""Share of the factor's variance that lies between clinicians, as far as styles are told from levels."""
LONE_TRUE, LONE_LASTS, LONE_SPREAD = 0.9, 0.6, 0.1
"""Of one or two signals: share of the factor in what does not average out, lag-one autocorrelation of the factor, and
the spread of 1/n from which on it is seen what averages out."""


@dataclass(frozen=True)
class Measured:
    """Loadings, noise (J × 2), variances of the clinicians' and of the clients' styles."""

    loading: np.ndarray
    noise: np.ndarray
    style_variance: np.ndarray
    client_style: np.ndarray


def measure(
    y: np.ndarray, count: np.ndarray, clinician: np.ndarray, people: Panel, start: Measured, prior_rows: float
) -> Measured:
    """Expectation–maximisation from a start, on signals without the case mix."""
    loading, noise, style_variance = start.loading, start.noise, start.style_variance
    mean = group_means(y, clinician, int(clinician.max()) + 1)
    for _ in range(ITERATIONS):
        weight = weights_of(y, count, noise)
        style, style_variance, _ = styles_of(mean, weight, clinician, loading, style_variance)
        residual = y - style[clinician]
        before = loading
        loading, noise = _maximise(residual, weight, count, loading, noise, prior_rows)
        if np.abs(loading - before).max() < TOLERANCE:
            break
    if len(loading) <= 2:
        loading, noise = _few(residual, count, noise, people)
    client_style = np.minimum(_client_styles(residual, loading, people), noise[:, 0])
    return Measured(loading, noise, style_variance, client_style)


def _few(y: np.ndarray, count: np.ndarray, noise: np.ndarray, people: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and noise of one or two signals: too few to tell each other's loadings apart.

    The signal that by itself is the most reliable has the loading that it has alone; the other's follows from what
    both share.
    """
    alone = [_alone(*cells, people) for cells in zip(y.T, count.T, noise, strict=True)]
    square = np.array([part[0] for part in alone])
    if len(alone) == 2:
        best = int(square.argmax())
        both = ~np.isnan(y).any(axis=1)
        shared = float((y[both, 0] * y[both, 1]).mean()) if both.sum() >= MIN_ROWS else 0.0
        square[1 - best] = min(max(shared, 0.0) ** 2 / square[best], square[1 - best])
    total = np.array([part[1] for part in alone])
    rest = np.maximum(total - square, MIN_NOISE)
    return np.sqrt(square / (1 - CLINICIAN_SHARE)), np.column_stack([rest, noise[:, 1]])


def _alone(y: np.ndarray, count: np.ndarray, noise: np.ndarray, people: Panel) -> tuple[float, float]:
    """Of a signal without its styles: the variance that is the factor, and all that does not average out.

    What averages out over a month's rows is noise, and of what does not, LONE_TRUE is the factor. Where a month has
    one row only, that cannot be seen: then what stays with a client to the next month is LONE_LASTS of the factor.
    """
    known = ~np.isnan(y)
    total, averages = float((y[known] ** 2).mean()), float((noise[1] / count[known]).mean())
    within = LONE_TRUE * max(total - averages, 0.0)
    now, later = people.pairs(1)
    both = known[now] & known[later]
    if float(np.std(1 / count[known])) < LONE_SPREAD and both.sum() >= MIN_ROWS:
        within = float((y[now[both]] * y[later[both]]).mean()) / LONE_LASTS
    stays = max(total - averages, 2 * MIN_NOISE)
    return min(max(within, MIN_NOISE), stays - MIN_NOISE), stays


def group_means(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Means of each column over the recorded rows of each group (groups × columns; 0 where nothing was recorded)."""
    recorded = ~np.isnan(values)
    means = np.zeros((groups, values.shape[1]))
    for j in range(values.shape[1]):
        which = recorded[:, j]
        n = np.bincount(group[which], minlength=groups)
        total = np.bincount(group[which], weights=values[which, j], minlength=groups)
        means[:, j] = total / np.maximum(n, 1)
    return means


def weights_of(y: np.ndarray, count: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Precision of each cell given the factor; 0 where the signal was not recorded."""
    variance = np.maximum(noise[:, 0] + noise[:, 1] / np.maximum(count, 1.0), MIN_NOISE)
    return np.where(np.isnan(y) | (count <= 0), 0.0, 1.0 / variance)


def styles_of(
    mean: np.ndarray, weight: np.ndarray, clinician: np.ndarray, loading: np.ndarray, omega: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clinicians' styles o_cj, their variance ω_j² and the uncertainty of each clinician's level.

    `mean` holds the clinicians' mean residuals r̄_cj, `weight` the precision of each cell.
    """
    groups = len(mean)
    seen = np.column_stack([np.bincount(clinician, w, minlength=groups) for w in weight.T])
    rows = np.bincount(clinician, (weight > 0).any(axis=1), minlength=groups)
    with np.errstate(divide="ignore"):
        error = np.where(seen > 0, 1.0 / seen, np.inf)
    level_prior = CLINICIAN_SHARE + (1 - CLINICIAN_SHARE) / np.maximum(rows, 1)
    information = np.where(seen > 0, 1.0 / (omega + error), 0.0)
    level_variance = 1.0 / ((information * loading**2).sum(axis=1) + 1.0 / level_prior)
    level = level_variance * (information * loading * mean).sum(axis=1)
    rest = mean - level[:, None] * loading
    style = np.where(seen > 0, omega * information * rest, 0.0)
    known = seen > 0
    excess = np.where(known, rest**2 + loading**2 * level_variance[:, None] - np.where(known, error, 0.0), 0.0)
    omega = (PRIOR_STYLE * PRIOR_STYLE_CLINICIANS + np.maximum(excess.sum(axis=0), 0.0)) / (
        PRIOR_STYLE_CLINICIANS + known.sum(axis=0)
    )
    return style, omega, np.minimum(level_variance, CLINICIAN_SHARE)


def _client_styles(residual: np.ndarray, loading: np.ndarray, panel: Panel) -> np.ndarray:
    """Variance κ_j² of what lasts of a signal in a client beyond what the factor explains.

    Neighbouring months of one client share λ_j·λ_k·c in two signals j ≠ k, which gives c, and λ_j²·c + κ_j² in one and
    the same. With a single signal the two cannot be told apart, and the prior stands.
    """
    now, later = panel.pairs(1)
    recorded = ~np.isnan(residual)
    y = np.nan_to_num(residual)
    products, pairs = y[now].T @ y[later], recorded[now].T.astype(float) @ recorded[later]
    expected = np.outer(loading, loading)
    apart = ~np.eye(len(loading), dtype=bool)
    information = (pairs * expected**2)[apart].sum()
    if information < 1.0:
        return np.full(len(loading), PRIOR_CLIENT_STYLE)
    shared = np.clip((products * expected)[apart].sum() / information, 0.0, 1.0)
    own = np.diag(products) - np.diag(pairs) * loading**2 * shared
    prior = PRIOR_CLIENT_STYLE_PAIRS * PRIOR_CLIENT_STYLE
    return np.asarray(np.maximum(own + prior, 0.0) / (np.diag(pairs) + PRIOR_CLIENT_STYLE_PAIRS))


def _maximise(
    residual: np.ndarray,
    weight: np.ndarray,
    count: np.ndarray,
    loading: np.ndarray,
    noise: np.ndarray,
    prior_rows: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One EM step for the loadings and the noise, given signals without case mix and style."""
    y = np.nan_to_num(residual)
    variance = 1.0 / (1.0 + (weight * loading**2).sum(axis=1))
    factor = variance * (weight * loading * y).sum(axis=1)
    square = factor**2 + variance
    typical = 1.0 / (noise[:, 0] + noise[:, 1] / 2)
    top = (weight * y * factor[:, None]).sum(axis=0) + prior_rows * typical * PRIOR_LOADING
    bottom = (weight * square[:, None]).sum(axis=0) + prior_rows * typical
    loading = np.maximum(top / bottom, 0.0)
    error = (y - factor[:, None] * loading) ** 2 + variance[:, None] * loading**2
    cells = [_noise(error[w > 0, j], count[w > 0, j], prior_rows) for j, w in enumerate(weight.T)]
    return loading, np.array(cells)


def _noise(error: np.ndarray, count: np.ndarray, prior_rows: float) -> tuple[float, float]:
    """Non-negative least squares of squared errors on 1 and 1/n: noise that stays and noise that averages out."""
    prior_counts = np.array([1.0, 4.0])
    design = np.column_stack([np.ones(len(count)), 1.0 / count])
    prior = np.column_stack([np.ones(2), 1.0 / prior_counts])
    gram = design.T @ design + prior.T @ prior * prior_rows / 2
    target = design.T @ error + prior.T @ (prior @ np.array(PRIOR_NOISE)) * prior_rows / 2
    both = np.linalg.solve(gram, target)
    if (both >= 0).all():
        return float(both[0]), float(both[1])
    only = np.maximum(target / np.diag(gram), 0.0)
    return (float(only[0]), 0.0) if both[1] < 0 else (0.0, float(only[1]))
