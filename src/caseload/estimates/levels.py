"""The level behind repeated surveys: a hierarchical state-space model, averaged over what is not known about it.

A person's true level in a month is the practice's mean, plus what the context of the month adds (a linear regression),
plus a lasting deviation of the person, plus one that fades (an AR(1) in months). A survey is the level of its month
with a measurement error of known variance. Everything is normal, so each answer is exact given four constants: the
variance between people, the share of it that lasts, the persistence of the rest, and how much the context may add
altogether. These are not estimated but averaged over (a grid of `SHAPES` × `CONTEXT_SPREADS`), each weighted by how
well it foretold the surveys known by the month's end. Half of the prior weight is on a context that adds nothing, so
that it enters only where the surveys support it.

Nothing later than a month's end is used for the month: the Cholesky factor of a person's surveys in order of time
holds those of all earlier sets of them, and what the practice teaches is a running sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from scipy.special import ndtr

LASTING = (0.0, 0.35, 0.7)
PERSISTENCE = (0.75, 0.9, 0.96)
VARIANCE_FACTORS = (0.6, 1.0, 1.6)  # times the variance between people that the norm gives
CONTEXT_SPREADS = (0.0, 1.5, 3.0, 6.0)  # SD of what the context adds altogether, in T
NO_CONTEXT = 0.5  # prior probability that it adds nothing
PRACTICE_SD = 4.0  # of a practice's mean around the norm's, in T
MEMORY = 0.6  # of a month's context in the next: what wears people down lasts longer than a month
UNKNOWN = 0.1  # weight of "as usual here" beside the known months of a context, so that old knowledge fades
MOST_SD = 3.0  # a month's context lies at most so far from the practice's usual


@dataclass(frozen=True)
class Surveys:
    """Surveys of `people` (0 … people − 1) in months 0, 1, …: one entry each, in any order.

    `value` is the deviation from the norm's mean, `error` the variance of its error. `teaches` says of each person
    whether what the practice has in common may be learned from their surveys.
    """

    person: np.ndarray
    month: np.ndarray
    value: np.ndarray
    error: np.ndarray
    teaches: np.ndarray


@dataclass(frozen=True)
class Levels:
    """Of each person (rows) and month (columns), given what was known at its end.

    `mean` is the deviation from the norm's mean: exactly `practice` + `surveys` + the sum of `context` (people × months
    × features) + nothing else. `above` is the probability that it exceeds the cut.
    """

    mean: np.ndarray
    variance: np.ndarray
    above: np.ndarray
    practice: np.ndarray
    surveys: np.ndarray
    context: np.ndarray


@dataclass(frozen=True)
class Shape:
    """Variance between people, the share of it that lasts, and how much of the rest is left a month later."""

    variance: float
    lasting: float
    persistence: float

    def covariance(self, months_apart: np.ndarray) -> np.ndarray:
        """Of a person's level with the same person's level so many months away."""
        fading = (1 - self.lasting) * self.persistence**months_apart
        return np.asarray(self.variance * (self.lasting + fading))


def follow(surveys: Surveys, context: np.ndarray, variance: float, cut: float) -> Levels:
    """The levels of everybody in every month of `context` (people × months × features, see `as_usual`).

    `variance` is the norm's variance between people, `cut` a deviation from its mean. Before somebody's first survey
    the level is that of the practice and the context.
    """
    panel = _Panel.of(surveys, context)
    average = _Average(panel.design.shape)
    for factor, lasting, persistence in product(VARIANCE_FACTORS, LASTING, PERSISTENCE):
        shape = Shape(factor * variance, lasting, persistence)
        white = _whitened(panel, shape)
        for spread in CONTEXT_SPREADS:
            evidence, *reading = _read(panel, white, spread, cut, shape)
            average.add(np.log(prior_of(spread)) + evidence, *reading)
    return average.levels()


def prior_of(spread: float) -> float:
    """The prior probability of one of CONTEXT_SPREADS."""
    return NO_CONTEXT if spread == 0 else (1 - NO_CONTEXT) / (len(CONTEXT_SPREADS) - 1)


def as_usual(context: np.ndarray) -> np.ndarray:
    """Context (people × months × features, NaN = unknown) in SD from the practice's usual, weighted over past months.

    The usual is the mean and SD of all people's months up to each one; unknown counts as usual; at most MOST_SD away.
    """
    known = ~np.isnan(context)
    values = np.where(known, context, 0.0)
    count = np.maximum(known.sum(axis=0).cumsum(axis=0), 1)
    mean = values.sum(axis=0).cumsum(axis=0) / count
    spread = np.sqrt(np.maximum((values**2).sum(axis=0).cumsum(axis=0) / count - mean**2, 0.0))
    differs = spread > 1e-6 * (1.0 + np.abs(mean))
    away = np.clip((values - mean) / np.where(differs, spread, 1.0), -MOST_SD, MOST_SD)
    return _remembered(np.where(known & differs, away, 0.0), known)


def _remembered(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The mean of the months so far, each month counting MEMORY times as much as the next."""
    result = np.zeros_like(values)
    total, weight = np.zeros_like(values[:, 0]), np.zeros_like(values[:, 0])
    for month in range(values.shape[1]):
        total = MEMORY * total + values[:, month]
        weight = MEMORY * weight + known[:, month]
        result[:, month] = total / (weight + UNKNOWN)
    return result


