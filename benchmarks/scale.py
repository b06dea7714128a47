"""What ten million sessions cost: reading, signals and balance, beside a bare read of the same file and a group-by.

    python benchmarks/scale.py 0.1 1 10 --folder /tmp/practices

Practices are drawn at random, month by month, and kept in the folder as Parquet for the next run. Every contender runs
in a process of its own. Nothing here is meant to look like people: only the size, the types and the gaps matter.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from caseload.intake.tables import CHANNELS, DIRECTIONS, INTERVENTIONS, MODALITIES, STAGES, STATUSES

SEED = 910_000
KEPT = Path(tempfile.gettempdir()) / "caseload-scale"
MONTHS = 36
CLINICIANS = 2_000  # of the largest practice
LARGEST = 10.0  # million sessions
CLIENTS = 35  # of a clinician at a time
TURNOVER = 1 / 12  # of a clinician's clients, a month
SHARED = 0.005  # of all sessions, taken by a colleague
CONTACTS = 0.3  # a session
FIRST_MONTH = np.datetime64("2023-06", "M")
MEANS = [
    "scheduled_minutes", "actual_minutes", "minutes_late", "prep_minutes", "note_minutes", "homework_done", "srs_total",
    "clinician_effort_rating", "client_engagement_rating", "clinician_talk_share",
]  # fmt: skip
Phases = dict[str, float]


# --- practices --------------------------------------------------------------------------------------------------------


def practice_folder(root: Path, millions: float) -> Path:
    """The practice of that many million sessions, drawn now unless an earlier run left it in `root`."""
    folder = root / f"{millions:g}M"
    if not (folder / "clinicians.parquet").exists():  # the last to be written
        folder.mkdir(parents=True, exist_ok=True)
        _draw(folder, millions)
    return folder


def _draw(folder: Path, millions: float) -> None:
    rng = np.random.default_rng(SEED)
    clinicians = round(CLINICIANS * millions / LARGEST)
    clients = np.arange(clinicians * CLIENTS).reshape(clinicians, CLIENTS)
    known, rows = clients.size, 0
    sessions, contacts = _Writer(folder / "sessions.parquet"), _Writer(folder / "contacts.parquet")
    for month in range(MONTHS):
        leaving = rng.random(clients.shape) < TURNOVER * (month > 0)
        clients[leaving] = known + np.arange(leaving.sum())
        known += int(leaving.sum())
        due = round(millions * 1e6 * (month + 1) / MONTHS) - rows
        sessions.write(_sessions(rng, clients, FIRST_MONTH + month, first=rows, count=due))
        contacts.write(_contacts(rng, clients, FIRST_MONTH + month, round(due * CONTACTS)))
        rows += due
    sessions.close()
    contacts.close()
    pq.write_table(_clients(rng, known), folder / "clients.parquet")
    pq.write_table(_clinicians(rng, clinicians), folder / "clinicians.parquet")


class _Writer:
    """A Parquet file that grows by a table a month."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: pq.ParquetWriter | None = None

    def write(self, table: pa.Table) -> None:
        if self.file is None:
            self.file = pq.ParquetWriter(self.path, table.schema)
        self.file.write_table(table)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def _sessions(rng: np.random.Generator, clients: np.ndarray, month: np.datetime64, first: int, count: int) -> pa.Table:
    """A month of sessions in the order of their start."""
    slot = rng.integers(0, clients.size, count)
    clinician = slot // CLIENTS
    clinician = np.where(rng.random(count) < SHARED, (clinician + 1) % len(clients), clinician)
    status = rng.choice(len(STATUSES), count, p=[0.72, 0.09, 0.06, 0.06, 0.04, 0.03])
    attended = status == 0
    planned = rng.choice([30.0, 50.0, 60.0, 90.0], count, p=[0.1, 0.6, 0.2, 0.1])
    columns = {
        "session_id": _ids("S", np.arange(first, first + count), 9),
        "clinician_id": _ids("C", clinician, 4),
        "client_id": _ids("K", clients.ravel()[slot], 6),
        "scheduled_start": _times(rng, month, count, range(8, 19)),
        "status": _words(STATUSES, status),
        "scheduled_minutes": pa.array(planned),
        "actual_minutes": _numbers(
            (planned + rng.normal(2, 8, count)).clip(0).round(), attended & (rng.random(count) < 0.95)
        ),
        "minutes_late": _numbers(rng.exponential(4, count).round(), attended & (rng.random(count) < 0.8)),
        "prep_minutes": _numbers(rng.gamma(2, 5, count).round(), rng.random(count) < 0.8),
        "note_minutes": _numbers(rng.gamma(2, 6, count).round(), rng.random(count) < 0.8),
        "modality": _words(MODALITIES, rng.choice(5, count, p=[0.6, 0.25, 0.08, 0.04, 0.03])),
        "stage_of_change": _words(STAGES, rng.integers(0, 5, count), rng.random(count) < 0.4),
        "interventions": _interventions(rng, count, attended),
        "homework_set": pa.array(rng.random(count) < 0.5, mask=~attended),
        "homework_done": _numbers(rng.beta(2, 1.5, count).round(2), rng.random(count) < 0.4),
        "srs_total": _numbers((40 - rng.exponential(4, count).clip(0, 39)).round(1), rng.random(count) < 0.6),
        "ors_total": _numbers(rng.normal(22, 6, count).clip(0, 40).round(1), rng.random(count) < 0.6),
        "clinician_effort_rating": _numbers(rng.normal(5, 2, count).clip(0, 10).round(), rng.random(count) < 0.7),
        "client_engagement_rating": _numbers(rng.normal(5, 2, count).clip(0, 10).round(), rng.random(count) < 0.7),
        "clinician_talk_share": _numbers(rng.beta(4, 6, count), rng.random(count) < 0.3),
        "change_talk_share": _numbers(rng.beta(3, 7, count), rng.random(count) < 0.3),
        "sustain_talk_share": _numbers(rng.beta(2, 8, count), rng.random(count) < 0.3),
        "trauma_focus": pa.array(rng.random(count) < 0.15, mask=~attended),
        "crisis": pa.array(rng.random(count) < 0.02, mask=rng.random(count) < 0.1),
    }
    return pa.table(columns)


