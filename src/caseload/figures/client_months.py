"""Effort against engagement of every client-month, for publication: an ordinary figure with axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .theme import DATA, INK2, floats, points, require_rows, style

MOST_DOTS = 400
COUNT = {"label": "client-months", "shrink": 0.6}


def draw_client_months(table: pd.DataFrame, ax: Axes, *, unit: str = "SD") -> Axes:
    """Effort against engagement of client-months, with the line on which both are equal.

    Each is a dot; above `MOST_DOTS` of them, where dots would lie on each other, seaborn draws how dense they are.

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
    if len(known) <= MOST_DOTS:
        ax.plot(engagement, effort, "o", color=DATA, markersize=points(3), markeredgewidth=0, alpha=0.35)
    else:
        import seaborn as sns  # here, as in `style`: a report does without it

        with style():
            sns.histplot(x=engagement, y=effort, binwidth=0.2, color=DATA, cbar=True, cbar_kws=COUNT, ax=ax)
    ax.plot([low, high], [low, high], color=INK2, linewidth=points(1))
    along: dict[str, Any] = {"rotation": 45, "rotation_mode": "anchor", "ha": "right", "va": "bottom"}
    ax.text(high, high, "effort = engagement  ", color=INK2, fontsize=points(11), **along)
    ticks = np.arange(np.ceil(low), np.floor(high) + 1)
    ax.set(xlim=(low, high), ylim=(low, high), xticks=ticks, yticks=ticks, aspect="equal")
    ax.set(xlabel=f"engagement, {unit}", ylabel=f"effort, {unit}")
    ax.spines[["right", "top"]].set_visible(False)
    return ax
