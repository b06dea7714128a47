"""The command that holds the model against a practice's own months: fit-check."""

from __future__ import annotations

import argparse
from typing import Any

from caseload.cli.parsing import add_data, add_exclude, new_command, positive, show

NAME = "fit-check"


def check_fit(options: argparse.Namespace) -> int:
    """Say how well the model foretold the practice's own months."""
    import caseload
    from caseload.research.fit_check import MONTHS, fit_check

    practice = caseload.read_practice(options.data, exclude_invalid=options.exclude_invalid)
    show(fit_check(practice, options.months or MONTHS).text())
    return 0


def add_fit_check(commands: Any) -> None:
    """`caseload fit-check`."""
    examples = "data/sample", "data/sample --months 12"
    command = new_command(commands, check_fit, "say how well the model foretold your own months", *examples, name=NAME)
    add_data(command)
    add_exclude(command)
    text = "how many of the newest months to foretell, each from those before it; default: 6"
    command.add_argument("--months", metavar="N", type=positive, help=text)
