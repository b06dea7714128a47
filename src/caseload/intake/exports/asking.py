"""What a person has to decide before an export can be read: questions, each with the answers there are to choose from.

Nothing is guessed that the file does not say. The answers become a map, which the practice keeps for the next month.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pandas as pd
from pydantic import ValidationError

from caseload.errors import InputError, ParameterError
from caseload.intake.content import read_content
from caseload.intake.exports.calendars import SUFFIX
from caseload.intake.exports.closest import fitting
from caseload.intake.exports.files import heads
from caseload.intake.exports.grid import Grid, Source
from caseload.intake.exports.guess import first_map_of, fullest_grid
from caseload.intake.exports.guess_status import status_meant
from caseload.intake.exports.map_files import LONGEST_MAP, OPEN, known_formats, known_raw
from caseload.intake.exports.map_texts import map_text
from caseload.intake.exports.maps import DATE_ORDERS, ExportMap, TableMap
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.packed import suffix_of
from caseload.intake.exports.reading import map_for, read_all
from caseload.intake.exports.translate import translate
from caseload.intake.mistaken import is_own_table
from caseload.intake.pseudonyms import new_key
from caseload.intake.read import UNREADABLE
from caseload.intake.showable import MOST_WORDS
from caseload.intake.tables import INSTRUMENTS, TABLES
from caseload.intake.unreadable import Unreadable
from caseload.wording import counted, day
from caseload.writing.whole import write_file

MAPS = "map*.toml"  # in a practice's folder: what was decided, for the next month
ONE_CLINICIAN = "Clinician"  # by what name a file of one clinician alone is read
LEAVE_OUT, LEAVE_EMPTY = "(leave out)", "(leave empty)"
TITLE, UNKNOWN = "Export of the practice’s program", "No known program: its columns were looked at one by one."
NOT_COUNTED = "no appointment that took place or was missed, as the practice has decided"
STATUS = (
    ("The client came", "attended"),
    ("The client did not come, and had not cancelled", "no_show"),
    ("The client cancelled late", "late_cancelled"),
    ("The client cancelled in time", "client_cancelled"),
    ("The clinician cancelled", "clinician_cancelled"),
    ("The practice or service cancelled", "service_cancelled"),
)
NO_APPOINTMENT = ("Neither took place nor was missed: leave these rows out", LEAVE_OUT)
UNITS = tuple((unit, unit) for unit in ("minutes", "hours", "seconds", "hours:minutes"))
HOLDS = {"scheduled_start": "when an appointment begins", "status": "what became of an appointment"}
MOST_TEXTS = 2_000  # of a column of dates that are tried in every order

Place = tuple[str | int, ...]
"""Where in a map an answer goes: keys of tables, and numbers of entries in a list."""


@dataclass(frozen=True)
class Question:
    """One thing to decide. `options` are in words and as `answered` takes them; without any the answer is typed."""

    place: Place
    text: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Draft:
    """A map as far as it is known, as TOML holds it; what is still to be decided; and what was recognised."""

    raw: Mapping[str, Any]
    questions: tuple[Question, ...]
    recognised: str
    is_own: bool  # of this practice: to be kept with its folder
    file: str = ""  # by what name the folder keeps it already

    @property
    def export(self) -> ExportMap:
        """The map. Raises `ParameterError` where it is not complete."""
        try:
            return ExportMap.model_validate(self.raw)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise ParameterError(f"this export needs a map written by hand, for {place}: see docs/exports.md") from None


def first_draft(paths: Sequence[Path], folder: Path, now: dt.datetime) -> Draft:
    """What these files are by their columns: the practice's own map, a known format, or a first map with questions.

    Raises `InputError` for a file that cannot be read, `ParameterError` for one that is no export.
    """
    if (decided := _decided_before(paths[0], folder)) is not None:
        return _asked(decided, paths, now)
    try:
        title = map_for("", paths).title
    except ParameterError:
        if is_own_table(paths[0]):
            raise
        raw = {**tomllib.loads(first_map_of(paths[0])), "title": TITLE}
        _drop_unshown(raw)
        return _asked(Draft(raw, (), UNKNOWN, is_own=True), paths, now)
    name = next(name for name, export in known_formats().items() if export.title == title)
    return _asked(Draft(known_raw(name), (), title, is_own=False), paths, now)


def answered(draft: Draft, answers: Mapping[Place, str], paths: Sequence[Path], now: dt.datetime) -> Draft:
    """The draft with answers in it; what they raise is asked next."""
    raw = deepcopy(dict(draft.raw))
    for place, answer in answers.items():
        _answer(raw, place, answer)
    status = raw.get("columns", {}).get("status", {})
    if not status.get("words") and not status.get("when") and OPEN not in status.get("from", [OPEN]):
        texts = _texts(fullest_grid(paths[0])[0], status["from"])
        status["words"] = {text: status_meant(text) or OPEN for text in texts[:MOST_WORDS]}
    return _asked(replace(draft, raw=raw, is_own=draft.is_own or bool(answers)), paths, now)


def keep_map(folder: Path, draft: Draft) -> str:
    """Keep what was decided in the practice's folder, for the next month; return the file's name, "" if nothing was."""
    if not draft.is_own:
        return ""
    free = (name for number in count(1) if not (folder / (name := f"map-{number}.toml")).exists())
    name = draft.file or next(free)
    write_file(folder / name, map_text(draft.raw))
    return name


def _decided_before(path: Path, folder: Path) -> Draft | None:
    """The practice's own map that fits a file; None also for one that cannot be read: its reader says why."""
    own = dict(_own_maps(folder))
    if not own:
        return None
    try:
        fits = fitting(heads(path), {name: ExportMap.model_validate(raw) for name, raw in own.items()})
    except UNREADABLE:
        return None
    return next((Draft(own[n], (), f"As decided before: {own[n]['title']}", is_own=True, file=n) for n in fits), None)


