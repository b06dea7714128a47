"""What a month's balance costs beside what one would use otherwise: a mixed model, and a plain group-by.

    python benchmarks/balance.py 40 200

Practices are simulated. Each contender does the newest month in a process of its own that loads the same practice from
a temporary file; nothing is left behind.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from contenders import composites, mixed_model

from caseload.estimates import BalanceModel
from caseload.intake import Practice
from caseload.signals import monthly_signals
from caseload.simulate import Settings, simulate

SEED = 900_000
CONTENDERS = ("caseload", "mixed model", "group-by", "loading only")


def one_month(contender: str, practice: Practice) -> None:
    """One month's work of one contender, from the practice's rows to a figure for every clinician."""
    if contender == "caseload":
        BalanceModel().fit(monthly_signals(practice)).estimate()
    elif contender == "mixed model":
        table = composites(monthly_signals(practice))
        mixed_model(table, table["month"].max())
    elif contender == "group-by":
        rows = practice.sessions
        came = (rows["status"] == "attended").astype(float)
        rows = rows.assign(month=rows["scheduled_start"].dt.to_period("M"), came=came)
        means = rows.groupby(["clinician_id", "client_id", "month"])[["prep_minutes", "note_minutes", "came"]].mean()
        means.groupby(["clinician_id", "month"]).mean()


def measured(contender: str, path: Path) -> list[float]:
    """Wall seconds, CPU seconds and peak MB of a whole process, interpreter and imports included; then the work alone.

    The fourth figure is the CPU time of the month's work without starting, importing and loading.
    """
    start = time.perf_counter()
    command = [sys.executable, __file__, "--contender", contender, "--practice", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    work = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{contender} failed")
    return [time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, float(work)]


def compare(clinicians: int, months: int, repeats: int) -> None:
    """Print each contender's medians, and how many times as much as caseload it takes."""
    practice = simulate(Settings(seed=SEED, clinicians=clinicians, months=months)).practice()
    print(f"\n{clinicians} clinicians, {months} months, {len(practice.sessions):,} sessions; median of {repeats}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "practice.pickle"
        path.write_bytes(pickle.dumps(practice))
        # in turns, so that whatever else the machine does falls on all alike
        turns = [{name: measured(name, path) for name in CONTENDERS} for _ in range(repeats)]
    rows = {name: [statistics.median(turn[name][at] for turn in turns) for at in range(4)] for name in CONTENDERS}
    print(f"{'':14}{'wall s':>8}{'CPU s':>8}{'MB':>8}{'work s':>8}   as multiples of caseload: wall, CPU, memory, work")
    for name, values in rows.items():
        multiples = ", ".join(f"{value / ours:.2f}" for value, ours in zip(values, rows["caseload"], strict=True))
        print(f"{name:14}{values[0]:8.2f}{values[1]:8.2f}{values[2]:8.0f}{values[3]:8.2f}   {multiples}")


def main() -> None:
    """Time every size asked."""
    parser = argparse.ArgumentParser(description="What a month's balance costs beside a mixed model and a group-by.")
    parser.add_argument("clinicians", type=int, nargs="*", default=[40], help="sizes of the practices (default: 40)")
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--practice", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        practice = pickle.loads(given.practice.read_bytes())
        if given.contender == "mixed model":
            import_module("statsmodels.regression.mixed_linear_model")  # importing is not the month's work
        start = time.process_time()
        one_month(given.contender, practice)
        print(time.process_time() - start)
        return
    for clinicians in given.clinicians:
        compare(clinicians, given.months, given.repeats)


if __name__ == "__main__":
    main()
