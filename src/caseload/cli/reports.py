"""The commands that read a practice and make something of it: report, analyse, check, simulate."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caseload.cli.parsing import add_data, add_exclude, month, new_command, path, positive, say, say_passed_over, show
from caseload.errors import ParameterError, ReportsFailed

if TYPE_CHECKING:
    from caseload.month.prints import Prints

WHOLE, ATTENDANCE = "whole", "attendance"  # the sample practices
SIZES = ("clinicians", "months", "seed")


def report(options: argparse.Namespace) -> int:
    """Render a month's reports."""
    from caseload.month.batch import render_month
    from caseload.month.manifest import by_error
    from caseload.month.rendering import local_workers

    if options.paper and not options.pdf:
        raise ParameterError("--paper says what PDFs are printed on: it goes with --pdf")
    elsewhere: dict[str, Any] = {}
    if options.dask:
        from caseload.scale import Cluster

        cluster = Cluster(options.dask)
        elsewhere = {"workers": cluster, "signals": cluster.monthly_signals}
    elif options.kernels:
        elsewhere = {"workers": local_workers(options.processes, kernels=True)}
    run = render_month(
        options.data,
        options.month,
        options.out,
        supervisor=options.supervisor,
        clinicians=options.clinician,
        processes=options.processes,
        exclude_invalid=options.exclude_invalid,
        min_people=options.min_people,
        min_respondents=options.min_respondents,
        timeout=options.timeout,
        memory=options.memory,
        force=options.force,
        progress=not options.quiet,
        paper=(options.paper or "a4") if options.pdf else None,
        key_file=options.key,
        **elsewhere,
    )
    for error, results in by_error(run.failed).items():
        say(f"caseload: {', '.join(f'{result.kind} {result.id}' for result in results)}: {error}")
        if options.debug:
            say("\n".join(result.trace for result in results))
    unchanged = sum(result.unchanged for result in run.results)
    said = f" ({unchanged} of {len(run.results)} unchanged, not made again)" if unchanged else ""
    show(f"Reports for {run.month}: {run.index.resolve()}{said}{_printed(run.prints)}")
    if not options.quiet:
        say_passed_over(run.passed_over)
    if run.failed:
        raise ReportsFailed(tuple(result.id for result in run.failed))
    return 0


def _printed(prints: Prints) -> str:
    """What to say of PDFs, where there are any."""
    number = prints.made + prints.unchanged
    said = f", {prints.unchanged} of them unchanged" if prints.unchanged else ""
    return f"; {number} PDF{'s' if number > 1 else ''} beside the pages{said}" if number else ""


def analyse(options: argparse.Namespace) -> int:
    """Write the three tables of estimates, all or none."""
    import caseload
    from caseload.month.csv_tables import TABLES, csv_texts, is_ours
    from caseload.month.selection import month_range
    from caseload.writing.places import check_apart, check_claimed, check_writable
    from caseload.writing.whole import write_together

    check_writable(options.out)
    check_apart(options.out, options.data)
    check_claimed(options.out, TABLES, is_ours)
    practice = caseload.read_practice(options.data, exclude_invalid=options.exclude_invalid)
    texts = csv_texts(caseload.analyse(practice, month_range(practice, options.month), progress=True))
    write_together(options.out, texts)
    show("\n".join(str(options.out / name) for name in texts))
    return 0


