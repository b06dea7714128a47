"""Reports under whatever may happen to a machine: what is there afterwards is whole, and nothing of ours is left.

    python benchmarks/endurance.py 200 2026     # 200 reports; half an hour of a quiet machine with a browser

A small practice is reported again and again. Each time one thing goes wrong, in turn and at a random moment: the
command, its fork server, a report's process, a browser or a kernel is killed (SIGKILL), the disk is full, two runs
write one folder, or an import exchanges the practice's folder while it is read. Straight afterwards, and again after
the next, undisturbed run: every page ends, every file that the manifest tells of has its seal; then also every report
is made and the temporary folder is empty. Each run is a fork of this process, which has imported everything and read
nothing. A full disk is a small one in memory, which only root can mount.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import psutil

import caseload.month.batch
import caseload.month.rendering.kernels
import caseload.pages.review  # noqa: F401  what a command imports when it runs
from caseload.cli import main as command
from caseload.month.seals import is_seal_of
from caseload.simulate import Settings, simulate, write
from caseload.writing.exchange import only_changer, replace_files

SETTINGS = Settings(clinicians=10, months=4, clients_per_clinician=4, supervisors=1, teams=1, seed=16)
NOTHING = "nothing was there to be killed"
REPORTS = 12  # of a whole run: supervisees, the team, the data
KILLS = 3  # of one run, where there is still something to kill
KILLED = {"command": "", "server": "server", "report": "report", "browser": "chrom", "kernel": "ipykernel"}
KINDS = (*KILLED, "full disk", "two runs", "exchanged folder")
OPTIONS = {
    "browser": ["--pdf"],
    "kernel": ["--kernels", "--clinician", "C01", "--clinician", "C02"],
    "full disk": ["--pdf"],
}
ALLOWED = (0, 2, 3, -signal.SIGKILL)
SECONDS = 900  # that a run may take on a machine that others use too
SMALL_DISK = "600k"
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class Tags(HTMLParser):
    """Which tags of a page are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass


def wrong_with(page: Path) -> str:
    """What is wrong with a page; nothing where it is whole."""
    text, tags = page.read_text(encoding="utf-8"), Tags()
    tags.feed(text)
    tags.close()
    return "" if text.rstrip().endswith("</html>") and not tags.open else f"{page.name} is not whole"


