"""The self-care plan: contact after hours, day by day, and goals done against planned."""

from __future__ import annotations

import calendar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.transforms import Transform

from .lettering import LABEL, amount, clean, number, wrap, write
from .marks import bar, key_bar, line, tints
from .scales import amount_axis
from .theme import INK, INK2, LINE, PALETTE, Sheet, fitted, flags, floats, lay_out, points, require_rows

WEEK = 46  # px
STEPS = (30, 60)  # minutes at which the tint changes
TINTS = ("seq1", "seq2", "seq3")
TINT_WORDS = ("under 30", "30 to 59", "60+ min")
GOAL_COLUMNS = 36


def _calendar(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each date: the row of the calendar it stands in, its weekday (weeks begin on Monday, 0) and its day."""
    dates = pd.to_datetime(table["date"]).to_numpy().astype("datetime64[D]")
    weekday = (dates.astype(int) + 3) % 7  # the epoch was a Thursday
    mondays = dates.astype(int) - weekday
    return (mondays - mondays.min()) // 7, weekday, (dates - dates.astype("datetime64[M]")).astype(int) + 1


def height_after_hours(table: pd.DataFrame) -> int:
    """Pixels: a row a week."""
    rows = 1 if table.empty else int(_calendar(table)[0].max()) + 1
    return 24 + WEEK * rows + 32


@fitted(height_after_hours)
def plot_after_hours(
    table: pd.DataFrame, ax: Axes, *, off: str = "off", missing: str = "not recorded", day_off: str = "day off"
) -> Axes:
    """A calendar of minutes after hours, in three tints.

    `table`: date (every day of the month), minutes (0 = none, an empty day; NaN = not recorded, dashed "?"), day_off
    (bool: dashed "off"; minutes on a day off keep their tint). Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_after_hours
    >>> days = pd.date_range("2026-05-01", periods=4)
    >>> table = pd.DataFrame({"date": days, "minutes": [0, 45, None, 0], "day_off": [False, False, False, True]})
    >>> ax = plot_after_hours(table, Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][:8]
    ['1', '2', '45', '', '3', '?', '4', 'off']
    """
    require_rows(table, "days")
    (week, weekday, day), minutes, free = _calendar(table), floats(table["minutes"]), flags(table["day_off"])
    sheet = lay_out(ax, left=4, right=4, top=24, bottom=32)
    steps = np.full((week.max() + 1, 7), np.nan)
    steps[week, weekday] = np.where(minutes > 0, np.digitize(minutes, STEPS), np.nan)
    tints(ax, steps, TINTS, gap=3)
    for cell in zip(week, weekday, day, minutes, free, strict=True):
        _day(ax, *cell, off=off)
    for place, name in enumerate(calendar.day_abbr):
        weekend = place > 4
        write(ax, place + 0.5, 15, name, at=sheet.below, align="center", bold=weekend, colour=INK if weekend else INK2)
    _tint_key(ax, sheet, missing if np.isnan(minutes[~free]).any() else day_off if free.any() else "")
    return ax


def _day(ax: Axes, week: int, weekday: int, day: int, minutes: float, free: bool, *, off: str) -> None:
    """One day: its number, minutes, and an outline where there is no tint."""
    dark = minutes >= STEPS[1]
    colour = PALETTE["seq3-ink"] if dark else INK
    worked = minutes > 0
    if free or np.isnan(minutes):
        bar(ax, weekday + 0.04, week + 0.05, 0.92, 0.9, look="missing")
    elif not worked:
        ax.add_artist(
            Rectangle(
                (weekday + 0.04, week + 0.05),
                0.92,
                0.9,
                facecolor="none",
                edgecolor=LINE,
                linewidth=points(1.25),
                clip_on=False,
                gid="none",
            )
        )
    write(ax, weekday + 0.1, week + 0.32, str(day), colour=colour if worked else INK2, bold=dark)
    if worked:
        write(ax, weekday + 0.5, week + 0.78, number(minutes, 0), colour=colour, bold=True, size=LABEL, align="center")
        write(ax, weekday + 0.92, week + 0.32, off if free else "", colour=colour, align="right")
    elif free or np.isnan(minutes):
        write(ax, weekday + 0.5, week + 0.72, off if free else "?", align="center")


def _tint_key(ax: Axes, sheet: Sheet, dashed: str) -> None:
    left = 6.0
    for tint, words in zip(TINTS, TINT_WORDS, strict=True):
        left = key_bar(ax, sheet, left, sheet.height - 6, "solid", words, colour=PALETTE[tint])
    if dashed:
        key_bar(ax, sheet, left, sheet.height - 6, "missing", dashed)


def _goals(table: pd.DataFrame) -> list[list[str]]:
    return [wrap(goal, GOAL_COLUMNS) for goal in table["goal"]]


def _barriers(table: pd.DataFrame) -> list[str]:
    return ["" if clean(barrier) == "none" else clean(barrier) for barrier in table["barrier"]]


def _tops(table: pd.DataFrame) -> np.ndarray:
    """Where each goal begins (px), and where the last one ends."""
    heights = [
        34 + 16 * len(goal) + (17 if barrier else 0)
        for goal, barrier in zip(_goals(table), _barriers(table), strict=True)
    ]
    return np.concatenate([[0], np.cumsum(heights)])


def height_plan(table: pd.DataFrame) -> int:
    """Pixels: a row a goal, two lines where its name is long."""
    return 26 + int(_tops(table)[-1]) + 30


@fitted(height_plan)
def plot_plan(
    table: pd.DataFrame,
    ax: Axes,
    *,
    times: str = "times",
    done: str = "done",
    planned: str = "planned",
    missing: str = "not recorded",
    barrier: str = "barrier",
) -> Axes:
    """Times done (bar) against times planned (upright tick) of each goal, with the barrier noted.

    `table`: goal (text of any length, two lines at most), planned, done (times; NaN = not recorded, dashed), barrier
    (text; "" or "none" = none). Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_plan
    >>> rows = [("Leave by 17:30", 12, 5, "workload"), ("Peer group", 2, None, "none")]
    >>> table = pd.DataFrame(rows, columns=["goal", "planned", "done", "barrier"])
    >>> ax = plot_plan(table, Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][:5]
    ['Leave by 17:30', '5 of 12 times', 'barrier: workload', 'Peer group', 'not recorded']
    """
    require_rows(table, "goals")
    sheet = lay_out(ax, left=1, right=14, top=26, bottom=30)
    tops, counts = _tops(table), np.column_stack([floats(table["done"]), floats(table["planned"])])
    longest = float(np.nanmax(counts)) if np.isfinite(counts).any() else 0.0
    ax.set(xlim=(0, longest or 1.0), ylim=(tops[-1], 0))
    for top, goal, noted, (did, plan) in zip(tops, _goals(table), _barriers(table), counts, strict=False):
        words = f"{amount(did)} of {amount(plan)} {times}" if np.isfinite(plan) else f"{amount(did)} {times}"
        _goal(ax, sheet, top, goal, words if np.isfinite(did) else missing)
        _done(ax, top + 8 + 16 * len(goal), did, plan)
        note = f"{barrier}: {noted}" if noted else ""
        write(ax, 0, top + 39 + 16 * len(goal), wrap(note, 58, 1)[0], at=sheet.beside)
    if longest:
        amount_axis(ax, longest, "")
    after = key_bar(ax, sheet, 0, 13, "solid", done)
    _planned_tick(ax, after + 3, 0, 14, at=sheet.page).set_gid("key")
    write(ax, after + 12, 13, planned, at=sheet.page)
    if np.isnan(counts[:, 0]).any():
        key_bar(ax, sheet, after + 28 + 7.4 * len(planned), 13, "missing", missing)
    return ax


def _goal(ax: Axes, sheet: Sheet, top: float, goal: list[str], words: str) -> None:
    for row, text in enumerate(goal):
        write(ax, 0, top + 15 + 16 * row, text, at=sheet.beside, bold=True, size=LABEL, colour=INK)
    write(ax, sheet.width, top + 15, words, at=sheet.beside, align="right", size=LABEL, colour=INK)


def _done(ax: Axes, top: float, did: float, plan: float) -> None:
    """The bar in its lane of 12 px and the tick that stands over it."""
    if np.isfinite(did):
        bar(ax, 0, top, did, 12)
    else:
        bar(ax, 0, top, plan if plan > 0 else ax.get_xlim()[1], 12, look="missing")
    if np.isfinite(plan):
        _planned_tick(ax, plan, top - 4, top + 16, at=ax.transData)


def _planned_tick(ax: Axes, across: float, top: float, bottom: float, *, at: Transform) -> Line2D:
    return line(
        ax,
        [across, across],
        [top, bottom],
        color=INK,
        linewidth=points(3),
        solid_capstyle="butt",
        transform=at,
        clip_on=False,
        gid="planned",
        zorder=4,
    )
