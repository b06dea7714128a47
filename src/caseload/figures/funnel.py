"""Shares of several teams against their size, between the limits of chance: instead of a ranking."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .lettering import LABEL, advance, number, shorten, write
from .marks import line, point
from .scales import BELOW, scale
from .theme import (
    ATTENTION,
    DATA,
    DPI,
    INK,
    LINE2,
    Sheet,
    dashes,
    flags,
    floats,
    lay_out,
    points,
    require_rows,
    root_figure,
)

LIMITS = {"near": (LINE2, 1, (1.5, 3.5)), "outer": (DATA, 1.25, (6, 4))}
ROOM = 15  # px that a name needs
MOST_NAMES = 12  # of more teams only the own one and those outside are named


def height_funnel(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of teams."""
    return 300


def plot_funnel(table: pd.DataFrame, ax: Axes, *, across: str = "", centre: str = "all shown") -> Axes:
    """Each team's share ● against its size, its limits dotted (near) and dashed (outer), the common value as a line.

    `table`: label, size, share (per cent), outside (bool: beyond an outer limit, ◆), own (bool: name in bold), and rows
    without a label that hold the lines: size, centre, near_low, near_high, outer_low, outer_high (per cent).
    """
    require_rows(table, "teams")
    sheet = lay_out(ax, left=44, right=20, top=8, bottom=46)
    drawn, teams = table[table["label"].isna()], table[table["label"].notna()]
    size, share = floats(teams["size"]), floats(teams["share"])
    edges = floats(drawn["size"])
    ax.set_xlim(edges.min(), edges.max())
    ends = np.concatenate([share, floats(drawn["outer_low"]), floats(drawn["outer_high"])])
    bottom, top = max(ends.min() - 2, 0), min(ends.max() + 2, 100)
    ticks = np.asarray(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top))
    ticks = ticks[(ticks >= 0) & (ticks <= 100)]
    ax.set_ylim(min(ticks[0], ends.min()), max(ticks[-1], ends.max()))
    scale(ax, "y", ticks.tolist(), [f"{number(tick, 0)}%" for tick in ticks])
    _size_axis(ax, sheet, across)
    for name, (colour, width, pattern) in LIMITS.items():
        for side in ("low", "high"):
            looks = {"color": colour, "linewidth": points(width), "linestyle": dashes(width, *pattern)}
            line(ax, edges, floats(drawn[f"{name}_{side}"]), zorder=1, gid=f"{name}-{side}", **looks)
    line(ax, edges, floats(drawn["centre"]), color=DATA, linewidth=points(1.5), zorder=1, gid="centre")
    told = f"{centre} {number(float(drawn['centre'].iloc[-1]), 0)}%"
    write(ax, float(edges.max()), float(floats(drawn["centre"])[-1]), told, align="right", down=-5)
    outside, own = flags(teams["outside"]), flags(teams["own"])
    for kind, these in (("data", ~outside), ("raise", outside)):
        if these.any():
            point(ax, kind, size[these], share[these])
    _names(ax, teams["label"].astype(str).to_list(), size, share, outside, own)
    return ax


def _size_axis(ax: Axes, sheet: Sheet, across: str) -> None:
    low, high = ax.get_xlim()
    ticks = [tick for tick in MaxNLocator(nbins=4, integer=True).tick_values(low, high) if low <= tick <= high]
    for tick in ticks:
        write(ax, tick, 0, number(float(tick), 0), at=ax.get_xaxis_transform(), align="center", down=BELOW)
    write(ax, sheet.width, sheet.height - 7, across, at=sheet.page, align="right")


def _names(
    ax: Axes, names: list[str], size: np.ndarray, share: np.ndarray, outside: np.ndarray, own: np.ndarray
) -> None:
    """Each name beside its point, on the side with room; names that would touch move down."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    inch = root_figure(ax).dpi
    wide, high = ax.bbox.width / inch * DPI, ax.bbox.height / inch * DPI
    named = own | outside if len(names) > MOST_NAMES else np.ones(len(names), bool)
    taken: list[tuple[float, float, float]] = []
    for place in np.argsort(-share, kind="stable"):
        if not named[place]:
            continue
        words = shorten(names[place], 16)
        x, y = (size[place] - left) / (right - left) * wide, (top - share[place]) / (top - bottom) * high
        width = advance(words) * 1.1
        toward_left = x + 9 + width > wide
        start = x - 9 - width if toward_left else x + 9
        down = 4.0
        while any(
            abs(y + down - other) < ROOM and start < end and begin < start + width for begin, end, other in taken
        ):
            down += 4
        taken.append((start, start + width, y + down))
        write(
            ax,
            size[place],
            share[place],
            words,
            align="right" if toward_left else "left",
            right=-9 if toward_left else 9,
            down=down,
            bold=bool(own[place] or outside[place]),
            size=LABEL,
            colour=ATTENTION if outside[place] else INK,
        )
