"""Does the model fit these data? Each month's values against what the model expected of them the month before.

The model is fitted on the months before, and says of every client-month which value each signal will have, and how far
off that may be: a normal distribution on the signal's own near-normal scale. Nothing of the month is used. If it fits,
the values lie evenly over these distributions (PIT, the probability integral transform), 90 % of them within the 90 %
interval, with nothing left of last month's error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from caseload.errors import ParameterError
from caseload.estimates import BalanceModel
from caseload.estimates.case_mix import case_mix_table
from caseload.estimates.declared import declared_changes, own_name, with_new_usual
from caseload.estimates.factors import FactorFit
from caseload.estimates.instruments import Z90
from caseload.estimates.measurement import weights_of
from caseload.estimates.panel import Panel
from caseload.estimates.sides import Side, read_side
from caseload.intake import Practice
from caseload.schema import Schema
from caseload.signals import SIGNALS, monthly_signals
from caseload.wording import counted, listed, percent

MONTHS = 6
"""So many of the newest months are foretold, unless another number is asked for."""
LEAST_BEFORE = 3
"""Months that must lie before a month that is foretold."""
CLAIMED, TOLERATED = 0.90, (0.85, 0.95)
"""What the intervals claim, and between which shares they are said to hold it (a judgement)."""
MOST_LEFT = 0.2
"""From this correlation on, something of last month's error is left (a judgement)."""
FEWEST = 30
"""Values of a signal under which nothing is said of it."""
PREDICTIONS = Schema(
    "predictions",
    ("clinician_id", "client_id", "month", "signal"),
    {
        **dict.fromkeys(("clinician_id", "client_id"), "text"),
        "month": "month",
        **dict.fromkeys(("side", "signal"), "text"),
        **dict.fromkeys(("value", "expected", "sd", "z"), "number"),
        **dict.fromkeys(("pit", "lowest", "lowest_expected"), "share"),
    },
)
"""`value`, `expected` and `sd` in standard deviations of the signal, more meaning more of the side; `z` the difference
in units of `sd`; `pit` its probability; `lowest` 1 where the value is the lowest of the signal (none, never), and how
likely that was."""
FIT = Schema(
    "fit",
    ("signal",),
    {
        **dict.fromkeys(("side", "signal", "label"), "text"),
        "n": "count",
        **dict.fromkeys(("coverage", "coverage_low", "coverage_high", "pit_mean"), "share?"),
        **dict.fromkeys(("spread", "left"), "number?"),
        **dict.fromkeys(("lowest", "lowest_expected"), "share?"),
    },
)
"""One row a signal: `coverage` of the 90 % intervals with its own 90 % interval (clinicians as clusters); `pit_mean` .5
where nothing is biased; `spread`, observed over expected SD; `left`, the correlation of a client's errors in two months
that follow one another; `lowest`, the share of values that are the lowest of all (none, never), and that expected."""


@dataclass(frozen=True, eq=False)
class FitCheck:
    """How well the model foretold a practice's own months.

    `predictions` is PREDICTIONS, `signals` FIT. `declared` are the practice's known changes (`frames.DECLARED`);
    `found` the changes of recording that the model found by itself (clinician_id, month, family, size in SD, declared
    (bool)).
    """

    predictions: pd.DataFrame
    signals: pd.DataFrame
    declared: pd.DataFrame
    found: pd.DataFrame

    @property
    def coverage(self) -> float:
        """The share of all values within their 90 % intervals."""
        return float((self.predictions["z"].abs() <= Z90).mean())

    @property
    def sentence(self) -> str:
        """What it comes to, for a supervisor."""
        held = f"These intervals held {percent(self.coverage)} of the next month’s values here; they claim 90%."
        low, high = TOLERATED
        if self.coverage < low:
            return f"{held} Read them as wider than they are drawn."
        return f"{held} They are wider than they need to be." if self.coverage > high else held

    def doubts(self) -> list[str]:
        """What does not fit, a sentence each, for a methodologist."""
        told = self.signals[self.signals["n"] >= FEWEST]
        low, high = TOLERATED
        kinds = (
            ("Intervals are too narrow", told["coverage_high"] < low),
            ("Intervals are too wide", told["coverage_low"] > high),
            ("Something of last month's error is left", told["left"].abs() >= MOST_LEFT),
        )
        lines = [f"{what}: {listed(told.loc[which, 'label'].tolist(), 99)}." for what, which in kinds if which.any()]
        silent = int((~self.found["declared"].astype(bool)).sum())
        more = [f"{counted(silent, 'change')} of recording found that nobody declared."] if silent else []
        return lines + more

    def text(self) -> str:
        """All of it as lines of text, without a client or a value."""
        head = f"{'signal':<24}{'n':>7}{'held':>7}{'90% interval':>14}{'PIT':>6}{'spread':>8}{'left':>7}{'lowest':>14}"
        rows = [_row(row) for row in self.signals.to_dict("records")]
        found = [
            f"  {row['clinician_id']}, {row['month']}: {row['family']} {row['size']:+.1f} SD"
            f" ({'declared' if row['declared'] else 'not declared'})"
            for row in self.found.to_dict("records")
        ]
        changes = ["Changes of recording that the model found:", *found] if found else []
        return "\n".join([self.sentence, "", head, *rows, "", *(self.doubts() or ["Nothing stands out."]), *changes])


