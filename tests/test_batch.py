"""A month's run: what is written, what a failure leaves, who is named where; and the names and modes of files."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import nbformat
import pandas as pd
import pytest
from fake_review import SECRET, FakePractice, FakeQuality, FakeReview
from hypothesis import given, settings
from hypothesis import strategies as st

from caseload.errors import ParameterError
from caseload.month import batch, freshness, seals
from caseload.month import folder as month
from caseload.month.batch import render_review
from caseload.month.csv_tables import csv_texts
from caseload.month.folder import NOT_RENDERED, Request
from caseload.month.manifest import Result
from caseload.month.rendering import local_workers, reports
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import NOTEBOOKS, Job, Report
from caseload.month.seals import is_seal_of
from caseload.writing import names
from caseload.writing.names import file_names, file_safe, landing_pages, team_stems
from caseload.writing.whole import private_folder, write_together

ALL = frozenset({"C01", "C02", "C03"})
FAULTS = """\
import os, signal, time
faults = {
    "C02": lambda: {}["a client's" + " value"],
    "C03": lambda: os._exit(1),
    "C04": lambda: time.sleep(600),
    "C06": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "C07": lambda: bytearray(8 * 2**30),
}
faults.get(clinician_id, lambda: None)()
"""
SHOW = """\
from IPython.display import HTML
print("/a" + "/path/of/the/machine")
HTML(f"<p>{copy} copy</p>")
"""


def request(**changes: object) -> Request:
    return replace(Request(Path("/srv/secret-place/practice"), ALL), **changes)


class Quick:
    """Workers without notebooks: each file holds its own name and how often it was written."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def rendered(
        self, reports: Iterable[Report], prepare: Callable[[Report], Job], folder: Path, limits: Limits
    ) -> Generator[Result]:
        self.asked.append([report.id for report in reports])
        for report in reports:
            prepare(report)
            write_together(folder, dict.fromkeys(report.files, f"{report.id} {len(self.asked)}"))
            yield Result(report.kind, report.id, "done", 0.5)


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture(scope="module", params=["forked", "kernels"])
def faulty(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[batch.Run, Path]:
    """A run in which C02's notebook raises, C03's process ends, C04's takes too long, C06's is killed, C07's fills the
    memory, and C05's page cannot be prepared; by either kind of workers.

    The month's folder holds pages of an earlier run: of C02, and of C99 who is no longer there.
    """
    place = tmp_path_factory.mktemp("faulty")
    source = [
        "clinician_id = data = month = team = min_people = min_respondents = None; copy = ''; exclude_invalid = False",
        FAULTS,
        SHOW,
    ]
    cells = [
        nbformat.v4.new_code_cell(text, id=name) for text, name in zip(source, ("told", "work", "show"), strict=True)
    ]
    cells[0].metadata.tags = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    (place / "notebooks").mkdir()
    for name in NOTEBOOKS.values():
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), place / "notebooks" / f"{name}.ipynb")
    month = place / "out" / "2026-05"
    stale = dict.fromkeys(("C99.html", "C99.ipynb", "own/C99.html", "C02.html", "own/C02.html", "index-S9.html"), "old")
    earlier = {"parameters": {}, "reports": [{"kind": "supervisee", "id": "C02"}], "files": stale}
    write_together(month, {**stale, "manifest.json": json.dumps(earlier)})
    people = dict.fromkeys(("C01", "C02", "C03", "C04", "C05", "C06", "C07"), "S01")
    review = FakeReview(supervisor_of=people, broken=("C05",))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where other processes find FakeReview
        patch.setattr(reports, "notebook_path", lambda name: place / "notebooks" / f"{name}.ipynb")
        asked = Request(Path("/srv/secret-place/practice"), frozenset(people), limits=Limits(6, 2048))
        with local_workers(2, kernels=request.param == "kernels") as workers:
            run = render_review(review, place / "out", asked, workers)
    return run, month


