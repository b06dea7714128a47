"""How well the method does on simulated practices: scores beside one another, rates and their budget, recovery."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import LABEL, amount, clean, number, shorten, write
from .marks import bar, chevron, interval, key_bar, key_mark, line, point, ring
from .scales import amount_axis, level, scale
from .theme import INK, INK2, Sheet, dashes, fitted, flags, floats, lay_out, points, require_rows

ROW = 24  # px
LINE = 20  # px of the key
LEFT, RIGHT = 176, 46  # px beside the marks
MARKS = ("data", "hollow", "cross", "tick")
EDGE = 4.0  # SD; what is beyond stands at the edge


def _series(table: pd.DataFrame) -> list[str]:
    return [clean(name) for name in pd.unique(table["contender"])]


def _labels(table: pd.DataFrame) -> list[str]:
    return [clean(label) for label in pd.unique(table["label"])]


def height_scores(table: pd.DataFrame) -> int:
    """Pixels: a row a label, below a key of a line a contender."""
    return LINE * max(len(_series(table)), 1) + ROW * max(len(_labels(table)), 1) + 44


@fitted(height_scores)
def plot_scores(table: pd.DataFrame, ax: Axes, *, xlabel: str = "") -> Axes:
    """Scores from 0 to 1: a row a label, one mark a contender, the first contender's in figures as well.

    `table`: label, contender, value (NaN = none, a dashed ring where a row has none at all). The marks are filled,
    hollow, a cross and an upright tick, in the order in which the contenders come, and then the same again. Raises
    ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_scores
    >>> columns = ["label", "contender", "value"]
    >>> table = pd.DataFrame([("strong", "caseload", 0.97), ("strong", "mixed model", 0.91)], columns=columns)
    >>> ax = plot_scores(table, Figure().add_subplot(), xlabel="AUC")
    >>> [words.get_text() for words in ax.texts][-3:]
    ['strong', '0.97', 'AUC']
    """
    require_rows(table, "scores")
    series, labels = _series(table), _labels(table)
    sheet = lay_out(ax, left=LEFT, right=RIGHT, top=LINE * len(series) + 6, bottom=38)
    ax.set(xlim=(0, 1), ylim=(len(labels) - 0.5, -0.5))
    scale(ax, "x", [0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
    row = table["label"].map(clean).map({label: place for place, label in enumerate(labels)}).to_numpy()
    value, whose = floats(table["value"]), table["contender"].map(clean).to_numpy()
    for place, name in reversed(list(enumerate(series))):
        these = (whose == name) & np.isfinite(value)
        kind = MARKS[place % len(MARKS)]
        point(ax, kind, np.clip(value[these], 0, 1), row[these], order=3 if kind in ("data", "tick") else 4)
        key_mark(ax, sheet, LEFT - 6, LINE * (place + 1) - 4, kind, shorten(name, 36))
    first = whose == series[0]
    ours = dict(zip(row[first].tolist(), value[first].tolist(), strict=True))
    for place, label in enumerate(labels):
        write(ax, 0, place, shorten(label, 22), at=sheet.beside, colour=INK, size=LABEL, down=4.5)
        write(ax, sheet.width, place, number(ours.get(place), 2), at=sheet.beside, align="right", down=4.5)
        if not np.isfinite(value[row == place]).any():
            ring(ax, [0], [place])
    write(ax, sheet.width - RIGHT, sheet.height - 4, xlabel, at=sheet.page, align="right")
    return ax


def height_rates(table: pd.DataFrame) -> int:
    """Pixels: a row a label, below the key."""
    return 28 + ROW * len(table) + 32


@fitted(height_rates)
def plot_rates(
    table: pd.DataFrame, ax: Axes, *, rate: str = "rate", budget: str = "budget", missing: str = "not known"
) -> Axes:
    """Rates as bars with their number, and the dashed line of the budget that they should keep to.

    `table`: label, value, budget (NaN = not known: a dashed lane, or no line). Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_rates
    >>> table = pd.DataFrame({"label": ["strong effects", "no effects"], "value": [0.4, None], "budget": 1.0})
    >>> ax = plot_rates(table, Figure().add_subplot(), rate="false flags a month")
    >>> [words.get_text() for words in ax.texts]
    ['strong effects', '0.40', 'no effects', '', 'budget 1', '0', '0.5', '1', 'false flags a month', 'not known']
    """
    require_rows(table, "rates")
    sheet = lay_out(ax, left=LEFT, right=RIGHT, top=28, bottom=32)
    value, budgets = floats(table["value"]), floats(table["budget"])
    known = np.concatenate([value, budgets])
    longest = float(max(known[np.isfinite(known)], default=0.0)) or 1.0
    ax.set(xlim=(0, longest), ylim=(len(table) - 0.5, -0.5))
    for place, (label, share) in enumerate(zip(table["label"], value, strict=True)):
        write(ax, 0, place, shorten(label, 22), at=sheet.beside, colour=INK, size=LABEL, down=4.5)
        look, width = ("solid", max(share, 0.0)) if np.isfinite(share) else ("missing", longest)
        bar(ax, 0, place - 0.25, width, 0.5, look=look)
        words = number(share, 2) if np.isfinite(share) else ""
        write(ax, sheet.width, place, words, at=sheet.beside, align="right", down=4.5)
    for limit in np.unique(budgets[np.isfinite(budgets)]):
        dashed: dict[str, Any] = {
            "linewidth": points(1.5),
            "linestyle": dashes(1.5, 5, 3),
            "zorder": 4,
            "clip_on": False,
        }
        level(ax, "x", limit, color=INK, gid="budget", **dashed)
        write(ax, limit, 14, f"{budget} {amount(limit)}", at=sheet.below, align="right", bold=True, colour=INK)
    amount_axis(ax, longest, "")
    after = key_bar(ax, sheet, 0, 14, "solid", rate)
    if np.isnan(value).any():
        key_bar(ax, sheet, after, 14, "missing", missing)
    return ax


def height_recovery(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of points."""
    return 330


