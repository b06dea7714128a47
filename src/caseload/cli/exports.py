"""The commands at the door of a practice folder: import exports into it, and reveal who is behind its identifiers."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from typing import Any

from caseload.cli.parsing import new_command, path, say, show
from caseload.errors import ParameterError


def import_exports(options: argparse.Namespace) -> int:
    """Import exports or check-ins, or write a first map for a file."""
    if options.guess:
        return _guess(options)
    if options.files and options.to:
        from caseload.intake.exports.checkin_file import is_check_in

        saved = [is_check_in(file) for file in options.files]
        if all(saved):
            return _import_checkins(options)
        if any(saved):
            raise ParameterError("import check-ins and exports one after the other, not in one command")
    from caseload.intake.exports.run import import_exports
    from caseload.pages.import_report import FILE as REPORT
    from caseload.pages.import_report import import_report
    from caseload.pages.import_summary import import_summary
    from caseload.writing.whole import write_file

    if not options.to:
        raise ParameterError("--to FOLDER says which practice folder to import into; it is made if there is none")
    imported = import_exports(
        options.files,
        options.to,
        options.format,
        key_file=options.key,
        dates=options.dates,
        time_zone=options.time_zone,
        exclude_invalid=options.exclude_invalid,
        remove_absent=options.remove_absent,
        dry_run=options.dry_run,
    )
    report = import_report(imported, dt.datetime.now().date().isoformat())  # noqa: DTZ005
    if imported.written and report:
        write_file(imported.folder / REPORT, report)
    show(import_summary(imported))
    return 0


def _import_checkins(options: argparse.Namespace) -> int:
    from caseload.intake.exports.checkins import import_checkins
    from caseload.pages.import_summary import checkin_summary

    given = [
        name for name in ("format", "dates", "time_zone", "exclude_invalid", "remove_absent") if vars(options)[name]
    ]
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise ParameterError(f"{option} is for exports; check-ins are imported as they are")
    done = import_checkins(options.files, options.to, key_file=options.key, dry_run=options.dry_run)
    show(checkin_summary(done, dry_run=options.dry_run))
    return 0


def _guess(options: argparse.Namespace) -> int:
    from caseload.intake.exports.guess import write_first_map

    if options.files or options.format:
        raise ParameterError("--guess FILE writes a first map for that file alone; import with it afterwards")
    path = Path(options.to or "map.toml")
    show(write_first_map(options.guess, path))
    return 0


def reveal(options: argparse.Namespace) -> int:
    """Say who is behind identifiers."""
    from caseload.intake.identities import decisions_of
    from caseload.intake.pseudonyms import default_key_file, open_key_file
    from caseload.pages.import_summary import doubt_lines, people_lines

    path = options.key or default_key_file(options.data)
    keys, warnings = open_key_file(path)
    for warning in warnings:
        say(warning)
    if keys is None:
        raise ParameterError(f"{path.name} is not there: say where the key file is by --key")
    if options.doubts and options.id:
        raise ParameterError("--doubts lists all pairs; give no identifiers with it")
    text = (
        doubt_lines(keys.people, decisions_of(options.data))
        if options.doubts
        else people_lines(keys.people, options.id)
    )
    show(text)
    if not sys.stdout.isatty():
        say("This holds names: keep it as safe as the key file.")
    return 0


def add_import(commands: Any) -> None:
    """`caseload import`."""
    command = new_command(
        commands,
        import_exports,
        "import exports of the practice's program, or check-ins, into a practice folder",
        "attendance.csv --format simplepractice --to practice",
        "june.csv july.csv --format map.toml --to practice",
        "bulk/*.ndjson --format fhir --to practice --time-zone America/New_York",
        "checkins/checkin-*.json --to practice",
        "--guess sessions.xlsx --to map.toml",
        name="import",
    )
    command.add_argument(
        "files",
        metavar="FILE",
        type=path,
        nargs="*",
        help="CSV (also .gz), a workbook (.xlsx, .xls, .ods), a calendar, JSON of FHIR, or saved check-ins",
    )
    text = "the name of a known format (docs/exports.md) or a map of your own (map.toml); default: what fits"
    command.add_argument("--format", metavar="FORMAT", default="", help=text)
    command.add_argument("--to", metavar="FOLDER", type=path, help="the practice folder, made if there is none")
    text = "where the key of the pseudonyms is kept; default: beside the folder, FOLDER.key"
    command.add_argument("--key", metavar="FILE", type=path, help=text)
    text = "how the file writes dates, for example day/month/year; default: as the format says"
    command.add_argument("--dates", metavar="ORDER", default="", help=text)
    text = "of the practice, for example Europe/Berlin: where times carry an offset"
    command.add_argument("--time-zone", metavar="ZONE", default="", help=text)
    text = "leave out rows with cells that cannot be read, at most 5 %% of a file"
    command.add_argument("--exclude-invalid", action="store_true", help=text)
    text = "also remove imported sessions in the export's days and of its clinicians that it no longer holds"
    command.add_argument("--remove-absent", action="store_true", help=text)
    command.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
    text = "write a first map for a file of another program, to be looked through and completed"
    command.add_argument("--guess", metavar="FILE", type=path, help=text)


def add_reveal(commands: Any) -> None:
    """`caseload reveal`."""
    command = new_command(
        commands,
        reveal,
        "say who is behind identifiers, for the holder of the key",
        "practice",
        "practice C-27HY-WKF1",
        "practice --doubts",
    )
    command.add_argument("data", metavar="FOLDER", type=path, help="the practice folder")
    command.add_argument("id", metavar="ID", nargs="*", help="only these; default: all clinicians")
    command.add_argument("--key", metavar="FILE", type=path, help="the key file; default: FOLDER.key beside the folder")
    text = "pairs of identifiers that may be one person, written in two ways"
    command.add_argument("--doubts", action="store_true", help=text)
