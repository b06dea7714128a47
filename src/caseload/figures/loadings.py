"""The loadings of the two latent factors, for publication: an ordinary figure with axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import clean, number, shorten
from .marks import POINTS
from .theme import EFFORT, ENGAGEMENT, INK2, LINE, floats, points, require_rows

SIDES = {"effort": EFFORT, "engagement": ENGAGEMENT}
LONGEST = 26  # characters of a signal's name


def draw_loadings(
    table: pd.DataFrame,
    ax: Axes,
    *,
    xlabel: str = "loading, SD of the signal for each SD of the factor",
    missing: str = "not used",
    recorded: str = "recorded",
) -> Axes:
    """Each signal's loading on its factor, ■ effort and ○ engagement, and in how many client-months it was recorded.

    `table`: side (effort, engagement), label, loading (0 or more; NaN = the model does not use the signal), share
    (0–1), as `caseload.loadings` gives them, in the order in which they are drawn. Raises ValueError for an empty
    table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_loadings
    >>> columns = ["side", "label", "loading", "share"]
    >>> rows = [("effort", "preparation", 0.7, 0.9), ("effort", "notes", None, 0.0), ("engagement", "SRS", 0.8, 0.5)]
    >>> ax = draw_loadings(pd.DataFrame(rows, columns=columns), Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts]
    ['not used', '90%', '0%', '50%', 'recorded']
    """
    require_rows(table, "loadings")
    rows, loading, share = np.arange(len(table)), floats(table["loading"]), floats(table["share"])
    side = table["side"].astype(str).to_numpy()
    known = np.isfinite(loading)
    for name, colour in SIDES.items():
        these = known & (side == name)
        marker, size, fill, outline, width = POINTS[name]
        ax.hlines(rows[these], 0, loading[these], color=colour, linewidth=points(2))
        looks: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": outline, "markeredgewidth": points(width)}
        ax.plot(loading[these], rows[these], marker, markersize=points(size), label=name, zorder=3, **looks)
    furthest = max(1.0, float(loading[known].max(initial=0.0)))
    for row in rows[~known].tolist():
        ax.text(0.02 * furthest, row, missing, color=INK2, va="center", fontsize=points(12), style="italic")
    for border in np.flatnonzero(side[1:] != side[:-1]):
        ax.axhline(border + 0.5, color=LINE, linewidth=points(1))
    for row, part in zip(rows.tolist(), share.tolist(), strict=True):
        words = f"{number(100 * part, 0)}%" if np.isfinite(part) else "–"
        ax.text(1.01, row, words, transform=ax.get_yaxis_transform(), va="center", fontsize=points(12), color=INK2)
    ax.text(1.01, 1.01, recorded, transform=ax.transAxes, va="bottom", fontsize=points(12), color=INK2)
    ax.set_yticks(rows, [shorten(clean(name), LONGEST) for name in table["label"]])
    ax.set(xlim=(0, 1.04 * furthest), ylim=(len(table) - 0.5, -0.5), xlabel=xlabel)
    return ax
