"""A figure as a file for a journal: SVG or PDF of a column's width, the same bytes each time, without date or maker."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from caseload.writing.whole import write_file

from .theme import STYLE

ONE_COLUMN, TWO_COLUMNS = 85.0, 174.0
"""Millimetres: what most journals of the field ask for."""
MM = 25.4  # of an inch
_NOTHING_OF_THE_MAKER = {
    "svg": {"Creator": None, "Date": None, "Format": None, "Type": None},
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
}
FORMATS = tuple(_NOTHING_OF_THE_MAKER)
# Words stay words (SVG) and fonts are embedded as outlines that can be searched and edited (PDF, TrueType).
_SAVED: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "caseload", "pdf.fonttype": 42, "figure.dpi": 72}


def save_figure(
    figure: Figure | Axes, path: str | os.PathLike[str], *, width_mm: float = ONE_COLUMN, height_mm: float | None = None
) -> None:
    """Write a figure for publication, as SVG or PDF by the suffix of `path`.

    The same figure gives the same bytes, on whatever day: no date, no maker and nothing drawn by chance is in the file.
    Words stay text, a PDF carries its fonts. What the figure itself says is written as it is: identifiers in its labels
    are yours to leave out. The figure keeps its size and matplotlib its settings; a file that exists is replaced by a
    complete one; a new one is readable by its owner alone.

    Parameters
    ----------
    figure
        A matplotlib figure, or the Axes of one.
    path
        Ends in `.svg` or `.pdf`.
    width_mm
        Millimetres: 85 for one column of most journals, 174 for two.
    height_mm
        Millimetres; None: as high for its width as the figure is.

    Raises
    ------
    ValueError
        For another suffix, for a size that is not above 0, and for Axes without a figure.
    OSError
        Where the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from matplotlib.figure import Figure
    >>> import caseload
    >>> ax = Figure(layout="constrained").add_subplot(xlabel="engagement, SD", ylabel="effort, SD")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     caseload.save_figure(ax, f"{folder}/figure.svg", width_mm=85)
    ...     text = Path(folder, "figure.svg").read_text(encoding="utf-8")
    >>> "engagement, SD</text>" in text, "date" in text
    (True, False)
    """
    file = Path(path)
    kind = file.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ValueError(f"a figure is written as .{' or .'.join(FORMATS)}, not as {file.suffix or 'a name without'!r}")
    content = figure_bytes(figure, kind, width_mm, height_mm)
    write_file(file, content)


def figure_bytes(
    figure: Figure | Axes, kind: str, width_mm: float = ONE_COLUMN, height_mm: float | None = None
) -> bytes:
    """What `save_figure` writes; `kind` is `svg` or `pdf`."""
    whole = _whole(figure)
    wide, high = (float(side) for side in whole.get_size_inches())
    width = width_mm / MM
    height = width * high / wide if height_mm is None else height_mm / MM
    if not (width > 0 and height > 0):
        raise ValueError("width_mm and height_mm must be above 0")
    written = io.BytesIO()
    try:
        whole.set_size_inches(width, height)
        with matplotlib.rc_context(_SAVED):
            whole.savefig(written, format=kind, bbox_inches=None, metadata=_NOTHING_OF_THE_MAKER[kind])
    finally:
        whole.set_size_inches(wide, high)
    return written.getvalue()


def drawn(draw: Callable[..., Axes], table: pd.DataFrame, height_mm: float, **labels: Any) -> Figure:
    """A figure of one column's width with nothing but `draw(table, ax, **labels)`, in the figures' own style."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(ONE_COLUMN / MM, height_mm / MM), layout="constrained")
        draw(table, figure.add_subplot(), **labels)
    return figure


def _whole(figure: Figure | Axes) -> Figure:
    whole: Figure | SubFigure | None = figure.get_figure(root=True) if isinstance(figure, Axes) else figure
    if not isinstance(whole, Figure):
        raise ValueError("save_figure takes a matplotlib figure, or the Axes of one")
    return whole
