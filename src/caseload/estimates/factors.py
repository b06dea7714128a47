"""One latent factor behind the signals of one side, effort or engagement, with any of the signals missing.

The model of signal j in client-month i of clinician c, each signal standardised over the practice:

    y_ij = β_j·x_i + o_cj + λ_j·f_i + ε_ij        ε_ij ~ N(0, τ_j² + s_j²/n_ij)

x is the case mix, o the clinician's own constant style in that signal (long notes are a style, not effort), f the
latent factor with variance 1 over the practice's client-months, and n the count behind the signal, so that a rate from
two sessions weighs less than one from twelve. Clinicians' levels in f and their styles are told apart by what their
signals have in common: r̄_cj = λ_j·a_c + o_cj, o_cj ~ N(0, ω_j²). A part κ_j² of τ_j² stays with the client from month
to month (somebody who always phones): it is told from the client's level in f by what different signals share.

Estimated by expectation–maximisation in closed form (Dempster, Laird & Rubin 1977; for factor analysis Rubin & Thayer
1982), with weak priors that carry a small practice and vanish in a large one. Very many client-months tell the
constants no better than a sample of them: then every k-th clinician is used for that, and everybody is scored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from caseload.estimates.panel import Panel
from caseload.signals import Signal

SAMPLE_ROWS = 24_000
"""Client-months that the constants are estimated on, about: each is then known to a hundredth."""
ITERATIONS = 60
TOLERANCE = 5e-4
MIN_ROWS = 8
"""A signal on fewer client-months is left out: its scale could not be told."""
CLIP = 4.0
"""Standardised signals are cut at ± 4 SD, so that one typing error does not move a month."""
MIN_NOISE = 0.05
LOG_2PI = float(np.log(2 * np.pi))
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
MAX_LASTING = 0.9
"""At most so much of a score's error lasts."""
CLINICIAN_SHARE = 0.2
"""Share of the factor's variance that lies between clinicians, as far as styles are told from levels."""
RIDGE = 20.0
"""Client-months of zero effect that the case-mix regression starts from."""


@dataclass(frozen=True)
class FactorFit:
    """The fitted measurement model of one side. Arrays run over `signals` (J of them).

    `noise` holds τ² and s² (J × 2), `client_style` κ², `style` the offsets o_cj (clinicians × J, in order of
    `clinicians`), `level_variance` how uncertain each clinician's level remains because styles and levels are
    confounded.
    """

    signals: tuple[Signal, ...]
    centre: np.ndarray
    scale: np.ndarray
    case_mix: tuple[str, ...]
    case_mix_centre: np.ndarray
    beta: np.ndarray
    loading: np.ndarray
    noise: np.ndarray
    client_style: np.ndarray
    style_variance: np.ndarray
    clinicians: pd.Index
    style: np.ndarray
    level_variance: np.ndarray

    def parameters(self) -> pd.DataFrame:
        """One row a signal, in SD units: `signal`, `loading` and the variances of its noise.

        `noise` is τ², `noise_per_count` s², `style` ω² and `client_style` κ².
        """
        return pd.DataFrame(
            {
                "signal": [s.name for s in self.signals],
                "loading": self.loading,
                "noise": self.noise[:, 0],
                "noise_per_count": self.noise[:, 1],
                "style": self.style_variance,
                "client_style": self.client_style,
            }
        )

    def residuals(self, signals: pd.DataFrame, case_mix: pd.DataFrame) -> np.ndarray:
        """Standardised signals less what the case mix lets expect (rows × J), NaN where not recorded."""
        y = np.clip((_signed(signals, self.signals) - self.centre) / self.scale, -CLIP, CLIP)
        if not self.case_mix:
            return y
        return np.asarray(y - np.nan_to_num(case_mix.to_numpy(float) - self.case_mix_centre) @ self.beta)

    def styles(self, panel: Panel) -> np.ndarray:
        """Offsets of the panel's clinicians (× J); 0 for somebody whom the fit has not seen."""
        at = self.clinicians.get_indexer(panel.clinicians)
        return np.where((at >= 0)[:, None], self.style[at], 0.0)

    def level_doubt(self, panel: Panel) -> np.ndarray:
        """Uncertainty of the levels of the panel's clinicians; of somebody new, the whole variance between them."""
        at = self.clinicians.get_indexer(panel.clinicians)
        return np.where(at >= 0, self.level_variance[at], CLINICIAN_SHARE)


@dataclass(frozen=True)
class Scores:
    """What one side's signals say about each client-month, before any pooling.

    `score` is the generalised-least-squares estimate of f and `variance` its error variance (inf where nothing was
    recorded, with score 0), of which `lasting` is due to the client's style; `parts` (rows × J) adds up to `score`,
    signal by signal.
    """

    score: np.ndarray
    variance: np.ndarray
    lasting: np.ndarray
    parts: np.ndarray

    def take(self, rows: np.ndarray) -> Scores:
        """The scores of a part of the rows."""
        return Scores(self.score[rows], self.variance[rows], self.lasting[rows], self.parts[rows])


