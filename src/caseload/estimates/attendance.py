"""What an attendance list says of clinicians' months: appointments not kept, and those offered again after them.

Every clinician is held against their own earlier months, with what chance would bring. Cancellations by the clinician
or the service are nobody's engagement and are not counted. A list of appointments shows what happened to appointments,
not how hard anybody worked: at most it is a reason to ask.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.declared import own_name, since_declared
from caseload.estimates.frames import ATTENDANCE, DECLARED
from caseload.estimates.usual import more_by_chance, spread_of, usual_counts, usual_rates
from caseload.signals import OF_APPOINTMENTS, SIGNALS
from caseload.signals.offered import offered
from caseload.signals.values import LOW_ENGAGEMENT

COUNTED = ("attended", *LOW_ENGAGEMENT)
"""Appointments that a client could keep."""
BEFORE_MONTHS = 12
"""How far back a clinician's usual goes."""
MIN_MONTHS, MIN_COUNTED, MIN_MISSES = 3, 20, 8
"""Earlier months, and counted appointments or misses in them, without which there is no usual yet."""
WATCH_CHANCE = 0.01
"""A month is worth watching where chance alone would bring as much in so few months."""
FALSE_WATCH = "fewer than 1 of 100"
"""Supervisee-months in which chance alone makes a watch, as `benchmarks/attendance.py` has measured, in words."""
LEAST_MORE = 3.0
"""… and at least so many more than usual."""
BETWEEN, WITHIN = 0.05, 0.02  # assumed correlations of misses, until a practice has its own
OFFERED_BETWEEN, OFFERED_WITHIN = 0.10, 0.05
MOST_RATE = 0.95
OTHERS_WEIGHT, MIN_OTHERS = 15.0, 3
"""A bad month of everybody (snow, a holiday) is no clinician's: what it takes, in expected misses, to be believed."""
SHOWN = ["expected", "low", "high", "p_more"]


