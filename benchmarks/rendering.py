"""What a report costs: notebooks by commands, libraries, warm kernels, the fork server, on Dask; and without notebook.

    python benchmarks/rendering.py                 # the table of the README, some ten minutes on two cores
    python benchmarks/rendering.py --memory 1000   # memory of the fork server over so many reports

One simulated practice is reviewed once. Every contender then makes reports (both copies of a supervisee's page, the
project's own notebook) in a process of its own, whose whole life is counted: CPU seconds of it and of all that it
starts, wall time, the largest PSS (its share of the memory in use) of the whole tree. Those with a kernel get each
page's view as a file that is made beforehand; the others also build it, from the part of the review that is about the
person.
"""

from __future__ import annotations

import argparse
import math
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import psutil

from caseload.month.handover import PREPARED_VARIABLE, for_a_kernel
from caseload.month.page import view_of
from caseload.month.rendering import Workers
from caseload.month.rendering.limits import ONE_THREAD, Limits
from caseload.month.rendering.reports import Copy, Job, Report, job_of, planned

SEED = 920_000
CLINICIANS, MONTHS = 80, 12
PROCESSES = 2
SAMPLED = 0.2  # seconds between two looks at the memory
FEW, MANY = 6, 80  # reports of a contender that takes long, and of one that does not


@dataclass(frozen=True)
class Case:
    """One report, and where the views of its copies lie."""

    job: Job
    views: tuple[Path, ...]

    @property
    def report(self) -> Report:
        return self.job.report

    @property
    def copies(self) -> Iterator[tuple[Copy, Path]]:
        return zip(self.report.copies, self.views, strict=True)


def prepared(folder: Path) -> Path:
    """A file with the cases of a whole practice, made now."""
    import caseload
    from caseload.simulate import Settings, simulate

    practice = simulate(Settings(clinicians=CLINICIANS, months=MONTHS, seed=SEED)).practice()
    review = caseload.review_month(practice)
    common: dict[str, Any] = {"data": folder, "month": str(review.month), "exclude_invalid": False}
    cases = []
    for report in planned(review, review.clinician_ids, common, practice=False):
        job = job_of(review, report)
        views = tuple(folder / f"view-{len(cases)}-{copy}" for copy, _ in enumerate(report.copies))
        for copy, path in zip(report.copies, views, strict=True):
            for_a_kernel(copy.parameters, view_of(job.source, copy.parameters), path)
        cases.append(Case(job, views))
    path = folder / "cases"
    path.write_bytes(pickle.dumps(cases))
    return path


# --- contenders -------------------------------------------------------------------------------------------------------


def commands(cases: list[Case], out: Path) -> None:
    """What a user types: papermill, then nbconvert, one after the other."""
    for case in cases:
        _by_commands(case, out)


def commands_two_at_a_time(cases: list[Case], out: Path) -> None:
    """The same, for two reports at a time."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        list(pool.map(_by_commands, cases, [out] * len(cases)))


def _by_commands(case: Case, out: Path) -> None:
    for copy, view in case.copies:
        executed, page = out / f"{view.name}.ipynb", f"{view.name}.html"
        told = [word for name, value in _told(copy).items() for word in ("-r", name, value)]
        papermill = ["papermill", str(case.report.notebook), str(executed), "--no-progress-bar", *told]
        nbconvert = ["jupyter", "nbconvert", "--to", "html", "--template", "caseload", str(executed), "--output", page]
        environment = os.environ | {PREPARED_VARIABLE: str(view), "PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
        for command in (papermill, nbconvert):
            subprocess.run(command, env=environment, check=True, capture_output=True)


def _told(copy: Copy) -> dict[str, str]:
    told = copy.parameters.as_notebook()
    return {name: value for name, value in told.items() if isinstance(value, str)}


def libraries(cases: list[Case], out: Path) -> None:
    """papermill and nbconvert as libraries, in two processes that stay, with an ordinary kernel for each notebook."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_by_libraries, cases, [out] * len(cases)))


