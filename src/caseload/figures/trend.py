"""A monthly series with its natural process limits (XmR chart)."""

from __future__ import annotations

import calendar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .lettering import LABEL, apart, decimals_for, number, wrap, write
from .marks import interval, line, point, ring
from .scales import scale
from .theme import (
    ATTENTION,
    DATA,
    LINE2,
    Sheet,
    dashes,
    fitted,
    flags,
    floats,
    lay_out,
    pixels,
    points,
    require_rows,
)

LIMITS = ("mean", "lower", "upper", "lower_near", "upper_near")
NAMES_FROM, INITIALS_FROM, YEAR_ROOM = 22, 11, 40  # px from month to month
RIGHT, WORDS, LEADING = 96, 82, 14  # px from the right edge: end of the drawing, its words; from line to line of words
LED_FROM = 4  # px between a line and its words from which a thin line leads from one to the other
DECLARED = "change declared"
INTERVAL_ROOM = 0.35  # of the span of values and limits; intervals that reach farther are cut with a chevron


def height_xmr(table: pd.DataFrame) -> int:
    """Pixels: the same for any number of months."""
    return 262


@fitted(height_xmr)
def plot_xmr(
    table: pd.DataFrame,
    ax: Axes,
    *,
    ylabel: str = "",
    unit: str = "",
    limit: str = "limit",
    centre: str = "mean",
    annotation: str = "",
    floor: str = "",
    ceiling: str = "",
) -> Axes:
    """The monthly values ● with 90 % lines, mean, limits and near limits; ◆ raise, △ watch, ◇ earlier signals.

    `table`, oldest first: month (`YYYY-MM`), value, low, high, mean, lower, upper, lower_near, upper_near (NaN where
    there is none), signal (bool), state (`raise`, `watch` or ""). A month without a value or without a row breaks the
    line and shows a dashed ring. `limit` names the upper limit ("trial limit" under twelve months),
    `centre` the line between the limits ("expected" where it moves);
    Where the table has `begins` (bool), a thin line stands before each month in which a declared change begins.
    `floor` and `ceiling` are numbers the axis must not pass, such as "0" for minutes or "100" for percent. Raises
    ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_xmr
    >>> table = pd.DataFrame({"month": ["2026-03", "2026-04", "2026-05"], "value": [0.1, None, 0.9]})
    >>> table = table.assign(low=table["value"] - 0.2, high=table["value"] + 0.2, signal=[False, False, True])
    >>> limits = {"mean": 0.1, "lower": -0.5, "upper": 0.7, "lower_near": -0.3, "upper_near": 0.5}
    >>> ax = plot_xmr(table.assign(state=["", "", "raise"], **limits), Figure().add_subplot(), unit=" SD")
    >>> [mark.get_gid() for mark in ax.lines if mark.get_gid() in ("points-data", "points-raise", "missing")]
    ['points-data', 'points-raise', 'missing']
    """
    require_rows(table, "monthly values")
    lines = wrap(annotation, 38) if annotation else []
    sheet = lay_out(ax, left=44, right=RIGHT, top=14 + 17 * len(lines) + (20 if ylabel else 0), bottom=42)
    ordinals = np.asarray(pd.PeriodIndex(table["month"].astype(str), freq="M").asi8)
    x, step = (ordinals - ordinals[0]).astype(float), (sheet.width - 44 - RIGHT) / max(int(np.ptp(ordinals)) + 1, 2)
    _value_axis(ax, table, unit, floor, ceiling)
    ax.set_xlim(x[0] - 0.5, max(x[-1], 1) + 0.5)
    _limits(ax, sheet, table, x, (centre, limit), unit)
    _series(ax, table, x, crowded=step < 9)
    _declared(ax, sheet, table, x)
    _month_axis(ax, sheet, ordinals, step)
    write(ax, 0, 14, ylabel, at=sheet.page)
    for row, words in enumerate(lines):
        write(
            ax,
            x[-1],
            14 + 17 * row + (20 if ylabel else 0),
            words,
            at=sheet.below,
            align="right",
            bold=True,
            size=LABEL,
            colour=ATTENTION,
        )
    return ax


