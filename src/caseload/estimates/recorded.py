"""Changes of recording: whether somebody began to record otherwise, which is no change of what they do.

Signals that are recorded in one act form a family (`Signal.family`: preparation and notes, for one). If the caseload
asks for more, all families rise; if a form or a habit has changed, one family rises alone. Per clinician and month

    z_F = a + o_F + [level since k] + [recording of F since k] + noise_F

where z_F is the family's mean score in the factor's unit, a the clinician's level, o_F the constant style. Beginnings
k of a shift of the level, and of a change in each family, compete in one likelihood with no change at all, in closed
form. What is likely is taken out of the family's signals, with its uncertainty; what remains of the odds weighs against
a shift (`doubt`). With one family alone, both say the same, and only how large they usually are tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from scipy.stats import chi2

from caseload.estimates.panel import Panel
from caseload.signals import Signal

FILLED_IN = ("prep", "notes", "overrun")
UNTOUCHED_CLIENTS, UNTOUCHED_SHARE = 4, 0.9
"""Signals that a program fills in; from so many clients with one and the same value a month tells nothing."""
CHANCE = 0.01
"""Chance a month that a clinician's recording of some family changes, and that the level of effort shifts."""
CHANGE_VARIANCE = 2.0
"""Of the size of such a change, around 0, in SD of the factor: a time that doubles is about two."""
SHIFT = (1.1, 0.25)
"""Mean and variance of a shift of the level, up or down, as in `episodes`."""
TOGETHER_CLINICIANS = 20.0
"""Weight, in clinicians, of CHANCE against how many others changed the same family in the same month (a new rule)."""
LEVEL_VARIANCE, CLIENT_VARIANCE, MONTH_VARIANCE = 0.2, 0.4, 0.02
"""The factor's variance between clinicians, between their clients, and between a clinician's months."""
LIKELY = 0.7
"""From this probability on a change is taken out; under it, it only weighs against a shift."""
FEWEST_STEPS, TRIMMED = 10, 0.9
"""Steps from month to month that tell how much a family's mean wobbles; the largest tenth may be changes."""
TRIMMED_MEAN = float(chi2.cdf(chi2.ppf(TRIMMED, 1), 3) / TRIMMED)
"""Mean of the smallest nine tenths of squared standard normal values."""
ROUNDS = 3
"""At most so many changes of one clinician."""
PASSES = 3


@dataclass(frozen=True)
class Changes:
    """Changes of recording, one an entry: from month `since` (ordinal) on, clinician `clinician_id`'s signals of
    `family` are `size` SD of the factor higher than they would be (with `variance`).
    """

    clinician_id: pd.Index
    family: tuple[str, ...]
    since: np.ndarray
    size: np.ndarray
    variance: np.ndarray

    @classmethod
    def none(cls) -> Changes:
        """No change at all."""
        return cls(pd.Index([], dtype="str"), (), np.zeros(0), np.zeros(0), np.zeros(0))

    def and_also(self, others: Changes) -> Changes:
        """These and others."""
        arrays = (np.concatenate([getattr(self, n), getattr(others, n)]) for n in ("since", "size", "variance"))
        return Changes(self.clinician_id.append(others.clinician_id), (*self.family, *others.family), *arrays)

    def of_rows(self, panel: Panel, families: tuple[str, ...], field: str = "size") -> np.ndarray:
        """Sums of `size` or `variance` over the changes that hold in each row of the panel (rows × families)."""
        total = np.zeros((len(panel), len(families)))
        who = panel.clinicians.get_indexer(self.clinician_id)
        for at, family, since, value in zip(who, self.family, self.since, getattr(self, field), strict=True):
            if at >= 0 and family in families:
                total[(panel.clinician == at) & (panel.month >= since), families.index(family)] += value
        return total


@dataclass(frozen=True)
class Recorded:
    """What is known of changes of recording by the panel's last month.

    `doubt` and `doubt_before` (a month earlier), one a clinician of the panel: the log of 1 + the odds that recording
    has changed, beyond `changes`, rather than nothing.
    """

    changes: Changes
    doubt: np.ndarray
    doubt_before: np.ndarray


def families(signals: tuple[Signal, ...]) -> tuple[str, ...]:
    """The families of signals, in the order of their first signal."""
    return tuple(dict.fromkeys(signal.family for signal in signals))


