"""What an attendance list says of one month's clients, each against their own earlier appointments.

Two appointments are no trend: a client's usual leans on that of all clients of the practice, and the months of one
client differ more than coins do. Cancellations by the clinician or the service are counted apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.attendance import COUNTED
from caseload.estimates.frames import ATTENDANCE_CLIENTS
from caseload.estimates.usual import spread_of, tail_size, usual_counts, usual_rates
from caseload.signals.values import LOW_ENGAGEMENT

BEFORE_MONTHS = 6
MIN_NOW, MIN_BEFORE = 2, 4
"""Fewer counted appointments in the month, or before it, are not compared."""
NAMED_CHANCE = 0.05
"""A client is named where chance alone would bring a month like this in fewer than so many."""
RUN = 3
"""So many appointments in a row not kept are told, where that is not the client's habit."""
LONG_INTERVALS, LEAST_DAYS = 2.5, 21
"""Unseen for so many of the client's own intervals, and at least so many days, is long."""
PAUSE_DAYS = 56  # back after a pause: at least eight weeks, and three of the client's own intervals
PAUSE_INTERVALS = 3
MIN_INTERVALS, DAY_SECONDS = 3, 86_400
HISTORY_MONTHS = 2
"""A client is new only where the clinician's appointments are known for so many months before."""
BETWEEN, WITHIN = 0.08, 0.08  # assumed correlations, until a practice has its own


