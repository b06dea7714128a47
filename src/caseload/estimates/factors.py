"""One latent factor behind the signals of one side, effort or engagement, with any of the signals missing.

The model of signal j in client-month i of clinician c, each signal standardised over the practice:

    y_ij = β_j·x_i + o_cj + λ_j·f_i + ε_ij        ε_ij ~ N(0, τ_j² + s_j²/n_ij)

x is the case mix, o the clinician's own constant style in that signal (long notes are a style, not effort), f the
latent factor with variance 1 over the practice's client-months, and n the count behind the signal, so that a rate from
two sessions weighs less than one from twelve. Clinicians' levels in f and their styles are told apart by what their
signals have in common: r̄_cj = λ_j·a_c + o_cj, o_cj ~ N(0, ω_j²). A part κ_j² of τ_j² stays with the client from month
to month (somebody who always phones): it is told from the client's level in f by what different signals share.
Changes of recording (`recorded`), what the whole practice shares in a month (`season`), and times that nobody touched
since a program filled them in are taken out first, and the constants estimated again without them.

Estimated by expectation–maximisation (`measurement`), with weak priors that carry a small practice and vanish in a
large one. Very many client-months tell the constants no better than a sample of them: then every k-th clinician is used
for that, and everybody is scored.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from caseload.estimates.elevated import elevated_odds, mean_levels
from caseload.estimates.measurement import (
    CLINICIAN_SHARE,
    MIN_ROWS,
    PRIOR_LOADING,
    PRIOR_NOISE,
    PRIOR_ROWS,
    PRIOR_STYLE,
    Measured,
    group_means,
    measure,
    styles_of,
    weights_of,
)
from caseload.estimates.panel import Panel
from caseload.estimates.recorded import FILLED_IN, Changes, families, find_changes, untouched
from caseload.estimates.season import practice_months
from caseload.signals import Signal

SAMPLE_ROWS = 24_000
"""Client-months that the constants are estimated on, about: each is then known to a hundredth."""
CLIP = 4.0
"""Standardised signals are cut at ± 4 SD, so that one typing error does not move a month."""
RATED = "ratings"
"""The family of signals that one person rates, with one mood."""
LOG_2PI = float(np.log(2 * np.pi))
MAX_LASTING = 0.9
"""At most so much of a score's error lasts."""
RIDGE = 20.0
"""Client-months of zero effect that the case-mix regression starts from."""


@dataclass(frozen=True)
class FactorFit:
    """The fitted measurement model of one side. Arrays run over `signals` (J of them).

    `noise` holds τ² and s² (J × 2), `client_style` κ², `style` the offsets o_cj (clinicians × J, in order of
    `clinicians`), `level_variance` how uncertain each clinician's level remains because styles and levels are
    confounded. `changes` are the clinicians' changes of recording, which are taken out of the signals, and `doubt` and
    `doubt_before` what remains of the odds that there were others (see `recorded`). `elevated`: log odds that
    a clinician's level has been far above the others' in all months (see `elevated`).
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
    changes: Changes
    doubt: np.ndarray
    doubt_before: np.ndarray
    elevated: np.ndarray

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

    def offsets(self, panel: Panel) -> np.ndarray:
        """What is peculiar to the recording of each row (× J): the clinician's style, and changes of recording.

        0 for somebody whom the fit has not seen.
        """
        at = self.clinicians.get_indexer(panel.clinicians)
        style = np.where((at >= 0)[:, None], self.style[at], 0.0)
        return style[panel.clinician] + changed(self.changes, self.signals, self.loading, panel)

    def of_clinicians(self, name: str, panel: Panel, unseen: float = 0.0) -> np.ndarray:
        """A field with one value a clinician, for the panel's; `unseen` for somebody whom the fit has not seen."""
        at = self.clinicians.get_indexer(panel.clinicians)
        return np.where(at >= 0, getattr(self, name)[at], unseen)

    def level_doubt(self, panel: Panel) -> np.ndarray:
        """Uncertainty of the levels of the panel's clinicians; of somebody new, the whole variance between them."""
        at = self.clinicians.get_indexer(panel.clinicians)
        return np.where(at >= 0, self.level_variance[at], CLINICIAN_SHARE)