def fit_check(practice: Practice, months: int = MONTHS) -> FitCheck:
    """Foretell each of the newest `months` months of a practice from those before it.

    Each is one fit of the model. A month needs LEAST_BEFORE months before it; declared changes are known to the model.
    Raises ParameterError where no month can be foretold.

    Examples
    --------
    >>> import caseload
    >>> from caseload.research.fit_check import fit_check
    >>> check = fit_check(caseload.read_practice("data/sample"), months=1)
    >>> list(check.signals.columns[:5]), 0.8 < check.coverage < 1
    (['side', 'signal', 'label', 'n', 'coverage'], True)
    """
    signals = monthly_signals(practice)
    declared = declared_changes(practice.changes, practice.supervisees)
    foretold = signals["month"].drop_duplicates().sort_values().iloc[LEAST_BEFORE:].tail(months)
    parts, model = [], None
    for month in foretold:
        known = with_new_usual(signals[signals["month"] <= month], declared[declared["month"] <= month])
        model = BalanceModel().fit(known[known["month"] < month])
        parts += [_foretold(known.reset_index(drop=True), side, name, month) for name, side in model.sides_.items()]
    if model is None or not any(len(part) for part in parts):
        raise ParameterError(f"No month can be foretold: {LEAST_BEFORE + 1} months with recorded signals are needed.")
    predictions = pd.concat(parts, ignore_index=True)
    predictions["clinician_id"] = own_name(predictions["clinician_id"])
    fits = [side.fit for side in model.sides_.values() if side.fit is not None]
    return FitCheck(predictions[PREDICTIONS.names], _summed(predictions), declared, _found(fits, declared))


def _foretold(known: pd.DataFrame, side: Side, name: str, month: pd.Period) -> pd.DataFrame:
    """The month's values of one side, and what is expected of them: from rows in which nothing of the month stands."""
    fit, now = side.fit, (known["month"] == month).to_numpy()
    if fit is None:
        return PREDICTIONS.empty()
    blank = known.copy()
    blank.loc[now, [signal.name for signal in SIGNALS]] = np.nan
    blank.loc[now, [f"{signal.name}_n" for signal in SIGNALS]] = 0
    mix, panel = case_mix_table(known, fit.case_mix), Panel.of(known)
    ahead = read_side(blank, fit.signals, mix, panel, fit, side.variances).filtered
    rows, counts = known[now], known.loc[now, [f"{signal.name}_n" for signal in fit.signals]].to_numpy(float)
    value = fit.residuals(rows.reset_index(drop=True), mix[now].reset_index(drop=True))
    expected = ahead.mean[now, None] * fit.loading + fit.offsets(panel)[now]
    noise = fit.noise[:, 0] + fit.noise[:, 1] / np.maximum(counts, 1.0)
    variance = ahead.variance[now, None] * fit.loading**2 + noise + _style_doubt(known, now, fit, panel)[now]
    at, signal = np.nonzero(~np.isnan(value) & (counts > 0))
    sd = np.sqrt(variance[at, signal])
    z = (value[at, signal] - expected[at, signal]) / sd
    keys = rows.iloc[at][["clinician_id", "client_id", "month"]].reset_index(drop=True)
    names = pd.array([fit.signals[place].name for place in signal], dtype="str")
    table = keys.assign(side=pd.array([name] * len(at), dtype="str"), signal=names, value=value[at, signal])
    table = table.assign(expected=expected[at, signal], sd=sd, z=z, pit=norm.cdf(z))
    lowest, above = _above_lowest(known, fit)
    sign = np.array([each.sign for each in fit.signals], float)[signal]
    edge = z + sign * above[now][at, signal] / sd  # half way from the lowest value to the next
    return table.assign(lowest=lowest[now][at, signal].astype(float), lowest_expected=norm.cdf(sign * edge))


