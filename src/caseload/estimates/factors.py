"""One latent factor behind the signals of one side, effort or engagement, with any of the signals missing.

The model of signal j in client-month i of clinician c, each signal standardised over the practice:

    y_ij = β_j·x_i + o_cj + λ_j·f_i + ε_ij        ε_ij ~ N(0, τ_j² + s_j²/n_ij)

x is the case mix, o the clinician's own constant style in that signal (long notes are a style, not effort), f the
latent factor with variance 1 over the practice's client-months, and n the count behind the signal, so that a rate from
two sessions weighs less than one from twelve. Clinicians' levels in f and their styles are told apart by what their
signals have in common: r̄_cj = λ_j·a_c + o_cj, o_cj ~ N(0, ω_j²).

Estimated by expectation–maximisation in closed form (Dempster, Laird & Rubin 1977; for factor analysis Rubin & Thayer
1982), with weak priors that carry a small practice and vanish in a large one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.signals import Signal

ITERATIONS = 60
TOLERANCE = 1e-4
MIN_ROWS = 8
"""A signal on fewer client-months is left out: its scale could not be told."""
CLIP = 4.0
"""Standardised signals are cut at ± 4 SD, so that one typing error does not move a month."""
MIN_NOISE = 0.05
PRIOR_ROWS = 30.0
PRIOR_LOADING = 0.55
PRIOR_NOISE = (0.45, 0.3)
"""Prior τ² and s² of a standardised signal, worth PRIOR_ROWS client-months."""
PRIOR_STYLE = 0.15
PRIOR_STYLE_CLINICIANS = 4.0
"""Prior variance ω² of a clinician's style in one signal, worth four clinicians."""
CLINICIAN_SHARE = 0.2
"""Share of the factor's variance that lies between clinicians, as far as styles are told from levels."""
RIDGE = 20.0
"""Client-months of zero effect that the case-mix regression starts from."""


@dataclass(frozen=True)
class FactorFit:
    """The fitted measurement model of one side. Arrays run over `signals` (J of them).

    `noise` holds τ² and s² (J × 2), `style` the offsets o_cj (clinicians × J, in order of `clinicians`),
    `level_variance` how uncertain each clinician's level remains because styles and levels are confounded.
    """

    signals: tuple[Signal, ...]
    centre: np.ndarray
    scale: np.ndarray
    case_mix: tuple[str, ...]
    case_mix_centre: np.ndarray
    beta: np.ndarray
    loading: np.ndarray
    noise: np.ndarray
    style: np.ndarray
    style_variance: np.ndarray
    clinicians: pd.Index
    level_variance: np.ndarray

    def parameters(self) -> pd.DataFrame:
        """One row a signal: `signal`, `loading`, `noise` (τ²), `noise_per_count` (s²), `style` (ω²), SD units."""
        return pd.DataFrame(
            {
                "signal": [s.name for s in self.signals],
                "loading": self.loading,
                "noise": self.noise[:, 0],
                "noise_per_count": self.noise[:, 1],
                "style": self.style_variance,
            }
        )


@dataclass(frozen=True)
class Scores:
    """What one side's signals say about each client-month, before any pooling.

    `score` is the generalised-least-squares estimate of f and `variance` its error variance (inf where nothing was
    recorded, with score 0); `parts` (rows × J) adds up to `score`, signal by signal.
    """

    score: np.ndarray
    variance: np.ndarray
    parts: np.ndarray


def fit_factor(signals: pd.DataFrame, side: tuple[Signal, ...], case_mix: pd.DataFrame) -> FactorFit | None:
    """Fit one side's measurement model; None where no signal of the side was recorded often enough to have a scale.

    `signals` is the frame of `monthly_signals`; `case_mix` (same rows, numeric, NaN = not recorded) holds what the
    expected level is adjusted for. Deterministic; nothing random is involved.
    """
    used = tuple(s for s in side if _has_scale(signals[s.name]))
    if not used:
        return None
    clinician, clinicians = pd.factorize(signals["clinician_id"])
    y, centre, scale = _standardise(signals, used)
    count = _counts(signals, used)
    x, x_centre = _centred(case_mix)
    beta = _case_mix_effects(y, x, clinician)
    y = y - x @ beta
    loading, noise = np.full(len(used), PRIOR_LOADING), np.tile(PRIOR_NOISE, (len(used), 1))
    style_variance = np.full(len(used), PRIOR_STYLE)
    for _ in range(ITERATIONS):
        style, style_variance, level_variance = _styles(y, count, clinician, loading, noise, style_variance)
        residual = y - style[clinician]
        before = loading
        loading, noise = _maximise(residual, count, loading, noise)
        if np.abs(loading - before).max() < TOLERANCE:
            break
    return FactorFit(
        used, centre, scale, tuple(case_mix.columns), x_centre, beta, loading, noise, style, style_variance,
        pd.Index(clinicians), level_variance,
    )  # fmt: skip


def score(signals: pd.DataFrame, case_mix: pd.DataFrame, fit: FactorFit) -> Scores:
    """Score client-months under a fitted model; a clinician the fit has not seen has no style yet (offset 0)."""
    y = (_signed(signals, fit.signals) - fit.centre) / fit.scale
    y = np.clip(y, -CLIP, CLIP)
    y = y - (np.nan_to_num(case_mix.to_numpy(float) - fit.case_mix_centre)) @ fit.beta
    at = fit.clinicians.get_indexer(pd.Index(signals["clinician_id"]))
    y = y - np.where((at >= 0)[:, None], fit.style[at], 0.0)
    weight = _weights(y, _counts(signals, fit.signals), fit.noise) * fit.loading
    precision = (weight * fit.loading).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(precision[:, None] > 0, weight * np.nan_to_num(y) / precision[:, None], 0.0)
        variance = np.where(precision > 0, 1 / precision, np.inf)
    return Scores(parts.sum(axis=1), variance, parts)