def untrue(out: Path) -> list[str]:
    """What is not as it should be below an output folder, at any time."""
    found = [said for page in out.rglob("*.html") if (said := wrong_with(page))]
    for pdf in out.rglob("*.pdf"):
        content = pdf.read_bytes()
        if not (content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")):
            found.append(f"{pdf.name} is not whole")
    for place in out.rglob("manifest.json"):
        told = json.loads(place.read_text(encoding="utf-8"))
        for name, seal in told["files"].items():
            file = place.parent / name
            if not file.is_file() or not is_seal_of(seal, hashlib.sha256(file.read_bytes()).hexdigest()):
                found.append(f"the manifest tells of {name} what is not so")
    return found


@contextmanager
def started(arguments: list[str], log: Path) -> Iterator[psutil.Process]:
    """A command in a fork of this process, in a session of its own; nothing of it lives on afterwards."""
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setsid()
            with log.open("ab", buffering=0) as stream:
                os.dup2(stream.fileno(), 1)
                os.dup2(stream.fileno(), 2)
            code = command(arguments)
        finally:
            os._exit(code)
    try:
        yield psutil.Process(child)
    finally:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def ended(child: psutil.Process) -> int:
    """Wait for a command; its exit code, negative for a signal."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        found, status = os.waitpid(child.pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    return 99


def below(child: psutil.Process) -> list[psutil.Process]:
    """All processes that a command has started, and theirs."""
    try:
        return child.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def named(child: psutil.Process, what: str) -> list[psutil.Process]:
    """Those of its processes that are of a kind."""
    found = []
    for one in below(child):
        with suppress(psutil.Error):
            line = " ".join(one.cmdline())
            is_server = "rendering.server" in line
            parent = one.parent()
            is_report = is_server and parent is not None and "rendering.server" in " ".join(parent.cmdline())
            kind = "report" if is_report else "server" if is_server else line
            if what in kind:
                found.append(one)
    return found


@dataclass
class Place:
    """Where everything happens: the practice, where its reports go, and a temporary folder of its own."""

    base: Path
    rng: Random
    usual: float = 10.0  # seconds that an undisturbed run takes

    @property
    def data(self) -> Path:
        return self.base / "practice"

    @property
    def out(self) -> Path:
        return self.base / "out"

    def arguments(self, *more: str) -> list[str]:
        """`caseload report` of all this."""
        return ["--debug", "report", str(self.data), "--out", str(self.out), "--quiet", "--processes", "2",
                "--timeout", str(SECONDS), *more]  # fmt: skip

    @property
    def log(self) -> Path:
        return self.base / "log"


def killing(place: Place, what: str) -> tuple[list[int], str]:
    """A run of which a process is killed."""
    began = time.monotonic()
    moment = began + place.rng.uniform(0, place.usual)
    with started(place.arguments("--force", *OPTIONS.get(what, [])), place.log) as child:
        others: list[psutil.Process] = []
        hits, code = 0, None
        while code is None:
            others = below(child) or others
            due = hits < KILLS and time.monotonic() >= moment
            targets = ([child] if what == "command" else named(child, KILLED[what])) if due else []
            if targets:
                with suppress(psutil.NoSuchProcess):
                    place.rng.choice(targets).kill()
                    hits, moment = hits + 1, time.monotonic() + place.rng.uniform(0, place.usual / KILLS)
            found, status = os.waitpid(child.pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if found else 99 if time.monotonic() - began > SECONDS else None
            time.sleep(0.01)
    alive = psutil.wait_procs(others, timeout=60)[1]
    said = [f"{len(alive)} processes live on"] if [one for one in alive if one.is_running()] else []
    return [code], "; ".join([*said, "" if hits else NOTHING]).strip("; ")


def full_disk(place: Place) -> tuple[list[int], str]:
    """A run whose output lies on a disk that becomes full."""
    place.out.rename(place.base / "kept")
    place.out.mkdir()
    size = place.rng.choice(("200k", "400k", SMALL_DISK, "1m"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", place.out], check=True)
    try:
        with started(place.arguments("--force", "--pdf"), place.log) as child:
            code = ended(child)
        return [code], "; ".join(untrue(place.out))
    finally:
        subprocess.run(["umount", place.out], check=True)
        place.out.rmdir()
        (place.base / "kept").rename(place.out)


def two_runs(place: Place) -> tuple[list[int], str]:
    """Two runs at once into one folder, for one clinician each; the manifest knows both."""
    with (
        started(place.arguments("--force", "--clinician", "C01"), place.log) as one,
        started(place.arguments("--force", "--clinician", "C02"), place.log) as other,
    ):
        codes = [ended(one), ended(other)]
    (manifest,) = place.out.rglob("manifest.json")
    told = {entry["id"]: entry["status"] for entry in json.loads(manifest.read_text())["reports"]}
    lost = [who for who in ("C01", "C02") if told.get(who) not in ("done", "kept")]
    return codes, f"the manifest does not know {', '.join(lost)}" if lost else ""


def exchanged(place: Place) -> tuple[list[int], str]:
    """A run while the folder is exchanged again and again, with consent and without."""
    original = (place.data / "clinicians.csv").read_bytes()
    versions = [original, original.replace(b",true", b",false")]
    with started(place.arguments("--force"), place.log) as child:
        number, code = 0, None
        moment, pause = time.monotonic(), place.rng.choice((0.05, 1.0, 5.0))  # at the first, a run is refused
        while code is None:
            if time.monotonic() >= moment:
                moment += pause
                with only_changer(place.data):
                    replace_files(place.data, {"clinicians.csv": versions[number % 2]})
                number += 1
            found, status = os.waitpid(child.pid, os.WNOHANG)
            code = os.waitstatus_to_exitcode(status) if found else None
            time.sleep(0.05)
    with only_changer(place.data):
        replace_files(place.data, {"clinicians.csv": original})
    return [code], ""


OTHERS: dict[str, Callable[[Place], tuple[list[int], str]]] = {
    "full disk": full_disk, "two runs": two_runs, "exchanged folder": exchanged,
}  # fmt: skip


def undisturbed(place: Place, *more: str) -> list[str]:
    """The next run: it ends well, everything is made, and nothing is left in the temporary folder."""
    with started(place.arguments(*more), place.log) as child:
        code = ended(child)
    (manifest,) = place.out.rglob("manifest.json")
    told = json.loads(manifest.read_text(encoding="utf-8"))["reports"]
    unmade = [entry["id"] for entry in told if entry["status"] != "done"]
    left = [path.name for path in Path(tempfile.gettempdir()).iterdir()]
    here = [path.name for path in place.out.rglob(".*")] + [path.name for path in place.base.glob(".practice*")]
    return [
        *untrue(place.out),
        *([f"the next run ended with {code}"] if code else []),
        *([f"the next run has not made {', '.join(unmade)}"] if unmade else []),
        *([f"left in the temporary folder: {', '.join(sorted(left))}"] if left else []),
        *([f"left in the folders: {', '.join(sorted(here))}"] if [name for name in here if "lock" not in name] else []),
    ]


def main() -> int:
    """Disturb runs until so many reports have been asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--kind", default="", choices=("", *KINDS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        place = Place(Path(base), Random(options.seed))
        temporary = place.base / "tmp"
        temporary.mkdir(mode=0o700)
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
        write(simulate(SETTINGS), place.data, "csv")
        began = time.monotonic()
        found = undisturbed(place)
        place.usual = time.monotonic() - began
        wrong, asked, done = [f"start: {said}" for said in found], 0, Counter[str]()
        kinds = [options.kind] if options.kind else list(KINDS)
        while asked < options.reports:
            kind = kinds[sum(done.values()) % len(kinds)]
            codes, said = killing(place, kind) if kind in KILLED else OTHERS[kind](place)
            asked += 0 if said == NOTHING else 2 if kind in ("kernel", "two runs") else REPORTS
            done[kind] += 1
            missed = said == NOTHING
            here = [*([said] if said and not missed else []), *untrue(place.out)]
            here += [f"ended with {code}" for code in codes if code not in ALLOWED]
            after = undisturbed(place, *(["--pdf"] if kind == "browser" else []))  # PDFs that failed are then made
            wrong += [f"{kind}: {one}" for one in here] + [f"after {kind}: {one}" for one in after]
            result = "nothing to kill" if missed else here + after or "as it should be"
            print(f"{asked} reports, {kind}: {codes} {result}", flush=True)
        if wrong:
            shutil.copy(place.log, "endurance.log")
        print(f"{asked} reports in {sum(done.values())} disturbed runs and as many others, {dict(done)}")
        print("\n".join(wrong) or "Nothing was wrong.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
