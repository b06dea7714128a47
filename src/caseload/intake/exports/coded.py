"""A text column as codes into its distinct texts: whatever is done to cells is done once for each distinct text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Codes = np.ndarray[tuple[int], np.dtype[np.int64]]
SEPARATOR = "\x1f"  # between the parts of a joined text; no cell holds it


@dataclass(frozen=True)
class Coded:
    """`words[codes[row]]` is the text of a row; a code of -1 is a missing cell."""

    codes: Codes
    words: list[str]

    def where(self, flags: Sequence[bool]) -> Flags:
        """The rows whose text is flagged; a missing one is not."""
        return np.append(np.asarray(flags, dtype=bool), False)[self.codes]

    def respelled(self, texts: Sequence[str | None]) -> pa.Array:
        """The column with another text for each of its texts; None is a missing cell."""
        place = pa.array(self.codes, mask=self.codes < 0)
        return pa.array(texts, pa.string()).take(place)

    def numbers(self, values: Sequence[float]) -> np.ndarray[Any, Any]:
        """A number for each row; NaN where the cell is missing."""
        return np.append(np.asarray(values, dtype=float), np.nan)[self.codes]


def coded(cells: pa.Array) -> Coded:
    """A text column taken apart into codes and distinct texts."""
    encoded = cells.dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Coded(codes, encoded.dictionary.to_pylist())


def joined(columns: Sequence[pa.Array], separator: str = " ", *, whole: bool = False) -> pa.Array:
    """Columns side by side as one text; a missing part is passed over, or with `whole` stands as nothing between two
    separators. Missing where every part is.
    """
    if len(columns) == 1:
        return columns[0]
    parts = [pc.fill_null(column, "") for column in columns] if whole else list(columns)
    text = pc.binary_join_element_wise(*parts, separator, null_handling="skip")
    empty = separator * (len(columns) - 1) if whole else ""
    return pc.if_else(pc.equal(text, empty), pa.scalar(None, pa.string()), text)


def plain_word(text: str) -> str:
    """A word without what differs by habit: `No-Show`, `no show` and `NO_SHOW` are one; marks alone stay."""
    plain = " ".join(re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", text)).casefold().split())
    return plain or text.strip()


def each(words: Sequence[str], change: Callable[[str], str | None]) -> list[str | None]:
    """`change` of every word."""
    return [change(word) for word in words]
