"""Which interventions were used in which stage of change."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import LABEL, number, wrap, write
from .marks import bar, key_bar, tints
from .theme import INK, PALETTE, Sheet, fitted, floats, lay_out, require_rows

ROW = 31  # px
STAGES = ("Pre-c.", "Cont.", "Prep.", "Action", "Maint.")
LOOKS = ("behind2", "behind1", "fit", "ahead1", "ahead2")


def height_stage_interventions(table: pd.DataFrame) -> int:
    """Pixels: a row an intervention."""
    return 42 + ROW * max(table["intervention"].nunique(), 1) + 30


@fitted(height_stage_interventions)
def plot_stage_interventions(
    table: pd.DataFrame,
    ax: Axes,
    *,
    fits: str = "fits",
    ahead: str = "▲ ahead 1, 2",
    behind: str = "▼ behind 1, 2",
    unknown: str = "not rated",
) -> Axes:
    """Sessions per intervention (rows, in the table's order) and stage, tinted by whether the two fit.

    `table`, one row a pair: intervention, stage (1–5; missing = not rated, drawn in a column of its own), sessions,
    offset (steps: + ahead ▲, − behind ▼, 0 fits). A pair without a row or without a session is a dot.
    Raises ValueError for an empty table, or for a pair with two rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_stage_interventions
    >>> columns = ["intervention", "stage", "sessions", "offset"]
    >>> table = pd.DataFrame([("alliance", 1, 3, 0), ("exposure", 2, 1, 1)], columns=columns)
    >>> ax = plot_stage_interventions(table, Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][:12]
    ['alliance', 'exposure', '3', '·', '·', '·', '·', '·', '1 ▲', '·', '·', '·']
    """
    require_rows(table, "interventions and stages")
    pairs = pd.DataFrame(
        {
            "row": pd.factorize(table["intervention"].astype(str))[0],
            "column": np.nan_to_num(floats(table["stage"]), nan=6).astype(int) - 1,
            "sessions": np.nan_to_num(floats(table["sessions"])).astype(int),
            "offset": np.nan_to_num(floats(table["offset"])),
        }
    )
    if pairs.duplicated(["row", "column"]).any():
        raise ValueError("A pair of intervention and stage stands in the table more than once.")
    width, rated = 6 if (pairs["column"] == 5).any() else 5, pairs[(pairs["column"] < 5) & (pairs["sessions"] > 0)]
    sheet = lay_out(ax, left=144, right=0, top=42, bottom=30)
    names = [str(name) for name in pd.unique(table["intervention"])]
    _tints(ax, rated, len(names), width)
    _counts(ax, sheet, rated, names, width)
    _headings(ax, sheet, width)
    if width == 6:
        _not_rated(ax, pairs, len(names))
    _key(ax, sheet, fits, ahead, behind, unknown if width == 6 else "")
    return ax


def _look(offset: float) -> int:
    """Index into `LOOKS`: half a step counts as one."""
    return int(np.sign(offset) * min(np.ceil(abs(offset)), 2)) + 2


def _tints(ax: Axes, rated: pd.DataFrame, rows: int, width: int) -> None:
    grid = np.full((rows, width), np.nan)
    grid[rated["row"], rated["column"]] = [_look(offset) for offset in rated["offset"]]
    tints(ax, grid, LOOKS, gap=3.5)


def _counts(ax: Axes, sheet: Sheet, rated: pd.DataFrame, names: list[str], width: int) -> None:
    for row, name in enumerate(names):
        lines = wrap(name, 18)
        for line, words in enumerate(lines):
            write(
                ax,
                0,
                row + 0.5,
                words,
                at=sheet.beside,
                colour=INK,
                size=LABEL,
                down=4.5 + 14 * (line + 0.5 - len(lines) / 2),
            )
    counted = {(row, column): (sessions, offset) for row, column, sessions, offset in rated.itertuples(index=False)}
    for row, column in np.ndindex(len(names), 5):
        sessions, offset = counted.get((row, column), (0, 0.0))
        if not sessions:
            write(ax, column + 0.5, row + 0.5, "·", down=4.5, align="center")
            continue
        mark = " ▲" if offset > 0 else " ▼" if offset < 0 else ""
        words = number(sessions, 0) + mark
        write(ax, column + 0.5, row + 0.5, words, down=4.5, align="center", colour=INK, size=LABEL, bold=bool(mark))


def _headings(ax: Axes, sheet: Sheet, width: int) -> None:
    for column, (figure, name) in enumerate([*zip("12345", STAGES, strict=True), ("?", "older")][:width]):
        write(ax, column + 0.5, 15, figure, at=sheet.below, align="center", bold=True, size=LABEL, colour=INK)
        write(ax, column + 0.5, 32, name, at=sheet.below, align="center")


def _not_rated(ax: Axes, pairs: pd.DataFrame, rows: int) -> None:
    """The column of sessions whose stage is missing or too old: dashed, without a tint."""
    counts: dict[int, int] = dict(pairs.loc[pairs["column"] == 5, ["row", "sessions"]].itertuples(index=False))
    for row in range(rows):
        bar(ax, 5.06, row + 0.08, 0.88, 0.84, look="missing")
        if counts.get(row):
            write(ax, 5.5, row + 0.5, number(counts[row], 0), align="center", down=4.5)


def _key(ax: Axes, sheet: Sheet, fits: str, ahead: str, behind: str, unknown: str) -> None:
    line, left = sheet.height - 6, 0.0
    entries = ((("fit",), fits), (("ahead1", "ahead2"), ahead), (("behind1", "behind2"), behind))
    for looks, words in entries:
        for look in looks[:-1]:
            bar(ax, left, line - 11, 16, 12, at=sheet.page, colour=PALETTE[look]).set_gid("key")
            left += 16
        left = key_bar(ax, sheet, left, line, "solid", words, colour=PALETTE[looks[-1]])
    if unknown:
        key_bar(ax, sheet, left, line, "missing", unknown)