def _by_libraries(case: Case, out: Path) -> None:
    import papermill

    for copy, view in case.copies:
        os.environ[PREPARED_VARIABLE] = str(view)
        told = copy.parameters.as_notebook()
        notebook = papermill.execute_notebook(
            case.report.notebook, None, told, progress_bar=False, request_save_on_cell_execute=False
        )
        _exported(notebook, out / f"{view.name}.html")


def _exported(notebook: Any, page: Path) -> None:
    page.write_text(_html_exporter().from_notebook_node(notebook)[0])


@cache
def _html_exporter() -> Any:
    from nbconvert import HTMLExporter

    return HTMLExporter(template_name="caseload")


def warm_kernels(cases: list[Case], out: Path) -> None:
    """Two kernels that stay, reset after each notebook: what one report leaves, the next can see."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_by_warm_kernel, [cases[start::PROCESSES] for start in range(PROCESSES)], [out] * PROCESSES))


def _by_warm_kernel(cases: list[Case], out: Path) -> None:
    import nbformat
    from nbclient import NotebookClient
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    kernel = NotebookClient(nbformat.v4.new_notebook(), kernel_name="python3")
    with kernel.setup_kernel():
        for copy, view, notebook in ((*pair, case.report.notebook) for case in cases for pair in case.copies):
            kernel.nb = parameterize_notebook(
                load_notebook_node(str(notebook)), copy.parameters.as_notebook(), kernel_name="python3"
            )
            first = f"%reset -f\nimport os\nos.environ[{PREPARED_VARIABLE!r}] = {str(view)!r}"
            kernel.nb.cells.insert(0, nbformat.v4.new_code_cell(first))
            for number, cell in enumerate(kernel.nb.cells):
                kernel.execute_cell(cell, number)
            _exported(kernel.nb, out / f"{view.name}.html")


def fork_server(cases: list[Case], out: Path) -> None:
    """`caseload report`: a fresh child of a fork server for each report."""
    from caseload.month.rendering.forked import Forked

    _by_workers(Forked(PROCESSES), cases, out)


def dask(cases: list[Case], out: Path) -> None:
    """`caseload report --dask`: two worker processes on this machine, a fork server each."""
    from distributed import LocalCluster

    from caseload.scale import Cluster

    with LocalCluster(n_workers=PROCESSES, threads_per_worker=1, dashboard_address=None) as cluster:
        _by_workers(Cluster(cluster.scheduler_address), cases, out)


def _by_workers(workers: Workers, cases: list[Case], out: Path) -> None:
    jobs = {id(case.report): case.job for case in cases}
    with workers as ready:
        reports = [case.report for case in cases]
        results = ready.rendered(reports, lambda report: jobs[id(report)], out, Limits())
        with closing(results):
            failed = [result for result in results if result.status != "done"]
    assert not failed, failed[0]


def no_notebook(cases: list[Case], out: Path) -> None:
    """The same figures and tables as a page, without any notebook, in two processes that stay."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        list(pool.map(_page_alone, cases, [out] * len(cases)))


def _page_alone(case: Case, out: Path) -> None:
    from caseload.pages.html import SuperviseePage, render_page

    for copy, view in case.copies:
        page = render_page(SuperviseePage(view_of(case.job.source, copy.parameters)))
        (out / f"{view.name}.html").write_text(page)


ON_DASK = "caseload on Dask, two workers"
CONTENDERS: dict[str, tuple[Callable[[list[Case], Path], None], int]] = {
    "papermill and nbconvert commands": (commands, FEW),
    "the same, two at a time": (commands_two_at_a_time, FEW),
    "both as libraries, two processes": (libraries, FEW),
    "two warm kernels": (warm_kernels, 2 * FEW),
    "caseload: fork server": (fork_server, MANY),
    ON_DASK: (dask, MANY),
    "no notebook, two processes": (no_notebook, MANY),
}


# --- measuring --------------------------------------------------------------------------------------------------------


