"""Episodes of over-investment: whether a clinician is in one, and since when.

Three kinds are looked for in a clinician's effort: compensation (effort rises as engagement falls), a shift of the
whole caseload, and deep involvement with one or two clients. Each is a regression column that begins in some month:
−engagement, 1 for everybody, 1 for one client. The filter of `pooling`, which knows what clinicians, clients and months
usually do, whitens these columns along with the effort; how much better the effort is explained with a column than
without it is its Bayes factor, in closed form. A hidden Markov model over the months (Hamilton 1989) weighs the
possible beginnings, lets episodes end, and gives the odds of being in one now. A clinician is compared with their own
record before the episode, so style and level drop out; nothing later than a month enters its odds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, logsumexp

from caseload.estimates.compensation import (
    HALO_CHANGE_VARIANCE,
    HALO_VARIANCE,
    PRIOR_SLOPE_VARIANCE,
    STEEP,
    Slopes,
    ordinary_slopes,
    usual_halo,
)
from caseload.estimates.elevated import PRIOR_SHARE
from caseload.estimates.panel import Month, Panel
from caseload.estimates.pooling import Step, steps
from caseload.estimates.sides import Side

KINDS = ("compensating", "shifted", "concentrated")
SHIFTED = KINDS.index("shifted")
WINDOW = 12
"""Months in which a beginning is looked for; the first stands for "then or earlier"."""
ONSET, END = 0.01, 0.05
"""Chances a month that an episode begins or ends."""
BEFORE = 0.1
"""Odds of being in an episode when first seen."""
SHIFT = (1.1, 0.25)
INVOLVEMENT = (2.5, 3.0)
"""Expected size of an episode (mean, variance): rise of the slope; SD of effort; SD of effort for one client."""
BESIDE = 0.03
"""Variance of the change of level that may come with a change of slope, or without one: it is no evidence of either."""
CERTAIN = 1e-6


@dataclass(frozen=True)
class Episodes:
    """What is known of episodes at the end of a month.

    `odds` and `odds_before` (a month earlier): one row a clinician of the panel, one column for each of KINDS, natural
    logarithms of the odds of being in such an episode.
    `slopes`: the clinicians' posterior slopes of effort on −engagement. `involved`: P(deeply involved with the client),
    one value a pair of the panel. `elevated`: log odds that a clinician's effort has been far above the others' in all
    months, which is no episode, since it has no beginning.
    """

    odds: np.ndarray
    odds_before: np.ndarray
    slopes: Slopes
    involved: np.ndarray
    elevated: np.ndarray


def find_episodes(panel: Panel, effort: Side, engagement: Side, both: np.ndarray) -> Episodes:
    """Episodes as of the panel's last month; `both` marks rows with signals of both sides, the others tell nothing."""
    months = [month.ordinal for month in panel.months]
    onsets = np.arange(max(months[-1] - WINDOW + 1, months[0]), months[-1] + 1)
    noise = np.where(both, effort.scores.variance - effort.scores.lasting, np.inf)
    against = _against(effort, engagement)
    columns = partial(_columns, effort.scores.score, against, onsets)
    doubt = np.full(len(panel.clinicians), CERTAIN)
    doubt[panel.clinician] += effort.filtered.style_doubt
    people = _People(len(panel.clinicians), len(onsets), doubt, against.shape[1])
    clients = _Clients(len(panel.owner), len(onsets))
    now, before = (np.zeros((len(panel.clinicians), len(KINDS))) for _ in range(2))
    previous = months[0]
    for step in steps(panel, columns, noise, effort.variances):
        people.add(step, engagement.filtered.variance[step.month.rows])
        since = int((onsets <= step.month.ordinal).sum())
        if since:
            keep = effort.variances.persistence ** (step.month.ordinal - previous)
            people.weigh(step.month, since)
            clients.weigh(step, people.slopes().mean[step.month.present], since, keep)
            odds = people.compensation.odds, people.shift.odds, clients.odds(step, len(panel.clinicians))
            before, now = now, np.column_stack(odds)
        previous = step.month.ordinal
    elevated = np.full(len(panel.clinicians), np.log(PRIOR_SHARE / (1 - PRIOR_SHARE)))
    if effort.fit is not None:
        now[:, SHIFTED] -= effort.fit.of_clinicians("doubt", panel)
        before[:, SHIFTED] -= effort.fit.of_clinicians("doubt_before", panel)
        elevated = effort.fit.of_clinicians("elevated", panel, elevated[0])
    return Episodes(now, before, people.slopes(), expit(clients.chain.odds), elevated)


