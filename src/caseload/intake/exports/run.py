"""An import from end to end: files of an export → a practice folder, all or nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caseload.errors import InputError, ParameterError, Problem
from caseload.intake.check import MAX_EXCLUDED, check_practice
from caseload.intake.exports import folder as folders
from caseload.intake.exports.fhir import read_fhir
from caseload.intake.exports.files import read_grid
from caseload.intake.exports.grid import Grid, header_row, plain_header
from caseload.intake.exports.job import Translated
from caseload.intake.exports.maps import ExportMap, TableMap, known_formats, read_map
from caseload.intake.exports.merge import Change, absent, merged, with_absent, without
from caseload.intake.exports.stored import read_table, write_table
from caseload.intake.exports.translate import recognised_by, translate, wanted_headers
from caseload.intake.history import FILE as HISTORY
from caseload.intake.history import ImportedFile, read_history, written
from caseload.intake.pseudonyms import (
    Identity,
    KeyFile,
    default_key_file,
    doubtful_pairs,
    is_open_to_others,
    keep,
    new_key,
    read_key_file,
)
from caseload.intake.raw import RawTable, Reading, contracted
from caseload.intake.read import UNREADABLE, read_files, unreadable
from caseload.intake.tables import TABLES

INVALID = "rows with cells that cannot be read (they are listed above)"
_FILLED_LATER = ("clinicians", "clients")  # an empty cell of an export takes nothing away from these


@dataclass(frozen=True)
class Imported:
    """What an import did, in counts: nothing in it is a name or a value of the data."""

    folder: Path
    key_file: Path
    title: str
    files: tuple[Translated, ...]
    changes: tuple[Change, ...]
    written: bool
    warnings: tuple[str, ...] = ()
    faults: tuple[Problem, ...] = ()  # of rows that were left out with `exclude_invalid`


@dataclass
class _Work:
    """What is at hand while an import runs."""

    export: ExportMap
    keys: KeyFile
    now: dt.datetime
    done: list[Translated] = field(default_factory=list)
    history: list[ImportedFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)


def import_exports(
    files: Sequence[Path | str],
    to: Path | str,
    format: str | ExportMap = "",
    *,
    key_file: Path | str | None = None,
    dates: str = "",
    time_zone: str = "",
    exclude_invalid: bool = False,
    remove_absent: bool = False,
    dry_run: bool = False,
    now: dt.datetime | None = None,
) -> Imported:
    """Read exports of a practice's program into a practice folder: what is new is added, what differs is corrected.

    Parameters
    ----------
    files : paths of CSV, XLSX or (format `fhir`) JSON and NDJSON files, all of one format; of two rows for the same
        appointment in two files, the one of the later file counts.
    to : the practice folder; made if there is none. Its tables must be CSV files.
    format : the name of a known format, the path of a map (.toml), or a map; empty: the one known format whose
        columns the first file has.
    key_file : where the key of the pseudonyms is kept, never in the folder; default: beside it, `<folder>.key`.
    dates, time_zone : in place of what the map declares.
    exclude_invalid : leave out rows that hold a cell which cannot be read, at most 5 % of a file.
    remove_absent : remove imported sessions in the days and of the clinicians of the export that it no longer holds.
    dry_run : find out what would change, and write nothing.
    now : sessions that begin later are left out; default: the clock of this computer.

    Raises
    ------
    InputError
        with everything that is wrong with all files, rows numbered as in the file; nothing is written then.
    ParameterError
        for a format, folder or key file that cannot be used.
    """
    paths = [Path(file) for file in files]
    folder = Path(to)
    keys_at = _key_path(folder, key_file)
    if not paths:
        raise ParameterError("give at least one file")
    export = _overridden(format if isinstance(format, ExportMap) else _map_for(format, paths), dates, time_zone)
    with folders.only_import(folder) as target:
        keys = _key_of(target, keys_at)
        warnings = _warn_of_mode(keys_at) + _warn_of_place(paths, target)
        work = _Work(export, keys, now or dt.datetime.now())  # noqa: DTZ005  local, as all times of a practice are
        for path in paths:
            _translate_file(path, work, exclude_invalid)
        if work.problems:
            raise InputError(work.problems)
        old = _tables_in(target)
        if "sessions" not in old:
            _require_a_session(work)
        tables, changes = _merge_all(work, old, remove_absent)
        _check_result(tables, old)
        warnings += _doubts(work)
        alters = any(change.alters for change in changes)
        if alters and not dry_run:
            keep(keys_at, keys.with_people(_people(work)))
            history = (*(read_history(target) or ()), *work.history)
            contents: dict[str, Callable[[Path], None]] = {
                f"{name}.csv": partial(write_table, table) for name, table in tables.items()
            }
            contents[HISTORY] = partial(_write_bytes, written(history))
            folders.replace_files(target, contents)
    done = alters and not dry_run
    return Imported(
        folder, keys_at, export.title, tuple(work.done), tuple(changes), done, tuple(warnings), tuple(work.faults)
    )


def _key_path(folder: Path, key_file: Path | str | None) -> Path:
    path = Path(key_file) if key_file else default_key_file(folder)
    if path.resolve().is_relative_to(folder.resolve()):
        raise ParameterError("the key file must lie apart from the practice folder: choose another place by --key")
    if not path.resolve().parent.is_dir():
        raise ParameterError(f"there is no folder for the key file {path.name}: make it first")
    return path


def _key_of(folder: Path, keys_at: Path) -> KeyFile:
    """The key of a folder, a new one for a new folder: with another, everybody in it would become somebody else."""
    keys, history = read_key_file(keys_at), read_history(folder)
    if keys is None and history != ():
        raise ParameterError(
            f"{folder.name} was imported with a key, and {keys_at.name} is not there: say where it is by --key; "
            "with a new one everybody would count as somebody else"
        )
    keys = keys or new_key()
    if {entry.key for entry in history or () if entry.key} - {keys.fingerprint}:
        raise ParameterError(
            f"{folder.name} was imported with another key than that in {keys_at.name}: say where it is by --key; "
            "with this one everybody would count as somebody else"
        )
    return keys


def _warn_of_mode(keys_at: Path) -> list[str]:
    if keys_at.exists() and is_open_to_others(keys_at):
        return [f"{keys_at.name} could be read by others on this computer; it is now for its owner only."]
    return []


def _warn_of_place(paths: Sequence[Path], folder: Path) -> list[str]:
    """Exports hold names: they do not belong beside what is to be without."""
    inside = [path.name for path in paths if path.resolve().is_relative_to(folder)]
    return [f"{', '.join(inside)} with its names lies in {folder.name}: move it out of the folder."] if inside else []


def _overridden(export: ExportMap, dates: str, time_zone: str) -> ExportMap:
    """The map with what was said on the command line; checked as the map itself is."""
    given = {name: value for name, value in {"dates": dates, "time_zone": time_zone}.items() if value}
    try:
        return export.with_settings(**given)
    except ValueError as error:
        raise ParameterError(str(error)) from None


def _map_for(format: str, paths: Sequence[Path]) -> ExportMap:
    """The map that was named, or the one that fits the first file. Raises `InputError` where that cannot be read."""
    if format:
        return read_map(format)
    known = known_formats()
    if paths[0].suffix.lower() in (".json", ".ndjson"):
        return known["fhir"]
    try:
        fitting = [name for name, export in known.items() if export.reader == "table" and _fits(paths[0], export)]
    except UNREADABLE as error:
        raise InputError([unreadable(paths[0].name, error)]) from None
    if len(fitting) == 1:
        return known[fitting[0]]
    raise ParameterError(
        f"no known format fits {paths[0].name}: say which by --format ({', '.join(known)}), or write a map: "
        "caseload import --guess FILE makes a first one"
    )


def _fits(path: Path, export: ExportMap) -> bool:
    grid = read_grid(path, export, recognised_by(export), ())
    return header_row([grid.header], recognised_by(export)) is not None


def _translate_file(path: Path, work: _Work, exclude_invalid: bool) -> None:
    """Read and translate one file into `work`, with its problems."""
    try:
        grids = _grids(path, work.export)
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except UNREADABLE as error:
        work.problems.append(unreadable(path.name, error))
        return
    for rows, grid in grids:
        if refused := _refusal(grid, work.export):
            work.problems.append(refused)
            continue
        done = translate(grid, rows, work.export, work.keys, work.now)
        work.problems += done.problems
        _refuse_or_leave_out(done, work, exclude_invalid)
        work.done.append(done)
        work.history.append(_entry(done, work, digest))


def _grids(path: Path, export: ExportMap) -> list[tuple[TableMap, Grid]]:
    """What one file holds for each table that the format fills."""
    if export.reader == "fhir":
        grids = read_fhir(path, export)
        return [(rows, grids[rows.rows_of]) for rows in export.tables if rows.rows_of in grids]
    wanted = {plain_header(name) for name in wanted_headers(export)}
    grid = read_grid(path, export, recognised_by(export), wanted)
    return [(rows, grid) for rows in export.tables]


def _refusal(grid: Grid, export: ExportMap) -> Problem | None:
    cells = {plain_header(name) for name in grid.header}
    for refusal in export.refuse:
        if {plain_header(name) for name in refusal.columns} <= cells:
            return Problem(grid.file, "", (), 0, export.title, "another report", f"{refusal.why}.")
    return None


def _refuse_or_leave_out(done: Translated, work: _Work, exclude_invalid: bool) -> None:
    """Rows with faults: refused, or left out if that was asked for and they are few."""
    if not done.faults:
        return
    if exclude_invalid and done.faulty <= MAX_EXCLUDED * done.read:
        done.left_out[INVALID] = done.faulty
        work.faults += done.faults
        return
    if exclude_invalid:
        expected, found = f"at most {MAX_EXCLUDED:.0%} invalid rows, to exclude them", f"{done.faulty} of {done.read}"
        work.problems.append(Problem(done.file, "", (), 0, expected, found, "Correct the rows below at their source."))
    work.problems += done.faults


def _entry(done: Translated, work: _Work, digest: str) -> ImportedFile:
    first = last = ""
    if len(done.rows) and "scheduled_start" in done.columns:
        span = pc.min_max(pc.utf8_slice_codeunits(done.columns["scheduled_start"], 0, 10)).as_py()
        first, last = span["min"], span["max"]
    today = work.now.date().isoformat()
    return ImportedFile(
        work.export.title, today, digest, done.table, len(done.rows), first, last, done.left_out, done.defaults,
        work.export.notes, work.keys.fingerprint,
    )  # fmt: skip


def _tables_in(folder: Path) -> dict[str, pa.Table]:
    """The tables of a folder as text, every column of them; it is a practice that can be read."""
    if not folder.exists() or not any(folder.glob("*.*")):
        return {}
    reading = read_files(folder)
    others = [table.file for table in reading.tables.values() if table.file and not table.file.endswith(".csv")]
    if others:
        raise ParameterError(f"imports are added to CSV files: save {', '.join(others)} as CSV in {folder.name} first")
    reading.problems = [problem for problem in reading.problems if problem.table != "sessions" or reading.tables]
    check_practice(reading)
    return {name: read_table(folder / f"{name}.csv") for name in TABLES if (folder / f"{name}.csv").is_file()}


def _require_a_session(work: _Work) -> None:
    """A practice begins with an appointment: say so in terms of the export, and why its rows are none."""
    sessions = [done for done in work.done if done.table == "sessions"]
    if not any(len(done.rows) for done in sessions):
        expected, action = "at least one appointment that took place or was missed", "Export a period that holds some."
        raise InputError(
            Problem(done.file, "", (), 0, expected, f"none in {done.read} rows{_reasons(done)}", action)
            for done in sessions or work.done
        )


def _reasons(done: Translated) -> str:
    return "".join(f"; left out: {count} {why}" for why, count in done.left_out.items())


def _merge_all(
    work: _Work, old: Mapping[str, pa.Table], remove_absent: bool
) -> tuple[dict[str, pa.Table], list[Change]]:
    """Every table that the files fill, with what is in the folder already; and what changes."""
    tables: dict[str, pa.Table] = {}
    changes: list[Change] = []
    for name, new in _new_tables(work).items():
        table, change = merged(name, old.get(name), new, keep_when_empty=name in _FILLED_LATER)
        if name == "sessions" and name in old:
            gone = absent(old[name], new)
            if remove_absent:
                table, change = without(table, old[name], gone, change)
            else:
                change = with_absent(change, old[name], gone)
        tables[name] = table
        changes.append(change)
    return tables, changes


def _new_tables(work: _Work) -> dict[str, pa.Table]:
    """What the files hold for each table; of rows of one key in two files, those of the later file."""
    parts: dict[str, list[pa.Table]] = {}
    for done in work.done:
        if done.columns and len(done.rows):
            parts.setdefault(done.table, []).append(pa.table(done.columns))
    tables = {}
    for name, found in parts.items():
        table = found[0]
        for later in found[1:]:
            table, _ = merged(name, table, later)
        order = [column for column in TABLES[name].column_names if column in table.column_names]
        tables[name] = table.select(order)
    if "sessions" in tables and "clinicians" not in tables:
        tables["clinicians"] = _clinicians(work, tables["sessions"])
    return tables


def _clinicians(work: _Work, sessions: pa.Table) -> pa.Table:
    """Everybody who has sessions, for the practice to fill in: team, hours, who agreed to share surveys."""
    names = sorted(sessions["clinician_id"].unique().to_pylist())
    supervisors = {clinician: supervisor for done in work.done for clinician, supervisor in done.supervisors.items()}
    columns = {name: pa.nulls(len(names), pa.string()) for name in TABLES["clinicians"].column_names}
    columns["clinician_id"] = pa.array(names, pa.string())
    columns["supervisor_id"] = pa.array([supervisors.get(name) for name in names], pa.string())
    return pa.table(columns)


def _check_result(tables: Mapping[str, pa.Table], old: Mapping[str, pa.Table]) -> None:
    """Hold the tables as they would be against the data contract and each other, before anything is written."""
    if not old and set(tables) <= {"sessions", "clinicians"} and "sessions" in tables:
        return  # every row has been checked where it was translated, and nobody can be unknown
    reading = Reading()
    for name, table in {**old, **tables}.items():
        index = pd.RangeIndex(table.num_rows)
        header = tuple(table.column_names)
        columns = {
            column: pd.Series(
                pd.array(table[place].combine_chunks(), dtype=pd.StringDtype(na_value=np.nan)), index=index
            )
            for column, place in contracted(header, name).items()
        }
        reading.tables[name] = RawTable(f"{name}.csv", header, columns, index)
    reading.require_sessions()
    check_practice(reading)


def _write_bytes(content: bytes, file: Path) -> None:
    file.write_bytes(content)


def _people(work: _Work) -> dict[str, Identity]:
    return {name: who for done in work.done for name, who in done.people.items()}


def _doubts(work: _Work) -> list[str]:
    """Where two people may have become one, or one two. Counts only: names are for the holder of the key."""
    everybody = work.keys.with_people(_people(work)).people
    pairs = doubtful_pairs(everybody, among=_people(work))
    warnings = []
    if pairs:
        number = "1 pair of people" if len(pairs) == 1 else f"{len(pairs)} pairs of people"
        warnings.append(
            f"{number} may be one person each, written in two ways: the holder of the key sees who by "
            "caseload reveal --doubts; correct the spelling at its source and import again."
        )
    together = sum(two_places(done) for done in work.done)
    if together:
        number = "1 client was" if together == 1 else f"{together} clients were"
        warnings.append(
            f"{number} attended to by two clinicians at the same moment: two people of one name may count as one. "
            "A map that tells people apart by a number or a date of birth settles it."
        )
    return warnings


def two_places(done: Translated) -> int:
    """How many clients attended sessions of two clinicians that began at the same time of day: namesakes, perhaps."""
    if done.table != "sessions" or not len(done.rows):
        return 0
    frame = pa.table({name: done.columns[name] for name in ("client_id", "clinician_id", "scheduled_start", "status")})
    timed = pc.invert(pc.match_substring(frame["scheduled_start"], "T00:00"))
    frame = frame.filter(pc.and_(timed, pc.equal(frame["status"], "attended")))
    counts = frame.group_by(["client_id", "scheduled_start"]).aggregate([("clinician_id", "count_distinct")])
    return len(counts.filter(pc.greater(counts["clinician_id_count_distinct"], 1))["client_id"].unique())
