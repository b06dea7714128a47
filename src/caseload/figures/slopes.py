"""The compensation slopes of all clinicians, for publication: an ordinary figure with axes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import clean, shorten
from .theme import DATA, INK2, LINE, floats, points, require_rows

LONGEST = 16  # characters of an id


def draw_slopes(
    table: pd.DataFrame,
    ax: Axes,
    *,
    xlabel: str = "compensation: SD of effort\nfor each SD that engagement is lower",
    ylabel: str = "clinicians by id",
    missing: str = "not enough data",
) -> Axes:
    """Each clinician's slope with its interval, one below the other in order of id: this is no ranking.

    `table`: clinician_id, compensation, compensation_low, compensation_high (NaN = not estimable, said in words), as
    `Exploration.slopes` or `Balance.clinicians` have them; whatever its order, ids are drawn from A to Z. The line at 0
    is where effort does not depend on engagement. Raises ValueError for an empty table, or for an id with two rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_slopes
    >>> columns = ["clinician_id", "compensation", "compensation_low", "compensation_high"]
    >>> table = pd.DataFrame([("C07", 1.2, 0.9, 1.5), ("C02", None, None, None)], columns=columns)
    >>> ax = draw_slopes(table, Figure().add_subplot())
    >>> [label.get_text() for label in ax.get_yticklabels()], ax.texts[0].get_text()
    (['C02', 'C07'], 'not enough data')
    """
    require_rows(table, "slopes")
    table = table.sort_values("clinician_id", key=lambda ids: ids.astype(str), kind="stable")
    if table["clinician_id"].duplicated().any():
        raise ValueError("A clinician has more than one row: slopes of one month are drawn.")
    rows, slope = np.arange(len(table)), floats(table["compensation"])
    known = np.isfinite(slope)
    ax.hlines(rows[known], 0, 1, transform=ax.get_yaxis_transform(), color=LINE, linewidth=points(0.75), zorder=0)
    ax.axvline(0, color=INK2, linewidth=points(1.25), zorder=1)
    ends = (floats(table[f"compensation_{end}"]) for end in ("low", "high"))
    low, high = (np.where(np.isfinite(end), end, slope) for end in ends)
    ax.hlines(rows[known], low[known], high[known], color=DATA, linewidth=points(2), zorder=2)
    ax.plot(slope[known], rows[known], "o", color=DATA, markersize=points(8), zorder=3)
    for row in rows[~known].tolist():
        words = ax.text(0.02, row, missing, transform=ax.get_yaxis_transform(), va="center", color=INK2)
        words.set(
            fontsize=points(12),
            fontstyle="italic",
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1},
        )
    ax.set_yticks(rows, [shorten(clean(name), LONGEST) for name in table["clinician_id"]])
    if not known.any():
        ax.set_xlim(-1, 1)
    ax.set(ylim=(len(table) - 0.5, -0.5), xlabel=xlabel, ylabel=ylabel)
    return ax