def _own_maps(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The maps that a practice keeps; what cannot be used is passed over: the questions are asked again."""
    for file in sorted(folder.glob(MAPS)):
        try:
            raw = tomllib.loads(read_content(file, LONGEST_MAP).data.decode("utf-8-sig"))
            ExportMap.model_validate(raw)
        except (Unreadable, OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
            continue
        yield file.name, raw


def _asked(draft: Draft, paths: Sequence[Path], now: dt.datetime) -> Draft:
    """The draft with its questions: open places first, then what the file's own cells raise."""
    open_ = list(_open(draft.raw))
    if open_:
        grid = None if suffix_of(paths[0]) == SUFFIX else fullest_grid(paths[0])[0]
        found = [_question(place, draft.raw, grid) for place in open_]
    else:
        found = list(_raised(draft.export, paths, now))
    return replace(draft, questions=tuple(found))


def _drop_unshown(raw: dict[str, Any]) -> None:
    """Take out what stands for words that a first map does not show: nobody can be asked about them."""
    for column in raw.get("columns", {}).values():
        column.get("words", {}).pop(OPEN, None)


def _open(raw: object, place: Place = ()) -> Iterator[Place]:
    """The places of a map that are still open."""
    entries = raw.items() if isinstance(raw, Mapping) else enumerate(raw) if isinstance(raw, list) else ()
    for key, value in entries:
        if value == OPEN or value == [OPEN]:
            yield (*place, key)
        else:
            yield from _open(value, (*place, key))


def _question(place: Place, raw: Mapping[str, Any], grid: Grid | None) -> Question:
    headers = tuple((name, name) for name in grid.header if name) if grid else ()
    match place:
        case ("dates",):
            start = raw.get("columns", {}).get("scheduled_start", {}).get("from", [])
            texts = _texts(grid, start[:1]) if grid else []
            return _order(texts, _fitting_orders(texts) or DATE_ORDERS)
        case ("time_zone",):
            zones = tuple((zone, zone) for zone in sorted(available_timezones()))
            return Question(place, "In which time zone is the practice? The file has times of another one.", zones)
        case ("people", kind, _):
            alone = (("Everything in this file is one clinician’s", ONE_CLINICIAN),) if kind == "clinician" else ()
            return Question(place, f"Which column says who the {kind} is?", (*headers, *alone))
        case ("columns", name, "from"):
            return Question(place, f"Which column says {HOLDS.get(str(name), str(name))}?", headers)
        case ("columns", name, "unit"):
            return Question(place, f"In which unit is {name}?", UNITS)
        case ("columns", name, "words", word):
            return _word(str(name), str(word))
        case ("columns", "status", "when", int(), "is"):
            return Question(place, "Who cancelled, where a date of cancellation is given?", STATUS[2:])
        case (*_, "instrument"):
            return Question(place, "Which questionnaire is this?", tuple((name, name) for name in INSTRUMENTS))
    return Question(place, f"What is {'.'.join(map(str, place))}?")


def _word(name: str, word: str, rows: int = 0, table: int = 0) -> Question:
    place: Place = (*(("more", table - 1) if table else ()), "columns", name, "words", word)
    seen = f", which {counted(rows, 'row has', 'rows have')}" if rows else ""
    if name == "status":
        return Question(place, f"What does “{word}” mean{seen}?", (*STATUS, NO_APPOINTMENT))
    words = {column.name: column.words for table in TABLES.values() for column in table.columns}.get(name, ())
    options = (*((one.replace("_", " "), one) for one in words), ("None of these: leave the cells empty", LEAVE_EMPTY))
    return Question(place, f"What does “{word}” mean as {name.replace('_', ' ')}{seen}?", options)


def _raised(export: ExportMap, paths: Sequence[Path], now: dt.datetime) -> Iterator[Question]:
    """What the cells of files raise that a complete map does not answer: an order of dates, words of a list."""
    found, problems = read_all(paths, export, now)
    if problems:
        raise InputError(problems, "The export")
    texts = [text for _, rows, grid in found for text in _dated(grid, rows, export)]
    orders = _fitting_orders(texts)
    if export.reader == "table" and texts and orders and export.dates not in orders:
        yield _order(texts, orders)
        return
    keys, asked = new_key(), set()
    for _, rows, grid in found:
        for name, words in translate(grid, rows, export, keys, now).unknown.items():
            for word, rows_with in words.items():
                if (name, word) not in asked:
                    asked.add((name, word))
                    yield _word(name, word, rows_with, export.tables.index(rows))


def _dated(grid: Grid, rows: TableMap, export: ExportMap) -> list[str]:
    """The texts of the columns that hold dates."""
    source = Source(grid, export.also_called)
    dated = [found for name, found in rows.columns.items() if rows.specs[name].kind in ("datetime", "date")]
    names = [
        next((how.from_[0] for how in found if how.from_ and not how.since_1970 and source.has(how.from_)), "")
        for found in dated
    ]
    return [text for name in filter(None, names) for text in source.cells(name).words[:MOST_TEXTS]]


def _texts(grid: Grid, names: Sequence[str]) -> list[str]:
    source = Source(grid, {})
    return [text for name in names if source.has([name]) for text in source.cells(name).words[:MOST_TEXTS]]


def _fitting_orders(texts: Sequence[str]) -> tuple[str, ...]:
    """The orders of day, month and year in which every text is a date."""
    calendars = [Calendar(order, "UTC", serials=True) for order in DATE_ORDERS] if texts else []
    return tuple(one.order for one in calendars if all(moment.text for moment in one.moments(texts)))


def _order(texts: Sequence[str], orders: Sequence[str]) -> Question:
    """The order of dates, by the first date that the orders read differently."""
    days = {text: {order: Calendar(order, "UTC", serials=True).moment(text).text for order in orders} for text in texts}
    example = next((text for text, read in days.items() if len(set(read.values())) == len(orders)), "")
    if not example or len(orders) == 1:
        example = next(iter(texts), "")
    read = days.get(example, {})
    said = {order: f"{day(pd.Timestamp(text))}" if (text := read.get(order)) else order for order in orders}
    options = tuple((f"{words} ({order})", order) for order, words in said.items())
    asked = f"Which day is {example.split(' ')[0]}?" if example else "How are dates written?"
    return Question(("dates",), asked, options)


def _answer(raw: dict[str, Any], place: Place, answer: str) -> None:
    """Put one answer into its place of the map."""
    if place[0] == "people":
        raw["people"][place[1]] = {"value": answer} if answer == ONE_CLINICIAN else {"name": [answer]}
        return
    column, table = _within(raw, place[:-2]), _within(raw, place[:-1])
    if answer == LEAVE_OUT:
        table.pop(place[-1], None)
        column.setdefault("left_out", {})[place[-1]] = NOT_COUNTED
    elif answer == LEAVE_EMPTY:
        table.pop(place[-1], None)
        column["other_words"] = "leave_empty"
    else:
        table[place[-1]] = [answer] if place[-1] == "from" else answer


def _within(raw: Any, place: Place) -> Any:
    """The table or list of a map at a place; a table that is not there yet is made."""
    for key in place:
        raw = raw.setdefault(key, {}) if isinstance(raw, dict) else raw[key]
    return raw
