"""Files → grids, by the format that was named or the one that fits; each grid with the map of the table it fills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from caseload.errors import InputError, ParameterError, Problem
from caseload.intake.exports.calendars import SUFFIX, read_calendar
from caseload.intake.exports.choose import recognised_by, wanted_headers
from caseload.intake.exports.closest import Head, closest, fitting, has_own_names
from caseload.intake.exports.fhir.reader import read_fhir
from caseload.intake.exports.files import heads, read_grids
from caseload.intake.exports.grid import Grid, plain_header
from caseload.intake.exports.map_files import known_formats, known_names, read_map
from caseload.intake.exports.maps import ExportMap, TableMap
from caseload.intake.exports.packed import suffix_of
from caseload.intake.exports.wide import WantedHeaders
from caseload.intake.mistaken import is_own_table, mistaken_export
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.unreadable import Unreadable

Found = tuple[Path, TableMap, Grid]


def map_for(format: str, paths: Sequence[Path]) -> ExportMap:
    """The map that was named, or the one that fits the first file. Raises `InputError` where that cannot be read."""
    if format:
        return read_map(format)
    if mistaken_export(paths[0]):
        raise InputError([problem for path in paths if (problem := mistaken_export(path))], "The export")
    known = known_formats()
    if suffix_of(paths[0]) in (".json", ".ndjson"):
        return known["fhir"]
    if suffix_of(paths[0]) == SUFFIX:
        raise ParameterError(
            "a calendar does not say by itself who is a client and who came: caseload import --guess "
            f"{paths[0].name} --to map.toml writes a first map, in which you say it"
        )
    try:
        headers = heads(paths[0])
    except UNREADABLE as error:
        raise InputError([unreadable(paths[0].name, error)], "The export") from None
    tables = {name: export for name, export in known.items() if export.reader == "table"}
    fits = fitting(headers, tables)
    if len(fits) == 1 and has_own_names(headers, known[fits[0]]):
        return known[fits[0]]
    raise ParameterError(_unknown(paths[0], headers, tables, fits))


def _unknown(path: Path, heads: Sequence[Head], tables: Mapping[str, ExportMap], fits: Sequence[str]) -> str:
    """Why no format is taken by itself, which one is closest, and what to do."""
    if is_own_table(path):
        return f"{path.name} is a practice's own table, and no export: caseload report reads the folder that it is in"
    map_it = f"write a map for it: caseload import --guess {path.name} --to map.toml makes a first one"
    if fits:
        names = " or ".join(f"{tables[name].title} (--format {name})" for name in fits)
        return f"the columns of {path.name} have names that many programs use: if it is {names}, say so; else {map_it}"
    near = closest(heads, tables)
    if near is None:
        return f"no known format fits {path.name}: say which by --format ({', '.join(known_names())}), or {map_it}"
    lacks = "; ".join(near.lacking)
    return (
        f"no known format fits {path.name}. The closest is {tables[near.name].title} (--format {near.name}), for which "
        f"this is missing: {lacks}. Export it with that, or {map_it}"
    )


def read_all(paths: Sequence[Path], export: ExportMap, now: dt.datetime) -> tuple[list[Found], list[Problem]]:
    """What each file holds for each table that the format fills; and the problems of files that cannot be read."""
    grids_read: list[Found] = []
    wrong = {path: problem for path in paths if (problem := mistaken_export(path))}
    problems, paths = list(wrong.values()), [path for path in paths if path not in wrong]
    try:
        if export.reader == "fhir" and paths:
            grids_read += _read_together(paths, export)
            return grids_read, problems
    except InputError as error:
        return [], [*problems, *error.problems]
    for path in paths:
        try:
            grids = _read_alone(path, export, now)
        except UNREADABLE as error:
            problems.append(unreadable(path.name, error))
            continue
        refused = [problem for grid in grids if (problem := _refusal(grid, export))]
        problems += refused
        if not refused:
            grids_read += [(path, rows, grid) for grid in grids for rows in export.tables]
    return grids_read, problems


def _read_together(paths: Sequence[Path], export: ExportMap) -> Iterator[Found]:
    """The files of a FHIR export, whose resources refer to each other."""
    tables = {rows.rows_of: rows for rows in export.tables}
    for path, name, grid in read_fhir(paths, export):
        if name in tables:
            yield path, tables[name], grid


def _read_alone(path: Path, export: ExportMap, now: dt.datetime) -> list[Grid]:
    if export.reader == "calendar":
        if suffix_of(path) != SUFFIX:
            raise Unreadable("a calendar (.ics)", "a file of another kind", "Export the calendar as .ics.")
        return [read_calendar(path, (now + dt.timedelta(days=1)).astimezone(dt.UTC))[0]]
    wanted = WantedHeaders(map(plain_header, wanted_headers(export)), export)
    return read_grids(path, export, recognised_by(export), wanted)


def _refusal(grid: Grid, export: ExportMap) -> Problem | None:
    cells = {plain_header(name) for name in grid.header}
    for refusal in export.refuse:
        if {plain_header(name) for name in refusal.columns} <= cells:
            return Problem(grid.file, "", (), 0, export.title, "another report", f"{refusal.why}.")
    return None
