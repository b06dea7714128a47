"""Drawings as SVG markup: a matplotlib renderer that writes what a page takes, and nothing to be stripped afterwards.

Coordinates are CSS pixels of the native width. Colours of the palette are the stylesheet's properties with themselves
as fallback. Words are `<text>` placed by their anchor: the browser knows how wide they are, so no font is opened.
matplotlib's own SVG backend lays every word out, writes addresses and a style rule, and costs several times as much.
"""

from __future__ import annotations

from functools import cache
from html import escape
from typing import Any

import numpy as np
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.colors import to_hex
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from .theme import DPI, PALETTE, WIDTH

PREFIX = "\0"
"""Begins every id; whoever uses the markup puts its own prefix there (words hold no control characters)."""
PROPERTIES = {colour: f"var(--{name}, {colour})" for name, colour in PALETTE.items()}
COMMANDS = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "z"}
ANCHORS = {"left": "", "center": "text-anchor:middle;", "right": "text-anchor:end;"}
HATCH_TILE = 100  # px; matplotlib repeats its hatches every inch
PX = DPI / 72  # of a point


class SvgRenderer(RendererBase):
    """Collects a figure's marks as SVG; `markup` is all of it, with `PREFIX` for what makes its ids its own.

    For figures of `DPI` pixels to the inch. Paths, markers and the words of `lettering.write` are drawn, clipped by
    rectangles at most; NotImplementedError for images and for text that is not from there.
    """

    def __init__(self, height: float) -> None:
        super().__init__()
        self.height = height
        self._marks: list[tuple[str, str]] = []  # attributes of a path and its outline; or "" and a whole element
        self._definitions: dict[tuple[str, str], str] = {}  # element and what it says: its id

    @property
    def markup(self) -> str:
        """Definitions, then every mark in the order of drawing."""
        defined = "".join(f'<{tag} id="{name}"{rest}' for (tag, rest), name in self._definitions.items())
        marks = "".join(f'<path d="{said}"{look}/>' if look else said for look, said in self._marks)
        return (f"<defs>{defined}</defs>" if defined else "") + marks

    def points_to_pixels(self, points: Any) -> Any:
        """Pixels of a length in points."""
        return points * PX

    def flipy(self) -> bool:
        """SVG counts downwards."""
        return True

    def get_canvas_width_height(self) -> tuple[float, float]:
        """Of the whole figure, px."""
        return float(WIDTH), self.height

    def draw_path(self, gc: GraphicsContextBase, path: Path, transform: Transform, rgbFace: Any = None) -> None:
        """One path. Lines alike that follow one another, such as a grid's, become one element."""
        look = self._look(gc, rgbFace)
        outline = _outline(path, transform, self.height) if look else ""
        if not outline:
            return
        look += self._clip(gc)
        if self._marks and self._marks[-1][0] == look and "fill:none" in look:
            outline = self._marks.pop()[1] + outline
        self._marks.append((look, outline))

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Transform,
        path: Path,
        trans: Transform,
        rgbFace: Any = None,
    ) -> None:
        """The same mark at every point of `path`: defined once, then used.

        Clipped ones are written out instead, because the clip of a used mark moves along with it.
        """
        look, clip = self._look(gc, rgbFace), self._clip(gc)
        outline = _outline(marker_path, marker_trans, 0)
        if not look or not outline:
            return
        places = np.asarray(trans.transform(path.vertices))
        for x, y in places[np.isfinite(places).all(axis=1)].tolist():
            if clip:
                there = marker_trans + Affine2D().translate(x, y)
                self._marks.append((look + clip, _outline(marker_path, there, self.height)))
            else:
                name = self._define("path", f' d="{outline}"{look}/>')
                self._marks.append(("", f'<use href="#{name}" {self._place(x, y)}/>'))

    def draw_words(self, words: Text) -> None:
        """Words at their anchor on their baseline."""
        x, y = words.get_transform().transform(words.get_position())
        font = words.get_fontsize(), words.get_fontweight(), words.get_horizontalalignment()
        style, said = _lettering(str(words.get_color()), *font), escape(words.get_text(), quote=False)
        self._marks.append(("", f'<text {self._place(x, y)} style="{style}">{said}</text>'))

    def draw_text(self, *args: Any, **kwargs: Any) -> None:
        """Refused: laid out by matplotlib it would be outlines, which nobody can select or have read aloud."""
        raise NotImplementedError("The words of a figure come from `lettering.write`.")

    def _place(self, x: float, y: float) -> str:
        return f'x="{_short(x)}" y="{_short(self.height - y)}"'

    def _define(self, tag: str, rest: str) -> str:
        """The id of a definition; what is defined already is not written again."""
        return self._definitions.setdefault((tag, rest), f"{PREFIX}-{len(self._definitions)}")

    def _look(self, gc: GraphicsContextBase, face: Any) -> str:
        """Fill and stroke as a style attribute; "" where neither would show."""
        alpha = gc.get_alpha() if gc.get_forced_alpha() else None
        fill, stroke = self._fill(gc, face, alpha), self._stroke(gc, alpha)
        if not stroke and fill == "fill:none":
            return ""
        faint = "" if alpha in (None, 1) else f";opacity:{_short(alpha)}"
        return f' style="{fill}{stroke}{faint}"'

    def _fill(self, gc: GraphicsContextBase, face: Any, alpha: float | None) -> str:
        if gc.get_hatch() is not None:
            return f"fill:url(#{self._hatch(gc)})"
        if face is None or (len(face) == 4 and face[3] == 0):
            return "fill:none"
        faint = f";fill-opacity:{_short(face[3])}" if alpha is None and len(face) == 4 and face[3] != 1 else ""
        return f"fill:{_colour(*face[:3])}{faint}"

    def _stroke(self, gc: GraphicsContextBase, alpha: float | None) -> str:
        width, colour = gc.get_linewidth() * PX, gc.get_rgb()
        if not width or colour[3] == 0:
            return ""
        said = f";stroke:{_colour(*colour[:3])};stroke-width:{_short(width)}"
        if alpha is None and colour[3] != 1:
            said += f";stroke-opacity:{_short(colour[3])}"
        offset, dashes = gc.get_dashes()
        if dashes is not None:
            said += f";stroke-dasharray:{','.join(_short(length * PX) for length in np.asarray(dashes, dtype=float))}"
            said += f";stroke-dashoffset:{_short(offset * PX)}" if offset else ""
        if gc.get_joinstyle() != "round":  # what the page's group of marks has
            said += f";stroke-linejoin:{gc.get_joinstyle()}"
        cap = {"projecting": "square"}.get(gc.get_capstyle(), gc.get_capstyle())
        return said if cap == "butt" else f"{said};stroke-linecap:{cap}"

    def _hatch(self, gc: GraphicsContextBase) -> str:
        colour = _colour(*gc.get_hatch_color()[:3])
        lines = _outline(gc.get_hatch_path(), Affine2D().scale(HATCH_TILE), HATCH_TILE)
        style = f"fill:{colour};stroke:{colour};stroke-width:{_short(gc.get_hatch_linewidth() * PX)}"
        size = f'width="{HATCH_TILE}" height="{HATCH_TILE}"'
        path = f'<path d="{lines}" style="{style};stroke-linejoin:miter"/>'
        return self._define("pattern", f' patternUnits="userSpaceOnUse" {size}>{path}</pattern>')

    def _clip(self, gc: GraphicsContextBase) -> str:
        box = gc.get_clip_rectangle()
        if box is None:
            return ""
        corner = f'x="{_short(box.x0)}" y="{_short(self.height - box.y1)}"'
        size = f'width="{_short(box.width)}" height="{_short(box.height)}"'
        return f' clip-path="url(#{self._define("clipPath", f"><rect {corner} {size}/></clipPath>")})"'