def _against(effort: Side, engagement: Side) -> np.ndarray:
    """−engagement (rows × 1), and beside it the part that only the clinician's ratings tell, where both are rated.

    A mood raises one rating and lowers the other, which looks like a slope: of the effort it reaches what is rated.
    """
    against = -engagement.filtered.mean
    if engagement.unrated is None or not effort.scores.rated.any():
        return against[:, None]
    return np.column_stack([against, (against + engagement.unrated) * effort.scores.rated])


def _columns(effort: np.ndarray, against: np.ndarray, onsets: np.ndarray, month: Month) -> np.ndarray:
    """Effort, −engagement (and halo), and for every beginning up to the month both and 1 since then (rows × C)."""
    since = int((onsets <= month.ordinal).sum())
    now = against[month.rows]
    beginnings = np.column_stack([now, np.ones(len(now))])
    return np.column_stack([effort[month.rows], now, np.tile(beginnings, since)])


class _Chain:
    """Log weights of every subject's possible histories: which episode one is in, or none.

    `active` (subjects × months): in an episode since the k-th month; `fallen`: in none, after a fall in the k-th month;
    `none` (subjects): in none, without a fall.
    """

    def __init__(self, subjects: int, months: int) -> None:
        self.active = np.full((subjects, months), -np.inf)
        self.fallen = np.full((subjects, months), -np.inf)
        self.none = np.zeros(subjects)
        self.seen = np.zeros(subjects, bool)
        self.factor = np.zeros((2, subjects, months))

    @property
    def odds(self) -> np.ndarray:
        """Log odds of being in an episode (−inf for those not seen yet)."""
        return np.asarray(logsumexp(self.active, axis=1) - np.logaddexp(self.none, logsumexp(self.fallen, axis=1)))

    def advance(self, subjects: np.ndarray, factor: np.ndarray, fall: np.ndarray | None = None) -> None:
        """Go on by a month; `factor` (subjects × m): log Bayes factors of an episode since each of the first m months.

        What an episode gains is the factor's change since the subject was last seen. Who is seen first may have begun
        earlier. With `fall`, the factors of a fall, an episode ends by one: what it is compared with adapts to a long
        episode, and would take the return to the usual for another surprise.
        """
        since = factor.shape[1]
        active, fallen = self.active[subjects, :since], self.fallen[subjects, :since]
        none = self.none[subjects]
        ended = logsumexp(active, axis=1) + np.log(END)
        quiet = np.logaddexp(none, logsumexp(fallen, axis=1))
        begun = np.where(self.seen[subjects], quiet + np.log(ONSET), np.log(BEFORE))
        active, fallen, none = active + np.log(1 - END), fallen + np.log(1 - ONSET), none + np.log(1 - ONSET)
        active[:, -1] = np.logaddexp(active[:, -1], begun)
        active += factor - self.factor[0, subjects, :since]
        if fall is None:
            none = np.logaddexp(none, ended)
        else:
            fallen[:, -1] = np.logaddexp(fallen[:, -1], ended)
            fallen += fall - self.factor[1, subjects, :since]
            self.factor[1, subjects, :since] = fall
        total = logsumexp(np.column_stack([none, active, fallen]), axis=1)
        self.active[subjects, :since], self.fallen[subjects, :since] = active - total[:, None], fallen - total[:, None]
        self.none[subjects], self.factor[0, subjects, :since], self.seen[subjects] = none - total, factor, True