def attendance_clients(sessions: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """The clients with an appointment in the month, and those whose appointments have just stopped.

    Takes sessions up to the month's end. Returns `frames.ATTENDANCE_CLIENTS`, sorted by id: `counted`,
    `missed`, `late` (cancelled late) and cancellations by others, of the month; `before` and `before_missed` of the
    BEFORE_MONTHS before; `missed_usual`, `missed_high`, `chance` (NaN where not compared) and `chance_size` (how often
    chance alone would name such a client; 0 where not compared); `in_a_row` (not kept, up to the month's end);
    `last_seen`, `days_since` (to the month's end), `rhythm_days` (the client's median interval between attended
    appointments, NaN under MIN_INTERVALS); `first` and `last_booked`; `back_after_days` (of a pause that ended in the
    month, NaN). `is_new`, `is_less` (fewer kept than usual, beyond chance, or RUN in a row), `is_long` (unseen for
    long although appointments were made) and `is_gone` (no appointment for long).
    """
    rows = sessions[["clinician_id", "client_id", "scheduled_start", "status"]]
    rows = rows.sort_values(["clinician_id", "client_id", "scheduled_start"], ignore_index=True)
    at = rows["scheduled_start"].to_numpy().astype("datetime64[M]").astype(np.int64)
    rows = rows.assign(at=at, pair=rows.groupby(["clinician_id", "client_id"], sort=False).ngroup())
    recent = rows.loc[at >= month.ordinal - 1, "pair"].unique()
    known = rows[rows["pair"].isin(recent)]
    table = known.drop_duplicates("pair").set_index("pair")[["clinician_id", "client_id"]]
    table = table.join(_counts(known, month)).join(_days(known, month))
    began = rows.groupby("clinician_id")["at"].min().reindex(table["clinician_id"]).to_numpy()
    this_month = table["first"].to_numpy().astype("datetime64[M]").astype(np.int64) == month.ordinal
    table["is_new"] = this_month & (began <= month.ordinal - HISTORY_MONTHS)
    table = table.join(_against_usual(rows, table, month))
    return _told(table, month).reset_index(drop=True)[ATTENDANCE_CLIENTS.names]


def _counts(known: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Appointments of the month and of the months before, by pair."""
    now, status = (known["at"] == month.ordinal).to_numpy(), known["status"]
    before = ((known["at"] < month.ordinal) & (known["at"] >= month.ordinal - BEFORE_MONTHS)).to_numpy()
    counted, missed = status.isin(COUNTED).to_numpy(), status.isin(LOW_ENGAGEMENT).to_numpy()
    marks = {
        "counted": now & counted,
        "missed": now & missed,
        "late": now & (status == "late_cancelled").to_numpy(),
        "cancelled_clinician": now & (status == "clinician_cancelled").to_numpy(),
        "cancelled_service": now & (status == "service_cancelled").to_numpy(),
        "before": before & counted,
        "before_missed": before & missed,
    }
    table = pd.DataFrame(marks).groupby(known["pair"].to_numpy()).sum().astype(int)
    return table.join(_in_a_row(known[counted], missed[counted]))


def _in_a_row(counted: pd.DataFrame, missed: np.ndarray) -> pd.Series:
    """How many counted appointments in a row, up to the last, were not kept."""
    pair = counted["pair"].to_numpy()
    number = pd.Series(np.arange(len(pair))).groupby(pair)
    last_kept = pd.Series(np.where(missed, -1, np.arange(len(pair)))).groupby(pair).max()
    begin, end = number.min(), number.max()
    return (end - np.maximum(last_kept, begin - 1)).rename("in_a_row")


def _days(known: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """Dates and intervals, by pair."""
    came = known[known["status"] == "attended"]
    interval = came.groupby("pair")["scheduled_start"].diff().dt.total_seconds() / DAY_SECONDS
    of = interval.groupby(came["pair"])
    table = pd.DataFrame(
        {
            "first": known.groupby("pair")["scheduled_start"].min(),
            "last_booked": known.groupby("pair")["scheduled_start"].max(),
            "last_seen": came.groupby("pair")["scheduled_start"].max(),
            "rhythm_days": of.median().where(of.count() >= MIN_INTERVALS),
            "back_after_days": interval[came["at"] == month.ordinal].groupby(came["pair"]).max(),
        }
    )
    table["days_since"] = (month.end_time.normalize() - table["last_seen"].dt.normalize()).dt.days
    pause = np.fmax(PAUSE_INTERVALS * table["rhythm_days"], PAUSE_DAYS)
    table["back_after_days"] = table["back_after_days"].where(table["back_after_days"] >= pause)
    return table


def _against_usual(rows: pd.DataFrame, table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """What is usual for each client, and how often chance alone would bring as many misses."""
    counted = rows[rows["status"].isin(COUNTED) & (rows["at"] < month.ordinal)]
    counted = counted[counted["at"] >= month.ordinal - BEFORE_MONTHS]
    hits = counted["status"].ne("attended").astype(int)
    earlier = counted.assign(group=counted["pair"], hits=hits).groupby(["group", "at"], as_index=False)
    months = earlier.agg(hits=("hits", "sum"), n=("hits", "size"))
    now = pd.DataFrame({"group": table.index, "hits": table["missed"], "n": table["counted"]}, index=table.index)
    spread = spread_of(months, between=BETWEEN, within=WITHIN)
    usual = usual_rates(now, months, spread)
    rate, precision = usual["rate"].to_numpy(), usual["precision"].to_numpy()
    counts = usual_counts(now["n"], now["hits"], rate, precision)
    compared = ((table["counted"] >= MIN_NOW) & (table["before"] >= MIN_BEFORE)).to_numpy(bool)
    shown = {"expected": "missed_usual", "high": "missed_high", "p_more": "chance"}
    compared_with = pd.DataFrame(
        {name: np.where(compared, counts[of], np.nan) for of, name in shown.items()}, table.index
    )
    size = tail_size(now["n"], rate, precision, NAMED_CHANCE)
    return compared_with.assign(chance_size=np.where(compared, size, 0.0), _rate=rate)


def _told(table: pd.DataFrame, month: pd.Period) -> pd.DataFrame:
    """What may be said of each client; those who are only remembered are dropped."""
    end = month.end_time.normalize()
    unseen, rhythm = table["days_since"], table["rhythm_days"]
    long = (unseen >= LEAST_DAYS) & (unseen >= LONG_INTERVALS * rhythm)
    unbooked = (end - table["last_booked"].dt.normalize()).dt.days
    gone = (unbooked >= LEAST_DAYS) & (unbooked >= LONG_INTERVALS * rhythm)
    run = (table["in_a_row"] >= RUN) & (table["missed"] > 0) & (table["_rate"] ** table["in_a_row"] <= NAMED_CHANCE)
    booked = table["counted"] + table["cancelled_clinician"] + table["cancelled_service"] > 0
    less = (table["chance"] <= NAMED_CHANCE) | (run & (table["before"] >= MIN_BEFORE))
    table = table.assign(is_less=less.fillna(False), is_long=long & ~gone & booked, is_gone=gone & ~less)
    return table[booked | table["is_gone"]].sort_values(["clinician_id", "client_id"])