def _outline(path: Path, transform: Transform, height: float) -> str:
    """SVG path data in hundredths of a pixel, counted down from `height`; what is missing breaks the line."""
    cleaned = path.cleaned(transform, remove_nans=True, curves=True)
    said, last = "", None
    places = np.round(np.asarray(cleaned.vertices) * (1, -1) + (0, height), 2) + 0.0  # no minus zero
    for (x, y), code in zip(places.tolist(), np.asarray(cleaned.codes).tolist(), strict=True):
        if code == Path.STOP:
            break
        said += COMMANDS[code] if code != last or code == Path.MOVETO else " "
        said += f"{x:.10g} {y:.10g}" if code != Path.CLOSEPOLY else ""
        last = code
    return said if last != Path.MOVETO else ""


def _short(value: float) -> str:
    """A number with two decimals at most."""
    return f"{round(float(value), 2) + 0.0:.10g}"


@cache
def _colour(red: float, green: float, blue: float) -> str:
    """A colour of the palette as the stylesheet's property, another one as it is."""
    colour = to_hex((red, green, blue))
    return PROPERTIES.get(colour, colour)


@cache
def _lettering(colour: str, size: float, weight: str, align: str) -> str:
    bold = "font-weight:700;" if weight == "bold" else ""
    return f"{bold}font-size:{_short(size * PX)}px;{ANCHORS[align]}fill:{PROPERTIES.get(colour, colour)}"
