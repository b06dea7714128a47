"""The doors by which something from outside comes in, each with what makes an input for it and what takes that in.

A door takes a source of chance and an empty folder in memory, and returns everything that was said. Errors of our own
are what refuses an input; any other exception is a finding, and so is a planted value in what was said.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import examples
import inputs
import pandas as pd
from inputs import PLANTED, as_csv, as_json, as_parquet, as_toml, as_workbook, changed, odd_text, planted

from caseload.errors import InputError, Problem, printable
from caseload.estimates.storage import read_model
from caseload.intake import read_practice
from caseload.intake.agenda import add_decision, close_decision, read_agenda
from caseload.intake.cells import read_cells
from caseload.intake.content import Content
from caseload.intake.csv_file import csv_header, read_csv
from caseload.intake.exports.checkin_file import checksum, is_check_in, read_check_in
from caseload.intake.exports.fhir.reader import read_fhir
from caseload.intake.exports.guess import write_first_map
from caseload.intake.exports.map_files import known_formats, read_map
from caseload.intake.exports.reading import map_for, read_all
from caseload.intake.exports.run import import_exports
from caseload.intake.history import history_in, notes_of
from caseload.intake.parquet_file import read_parquet
from caseload.intake.pseudonyms import read_key_file
from caseload.intake.raw import contracted, from_frames
from caseload.intake.read import UNREADABLE, unreadable
from caseload.intake.settings import checked_settings, read_settings
from caseload.intake.sheet import Sheet
from caseload.intake.showable import unread_columns, unread_places
from caseload.intake.support_contacts import check_contacts, read_contacts
from caseload.intake.tables import TABLES
from caseload.intake.workbook import open_workbook, read_sheet
from caseload.month import consent, freshness, prints
from caseload.month.manifest import NAME, Earlier, amend, claim
from caseload.pages.import_summary import import_summary
from caseload.pages.summary import summary

NOW = dt.datetime(2026, 7, 1, 12, 0)  # local, as all times of a practice are
Door = Callable[[Random, Path], str]


def settings(rng: Random, folder: Path) -> str:
    """`settings.toml`."""
    tree = changed(rng, examples.SETTINGS, rng.randrange(4))
    as_file = rng.random() < 0.2 or not isinstance(tree, dict)
    found, problems = read_settings(as_toml(rng, tree)) if as_file else checked_settings(tree)
    return said_of(problems, found.changed)


def support(rng: Random, folder: Path) -> str:
    """`support.toml`."""
    tree = changed(rng, examples.CONTACTS, rng.randrange(5))
    contacts = tree.get("contact") if isinstance(tree, dict) else None
    as_file = rng.random() < 0.2 or not isinstance(contacts, list)
    _, problems = read_contacts(as_toml(rng, tree)) if as_file else check_contacts(contacts)
    return said_of(problems)


def history(rng: Random, folder: Path) -> str:
    """`imports.json`: its notes are a map's own words and may be shown, so that only what it raises counts."""
    notes_of(history_in(as_json(rng, changed(rng, examples.IMPORTS, rng.randrange(4)))))
    return ""


def manifest(rng: Random, folder: Path) -> str:
    """`manifest.json` of an earlier run, and everything that a run does by it."""
    (folder / NAME).write_bytes(as_json(rng, changed(rng, examples.MANIFEST, rng.randrange(4))))
    (folder / "C07.html").write_text("x")
    earlier = Earlier.read(folder)
    outside = [name for name in {*earlier.files, *earlier.printed} if ".." in name or name.startswith("/")]
    said = [*earlier.claimed(folder), *outside]
    consent.policy_of(earlier, prints_policy())
    freshness.intact(folder, earlier.files, earlier.files)
    prints.outdated(folder, earlier.files, earlier.printed)
    [earlier.parameters.get(name, ...) for name in ("supervisor", "clinicians")]
    if earlier.results:
        claim(folder, ["C07.pdf"])
        amend(folder, earlier.files, earlier.printed, {"pdf": []})
    consent.remove_month(folder)
    return " ".join([*outside, *(["outside"] if any("etc" in name for name in said) else [])])


@cache
def prints_policy() -> Any:
    """What team pages usually hide."""
    from caseload.pages.suppression import USUAL

    return USUAL


def headers(rng: Random, folder: Path) -> str:
    """The first row of a CSV file: what is said of columns that are not read."""
    name = rng.choice(tuple(TABLES))
    rows = inputs.table_rows(rng, name, 1)
    rows[0] += [odd_text(rng) for _ in range(rng.randrange(4))]
    try:
        header, _ = csv_header(as_csv(rng, [rows[0], []]))
    except UNREADABLE as error:
        return said_of([unreadable(name, error)])
    contracted(header, name)
    unknown = [one for one in header if one not in TABLES[name].column_names]
    return " ".join(
        [*unread_columns(name, unknown, [pd.Series(examples.PERSONS)]), *unread_places([*unknown, "x.csv"])]
    )