def test_one_failing_report_stops_no_other(faulty: tuple[batch.Run, Path]) -> None:
    run, _ = faulty
    assert {result.id: result.status for result in run.results} == {
        **dict.fromkeys(("C01", "North", "data_quality"), "done"),
        **dict.fromkeys(("C02", "C03", "C04", "C05", "C06", "C07"), "failed"),
    }
    assert run.exit_code == 3


def test_an_error_names_its_kind_and_cell_and_no_value(faulty: tuple[batch.Run, Path]) -> None:
    run, month = faulty
    errors = {result.id: result.error for result in run.failed}
    assert errors.pop("C03") in ("the process ended in cell 'work'", "the kernel died in cell 'work'")
    assert errors.pop("C06") in ("the process was ended by SIGKILL in cell 'work'", "the kernel died in cell 'work'")
    assert errors == {
        "C02": "KeyError in cell 'work'",
        "C04": "took longer than 6 seconds in cell 'work'",
        "C05": "KeyError while the page was prepared",
        "C07": "MemoryError in cell 'work'",
    }
    written = "".join(path.read_text() for path in month.rglob("*") if path.is_file())
    assert "client's value" not in written
    assert SECRET not in written
    assert "KeyError in cell" in (month / "index-S01.html").read_text()


def test_pages_are_in_the_folder_that_was_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--out reports` is what everybody types; whoever renders does so in another working folder."""
    monkeypatch.chdir(tmp_path)
    data = Path(__file__).resolve().parents[1] / "data" / "sample"
    run = batch.render_month(data, "2026-05", "reports", clinicians=["C02"], processes=1, progress=False)
    assert not run.failed
    assert {"C02.html", "C02.ipynb", "own"} <= {file.name for file in (tmp_path / "reports" / "2026-05").iterdir()}


def test_a_report_whose_files_are_elsewhere_has_failed(tmp_path: Path) -> None:
    class Elsewhere(Quick):
        def rendered(self, reports: Iterable[Report], prepare: Any, folder: Path, limits: Limits) -> Generator[Result]:
            return super().rendered(reports, prepare, private_folder(tmp_path / "elsewhere"), limits)

    run = render_review(FakeReview(), tmp_path, request(), Elsewhere())
    assert run.failed and {result.error for result in run.failed} == {month.NOT_THERE}
    assert not any(result.key for result in run.failed)


def test_a_failed_report_leaves_no_page_of_this_or_an_earlier_run(faulty: tuple[batch.Run, Path]) -> None:
    _, month = faulty
    assert sorted(str(path.relative_to(month)) for path in month.rglob("*") if path.is_file()) == [
        *("C01.html", "C01.ipynb", "clients.csv", "clinicians.csv", "data_quality.html", "data_quality.ipynb"),
        *("flags.csv", "index-S01.html", "index.html", "manifest.json", "own/C01.html"),
        *("team-North.html", "team-North.ipynb"),
    ]


def test_every_file_and_folder_is_private(faulty: tuple[batch.Run, Path]) -> None:
    _, month = faulty
    modes = {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in (month, *month.rglob("*"))}
    assert modes == {(True, 0o700), (False, 0o600)}


def test_no_output_tells_of_the_machine_or_of_what_was_printed(faulty: tuple[batch.Run, Path]) -> None:
    _, month = faulty
    for path in month.rglob("*.*"):
        text = path.read_text()
        assert not any(place in text for place in ("/srv", "secret-place/", "/a/path", "/tmp", str(Path.home()) + "/"))


def test_the_executed_notebook_tells_whose_it_is_and_nothing_else(faulty: tuple[batch.Run, Path]) -> None:
    _, month = faulty
    notebook = nbformat.read(month / "C01.ipynb", as_version=4)
    injected = next(cell for cell in notebook.cells if cell.id == "injected-parameters")
    assert injected.source == "# Parameters\nclinician_id = 'C01'\nmonth = '2026-05'"
    assert set(notebook.metadata) == {"kernelspec", "title"}
    assert "supervisor copy" in (month / "C01.html").read_text()
    assert "own copy" in (month / "own/C01.html").read_text()
    assert "own copy" not in (month / "C01.html").read_text() + (month / "C01.ipynb").read_text()


def test_the_manifest_is_complete(faulty: tuple[batch.Run, Path]) -> None:
    run, month = faulty
    manifest = json.loads((month / "manifest.json").read_text())
    assert manifest["month"] == "2026-05"
    assert manifest["parameters"]["data"] == "practice"
    (entry,) = manifest["inputs"]
    assert (entry.keys(), entry["file"]) == ({"file", "seal"}, "sessions.csv")
    assert is_seal_of(entry["seal"], "ab" * 32)
    assert manifest["expected_false_flags"] == {"raise": 0.03}
    assert manifest["versions"]["pandas"] == pd.__version__
    assert [report["id"] for report in manifest["reports"]] == [result.id for result in run.results]
    assert all(report["seconds"] > 0 for report in manifest["reports"] if report["status"] == "done")


def test_some_clinicians_keep_the_pages_of_the_others(tmp_path: Path, quick: Quick) -> None:
    render_review(FakeReview(), tmp_path, request(clinicians=frozenset({"C01"}), everybody=False), quick)
    run = render_review(FakeReview(), tmp_path, request(clinicians=frozenset({"C02"}), everybody=False), quick)
    states = {result.id: result.status for result in run.results if result.kind == "supervisee"}
    assert states == {"C02": "done", "C01": "kept", "C03": "not_rendered"}
    assert NOT_RENDERED in (tmp_path / "2026-05/index-S02.html").read_text()
    assert (tmp_path / "2026-05/own/C01.html").is_file()
    assert run.exit_code == 0


def test_a_supervisors_run_names_nobody_elses_supervisees(tmp_path: Path, quick: Quick) -> None:
    asked = request(supervisor="S01", clinicians=frozenset({"C01", "C02"}))
    run = render_review(FakeReview(), tmp_path, asked, quick)
    assert run.index.name == "index-S01.html"
    written = {path.name: path.read_text() for path in run.folder.rglob("*.*")}
    assert set(written) == {
        *("C01.html", "C01.ipynb", "C02.html", "C02.ipynb", "index-S01.html", "manifest.json"),
        *("clients.csv", "clinicians.csv", "flags.csv"),
    }
    assert not [name for name, text in written.items() if "C03" in text or "S02" in text]


def test_a_landing_page_that_fails_is_told(tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month, "render_index", lambda view: 1 / 0)
    run = render_review(FakeReview(), tmp_path, request(), quick)
    assert {result.error for result in run.failed} == {"ZeroDivisionError while the page was prepared"}
    assert run.exit_code == 3
    assert (tmp_path / "2026-05/C01.html").is_file()


REPORTS = ["C01", "C02", "C03", "North", "data_quality"]
SOME = {"clinicians": frozenset({"C01"}), "everybody": False}
CHANGED = FakePractice(FakeQuality(pd.DataFrame({"file": ["sessions.csv"], "sha256": ["cd" * 32], "bytes": [123]})))


def told(folder: Path) -> dict[str, str]:
    return {entry["id"]: entry["status"] for entry in json.loads((folder / "manifest.json").read_text())["reports"]}


def test_a_second_run_makes_nothing_again(tmp_path: Path, quick: Quick) -> None:
    first = render_review(FakeReview(), tmp_path, request(), quick)
    second = render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked == [REPORTS, []]
    assert [result.unchanged for result in second.results] == [True] * 5
    assert [result.seconds for result in second.results] == [result.seconds for result in first.results]
    assert told(second.folder) == dict.fromkeys(REPORTS, "done")
    render_review(FakeReview(), tmp_path, request(force=True), quick)
    assert quick.asked[2] == REPORTS


def untrue(folder: Path) -> list[str]:
    """What the manifest tells of files that is not so."""
    return [name for name, seal in files_told(folder).items() if not freshness.intact(folder, [name], {name: seal})]


def test_wherever_a_run_is_killed_its_manifest_is_true(
    tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at after everything that is written or removed; of what is about to change it tells nothing."""
    found: list[list[str]] = []

    def watched(act: Callable[..., None]) -> Callable[..., None]:
        def acting(folder: Path, *rest: object) -> None:
            act(folder, *rest)
            found.append(untrue(folder))

        return acting

    first = render_review(FakeReview(), tmp_path, request(), quick)
    (first.folder / "C01.html").write_text("damaged since")
    for module in (month, sys.modules[__name__]):
        monkeypatch.setattr(module, "write_together", watched(write_together))
    monkeypatch.setattr(month, "remove", watched(month.remove))
    render_review(FakeReview(), tmp_path, request(), quick)
    render_review(FakeReview().only("C01"), tmp_path, request(clinicians=frozenset({"C01"})), quick)
    assert len(found) > 15
    assert not [names for names in found if names]


def test_a_second_run_that_writes_leaves_every_file(tmp_path: Path, quick: Quick) -> None:
    first = render_review(FakeReview(), tmp_path, request(), quick)
    names = {path.name for path in first.folder.rglob("*")}
    assert {"clinicians.csv", "clients.csv", "flags.csv"} < names
    render_review(FakeReview(), tmp_path, request(force=True), quick)
    assert {path.name for path in first.folder.rglob("*")} == names


@pytest.mark.parametrize(
    ("damage", "again"),
    [
        (lambda folder: (folder / "own/C02.html").unlink(), ["C02"]),
        (lambda folder: (folder / "C01.html").write_text("half"), ["C01"]),
    ],
)
def test_what_is_missing_or_damaged_is_made_again(
    tmp_path: Path, quick: Quick, damage: Callable[[Path], object], again: list[str]
) -> None:
    run = render_review(FakeReview(), tmp_path, request(), quick)
    damage(run.folder)
    render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked[1] == again


DAMAGED = [
    "{", "[" * 100_000, '{"reports": 3, "parameters": []}', "\0", "",
    '{"reports": [{"kind": [], "id": "C01"}], "parameters": {}}', '{"reports": [], "parameters": {"a": "\\udc80"}}',
    '{"reports": [{"kind": "team", "id": "x", "seconds": 1' + "0" * 400 + '}], "parameters": {}}',
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_pages_that_no_manifest_claims_are_not_replaced(tmp_path: Path, quick: Quick, damage: str) -> None:
    run = render_review(FakeReview(), tmp_path, request(), quick)
    manifest = run.folder / "manifest.json"
    manifest.write_text(damage) if damage else manifest.unlink()
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    with pytest.raises(ParameterError, match="was not written by this command"):
        render_review(FakeReview(), tmp_path, request(), quick)
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_what_a_report_is_made_from_counts(tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    render_review(FakeReview(), tmp_path, request(), quick)
    render_review(FakeReview(), tmp_path, request(exclude_invalid=True), quick)
    other = FakeReview(practice=CHANGED)
    render_review(other, tmp_path, request(exclude_invalid=True), quick)
    notebook = tmp_path / "team_report.ipynb"
    notebook.write_text("another")
    ours = reports.notebook_path
    monkeypatch.setattr(reports, "notebook_path", lambda name: notebook if name == "team_report" else ours(name))
    render_review(other, tmp_path, request(exclude_invalid=True), quick)
    monkeypatch.setattr(freshness, "versions", lambda: {"caseload": "99"})
    render_review(other, tmp_path, request(exclude_invalid=True), quick)
    assert quick.asked == [REPORTS, REPORTS, REPORTS, ["North"], REPORTS]


class Stopped(Quick):
    """Workers that somebody stops after two reports."""

    def rendered(self, reports: Iterable[Report], *options: Any) -> Generator[Result]:
        for number, result in enumerate(super().rendered(reports, *options)):
            if number == 2:
                raise KeyboardInterrupt
            yield result


def test_after_ctrl_c_the_manifest_is_true_and_a_rerun_goes_on(tmp_path: Path, quick: Quick) -> None:
    with pytest.raises(KeyboardInterrupt):
        render_review(FakeReview(), tmp_path, request(), Stopped())
    folder = tmp_path / "2026-05"
    assert told(folder) == dict(zip(REPORTS, ["done"] * 2 + ["not_rendered"] * 3, strict=True))
    assert list(folder.glob(".unfinished-*")) == []
    render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked == [REPORTS[2:]]
    assert told(folder) == dict.fromkeys(REPORTS, "done")


def files_told(folder: Path) -> dict[str, str]:
    return json.loads((folder / "manifest.json").read_text())["files"]


def files_in(folder: Path) -> set[str]:
    there = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {str(path.relative_to(folder)) for path in there}


def tells_of_all(folder: Path) -> bool:
    """Whether the manifest has the seal of every file that is there, and of no other."""
    told = files_told(folder)
    return told.keys() == files_in(folder) and freshness.intact(folder, told, told)


@pytest.mark.parametrize(
    ("between", "after", "asked"),
    [
        ({}, FakeReview(), [[], []]),
        ({"force": True}, FakeReview(), [["C01", "North", "data_quality"], []]),
        ({}, FakeReview(practice=CHANGED), [["C01", "North", "data_quality"], ["C02", "C03"]]),
    ],
)
def test_a_run_for_some_between_two_for_all_costs_nothing(
    tmp_path: Path, quick: Quick, between: dict[str, Any], after: FakeReview, asked: list[list[str]]
) -> None:
    first = render_review(FakeReview(), tmp_path, request(), quick)
    some = render_review(after, tmp_path, request(**SOME, **between), quick)
    assert {result.id for result in some.results if result.status == "kept"} == {"C02", "C03"}
    assert not any(result.unchanged for result in some.results if result.status == "kept")
    assert tells_of_all(some.folder)
    last = render_review(after, tmp_path, request(), quick)
    assert quick.asked == [REPORTS, *asked]
    assert told(last.folder) == dict.fromkeys(REPORTS, "done")
    assert [result.seconds for result in last.results] == [result.seconds for result in first.results]
    assert tells_of_all(last.folder)


def test_what_is_damaged_after_a_run_for_some_is_made_again(tmp_path: Path, quick: Quick) -> None:
    folder = render_review(FakeReview(), tmp_path, request(), quick).folder
    (folder / "C02.html").write_text("half")
    render_review(FakeReview(), tmp_path, request(**SOME), quick)
    (folder / "own/C03.html").write_text("half")
    render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked == [REPORTS, [], ["C02", "C03"]]


@pytest.mark.parametrize("between", [Quick, Stopped])
def test_pages_of_who_has_left_go_with_the_next_whole_run(tmp_path: Path, quick: Quick, between: type[Quick]) -> None:
    folder = render_review(FakeReview(), tmp_path, request(), quick).folder
    left = FakeReview(supervisor_of={"C01": "S01", "C02": "S01"})
    with suppress(KeyboardInterrupt):
        render_review(left, tmp_path, request(**SOME, force=True), between())
    assert (folder / "C03.html").is_file()
    assert "C03" not in told(folder)
    render_review(left, tmp_path, request(clinicians=frozenset(left.clinician_ids)), quick)
    assert not [path for path in folder.rglob("*") if "C03" in path.name or "S02" in path.name]
    assert tells_of_all(folder)


def test_without_the_secret_pages_are_made_again_and_then_stand(tmp_path: Path, quick: Quick) -> None:
    """On another computer, or where it is lost: never is a page kept that nobody can tell to be the one written."""
    for secret in ("one", "one", "other", "other"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seals, "_place", lambda secret=secret: tmp_path / secret)
            folder = render_review(FakeReview(), tmp_path, request(), quick).folder
            assert tells_of_all(folder)
    assert quick.asked == [REPORTS, [], REPORTS, []]


@pytest.mark.parametrize("text", ["ab" * 32, "", "0" * 48])
def test_a_manifest_of_another_kind_has_all_made_again(tmp_path: Path, quick: Quick, text: str) -> None:
    """Also one of those that held plain digests."""
    folder = render_review(FakeReview(), tmp_path, request(), quick).folder
    file = folder / "manifest.json"
    file.write_text(re.sub('"[0-9a-f]{48}"', f'"{text}"', file.read_text()))
    render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked == [REPORTS, REPORTS]
    assert tells_of_all(folder)


def test_a_supervisors_manifest_names_nobody_else_also_in_a_folder_of_all(tmp_path: Path, quick: Quick) -> None:
    render_review(FakeReview(), tmp_path, request(), quick)
    run = render_review(FakeReview(), tmp_path, request(supervisor="S02", clinicians=frozenset({"C03"})), quick)
    assert set(files_told(run.folder)) == {
        *("C03.html", "C03.ipynb", "own/C03.html", "index-S02.html", "clients.csv", "clinicians.csv", "flags.csv"),
    }
    assert set(told(run.folder)) == {"C03"}
    assert quick.asked == [REPORTS, []]


def test_no_page_is_read_more_than_once(tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = render_review(FakeReview(), tmp_path, request(), quick).folder
    (folder / "C01.html").write_text("half")
    read = Counter[str]()
    digest = freshness._file
    monkeypatch.setattr(freshness, "_file", lambda path: read.update([str(path)]) or digest(path))
    render_review(FakeReview(), tmp_path, request(), quick)
    assert quick.asked == [REPORTS, ["C01"]]
    pages = {name: read[str(folder / name)] for name in files_in(folder)}
    assert pages.pop("C01.html") == 2  # the damaged one and the new one
    assert set(pages.values()) == {1}


def test_the_manifest_tells_of_reports_that_are_not_made_yet(tmp_path: Path) -> None:
    seen = []

    class Looking(Quick):
        def rendered(self, *asked: Any) -> Generator[Result]:
            seen.append(told(tmp_path / "2026-05"))
            yield from super().rendered(*asked)

    render_review(FakeReview(), tmp_path, request(), Looking())
    assert seen == [dict.fromkeys(REPORTS, "not_rendered")]


def test_an_unchanged_month_is_not_even_reviewed(tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    reviewed = []

    def review(practice: object, month: pd.Period, **options: object) -> FakeReview:
        reviewed.append(str(month))
        return FakeReview()

    monkeypatch.setattr(batch, "read_practice", lambda data, exclude_invalid: FakePractice())
    monkeypatch.setattr(batch, "review_month", review)
    for options in ({}, {"timeout": 9}, {"force": True}, {"supervisor": "S01"}):
        run = batch.render_month(tmp_path, "2026-05", tmp_path / "out", progress=False, workers=quick, **options)
    assert reviewed == ["2026-05"] * 3
    assert run.index.name == "index-S01.html"


def test_a_run_that_was_stopped_at_its_end_does_not_stand(
    tmp_path: Path, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(batch, "read_practice", lambda data, exclude_invalid: FakePractice())
    monkeypatch.setattr(batch, "review_month", lambda practice, month, **options: FakeReview())
    run = partial(batch.render_month, tmp_path, "2026-05", tmp_path / "out", progress=False, workers=quick)
    with monkeypatch.context() as patch:
        patch.setattr(month, "csv_texts", stopped)
        with pytest.raises(KeyboardInterrupt):
            run()
    folder = run().folder
    assert quick.asked == [REPORTS, []]
    assert (folder / "clients.csv").is_file()


def test_clinicians_of_whom_nothing_is_known_by_then_are_refused() -> None:
    with pytest.raises(ParameterError, match="C09"):
        batch.check_reviewed(FakeReview(), request(clinicians=frozenset({"C09"}), everybody=False))


def test_tables_hold_the_month_keep_ids_and_disarm_sentences() -> None:
    texts = csv_texts(FakeReview(), pd.Period("2026-05", freq="M"), {"C01"})
    assert texts["clinicians.csv"] == "clinician_id,month,gap\nC01,2026-05,0.5\n"
    assert texts["clients.csv"].splitlines()[1] == "C01,2026-05,0.5,=K1"
    assert texts["flags.csv"].splitlines()[1] == "C01,2026-05,self_care,watch,'=1+1 goals"


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(alphabet="aé=,;\"' \t\r\n\0\u2028\u202e", min_size=1, max_size=6), min_size=1, max_size=5))
def test_any_id_comes_back_from_the_tables_as_it_was(identifiers: list[str]) -> None:
    month = pd.period_range("2026-05", periods=1, freq="M").repeat(len(identifiers))
    frame = pd.DataFrame({"clinician_id": identifiers, "month": month, "gap": 0.5})
    text = csv_texts(SimpleNamespace(clinicians=frame, clients=frame, flags=frame))["clinicians.csv"]
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows == [["clinician_id", "month", "gap"], *([name, "2026-05", "0.5"] for name in identifiers)]


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("C07", "C07"),
        ("anna-b_2", "anna-b_2"),
        ("../x", "~2E~2E~2Fx"),
        ("a/b", "a~2Fb"),
        ("~2F", "~7E2F"),
        ("", "~"),
        ("CON", "~43ON"),
        ("lpt1", "~6Cpt1"),
        ("console", "console"),
        ("Index", "~49ndex"),
        ("indexed", "indexed"),
        ("index-S01", "~69ndex-S01"),
        ("team-North", "~74eam-North"),
        ("data_quality", "~64ata_quality"),
        ("😀", "~F0~9F~98~80"),
    ],
)
def test_a_name_is_safe_and_an_ordinary_id_its_own(identifier: str, name: str) -> None:
    assert file_safe(identifier) == name


def test_supervisors_and_teams_that_differ_by_case_have_pages_that_differ_by_more() -> None:
    people = pd.DataFrame({"supervisor_id": ["s01", "S01", "S02", None], "team": ["North", "north", None, "South"]})
    pages, stems = landing_pages(people), team_stems(people)
    assert (pages["S02"], stems["South"]) == ("index-S02.html", "team-South")
    assert len({name.lower() for name in (*pages.values(), *stems.values())}) == 6


def test_long_ids_that_differ_at_the_end_have_short_names_that_differ() -> None:
    found = {file_safe("x" * 300 + end) for end in "ab"}
    assert len(found) == 2
    assert all(len(name) <= names.LONGEST for name in found)


@settings(max_examples=50, deadline=None)
@given(st.sets(st.text(alphabet="aAbB~2Ff/.é-_\ud800", max_size=6) | st.text(max_size=150), max_size=6))
def test_no_two_ids_share_a_file_even_where_case_does_not_count(identifiers: set[str]) -> None:
    found = list(file_names(identifiers).values())
    assert len({name.lower() for name in found}) == len(identifiers)
    assert all(name.isascii() and "/" not in name and 0 < len(name) <= names.LONGEST for name in found)


def test_files_are_put_in_place_all_or_none(tmp_path: Path) -> None:
    write_together(tmp_path / "out", {"a.csv": "old"})
    with pytest.raises(UnicodeEncodeError):
        write_together(tmp_path / "out", {"a.csv": "new", "own/b.csv": "\ud800"})
    assert [(path.name, path.read_text()) for path in (tmp_path / "out").rglob("*")] == [("a.csv", "old")]


def test_a_notebook_that_is_no_report_does_not_count_when_it_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "notebook_path", lambda name: tmp_path / f"{name}.ipynb")
    for name in (*NOTEBOOKS.values(), "monthly_run"):
        (tmp_path / f"{name}.ipynb").write_text("as shipped")
    before = freshness.whole_key("run")
    (tmp_path / "monthly_run.ipynb").write_text("saved by JupyterLab")
    assert freshness.whole_key("run") == before
    (tmp_path / "team_report.ipynb").write_text("changed")
    assert freshness.whole_key("run") != before
