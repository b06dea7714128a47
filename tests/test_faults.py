"""A batch in which things go wrong: the others are made, the manifest is true, and a second run repairs."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from fake_review import FakeReview

from caseload.month.batch import Run, render_review
from caseload.month.folder import Request
from caseload.month.manifest import Result
from caseload.month.rendering import reports
from caseload.month.rendering.forked import ENDED, Forked
from caseload.month.rendering.limits import Limits
from caseload.month.rendering.reports import FULL, NOTEBOOKS, job_of, planned
from caseload.pages.review import Review
from caseload.writing.scratch import MARK

ROOT = Path(__file__).parents[1]
EARLY = "2025-02"  # of data/sample: few months before it, so that its review is soon made
PEOPLE = tuple(f"P{number:02d}" for number in range(60))
FEW = PEOPLE[:20]  # where one thing goes wrong
ALL = {*FEW, "North", "data_quality"}
FAULTS = """\
import os, pathlib, signal
def fill():
    return bytearray(8 * 2**30)
def hang():
    while True:
        pass
faults = {
    "P03": lambda: 1 / 0,
    "P11": lambda: os._exit(0),
    "P19": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "P27": hang,
    "P35": fill,
    "P43": lambda: os.kill(os.getpid(), signal.SIGSEGV),
}
marker = pathlib.Path(data) / "faulty"
if marker.exists():
    faults.get(clinician_id, lambda: None)()
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with notebooks that go wrong while there is a file `faulty` beside them."""
    source = (
        "clinician_id = data = month = team = min_people = min_respondents = None; copy = ''; exclude_invalid = False",
        FAULTS,
        "f'{clinician_id} {team} {copy}'",
    )
    cells = [
        nbformat.v4.new_code_cell(text, id=name) for text, name in zip(source, ("told", "work", "show"), strict=True)
    ]
    cells[0].metadata.tags = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
    for name in NOTEBOOKS.values():
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), tmp_path / f"{name}.ipynb")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where other processes find FakeReview
    monkeypatch.setattr(reports, "notebook_path", lambda name: tmp_path / f"{name}.ipynb")
    return tmp_path


def run(place: Path, out: Path, people: tuple[str, ...] = FEW, **limits: int) -> Run:
    review = FakeReview(supervisor_of=dict.fromkeys(people, "S01"))
    request = Request(place, frozenset(people), limits=Limits(**limits))
    with Forked(2) as workers:
        return render_review(review, out, request, workers)


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in json.loads((folder / "manifest.json").read_text())["reports"]}


def is_true(folder: Path, people: tuple[str, ...] = FEW) -> bool:
    """Whether the manifest says of each supervisee what the folder shows, and nothing half-made lies about."""
    told = manifest(folder)
    files = {who: [folder / f"{who}.html", folder / f"{who}.ipynb", folder / "own" / f"{who}.html"] for who in people}
    whole = all({path.is_file() for path in files[who]} == {told[who]["status"] == "done"} for who in people)
    return whole and not list(folder.rglob(f"{MARK}*"))


@pytest.mark.slow
def test_whatever_happens_to_some_the_others_are_made_and_a_second_run_repairs(place: Path) -> None:
    (place / "faulty").touch()
    first = run(place, place / "out", PEOPLE, seconds=5)
    assert {result.id: result.error for result in first.failed} == {
        "P03": "ZeroDivisionError in cell 'work'",
        "P11": "the process ended in cell 'work'",
        "P19": "the process was ended by SIGKILL in cell 'work'",
        "P27": "took longer than 5 seconds in cell 'work'",
        "P35": "MemoryError in cell 'work'",
        "P43": "the process was ended by SIGSEGV in cell 'work'",
    }
    assert first.exit_code == 3
    assert is_true(first.folder, PEOPLE)
    (place / "faulty").unlink()
    second = run(place, place / "out", PEOPLE, seconds=5)
    assert second.exit_code == 0
    assert {result.id for result in second.results if not result.unchanged} == {r.id for r in first.failed}
    assert is_true(second.folder, PEOPLE)


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_fails_its_report_alone(place: Path) -> None:
    folder = place / "out" / "2026-05"
    run(place, place / "out")
    (folder / "own" / "P07.html").unlink()
    (folder / "own" / "P07.html").mkdir()  # a folder where a page belongs: even root cannot replace it
    first = run(place, place / "out")
    assert {result.id: result.error for result in first.failed} == {
        "P07": "IsADirectoryError while the page was prepared"
    }
    (folder / "own" / "P07.html").rmdir()
    assert run(place, place / "out").exit_code == 0
    assert is_true(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with room for a part of the reports."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1000k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.slow
def test_a_full_disk_is_one_clear_error_and_a_second_run_repairs(place: Path, small_disk: Path) -> None:
    first = run(place, small_disk / "out")
    made = {result.id for result in first.results if result.status == "done"}
    assert {result.error for result in first.failed} == {FULL}
    assert made
    assert made < ALL
    assert is_true(first.folder)
    subprocess.run(["mount", "-o", "remount,size=40m", str(small_disk)], check=True)
    second = run(place, small_disk / "out")
    assert second.exit_code == 0
    assert {result.id for result in second.results if result.unchanged} == made
    assert is_true(second.folder)


@pytest.mark.slow
def test_a_server_that_is_killed_is_replaced(place: Path) -> None:
    made: list[Result] = []
    workers = Forked(2)

    def killing(results: Iterator[Result], *_: Any, **__: Any) -> Iterator[Result]:
        for result in results:
            made.append(result)
            if len(made) == 10:
                os.kill(workers._server._process.pid, signal.SIGKILL)
            yield result

    review = FakeReview(supervisor_of=dict.fromkeys(FEW, "S01"))
    with workers:
        done = render_review(review, place / "out", Request(place, frozenset(FEW), progress=killing), workers)
    assert {result.error for result in done.failed} == {ENDED}
    assert 0 < len(done.failed) <= 4
    assert is_true(done.folder)


def test_a_server_that_never_answers_fails_all_at_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caseload.month.rendering.forked.COMMAND", "raise SystemExit  # {} {}")
    done = run(place, place / "out")
    assert {result.error for result in done.results if result.kind != "index"} == {ENDED}


def children_of(process: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    below = [int(child) for child in found.stdout.split()]
    return below + [other for child in below for other in children_of(child)]


def _hear_interrupts() -> None:
    """What runs in the background of a shell is told to ignore Ctrl-C, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition: Callable[[], object], seconds: float = 60) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_stopped_leaves_no_process_and_a_second_one_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "caseload.cli", "report", "data/sample", "--month", EARLY, "--out", str(out)]
    started = subprocess.Popen(
        [*command, "--quiet"], cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_interrupts
    )
    assert wait_for(lambda: len(list(out.glob(f"{EARLY}/own/*.html"))) >= 4, 120)
    below = children_of(started.pid)
    assert below
    started.send_signal(number)
    said = started.communicate(timeout=30)[1]
    folder = out / EARLY
    if number != signal.SIGKILL:
        assert started.returncode == 130
        assert said == "caseload: interrupted\n"
        told = manifest(folder)
        done = {who for who, entry in told.items() if entry["status"] == "done"}
        assert 2 <= len(done) < len(told)  # of those whose pages lay there, two may not have been told of yet
        assert all((folder / f"{who}.html").is_file() for who in done)
        assert not list(folder.rglob(f"{MARK}*"))
    assert wait_for(lambda: not any(Path(f"/proc/{process}").exists() for process in below), 20)
    again = subprocess.run([*command, "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert {entry["status"] for entry in manifest(folder).values()} == {"done"}
    if number != signal.SIGKILL:
        assert "unchanged, not made again" in again.stdout


@pytest.mark.slow
def test_reports_made_twice_in_any_order_hold_nothing_of_each_other(sample_review: Review, tmp_path: Path) -> None:
    common = {"data": ROOT / "data/sample", "month": "2026-05", "exclude_invalid": False}
    everybody = planned(sample_review, sample_review.clinician_ids, common, practice=False)
    order = random.Random(200).sample(2 * everybody, 2 * len(everybody))
    jobs = {report.id: job_of(sample_review, report) for report in everybody}
    whose = sample_review.practice.sessions.groupby("clinician_id")["client_id"].unique()
    pages: dict[str, set[tuple[bytes, ...]]] = {report.id: set() for report in everybody}
    with Forked(2) as workers:
        for result in workers.rendered(order, lambda report: jobs[report.id], tmp_path, Limits()):
            assert result.status == "done", result.error
            (report,) = (report for report in everybody if report.id == result.id)
            pages[result.id].add(tuple((tmp_path / name).read_bytes() for name in report.files))
    for who, versions in pages.items():
        assert len(versions) == 1  # both times the same bytes, whatever was made before or beside it
        words = set(re.findall(r"[A-Z]+\d+", b"".join(*versions).decode()))
        others = set(sample_review.clinician_ids) - {who}
        theirs = {client for other in others for client in whose[other]} - set(whose[who])
        assert not words & (others | theirs)
