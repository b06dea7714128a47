"""The command line: `caseload import`, `report`, `checkin` and the others.

Thin: each command calls one function. What a command needs is imported when it runs, so that `caseload --help` answers
at once. The commands lie in files by subject; `parsing` is what their parsers share.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from caseload.cli import agenda, checkin, door, exports, fit_check, people, publish, reports
from caseload.cli.parsing import EXIT_CODES, say
from caseload.errors import CaseloadError
from caseload.release import version

UNEXPECTED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. A user's mistake is a message, never a traceback."""
    options = _parsed(arguments)
    os.environ.pop("MPLBACKEND", None)  # no command shows a window, and a name that is no backend would end matplotlib
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(options.run(options))
    except CaseloadError as error:
        say(f"caseload: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("caseload: interrupted")
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
    unknown = [word for word in rest if word.startswith("--")]
    if vars(options).pop("passes_on", False):  # to another program, which refuses what it does not know either
        options.unknown, rest = unknown, [word for word in rest if word not in unknown]
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    if rest:
        parser.error("more words than expected; put a text with blanks into quotes")
    return options


def _unexpected(error: Exception, debug: bool) -> int:
    """One line without the error's own words, which may hold values of the data."""
    if debug:
        traceback.print_exc()
    reason = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
    hint = "" if debug else "; run with --debug for the traceback"
    say(f"caseload: unexpected {type(error).__name__}{reason}{hint}")
    return UNEXPECTED


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="caseload",
        description="Clinician effort against client engagement: a month's reports for supervision, not for appraisal.",
        epilog="'caseload COMMAND --help' has examples.\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"caseload {version()}")
    parser.add_argument("--debug", action="store_true", help="show tracebacks of unexpected errors")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        door.add_open,
        exports.add_import,
        reports.add_check,
        reports.add_report,
        reports.add_analyse,
        checkin.add_checkin,
        agenda.add_agenda,
        publish.add_publish,
        fit_check.add_fit_check,
        exports.add_reveal,
        people.add_join,
        people.add_separate,
        reports.add_simulate,
        door.add_lab,
    ):
        add(commands)
    return parser
