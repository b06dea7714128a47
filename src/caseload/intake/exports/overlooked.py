"""Times of day in a column that nobody reads, beside days without any: they belong together."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from caseload.errors import Problem, one_line
from caseload.intake.exports.grid import Grid, plain_header
from caseload.intake.exports.job import Job
from caseload.intake.tables import TABLES

# 9:30, 09:30:00, 9:30 pm, 9 p. m., 9h30: never 9.30, which may be an amount.
CLOCK = re.compile(r"(\d{1,2}:\d{2}(:\d{2})?|\d{1,2}h(\d{2})?|\d{1,2}(?= ?[ap]))( ?[ap]\.? ?m\.?)?", re.IGNORECASE)
# In headers of times at which something else happened than the beginning.
_OTHERS = frozenset({
    "arrival", "arrived", "booked", "canceled", "cancellation", "cancelled", "check", "checked", "checkin", "checkout",
    "created",
    "due", "end", "ended", "ends", "finish", "finished", "modified", "out", "paid", "reminder", "seen", "sent", "to",
    "until", "updated",
})  # fmt: skip


def clock_columns(grid: Grid, read: Container[int]) -> Iterator[int]:
    """Columns that hold times of day and nothing else, as far as the first rows show, and are not among those read."""
    for place, name in enumerate(grid.header):
        cells = [row[place].strip() for row in grid.sample if place < len(row) and row[place].strip()]
        other = _OTHERS & set(re.split(r"[^a-z]+", plain_header(name)))
        if name and place not in read and not other and cells and all(map(CLOCK.fullmatch, cells)):
            yield place


def refuse_unread_times(job: Job) -> None:
    """Refuse a file whose appointments have days without times while a column of times stands unread."""
    timed = [spec.name for spec in TABLES[job.rows.table].columns if spec.kind == "datetime"]
    for name in timed:
        cells = job.cells.get(name)
        if cells is None or not cells.words or any(not text.endswith("T00:00") for text in cells.words):
            continue
        headers = [*job.chosen.columns[name].from_, *job.export.not_read]
        read = {place for header in headers for place in job.source.places(header)}
        for place in clock_columns(job.grid, read):
            header = one_line(job.grid.header[place])
            days = job.chosen.columns[name].from_[0]
            job.done.problems.append(
                Problem(
                    job.grid.file, header, (), 0, f"times of day beside the days of {days}",
                    "a column of times that the map does not read",
                    f'Read both in a copy of the map: from = ["{days}", "{header}"] under [columns.{name}]. '
                    f'If it holds other times, say not_read = ["{header}"] at its top.',
                )
            )  # fmt: skip
            return
