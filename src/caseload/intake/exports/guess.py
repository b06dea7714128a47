"""A first map for a file of an unknown program: what headers and values suggest, for somebody to look through.

Nothing uncertain is settled here. What a person has to decide stands as "?" in the map, which cannot be used until it
is replaced; next to it stands what was seen. Of the file's values the map repeats words of a status or another short
list only, never what is in a column of names, dates or numbers.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from caseload.errors import InputError, ParameterError
from caseload.intake.exports.coded import Coded, coded, plain_word
from caseload.intake.exports.files import read_grids
from caseload.intake.exports.grid import Grid, plain_header
from caseload.intake.exports.map_files import OPEN, open_places
from caseload.intake.exports.maps import DATE_ORDERS
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.overlooked import clock_columns
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.showable import MOST_WORDS, is_naming, speakable, vocabulary
from caseload.intake.tables import TABLES, Column
from caseload.intake.unreadable import Unreadable
from caseload.writing.whole import write_file

SAMPLE = 10_000  # different texts that are looked at for the form of their values

# Headers as programs write them, in the order in which they are preferred.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "session_id": ("session id", "appointment id", "appointment number", "appt id", "event id", "visit id", "id"),
    "clinician": (
        "clinician id",
        "clinician",
        "clinician name",
        "provider",
        "provider name",
        "therapist",
        "therapist name",
        "practitioner",
        "staff member",
        "staff",
        "counselor",
        "counsellor",
        "employee",
    ),
    "client": (
        "client id",
        "client",
        "client name",
        "patient id",
        "patient",
        "patient name",
        "client number",
        "patient number",
        "mrn",
        "case id",
    ),
    "scheduled_start": (
        "scheduled start",
        "start",
        "start at",
        "start time",
        "appointment start",
        "date of service",
        "appointment date",
        "session date",
        "date time",
        "datetime",
        "date",
    ),
    "status": ("status", "attendance", "attendance status", "appointment status", "state", "outcome", "show"),
    "scheduled_minutes": (
        "scheduled minutes",
        "planned minutes",
        "duration",
        "length",
        "minutes",
        "duration minutes",
        "duration min",
    ),
    "actual_minutes": ("actual minutes", "actual duration", "minutes attended", "face to face minutes"),
    "minutes_late": ("minutes late", "late minutes"),
    "note_minutes": ("note minutes", "documentation minutes"),
    "prep_minutes": ("prep minutes", "preparation minutes"),
    "modality": ("modality", "location type", "visit type", "delivery"),
    "ors_total": ("ors total", "ors"),
    "srs_total": ("srs total", "srs"),
}

# In headers of columns that say who somebody is.
PERSONAL = ("name", "client", "patient", "clinician", "provider", "therapist", "practitioner", "staff", "counsel",
            "birth", "dob", "employee", "mrn", "case id")  # fmt: skip

STATUS_WORDS: Mapping[str, str] = {
    "show": "attended",
    "attended": "attended",
    "arrived": "attended",
    "completed": "attended",
    "complete": "attended",
    "kept": "attended",
    "checked in": "attended",
    "checked out": "attended",
    "seen": "attended",
    "present": "attended",
    "no show": "no_show",
    "noshow": "no_show",
    "did not attend": "no_show",
    "dna": "no_show",
    "missed": "no_show",
    "absent": "no_show",
    "late cancel": "late_cancelled",
    "late canceled": "late_cancelled",
    "late cancelled": "late_cancelled",
    "late cancellation": "late_cancelled",
    "client canceled": "client_cancelled",
    "client cancelled": "client_cancelled",
    "cancelled by client": "client_cancelled",
    "canceled by client": "client_cancelled",
    "clinician canceled": "clinician_cancelled",
    "clinician cancelled": "clinician_cancelled",
    "provider canceled": "clinician_cancelled",
    "provider cancelled": "clinician_cancelled",
    "cancelled by clinician": "clinician_cancelled",
}


def write_first_map(file: Path, to: Path) -> str:
    """Write a first map for `file` to `to` (`.toml`, not there yet), and say what is left to decide.

    Raises `InputError` where the file cannot be read, `ParameterError` where `to` cannot be written.
    """
    if to.suffix.lower() != ".toml":
        raise ParameterError("--to takes the file of a map with --guess, such as map.toml")
    try:
        grids = read_grids(file, None, ())
        grid = max(grids, key=lambda one: (len(_chosen(one)), len(one)))
        _require_header(grid)
    except UNREADABLE as error:
        raise InputError([unreadable(file.name, error)]) from None
    text = first_map(grid, _of_sheets(grid, grids))
    try:
        write_file(to, text, new=True)
    except FileExistsError:
        raise ParameterError(f"{to.name} is there already: choose another name by --to, or remove it") from None
    except OSError as error:
        raise ParameterError(f"{to.name} cannot be written: {error.strerror}") from None
    left = len(open_places(tomllib.loads(text)))
    decide = f'{left} places are marked "{OPEN}": decide them' if left else "Look it through"
    return f"{to}: a first map for {file.name}. {decide}, then import with --format {to}."


def _require_header(grid: Grid) -> None:
    """What is no name of a column is a cell of somebody's row, and would be repeated."""
    orders = [Calendar(order) for order in DATE_ORDERS]
    action = "Put the names of the columns into the row above the data."
    for name in grid.header:
        if re.fullmatch(r"[\d\s.,:%-]+", name) or any(calendar.moment(name).text for calendar in orders):
            raise Unreadable("a header: the names of the columns", "numbers or dates among them", action)
    if not _chosen(grid):
        expected = "a header with a name such as client, clinician, date or status"
        raise Unreadable(expected, "no such name in it", action)


