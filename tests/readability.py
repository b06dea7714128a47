"""How long sentences are, and how often words stand in them that make readers guess.

Prose only: tables, code, drawings, buttons and labels of fewer than five words are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup

DROPPED = ("script", "style", "svg", "table", "pre", "button", "label", "select", "option", "summary", "th", "td", "dt")
BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "div", "section", "figcaption", "dd", "ul", "ol")
LEAST_WORDS = 5
MARKERS = re.compile(
    r"\b(?:lies?|lay|stands?|stood|so many|beside|anew|whoever|whom|somebody|nobody|everybody|anybody|told|tells?|"
    r"one’s own|own usual|own material|there (?:is|are|was|were)|hardly|either direction|rests? on|whether or not|"
    r"bears? on|hangs? on|would bring)\b",
    re.IGNORECASE,
)
AMERICAN = re.compile(r"\b(?:colors?|centers?|behaviors?|organiz\w+|e-mail\w*|practicing)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Measure:
    """Mean and longest sentence in words, the share of long ones in per cent, and markers per 1,000 words."""

    mean: float
    longest: int
    over: float
    markers: float


def page_blocks(html: str) -> list[str]:
    """The prose of a page, block by block."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(DROPPED):
        tag.decompose()
    for tag in soup(BLOCKS):
        tag.insert_before("\n\n")
        tag.insert_after("\n\n")
    return re.split(r"\n\s*\n", soup.get_text())


def text_blocks(markdown: str) -> list[str]:
    """The prose of a document, block by block."""
    text = re.sub(r"```.*?```", "\n\n", markdown, flags=re.DOTALL)
    text = re.sub(r"^(?:\||#).*$", "\n", text, flags=re.MULTILINE)
    text = re.sub(r"!\[[^]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*(?:[-*]|\d+\.) ", "\n\n", text, flags=re.MULTILINE)
    return re.split(r"\n\s*\n", re.sub(r"[`*]", "", text))


def sentences(blocks: list[str]) -> Iterator[str]:
    """Every sentence of at least five words."""
    for block in blocks:
        for one in re.split(r"(?<=[.!?…])[”)]?\s+(?=[A-Z“(0-9`])", " ".join(block.split())):
            if len(re.findall(r"[A-Za-z’']{2,}", one)) >= LEAST_WORDS:
                yield one.strip()


def measured(blocks: list[str], limit: int) -> Measure:
    """What is measured of some prose; `limit` words make a sentence long."""
    found = list(dict.fromkeys(sentences(blocks)))
    counts = [len(one.split()) for one in found]
    markers = sum(len(MARKERS.findall(one)) for one in found)
    long = sum(count > limit for count in counts)
    return Measure(sum(counts) / len(counts), max(counts), 100 * long / len(counts), 1000 * markers / sum(counts))