def _value_axis(ax: Axes, table: pd.DataFrame, unit: str, floor: str, ceiling: str) -> None:
    """Limits of the axis from values and limits, with some room for intervals; about five ticks."""
    core = np.concatenate([floats(table[name]) for name in ("value", *LIMITS)])
    core = core[np.isfinite(core)]
    if not len(core):
        return
    room = float(np.ptp(core)) or max(abs(float(core[0])) * 0.2, 1.0)
    spread = np.concatenate([core, *(floats(table[name]) for name in ("low", "high"))])
    bottom = max(np.nanmin(spread), core.min() - INTERVAL_ROOM * room) - 0.08 * room
    top = min(np.nanmax(spread), core.max() + INTERVAL_ROOM * room) + 0.08 * room
    ticks = np.asarray(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top))
    least, most = float(floor) if floor else -np.inf, float(ceiling) if ceiling else np.inf
    inside = (ticks >= least) & (ticks <= most)
    ticks = ticks[inside] if inside.sum() > 1 else ticks
    ax.set_ylim(ticks[0], ticks[-1])
    decimals = next((n for n in range(3) if np.allclose(ticks, np.round(ticks, n))), 3)
    scale(ax, "y", ticks.tolist(), [number(tick, decimals) + unit for tick in ticks])


def _limits(ax: Axes, sheet: Sheet, table: pd.DataFrame, x: np.ndarray, names: tuple[str, str], unit: str) -> None:
    """Mean, limits and near limits over their months, drawn to the edges; the newest ones named on the right."""
    looks = {
        "mean": (DATA, 1.5, "-"),
        **dict.fromkeys(("lower", "upper"), (DATA, 1.25, dashes(1.25, 6, 4))),
        **dict.fromkeys(("lower_near", "upper_near"), (LINE2, 1, dashes(1, 1.5, 3.5))),
    }
    edges = np.append(x - 0.5, ax.get_xlim()[1])
    since = int(np.flatnonzero(flags(table["begins"])).max(initial=0)) if "begins" in table else 0
    newest = {}
    for name, (colour, width, pattern) in looks.items():
        values = floats(table[name])
        line(
            ax,
            edges,
            np.append(values, values[-1]),
            drawstyle="steps-post",
            color=colour,
            linewidth=points(width),
            linestyle=pattern,
            zorder=1,
            gid=name,
        )
        current = values[since:]  # the limits before a declared change are nobody's usual any more
        if np.isfinite(current).any():
            newest[name] = current[np.isfinite(current)][-1]
    _limit_words(ax, sheet, newest, names, unit)


def _limit_words(ax: Axes, sheet: Sheet, newest: dict[str, float], names: tuple[str, str], unit: str) -> None:
    """The limits' numbers beside the drawing, each at its line; where lines are close, led there from apart."""
    bottom, top = ax.get_ylim()
    known = [name for name in ("upper", "mean", "lower") if name in newest and bottom <= newest[name] <= top]
    if not known:
        return
    centre, limit = names
    decimals = decimals_for(np.ptp(list(newest.values())) or abs(newest[known[0]]))
    px = pixels(ax)[1] / (top - bottom)
    said = {"upper": f"{limit} ", "mean": f"{centre} ", "lower": ""}
    blocks = [wrap(f"{said[name]}{number(newest[name], decimals)}{unit}", 11) for name in known]
    wanted = [(top - newest[name]) * px for name in known]
    middles = apart(wanted, [LEADING * len(rows) for rows in blocks], (-10.0, (top - bottom) * px + 20))
    left = sheet.width - WORDS
    for name, rows, line_at, middle in zip(known, blocks, wanted, middles, strict=True):
        if abs(middle - line_at) > LED_FROM:
            ends = [newest[name], top - middle / px]
            looks = {"color": LINE2, "linewidth": points(1), "transform": sheet.beside, "clip_on": False}
            line(ax, [sheet.width - RIGHT + 1, left - 3], ends, zorder=1, gid="leader", **looks)
        first = middle - LEADING * (len(rows) - 1) / 2
        for row, words in enumerate(rows):
            write(ax, left, top - (first + LEADING * row) / px, words, at=sheet.beside, down=4)