def _has_scale(values: pd.Series) -> bool:
    return int(values.notna().sum()) >= MIN_ROWS and float(values.std()) > 1e-9


def _signed(signals: pd.DataFrame, side: tuple[Signal, ...]) -> np.ndarray:
    return signals[[s.name for s in side]].to_numpy(float) * np.array([s.sign for s in side], float)


def _counts(signals: pd.DataFrame, side: tuple[Signal, ...]) -> np.ndarray:
    return signals[[f"{s.name}_n" for s in side]].to_numpy(float)


def _standardise(signals: pd.DataFrame, side: tuple[Signal, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y = _signed(signals, side)
    centre, scale = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
    return np.clip((y - centre) / scale, -CLIP, CLIP), centre, scale


def _centred(case_mix: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Case mix around its practice mean; a value that was not recorded counts as the mean."""
    x = case_mix.to_numpy(float)
    recorded = ~np.isnan(x)
    centre = np.where(recorded, x, 0.0).sum(axis=0) / np.maximum(recorded.sum(axis=0), 1)
    return np.nan_to_num(x - centre), centre


def _group_means(values: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
    """Means of each column over the recorded rows of each group (groups × columns; 0 where nothing was recorded)."""
    recorded = ~np.isnan(values)
    means = np.zeros((groups, values.shape[1]))
    for j in range(values.shape[1]):
        which = recorded[:, j]
        n = np.bincount(group[which], minlength=groups)
        total = np.bincount(group[which], weights=values[which, j], minlength=groups)
        means[:, j] = total / np.maximum(n, 1)
    return means


def _case_mix_effects(y: np.ndarray, x: np.ndarray, clinician: np.ndarray) -> np.ndarray:
    """Ridge regression of each signal on the case mix within clinicians (case mix × J).

    Only differences between a clinician's own clients count, so that a clinician who carries severe clients and
    works hard with all of them does not teach the model that everybody should.
    """
    beta = np.zeros((x.shape[1], y.shape[1]))
    groups = int(clinician.max()) + 1
    for j in range(y.shape[1]):
        which = ~np.isnan(y[:, j])
        both = np.column_stack([x[which], y[which, j]])
        both = both - _group_means(both, clinician[which], groups)[clinician[which]]
        within, target = both[:, :-1], both[:, -1]
        spread = within.std(axis=0)
        gram = within.T @ within + np.diag(RIDGE * np.maximum(spread, 0.1) ** 2)
        beta[:, j] = np.linalg.solve(gram, within.T @ target)
    return beta


def _weights(y: np.ndarray, count: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Precision of each cell given the factor; 0 where the signal was not recorded."""
    variance = np.maximum(noise[:, 0] + noise[:, 1] / np.maximum(count, 1.0), MIN_NOISE)
    return np.where(np.isnan(y) | (count <= 0), 0.0, 1.0 / variance)


def _styles(
    y: np.ndarray, count: np.ndarray, clinician: np.ndarray, loading: np.ndarray, noise: np.ndarray, omega: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clinicians' styles o_cj, their variance ω_j² and the uncertainty of each clinician's level."""
    groups = int(clinician.max()) + 1
    mean = _group_means(y, clinician, groups)
    weight = _weights(y, count, noise)
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


def _maximise(
    residual: np.ndarray, count: np.ndarray, loading: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """One EM step for the loadings and the noise, given signals without case mix and style."""
    weight = _weights(residual, count, noise)
    y = np.nan_to_num(residual)
    variance = 1.0 / (1.0 + (weight * loading**2).sum(axis=1))
    factor = variance * (weight * loading * y).sum(axis=1)
    square = factor**2 + variance
    typical = 1.0 / (noise[:, 0] + noise[:, 1] / 2)
    top = (weight * y * factor[:, None]).sum(axis=0) + PRIOR_ROWS * typical * PRIOR_LOADING
    bottom = (weight * square[:, None]).sum(axis=0) + PRIOR_ROWS * typical
    loading = np.maximum(top / bottom, 0.0)
    error = (y - factor[:, None] * loading) ** 2 + variance[:, None] * loading**2
    cells = [_noise(error[w > 0, j], count[w > 0, j]) for j, w in enumerate(weight.T)]
    return loading, np.array(cells)


def _noise(error: np.ndarray, count: np.ndarray) -> tuple[float, float]:
    """Non-negative least squares of squared errors on 1 and 1/n: noise that stays and noise that averages out."""
    prior_counts = np.array([1.0, 4.0])
    design = np.column_stack([np.ones(len(count)), 1.0 / count])
    prior = np.column_stack([np.ones(2), 1.0 / prior_counts])
    gram = design.T @ design + prior.T @ prior * PRIOR_ROWS / 2
    target = design.T @ error + prior.T @ (prior @ np.array(PRIOR_NOISE)) * PRIOR_ROWS / 2
    both = np.linalg.solve(gram, target)
    if (both >= 0).all():
        return float(both[0]), float(both[1])
    only = np.maximum(target / np.diag(gram), 0.0)
    return (float(only[0]), 0.0) if both[1] < 0 else (0.0, float(only[1]))
