"""How much was recorded, month by month."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import number, shorten, write
from .marks import bar, key_bar, tints
from .theme import INK, PALETTE, Sheet, fitted, floats, lay_out, require_rows

ROW = 24  # px
TOP, BOTTOM = 26, 30
STEPS = ("seq1", "seq2", "seq3")
"""Tints of less than a third, of less than two thirds, and of more."""
MOST_MONTHS = 12


def height_recording(table: pd.DataFrame) -> int:
    """Pixels: a row a label."""
    return TOP + ROW * max(table["label"].astype(str).nunique(), 1) + BOTTOM


@fitted(height_recording)
def plot_recording(
    table: pd.DataFrame,
    ax: Axes,
    *,
    little: str = "under a third",
    some: str = "up to two thirds",
    much: str = "more",
    missing: str = "nothing",
) -> Axes:
    """Shares recorded as per cent in cells, rows (in the table's order) by the last `MOST_MONTHS` months.

    `table`, one row a cell: label, month (`YYYY-MM`), share (0–1; 0 = nothing recorded, dashed; missing, or no row =
    nothing there to record, a dot). The number stands in the cell, so the tint is never alone. Raises ValueError for an
    empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_recording
    >>> table = pd.DataFrame({"label": ["Notes", "Notes", "SRS", "SRS"], "month": 2 * ["2026-04", "2026-05"]})
    >>> ax = plot_recording(table.assign(share=[1.0, 0.66, 0.0, None]), Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][:5]
    ['100', '66', '·', 'Notes', 'SRS']
    """
    require_rows(table, "months and what was recorded")
    names = [str(name) for name in pd.unique(table["label"].astype(str))]
    months = sorted(table["month"].astype(str).unique())[-MOST_MONTHS:]
    sheet = lay_out(ax, left=124, right=0, top=TOP, bottom=BOTTOM)
    shares = np.full((len(names), len(months)), np.nan)
    cells = zip(table["label"].astype(str), table["month"].astype(str), floats(table["share"]), strict=True)
    rows, columns = ({name: at for at, name in enumerate(labels)} for labels in (names, months))
    for label, month, share in cells:
        if month in columns:
            shares[rows[label], columns[month]] = share
    steps = np.where(np.isnan(shares) | (shares <= 0), np.nan, np.digitize(np.nan_to_num(shares), (1 / 3, 2 / 3)))
    tints(ax, steps, STEPS, gap=2)
    for (row, column), share in np.ndenumerate(shares):
        _cell(ax, row, column, float(share))
    for row, name in enumerate(names):
        write(ax, 0, row + 0.5, shorten(name, 18), at=sheet.beside, colour=INK, down=4.5)
    _months(ax, sheet, months)
    _key(ax, sheet, (little, some, much), missing)
    return ax


def _cell(ax: Axes, row: int, column: int, share: float) -> None:
    if np.isnan(share):
        write(ax, column + 0.5, row + 0.5, "·", down=4.5, align="center")
    elif share <= 0:
        bar(ax, column + 0.1, row + 0.12, 0.8, 0.76, look="missing")
    else:
        colour = PALETTE["seq3-ink"] if share >= 2 / 3 else INK
        words = number(100 * share, 0) if share >= 0.005 else "<1"
        write(ax, column + 0.5, row + 0.5, words, down=4, align="center", colour=colour, size=11)


def _months(ax: Axes, sheet: Sheet, months: list[str]) -> None:
    """The first letter of each month, and the year below the first month and each January."""
    for column, month in enumerate(months):
        write(ax, column + 0.5, 20, _LETTERS[int(month[5:7]) - 1], at=sheet.below, align="center", colour=INK)
        if column == 0 or month.endswith("-01"):
            write(ax, column + 0.5, 8, month[2:4], at=sheet.below, align="center", size=11)


_LETTERS = "JFMAMJJASOND"


def _key(ax: Axes, sheet: Sheet, words: tuple[str, ...], missing: str) -> None:
    line, left = sheet.height - 6, 0.0
    for look, word in zip(STEPS, words, strict=True):
        left = key_bar(ax, sheet, left, line, "solid", word, colour=PALETTE[look])
    key_bar(ax, sheet, left, line, "missing", missing)
