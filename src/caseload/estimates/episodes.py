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

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import expit, logsumexp

from caseload.estimates.compensation import PRIOR_SLOPE_VARIANCE, STEEP, Slopes, ordinary_slopes
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
    one value a pair of the panel.
    """

    odds: np.ndarray
    odds_before: np.ndarray
    slopes: Slopes
    involved: np.ndarray


def find_episodes(panel: Panel, effort: Side, engagement: Side, both: np.ndarray) -> Episodes:
    """Episodes as of the panel's last month; `both` marks rows with signals of both sides, the others tell nothing."""
    months = [month.ordinal for month in panel.months]
    onsets = np.arange(max(months[-1] - WINDOW + 1, months[0]), months[-1] + 1)
    noise = np.where(both, effort.scores.variance - effort.scores.lasting, np.inf)
    columns = partial(_columns, effort.scores.score, engagement.filtered.mean, onsets)
    doubt = np.full(len(panel.clinicians), CERTAIN)
    doubt[panel.clinician] += effort.filtered.style_doubt
    people, clients = _People(len(panel.clinicians), len(onsets), doubt), _Clients(len(panel.owner), len(onsets))
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
    if effort.fit is not None:
        doubts = effort.fit.doubt_of(panel)
        now[:, SHIFTED], before[:, SHIFTED] = now[:, SHIFTED] - doubts[:, 0], before[:, SHIFTED] - doubts[:, 1]
    return Episodes(now, before, people.slopes(), expit(clients.chain.odds))


def _columns(effort: np.ndarray, engagement: np.ndarray, onsets: np.ndarray, month: Month) -> np.ndarray:
    """Effort, −engagement, and for every beginning up to the month −engagement and 1 since then (rows × C)."""
    since = int((onsets <= month.ordinal).sum())
    against = -engagement[month.rows]
    beginnings = np.column_stack([against, np.ones(len(against))])
    return np.column_stack([effort[month.rows], against, np.tile(beginnings, since)])


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
    """Compensation and shift: cross-products of the whitened columns up to now, and the chains that they drive."""

    def __init__(self, clinicians: int, months: int, doubt: np.ndarray) -> None:
        self.always = np.zeros((clinicians, 2))  # −engagement, always: with itself and with effort
        self.gram = np.zeros((clinicians, months, 3, 3))  # of −engagement always, −engagement since, 1 since
        self.target = np.zeros((clinicians, months, 3))  # of the three with effort
        self.rows = np.zeros(clinicians)
        self.error = np.zeros(clinicians)  # sum of engagement's error variance in units of effort's
        self.level_doubt = np.full((clinicians, months), CERTAIN)
        self.doubt = doubt
        self.compensation, self.shift = _Chain(clinicians, months), _Chain(clinicians, months)
        self.slope = np.zeros((clinicians, months + 1))
        self.slope_variance = np.full((clinicians, months + 1), PRIOR_SLOPE_VARIANCE)

    def add(self, step: Step, engagement_variance: np.ndarray) -> None:
        """Count a month's rows in."""
        who, since = step.month.present, step.columns // 2 - 1
        always, slope = np.ones(since, int), 2 + 2 * np.arange(since)
        columns = always, slope, slope + 1
        if since:
            self.level_doubt[who[self.rows[who] == 0], since - 1] = self.doubt[who[self.rows[who] == 0]]
        for i, left in enumerate(columns):
            self.target[who, :since, i] += step.products(left, 0 * left)
            for j, right in enumerate(columns[: i + 1]):
                self.gram[who, :since, i, j] += step.products(left, right)
                self.gram[who, :since, j, i] = self.gram[who, :since, i, j]
        self.always[who] += step.products(np.array([1, 1]), np.array([1, 0]))
        self.rows[who] += step.month.total((step.precision > 0).astype(float))
        self.error[who] += step.month.total(step.precision * engagement_variance)

    def weigh(self, month: Month, since: int) -> None:
        """Compare the month's possible beginnings, for the clinicians present."""
        who = month.present
        mean, variance = ordinary_slopes(self.always[:, 0], self.always[:, 1])
        gram, target, doubt = self.gram[who, :since], self.target[who, :since], self.level_doubt[who, :since]
        flat = gram[..., [0, 2], :][..., [0, 2]], target[..., [0, 2]]
        none = _regress(*flat, (mean, 0.0), (variance, doubt))[0]
        beside = _regress(*flat, (mean, 0.0), (variance, BESIDE + doubt))[0]
        shifted = _regress(*flat, (mean, SHIFT[0]), (variance, SHIFT[1] + doubt))[0]
        factor, slope, slope_variance = _regress(
            gram, target, (mean, STEEP[0], 0.0), (variance, STEEP[1], BESIDE + doubt)
        )
        fallen = _regress(*flat, (mean, -SHIFT[0]), (variance, SHIFT[1] + doubt))[0]
        self.shift.advance(who, shifted - none, fallen - none)
        self.compensation.advance(who, factor - beside)
        self.slope[who, :since], self.slope_variance[who, :since] = slope, slope_variance
        information = self.always[who, 0] + 1 / variance
        self.slope[who, -1] = (self.always[who, 1] + mean / variance) / information
        self.slope_variance[who, -1] = 1 / information

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
    gram: np.ndarray, target: np.ndarray, mean: tuple[float, ...], variance: tuple[float | np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bayesian regression from cross-products (… × d × d, … × d) with a normal prior for the d coefficients.

    Returns the log Bayes factor against all of them being 0, and mean and variance of the sum of all coefficients but
    the last, which are those of −engagement.
    """
    centre = np.array(mean)
    precision = 1 / np.stack([np.broadcast_to(part, target.shape[:-1]) for part in variance], axis=-1)
    posterior = np.linalg.inv(gram + precision[..., None] * np.eye(len(mean)))
    pull = target + precision * centre
    found = (posterior @ pull[..., None])[..., 0]
    fit = (pull * found).sum(axis=-1) - (precision * centre**2).sum(axis=-1)
    shrunk = np.linalg.slogdet(posterior)[1] + np.log(precision).sum(axis=-1)
    slopes = slice(0, len(mean) - 1)
    return (fit + shrunk) / 2, found[..., slopes].sum(axis=-1), posterior[..., slopes, slopes].sum(axis=(-2, -1))
