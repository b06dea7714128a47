"""A month's reports for a practice: read and reviewed once, rendered side by side, each in place whole or not at all.

A report that fails leaves no page, not even an earlier run's, which would look current. Reports that an earlier run has
made from the same are not made again. Where PDFs are asked for, pages are printed when all of them are made.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from caseload.errors import ParameterError
from caseload.intake import Practice, read_practice
from caseload.intake.history import read_history
from caseload.month import consent, freshness, prints
from caseload.month.folder import INDEX, MonthFolder, Request
from caseload.month.identity import is_same
from caseload.month.manifest import Earlier, Result
from caseload.month.people_names import names_of
from caseload.month.printing import SECONDS as PRINT_SECONDS
from caseload.month.printing import check_paper, find_browser
from caseload.month.prints import Press, Prints, print_pages
from caseload.month.rendering import Workers, default_processes, local_workers
from caseload.month.rendering.limits import MEGABYTES, SECONDS, Limits
from caseload.month.seals import is_seal_of
from caseload.month.selection import reported_month, selected_clinicians
from caseload.pages.review import Review, review_month
from caseload.pages.suppression import policy_of
from caseload.review.progress import Progress
from caseload.signals import monthly_signals
from caseload.writing.locks import only_writer
from caseload.writing.names import landing_pages
from caseload.writing.places import check_apart, check_writable
from caseload.writing.scratch import clear_dead
from caseload.writing.whole import private_folder

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
    passed_over: pd.Period | None = None  # where no month was named: a later one that is complete in a few days

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
    min_people: int | None = None,
    min_respondents: int | None = None,
    timeout: int = SECONDS,
    memory: int = MEGABYTES,
    force: bool = False,
    progress: bool | Progress = True,
    paper: str | None = None,
    key_file: str | Path | None = None,
    workers: Workers | None = None,
    signals: Callable[[Practice], pd.DataFrame] = monthly_signals,
) -> Run:
    """Read a practice and write `out/<month>/`: what `caseload report` does.

    `processes` reports are made at a time (default: one a processor), each within `timeout` seconds and `memory`
    megabytes. Team pages hide figures of fewer than `min_people` people and `min_respondents` survey answers; the
    practice's settings say by default how many. `workers`
    make reports, and `signals` computes the monthly signals, elsewhere (see `caseload.scale`). What an earlier run has
    made from the same is not made again, unless `force`. `progress` shows bars on stderr, or is told how far the run
    is. With a `paper` (`a4` or `letter`), each page is also printed as a PDF, by a browser on this machine. Where
    `settings.toml` wants `names = "people"`, pages show names from `key_file` (default: `<folder>.key`). Raises
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
    folder, read = Path(out), Path(data)
    check_writable(folder)
    press = None if paper is None else _press(paper, processes, timeout)
    made_by = workers or local_workers(processes)
    while True:
        practice = read_practice(data, exclude_invalid=exclude_invalid)
        asked = pd.Period(reported_month(practice, month) or practice.default_month(dt.date.today()), "M")
        for place in (folder, folder / str(asked)):
            check_apart(place, read)
        whom, everybody = selected_clinicians(practice, supervisor, clinicians)
        limits, policy = Limits(timeout, memory), policy_of(practice.settings, min_people, min_respondents)
        request = Request(
            read.resolve(), whom, everybody, supervisor, exclude_invalid, limits, force, progress, policy, _key(read),
            names=names_of(read, practice.settings, None if key_file is None else Path(key_file)),
            prints=press is not None,
        )  # fmt: skip
        _check_ours(practice, asked, folder, request)
        clear_dead()
        private_folder(folder)
        _renew(practice, folder, request, made_by, signals)
        with only_writer(folder / str(asked), None, lambda: _say_waiting(folder / str(asked), request)) as has_waited:  # noqa: B023
            if not has_waited:
                made = _made(practice, asked, folder, request, made_by, signals, press)
                return replace(made, passed_over=None if month else practice.nearly_complete(dt.date.today()))


