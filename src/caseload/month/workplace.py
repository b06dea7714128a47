"""Where a notebook that asks by widgets looks for data, and where it puts reports, unless it is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from caseload.month.locations import sample_folder
from caseload.month.parameters import DATA_VARIABLE
from caseload.writing.names import file_safe
from caseload.writing.whole import write_together

PLACE_VARIABLE = "CASELOAD_PLACE"  # set by `caseload open`: the folder that it was started in
SAMPLE_COPY = "caseload-sample"
COPIES = "caseload-notebooks"  # made in the working directory, a checkout's too
NOTEBOOKS = ("notebooks", COPIES)
SESSIONS = ("sessions.csv", "sessions.parquet")  # what tells a practice's folder from others
MOST = 30  # practices to choose from; a path can always be typed
QUOTES = "\"'"  # which Windows puts around a path that is copied


def containing(here: Path) -> Path:
    """The folder that `caseload open` or `caseload lab` was started in. Paths are relative to it.

    The notebooks of `lab` lie in a folder of their own in it.
    """
    if told := os.environ.get(PLACE_VARIABLE):
        return Path(told)
    return here.parent if here.name in NOTEBOOKS else here


def in_window() -> bool:
    """Whether this is a page of `caseload open`, and no notebook in JupyterLab."""
    return PLACE_VARIABLE in os.environ


def resolved(text: str, place: Path) -> Path:
    """The path that somebody typed or pasted, relative to `place`."""
    typed = Path(text.strip().strip(QUOTES).strip())
    with suppress(RuntimeError):  # a home folder that nobody has
        typed = typed.expanduser()
    return (place / typed).resolve()


def starting_data(place: Path) -> Path | None:
    """The practice that `caseload open` or `lab` was told; else the only one here beside samples, or a sample."""
    if told := os.environ.get(DATA_VARIABLE):
        return resolved(told, place)
    samples = (place / "data" / "sample", sample_copy(place))
    own = [found for found in nearby(place) if found not in samples]
    if len(own) == 1:
        return own[0]
    return next(filter(_is_practice, samples), None) if not own else None


def sample_copy(place: Path) -> Path:
    """Where a copy of the sample goes that is shipped, an invented practice to try things out with."""
    return place / SAMPLE_COPY


def make_sample_copy(place: Path) -> None:
    """Copy the sample to its place, whole, unless it is there; a decision about it is written beside its data."""
    if not sample_copy(place).exists():
        files = {path.name: path.read_bytes() for path in sorted(sample_folder().iterdir()) if path.is_file()}
        write_together(sample_copy(place), files)


def nearby(place: Path) -> tuple[Path, ...]:
    """Folders with a sessions file in `place` and in its `data`; nothing deeper is searched."""
    practices = (folder for parent in (place, place / "data") for folder in _folders(parent) if _is_practice(folder))
    return tuple(dict.fromkeys(practices))[:MOST]


def reports_folder(place: Path, supervisor: str = "") -> Path:
    """Where reports go by default; those for one supervisor into a folder of their own, which names nobody else."""
    folder = place / "reports"
    return folder / f"for-{file_safe(supervisor)}" if supervisor else folder


def _folders(parent: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(path for path in parent.iterdir() if not path.name.startswith(".") and path.is_dir())


def _is_practice(folder: Path) -> bool:
    with suppress(OSError):
        return any((folder / name).is_file() for name in SESSIONS)
    return False