@dataclass(frozen=True)
class _Panel:
    """Surveys side by side, people × surveys in order of time, padded where somebody has fewer."""

    value: np.ndarray
    error: np.ndarray
    month: np.ndarray
    known: np.ndarray
    teaches: np.ndarray  # people × surveys
    apart: np.ndarray  # months between two surveys, people × surveys × surveys
    since: np.ndarray  # months between a survey and a month, people × surveys × months
    seen: np.ndarray  # whether a survey is known at a month's end, people × surveys × months
    design: np.ndarray  # 1 and the context, people × months × (1 + features)

    @classmethod
    def of(cls, surveys: Surveys, context: np.ndarray) -> _Panel:
        order = np.lexsort((surveys.month, surveys.person))
        person = surveys.person[order]
        place = np.arange(len(person)) - np.searchsorted(person, person)
        size = (len(context), int(place.max(initial=-1)) + 1)

        def padded(values: np.ndarray, empty: float) -> np.ndarray:
            table = np.full(size, empty, dtype=values.dtype)
            table[person, place] = values[order]
            return table

        month, known = padded(surveys.month, 0), padded(np.ones(len(person), bool), False)
        months = np.arange(context.shape[1])
        return cls(
            value=padded(surveys.value, 0.0),
            error=padded(surveys.error, 1.0),
            month=month,
            known=known,
            teaches=known & surveys.teaches[:, None],
            apart=np.abs(month[:, :, None] - month[:, None, :]),
            since=np.abs(months - month[:, :, None]),
            seen=known[:, :, None] & (month[:, :, None] <= months),
            design=np.concatenate([np.ones((*context.shape[:2], 1)), context], axis=2),
        )

    @cached_property
    def surveyed(self) -> np.ndarray:
        """The design in the months of the surveys, people × surveys × (1 + features)."""
        rows = np.arange(len(self.month))[:, None]
        return np.where(self.known[:, :, None], self.design[rows, self.month], 0.0)


@dataclass(frozen=True)
class _Whitened:
    """What is independent of each other once the covariance of a person's surveys is divided out."""

    value: np.ndarray  # people × surveys
    design: np.ndarray  # people × surveys × (1 + features)
    gain: np.ndarray  # how a month's level hangs on each survey seen by then, people × surveys × months
    log_scale: np.ndarray  # people × surveys


def _whitened(panel: _Panel, shape: Shape) -> _Whitened:
    together = panel.known[:, :, None] & panel.known[:, None, :]
    covariance = np.where(together, shape.covariance(panel.apart), 0.0)
    factor = np.linalg.cholesky(covariance + panel.error[:, :, None] * np.eye(panel.error.shape[1]))
    towards = np.where(panel.known[:, :, None], shape.covariance(panel.since), 0.0)
    whitened = np.linalg.solve(factor, np.concatenate([panel.value[:, :, None], panel.surveyed, towards], axis=2))
    value, design, gain = np.split(whitened, [1, 1 + panel.design.shape[2]], axis=2)
    return _Whitened(value[:, :, 0], design, gain * panel.seen, np.log(np.einsum("pss->ps", factor)))


