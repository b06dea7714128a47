"""How every figure looks: the palette, the style and the page in pixels on which marks and words are placed.

Sizes are CSS pixels at the native width of 420 (100 pixels to the inch, so 4.2 inches). No hex serves two roles:
`caseload.reports.drawing` exchanges each for the stylesheet's property of the same name, which makes dark mode free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, Transform, blended_transform_factory

WIDTH = 420  # px
DPI = 100

PALETTE: Mapping[str, str] = MappingProxyType(
    {
        "paper": "#fdfcf9",
        "ink": "#17222c",
        "ink2": "#4a5661",
        "line": "#d8d3c7",
        "line2": "#7b8288",
        "attn": "#85195f",
        "attn-pale": "#f7e9f1",
        "effort": "#b24e09",
        "engage": "#1c63a5",
        "data": "#33475a",
        "ahead1": "#f7dcc3",
        "ahead2": "#eab27e",
        "behind1": "#d5e4f2",
        "behind2": "#9fc3e4",
        "fit": "#ece8de",
        "seq1": "#e3e8ea",
        "seq2": "#b9c7cf",
        "seq3": "#557082",
        "seq3-ink": "#ffffff",
    }
)
PAPER, INK, INK2, LINE, LINE2 = (PALETTE[name] for name in ("paper", "ink", "ink2", "line", "line2"))
ATTENTION, ATTENTION_PALE = PALETTE["attn"], PALETTE["attn-pale"]
EFFORT, ENGAGEMENT, DATA = PALETTE["effort"], PALETTE["engage"], PALETTE["data"]


def points(px: float) -> float:
    """A length of `px` pixels in matplotlib's points."""
    return px * 72 / DPI


def dashes(width: float, *px: float) -> tuple[float, tuple[float, ...]]:
    """A dash pattern in pixels for a line `width` px wide (matplotlib scales a pattern by the width)."""
    return 0, tuple(length / width for length in px)


STYLE: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": points(12),
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "hatch.linewidth": points(1.25),
    "lines.solid_capstyle": "round",
    "path.simplify": False,
    "savefig.facecolor": "none",
}


@contextmanager
def style() -> Iterator[None]:
    """seaborn's plain style with the figures' fonts, for the time of a `with` block; nothing global is changed.

    For a notebook's own figures: what the plots draw looks the same without it.
    """
    import seaborn as sns  # here, because it loads all of scipy.stats and a report does without it

    with sns.axes_style("white"), matplotlib.rc_context(STYLE):
        yield


@dataclass(frozen=True)
class Sheet:
    """The box an Axes was given, ruled in pixels that count from its upper left corner."""

    width: float
    height: float
    page: Transform  # px across, px down
    beside: Transform  # px across, the Axes' own data upwards
    below: Transform  # the Axes' own data across, px down


def root_figure(ax: Axes) -> Figure:
    """The figure that an Axes is on."""
    figure = ax.get_figure(root=True)
    assert figure is not None, "the Axes belongs to no figure"
    return figure


def lay_out(ax: Axes, *, left: float, right: float, top: float, bottom: float) -> Sheet:
    """Shrink `ax` by these margins (px), which then hold words, and make it bare: no frame, ticks or paper."""
    figure = root_figure(ax)
    box, (wide, high) = ax.get_position(), figure.get_size_inches() * DPI
    x0, y1, width, height = box.x0 * wide, box.y1 * high, box.width * wide, box.height * high
    inner_width, inner_height = max(width - left - right, 1.0), max(height - top - bottom, 1.0)
    ax.set_position(((x0 + left) / wide, (y1 - top - inner_height) / high, inner_width / wide, inner_height / high))
    bare(ax)
    page = Affine2D().scale(1, -1).translate(x0, y1).scale(1 / DPI) + figure.dpi_scale_trans
    return Sheet(
        width,
        height,
        page,
        blended_transform_factory(page, ax.transData),
        blended_transform_factory(ax.transData, page),
    )


def bare(ax: Axes) -> None:
    """Take frame, ticks and paper from an Axes."""
    ax.set_axis_off()


def require_rows(table: pd.DataFrame, what: str) -> None:
    """Raises ValueError for a table without rows: an empty section is shown as words, not as a drawing."""
    if table.empty:
        raise ValueError(f"There is nothing to draw: the table of {what} has no rows.")


def floats(column: pd.Series) -> np.ndarray:
    """A column as float64 of its own, NaN where it is missing."""
    if column.dtype == np.float64:
        return column.to_numpy(copy=True)
    return column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def flags(column: pd.Series) -> np.ndarray:
    """A yes/no column as bool of its own, False where it is missing."""
    if column.dtype == np.bool_:
        return column.to_numpy(copy=True)
    return column.astype("boolean").fillna(False).to_numpy(dtype=bool)
