"""What the commands' parsers share: examples and exit codes in every help text, and options of the same meaning."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caseload.errors import printable, unusable

if TYPE_CHECKING:
    import pandas as pd

EXIT_CODES = """exit codes:
  0    done
  1    an unexpected error
  2    bad input or parameters; nothing was written
  3    some reports failed; the others were made
  130  interrupted
"""


def new_command(
    commands: Any, run: Callable[[argparse.Namespace], int], help: str, *examples: str, name: str = ""
) -> argparse.ArgumentParser:
    """A parser whose help shows examples and exit codes; called as its function, unless `name` is given."""
    name = name or run.__name__.replace("_", " ")  # agenda_add is `caseload agenda add`
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


def add_data(command: argparse.ArgumentParser, **options: Any) -> None:
    """The practice that is read."""
    command.add_argument("data", metavar="DATA", type=path, help="a practice's folder or .xlsx file", **options)


def add_exclude(command: argparse.ArgumentParser) -> None:
    """The option to drop invalid rows."""
    text = "drop rows that the data contract refuses, at most 5 %% of a table, and say so in the data-quality notes"
    command.add_argument("--exclude-invalid", action="store_true", help=text)


def positive(text: str) -> int:
    """A whole number from 1, as `argparse` wants its types."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, not {text!r}")
    return int(text)


def path(text: str) -> Path:
    """A path that the system can look for, as `argparse` wants its types."""
    path = Path(text)
    if reason := unusable(path):
        raise argparse.ArgumentTypeError(f"cannot be a path here: {reason}")
    return path


def month(text: str) -> str:
    """A month, or a range of two with dots between, as YYYY-MM; what cannot be read stays for the command to refuse."""
    from caseload.intake.exports.months import month_in

    return "..".join(month_in(part) or part for part in text.split(".."))


def say(text: str) -> None:
    """Say something that is no result: to standard error."""
    print(printable(text), file=sys.stderr)


def say_passed_over(month: pd.Period | None) -> None:
    """Say of a month that nobody named and that is complete in a few days how to have it now."""
    if month is not None:
        from caseload.wording import complete_soon

        say(f"{complete_soon(month, dt.date.today())} --month {month} makes it now.")


def show(text: object) -> None:
    """Show a result: to standard output."""
    print(printable(str(text)))
