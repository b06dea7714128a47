"""The commands that open the monthly run, all buttons: open, in a window of its own; lab, in JupyterLab."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from caseload.cli.parsing import add_data, new_command, positive, say, show

LINUX_HINT = "If your desktop asks, allow it to be launched: right-click the file once."


def open_run(options: argparse.Namespace) -> int:
    """Open the monthly run in the browser, or make the file that does by a double click."""
    if options.make_shortcut:
        from caseload.door.window.starter import LINUX, make_starter

        made = make_starter(Path.cwd())
        show(made)
        say(f"A double click on it opens caseload. {LINUX_HINT if made.suffix == LINUX else ''}".rstrip())
        return 0
    from caseload.door.window.server import PORT, open_window

    return open_window(Path.cwd(), options.data, show=not options.no_browser, port=options.port or PORT)


def lab(options: argparse.Namespace) -> int:
    """Open JupyterLab on the notebook of the monthly run."""
    from caseload.door.lab import open_lab

    given = {"--no-browser": options.no_browser, "--allow-root": options.allow_root}
    own = [name for name, wanted in given.items() if wanted]
    own += [f"--ServerApp.port={options.port}"] if options.port else []
    return open_lab(options.data, (*own, *options.unknown))


def add_open(commands: Any) -> None:
    """`caseload open`."""
    command = new_command(
        commands,
        open_run,
        "open the monthly run, all buttons, in your browser",
        "",
        "practice",
        "--make-shortcut",
        name="open",
    )
    add_data(command, nargs="?")
    text = "write a file onto the desktop that opens it by a double click, in the folder that you are in now"
    command.add_argument("--make-shortcut", action="store_true", help=text)
    command.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    command.add_argument("--port", metavar="N", type=port, help="the first port to try; default: 8866")


def add_lab(commands: Any) -> None:
    """`caseload lab`."""
    command = new_command(
        commands,
        lab,
        "open the monthly run and the notebooks for research in JupyterLab",
        "",
        "data/sample",
        "--no-browser --port 9000",
        "--ServerApp.password_required=True",
    )
    command.epilog = f"JupyterLab's other options are passed on, in the form --Name=value.\n\n{command.epilog}"
    add_data(command, nargs="?")
    command.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    command.add_argument("--port", metavar="N", type=port, help="of the server; default: 8888")
    command.add_argument("--allow-root", action="store_true", help="also as the system's administrator")
    command.set_defaults(passes_on=True)


def port(text: str) -> int:
    """The number of a port, as `argparse` wants its types."""
    number = positive(text)
    if number > 65535:
        raise argparse.ArgumentTypeError("must be a port, from 1 to 65535")
    return number
