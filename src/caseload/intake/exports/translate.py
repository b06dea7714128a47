"""One grid → rows of one of our tables, by a map: our words and units, who is who, and which rows are left out.

Everything that cannot be translated is a problem with the file's own rows and columns. No name, date of birth or number
of a person leaves but as a keyed identifier; the people behind them are handed to the key file alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caseload.errors import Problem, one_line
from caseload.intake.cells import read_cells
from caseload.intake.check import check_table
from caseload.intake.exports.cells import BACKWARDS, Translation, minutes_between, translated, what_to_do
from caseload.intake.exports.coded import Coded, Flags, plain_word
from caseload.intake.exports.grid import Expected, Grid, Source, place_of, plain_header
from caseload.intake.exports.identify import identify_people, identify_sessions
from caseload.intake.exports.job import FILL, Chosen, Job, Translated, theirs
from caseload.intake.exports.maps import ColumnMap, ExportMap, PersonMap, RowRule, TableMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.findings import Finding
from caseload.intake.pseudonyms import KeyFile
from caseload.intake.raw import RawTable
from caseload.intake.rows import strays
from caseload.intake.showable import speakable, vocabulary
from caseload.intake.tables import TABLES

NOT_YET = "appointments that have not taken place yet"
EMPTY = "empty rows"
CANCELLED = "client_cancelled"


def translate(grid: Grid, rows: TableMap, export: ExportMap, keys: KeyFile, now: dt.datetime) -> Translated:
    """Rows of `rows.table` from a grid, with everything that is wrong with it: the caller refuses.

    `keys` makes the identifiers; sessions that begin after `now` are left out. Rows with faults are not among the
    columns that are returned, which are held against the data contract.
    """
    source = Source(grid, export.also_called)
    people, columns, lacking = _choose(source, rows)
    done = Translated(rows.table, grid.file, read=len(grid), problems=[*grid.problems, *lacking], notes=[*grid.notes])
    done.unused = _unused(source, export, rows)
    if lacking or not len(grid):
        return done
    calendar = Calendar(export.dates, export.time_zone, export.excel_serials)
    keep = np.ones(len(grid), dtype=bool)
    job = Job(grid, source, rows, export, Chosen(people, columns), calendar, keys, now, done, keep)
    _leave_out_by_rule(job)
    _translate_columns(job)
    if rows.table == "sessions":
        _mark_late(job)
        _leave_out_future(job)
    identify_people(job)
    if rows.table == "sessions":
        identify_sessions(job)
    _check_contract(job)
    done.columns = {name: cells.texts(job.keep) for name, cells in job.cells.items()}
    if job.session_ids is not None:
        letters = pa.array(job.session_ids[job.keep]).cast(pa.string())
        done.columns["session_id"] = pc.binary_join_element_wise("S", letters, "-")
    done.rows = grid.rows[job.keep]
    return done


def wanted_headers(export: ExportMap) -> set[str]:
    """Every header that the map may read, in all spellings."""
    names: set[str] = set()
    for rows in export.tables:
        names |= {header for found in rows.people.values() for person in found for header in person.headers}
        names |= {rule.column for rule in rows.leave_out}
        for column in (column for found in rows.columns.values() for column in found):
            names |= {*column.from_, *column.between}
            names |= {header for other in column.instead for header in other.from_}
            names |= set(column.late.cancelled_at) if column.late else set()
    return names | {spelling for name in names for spelling in export.also_called.get(name, ())}


def recognised_by(export: ExportMap) -> Expected:
    """The columns by which a file of this format is recognised, and those of reports that it is mistaken for.

    Of a column with alternatives none is required: which one a file has is found out later.
    """
    people = [found[0] for found in export.people.values() if len(found) == 1]
    columns = [found[0] for found in export.columns.values() if len(found) == 1]
    names = [header for person in people if not person.optional for header in person.headers]
    names += [header for column in columns for header in column.headers]
    return [
        [{plain_header(spelling) for spelling in (name, *export.also_called.get(name, ()))} for name in headers]
        for headers in (names, *(refusal.columns for refusal in export.refuse))
    ]


def _choose(source: Source, rows: TableMap) -> tuple[dict[str, PersonMap], dict[str, ColumnMap], list[Problem]]:
    """The first alternative of everything that the file has; a problem for what is required and lacks."""
    people: dict[str, PersonMap] = {}
    columns: dict[str, ColumnMap] = {}
    lacking: list[str] = []
    for kind, persons in rows.people.items():
        fitting = [person for person in persons if source.has(person.headers)]
        if fitting:
            people[kind] = fitting[0]
        elif not persons[0].optional:
            lacking += [header for header in persons[-1].headers if not source.has([header])]
    for name, found in rows.columns.items():
        fit = [column for column in found if source.has((*column.from_, *column.between))]
        if fit:
            columns[name] = fit[0]
        elif not found[0].optional:
            lacking += [header for header in found[0].headers if not source.has([header])]
    action = (
        "Check that this is the report that the format reads; if its columns have other names, copy and edit the map."
    )
    expected, found_text = "this column, it is required", "no such column"
    file = source.grid.file
    return (
        people,
        columns,
        [Problem(file, name, (), 0, expected, found_text, action) for name in dict.fromkeys(lacking)],
    )


def _unused(source: Source, export: ExportMap, rows: TableMap) -> tuple[str, ...]:
    """The columns that are not read, by name; those whose names may be somebody's are counted."""
    header = source.grid.header
    places = {place_of(header, name, {}) for name in wanted_headers(export)}
    unused = [name for place, name in enumerate(header) if name and place not in places]
    named = speakable(unused, _private_cells(source, rows))
    hidden = len(unused) - len(named)
    return (*named, *([f"{hidden} whose names are not shown, as they may be data"] if hidden else []))


