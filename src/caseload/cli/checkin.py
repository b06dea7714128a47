"""The command of the monthly check-in: forms for clinicians, one file each."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from caseload.cli.parsing import add_data, month, new_command, path, say, say_passed_over, show


def checkin(options: argparse.Namespace) -> int:
    """Write the check-in forms of a month."""
    from caseload.pages.checkin.forms import write_checkins

    forms = write_checkins(
        options.data,
        options.month,
        clinician=options.clinician,
        out=options.out,
        key_file=options.key,
        questionnaires=options.questionnaire or (),
    )
    show("\n".join(map(str, forms.files.values())))
    say_passed_over(forms.passed_over)
    say(f"\nA text to send with each file:\n\n{forms.message}")
    return 0


def add_checkin(commands: Any) -> None:
    """`caseload checkin`."""
    command = new_command(
        commands,
        checkin,
        "write the monthly check-in forms, one offline page for each clinician",
        "practice",
        "practice --month 2026-05 --out checkins",
        "practice --clinician C07 --questionnaire proqol5",
    )
    add_data(command)
    text = "of the check-in; default: the latest month that is complete"
    command.add_argument("--month", metavar="YYYY-MM", type=month, help=text)
    command.add_argument("--clinician", metavar="ID", help="only this clinician; default: everybody")
    text = "where the forms go; default: checkins"
    command.add_argument("--out", metavar="DIR", type=path, default=Path("checkins"), help=text)
    text = "where the key of the pseudonyms is kept; default: beside the folder, FOLDER.key"
    command.add_argument("--key", metavar="FILE", type=path, help=text)
    text = "ask for this questionnaire now (may be repeated); default: every third month"
    command.add_argument("--questionnaire", metavar="NAME", action="append", help=text)
