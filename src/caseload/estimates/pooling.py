"""Partial pooling of one latent factor over client, clinician and practice, as a filter over the months.

    f_ckt = a_ct + q_ct + b_ckt + e_ckt        score_ckt = f_ckt + d_ck + noise

a is the clinician's level, q what the clinician's clients share in one month only, b the client's level with that
clinician, e what is particular to the client's month. d is the client's lasting style in the recorded signals (somebody
whose visits are always long to prepare): it lasts like b, and is no effort. Levels persist from month to month with
correlation ρ, higher for clinicians than for clients, and otherwise return to the practice's mean, 0. Each month is
predicted from the months before and then updated with its own scores (a Kalman filter; Durbin & Koopman 2012, ch. 4),
first the clinician and then the clients given the clinician. Each client's dependence on the clinician's level is
carried on, so one client alone is filtered exactly; that clients also depend on each other once the level has moved on
is left out. Nothing later than a month enters its estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from caseload.estimates.factors import Scores
from caseload.estimates.panel import Month, Panel

PRIOR_CLINICIAN = 0.2
PRIOR_CLINICIAN_MONTH = 0.02
PRIOR_CLIENT = 0.4
"""Prior shares of the factor's variance: between clinicians, between their months, between a clinician's clients."""
PRIOR_PERSISTENCE = 0.93
PERSISTENCE_RANGE = (0.9, 0.97)
"""Clients' levels are what lasts for a year or so; what moves faster belongs to the client's month."""
CLINICIAN_PERSISTENCE = 0.97
"""Clinicians' levels last for years; what moves faster belongs to one month, or is an episode that is looked for."""
PRIOR_WEIGHT = 40.0
"""Weight of these priors, in effective pairs of client-months."""
MIN_SHARE = 0.03
MAX_STYLE_SHARE = 0.8
"""At most so much of what lasts in a client's scores is taken to be style."""


@dataclass(frozen=True)
class Variances:
    """Variance components of the factor (`clinician` + `clinician_month` + `client` + `month` = 1).

    `persistence` is the clients' ρ, a month, and `clinician_persistence` the clinicians'; `client_style` is the
    variance of d, on top of the factor's.
    """

    clinician: float
    client: float
    month: float
    persistence: float
    clinician_month: float = 0.0
    client_style: float = 0.0
    clinician_persistence: float = CLINICIAN_PERSISTENCE

    @property
    def lasting(self) -> float:
        """Variance of what lasts in a client's scores, b + d."""
        return self.client + self.client_style

    @property
    def true_share(self) -> float:
        """Share of what lasts in a client's scores that is the factor itself, b of b + d."""
        return self.client / self.lasting


@dataclass(frozen=True)
class Filtered:
    """Posterior of the factor per client-month, in the row order of the panel.

    `mean`, `variance`: of f. `level`: the clinician's level in the month, a + q. `own_variance` and `shared` split the
    variance into the client-month's own part, the weight with which the clinician's `level_variance` enters, and
    `style_doubt` and `month_doubt`, which all clients of the clinician share in full, the first in all months alike.
    `gain` is the weight of the month's own score, so `gain * scores.parts` are the contributions of the month's signals
    to `mean`.
    """

    mean: np.ndarray
    variance: np.ndarray
    level: np.ndarray
    level_variance: np.ndarray
    own_variance: np.ndarray
    shared: np.ndarray
    style_doubt: np.ndarray
    month_doubt: np.ndarray
    gain: np.ndarray


