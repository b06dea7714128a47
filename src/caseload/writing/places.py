"""Where may be written, and where not: before the work, not after it.

Output never replaces input. A file that no earlier run of the same kind claims as its own is never replaced either: who
writes says how its own files are known.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from caseload.errors import ParameterError, unusable
from caseload.writing.scratch import scratch

Claim = Callable[[Path], bool]
"""Whether a file was written by an earlier run of the same kind."""


def check_writable(out: Path) -> None:
    """Raises ParameterError where `out` cannot become a folder that we may write."""
    if reason := unusable(out):
        raise ParameterError(f"cannot write to {str(out)[:80]}: {reason}")
    try:
        existing = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
        if not existing.is_dir():
            raise ParameterError(f"cannot write to {out}: {existing} is not a folder")
        with scratch(existing):
            pass
    except PermissionError:
        raise ParameterError(f"cannot write to {out}: no permission to write in {existing}") from None
    except OSError as error:
        raise ParameterError(f"cannot write to {out}: {error.strerror}") from None


def check_apart(folder: Path, read: Path) -> None:
    """Raises ParameterError where `folder` is the one that the practice `read` is in: its tables would be replaced."""
    holds = read if read.is_dir() else read.absolute().parent
    if _same(folder, holds):
        raise ParameterError(
            f"cannot write to {folder}: the practice's own tables are there, and would be replaced. "
            "Nothing was written. Choose another folder by --out."
        )


def check_claimed(folder: Path, names: Iterable[str], is_ours: Claim, option: str = "--out") -> None:
    """Raises ParameterError where a file of one of these names is in `folder` and no earlier run has written it."""
    foreign = [name for name in names if os.path.lexists(folder / name) and not is_ours(folder / name)]
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise ParameterError(
            f"cannot write to {folder}: {foreign[0]}{more} there was not written by this command, and would be "
            f"replaced. Nothing was written. Choose another folder by {option}, or move the file away."
        )


def _same(one: Path, other: Path) -> bool:
    """Whether two paths lead to one folder, by whatever name."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return os.path.normcase(one.absolute()) == os.path.normcase(other.absolute())
