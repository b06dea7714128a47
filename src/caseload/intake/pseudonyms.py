"""Keyed pseudonyms: who somebody is → an opaque identifier that only the holder of the key can turn back.

An identifier is a keyed hash (HMAC with SHA-256, RFC 2104) of a kind and a normalised identity, so the same person gets
the same one month after month, and nobody without the key can find it from a name. The key file holds the key and who
is behind each identifier; it lies apart from the practice folder and is readable by its owner only.
"""

from __future__ import annotations

import hmac
import json
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from caseload.errors import ParameterError
from caseload.intake.content import json_in, read_content
from caseload.intake.same_person import without_credentials, without_marks, without_zeros
from caseload.intake.unreadable import Unreadable
from caseload.writing.whole import for_its_owner_only, rewrite

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter is taken for a digit
LENGTHS = {"client": 10, "clinician": 8}  # letters of an identifier: 50 and 40 bits
PREFIXES = {"client": "K", "clinician": "C"}
KEY_BYTES = 32
_FORMAT = 1


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as an export says it: a number, or a name and perhaps a date of birth."""

    kind: str  # client or clinician
    name: str = ""
    born: str = ""
    number: str = ""

    @property
    def normalised(self) -> str:
        """What is hashed: without what is written now one way and now another."""
        if self.number:
            return f"{self.kind}|number|{plain_number(self.number)}"
        return f"{self.kind}|name|{plain_name(self.name)}|{self.born}"

    @property
    def tidied(self) -> Identity:
        """The same without marks that do not show, digits of other scripts, and a clinician's licence."""
        name, number = without_marks(self.name), without_marks(self.number)
        name = without_credentials(name) if self.kind == "clinician" else name
        return self if (name, number) == (self.name, self.number) else replace(self, name=name, number=number)

    @property
    def alias(self) -> str:
        """What two ways of writing one person have in common: a number also without the zeros before it."""
        tidied = self.tidied
        return replace(tidied, number=without_zeros(plain_number(tidied.number))).normalised


@dataclass(frozen=True)
class KeyFile:
    """The key, and everybody whom it has given an identifier. Never printed: its text holds nothing of it."""

    key: bytes = field(repr=False)
    people: Mapping[str, Identity] = field(default_factory=dict, repr=False)

    def identifier(self, identity: Identity) -> str:
        """The opaque identifier of somebody, such as K-7QF3M-2XAB4."""
        digest = hmac.digest(self.key, identity.normalised.encode(), "sha256")
        letters = crockford(int.from_bytes(digest[:8], "big"), LENGTHS[identity.kind])
        half = len(letters) // 2
        return f"{PREFIXES[identity.kind]}-{letters[:half]}-{letters[half:]}"

    def identifiers(self, people: Sequence[Identity]) -> list[str]:
        """The identifier of each, who may be known under another spelling.

        Whoever is known keeps theirs. Somebody new who shares the alias of one known person is that person, unless
        both are among `people` by different numbers: then nobody can tell, and they stay two.
        """
        numbers: dict[str, set[str]] = {}
        for who in people:
            numbers.setdefault(who.alias, set()).add(plain_number(who.number))
        return [self._settled(who, ask=len(numbers[who.alias]) > 1) for who in people]

    def _settled(self, who: Identity, *, ask: bool) -> str:
        own, tidied = self.identifier(who), self.identifier(who.tidied)
        known = [name for name in (own, tidied) if name in self.people]
        if not known and not ask:
            alike = self._by_alias.get(who.alias, [])
            known = alike if len(alike) == 1 else []
        return known[0] if known else tidied

    @cached_property
    def _by_alias(self) -> dict[str, list[str]]:
        by_alias: dict[str, list[str]] = {}
        for identifier, who in self.people.items():
            by_alias.setdefault(who.alias, []).append(identifier)
        return by_alias

    def session_key(self) -> bytes:
        """A key of its own for the identifiers of sessions, which are many and hashed by a faster function."""
        return hmac.digest(self.key, b"session identifiers", "sha256")

    @property
    def fingerprint(self) -> str:
        """By which a folder knows its key again; the key cannot be found from it."""
        return hmac.digest(self.key, b"fingerprint", "sha256")[:8].hex()

    def with_people(self, people: Mapping[str, Identity]) -> KeyFile:
        """The same with more people; whoever is known stays as first seen, or as first seen with a name."""
        known = {one: who for one, who in self.people.items() if who.name or one not in people}
        return replace(self, people={**people, **known})


def plain_name(name: str) -> str:
    """A name without what differs by habit: case, blanks, `Last, First`. Accents stay: they tell people apart."""
    text = unicodedata.normalize("NFKC", name).casefold()
    last, comma, first = text.partition(",")
    text = f"{first} {last}" if comma and first.strip() else text
    return " ".join(text.split())


