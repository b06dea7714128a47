"""The tables of a practice folder as an import finds them and as it leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from caseload.errors import InputError, ParameterError, Problem
from caseload.intake.check import check_practice
from caseload.intake.exports.coded import coded
from caseload.intake.exports.job import Translated
from caseload.intake.exports.merge import Change, absent, merged, with_absent, without, without_deleted
from caseload.intake.exports.stored import read_table
from caseload.intake.raw import RawTable, Reading, contracted
from caseload.intake.read import UNREADABLE, read_files, unreadable
from caseload.intake.tables import TABLES

_OTHER_STORES = (".parquet",)
_FILLED_LATER = ("clinicians", "clients")  # an empty cell of an export takes nothing away from these


def new_tables(files: Sequence[Translated]) -> dict[str, pa.Table]:
    """What the files hold for each table; of rows of one key in two files, those of the later file."""
    parts: dict[str, list[pa.Table]] = {}
    for done in files:
        if done.columns and len(done.rows):
            parts.setdefault(done.table, []).append(pa.table(done.columns))
    tables = {}
    for name, alike in parts.items():
        table = alike[0]
        for later in alike[1:]:
            table, _ = merged(name, table, later)
        order = [column for column in TABLES[name].column_names if column in table.column_names]
        tables[name] = table.select(order)
    if "sessions" in tables and "clinicians" not in tables:
        tables["clinicians"] = _clinicians(files, [tables[name] for name in ("sessions", "surveys") if name in tables])
    return tables


def _clinicians(files: Sequence[Translated], tables: Sequence[pa.Table]) -> pa.Table:
    """Everybody who has sessions or surveys, for the practice to fill in: team, hours, who agreed to share surveys."""
    names = sorted({name for table in tables for name in table["clinician_id"].unique().to_pylist()})
    supervisors = {clinician: supervisor for done in files for clinician, supervisor in done.supervisors.items()}
    columns = {name: pa.nulls(len(names), pa.string()) for name in TABLES["clinicians"].column_names}
    columns["clinician_id"] = pa.array(names, pa.string())
    columns["supervisor_id"] = pa.array([supervisors.get(name) for name in names], pa.string())
    return pa.table(columns)


def require_a_session(files: Sequence[Translated]) -> None:
    """A practice begins with an appointment: say so in terms of the export, and why its rows are none."""
    sessions = [done for done in files if done.table == "sessions"]
    if not sessions:
        expected = "appointments, with which a practice begins"
        action = "Import the appointments into this folder first, and this file afterwards."
        found_text = f"rows of {' and '.join(dict.fromkeys(done.table for done in files))} alone"
        raise InputError([Problem(files[0].file, "", (), 0, expected, found_text, action)], "The export")
    if not any(len(done.rows) for done in sessions):
        expected, action = "at least one appointment that took place or was missed", "Export a period that holds some."
        found = [(done.file, f"none in {done.read} rows{_reasons(done)}") for done in sessions or files]
        problems = [Problem(file, "", (), 0, expected, none, action) for file, none in found]
        raise InputError(problems, "The export")


def _reasons(done: Translated) -> str:
    return "".join(f"; left out: {count} {why}" for why, count in done.left_out.items())


def tables_in(folder: Path, names: Iterable[str]) -> dict[str, pa.Table]:
    """These tables of a folder as text, every column of them."""
    others = [file.name for file in folder.glob("*") if file.suffix.lower() in _OTHER_STORES and file.stem in TABLES]
    others += [file.name for file in folder.glob("*.xlsx") if not file.name.startswith("~$")]
    if others:
        listed = ", ".join(sorted(others))
        raise ParameterError(f"imports are added to CSV files: save {listed} as CSV in {folder.name} first")
    tables: dict[str, pa.Table] = {}
    problems: list[Problem] = []
    for name in names:
        file = folder / f"{name}.csv"
        try:
            if file.is_file():
                tables[name] = read_table(file)
        except UNREADABLE as error:
            problems.append(unreadable(name, error))
    if problems:
        raise InputError(problems)
    return tables


def merge_all(
    given: Mapping[str, pa.Table], old: Mapping[str, pa.Table], remove_absent: bool, deleted: Sequence[str] = ()
) -> tuple[dict[str, pa.Table], list[Change]]:
    """Every table that the files fill, with what is in the folder; and what changes. Sessions in `deleted` go."""
    tables: dict[str, pa.Table] = {}
    changes: list[Change] = []
    if deleted and "sessions" in old and "sessions" not in given:
        given = {**given, "sessions": old["sessions"].slice(0, 0)}
    for name, new in given.items():
        table, change = merged(name, old.get(name), new, keep_when_empty=name in _FILLED_LATER)
        if name == "sessions" and name in old and len(new):
            gone = absent(old[name], new)
            if remove_absent:
                table, change = without(table, old[name], gone, change)
            else:
                change = with_absent(change, old[name], gone)
        if name == "sessions" and deleted:
            table, change = without_deleted(table, deleted, change)
        tables[name] = table
        changes.append(change)
    return tables, changes


def check_result(folder: Path, tables: Mapping[str, pa.Table], old: Mapping[str, pa.Table]) -> None:
    """Hold the practice as it would be against the data contract, before anything is written."""
    others = [name for name in TABLES if name not in tables]
    reading = read_files(folder, others) if folder.exists() else Reading()
    reading.problems = [problem for problem in reading.problems if problem.table != "sessions"]  # it is not read here
    if not old and not reading.tables and not reading.problems and set(tables) == {"sessions", "clinicians"}:
        return  # every row has been checked where it was translated, and nobody can be unknown
    for name, table in tables.items():
        header = tuple(table.column_names)
        index = pd.RangeIndex(table.num_rows)
        everything = np.ones(table.num_rows, dtype=bool)
        columns = {
            column: coded(table[place]).categories(everything, index)
            for column, place in contracted(header, name).items()
        }
        reading.tables[name] = RawTable(f"{name}.csv", header, columns, index)
    reading.require_sessions()
    check_practice(reading)