def fit_factor(
    signals: pd.DataFrame, side: tuple[Signal, ...], case_mix: pd.DataFrame, panel: Panel, *, prior_weight: float = 1.0
) -> FactorFit | None:
    """Fit one side's measurement model; None where no signal of the side was recorded often enough to have a scale.

    `signals` is the frame of `monthly_signals`; `case_mix` (same rows, numeric, NaN = not recorded) holds what the
    expected level is adjusted for; `panel` numbers the same rows; `prior_weight` times PRIOR_ROWS is what the priors of
    loadings and noise are worth. Deterministic; nothing random is involved.
    """
    sampled = panel.sample(SAMPLE_ROWS)
    part, mix, people = signals.iloc[sampled], case_mix.iloc[sampled], panel.take(sampled)
    used = tuple(s for s in side if _has_scale(part[s.name]))
    if not used:
        return None
    clinician = np.unique(people.clinician, return_inverse=True)[1]
    y, centre, scale = _standardise(part, used)
    count = _counts(part, used)
    x, x_centre = _centred(mix)
    beta = _case_mix_effects(y, x, clinician)
    y = y - x @ beta
    loading, noise = np.full(len(used), PRIOR_LOADING), np.tile(PRIOR_NOISE, (len(used), 1))
    style_variance = np.full(len(used), PRIOR_STYLE)
    mean = _group_means(y, clinician, int(clinician.max()) + 1)
    for _ in range(ITERATIONS):
        weight = _weights(y, count, noise)
        style, style_variance, _ = _styles(mean, weight, clinician, loading, style_variance)
        residual = y - style[clinician]
        before = loading
        loading, noise = _maximise(residual, weight, count, loading, noise, PRIOR_ROWS * prior_weight)
        if np.abs(loading - before).max() < TOLERANCE:
            break
    client_style = np.minimum(_client_styles(residual, loading, people), noise[:, 0])
    fit = FactorFit(
        used, centre, scale, tuple(case_mix.columns), x_centre, beta, loading, noise, client_style, style_variance,
        panel.clinicians, np.zeros((0, len(used))), np.zeros(0),
    )  # fmt: skip
    everybody = fit.residuals(signals, case_mix)
    mean = _group_means(everybody, panel.clinician, len(panel.clinicians))
    weight = _weights(everybody, _counts(signals, used), noise)
    style, _, level_variance = _styles(mean, weight, panel.clinician, loading, style_variance)
    return replace(fit, style=style, level_variance=level_variance)


def score_rows(signals: pd.DataFrame, case_mix: pd.DataFrame, fit: FactorFit | None, panel: Panel) -> Scores:
    """Score client-months under a fitted model; without one, none of them tells anything."""
    if fit is None:
        nothing = np.zeros(len(panel))
        return Scores(nothing, np.full(len(panel), np.inf), nothing, np.zeros((len(panel), 0)))
    y = fit.residuals(signals, case_mix) - fit.styles(panel)[panel.clinician]
    weight = _weights(y, _counts(signals, fit.signals), fit.noise) * fit.loading
    precision = weight @ fit.loading
    known = precision > 0
    share = weight / np.where(known, precision, 1.0)[:, None]
    parts = share * np.nan_to_num(y)
    variance = np.where(known, 1 / np.where(known, precision, 1.0), np.inf)
    lasting = np.where(known, np.minimum(share**2 @ fit.client_style, MAX_LASTING * variance), 0.0)
    return Scores(parts.sum(axis=1), variance, lasting, parts)


def log_density_beyond(
    signals: pd.DataFrame, case_mix: pd.DataFrame, fit: FactorFit, panel: Panel, scores: Scores
) -> np.ndarray:
    """Log density of each client-month's signals, in their own units, given its score."""
    y = fit.residuals(signals, case_mix) - fit.styles(panel)[panel.clinician]
    precision = _weights(y, _counts(signals, fit.signals), fit.noise)
    rest = np.nan_to_num(y - scores.score[:, None] * fit.loading)
    each = np.where(precision > 0, np.log(np.maximum(precision, 1e-300)) - LOG_2PI - precision * rest**2, 0.0) / 2
    each = each - np.where(precision > 0, np.log(fit.scale), 0.0)
    known = np.isfinite(scores.variance)
    score_density = (np.log(np.where(known, scores.variance, 1.0)) + LOG_2PI) / 2
    return np.asarray(each.sum(axis=1) + np.where(known, score_density, 0.0))


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