class _People:
    """Compensation and shift: cross-products of the whitened columns up to now, and the chains that they drive.

    The columns of a beginning are −engagement always (and halo), −engagement since (and halo), and 1 since.
    """

    def __init__(self, clinicians: int, months: int, doubt: np.ndarray, kinds: int) -> None:
        self.kinds, wide = kinds, 2 * kinds + 1
        self.always = np.zeros((clinicians, kinds, kinds))
        self.always_target = np.zeros((clinicians, kinds))
        self.gram = np.zeros((clinicians, months, wide, wide))
        self.target = np.zeros((clinicians, months, wide))  # with effort
        self.rows = np.zeros(clinicians)
        self.error = np.zeros(clinicians)  # sum of engagement's error variance in units of effort's
        self.level_doubt = np.full((clinicians, months), CERTAIN)
        self.doubt = doubt
        self.compensation, self.shift = _Chain(clinicians, months), _Chain(clinicians, months)
        self.slope = np.zeros((clinicians, months + 1))
        self.slope_variance = np.full((clinicians, months + 1), PRIOR_SLOPE_VARIANCE)

    def add(self, step: Step, engagement_variance: np.ndarray) -> None:
        """Count a month's rows in."""
        who, kinds = step.month.present, self.kinds
        since = (step.columns - 1 - kinds) // (kinds + 1)
        always = [np.full(since, 1 + kind) for kind in range(kinds)]
        begun = [1 + kinds + kind + (kinds + 1) * np.arange(since) for kind in range(kinds + 1)]
        if since:
            self.level_doubt[who[self.rows[who] == 0], since - 1] = self.doubt[who[self.rows[who] == 0]]
        for i, left in enumerate([*always, *begun]):
            self.target[who, :since, i] += step.products(left, 0 * left)
            for j, right in enumerate([*always, *begun][: i + 1]):
                self.gram[who, :since, i, j] += step.products(left, right)
                if i != j:
                    self.gram[who, :since, j, i] = self.gram[who, :since, i, j]
        for kind in range(kinds):
            self.always_target[who, kind] += step.products(np.array([1 + kind]), np.array([0]))[:, 0]
            self.always[who, kind] += step.products(np.full(kinds, 1 + kind), 1 + np.arange(kinds))
        self.rows[who] += step.month.total((step.precision > 0).astype(float))
        self.error[who] += step.month.total(step.precision * engagement_variance)

    def weigh(self, month: Month, since: int) -> None:
        """Compare the month's possible beginnings, for the clinicians present."""
        who, halo = month.present, self.kinds == 2
        usual = (usual_halo(self.always, self.always_target),) if halo else ()
        moved, change = ((HALO_VARIANCE,), (HALO_CHANGE_VARIANCE,)) if halo else ((), ())
        mean, variance = ordinary_slopes(*self._alone(usual))
        gram, target, doubt = self.gram[who, :since], self.target[who, :since], self.level_doubt[who, :since]
        every = [*range(2 * self.kinds + 1)]
        flat = [*range(self.kinds), every[-1]]  # without anything that begins but the level
        mood = [place for place in every if place != self.kinds]  # without the slope that begins

        def compared(
            columns: list[int], means: tuple[float, ...], spread: tuple[float | np.ndarray, ...]
        ) -> np.ndarray:
            return _regress(gram[..., columns, :][..., columns], target[..., columns], means, spread)[0]

        ordinary, spread = (mean, *usual), (variance, *moved)
        nothing = (0.0,) * len(usual)
        none = compared(flat, (*ordinary, 0.0), (*spread, doubt))
        beside = compared(mood, (*ordinary, *nothing, 0.0), (*spread, *change, BESIDE + doubt))
        shifted = compared(flat, (*ordinary, SHIFT[0]), (*spread, SHIFT[1] + doubt))
        fallen = compared(flat, (*ordinary, -SHIFT[0]), (*spread, SHIFT[1] + doubt))
        factor, slope, slope_variance = _regress(
            gram,
            target,
            (*ordinary, STEEP[0], *nothing, 0.0),
            (*spread, STEEP[1], *change, BESIDE + doubt),
            slopes=[0, self.kinds],
        )
        self.shift.advance(who, shifted - none, fallen - none)
        self.compensation.advance(who, factor - beside)
        self.slope[who, :since], self.slope_variance[who, :since] = slope, slope_variance
        alone, product = (part[who] for part in self._alone(usual))
        self.slope[who, -1] = (product + mean / variance) / (alone + 1 / variance)
        self.slope_variance[who, -1] = 1 / (alone + 1 / variance)

    def _alone(self, usual: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
        """X'V⁻¹X and X'V⁻¹y of −engagement, whatever a mood adds around the usual."""
        information, product = self.always[:, 0, 0], self.always_target[:, 0]
        for halo in usual:
            shared = self.always[:, 0, 1] / (self.always[:, 1, 1] + 1 / HALO_VARIANCE)
            information = information - shared * self.always[:, 0, 1]
            product = product - shared * (self.always_target[:, 1] + halo / HALO_VARIANCE)
        return information, product

    def slopes(self) -> Slopes:
        """Every clinician's slope: a mixture over the beginnings and none at all.

        Errors in engagement blur effort by the slope times as much; the variances are widened for that.
        """
        weight = np.exp(np.column_stack([self.compensation.active, self.compensation.none]))
        blur = (self.error / np.maximum(self.rows, 1))[:, None]
        return Slopes(weight, self.slope, self.slope_variance * (1 + self.slope**2 * blur))


class _Clients:
    """Deep involvement with one client: the same for a column that begins for that client alone."""

    def __init__(self, pairs: int, months: int) -> None:
        self.known = np.zeros((pairs, months))  # what the client's level has taken in of each column
        self.gram = np.zeros((pairs, months))
        self.target = np.zeros((pairs, months))
        self.chain = _Chain(pairs, months)

    def weigh(self, step: Step, slope: np.ndarray, since: int, keep: float) -> None:
        """Count a month's rows in and compare the possible beginnings; `slope` is each present clinician's own.

        `keep` is the share of a client's level that has lasted since the month before.
        """
        pair, place = step.pair, step.month.place
        self.known *= keep
        rest = step.surprise[:, :2] - step.weight[:, None] * step.level_change[place, :2]
        rest = (rest[:, 0] - slope[place] * rest[:, 1])[:, None]
        known, precision = self.known[pair, :since], step.precision[:, None]
        self.gram[pair, :since] += precision * (1 - known) ** 2
        self.target[pair, :since] += precision * (1 - known) * rest
        self.known[pair, :since] = known + (step.spread * step.precision)[:, None] * (1 - known)
        mean, variance = INVOLVEMENT
        information = self.gram[pair, :since] + 1 / variance
        pull = self.target[pair, :since] + mean / variance
        self.chain.advance(pair, (pull**2 / information - mean**2 / variance - np.log(information * variance)) / 2)

    def odds(self, step: Step, clinicians: int) -> np.ndarray:
        """Log odds, per clinician, that one or two of the month's clients are such; any of them may be."""
        month = step.month
        odds = np.exp(np.clip(self.chain.odds[step.pair], -20, 20)) / BEFORE
        n, one, squares = month.total(np.column_stack([np.ones_like(odds), odds, odds**2])).T
        two = np.maximum(one**2 - squares, 0) / np.maximum(n * (n - 1), 1)
        found = np.full(clinicians, np.log(BEFORE))
        found[month.present] += np.log((one / n + two) / 2)
        return found


def _regress(
    gram: np.ndarray,
    target: np.ndarray,
    mean: tuple[float, ...],
    variance: tuple[float | np.ndarray, ...],
    slopes: Sequence[int] = (0,),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bayesian regression from cross-products (… × d × d, … × d) with a normal prior for the d coefficients.

    Returns the log Bayes factor against all of them being 0, and mean and variance of the sum of the coefficients
    `slopes`, which are those of −engagement.
    """
    centre = np.array(mean)
    precision = 1 / np.stack([np.broadcast_to(part, target.shape[:-1]) for part in variance], axis=-1)
    posterior = np.linalg.inv(gram + precision[..., None] * np.eye(len(mean)))
    pull = target + precision * centre
    found = (posterior @ pull[..., None])[..., 0]
    fit = (pull * found).sum(axis=-1) - (precision * centre**2).sum(axis=-1)
    shrunk = np.linalg.slogdet(posterior)[1] + np.log(precision).sum(axis=-1)
    picked = np.zeros(len(mean))
    picked[[*slopes]] = 1.0
    return (fit + shrunk) / 2, found @ picked, (posterior @ picked) @ picked