def check(options: argparse.Namespace) -> int:
    """Read the data and say what it holds."""
    from caseload.intake import read_practice
    from caseload.pages.summary import summary

    show(summary(read_practice(options.data, exclude_invalid=options.exclude_invalid), dt.date.today()))
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Write a synthetic practice."""
    from caseload.simulate import Settings, simulate, write, write_sample, write_sample_appointments

    sizes = {name: getattr(options, name) for name in SIZES if getattr(options, name) is not None}
    if options.sample and (sizes or options.truth):
        raise ParameterError("--sample is one certain practice: it goes with --out and --format only")
    if options.sample == ATTENDANCE:
        write_sample_appointments(options.out, options.format)
    elif options.sample:
        write_sample(options.out, options.format)
    else:
        write(simulate(Settings(**sizes)), options.out, options.format, with_truth=options.truth)
    show(options.out)
    return 0


def add_report(commands: Any) -> None:
    """`caseload report`."""
    command = new_command(
        commands,
        report,
        "render the month's reports of a practice",
        "data/sample",
        "data/sample --month 2026-05 --out reports",
        "data/sample --clinician C07 --clinician C11",
        "data/sample --supervisor S01 --out for-S01",
        "data/sample --pdf --paper letter",
    )
    add_data(command)
    command.add_argument("--month", metavar="YYYY-MM", type=month, help="default: the latest month that is complete")
    command.add_argument("--out", metavar="DIR", type=path, default=Path("reports"), help="default: reports")
    command.add_argument(
        "--clinician", metavar="ID", action="append", default=[], help="only this one; may be repeated"
    )
    text = "only this supervisor's supervisees, their landing page and their rows; use an --out of its own"
    command.add_argument("--supervisor", metavar="ID", help=text)
    add_exclude(command)
    text = "on team pages, hide figures of fewer people, at least 3; default: as settings.toml says, or 5"
    command.add_argument("--min-people", metavar="N", type=positive, help=text)
    text = "on team pages, hide survey figures of fewer answers, at least 3; default: as settings.toml says, or 8"
    command.add_argument("--min-respondents", metavar="N", type=positive, help=text)
    text = 'with names = "people" in settings.toml: the key file with the names; default: beside the folder, FOLDER.key'
    command.add_argument("--key", metavar="FILE", type=path, help=text)
    text = "also print each page to a PDF beside it, by Chromium, Chrome or Edge: CASELOAD_BROWSER may name which"
    command.add_argument("--pdf", action="store_true", help=text)
    command.add_argument("--paper", choices=("a4", "letter"), help="of the PDFs; default: a4")
    command.add_argument("--processes", metavar="N", type=positive, help="reports at a time; default: processors")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--kernels", action="store_true", help="in ordinary kernels, as where processes cannot be forked"
    )
    where.add_argument(
        "--dask", metavar="ADDRESS", help="by the workers of a Dask cluster, for example tcp://host:8786"
    )
    text = "longest time for one report; default: %(default)s"
    command.add_argument("--timeout", metavar="SECONDS", type=positive, default=300, help=text)
    text = "most memory for one report's process; default: %(default)s; held on Linux"
    command.add_argument("--memory", metavar="MB", type=positive, default=2048, help=text)
    text = "make all reports again, also those that an earlier run has made from the same data"
    command.add_argument("--force", action="store_true", help=text)
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def add_analyse(commands: Any) -> None:
    """`caseload analyse`."""
    command = new_command(
        commands,
        analyse,
        "write clinicians.csv, clients.csv and flags.csv, each month as known at its end",
        "data/sample --month 2026-05 --out estimates",
        "data/sample --month 2026-01..2026-05 --out estimates",
    )
    add_data(command)
    command.add_argument(
        "--month", metavar="YYYY-MM[..YYYY-MM]", type=month, required=True, help="one month or a range"
    )
    command.add_argument("--out", metavar="DIR", type=path, required=True, help="folder for the three files")
    add_exclude(command)


def add_check(commands: Any) -> None:
    """`caseload check`."""
    command = new_command(commands, check, "read a practice and say what is there and what is wrong", "data/sample")
    add_data(command)
    add_exclude(command)


def add_simulate(commands: Any) -> None:
    """`caseload simulate`."""
    command = new_command(
        commands,
        simulate,
        "write a synthetic practice with a known truth",
        "--out practice --clinicians 20 --months 12 --seed 1",
        "--out practice --sample",
        "--out practice --sample attendance",
    )
    command.add_argument("--out", metavar="DIR", type=path, required=True, help="folder to write")
    text = (
        f"the practice of data/sample; with the word {ATTENDANCE}, that of data/sample-attendance: appointments alone"
    )
    command.add_argument("--sample", nargs="?", const=WHOLE, choices=(WHOLE, ATTENDANCE), metavar="WHICH", help=text)
    for name in ("clinicians", "months"):
        command.add_argument(f"--{name}", metavar="N", type=positive)
    command.add_argument("--seed", metavar="N", type=int)
    command.add_argument("--format", choices=("csv", "parquet"), default="csv", help="default: csv")
    command.add_argument("--truth", action="store_true", help="also write what was put in")
