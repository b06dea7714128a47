"""Effort against engagement: client by client, and how effort follows engagement (compensation)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from .lettering import LABEL, columns, number, shorten, write
from .marks import chevron, interval, key_mark, line, point, ring
from .scales import scale
from .theme import (
    ATTENTION,
    ATTENTION_PALE,
    DATA,
    EFFORT,
    ENGAGEMENT,
    INK,
    LINE2,
    Sheet,
    dashes,
    fitted,
    flags,
    floats,
    lay_out,
    points,
    require_rows,
)

ROW = 34  # px
EDGE = 3.0  # SD; estimates beyond stand at the edge with their number
LANE = 5.5 / ROW  # engagement lies this far above a row's middle, effort below


def height_effort_engagement(table: pd.DataFrame) -> int:
    """Pixels: a row a client, below the key."""
    return 38 + ROW * len(table) + 46


@fitted(height_effort_engagement)
def plot_effort_engagement(
    table: pd.DataFrame,
    ax: Axes,
    *,
    effort: str = "effort",
    engagement: str = "engagement",
    gap: str = "gap, 90% interval",
    unit: str = "SD",
    below: str = "below usual",
    above: str = "above usual",
) -> Axes:
    """Effort ■ and engagement ○ of each row with their 90 % lines, the gap in figures beside them.

    `table`: label, effort, effort_low, effort_high, engagement, engagement_low, engagement_high, gap, gap_low,
    gap_high (SD; NaN = not estimable), attention (bool); drawn top to bottom. The axis is −3 to 3 whatever the data:
    what is beyond stands at the edge with its number. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_effort_engagement
    >>> values = pd.DataFrame({"effort": [1.5, None], "engagement": [-0.6, 0.2], "gap": [2.1, None]})
    >>> table = values.join([(values - 0.5).add_suffix("_low"), (values + 0.5).add_suffix("_high")])
    >>> table = table.assign(label=["K0017", "K0023"], attention=[True, False])
    >>> ax = plot_effort_engagement(table, Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][7:12]
    ['K0017', '2.1', '1.6 to 2.6', 'K0023', 'not estimable']
    """
    require_rows(table, "effort and engagement")
    left = 22 + 8.2 * max(4, *(columns(shorten(label)) for label in table["label"]))
    sheet = lay_out(ax, left=left, right=134, top=38, bottom=46)
    rows = np.arange(len(table))
    ax.set(xlim=(-EDGE, EDGE), ylim=(len(table) - 0.5, -0.5))
    scale(ax, "x", range(-3, 4), [number(tick, 0) for tick in range(-3, 4)], zero=0)
    for row in rows[flags(table["attention"])]:
        ax.add_artist(
            Rectangle(
                (0, row - 0.5),
                sheet.width,
                1,
                transform=sheet.beside,
                facecolor=ATTENTION_PALE,
                edgecolor="none",
                zorder=0,
                clip_on=False,
                gid="attention",
            )
        )
    _lane(ax, table, "engagement", rows - LANE, ENGAGEMENT, number_down=-6)
    _lane(ax, table, "effort", rows + LANE, EFFORT, number_down=14)
    _gap_words(ax, sheet, table)
    after = key_mark(ax, sheet, left - 6, 16, "engagement", engagement)
    key_mark(ax, sheet, after, 16, "effort", effort)
    write(ax, sheet.width - 4, 16, gap, at=sheet.page, align="right")
    write(ax, left, sheet.height - 5, below, at=sheet.page)
    write(ax, sheet.width - 134, sheet.height - 5, above, at=sheet.page, align="right")
    write(ax, sheet.width - 4, sheet.height - 27, unit, at=sheet.page, align="right")
    return ax


def _lane(ax: Axes, table: pd.DataFrame, name: str, lanes: np.ndarray, colour: str, number_down: float) -> None:
    """One of the two marks of every row."""
    value = floats(table[name])
    interval(ax, floats(table[f"{name}_low"]), floats(table[f"{name}_high"]), lanes, axis="x", colour=colour)
    known = np.isfinite(value)
    point(ax, name, np.clip(value[known], -EDGE, EDGE), lanes[known])
    for lane, off in zip(lanes[value > EDGE], value[value > EDGE], strict=True):
        write(ax, EDGE - 0.3, lane, number(off), align="right", down=number_down)
    for lane, off in zip(lanes[value < -EDGE], value[value < -EDGE], strict=True):
        write(ax, 0.3 - EDGE, lane, number(off), down=number_down)
    for lane in lanes[~known]:
        line(
            ax,
            [-EDGE, EDGE, EDGE, -EDGE, -EDGE],
            lane + np.array([-0.1, -0.1, 0.1, 0.1, -0.1]),
            color=LINE2,
            linewidth=points(1.25),
            linestyle=dashes(1.25, 4, 3),
            gid="missing",
            clip_on=False,
        )


def _gap_words(ax: Axes, sheet: Sheet, table: pd.DataFrame) -> None:
    """Labels on the left; on the right each gap, bold where it asks for attention, and its interval."""
    gaps = (floats(table[name]) for name in ("gap", "gap_low", "gap_high"))
    rows = zip(table["label"], flags(table["attention"]), *gaps, strict=True)
    for row, (label, bold, gap, low, high) in enumerate(rows):
        write(ax, 8, row, shorten(label), at=sheet.beside, colour=INK, size=LABEL, bold=bold, down=4.5)
        if np.isfinite(gap):
            write(
                ax,
                sheet.width - 94,
                row,
                number(gap),
                at=sheet.beside,
                colour=INK,
                size=LABEL,
                bold=bold,
                align="right",
                down=4.5,
            )
        words = f"{number(low)} to {number(high)}" if np.isfinite([gap, low, high]).all() else "not estimable"
        write(ax, sheet.width - 4, row, words, at=sheet.beside, align="right", down=4.5)


def height_compensation(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of points."""
    return 300


