"""A first map for a file of an unknown program: what headers and values suggest, for somebody to look through.

Nothing uncertain is settled here. What a person has to decide stands as "?" in the map, which cannot be used until it
is replaced; next to it stands what was seen. Of the file's values the map repeats words of a status or another short
list only, never what is in a column of names, dates or numbers.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from caseload.errors import InputError, ParameterError
from caseload.intake.exports.calendars import SUFFIX, read_calendar
from caseload.intake.exports.coded import Coded, coded
from caseload.intake.exports.files import read_grids
from caseload.intake.exports.grid import Grid, plain_header
from caseload.intake.exports.guess_calendar import calendar_map
from caseload.intake.exports.guess_people import person_lines
from caseload.intake.exports.guess_status import status_lines, word_lines
from caseload.intake.exports.guess_wide import day_of, numbered_items, wide_map
from caseload.intake.exports.headers import NAMES, meanings
from caseload.intake.exports.map_files import OPEN, open_places
from caseload.intake.exports.map_texts import toml
from caseload.intake.exports.maps import DATE_ORDERS
from caseload.intake.exports.moments import Calendar
from caseload.intake.exports.overlooked import clock_columns
from caseload.intake.exports.packed import suffix_of
from caseload.intake.exports.recognise import SAMPLE, Columns, Recognised, Values, recognised, usual_unit
from caseload.intake.mistaken import mistaken_export
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.showable import is_naming, speakable
from caseload.intake.tables import TABLES
from caseload.intake.unreadable import Unreadable
from caseload.writing.whole import write_file

SPECS = {column.name: column for column in TABLES["sessions"].columns}

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


def write_first_map(file: Path, to: Path) -> str:
    """Write a first map for `file` to `to` (`.toml`, not there yet), and say what is left to decide.

    Raises `InputError` where the file cannot be read, `ParameterError` where `to` cannot be written.
    """
    if to.suffix.lower() != ".toml":
        raise ParameterError("--to takes the file of a map with --guess, such as map.toml")
    if problem := mistaken_export(file):
        raise InputError([problem], "The export")
    return _write(to, first_map_of(file), file)


def first_map_of(file: Path) -> str:
    """The text of a first map for `file`. Raises `InputError` where that cannot be read."""
    if suffix_of(file) == SUFFIX:
        try:
            return _of_calendar(file)
        except UNREADABLE as error:
            raise InputError([unreadable(file.name, error)]) from None
    grid, grids = fullest_grid(file)
    return first_map(grid, _of_sheets(grid, grids))


def fullest_grid(file: Path) -> tuple[Grid, list[Grid]]:
    """The table of a file with most known headers, every column of it, and all its tables. Raises `InputError`."""
    try:
        grids = read_grids(file, None, ())
        grid = max(grids, key=lambda one: (len(_recognised(one).chosen), len(one)))
        _require_header(grid)
    except UNREADABLE as error:
        raise InputError([unreadable(file.name, error)]) from None
    return grid, grids


def _of_calendar(file: Path) -> str:
    grid, zone = read_calendar(file, dt.datetime.now(dt.UTC))
    return calendar_map(zone, named=len(_cells(grid, "calendar").words) == 1)


def _write(to: Path, text: str, file: Path) -> str:
    """Write the map, and what to say of it."""
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
    if not _recognised(grid).chosen and not numbered_items(Columns(grid)):
        expected = "a header with a name such as client, clinician, date or status"
        raise Unreadable(expected, "no such name in it", action)


def _of_sheets(grid: Grid, grids: Sequence[Grid]) -> list[str]:
    """Which sheet of a workbook the map was guessed from and why, as a comment; hidden sheets are not looked at."""
    if len(grids) == 1:
        return []
    name = grid.file.partition(", ")[2]
    alike = sum(one.header == grid.header for one in grids)
    known = len(_recognised(grid).chosen)
    said = f"# Guessed from {name}, of {len(grids)} sheets the one with most known headers ({known})."
    more = [f"# {alike} sheets have its header: an import reads all of them."] if alike > 1 else []
    return [said, *more]


def first_map(grid: Grid, comments: Sequence[str] = ()) -> str:
    """The text of the map, for the columns of a grid."""
    known = _recognised(grid)
    columns, chosen = Columns(grid), known.chosen
    head = [
        "# A first map, guessed from headers and values. Look through every line; nothing is imported by it as long as",
        f'# a "{OPEN}" is left. Columns without a place in it are not read.',
        *comments,
        f"title = {toml('Export of …')}",
    ]
    if items := numbered_items(columns):
        dates = list(_dates(grid, day_of(columns, items)))
        lines = [*head, *wide_map(columns, items, chosen.get("clinician", ""), dates)]
        return "\n".join([*lines, _unused(grid, "\n".join([*lines, *map(toml, items.headers)]))]) + "\n"
    lines = [
        *head,
        *_dates(grid, chosen.get("scheduled_start")),
        *_zone(columns, chosen.get("scheduled_start")),
        "",
    ]
    for kind in ("client", "clinician"):
        lines += person_lines(columns, kind, chosen.get(kind))
    for name, header in chosen.items():
        if name not in ("client", "clinician", "status"):
            lines += _column(columns, name, header)
    if "scheduled_start" not in chosen:
        lines += ["[columns.scheduled_start] # no header looks like it", f'from = ["{OPEN}"]', ""]
    lines += _between(columns, known)
    lines += status_lines(columns, known, SPECS["status"], _private(grid, chosen.get("status", "")))
    if known.remote and "modality" not in chosen:
        yes = ", ".join(f'{toml(text)} = "video"' for text in columns.values(known.remote).yes())
        said = [f"from = [{toml(known.remote)}]", 'other_words = "leave_empty"', f"words = {{ {yes} }}"]
        lines += ["[columns.modality]", *said, ""]
    return "\n".join([*lines, _unused(grid, "\n".join(lines))]) + "\n"


def _unused(grid: Grid, text: str) -> str:
    """A comment on the columns without a place in the map."""
    unused = [name for name in grid.header if name and toml(name) not in text]
    known = (name for name in unused if is_naming(name) or meanings(name) <= NAMES.keys())
    said = speakable(known, _private(grid, ""))
    if len(said) < len(unused):
        said.append(f"{len(unused) - len(said)} whose names are not shown, as they may be data")
    return f"# Not read: {', '.join(said)}" if said else "# Every column is read."


def _recognised(grid: Grid) -> Recognised:
    return recognised(grid, _chosen(grid))


def _chosen(grid: Grid) -> dict[str, str]:
    """For each of our columns the header that looks most like it; each header once."""
    columns = Columns(grid)
    plain = {plain_header(name).replace(".", ""): name for name in reversed(grid.header) if name}
    clocks = {name for name in plain.values() if columns.values(name).are_clocks}  # a day stands in another column
    chosen: dict[str, str] = {}
    for ours, spellings in HEADERS.items():
        taken = {*chosen.values(), *(clocks if ours == "scheduled_start" else ())}
        header = next((plain[word] for word in spellings if word in plain and plain[word] not in taken), None)
        if header is not None:
            chosen[ours] = header
    return chosen


def _dates(grid: Grid, header: str | None) -> Iterator[str]:
    """The order of dates where only one fits what was seen; otherwise a question."""
    texts = _sample(grid, header) if header else []
    if header and grid.header.index(header) in grid.swapped:
        yield f'dates = "{OPEN}" # some dates are cells and others text: import the file as the program wrote it'
        return
    fitting = [
        order
        for order in DATE_ORDERS
        if texts and all(moment.text for moment in Calendar(order, "UTC", serials=True).moments(texts))
    ]
    if header and Values(_cells(grid, header)).are_epoch:
        return
    if fitting == list(DATE_ORDERS):  # all written so that no order matters
        return
    if len(fitting) == 1:
        yield f"dates = {toml(fitting[0])}"
        return
    unfit = "no order fits every date that was seen" if texts else "no column of dates was found"
    what = f"{' and '.join(fitting)} fit what was seen" if fitting else unfit
    yield f'dates = "{OPEN}" # {what}; one of {", ".join(DATE_ORDERS)}'


def _zone(columns: Columns, header: str | None) -> Iterator[str]:
    """The practice's time zone is asked where times are those of another one."""
    if header and columns.values(header).are_instants and not columns.values(header).are_midnights:
        yield f'time_zone = "{OPEN}" # of the practice, such as Europe/Berlin: the times are of another zone'


