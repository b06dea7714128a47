"""Pages and documents have short sentences, and few words that make readers guess."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import readability

from caseload.pages import html
from caseload.pages.review import Review

ROOT = Path(__file__).parents[1]
MOST = {
    "README.md": readability.Measure(14, 30, 8, 8),
    "docs/tutorial.md": readability.Measure(14, 30, 3, 10),
    "CHANGELOG.md": readability.Measure(14, 26, 3, 8),
}
"""What a document may have at most: mean, longest, share over 25 words, markers per 1,000 words."""
MOST_ON_A_PAGE = readability.Measure(12, 48, 6, 10)  # the longest is the list of measures, in the method


def within(found: readability.Measure, most: readability.Measure) -> bool:
    return all(getattr(found, name) <= getattr(most, name) for name in ("mean", "longest", "over", "markers"))


@pytest.mark.parametrize("name", MOST)
def test_documents_read_well(name: str) -> None:
    file = ROOT / name
    if not file.exists():
        pytest.skip("this document does not travel with the package")
    text = file.read_text(encoding="utf-8")
    found = readability.measured(readability.text_blocks(text), 25)
    assert within(found, MOST[name]), found
    assert not readability.AMERICAN.search(text)


@pytest.mark.parametrize("who", ["C06", "C07", "C12"])
def test_supervisees_pages_read_well(sample_review: Review, who: str) -> None:
    for copy in ("own", "supervisor"):
        page = html.render_page(html.SuperviseePage(sample_review.supervisee(who, copy)))
        found = readability.measured(readability.page_blocks(page), 20)
        assert within(found, MOST_ON_A_PAGE), (copy, found)
        assert not readability.AMERICAN.search(" ".join(readability.page_blocks(page)))


def test_the_measure_counts_sentences_words_and_markers() -> None:
    text = "One two three four five. Whoever reads this stands beside somebody else.\n\n- A label\n"
    found = readability.measured(readability.text_blocks(text), 6)
    assert (found.mean, found.longest, found.over, round(found.markers)) == (6.0, 7, 50.0, 333)
    assert not re.search("label", " ".join(readability.sentences(readability.text_blocks(text))))