def _series(ax: Axes, table: pd.DataFrame, x: np.ndarray, crowded: bool) -> None:
    """Line, intervals and points; the line stops at every month without a value."""
    value, state, signal = floats(table["value"]), table["state"].fillna("").to_numpy(), flags(table["signal"])
    raised, watched = state == "raise", state == "watch"
    runs = np.cumsum(np.isnan(value) | (np.diff(x, prepend=x[0] - 1) > 1))
    for run in np.unique(runs):
        these = (runs == run) & np.isfinite(value)
        if these.any():
            line(ax, x[these], value[these], color=DATA, linewidth=points(1.75), zorder=2.5)
    low, high = floats(table["low"]), floats(table["high"])
    interval(
        ax,
        low[~raised],
        high[~raised],
        x[~raised],
        axis="y",
        width=1 if crowded else 1.5,
        alpha=0.3 if crowded else 0.55,
    )
    interval(ax, low[raised], high[raised], x[raised], axis="y", colour=ATTENTION)
    bottom, top = ax.get_ylim()
    kinds = {"small" if crowded else "data": ~(raised | watched | signal), "signal": signal & ~(raised | watched)}
    for kind, these in (kinds | {"watch": watched, "raise": raised}).items():
        these = these & np.isfinite(value)
        if these.any():
            point(ax, kind, x[these], np.clip(value[these], bottom, top))
    missing = np.setdiff1d(np.arange(x[-1] + 1), x[np.isfinite(value)])
    ring(ax, missing, np.full(len(missing), bottom + 0.06 * (top - bottom)), size=5 if crowded else 8)


def _declared(ax: Axes, sheet: Sheet, table: pd.DataFrame, x: np.ndarray) -> None:
    """A thin line, with a word at its top, before each month in which a declared change begins."""
    begins = x[flags(table["begins"])] - 0.5 if "begins" in table else np.empty(0)
    bottom, top = ax.get_ylim()
    for row, at in enumerate(begins):
        line(ax, [at, at], [bottom, top], color=LINE2, linewidth=points(1), zorder=1, gid="declared")
        left = at > np.mean(ax.get_xlim())
        shift = (-0.15 if left else 0.15) * (1 if len(x) > 6 else 0.5)
        write(ax, at + shift, top, DECLARED, down=10 + LEADING * row, align="right" if left else "left")


def _month_axis(ax: Axes, sheet: Sheet, ordinals: np.ndarray, step: float) -> None:
    """Names or initials of the months (their ends alone where they stand too close), and the years below them."""
    months = pd.period_range(pd.Period(ordinal=ordinals[0], freq="M"), periods=int(np.ptp(ordinals)) + 1, freq="M")
    baseline, last = sheet.height - 24, len(months) - 1
    for place, month in enumerate(months):
        name, end = calendar.month_abbr[month.month], place in (0, last)
        if step >= NAMES_FROM:
            write(ax, place, baseline, name if end or month.month == 1 else name[0], at=sheet.below, align="center")
        elif step >= INITIALS_FROM:
            write(ax, place, baseline, name[0], at=sheet.below, align="center")
        elif end:
            write(ax, place, baseline, name, at=sheet.below, align="center")
    for place in _year_places(months, step):
        write(ax, place, sheet.height - 7, str(months[place].year), at=sheet.below, align="center")


def _year_places(months: pd.PeriodIndex, step: float) -> list[int]:
    """Below each January, and below the first month where that leaves room."""
    januaries = [place for place, month in enumerate(months) if month.month == 1]
    first = [] if januaries and januaries[0] * step < YEAR_ROOM else [0]
    kept: list[int] = []
    for place in [*first, *januaries]:
        if not kept or (place - kept[-1]) * step >= YEAR_ROOM:
            kept.append(place)
    return kept