def _read(
    panel: _Panel, white: _Whitened, spread: float, cut: float, shape: Shape
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Log evidence (months), then per person and month: what their surveys say, what each column of the design adds,
    the variance, and P(above).
    """
    used = 1 if spread == 0 else panel.design.shape[2]
    evidence, coefficients, uncertainty = _learned(panel, white, spread, used)
    explained = np.einsum("psm,psf->pmf", white.gain, white.design[:, :, :used])
    added = np.zeros_like(panel.design)
    added[:, :, :used] = panel.design[:, :, :used] * coefficients
    own = np.einsum("psm,ps->pm", white.gain, white.value) - np.einsum("pmf,mf->pm", explained, coefficients)
    residual = panel.design[:, :, :used] - explained
    variance = (
        shape.variance - (white.gain**2).sum(axis=1) + np.einsum("pmf,mfg,pmg->pm", residual, uncertainty, residual)
    )
    above = ndtr((own + added.sum(axis=2) - cut) / np.sqrt(variance))
    return evidence, own, added, variance, above


def _learned(panel: _Panel, white: _Whitened, spread: float, used: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By the end of each month: the log evidence, and the mean and covariance of the first `used` coefficients.

    Each coefficient of the context has the same prior variance; together they may add `spread`.
    """
    rows = panel.teaches
    value, design, month = white.value[rows], white.design[rows][:, :used], panel.month[rows]
    months = panel.design.shape[1]
    precision = np.r_[PRACTICE_SD**-2.0, np.full(used - 1, (panel.design.shape[2] - 1) / max(spread, 1e-9) ** 2)]
    scores = _so_far(design[:, :, None] * design[:, None, :], month, months) + np.diag(precision)
    pulls = _so_far(design * value[:, None], month, months)
    uncertainty = np.linalg.inv(scores)
    coefficients = np.einsum("mfg,mg->mf", uncertainty, pulls)
    fit = _so_far(value**2, month, months) - (pulls * coefficients).sum(axis=1)
    volume = np.linalg.slogdet(scores)[1] - np.log(precision).sum()
    return -0.5 * (fit + volume) - _so_far(white.log_scale[rows], month, months), coefficients, uncertainty


def _so_far(values: np.ndarray, month: np.ndarray, months: int) -> np.ndarray:
    """Sums of everything up to each month."""
    sums = np.zeros((months, *values.shape[1:]))
    np.add.at(sums, month, values)
    return np.asarray(sums.cumsum(axis=0))


class _Average:
    """The average of all readings, weighted month by month; added one by one, so that one at a time is in memory."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        people, months, columns = shape
        self._most = np.full(months, -np.inf)
        self._weight = np.zeros(months)
        self._own, self._square, self._variance, self._above = (np.zeros((people, months)) for _ in range(4))
        self._added = np.zeros((people, months, columns))

    def add(
        self, log_weight: np.ndarray, own: np.ndarray, added: np.ndarray, variance: np.ndarray, above: np.ndarray
    ) -> None:
        most = np.maximum(self._most, log_weight)
        keep, weight = np.exp(self._most - most), np.exp(log_weight - most)
        mean = own + added.sum(axis=2)
        self._most, self._weight = most, self._weight * keep + weight
        self._own = self._own * keep + own * weight
        self._square = self._square * keep + mean**2 * weight
        self._variance = self._variance * keep + variance * weight
        self._above = self._above * keep + above * weight
        self._added = self._added * keep[:, None] + added * weight[:, None]

    def levels(self) -> Levels:
        surveys, added = self._own / self._weight, self._added / self._weight[:, None]
        mean = surveys + added.sum(axis=2)
        variance = (self._variance + self._square) / self._weight - mean**2
        above = self._above / self._weight
        return Levels(mean, variance, above, added[:, :, 0], surveys, added[:, :, 1:])