def table(rng: Random, folder: Path) -> str:
    """A table as a CSV file."""
    name = rng.choice(tuple(TABLES))
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, name, 3), rng.randrange(4))
    return _raw(name, lambda: read_csv(Content(f"{name}.csv", as_csv(rng, rows))))


def parquet(rng: Random, folder: Path) -> str:
    """A table as a Parquet file."""
    name = rng.choice(tuple(TABLES))
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, name, 3), rng.randrange(3))
    return _raw(name, lambda: read_parquet(Content(f"{name}.parquet", as_parquet(rng, rows))))


def workbook(rng: Random, folder: Path) -> str:
    """A table as a sheet of a workbook."""
    name = rng.choice(tuple(TABLES))
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, name, 3), rng.randrange(4))
    book = as_workbook(rng, {name: rows, planted(rng): rows[:1]})

    def read() -> Any:
        opened = open_workbook(Content("book.xlsx", book))
        return [
            read_sheet(opened, sheet, f"book.xlsx, sheet {sheet}") for sheet in opened.sheet_names if sheet in TABLES
        ]

    return _raw(name, read)


def _raw(name: str, read: Callable[[], Any]) -> str:
    try:
        raw = read()
    except UNREADABLE as error:
        return said_of([unreadable(name, error)])
    found = raw if isinstance(raw, list) else [raw]
    return said_of([problem for one in found for problem in one.problems])


def cells(rng: Random, folder: Path) -> str:
    """The cells of one column, as text or as a workbook's or a data frame's objects."""
    spec = rng.choice(TABLES[rng.choice(tuple(TABLES))].columns)
    texts: list[Any] = [odd_text(rng) if rng.random() < 0.5 else inputs.good_cell(rng, spec) for _ in range(6)]
    if rng.random() < 0.4:
        texts = [_object(rng, text) for text in texts]
    reading = from_frames(
        {"clients": pd.DataFrame({"severity": pd.Series(texts, dtype=object)})}
    )  # half a character is refused there
    if any(raw.problems for raw in reading.tables.values()):
        return said_of([*reading.problems, *reading.tables["clients"].problems])
    found = read_cells(pd.Series(texts, dtype=object), spec)
    return said_of([one.problem("sessions") for one in found.findings])


def _object(rng: Random, text: str) -> Any:
    others = (
        None, len(text), 0.5, float("nan"), float("inf"), True, 10**30, dt.date(2026, 5, 3), dt.time(8), b"x",
        dt.datetime(2026, 5, 3, 14), dt.timedelta(3), pd.NaT, pd.NA, (1,),
    )  # fmt: skip
    return text if rng.random() < 0.3 else rng.choice(others)


@cache
def maps() -> dict[str, Any]:
    """The maps that come with the package, as TOML holds them."""
    import tomllib
    from importlib import resources

    places = resources.files("caseload.intake.exports") / "formats"
    return {name: tomllib.loads((places / f"{name}.toml").read_text(encoding="utf-8")) for name in known_formats()}


def map_file(rng: Random, folder: Path) -> str:
    """The map of a format."""
    (folder / "map.toml").write_bytes(as_toml(rng, changed(rng, rng.choice(list(maps().values())), rng.randrange(5))))
    read_map(str(folder / "map.toml"))
    return ""


def export(rng: Random, folder: Path) -> str:
    """A file of an export, read as far as its grid."""
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(4))
    workbook = rng.random() < 0.2
    path = folder / ("export.xlsx" if workbook else "export.csv")
    path.write_bytes(as_workbook(rng, {"Report": rows}) if workbook else as_csv(rng, rows, rng.choice(",,,;\t|")))
    named = rng.choice(("", "simplepractice", "jane"))
    return said_of(read_all([path], map_for(named, [path]), NOW)[1])


def first_map(rng: Random, folder: Path) -> str:
    """A first map for an unknown file: neither it nor what is said repeats a cell."""
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(4))
    rows[0] = [rng.choice((name, name, name.replace("_", " ").title(), odd_text(rng))) for name in rows[0]]
    (folder / "export.csv").write_bytes(as_csv(rng, rows))
    said = write_first_map(folder / "export.csv", folder / "map.toml")
    return said + (folder / "map.toml").read_text(encoding="utf-8")


def imported(rng: Random, folder: Path) -> str:
    """An import from end to end: what is said, and every file but the key file."""
    rows = inputs.with_odd_cells(rng, examples.attendance(rng), rng.randrange(3))
    (folder / "export.csv").write_bytes(as_csv(rng, rows))
    done = import_exports([folder / "export.csv"], folder / "practice", "simplepractice",
                          exclude_invalid=rng.random() < 0.5, now=NOW)  # fmt: skip
    written = [path.read_text(encoding="utf-8") for path in sorted((folder / "practice").iterdir())]
    return " ".join([import_summary(done), *written])


