"""How far a month's estimates hang on single choices, for publication: an ordinary figure with axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import clean, shorten
from .theme import DATA, INK2, floats, points, require_rows

LONGEST = 34  # characters of a variation


def draw_sensitivity(table: pd.DataFrame, ax: Axes, *, xlabel: str = "change of the gap, SD") -> Axes:
    """Each variation's median change, filled, and its largest, as an upright tick; the one that moves most on top.

    `table`: variation, gap_change, gap_most, as `sensitivity_summary` gives them, in the order in which they are drawn;
    NaN = not estimable, nothing is drawn. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_sensitivity
    >>> columns = ["variation", "gap_change", "gap_most"]
    >>> table = pd.DataFrame([("without notes", 0.2, 0.6), ("other priors", 0.1, 0.2)], columns=columns)
    >>> ax = draw_sensitivity(table, Figure().add_subplot())
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.get_xlabel()
    (['without notes', 'other priors'], 'change of the gap, SD')
    """
    require_rows(table, "variations")
    rows = np.arange(len(table))
    usual, most = floats(table["gap_change"]), floats(table["gap_most"])
    ax.hlines(rows, np.zeros(len(table)), most, color=INK2, linewidth=points(1))
    ax.plot(most, rows, "|", color=INK2, markersize=points(15), markeredgewidth=points(2), label="largest")
    ax.plot(usual, rows, "o", color=DATA, markersize=points(9), label="median")
    ax.set_yticks(rows, [shorten(clean(name), LONGEST) for name in table["variation"]])
    ax.set(xlim=(0, None), ylim=(len(table) - 0.5, -0.5), xlabel=xlabel)
    return ax
