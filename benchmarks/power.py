"""How many months it takes until over-investment is shown, by practice, kind, size and what is recorded.

    python benchmarks/power.py --jobs 2

Every design is simulated and followed month by month by `caseload.power`; writes a CSV file, one number a row.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from threadpoolctl import threadpool_limits
from tqdm import tqdm

import caseload
from caseload.simulate import (
    ATTENDANCE_ALL_MINUTES_CONTACTS,
    FIVE_COLUMNS,
    NO_OVER_INVESTMENT,
    OverInvestment,
    Recording,
    Settings,
)

FIRST_SEED = 3_000_000
"""Far from the seeds that the coefficients were learned on, and from those of the worlds."""
RESULTS = Path(__file__).with_name("power.csv")
SIGNALS = {
    "five columns": FIVE_COLUMNS,
    "minutes and contacts": ATTENDANCE_ALL_MINUTES_CONTACTS,
    "everything": Recording(),
}
SIZES = {"compensation": (0.5, 0.8, 1.2), "level_shift": (0.7, 1.0, 1.5), "few_clients": (1.5, 2.5, 3.5)}
"""Small, medium and large: slope of effort on −engagement, SD of effort, SD of effort for one or two clients."""
SHARE = 0.36
"""Of the clinicians, all kinds and sizes of a design together: none of them has more than 12 %."""


class Design(NamedTuple):
    """One kind of practice; `sizes`: every size of SIZES, the medium ones, or nobody over-invested."""

    repeats: int
    clinicians: int = 20
    clients: int = 20
    signals: str = "minutes and contacts"
    sizes: str = "medium"
    months: int = 24
    before: int = 6
    slope: float = 0.0

    def settings(self, place: int) -> Settings:
        """What is simulated; `place` gives the seed."""
        return Settings(
            seed=FIRST_SEED + place,
            clinicians=self.clinicians,
            clients_per_clinician=self.clients,
            months=self.months,
            recording=SIGNALS[self.signals],
            over_investment=_truths(self.sizes),
            slope=(self.slope, 0.08),
        )


def _truths(sizes: str) -> tuple[OverInvestment, ...]:
    if sizes == "none":
        return NO_OVER_INVESTMENT
    chosen = [(kind, size) for kind, three in SIZES.items() for size in (three if sizes == "all" else three[1:2])]
    return tuple(replace(OverInvestment(), kind=kind, size=size, share=SHARE / len(chosen)) for kind, size in chosen)


DESIGNS = (
    Design(80, sizes="all"),
    Design(30, clients=8),
    Design(25, clients=40),
    Design(80, clinicians=5),
    Design(12, clinicians=60),
    Design(3, signals="five columns"),
    Design(20, signals="everything"),
    Design(30, months=12, before=0),
    Design(30, months=18, before=12),
    Design(40, months=12, before=0, sizes="none"),
    Design(30, months=12, before=0, sizes="none", slope=0.2),
)


def measured(jobs: int) -> Iterator[pd.DataFrame]:
    """The table of `caseload.power` for each design, with what it does not tell: signals, ordinary mean slope."""
    for place, design in enumerate(tqdm(DESIGNS, "Designs")):
        table = caseload.power(
            design.settings(place), before=design.before, repeats=design.repeats, jobs=jobs, progress=True
        )
        yield told(table, design)


def told(table: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The table with the columns `signals` and `slope` in front of the kind."""
    place = table.columns.get_loc("kind")
    table.insert(place, "signals", design.signals)
    table.insert(place + 1, "slope", design.slope)
    return table


def main() -> None:
    """Simulate, follow, summarise, write."""
    parser = argparse.ArgumentParser(description="How many months it takes until over-investment is shown.")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--out", type=Path, default=RESULTS, help=f"the CSV file (default: {RESULTS.name} beside this)")
    given = parser.parse_args()
    with threadpool_limits(1):  # small matrices: more threads only get in each other's way
        table = pd.concat(list(measured(given.jobs)), ignore_index=True)
    table.round(4).to_csv(given.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
