"""Axes of values: their numbers, written like all other words, a grid or a baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.markers import TICKDOWN

from .lettering import amount, write
from .marks import line
from .theme import INK2, LINE, points

BELOW = 15.11  # px from a horizontal axis to the baseline of its numbers
BESIDE, LOWER = 6, 4.56  # px from an upright axis to the end of its numbers, and from their middle to their baseline
TICK = 5  # px


def scale(ax: Axes, axis: str, ticks: Sequence[float], labels: Sequence[str], *, zero: float | None = None) -> None:
    """Tick labels and a one-pixel grid on the value axis (`x` or `y`), with a stronger line at `zero`.

    The axis' limits are set before; ticks beyond them are left out.
    """
    across = axis == "x"
    low, high = sorted(ax.get_xlim() if across else ax.get_ylim())
    shown = [(tick, label) for tick, label in zip(ticks, labels, strict=True) if low <= tick <= high]
    for tick, label in shown:
        if across:
            write(ax, tick, 0, label, at=ax.get_xaxis_transform(), align="center", down=BELOW)
        else:
            write(ax, 0, tick, label, at=ax.get_yaxis_transform(), align="right", right=-BESIDE, down=LOWER)
    values = np.array([tick for tick, _ in shown], dtype=float)
    level(ax, axis, *values[values != zero], color=LINE, linewidth=points(1), zorder=0.5)
    level(ax, axis, *values[values == zero], color=INK2, linewidth=points(1.25), zorder=0.6)


def level(ax: Axes, axis: str, *values: float, **looks: Any) -> None:
    """Lines at these values of the axis `x` or `y`, from one edge of the Axes to the other; one artist, or none."""
    if values:
        along, at = np.tile([0, 1, np.nan], len(values)), np.repeat(np.asarray(values, dtype=float), 3)
        if axis == "x":
            line(ax, at, along, transform=ax.get_xaxis_transform(), **looks)
        else:
            line(ax, along, at, transform=ax.get_yaxis_transform(), **looks)


def amount_axis(ax: Axes, longest: float, unit: str) -> None:
    """Whole numbers from zero, about four of them, on a baseline."""
    step = next((step for step in (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if longest / step <= 5), 1000)
    ticks = np.arange(0, max(longest, step) + step / 100, step)
    ticks = ticks[ticks <= ax.get_xlim()[1] + 1e-9]
    words = [amount(tick) for tick in ticks]
    words[-1] = f"{words[-1]} {unit}".strip()
    at = ax.get_xaxis_transform()
    line(
        ax,
        ticks,
        np.zeros(len(ticks)),
        linestyle="none",
        marker=TICKDOWN,
        markersize=points(TICK),
        fillstyle="none",
        markeredgecolor=INK2,
        markeredgewidth=points(1.25),
        transform=at,
        clip_on=False,
        zorder=0.5,
    )
    line(
        ax,
        [0, 1],
        [0, 0],
        color=INK2,
        linewidth=points(1.25),
        solid_capstyle="projecting",
        transform=ax.transAxes,
        clip_on=False,
        zorder=2.5,
    )
    for place, (tick, word) in enumerate(zip(ticks, words, strict=True)):
        write(ax, tick, 0, word, at=at, align="center" if place else "left", down=BELOW + TICK - 3)
