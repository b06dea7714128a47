"""A month's folder while it is written: what is to be made in it, and what has become of it so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from caseload.errors import ParameterError
from caseload.month import consent, freshness, manifest, prints
from caseload.month.csv_tables import TABLES, csv_texts
from caseload.month.identity import identity_of
from caseload.month.manifest import Earlier, Result, claim_on
from caseload.month.people_names import with_names
from caseload.month.rendering import Workers
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import Job, Report, cause, job_of, planned
from caseload.month.seals import sealed
from caseload.pages.html import render_index
from caseload.pages.suppression import USUAL, Policy
from caseload.review.progress import Progress, shown
from caseload.writing.names import file_names, landing_pages
from caseload.writing.places import check_claimed
from caseload.writing.scratch import clear_dead, reserved
from caseload.writing.whole import private_folder, remove, write_together

if TYPE_CHECKING:
    from caseload.pages.review import Review

INDEX = "index.html"
NOT_RENDERED = "not rendered in this run"
NOT_THERE = "it was made, and its files are not in the folder"
MANIFEST_BYTES = 65_536, 4_096  # room that is kept for the manifest: for the run, and for each report

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """What a run is asked for: whose reports (`everybody`, or `clinicians`), for a `supervisor` or the practice."""

    data: Path
    clinicians: frozenset[str]
    everybody: bool = True
    supervisor: str | None = None
    exclude_invalid: bool = False
    limits: Limits = field(default_factory=Limits)
    force: bool = False
    progress: bool | Progress = False
    policy: Policy = USUAL
    key: str = ""  # the fingerprint of the key that the practice was imported with
    renews: bool = False  # whether nothing of an earlier run is to stay that this one does not make
    names: Mapping[str, str] = field(default_factory=dict, repr=False)  # what pages show in the place of identifiers
    prints: bool = False  # whether PDFs of the pages are to follow

    @property
    def is_whole(self) -> bool:
        """Whether everything is to be written that the month has."""
        return self.everybody and self.supervisor is None

    @property
    def identity(self) -> dict[str, str]:
        """What the practice is called (`caseload.month.identity` tells it from others)."""
        return {"data": self.data.name, **({"key": self.key} if self.key else {})}

    def as_json(self) -> dict[str, object]:
        """For the manifest; the data by its name only, since a path tells of the machine."""
        whom = None if self.everybody else sorted(self.clinicians)
        asked = {"data": self.data.name, "clinicians": whom, "supervisor": self.supervisor}
        limits = {"timeout": self.limits.seconds, "memory": self.limits.megabytes}
        least = {"min_people": self.policy.people, "min_respondents": self.policy.respondents}
        return {**asked, "exclude_invalid": self.exclude_invalid, **least, **limits}


class MonthFolder:
    """The folder of a month whose review is ready."""

    def __init__(self, review: Review, request: Request, folder: Path) -> None:
        self.review, self.request = review, request
        self.folder = folder.absolute()  # who renders does so in another working folder
        self._began = datetime.now().astimezone()
        common = {"data": request.data, "month": str(review.month), "exclude_invalid": request.exclude_invalid}
        self.reports = planned(
            review, request.clinicians, common, practice=request.supervisor is None, policy=request.policy
        )
        self._inputs = review.practice.quality.files
        self._key = freshness.run_key(
            self._inputs, review.month, exclude_invalid=request.exclude_invalid, names=request.names
        )
        self._keys = {report.name: freshness.report_key(self._key, report) for report in self.reports}
        self._earlier = Earlier.read(folder)
        self._seals = self._taken_over(self._earlier.files)
        self._printed = self._taken_over(self._earlier.printed)
        self._made = {} if request.force else {result.name: result for result in self._still_current()}
        self._others = [] if request.supervisor is not None else list(self._not_asked_for())
        self._beside: list[Result] = []  # landing pages and tables that could not be written
        self._whole_key = ""  # until nothing is left to do: what a run leaves that is stopped does not stand as a whole
        self._shared = consent.shared_answers(review.practice, review.month, request.supervisor)
        self._shown = self._earlier.shown | self._shared  # until what is no longer shared is gone

    @property
    def results(self) -> list[Result]:
        """One result a report, in the order of the reports, whatever order they finish in."""
        made = [self._made.get(r.name, Result(*r.name, "not_rendered", error=NOT_RENDERED)) for r in self.reports]
        return [*made, *self._others, *self._beside]

    @property
    def pages(self) -> tuple[str, ...]:
        """The pages that this run was to make, and that are there."""
        return tuple(name for name in prints.pages_of(self._written()) if self._seals.get(name))

    def write(self, workers: Workers) -> None:
        """Write everything. The manifest is written first and last, whatever happens between.

        Raises ParameterError, with nothing written, where a file is in the way that no earlier run has written.
        """
        self._check_claims()
        private_folder(self.folder)
        clear_dead(self.folder)
        run, each = MANIFEST_BYTES
        with reserved(self.folder, run + each * len(self.results)) as free:
            self._write_manifest(silent_on=self._changing())
            try:
                self._remove_old_prints(self._written())
                self._render(workers)
                self._write_landing_pages()
                self._write_tables()
                self._remove_outdated()
                self._whole_key = sealed(freshness.whole_key(self._key))
                self._shown = self._shared
            finally:
                free()
                self._record_rest()
                self._write_manifest()

    def _check_claims(self) -> None:
        names = self._names() if self.request.prints else set(self._written())
        names |= {manifest.NAME}
        if any(place.is_symlink() for place in (self.folder, self.folder / "own")):
            raise ParameterError(f"cannot write to {self.folder}: it leads elsewhere by a link. Nothing was written.")
        claimed = {self.folder / name for name in names if claim_on(name) in self._earlier.claims}
        check_claimed(self.folder, sorted(names), claimed.__contains__)

    def _render(self, workers: Workers) -> None:
        """Make what does not stand."""
        todo = {report.name: report for report in self.reports if report.name not in self._made}
        results = workers.rendered(todo.values(), self._job, self.folder, self.request.limits)
        progress = shown(self.request.progress if todo else False)
        with closing(results):
            for result in progress(results, f"Reports {self.review.month}", len(todo), "report"):
                written = todo[result.name].files
                self._record(written)
                if result.status == "done" and not all(self._seals.get(name) for name in written):
                    result = replace(result, status="failed", error=NOT_THERE)
                key = sealed(self._keys[result.name]) if result.status == "done" else ""
                self._made[result.name] = replace(result, key=key)

    def _job(self, report: Report) -> Job:
        return job_of(self.review, report, self.request.names)

    def _write_landing_pages(self) -> None:
        """Write the landing pages, which tell of reports that were not made."""
        for name, supervisor in self._landing_pages().items():
            self._write_beside("index", [name], partial(self._landing, name, supervisor))

    def _landing(self, name: str, supervisor: str | None) -> dict[str, str]:
        absent = [r for r in self.results if r.kind == "supervisee" and not r.has_pages]
        failures = {result.id: result.error or NOT_RENDERED for result in absent}
        page = render_index(self.review.index(supervisor, failures=failures))
        shown = self.review.supervisees_of(supervisor) if supervisor else self.review.clinician_ids
        whom = {*shown, *self.review.supervisors}
        return {name: with_names(page, {one: said for one, said in self.request.names.items() if one in whom})}

    def _write_tables(self) -> None:
        """Write the estimates of the month, of a supervisor's own supervisees where one is asked for."""
        supervisor = self.request.supervisor
        shown = None if supervisor is None else frozenset(self.review.supervisees_of(supervisor))
        self._write_beside("tables", TABLES, lambda: csv_texts(self.review, self.review.month, shown))

    def _write_beside(self, kind: str, names: list[str], texts: Callable[[], dict[str, str]]) -> None:
        """Write what stands beside the reports; should that fail, it must not hide that they are made."""
        try:
            write_together(self.folder, texts())
        except Exception as error:
            remove(self.folder, names)
            self._beside.append(Result(kind, names[0], "failed", error=cause(error)))

    def _write_manifest(self, silent_on: Collection[str] = ()) -> None:
        """Write what is known by now, but nothing of some files."""
        told = {name: seal for name, seal in sorted(self._seals.items()) if seal and name not in silent_on}
        text = manifest.manifest_text(
            self.review.month,
            self.request.as_json(),
            self._inputs,
            self.review.expected_false_flags(self.request.supervisor),
            (self._began, datetime.now().astimezone()),
            self.results,
            key=self._whole_key,
            files=told,
            printed={name: source for name, source in sorted(self._printed.items()) if name in told},
            claims={*self._earlier.claims, *map(claim_on, self._written())},
            shown=self._shown,
            practice=identity_of(self.review.practice, self.review.month, self.request.identity),
        )
        write_together(self.folder, {manifest.NAME: text})

    def _changing(self) -> set[str]:
        """The files that this run may replace or remove: wherever it is ended, the manifest says nothing untrue."""
        current = {name for report in self.reports if report.name in self._made for name in report.files}
        written = self._written()
        new = [name for name in written if name not in current]
        old_prints = prints.outdated(self.folder, written, self._printed)
        return {*new, *map(prints.pdf_of, prints.pages_of(new)), *old_prints, *self._outdated()}

    def _taken_over(self, earlier: Mapping[str, T]) -> dict[str, T]:
        """What the manifest goes on to tell of files; a supervisor's names nobody else's supervisees."""
        own = self._names()
        return {name: earlier[name] for name in earlier if self.request.supervisor is None or name in own}

    def _record(self, names: Iterable[str]) -> None:
        """Have the manifest tell of these files as they are now."""
        seals = freshness.seals(self.folder, names)
        self._seals |= seals
        self._remove_old_prints(seals)

    def _remove_old_prints(self, names: Iterable[str]) -> None:
        """Remove PDFs of ours that show another page than the one beside them."""
        outdated = prints.outdated(self.folder, names, self._printed)
        old = [name for name in outdated if claim_on(name) in self._earlier.claims]
        remove(self.folder, old)
        self._seals |= dict.fromkeys(old, "")

    def _record_rest(self) -> None:
        """Record what stands beside the reports, and whatever is there of those that a stopped run has not made."""
        unmade = (name for report in self.reports if report.name not in self._made for name in report.files)
        self._record([*unmade, *self._landing_pages(), *TABLES])

    def _written(self) -> list[str]:
        """The files that this run is to write."""
        return [*(name for report in self.reports for name in report.files), *self._landing_pages(), *TABLES]

    def _names(self) -> set[str]:
        """The files that are this run's: what it is to write, and PDFs of its pages."""
        written = self._written()
        return {*written, *map(prints.pdf_of, prints.pages_of(written))}

    def _landing_pages(self) -> dict[str, str | None]:
        """File → supervisor."""
        pages, asked = landing_pages(self.review.practice.supervisees), self.request.supervisor
        if asked is not None:
            return {pages[asked]: asked}
        return {INDEX: None} | {pages[name]: name for name in self.review.supervisors}

    def _still_current(self) -> Iterator[Result]:
        """The reports that an earlier run has made from the same."""
        for report in self.reports:
            result = freshness.still_current(report, self._keys[report.name], self._earlier, self.folder)
            if result is not None:
                yield result

    def _not_asked_for(self) -> Iterator[Result]:
        """The supervisees that this run is not to render: an earlier page, however old, is kept, or there is none."""
        for clinician, stem in file_names(self.review.clinician_ids).items():
            if clinician in self.request.clinicians:
                continue
            missing = Result("supervisee", clinician, "not_rendered")
            there = all((self.folder / name).is_file() for name in (f"{stem}.html", f"own/{stem}.html"))
            result = self._earlier.results.get(missing.name, missing)
            yield replace(result, status="kept", error="", unchanged=False) if there else missing

    def _remove_outdated(self) -> None:
        """Remove what earlier runs have written and this one, of the whole practice, has not."""
        if outdated := self._outdated():
            remove(self.folder, outdated)
            self._record(outdated)

    def _outdated(self) -> set[str]:
        if not (self.request.is_whole or self.request.renews):
            return set()
        return set(self._earlier.claimed(self.folder)) - {*self._names(), manifest.NAME}
