"""A month's reports for a practice: reviewed once, rendered side by side, each put in place whole or not at all.

Workers are threads: a report's work happens in a kernel, which is a process of its own, and a thread survives the
death of its kernel. A report that fails leaves no page, not even an earlier run's, which would look current.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from caseload.errors import ParameterError
from caseload.intake import read_practice
from caseload.reports import files, manifest
from caseload.reports.files import file_stem, report_stem
from caseload.reports.html import render_index
from caseload.reports.kernel import kill_kernels
from caseload.reports.manifest import Result
from caseload.reports.notebooks import CELL_TIMEOUT
from caseload.reports.rendering import Report, planned, render
from caseload.reports.review import Review, review_month
from caseload.reports.selection import reported_month, selected_clinicians
from caseload.reports.tables import csv_texts

NOT_RENDERED = "not rendered in this run"
MOST_WORKERS = 8  # a kernel takes about 250 MB


@dataclass(frozen=True)
class Request:
    """What a run is asked for: whose reports (`everybody`, or `clinicians`), for a `supervisor` or the practice."""

    data: Path
    clinicians: frozenset[str]
    everybody: bool = True
    supervisor: str | None = None
    exclude_invalid: bool = False
    processes: int = 1
    timeout: int = CELL_TIMEOUT
    progress: bool = False

    def as_json(self) -> dict[str, object]:
        """For the manifest; the data by its name only, since a path tells of the machine."""
        kept = {name: getattr(self, name) for name in ("supervisor", "exclude_invalid", "processes", "timeout")}
        return {"data": self.data.name, "clinicians": None if self.everybody else sorted(self.clinicians), **kept}


@dataclass(frozen=True)
class Run:
    """What a run did: the month's folder, its landing page and one result a report."""

    month: pd.Period
    folder: Path
    index: Path
    results: tuple[Result, ...]

    @property
    def failed(self) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.status == "failed")

    @property
    def exit_code(self) -> int:
        return 3 if self.failed else 0


def render_month(
    data: str | Path,
    month: str | None = None,
    out: str | Path = "reports",
    *,
    supervisor: str | None = None,
    clinicians: Iterable[str] = (),
    processes: int | None = None,
    exclude_invalid: bool = False,
    timeout: int = CELL_TIMEOUT,
    progress: bool = True,
) -> Run:
    """Read a practice and write `out/<month>/`: what `caseload report` does.

    Raises InputError or ParameterError before anything is written. Reports that fail are in the run's results.
    """
    files.check_writable(Path(out))
    practice = read_practice(data, exclude_invalid=exclude_invalid)
    asked = reported_month(practice, month)
    whom, everybody = selected_clinicians(practice, supervisor, clinicians)
    request = Request(
        Path(data).resolve(),
        whom,
        everybody,
        supervisor,
        exclude_invalid,
        processes or default_workers(),
        timeout,
        progress,
    )
    review = review_month(practice, asked, progress=progress)
    check_reviewed(review, request)
    return render_review(review, Path(out), request)


def render_review(review: Review, out: Path, request: Request) -> Run:
    """Write the month's folder below `out` for a review that is ready."""
    began = datetime.now().astimezone()
    folder = files.private_folder(out / str(review.month))
    files.clear_unfinished(folder)
    common = {"data": request.data, "month": str(review.month), "exclude_invalid": request.exclude_invalid}
    reports = planned(review, request.clinicians, common, practice=request.supervisor is None)
    outdated = _earlier_files(folder) - _current_files(review, request, reports) if _is_whole(request) else set()
    results = [*_rendered(reports, review, folder, request), *_others(review, folder, request)]
    results += _write_indexes(review, folder, request, results)
    files.remove(folder, sorted(outdated))
    files.write_together(folder, _tables_and_manifest(review, request, began, results))
    return Run(review.month, folder, folder / _index_names(review, request)[0][0], tuple(results))


