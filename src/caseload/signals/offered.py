"""Appointments offered again after a missed one: sooner than the client's own rhythm would bring the next.

Misses cause new offers, often by a reception, so this says what the calendar did, not how hard anybody worked. Where
a client's appointments are a recurring series, the next one stands in the book whatever happens: such misses are
left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.signals.values import LOW_ENGAGEMENT

SOON = 0.75
"""A next appointment counts as offered again within this share of the client's usual interval."""
MIN_INTERVALS = 3
"""Intervals that must be known before a client has a rhythm."""
SERIES_SHARE = 0.7
"""From this share of whole weeks at the same hour on, the appointments are a recurring series."""
LONGEST_DAYS = 60.0  # a longer interval is a pause, no rhythm
_DAY_MINUTES, _WEEK_MINUTES = 24 * 60, 7 * 24 * 60
COLUMNS = ["clinician_id", "client_id", "scheduled_start", "rhythm_days", "offered"]


def offered(sessions: pd.DataFrame, until: pd.Timestamp | None = None) -> pd.DataFrame:
    """Each missed appointment of a client with a rhythm and without a series, and whether one was offered again soon.

    Takes `clinician_id`, `client_id`, `scheduled_start` and `status`; `until` is up to when appointments are known
    (default: the last one). Returns COLUMNS, one row per miss: `rhythm_days` (mean interval after earlier attended
    appointments, in days) and `offered` (bool: the next appointment, whatever came of it, within `SOON` of it). Misses
    of which that is not known yet are left out. Only earlier intervals make the rhythm.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.signals.offered import offered
    >>> days = ["05-01", "05-06", "05-13", "05-19", "05-27", "05-29"]
    >>> start = pd.to_datetime([f"2026-{day} 09:00" for day in days])
    >>> came = ["attended"] * 4 + ["no_show", "attended"]
    >>> table = pd.DataFrame({"clinician_id": "C1", "client_id": "K1", "scheduled_start": start, "status": came})
    >>> offered(table, pd.Timestamp("2026-06-30"))[["rhythm_days", "offered"]].to_numpy().tolist()
    [[6.5, True]]
    """
    rows = sessions[["clinician_id", "client_id", "scheduled_start", "status"]].dropna()
    if rows.empty:
        return rows.assign(rhythm_days=0.0, offered=False)[COLUMNS]
    rows = rows.sort_values(["clinician_id", "client_id", "scheduled_start"], ignore_index=True)
    pair = rows.groupby(["clinician_id", "client_id"], sort=False).ngroup().to_numpy()
    start = rows["scheduled_start"].to_numpy().astype("datetime64[m]").astype(np.int64)
    same = np.r_[pair[1:] == pair[:-1], False]
    gap = np.full(len(rows), np.nan)
    gap[:-1] = (start[1:] - start[:-1]) / _DAY_MINUTES
    gap[~same] = np.nan
    regular = same & (rows["status"] == "attended").to_numpy() & (gap > 0) & (gap <= LONGEST_DAYS)
    weekly = regular & (np.diff(start, append=start[-1]) % _WEEK_MINUTES == 0)
    number, total, in_weeks = (_before(values, pair) for values in (regular, np.where(regular, gap, 0.0), weekly))
    rhythm = np.divide(total, number, out=np.full(len(rows), np.nan), where=number > 0)
    fits = (number >= MIN_INTERVALS) & (in_weeks < SERIES_SHARE * number)
    missed = rows["status"].isin(LOW_ENGAGEMENT).to_numpy() & fits
    last = start.max() if until is None else np.datetime64(until, "m").astype(np.int64)
    waited = (last - start) / _DAY_MINUTES
    soon = np.nan_to_num(gap, nan=np.inf) <= SOON * rhythm
    known = missed & (soon | (np.fmin(np.nan_to_num(gap, nan=np.inf), waited) >= SOON * rhythm))
    return rows.assign(rhythm_days=rhythm, offered=soon)[known][COLUMNS].reset_index(drop=True)


def _before(values: np.ndarray, pair: np.ndarray) -> np.ndarray:
    """The sum of the values of the same pair in the rows before each."""
    summed = np.cumsum(values) - values
    first = np.r_[True, pair[1:] != pair[:-1]]
    return summed - summed[first][np.cumsum(first) - 1]
