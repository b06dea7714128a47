"""A figure for a page: drawn once on Axes that have nothing but the plot's own marks, and written as SVG."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.spines import Spine
from matplotlib.transforms import Transform

from .svg import SvgRenderer
from .theme import DPI, STYLE, WIDTH, points


def markup(plot: Callable[..., Axes], table: pd.DataFrame, height: int, labels: Mapping[str, str]) -> str:
    """The drawing `plot(table, ax, **labels)` as the inside of an SVG element of `WIDTH` × `height` px.

    Its ids begin with `PREFIX`. The same table gives the same text in every process, whatever the user's matplotlib
    settings are; none of them is changed, and pyplot knows nothing of it. Raises what `plot` raises: ValueError for a
    table without rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.figures import height_of, markup, plot_coverage
    >>> table = pd.DataFrame({"label": ["contacts", "notes"], "side": "effort", "share": [1.0, 0.25]})
    >>> svg = markup(plot_coverage, table, height_of("plot_coverage", table), {"effort": "what you give"})
    >>> ">what you give</text>" in svg, ">25%</text>" in svg
    (True, True)
    """
    with matplotlib.rc_context(_changes()):
        figure = Figure(figsize=(WIDTH / DPI, height / DPI), dpi=DPI, facecolor="none")
        bare = figure.add_axes(BareAxes(figure, (0, 0, 1, 1)))
        getattr(plot, "__wrapped__", plot)(table, bare, **labels)  # the height is the page's choice
        renderer = SvgRenderer(height)
        figure.draw(renderer)
    return renderer.markup


def picture(
    draw: Callable[..., Axes], table: pd.DataFrame, *, title: str = "", size: tuple[float, float] = (7, 5)
) -> bytes:
    """The drawing `draw(table, ax)` on a figure of its own, below its title, as a PNG of `size` inches at `DPI`.

    As with `markup`, nobody's settings matter or change, and pyplot knows nothing of it. Raises what `draw` raises.

    Examples
    --------
    >>> import pandas as pd
    >>> from caseload.figures import draw_client_months, picture
    >>> table = pd.DataFrame({"effort": [1.0, -1.0], "engagement": [0.5, 2.0]})
    >>> png = picture(draw_client_months, table, title="Client-months", size=(3, 3))
    >>> png[1:4]
    b'PNG'
    """
    written = BytesIO()
    with matplotlib.rc_context(_changes()):
        figure = Figure(figsize=size, dpi=DPI, facecolor="white", layout="constrained")
        draw(table, figure.add_subplot()).set_title(title, fontsize=points(15))
        figure.savefig(written, format="png", facecolor="white")
    return written.getvalue()


@cache
def _settings() -> dict[Any, Any]:
    """matplotlib's defaults and the figures' own: a reader's matplotlibrc does not change a report."""
    defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if "backend" not in name}
    return defaults | STYLE


def _changes() -> dict[Any, Any]:
    """Those of `_settings` that are not so already: each one set is checked by matplotlib, which takes time."""
    current = matplotlib.rcParams
    return {name: value for name, value in _settings().items() if current[name] != value}


class _Bare:
    """An axis that nobody sees and that therefore makes no ticks: they would be half the cost of a small drawing."""

    def set_clip_path(self, path: Any, transform: Transform | None = None) -> None:
        Artist.set_clip_path(self, path, transform)  # type: ignore[arg-type]

    def set_tick_params(self, *args: Any, **kwargs: Any) -> None: ...

    def grid(self, *args: Any, **kwargs: Any) -> None: ...


class _BareX(_Bare, XAxis): ...


class _BareY(_Bare, YAxis): ...


class _Frame(Rectangle):
    """The unit square of an Axes: its transform is the Axes' own, which every clipped artist asks for."""

    def get_transform(self) -> Transform:
        return Artist.get_transform(self)


class BareAxes(Axes):
    """Axes without frame and ticks, by the hooks that matplotlib has for projections; the plots leave both away."""

    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _BareX(self, clear=False), _BareY(self, clear=False)

    def _gen_axes_spines(self, *args: Any, **kwargs: Any) -> dict[str, Spine]:
        return {}

    def _gen_axes_patch(self) -> Patch:
        return _Frame((0, 0), 1, 1)