def _made(
    practice: Practice, month: pd.Period, out: Path, request: Request, workers: Workers,
    signals: Callable[[Practice], pd.DataFrame], press: Press | None,
) -> Run:  # fmt: skip
    """The run, by the only one who writes this month."""
    _check_ours(practice, month, out, request)
    clear_dead(out / str(month))
    run = None if request.force else _still_current(practice, month, out, request)
    if run is None:
        with workers:
            review = review_month(practice, month, progress=request.progress, signals=signals)
            check_reviewed(review, request)
            run = render_review(review, out, request, workers)
    return run if press is None else with_prints(run, press, request)


def _check_ours(practice: Practice, month: pd.Period, out: Path, request: Request) -> None:
    """Raises ParameterError where another practice's pages would be replaced."""
    if is_same(Earlier.read(out / str(month)), practice, month, request.identity) is False:
        raise ParameterError(
            f"{out / str(month)} holds the pages of another practice. Name another folder with --out, or remove them "
            "if they are no longer needed. Nothing was written."
        )


def render_review(review: Review, out: Path, request: Request, workers: Workers) -> Run:
    """Write the month's folder below `out` for a review that is ready."""
    month = MonthFolder(review, request, out / str(review.month))
    month.write(workers)
    return Run(
        review.month, month.folder, month.folder / _index(review.practice, request), tuple(month.results), month.pages
    )


def _renew(
    practice: Practice, out: Path, request: Request, workers: Workers, signals: Callable[[Practice], pd.DataFrame]
) -> None:
    """Make the pages of all months again that show what is no longer shared, or remove them."""
    folders = consent.outdated(out, practice, request.identity)
    if not folders:
        return
    with workers:
        for folder in folders:
            with only_writer(folder, None, lambda folder=folder: _say_waiting(folder, request)):  # type: ignore[misc]
                if consent.is_outdated(folder, practice, request.identity):
                    _renew_month(practice, folder, request, workers, signals)


def _renew_month(
    practice: Practice, folder: Path, request: Request, workers: Workers, signals: Callable[[Practice], pd.DataFrame]
) -> None:
    earlier = Earlier.read(folder)
    try:
        review = review_month(practice, folder.name, progress=request.progress, signals=signals)
        supervisor = earlier.parameters.get("supervisor")
        with_pages = [
            who for (kind, who), result in earlier.results.items() if kind == "supervisee" and result.has_pages
        ]
        everybody = earlier.parameters.get("clinicians") is None
        there = set(review.clinician_ids) if supervisor is None else set(review.supervisees_of(supervisor))
        asked = replace(
            request, clinicians=frozenset(there if everybody else there & set(with_pages)), everybody=everybody,
            supervisor=supervisor, force=True, policy=consent.policy_of(earlier, request.policy), renews=True,
            prints=False,
        )  # fmt: skip
        MonthFolder(review, asked, folder).write(workers)
    except Exception:  # whatever it is: what cannot be made again must not stay
        consent.remove_month(folder)


def _say_waiting(folder: Path, request: Request) -> None:
    if request.progress:
        print(f"Another run is writing {folder}. This one waits for it.", file=sys.stderr)


def _key(data: Path) -> str:
    """The fingerprint of the key that a practice was imported with; empty where it was not, or not with one key."""
    keys = {entry.key for entry in read_history(data) or () if entry.key} if data.is_dir() else set()
    return keys.pop() if len(keys) == 1 else ""


def _index(practice: Practice, request: Request) -> str:
    """The file to open first."""
    return INDEX if request.supervisor is None else landing_pages(practice.supervisees)[request.supervisor]


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


def _still_current(practice: Practice, month: pd.Period, out: Path, request: Request) -> Run | None:
    """The run that has written all this from the same before, if nothing is missing or changed since."""
    folder = out / str(month)
    earlier = Earlier.read(folder)
    run = freshness.run_key(practice.quality.files, month, exclude_invalid=request.exclude_invalid, names=request.names)
    results = tuple(result for result in earlier.results.values() if result.kind != prints.KIND)
    written = [name for name in earlier.files if name not in earlier.printed]  # a PDF is made again without all this
    stands = (
        is_seal_of(earlier.key, freshness.whole_key(run))
        and all(earlier.parameters.get(name, ...) == request.as_json()[name] for name in WHOSE)
        and all(result.status == "done" for result in results)
        and freshness.intact(folder, written, earlier.files)
    )
    index = folder / _index(practice, request)
    return Run(month, folder, index, results, tuple(prints.pages_of(written))) if stands else None
