"""`manifest.json`: what a run did, with what, on which input; and what the manifest of an earlier run tells."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd

from caseload import release
from caseload.intake.content import json_in, read_content
from caseload.intake.unreadable import Unreadable
from caseload.month.seals import sealed
from caseload.writing.names import is_ours
from caseload.writing.whole import write_together

NAME = "manifest.json"
MOST_BYTES = 64 << 20
PACKAGES = ("pandas", "numpy", "scipy", "scikit-learn", "matplotlib", "seaborn", "papermill", "nbconvert")


@dataclass(frozen=True)
class Result:
    """What became of one report. `status` is `done`, `failed`, `kept` (an earlier run's page) or `not_rendered`.

    `error` names the kind of failure and the cell, never a value; `trace` is for `--debug` and written nowhere. `key`
    is a seal of what the report was made from; `unchanged` says that an earlier run has made it, from the same.
    """

    kind: str  # "supervisee", "team", "quality", "index", "tables" or "pdf"
    id: str
    status: str
    seconds: float = 0.0
    error: str = ""
    trace: str = field(default="", repr=False)
    key: str = ""
    unchanged: bool = False

    @property
    def name(self) -> tuple[str, str]:
        """Kind and id."""
        return self.kind, self.id

    @property
    def has_pages(self) -> bool:
        return self.status in ("done", "kept")

    def as_json(self) -> dict[str, Any]:
        entry: dict[str, Any] = {"kind": self.kind, "id": self.id, "status": self.status}
        entry |= {"seconds": round(self.seconds, 2), "error": self.error or None}
        return entry | ({"unchanged": self.unchanged, "key": self.key} if self.key else {})


@dataclass(frozen=True)
class Earlier:
    """What the manifest of an earlier run tells; nothing where there is none to be read.

    It is data, not an order: what is not of the form that we write is passed over, and only files with names of our own
    making are known from it.
    """

    results: Mapping[tuple[str, str], Result] = field(default_factory=dict)  # by kind and id
    files: Mapping[str, str] = field(default_factory=dict)  # a seal of each that was written
    parameters: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    printed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # what each PDF was made from
    claims: frozenset[str] = frozenset()  # `claim_on` the files that runs have written, or meant to
    shown: frozenset[str] = frozenset()  # digests of the shared survey answers that pages show
    identity: Mapping[str, str] = field(default_factory=dict)  # of the practice

    @classmethod
    def read(cls, folder: Path) -> Earlier:
        """The manifest in `folder`."""
        try:
            content = _content(folder)
            entries, parameters = content["reports"], dict(content["parameters"])
            results = {result.name: result for result in map(_result, entries)}
        except (OSError, Unreadable, ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
            return cls()
        written = {name: seal for name, seal in _texts(content.get("files")).items() if is_ours(name)}
        printed = _named(content.get("printed"))
        return cls(
            results,
            written,
            parameters,
            str(content.get("key", "")),
            {name: _texts(told) for name, told in printed.items() if is_ours(name)},
            frozenset({*map(claim_on, [*written, NAME]), *_list(content.get("claims"))}),
            frozenset(_list(content.get("shown"))),
            _texts(content.get("practice")),
        )

    def claimed(self, folder: Path) -> list[str]:
        """The files in `folder`, and in `own` below it, that earlier runs have written."""
        there = [path.name for path in folder.glob("*")] + [f"own/{path.name}" for path in (folder / "own").glob("*")]
        return [name for name in sorted(there) if is_ours(name) and claim_on(name) in self.claims]


def claim_on(name: str) -> str:
    """By which a manifest knows a file of a run again, without naming whose it is."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _named(content: object) -> dict[str, Any]:
    return {str(name): value for name, value in content.items()} if isinstance(content, dict) else {}


def _texts(content: object) -> dict[str, str]:
    return {name: value for name, value in _named(content).items() if isinstance(value, str)}


def _list(content: object) -> list[str]:
    return [value for value in content if isinstance(value, str)] if isinstance(content, list) else []


def by_error(failed: Iterable[Result]) -> dict[str, list[Result]]:
    """Failures with the same error together: a full disk is one thing to say, not one for each report."""
    by: dict[str, list[Result]] = {}
    for result in failed:
        by.setdefault(result.error, []).append(result)
    return by


def manifest_text(
    month: pd.Period,
    parameters: Mapping[str, Any],
    inputs: pd.DataFrame,
    expected: Mapping[str, Any],
    times: tuple[datetime, datetime],
    results: Iterable[Result],
    *,
    key: str = "",
    files: Mapping[str, str] | None = None,
    printed: Mapping[str, Mapping[str, str]] | None = None,
    claims: Iterable[str] = (),
    shown: Iterable[str] = (),
    practice: Mapping[str, str] | None = None,
) -> str:
    """The manifest as JSON. `inputs` has the columns file and sha256; no path of the machine is written.

    Seals stand for whatever a digest could be guessed from (`caseload.month.seals`): `key` is one of what all reports
    were made from, empty until all is done; `files` holds one of every file written, and `printed` for each PDF one of
    the page that it shows, and its paper. `claims` are those on files of all runs, `shown` digests of the survey
    answers that pages show, `practice` says which it is.
    """
    content = {
        "month": str(month),
        "parameters": parameters,
        "started": times[0].isoformat(timespec="seconds"),
        "finished": times[1].isoformat(timespec="seconds"),
        "versions": versions(),
        "inputs": [_input(row) for row in inputs.to_dict("records")],
        "expected_false_flags": expected,
        "reports": [result.as_json() for result in results],
        "files": files or {},
        "printed": printed or {},
        "claims": sorted(claims),
        "practice": practice or {},
        "shown": sorted(shown),
        "key": key,
    }
    return _text(content)


def claim(folder: Path, names: Iterable[str]) -> None:
    """Have the manifest in `folder` claim files that are about to be written, and tell nothing of them yet."""
    content, new = _content(folder), set(names)
    claims = sorted({*_list(content.get("claims")), *map(claim_on, new)})
    told = {
        key: {name: of for name, of in _named(content.get(key)).items() if name not in new}
        for key in ("files", "printed")
    }
    write_together(folder, {NAME: _text(content | told | {"claims": claims})})


def amend(
    folder: Path,
    files: Mapping[str, str],
    printed: Mapping[str, Mapping[str, str]],
    results: Mapping[str, Iterable[Result]],
) -> None:
    """Have the manifest in `folder` tell of these files, and of these results, by kind, instead of earlier ones."""
    content = _content(folder)
    others = [entry for entry in content["reports"] if entry["kind"] not in results]
    content["reports"] = [*others, *(result.as_json() for each in results.values() for result in each)]
    content["files"] = {name: seal for name, seal in sorted(files.items()) if seal}
    content["printed"] = dict(sorted(printed.items()))
    content["finished"] = datetime.now().astimezone().isoformat(timespec="seconds")
    write_together(folder, {NAME: _text(content)})


def _content(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json_in(read_content(folder / NAME, MOST_BYTES).data)
    return content


def _text(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, default=_plain) + "\n"


@cache
def versions() -> dict[str, str | None]:
    """Python and the packages that make a page; None for one that is not installed."""
    return {
        "python": platform.python_version(),
        "caseload": release.version(),
        **{name: _version(name) for name in PACKAGES},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _result(entry: Mapping[str, Any]) -> Result:
    told = {name: entry.get(name) for name in ("seconds", "error", "key")}
    kind, who = entry["kind"], entry["id"]
    if not (isinstance(kind, str) and isinstance(who, str)):
        raise TypeError
    return Result(
        kind,
        who,
        str(entry.get("status", "")),
        float(told["seconds"] or 0),
        str(told["error"] or ""),
        key=str(told["key"] or ""),
        unchanged=True,
    )


def _input(row: dict[Any, Any]) -> dict[str, Any]:
    return {"file": Path(str(row["file"])).name, "seal": sealed(str(row["sha256"]))}


def _plain(value: Any) -> Any:
    """numpy's numbers as Python's; everything else as text."""
    return value.item() if hasattr(value, "item") else str(value)
