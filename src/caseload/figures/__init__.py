"""Figures: `plot_*(table, ax) -> Axes`. They draw the tables they are given and compute no statistics.

The room imports no other room of the package and is the only home of seaborn and matplotlib styling. A drawing of a
page has a native width of 420 px; `height_of` says how high it wants to be. On smaller Axes, such as those of a grid,
it is drawn smaller. `draw_*(table, ax) -> Axes` are ordinary figures with axes, for publication.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from .balance import height_compensation, height_effort_engagement, plot_compensation, plot_effort_engagement
from .client_months import draw_client_months
from .coverage import height_coverage, plot_coverage
from .distributions import draw_distributions, small_multiples
from .export import markup, picture
from .funnel import height_funnel, plot_funnel
from .loadings import draw_loadings
from .power import draw_power, height_detection, plot_detection
from .recording import height_recording, plot_recording
from .saving import save_figure
from .selfcare import height_after_hours, height_plan, plot_after_hours, plot_plan
from .sensitivity import draw_sensitivity
from .slopes import draw_slopes
from .stage import height_stage_interventions, plot_stage_interventions
from .stories import draw_client_story, draw_clinician_story
from .support import height_supports, height_surveys, plot_supports, plot_surveys
from .surface import draw_contours, draw_relief
from .svg import PREFIX
from .theme import DPI, PALETTE, WIDTH, style
from .trend import height_xmr, plot_xmr
from .validity import height_rates, height_recovery, height_scores, plot_rates, plot_recovery, plot_scores

__all__ = [
    "DPI",
    "PALETTE",
    "PREFIX",
    "WIDTH",
    "draw_client_months",
    "draw_client_story",
    "draw_clinician_story",
    "draw_contours",
    "draw_distributions",
    "draw_loadings",
    "draw_power",
    "draw_relief",
    "draw_sensitivity",
    "draw_slopes",
    "height_of",
    "markup",
    "picture",
    "plot_after_hours",
    "plot_compensation",
    "plot_coverage",
    "plot_detection",
    "plot_effort_engagement",
    "plot_funnel",
    "plot_plan",
    "plot_rates",
    "plot_recording",
    "plot_recovery",
    "plot_scores",
    "plot_stage_interventions",
    "plot_supports",
    "plot_surveys",
    "plot_xmr",
    "save_figure",
    "small_multiples",
    "style",
]

_HEIGHTS: dict[str, Callable[[pd.DataFrame], int]] = {
    "plot_after_hours": height_after_hours,
    "plot_compensation": height_compensation,
    "plot_coverage": height_coverage,
    "plot_detection": height_detection,
    "plot_effort_engagement": height_effort_engagement,
    "plot_funnel": height_funnel,
    "plot_plan": height_plan,
    "plot_rates": height_rates,
    "plot_recording": height_recording,
    "plot_recovery": height_recovery,
    "plot_scores": height_scores,
    "plot_stage_interventions": height_stage_interventions,
    "plot_supports": height_supports,
    "plot_surveys": height_surveys,
    "plot_xmr": height_xmr,
}


def height_of(plot: str, table: pd.DataFrame) -> int:
    """Pixels that the drawing `plot`, the name of a `plot_*`, of this table wants to be high, at `WIDTH` px wide.

    Raises KeyError for any other name.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import DPI, WIDTH, height_of, plot_coverage
    >>> table = pd.DataFrame({"label": ["contacts", "notes"], "side": "effort", "share": [1.0, 0.25]})
    >>> height = height_of("plot_coverage", table)
    >>> height
    90
    >>> ax = plot_coverage(table, Figure(figsize=(WIDTH / DPI, height / DPI)).add_axes((0, 0, 1, 1)))
    """
    return _HEIGHTS[plot](table)
