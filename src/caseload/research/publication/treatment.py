"""No combination of what is known of a person is left to fewer than k people: coarser values first, then missing ones.

The order is fixed, and the columns are given with the most wanted one first:

1. While more than `TOLERATED` of the people are in classes of fewer than k, the least wanted column that has a coarser
   form is made coarser, for everybody, and so on to the most wanted.
2. Whoever is still in such a class loses the value of the least wanted column, then that of the next, until at least k
   people are alike: each keeps as many of the wanted columns as k others share.
3. Where those who have lost everything are fewer than k, the smallest other class loses everything too.

Missing is a value of its own here: a class is what a reader of the table sees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from caseload.errors import ParameterError
from caseload.research.publication.classes import class_sizes

TOLERATED = 0.1
"""So many may lose values before everybody's become coarser: an analysis bears a few gaps better than broad classes."""

Coarser = Mapping[str, Mapping[str, str]]
"""For a column, which of its values becomes which; a value that is not named stays."""


@dataclass(frozen=True, eq=False)
class Treated:
    """The treated frame, the columns that became coarser, how many people lost each column, and the smallest class."""

    frame: pd.DataFrame
    coarser: tuple[str, ...]
    lost: Mapping[str, int]
    k: int


def treated(
    frame: pd.DataFrame, columns: Sequence[str], k: int, person: str, coarser: Coarser | None = None
) -> Treated:
    """The frame with every combination of `columns` shared by at least `k` people, treated as the file's head says.

    `columns` hold text or whole numbers, the most wanted first; rows stay in their order and keep their other columns.
    A frame that needs nothing is returned as it is, so doing it twice changes nothing. Raises ParameterError where
    there are fewer than k people at all. A frame without rows needs nothing.
    """
    people = frame[person].nunique()
    if 0 < people < k:
        raise ParameterError(f"not enough people: every combination needs {k} who share it, and there are {people}")
    broad, made = _broadened(frame, columns, k, person, coarser or {})
    narrow = _joined(_masked(broad, columns, k, person), columns, k, person)
    lost = {name: int(broad.loc[broad[name].notna() & narrow[name].isna(), person].nunique()) for name in columns}
    reached = class_sizes(narrow, columns, person)
    return Treated(narrow, made, lost, int(reached.min()) if len(reached) else 0)


def _broadened(
    frame: pd.DataFrame, columns: Sequence[str], k: int, person: str, coarser: Coarser
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Coarser columns, as many as needed, and which."""
    made: list[str] = []
    for name in reversed(columns):
        if not len(frame) or _share_alone(frame, columns, k, person) <= TOLERATED:
            break
        new = frame[name].replace(dict(coarser.get(name, {})))
        if not new.equals(frame[name]):
            frame = frame.assign(**{name: new})
            made.append(name)
    return frame, tuple(made)


def _share_alone(frame: pd.DataFrame, columns: Sequence[str], k: int, person: str) -> float:
    """The share of people who are in a class of fewer than k."""
    alone = frame.loc[class_sizes(frame, columns, person) < k, person].nunique()
    return float(alone / frame[person].nunique())


def _masked(frame: pd.DataFrame, columns: Sequence[str], k: int, person: str) -> pd.DataFrame:
    """Whoever is in a class of fewer than k without the value of the least wanted column, then of the next."""
    for name in reversed(columns):
        frame = frame.assign(**{name: frame[name].mask(class_sizes(frame, columns, person) < k)})
    return frame


def _joined(frame: pd.DataFrame, columns: Sequence[str], k: int, person: str) -> pd.DataFrame:
    """Those who have lost everything, together with the smallest other class while they are fewer than k."""
    while len(frame) and bool((sizes := class_sizes(frame, columns, person)).lt(k).any()):
        bare = frame[list(columns)].isna().all(axis=1)
        next_class = frame.loc[~bare].assign(size=sizes[~bare]).sort_values(["size", *columns], kind="stable").iloc[0]
        chosen = ~bare & _equal(frame, next_class, columns)
        frame = frame.assign(**{name: frame[name].mask(chosen) for name in columns})
    return frame


def _equal(frame: pd.DataFrame, row: pd.Series, columns: Sequence[str]) -> pd.Series:
    same = [frame[name].isna() if pd.isna(row[name]) else frame[name].eq(row[name]) for name in columns]
    return pd.concat(same, axis=1).fillna(False).astype(bool).all(axis=1)
