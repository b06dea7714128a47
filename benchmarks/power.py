"""How many months it takes until over-investment is shown, by practice, kind, size and what is recorded.

    python benchmarks/power.py --jobs 2
    python benchmarks/power.py --tables     # the tables of docs/sample-size.md, from the CSV file

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
from caseload.research.planning import KINDS, NAMES, interval_words
from caseload.simulate import (
    ATTENDANCE_ALL_MINUTES_CONTACTS,
    ATTENDANCE_CHECKINS,
    FIVE_COLUMNS,
    NO_OVER_INVESTMENT,
    CheckIns,
    OverInvestment,
    Recording,
    Settings,
)

FIRST_SEED = 3_000_000
"""Far from the seeds that the coefficients were learned on, and from those of the worlds."""
RESULTS = Path(__file__).with_name("power.csv")
SIGNALS = {
    "attendance only": FIVE_COLUMNS,
    "attendance and check-in": ATTENDANCE_CHECKINS,
    "minutes and contacts": ATTENDANCE_ALL_MINUTES_CONTACTS,
    "everything": Recording(),
}
SIZES = {"compensation": (0.5, 0.8, 1.2), "level_shift": (0.7, 1.0, 1.5), "few_clients": (1.5, 2.5, 3.5)}
"""Small, medium and large: slope of effort on −engagement, SD of effort, SD of effort for one or two clients."""
SENT = 0.9
"""Of the months, those with a check-in, where there are any."""
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
            checkins=CheckIns(share=SENT if self.signals == "attendance and check-in" else 0.0),
            over_investment=_truths(self.sizes),
            slope=(self.slope, 0.08),
        )


def _truths(sizes: str) -> tuple[OverInvestment, ...]:
    if sizes == "none":
        return NO_OVER_INVESTMENT
    chosen = [(kind, size) for kind, three in SIZES.items() for size in (three if sizes == "all" else three[1:2])]
    return tuple(replace(OverInvestment(), kind=kind, size=size, share=SHARE / len(chosen)) for kind, size in chosen)


ATTENDANCE, CHECKINS = 6, 8  # practices
DESIGNS = (
    Design(80, sizes="all"),
    Design(25, clients=8),
    Design(20, clients=40),
    Design(50, clinicians=5),
    Design(8, clinicians=60),
    Design(ATTENDANCE, signals="attendance only"),
    Design(20, signals="everything"),
    Design(25, months=12, before=0),
    Design(25, months=18, before=12),
    Design(25, months=12, before=0, sizes="none"),
    Design(15, months=12, before=0, sizes="none", slope=0.2),
    Design(CHECKINS, signals="attendance and check-in"),
)


def measured(jobs: int) -> Iterator[pd.DataFrame]:
    """The table of `caseload.power` for each design, with what it does not tell: signals, ordinary mean slope."""
    for place, design in enumerate(tqdm(DESIGNS, "Designs")):
        table = caseload.power(
            design.settings(place), before=design.before, repeats=design.repeats, jobs=jobs, progress=True
        )
        yield told(table, design)


def told(table: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The table with the columns `signals`, `slope` and `sizes` in front of the kind."""
    place = table.columns.get_loc("kind")
    table.insert(place, "signals", design.signals)
    table.insert(place + 1, "slope", design.slope)
    table.insert(place + 2, "sizes", design.sizes)
    return table


def tables(table: pd.DataFrame) -> str:
    """The tables of docs/sample-size.md in Markdown, in their order."""
    return "\n\n".join((_main(table), _others(table), _ranked(table), _false(table), _research(table)))


def _main(table: pd.DataFrame) -> str:
    """Months until shown in the first design, by kind and size."""
    rows = _design(table, DESIGNS[0])
    cells = [
        [_named(kind, size), f"{one['n'].iloc[0]}", *_waits(one), *_shares(one, 12, 18)]
        for (kind, size), one in _curves(rows)
    ]
    heads = ["what happens", "n", "half, watch", "80%, watch", "half, raise", "80%, raise"]
    return _markdown([*heads, "watch by month 12", "by month 18"], cells)


def _others(table: pd.DataFrame) -> str:
    """Months until watch with medium sizes, by practice."""
    cells = []
    for design in (one for one in DESIGNS if one.sizes != "none"):
        rows = _design(table, design)
        for (kind, _), one in _curves(rows[rows["size"].isin([sizes[1] for sizes in SIZES.values()])]):
            waits = _waits(one)[:2]
            last = f"{_shares(one, one['month'].max())[0]} by month {one['month'].max():.0f}"
            cells.append([_practice(design), f"{one['n'].iloc[0]}", KINDS[kind], *waits, *_shares(one, 6), last])
    heads = ["practice", "n", "what happens (medium)", "half, watch", "80%, watch", "watch by month 6", "in the end"]
    return _markdown(heads, cells)