def plain_number(number: str) -> str:
    """A record's number as text; what a spreadsheet has made of it (7.0) is undone."""
    text = number.strip()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def loose_name(name: str) -> str:
    """A name without accents, order, marks and initials: two people who share it may be one."""
    bare = "".join(
        letter if letter.isalnum() else " "
        for letter in unicodedata.normalize("NFKD", name.casefold())
        if not unicodedata.combining(letter)
    )
    words = bare.split()
    return " ".join(sorted([word for word in words if len(word) > 1] or words))


def crockford(number: int, length: int) -> str:
    """The lowest `5 × length` bits of a number in base 32."""
    return "".join(ALPHABET[number >> 5 * place & 31] for place in range(length))


def default_key_file(folder: Path) -> Path:
    """Beside the folder, not in it: `practice` has `practice.key`."""
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}.key")


def open_key_file(path: Path) -> tuple[KeyFile | None, list[str]]:
    """As `read_key_file`, for a command: a file that others can read is taken away from them, which it has to say."""
    keys = read_key_file(path)
    return keys, [] if keys is None else for_its_owner_only(path)


def read_key_file(path: Path) -> KeyFile | None:
    """What a key file holds; None where there is none. Raises `ParameterError`, which repeats nothing of it."""
    try:
        return _loaded(path.name, read_content(path).data)
    except FileNotFoundError:
        return None
    except Unreadable as error:
        raise ParameterError(f"{path.name} cannot be read: it is {error.found}") from None
    except OSError as error:
        raise ParameterError(f"{path.name} cannot be read: {error.strerror}") from None


def new_key() -> KeyFile:
    """A key that nobody has had before."""
    return KeyFile(secrets.token_bytes(KEY_BYTES))


def keep(path: Path, keys: KeyFile) -> None:
    """Write a key file, readable by its owner only, in one step; people that it has got meanwhile stay.

    Raises `ParameterError` where another key has been put there meanwhile, or it cannot be written.
    """

    def edit(content: bytes | None) -> tuple[bytes | None, None]:
        there = keys if content is None else _loaded(path.name, content)
        if there.key != keys.key:
            raise ParameterError(f"{path.name} holds another key now; nothing was written")
        new = _written(there.with_people(keys.people))
        return (None if new == content else new), None

    rewrite(path, edit)
    for_its_owner_only(path)


def _written(keys: KeyFile) -> bytes:
    people = {
        identifier: {name: value for name, value in vars(who).items() if value}
        for identifier, who in sorted(keys.people.items())
    }
    content = {"caseload_key_file": _FORMAT, "key": keys.key.hex(), "people": people}
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def _loaded(name: str, content: bytes) -> KeyFile:
    wrong = ParameterError(f"{name} is not a key file of caseload, or is damaged: use the right one, or a backup of it")
    try:
        told = json_in(content)
        key = bytes.fromhex(told["key"])
        people = {identifier: Identity(**who) for identifier, who in told["people"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise wrong from None
    if told.get("caseload_key_file") != _FORMAT or len(key) != KEY_BYTES or not all(map(_is_sound, people.values())):
        raise wrong
    return KeyFile(key, people)


def _is_sound(who: Identity) -> bool:
    return all(isinstance(text, str) for text in vars(who).values()) and who.kind in PREFIXES


def doubtful_pairs(people: Mapping[str, Identity], among: Iterable[str] | None = None) -> list[tuple[str, str, str]]:
    """Pairs of identifiers that may be one person, and why: names alike, or one name with two dates of birth.

    With `among`, only pairs in which one of these is. Of more than two alike, each is held against the first.
    """
    groups: dict[tuple[str, str], list[str]] = {}
    for identifier, who in people.items():
        if who.name:
            groups.setdefault((who.kind, loose_name(who.tidied.name)), []).append(identifier)
        if who.number:
            groups.setdefault((who.alias, ""), []).append(identifier)
    pairs = [(alike[0], other) for alike in groups.values() for other in alike[1:]]
    if among is not None:
        some = set(among)
        pairs = [pair for pair in pairs if some & set(pair)]
    return [(one, other, _difference(people[one], people[other])) for one, other in dict.fromkeys(pairs)]


def _difference(one: Identity, other: Identity) -> str:
    if one.number and one.number != other.number and one.alias == other.alias:
        return "one number with and without zeros before it"
    if plain_name(one.name) != plain_name(other.name):
        return "the name is written in two ways"
    if one.born != other.born:
        return "one name with two dates of birth"
    return "one name with two numbers"
