"""An import that is killed: the folder is as before or as after, file by file and byte by byte, and the next one works.

Killed at random moments spread over the time that an import takes, and before each line that writes: its first time,
and its last. Every import is a fork of this process, in which everything is imported already. What is killed is a
process, not the power: nothing waits for the disk, and the checks of a practice, which write nothing, are left out.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import export_fixtures as exports
import pytest
from export_fixtures import contents, put, run

from caseload import read_practice
from caseload.intake.exports.map_files import read_map
from caseload.intake.pseudonyms import read_key_file
from caseload.writing import exchange, locks, scratch, whole

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here"),
    # Python 3.12 and newer warn of a fork beside other tests' threads; these children start none.
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]

MOMENTS = 25  # for each of two cases
SEED = 2026
LOCK = ".agenda.csv.lock"  # an empty file, which whoever writes the agenda next takes and removes
WRITERS = {module.__file__ for module in (exchange, locks, scratch, whole)}
Place = tuple[str, int]  # file and line
FORMAT = read_map("simplepractice")


def import_june(practice: Path) -> None:
    run(practice.parent / "june.csv", to=practice, format=FORMAT)


@dataclass(frozen=True)
class Checked:
    """A table in which nothing was found."""

    findings: tuple[()] = ()


@pytest.fixture(autouse=True, scope="module")
def hasty() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda opened: None)
        patch.setattr("caseload.intake.exports.destination.check_practice", lambda reading: None)
        patch.setattr("caseload.intake.exports.translate.check_table", lambda raw, spec: Checked())
        yield


@dataclass(frozen=True)
class Case:
    """A place where June is imported: into nothing, or into a folder that holds May and the practice's own files."""

    start: Path
    after: dict[str, bytes]
    people: int

    def copied(self, to: Path) -> Path:
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(self.start, to)
        return to / "practice"


@pytest.fixture(scope="module", params=["a new folder", "a month more"])
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    base = tmp_path_factory.mktemp("start")
    run(put(base, "may.csv", exports.attendance_rows()), to=base / "practice")
    if request.param == "a new folder":  # with a key that is there already, so that identifiers are known beforehand
        shutil.rmtree(base / "practice")
    else:
        (base / "practice" / "notes").mkdir()
        (base / "practice" / "notes" / "plan.txt").write_text("ours", encoding="utf-8")
        (base / "practice" / "agenda.csv").write_text("clinician_id,month,decision\n", encoding="utf-8")
    newcomer = ("Ignatius Wolstenholme", *exports.attendance_rows(6)[-1][1:])  # so that the key file changes, too
    put(base, "june.csv", [*exports.attendance_rows(6), newcomer])
    done = tmp_path_factory.mktemp("done") / "copy"
    practice = Case(base, {}, 0).copied(done)
    import_june(practice)
    return Case(base, contents(practice), len(read_key_file(done / "practice.key").people))


def killed(practice: Path, prepare: Callable[[], None], after: float | None = None) -> int:
    """Import June in a child that is killed after so many seconds, or by what `prepare` arranges; how it ended."""
    child = os.fork()
    if not child:  # pragma: no cover
        code = 3
        try:
            prepare()
            import_june(practice)
            code = 0
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def check(case: Case, practice: Path) -> str:
    """Hold the folder against before and after, then import again; which of them it was."""
    before = contents(case.start / "practice") if (case.start / "practice").exists() else None
    found = contents(practice) if practice.exists() else None
    if found and found.get(LOCK) == b"":
        del found[LOCK]
    states = {"before": before, "after": case.after, "absent": None}
    state = next((name for name, content in states.items() if content == found), "neither")
    assert state != "neither"
    if state == "absent" and before is not None:  # whoever reads finds the old folder
        assert len(read_practice(practice).sessions) == 9
    keys = read_key_file(practice.parent / "practice.key")
    assert keys is not None
    assert set(read_key_file(case.start / "practice.key").people) <= set(keys.people)
    import_june(practice)
    assert contents(practice) == case.after
    assert len(read_key_file(practice.parent / "practice.key").people) == case.people
    names = {path.name for path in practice.parent.iterdir()}
    assert names == {"practice", "practice.key", "may.csv", "june.csv"}
    return state


def seconds_of_a_whole_import(case: Case, folder: Path) -> float:
    begun = time.perf_counter()
    assert killed(case.copied(folder), lambda: None) == 0
    return time.perf_counter() - begun


def test_killed_at_random_moments(case: Case, tmp_path: Path) -> None:
    took = min(seconds_of_a_whole_import(case, tmp_path / f"whole-{number}") for number in range(3))
    chance = random.Random(SEED)
    ends = Counter[int]()
    for moment in range(MOMENTS):
        practice = case.copied(tmp_path / "copy")
        ends[killed(practice, lambda: None, took * (moment + chance.random()) / MOMENTS)] += 1
        assert check(case, practice) in ("before", "after")
    assert ends[-signal.SIGKILL] >= MOMENTS // 4
    assert set(ends) <= {0, -signal.SIGKILL}


def lines_that_write(case: Case, practice: Path, tmp_path: Path, prepare: Callable[[], None]) -> dict[Place, int]:
    """How often an import executes each line of what writes, in order of the first time."""
    record = tmp_path / "lines"

    def watch() -> None:
        prepare()
        stream = record.open("w", encoding="utf-8")
        sys.settrace(on_lines(lambda place: print(*place, sep="\t", file=stream, flush=True)))

    assert killed(practice, watch) == 0
    lines = (line.split("\t") for line in record.read_text(encoding="utf-8").splitlines())
    return Counter((file, int(number)) for file, number in lines)


def on_lines(act: Callable[[Place], None]) -> Callable[[FrameType, str, object], object]:
    """A trace function that acts before each line of the modules that write."""

    def trace(frame: FrameType, event: str, given: object) -> object:
        if frame.f_code.co_filename not in WRITERS:
            return None
        if event == "line":
            act((frame.f_code.co_filename, frame.f_lineno))
        return trace

    return trace


def kill_before(place: Place, count: int) -> None:
    """Kill this process before it executes a line for the so-manieth time."""
    left = Counter({place: count})

    def act(here: Place) -> None:
        left[here] -= here == place
        if here == place and not left[place]:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.settrace(on_lines(act))


def kill_before_each(case: Case, copy: Path, lines: Mapping[Place, int], prepare: Callable[[], None]) -> Counter[str]:
    """The states that were left, and how often."""
    states = Counter[str]()
    for place, times in lines.items():
        for count in {1, times} if place[0] == exchange.__file__ else {times}:
            practice = case.copied(copy)

            def arrange(place: Place = place, count: int = count) -> None:
                prepare()
                kill_before(place, count)

            assert killed(practice, arrange) == -signal.SIGKILL
            states[check(case, practice)] += 1
    return states


def test_killed_before_each_line_that_writes(case: Case, tmp_path: Path) -> None:
    lines = lines_that_write(case, case.copied(tmp_path / "copy"), tmp_path, lambda: None)
    assert {file for file, _ in lines} == WRITERS
    states = kill_before_each(case, tmp_path / "copy", lines, lambda: None)
    assert min(states["before"], states["after"]) > 5
    assert states["absent"] <= 2 * (case.start / "practice").exists()  # between two renames, which the next import ends
