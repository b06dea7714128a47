"""Response surfaces for publication: height lines and a relief. Ordinary figures with axes, not drawings of a page."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .theme import ATTENTION, DATA, INK2, LINE2, floats, points, require_rows

LINES = 9  # height lines


def draw_contours(
    table: pd.DataFrame, ax: Axes, *, observed: pd.DataFrame | None = None, axis: tuple[float, float] | None = None
) -> Axes:
    """Height lines of a surface, with the lines of congruence (Y = X) and incongruence (Y = −X).

    `table`: x, y, z, inside on a full grid, row by row (y rises slowest), as `ResponseSurface.grid` gives it; lines are
    drawn where `inside` is true: elsewhere nothing was observed. `observed`: x and y of the observations, as dots.
    `axis`: intercept and slope of the first principal axis; NaN = none. Raises ValueError for an empty table.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_contours
    >>> x, y = (side.ravel() for side in np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]))
    >>> table = pd.DataFrame({"x": x, "y": y, "z": x * y, "inside": True})
    >>> ax = draw_contours(table, Figure().add_subplot(), axis=(0.0, 1.0))
    >>> [line.get_label() for line in ax.lines]
    ['congruence, Y = X', 'incongruence, Y = −X', 'first principal axis']
    """
    require_rows(table, "a surface")
    x, y, z = _square(table)
    inside = table["inside"].to_numpy(dtype=bool).reshape(z.shape)
    if observed is not None:
        ax.plot(floats(observed["x"]), floats(observed["y"]), ".", color=LINE2, markersize=points(3), zorder=1)
    low, high = float(x.min()), float(x.max())
    ax.plot([low, high], [low, high], color=INK2, linewidth=points(1), label="congruence, Y = X")
    reach = min(abs(low), abs(high)) if low < 0 < high else 0.0
    ax.plot(
        [-reach, reach], [reach, -reach], color=INK2, linewidth=points(1), linestyle="--", label="incongruence, Y = −X"
    )
    if axis is not None and np.isfinite(axis).all():
        along = np.array([low, high])
        ax.plot(along, axis[0] + axis[1] * along, color=ATTENTION, linewidth=points(2), label="first principal axis")
    shown = np.where(inside, z, np.nan)
    if np.nanmax(shown) > np.nanmin(shown):
        drawn = ax.contour(x, y, np.ma.masked_invalid(shown), levels=LINES, colors=DATA, linewidths=points(1.5))
        ax.clabel(drawn, fontsize=points(12))
    ax.set(xlim=(low, high), ylim=(low, high), xlabel="x", ylabel="y", aspect="equal")
    return ax


def draw_relief(table: pd.DataFrame, ax: Any) -> Any:
    """The surface in three dimensions, where something was observed; `table` as for `draw_contours`, `ax` in 3-D.

    Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_relief
    >>> table = pd.DataFrame({"x": [-1, 1, -1, 1], "y": [-1, -1, 1, 1], "z": [0.4, 0, 0, 0.2], "inside": True})
    >>> ax = draw_relief(table, Figure().add_subplot(projection="3d"))
    >>> ax.get_zlabel()
    'z'
    """
    require_rows(table, "a surface")
    x, y, z = _square(table)
    shown = np.where(table["inside"].to_numpy(dtype=bool).reshape(z.shape), z, np.nan)
    ax.plot_wireframe(x, y, shown, color=DATA, linewidth=points(0.75))
    ax.set(xlabel="x", ylabel="y", zlabel="z")
    return ax


def _square(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The grid's columns as square arrays: x across, y upwards."""
    size = table["x"].nunique()
    x, y, z = (floats(table[name]).reshape(-1, size) for name in ("x", "y", "z"))
    return x, y, z
