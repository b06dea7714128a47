"""The figures of a package, drawn from the published numbers alone. A further one is a further line of `FIGURES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from caseload import figures
from caseload.estimates.balance import COMPENSATION_THRESHOLD
from caseload.figures.saving import drawn, figure_bytes


@dataclass(frozen=True)
class ResearchFigure:
    """One figure: its file's name, the published table it is made from, how, and what to say below it.

    `of` makes of that table what `draw` (a name of `caseload.figures`) takes; a figure that has no row is left out.
    """

    name: str
    table: str
    draw: str
    of: Callable[[pd.DataFrame], pd.DataFrame]
    caption: str
    height_mm: float
    labels: Mapping[str, Any] = field(default_factory=dict)


def _newest_compensation(months: pd.DataFrame) -> pd.DataFrame:
    """Of each clinician the last month that has one."""
    known = months[months["compensation"].notna()].groupby("clinician").tail(1)
    return known.rename(columns={"clinician": "clinician_id"})


def _both(months: pd.DataFrame) -> pd.DataFrame:
    return months[["effort", "engagement"]].dropna()


FIGURES = (
    ResearchFigure(
        "figure_client_months",
        "client_months",
        "draw_client_months",
        _both,
        "Effort and engagement of every client-month (posterior means). On the line both are equal; above it lies the "
        "gap.",
        85,
    ),
    ResearchFigure(
        "figure_compensation",
        "clinician_months",
        "draw_slopes",
        _newest_compensation,
        "Compensation of each clinician in the last month that has one, with its 90 % interval, in the order of their "
        f"numbers here. Above {COMPENSATION_THRESHOLD:g} a clinician counts as compensating.",
        70,
        {"ylabel": "clinicians"},
    ),
)


def figure_files(frames: Mapping[str, pd.DataFrame]) -> dict[str, bytes]:
    """File name → content, each figure as SVG and as PDF."""
    files: dict[str, bytes] = {}
    for each in FIGURES:
        table = each.of(frames[each.table]) if each.table in frames else pd.DataFrame()
        if len(table):
            figure = drawn(getattr(figures, each.draw), table, each.height_mm, **each.labels)
            files |= {f"{each.name}.{kind}": figure_bytes(figure, kind) for kind in ("svg", "pdf")}
    return files


def captions(names: Mapping[str, bytes]) -> dict[str, str]:
    """Name → caption of the figures among these files."""
    return {each.name: each.caption for each in FIGURES if f"{each.name}.svg" in names}
