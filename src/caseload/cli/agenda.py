"""The commands of the agenda: what supervision meetings decided, and what came of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from caseload.cli.parsing import EXIT_CODES, add_data, month, new_command, positive, show

if TYPE_CHECKING:
    from caseload.intake.agenda import Noted

FLAG_WORDS = "over_investment, stage_incongruence, personal_activation, self_care or compassion_fatigue"


def agenda_add(options: argparse.Namespace) -> int:
    """Add what a meeting decided."""
    from caseload.intake.agenda import add_decision

    noted = add_decision(options.data, options.clinician, options.month, options.flag, options.decision, options.review)
    show(_noted(noted))
    return 0


def agenda_close(options: argparse.Namespace) -> int:
    """Write what came of a decision."""
    from caseload.intake.agenda import close_decision

    noted = close_decision(
        options.data, options.clinician, options.month, options.flag, outcome=options.outcome, row=options.row
    )
    show(_noted(noted))
    return 0


def _noted(noted: Noted) -> str:
    return f"{noted.file}, row {noted.row}: " + ("noted" if noted.written else "there already, nothing was written")


def agenda_list(options: argparse.Namespace) -> int:
    """Print what was decided."""
    from caseload.intake.agenda import read_agenda
    from caseload.pages.summary import agenda_lines

    show(agenda_lines(read_agenda(options.data, options.clinician, options.due)))
    return 0


def add_agenda(commands: Any) -> None:
    """`caseload agenda`."""
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
    command = new_command(
        actions,
        agenda_add,
        "add what a meeting decided; what is there already is not added again",
        'data/sample --clinician C07 --flag over_investment --decision "Look at pace with two clients"',
        'data/sample --clinician C07 --month 2026-05 --flag self_care --decision "One free evening" --review 2026-06',
    )
    add_data(command)
    command.add_argument("--clinician", metavar="ID", required=True, help="the supervisee")
    text = "of the report that the meeting was about; default: the latest month that is complete"
    command.add_argument("--month", metavar="YYYY-MM", type=month, help=text)
    command.add_argument("--flag", metavar="FLAG", required=True, help=f"what it is about: {FLAG_WORDS}")
    text = "what was decided: one line that begins with a word, without clients' names"
    command.add_argument("--decision", metavar="TEXT", required=True, help=text)
    command.add_argument("--review", metavar="YYYY-MM", type=month, help="when it is to be looked at again")


def _add_agenda_close(actions: Any) -> None:
    command = new_command(
        actions,
        agenda_close,
        "write what came of a decision; where several fit, nothing is guessed",
        "data/sample --clinician C07 --month 2026-04 --outcome helped",
        "data/sample --clinician C07 --month 2026-04 --flag over_investment --outcome unchanged",
    )
    add_data(command)
    command.add_argument("--clinician", metavar="ID", required=True, help="the supervisee")
    command.add_argument("--month", metavar="YYYY-MM", type=month, required=True, help="in which it was decided")
    command.add_argument("--flag", metavar="FLAG", help=f"which one, if there are several: {FLAG_WORDS}")
    command.add_argument("--row", metavar="N", type=positive, help="which one, by the row that 'agenda list' shows")
    command.add_argument(
        "--outcome", metavar="WORD", required=True, help="helped, unchanged, not_needed; or open again"
    )


def _add_agenda_list(actions: Any) -> None:
    command = new_command(
        actions, agenda_list, "show what was decided", "data/sample", "data/sample --clinician C07 --due 2026-06"
    )
    add_data(command)
    command.add_argument("--clinician", metavar="ID", help="of this supervisee only")
    command.add_argument("--due", metavar="YYYY-MM", type=month, help="only what is due for review by this month")
