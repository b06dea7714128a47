"""An import from end to end: files of an export → a practice folder, all or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from caseload.errors import InputError, ParameterError, Problem
from caseload.intake.check import MAX_EXCLUDED
from caseload.intake.exports.destination import check_result, merge_all, new_tables, require_a_session, tables_in
from caseload.intake.exports.doubts import doubts, warn_of_place
from caseload.intake.exports.identify import deleted_sessions
from caseload.intake.exports.job import Translated
from caseload.intake.exports.keys import key_path, keys_of
from caseload.intake.exports.maps import ExportMap
from caseload.intake.exports.merge import Change
from caseload.intake.exports.reading import map_for, read_all
from caseload.intake.exports.stored import write_table
from caseload.intake.exports.translate import translate
from caseload.intake.history import FILE as HISTORY
from caseload.intake.history import ImportedFile, read_history, written
from caseload.intake.identities import decisions_of
from caseload.intake.pseudonyms import KeyFile, keep
from caseload.writing.exchange import only_changer, replace_files
from caseload.writing.whole import Content

INVALID = "rows with cells that cannot be read (they are listed above)"


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
    files : paths of CSV, workbook or (format `fhir`) JSON and NDJSON files, all of one format; of two rows for the same
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

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import caseload
    >>> rows = ["client_name,clinician_name,date_of_service,office_name,status"]
    >>> rows += ["Ann Lee,Bo Roe,05/04/2026,Main,Show", "Ann Lee,Bo Roe,05/11/2026,Main,No show"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export = Path(folder, "attendance.csv")
    ...     _ = export.write_text(chr(10).join(rows))
    ...     done = caseload.import_exports([export], Path(folder, "practice"), "simplepractice")
    ...     caseload.read_practice(Path(folder, "practice")).sessions["status"].tolist()
    ['attended', 'no_show']
    """
    paths, folder = [Path(file) for file in files], Path(to)
    keys_at = key_path(folder, key_file)
    if not paths:
        raise ParameterError("give at least one file")
    if folder.is_file():
        raise ParameterError(f"{folder.name} is a file: --to takes the practice's folder, made if there is none")
    export = _overridden(format if isinstance(format, ExportMap) else map_for(format, paths), dates, time_zone)
    with only_changer(folder) as target:
        keys, warnings = keys_of(target, keys_at)
        warnings += warn_of_place(paths, target)
        before = read_history(target)
        warnings += [f"{HISTORY} was damaged: it is begun anew, with this import."] if before is None else []
        now = now or dt.datetime.now()  # noqa: DTZ005  local, as all times of a practice are
        grids_read, problems = read_all(paths, export, now)
        done: list[Translated] = []
        for _, rows, grid in grids_read:
            done.append(translate(grid, rows, export, keys, now))
            keys = keys.with_people(done[-1].people)
        faults = _refuse(done, problems, exclude_invalid)
        if not (target / "sessions.csv").is_file():
            require_a_session(done)
        new = new_tables(done)
        deleted = deleted_sessions([one for _, _, grid in grids_read for one in grid.deleted], keys.people, keys)
        old = tables_in(target, [*new, "sessions"] if deleted else new)
        tables, changes = merge_all(new, old, remove_absent, deleted)
        alters = any(change.alters for change in changes)
        if alters:
            check_result(target, tables, old)
        warnings += doubts(done, keys.people, decisions_of(target))
        writes = alters and not dry_run
        if writes:
            history = [
                _entry(one, grid.sha256, export, keys, now) for one, (_, _, grid) in zip(done, grids_read, strict=True)
            ]
            keep(keys_at, keys)
            replace_files(target, _contents(tables, (*(before or ()), *history)), edited="agenda.csv")
    return Imported(folder, keys_at, export.title, tuple(done), tuple(changes), writes, tuple(warnings), tuple(faults))


def _overridden(export: ExportMap, dates: str, time_zone: str) -> ExportMap:
    """The map with what was said on the command line; checked as the map itself is."""
    given = {name: value for name, value in {"dates": dates, "time_zone": time_zone}.items() if value}
    try:
        return export.with_settings(**given)
    except ValueError as error:
        raise ParameterError(str(error)) from None


def _refuse(done: Sequence[Translated], problems: Sequence[Problem], exclude_invalid: bool) -> list[Problem]:
    """Raise `InputError` with everything wrong; with `exclude_invalid`, not for rows that are few in their file.

    Returns the faults of the rows that are left out.
    """
    refused = [*problems, *(problem for one in done for problem in one.problems)]
    excluded: list[Problem] = []
    for one in done:
        if exclude_invalid and one.faulty <= MAX_EXCLUDED * one.read:
            excluded += one.faults
            one.left_out |= {INVALID: one.faulty} if one.faulty else {}
            continue
        if exclude_invalid and one.faults:
            expected, share = f"at most {MAX_EXCLUDED:.0%} invalid rows, to exclude them", f"{one.faulty} of {one.read}"
            refused.append(Problem(one.file, "", (), 0, expected, share, "Correct the rows below at their source."))
        refused += one.faults
    if refused:
        raise InputError(refused, "The export")
    return excluded


def _entry(one: Translated, digest: str, export: ExportMap, keys: KeyFile, now: dt.datetime) -> ImportedFile:
    """What `imports.json` tells of a file."""
    first = last = ""
    if len(one.rows) and "scheduled_start" in one.columns:
        span = pc.min_max(pc.utf8_slice_codeunits(one.columns["scheduled_start"], 0, 10)).as_py()
        first, last = span["min"], span["max"]
    today = now.date().isoformat()
    return ImportedFile(
        export.title, today, digest, one.table, len(one.rows), first, last, one.left_out, one.defaults, export.notes,
        keys.fingerprint,
    )  # fmt: skip


def _contents(tables: Mapping[str, pa.Table], history: tuple[ImportedFile, ...]) -> dict[str, Content]:
    """The files to write, each with what writes it."""
    contents: dict[str, Content] = {f"{name}.csv": partial(write_table, table) for name, table in tables.items()}
    return {**contents, HISTORY: written(history)}