@dataclass(frozen=True)
class Scores:
    """What one side's signals say about each client-month, before any pooling.

    `score` is the generalised-least-squares estimate of f and `variance` its error variance (inf where nothing was
    recorded, with score 0), of which `lasting` is due to the client's style; `parts` (rows × J) adds up to `score`,
    signal by signal. `common` is a variance on top, which all clients of the clinician share in the month: by how much
    recording has changed, and what the whole practice shares, is known to within so much. `rated` is the weight in the
    score of the signals that the clinician rates.
    """

    score: np.ndarray
    variance: np.ndarray
    lasting: np.ndarray
    parts: np.ndarray
    common: np.ndarray
    rated: np.ndarray

    def take(self, rows: np.ndarray) -> Scores:
        """The scores of a part of the rows."""
        return Scores(*(getattr(self, field.name)[rows] for field in fields(self)))


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
    used = tuple(s for s in side if _has_scale(_signed(part, (s,))))
    if not used:
        return None
    clinician = np.unique(people.clinician, return_inverse=True)[1]
    y, centre, scale = _standardise(part, used)
    count = _counts(part, used)
    x, x_centre = _centred(mix)
    beta = _case_mix_effects(y, x, clinician)
    y = y - x @ beta
    start = Measured(
        np.full(len(used), PRIOR_LOADING),
        np.tile(PRIOR_NOISE, (len(used), 1)),
        np.full(len(used), PRIOR_STYLE),
        np.zeros(len(used)),
    )
    measured = measure(y, count, clinician, people, start, PRIOR_ROWS * prior_weight)
    fit = FactorFit(
        used, centre, scale, tuple(case_mix.columns), x_centre, beta, measured.loading, measured.noise,
        measured.client_style, measured.style_variance, panel.clinicians, np.zeros((0, len(used))), np.zeros(0),
        Changes.none(), np.zeros(0), np.zeros(0), np.zeros(0),
    )  # fmt: skip
    everybody = fit.residuals(signals, case_mix)
    style, weight, _ = _everybodys_styles(everybody, _counts(signals, used), measured, panel)
    unstyled = everybody - style[panel.clinician]
    recorded = find_changes(unstyled, weight, measured.loading, measured.style_variance, used, panel)
    peculiar = changed(recorded.changes, used, measured.loading, panel)
    shared = _shared_months(unstyled - peculiar, weight, measured.loading, panel) if side[0].side == "effort" else 0.0
    if np.any(peculiar) or np.any(shared):
        everybody = everybody - peculiar
        y = y - (peculiar + np.outer(shared, measured.loading))[sampled]
        measured = measure(y, count, clinician, people, measured, PRIOR_ROWS * prior_weight)
    style, weight, level_variance = _everybodys_styles(everybody, _counts(signals, used), measured, panel)
    elevated = _elevated(everybody, weight, measured, used, panel)
    return replace(
        fit, loading=measured.loading, noise=measured.noise, client_style=measured.client_style,
        style_variance=measured.style_variance, style=style, level_variance=level_variance, changes=recorded.changes,
        doubt=recorded.doubt, doubt_before=recorded.doubt_before, elevated=elevated,
    )  # fmt: skip


def _shared_months(y: np.ndarray, weight: np.ndarray, loading: np.ndarray, panel: Panel) -> np.ndarray:
    """What the whole practice shares in the month of each row, in the factor's unit (see `season`)."""
    precision = weight @ loading**2
    known = precision > 0
    score = np.where(known, (weight * np.nan_to_num(y)) @ loading, 0.0) / np.where(known, precision, 1.0)
    return practice_months(panel, score, np.where(known, 1 / np.where(known, precision, 1.0), np.inf)).deviation


def _elevated(
    y: np.ndarray, weight: np.ndarray, measured: Measured, used: tuple[Signal, ...], panel: Panel
) -> np.ndarray:
    """Log odds of an elevated level, one a clinician."""
    people = len(panel.clinicians)
    mean = group_means(y, panel.clinician, people)
    seen = np.column_stack([np.bincount(panel.clinician, w, minlength=people) for w in weight.T])
    error = np.divide(1.0, seen, out=np.full(seen.shape, np.inf), where=seen > 0)
    clients = np.bincount(panel.owner, minlength=people)
    return elevated_odds(*mean_levels(mean, error, measured.loading, measured.style_variance, used, clients))


