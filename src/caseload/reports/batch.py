"""A month's reports for a practice: read and reviewed once, rendered side by side, each in place whole or not at all.

A report that fails leaves no page, not even an earlier run's, which would look current. Reports that an earlier run has
made from the same are not made again. Where PDFs are asked for, pages are printed when all of them are made.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from caseload.errors import ParameterError
from caseload.intake import Practice, read_practice
from caseload.reports import files, freshness, prints
from caseload.reports.manifest import Earlier, Result
from caseload.reports.month import MonthFolder, Request, landing_page
from caseload.reports.printing import SECONDS as PRINT_SECONDS
from caseload.reports.printing import check_paper, find_browser
from caseload.reports.prints import Press, Prints, print_pages
from caseload.reports.progress import Progress
from caseload.reports.rendering import Workers, default_processes, local_workers
from caseload.reports.rendering.limits import MEGABYTES, SECONDS, Limits
from caseload.reports.review import Review, review_month
from caseload.reports.selection import reported_month, selected_clinicians
from caseload.reports.suppression import MIN_PEOPLE, MIN_RESPONDENTS, Policy
from caseload.signals import monthly_signals

WHOSE = (
    "supervisor",
    "clinicians",
    "min_people",
    "min_respondents",
)  # the parameters that say what a run writes; the others are in its key, or no matter


@dataclass(frozen=True)
class Run:
    """What a run did: the month's folder, its landing page, one result a report, its pages, what became of PDFs."""

    month: pd.Period
    folder: Path
    index: Path
    results: tuple[Result, ...]
    pages: tuple[str, ...] = ()
    prints: Prints = field(default_factory=Prints)

    @property
    def failed(self) -> tuple[Result, ...]:
        return (*(result for result in self.results if result.status == "failed"), *self.prints.failed)

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
    min_people: int = MIN_PEOPLE,
    min_respondents: int = MIN_RESPONDENTS,
    timeout: int = SECONDS,
    memory: int = MEGABYTES,
    force: bool = False,
    progress: bool | Progress = True,
    paper: str | None = None,
    workers: Workers | None = None,
    signals: Callable[[Practice], pd.DataFrame] = monthly_signals,
) -> Run:
    """Read a practice and write `out/<month>/`: what `caseload report` does.

    `processes` reports are made at a time (default: one a processor), each within `timeout` seconds and `memory`
    megabytes. Team pages hide figures of fewer than `min_people` people and `min_respondents` survey answers. `workers`
    make reports, and `signals` computes the monthly signals, elsewhere (see `caseload.scale`). What an earlier run has
    made from the same is not made again, unless `force`. `progress` shows bars on stderr, or is told how far the run
    is. With a `paper` (`a4` or `letter`), each page is also printed as a PDF, by a browser on this machine. Raises
    InputError or ParameterError before anything is written. Reports that fail are in the run's results.

    Examples
    --------
    >>> import tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as out:
    ...     run = caseload.render_month("data/sample", "2024-12", out, clinicians=["C07"], progress=False)
    ...     [result.status for result in run.results if result.id == "C07"], (run.folder / "C07.html").is_file()
    (['done'], True)
    """
    files.check_writable(Path(out))
    press = None if paper is None else _press(paper, processes, timeout)
    practice = read_practice(data, exclude_invalid=exclude_invalid)
    asked = pd.Period(reported_month(practice, month) or practice.default_month(dt.date.today()), "M")
    whom, everybody = selected_clinicians(practice, supervisor, clinicians)
    limits, policy = Limits(timeout, memory), Policy(min_people, min_respondents)
    request = Request(
        Path(data).resolve(), whom, everybody, supervisor, exclude_invalid, limits, force, progress, policy
    )
    run = None if force else _standing(practice, asked, Path(out), request)
    if run is None:
        with workers or local_workers(processes) as made_by:
            review = review_month(practice, asked, progress=progress, signals=signals)
            check_reviewed(review, request)
            run = render_review(review, Path(out), request, made_by)
    return run if press is None else with_prints(run, press, request)


def render_review(review: Review, out: Path, request: Request, workers: Workers) -> Run:
    """Write the month's folder below `out` for a review that is ready."""
    month = MonthFolder(review, request, out / str(review.month))
    month.write(workers)
    index = month.folder / landing_page(request.supervisor)
    return Run(review.month, month.folder, index, tuple(month.results), month.pages)


def with_prints(run: Run, press: Press, request: Request) -> Run:
    """The run, once a PDF lies beside each of its pages, or it is told why not."""
    made = print_pages(run.folder, run.pages, press, force=request.force, progress=request.progress)
    return replace(run, prints=made)


def _press(paper: str, processes: int | None, timeout: int) -> Press:
    """What prints; raises ParameterError where nothing here can."""
    return Press(find_browser(), check_paper(paper), processes or default_processes(), min(timeout, PRINT_SECONDS))


def check_reviewed(review: Review, request: Request) -> None:
    """Raises ParameterError for a clinician who is in the data but not yet in the month, where named."""
    absent = sorted(request.clinicians - set(review.clinician_ids))
    if absent and not request.everybody:
        raise ParameterError(f"no work of {', '.join(absent)} is recorded up to {review.month}")


def _standing(practice: Practice, month: pd.Period, out: Path, request: Request) -> Run | None:
    """The run that has written all this from the same before, if nothing is missing or changed since."""
    folder = out / str(month)
    earlier = Earlier.read(folder)
    run = freshness.run_key(practice.quality.files, month, exclude_invalid=request.exclude_invalid)
    results = tuple(result for result in earlier.results.values() if result.kind != prints.KIND)
    written = [name for name in earlier.files if name not in earlier.printed]  # a PDF is made again without all this
    stands = (
        earlier.key == freshness.whole_key(run)
        and all(earlier.parameters.get(name, ...) == request.as_json()[name] for name in WHOSE)
        and all(result.status == "done" for result in results)
        and freshness.intact(folder, written, earlier.files)
    )
    index = folder / landing_page(request.supervisor)
    return Run(month, folder, index, results, tuple(prints.pages_of(written))) if stands else None
