"""Client by client: what became of the last appointments, as marks, counts and a few words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from caseload.estimates.client_attendance import BEFORE_MONTHS, MIN_NOW, RUN
from caseload.pages.supervisee.diary.reading import Reading, Row, known
from caseload.pages.views import ClientRow, Table
from caseload.wording import counted, first_upper, listed, month_name

EARLIER_MARKS = 8
MARKS = {
    "attended": ("came", "came"),
    "no_show": ("missed", "missed"),
    "late_cancelled": ("late", "cancelled late"),
    "client_cancelled": ("in_time", "cancelled in time"),
    "clinician_cancelled": ("ours", "cancelled by the clinician"),
    "service_cancelled": ("ours", "cancelled by the service"),
}
OFTEN_MISSED = 0.35
"""A client who misses so large a share is said to do so as usual, not to have come less."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def client_rows(reading: Reading) -> tuple[ClientRow, ...]:
    """A row for each client of the month, those to ask about first."""
    return tuple(_row(reading, row) for row in reading.clients)


def clients_table(reading: Reading) -> Table | None:
    """The same for a page that has more than appointments: a table, behind its caption."""
    rows = [(row.client_id, row.came, row.before, row.last_seen, row.words) for row in client_rows(reading)]
    if not rows:
        return None
    heads = ["Client", f"Came in {reading.month_word}", f"Before, {before_words(reading)}", "Last seen", "In words"]
    return Table("What appointments say, client by client", pd.DataFrame(rows, columns=heads), wide=True)


def before_words(reading: Reading) -> str:
    """The months before that have data, as a heading: November to April."""
    begun = reading.subject.slice.practice.sessions["scheduled_start"].min()
    last = reading.month - 1
    first = max(reading.month - BEFORE_MONTHS, begun.to_period("M")) if known(begun) else last
    if first >= last:
        return month_name(last, reading.month) if first == last else "no month yet"
    return f"{month_name(first, reading.month)} to {month_name(last, reading.month)}"


def interval_words(days: float) -> str:
    """How often a client comes: every week, every two weeks, every 10 days."""
    weeks = days / 7
    if abs(weeks - 1) < 0.15:
        return "every week"
    if abs(weeks - round(weeks)) < 0.1:
        return f"every {('', '', 'two', 'three', 'four')[round(weeks)] if weeks < 4.5 else round(weeks)} weeks"
    return f"every {days:.0f} days"


def _row(reading: Reading, row: Row) -> ClientRow:
    seen = reading.date(row["last_seen"]) if known(row["last_seen"]) else "not yet"
    kept = row["before"] - row["before_missed"]
    return ClientRow(
        client_id=row["client_id"],
        marks=_marks(reading, row["client_id"]),
        came=f"{row['counted'] - row['missed']} of {row['counted']}" if row["counted"] else "–",
        before=f"{kept} of {row['before']}" if row["before"] else "–",
        last_seen=seen,
        words=_words(reading, row),
        ask_first=bool(row["ask"]),
    )


def _marks(reading: Reading, client: str) -> tuple[tuple[str, bool, str], ...]:
    """The month's appointments and the last ones before it, oldest first."""
    sessions = reading.subject.slice.practice.sessions
    mine = sessions[sessions["client_id"] == client].sort_values("scheduled_start")
    inside = mine["scheduled_start"].dt.to_period("M") == reading.month
    shown = pd.concat([mine[~inside].tail(EARLIER_MARKS), mine[inside]])
    return tuple(
        (MARKS[status][0], bool(now), f"{reading.date(start)} {MARKS[status][1]}")
        for status, start, now in zip(shown["status"], shown["scheduled_start"], inside[shown.index], strict=True)
    )


def _words(reading: Reading, row: Row) -> str:
    """What is said of a client: what stands out, then what the calendar adds."""
    said = [_state(reading, row), *_ours(reading, row), *_weekend(reading, row)]
    return " ".join(_sentence(part) for part in said if part)


def _sentence(words: str) -> str:
    return first_upper(words) if words.endswith("?") else f"{first_upper(words)}."


def _state(reading: Reading, row: Row) -> str:
    if row["is_new"]:
        return f"new since {reading.date(row['first'])}"
    if known(row["back_after_days"]):
        return f"back after {row['back_after_days'] / 7:.0f} weeks"
    if row["is_less"] or row["is_long"]:
        return _less(reading, row)
    if row["is_gone"]:
        return f"nothing booked since {reading.date(row['last_booked'])}. Ended, or waiting for a date?"
    if row["counted"] == 0:
        return ""
    if row["counted"] < MIN_NOW:
        return "one appointment, so not compared"
    if np.isnan(row["missed_usual"]):
        return "too few earlier appointments to compare"
    if row["missed"] > row["missed_usual"] + 1:
        return "a little less than usual; that can be chance"
    if row["before_missed"] >= OFTEN_MISSED * row["before"]:
        return f"about {_share(1 - row['before_missed'] / row['before'])} of the appointments, as usual for them"
    return "as usual"


def _less(reading: Reading, row: Row) -> str:
    """In what way a client came less."""
    said = []
    if row["is_long"]:
        rhythm = f", and usually here {interval_words(row['rhythm_days'])}" if known(row["rhythm_days"]) else ""
        said.append(f"not seen for {row['days_since']:.0f} days{rhythm}")
    if row["in_a_row"] >= RUN:
        said.append(_run(reading, row))
    elif row["is_less"]:
        said.append(f"came to {row['counted'] - row['missed']} of {row['counted']}, less than usual")
    return ". ".join(first_upper(part) for part in said)


def _run(reading: Reading, row: Row) -> str:
    """How many in a row were not kept, and in what way where it was more than one."""
    sessions = reading.subject.slice.practice.sessions
    mine = sessions[sessions["client_id"] == row["client_id"]].sort_values("scheduled_start")
    ways = [MARKS[status][1] for status in mine["status"] if not status.startswith(("clinician", "service"))]
    kinds = pd.Series(ways[-int(row["in_a_row"]) :]).value_counts(sort=False)
    how = listed([f"{number} {way}" for way, number in kinds.items()])
    return (
        f"{row['in_a_row']} in a row not kept: {how}"
        if len(kinds) > 1
        else f"{row['in_a_row']} in a row {how.split(' ', 1)[1]}"
    )


def _ours(reading: Reading, row: Row) -> list[str]:
    """Cancellations that are nobody's engagement."""
    who = {"service": "the service", "clinician": reading.subject.pick("you", reading.subject.clinician_id)}
    return [
        f"{counted(row[f'cancelled_{by}'], 'appointment')} cancelled by {name}"
        for by, name in who.items()
        if row[f"cancelled_{by}"]
    ]


def _weekend(reading: Reading, row: Row) -> list[str]:
    sessions = reading.subject.slice.sessions
    mine = sessions[(sessions["client_id"] == row["client_id"]) & (sessions["status"] == "attended")]
    days = mine.loc[mine["scheduled_start"].dt.day_of_week >= 5, "scheduled_start"]
    return [f"{WEEKDAYS[days.iloc[0].day_of_week]} {reading.date(days.iloc[0])}"] if len(days) == 1 else []


def _share(share: float) -> str:
    """A share in words: half, two thirds, a third."""
    words = ((0.25, "a quarter"), (1 / 3, "a third"), (0.5, "half"), (2 / 3, "two thirds"))
    return min(words, key=lambda each: abs(each[0] - share))[1]
