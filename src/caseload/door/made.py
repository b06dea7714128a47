"""What a run did, in words: which pages there are now, where, and which could not be made and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from caseload.month.batch import Run
from caseload.month.manifest import Result, by_error
from caseload.wording import counted, month_year

KINDS = {"supervisee": "supervisee {}", "team": "team {}", "quality": "data quality", "index": "landing page",
         "tables": "tables", "pdf": "{}"}  # fmt: skip


@dataclass(frozen=True)
class Made:
    """The run in a sentence; the landing page, and the folder of the supervisees' own copies; the failures in words."""

    sentence: str
    index: Path
    own: Path
    failures: tuple[str, ...]


def made(run: Run) -> Made:
    """What is said of a run."""
    failures = tuple(f"{_listed(results)}: {error}" for error, results in by_error(run.failed).items())
    return Made(_sentence(run), run.index.resolve(), (run.folder / "own").resolve(), failures)


def _sentence(run: Run) -> str:
    wanted = [result for result in run.results if result.status in ("done", "failed")]
    done = [result for result in wanted if result.status == "done"]
    unchanged = sum(result.unchanged for result in done)
    number = f"{len(done)} of {counted(len(wanted), 'report')}" if run.failed else counted(len(done), "report")
    again = ""
    if unchanged:
        rest = "All were" if unchanged == len(done) else f"{unchanged} of them were"
        again = f" {rest} made earlier from the same data and stand as they are."
    verb = "is" if len(done) == 1 and not run.failed else "are"
    pdfs = run.prints.made + run.prints.unchanged
    beside = f" {counted(pdfs, 'PDF lies', 'PDFs lie')} beside the pages." if pdfs else ""
    return f"{number} for {month_year(run.month)} {verb} ready.{again}{beside}"


def _listed(results: list[Result]) -> str:
    return ", ".join(KINDS.get(result.kind, "{}").format(result.id) for result in results)
