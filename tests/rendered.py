"""Months of reports as `caseload report` writes them: by the command, in a process of its own, once for all tests.

A process of its own also keeps the runs apart from Playwright, which leaves an event loop behind.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

USER = "the-user-of-this-machine"  # no file of a run may hold it
NAMES_OF_THE_USER = ("USER", "LOGNAME", "USERNAME")


def rendered(data: Path, month: str, out: Path) -> Path:
    """The folder of a month in which every report was made."""
    command = [
        sys.executable,
        "-m",
        "caseload.cli",
        "report",
        str(data),
        "--month",
        month,
        "--out",
        str(out),
        "--quiet",
    ]
    known = os.environ | dict.fromkeys(NAMES_OF_THE_USER, USER)
    run = subprocess.run(command, env=known, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return out / month


def rendered_once(name: str, data: Path, month: str, factory: pytest.TempPathFactory) -> Path:
    """The same, shared by the workers of pytest-xdist: whoever comes first renders, the others wait."""
    shared = shared_folder("rendered", factory)
    out = shared / name
    with _alone(shared / f"{name}.lock"):
        made = out / month
        return made if made.is_dir() else rendered(data, month, out)


def shared_folder(name: str, factory: pytest.TempPathFactory) -> Path:
    """A temporary folder of all workers of one session."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Hold a file that one process can hold at a time."""
    if sys.platform == "win32":  # no worker waits for another there: tests run in one
        yield
        return
    import fcntl

    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def pages(month: Path) -> list[str]:
    """Every page of a month's folder, by its name below it."""
    return sorted(path.relative_to(month).as_posix() for path in month.rglob("*.html"))