def untouched(signals: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Rows of a clinician's month in which nobody touched what the program filled in: the same value for all clients.

    From UNTOUCHED_CLIENTS clients on, with the value of at least UNTOUCHED_SHARE of them.
    """
    rows = np.flatnonzero(~np.isnan(values))
    month = signals["month"].astype("int64").to_numpy()[rows]
    who = pd.factorize(signals["clinician_id"])[0][rows].astype(np.int64)
    cell = pd.factorize(who * (int(month.max(initial=0)) + 1) + month)[0]
    value = pd.factorize(values[rows])[0].astype(np.int64)
    kinds = int(value.max(initial=0)) + 1
    pair, of_pair, count = np.unique(cell * kinds + value, return_inverse=True, return_counts=True)
    clients, most = np.bincount(cell), np.zeros(int(cell.max(initial=-1)) + 1, int)
    np.maximum.at(most, pair // kinds, count)
    left = (clients >= UNTOUCHED_CLIENTS) & (most >= UNTOUCHED_SHARE * clients)
    found = np.zeros(len(values), bool)
    found[rows[left[cell] & (count[of_pair] == most[cell])]] = True
    return found


def find_changes(
    residual: np.ndarray, weight: np.ndarray, loading: np.ndarray, style: np.ndarray, signals: tuple[Signal, ...],
    panel: Panel,
) -> Recorded:  # fmt: skip
    """Changes of recording in one side's signals.

    `residual` (rows × J): standardised signals without the case mix and without styles as far as they are known, NaN
    where not recorded; `weight`: the precision of each cell given the factor; `loading` and `style` (ω²) of the J
    `signals`.
    """
    names = families(signals)
    table = _family_months(residual, weight, loading, style, signals, names, panel)
    changes = Changes.none()
    for _ in range(ROUNDS):
        weighed = _weigh(table)
        found = _likely(table, weighed, names, panel)
        if not found.size.size:
            break
        changes = changes.and_also(found)
        table = table.without(found.of_rows(_cells(table, panel), names).reshape(table.mean.shape))
    doubt = _weigh(table).doubt
    before = _weigh(table.until(table.mean.shape[1] - 1)).doubt if table.mean.shape[1] > 1 else np.zeros_like(doubt)
    return Recorded(changes, doubt, before)


@dataclass(frozen=True)
class _FamilyMonths:
    """Means of the families' scores, clinicians × months × families, with `variance` (inf = not recorded).

    `rows` (clinicians × months): clients behind them. `style`: variance of the constant offsets, one a family. `taken`
    (months × families): how many changes have been taken out already.
    """

    mean: np.ndarray
    variance: np.ndarray
    rows: np.ndarray
    style: np.ndarray
    first: int
    taken: np.ndarray

    @property
    def precision(self) -> np.ndarray:
        """1 / variance; 0 = not recorded."""
        recorded = np.isfinite(self.variance)
        return np.where(recorded, 1 / np.where(recorded, self.variance, 1), 0)

    def without(self, change: np.ndarray) -> _FamilyMonths:
        begun = (np.diff(change, axis=1, prepend=0.0) != 0).sum(axis=0)
        return replace(self, mean=self.mean - change, taken=self.taken + begun)

    def until(self, months: int) -> _FamilyMonths:
        parts = {name: getattr(self, name)[:, :months] for name in ("mean", "variance", "rows")}
        return replace(self, **parts, taken=self.taken[:months])


@dataclass(frozen=True)
class _Weighed:
    """Of a change in each family since each month (clinicians × months × families): `chance`, `size`, `variance`."""

    chance: np.ndarray
    size: np.ndarray
    variance: np.ndarray
    doubt: np.ndarray


def _family_months(
    residual: np.ndarray, weight: np.ndarray, loading: np.ndarray, style: np.ndarray, signals: tuple[Signal, ...],
    names: tuple[str, ...], panel: Panel,
) -> _FamilyMonths:  # fmt: skip
    first = int(panel.month.min())
    shape = len(panel.clinicians), int(panel.month.max()) - first + 1
    cell = panel.clinician * shape[1] + panel.month - first
    size = shape[0] * shape[1]
    rows = np.bincount(cell, minlength=size).reshape(shape)
    mean, variance, offset = (np.zeros((*shape, len(names))) for _ in range(3))
    y, w = np.nan_to_num(residual), weight * loading
    for place, name in enumerate(names):
        member = np.array([signal.family == name for signal in signals])
        told = w[:, member] @ loading[member]
        known = told > 1e-9
        score = np.divide((w * y)[:, member].sum(axis=1), told, out=np.zeros(len(y)), where=known)
        trust = np.where(known, told / (1 + told), 0.0)
        total = np.bincount(cell, trust, minlength=size).reshape(shape)
        spread = np.bincount(cell, trust**2 / np.where(known, told, 1.0), minlength=size).reshape(shape)
        styled = np.divide((w[:, member] ** 2) @ style[member], told**2, out=np.zeros(len(y)), where=known)
        there = np.maximum(total, 1e-12)
        mean[..., place] = np.bincount(cell, trust * score, minlength=size).reshape(shape) / there
        variance[..., place] = np.where(total > 1e-9, spread / there**2, np.inf)
        offset[..., place] = np.bincount(cell, trust * styled, minlength=size).reshape(shape) / there
    recorded = np.isfinite(variance)
    styles = np.where(recorded, offset, 0.0).sum(axis=(0, 1)) / np.maximum(recorded.sum(axis=(0, 1)), 1)
    table = _FamilyMonths(mean, variance, rows, np.maximum(styles, 1e-3), first, np.zeros(mean.shape[1:]))
    return replace(table, variance=variance + _wobble(table))


def _wobble(table: _FamilyMonths) -> np.ndarray:
    """Variance by which a family's mean differs from month to month beyond its noise, against the other families."""
    precision = table.precision
    wobble = np.zeros(table.mean.shape[2])
    for place in range(len(wobble)):
        others = np.delete(precision, place, axis=2)
        told = others.sum(axis=2)
        rest = (others * np.delete(table.mean, place, axis=2)).sum(axis=2) / np.maximum(told, 1e-12)
        there = (told > 1e-9) & (precision[..., place] > 0)
        apart = np.where(there, table.mean[..., place] - rest, np.nan)
        noise = np.where(there, 1 / np.maximum(told, 1e-12) + np.nan_to_num(table.variance[..., place], posinf=0), 0.0)
        step, expected = np.diff(apart, axis=1), noise[:, 1:] + noise[:, :-1]
        known = ~np.isnan(step)
        if known.sum() >= FEWEST_STEPS:
            squares = np.sort(step[known] ** 2)[: int(np.ceil(TRIMMED * known.sum()))]
            wobble[place] = max(float(squares.mean() / TRIMMED_MEAN - expected[known].mean()) / 2, 0.0)
    return wobble


def _weigh(table: _FamilyMonths) -> _Weighed:
    """Weigh the beginnings against each other and against no change, for every clinician."""
    people, months, kinds = table.mean.shape
    precision = table.precision
    clients = np.maximum(table.rows, 1)
    common = MONTH_VARIANCE + (1 - LEVEL_VARIANCE - CLIENT_VARIANCE) / clients
    shrink = 1 / (1 / common + precision.sum(axis=2))
    told = (
        precision[..., None] * np.eye(kinds) - shrink[..., None, None] * precision[..., None] * precision[..., None, :]
    )
    pull = (told @ table.mean[..., None])[..., 0]
    level = LEVEL_VARIANCE + CLIENT_VARIANCE / clients.mean(axis=1)
    prior = np.linalg.inv(np.diag(table.style) + level[:, None, None] * np.ones((kinds, kinds)))
    since, pulled = (np.cumsum(part[:, ::-1], axis=1)[:, ::-1] for part in (told, pull))
    offsets = np.linalg.inv(prior + since[:, 0])
    expected = (offsets @ pulled[:, 0][..., None])[..., 0]
    target = pulled - (since @ expected[:, None, :, None])[..., 0]
    information = since - since @ offsets[:, None] @ since
    seen = precision > 0
    later = seen & (np.cumsum(seen, axis=1) > 1)  # the first month has nothing before it
    own = np.einsum("ckff->ckf", information)
    change = _factor(own, target, 0.0, CHANGE_VARIANCE)
    all_information, all_target = information.sum(axis=(2, 3)), target.sum(axis=2)
    level_shift = np.logaddexp(
        _factor(all_information, all_target, *SHIFT), _factor(all_information, all_target, -SHIFT[0], SHIFT[1])
    )
    shifted = logsumexp(np.where(later.any(axis=2), level_shift + np.log(CHANCE), -np.inf), axis=1)
    factor = np.where(later, change, -np.inf)
    often = np.full((months, kinds), CHANCE / kinds)
    for _ in range(PASSES):
        odds = factor + np.log(often)
        every = logsumexp(odds, axis=(1, 2))
        total = np.logaddexp(np.logaddexp(0.0, shifted), every)
        chance = np.exp(odds - total[:, None, None])
        others = table.taken + chance.sum(axis=0)
        often = (CHANCE / kinds * TOGETHER_CLINICIANS + others) / (TOGETHER_CLINICIANS + people)
    size = target / (own + 1 / CHANGE_VARIANCE)
    return _Weighed(chance, size, 1 / (own + 1 / CHANGE_VARIANCE), np.logaddexp(0.0, every))


def _factor(information: np.ndarray, target: np.ndarray, mean: float, variance: float) -> np.ndarray:
    """Log Bayes factor of a coefficient with a normal prior against 0."""
    posterior = information + 1 / variance
    pull = target + mean / variance
    return np.asarray((pull**2 / posterior - mean**2 / variance - np.log(posterior * variance)) / 2)


def _likely(table: _FamilyMonths, weighed: _Weighed, names: tuple[str, ...], panel: Panel) -> Changes:
    """The likeliest change of everybody whose recording has likely changed."""
    of_family = weighed.chance.sum(axis=1)
    family = of_family.argmax(axis=1)
    who = np.flatnonzero(of_family.max(axis=1) > LIKELY)
    family = family[who]
    since = weighed.chance[who, :, family].argmax(axis=1)
    chance = of_family[who, family]
    size, variance = weighed.size[who, since, family], weighed.variance[who, since, family]
    return Changes(
        panel.clinicians[who],
        tuple(names[place] for place in family),
        (table.first + since).astype(float),
        chance * size,
        variance + chance * (1 - chance) * size**2,
    )


def _cells(table: _FamilyMonths, panel: Panel) -> Panel:
    """A panel with one row a clinician and month of the table."""
    people, months = table.rows.shape
    who = np.repeat(np.arange(people), months)
    return Panel(panel.clinicians, who, who, np.arange(people), np.tile(np.arange(months) + table.first, people))
