"""The commands about who is who: join and separate."""

from __future__ import annotations

import argparse
from typing import Any

from caseload.cli.parsing import add_data, new_command, show


def join(options: argparse.Namespace) -> int:
    """Count two identifiers as one person."""
    from caseload.intake.identities import join_identities

    join_identities(options.data, options.one, options.other)
    show(f"{options.other} counts as {options.one} from now on. caseload separate undoes it.")
    return 0


def separate(options: argparse.Namespace) -> int:
    """Undo a join, or take two people of one name apart."""
    from caseload.intake.identities import separate_identities

    new = separate_identities(options.data, options.identifier, options.clinician or "")
    said = f"What {options.identifier} has with {options.clinician} counts as that of {new}" if new else ""
    show(said or f"{options.identifier} counts for itself again.")
    return 0


def add_join(commands: Any) -> None:
    """`caseload join`."""
    text = "count two identifiers as one person, now and in every later import"
    command = new_command(commands, join, text, "practice C-7QF3M-2XAB4 C-9ABCD-EFGH1")
    add_data(command)
    command.add_argument("one", metavar="ID", help="who they are")
    command.add_argument("other", metavar="OTHER", help="whose rows count as theirs; see caseload reveal --doubts")


def add_separate(commands: Any) -> None:
    """`caseload separate`."""
    command = new_command(
        commands,
        separate,
        "undo a join, or take two clients of one name apart",
        "practice C-9ABCD-EFGH1",
        "practice K-7QF3M-2XAB4 --clinician C-7QF3M-2XAB4",
    )
    add_data(command)
    command.add_argument("identifier", metavar="ID", help="who counts for itself again; or the client to take apart")
    text = "what the client has with this clinician is another person's"
    command.add_argument("--clinician", metavar="ID", help=text)