def _contacts(rng: np.random.Generator, clients: np.ndarray, month: np.datetime64, count: int) -> pa.Table:
    slot = rng.integers(0, clients.size, count)
    columns = {
        "clinician_id": _ids("C", slot // CLIENTS, 4),
        "client_id": _ids("K", clients.ravel()[slot], 6),
        "contacted_at": _times(rng, month, count, range(6, 23)),
        "minutes": _numbers(rng.gamma(1.5, 6, count).round(), rng.random(count) < 0.9),
        "direction": _words(DIRECTIONS, rng.choice(3, count, p=[0.5, 0.35, 0.15])),
        "channel": _words(CHANNELS, rng.integers(0, len(CHANNELS), count)),
        "planned": pa.array(rng.random(count) < 0.2, mask=rng.random(count) < 0.3),
    }
    return pa.table(columns)


def _clients(rng: np.random.Generator, count: int) -> pa.Table:
    intake = FIRST_MONTH.astype("datetime64[D]") + rng.integers(-400, 1000, count)
    columns = {
        "client_id": _ids("K", np.arange(count), 6),
        "intake_date": pa.array(intake, mask=rng.random(count) < 0.2),
        "severity": _numbers(rng.normal(0, 1, count), rng.random(count) < 0.9),
        "trauma_history": pa.array(rng.random(count) < 0.3, mask=rng.random(count) < 0.2),
        "access_barrier": pa.array(rng.random(count) < 0.25, mask=rng.random(count) < 0.2),
        "programme": _words(("day clinic", "outpatient", "outreach"), rng.integers(0, 3, count)),
    }
    return pa.table(columns)


def _clinicians(rng: np.random.Generator, count: int) -> pa.Table:
    columns = {
        "clinician_id": _ids("C", np.arange(count), 4),
        "supervisor_id": _ids("V", np.arange(count) // 8, 3),
        "fte": _numbers(rng.choice([0.5, 0.8, 1.0], count), np.ones(count, bool)),
        "workday_start": _words(("07:30", "08:00", "09:00"), rng.integers(0, 3, count), rng.random(count) < 0.9),
        "workday_end": _words(("17:00", "18:00", "20:00"), rng.integers(0, 3, count), rng.random(count) < 0.9),
    }
    return pa.table(columns)


def _ids(letter: str, numbers: np.ndarray, digits: int) -> pa.Array:
    return pc.binary_join_element_wise(letter, pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), digits, "0"), "")


def _words(words: tuple[str, ...], which: np.ndarray, recorded: np.ndarray | None = None) -> pa.Array:
    codes = pa.array(which, type=pa.int32(), mask=None if recorded is None else ~recorded)
    return pc.take(pa.array(words), codes)


def _numbers(values: np.ndarray, recorded: np.ndarray) -> pa.Array:
    return pa.array(values, mask=~recorded)


def _times(rng: np.random.Generator, month: np.datetime64, count: int, hours: range) -> pa.Array:
    """Sorted times at whole quarters of an hour within the month."""
    days = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    minutes = rng.integers(0, days, count) * 1440 + rng.choice(hours, count) * 60 + rng.integers(0, 4, count) * 15
    return pa.array(np.sort(month.astype("datetime64[m]") + minutes).astype("datetime64[us]"))


