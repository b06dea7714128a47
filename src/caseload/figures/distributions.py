"""How values spread and go on, by clinician: seaborn's own plots in the theme of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter

from .theme import DATA, INK2, LINE, points, require_rows, style

if TYPE_CHECKING:
    from seaborn import FacetGrid


def draw_distributions(table: pd.DataFrame, ax: Axes, *, value: str = "gap", by: str = "clinician_id") -> Axes:
    """Every value of each clinician, with their median and the middle half of them as a line, in order of id.

    Parameters
    ----------
    table
        One row a value, such as `Exploration.clients`: the columns `by` and `value`. Rows without a value are left out.
    ax
        Where to draw.
    value
        The column of numbers, in its own unit.
    by
        The column of ids, one row each; this is no ranking.

    Raises
    ------
    ValueError
        Where no row has a value.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> from caseload.figures import draw_distributions
    >>> table = pd.DataFrame({"clinician_id": ["C02", "C01", "C01"], "gap": [0.1, 0.4, -0.2]})
    >>> ax = draw_distributions(table, Figure().add_subplot())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['C01', 'C02']
    """
    import seaborn as sns  # here, as in `style`: a report does without it

    known = table[[by, value]].dropna()
    require_rows(known, "values")
    known = known.assign(**{by: known[by].astype(str)})
    order = sorted(known[by].unique())
    looks: dict[str, Any] = {"color": INK2, "linestyle": "none", "marker": "|", "markersize": points(14)}
    with style():
        sns.stripplot(known, x=value, y=by, order=order, color=DATA, alpha=0.4, size=points(4), jitter=0.2, ax=ax)
        sns.pointplot(known, x=value, y=by, order=order, estimator="median", errorbar=("pi", 50), ax=ax, **looks)
    ax.set(ylabel="clinicians by id" if by == "clinician_id" else by)
    return ax


def small_multiples(
    table: pd.DataFrame, value: str = "own_shift", *, by: str = "clinician_id", columns: int = 4
) -> FacetGrid:
    """One small chart for each clinician, in order of id: the months' values with their intervals, on shared axes.

    Parameters
    ----------
    table
        One row for each clinician and month, such as `Exploration.clinicians`: `by`, `month`, `value`, and the ends of
        its interval `<value>_low` and `<value>_high` where there is one. A month without a value is a gap.
    value
        The column of numbers, in its own unit.
    by
        The column of ids.
    columns
        How many charts stand in a row.

    Returns
    -------
    seaborn.FacetGrid
        A figure of its own, with `savefig`.

    Raises
    ------
    ValueError
        For an empty table.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.figures import small_multiples
    >>> months = pd.period_range("2026-01", periods=3, freq="M")
    >>> table = pd.DataFrame({"clinician_id": "C01", "month": months, "gap": [0.1, None, 0.4]})
    >>> small_multiples(table, "gap").axes.size
    1
    """
    import seaborn as sns

    require_rows(table, "months")
    months = pd.PeriodIndex(table["month"], freq="M").to_timestamp()
    known = table.assign(month=months)
    known[by] = known[by].astype(str)
    low, high = f"{value}_low", f"{value}_high"

    def draw(axes: Axes, data: pd.DataFrame) -> None:
        axes.axhline(0, color=LINE, linewidth=points(1), zorder=0)
        if {low, high} <= set(data):
            axes.fill_between(data["month"], data[low].astype(float), data[high].astype(float), color=DATA, alpha=0.15)
        axes.plot(data["month"], data[value].astype(float), color=DATA, linewidth=points(1.75), marker=".")

    with style():
        grid = sns.FacetGrid(
            known.sort_values([by, "month"]), col=by, col_order=sorted(known[by].unique()), col_wrap=columns,
            height=1.7, aspect=1.4,
        )  # fmt: skip
        for place, data in grid.facet_data():
            draw(grid.facet_axis(*place[:2]), data)
        grid.set_titles("{col_name}").set_axis_labels("", value.replace("_", " ") + ", SD")
        for axes in grid.axes.flat:
            axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=4))
            axes.xaxis.set_major_formatter(DateFormatter("%b %y"))
    return grid
