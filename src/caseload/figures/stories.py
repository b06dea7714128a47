"""A client's and a clinician's months, one panel below the other, for publication: ordinary figures with axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from .marks import POINTS, ring
from .theme import ATTENTION, DATA, EFFORT, ENGAGEMENT, INK2, LINE, bare, floats, points, require_rows

COLOURS = {"effort": EFFORT, "engagement": ENGAGEMENT}
STAGES = ("precontemplation", "contemplation", "preparation", "action", "maintenance")
SHORT = ("crisis", "precont.", "contempl.", "prepar.", "action", "mainten.")
MONTHS = 9  # that are named below, at most
BESIDE = 0.08  # months between two series of one panel, so that their intervals stand side by side
BETWEEN = 0.085  # of the height, above a panel: its name
P_AXIS = (-0.03, 1.03)


def draw_client_story(table: pd.DataFrame, ax: Axes, *, missing: str = "not enough data") -> Axes:
    """A client's months: stage and crises where recorded, effort ■ and engagement ○, and the gap, with 90 % lines.

    `table`, oldest first: month, effort, engagement and gap with `_low` and `_high` (SD; NaN = a dashed ring), stage (a
    word, or missing) and crisis (share of sessions, or missing), as `Exploration.client_story` gives them. The panels
    are children of `ax`, which itself shows nothing. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_client_story
    >>> values = pd.DataFrame({"effort": [1.0, None], "engagement": [0.2, -0.1], "gap": [0.8, None]})
    >>> table = values.join([(values - 0.5).add_suffix("_low"), (values + 0.5).add_suffix("_high")])
    >>> table = table.assign(month=["2026-04", "2026-05"], stage=["action", None], crisis=[0.0, 0.5])
    >>> ax = draw_client_story(table, Figure().add_subplot())
    >>> [(panel.get_title("left"), panel.get_title("right")) for panel in ax.child_axes[1:]]
    [('effort and engagement, SD', '◌ not enough data'), ('gap, SD', '◌ not enough data')]
    """
    require_rows(table, "months")
    events, both, gap = _panels(ax, (0.3, 0.42, 0.28), table)
    _events(events, table)
    _name(events, "stage of change and crises")
    _name(both, "effort and engagement, SD", _series(both, table, ("effort", "engagement")) and missing)
    both.legend(loc="upper left", frameon=False, fontsize=points(12), ncols=2)
    _name(gap, "gap, SD", _series(gap, table, ("gap",)) and missing)
    return ax


def draw_clinician_story(table: pd.DataFrame, ax: Axes, *, missing: str = "not enough data") -> Axes:
    """A clinician's months: shift against the own earlier level, compensation, both with 90 % lines, P(over-invested).

    `table`, oldest first: month, own_shift and compensation with `_low` and `_high` (SD), p_over_invested (0–1); NaN =
    a dashed ring; as `Exploration.clinician_story` gives them. The panels are children of `ax`, which itself shows
    nothing. Raises ValueError for an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_clinician_story
    >>> values = pd.DataFrame({"own_shift": [0.1, 0.9], "compensation": [0.0, 1.1]})
    >>> table = values.join([(values - 0.5).add_suffix("_low"), (values + 0.5).add_suffix("_high")])
    >>> table = table.assign(month=["2026-04", "2026-05"], p_over_invested=[0.1, 0.9])
    >>> ax = draw_clinician_story(table, Figure().add_subplot())
    >>> [panel.get_title("left") for panel in ax.child_axes]
    ['own shift, SD', 'compensation, SD', 'P(over-invested)']
    """
    require_rows(table, "months")
    panels = _panels(ax, (0.36, 0.36, 0.28), table)
    names = {"own_shift": "own shift, SD", "compensation": "compensation, SD", "p_over_invested": "P(over-invested)"}
    for panel, (name, words) in zip(panels, names.items(), strict=True):
        _name(panel, words, _series(panel, table, (name,)) and missing)
    panels[-1].set(ylim=P_AXIS, yticks=(0, 0.5, 1))
    return ax


def _ordinals(table: pd.DataFrame) -> np.ndarray:
    return np.asarray(pd.PeriodIndex(table["month"].astype(str), freq="M").asi8, dtype=float)


def _panels(ax: Axes, shares: Sequence[float], table: pd.DataFrame) -> list[Axes]:
    """Panels with one axis of months, named below the lowest; `shares` of the height from top to bottom."""
    bare(ax)
    x = _ordinals(table)
    months = np.arange(x[0], x[-1] + 1)
    named = months[:: max(1, int(np.ceil(len(months) / MONTHS)))]
    panels: list[Axes] = []
    top = 1.0
    for share in shares:
        panel = ax.inset_axes((0, top - share, 1, share - BETWEEN))
        top -= share
        panel.set(xlim=(x[0] - 0.5, max(x[-1], x[0] + 1) + 0.5))
        panel.set_xticks(named, [])
        panel.grid(axis="x", color=LINE, linewidth=points(0.75))
        panel.set_axisbelow(True)
        panel.tick_params(labelsize=points(12))
        panel.spines[["top", "right"]].set_visible(False)
        panels.append(panel)
    panels[-1].set_xticks(named, [str(pd.Period(ordinal=int(month), freq="M")) for month in named])
    return panels


def _name(ax: Axes, words: str, missing: str | bool = "") -> None:
    """What a panel shows, above it, and what its dashed rings mean."""
    for place, said in (("left", words), ("right", f"◌ {missing}" if missing else "")):
        ax.set_title(said, loc=place, fontsize=points(12), pad=points(4), color=INK2)  # type: ignore[arg-type]


def _series(ax: Axes, table: pd.DataFrame, names: Sequence[str]) -> bool:
    """Values with their intervals over the months; a line stops at a month without a value. Whether there is one."""
    months = _ordinals(table)
    unknown = np.zeros(len(table), dtype=bool)
    for place, name in enumerate(names):
        x = months + BESIDE * (2 * place - len(names) + 1)
        value, colour = floats(table[name]), COLOURS.get(name, DATA)
        marker, size, fill, outline, width = POINTS[name if name in COLOURS else "data"]
        if f"{name}_low" in table:
            ends = floats(table[f"{name}_low"]), floats(table[f"{name}_high"])
            ax.vlines(x, *ends, color=colour, linewidth=points(2), alpha=0.55)
        looks: dict[str, Any] = {"markerfacecolor": fill, "markeredgecolor": outline, "markeredgewidth": points(width)}
        mark: dict[str, Any] = {
            "marker": marker,
            "markersize": points(size),
            "zorder": 3,
            "label": name.replace("_", " "),
        }
        ax.plot(x, value, color=colour, linewidth=points(1.5), **mark, **looks)
        unknown |= np.isnan(value)
    low, high = ax.get_ylim()
    if not unknown.all():
        room = 0.12 * (high - low)
        ax.set_ylim(low - room, high + (2.2 * room if len(names) > 1 else room))
    if not (names[0].startswith("p_")):
        ax.axhline(0, color=INK2, linewidth=points(1), zorder=1)
    bottom = ax.get_ylim()[0] + 0.06 * np.ptp(ax.get_ylim())
    ring(ax, months[unknown], np.full(unknown.sum(), bottom))
    return bool(unknown.any())


def _events(ax: Axes, table: pd.DataFrame) -> None:
    """The stage of every month on its five steps, and a mark in months with a crisis, as high as is recorded."""
    x = _ordinals(table)
    steps = {stage: step for step, stage in enumerate(STAGES, start=1)}
    stage = np.array([steps.get(str(word), np.nan) for word in table["stage"]], dtype=float)
    crisis = floats(table["crisis"]) > 0
    ax.plot(x, stage, "o-", color=DATA, markersize=points(6), linewidth=points(1.5))
    ax.plot(x[crisis], np.zeros(crisis.sum()), "D", color=ATTENTION, markersize=points(7))
    if np.isnan(stage).all() and not crisis.any():
        words = "neither stage nor crisis recorded"
        ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", fontsize=points(12), color=INK2)
    ax.set_yticks(range(len(SHORT)), SHORT)
    ax.tick_params(axis="y", labelsize=points(10))
    ax.set_ylim(-0.6, len(STAGES) + 0.6)
