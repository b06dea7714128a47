"""The command line: `caseload report | analyse | check | agenda | simulate | lab`.

Thin: each command calls one function. What a command needs is imported when it runs, so that `caseload --help` answers
at once.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from caseload.errors import CaseloadError, ParameterError, ReportsFailed

if TYPE_CHECKING:
    from caseload.intake.agenda import Noted
    from caseload.reports.prints import Prints

UNEXPECTED, INTERRUPTED = 1, 130
SIZES = ("clinicians", "months", "seed")

FLAG_WORDS = "over_investment, stage_incongruence, personal_activation, self_care or compassion_fatigue"

EXIT_CODES = """exit codes:
  0    done
  1    an unexpected error
  2    bad input or parameters; nothing was written
  3    some reports failed; the others were made
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. A user's mistake is a message, never a traceback."""
    options = _parsed(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(options))
    except CaseloadError as error:
        _say(f"caseload: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _say("caseload: interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNEXPECTED
    except Exception as error:
        return _unexpected(error, options.debug)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options. Of words left over only options are repeated: the others may be of a text without quotes."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    unknown = " ".join(word for word in rest if word.startswith("--"))
    if unknown:
        parser.error(f"unrecognized arguments: {unknown}")
    if rest:
        parser.error("more words than expected; put a text with blanks into quotes")
    return options


def _unexpected(error: Exception, debug: bool) -> int:
    """One line without the error's own words, which may hold values of the data."""
    if debug:
        traceback.print_exc()
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    hint = "" if debug else "; run with --debug for the traceback"
    _say(f"caseload: unexpected {type(error).__name__}{reason}{hint}")
    return UNEXPECTED


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def report(options: argparse.Namespace) -> int:
    """Render a month's reports."""
    from caseload.reports.batch import render_month
    from caseload.reports.manifest import by_error
    from caseload.reports.rendering import local_workers

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
        **elsewhere,
    )
    for error, results in by_error(run.failed).items():
        _say(f"caseload: {', '.join(f'{result.kind} {result.id}' for result in results)}: {error}")
        if options.debug:
            _say("\n".join(result.trace for result in results))
    unchanged = sum(result.unchanged for result in run.results)
    said = f" ({unchanged} of {len(run.results)} unchanged, not made again)" if unchanged else ""
    print(f"Reports for {run.month}: {run.index.resolve()}{said}{_printed(run.prints)}")
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
    from caseload.reports.files import check_writable, write_together
    from caseload.reports.selection import month_range
    from caseload.reports.tables import csv_texts

    check_writable(options.out)
    practice = caseload.read_practice(options.data, exclude_invalid=options.exclude_invalid)
    texts = csv_texts(caseload.analyse(practice, month_range(practice, options.month), progress=True))
    write_together(options.out, texts)
    print("\n".join(str(options.out / name) for name in texts))
    return 0


def check(options: argparse.Namespace) -> int:
    """Read the data and say what it holds."""
    from caseload.intake import read_practice
    from caseload.reports.summary import summary

    print(summary(read_practice(options.data, exclude_invalid=options.exclude_invalid), dt.date.today()))
    return 0


def agenda_add(options: argparse.Namespace) -> int:
    """Add what a meeting decided."""
    from caseload.intake.agenda import add_decision

    noted = add_decision(options.data, options.clinician, options.month, options.flag, options.decision, options.review)
    print(_noted(noted))
    return 0


def agenda_close(options: argparse.Namespace) -> int:
    """Write what came of a decision."""
    from caseload.intake.agenda import close_decision

    noted = close_decision(
        options.data, options.clinician, options.month, options.flag, outcome=options.outcome, row=options.row
    )
    print(_noted(noted))
    return 0


def _noted(noted: Noted) -> str:
    return f"{noted.file}, row {noted.row}: " + ("noted" if noted.written else "there already, nothing was written")


def agenda_list(options: argparse.Namespace) -> int:
    """Print what was decided."""
    from caseload.intake.agenda import read_agenda
    from caseload.reports.summary import agenda_lines

    print(agenda_lines(read_agenda(options.data, options.clinician, options.due)))
    return 0