def _leave_out_by_rule(job: Job) -> None:
    """Leave out empty rows and what the map says is no appointment."""
    names = [name for person in job.chosen.people.values() for name in person.headers]
    names += [name for column in job.chosen.columns.values() for name in (*column.from_, *column.between)]
    empty = np.ones(len(job.grid), dtype=bool)
    for name in dict.fromkeys(names):
        empty &= job.source.cells(name).missing
    job.leave_out(EMPTY, empty)
    for rule in job.rows.leave_out:
        if job.source.has([rule.column]):
            job.leave_out(rule.why, _hit(job, rule))


def _hit(job: Job, rule: RowRule) -> Flags:
    column = job.source.cells(rule.column)
    words = {plain_word(word) for word in rule.words}
    matches = [
        plain_word(word) in words or bool(rule.matches and re.fullmatch(rule.matches, word)) for word in column.words
    ]
    hit = column.where(matches)
    return hit | column.missing if rule.empty else hit


def _translate_columns(job: Job) -> None:
    """Every mapped column but the identifiers: first rows that a word leaves out, then what is wrong with others."""
    found = {name: _translation(job, name, how) for name, how in job.chosen.columns.items() if name != "session_id"}
    for translation in found.values():
        for why, rows in translation.left_out.items():
            job.leave_out(why, rows)
    for name, translation in found.items():
        how = job.chosen.columns[name]
        job.done.sources[name] = theirs((*how.from_, *how.between))
        job.cells[name] = translation.cells
        _refuse_unknown_words(job, name, translation)
    for name, translation in found.items():
        _refuse_unreadable(job, name, translation)
    for name, translation in found.items():
        if translation.defaults is not None and (count := int((translation.defaults & job.keep).sum())):
            job.done.defaults[job.chosen.columns[name].default] = count
        if translation.skipped:
            job.done.notes.append(f"{name}: {translation.skipped} times that clocks skip when they go forward, kept.")


def _translation(job: Job, name: str, how: ColumnMap) -> Translation:
    if how.value:
        return Translation(Coded(np.zeros(len(job.grid), dtype=np.int64), [how.value]))
    if how.between:
        begin, end = (job.source.cells(header) for header in how.between)
        return minutes_between(begin, end, job.calendar)
    translation = translated(job.source.text(how.from_), job.rows.specs[name], how, job.calendar, job.export.decimal)
    for other in how.instead:
        if job.source.has(other.from_):
            _override(translation, job.source.text(other.from_), other.words, other.instead_of)
    return translation


def _override(translation: Translation, column: Coded, words: Mapping[str, str], instead_of: Sequence[str]) -> None:
    """Put words of another column in the place of what was found."""
    known = {plain_word(word): ours for word, ours in words.items()}
    plain = [plain_word(word) for word in column.words]
    hit = column.where([word in known for word in plain])
    if instead_of:
        hit &= translation.cells.where([word in instead_of for word in translation.cells.words])
    translation.cells = translation.cells.overlaid(hit, column.respelled([known.get(word) for word in plain]))
    translation.unknown = {word: rows & ~hit for word, rows in translation.unknown.items()}
    translation.left_out = {why: rows & ~hit for why, rows in translation.left_out.items()}


def _refuse_unknown_words(job: Job, name: str, translation: Translation) -> None:
    """Words that the map does not explain are a problem of the map: no row is left out for them."""
    unknown = {word: rows & job.keep for word, rows in translation.unknown.items() if (rows & job.keep).any()}
    if not unknown:
        return
    rows = np.logical_or.reduce(list(unknown.values()))
    expected = f"words that the map explains for {name}"
    found = f"other words{_named(job, unknown)}"
    action = f"Say what they mean in a copy of the map, under [columns.{name}.words] or [columns.{name}.left_out]."
    job.done.problems.append(job.problem(job.done.sources[name], rows, expected, found, action))
    translation.wrong[""] = rows


