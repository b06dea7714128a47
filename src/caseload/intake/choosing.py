"""Writing one setting of a practice into `settings.toml`; what else is in the file stays as it is."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from caseload.errors import InputError, ParameterError
from caseload.intake.settings import FILE, NAMES, read_settings
from caseload.writing.whole import content_of, rewrite

_LINE = re.compile(rb"^names[ \t]*=.*$", re.MULTILINE)


def names_are_chosen(folder: Path) -> bool:
    """Whether a practice has said if its pages show codes or people."""
    try:
        content = content_of(folder / FILE)
    except OSError:
        return True  # what cannot be read is told when the practice is
    return content is not None and _LINE.search(content) is not None


def choose_names(folder: Path, names: str) -> None:
    """Have pages show `codes` or `people`. Raises `ParameterError`, or `InputError` for settings that are wrong."""
    if names not in NAMES:
        raise ParameterError(f"names must be {' or '.join(NAMES)}, not {names!r:.40}")
    rewrite(folder / FILE, partial(_with, line=f'names = "{names}"'.encode()))


def _with(old: bytes | None, line: bytes) -> tuple[bytes, None]:
    """The file with this line in the place of the old one, or first: what follows a table's heading is in the table."""
    text = old or b""
    new = _LINE.sub(line, text, count=1) if _LINE.search(text) else line + b"\n" + text
    if problems := read_settings(new)[1]:
        raise InputError(problems)
    return new, None
