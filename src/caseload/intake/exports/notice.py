"""Cancellations by clients, told apart into late and early ones by the notice that the export holds.

Where it holds a day and no time of day, the notice lies between two bounds. It settles the matter only if both bounds
lie on one side of the limit; otherwise the notice is unknown, the cancellation stays an early one, and it is counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from caseload.intake.exports.cells import translated, what_to_do
from caseload.intake.exports.coded import Coded, Flags
from caseload.intake.exports.job import Job, theirs
from caseload.intake.exports.maps import ColumnMap, Late
from caseload.intake.exports.moments import Moment
from caseload.intake.tables import Column

EARLY, LATE = "client_cancelled", "late_cancelled"
DAY = 24 * 60  # minutes
MIDNIGHT = "T00:00"
_HOURS = Column("notice", "number", low=-24.0 * 3660, high=24.0 * 3660)
_Bounds = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]


def mark_late(job: Job) -> None:
    """Tell late cancellations by clients from early ones, where the export says when they cancelled."""
    late = job.chosen.columns["status"].late
    if late is None or not job.source.has(late.headers):
        return
    status = job.cells["status"]
    cancelled = status.where([word == EARLY for word in status.words])
    short, known = _by_hours(job, late, cancelled) if late.notice else _by_time(job, late, cancelled)
    rows = cancelled & short
    job.cells["status"] = status.overlaid(rows, Coded(np.zeros(len(rows), dtype=np.int64), [LATE]))
    if unknown := int((cancelled & ~known & job.keep).sum()):
        total = int((cancelled & job.keep).sum())
        job.done.notes.append(
            f"Notice unknown for {unknown:,} of {total:,} cancellations by clients: no time, or a day that does not "
            f"settle whether it was less than {late.hours} hours. They count as {EARLY}."
        )


def _by_hours(job: Job, late: Late, cancelled: Flags) -> tuple[Flags, Flags]:
    """Which cancellations were late, and of which it is known, by a number of hours of notice."""
    how = ColumnMap.model_validate({"from": late.notice, "unit": late.unit})
    hours = translated(job.source.text(late.notice), _HOURS, how, job.calendar, job.export.decimal)
    for wrong, unread in hours.wrong.items():
        job.refuse(theirs(late.notice), unread & cancelled, "how long before", wrong, what_to_do(wrong))
    short = hours.cells.where([float(minutes) < late.hours * 60 for minutes in hours.cells.words])
    return short, ~hours.cells.missing


def _by_time(job: Job, late: Late, cancelled: Flags) -> tuple[Flags, Flags]:
    """Which cancellations were late, and of which it is known, by the time of the cancellation."""
    source, starts = job.source.text(late.cancelled_at), job.cells["scheduled_start"]
    moments = job.calendar.moments(source.words)
    for wrong in dict.fromkeys(moment.wrong for moment in moments if moment.wrong):
        unread = source.where([moment.wrong == wrong for moment in moments])
        job.refuse(theirs(late.cancelled_at), unread & cancelled, "when it was cancelled", wrong, what_to_do(wrong))
    first, last = _bounds(source, moments)
    begin, end = _bounds(starts, [Moment(text) for text in starts.words])
    least, most, limit = begin - last, end - first, late.hours * 60
    short = (most < limit) | ((most == limit) & (end > begin))  # a day ends before its last minute is over
    return short, short | (least >= limit)


def _bounds(column: Coded, moments: list[Moment]) -> _Bounds:
    """The first and the last minute that a time may mean: the whole day where it has no time of day."""
    texts = [moment.text for moment in moments]
    minutes = [np.datetime64(text, "s").astype(np.int64) / 60 if text else np.nan for text in texts]
    whole = [DAY if text and text.endswith(MIDNIGHT) else 0 for text in texts]
    first = column.numbers(minutes)
    return first, first + column.numbers(whole)
