"""Workers that make a report's real pages in this process, without a notebook: for tests of what a run leaves where."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Self

from caseload.month.manifest import Result
from caseload.month.page import view_of
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import Job, Report, failed
from caseload.pages.html import QualityPage, SuperviseePage, TeamPage, render_page
from caseload.writing.whole import write_together

PAGES = {"supervisee": SuperviseePage, "team": TeamPage, "quality": QualityPage}


class Direct:
    """Remembers which reports it was asked for; those in `broken` fail."""

    def __init__(self, broken: Iterable[str] = ()) -> None:
        self.asked: list[str] = []
        self.broken = set(broken)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        for report in reports:
            self.asked.append(f"{folder.name} {report.id}")
            if report.id in self.broken:
                yield failed(report, folder, "it is broken")
                continue
            source = prepare(report).source
            texts = {}
            for copy in report.copies:
                text = render_page(PAGES[report.kind](view_of(source, copy.parameters)))
                texts |= {name: text for name in (copy.html, copy.ipynb) if name}
            write_together(folder, texts)
            yield Result(*report.name, "done")