def _everybodys_styles(
    y: np.ndarray, count: np.ndarray, measured: Measured, panel: Panel
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Styles of all clinicians of the panel, the precision of each cell, and the uncertainty of the levels."""
    weight = weights_of(y, count, measured.noise)
    mean = group_means(y, panel.clinician, len(panel.clinicians))
    style, _, level = styles_of(mean, weight, panel.clinician, measured.loading, measured.style_variance)
    return style, weight, level


def changed(changes: Changes, used: tuple[Signal, ...], loading: np.ndarray, panel: Panel) -> np.ndarray:
    """By how much changes of recording raise each signal of the panel's rows (rows × J), in the signal's SD."""
    names = families(used)
    place = [names.index(signal.family) for signal in used]
    return np.asarray(changes.of_rows(panel, names)[:, place] * loading)


def score_rows(
    signals: pd.DataFrame, case_mix: pd.DataFrame, fit: FactorFit | None, panel: Panel, without: str = ""
) -> Scores:
    """Score client-months under a fitted model; without one, none of them tells anything.

    `without` is a family of signals that is left out of the scores.
    """
    if fit is None:
        nothing = np.zeros(len(panel))
        return Scores(nothing, np.full(len(panel), np.inf), nothing, np.zeros((len(panel), 0)), nothing, nothing)
    y = fit.residuals(signals, case_mix) - fit.offsets(panel)
    kept = np.array([signal.family != without for signal in fit.signals])
    weight = np.where(kept, weights_of(y, _counts(signals, fit.signals), fit.noise) * fit.loading, 0.0)
    precision = weight @ fit.loading
    known = precision > 0
    share = weight / np.where(known, precision, 1.0)[:, None]
    parts = share * np.nan_to_num(y)
    variance = np.where(known, 1 / np.where(known, precision, 1.0), np.inf)
    lasting = np.where(known, np.minimum(share**2 @ fit.client_style, MAX_LASTING * variance), 0.0)
    names = families(fit.signals)
    member = np.array([[signal.family == name for name in names] for signal in fit.signals], float)
    of_family = share * fit.loading @ member
    common = (of_family**2 * fit.changes.of_rows(panel, names, "variance")).sum(axis=1)
    rated = of_family[:, names.index(RATED)] if RATED in names else np.zeros(len(panel))
    return Scores(parts.sum(axis=1), variance, lasting, parts, common, rated)


def log_density_beyond(
    signals: pd.DataFrame, case_mix: pd.DataFrame, fit: FactorFit, panel: Panel, scores: Scores
) -> np.ndarray:
    """Log density of each client-month's signals, in their own units, given its score."""
    y = fit.residuals(signals, case_mix) - fit.offsets(panel)
    precision = weights_of(y, _counts(signals, fit.signals), fit.noise)
    rest = np.nan_to_num(y - scores.score[:, None] * fit.loading)
    each = np.where(precision > 0, np.log(np.maximum(precision, 1e-300)) - LOG_2PI - precision * rest**2, 0.0) / 2
    each = each - np.where(precision > 0, np.log(fit.scale), 0.0)
    known = np.isfinite(scores.variance)
    score_density = (np.log(np.where(known, scores.variance, 1.0)) + LOG_2PI) / 2
    return np.asarray(each.sum(axis=1) + np.where(known, score_density, 0.0))


def _has_scale(values: np.ndarray) -> bool:
    return int((~np.isnan(values)).sum()) >= MIN_ROWS and float(np.nanstd(values)) > 1e-9


def _signed(signals: pd.DataFrame, side: tuple[Signal, ...]) -> np.ndarray:
    """Signals, turned so that more is more of the side; NaN where not recorded, or left as the program filled it in."""
    values = signals[[s.name for s in side]].to_numpy(float) * np.array([s.sign for s in side], float)
    for place, signal in enumerate(side):
        if signal.name in FILLED_IN:
            values[untouched(signals, values[:, place]), place] = np.nan
    return values


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
        both = both - group_means(both, clinician[which], groups)[clinician[which]]
        within, target = both[:, :-1], both[:, -1]
        spread = within.std(axis=0)
        gram = within.T @ within + np.diag(RIDGE * np.maximum(spread, 0.1) ** 2)
        beta[:, j] = np.linalg.solve(gram, within.T @ target)
    return beta