def _interventions(rng: np.random.Generator, count: int, recorded: np.ndarray) -> pa.Array:
    """Two interventions of the list, where the session was attended."""
    pairs = tuple(f"{one};{two}" for one in INTERVENTIONS for two in INTERVENTIONS if one < two)
    return _words(pairs, rng.integers(0, len(pairs), count), recorded)


# --- contenders: each does its work in a process of its own and says how long each phase took ------------------------


def bare(folder: Path) -> Iterator[str]:
    """What pandas alone takes: reading the sessions, and one group-by."""
    sessions = pd.read_parquet(folder / "sessions.parquet")
    yield "read"
    month = sessions["scheduled_start"].to_numpy("datetime64[M]").astype("int64")
    groups = sessions.groupby(["clinician_id", "client_id", month])
    table = groups[MEANS].mean().assign(sessions=groups.size())
    yield "group-by"
    assert len(table)


def caseload(folder: Path) -> Iterator[str]:
    """What this package does: reading and checking every table, signals, and the balance of the last month."""
    from caseload import BalanceModel, monthly_signals, read_practice

    yield "(imports)"
    practice = read_practice(folder)
    yield "read"
    signals = monthly_signals(practice)
    yield "signals"
    BalanceModel().fit(signals).estimate()
    yield "balance"


def mixed_model(folder: Path) -> Iterator[str]:
    """The mixed model of the last three months, by itself: its reading and its signals are ours."""
    from contenders import composites
    from contenders import mixed_model as fit

    from caseload import monthly_signals, read_practice

    import_module("statsmodels.regression.mixed_linear_model")  # importing is not the month's work
    table = composites(monthly_signals(read_practice(folder)))
    yield "(reading and composites)"
    fit(table, table["month"].max())
    yield "mixed model"


CONTENDERS: dict[str, Callable[[Path], Iterator[str]]] = {
    "bare": bare,
    "caseload": caseload,
    "mixed model": mixed_model,
}


def timed(work: Iterator[str]) -> Phases:
    """Seconds between the names that `work` yields."""
    phases: Phases = {}
    start = time.perf_counter()
    for name in work:
        now = time.perf_counter()
        phases[name], start = now - start, now
    return phases


def measured(contender: str, folder: Path) -> dict[str, float]:
    """Phases of one run, their sum without those in brackets (`work`), and what the whole process took."""
    start = time.perf_counter()
    command = [sys.executable, __file__, "--contender", contender, "--practice", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{contender} failed")
    phases: Phases = json.loads(said)
    work = sum(seconds for name, seconds in phases.items() if not name.startswith("("))
    whole = {"wall": time.perf_counter() - start, "CPU": usage.ru_utime + usage.ru_stime}
    return {**phases, "work": work, **whole, "peak MB": usage.ru_maxrss / 1024}


def compare(folder: Path, contenders: list[str], repeats: int) -> None:
    """Print the medians of each contender, and its work as a multiple of the bare read and group-by."""
    rows = pq.read_metadata(folder / "sessions.parquet").num_rows
    print(f"\n{rows:,} sessions, median of {repeats}; seconds\n")
    # in turns, so that whatever else the machine does falls on all alike
    turns = [{name: measured(name, folder) for name in contenders} for _ in range(repeats)]
    print("| contender | phases | work | wall | CPU | peak MB | work ÷ bare |\n|---|---|---|---|---|---|---|")
    median: dict[str, Phases] = {}
    for name in contenders:
        median[name] = {key: statistics.median(turn[name][key] for turn in turns) for key in turns[0][name]}
        *phases, work, wall, cpu, peak = median[name].items()
        parts = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in phases)
        ratio = f"{work[1] / median['bare']['work']:.2f}" if "bare" in median else ""
        print(f"| {name} | {parts} | {work[1]:.2f} | {wall[1]:.2f} | {cpu[1]:.2f} | {peak[1]:.0f} | {ratio} |")


def main() -> None:
    """Draw what is missing, then time every size asked."""
    parser = argparse.ArgumentParser(description="What ten million sessions cost beside a bare read and a group-by.")
    parser.add_argument("millions", type=float, nargs="*", default=[0.1], help="million sessions (default: 0.1)")
    parser.add_argument("--folder", type=Path, default=KEPT, help=f"where the practices are kept (default: {KEPT})")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=CONTENDERS, nargs="+", default=list(CONTENDERS), help="contenders to run")
    parser.add_argument("--contender", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--practice", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.contender:
        print(json.dumps(timed(CONTENDERS[given.contender](given.practice))))
        return
    for millions in given.millions:
        compare(practice_folder(given.folder, millions), given.only, given.repeats)


if __name__ == "__main__":
    main()
