"""A text column as codes into its distinct texts: whatever is done to cells is done once for each distinct text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from caseload.intake.same_person import without_marks

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Codes = np.ndarray[tuple[int], np.dtype[np.signedinteger[Any]]]  # 32 bits: no file has more rows


@dataclass(frozen=True)
class Coded:
    """`words[codes[row]]` is the text of a row; a code of -1 is a missing cell. No two words are the same."""

    codes: Codes
    words: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def missing(self) -> Flags:
        """The rows whose cell is missing."""
        return self.codes < 0

    def where(self, flags: Sequence[bool]) -> Flags:
        """The rows whose text is flagged; a missing one is not."""
        return np.append(np.asarray(flags, dtype=bool), False)[self.codes]

    def respelled(self, texts: Sequence[str | None]) -> Coded:
        """The column with another text for each of its texts; None is a missing cell."""
        places = {text: place for place, text in enumerate(dict.fromkeys(text for text in texts if text is not None))}
        new = np.array([-1 if text is None else places[text] for text in texts] + [-1], dtype=np.int32)
        return Coded(new[self.codes], list(places))

    def only(self, rows: Flags) -> Coded:
        """The column with the cells of all other rows missing."""
        return Coded(np.where(rows, self.codes, -1), self.words)

    def overlaid(self, rows: Flags, other: Coded) -> Coded:
        """The column with the cells of `other` in these rows."""
        words = [*self.words, *other.words]
        codes = np.where(rows, np.where(other.missing, -1, other.codes + len(self.words)), self.codes)
        return Coded(codes, words).respelled(words)

    def numbers(self, values: Sequence[float]) -> np.ndarray[Any, Any]:
        """A number for each row; NaN where the cell is missing."""
        return np.append(np.asarray(values, dtype=float), np.nan)[self.codes]

    def texts(self, rows: Flags) -> pa.Array:
        """The cells of these rows as text; null where one is missing."""
        codes = self.codes[rows]
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(self.words, pa.string())).cast(
            pa.string()
        )

    def categories(self, rows: Flags, index: pd.Index) -> pd.Series:
        """The cells of these rows as categories, which are checked once each."""
        words = pd.Index(self.words, dtype=pd.StringDtype(na_value=np.nan))
        return pd.Series(pd.Categorical.from_codes(self.codes[rows], words), index=index)


def coded(cells: pa.Array | pa.ChunkedArray) -> Coded:
    """A text column taken apart into codes and distinct texts, without blanks around them; blanks alone are missing."""
    whole = pa.chunked_array([cells]) if isinstance(cells, pa.Array) else cells
    encoded = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    column = encoded.unify_dictionaries().combine_chunks()
    codes = column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    words = column.dictionary.to_pylist()
    if pc.utf8_trim_whitespace(column.dictionary).equals(column.dictionary) and "" not in words:
        return Coded(codes, words)
    return Coded(codes, words).respelled([word.strip() or None for word in words])


def alike(columns: Sequence[Coded]) -> Codes:
    """Which rows are alike in all columns: a code for each row, counted from 0."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        key = pd.factorize(key * (len(column.words) + 1) + column.codes + 1)[0].astype(np.int64)
    return key


def same_texts(one: Coded, other: Coded) -> bool:
    """Whether two columns hold the same text in every row."""
    texts = [np.array([*column.words, ""], dtype=object)[column.codes] for column in (one, other)]
    return bool((texts[0] == texts[1]).all())


def combined(columns: Sequence[Coded]) -> tuple[Codes, list[tuple[str, ...]]]:
    """Which rows are alike in all columns, and the texts behind each code, "" where one is missing."""
    key = alike(columns)
    first = np.empty(int(key.max(initial=-1)) + 1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    texts = [np.array([*column.words, ""], dtype=object)[column.codes[first]].tolist() for column in columns]
    return key, list(zip(*texts, strict=True))


def joined(columns: Sequence[Coded]) -> Coded:
    """Columns side by side as one text, with a blank between; a missing part is passed over."""
    if len(columns) == 1:
        return columns[0]
    codes, parts = combined(columns)
    texts = [" ".join(filter(None, part)) or None for part in parts]
    return Coded(codes, [text or "" for text in texts]).respelled(texts)


def plain_word(text: str) -> str:
    """A word without what differs by habit: `No-Show`, `no show` and `NO_SHOW` are one; marks alone stay."""
    plain = " ".join(re.sub(r"[\s_-]+", " ", without_marks(text)).casefold().split())
    return plain or text.strip()
