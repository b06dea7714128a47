"""Raw tables → validated frames, or every problem of every table in one `InputError`.

Each table is read column by column, then row rules are applied, then the tables are held against each other. Invalid
rows are refused; with `exclude_invalid` they are dropped and counted instead, within a budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from caseload.errors import InputError, Problem
from caseload.intake.cells import Cells, missing_cells, read_cells
from caseload.intake.consistency import GUESTS, HOLDERS, people, row_findings, strangers, unattended_minutes
from caseload.intake.findings import Finding, labels
from caseload.intake.joining import join_people
from caseload.intake.raw import RawTable, Reading
from caseload.intake.settings import USUAL, Settings
from caseload.intake.showable import unread_columns
from caseload.intake.tables import TABLES, Column, Table, with_terms
from caseload.intake.uncounted import PARTLY_COUNTED, UNCOUNTED, uncounted

MAX_EXCLUDED = 0.05  # share of a table's rows that may be dropped as invalid
_NOTHING: np.ndarray[Any, Any] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class CheckedTable:
    """A table after its checks. `frame` holds the contract's columns; its index labels count the rows of the file.

    `private` are the labels of rows that no account counts; `rows_read` has them.
    """

    spec: Table
    file: str | None
    rows_read: int
    frame: pd.DataFrame
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    private: np.ndarray[Any, Any] = field(default_factory=_NOTHING.copy)

    @property
    def invalid(self) -> np.ndarray[Any, Any]:
        """Labels of the rows that have a finding, each once."""
        return np.unique(np.concatenate([_NOTHING, *(finding.rows for finding in self.findings)]))

    @property
    def valid(self) -> pd.DataFrame:
        """The rows without a finding."""
        invalid = self.invalid
        return self.frame if not len(invalid) else self.frame[~self.frame.index.isin(invalid)]


def check_practice(reading: Reading, *, exclude_invalid: bool = False) -> dict[str, CheckedTable]:
    """Every contracted table, checked; tables that were not given are empty.

    Raises `InputError` with all problems: of files, columns and support contacts always; of rows unless
    `exclude_invalid`; and of the tables in which more than `MAX_EXCLUDED` of the rows would be excluded.
    """
    reading.notes += join_people(reading.tables, reading.same_people)
    specs = with_terms(reading.settings.interventions)
    tables = {name: check_table(reading.tables.pop(name, None), spec, reading.settings) for name, spec in specs.items()}
    problems = [*reading.problems, *(problem for table in tables.values() for problem in table.problems)]
    tables = _with_strangers(tables, problems, exclude_invalid)
    problems += [found for table in tables.values() for found in _refused(table, exclude_invalid)]
    if problems or reading.support_problems:
        raise InputError([*_grouped_by_table(problems), *reading.support_problems])
    return tables


def check_table(raw: RawTable | None, spec: Table, settings: Settings = USUAL) -> CheckedTable:
    """One table by itself: cells, then rules within a row, then repeats."""
    if raw is None:
        return CheckedTable(spec, None, 0, _frame({}, spec, pd.RangeIndex(0)))
    if not any(name in spec.column_names for name in raw.header):
        return CheckedTable(spec, raw.file, 0, _frame({}, spec, pd.RangeIndex(0)), problems=(_no_header(spec),))
    skipped = _skip_empty_rows(raw)
    rows_read = len(raw.index)
    unread = _column_notes(raw, spec)
    given = [column for column in spec.columns if column.name in raw.columns]
    cells = {column.name: read_cells(raw.columns.pop(column.name), column) for column in given}
    frame = _frame(cells, spec, raw.index)
    findings = [finding for column in cells.values() for finding in column.findings] + row_findings(
        frame, spec, settings
    )
    problems = tuple(_table_problems(raw, spec, rows_read))
    tidied = (
        () if spec.name in (UNCOUNTED, PARTLY_COUNTED) else (*_empty_row_note(spec, skipped), *_cell_notes(spec, cells))
    )
    notes = (*unread, *tidied)
    private = labels(uncounted(spec.name, frame))
    table = CheckedTable(spec, raw.file, rows_read, frame, tuple(findings), problems, notes, private)
    return _without_minutes_of_unattended(_without_keyless(table))


def _frame(cells: Mapping[str, Cells], spec: Table, index: pd.Index) -> pd.DataFrame:
    columns = {
        column.name: cells[column.name].values if column.name in cells else missing_cells(column, index)
        for column in spec.columns
    }
    return pd.DataFrame(columns, index=index, copy=False)


def _skip_empty_rows(raw: RawTable) -> int:
    """Drop rows in which no contracted cell holds anything (a spreadsheet's trailing rows); labels stay as they are."""
    if not raw.columns:
        return 0
    empty = np.ones(len(raw.index), dtype=bool)
    for cells in raw.columns.values():
        empty &= cells.isna().to_numpy()
        if not empty.any():
            return 0
    for name, cells in raw.columns.items():
        raw.columns[name] = cells[~empty]
    raw.index = raw.index[~empty]
    return int(empty.sum())


def _table_problems(raw: RawTable, spec: Table, rows_read: int) -> list[Problem]:
    """What is wrong with the columns of a table, or with a table as a whole."""
    problems = [*raw.problems, *(_twice(raw, spec, name) for name in spec.column_names if raw.header.count(name) > 1)]
    problems += [lacking(raw, spec, col) for col in spec.columns if col.required and col.name not in raw.header]
    if spec.name == "sessions" and not rows_read and not raw.problems:
        action = "Give the appointments of the practice, one row each."
        problems.append(Problem(spec.name, "", (), 0, "at least one session", "no row of data", action))
    return problems


def _no_header(spec: Table) -> Problem:
    """The problem that the first row holds no name of a column: what it holds instead is not repeated."""
    names = [column.name for column in spec.columns if column.required] or list(spec.keys)
    expected = f"a header with the names of the columns: {', '.join(names)} and others"
    return Problem(spec.name, "", (), 0, expected, "no such name in the first row", "Put the names into the first row.")


def _twice(raw: RawTable, spec: Table, name: str) -> Problem:
    found = f"{raw.header.count(name)} columns of this name"
    return Problem(spec.name, name, (), 0, "one column of this name", found, "Keep one of them.")


def lacking(raw: RawTable, spec: Table, column: Column) -> Problem:
    """The problem that a header does not have a column."""
    in_other_letters = column.name in {name.lower() for name in raw.header}
    found = "the header in other letters" if in_other_letters else "no such column"
    action = f"Add the column, or name it {column.name} in the header."
    return Problem(spec.name, column.name, (), 0, "the column, it is required", found, action)


def _without_keyless(table: CheckedTable) -> CheckedTable:
    """Leave out rows that lack what it takes to attribute them, unless they have a finding of their own."""
    keys = list(table.spec.keys)
    if not keys or table.frame.empty:
        return table
    keyless = table.frame[keys].isna().any(axis=1) & ~table.frame.index.isin(table.invalid)
    if not keyless.any():
        return table
    told = int((keyless & ~table.frame.index.isin(table.private)).sum())
    notes = [f"{table.spec.name}: {_rows(told)} without {' or '.join(keys)} left out."] if told else []
    return replace(table, frame=table.frame[~keyless], notes=(*table.notes, *notes))


def _without_minutes_of_unattended(table: CheckedTable) -> CheckedTable:
    if table.spec.name != "sessions":
        return table
    idle = unattended_minutes(table.frame)
    if not idle.any():
        return table
    frame = table.frame.assign(actual_minutes=table.frame["actual_minutes"].mask(idle))
    note = f"sessions.actual_minutes: not used in {_rows(int(idle.sum()))}, which were not attended."
    return replace(table, frame=frame, notes=(*table.notes, note))


def _with_strangers(
    tables: Mapping[str, CheckedTable], problems: Sequence[Problem], exclude_invalid: bool
) -> dict[str, CheckedTable]:
    """Hold the tables against each other, for identifiers whose holders were read completely.

    Invalid rows still say who is in the practice when they are refused, so one bad cell does not make its contacts
    look like strangers; when they are dropped, rows left dangling go with them.
    """
    broken = {problem.table for problem in problems}
    checked = dict(tables)
    frames = {name: tables[name].valid if exclude_invalid else tables[name].frame for name in tables}
    for column, holders in HOLDERS.items():
        if broken & set(holders) or broken - set(TABLES):
            continue
        known = people(frames, column)
        for name in GUESTS[column]:
            unknown = strangers(checked[name].frame, column, known)
            checked[name] = replace(checked[name], findings=(*checked[name].findings, *unknown))
    return checked


def _refused(table: CheckedTable, exclude_invalid: bool) -> list[Problem]:
    """The findings of a table as problems, where its invalid rows cannot be excluded."""
    if not table.findings:
        return []
    invalid = len(table.invalid)
    refused = [finding.problem(table.spec.name) for finding in table.findings]
    if not exclude_invalid:
        return refused
    if invalid <= MAX_EXCLUDED * table.rows_read:
        return []
    expected = f"at most {MAX_EXCLUDED:.0%} invalid rows, to exclude them"
    action = "Correct the rows below at their source."
    seen = "more of its rows" if len(table.private) else f"{invalid} of {table.rows_read} rows"
    return [Problem(table.spec.name, "", (), 0, expected, seen, action), *refused]


def _grouped_by_table(problems: Sequence[Problem]) -> list[Problem]:
    order = {name: position for position, name in enumerate(TABLES)}
    return sorted(problems, key=lambda problem: order.get(problem.table, -1))


def _column_notes(raw: RawTable, spec: Table) -> list[str]:
    unknown = [name for name in raw.header if name not in spec.column_names]
    return unread_columns(spec.name, unknown, raw.columns.values()) if unknown else []


def _empty_row_note(spec: Table, skipped: int) -> list[str]:
    return [f"{spec.name}: {_rows(skipped, 'empty row')} skipped."] if skipped else []


def _cell_notes(spec: Table, cells: Mapping[str, Cells]) -> list[str]:
    trimmed = [
        f"{spec.name}.{name}: blanks around {_rows(column.trimmed, 'value')} removed."
        for name, column in cells.items()
        if column.trimmed
    ]
    untimed = [
        f"{spec.name}.{name}: {_rows(column.untimed, 'date')} without a time of day read as midnight."
        for name, column in cells.items()
        if column.untimed
    ]
    return trimmed + untimed


def _rows(count: int, what: str = "row") -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
