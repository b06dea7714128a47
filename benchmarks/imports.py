"""What an import costs beside a bare read of the same file: time and memory of whole processes, as ratios.

    python benchmarks/imports.py 1 --folder /tmp/exports

The exports are drawn at random: of so many million rows, 4,000 clients, 200 clinicians and three years; one like
SimplePractice's attendance report (five columns, dates only), one like OpenEMR's calendar (eleven columns, times of
day). *Bare* is a process that does `pandas.read_csv(file, dtype=str)`, *caseload* is `caseload import` into a new
folder, *again* the same into the folder that is there. `--profile` says where the time of an import goes.
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

CLIENTS, CLINICIANS, DAYS = 4_000, 200, 3 * 365
FIRST_DAY = np.datetime64("2023-05-01")
SEED = 2026
BARE = "import sys, pandas; pandas.read_csv(sys.argv[1], dtype=str)"
KEPT = Path(tempfile.gettempdir()) / "caseload-exports"
MOST_TIME, MOST_MEMORY = 3.0, 2048  # times the bare read, megabytes: what an import may take

SYLLABLES = ("ba", "den", "fo", "gar", "hel", "in", "jor", "ka", "lun", "mo", "nir", "os", "pel", "ra", "sten", "tu")


def simplepractice(rows: int) -> pa.Table:
    """An attendance report."""
    rng = np.random.default_rng(SEED)
    client, clinician, day = _appointments(rng, rows)
    statuses = ("Show", "No show", "Canceled", "Late canceled", "Clinician canceled")
    offices = ("Main Office", "Telehealth Video")
    days = np.char.replace(np.datetime_as_string(FIRST_DAY + np.arange(DAYS)), "-", "/")
    written = np.array([f"{text[5:7]}/{text[8:]}/{text[:4]}" for text in days])
    return pa.table(
        {
            "client_name": _names(CLIENTS, " ")[client],
            "clinician_name": _names(CLINICIANS, ", ")[clinician],
            "date_of_service": written[day],
            "office_name": np.array(offices)[rng.choice(2, rows, p=[0.7, 0.3])],
            "status": np.array(statuses)[rng.choice(5, rows, p=[0.78, 0.07, 0.07, 0.05, 0.03])],
        }
    )


def openemr(rows: int) -> pa.Table:
    """A calendar."""
    rng = np.random.default_rng(SEED)
    client, clinician, day = _appointments(rng, rows)
    hour, quarter = rng.integers(8, 20, rows), rng.integers(0, 4, rows)
    clocks = np.array([f"{h:02}:{15 * q:02}:00" for h in range(24) for q in range(4)])
    dates = np.datetime_as_string(FIRST_DAY + np.arange(DAYS))[day]
    columns = {
        "pc_eid": np.arange(1, rows + 1),
        "pc_catid": np.full(rows, 5),
        "pc_aid": clinician + 1,
        "pc_pid": client + 1,
        "pc_title": np.full(rows, "Office Visit"),
        "pc_eventDate": dates,
        "pc_endDate": np.full(rows, "0000-00-00"),
        "pc_startTime": clocks[hour * 4 + quarter],
        "pc_endTime": clocks[(hour + 1) * 4 + quarter],
        "pc_duration": np.full(rows, 3000),
        "pc_apptstatus": np.array(("@", "?", "x", "%", ">", "-"))[
            rng.choice(6, rows, p=[0.4, 0.1, 0.1, 0.05, 0.3, 0.05])
        ],
    }
    return pa.table(columns)


def _appointments(rng: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Clients, each with one clinician, and days in order: no client twice a day, but for one row in a hundred."""
    meetings = np.sort(rng.choice(CLIENTS * DAYS, rows, replace=False))
    again = rng.random(rows) < 0.01
    meetings[1:][again[1:]] = meetings[:-1][again[1:]]
    client = meetings % CLIENTS
    return client, client % CLINICIANS, meetings // CLIENTS


def _names(count: int, separator: str) -> np.ndarray:
    """So many different names of two words."""
    words = [one + two + three for one in SYLLABLES for two in SYLLABLES for three in SYLLABLES[:4]]
    return np.array([f"{words[n % 997].title()}{separator}{words[n // 997 + 7].title()}" for n in range(count)])


FORMATS: dict[str, Callable[[int], pa.Table]] = {"simplepractice": simplepractice, "openemr": openemr}


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


def turn(file: Path, name: str) -> dict[str, tuple[float, float, float]]:
    """Each contender once."""
    with new_place() as folder:
        command = [sys.executable, "-m", "caseload.cli", "import", str(file), "--format", name]
        command += ["--to", str(folder / "practice")]
        return {
            "bare": whole_process([sys.executable, "-c", BARE, str(file)]),
            "caseload": whole_process(command),
            "again": whole_process(command),
        }


def compare(file: Path, name: str, repeats: int) -> None:
    """Print medians and ratios; turns, so that whatever else the machine does falls on all alike."""
    turns = [turn(file, name) for _ in range(repeats)]
    medians = {
        contender: [statistics.median(found[contender][place] for found in turns) for place in range(3)]
        for contender in turns[0]
    }
    bare = medians["bare"]
    for contender, (wall, cpu, peak) in medians.items():
        ratios = f"{wall / bare[0]:.2f} | {cpu / bare[1]:.2f} | {peak / bare[2]:.2f}"
        print(f"| {name} | {contender} | {wall:.2f} | {cpu:.2f} | {peak:.0f} | {ratios} |")
    wall, _, peak = medians["caseload"]
    if wall > MOST_TIME * bare[0] or peak > MOST_MEMORY:
        print(f"  above the limits of {MOST_TIME:g} times a bare read and {MOST_MEMORY} MB")


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
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    given = parser.parse_args()
    if not given.profile:
        print("| export | contender | s | CPU s | peak MB | s ÷ bare | CPU ÷ bare | peak ÷ bare |\n" + "|---" * 8 + "|")
    for millions in given.millions:
        for name in given.only:
            file = export_file(given.folder, name, millions)
            profile(file, name) if given.profile else compare(file, name, given.repeats)


if __name__ == "__main__":
    main()
