"""Strips: one client's last appointments as marks in a row, written as SVG by hand."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from caseload.figures.lettering import clean

STEP, HEIGHT, EDGE, GAP = 15, 20, 10, 12  # px
SHAPES = {
    "came": '<circle class="solid" cx="{x}" cy="10" r="5"/>',
    "missed": '<circle class="mis" cx="{x}" cy="10" r="4.6"/>',
    "late": '<circle class="mis" cx="{x}" cy="10" r="4.6"/><path class="mis" d="M{x} 10m-3.2 3.2l6.4-6.4"/>',
    "in_time": '<path class="mis" d="M{x} 10m-5 0h10"/>',
    "ours": '<rect class="svc" x="{x}" y="6" width="8" height="8" transform="translate(-4)"/>',
}


def strip(marks: Sequence[tuple[str, bool, str]]) -> str:
    """Appointments, oldest first, those of the month on a shaded ground; their words are read aloud instead.

    `marks` are (a key of SHAPES, whether in the month, the words). Empty without any.
    """
    if not marks:
        return ""
    places, x = [], EDGE
    for at, (_, now, _) in enumerate(marks):
        x += GAP if at and now and not marks[at - 1][1] else 0
        places.append(x)
        x += STEP
    width = x - STEP + EDGE
    inside = [place for place, (_, now, _) in zip(places, marks, strict=True) if now]
    ground = ""
    if inside:
        size = f'width="{inside[-1] - inside[0] + 2 * EDGE}" height="{HEIGHT}"'
        ground = f'<rect class="pale" x="{inside[0] - EDGE}" y="0" {size}/>'
    drawn = "".join(SHAPES[kind].format(x=place) for place, (kind, _, _) in zip(places, marks, strict=True))
    said = escape(clean("; ".join(words for _, now, words in marks if now) or "no appointment this month"))
    box = f'viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}"'
    opened = f'<svg class="fig marks" {box} aria-hidden="true" focusable="false">'
    return f'{opened}{ground}{drawn}</svg><span class="vh">{said}</span>'


def mark(kind: str) -> str:
    """One mark alone, for the key."""
    shape = SHAPES[kind].format(x=7)
    return f'<svg class="fig mark" viewBox="0 0 14 20" aria-hidden="true" focusable="false">{shape}</svg>'
