"""Shares of several teams against their size, between the limits of chance: instead of a ranking."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .lettering import LABEL, advance, number, shorten, wrap, write
from .marks import line, point, ring
from .scales import BELOW, scale
from .theme import (
    ATTENTION,
    DATA,
    INK,
    LINE2,
    Sheet,
    dashes,
    fitted,
    flags,
    floats,
    lay_out,
    pixels,
    points,
    require_rows,
)

LINES: dict[str, tuple[str, float, tuple[float, ...]]] = {
    **dict.fromkeys(("near_low", "near_high"), (LINE2, 1, (1.5, 3.5))),
    **dict.fromkeys(("outer_low", "outer_high"), (DATA, 1.25, (6, 4))),
    "centre": (DATA, 1.5, ()),
}
ROOM_BESIDE = 0.15  # of the span of sizes, on either side
RIGHT = 84  # px for what is written beside the drawing
ABOVE = -6  # px that a name is moved up, off a line through its point
ROOM = 15  # px that a name needs
MOST_NAMES = 12  # of more teams only the own one and those outside are named


def height_funnel(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of teams."""
    return 300


@fitted(height_funnel)
def plot_funnel(table: pd.DataFrame, ax: Axes, *, across: str = "", centre: str = "all shown") -> Axes:
    """Each team's share ● against its size; the limits at its size, joined: dotted near, dashed outer; ◆ beyond these.

    `table`, a row a team: label, size, share, the common share `centre`, its limits near_low, near_high, outer_low,
    outer_high (per cent), outside (bool: beyond an outer limit), own (bool: its name in bold). A team without size or
    share is left out; a dashed ring stands where no team has both. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_funnel
    >>> table = pd.DataFrame({"label": ["North", "South"], "size": [100, 400], "share": [78.0, 71.0], "centre": 80.0})
    >>> table = table.assign(near_low=[72, 76], near_high=[88, 84], outer_low=[68, 74], outer_high=[92, 86])
    >>> ax = plot_funnel(table.assign(outside=[False, True], own=[True, False]), Figure().add_subplot())
    >>> [mark.get_xdata().tolist() for mark in ax.lines if mark.get_gid() == "points-raise"]
    [[400.0]]
    """
    require_rows(table, "teams")
    sheet = lay_out(ax, left=44, right=RIGHT, top=8, bottom=46)
    teams = table[np.isfinite(floats(table["size"])) & np.isfinite(floats(table["share"]))].sort_values("size")
    size, share = floats(teams["size"]), floats(teams["share"])
    _axes(ax, teams, size, share)
    _size_axis(ax, sheet, across)
    if teams.empty:
        ring(ax, [0.5], [50])
        return ax
    edges = np.r_[ax.get_xlim()[0], size, ax.get_xlim()[1]]
    for name, (colour, width, pattern) in LINES.items():
        values = floats(teams[name])
        ends = np.r_[values[0], values, values[-1]]
        looks = {"color": colour, "linewidth": points(width), "linestyle": dashes(width, *pattern) if pattern else "-"}
        line(ax, edges, ends, zorder=1, gid=name, **looks)
    common = float(floats(teams["centre"])[-1])
    for row, words in enumerate(wrap(f"{centre} {number(common, 0)}%", 10)):
        write(ax, sheet.width - RIGHT + 8, common, words, at=sheet.beside, down=4 + 14 * row)
    outside, own = flags(teams["outside"]), flags(teams["own"])
    for kind, these in (("data", ~outside), ("raise", outside)):
        if these.any():
            point(ax, kind, size[these], share[these])
    _names(ax, teams["label"].tolist(), size, share, outside, own)
    return ax


def _axes(ax: Axes, teams: pd.DataFrame, size: np.ndarray, share: np.ndarray) -> None:
    """Limits of both axes, from what is drawn, and the grid of shares within 0 to 100."""
    if teams.empty:
        ax.set(xlim=(0, 1), ylim=(0, 100))
        return
    room = ROOM_BESIDE * max(float(np.ptp(size)), 0.3 * float(size.max()), 1.0)
    ax.set_xlim(max(size.min() - room, 0), size.max() + room)
    drawn = np.concatenate([share, *(floats(teams[name]) for name in LINES)])
    drawn = drawn[np.isfinite(drawn)]
    bottom, top = max(drawn.min() - 2, 0), min(drawn.max() + 2, 100)
    ticks = np.asarray(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top))
    ticks = ticks[(ticks >= 0) & (ticks <= 100)]
    ax.set_ylim(min(ticks[0], drawn.min()), max(ticks[-1], drawn.max()))
    scale(ax, "y", ticks.tolist(), [f"{number(tick, 0)}%" for tick in ticks])


def _size_axis(ax: Axes, sheet: Sheet, across: str) -> None:
    low, high = ax.get_xlim()
    ticks = [tick for tick in MaxNLocator(nbins=4, integer=True).tick_values(low, high) if low <= tick <= high]
    for tick in ticks:
        write(ax, tick, 0, number(float(tick), 0), at=ax.get_xaxis_transform(), align="center", down=BELOW)
    write(ax, sheet.width - RIGHT, sheet.height - 7, across, at=sheet.page, align="right")


def _names(
    ax: Axes, names: list[str], size: np.ndarray, share: np.ndarray, outside: np.ndarray, own: np.ndarray
) -> None:
    """Each name beside its point, on the side with room; names that would touch move down."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    wide, high = pixels(ax)
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
        down = 4.0 + ABOVE
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
