"""Effort against engagement of every client-month, for publication: an ordinary figure with axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .theme import DATA, INK2, floats, points, require_rows


def draw_client_months(table: pd.DataFrame, ax: Axes, *, unit: str = "SD") -> Axes:
    """Effort against engagement, a dot a client-month, with the line on which both are equal.

    `table`: effort, engagement; rows that lack one of them (NaN) are left out. Raises ValueError where no row has both.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_client_months
    >>> table = pd.DataFrame({"effort": [1.0, None, -1.0], "engagement": [0.5, 1.0, 2.0]})
    >>> ax = draw_client_months(table, Figure().add_subplot())
    >>> ax.get_xlabel(), len(ax.lines[0].get_xdata())
    ('engagement, SD', 2)
    """
    known = table[["effort", "engagement"]].dropna()
    require_rows(known, "client-months")
    effort, engagement = floats(known["effort"]), floats(known["engagement"])
    low = float(min(effort.min(), engagement.min())) - 0.25
    high = float(max(effort.max(), engagement.max())) + 0.25
    ax.plot(engagement, effort, "o", color=DATA, markersize=points(3), markeredgewidth=0, alpha=0.35)
    ax.plot([low, high], [low, high], color=INK2, linewidth=points(1))
    along: dict[str, Any] = {"rotation": 45, "rotation_mode": "anchor", "ha": "right", "va": "bottom"}
    ax.text(high, high, "effort = engagement  ", color=INK2, fontsize=points(11), **along)
    ticks = np.arange(np.ceil(low), np.floor(high) + 1)
    ax.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, aspect="equal")
    ax.set(xlabel=f"engagement, {unit}", ylabel=f"effort, {unit}")
    ax.spines[["right", "top"]].set_visible(False)
    return ax
