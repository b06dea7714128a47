"""Names and modes of what a run writes: file-safe ids, private folders, files that are whole or not there.

A report names a person and holds session dates: folders are 0700 and files 0600, whatever the umask says.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from caseload.errors import ParameterError

QUALITY = "data_quality"
LONGEST = 100  # characters of a name before its suffix; file systems allow 255 bytes
ESCAPE = "~"  # never needs quoting in an address, and is not a letter, digit, `-` or `_`
FOLDER_MODE, FILE_MODE = 0o700, 0o600
UNFINISHED = ".unfinished-"  # prefix of the folder that holds files before they are moved into place

_PLAIN = re.compile(r"[A-Za-z0-9_-]")
_TAKEN = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|index|data_quality)\Z|(index|team)-", re.IGNORECASE)


def file_safe(identifier: str, *, has_twin: bool = False) -> str:
    """The file name, without suffix, of an id: different ids never share one.

    Letters, digits, `-` and `_` stay; every other byte of the UTF-8 form becomes `~` and two hex digits, and so does
    the first letter of a name that is taken (`index`, `team-…`, Windows' `CON`). Names over `LONGEST` characters are
    cut and end in a hash, and so do those of ids that have a twin (see `file_names`).
    """
    name = "".join(c if _PLAIN.match(c) else _escaped(c) for c in identifier) or ESCAPE
    if _TAKEN.match(name):
        name = _escaped(name[0]) + name[1:]
    return _hashed(name, identifier) if has_twin or len(name) > LONGEST else name


def file_names(identifiers: Collection[str]) -> dict[str, str]:
    """The file name, without suffix, of each id of a practice: none is shared, even where case does not count."""
    alike = Counter(identifier.lower() for identifier in set(identifiers))
    return {identifier: file_safe(identifier, has_twin=alike[identifier.lower()] > 1) for identifier in identifiers}


def file_stem(prefix: str, identifier: str) -> str:
    """`team-<team>` or `index-<supervisor>`, file-safe."""
    return f"{prefix}-{file_safe(identifier)}"


def _escaped(character: str) -> str:
    return "".join(f"{ESCAPE}{byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _hashed(name: str, identifier: str) -> str:
    """A name no plain one equals: two escapes in a row never occur otherwise."""
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{name[: LONGEST - 20]}{ESCAPE}{ESCAPE}{digest}"


def check_writable(out: Path) -> None:
    """Raises ParameterError where `out` cannot become a folder that we may write: before the work, not after it."""
    existing = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not existing.is_dir():
        raise ParameterError(f"cannot write to {out}: {existing} is not a folder")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ParameterError(f"cannot write to {out}: no permission to write in {existing}")


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it that are missing, for the user alone; an existing one keeps its mode."""
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return path


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A private folder on the same file system as `folder`, gone at the end, also after an error."""
    stage = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=folder))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, from its first byte on."""
    path.touch(FILE_MODE, exist_ok=False)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_together(folder: Path, texts: dict[str, str]) -> None:
    """Put files in place under `folder`, replacing older ones: each whole, and none before all are written.

    Keys are paths below `folder`; the folders they name are made, private.
    """
    private_folder(folder)
    with staging(folder) as stage:
        for number, text in enumerate(texts.values()):
            write_private(stage / str(number), text)
        for number, name in enumerate(texts):
            private_folder((folder / name).parent)
            (stage / str(number)).replace(folder / name)


@contextmanager
def reserved(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Hold `size` bytes of the disk; calling what is yielded frees them, so that a last file finds its place.

    Raises OSError where there is no such space.
    """
    with staging(folder) as stage:
        (stage / "reserve").write_bytes(b"\1" * size)
        yield lambda: shutil.rmtree(stage, ignore_errors=True)


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files below `folder`; those that are not there, or cannot be removed, are no error."""
    for name in names:
        with suppress(OSError):
            (folder / name).unlink()


def clear_unfinished(folder: Path) -> None:
    """Remove what a run that was killed left behind."""
    for stage in folder.glob(UNFINISHED + "*"):
        shutil.rmtree(stage, ignore_errors=True)
