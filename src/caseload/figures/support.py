"""Supports promised and delivered, and survey scales over time."""

from __future__ import annotations

import calendar

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .lettering import LABEL, amount, clean, number, shorten, wrap, write
from .marks import bar, chevron, interval, key_bar, line, point, ring
from .scales import amount_axis, level, scale
from .theme import DATA, INK, Sheet, bare, dashes, fitted, flags, floats, lay_out, points, require_rows

CANCELLED = ("cancelled_clinician", "cancelled_supervisor", "cancelled_service")
HOURS = ("done", *CANCELLED, "not_recorded")
LOOKS = ("solid", "hatched", "hatched", "hatched", "missing")
PANEL = 126  # px of one survey scale
NORM = 56.2  # T; the pooled upper quarter begins here
T_AXIS = (30, 80)


def _noted(table: pd.DataFrame) -> bool:
    return bool(np.nansum([floats(table[name]) for name in CANCELLED]) > 0)


def _row_of(table: pd.DataFrame) -> int:
    """Height of one support: label, bar and, where something did not take place, a line that says why."""
    return 66 if _noted(table) else 50


def height_supports(table: pd.DataFrame) -> int:
    """Pixels: a row a kind of support."""
    return 28 + _row_of(table) * len(table) + 30


@fitted(height_supports)
def plot_supports(
    table: pd.DataFrame,
    ax: Axes,
    *,
    unit: str = "h",
    done: str = "took place",
    cancelled: str = "cancelled",
    not_recorded: str = "not recorded",
    clinician: str = "clinician",
    supervisor: str = "supervisor",
    service: str = "service",
) -> Axes:
    """Promised hours of each kind: solid took place, hatched was cancelled, dashed is not recorded.

    `table`: kind, done, cancelled_clinician, cancelled_supervisor, cancelled_service, not_recorded (hours; NaN counts
    as nothing planned, a row of NaN as not recorded). Who cancelled is written under the bar, in the bar's order.
    Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_supports
    >>> cancelled = {"cancelled_clinician": 0.0, "cancelled_supervisor": [0.0, 0.5], "cancelled_service": [2.0, 0.0]}
    >>> table = pd.DataFrame({"kind": ["Supervision", "Peer support"], "done": [2.0, 1.5], **cancelled})
    >>> ax = plot_supports(table.assign(not_recorded=[0.0, 1.0]), Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts][1::2][:3]
    ['2 of 4 h', 'Peer support', 'cancelled: supervisor 0.5 h']
    """
    require_rows(table, "supports")
    sheet = lay_out(ax, left=1, right=14, top=28, bottom=30)
    hours = np.column_stack([floats(table[name]) for name in HOURS])
    longest = float(np.nansum(hours, axis=1).max())
    ax.set(xlim=(0, longest or 1.0), ylim=(len(table), 0))
    px, actors = 1 / _row_of(table), (clinician, supervisor, service)
    for row, (kind, parts) in enumerate(zip(table["kind"], hours, strict=True)):
        _support(ax, sheet, row, px, shorten(kind, 30), parts, unit, not_recorded)
        words = [f"{who} {amount(part)} {unit}" for who, part in zip(actors, parts[1:4], strict=True) if part > 0]
        if words:
            write(ax, 0, row + 54 * px, wrap(f"{cancelled}: {', '.join(words)}", 60, 1)[0], at=sheet.beside)
    if longest:
        amount_axis(ax, longest, unit)
    after = key_bar(ax, sheet, 0, 13, "solid", done)
    after = key_bar(ax, sheet, after, 13, "hatched", cancelled) if np.nansum(hours[:, 1:4]) > 0 else after
    if np.nansum(hours[:, 4]) > 0 or np.isnan(hours).all(axis=1).any():
        key_bar(ax, sheet, after, 13, "missing", not_recorded)
    return ax


def _support(
    ax: Axes, sheet: Sheet, row: int, px: float, kind: str, parts: np.ndarray, unit: str, missing: str
) -> None:
    """One support: its kind, "2 of 4 h" and the bar."""
    write(ax, 0, row + 17 * px, kind, at=sheet.beside, bold=True, size=LABEL, colour=INK)
    unknown = np.isnan(parts).all()
    told = missing if unknown else f"{amount(np.nan_to_num(parts[0]))} of {amount(np.nansum(parts))} {unit}"
    write(ax, sheet.width, row + 17 * px, told, at=sheet.beside, align="right", size=LABEL, colour=INK)
    if unknown:
        bar(ax, 0, row + 24 * px, ax.get_xlim()[1], 16 * px, look="missing")
        return
    left = 0.0
    for part, look in zip(np.nan_to_num(parts), LOOKS, strict=True):
        if part > 0:
            bar(ax, left, row + 24 * px, part, 16 * px, look=look)
            left += part


