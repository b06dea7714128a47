"""One tree of exceptions, each with the exit code that the command line returns for it.

A message names tables, columns and rows, and says what kind of thing arrived; it never repeats a value of the data.
"""

from __future__ import annotations

import difflib
import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

ROWS_SHOWN = 5


class CaseloadError(Exception):
    """Base of every error that `caseload` raises on purpose.

    Examples
    --------
    >>> import caseload
    >>> try:
    ...     caseload.read_practice("no/such/folder")
    ... except caseload.CaseloadError as error:
    ...     print(error.exit_code)
    2
    """

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True)
class Problem:
    """One kind of problem in one column of one table.

    `rows` are the first few row numbers as a spreadsheet shows them (row 1 is the header), `count` is how many rows
    have the problem; both are empty (`()`, 0) for a problem of a whole table, file or column. `column` is "" for a
    problem of a whole table or file. `found` is the kind of what arrived, never a value. What is no table has entries
    of another `unit`, numbered from 1 in the order of the file. Where `expected` is "", something else was given
    altogether: `found` says what, in one sentence.
    """

    table: str
    column: str
    rows: tuple[int, ...]
    count: int
    expected: str
    found: str
    action: str
    unit: str = "row"

    @property
    def place(self) -> str:
        """Where it is: `sessions.status, rows 3, 7 (2 rows)`, or `support.toml, kind, contact 2 (1 contact)`."""
        joint = "." if self.unit == "row" else ", "
        name = f"{self.table}{joint}{self.column}" if self.column else self.table
        return f"{name}{_rows(self.rows, self.count, self.unit)}"

    def __str__(self) -> str:
        if not self.expected:
            return f"{self.place}: {self.found}. {self.action}"
        return f"{self.place}\n    expected: {self.expected}\n    found:    {self.found}\n    to do:    {self.action}"


def _rows(rows: tuple[int, ...], count: int, unit: str) -> str:
    if not rows:
        return ""
    if count == 1:
        return f", {unit} {rows[0]} (1 {unit})"
    more = f" and {count - len(rows)} more" if count > len(rows) else ""
    several = f"{unit[:-1]}ies" if unit.endswith("y") else f"{unit}s"
    return f", {several} {', '.join(map(str, rows))}{more} ({count} {several})"


class InputError(CaseloadError):
    """Something that was given cannot be used, by default the practice's data; holds every problem that was found.

    Examples
    --------
    >>> import pandas as pd
    >>> import caseload
    >>> rows = {"session_id": ["S1", "S1"], "clinician_id": "C1", "client_id": "K1", "status": ["attended", "came"]}
    >>> sessions = pd.DataFrame(rows | {"scheduled_start": "2026-05-04T09:00"})
    >>> try:
    ...     caseload.Practice.from_frames(sessions=sessions)
    ... except caseload.InputError as error:
    ...     [problem.place for problem in error.problems]
    ['sessions.status, row 3 (1 row)', 'sessions.session_id, row 3 (1 row)']
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Iterable[Problem], what: str = "The practice data") -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        self.what = what
        super().__init__(self.problems, what)

    def __str__(self) -> str:
        if len(self.problems) == 1 and not self.problems[0].expected:
            return str(self.problems[0])
        kinds = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        head = f"{self.what} cannot be used: {kinds}."
        if any(problem.rows and problem.unit == "row" for problem in self.problems):
            head += " Rows are numbered as a spreadsheet shows them (row 1 is the header)."
        return "\n\n".join([head, *map(str, self.problems)])


class ParameterError(CaseloadError):
    """A parameter of a command, a function or a notebook is unknown or has no usable value.

    Examples
    --------
    >>> import caseload
    >>> caseload.review_month(caseload.read_practice("data/sample"), "2031-01")
    Traceback (most recent call last):
    ...
    caseload.errors.ParameterError: The data covers 2024-12 to 2026-05, not 2031-01.
    """

    exit_code: ClassVar[int] = 2


class ReportsFailed(CaseloadError):
    """Some reports of a run could not be made; the others were.

    Examples
    --------
    >>> import caseload
    >>> error = caseload.ReportsFailed(("C03", "C11"))
    >>> error.failed, error.exit_code
    (('C03', 'C11'), 3)
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, failed: tuple[str, ...]) -> None:
        self.failed = failed
        super().__init__(failed)

    def __str__(self) -> str:
        number = "1 report" if len(self.failed) == 1 else f"{len(self.failed)} reports"
        return f"{number} could not be made: {', '.join(self.failed)}. The manifest says why."


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean …?`, or nothing where no known name is close."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def printable(text: str) -> str:
    """A text that tells a terminal nothing: no control characters, nor marks that turn its direction; lines stay."""
    return "\n".join(map(one_line, text.split("\n")))


def one_line(text: str) -> str:
    """A text in one line, as `printable`."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def unusable(path: Path) -> str:
    """Why the system cannot even look for a path: too long, a link to itself, a NUL; empty where it can."""
    try:
        path.stat()
    except ValueError:
        return "a character that no path has"
    except OSError as error:
        return os.strerror(error.errno) if error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL) else ""
    return ""
