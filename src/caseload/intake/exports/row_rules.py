"""Parts of a map that are about whole rows: which are no appointment, which are a series, which files are refused."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

Headers = Annotated[tuple[str, ...], Field(min_length=1)]


class Strict(BaseModel):
    """An unknown key is a mistake, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_tuple(cls, value: object) -> object:
        """TOML has lists; what a map holds does not change."""
        return tuple(value) if isinstance(value, list) else value


def compiling(value: str) -> str:
    """A regular expression. Raises `ValueError`."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError("not a regular expression") from error
    return value


class Matching(Strict):
    """A cell that matches a regular expression as a whole."""

    column: str
    matches: Annotated[str, Field(min_length=1)]

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return compiling(value)


class Series(Strict):
    """Rows that stand for a series of appointments, as OpenEMR has them: which columns tell its days."""

    number: str  # of the appointment: later ones of the series get their day behind it
    day: str  # of the first
    until: str  # the last day; none: up to now
    kind: str
    plain: Headers  # kinds that repeat in a rhythm
    single: Headers  # kinds that do not repeat; all others are counted and stay one appointment
    only: Matching | None = None  # other rows are left as they are
    rhythm: str  # PHP's serialised array with event_repeat_freq and event_repeat_freq_type

    @property
    def headers(self) -> tuple[str, ...]:
        return (self.number, self.day, self.until, self.kind, self.rhythm)


class RowRule(Strict):
    """Rows that are no appointment: a cell is one of `words`, or matches a regular expression as a whole."""

    column: str
    words: tuple[str, ...] = ()
    matches: str = ""
    empty: bool = False
    unless: Matching | None = None  # not where this is so
    why: Annotated[str, Field(min_length=1)]

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str) -> str:
        return compiling(value)


class Refusal(Strict):
    """A file with all of these columns is not what this format reads, and why."""

    columns: Headers
    why: Annotated[str, Field(min_length=1)]