def measured(name: str, cases: Path, reports: int, out: Path) -> dict[str, float]:
    """One run of a contender: what its process and all that it starts take."""
    out.mkdir()
    command = [sys.executable, __file__, "--contender", name, "--cases", str(cases), "--out", str(out)]
    start = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ONE_THREAD
    process = subprocess.Popen([*command, "--reports", str(reports)], env=environment)
    peaks = [0.0]
    watching = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, watching, peaks))
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    watching.set()
    watcher.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{name} failed")
    sizes = [page.stat().st_size for page in out.rglob("*.html")]
    cpu = usage.ru_utime + usage.ru_stime
    rates = {"CPU s": cpu / reports, "reports a minute": 60 * reports / wall}
    if name == ON_DASK:
        rates["CPU s"] = math.nan  # the cluster ends its workers without taking account of their time
    return {**rates, "wall": wall, "peak MB": max(peaks), "kB a page": statistics.mean(sizes) / 1000}


def _watch(process: int, stop: threading.Event, sizes: list[float]) -> None:
    """Note the PSS of a process and all below it, in MB, until told to stop."""
    while not stop.wait(SAMPLED):
        sizes.append(tree_pss(process))


def tree_pss(process: int) -> float:
    """MB of a process and all below it, what they share counted once."""
    total = 0
    try:
        parent = psutil.Process(process)
        for member in (parent, *parent.children(recursive=True)):
            try:
                total += member.memory_full_info().pss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total / 2**20


def compare(names: Iterable[str], repeats: int) -> None:
    """Print the medians of each contender, and how much faster it is than the commands."""
    with tempfile.TemporaryDirectory(prefix="caseload-rendering-") as place:
        folder = Path(place)
        cases = prepared(folder)
        for name in names:  # once for nothing: bytecode is written, files are in the cache
            measured(name, cases, 1, folder / f"{name} first")
        # in turns, so that whatever else the machine does falls on all alike
        turns = [
            {name: measured(name, cases, CONTENDERS[name][1], folder / f"{name} {turn}") for name in names}
            for turn in range(repeats)
        ]
    head = ["CPU s", "reports a minute", "peak MB", "kB a page"]
    print(f"| way, {PROCESSES} cores | reports | {' | '.join(head)} | times the commands, CPU | and rate |")
    print("|---" * (len(head) + 4) + "|")
    first: dict[str, float] | None = None
    for name in turns[0]:
        median = {key: statistics.median(turn[name][key] for turn in turns) for key in turns[0][name]}
        first = first or median
        figures = " | ".join(f"{median[key]:.2f}" if key == "CPU s" else f"{median[key]:.0f}" for key in head)
        ratios = (
            f"{first['CPU s'] / median['CPU s']:.1f} | {median['reports a minute'] / first['reports a minute']:.1f}"
        )
        print(f"| {name} | {CONTENDERS[name][1]} | {figures} | {ratios} |", flush=True)


def over_many(reports: int) -> None:
    """Print the memory of the fork server's whole tree at ten points of a long run."""
    from caseload.month.rendering.forked import Forked

    with tempfile.TemporaryDirectory(prefix="caseload-rendering-") as place:
        cases: list[Case] = pickle.loads(prepared(Path(place)).read_bytes())
        jobs = {case.report.id: case.job for case in cases}
        todo = list(islice(cycle(case.report for case in cases), reports))
        sizes: list[float] = []
        with Forked(PROCESSES) as workers:
            for done, _ in enumerate(workers.rendered(todo, lambda report: jobs[report.id], Path(place), Limits()), 1):
                sizes.append(tree_pss(os.getpid()))
                if done % max(reports // 10, 1) == 0:
                    recent = sizes[-max(reports // 10, 1) :]
                    print(f"{done:5} reports: median {statistics.median(recent):.0f} MB, most {max(recent):.0f} MB")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description="What a report costs, by the ways there are to make it.")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", choices=CONTENDERS, nargs="+", default=list(CONTENDERS), help="contenders to run")
    parser.add_argument("--memory", metavar="REPORTS", type=int, help="only this: memory over so many reports")
    for name in ("contender", "cases", "out"):
        parser.add_argument(f"--{name}", help=argparse.SUPPRESS)
    parser.add_argument("--reports", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.memory:
        over_many(given.memory)
    elif given.contender:
        cases = pickle.loads(Path(given.cases).read_bytes())
        CONTENDERS[given.contender][0](list(islice(cycle(cases), given.reports)), Path(given.out))
    else:
        compare(given.only, given.repeats)


if __name__ == "__main__":
    main()