def _ranked(table: pd.DataFrame) -> str:
    """How well months are told apart, where that is known."""
    rows = table[table["measure"] == "auroc"]
    cells = [
        [_practice(design), KINDS[row.kind], f"{row.n}", f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})"]
        for design in DESIGNS
        for row in _design(rows, design).itertuples()
    ]
    return _markdown(["practice", "what happens (medium)", "practices", "AUROC"], cells)


def _false(table: pd.DataFrame) -> str:
    """False flags per 100 supervisee-months."""
    cells = []
    for design in DESIGNS:
        rows = _design(table, design)
        found = rows[rows["measure"] == "false_per_100"].set_index("flag")
        rates = [
            f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})" for row in found.loc[["watch", "raise"]].itertuples()
        ]
        cells.append([_practice(design), f"{found['n'].iloc[0]:,}", *rates])
    return _markdown(["practice", "supervisee-months", "false watch or raise per 100", "false raise per 100"], cells)


def _research(table: pd.DataFrame) -> str:
    """How often a mean slope is found, and how wide intervals are, where nobody is over-invested."""
    cells = []
    for design in (one for one in DESIGNS if one.sizes == "none"):
        rows = _design(table, design).set_index(["measure", "month"])
        for month in (3, 6, 12):
            tests = [rows.loc[(f"mean_slope_{name}", month)] for name in ("found", "ordinary")]
            shares = [f"{100 * one['value']:.0f}% ({100 * one['low']:.0f} to {100 * one['high']:.0f})" for one in tests]
            widths = [f"{rows.loc[(f'width_{name}', month), 'value']:.2f}" for name in ("compensation", "gap")]
            mean = f"{rows.loc[('mean_compensation', month), 'value']:.2f}".replace("-", "−").replace("−0.00", "0.00")
            cells.append([f"{design.slope:g}", f"{month}", mean, *shares, *widths])
    heads = [
        "true mean slope",
        "months of records",
        "mean of the estimates",
        "test finds it",
        "ordinary t test",
        "width, compensation",
        "width, gap",
    ]
    return _markdown(heads, cells)


def _design(table: pd.DataFrame, design: Design) -> pd.DataFrame:
    """The rows of one design."""
    names = ["clinicians", "clients", "signals", "months", "before", "slope", "sizes"]
    return table[(table[names] == [getattr(design, name) for name in names]).all(axis=1)]


def _curves(rows: pd.DataFrame) -> Iterator[tuple[tuple[str, float], pd.DataFrame]]:
    """The detection curves by kind and size, in the order of SIZES."""
    curves = dict(list(rows[rows["measure"] == "detected"].groupby(["kind", "size"])))
    return ((key, curves[key]) for key in sorted(curves, key=lambda key: ([*SIZES].index(key[0]), key[1])))


def _waits(curve: pd.DataFrame) -> list[str]:
    """Months to half and to 80 %, watch and then raise."""
    asked = [(flag, probability) for flag in ("watch", "raise") for probability in (0.5, 0.8)]
    found = [caseload.months_needed(curve, probability, flag) for flag, probability in asked]
    return [interval_words(one.iloc[0].to_dict()) for one in found]


def _shares(curve: pd.DataFrame, *months: int) -> list[str]:
    """The share shown as watch or raise by these months."""
    watch = curve[curve["flag"] == "watch"].set_index("month")
    return [
        f"{100 * one['value']:.0f}% ({100 * one['low']:.0f} to {100 * one['high']:.0f})"
        for _, one in watch.loc[[*months]].iterrows()
    ]


def _practice(design: Design) -> str:
    """A design in words."""
    begins = f", begins after {design.before} months" if design.before != 6 and design.sizes != "none" else ""
    all_along = begins.replace("begins after 0 months", "there all along")
    nobody = f", nobody over-invested, mean slope {design.slope:g}" if design.sizes == "none" else ""
    return f"{design.clinicians} × {design.clients}, {design.signals}{all_along}{nobody}"


def _named(kind: str, size: float) -> str:
    return f"{KINDS[kind]}, {size:g} ({NAMES[SIZES[kind].index(size)]})"


def _markdown(heads: list[str], cells: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Simulate, follow, summarise, write."""
    parser = argparse.ArgumentParser(description="How many months it takes until over-investment is shown.")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--out", type=Path, default=RESULTS, help=f"the CSV file (default: {RESULTS.name} beside this)")
    parser.add_argument("--tables", action="store_true", help="print the tables of docs/sample-size.md and stop")
    given = parser.parse_args()
    if given.tables:
        print(tables(pd.read_csv(given.out)))
        return
    with threadpool_limits(1):  # small matrices: more threads only get in each other's way
        table = pd.concat(list(measured(given.jobs)), ignore_index=True)
    table.round(4).to_csv(given.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
