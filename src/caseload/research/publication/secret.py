"""The secret behind a package's numbers, and the file that holds it for whoever wants the same package again.

With the secret and the practice's identifiers the numbers can be drawn again. So the file is for its owner alone, and
it is never in the package, nor with the practice's tables.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from caseload.errors import ParameterError
from caseload.intake.content import read_content
from caseload.intake.unreadable import Unreadable
from caseload.writing.whole import write_file

SECRET_BYTES = 32
_FORMAT, _LARGEST = 1, 4096  # of the file, in bytes


def new_secret() -> bytes:
    """A secret that nobody has had before."""
    return secrets.token_bytes(SECRET_BYTES)


def read_secret(path: Path) -> bytes | None:
    """What a secret file holds; None where there is none. Raises ParameterError, which repeats nothing of it."""
    wrong = ParameterError(
        f"{path.name} is not a secret file of caseload publish. Name a file that is not there, and one is generated."
    )
    try:
        content = json.loads(read_content(path, _LARGEST).data)
        secret = bytes.fromhex(content["secret"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ParameterError(f"{path.name} cannot be read: {error.strerror}") from None
    except (Unreadable, ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    if content.get("caseload_publication_secret") != _FORMAT or len(secret) != SECRET_BYTES:
        raise wrong
    return secret


def write_secret(path: Path, secret: bytes) -> None:
    """Write a new secret file for its owner alone. Raises ParameterError where it cannot be written."""
    content = {"caseload_publication_secret": _FORMAT, "secret": secret.hex()}
    try:
        write_file(path, json.dumps(content) + "\n", new=True)
    except FileExistsError:
        raise ParameterError(f"{path.name} has been made by another run meanwhile: run the command again") from None
    except OSError as error:
        raise ParameterError(f"{path.name} cannot be written: {error.strerror}") from None


def check_place(path: Path, apart_from: Iterable[Path]) -> None:
    """Raises ParameterError where a secret file may not be: in one of these folders, or in none that there is."""
    place = path.resolve()
    if any(folder.resolve() in place.parents for folder in apart_from):
        raise ParameterError(f"{path.name} must be neither in the package nor with the practice's tables: move it")
    if not place.parent.is_dir():
        raise ParameterError(f"there is no folder in which {path.name} could be made: make it first")
