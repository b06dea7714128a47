"""The pages of the sample practice, as a supervisor opens them: in a browser, without a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import opened_tab, violations

from caseload.reports import html
from caseload.reports.review import Review

PAGES = ("index", "index-S01", "C07", "C11", "own/C05", "own/C06", "team-North", "team-South", "data_quality")


def document(review: Review, name: str) -> str:
    """One of the month's pages, by the name of its file."""
    if name.startswith("index"):
        return html.render_index(review.index(name.removeprefix("index").removeprefix("-") or None))
    if name.startswith("team-"):
        return html.render_page(html.TeamPage(review.team(name.removeprefix("team-"))))
    if name == "data_quality":
        return html.render_page(html.QualityPage(review.quality()))
    copy = "own" if name.startswith("own/") else "supervisor"
    return html.render_page(html.SuperviseePage(review.supervisee(name.removeprefix("own/"), copy)))


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_page_is_accessible_offline_and_never_scrolls_sideways(
    browser, axe: str, tmp_path: Path, sample_review: Review, name: str
) -> None:
    tab, complaints = opened_tab(browser, tmp_path, document(sample_review, name))
    assert violations(tab, axe) == []
    for width in (320, 768, 1200):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    tab.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_holds_no_address_and_describes_every_figure(sample_review: Review, name: str) -> None:
    text = document(sample_review, name)
    assert "http:" not in text
    assert "https:" not in text
    drawings = [part.partition("</svg>")[0] for part in text.split("<svg")[1:]]
    figures = [drawing for drawing in drawings if 'role="img"' in drawing]
    assert all("<title" in figure and "<desc" in figure for figure in figures)
    assert all('aria-hidden="true"' in drawing for drawing in drawings if drawing not in figures)
    if name in ("C07", "own/C05"):
        assert sum('class="fig"' in figure for figure in figures) >= 7


@pytest.mark.browser
def test_folded_tables_are_not_printed_and_never_scroll_sideways(
    browser, tmp_path: Path, sample_review: Review
) -> None:
    text = html.render_page(html.SuperviseePage(sample_review.supervisee("C04")))
    tab, complaints = opened_tab(browser, tmp_path, text)
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width in (320, 358, 701, 768, 1020, 1200):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator(".folded").first.is_visible()
    tab.emulate_media(media="print")
    assert tab.locator(".folded").filter(visible=True).count() == 0
    assert complaints == []
    tab.context.close()