def simulate(options: argparse.Namespace) -> int:
    """Write a synthetic practice."""
    from caseload.simulate import Settings, simulate, write, write_sample

    sizes = {name: getattr(options, name) for name in SIZES if getattr(options, name) is not None}
    if options.sample and (sizes or options.truth):
        raise ParameterError("--sample is one certain practice: it goes with --out and --format only")
    if options.sample:
        write_sample(options.out, options.format)
    else:
        write(simulate(Settings(**sizes)), options.out, options.format, with_truth=options.truth)
    print(options.out)
    return 0


def lab(options: argparse.Namespace) -> int:
    """Open JupyterLab on the notebook of the monthly run."""
    from caseload.reports.lab import open_lab

    return open_lab(options.data)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caseload",
        description="Clinician effort against client engagement: a month's reports for supervision, not for appraisal.",
        epilog="'caseload COMMAND --help' has examples.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"caseload {_version()}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of unexpected errors")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_report, _add_analyse, _add_check, _add_agenda, _add_simulate, _add_lab):
        add(commands)
    return parser


def _command(
    commands: Any, run: Callable[[argparse.Namespace], int], help: str, *examples: str
) -> argparse.ArgumentParser:
    name = run.__name__.replace("_", " ")  # agenda_add is `caseload agenda add`
    shown = "\n".join(f"  caseload {name} {example}" for example in examples)
    command: argparse.ArgumentParser = commands.add_parser(
        name.split()[-1],
        help=help,
        description=help[0].upper() + help[1:] + ".",
        epilog=f"examples:\n{shown}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.set_defaults(run=run)
    command.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show tracebacks")
    return command


def _add_data(command: argparse.ArgumentParser, **options: Any) -> None:
    command.add_argument("data", metavar="DATA", type=Path, help="a practice's folder or .xlsx file", **options)


def _add_exclude(command: argparse.ArgumentParser) -> None:
    text = "drop rows that the data contract refuses, at most 5 %% of a table, and say so in the data-quality notes"
    command.add_argument("--exclude-invalid", action="store_true", help=text)


def _add_report(commands: Any) -> None:
    command = _command(
        commands,
        report,
        "render the month's reports of a practice",
        "data/sample",
        "data/sample --month 2026-05 --out reports",
        "data/sample --clinician C07 --clinician C11",
        "data/sample --supervisor S01 --out for-S01",
        "data/sample --pdf --paper letter",
    )
    _add_data(command)
    command.add_argument("--month", metavar="YYYY-MM", help="default: the latest month that is complete")
    command.add_argument("--out", metavar="DIR", type=Path, default=Path("reports"), help="default: reports")
    command.add_argument(
        "--clinician", metavar="ID", action="append", default=[], help="only this one; may be repeated"
    )
    text = "only this supervisor's supervisees, their landing page and their rows; use an --out of its own"
    command.add_argument("--supervisor", metavar="ID", help=text)
    _add_exclude(command)
    text = "on team pages, hide figures of fewer people; default: %(default)s, not under 3"
    command.add_argument("--min-people", metavar="N", type=_positive, default=5, help=text)
    text = "on team pages, hide survey figures of fewer shared answers; default: %(default)s, not under 3"
    command.add_argument("--min-respondents", metavar="N", type=_positive, default=8, help=text)
    text = "also print each page to a PDF beside it, by Chromium, Chrome or Edge: CASELOAD_BROWSER may name which"
    command.add_argument("--pdf", action="store_true", help=text)
    command.add_argument("--paper", choices=("a4", "letter"), help="of the PDFs; default: a4")
    command.add_argument("--processes", metavar="N", type=_positive, help="reports at a time; default: processors")
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--kernels", action="store_true", help="in ordinary kernels, as where processes cannot be forked"
    )
    where.add_argument(
        "--dask", metavar="ADDRESS", help="by the workers of a Dask cluster, for example tcp://host:8786"
    )
    text = "longest time for one report; default: %(default)s"
    command.add_argument("--timeout", metavar="SECONDS", type=_positive, default=300, help=text)
    text = "most memory for one report's process; default: %(default)s; held on Linux"
    command.add_argument("--memory", metavar="MB", type=_positive, default=2048, help=text)
    text = "make all reports again, also those that an earlier run has made from the same data"
    command.add_argument("--force", action="store_true", help=text)
    command.add_argument("--quiet", action="store_true", help="no progress bar")


