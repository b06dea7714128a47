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

from caseload.errors import one_line
from caseload.intake.cells import read_cells
from caseload.intake.check import check_table
from caseload.intake.consistency import strays
from caseload.intake.exports.cells import Translation, minutes_between, translated, what_to_do
from caseload.intake.exports.choose import choose, private_cells, rival_people, unused
from caseload.intake.exports.coded import Coded, Flags, plain_word
from caseload.intake.exports.grid import Grid, Source
from caseload.intake.exports.identify import identify_people, identify_sessions
from caseload.intake.exports.job import FILL, Chosen, Job, Translated, theirs
from caseload.intake.exports.maps import ColumnMap, ExportMap, TableMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.notice import MIDNIGHT, mark_late
from caseload.intake.exports.overlooked import refuse_unread_times
from caseload.intake.exports.row_rules import RowRule
from caseload.intake.exports.series import unfolded
from caseload.intake.exports.wide import lengthened
from caseload.intake.findings import Finding
from caseload.intake.pseudonyms import KeyFile
from caseload.intake.raw import RawTable
from caseload.intake.showable import vocabulary
from caseload.intake.tables import TABLES

NOT_YET = "appointments that have not taken place yet"
TODAY = "appointments of today without a time of day, with the status that the program sets by itself"
EMPTY = "empty rows"


def translate(grid: Grid, rows: TableMap, export: ExportMap, keys: KeyFile, now: dt.datetime) -> Translated:
    """Rows of `rows.table` from a grid, with everything that is wrong with it: the caller refuses.

    `keys` makes the identifiers; sessions that begin after `now` are left out. Rows with faults are not among the
    columns that are returned, which are held against the data contract.
    """
    if export.series and rows.table == "sessions":
        grid = unfolded(grid, export, now.date())
    read = len(grid)
    if rows.wide:
        grid, rows = lengthened(grid, rows)
    source = Source(grid, export.also_called)
    people, columns, lacking = choose(source, rows)
    done = Translated(rows.table, grid.file, read=read, problems=[*grid.problems, *lacking], notes=[*grid.notes])
    done.unused = unused(source, export, rows)
    if lacking or not len(grid):
        return done
    done.notes += rival_people(source, people)
    calendar = Calendar(export.dates, export.time_zone, export.excel_serials, grid.from_1904)
    keep = np.ones(len(grid), dtype=bool)
    job = Job(grid, source, rows, export, Chosen(people, columns), calendar, keys, now, done, keep)
    _leave_out_by_rule(job)
    _translate_columns(job)
    if rows.table == "sessions":
        mark_late(job)
        _leave_out_future(job)
    _count_defaults(job)
    refuse_unread_times(job)
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


def _leave_out_by_rule(job: Job) -> None:
    """Leave out empty rows and what the map says is no appointment."""
    names = [name for person in job.chosen.people.values() for name in person.headers]
    names += [name for column in job.chosen.columns.values() for name in column.sources]
    empty = np.ones(len(job.grid), dtype=bool)
    for name in dict.fromkeys(names):
        empty &= job.source.cells(name).missing
    job.leave_out(EMPTY, empty)
    for rule in job.rows.leave_out:
        if job.source.has([rule.column]):
            job.leave_out(rule.why, _hit(job, rule))


def _hit(job: Job, rule: RowRule) -> Flags:
    column = job.source.cells(rule.column)
    hit = column.where(_fit(column.words, rule.words, rule.matches))
    hit = hit | column.missing if rule.empty else hit
    if rule.unless is None or not job.source.has([rule.unless.column]):
        return hit
    other, pattern = job.source.cells(rule.unless.column), rule.unless.matches
    return hit & ~other.where([bool(re.fullmatch(pattern, word)) for word in other.words])


def _fit(texts: Sequence[str], words: Sequence[str], pattern: str) -> list[bool]:
    """Which texts are one of the words, or match the whole pattern."""
    known = {plain_word(word) for word in words}
    return [plain_word(text) in known or bool(pattern and re.fullmatch(pattern, text)) for text in texts]


def _translate_columns(job: Job) -> None:
    """Every mapped column but the identifiers: first rows that a word leaves out, then what is wrong with others."""
    translations = {
        name: _translation(job, name, how) for name, how in job.chosen.columns.items() if name != "session_id"
    }
    for translation in translations.values():
        for why, rows in translation.left_out.items():
            job.leave_out(why, rows)
    for name, translation in translations.items():
        how = job.chosen.columns[name]
        job.done.sources[name] = theirs(how.sources)
        job.cells[name] = translation.cells
        if translation.defaults is not None:
            job.by_default[name] = translation.defaults
        _refuse_unknown_words(job, name, translation)
    for name, translation in translations.items():
        _refuse_unreadable(job, name, translation)
    for name, translation in translations.items():
        if translation.day_numbers:
            job.done.notes.append(
                f"{name}: numbers in all rows, read as days of a spreadsheet. Look at the months below."
            )
        if translation.emptied is not None:
            _say_emptied(job, name, translation.emptied & translation.cells.missing)
        if not _says_something(job, job.chosen.columns[name]):
            job.done.notes.append(f"{name}: {job.done.sources[name]} holds no value in any row.")
        if translation.skipped:
            job.done.notes.append(f"{name}: {translation.skipped} times that clocks skip when they go forward, kept.")