def default_workers() -> int:
    """As many kernels at a time as there are processors for this process."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(usable, MOST_WORKERS)


def check_reviewed(review: Review, request: Request) -> None:
    """Raises ParameterError for a clinician who is in the data but not yet in the month, where named."""
    absent = sorted(request.clinicians - set(review.clinician_ids))
    if absent and not request.everybody:
        raise ParameterError(f"no work of {', '.join(absent)} is recorded up to {review.month}")


def _rendered(reports: list[Report], review: Review, folder: Path, request: Request) -> list[Result]:
    """One result a report, in the order of `reports`, whatever order they finish in."""
    with ThreadPoolExecutor(request.processes) as pool:
        futures = [pool.submit(render, report, review, folder, request.timeout) for report in reports]
        with (
            _stopped_cleanly(futures),
            tqdm(
                total=len(futures), desc=f"Reports {review.month}", unit="report", disable=not request.progress
            ) as bar,
        ):
            for _ in as_completed(futures):
                bar.update()
        return [future.result() for future in futures]


@contextmanager
def _stopped_cleanly(futures: list[Future[Result]]) -> Iterator[None]:
    """On Ctrl-C start no further report and end the kernels, so that their workers end too."""
    try:
        yield
    except BaseException:
        for future in futures:
            future.cancel()
        while wait(futures, timeout=0.2).not_done:
            kill_kernels()
        raise


def _others(review: Review, folder: Path, request: Request) -> list[Result]:
    """The supervisees that this run was not to render: an earlier page is kept, or there is none."""
    if request.supervisor is not None:
        return []
    others = [clinician for clinician in review.clinician_ids if clinician not in request.clinicians]
    return [Result("supervisee", c, "kept" if _has_page(review, folder, c) else "not_rendered") for c in others]


def _has_page(review: Review, folder: Path, clinician_id: str) -> bool:
    stem = report_stem("supervisee", clinician_id, review.clinician_ids)
    return all((folder / name).is_file() for name in (f"{stem}.html", f"own/{stem}.html"))


def _write_indexes(review: Review, folder: Path, request: Request, results: list[Result]) -> list[Result]:
    """Write the landing pages; returns a result for each that could not be written."""
    failures = {
        r.id: r.error or NOT_RENDERED for r in results if r.kind == "supervisee" and r.status not in ("done", "kept")
    }
    failed = []
    for name, supervisor in _index_names(review, request):
        try:
            files.write_together(folder, {name: render_index(review.index(supervisor, failures=failures))})
        except Exception as error:  # the reports are made; a landing page that fails must not hide that
            files.remove(folder, [name])
            failed.append(Result("index", name, "failed", error=type(error).__name__))
    return failed


def _index_names(review: Review, request: Request) -> list[tuple[str, str | None]]:
    """(file, supervisor) of the landing pages to write, the first one to open first."""
    asked = review.supervisors if request.supervisor is None else (request.supervisor,)
    theirs: list[tuple[str, str | None]] = [(f"{file_stem('index', name)}.html", name) for name in asked]
    return theirs if request.supervisor is not None else [("index.html", None), *theirs]


def _tables_and_manifest(review: Review, request: Request, began: datetime, results: list[Result]) -> dict[str, str]:
    """The estimates of the month, of a supervisor's own supervisees where one is asked for, and the manifest."""
    shown = None if request.supervisor is None else frozenset(review.supervisees_of(request.supervisor))
    inputs, expected = review.practice.quality.files, review.expected_false_flags
    times = began, datetime.now().astimezone()
    text = manifest.manifest_text(review.month, request.as_json(), inputs, expected, times, results)
    return {**csv_texts(review, review.month, shown), manifest.NAME: text}


def _is_whole(request: Request) -> bool:
    return request.everybody and request.supervisor is None


def _earlier_files(folder: Path) -> set[str]:
    """The files of the reports and landing pages of the last run in this folder."""
    earlier = manifest.earlier_reports(folder)
    ids = [identifier for kind, identifier in earlier if kind == "supervisee"]
    stems = {report_stem(kind, identifier, ids) for kind, identifier in earlier if kind != "index"}
    pages = {name for stem in stems for name in (f"{stem}.html", f"{stem}.ipynb", f"own/{stem}.html")}
    return pages | {path.name for path in folder.glob("index-*.html")}


def _current_files(review: Review, request: Request, reports: list[Report]) -> set[str]:
    return {name for report in reports for name in report.files} | {name for name, _ in _index_names(review, request)}
