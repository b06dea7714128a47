"""Which key goes with a practice folder: with another one everybody in it would become somebody else."""

from __future__ import annotations

from pathlib import Path

from caseload.errors import ParameterError
from caseload.intake.history import read_history
from caseload.intake.pseudonyms import KeyFile, default_key_file, new_key, open_key_file


def key_path(folder: Path, key_file: Path | str | None) -> Path:
    """Where the key file is: apart from the folder. Raises `ParameterError`."""
    path = Path(key_file) if key_file else default_key_file(folder)
    if path.resolve().is_relative_to(folder.resolve()):
        raise ParameterError("the key file must lie apart from the practice folder: choose another place by --key")
    if not path.resolve().parent.is_dir():
        raise ParameterError(f"there is no folder for the key file {path.name}: make it first")
    return path


def keys_of(folder: Path, keys_at: Path) -> tuple[KeyFile, list[str]]:
    """The key that the folder was imported with, or a new one for a new folder; and what to say of the file.

    Raises `ParameterError`.
    """
    (keys, warnings), history = open_key_file(keys_at), read_history(folder)
    if keys is None and history != ():
        raise ParameterError(
            f"{folder.name} was imported with a key, and {keys_at.name} is not there: say where it is by --key; "
            "with a new one everybody would count as somebody else"
        )
    keys = keys or new_key()
    if {entry.key for entry in history or ()} - {keys.fingerprint}:
        raise ParameterError(
            f"{folder.name} was imported with another key than that in {keys_at.name}: say where it is by --key; "
            "with this one everybody would count as somebody else"
        )
    return keys, warnings


def practice_mark(folder: Path, keys_at: Path) -> str:
    """By which check-ins know the practice: its key's fingerprint, also where only its imports tell; "" without a key.

    Raises `ParameterError` for a key file that cannot be read.
    """
    keys, _ = open_key_file(keys_at)
    known = {entry.key for entry in read_history(folder) or () if entry.key}
    return keys.fingerprint if keys else min(known, default="")
