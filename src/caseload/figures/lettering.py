"""Words and numbers in a figure: cleaned, shortened, wrapped and written as plain text, never as mathematics."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation, Transform

from .theme import INK2, inches, points, root_figure

LABEL = 13  # px; ticks and notes have 12
ID_COLUMNS = 10
NARROW, WIDE = frozenset("fijlrtI .,:;'()|!"), frozenset("mwMW%@—▲▼")


def clean(text: object) -> str:
    """`text` on one line without control characters, which SVG cannot hold; "" where it is missing."""
    if text is None or text is pd.NA or text is pd.NaT or text != text:
        return ""
    kept = (" " if mark.isspace() else mark for mark in str(text) if mark.isspace() or not _unprintable(mark))
    return " ".join("".join(kept).split())


def _unprintable(mark: str) -> bool:
    return unicodedata.category(mark) in {"Cc", "Cs"} or ord(mark) & 0xFFFE == 0xFFFE


def columns(text: str) -> int:
    """Width in columns: two for East Asian wide characters and most emoji, none for joining marks."""
    return sum(_columns_of(mark) for mark in text)


def _columns_of(mark: str) -> int:
    if unicodedata.combining(mark) or unicodedata.category(mark) == "Cf":
        return 0
    return 2 if unicodedata.east_asian_width(mark) in {"W", "F"} else 1


def advance(text: str) -> float:
    """Roughly how wide `text` is in pixels at 12 px, on the wide side of common sans-serif fonts."""
    return sum(4.4 if mark in NARROW else 11.5 if mark in WIDE else 7.6 * _columns_of(mark) for mark in text)


def _head(text: str, limit: int) -> str:
    width, kept = 0, ""
    for mark in text:
        width += _columns_of(mark)
        if width > limit:
            break
        kept += mark
    return kept


def shorten(text: object, limit: int = ID_COLUMNS) -> str:
    """At most `limit` columns, with an ellipsis in the middle: both ends of an identifier tell it apart."""
    label = clean(text)
    if columns(label) <= limit:
        return label
    tail = (limit - 1) // 2
    return _head(label, limit - 1 - tail) + "…" + _head(label[::-1], tail)[::-1]


def wrap(text: object, limit: int, lines: int = 2) -> list[str]:
    """`text` on at most `lines` lines of `limit` columns; what is left over ends in an ellipsis."""
    rows = [""]
    for word in clean(text).split(" "):
        joined = f"{rows[-1]} {word}".strip()
        if columns(joined) <= limit:
            rows[-1] = joined
        else:
            rows.extend(_pieces(word, limit))
    rows = [row for row in rows if row] or [""]
    if len(rows) > lines:
        rows = [*rows[: lines - 1], _head(rows[lines - 1], limit - 1).rstrip() + "…"]
    return rows


def _pieces(word: str, limit: int) -> list[str]:
    pieces = []
    while word:
        pieces.append(_head(word, limit) or word[0])
        word = word[len(pieces[-1]) :]
    return pieces


def apart(wanted: Sequence[float], heights: Sequence[float], room: tuple[float, float]) -> list[float]:
    """Where the middles of blocks of words go that want to be at `wanted`, downwards, so that none lies on another.

    All in px down, in the order in which the blocks come from top to bottom. Blocks that would touch are moved as
    little as they can, together; none leaves `room` unless there is too little of it.
    """
    steps = [0.0, *((one + other) / 2 for one, other in pairwise(heights))]
    stacked = list(accumulate(steps))
    groups: list[tuple[float, int]] = []  # mean of what the members want, their number
    for want, below in zip(wanted, stacked, strict=True):
        groups.append((want - below, 1))
        while len(groups) > 1 and groups[-2][0] > groups[-1][0]:
            (one, many), (other, more) = groups[-2:]
            groups[-2:] = [((one * many + other * more) / (many + more), many + more)]
    tops = [start for start, members in groups for _ in range(members)]
    highest, lowest = room[0] + heights[0] / 2, room[1] - heights[-1] / 2 - stacked[-1]
    return [max(min(top, lowest), highest) + below for top, below in zip(tops, stacked, strict=True)]


def number(value: float | None, decimals: int = 1) -> str:
    """`value` with a true minus sign, "–" where it is missing; minus zero is zero."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{decimals}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text.replace("-", "−")


def amount(value: float) -> str:
    """A count or an amount with as few decimals as it needs, at most one: 2, 1.5."""
    return number(value, 0 if math.isfinite(value) and round(value, 1) == round(value) else 1)


def decimals_for(span: float) -> int:
    """Decimals that tell values apart on a scale of this length."""
    return 2 if span < 2 else 1 if span < 10 else 0


class Words(Text):
    """Text that a renderer with `draw_words` places by its anchor: there the reader's browser lays it out."""

    def set_clip_path(self, path: Any, transform: Transform | None = None) -> None:
        """Nothing: words stand in the margins too, and a path that would not be used takes time."""

    def draw(self, renderer: RendererBase) -> None:
        place = getattr(renderer, "draw_words", None)
        if place is None:
            super().draw(renderer)
        elif self.get_text() and self.get_visible():
            place(self)


def write(
    ax: Axes,
    x: float,
    y: float,
    text: str,
    *,
    at: Transform | None = None,
    colour: str = INK2,
    size: float = 12,
    bold: bool = False,
    align: Literal["left", "center", "right"] = "left",
    right: float = 0,
    down: float = 0,
) -> Text:
    """Put `text` at (x, y), its baseline `right` and `down` px from there.

    `at` is a transform of the sheet, the data's by default. Missing text is written as nothing.
    """
    place = at or ax.transData
    if right or down:
        place = place + ScaledTranslation(inches(right), -inches(down), root_figure(ax).dpi_scale_trans)
    words = Words(
        x,
        y,
        clean(text),
        color=colour,
        fontproperties=_font(points(size), bold),
        horizontalalignment=align,
        verticalalignment="baseline",
        parse_math=False,
    )
    words.set_transform(place)
    ax.add_artist(words)
    return words


@cache
def _font(size: float, bold: bool) -> FontProperties:
    """A font of `size` points; a Text copies what it is given."""
    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