def _add_analyse(commands: Any) -> None:
    command = _command(
        commands,
        analyse,
        "write clinicians.csv, clients.csv and flags.csv, each month as known at its end",
        "data/sample --month 2026-05 --out estimates",
        "data/sample --month 2026-01..2026-05 --out estimates",
    )
    _add_data(command)
    command.add_argument("--month", metavar="YYYY-MM[..YYYY-MM]", required=True, help="one month or a range")
    command.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the three files")
    _add_exclude(command)


def _add_check(commands: Any) -> None:
    command = _command(commands, check, "read a practice and say what is there and what is wrong", "data/sample")
    _add_data(command)
    _add_exclude(command)


def _add_agenda(commands: Any) -> None:
    text = "note what supervision meetings decided, and what came of it"
    group = commands.add_parser(
        "agenda",
        help=text,
        description=f"{text[0].upper()}{text[1:]}: the table agenda.csv of a practice.",
        epilog="'caseload agenda COMMAND --help' has examples.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_agenda_add, _add_agenda_close, _add_agenda_list):
        add(actions)


def _add_agenda_add(actions: Any) -> None:
    command = _command(
        actions,
        agenda_add,
        "add what a meeting decided; what is there already is not added again",
        'data/sample --clinician C07 --flag over_investment --decision "Look at pace with two clients"',
        'data/sample --clinician C07 --month 2026-05 --flag self_care --decision "One free evening" --review 2026-06',
    )
    _add_data(command)
    command.add_argument("--clinician", metavar="ID", required=True, help="the supervisee")
    text = "of the report that the meeting was about; default: the latest month that is complete"
    command.add_argument("--month", metavar="YYYY-MM", help=text)
    command.add_argument("--flag", metavar="FLAG", required=True, help=f"what it is about: {FLAG_WORDS}")
    text = "what was decided: one line that begins with a word, without clients' names"
    command.add_argument("--decision", metavar="TEXT", required=True, help=text)
    command.add_argument("--review", metavar="YYYY-MM", help="when it is to be looked at again")


def _add_agenda_close(actions: Any) -> None:
    command = _command(
        actions,
        agenda_close,
        "write what came of a decision; where several fit, nothing is guessed",
        "data/sample --clinician C07 --month 2026-04 --outcome helped",
        "data/sample --clinician C07 --month 2026-04 --flag over_investment --outcome unchanged",
    )
    _add_data(command)
    command.add_argument("--clinician", metavar="ID", required=True, help="the supervisee")
    command.add_argument("--month", metavar="YYYY-MM", required=True, help="in which it was decided")
    command.add_argument("--flag", metavar="FLAG", help=f"which one, if there are several: {FLAG_WORDS}")
    command.add_argument("--row", metavar="N", type=_positive, help="which one, by the row that 'agenda list' shows")
    command.add_argument(
        "--outcome", metavar="WORD", required=True, help="helped, unchanged, not_needed; or open again"
    )


def _add_agenda_list(actions: Any) -> None:
    command = _command(
        actions, agenda_list, "show what was decided", "data/sample", "data/sample --clinician C07 --due 2026-06"
    )
    _add_data(command)
    command.add_argument("--clinician", metavar="ID", help="of this supervisee only")
    command.add_argument("--due", metavar="YYYY-MM", help="only what is due for review by this month")


def _add_simulate(commands: Any) -> None:
    command = _command(
        commands,
        simulate,
        "write a synthetic practice with a known truth",
        "--out practice --clinicians 20 --months 12 --seed 1",
        "--out practice --sample",
    )
    command.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder to write")
    command.add_argument("--sample", action="store_true", help="the practice of data/sample")
    for name in ("clinicians", "months"):
        command.add_argument(f"--{name}", metavar="N", type=_positive)
    command.add_argument("--seed", metavar="N", type=int)
    command.add_argument("--format", choices=("csv", "parquet"), default="csv", help="default: csv")
    command.add_argument("--truth", action="store_true", help="also write what was put in")


def _add_lab(commands: Any) -> None:
    command = _command(commands, lab, "open the monthly run, all buttons, in JupyterLab", "", "data/sample")
    _add_data(command, nargs="?")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def _version() -> str:
    try:
        return version("caseload")
    except PackageNotFoundError:
        return "not installed"


if __name__ == "__main__":
    sys.exit(main())
