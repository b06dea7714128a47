"""How many pages of simulated months say two things that cannot both be true.

    python benchmarks/contradictions.py                 # 12 practices, about 2,000 pages; a quarter of an hour
    python benchmarks/contradictions.py --practices 2

Both copies of every page of every month from the third on are read. `tests/contradictions.py` says what is looked for.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from contradictions import PAIRS, contradictions

from caseload.intake import Practice, read_practice
from caseload.pages.review import review_month
from caseload.simulate import OverInvestment, Settings, simulate, write

SEED = 7_300_000
MONTHS, FROM = 12, 2
MIXED = (
    OverInvestment("compensation", 0.25, size=1.4, onset=4, end=8),
    OverInvestment("level_shift", 0.2, size=1.6, onset=5),
    OverInvestment("few_clients", 0.2, size=3.0, onset=3),
)
OTHER = (
    {},
    {"season": 0.5},
    {"clients_per_clinician": 6.0},
    {"stage_lead": 0.8},
)


def practice(number: int) -> Practice:
    """A simulated practice of eight clinicians, read back from its files."""
    changes = OTHER[number % len(OTHER)]
    settings = Settings(clinicians=8, months=MONTHS, over_investment=MIXED, seed=SEED + number, **changes)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        write(simulate(settings), Path(folder))
        return read_practice(folder)


def read(known: Practice, month: str, found: Counter[str]) -> int:
    """Count what the pages of a month say against themselves; returns the number of pages."""
    review, pages = review_month(known, month), 0
    for clinician in review.clinician_ids:
        for copy in ("own", "supervisor"):
            pages += 1
            for name in contradictions(review.supervisee(clinician, copy)):
                found[name] += 1
                print(f"{name}: {clinician}, {month}, {copy}", file=sys.stderr)
    return pages


def main() -> None:
    """Print a row a pair."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--practices", type=int, default=12)
    found: Counter[str] = Counter()
    pages = 0
    for number in range(options.parse_args().practices):
        known = practice(number)
        pages += sum(read(known, str(month), found) for month in known.months[FROM:])
    print(f"{pages} pages\n\n| pair | pages |\n|---|---|")
    for pair in PAIRS:
        print(f"| {pair.__name__} | {found[pair.__name__]} |")


if __name__ == "__main__":
    main()