def _above_lowest(known: pd.DataFrame, fit: FactorFit) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell (rows × J) whether it holds the signal's lowest value, and how far it lies below the edge of that
    (half way to the next value), in SD of the signal.
    """
    raw = known[[signal.name for signal in fit.signals]].to_numpy(float)
    distinct = [np.unique(column[~np.isnan(column)]) for column in raw.T]
    edge = np.array([values[:2].mean() if len(values) else np.nan for values in distinct])
    return raw < edge, (edge - raw) / fit.scale


def _style_doubt(known: pd.DataFrame, now: np.ndarray, fit: FactorFit, panel: Panel) -> np.ndarray:
    """By how much the style of each row's clinician in each signal is uncertain (rows × J): of somebody new, wholly."""
    counts = known[[f"{signal.name}_n" for signal in fit.signals]].to_numpy(float)
    there = np.where(known[[signal.name for signal in fit.signals]].notna().to_numpy(), 1.0, np.nan)
    weight = weights_of(there, counts, fit.noise) * ~now[:, None]
    seen = np.column_stack([np.bincount(panel.clinician, w, minlength=len(panel.clinicians)) for w in weight.T])
    return np.asarray((fit.style_variance / (1 + fit.style_variance * seen))[panel.clinician])


def _summed(predictions: pd.DataFrame) -> pd.DataFrame:
    rows = list(_by_signal(predictions))
    return pd.DataFrame(rows, columns=FIT.names).astype(dict.fromkeys(("side", "signal", "label"), "str"))


def _by_signal(predictions: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    for signal in SIGNALS:
        mine = predictions[predictions["signal"] == signal.name]
        if len(mine) < 2:
            continue
        inside = mine["z"].abs() <= Z90
        coverage, error = float(inside.mean()), _clustered(inside.astype(float), mine["clinician_id"])
        low, high = np.clip([coverage - Z90 * error, coverage + Z90 * error], 0, 1)
        lowest, chance = float(mine["lowest"].mean()), float(mine["lowest_expected"].mean())
        spread = float(np.sqrt((mine["z"] ** 2).mean()))
        yield (
            signal.side, signal.name, signal.label, len(mine), coverage, low, high, float(mine["pit"].mean()), spread,
            _left(mine), lowest, chance,
        )  # fmt: skip


def _clustered(values: pd.Series, cluster: pd.Series) -> float:
    """Standard error of a mean whose values resemble each other within clusters; NaN with one cluster."""
    sums = (values - values.mean()).groupby(cluster.to_numpy()).sum()
    number = len(sums)
    return float(np.sqrt((sums**2).sum() * number / (number - 1)) / len(values)) if number > 1 else np.nan


def _left(mine: pd.DataFrame) -> float:
    """Correlation of a client's errors in two months that follow one another; NaN under FEWEST pairs."""
    keys = ["clinician_id", "client_id"]
    later = mine[[*keys, "month", "z"]].assign(month=mine["month"] - 1)
    pairs = mine[[*keys, "month", "z"]].merge(later, on=[*keys, "month"], suffixes=("", "_later"))
    if len(pairs) < FEWEST:
        return np.nan
    return float(np.corrcoef(pairs["z"], pairs["z_later"])[0, 1])


def _found(fits: list[FactorFit], declared: pd.DataFrame) -> pd.DataFrame:
    """The changes of recording that the newest fits hold, and whether one was declared for that month or next to it."""
    told = [
        (own_name(pd.Series([who], dtype="str")).iloc[0], int(since), family, float(size))
        for fit in fits
        for who, since, family, size in zip(
            fit.changes.clinician_id, fit.changes.since, fit.changes.family, fit.changes.size, strict=True
        )
    ]
    begun = list(zip(declared["clinician_id"], declared["month"].astype("int64"), strict=True))
    rows = [
        (who, pd.Period(ordinal=at, freq="M"), family, size, any(who == w and abs(at - m) <= 1 for w, m in begun))
        for who, at, family, size in sorted(told)
    ]
    return pd.DataFrame(rows, columns=["clinician_id", "month", "family", "size", "declared"])


def _row(row: Mapping[Any, Any]) -> str:
    def figure(name: str, form: str = ".2f") -> str:
        number = row[name]
        return "–" if np.isnan(number) else format(number, form)

    ends = f"{figure('coverage_low')} to {figure('coverage_high')}"
    lowest = f"{figure('lowest')} ({figure('lowest_expected')})"
    return (
        f"{row['label']!s:<24.23}{row['n']:>7,}{figure('coverage'):>7}{ends:>14}{figure('pit_mean'):>6}"
        f"{figure('spread'):>8}{figure('left', '+.2f'):>7}{lowest:>14}"
    )