def fhir(rng: Random, folder: Path) -> str:
    """A Bundle, or NDJSON, of FHIR R4."""
    resources = [changed(rng, one, rng.randrange(2)) for one in examples.resources(rng)]
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "", "resource": one} for one in resources]}
    if rng.random() < 0.5:
        path, content = folder / "all.json", as_json(rng, changed(rng, bundle, rng.randrange(2)))
    else:
        path, content = folder / "all.ndjson", b"\n".join(as_json(rng, one) for one in resources)
    path.write_bytes(content)
    found = read_fhir([path], known_formats_once()["fhir"])
    return " ".join(note for _, _, grid in found for note in grid.notes)


@cache
def known_formats_once() -> dict[str, Any]:
    """The formats, read once."""
    return known_formats()


def check_in(rng: Random, folder: Path) -> str:
    """A check-in as its form saved it, with a sum that fits."""
    tree = changed(rng, examples.check_in(rng), rng.randrange(4))
    if isinstance(tree, dict):
        tree["checksum"] = checksum(tree)
    path = folder / "checkin-C1-2026-05.json"
    path.write_bytes(as_json(rng, tree))
    is_check_in(path)
    read_check_in(path)
    return ""


def key_file(rng: Random, folder: Path) -> str:
    """The key file of a practice."""
    person = {"kind": "client", "name": planted(rng), "born": "1980-02-03"}
    given = {"caseload_key_file": 1, "key": "00" * 32, "people": {"K-1": person, "C-1": {"kind": "clinician"}}}
    (folder / "practice.key").write_bytes(as_json(rng, changed(rng, given, rng.randrange(4))))
    return repr(read_key_file(folder / "practice.key"))


def sheet(rng: Random, folder: Path) -> str:
    """Rows and cells put into the text of a CSV file."""
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, "agenda", 2), rng.randrange(4))
    text = as_csv(rng, rows).decode("utf-8", "replace")
    there = Sheet(text)
    there.with_row(rows[0], {"decision": odd_text(rng), "outcome": "open"})
    try:
        there.with_cells(rng.randrange(1, 6), rows[0], {rows[0][0]: odd_text(rng)} if rows[0] else {})
    except (IndexError, ValueError):  # there is no such cell: whoever asks has found it in the table before
        return ""
    return ""


def model(rng: Random, folder: Path) -> str:
    """A stored balance model."""
    (folder / "model").write_bytes(as_parquet(rng, inputs.table_rows(rng, "sessions", 2)))
    read_model(folder / "model")
    return ""


def practice(rng: Random, folder: Path) -> str:
    """A practice folder, whole: each table now and then in another form, with the files beside."""
    for name in [*rng.sample([one for one in TABLES if one != "sessions"], 2), "sessions"]:
        rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, name, 4), rng.choice((0, 0, 1, 2)))
        (folder / f"{name}.csv").write_bytes(as_csv(rng, rows))
    if rng.random() < 0.3:
        (folder / f"{rng.choice(('notes', 'Zoe Quillfeather'))}.csv").write_bytes(b"a\n1\n")
    found = read_practice(folder, exclude_invalid=rng.random() < 0.3)
    return printable(summary(found, NOW.date()))


def agenda(rng: Random, folder: Path) -> str:
    """The agenda: read, added to and closed."""
    session = "session_id,clinician_id,client_id,scheduled_start,status\nS1,cl0,cl1,2026-05-03T14:00,attended\n"
    (folder / "sessions.csv").write_text(session)
    rows = inputs.with_odd_cells(rng, inputs.table_rows(rng, "agenda", 2), rng.randrange(3))
    (folder / "agenda.csv").write_bytes(as_csv(rng, rows))
    match rng.randrange(3):
        case 0:
            read_agenda(folder)
        case 1:
            add_decision(folder, "cl0", "2026-05", "self_care", rng.choice(("Leave on time", odd_text(rng))))
        case _:
            close_decision(folder, "cl0", "2026-05", outcome="helped", row=rng.choice((None, 2, 9)))
    return ""


@dataclass(frozen=True)
class Share:
    """A door, and how often it is drawn beside the others: those that cost little are drawn most."""

    door: Door
    often: int


DOORS = {
    share.door.__name__: share
    for share in (
        Share(settings, 2200), Share(support, 2000), Share(history, 1900), Share(key_file, 1300), Share(sheet, 1300),
        Share(check_in, 200), Share(fhir, 250), Share(headers, 200), Share(manifest, 200), Share(workbook, 200),
        Share(table, 150), Share(map_file, 50), Share(cells, 40), Share(parquet, 30), Share(export, 20),
        Share(model, 15), Share(first_map, 15), Share(imported, 10), Share(agenda, 5), Share(practice, 3),
    )
}  # fmt: skip


def said_of(problems: list[Problem], *more: object) -> str:
    """Problems as a message shows them, and more."""
    return " ".join([str(InputError(problems)) if problems else "", *map(str, more)])


def betrayed(said: str) -> list[str]:
    """The planted values in what was said, in any letters."""
    return [value for value in PLANTED if value.casefold() in said.casefold()]


def emptied(folder: Path) -> Path:
    """The folder, with nothing in it."""
    if folder.is_dir() and not any(folder.iterdir()):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder
