"""Deciding who is the same person under two identifiers, or two people under one; and undoing it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

from caseload.errors import InputError, ParameterError, did_you_mean
from caseload.intake.practice import Practice, read_people
from caseload.intake.pseudonyms import Identity, doubtful_pairs
from caseload.intake.read import unreadable
from caseload.intake.same_people import FILE, NOBODY, Decision, SamePeople, everybody, same_people, text_of
from caseload.intake.unreadable import Unreadable
from caseload.writing.whole import content_of, rewrite

Doubt = tuple[str, str, str]
"""Two identifiers that may be one person's, and why."""


def join_identities(path: str | os.PathLike[str], one: str, other: str) -> None:
    """From now on, `other` counts as `one`: two clinicians, or two clients, who are one person.

    What was imported stays as it is; every reading of the practice, and every later import, counts them as one.
    Raises `ParameterError` for identifiers that the practice does not hold, `InputError` for one that cannot be read.

    Examples
    --------
    >>> import shutil, tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = shutil.copytree("data/sample", f"{folder}/practice")
    ...     caseload.join_identities(practice, "C01", "C02")
    ...     before = len(caseload.read_practice("data/sample").supervisees)
    ...     before - len(caseload.read_practice(practice).supervisees)
    1
    """
    practice = read_people(path)
    kinds = [_kind(practice, name) for name in (one, other)]
    if kinds[0] != kinds[1]:
        raise ParameterError(f"{one} is a {kinds[0]} and {other} a {kinds[1]}: they cannot be one person")
    if practice.same_people.joined.get(one, one) == practice.same_people.joined.get(other, other):
        raise ParameterError(f"{other} and {one} count as one person already")
    _change(path, lambda decisions: (*decisions, Decision(other, one)))


def keep_apart(path: str | os.PathLike[str], one: str, other: str) -> None:
    """Note that two identifiers that look like one person's are two people's: they are no longer asked about."""
    _change(path, lambda decisions: (*(Decision(name, name) for name in (one, other)), *decisions))


def separate_identities(path: str | os.PathLike[str], identifier: str, clinician_id: str = "") -> str:
    """Undo that `identifier` counts as somebody else; or, with a clinician, take two clients of one name apart.

    With `clinician_id`, what a client has with that clinician counts as another client's, whose new identifier is
    returned; without, "" is. Raises `ParameterError` where there is nothing to undo or nobody to take apart.

    Examples
    --------
    >>> import shutil, tempfile
    >>> import caseload
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     practice = shutil.copytree("data/sample", f"{folder}/practice")
    ...     caseload.join_identities(practice, "C01", "C02")
    ...     _ = caseload.separate_identities(practice, "C02")
    ...     len(caseload.read_practice(practice).supervisees)
    14
    """
    practice = read_people(path)
    if not clinician_id:
        if identifier not in {one.identifier for one in practice.same_people.decisions}:
            raise ParameterError(f"nothing was decided about {identifier}{_like(identifier, practice)}")
        _change(path, lambda decisions: tuple(one for one in decisions if one.identifier != identifier))
        return ""
    sessions = practice.sessions
    with_them = (sessions["client_id"] == identifier) & (sessions["clinician_id"] == clinician_id)
    if not with_them.any() or (sessions["clinician_id"][sessions["client_id"] == identifier] == clinician_id).all():
        raise ParameterError(f"{identifier} has appointments with {clinician_id} alone, or none: nothing to take apart")
    taken = {*sessions["client_id"], *everybody(practice.same_people.decisions)}
    new = next(name for number in count(2) if (name := f"{identifier}-{number}") not in taken)
    _change(path, lambda decisions: (*decisions, Decision(identifier, new, clinician_id)))
    return new


def doubts_left(people: Mapping[str, Identity], decided: SamePeople, among: Iterable[str] | None = None) -> list[Doubt]:
    """The pairs of identifiers that may be one person's and about which nothing was decided.

    With `among`, only pairs in which one of these is.
    """
    known, ends = {one.identifier for one in decided.decisions}, decided.joined
    pairs = doubtful_pairs(people, among)
    left = [pair for pair in pairs if ends.get(pair[0], pair[0]) != ends.get(pair[1], pair[1])]
    return [pair for pair in left if not {*pair[:2]} <= known]


def decisions_of(folder: Path) -> SamePeople:
    """What was decided about a folder's people. Raises `InputError` for a file that cannot be read."""
    try:
        content = content_of(folder / FILE)
    except OSError as error:
        raise InputError([unreadable(FILE, error)]) from None
    return _decided(content)


def _kind(practice: Practice, name: str) -> str:
    if name in set(practice.supervisees["clinician_id"]):
        return "clinician"
    if name in set(practice.sessions["client_id"]):
        return "client"
    raise ParameterError(f"nobody is called {name} in this practice{_like(name, practice)}")


def _like(name: str, practice: Practice) -> str:
    return did_you_mean(name, [*practice.supervisees["clinician_id"], *practice.sessions["client_id"].unique()])


def _change(path: str | os.PathLike[str], change: Callable[[tuple[Decision, ...]], tuple[Decision, ...]]) -> None:
    given = Path(path)
    rewrite((given if given.is_dir() else given.parent) / FILE, partial(_edited, change=change))


def _edited(
    old: bytes | None, change: Callable[[tuple[Decision, ...]], tuple[Decision, ...]]
) -> tuple[bytes | None, None]:
    return text_of(change(_decided(old).decisions)).encode(), None


def _decided(content: bytes | None) -> SamePeople:
    """What a file says; nobody where there is none."""
    try:
        return NOBODY if content is None else same_people(content)
    except Unreadable as error:
        raise InputError([unreadable(FILE, error)]) from None
