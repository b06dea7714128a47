"""How much of each signal was recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import LABEL, number, shorten, write
from .marks import bar, chevron, point
from .theme import INK, Sheet, fitted, floats, lay_out, require_rows

ROW = 24  # px
HEADING = 34


def _sides(table: pd.DataFrame) -> list[str]:
    return [str(side) for side in pd.unique(table["side"])]


def height_coverage(table: pd.DataFrame) -> int:
    """Pixels: a row a signal and a heading a side."""
    return HEADING * max(len(_sides(table)), 1) + ROW * len(table) + 8


@fitted(height_coverage)
def plot_coverage(
    table: pd.DataFrame,
    ax: Axes,
    *,
    effort: str = "effort signals",
    engagement: str = "engagement signals",
    missing: str = "not recorded",
) -> Axes:
    """The share recorded of each signal: solid is recorded, the dashed rest is not.

    `table`: label, side (`effort`, `engagement`; any other word heads its own group), share (0–1; NaN or 0 = the
    signal is not recorded at all). Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_coverage
    >>> rows = [("contacts", "effort", 1.0), ("notes", "effort", 0.25), ("SRS", "engagement", None)]
    >>> ax = plot_coverage(pd.DataFrame(rows, columns=["label", "side", "share"]), Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts]
    ['effort signals', 'contacts', '100%', 'notes', '25%', 'engagement signals', 'SRS', 'not recorded']
    """
    require_rows(table, "signals")
    sheet = lay_out(ax, left=178, right=92, top=0, bottom=8)
    ax.set(xlim=(0, 1), ylim=(height_coverage(table) - 8, 0))
    top = 0
    for side in _sides(table):
        words = {"effort": effort, "engagement": engagement}.get(side, side)
        _heading(ax, sheet, top, side, words)
        top += HEADING
        rows = table[table["side"].astype(str) == side]
        for label, share in zip(rows["label"], floats(rows["share"]), strict=True):
            _signal(ax, sheet, top, shorten(label, 24), share, missing)
            top += ROW
    return ax


def _heading(ax: Axes, sheet: Sheet, top: int, side: str, words: str) -> None:
    """The group's name behind the mark that the other figures use for it."""
    known = side in ("effort", "engagement")
    if known:
        point(ax, side, [6], [top + 19], at=sheet.beside).set_gid("key")
    write(ax, 17 if known else 0, top + 24, words, at=sheet.beside, bold=True, size=LABEL, colour=INK)


def _signal(ax: Axes, sheet: Sheet, top: int, label: str, share: float, missing: str) -> None:
    write(ax, 0, top + 16, label, at=sheet.beside, colour=INK, size=LABEL)
    recorded = float(np.clip(np.nan_to_num(share), 0, 1))
    if recorded < 1:
        bar(ax, recorded, top + 6, 1 - recorded, 12, look="missing")
    if recorded > 0:
        bar(ax, 0, top + 6, recorded, 12)
    if share > 1:
        chevron(ax, "right", [1.03], [top + 12])
    write(ax, sheet.width, top + 16, _percent(share) if recorded else missing, at=sheet.beside, align="right")


def _percent(share: float) -> str:
    """Whole percent; a little is not nothing, and almost all is not all."""
    if 0 < share < 0.005:
        return "under 1%"
    return "over 99%" if 0.995 <= share < 1 else f"{number(100 * share, 0)}%"
