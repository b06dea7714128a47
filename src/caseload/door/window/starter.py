"""A file that opens the window by a double click, of the kind that this system starts."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from caseload.errors import ParameterError
from caseload.writing.whole import write_file

NAME, MODULE = "caseload", "caseload.cli"
SUFFIXES = {"win32": ".cmd", "darwin": ".command"}
LINUX = ".desktop"
RUNNABLE = 0o700
_QUOTED = str.maketrans({"\\": "\\\\", '"': '\\"', "`": "\\`", "$": "\\$"})


def make_starter(place: Path, folder: Path | None = None, system: str = sys.platform) -> Path:
    """Write the file that starts `caseload open` in `place`, over an older one; return its path.

    It goes into `folder`, by default the desktop of whoever asks, or `place` where there is no desktop. `system` is
    named as in `sys.platform`. Raises `ParameterError` where the file cannot be written.
    """
    desktop = Path.home() / "Desktop"
    file = (folder or (desktop if desktop.is_dir() else place)) / f"{NAME}{SUFFIXES.get(system, LINUX)}"
    try:
        write_file(file, starter_text(place.resolve(), system).encode("utf-8"))
        file.chmod(RUNNABLE)
    except OSError as error:
        raise ParameterError(f"{file} cannot be written: {error.strerror}") from None
    return file


def starter_text(place: Path, system: str, python: str = sys.executable) -> str:
    """What the file holds: change to the folder, and run this Python's `caseload open`."""
    if system == "win32":
        lines = [
            "@echo off",
            "chcp 65001 >nul",
            f'cd /d "{_percent(str(place))}"',
            f'"{_percent(python)}" -m {MODULE} open',
        ]
        return "\r\n".join([*lines, "if errorlevel 1 pause", ""])
    if system == "darwin":
        return f"#!/bin/sh\ncd {shlex.quote(str(place))} && exec {shlex.quote(python)} -m {MODULE} open\n"
    # The format's own rules: an argument in quotes, its backslashes doubled once more as in every value, % doubled.
    command = f'"{_percent(python.translate(_QUOTED))}" -m {MODULE} open'.replace("\\", "\\\\")
    folder = str(place).replace("\\", "\\\\")
    lines = ["[Desktop Entry]", "Type=Application", f"Name={NAME}", "Comment=The month’s reports", f"Path={folder}"]
    return "\n".join([*lines, f"Exec={command}", "Terminal=false", ""])


def _percent(text: str) -> str:
    return text.replace("%", "%%")
