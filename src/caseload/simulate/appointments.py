"""The second sample practice: seven months of appointments and nothing else, as most practices can export.

It is drawn appointment by appointment and shares nothing with the practices of `simulate`: no latent effort, no
engagement. Who is who is told in `appointments.md`, which is also the README of `data/sample-attendance`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.random import Generator

from caseload.simulate.folder import Format, write_tables

SEED = 20261130
FIRST, MONTHS = "2025-11", 7
MISSED = ("no_show", "late_cancelled", "client_cancelled")
WAYS = (0.5, 0.3, 0.2)  # how a client who does not come does so
OURS = 0.03  # of appointments, cancelled by clinician or service
HOLIDAYS = ("2025-12-24", "2026-01-04")


@dataclass(frozen=True)
class Book:
    """How one clinician's appointments go; the last month's part is played by `_last_month`."""

    clients: int
    misses: float = 0.13  # share of appointments that clients do not keep
    series: bool = True  # the same hour every week; otherwise from appointment to appointment
    offers: float = 0.0  # without a series: how often a new appointment is offered within three days of a miss
    offers_last: float = 0.0
    evenings: int = 0  # clients seen from 18:00 on
    starts: str = "2025-11-01"


BOOKS = {
    "A01": Book(10),
    "A02": Book(9),
    "A03": Book(10),
    "A04": Book(9, series=False, offers=0.3, offers_last=1.0, misses=0.2),
    "A05": Book(8, evenings=2),
    "A06": Book(9),
    "A07": Book(6, starts="2026-04-06"),
}
PLANTED, PLANTED_MISSED, PLANTED_COUNTED = "A01", 17, 40
FALLS_AWAY = "A03"  # two of whose clients stop coming in the last month
ENDS, BEGINS = "A06", 2  # of whose clients the first two have ended by then, and two begin


def sample_appointments() -> dict[str, pd.DataFrame]:
    """The tables of `data/sample-attendance`: `sessions` of five columns and `clinicians`; the same each time.

    Examples
    --------
    >>> from caseload.simulate import sample_appointments
    >>> tables = sample_appointments()
    >>> list(tables), list(tables["sessions"])[:2], len(tables["clinicians"])
    (['sessions', 'clinicians'], ['session_id', 'clinician_id'], 7)
    >>> sessions = tables["sessions"]
    >>> may = sessions[(sessions["clinician_id"] == "A01") & (sessions["scheduled_start"] >= "2026-05")]
    >>> may["status"].isin(["no_show", "late_cancelled", "client_cancelled"]).sum(), may["status"].size
    (np.int64(17), 40)
    """
    rng = np.random.default_rng(SEED)
    parts = [pd.DataFrame(_appointments(rng, who, book), columns=["client_id", "scheduled_start", "status"])
             .assign(clinician_id=who) for who, book in BOOKS.items()]  # fmt: skip
    table = pd.concat(parts).sort_values(["scheduled_start", "clinician_id", "client_id"], ignore_index=True)
    table = table.assign(session_id=[f"T{number:05}" for number in range(1, len(table) + 1)])
    sessions = table[["session_id", "clinician_id", "client_id", "scheduled_start", "status"]]
    clinicians = pd.DataFrame({"clinician_id": list(BOOKS), "supervisor_id": "S1", "team": "Practice"})
    return {"sessions": sessions, "clinicians": clinicians}


def write_sample_appointments(folder: str | Path, format: Format = "csv", *, overwrite: bool = False) -> Path:
    """Write the practice of appointments and its README into `folder`; returns it, and refuses as `write`.

    Examples
    --------
    >>> import tempfile
    >>> from caseload.simulate import write_sample_appointments
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = write_sample_appointments(f"{folder}/practice")
    ...     sorted(path.name for path in practice.iterdir())
    ['.simulated', 'README.md', 'clinicians.csv', 'sessions.csv']
    """
    text = files("caseload.simulate").joinpath("appointments.md").read_text(encoding="utf-8")
    return write_tables(sample_appointments(), folder, format, overwrite=overwrite, beside={"README.md": text})


def _appointments(rng: Generator, who: str, book: Book) -> list[tuple[str, pd.Timestamp, str]]:
    """One clinician's appointments; the planted month is made to count what the README says."""
    rows = [
        row
        for number in range(book.clients + (BEGINS if who == ENDS else 0))
        for row in _client(rng, who, book, number)
    ]
    return _planted(rng, rows) if who == PLANTED else rows


def _client(rng: Generator, who: str, book: Book, number: int) -> Iterator[tuple[str, pd.Timestamp, str]]:
    """One client's appointments, from the clinician's start to the end."""
    months = pd.period_range(FIRST, periods=MONTHS, freq="M")
    begin, last, end = pd.Timestamp(book.starts), months[-1].start_time, months[-1].end_time
    if who == ENDS:
        begin = last + pd.Timedelta(days=5) if number >= book.clients else begin
        end = last - pd.Timedelta(days=9) if number < BEGINS else end
    own = float(np.clip(rng.beta(book.misses * 12, (1 - book.misses) * 12), 0.02, 0.4))
    gap = int(rng.choice([7, 7, 7, 14])) if number > 1 else 7
    hour = 18 if number < book.evenings else 8 + (number * 2 + int(rng.integers(0, 2))) % 9
    day = begin.normalize() + pd.Timedelta(days=int(number % 5 + (-begin.day_of_week) % 7))
    client = f"P{list(BOOKS).index(who) + 1}{number + 1:02}"
    while day <= end:
        in_last = day >= last
        kept = rng.random() >= own and not (who == FALLS_AWAY and in_last and number < 2)
        status = "attended" if kept else str(rng.choice(MISSED, p=WAYS))
        if rng.random() < OURS:
            status = str(rng.choice(["clinician_cancelled", "service_cancelled"]))
        if not HOLIDAYS[0] <= str(day.date()) <= HOLIDAYS[1]:
            yield client, day + pd.Timedelta(hours=hour), status
        if book.series:
            day += pd.Timedelta(days=gap)
            continue
        again = rng.random() < (book.offers_last if in_last else book.offers) and status in MISSED
        day += pd.Timedelta(days=int(rng.integers(1, 4)) if again else gap + int(rng.integers(-1, 3)))
        day += pd.Timedelta(days=(7 - day.day_of_week) % 7 if day.day_of_week >= 5 else 0)


def _planted(rng: Generator, rows: list[tuple[str, pd.Timestamp, str]]) -> list[tuple[str, pd.Timestamp, str]]:
    """The rows with PLANTED_MISSED of PLANTED_COUNTED appointments of the last month not kept, spread over clients."""
    last = pd.Period(FIRST, "M") + MONTHS - 1
    before = [row for row in rows if row[1].to_period("M") < last]
    now = sorted((row for row in rows if row[1].to_period("M") == last), key=lambda row: (row[1], row[0]))
    clients = sorted({row[0] for row in rows})
    number = 0
    while len(now) < PLANTED_COUNTED:  # a second appointment in the week, two days after the first
        client, start, _ = now[number]
        if start.day_of_week < 3 and (start + pd.Timedelta(days=2)).to_period("M") == last and client in clients[:5]:
            now.append((client, start + pd.Timedelta(days=2, hours=1), "attended"))
        number += 1
    now = sorted(now[:PLANTED_COUNTED], key=lambda row: (row[1], row[0]))
    missed = set(rng.choice(PLANTED_COUNTED, PLANTED_MISSED, replace=False).tolist())
    return before + [
        (client, start, str(rng.choice(MISSED, p=WAYS)) if at in missed else "attended")
        for at, (client, start, _) in enumerate(now)
    ]
