"""AGENDA: what supervision meetings decided and what came of it, kept in the `agenda.csv` of a practice.

A decision is added as a row, and what came of it is put into that row: no other character of the file changes, two
who write at the same time both succeed, and a file that the data contract refuses is refused here too and left alone.
Messages name rows and columns; they repeat nothing that was decided.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from caseload.errors import InputError, Problem
from caseload.intake.check import check_table, lacking
from caseload.intake.consistency import strangers
from caseload.intake.content import Content
from caseload.intake.csv_file import read_csv
from caseload.intake.entries import (
    plain,
    refuse,
    wrong_clinician,
    wrong_decision,
    wrong_month,
    wrong_months,
    wrong_word,
)
from caseload.intake.findings import FIRST_ROW
from caseload.intake.joining import join_people
from caseload.intake.practice import Practice, read_people
from caseload.intake.read import AGENDA, UNREADABLE, unreadable
from caseload.intake.sheet import Sheet
from caseload.intake.tables import FLAGS, OUTCOMES, TABLES
from caseload.writing.whole import content_of, rewrite

SETTLED = ("helped", "unchanged", "not_needed")  # outcomes that say what came of it
_SPEC = TABLES[AGENDA]
_EMPTY = f"{','.join(_SPEC.column_names)}\n".encode()


@dataclass(frozen=True)
class Noted:
    """Where a decision stands: its `row` as a spreadsheet shows it, and whether anything had to be `written`."""

    file: Path
    row: int
    written: bool


@dataclass(frozen=True)
class Change:
    """Cells to write into the row of this label (None: a new row); without cells there is nothing to write."""

    label: int | None
    cells: Mapping[str, str]


def read_agenda(
    path: str | os.PathLike[str], clinician_id: str | None = None, due: str | pd.Period | None = None
) -> pd.DataFrame:
    """The agenda of a practice (a folder, or a workbook and the `agenda.csv` beside it), in the order of the file.

    The columns are the contract's; the index `row` holds the numbers that a spreadsheet shows. Of one clinician, or
    what is due for review by the month `due` (`YYYY-MM`), where that is asked for. Without a file there are no rows.
    Raises `InputError` for a file that the data contract refuses, `ParameterError` for an unknown clinician or a month
    that is none.

    Examples
    --------
    >>> import caseload
    >>> caseload.read_agenda("data/sample", due="2026-05")[["clinician_id", "month", "flag", "outcome"]].head(2)
        clinician_id    month                flag outcome
    row
    4            C04  2026-04  stage_incongruence    open
    5            C07  2026-04     over_investment    open
    """
    practice = read_people(path)
    wrong = [] if clinician_id is None else wrong_clinician(clinician_id, practice)
    refuse([*wrong, *([] if due is None else wrong_month("due", due))])
    _, agenda = _checked(_content(_file(path)), practice)
    if clinician_id is not None:
        agenda = agenda[agenda["clinician_id"] == plain(clinician_id)]
    if due is not None:
        agenda = agenda[is_due(agenda, pd.Period(plain(due), "M"))]
    return agenda.set_axis(pd.Index(agenda.index + FIRST_ROW, name="row"))


def add_decision(
    path: str | os.PathLike[str],
    clinician_id: str,
    month: str | pd.Period | None,
    flag: str,
    decision: str,
    review_month: str | pd.Period | None = None,
    outcome: str = "open",
) -> Noted:
    """Add what the meeting on the report of `month` decided about a flag, and when it is to be looked at again.

    Months are `YYYY-MM`; None for `month` is the practice's latest complete one. `decision` is one line of at most 500
    characters that begins with a word. A decision that is there already (same clinician, month, flag and words) is not
    written again. Raises `ParameterError` with everything that is wrong with the entry, `InputError` for a practice or
    an agenda that cannot be read; nothing is written then.

    Examples
    --------
    >>> import shutil, tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = shutil.copytree("data/sample", f"{folder}/practice")
    ...     said = {"decision": "One free evening a week", "review_month": "2026-07"}
    ...     _ = caseload.add_decision(practice, "C07", "2026-05", "self_care", **said)
    ...     caseload.read_agenda(practice, "C07", due="2026-07")["decision"].tolist()[-1:]
    ['One free evening a week']
    """
    practice = read_people(path)
    asked = practice.default_month(dt.date.today()) if month is None else month
    given = (clinician_id, asked, flag, decision, review_month, outcome)
    entry = {name: plain(value) for name, value in zip(_SPEC.column_names, given, strict=True)}
    refuse(
        [
            *wrong_clinician(entry["clinician_id"], practice),
            *wrong_months(entry["month"], entry["review_month"], practice.months),
            *wrong_word("flag", entry["flag"], FLAGS),
            *wrong_decision(decision),
            *wrong_word("outcome", entry["outcome"], OUTCOMES),
        ]
    )
    return _changed(path, practice, partial(_addition, entry=entry))


def close_decision(
    path: str | os.PathLike[str],
    clinician_id: str,
    month: str | pd.Period,
    flag: str | None = None,
    *,
    outcome: str,
    decision: str | None = None,
    row: int | None = None,
) -> Noted:
    """Write what came of a decision of `month`: `helped`, `unchanged`, `not_needed`; `open` takes that back.

    Where there are several, `flag`, the words of the `decision` or its `row` as a spreadsheet shows it say which one.
    Raises `ParameterError` where none fits or more than one, or an argument is wrong, `InputError` for a practice or an
    agenda that cannot be read; nothing is written then.

    Examples
    --------
    >>> import shutil, tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = shutil.copytree("data/sample", f"{folder}/practice")
    ...     _ = caseload.add_decision(practice, "C07", "2026-05", "self_care", "One free evening a week")
    ...     _ = caseload.close_decision(practice, "C07", "2026-05", "self_care", outcome="helped")
    ...     caseload.read_agenda(practice, "C07")["outcome"].tolist()[-1:]
    ['helped']
    """
    practice = read_people(path)
    refuse(
        [
            *wrong_clinician(clinician_id, practice),
            *wrong_month("month", month),
            *([] if flag is None else wrong_word("flag", plain(flag), FLAGS)),
            *wrong_word("outcome", plain(outcome), OUTCOMES),
        ]
    )
    wanted = {"clinician_id": plain(clinician_id), "month": pd.Period(plain(month), "M")}
    wanted |= {name: plain(value) for name, value in (("flag", flag), ("decision", decision)) if value is not None}
    return _changed(path, practice, partial(_closing, wanted=wanted, row=row, outcome=plain(outcome)))


def is_settled(agenda: pd.DataFrame) -> pd.Series:
    """Of which decisions it is said what came of them (boolean, one per row)."""
    return agenda["outcome"].isin(SETTLED)


def is_due(agenda: pd.DataFrame, month: pd.Period) -> pd.Series:
    """Which decisions were to be looked at by the end of `month`, and nothing is said of what came of them."""
    return (agenda["review_month"] <= month) & ~is_settled(agenda)


def _addition(agenda: pd.DataFrame, entry: Mapping[str, str]) -> Change:
    """A new row, unless the same decision is there."""
    same = {name: entry[name] for name in ("clinician_id", "flag", "decision")}
    there = _fitting(agenda, {**same, "month": pd.Period(entry["month"], "M")})
    return Change(there[0], {}) if there else Change(None, entry)


def _closing(agenda: pd.DataFrame, wanted: Mapping[str, object], row: int | None, outcome: str) -> Change:
    """The outcome of the one row that fits; which one is never guessed."""
    fitting = [label for label in _fitting(agenda, wanted) if row is None or label + FIRST_ROW == row]
    if not fitting:
        theirs = agenda[agenda["clinician_id"] == wanted["clinician_id"]]
        refuse([f"no decision fits; of this clinician there {_told(theirs)}"])
    if len(fitting) > 1:
        refuse([f"{len(fitting)} decisions fit, say which by its flag or row; there {_told(agenda.loc[fitting])}"])
    is_said = agenda["outcome"].loc[fitting[0]] == outcome
    return Change(fitting[0], {} if is_said else {"outcome": outcome})


def _fitting(agenda: pd.DataFrame, wanted: Mapping[str, object]) -> list[int]:
    """Labels of the rows with these values."""
    fits = pd.Series(True, index=agenda.index)
    for name, value in wanted.items():
        fits &= agenda[name] == value
    return [int(label) for label in agenda.index[fits]]


def _told(agenda: pd.DataFrame) -> str:
    """Rows by number, month, flag and outcome, in words of our own lists."""
    rows = [
        f"row {row['row'] + FIRST_ROW} ({row['month']}, {row['flag'] if row['flag'] in FLAGS else 'another flag'}, "
        f"{row['outcome'] if row['outcome'] in OUTCOMES else 'no outcome'})"
        for row in agenda.rename_axis("row").reset_index().to_dict("records")
    ]
    return f"{'is' if len(rows) < 2 else 'are'} {', '.join(rows) or 'none'}"


def _file(path: str | os.PathLike[str]) -> Path:
    """Where the agenda of a practice lies: in its folder, or beside its workbook."""
    given = Path(path)
    return (given if given.is_dir() else given.parent) / f"{AGENDA}.csv"


def _content(file: Path) -> bytes | None:
    try:
        return content_of(file)
    except OSError as error:
        raise InputError([unreadable(AGENDA, error)]) from None


def _changed(path: str | os.PathLike[str], practice: Practice, change: Callable[[pd.DataFrame], Change]) -> Noted:
    """Write what `change` makes of the agenda as it is at that moment."""
    file = _file(path)
    row, written = rewrite(file, partial(_edited, practice=practice, change=change))
    return Noted(file, row, written)


def _edited(
    old: bytes | None, practice: Practice, change: Callable[[pd.DataFrame], Change]
) -> tuple[bytes | None, tuple[int, bool]]:
    """The new content, after it was read as it will be read from the file; and the row, and whether it is written."""
    header, before = _checked(old, practice, whole=True)
    wanted = change(before)
    sheet = Sheet((_EMPTY if old is None else old).decode("utf-8"))
    row = sheet.next_row if wanted.label is None else wanted.label + FIRST_ROW
    if not wanted.cells:
        return None, (row, False)
    text = sheet.with_row(header, wanted.cells) if wanted.label is None else sheet.with_cells(row, header, wanted.cells)
    new = text.encode("utf-8")
    if not _only_changed(before, new, practice, row - FIRST_ROW, wanted.cells):
        expected, found = "cells that can be told apart", "a quote that does not end, or one within a cell"
        raise InputError([Problem(AGENDA, "", (), 0, expected, found, "Save the file again as CSV UTF-8.")])
    return new, (row, True)


def _checked(content: bytes | None, practice: Practice, *, whole: bool = False) -> tuple[tuple[str, ...], pd.DataFrame]:
    """Header and rows of the agenda; labels count from 0 in the order of the file. `whole`: with every column."""
    try:
        raw = read_csv(Content(f"{AGENDA}.csv", _EMPTY if content is None else content))
    except UNREADABLE as error:
        raise InputError([unreadable(AGENDA, error)]) from None
    join_people({AGENDA: raw}, practice.same_people)
    table = check_table(raw, _SPEC)
    unknown = strangers(table.frame, "clinician_id", pd.Index(practice.supervisees["clinician_id"]))
    missing = [lacking(raw, _SPEC, column) for column in _SPEC.columns if whole and column.name not in raw.header]
    problems = [*missing, *table.problems, *(finding.problem(AGENDA) for finding in (*table.findings, *unknown))]
    if problems:
        raise InputError(problems)
    return raw.header, table.frame


def _only_changed(before: pd.DataFrame, new: bytes, practice: Practice, label: int, cells: Mapping[str, str]) -> bool:
    """Whether in `new` the row of this label has these cells, and every other row what it had."""
    try:
        _, after = _checked(new, practice)
    except InputError:
        return False
    if label not in after.index or not after.drop(index=label).equals(before.drop(index=label, errors="ignore")):
        return False
    return after.loc[label, list(cells)].astype("str").fillna("").to_dict() == cells
