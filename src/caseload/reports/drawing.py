"""Figures as inline SVG: one drawing for light, dark and paper, with words that can be selected and read aloud.

The markup is fit for a page: no address, no date, no rule that would leak into the page, colours as the stylesheet's
properties with themselves as fallback, and ids that no other figure has.
"""

from __future__ import annotations

import dataclasses
import hashlib
from functools import lru_cache
from html import escape

import pandas as pd

from caseload import figures
from caseload.figures.lettering import clean

from . import views

DEFAULT_HEIGHT = next(field.default for field in dataclasses.fields(views.Figure) if field.name == "height")
REMEMBERED = 16  # drawings; a report has about ten, and its two copies are made one after the other


def draw(figure: views.Figure) -> str:
    """`figure` as `<svg class="fig">` markup, 420 px wide; the same figure gives the same text.

    A view that keeps the default height gets the height its drawing wants. Figures that differ in their words alone,
    such as those of a report's two copies, are drawn once. Raises ValueError for a table without rows.
    """
    height = figures.height_of(figure.plot, figure.table) if figure.height == DEFAULT_HEIGHT else figure.height
    content = repr((figure.table.index.tolist(), figure.table.to_dict("list")))
    marks = _marks(_Drawing(figure.plot, height, tuple(sorted(figure.labels.items())), content, figure.table))
    prefix = digest(marks, figure.title, figure.alt)
    box = f"0 0 {figures.WIDTH} {height}"
    body = marks.replace(figures.PREFIX, prefix)
    return opening("fig", box, prefix, figure.title, figure.alt) + f'<g stroke-linejoin="round">{body}</g></svg>'


def opening(css_class: str, box: str, prefix: str, title: str, description: str) -> str:
    """The start tag of a drawing with its accessible name and description."""
    return (
        f'<svg class="{css_class}" viewBox="{box}" role="img" aria-labelledby="{prefix}t {prefix}d" focusable="false">'
        f'<title id="{prefix}t">{escape(clean(title))}</title><desc id="{prefix}d">{escape(clean(description))}</desc>'
    )


def digest(*content: object) -> str:
    """A prefix for ids; it begins with a letter that no hexadecimal number has."""
    return "g" + hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:10]


@dataclasses.dataclass(frozen=True)
class _Drawing:
    """All that a drawing's marks depend on; two with the same content are one."""

    plot: str
    height: int
    labels: tuple[tuple[str, str], ...]
    content: str  # every value of the table, written so that it could be read back
    table: pd.DataFrame = dataclasses.field(compare=False, repr=False)


@lru_cache(maxsize=REMEMBERED)
def _marks(drawing: _Drawing) -> str:
    marks = figures.markup(getattr(figures, drawing.plot), drawing.table, drawing.height, dict(drawing.labels))
    assert sum(map(marks.count, ("<path", "<use", "<text"))) > 2, f"{drawing.plot} drew nothing"
    return marks
