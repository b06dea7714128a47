"""`manifest.json`: what a run did, with what, on which input; and what the manifest of an earlier run tells."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

NAME = "manifest.json"
PACKAGES = ("caseload", "pandas", "numpy", "scipy", "scikit-learn", "matplotlib", "seaborn", "papermill", "nbconvert")


@dataclass(frozen=True)
class Result:
    """What became of one report. `status` is `done`, `failed`, `kept` (an earlier run's page) or `not_rendered`.

    `error` names the kind of failure and the cell, never a value; `trace` is for `--debug` and written nowhere.
    """

    kind: str  # "supervisee", "team", "quality" or "index"
    id: str
    status: str
    seconds: float = 0.0
    error: str = ""
    trace: str = field(default="", repr=False)

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"kind": self.kind, "id": self.id, "status": self.status}
        return entry | {"seconds": round(self.seconds, 2), "error": self.error or None}


def manifest_text(
    month: pd.Period,
    parameters: dict[str, Any],
    files: pd.DataFrame,
    expected: dict[str, Any],
    times: tuple[datetime, datetime],
    results: Iterable[Result],
) -> str:
    """The manifest as JSON. `files` has the columns file, sha256, bytes; no path of the machine is written."""
    content = {
        "month": str(month),
        "parameters": parameters,
        "started": times[0].isoformat(timespec="seconds"),
        "finished": times[1].isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **{name: package_version(name) for name in PACKAGES}},
        "inputs": [_input(row) for row in files.to_dict("records")],
        "expected_false_flags": expected,
        "reports": [result.as_json() for result in results],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain) + "\n"


def earlier_reports(folder: Path) -> list[tuple[str, str]]:
    """(kind, id) of every report that the manifest in `folder` names; empty where there is none to be read."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return [(str(report["kind"]), str(report["id"])) for report in content["reports"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def package_version(name: str) -> str | None:
    """The installed version; None for a checkout that is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _input(row: dict[Any, Any]) -> dict[str, Any]:
    return {"file": Path(str(row["file"])).name, "sha256": str(row["sha256"]), "bytes": int(row["bytes"])}


def _plain(value: Any) -> Any:
    """numpy's numbers as Python's; everything else as text."""
    return value.item() if hasattr(value, "item") else str(value)
