"""Where a notebook that asks by widgets looks for data, and where it puts reports, unless it is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from caseload.month.parameters import DATA_VARIABLE
from caseload.writing.names import file_safe

COPIES = "caseload-notebooks"  # made in the working directory, a checkout's too
NOTEBOOKS = ("notebooks", COPIES)
SESSIONS = ("sessions.csv", "sessions.parquet")  # what tells a practice's folder from others
MOST = 30  # practices to choose from; a path can always be typed
QUOTES = "\"'"  # which Windows puts around a path that is copied


def containing(here: Path) -> Path:
    """The folder that `caseload lab` was started in: above that of the notebooks. Paths are relative to it."""
    return here.parent if here.name in NOTEBOOKS else here


def resolved(text: str, place: Path) -> Path:
    """The path that somebody typed or pasted, relative to `place`."""
    typed = Path(text.strip().strip(QUOTES).strip())
    with suppress(RuntimeError):  # a home folder that nobody has
        typed = typed.expanduser()
    return (place / typed).resolve()


def starting_data(place: Path) -> Path | None:
    """The practice that `caseload lab` was told, or else the sample of a checkout."""
    told = os.environ.get(DATA_VARIABLE)
    sample = place / "data" / "sample"
    if told:
        return resolved(told, place)
    return sample if _is_practice(sample) else None


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
