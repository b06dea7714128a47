"""The marks every figure shares: intervals, points by state, what was not recorded, what lies beyond the axis, bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.transforms import ScaledTranslation, Transform

from .lettering import LABEL, advance, write
from .theme import (
    ATTENTION,
    DATA,
    EFFORT,
    ENGAGEMENT,
    INK2,
    LINE2,
    PALETTE,
    PAPER,
    Sheet,
    dashes,
    inches,
    points,
    root_figure,
)

CHEVRONS = {
    "left": Path([(0.4, 1), (-0.6, 0), (0.4, -1)]),
    "right": Path([(-0.4, 1), (0.6, 0), (-0.4, -1)]),
    "up": Path([(-1, -0.4), (0, 0.6), (1, -0.4)]),
    "down": Path([(-1, 0.4), (0, -0.6), (1, 0.4)]),
}

OUTWARD = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}

# name: marker, size, fill, outline, outline width (px)
POINTS: dict[str, tuple[str, float, str, str, float]] = {
    "effort": ("s", 10, EFFORT, PAPER, 1),
    "engagement": ("o", 9, PAPER, ENGAGEMENT, 2.25),
    "data": ("o", 9.25, DATA, PAPER, 1.25),
    "small": ("o", 5, DATA, PAPER, 0.75),
    "hollow": ("o", 7, PAPER, DATA, 1.5),
    "earlier": ("o", 6.5, PAPER, DATA, 1.5),
    "raise": ("D", 10, ATTENTION, PAPER, 1.25),
    "signal": ("D", 6.5, PAPER, ATTENTION, 1.5),
    "watch": ("^", 11, PAPER, ATTENTION, 2),
    "cross": ("x", 7, PAPER, LINE2, 2),
    "tick": ("|", 15, PAPER, INK2, 2),
}

BARS: dict[str, dict[str, Any]] = {
    "solid": {"edgecolor": "none"},
    "hatched": {"hatch": "////", "hatchcolor": DATA, "hatch_linewidth": points(1.25)},  # 6 px apart, at 45 degrees
    "missing": {"linestyle": dashes(1.5, 4, 3)},
    "outline": {},
}

CELL = np.asarray(Path.unit_rectangle().vertices)
CELL_CODES = np.asarray(Path.unit_rectangle().codes)

Values = Sequence[float] | np.ndarray


def line(ax: Axes, x: Values, y: Values, **looks: Any) -> Line2D:
    """A line, or marks without one, as `looks` say; the limits of `ax` are set before and stay.

    `Axes.plot` would look for them in every line again, which is most of what it costs.
    """
    drawn = Line2D(x, y, **looks)
    ax.add_artist(drawn)
    return drawn


def point(ax: Axes, kind: str, x: Values, y: Values, *, at: Transform | None = None, order: float = 3) -> Line2D:
    """Points of one kind of `POINTS`, never cut off by the edge of the Axes."""
    marker, size, fill, outline, width = POINTS[kind]
    return line(
        ax,
        x,
        y,
        linestyle="none",
        marker=marker,
        markersize=points(size),
        markerfacecolor=fill,
        markeredgecolor=outline,
        markeredgewidth=points(width),
        transform=at or ax.transData,
        clip_on=False,
        zorder=order,
        gid=f"points-{kind}",
    )


def ring(ax: Axes, x: Values, y: Values, *, size: float = 8, at: Transform | None = None) -> None:
    """Dashed rings: here something would stand, had it been recorded."""
    for across, up in zip(x, y, strict=True):
        line(
            ax,
            [across],
            [up],
            linestyle="none",
            marker=DASHED_RING,
            markersize=points(size),
            fillstyle="none",
            markeredgecolor=LINE2,
            markeredgewidth=points(1.5),
            transform=at or ax.transData,
            clip_on=False,
            gid="missing",
        )


def _dashed_ring(dashes: int = 6) -> Path:
    arcs = [Path.arc(turn, turn + 38) for turn in np.arange(dashes) * 360 / dashes]
    return Path.make_compound_path(*arcs)


DASHED_RING = _dashed_ring()


def interval(
    ax: Axes,
    low: Values,
    high: Values,
    at: Values,
    *,
    axis: str,
    colour: str = DATA,
    width: float = 2,
    alpha: float = 1,
) -> None:
    """90 % lines along `axis` without caps, cut at the axis' limits with a chevron; rows with NaN are left out."""
    low, high, at = (np.asarray(values, dtype=float) for values in (low, high, at))
    known = np.isfinite(low) & np.isfinite(high) & np.isfinite(at)
    low, high, at = low[known], high[known], at[known]
    bottom, top = sorted(ax.get_xlim() if axis == "x" else ax.get_ylim())
    if len(at):
        gap = np.full(len(at), np.nan)
        along = np.column_stack([np.clip(low, bottom, top), np.clip(high, bottom, top), gap]).ravel()
        beside = np.repeat(at, 3)
        line(
            ax,
            *((along, beside) if axis == "x" else (beside, along)),
            color=colour,
            linewidth=points(width),
            solid_capstyle="butt",
            alpha=alpha,
            zorder=2,
            clip_on=False,
            gid="intervals",
        )
    names = ("left", "right") if axis == "x" else ("down", "up")
    for name, edge, beyond in zip(names, (bottom, top), (low < bottom, high > top), strict=True):
        edges = np.full(beyond.sum(), edge)
        chevron(
            ax,
            name,
            *((edges, at[beyond]) if axis == "x" else (at[beyond], edges)),
            colour=colour,
            outside=6 if axis == "x" else 0,
        )


