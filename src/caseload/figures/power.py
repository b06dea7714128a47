"""How soon something is shown: the share found by month, with the interval of the simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator

from .lettering import LABEL, apart, clean, shorten, write
from .marks import line
from .scales import BESIDE, LOWER, scale
from .theme import DATA, DPI, INK2, LINE2, dashes, fitted, floats, lay_out, points, require_rows, root_figure

LEFT, RIGHT, TOP, BOTTOM = 46, 118, 30, 44  # px
LEADING = 15  # px from line to line of words
DASHES = ((), (7, 4), (2, 3), (9, 3, 2, 3))  # px; one a curve, in the order in which they come
BAND = 0.16  # opacity


def _curves(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The curves by label, in the order in which they come, each by month."""
    labels = table["label"].map(clean)
    return [(label, table[labels == label].sort_values("month")) for label in pd.unique(labels)]


def height_detection(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of curves."""
    return 270


@fitted(height_detection)
def plot_detection(
    table: pd.DataFrame, ax: Axes, *, xlabel: str = "months", ylabel: str = "share found", goal: str = ""
) -> Axes:
    """The share found by the end of each month: a line and a pale band a curve, its name at its end.

    `table`: label, month (1, 2, …), value, low, high (0–1; NaN = not known, the line ends). `goal` is a share such as
    "0.8", drawn as a thin line. Up to four curves differ in their dashes.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_detection
    >>> table = pd.DataFrame({"label": "slope 1.2", "month": [1, 2, 3], "value": [0.2, 0.5, 0.7]})
    >>> ax = plot_detection(table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1), Figure().add_subplot())
    >>> [float(end) for end in ax.get_xlim()]
    [0.0, 3.0]
    """
    require_rows(table, "months")
    sheet = lay_out(ax, left=LEFT, right=RIGHT, top=TOP, bottom=BOTTOM)
    last = float(floats(table["month"]).max())
    ax.set(xlim=(0, last), ylim=(0, 1))
    step = next(step for step in (1, 2, 3, 6, 12, 24) if last / step <= 8 or step == 24)
    months = np.arange(0, last + 1, step).tolist()
    scale(ax, "x", months, [f"{month:.0f}" for month in months])
    scale(ax, "y", [0, 0.25, 0.5, 0.75, 1], ["0", "", "50%", "", "100%"], zero=0)
    if goal:
        _goal(ax, float(goal), last)
    ends = [_curve(ax, curve, place) for place, (_, curve) in enumerate(_curves(table))]
    px = ax.bbox.height / root_figure(ax).dpi * DPI
    names = sorted(zip(ends, [label for label, _ in _curves(table)], strict=True), reverse=True)
    middles = apart([(1 - end) * px for end, _ in names], [LEADING] * len(names), (0.0, px))
    for (end, label), middle in zip(names, middles, strict=True):
        left = sheet.width - RIGHT + 14
        ys = [end, 1 - middle / px]
        line(ax, [left - 12, left - 3], ys, color=LINE2, linewidth=points(1), transform=sheet.beside, clip_on=False)
        write(ax, left, ys[1], shorten(label, 15), at=sheet.beside, size=LABEL, down=4.5)
    write(ax, 0, 14, f"↑ {ylabel}", at=sheet.page)
    write(ax, sheet.width - RIGHT, sheet.height - 6, f"{xlabel} →", at=sheet.page, align="right")
    return ax


def _goal(ax: Axes, share: float, last: float) -> None:
    """The dashed line of what is wanted, with its number where the axis has none."""
    looks: dict[str, Any] = {"linewidth": points(1.25), "linestyle": dashes(1.25, 5, 3), "gid": "goal"}
    line(ax, [0, last], [share] * 2, color=INK2, **looks)
    if min(abs(share - tick) for tick in (0, 0.5, 1)) > 0.06:
        words = f"{100 * share:.0f}%"
        write(ax, 0, share, words, at=ax.get_yaxis_transform(), align="right", right=-BESIDE, down=LOWER)


def _curve(ax: Axes, curve: pd.DataFrame, place: int) -> float:
    """Band and line from 0 at the beginning; returns the height at which the line ends."""
    month = np.concatenate([[0.0], floats(curve["month"])])
    value, low, high = (np.concatenate([[0.0], floats(curve[name])]) for name in ("value", "low", "high"))
    known = np.isfinite(low) & np.isfinite(high)
    outline = np.column_stack(
        [np.concatenate([month[known], month[known][::-1]]), np.concatenate([low[known], high[known][::-1]])]
    )
    ax.add_artist(PathPatch(Path(outline), facecolor=DATA, edgecolor="none", alpha=BAND, zorder=1, gid="band"))
    pattern = DASHES[place % len(DASHES)]
    look = dashes(2, *pattern) if pattern else "solid"
    line(ax, month, value, color=DATA, linewidth=points(2), linestyle=look, zorder=3, clip_on=False, gid="curve")
    return float(value[np.isfinite(value)][-1])


def draw_power(
    table: pd.DataFrame,
    ax: Axes,
    *,
    goal: float | None = 0.8,
    xlabel: str = "months since over-investment began",
    ylabel: str = "share shown",
) -> Axes:
    """For publication: the share found by the end of each month with bands of its Monte Carlo interval, and a legend.

    `table`: label, month, value, low, high, one curve a label. `goal` is a share that is marked; None = none. Raises
    ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_power
    >>> table = pd.DataFrame({"label": "slope 1.2", "month": [1, 2, 3], "value": [0.2, 0.5, 0.7]})
    >>> ax = draw_power(table.assign(low=table["value"] - 0.1, high=table["value"] + 0.1), Figure().add_subplot())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['slope 1.2']
    """
    require_rows(table, "months")
    for place, (label, curve) in enumerate(_curves(table)):
        month = floats(curve["month"])
        ax.fill_between(month, floats(curve["low"]), floats(curve["high"]), color=DATA, alpha=BAND, linewidth=0)
        pattern = DASHES[place % len(DASHES)]
        look = (0, tuple(length / 2 for length in pattern)) if pattern else "-"
        ax.plot(month, floats(curve["value"]), color=DATA, linestyle=look, linewidth=points(2), label=label)
    if goal is not None:
        ax.axhline(goal, color=INK2, linewidth=points(1))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set(xlim=(0, None), ylim=(0, 1), xlabel=xlabel, ylabel=ylabel)
    ax.legend(frameon=False)
    return ax