def _named(job: Job, unknown: Mapping[str, Flags]) -> str:
    """The unknown words, so that they can be mapped; those that may be more than words of a list are counted."""
    counts = {word: int(rows.sum()) for word, rows in unknown.items()}
    words = vocabulary(counts, _private_cells(job.source, job.rows))
    said = [f"{one_line(word)} ({counts[word]})" for word in words]
    if hidden := sum(counts.values()) - sum(counts[word] for word in words):
        cells = "1 cell" if hidden == 1 else f"{hidden} cells"
        said.append(f"{cells} not shown, which may hold more than such a word")
    return ": " + ", ".join(said)


def _private_cells(source: Source, rows: TableMap) -> set[str]:
    """Every cell of the columns that say who somebody is."""
    headers = {header for found in rows.people.values() for person in found for header in person.headers}
    return {word for header in headers for word in source.cells(header).words}


def _refuse_unreadable(job: Job, name: str, translation: Translation) -> None:
    """Cells that could not be read, and those that are empty and must not be."""
    spec, source = job.rows.specs[name], job.done.sources[name]
    unexplained = translation.wrong.pop("", None)
    for wrong, rows in translation.wrong.items():
        job.refuse(source, rows, spec.expected, wrong, what_to_do(wrong))
    if spec.required or name in TABLES[job.rows.table].keys:
        if unexplained is not None:  # a problem already, and not that of an empty cell
            job.keep &= ~unexplained
        empty = job.cells[name].missing
        job.refuse(source, empty, spec.expected, "an empty cell", FILL)


def _mark_late(job: Job) -> None:
    """Tell late cancellations by clients from early ones, where the export says when they cancelled."""
    late = job.chosen.columns["status"].late
    if late is None or not job.source.has(late.cancelled_at):
        return
    status = job.cells["status"]
    cancelled = status.where([word == CANCELLED for word in status.words])
    notice = minutes_between(job.source.text(late.cancelled_at), job.cells["scheduled_start"], job.calendar)
    short = notice.cells.where([float(minutes) < late.hours * 60 for minutes in notice.cells.words])
    rows = cancelled & (short | notice.wrong.pop(BACKWARDS, False))  # or after it had begun
    job.cells["status"] = status.overlaid(rows, Coded(np.zeros(len(rows), dtype=np.int64), ["late_cancelled"]))
    for wrong, unread in notice.wrong.items():
        job.refuse(theirs(late.cancelled_at), unread & cancelled, "when it was cancelled", wrong, what_to_do(wrong))


def _leave_out_future(job: Job) -> None:
    """Leave out what begins after now: nobody knows yet who comes. ISO text sorts as time does."""
    now = job.now.isoformat(timespec="minutes")
    starts = job.cells["scheduled_start"]
    job.leave_out(NOT_YET, starts.where([text > now for text in starts.words]))


def _check_contract(job: Job) -> None:
    """Hold what was translated against the data contract, every distinct text once; then rows against each other."""
    for name, cells in job.cells.items():
        spec = replace(job.rows.specs[name], required=False)  # what lacks a cell has been refused
        for finding in read_cells(pd.Series(cells.words, dtype="str"), spec).findings:
            _refuse_found(job, finding, cells.where(np.isin(np.arange(len(cells.words)), finding.rows).tolist()))
    if job.rows.table == "sessions":  # their identifiers are ours: one rule alone looks at two of their cells
        _refuse_strays(job)
        return
    index = pd.Index(np.flatnonzero(job.keep))
    columns = {name: cells.categories(job.keep, index) for name, cells in job.cells.items()}
    table = check_table(RawTable(job.grid.file, tuple(columns), columns, index), TABLES[job.rows.table])
    for finding in table.findings:
        _refuse_found(job, finding, np.isin(np.arange(len(job.grid)), finding.rows))


def _refuse_found(job: Job, finding: Finding, rows: Flags) -> None:
    source = job.done.sources.get(finding.column, finding.column)
    job.refuse(source, rows, finding.expected, finding.found, finding.action)


def _refuse_strays(job: Job) -> None:
    """Refuse appointments a generation away from all others."""
    starts = job.cells["scheduled_start"].only(job.keep)
    times = np.append(np.array(starts.words, dtype="datetime64[s]"), np.datetime64("NaT"))[starts.codes]
    for finding in strays(pd.Series(times, name="scheduled_start")):
        _refuse_found(job, finding, np.isin(np.arange(len(times)), finding.rows))