def attendance_months(
    sessions: pd.DataFrame, months: pd.PeriodIndex, declared: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Each clinician's appointments in the months asked, each month with nothing later than its end.

    Returns `frames.ATTENDANCE`, a row for each month with a counted appointment: `counted` and `missed` (not kept by
    the client) with what is usual (`_usual`, expected; `_low` and `_high`, nine months in ten; `_chance`, how often
    chance would bring as many; NaN without MIN_MONTHS and MIN_COUNTED before); `misses_open` (misses after which a new
    appointment could be offered; none in recurring series) and how many were `offered` one soon, with the same; and
    `attendance_watch` (bool). From a change that was `declared` (`frames.DECLARED`) on, what was before is not usual.
    """
    known = sessions[sessions["scheduled_start"] < (months.max() + 1).start_time] if len(months) else sessions.iloc[:0]
    ordinals = months.asi8
    changes = DECLARED.empty() if declared is None else declared
    missed = _judged(_anew(_missed(known), changes), ordinals, (BETWEEN, WITHIN), MIN_COUNTED, everybody=True)
    again = _judged(
        _anew(_again(known), changes), ordinals, (OFFERED_BETWEEN, OFFERED_WITHIN), MIN_MISSES, everybody=False
    )
    names = {"n": "counted", "hits": "missed", "expected": "missed_usual", "low": "missed_low", "high": "missed_high"}
    table = missed.rename(columns=names | {"p_more": "missed_chance", "watch": "watch_missed"})
    names = {"n": "misses_open", "hits": "offered", "expected": "offered_usual", "low": "offered_low"}
    names |= {"high": "offered_high", "p_more": "offered_chance", "watch": "watch_offered"}
    table = table.merge(again.rename(columns=names), on=["group", "at"], how="left")
    counts = ["misses_open", "offered"]
    table[counts] = table[counts].fillna(0).astype(int)
    watch = table["watch_missed"].to_numpy(bool) | table["watch_offered"].eq(True).to_numpy(bool)
    month = pd.PeriodIndex.from_ordinals(table["at"].to_numpy(), freq="M")  # type: ignore[attr-defined]
    table = table.assign(clinician_id=own_name(table["group"].astype("str")), month=month, attendance_watch=watch)
    return table.sort_values(["clinician_id", "month"], ignore_index=True)[ATTENDANCE.names]


def marked_alone(attendance: pd.DataFrame, signals: pd.DataFrame) -> pd.DataFrame:
    """`attendance` with `attendance_alone`: whether nothing else was recorded of the clinician's clients in the month.

    Lengths and lateness are parts of a list of appointments.
    """
    keys = ["clinician_id", "month"]
    others = [f"{signal.name}_n" for signal in SIGNALS if signal.name not in OF_APPOINTMENTS]
    recorded = (signals[others].to_numpy() > 0).any(axis=1)
    more = signals[keys][recorded].drop_duplicates().assign(attendance_alone=False)
    return attendance.merge(more, on=keys, how="left").fillna({"attendance_alone": True})


def _anew(table: pd.DataFrame, declared: pd.DataFrame) -> pd.DataFrame:
    """The same with another group from each declared change on."""
    return table.assign(group=since_declared(table["group"], table["at"].to_numpy(), declared))


def _missed(sessions: pd.DataFrame) -> pd.DataFrame:
    """Counted and missed appointments by clinician (`group`) and month (`at`, since January 1970)."""
    counted = sessions[sessions["status"].isin(COUNTED)]
    return _by_month(counted["clinician_id"], counted["scheduled_start"], counted["status"] != "attended")


def _again(sessions: pd.DataFrame) -> pd.DataFrame:
    """Misses, and those after which an appointment was offered soon, in the month in which that is known of them."""
    rows = offered(sessions)
    ready = rows["scheduled_start"] + pd.to_timedelta(rows["rhythm_days"].astype(float), unit="D")
    return _by_month(rows["clinician_id"], ready, rows["offered"])


def _by_month(who: pd.Series, when: pd.Series, hit: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "group": who.to_numpy(),
            "at": when.to_numpy().astype("datetime64[M]").astype(np.int64),
            "hits": hit.to_numpy(bool).astype(int),
        }
    )
    return table.groupby(["group", "at"], as_index=False).agg(hits=("hits", "sum"), n=("hits", "size"))


def _judged(
    table: pd.DataFrame, months: np.ndarray, assumed: tuple[float, float], least: int, *, everybody: bool
) -> pd.DataFrame:
    """The rows of the months asked beside what is usual, and whether that is worth watching."""
    parts = [table.iloc[:0].assign(rate=0.0, precision=1.0, shift=1.0, enough=False)]
    for at in months:
        now = table[table["at"] == at]
        earlier = table[(table["at"] < at) & (table["at"] >= at - BEFORE_MONTHS)]
        usual = usual_rates(now, earlier, spread_of(earlier, between=assumed[0], within=assumed[1]))
        enough = _enough(now, earlier, least)
        shift = _of_everybody(now, usual["rate"] * now["n"], enough) if everybody else 1.0
        parts.append(now.join(usual).assign(shift=shift, enough=enough))
    together = pd.concat(parts, ignore_index=True)
    n, hits, rate, precision = (together[name].to_numpy() for name in ("n", "hits", "rate", "precision"))
    usual = pd.DataFrame(usual_counts(n, hits, rate, precision)).where(
        pd.DataFrame(dict.fromkeys(SHOWN, together["enough"]))
    )
    shifted = np.minimum(rate * together["shift"].to_numpy(float), MOST_RATE)
    unlikely = more_by_chance(n, hits, shifted, precision) <= WATCH_CHANCE
    more = hits - shifted * n >= LEAST_MORE
    return together.join(usual).assign(watch=together["enough"].to_numpy(bool) & more & unlikely)


def _enough(now: pd.DataFrame, earlier: pd.DataFrame, least: int) -> np.ndarray:
    """Which rows have an own usual."""
    of = earlier.groupby("group")["n"].agg(["size", "sum"]).reindex(now["group"].to_numpy()).fillna(0)
    return np.asarray((of["size"] >= MIN_MONTHS) & (of["sum"] >= least))


def _of_everybody(now: pd.DataFrame, usual: pd.Series, enough: np.ndarray) -> np.ndarray:
    """By how much more than usual the clients of all the others missed: 1 or more."""
    hits, expected = now["hits"].to_numpy(float) * enough, usual.to_numpy(float) * enough
    others = enough.sum() - enough
    ratio = (hits.sum() - hits + OTHERS_WEIGHT) / (expected.sum() - expected + OTHERS_WEIGHT)
    return np.where(others >= MIN_OTHERS, np.maximum(ratio, 1.0), 1.0)
