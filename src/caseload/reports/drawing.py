"""Figures as inline SVG: one drawing for light, dark and paper, with words that can be selected and read aloud.

matplotlib's SVG is made fit for a page: no address, no date, no rule that would leak into the page, colours as the
stylesheet's properties with themselves as fallback, and ids that no other figure has.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import math
import re
import warnings
from collections.abc import Callable
from html import escape
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from caseload import figures
from caseload.figures.lettering import clean

from . import views

SVG_SETTINGS: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "caseload"}
NOTHING_OPTIONAL = dict.fromkeys(("Date", "Creator", "Format", "Type"))
PROPERTIES = {colour: f"var(--{name}, {colour})" for name, colour in figures.PALETTE.items()}
HEX = re.compile(r"#[0-9a-f]{6}\b")
LONG_FRACTION = re.compile(r"(\.\d\d)\d+")
FONT_FAMILY = re.compile(r"font-family: [^;]*;?\s*")
GEOMETRY = ("d", "x", "y", "width", "height", "transform")
PAINT = ("style", "fill", "stroke")
DEFAULT_HEIGHT = next(field.default for field in dataclasses.fields(views.Figure) if field.name == "height")


def draw(figure: views.Figure) -> str:
    """`figure` as `<svg class="fig">` markup, 420 px wide; the same figure gives the same text.

    A view that keeps the default height gets the height its drawing wants. Raises ValueError for a table without rows.
    """
    height = figures.height_of(figure.plot, figure.table) if figure.height == DEFAULT_HEIGHT else figure.height
    prefix = _digest(
        figure.plot, figure.table.to_csv(), figure.title, figure.alt, height, sorted(figure.labels.items())
    )
    root = ElementTree.fromstring(_export(figure, height))
    _strip(root)
    _recolour(root)
    _rename_ids(root, prefix)
    marks = sum(1 for element in root.iter() if element.tag in {"path", "use", "text"})
    assert marks > 2, f"{figure.plot} drew nothing"
    body = "".join(ElementTree.tostring(child, encoding="unicode").strip() for child in root)
    to_pixels = f'<g transform="scale({figures.DPI / 72:.6f})" stroke-linejoin="round" stroke-linecap="butt">'
    box = f"0 0 {figures.WIDTH} {height}"
    return opening("fig", box, prefix, figure.title, figure.alt) + to_pixels + body + "</g></svg>"


def opening(css_class: str, box: str, prefix: str, title: str, description: str) -> str:
    """The start tag of a drawing with its accessible name and description."""
    return (
        f'<svg class="{css_class}" viewBox="{box}" role="img" aria-labelledby="{prefix}t {prefix}d" focusable="false">'
        f'<title id="{prefix}t">{escape(clean(title))}</title><desc id="{prefix}d">{escape(clean(description))}</desc>'
    )


def _digest(*content: object) -> str:
    """A prefix for ids; it begins with a letter that no hexadecimal number has."""
    return "g" + hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:10]


def _export(figure: views.Figure, height: int) -> bytes:
    """matplotlib's SVG of the figure, drawn once, without pyplot and without changing any global setting."""
    with figures.style(), matplotlib.rc_context(SVG_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # the reader's browser has its own fonts
        canvas = Figure(figsize=(figures.WIDTH / figures.DPI, height / figures.DPI), dpi=figures.DPI, facecolor="none")
        FigureCanvasSVG(canvas)
        getattr(figures, figure.plot)(figure.table, canvas.add_axes((0, 0, 1, 1)), **figure.labels)
        file = io.BytesIO()
        canvas.savefig(file, format="svg", facecolor="none", metadata=NOTHING_OPTIONAL)
    return file.getvalue()


def _strip(root: Element) -> None:
    """Drop namespaces, metadata and the style rule (inline it would hold for the whole page); shorten numbers."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for name in list(element.attrib):
            if name.startswith("{"):
                element.set(name.rpartition("}")[2], element.attrib.pop(name))
        for name in GEOMETRY:
            if name in element.attrib:
                element.set(name, LONG_FRACTION.sub(r"\1", element.attrib[name]).replace("\n", ""))
        if element.tag == "text":
            element.set("style", FONT_FAMILY.sub("", element.get("style", "")))
            element.attrib.pop("transform", None)  # a rotation by nothing
        elif element.text and not element.text.strip():
            element.text = None
        element.tail = None
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {"metadata", "style"} or (child.tag in {"g", "defs"} and not len(child)):
                parent.remove(child)


def _recolour(root: Element) -> None:
    """Each colour of the palette becomes the stylesheet's property of that name, with the colour as fallback."""
    for element in root.iter():
        for name in PAINT:
            if "#" in element.get(name, ""):
                painted = HEX.sub(lambda found: PROPERTIES.get(found[0], found[0]), element.attrib[name])
                element.set(name, painted)


def _rename_ids(root: Element, prefix: str) -> None:
    """Ids that something refers to are numbered behind `prefix`; the others go."""
    used: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "href" or "url(#" in value:
                for old in re.findall(r"url\(#([\w-]+)\)", value) or [value[1:]]:
                    used.setdefault(old, f"{prefix}-{len(used)}")
                    element.set(name, element.attrib[name].replace(f"#{old}", f"#{used[old]}"))
    for element in root.iter():
        old = element.attrib.pop("id", "")
        if old in used:
            element.set("id", used[old])


SPARK_LEFT, SPARK_RIGHT, SPARK_TOP, SPARK_BOTTOM = 8, 232, 7, 47  # px of a drawing 240 × 54
STATES_WITH_A_TREND = ("raise", "watch", "steady")  # in the others months are dots, joined by nothing
END_MARKS = {
    "raise": ("m0-7 7 7-7 7-7-7z", "fill:{attn};stroke:{paper};stroke-width:1.25"),
    "watch": ("m0-7 6.5 12h-13z", "fill:{paper};stroke:{attn};stroke-width:2;stroke-linejoin:round"),
    "steady": ("m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z", "fill:{data};stroke:{paper};stroke-width:1.25"),
    "dot": ("m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", "fill:{data}"),
    "none": (
        "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",
        "fill:none;stroke:{line2};stroke-width:1.5;stroke-dasharray:2.4 1.3",
    ),
}
COLOURS = {name: f"var(--{name}, {colour})" for name, colour in figures.PALETTE.items()}


def sparkline(spark: views.Spark) -> str:
    """Monthly values in miniature: usual range, line, the newest value's 90 % line, and its state as ◆ △ ●.

    A month without a value breaks the line and is a dashed ring ◌ at the bottom; without enough data the values stay
    single dots. Raises ValueError without any month.
    """
    if not spark.values:
        raise ValueError("There is nothing to draw: the sparkline has no months.")
    across, down = _spark_scales(spark)
    count, body = len(spark.values), ""
    if spark.usual is not None and all(map(math.isfinite, spark.usual)):
        low, high = (down(value) for value in spark.usual)
        size = f'width="{SPARK_RIGHT - SPARK_LEFT}" height="{max(low - high, 1):.1f}"'
        body += f'<rect x="{SPARK_LEFT}" y="{high:.1f}" {size} style="fill:{COLOURS["data"]};opacity:.13"/>'
    body += _spark_line(spark, across, down) + _spark_end(spark, across(count - 1), down)
    title = f"Last {count} months" if count > 1 else "One month"
    return opening("spark fig", "0 0 240 54", _digest(spark), title, spark.alt) + body + "</svg>"


def _spark_scales(spark: views.Spark) -> tuple[Callable[[int], float], Callable[[float], float]]:
    """Where a month stands across and a value down; equal values lie in the middle."""
    known = [value for value in (*spark.values, *(spark.usual or ())) if math.isfinite(value)] or [0.0]
    room = 0.35 * (max(known) - min(known))
    ends = [value for value in (spark.low, spark.high) if value is not None and math.isfinite(value)]
    bottom = max(min([*known, *ends]), min(known) - room)
    span, last = min(max([*known, *ends]), max(known) + room) - bottom, len(spark.values) - 1

    def across(month: int) -> float:
        return SPARK_RIGHT if last == 0 else SPARK_LEFT + (SPARK_RIGHT - SPARK_LEFT) * month / last

    def down(value: float) -> float:
        share = (value - bottom) / span if span > 0 else 0.5
        return SPARK_BOTTOM - (SPARK_BOTTOM - SPARK_TOP) * min(max(share, 0.0), 1.0)

    return across, down


def _spark_line(spark: views.Spark, across: Callable[[int], float], down: Callable[[float], float]) -> str:
    """Unbroken runs of months as lines, single months as dots, months without a value as rings."""
    body, run = "", list[str]()
    apart = spark.state not in STATES_WITH_A_TREND
    for month, value in enumerate((*spark.values, math.nan)):
        if math.isfinite(value) and apart:
            body += _spark_mark("dot", across(month), down(value))
            continue
        if math.isfinite(value):
            run.append(f"{across(month):.1f},{down(value):.1f}")
            continue
        if len(run) > 1:
            style = f"stroke:{COLOURS['data']};stroke-width:1.75;fill:none;stroke-linejoin:round"
            body += f'<polyline points="{" ".join(run)}" style="{style}"/>'
        elif run and month < len(spark.values):
            body += _spark_mark("dot", *map(float, run[0].split(",")))
        body += _spark_mark("none", across(month), SPARK_BOTTOM - 1) if month < len(spark.values) else ""
        run = []
    return body


def _spark_end(spark: views.Spark, across: float, down: Callable[[float], float]) -> str:
    """The newest month: its interval as an upright line and its state's mark; nothing where it has no value."""
    if spark.state not in STATES_WITH_A_TREND or not math.isfinite(spark.values[-1]):
        return ""
    body = ""
    if spark.low is not None and spark.high is not None and math.isfinite(spark.low + spark.high):
        colour = COLOURS["attn" if spark.state == "raise" else "data"]
        ends = f'y1="{down(spark.low):.1f}" y2="{down(spark.high):.1f}"'
        body = f'<line x1="{across:.1f}" x2="{across:.1f}" {ends} style="stroke:{colour};stroke-width:2"/>'
    return body + _spark_mark(spark.state, across, down(spark.values[-1]))


def _spark_mark(kind: str, across: float, down: float) -> str:
    path, style = END_MARKS[kind]
    return f'<path d="M{across:.1f} {down:.1f}{path}" style="{style.format(**COLOURS)}"/>'
