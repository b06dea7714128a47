"""How long work says how far it is: by a bar on stderr, not at all, or as somebody who shows it elsewhere wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from tqdm import tqdm

T = TypeVar("T")


class Progress(Protocol):
    """Passes on the steps of some work as they are taken, and shows how many of the `total` are done."""

    def __call__(self, steps: Iterable[T], what: str, total: int, unit: str, /) -> Iterable[T]: ...


def shown(progress: bool | Progress) -> Progress:
    """True is a bar on stderr, False is silence."""
    if progress is True:
        return _bar
    return _silence if progress is False else progress


def _bar(steps: Iterable[T], what: str, total: int, unit: str, /) -> Iterable[T]:
    return tqdm(steps, what, total, unit=unit)


def _silence(steps: Iterable[T], what: str, total: int, unit: str, /) -> Iterable[T]:
    return steps
