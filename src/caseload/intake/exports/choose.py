"""Which columns of a file a map reads: the first alternatives that fit, what is lacking, and what stays unread."""

from __future__ import annotations

from collections.abc import Mapping

from caseload.errors import Problem, one_line
from caseload.intake.exports.grid import Expected, Source, places_of, plain_header, without_number
from caseload.intake.exports.maps import ColumnMap, ExportMap, PersonMap, TableMap
from caseload.intake.exports.wide import item_places
from caseload.intake.showable import is_naming, speakable


def wanted_headers(export: ExportMap) -> set[str]:
    """Every header that the map may read, in all spellings."""
    names: set[str] = set(export.series.headers) if export.series else set()
    for rows in export.tables:
        names |= {header for ways in rows.people.values() for person in ways for header in person.headers}
        names |= {rule.column for rule in rows.leave_out}
        names |= {rule.unless.column for rule in rows.leave_out if rule.unless}
        for column in (column for ways in rows.columns.values() for column in ways):
            names |= set(_read_for(column))
    names |= {without_number(name) for name in names}
    return names | {spelling for name in names for spelling in export.also_called.get(name, ())}


def _read_for(column: ColumnMap) -> tuple[str, ...]:
    """Every header that is read for one of our columns."""
    others = [header for other in column.instead for header in other.from_]
    return (*column.sources, *others, *(column.late.headers if column.late else ()))


def recognised_by(export: ExportMap) -> Expected:
    """The columns by which a file of this format is recognised, and those of reports that it is mistaken for.

    Of a column with alternatives none is required: which one a file has is found out later.
    """
    people = [ways[0] for ways in export.people.values() if len(ways) == 1]
    columns = [ways[0] for ways in export.columns.values() if len(ways) == 1]
    names = [header for person in people if not person.optional for header in person.headers]
    names += [header for column in columns for header in column.headers]
    return [
        [{plain_header(spelling) for spelling in (name, *export.also_called.get(name, ()))} for name in headers]
        for headers in (names, *(refusal.columns for refusal in export.refuse))
    ]


def needed_headers(rows: TableMap) -> str:
    """The columns that a file must have: alternatives with "or", what belongs together with "+"."""
    people = [[person.headers for person in options] for options in rows.people.values() if not options[0].optional]
    columns = [[column.headers for column in options] for options in rows.columns.values() if not options[0].optional]
    needed = [" or ".join(" + ".join(headers) for headers in ways if headers) for ways in (*people, *columns)]
    return ", ".join(filter(None, needed))


def choose(source: Source, rows: TableMap) -> tuple[dict[str, PersonMap], dict[str, ColumnMap], list[Problem]]:
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
    for name, ways in rows.columns.items():
        fit = [column for column in ways if source.has(column.sources)]
        if fit:
            columns[name] = fit[0]
        elif not ways[0].optional:
            lacking += [header for header in ways[0].headers if not source.has([header])]
    action = (
        "Check that this is the report that the format reads; if its columns have other names, copy and edit the map."
    )
    expected, found_text = f"this column; the format needs {needed_headers(rows)}", "no such column"
    file = source.grid.file
    problems = [Problem(file, name, (), 0, expected, found_text, action) for name in dict.fromkeys(lacking)]
    return people, columns, [*problems, *_rivals(source, columns), *_swapped(source, rows, people, columns)]


def _rivals(source: Source, columns: Mapping[str, ColumnMap]) -> list[Problem]:
    """Columns of which nobody can tell which one the map means; the first one would be as good as any."""
    problems = []
    for name in dict.fromkeys(header for column in columns.values() for header in _read_for(column)):
        if rivals := source.rivals(name):
            same = len(set(map(plain_header, rivals))) == 1
            action = (
                f'Say which one in a copy of the map: "{rivals[0]} [1]" or "{rivals[0]} [2]".'
                if same
                else ("Say which one in a copy of the map, by its own name.")
            )
            expected = "one column that the map may mean by it"
            found = f"{len(rivals)} columns with different cells: {', '.join(map(one_line, rivals))}"
            problems.append(Problem(source.grid.file, name, (), 0, expected, found, action))
    return problems


def _swapped(
    source: Source, rows: TableMap, people: Mapping[str, PersonMap], columns: Mapping[str, ColumnMap]
) -> list[Problem]:
    """Columns of dates that a spreadsheet has opened in another order than they were written in."""
    timed = [how for name, how in columns.items() if rows.specs[name].kind in ("datetime", "date", "month")]
    names = [header for how in timed for header in _read_for(how)] + [person.born for person in people.values()]
    return [
        Problem(
            source.grid.file, name, (), 0, "dates of one kind",
            "dates up to the 12th as cells of dates, and later ones as text: day and month may be swapped",
            "Import the file as the program wrote it, before a spreadsheet opened it.",
        )
        for name in dict.fromkeys(filter(None, names))
        if source.grid.swapped & set(source.places(name))
    ]  # fmt: skip


def rival_people(source: Source, people: Mapping[str, PersonMap]) -> list[str]:
    """What to say where several columns name one person: the map's order decides, which is the same every month."""
    notes = []
    for name in dict.fromkeys(header for person in people.values() for header in person.headers):
        if rivals := source.rivals(name):
            others = ", ".join(map(one_line, rivals[1:]))
            notes.append(f"{name} is read from {one_line(rivals[0])}; {others} may mean it too, and is not read.")
    return notes


def unused(source: Source, export: ExportMap, rows: TableMap) -> tuple[str, ...]:
    """The columns that are not read, by name; those whose names may be somebody's are counted."""
    header = source.grid.header
    places = {place for name in wanted_headers(export) for place in places_of(header, name, {})}
    places |= {place for wide in rows.wide for place in item_places(header, wide)}
    own = {header for ways in rows.columns.values() for how in ways for header in how.from_} if rows.wide else set()
    unread = [name for place, name in enumerate(header) if name and place not in places and name not in own]
    named = speakable(filter(is_naming, unread), private_cells(source, rows))
    hidden = len(unread) - len(named)
    return (*named, *([f"{hidden} whose names are not shown, as they may be data"] if hidden else []))


def private_cells(source: Source, rows: TableMap) -> set[str]:
    """Every cell of the columns that say who somebody is."""
    headers = {header for ways in rows.people.values() for person in ways for header in person.headers}
    return {word for header in headers for word in source.cells(header).words}