@dataclass(frozen=True)
class Step:
    """One month of the filter, for C columns of scores that are filtered alike (see `steps`).

    Per row of the month: `pair`, `weight` (of the clinician's level), `precision` (of the row given the level),
    `before` (rows × C: what was expected of the client at a level of 0), `surprise` (rows × C: score less all that was
    expected) and `spread` (variance of b + d before the month). Per present clinician: `level_prior` (variance of the
    level before the month), `information` on it, `evidence` for its change (clinicians × C) and `level` after it.
    """

    month: Month
    pair: np.ndarray
    weight: np.ndarray
    precision: np.ndarray
    before: np.ndarray
    surprise: np.ndarray
    spread: np.ndarray
    level_prior: np.ndarray
    information: np.ndarray
    evidence: np.ndarray
    level: np.ndarray

    @property
    def columns(self) -> int:
        """C, the number of columns in the month."""
        return self.surprise.shape[1]

    @property
    def log_density(self) -> float:
        """Log density of the month's first column, given what was expected of it."""
        known = self.precision > 0
        rows = np.log(self.precision[known] / (2 * np.pi)) - self.precision[known] * self.surprise[known, 0] ** 2
        people = self.evidence[:, 0] ** 2 / self.information - np.log(self.information * self.level_prior)
        return float(rows.sum() + people.sum()) / 2

    @property
    def level_change(self) -> np.ndarray:
        """By how much the month has changed the clinicians' levels (clinicians × C)."""
        return self.evidence / self.information[:, None]

    def products(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Cross-products, per present clinician, of columns as if the month's scores were independent.

        `left` and `right` are numbers of columns (arrays of one length, or one of them a single number). The sums over
        the months are the X'V⁻¹X and X'V⁻¹y of generalised least squares under the filter's model.
        """
        rows = (self.surprise[:, left] * self.surprise[:, right]) * self.precision[:, None]
        level = self.evidence[:, left] * self.evidence[:, right] / self.information[:, None]
        return np.asarray(self.month.total(rows) - level)


def variance_components(panel: Panel, scores: Scores, *, prior_weight: float = 1.0) -> Variances:
    """Moment estimates from products of scores that share no noise, shrunk towards the priors, which are worth
    `prior_weight` times PRIOR_WEIGHT.

    Different clients of one clinician share a + q in one month and nearly a one month apart; one client one and three
    months apart shares nearly a + ρ(b + d) and a + ρ³(b + d).
    """
    shrink = partial(_shrink, prior_weight=PRIOR_WEIGHT * prior_weight)
    usable = np.isfinite(scores.variance)
    weight = np.where(usable, 1.0 / (1.0 + np.where(usable, scores.variance, 0.0)), 0.0)
    z = weight * np.where(usable, scores.score, 0.0)
    near, far = _same_client(panel, z, weight, 1), _same_client(panel, z, weight, 3)
    together, apart = _same_month(panel, z, weight), _next_month(panel, z, weight, near)
    several_months, several_clients = apart[1] > 1e-9, together[1] > 1e-9
    level = _mean(apart) / CLINICIAN_PERSISTENCE if several_months else _mean(together) - PRIOR_CLINICIAN_MONTH
    people, months = 2.0 * len(panel.clinicians), len(panel.months) * len(panel.clinicians) / 2.0
    clinician = shrink(max(level, 0.0), people * several_clients, PRIOR_CLINICIAN)
    clinician_month = shrink(max(_mean(together) - level, 0.0), months * several_months, PRIOR_CLINICIAN_MONTH)
    beyond_near, beyond_far = _mean(near) - clinician, _mean(far) - clinician
    ratio = beyond_far / beyond_near if beyond_near > 0.02 and beyond_far > 0 else PRIOR_PERSISTENCE**2
    low, high = PERSISTENCE_RANGE
    persistence = shrink(min(max(ratio, low**2), high**2) ** 0.5, min(near[1], far[1]), PRIOR_PERSISTENCE)
    both = near[1] * beyond_near / persistence + far[1] * beyond_far / persistence**3
    lasting = shrink(max(both / (near[1] + far[1] + 1e-9), 0.0), near[1], PRIOR_CLIENT)
    style = min(float(scores.lasting[usable].mean()) if usable.any() else 0.0, MAX_STYLE_SHARE * lasting)
    clinician, client = max(clinician, MIN_SHARE), max(lasting - style, MIN_SHARE)
    total = max(clinician + clinician_month + client + MIN_SHARE, 1.0)
    clinician, clinician_month, client = clinician / total, clinician_month / total, client / total
    return Variances(clinician, client, 1.0 - clinician - clinician_month - client, persistence, clinician_month, style)


def steps(panel: Panel, columns: Callable[[Month], np.ndarray], noise: np.ndarray, v: Variances) -> Iterator[Step]:
    """Filter columns of scores forward through the months, one Step a month.

    `columns` gives a month's rows × C; from one month to the next columns may be added at the end, which were 0 before.
    `noise` is the variance of each row's score beyond the model's own components (inf = nothing recorded: such a row
    tells nothing). It decides about all the weights; since the filter is linear, further columns are filtered as if
    they were scores, which whitens a regression's columns along with its target.
    """
    state = _State.start(panel, v)
    previous = panel.months[0].ordinal if panel.months else 0
    for month in panel.months:
        values = columns(month)
        state.widen(values.shape[1])
        state.predict(month.ordinal - previous, v)
        yield state.update(month, panel.pair[month.rows], values, noise[month.rows], v)
        previous = month.ordinal


def filter_months(
    panel: Panel, scores: Scores, v: Variances, style_doubt: np.ndarray, month_doubt: np.ndarray
) -> Filtered:
    """Filter the scores forward through the months.

    `style_doubt` is, per row, the variance of the clinician's level that remains because style and level are
    confounded, `month_doubt` what else all clients of the clinician share in the month: they widen the result and do
    not average out.
    """
    found = {name: np.empty(len(panel)) for name in Filtered.__dataclass_fields__}
    noise = scores.variance - scores.lasting
    for step in steps(panel, lambda month: scores.score[month.rows, None], noise, v):
        for name, values in _posterior(step, v).items():
            found[name][step.month.rows] = values
    found["variance"] = found["variance"] + style_doubt + month_doubt
    found["style_doubt"], found["month_doubt"] = style_doubt, month_doubt
    return Filtered(**found)


def log_density(panel: Panel, scores: Scores, v: Variances) -> float:
    """Log density of all scores, each month predicted from the months before it (natural logarithm)."""
    noise = scores.variance - scores.lasting
    columns = scores.score
    return sum(step.log_density for step in steps(panel, lambda month: columns[month.rows, None], noise, v))


def _posterior(step: Step, v: Variances) -> dict[str, np.ndarray]:
    """The factor of the month's rows: of what lasts in a client only the true share counts."""
    place, share = step.month.place, v.true_share
    level, level_variance = step.level[place, 0], 1 / step.information[place]
    surprise = step.surprise[:, 0] - step.weight * step.level_change[place, 0]
    slope = step.weight - 1
    told = share * step.spread + v.month  # covariance of the factor with the score, given the level
    gain = told * step.precision
    shared = 1 + share * slope - gain * step.weight
    own = share**2 * step.spread + share * (1 - share) * v.lasting + v.month - gain * told
    return {
        "mean": level * (1 + share * slope) + share * step.before[:, 0] + gain * surprise,
        "variance": own + shared**2 * level_variance,
        "level": level,
        "level_variance": level_variance,
        "own_variance": own,
        "shared": shared,
        "gain": gain,
    }


@dataclass
class _State:
    """What is known of every clinician's level a and of what lasts of every pair (b + d) at the current month.

    `clinician` (clinicians × C), `clinician_variance`: mean and variance of a. Of b + d given a: mean `client` (pairs ×
    C) `+ slope · a`, variance `client_variance`. `owner` is each pair's clinician.
    """

    owner: np.ndarray
    client: np.ndarray
    slope: np.ndarray
    client_variance: np.ndarray
    clinician: np.ndarray
    clinician_variance: np.ndarray

    @classmethod
    def start(cls, panel: Panel, v: Variances) -> _State:
        pairs, clinicians = len(panel.owner), len(panel.clinicians)
        return cls(
            panel.owner,
            np.zeros((pairs, 0)),
            np.zeros(pairs),
            np.full(pairs, v.lasting),
            np.zeros((clinicians, 0)),
            np.full(clinicians, v.clinician),
        )

    def widen(self, columns: int) -> None:
        new = columns - self.client.shape[1]
        if new:
            self.client = np.pad(self.client, ((0, 0), (0, new)))
            self.clinician = np.pad(self.clinician, ((0, 0), (0, new)))

    def predict(self, months: int, v: Variances) -> None:
        keep, keep_level = v.persistence**months, v.clinician_persistence**months
        before, spread = self.clinician, self.clinician_variance
        self.clinician = keep_level * before
        self.clinician_variance = keep_level**2 * spread + (1 - keep_level**2) * v.clinician
        back = keep_level * spread / self.clinician_variance  # slope of a, before, on a now
        known = (before - back[:, None] * self.clinician)[self.owner]
        unknown = (spread - back**2 * self.clinician_variance)[self.owner]
        self.client = keep * (self.client + self.slope[:, None] * known)
        self.client_variance = keep**2 * (self.client_variance + self.slope**2 * unknown) + (1 - keep**2) * v.lasting
        self.slope = keep * self.slope * back[self.owner]

    def update(self, month: Month, pair: np.ndarray, columns: np.ndarray, noise: np.ndarray, v: Variances) -> Step:
        who, before, spread = month.present, self.client[pair], self.client_variance[pair]
        weight, precision = 1 + self.slope[pair], 1 / (spread + v.month + noise)
        prior, prior_variance = self.clinician[who], self.clinician_variance[who]
        surprise = columns - before - weight[:, None] * prior[month.place]
        shared = prior_variance + v.clinician_month  # a + q, of which only a goes on
        information = 1 / shared + month.total(weight**2 * precision)
        evidence = month.total((weight * precision)[:, None] * surprise)
        change, going_on = evidence / information[:, None], prior_variance / shared
        self.clinician[who] = prior + going_on[:, None] * change
        self.clinician_variance[who] = prior_variance - going_on**2 * (shared - 1 / information)
        gain = spread * precision
        self.client[pair] = before + gain[:, None] * (columns - before)
        self.slope[pair] -= gain * weight
        self.client_variance[pair] = spread * (1 - gain)
        level = prior + change
        return Step(month, pair, weight, precision, before, surprise, spread, shared, information, evidence, level)


Moment = tuple[float, float]
"""A sum of weighted products, and the sum of their weights."""


def _mean(moment: Moment) -> float:
    return moment[0] / moment[1] if moment[1] > 1e-9 else 0.0


def _shrink(value: float, weight: float, prior: float, *, prior_weight: float) -> float:
    return float((value * weight + prior * prior_weight) / (weight + prior_weight))


def _same_client(panel: Panel, z: np.ndarray, weight: np.ndarray, lag: int) -> Moment:
    """Products of a client's scores `lag` months apart."""
    now, later = panel.pairs(lag)
    return float((z[now] * z[later]).sum()), float((weight[now] * weight[later]).sum())


def _same_month(panel: Panel, z: np.ndarray, weight: np.ndarray) -> Moment:
    """Products of scores of different clients of a clinician in one month."""
    total, weights = _by_month(panel, z), _by_month(panel, weight)
    return float((total**2).sum() - (z**2).sum()), float((weights**2).sum() - (weight**2).sum())


def _next_month(panel: Panel, z: np.ndarray, weight: np.ndarray, same_client: Moment) -> Moment:
    """Products of scores of different clients of a clinician in neighbouring months."""
    total, weights = _by_month(panel, z), _by_month(panel, weight)
    products, pairs = (total[:, 1:] * total[:, :-1]).sum(), (weights[:, 1:] * weights[:, :-1]).sum()
    return float(products) - same_client[0], max(float(pairs) - same_client[1], 0.0)


def _by_month(panel: Panel, values: np.ndarray) -> np.ndarray:
    """Sums of values, clinicians × months from the first to the last."""
    month = panel.month - panel.month.min(initial=0)
    span = int(month.max(initial=0)) + 1
    size = len(panel.clinicians) * span
    return np.bincount(panel.clinician * span + month, values, minlength=size).reshape(-1, span)
