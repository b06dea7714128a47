"""Sparklines: a few months in miniature, written as SVG by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

from caseload import figures

from . import views
from .drawing import digest, opening

SPARK_LEFT, SPARK_RIGHT, SPARK_TOP, SPARK_BOTTOM = 8, 232, 8, 56  # px of a drawing 240 × 64
STATES_WITH_A_TREND = ("raise", "watch", "steady")  # in the others months are dots, joined by nothing
END_MARKS = {
    "raise": ("m0-6 6 6-6 6-6-6z", "fill:{attn};stroke:{paper};stroke-width:1.25"),
    "watch": ("m0-6.5 6 11h-12z", "fill:{paper};stroke:{attn};stroke-width:2;stroke-linejoin:round"),
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
    return opening("spark fig", "0 0 240 64", digest(spark), title, spark.alt) + body + "</svg>"


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
