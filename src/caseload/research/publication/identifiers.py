"""New numbers for identifiers: drawn for each package, so that two packages of one practice cannot be put together.

A number is a keyed hash (HMAC with SHA-256, RFC 2104) of an identifier, and so is the order of the numbers. The key is
a secret of 256 bits that the system generates. No number is typed by hand: whoever holds a package could try them all.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

from caseload.research.publication.secret import new_secret

LOWEST, FEWEST_FREE = 100_000, 900_000
"""Six digits, more where there are many people: numbers of two packages rarely meet, so nobody joins on them."""


@dataclass(frozen=True)
class Draw:
    """The source of numbers, order and codes of one package: the same key draws the same."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, package: Sequence[object], secret: bytes | None = None) -> Draw:
        """For the package that these settings describe; another package gets other numbers from the same `secret`."""
        return cls(hmac.digest(secret or new_secret(), _bytes(["package", *map(str, package)]), "sha256"))

    def chance(self, kind: str, who: Hashable) -> int:
        """A whole number of 256 bits that nobody can foretell without the key."""
        return int.from_bytes(hmac.digest(self.key, _bytes([kind, who]), "sha256"))

    def order(self, kind: str, these: Iterable[Hashable]) -> list[Hashable]:
        """The same things in a drawn order."""
        return sorted(these, key=lambda one: self.chance(kind, one))

    def numbers(self, kind: str, people: Sequence[Hashable]) -> dict[Hashable, int]:
        """A different number for each of `people`, who are all different: six digits, in no order."""
        size = max(FEWEST_FREE, 10 * len(people))
        drawn: dict[int, Hashable] = {}
        for who in self.order(kind, people):
            number = self.chance(f"{kind} number", who) % size
            while number in drawn:
                number = (number + 1) % size
            drawn[number] = who
        return {who: LOWEST + number for number, who in drawn.items()}


def _bytes(parts: Sequence[object]) -> bytes:
    """Parts as bytes that no other parts have."""
    return json.dumps(parts).encode()