def _column(columns: Columns, name: str, header: str) -> list[str]:
    grid, values, spec = columns.grid, columns.values(header), SPECS[name]
    headers = [header, *_time_beside(grid, header)] if spec.kind == "datetime" else [header]
    lines = [f"[columns.{name}]", f"from = [{', '.join(map(toml, headers))}]"]
    if spec.kind == "datetime":
        lines += _since_1970(columns, header)
        if values.are_instants and values.are_midnights:
            lines.append("only_day = true # all are at midnight")
    if spec.kind == "word":
        lines += ["", f"[columns.{name}.words] # each one of {', '.join(spec.words)}"]
        lines += word_lines(values.cells, spec, _private(grid, header))
    if spec.kind == "number" and name.endswith("minutes"):
        unit = usual_unit(values)
        lines.append(f'unit = "{unit or OPEN}" # minutes, seconds, hours or hours:minutes')
    return [*lines, ""]


def _since_1970(columns: Columns, header: str) -> list[str]:
    if not columns.values(header).are_epoch:
        return []
    long = max(map(len, columns.values(header).texts)) > 10
    return [f"since_1970 = {toml('milliseconds' if long else 'seconds')}"]


def _between(columns: Columns, known: Recognised) -> list[str]:
    """Planned minutes from the beginning to the end, where no column holds them."""
    start = known.chosen.get("scheduled_start")
    if not start or "scheduled_minutes" in known.chosen:
        return []
    clocks = _time_beside(columns.grid, start)
    ends = columns.made_of("end", without=("other", "born", "cancelled"))
    end = next((one for one in ends if columns.values(one).are_clocks), "") if clocks else known.end
    if not end or (columns.values(start).are_midnights and not clocks):
        return []
    lines = [f"between = [{toml(clocks[0] if clocks else start)}, {toml(end)}]", "optional = true"]
    return ["[columns.scheduled_minutes]", *lines, *_since_1970(columns, start), ""]


def _time_beside(grid: Grid, header: str) -> list[str]:
    """The column of times of day that belongs to a column of days, if there is one."""
    moments = [moment for order in DATE_ORDERS for moment in Calendar(order).moments(_sample(grid, header))]
    if any(moment.text and moment.timed for moment in moments):
        return []
    return [grid.header[place] for place in clock_columns(grid, {grid.header.index(header)})][:1]


def _private(grid: Grid, words_of: str) -> Iterator[str]:
    """Every cell of a column that says who somebody is, by its header."""
    people = {header for ours, header in _recognised(grid).chosen.items() if ours in ("client", "clinician")}
    for place, name in enumerate(grid.header):
        if name != words_of and (name in people or any(word in plain_header(name) for word in PERSONAL)):
            yield from coded(grid.columns[place]).words


def _cells(grid: Grid, header: str) -> Coded:
    return coded(grid.columns[grid.header.index(header)])


def _sample(grid: Grid, header: str) -> list[str]:
    return _cells(grid, header).words[:SAMPLE]
