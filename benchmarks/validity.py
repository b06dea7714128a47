"""How well over-investment is found in many simulated worlds, beside what one would use otherwise.

    python benchmarks/validity.py 4 --jobs 2

Every month is analysed as of its end, by us and by the others (`contenders`, `oracle`), in every world of `worlds`;
what is measured is in `measures`. Prints the figures and writes them to a CSV file, one number a row.
"""

from __future__ import annotations

import argparse
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import measures
import pandas as pd
from contenders import WINDOW, peers
from joblib import Parallel, delayed
from oracle import oracle
from threadpoolctl import threadpool_limits
from worlds import WORLDS, practice

from caseload.estimates import BalanceModel
from caseload.research.recovery import compared, coverage
from caseload.signals import monthly_signals
from caseload.simulate import Simulated

OURS = ["p_over_invested", "compensation", "own_shift"]
PEERS = ["ratio", "difference", "mixed_slope", "mixed_level_shift"]
CONTENDERS = [*OURS, *PEERS, "oracle"]
RESULTS = Path(__file__).with_name("validity.csv")
KEYS = ["clinician_id", "month"]


class Analysed(NamedTuple):
    """One practice: its clinician-months (see `measures`), and how many intervals held the truth."""

    found: pd.DataFrame
    held: pd.DataFrame


def analysed(simulated: Simulated) -> Analysed:
    """Every contender's figure for every clinician-month with a session or contact, each month as of its end."""
    signals, truth = monthly_signals(simulated.practice()), simulated.truth
    months = sorted(signals["month"].unique())
    clinicians, held = [], []
    for month in months:
        balance = BalanceModel().fit(signals[signals["month"] <= month]).estimate(month)
        clinicians.append(balance.clinicians)
        if month >= months[WINDOW - 1]:
            held.append(coverage(compared(balance, truth.clients, truth.clinicians)))
    ours = pd.concat(clinicians, ignore_index=True)
    ours["state"] = measures.states(ours)
    found = ours.set_index(KEYS)[[*OURS, "state"]].join(peers(signals))
    found = found.join(truth.clinicians.set_index(KEYS)["over_invested"], how="inner")
    found["oracle"] = oracle(simulated) if simulated.settings.over_investment else float("nan")
    return Analysed(found.assign(judged=found.index.get_level_values("month") >= months[WINDOW - 1]), pd.concat(held))


def measured(names: list[str], practices: int, jobs: int) -> pd.DataFrame:
    """The tidy table: world, difficulty, contender, measure, value, n, n_true."""
    chosen = [place for place, world in enumerate(WORLDS) if world.name in names]
    tasks = [(place, number) for place in chosen for number in range(practices * WORLDS[place].practices)]
    done = Parallel(n_jobs=jobs, verbose=1)(delayed(_analysed)(*task) for task in tasks)
    every = pd.concat({task: one.found for task, one in zip(tasks, done, strict=True)}, names=["place", "practice"])
    every_held = pd.concat({task: one.held for task, one in zip(tasks, done, strict=True)}, names=["place", "practice"])
    rows = []
    for place in chosen:
        found = every.loc[place]
        parts = measures.ranking(found, CONTENDERS), measures.flags(found), measures.delays(found)
        told = measures.intervals(every_held.loc[place]), measures.errors(every_held.loc[place])
        numbers = [number for part in (*parts, *told) for number in part]
        rows += [(WORLDS[place].name, WORLDS[place].difficulty, *number) for number in numbers]
    for difficulty in dict.fromkeys(WORLDS[place].difficulty for place in chosen):
        pooled = [place for place in chosen if WORLDS[place].difficulty == difficulty]
        numbers = [*measures.calibration(every.loc[pooled]), *measures.intervals(every_held.loc[pooled])]
        rows += [("all worlds", difficulty, *number) for number in numbers]
    return pd.DataFrame(rows, columns=["world", "difficulty", *measures.Measure._fields])


def _analysed(place: int, number: int) -> Analysed:
    with threadpool_limits(1):  # small matrices: more threads only get in each other's way
        return analysed(practice(place, number))


def show(table: pd.DataFrame) -> None:
    """Print the table, one block a kind of measure: worlds down, contenders or measures across."""
    values = table.set_index(["difficulty", "world", "contender", "measure"])["value"]
    for measure, names in {"auroc": CONTENDERS, "average_precision": CONTENDERS}.items():
        _print(measure, values.xs(measure, level="measure").unstack("contender").reindex(columns=names))
    ours = values.xs("p_over_invested", level="contender").drop(["auroc", "average_precision"], level="measure")
    calibrated = ours.index.get_level_values("world") == "all worlds"
    _print("flags", ours[~calibrated].unstack("measure"))
    _print("calibration of p_over_invested", ours[calibrated].unstack("measure"))
    _print("mean error of slopes", values.xs("mean_error", level="measure").unstack("contender"))
    _print("90 % intervals", values.xs("coverage_90", level="measure").unstack("contender"))


def _print(title: str, frame: pd.DataFrame) -> None:
    ordered = frame.reindex(dict.fromkeys(frame.index))
    print(f"\n{title}\n{ordered.to_string(float_format='{:.3f}'.format, na_rep='')}")


def coefficients_hash() -> str:
    """The first letters of the git hash of the coefficients in use."""
    learned = files("caseload.estimates").joinpath("over_investment.json").read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(learned) + learned, usedforsecurity=False).hexdigest()[:7]


def main() -> None:
    """Simulate, analyse, measure, print and write."""
    parser = argparse.ArgumentParser(description="How well over-investment is found, beside what one would use else.")
    parser.add_argument("practices", type=int, nargs="?", default=4, help="practices of each world (default: 4)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default: 1)")
    parser.add_argument("--worlds", help="some worlds, by name, with commas between them (default: all)")
    parser.add_argument("--out", type=Path, default=RESULTS, help=f"the CSV file (default: {RESULTS.name} beside this)")
    given = parser.parse_args()
    known = [world.name for world in WORLDS]
    names = given.worlds.split(",") if given.worlds else known
    if unknown := set(names) - set(known):
        parser.error(f"no world {', '.join(sorted(unknown))}; there are {', '.join(dict.fromkeys(known))}")
    print(f"over_investment.json {coefficients_hash()}")
    table = measured(names, given.practices, given.jobs)
    show(table)
    table.round(4).to_csv(given.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
