"""What an import costs beside a bare read of the same file: time and memory of whole processes, as ratios.

    python benchmarks/imports.py 1 --folder /tmp/exports

The exports are drawn at random, one for each known format of CSV (`export_tables.py`): of so many million rows, 4,000
clients, 200 clinicians and three years. *Bare* is a process that does `pandas.read_csv(file, dtype=str)`, *caseload* is
`caseload import` into a new folder, *again* the same into the folder that is there. `--profile` says where the time of
an import goes.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.csv
from export_tables import FORMATS

BARE = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"
KEPT = Path(tempfile.gettempdir()) / "caseload-exports"
MOST_TIME, MOST_MEMORY = 2.0, 700  # times the bare read, megabytes: what an import may take


def export_file(folder: Path, name: str, millions: float) -> Path:
    """The export of this size, drawn if it is not there."""
    file = folder / f"{name}-{millions:g}.csv"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pyarrow.csv.write_csv(FORMATS[name](round(millions * 1_000_000)), file)
    return file


def whole_process(command: list[str]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and the peak in megabytes of a process from its start to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[:4]} failed")
    per_megabyte = 1 << 20 if sys.platform == "darwin" else 1024
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / per_megabyte


@contextmanager
def new_place() -> Iterator[Path]:
    """A folder that is thrown away."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def turn(file: Path, name: str, *, again: bool) -> dict[str, tuple[float, float, float]]:
    """Each contender once."""
    with new_place() as folder:
        command = [sys.executable, "-m", "caseload.cli", "import", str(file), "--format", name]
        command += ["--to", str(folder / "practice"), *(["--time-zone", "Europe/Berlin"] if name == "cliniko" else [])]
        return {
            "bare": whole_process([sys.executable, "-c", BARE, str(file)]),
            "caseload": whole_process(command),
            **({"again": whole_process(command)} if again else {}),
        }


def compare(file: Path, name: str, repeats: int, *, again: bool) -> None:
    """Print medians and ratios; turns, so that whatever else the machine does falls on all alike."""
    turns = [turn(file, name, again=again) for _ in range(repeats)]
    medians = {
        contender: [statistics.median(found[contender][place] for found in turns) for place in range(3)]
        for contender in turns[0]
    }
    bare = medians["bare"]
    for contender, (wall, cpu, peak) in medians.items():
        ratios = f"{wall / bare[0]:.2f} | {cpu / bare[1]:.2f} | {peak / bare[2]:.2f}"
        print(f"| {name} | {contender} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ratios} |")
    _, cpu, peak = medians["caseload"]
    if cpu > MOST_TIME * bare[1] or peak > MOST_MEMORY:
        print(f"  above the limits of {MOST_TIME:g} times the work of a bare read and {MOST_MEMORY} MB")


def profile(file: Path, name: str, lines: int = 45) -> None:
    """Print where the time of one import goes, imports of modules left out."""
    from caseload.intake.exports.run import import_exports

    with new_place() as folder:
        profiler = cProfile.Profile()
        profiler.runcall(import_exports, [file], folder / "practice", name)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(lines)


def main() -> None:
    """Draw what is missing, then time every size asked."""
    parser = argparse.ArgumentParser(description="What an import of a large export costs beside a bare read of it.")
    parser.add_argument("millions", type=float, nargs="*", default=[1.0], help="million rows (default: 1)")
    parser.add_argument("--folder", type=Path, default=KEPT, help=f"where the exports are kept (default: {KEPT})")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=FORMATS, nargs="+", default=list(FORMATS))
    parser.add_argument("--once", action="store_true", help="leave out the second import into the same folder")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    given = parser.parse_args()
    if not given.profile:
        print("| export | contender | s | CPU s | peak MB | s ÷ bare | CPU ÷ bare | peak ÷ bare |\n" + "|---" * 8 + "|")
    for millions in given.millions:
        for name in given.only:
            file = export_file(given.folder, name, millions)
            profile(file, name) if given.profile else compare(file, name, given.repeats, again=not given.once)


if __name__ == "__main__":
    main()
