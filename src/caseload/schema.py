"""What a frame that goes from room to room looks like: its columns, of which kind, and which may lack values.

A room names its frames in its `frames.py`; a docstring refers to them by name, and the tests hold every frame of a
month's review to them. String subscripts stay inside rooms: who takes a frame from elsewhere takes these columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pandas.api import types

_KINDS: dict[str, tuple[str, Callable[[pd.Series], bool]]] = {
    "text": ("text", lambda column: types.is_string_dtype(column.dtype)),
    "month": ("a monthly period", lambda column: column.dtype == "period[M]"),
    "time": ("a date or time", lambda column: types.is_datetime64_any_dtype(column.dtype)),
    "count": (
        "a whole number from 0",
        lambda column: types.is_integer_dtype(column.dtype) and bool((column >= 0).all()),
    ),
    "number": ("a finite number", lambda column: types.is_numeric_dtype(column.dtype) and _finite(column)),
    "share": ("a number from 0 to 1", lambda column: types.is_numeric_dtype(column.dtype) and _within(column)),
    "yes_no": ("true or false", lambda column: set(column.dropna().unique()) <= {True, False}),
}


@dataclass(frozen=True)
class Schema:
    """The columns of a frame, in their order, by kind; a kind that ends in `?` may lack values.

    Kinds: `text`, `month`, `time`, `count`, `number`, `share` (0 to 1), `yes_no`. `key`: the columns whose values
    name a row, at most once; () where rows may repeat.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.schema import Schema
    >>> hours = Schema("hours", ("clinician_id",), {"clinician_id": "text", "hours": "number?"})
    >>> hours.problems(pd.DataFrame({"clinician_id": ["C1", "C1"], "hours": [2.0, None]}))
    ['hours: rows repeat clinician_id']
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """The columns, in their order."""
        return list(self.columns)

    def empty(self) -> pd.DataFrame:
        """A frame of these columns without a row."""
        return pd.DataFrame(columns=self.names)

    def problems(self, frame: pd.DataFrame) -> list[str]:
        """What of `frame` does not fit, a sentence each, without any value; columns beyond the schema do not matter."""
        missing = [f"{self.name}: no column {name}" for name in self.columns if name not in frame]
        present = {name: kind for name, kind in self.columns.items() if name in frame}
        wrong = [problem for name, kind in present.items() if (problem := self._wrong(name, kind, frame[name]))]
        repeats = set(self.key) <= set(frame) and self.key and frame.duplicated(list(self.key)).any()
        return [*missing, *wrong, *([f"{self.name}: rows repeat {', '.join(self.key)}"] if repeats else [])]

    def _wrong(self, name: str, kind: str, column: pd.Series) -> str:
        words, fits = _KINDS[kind.removesuffix("?")]
        if not kind.endswith("?") and column.isna().any():
            return f"{self.name}.{name}: lacks values"
        known = column.dropna()
        if len(column) and not fits(known if len(known) else column):
            return f"{self.name}.{name}: is not {words}"
        return ""


def _finite(column: pd.Series) -> bool:
    return bool(np.isfinite(column.dropna().to_numpy(float)).all())


def _within(column: pd.Series) -> bool:
    values = column.dropna().to_numpy(float)
    return bool(((values >= -1e-12) & (values <= 1 + 1e-12)).all())
