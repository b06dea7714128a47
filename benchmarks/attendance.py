"""What attendance alone says, measured: false watches in quiet practices, and how often a planted month is seen.

    python benchmarks/attendance.py 200 7        # so many practices, from this seed

The appointment books are made here, by a program that shares nothing with `caseload.simulate`: recurring and single
bookings, clients who differ and have bad weeks, months in which everybody misses more, days of snow, receptions that
offer a new appointment at once or not, leave, turnover. In a quiet practice nothing depends on the clinician's month.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd

from caseload.estimates.attendance import attendance_months
from caseload.estimates.client_attendance import attendance_clients

FIRST = np.datetime64("2025-01-06", "D")  # a Monday
MISSED = ("no_show", "late_cancelled", "client_cancelled")


@dataclass(frozen=True)
class Plant:
    """What is put into one clinician's last month: misses this many times as likely, or offers at this rate."""

    more: float = 1.0
    offers: float | None = None


def book(rng: np.random.Generator, plant: Plant | None = None) -> pd.DataFrame:
    """One practice's appointments over 8 to 16 months; with `plant` the first clinician's last month has it."""
    months = int(rng.integers(8, 17))
    days, last = ((np.datetime64("2025-01") + m).astype("M8[D]") - FIRST for m in (months, months - 1))
    days, last = int(days.astype(int)), int(last.astype(int))
    season = np.exp(rng.normal(0, 0.2, days // 30 + 1))
    snow = set(rng.integers(0, days, days // 120))
    series_share = rng.choice([0.0, 0.5, 1.0])
    rows: list[tuple[str, str, int, int, str]] = []
    for who in range(int(rng.integers(4, 13))):
        rate, offers = rng.beta(4, 20), rng.beta(3, 5)
        away = {int(start) + day for start in rng.integers(0, days, days // 90) for day in range(7)}
        for client in range(int(rng.integers(8, 16))):
            begins, ends = sorted(rng.integers(-days, 2 * days, 2)) if rng.random() < 0.5 else (0, days)
            of = _client(rng, rate, offers, rng.random() < series_share, max(begins, 0), min(ends, days), season, snow,
                         away, plant if plant and who == 0 else None, last)  # fmt: skip
            rows += [(f"C{who:02}", f"K{who:02}{client:02}", *each) for each in of]
    table = pd.DataFrame(rows, columns=["clinician_id", "client_id", "day", "minute", "status"])
    start = FIRST.astype("datetime64[m]") + (table["day"].to_numpy() * 1440 + table["minute"].to_numpy()).astype(
        "m8[m]"
    )
    table = table.assign(scheduled_start=start.astype("datetime64[us]"), session_id=np.arange(len(table)).astype(str))
    return table.drop(columns=["day", "minute"]).sort_values("scheduled_start", ignore_index=True)


def _client(rng, rate, offers, series, begins, ends, season, snow, away, plant, planted):  # type: ignore[no-untyped-def]
    """One client's appointments: day, minute, status."""
    own = float(np.clip(rng.beta(max(rate, 0.02) * 8, (1 - rate) * 8), 0.01, 0.7))
    rhythm, weekday, hour = rng.choice([7, 7, 7, 14]), int(rng.integers(0, 5)), int(rng.integers(8, 18))
    day, bad_until = begins + weekday, -1
    while day < ends:
        if day % 7 < 5:
            last = plant is not None and day >= planted
            p = own * season[min(day // 30, len(season) - 1)] * (plant.more if last else 1.0)
            p = 0.75 if day <= bad_until else 0.95 if day in snow else min(p, 0.95)
            bad_until = day + int(rng.integers(10, 30)) if rng.random() < 0.02 else bad_until
            kept, by_us = rng.random() >= p, rng.random() < 0.03 or day in away
            status = (
                "clinician_cancelled" if by_us else "attended" if kept else str(rng.choice(MISSED, p=[0.5, 0.3, 0.2]))
            )
            yield day, hour * 60, status
            again = plant.offers if last and plant.offers is not None else offers
            if not series and status in MISSED and rng.random() < again:
                day += int(rng.integers(1, 4))
                day += (7 - day % 7) * (day % 7 >= 5)  # offered for Monday where it would be a weekend
                continue
        if series:
            day += int(rhythm)
        else:
            day += max(2, round(float(rhythm) * rng.uniform(0.8, 1.3)))
            hour = int(rng.integers(8, 18))


def measure(practices: int, seed: int) -> pd.Series:
    """Rates: false watches and clients named in quiet practices, and how often planted months are seen."""
    rng = np.random.default_rng(seed)
    months = watches = clients = named = expected = 0
    for _ in range(practices):
        sessions = book(rng)
        whole = pd.period_range(sessions["scheduled_start"].min(), sessions["scheduled_start"].max(), freq="M")
        found = attendance_months(sessions, whole)
        months, watches = months + len(found), watches + int(found["attendance_watch"].sum())
        of = attendance_clients(sessions, whole[-1])
        compared = of["chance"].notna()
        clients, named = clients + int(compared.sum()), named + int((of["chance"] <= 0.05).sum())
        expected += float(of["chance_size"].sum())
    seen = {name: _seen(rng, practices // 2, plant) for name, plant in PLANTS.items()}
    return pd.Series(
        {
            "supervisee-months": months,
            "false watches a 100": 100 * watches / months,
            "clients compared": clients,
            "clients named a 100": 100 * named / clients,
            "named by chance, as printed, a 100": 100 * expected / clients,
            **seen,
        }
    )


PLANTS = {"seen: misses twice as likely": Plant(2.0), "seen: three times": Plant(3.0),
          "seen: nine of ten offered again": Plant(offers=0.9)}  # fmt: skip


def _seen(rng: np.random.Generator, practices: int, plant: Plant) -> float:
    found = 0
    for _ in range(practices):
        sessions = book(rng, plant)
        last = pd.period_range(sessions["scheduled_start"].max(), periods=1, freq="M")
        rows = attendance_months(sessions, last)
        found += int(rows.loc[rows["clinician_id"] == "C00", "attendance_watch"].any())
    return found / practices


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]] or [100, 7]
    print(measure(numbers[0], numbers[1] if len(numbers) > 1 else 7).round(3).to_string())