def _say_emptied(job: Job, name: str, rows: Flags) -> None:
    """Count the cells whose words the map does not hold and leaves empty."""
    if count := int((rows & job.keep).sum()):
        cells = "1 cell" if count == 1 else f"{count:,} cells"
        source = job.done.sources[name]
        job.done.notes.append(f"{name}: {cells} of {source} left empty: the map does not say what their words mean.")


def _says_something(job: Job, how: ColumnMap) -> bool:
    names = how.sources
    return not names or not all(job.source.cells(name).missing.all() for name in names)


def _translation(job: Job, name: str, how: ColumnMap) -> Translation:
    if how.value:
        return Translation(Coded(np.zeros(len(job.grid), dtype=np.int64), [how.value]))
    if how.between:
        begin, end = (job.source.cells(header) for header in how.between)
        return minutes_between(begin, end, replace(job.calendar, since_1970=how.since_1970))
    nothing = Translation(Coded(np.full(len(job.grid), -1, dtype=np.int64), []))
    column = job.rows.specs[name]
    translation = (
        translated(job.source.text(how.from_), column, how, job.calendar, job.export.decimal) if how.from_ else nothing
    )
    _apply_rules(job, translation, how)
    for other in how.instead:
        if job.source.has(other.from_):
            _override(translation, job.source.text(other.from_), other.words, other.instead_of)
    return translation


def _apply_rules(job: Job, translation: Translation, how: ColumnMap) -> None:
    """Let single cells say what a row is; the first rule that holds counts."""
    open_ = np.ones(len(job.grid), dtype=bool)
    for rule in how.when:
        cells = job.source.cells(rule.column)
        hit = ~cells.missing if rule.filled else cells.where(_fit(cells.words, rule.words, rule.matches))
        hit &= open_
        open_ &= ~hit
        translation.unknown = {word: rows & ~hit for word, rows in translation.unknown.items()}
        translation.left_out = {why: rows & ~hit for why, rows in translation.left_out.items()}
        if rule.left_out:
            translation.left_out[rule.left_out] = translation.left_out.get(rule.left_out, False) | hit
        else:
            always = Coded(np.zeros(len(hit), dtype=np.int64), [rule.is_])
            translation.cells = translation.cells.overlaid(hit, always)
    if how.when and how.otherwise and not how.from_:
        translation.left_out[how.otherwise] = translation.left_out.get(how.otherwise, False) | open_


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
    found = f"other words{_named(job, name, unknown)}"
    action = f"Say what they mean in a copy of the map, under [columns.{name}.words] or [columns.{name}.left_out]."
    job.done.problems.append(job.problem(job.done.sources[name], rows, expected, found, action))
    translation.wrong[""] = rows


def _named(job: Job, name: str, unknown: Mapping[str, Flags]) -> str:
    """The unknown words, so that they can be mapped; those that may be more than words of a list are counted."""
    counts = {word: int(rows.sum()) for word, rows in unknown.items()}
    words = vocabulary(counts, private_cells(job.source, job.rows))
    job.done.unknown[name] = {word: counts[word] for word in words}
    said = [f"{one_line(word)} ({counts[word]})" for word in words]
    if hidden := sum(counts.values()) - sum(counts[word] for word in words):
        cells = "1 cell" if hidden == 1 else f"{hidden} cells"
        said.append(f"{cells} not shown, which may hold more than such a word")
    return ": " + ", ".join(said)


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


def _leave_out_future(job: Job) -> None:
    """Leave out what begins after now: nobody knows yet who comes. ISO text sorts as time does.

    A day without a time of day may still be to come while it lasts: what the program says of it by itself says nothing.
    """
    now = job.now.isoformat(timespec="minutes")
    starts = job.cells["scheduled_start"]
    job.leave_out(NOT_YET, starts.where([text > now for text in starts.words]))
    if (untouched := job.by_default.get("status")) is not None:
        today = f"{job.now.date().isoformat()}{MIDNIGHT}"
        job.leave_out(TODAY, untouched & starts.where([text == today for text in starts.words]))


def _count_defaults(job: Job) -> None:
    """How many of the rows that stay hold the word that the program sets by itself."""
    for name, rows in job.by_default.items():
        if count := int((rows & job.keep).sum()):
            job.done.defaults[job.chosen.columns[name].default] = count


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
