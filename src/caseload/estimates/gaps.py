"""What gaps in recording cost: how much narrower the intervals would be, had a signal been recorded.

A posterior's variance depends on which signals there are and how many sessions they rest on, not on their values. So a
gap can be filled with anything: the month is read again with the constants of the fitted model, once with a signal
wherever it could have been recorded, and once without it. Constants are known well from a part of a large practice, and
given the constants nobody's interval depends on anybody else: from `PEOPLE` clinicians on, every k-th is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from caseload.estimates.balance import SIDES, BalanceModel
from caseload.estimates.case_mix import case_mix_table
from caseload.estimates.panel import Panel
from caseload.estimates.sides import Side, read_side

PEOPLE = 60
"""Clinicians whose intervals are read again, about."""
_ATTENDED = {"notes", "overrun", "effort_rating", "talk_share", "lateness", "homework", "srs", "engagement_rating",
             "change_talk", "sustain_talk", "prep"}  # fmt: skip


def cost_of_gaps(signals: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """What each signal's gaps cost in a month, and what the signal is worth where it is recorded.

    `signals` is the frame of `monthly_signals`; nothing later than `month` is used. One row a signal that the model
    uses, in the order of `SIGNALS`: `signal`, `side`; `gaps`, in how many of the month's client-months it could have
    been recorded and was not; `cost`, by what share the side's intervals of these are wider for that, now and in the
    past (NaN = there are none); `worth`, by what share the intervals of the others would be wider without it. Both are
    ratios of mean widths. Where there was nothing to record (no attended session, no missed one, no contact) there is
    no gap. Of a large practice, `gaps` counts those of the clinicians looked at. Empty where the month has no row.
    """
    known = signals[signals["month"] <= month].reset_index(drop=True)
    known = known.iloc[_some(known)].reset_index(drop=True)
    columns = ["signal", "side", "gaps", "cost", "worth"]
    in_month = (known["month"] == month).to_numpy()
    if not in_month.any():
        return pd.DataFrame(columns=columns)
    model = BalanceModel().fit(known)
    rows = []
    for name, defined in SIDES.items():
        side = model.sides_[name]
        if side.fit is None:
            continue
        widths = _reader(known, side, name, model.panel_, month)
        now = widths({})
        for signal in (signal for signal in defined if signal in side.fit.signals):
            gap, there = (which[in_month] for which in _gaps(known, signal.name))
            cost = _wider(now[gap], widths(_filled(known, signal.name))[gap])
            worth = _wider(widths(_removed(known, signal.name))[there], now[there])
            rows.append((signal.name, name, int(gap.sum()), cost, worth))
    return pd.DataFrame(rows, columns=columns)


def _some(signals: pd.DataFrame) -> np.ndarray:
    """Rows of every k-th clinician, of all in a practice of up to `PEOPLE`."""
    who, people = pd.factorize(signals["clinician_id"], sort=True)
    return np.flatnonzero(who % max(len(people) // PEOPLE, 1) == 0)


def _reader(
    signals: pd.DataFrame, side: Side, name: str, panel: Panel, month: pd.Period
) -> Callable[[Mapping[str, np.ndarray]], np.ndarray]:
    """What reads the side with some columns exchanged, and answers the SD of each client-month of the month."""
    assert side.fit is not None
    mix = case_mix_table(signals, side.fit.case_mix)
    now = panel.month == month.ordinal
    fit, variances = side.fit, side.variances

    def widths(columns: Mapping[str, np.ndarray]) -> np.ndarray:
        read = read_side(signals.assign(**columns), SIDES[name], mix, panel, fit, variances)
        return np.asarray(np.sqrt(read.filtered.variance[now]))

    return widths


def _wider(wide: np.ndarray, narrow: np.ndarray) -> float:
    return float(wide.mean() / narrow.mean() - 1) if len(wide) else float("nan")


def _gaps(signals: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Where a signal could have been recorded and was not, and where it was."""
    there = signals[f"{name}_n"].to_numpy() > 0
    return ~there & _occasion(signals, name), there


def _filled(signals: pd.DataFrame, name: str) -> dict[str, np.ndarray]:
    """A signal's columns with its gaps filled: any values, none of them twice, on as many rows as is usual."""
    value, count = signals[name].to_numpy(float), signals[f"{name}_n"].to_numpy()
    gap, there = _gaps(signals, name)
    usual = int(np.median(count[there]))
    return {
        name: np.where(gap, np.nanmean(value) + 1e-9 * np.arange(len(value)), value),
        f"{name}_n": np.where(gap, usual, count),
    }


def _removed(signals: pd.DataFrame, name: str) -> dict[str, np.ndarray]:
    return {name: np.full(len(signals), np.nan), f"{name}_n": np.zeros(len(signals), int)}


def _occasion(signals: pd.DataFrame, name: str) -> np.ndarray:
    """Client-months in which there was something to record."""
    attended, sessions = signals["n_attended"].to_numpy(), signals["n_sessions"].to_numpy()
    if name in _ATTENDED:
        return attended > 0
    if name == "rebooking":
        return sessions > attended
    if name == "after_hours":  # a contact always has its time: without one there is a gap where contacts are not known
        return signals["contacts_to_n"].to_numpy() == 0
    return signals["n_scheduled"].to_numpy() > 0