@fitted(height_compensation)
def plot_compensation(
    table: pd.DataFrame,
    ax: Axes,
    *,
    xlabel: str = "engagement, SD",
    ylabel: str = "effort, SD",
    now: str = "this month",
    earlier: str = "earlier months",
    annotation: str = "",
) -> Axes:
    """Effort against engagement within one's own clients: ● this month, ○ before, and the fitted line with its ribbon.

    `table`: engagement, effort (SD; NaN = not estimable), age (whole months ago), fit, fit_low, fit_high (the line at
    that engagement, or NaN). `annotation`, such as the slope, makes line and words plum. The axes reach 3 SD at most.
    Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_compensation
    >>> table = pd.DataFrame({"engagement": [-1.0, 0.5, 0.0], "effort": [0.9, -0.4, None], "age": [0, 0, 1]})
    >>> fit = -0.9 * table["engagement"]
    >>> table = table.assign(fit=fit, fit_low=fit - 0.3, fit_high=fit + 0.3)
    >>> ax = plot_compensation(table, Figure().add_subplot(), annotation="slope 0.9")
    >>> [words.get_text() for words in ax.texts][-5:]
    ['this month', 'earlier months', 'slope 0.9', '↑ effort, SD', 'engagement, SD →']
    """
    require_rows(table, "compensation")
    sheet = lay_out(ax, left=40, right=22, top=56, bottom=44)
    engagement, effort = floats(table["engagement"]), floats(table["effort"])
    reach = _reach(engagement, effort)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach))
    ticks = [tick for tick in range(-3, 4) if abs(tick) <= reach]
    scale(ax, "x", ticks, [number(tick, 0) for tick in ticks])
    scale(ax, "y", ticks, [number(tick, 0) for tick in ticks])
    _line(ax, table, ATTENTION if annotation else DATA)
    _scatter(ax, engagement, effort, floats(table["age"]), reach)
    after = key_mark(ax, sheet, 40, 16, "data", now)
    if (floats(table["age"]) > 0).any():
        key_mark(ax, sheet, after, 16, "hollow", earlier)
    write(ax, sheet.width, 16, annotation, at=sheet.page, bold=True, size=LABEL, colour=ATTENTION, align="right")
    write(ax, 0, 37, f"↑ {ylabel}", at=sheet.page)
    write(ax, sheet.width - 22, sheet.height - 5, f"{xlabel} →", at=sheet.page, align="right")
    return ax


def _reach(*values: np.ndarray) -> float:
    """How far the axes go: to the farthest value in half steps, from 1.5 to `EDGE`."""
    known = np.concatenate([value[np.isfinite(value)] for value in values])
    farthest = abs(known).max() if len(known) else 0.0
    return float(np.clip(np.ceil((farthest + 0.1) * 2) / 2, 1.5, EDGE))


def _line(ax: Axes, table: pd.DataFrame, colour: str) -> None:
    columns = np.column_stack([floats(table[name]) for name in ("engagement", "fit", "fit_low", "fit_high")])
    columns = columns[np.isfinite(columns[:, :2]).all(axis=1)]
    x, fit, low, high = columns[np.argsort(columns[:, 0], kind="stable")].T
    ax.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0, zorder=1, gid="ribbon")
    line(ax, x, fit, color=colour, linewidth=points(1.75), zorder=2, gid="fit")


def _scatter(ax: Axes, engagement: np.ndarray, effort: np.ndarray, age: np.ndarray, reach: float) -> None:
    x, y = np.clip(engagement, -reach, reach), np.clip(effort, -reach, reach)
    known = np.isfinite(x) & np.isfinite(y)
    for kind, these in (("earlier", age > 0), ("data", ~(age > 0))):
        point(ax, kind, x[these & known], y[these & known])
    sides = {"right": engagement > reach, "left": engagement < -reach, "up": effort > reach, "down": effort < -reach}
    for side, beyond in sides.items():
        chevron(ax, side, x[beyond], y[beyond], outside=9)
    no_effort, no_engagement = np.isnan(effort) & np.isfinite(x), np.isnan(engagement) & np.isfinite(y)
    ring(
        ax,
        [*x[no_effort], *np.full(no_engagement.sum(), -reach)],
        [*np.full(no_effort.sum(), -reach), *y[no_engagement]],
    )
