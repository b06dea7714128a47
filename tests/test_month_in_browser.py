"""Every page of the sample's month, as the command writes it, in a browser without a network.

What must hold of any page, whatever it says: it asks for nothing, complains of nothing, is accessible, fits the screen
and the paper, and can be used by keyboard alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from browsing import BUILD, DESKTOP, FOREIGN, PHONE, UNFOLD, Reading, new_reading
from rendered import pages
from review_fixtures import SAMPLE

pytestmark = pytest.mark.browser

PEOPLE = pd.read_csv(SAMPLE / "clinicians.csv", dtype=str)
CLINICIANS, SUPERVISORS = sorted(PEOPLE["clinician_id"]), sorted(PEOPLE["supervisor_id"].unique())
INDEXES = ["index.html", *(f"index-{name}.html" for name in SUPERVISORS)]
REPORTS = [f"{folder}{who}.html" for who in CLINICIANS for folder in ("", "own/")]
OTHERS = [*(f"team-{name}.html" for name in sorted(PEOPLE["team"].unique())), "data_quality.html"]
SHEETS = {"index": 4, "team": 6, "data": 6}  # of A4 paper, at most; a supervisee's page 12
MOST_STOPS = 60
ROWS = "table tbody tr"
FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const seen = box.width && box.height && box.bottom > 0 && box.top < innerHeight && style.visibility === 'visible';
  const rings = [at, at.closest('label')].filter(Boolean).map(each => getComputedStyle(each));
  const outlined = one => one.outlineStyle !== 'none' && parseFloat(one.outlineWidth) > 0;
  const ring = rings.some(one => outlined(one) || one.boxShadow !== 'none');
  return {tag: at.tagName, type: at.type || '', href: at.getAttribute('href') || '', clear: Boolean(seen && ring)};
}"""


@pytest.fixture(scope="module")
def reading(browser) -> Iterator[Reading]:
    """One tab for all pages."""
    reading = new_reading(browser)
    yield reading
    reading.tab.context.close()


def test_every_page_of_the_month_is_looked_at_below(sample_month: Path) -> None:
    assert sorted([*INDEXES, *REPORTS, *OTHERS]) == pages(sample_month)


@pytest.mark.parametrize("name", [*INDEXES, *REPORTS, *OTHERS])
def test_a_page_is_sound_on_screen_and_paper(reading: Reading, axe: str, sample_month: Path, name: str) -> None:
    reading.open(sample_month / name)
    assert reading.tab.evaluate(BUILD) == []
    assert reading.tab.evaluate(FOREIGN) == []
    assert reading.violations(axe) == []
    paper = reading.tab.pdf(format="A4", tagged=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 1 <= sheets <= next((most for kind, most in SHEETS.items() if name.startswith(kind)), 12)
    assert b"/ToUnicode" in paper and b"/StructTreeRoot" in paper  # its text can be selected, and read aloud
    assert reading.overflow((DESKTOP, 768, PHONE, 320)) == []
    reading.open(sample_month / name, PHONE, "dark")
    assert reading.violations(axe) == []
    assert reading.complaints == []


@pytest.mark.parametrize("name", ["C07.html", "own/C05.html"])
def test_a_supervisees_page_is_drawn_and_its_folded_tables_are_not_printed(
    reading: Reading, sample_month: Path, name: str
) -> None:
    reading.open(sample_month / name)
    reading.tab.evaluate(UNFOLD)
    assert reading.tab.locator("svg[role=img]").filter(visible=True).count() >= 7
    folded = reading.tab.locator(".folded table").filter(visible=True)
    assert folded.count() >= 4
    reading.tab.emulate_media(media="print")
    assert folded.count() == 0
    reading.tab.emulate_media(media="null")


def tabbed(reading: Reading) -> Iterator[dict[str, object]]:
    """What has the focus after each press of the Tab key, until it is outside the page again."""
    for _ in range(MOST_STOPS):
        reading.tab.keyboard.press("Tab")
        focused = reading.tab.evaluate(FOCUSED)
        if focused["tag"] == "BODY":
            return
        yield focused


@pytest.mark.parametrize("name", [*INDEXES, "C07.html", "own/C11.html", *OTHERS])
def test_the_first_stop_skips_to_the_content_and_the_focus_is_always_seen(
    reading: Reading, sample_month: Path, name: str
) -> None:
    reading.open(sample_month / name)
    stops = list(tabbed(reading))
    assert stops[0]["href"] == "#" + reading.tab.get_attribute("main", "id")
    assert [stop for stop in stops if not stop["clear"]] == []
    links = "[...document.querySelectorAll('a[href]')].map(each => each.getAttribute('href'))"
    reached = {stop["href"] for stop in stops if stop["tag"] == "A"}
    assert len(stops) == MOST_STOPS or reached == set(reading.tab.evaluate(links))


@pytest.mark.parametrize("name", [f"index-{name}.html" for name in SUPERVISORS])
def test_a_landing_page_is_narrowed_ordered_and_left_by_keyboard(
    reading: Reading, sample_month: Path, name: str
) -> None:
    tab = reading.tab
    reading.open(sample_month / name)

    def shown() -> list[str]:
        return [row.inner_text() for row in tab.locator(ROWS).filter(visible=True).all()]

    everybody = shown()
    mine = set(PEOPLE.loc[PEOPLE["supervisor_id"] == name.removeprefix("index-").removesuffix(".html"), "clinician_id"])
    assert set(re.findall(r"\bC\d\d\b", "\n".join(everybody))) == mine

    def to(kind: str) -> None:
        assert any(kind in (stop["type"], stop["tag"]) for stop in tabbed(reading)), kind

    to("radio")
    tab.keyboard.press("ArrowRight")
    assert 0 < len(shown()) < len(everybody)
    tab.keyboard.press("ArrowLeft")
    assert shown() == everybody
    to("select-one")
    tab.keyboard.press("ArrowDown")
    assert shown() != everybody
    assert sorted(shown()) == sorted(everybody)
    first = re.search(r"\bC\d\d\b", shown()[0])[0]
    assert next(stop for stop in tabbed(reading) if stop["tag"] == "A")["href"] == f"{first}.html"
    reading._file = (sample_month / f"{first}.html").as_uri()
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert first in tab.title()
    assert reading.complaints == []
