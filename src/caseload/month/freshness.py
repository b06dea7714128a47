"""What a report was made from, as a key; and which reports of an earlier run still stand.

A page stands while nothing that it was made from has changed: the data, the month, the notebook, this package and the
libraries that draw; and while its files are those that were written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from caseload.intake.content import open_file
from caseload.intake.unreadable import Unreadable
from caseload.month.locations import notebook_path, package_folder
from caseload.month.manifest import Earlier, Result, versions
from caseload.month.rendering.reports import NOTEBOOKS, Report
from caseload.month.seals import is_seal_of, sealed

SOURCES = (".py", ".j2", ".css", ".js", ".json")


def run_key(
    inputs: pd.DataFrame, month: pd.Period, *, exclude_invalid: bool, names: Mapping[str, str] | None = None
) -> str:
    """What all reports of a run have in common. `inputs` has a column `sha256`, one row a file read.

    `names` are those that pages show in the place of identifiers.
    """
    read = sorted(zip(inputs["file"].map(lambda name: Path(name).name), inputs["sha256"], strict=True))
    shown = [sorted(names.items())] if names else []
    return _digest([read, str(month), exclude_invalid, versions(), _package(), *shown])


def whole_key(run: str) -> str:
    """What everything that a run writes is made from: also the notebooks of all reports."""
    return _digest([run, [_file(notebook_path(name)) for name in sorted(NOTEBOOKS.values())]])


def report_key(run: str, report: Report) -> str:
    """What one report is made from."""
    told = [{**copy.parameters.as_notebook(), "data": ""} for copy in report.copies]  # wherever the data lies
    return _digest([run, report.kind, report.id, report.files, told, _file(report.notebook)])


def still_current(report: Report, key: str, earlier: Earlier, folder: Path) -> Result | None:
    """The result of the run that has made a report in `folder`, if its pages still stand; else None."""
    result = earlier.results.get(report.name)
    if result is None or not result.has_pages or not is_seal_of(result.key, key):
        return None
    return replace(result, status="done") if intact(folder, report.files, earlier.files) else None


def intact(folder: Path, names: Iterable[str], seals: Mapping[str, str]) -> bool:
    """Whether all these files below `folder` are there as they were written, by their `seals`."""
    return all(name in seals and is_seal_of(seals[name], _file(folder / name)) for name in names)


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each of these files below `folder`; empty for one that is not there."""
    return {name: _file(folder / name) for name in names}


def seals(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """A seal of each of these files below `folder`; empty for one that is not there."""
    return {name: sealed(digest) if digest else "" for name, digest in digests(folder, names).items()}


def _file(path: Path) -> str:
    try:
        with open_file(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, Unreadable):
        return ""


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()


@cache
def _package() -> str:
    """The code and templates that run here: a checkout changes without changing its version."""
    root = package_folder()
    sources = sorted(path for path in root.rglob("*") if path.suffix in SOURCES)
    return _digest([(str(path.relative_to(root)), _file(path)) for path in sources])