def _of_sheets(grid: Grid, grids: Sequence[Grid]) -> list[str]:
    """Which sheet of a workbook the map was guessed from and why, as a comment; hidden sheets are not looked at."""
    if len(grids) == 1:
        return []
    name = grid.file.partition(", ")[2]
    alike = sum(one.header == grid.header for one in grids)
    said = f"# Guessed from {name}, of {len(grids)} sheets the one with most known headers ({len(_chosen(grid))})."
    more = [f"# {alike} sheets have its header: an import reads all of them."] if alike > 1 else []
    return [said, *more]


def first_map(grid: Grid, comments: Sequence[str] = ()) -> str:
    """The text of the map, for the columns of a grid."""
    chosen = _chosen(grid)
    lines = [
        "# A first map, guessed from headers and values. Look through every line; nothing is imported by it as long as",
        f'# a "{OPEN}" is left. Columns without a place in it are not read.',
        *comments,
        f"title = {_text('Export of …')}",
        *_dates(grid, chosen.get("scheduled_start")),
        "",
    ]
    for kind in ("client", "clinician"):
        lines += _person(grid, kind, chosen.get(kind))
    for name, header in chosen.items():
        if name not in ("client", "clinician"):
            lines += _column(grid, name, header)
    for name in ("scheduled_start", "status"):
        if name not in chosen:
            lines += [f"[columns.{name}] # no header looks like it", f'from = ["{OPEN}"]', ""]
    return "\n".join([*lines, _unused(grid, chosen)]) + "\n"


def _unused(grid: Grid, chosen: Mapping[str, str]) -> str:
    """A comment on the columns without a place in the map."""
    unused = [name for name in grid.header if name and name not in chosen.values()]
    said = speakable(filter(is_naming, unused), _private(grid, ""))
    if len(said) < len(unused):
        said.append(f"{len(unused) - len(said)} whose names are not shown, as they may be data")
    return f"# Not read: {', '.join(said)}" if said else "# Every column is read."


def _chosen(grid: Grid) -> dict[str, str]:
    """For each of our columns the header that looks most like it; each header once."""
    plain = {plain_header(name).replace(".", ""): name for name in reversed(grid.header) if name}
    found: dict[str, str] = {}
    for ours, spellings in HEADERS.items():
        header = next((plain[word] for word in spellings if word in plain and plain[word] not in found.values()), None)
        if header is not None:
            found[ours] = header
    return found