@fitted(height_recovery)
def plot_recovery(
    table: pd.DataFrame,
    ax: Axes,
    *,
    xlabel: str = "truth",
    ylabel: str = "estimate",
    marked: str = "over-invested in truth",
    others: str = "others",
    equal: str = "estimate = truth",
) -> Axes:
    """Estimates with 90 % lines against the truth: ● where the row is marked, ○ elsewhere, and the line of equality.

    `table`: truth, value, low, high (NaN = not estimable, a dashed ring at the bottom), marked (bool).
    Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_recovery
    >>> columns = ["truth", "value", "low", "high", "marked"]
    >>> rows = [(0.0, 0.1, -0.3, 0.5, False), (1.2, 0.9, 0.5, 1.3, True), (0.4, None, None, None, False)]
    >>> ax = plot_recovery(pd.DataFrame(rows, columns=columns), Figure().add_subplot())
    >>> [mark.get_gid() for mark in ax.lines if mark.get_gid() in ("points-data", "points-hollow", "missing")]
    ['points-hollow', 'points-data', 'missing']
    """
    require_rows(table, "estimates")
    sheet = lay_out(ax, left=40, right=22, top=56, bottom=44)
    truth, value, chosen = floats(table["truth"]), floats(table["value"]), flags(table["marked"])
    low, high = _limits(truth, value)
    ax.set(xlim=(low, high), ylim=(low, high))
    ticks = np.arange(low, high + 0.25, 1.0 if high - low > 4 else 0.5).tolist()
    for axis in ("x", "y"):
        scale(ax, axis, ticks, [amount(tick) for tick in ticks])
    line(ax, [low, high], [low, high], color=INK2, linewidth=points(1.5), linestyle=dashes(1.5, 5, 3), gid="equal")
    x, y = np.clip(truth, low, high), np.clip(value, low, high)
    interval(ax, floats(table["low"]), floats(table["high"]), x, axis="y", width=1.5, alpha=0.55)
    for kind, these in (("hollow", ~chosen), ("data", chosen)):
        shown = these & np.isfinite(x) & np.isfinite(y)
        point(ax, kind, x[shown], y[shown])
    for side, beyond in (("up", value > high), ("down", value < low), ("right", truth > high), ("left", truth < low)):
        chevron(ax, side, x[beyond], y[beyond], outside=9)
    unknown = np.isfinite(x) & np.isnan(y)
    ring(ax, x[unknown], np.full(unknown.sum(), low))
    _recovery_key(ax, sheet, marked if chosen.any() else "", others, equal)
    write(ax, 0, 37, f"↑ {ylabel}", at=sheet.page)
    write(ax, sheet.width - 22, sheet.height - 5, f"{xlabel} →", at=sheet.page, align="right")
    return ax


def _limits(*values: np.ndarray) -> tuple[float, float]:
    """From the lowest to the highest value in half steps, at least one and at most twice `EDGE` apart."""
    known = np.concatenate([value[np.isfinite(value)] for value in values])
    known = np.clip(known if len(known) else np.zeros(1), -EDGE, EDGE)
    return float(np.floor(2 * known.min() - 0.2) / 2), float(np.ceil(2 * known.max() + 0.2) / 2)


def _recovery_key(ax: Axes, sheet: Sheet, marked: str, others: str, equal: str) -> None:
    after = key_mark(ax, sheet, 40, 16, "data", marked) if marked else 40.0
    after = key_mark(ax, sheet, after, 16, "hollow", others)
    line(
        ax,
        [after, after + 20],
        [12, 12],
        color=INK2,
        linewidth=points(1.5),
        linestyle=dashes(1.5, 5, 3),
        transform=sheet.page,
        clip_on=False,
        gid="key",
    )
    write(ax, after + 26, 16, equal, at=sheet.page)
