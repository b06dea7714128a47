"""The command that makes a package for publication: publish."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from caseload.cli.parsing import add_data, add_exclude, month, new_command, path, say, show
from caseload.errors import ParameterError

if TYPE_CHECKING:
    from caseload.research.publication.disclosure import Disclosure


_NO_SEED = (
    "--seed is not accepted: anybody who has the package could find a number that was typed by hand. To make the same "
    "package again, give --secret FILE. The command generates the secret."
)


def publish(options: argparse.Namespace) -> int:
    """Write a de-identified analysis set."""
    import caseload
    from caseload.research.publication.people import QUASI_IDENTIFIERS

    if options.seed is not None:
        raise ParameterError(_NO_SEED)
    if options.secret is not None:
        _open_secret(options.secret, options.data)
    practice = caseload.read_practice(options.data, exclude_invalid=options.exclude_invalid)
    named = options.quasi_identifiers
    made = caseload.publish(
        practice,
        options.to,
        month=options.month,
        k=options.k,
        quasi_identifiers=QUASI_IDENTIFIERS if named is None else [name for name in named.split(",") if name],
        secret=options.secret,
        progress=not options.quiet,
    )
    show("\n".join([str(options.to), *_account(made.disclosure)]))
    return 0


def _open_secret(file: Path, data: Path) -> None:
    """Refuse a secret file in the practice's folder; one that others can read is taken away from them."""
    from caseload.research.publication.secret import check_place, read_secret
    from caseload.writing.whole import for_its_owner_only

    check_place(file, [data])
    if read_secret(file) is not None:
        for warning in for_its_owner_only(file):
            say(warning)


def _account(disclosure: Disclosure) -> list[str]:
    """What was done to protect people, in a few lines."""
    lines = [f"{row['table']}: every combination is shared by {row['k']} people or more of {row['people']}"
             for row in disclosure.tables.to_dict("records")]  # fmt: skip
    lost = [f"{row['table']}.{row['column']} {row['without']}" for row in disclosure.columns.to_dict("records") if
            row["without"]]  # fmt: skip
    lines += [f"people who lost a value: {', '.join(lost)}"] if lost else []
    return [
        *lines,
        *disclosure.notes,
        "Read docs/publishing.md, methods.md and every table before you publish anything.",
    ]


def add_publish(commands: Any) -> None:
    """`caseload publish`."""
    command = new_command(
        commands,
        publish,
        "write a de-identified analysis set for publication: tables, codebook, methods, figures",
        "data/sample --to package",
        "data/sample --to package --month 2026-05 --k 10",
        "data/sample --to package --quasi-identifiers programme,trauma,fte_band",
    )
    add_data(command)
    text = "where the package goes: a new folder, or one with an earlier package, which is replaced"
    command.add_argument("--to", metavar="FOLDER", type=path, required=True, help=text)
    command.add_argument(
        "--month", metavar="YYYY-MM", type=month, help="the last one; default: the latest that is complete"
    )
    text = "so many people share every combination; default: %(default)s, not under 3"
    command.add_argument("--k", metavar="K", type=int, default=5, help=text)
    text = "the attributes of people that are published, the most wanted first, with commas between; default: all"
    command.add_argument("--quasi-identifiers", metavar="NAMES", help=text)
    text = "holds the secret behind the new numbers, for the same package again; made where there is none; keep it safe"
    command.add_argument("--secret", metavar="FILE", type=path, help=text)
    command.add_argument("--seed", nargs="?", const="", help=argparse.SUPPRESS)  # refused with a reason
    add_exclude(command)
    command.add_argument("--quiet", action="store_true", help="no progress bar")
