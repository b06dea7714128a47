"""Who worked with whom, when: the keys of client-months as numbers, and the months one after another."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Month:
    """The rows of one month, sorted by clinician.

    `ordinal` counts months since January 1970; `present` are the numbers of the clinicians with a row, ascending,
    `starts` where each one's rows start, `place` each row's position in `present`.
    """

    ordinal: int
    rows: np.ndarray
    present: np.ndarray
    starts: np.ndarray
    place: np.ndarray

    def total(self, values: np.ndarray) -> np.ndarray:
        """Sums over each present clinician's rows (first axis)."""
        return np.add.reduceat(values, self.starts, axis=0)


@dataclass(frozen=True)
class Panel:
    """Client-months in numbers: `clinician` and `pair` (clinician × client) of each row, `month` as its ordinal.

    `clinicians` are the ids behind the numbers, sorted; `owner` is the clinician of each pair.
    """

    clinicians: pd.Index
    clinician: np.ndarray
    pair: np.ndarray
    owner: np.ndarray
    month: np.ndarray

    @classmethod
    def of(cls, keys: pd.DataFrame) -> Panel:
        """The panel of a frame with `clinician_id`, `client_id` and `month` (period[M]), in its row order."""
        clinician, clinicians = pd.factorize(keys["clinician_id"], sort=True)
        client, clients = pd.factorize(keys["client_id"], sort=True)
        code, pair = np.unique(clinician.astype(np.int64) * max(len(clients), 1) + client, return_inverse=True)
        month = keys["month"].astype("int64").to_numpy()
        return cls(pd.Index(clinicians), clinician, pair, code // max(len(clients), 1), month)

    def __len__(self) -> int:
        return len(self.month)

    def sample(self, size: int) -> np.ndarray:
        """Rows of every k-th clinician, all of theirs, so that there are about `size` of them; every row if fewer."""
        step = max(1, min(round(len(self) / size), len(self.clinicians) // 2))
        return np.flatnonzero(self.clinician % step == 0) if step > 1 else np.arange(len(self))

    def pairs(self, lag: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the same clinician and client `lag` months apart: the earlier ones and the later ones."""
        if not len(self):
            return np.zeros(0, int), np.zeros(0, int)
        month = self.month - self.month.min()
        code = self.pair.astype(np.int64) * (int(month.max()) + lag + 1) + month
        order = np.argsort(code)
        at = np.minimum(np.searchsorted(code[order], code + lag), len(code) - 1)
        found = code[order][at] == code + lag
        return np.flatnonzero(found), order[at[found]]

    def take(self, rows: np.ndarray) -> Panel:
        """The same people, on a part of the rows."""
        return Panel(self.clinicians, self.clinician[rows], self.pair[rows], self.owner, self.month[rows])

    @cached_property
    def months(self) -> list[Month]:
        """The months that have a row, first to last; the order of the frame's rows does not matter."""
        order = np.lexsort((self.pair, self.clinician, self.month))
        ordinals, starts = np.unique(self.month[order], return_index=True)
        return [self._month(int(at), rows) for at, rows in zip(ordinals, np.split(order, starts[1:]), strict=True)]

    def _month(self, ordinal: int, rows: np.ndarray) -> Month:
        present, starts, counts = np.unique(self.clinician[rows], return_index=True, return_counts=True)
        return Month(ordinal, rows, present, starts, np.repeat(np.arange(len(present)), counts))