def height_surveys(table: pd.DataFrame) -> int:
    """Pixels: a panel a scale."""
    return PANEL * max(table["scale"].nunique(), 1) + 42


@fitted(height_surveys)
def plot_surveys(table: pd.DataFrame, ax: Axes, *, norm: float = NORM, norm_label: str = "upper quarter") -> Axes:
    """T-scores of each survey scale in a panel of its own, 90 % lines, and the dashed line at `norm`.

    `table`: completed_on (date), scale, t, low, high (T, NaN = no score, shown as a dashed ring) and, if there is,
    strain (bool: False where higher is better, so that the line has no place). The axis is T 30 to 80 in every panel;
    a score beyond stands at the edge with its number. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import plot_surveys
    >>> table = pd.DataFrame({"completed_on": pd.to_datetime(["2026-02-02", "2026-05-04"]), "t": [52.0, 61.0]})
    >>> table = table.assign(scale="Burnout", low=table["t"] - 8, high=table["t"] + 8)
    >>> ax = plot_surveys(table, Figure().add_subplot())
    >>> [words.get_text() for words in ax.texts]
    ['Burnout', 'May', '2026', 'Feb', '2026']
    """
    require_rows(table, "survey scales")
    scales = pd.unique(table["scale"].astype(str))
    sheet = lay_out(ax, left=34, right=94, top=0, bottom=42)
    ax.set_xlim(_date_limits(table["completed_on"]))
    for place, name in enumerate(scales):
        panel = ax.inset_axes(
            (0, 1 - (place + 1) / len(scales), 1, (PANEL - 40) / PANEL / len(scales)), axes_class=type(ax)
        )
        bare(panel)
        panel.set(xlim=ax.get_xlim(), ylim=T_AXIS)
        rows = table[table["scale"].astype(str) == name].sort_values("completed_on", kind="stable")
        _scores(panel, rows)
        if "strain" not in rows or flags(rows["strain"]).all():
            looks = {"color": DATA, "linewidth": points(1.25), "linestyle": dashes(1.25, 6, 4)}
            level(panel, "y", norm, zorder=1, gid="norm", **looks)
        write(
            ax,
            0,
            20 + place * (sheet.height - 42) / len(scales),
            clean(name),
            at=sheet.page,
            bold=True,
            size=LABEL,
            colour=INK,
        )
        if place == 0:
            write(panel, 1.02, (norm - 30) / 50, norm_label, at=panel.transAxes, down=-3)
            write(panel, 1.02, (norm - 30) / 50, f"from {number(norm)}", at=panel.transAxes, down=11)
    _date_axis(ax, sheet, table["completed_on"])
    return ax


def _date_limits(dates: pd.Series) -> tuple[float, float]:
    days = mdates.date2num(pd.to_datetime(dates).to_numpy())
    room = max(np.ptp(days) * 0.06, 20.0)
    return float(days.min() - room), float(days.max() + room)


def _scores(panel: Axes, rows: pd.DataFrame) -> None:
    days, t = mdates.date2num(pd.to_datetime(rows["completed_on"]).to_numpy()), floats(rows["t"])
    scale(panel, "y", range(40, 80, 10), [str(tick) for tick in range(40, 80, 10)])
    shown, known = np.clip(t, *T_AXIS), np.isfinite(t)
    line(panel, days[known], shown[known], color=DATA, linewidth=points(1.75), zorder=2)
    interval(panel, floats(rows["low"]), floats(rows["high"]), days, axis="y", width=1.5, alpha=0.55)
    point(panel, "data", days[known], shown[known])
    ring(panel, days[~known], np.full((~known).sum(), T_AXIS[0] + 4))
    for side, edge, beyond in (("up", T_AXIS[1], t > T_AXIS[1]), ("down", T_AXIS[0], t < T_AXIS[0])):
        chevron(panel, side, days[beyond], np.full(beyond.sum(), edge), outside=9)
        for day, value in zip(days[beyond], t[beyond], strict=True):
            write(panel, day, edge, f"{number(value, 0)}  ", align="right", down=16 if side == "up" else -8)


def _date_axis(ax: Axes, sheet: Sheet, dates: pd.Series) -> None:
    """Month and year below the surveys, left out where they would touch; the newest is always named."""
    kept: list[float] = []
    px = (sheet.width - 128) / np.ptp(ax.get_xlim())
    for day in sorted(set(mdates.date2num(pd.to_datetime(dates).to_numpy())), reverse=True):
        if not kept or (kept[-1] - day) * px >= 40:
            kept.append(day)
            date = mdates.num2date(day)
            write(ax, day, sheet.height - 24, calendar.month_abbr[date.month], at=sheet.below, align="center")
            write(ax, day, sheet.height - 7, str(date.year), at=sheet.below, align="center")
