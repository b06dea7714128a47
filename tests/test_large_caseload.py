"""The page of a clinician with forty clients: small enough for any computer, and whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import BUILD, DESKTOP, PHONE, new_reading

from caseload.pages import html
from caseload.pages.review import review_month
from caseload.simulate import Caseload, OverInvestment, Settings, simulate

CLIENTS, MONTHS, MONTH = 40, 18, "2026-05"
MOST_BYTES = 1_500_000  # benchmarks/pages.py measures how fast a browser opens such a page


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The own copy, which holds most, of a month in which there is something to raise."""
    settings = Settings(
        clinicians=3,
        months=MONTHS,
        first_month="2024-12",
        clients_per_clinician=CLIENTS,
        caseload=Caseload(size_spread=0.0, leave=0.0, late_starters=0.0, client_gap=0.0),
        over_investment=(OverInvestment("compensation", 1.0, size=2.0, onset=MONTHS - 5, end=MONTHS - 1),),
        seed=940_000,
    )
    review = review_month(simulate(settings).practice(), MONTH)
    seen = review.clients[review.clients["month"].astype(str) == MONTH].groupby("clinician_id").size()
    assert seen.max() >= CLIENTS
    file = tmp_path_factory.mktemp("large") / "page.html"
    file.write_text(html.render_page(html.SuperviseePage(review.supervisee(seen.idxmax(), "own"))), encoding="utf-8")
    return file


def test_a_page_of_forty_clients_is_small(page: Path) -> None:
    assert page.stat().st_size < MOST_BYTES


@pytest.mark.browser
def test_a_page_of_forty_clients_fits_the_screen_and_holds_them_all(browser, page: Path) -> None:
    reading = new_reading(browser)
    reading.open(page)
    assert reading.tab.evaluate(BUILD) == []
    rows = "[...document.querySelectorAll('details table')].map(each => each.tBodies[0].rows.length)"
    assert CLIENTS in reading.tab.evaluate(rows)
    assert reading.overflow((DESKTOP, PHONE)) == []
    assert reading.complaints == []
    reading.tab.context.close()
