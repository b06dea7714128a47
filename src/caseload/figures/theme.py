"""How every figure looks: the palette, the style and the page in pixels on which marks and words are placed.

Sizes are CSS pixels at the native width of 420 (100 pixels to the inch, so 4.2 inches). No hex serves two roles:
`caseload.pages.drawing` exchanges each for the stylesheet's property of the same name, which makes dark mode free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D, Bbox, BboxTransformTo, Transform, blended_transform_factory

WIDTH = 420
"""Pixels: how wide the drawings of a page are designed."""
DPI = 100
"""Pixels to the inch."""

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
"""Every colour by its role, as `#rrggbb`; no two roles share one."""
PAPER, INK, INK2, LINE, LINE2 = (PALETTE[name] for name in ("paper", "ink", "ink2", "line", "line2"))
ATTENTION, ATTENTION_PALE = PALETTE["attn"], PALETTE["attn-pale"]
EFFORT, ENGAGEMENT, DATA = PALETTE["effort"], PALETTE["engage"], PALETTE["data"]


P = ParamSpec("P")
_SHRUNK: ContextVar[float | None] = ContextVar("shrunk", default=None)
"""On somebody's own Axes: how much smaller than designed everything is drawn (at most 1). None: a page's drawing."""


def shrunk() -> float:
    """By how much the drawing under way is made smaller, to fit its Axes."""
    return _SHRUNK.get() or 1.0


def points(px: float) -> float:
    """A length of `px` designed pixels in matplotlib's points."""
    return px * shrunk() * 72 / DPI


def inches(px: float) -> float:
    """A length of `px` designed pixels in inches."""
    return px * shrunk() / DPI


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

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from caseload.figures import style
    >>> before = mpl.rcParams["font.size"]
    >>> with style():
    ...     mpl.rcParams["font.size"]
    8.64
    >>> mpl.rcParams["font.size"] == before
    True
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


def pixels(ax: Axes) -> tuple[float, float]:
    """Width and height of an Axes as it is placed now, in designed pixels."""
    each = root_figure(ax).dpi * inches(1)
    return ax.bbox.width / each, ax.bbox.height / each


def fitted(
    height: Callable[[pd.DataFrame], int],
) -> Callable[[Callable[Concatenate[pd.DataFrame, Axes, P], Axes]], Callable[Concatenate[pd.DataFrame, Axes, P], Axes]]:
    """Make a plot that is designed for `WIDTH` × `height(table)` px fit the Axes that it is given.

    Where that is smaller, everything is drawn smaller, words too, and keeps its place; nothing is enlarged. A page
    gives each drawing the room it is designed for, and calls what stands inside (`__wrapped__`).
    """

    def fit(plot: Callable[Concatenate[pd.DataFrame, Axes, P], Axes]) -> Callable[..., Axes]:
        @wraps(plot)
        def plotted(table: pd.DataFrame, ax: Axes, *args: P.args, **labels: P.kwargs) -> Axes:
            _undo(ax)
            wide, high = pixels(ax)
            room = high / height(table) if len(table) else 1.0
            token = _SHRUNK.set(min(wide / WIDTH, room, 1.0))
            try:
                return plot(table, ax, *args, **labels)
            finally:
                _SHRUNK.reset(token)

        return plotted

    return fit


@dataclass
class _Inside:
    """Where an Axes stands inside the slot that it was given, whatever a layout makes of the slot."""

    ax: Axes
    outer: Callable[[Any, Any], Bbox] | None  # what places the slot; None: the Axes' own position
    inner: Bbox  # fractions of the slot
    slot: Bbox  # fractions of the figure

    def __call__(self, ax: Any, renderer: Any) -> Bbox:
        self.slot.set(self.outer(ax, renderer) if self.outer else ax.get_position(original=True))
        return self.inner.transformed(BboxTransformTo(self.slot))

    def get_subplotspec(self) -> Any:
        """Where in a grid of subplots the slot is: `tight_layout` asks for it."""
        return self.ax.get_subplotspec()


def _undo(ax: Axes) -> None:
    """Give an Axes that was laid out before, and cleared since, its whole slot again."""
    inside = ax.get_axes_locator()
    if isinstance(inside, _Inside):
        ax.set_axes_locator(inside.outer)  # type: ignore[arg-type]  # None is none
        ax.apply_aspect(inside.outer(ax, None) if inside.outer else None)


def lay_out(ax: Axes, *, left: float, right: float, top: float, bottom: float) -> Sheet:
    """Shrink `ax` by these margins (px), which then hold words, and make it bare: no frame, ticks or paper.

    Margins and words move with the Axes when a layout, a saved picture that is cut to what is drawn, or another size of
    the figure moves it; a title stands above them.
    """
    figure = ax.get_figure()
    assert figure is not None, "the Axes belongs to no figure"
    inside = _Inside(ax, ax.get_axes_locator(), Bbox.unit(), Bbox.unit())
    ax.set_axes_locator(inside)
    ax.apply_aspect(inside(ax, None))
    width, height = pixels(ax)
    inner_width, inner_height = max(width - left - right, 1.0), max(height - top - bottom, 1.0)
    inside.inner = Bbox.from_bounds(
        left / width, (height - top - inner_height) / height, inner_width / width, inner_height / height
    )
    ax.apply_aspect(inside(ax, None))
    bare(ax)
    if _SHRUNK.get() is not None:  # what counts for a title is the top of the highest child
        whole = (-left / inner_width, 1 - (height - top) / inner_height, width / inner_width, height / inner_height)
        ax.inset_axes(whole).set_visible(False)
    page = Affine2D().scale(1 / width, -1 / height).translate(0, 1) + BboxTransformTo(inside.slot)
    page = page + figure.transSubfigure
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
