"""Seals: by what a manifest knows files and pages again, and from what nobody else can learn anything.

A digest of a private file lets whoever knows all but a few answers try them out. A seal is keyed by a secret that lies
with the user's own programs, apart from every folder of reports, and has a random part of its own: two seals of one
thing differ, so that nobody sees either whether it has changed. Without the secret no seal holds, and what it stood for
is made again.
"""

from __future__ import annotations

import hmac
import secrets
import stat
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs

from caseload.errors import ParameterError
from caseload.intake.content import read_content
from caseload.intake.unreadable import Unreadable
from caseload.writing.locks import only_writer
from caseload.writing.scratch import clear_dead
from caseload.writing.whole import private_folder, write_file

FILE = "manifest-secret"
SECRET_BYTES = 32
_RANDOM = 16  # characters of a seal that are its random part; as many bytes of the hash follow


def sealed(told: str) -> str:
    """A new seal of a digest; 48 hexadecimal characters, others each time."""
    random = secrets.token_hex(_RANDOM // 2)
    return random + _keyed(random, told)


def is_seal_of(seal: str, told: str) -> bool:
    """Whether `seal` was made, with our secret, of this digest; never of an empty one, which stands for no file."""
    random, keyed = seal[:_RANDOM], seal[_RANDOM:]
    return bool(told) and keyed == _keyed(random, told)


def _keyed(random: str, told: str) -> str:
    return hmac.digest(_secret(_place()), f"{random}|{told}".encode(), "sha256")[:_RANDOM].hex()


def _place() -> Path:
    """The folder of what this user's programs keep from run to run."""
    return platformdirs.user_state_path("caseload", appauthor=False)


@cache
def _secret(place: Path) -> bytes:
    """The secret in `place`, made where there is none; where none can be kept, one that ends with this process."""
    if place.is_absolute():  # a user without a home folder has `~/…`
        with suppress(OSError, ParameterError):
            private_folder(place)
            clear_dead(place)
            with only_writer(place / FILE):
                return _kept(place / FILE) or _made(place / FILE)
    return secrets.token_bytes(SECRET_BYTES)


def _kept(file: Path) -> bytes | None:
    """The secret in a file; None where there is none, or one that is damaged or that others can read."""
    with suppress(FileNotFoundError, Unreadable):
        secret = read_content(file, SECRET_BYTES).data
        return secret if len(secret) == SECRET_BYTES and not _is_open(file) else None
    return None


def _made(file: Path) -> bytes:
    secret = secrets.token_bytes(SECRET_BYTES)
    write_file(file, secret)
    return secret


def _is_open(file: Path) -> bool:
    """Whether others on this computer can read a file. Modes are not known on Windows."""
    return sys.platform != "win32" and bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
