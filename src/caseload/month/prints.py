"""The PDFs of a month's pages: which of them still show their page, which are printed, and what is told of failures.

A PDF lies beside its page and is made from that file alone. It stands while the page has the bytes that were printed,
which the manifest tells; one that shows an older page would look current, so that no run leaves it.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from caseload.month import freshness, manifest
from caseload.month.manifest import Earlier, Result
from caseload.month.printing import SECONDS, Browser, Paper
from caseload.month.rendering.reports import cause
from caseload.month.seals import is_seal_of, sealed
from caseload.review.progress import Progress, shown
from caseload.writing.places import check_claimed
from caseload.writing.scratch import reserved, scratch
from caseload.writing.whole import remove

KIND = "pdf"  # of the results of those that failed; of the others, the manifest tells what they were printed from
PAGE = ".html"
MANIFEST_BYTES = 512  # that the manifest may grow by for each PDF


@dataclass(frozen=True)
class Press:
    """What prints: a browser, on this paper, so many pages at a time, each within `seconds`."""

    browser: Browser
    paper: Paper
    at_a_time: int
    seconds: float = SECONDS


@dataclass(frozen=True)
class Prints:
    """What became of a month's PDFs."""

    made: int = 0
    unchanged: int = 0
    failed: tuple[Result, ...] = ()


def pdf_of(page: str) -> str:
    """`own/C07.pdf`, the file beside `own/C07.html`."""
    return page.removesuffix(PAGE) + ".pdf"


def pages_of(names: Iterable[str]) -> list[str]:
    """The pages among these files."""
    return [name for name in names if name.endswith(PAGE)]


def outdated(folder: Path, names: Iterable[str], printed: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The PDFs of the pages among `names` that do not show them as they are now in `folder`."""
    pages = pages_of(names)
    there = freshness.digests(folder, [page for page in pages if pdf_of(page) in printed])
    return [pdf_of(page) for page in pages if not _shows(printed.get(pdf_of(page), {}), there.get(page, ""))]


def print_pages(folder: Path, pages: Iterable[str], press: Press, *, force: bool, progress: bool | Progress) -> Prints:
    """Print the pages in a month's folder whose PDFs do not stand, or all of them, and have the manifest tell of it."""
    earlier, pages = Earlier.read(folder), list(pages)
    claimed = {folder / pdf_of(page) for page in pages if manifest.claim_on(pdf_of(page)) in earlier.claims}
    check_claimed(folder, map(pdf_of, pages), claimed.__contains__)
    there = {page: digest for page, digest in freshness.digests(folder, pages).items() if digest}
    todo = [page for page in there if force or not _stands(page, there[page], earlier, folder, press.paper)]
    if todo:
        manifest.claim(folder, map(pdf_of, todo))
    seals, printed, failed = dict(earlier.files), dict(earlier.printed), list[Result]()
    size = (folder / manifest.NAME).stat().st_size + MANIFEST_BYTES * len(todo)
    with reserved(folder, size) as free, closing(_printed(folder, todo, press)) as outcomes:
        try:
            for page, outcome in shown(progress if todo else False)(outcomes, "PDFs", len(todo), "page"):
                name = pdf_of(page)
                if isinstance(outcome, Result):
                    failed.append(outcome)
                    printed.pop(name, None)
                    remove(folder, [name])
                else:
                    printed[name] = {"page": sealed(outcome), "paper": press.paper}
                seals |= freshness.seals(folder, [name])
        finally:
            free()
            failed.sort(key=lambda result: todo.index(f"{result.id.removesuffix('.pdf')}{PAGE}"))
            manifest.amend(folder, seals, printed, {KIND: failed})
    return Prints(len(todo) - len(failed), len(there) - len(todo), tuple(failed))


def _stands(page: str, digest: str, earlier: Earlier, folder: Path, paper: Paper) -> bool:
    """Whether the PDF of a page shows it, on this paper, and is as it was written."""
    name = pdf_of(page)
    told = earlier.printed.get(name, {})
    return _shows(told, digest) and told.get("paper") == paper and freshness.intact(folder, [name], earlier.files)


def _shows(told: Mapping[str, str], digest: str) -> bool:
    """Whether, by what the manifest tells of it, a PDF was printed from the page with this digest."""
    return is_seal_of(told.get("page", ""), digest)


def _printed(folder: Path, pages: Iterable[str], press: Press) -> Generator[tuple[str, str | Result]]:
    """Each page, as it is done, with the digest of what was printed, or its failure. Closing ends what still prints."""
    stopped = Event()
    with ThreadPoolExecutor(press.at_a_time) as threads:
        running = {threads.submit(_print, folder, page, press, stopped): page for page in pages}
        try:
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            stopped.set()
            threads.shutdown(cancel_futures=True)


def _print(folder: Path, page: str, press: Press, stopped: Event) -> str | Result:
    """Print one page; whatever fails must not stop the others."""
    began, name = time.monotonic(), pdf_of(page)
    try:
        with scratch(folder) as stage:
            return press.browser.print_page(folder / page, folder / name, press.paper, stage, press.seconds, stopped)
    except Exception as error:
        return Result(KIND, name, "failed", time.monotonic() - began, cause(error))