def chevron(ax: Axes, side: str, x: Values, y: Values, *, colour: str = DATA, outside: float = 6) -> None:
    """Arrow heads `outside` px beyond (x, y) on the axis' edge: the mark goes on there."""
    if len(x):
        across, up = OUTWARD[side]
        shift = ScaledTranslation(inches(across * outside), inches(up * outside), root_figure(ax).dpi_scale_trans)
        line(
            ax,
            x,
            y,
            linestyle="none",
            marker=CHEVRONS[side],
            markersize=points(7),
            fillstyle="none",
            markeredgecolor=colour,
            markeredgewidth=points(1.75),
            clip_on=False,
            zorder=4,
            gid=f"beyond-{side}",
            transform=ax.transData + shift,
        )


def bar(
    ax: Axes,
    left: float,
    bottom: float,
    width: float,
    height: float,
    *,
    look: str = "solid",
    at: Transform | None = None,
    colour: str = DATA,
) -> Rectangle:
    """A bar: `solid`, `hatched` (did not take place), `missing` (dashed: not recorded) or `outline`."""
    looks: dict[str, Any] = {
        "facecolor": colour if look == "solid" else "none",
        "edgecolor": LINE2,
        "linewidth": points(1.5 if look == "missing" else 1),
    } | BARS[look]
    patch = Rectangle((left, bottom), width, height, transform=at or ax.transData, clip_on=False, gid=look, **looks)
    ax.add_artist(patch)
    return patch


def tints(ax: Axes, grid: np.ndarray, names: Sequence[str], *, gap: float) -> None:
    """A heat map: each cell of `grid` is an index into `names` of the palette, NaN leaves the paper; `gap` px apart.

    One patch a tint, with all of its cells: a mesh would be as many paths as it has cells.
    """
    rows, columns = grid.shape
    ax.set(xlim=(0, columns), ylim=(rows, 0))
    for index, name in enumerate(names):
        cells = np.argwhere(grid == index)[:, ::-1]  # across, down
        if len(cells):
            path = Path((cells[:, None] + CELL).reshape(-1, 2), np.tile(CELL_CODES, len(cells)))
            looks: dict[str, Any] = {"facecolor": PALETTE[name], "edgecolor": PAPER, "linewidth": points(gap)}
            ax.add_artist(PathPatch(path, gid=f"tint-{name}", **looks))


def key_mark(ax: Axes, sheet: Sheet, left: float, line: float, kind: str, text: str, *, bold: bool = False) -> float:
    """One entry of a key above the drawing: mark, word. Returns where the next entry may begin (px)."""
    point(ax, kind, [left + 6], [line - 4.5], at=sheet.page).set_gid("key")
    return _key_word(ax, sheet, left + 17, line, text, bold)


def key_bar(ax: Axes, sheet: Sheet, left: float, line: float, look: str, text: str, *, colour: str = DATA) -> float:
    """A bar of the key and its word, from `left` on; returns where the next one may begin."""
    bar(ax, left, line - 11, 16, 12, look=look, at=sheet.page, colour=colour).set_gid("key")
    return _key_word(ax, sheet, left + 22, line, text, False)


def _key_word(ax: Axes, sheet: Sheet, left: float, line: float, text: str, bold: bool) -> float:
    write(ax, left, line, text, at=sheet.page, bold=bold, colour=INK2, size=LABEL if bold else 12)
    return left + advance(text) + 14