def _dates(grid: Grid, header: str | None) -> Iterator[str]:
    """The order of dates where only one fits what was seen; otherwise a question."""
    texts = _sample(grid, header) if header else []
    if header and grid.header.index(header) in grid.swapped:
        yield f'dates = "{OPEN}" # some dates are cells and others text: import the file as the program wrote it'
        return
    fitting = [
        order
        for order in DATE_ORDERS
        if texts and all(moment.text for moment in Calendar(order, serials=True).moments(texts))
    ]
    if fitting == list(DATE_ORDERS):  # all written so that no order matters
        return
    if len(fitting) == 1:
        yield f"dates = {_text(fitting[0])}"
        return
    what = f"{' and '.join(fitting)} fit what was seen" if fitting else "no order fits every date that was seen"
    yield f'dates = "{OPEN}" # {what}; one of {", ".join(DATE_ORDERS)}'


def _person(grid: Grid, kind: str, header: str | None) -> list[str]:
    if header is None:
        return [f"[people.{kind}] # no header looks like it", f'name = ["{OPEN}"]', ""]
    is_number = all(re.fullmatch(r"[\w./-]*\d[\w./-]*", text) for text in _sample(grid, header))
    said = (
        f"number = {_text(header)}"
        if is_number
        else f"name = [{_text(header)}] # add born where there is a date of birth"
    )
    return [f"[people.{kind}]", said, ""]


def _column(grid: Grid, name: str, header: str) -> list[str]:
    spec = next(column for column in TABLES["sessions"].columns if column.name == name)
    headers = [header, *_time_beside(grid, header)] if spec.timed or spec.kind == "datetime" else [header]
    lines = [f"[columns.{name}]", f"from = [{', '.join(map(_text, headers))}]"]
    if spec.kind == "word":
        lines += ["", f"[columns.{name}.words] # each one of {', '.join(spec.words)}", *_words(grid, header, spec)]
    if spec.kind == "number" and name.endswith("minutes"):
        lines.append(f'unit = "{OPEN}" # minutes, seconds, hours or hours:minutes')
    return [*lines, ""]


def _time_beside(grid: Grid, header: str) -> list[str]:
    """The column of times of day that belongs to a column of days, if there is one."""
    moments = [moment for order in DATE_ORDERS for moment in Calendar(order).moments(_sample(grid, header))]
    if any(moment.text and moment.timed for moment in moments):
        return []
    return [grid.header[place] for place in clock_columns(grid, {grid.header.index(header)})][:1]


def _words(grid: Grid, header: str, spec: Column) -> list[str]:
    """The words of a column, most frequent first, with what they seem to mean."""
    cells = _cells(grid, header)
    frequency = np.bincount(cells.codes[~cells.missing], minlength=len(cells.words)).tolist()
    counts = sorted(zip(cells.words, frequency, strict=True), key=lambda entry: -entry[1])
    if len(counts) > MOST_WORDS:
        return [f'"{OPEN}" = "{OPEN}" # {len(counts)} different texts: is this the right column?']
    said = set(vocabulary(dict(counts), _private(grid, header)))
    lines = [_word(text, rows, spec) for text, rows in counts if text in said]
    if hidden := len(counts) - len(said):
        texts = "1 more text" if hidden == 1 else f"{hidden} more texts"
        lines.append(f'"{OPEN}" = "{OPEN}" # {texts}, not shown, perhaps more than words: write what they mean')
    return lines


def _word(text: str, rows: int, spec: Column) -> str:
    word = plain_word(text)
    known = STATUS_WORDS.get(word) if spec.name == "status" else None
    ours = known or (word.replace(" ", "_") if word.replace(" ", "_") in spec.words else OPEN)
    return f'{_text(text)} = "{ours}" # {rows} {"row" if rows == 1 else "rows"}'


def _private(grid: Grid, words_of: str) -> Iterator[str]:
    """Every cell of a column that says who somebody is, by its header."""
    for place, name in enumerate(grid.header):
        if name != words_of and any(word in plain_header(name) for word in PERSONAL):
            yield from coded(grid.columns[place]).words


def _cells(grid: Grid, header: str) -> Coded:
    return coded(grid.columns[grid.header.index(header)])


def _sample(grid: Grid, header: str) -> list[str]:
    return _cells(grid, header).words[:SAMPLE]


def _text(text: str) -> str:
    """A text in TOML: its basic strings are written as JSON's are, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
