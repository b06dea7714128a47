"""Pages: their structure, their words, and what a browser makes of them."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import nbformat
import page_fixtures as fixtures
import pytest
from browsing import opened_tab, violations
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter
from nbconvert import HTMLExporter

from caseload.pages import html
from caseload.pages.supervisee.agenda import fitted
from caseload.pages.views import AgendaItem, State

ORDINARY = ("own", "supervisor", "team", "quality", "index", "supervisors")
UGLY = {"hostile": fixtures.HOSTILE, "rtl": fixtures.RIGHT_TO_LEFT, "long": fixtures.LONG, "faces": fixtures.FACES}
UGLY_PAGES = [f"ugly-{kind}" for kind in UGLY] + [f"ugly-index-{kind}" for kind in UGLY]
SHEET_MM = 279 - 30  # of US letter, the shorter paper, between the margins
WIDE_PAGES = ["ugly-hostile", "ugly-long", "ugly-index-hostile", "ugly-index-long"]


def page_named(name: str) -> html.SuperviseePage | html.TeamPage | html.QualityPage:
    if name == "team":
        return html.TeamPage(fixtures.team())
    return html.QualityPage(fixtures.quality()) if name == "quality" else html.SuperviseePage(fixtures.supervisee(name))


def executed(page: html.SuperviseePage | html.TeamPage | html.QualityPage) -> nbformat.NotebookNode:
    """A notebook as it is after its run: each part shown by IPython's own formatter."""
    shown = (DisplayFormatter().format(part) for part in page.cells)
    outputs = [nbformat.v4.new_output("execute_result", data, metadata=metadata) for data, metadata in shown]
    cells = [nbformat.v4.new_code_cell("page.part", outputs=[output]) for output in outputs]
    words = nbformat.v4.new_markdown_cell("# For whoever opens the notebook", metadata={"tags": ["notebook"]})
    return nbformat.v4.new_notebook(cells=[words, *cells])


def exported(notebook: nbformat.NotebookNode) -> str:
    exporter = HTMLExporter(
        template_name="caseload", extra_template_basedirs=[str(html.NBCONVERT)], exclude_anchor_links=True
    )
    return exporter.from_notebook_node(notebook)[0]


@cache
def document(name: str) -> str:
    """A page as it is delivered: notebooks exported, landing pages rendered; `ugly-…` have one text everywhere."""
    if name == "index":
        return html.render_index(fixtures.index())
    if name == "supervisors":
        return html.render_index(fixtures.supervisors())
    if name.startswith("ugly-index-"):
        return html.render_index(fixtures.ugly_index(UGLY[name.removeprefix("ugly-index-")]))
    if name.startswith("ugly-"):
        return exported(executed(html.SuperviseePage(fixtures.ugly_supervisee(UGLY[name.removeprefix("ugly-")]))))
    return exported(executed(page_named(name)))


def soup(name: str) -> BeautifulSoup:
    return BeautifulSoup(document(name), "html.parser")


@pytest.mark.parametrize("name", ORDINARY)
def test_a_page_has_one_h1_and_headings_in_order(name: str) -> None:
    levels = [int(heading.name[1]) for heading in soup(name).find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", ORDINARY)
def test_a_page_has_landmarks_a_skip_link_a_language_and_a_title(name: str) -> None:
    page = soup(name)
    assert [len(page.body.find_all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert page.select_one("a.skip")["href"] == f"#{page.main['id']}"
    assert page.html["lang"] == "en-GB"
    assert "May 2026" in page.title.string
    assert page.select_one("meta[name=viewport]")


@pytest.mark.parametrize("name", [*ORDINARY, "ugly-hostile"])
def test_ids_are_unique_and_links_within_the_page_arrive(name: str) -> None:
    page = soup(name)
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {link["href"][1:] for link in page.select("a[href^='#']")} <= set(ids)


@pytest.mark.parametrize("name", ORDINARY)
def test_nothing_in_a_page_points_outside_it(name: str) -> None:
    text = document(name).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?:|//cdn|url\((?!#)|@import", text)
    assert not soup(name).find_all(["link", "iframe", "object", "img"])


@pytest.mark.parametrize("name", ORDINARY)
def test_the_policy_allows_this_pages_script_and_no_other(name: str) -> None:
    (script,) = soup(name).find_all("script")
    digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
    policy = soup(name).select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("name", ["own", "team", "quality"])
def test_the_exported_notebook_and_the_document_say_the_same(name: str) -> None:
    whole = BeautifulSoup(html.render_page(page_named(name)), "html.parser")
    assert list(soup(name).body.stripped_strings) == list(whole.body.stripped_strings)
    assert soup(name).title == whole.title


def test_the_exported_notebook_has_neither_code_nor_prompts_nor_notebook_words() -> None:
    text = document("own")
    assert "page.part" not in text
    assert "For whoever opens" not in text
    assert "jp-" not in text
    assert len(soup("own").find_all("style")) == 1


def test_a_notebook_without_pages_still_exports() -> None:
    outputs = [
        nbformat.v4.new_output("stream", name="stderr", text="/home/x/secret"),
        nbformat.v4.new_output("display_data", {"text/plain": "2 < 3"}),
        nbformat.v4.new_output("display_data", {"image/png": "AAAA"}, metadata={"image/png": {"alt": 'A "chart"'}}),
        nbformat.v4.new_output("error", ename="KeyError", evalue="'Anna'", traceback=["KeyError: 'Anna'"]),
    ]
    cells = [
        nbformat.v4.new_markdown_cell("# Balance\n\nSome *words*."),
        nbformat.v4.new_code_cell("x", outputs=outputs),
    ]
    page = exported(nbformat.v4.new_notebook(cells=cells, metadata={"title": "Explore <b>"}))
    parsed = BeautifulSoup(page, "html.parser")
    assert parsed.title.string == "Explore <b>"
    assert parsed.h2.get_text() == "Balance"
    assert parsed.select_one("img")["alt"] == 'A "chart"'
    assert parsed.pre.string == "2 < 3"
    assert "could not be made" in page
    assert "Anna" not in page
    assert "secret" not in page


def test_the_template_works_from_a_jupyter_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(html.FRAME, tmp_path / "nbconvert" / "templates" / "caseload")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    page, _ = HTMLExporter(template_name="caseload").from_notebook_node(executed(page_named("own")))
    assert page == document("own")


def test_a_part_is_markup_for_a_page_and_a_line_elsewhere() -> None:
    data, metadata = DisplayFormatter().format(page_named("own").opening)
    assert data["text/plain"] == "Supervision report, C07, May 2026"
    assert metadata["caseload"]["title"] == "Supervision report, C07, May 2026"
    assert "<style>" in data["text/html"]
    agenda = page_named("own").agenda
    assert agenda._repr_html_() == str(agenda)


def test_an_unknown_section_is_named() -> None:
    with pytest.raises(KeyError, match="no section 'q9'"):
        page_named("own").section("q9")


@pytest.mark.parametrize("name", UGLY_PAGES)
def test_any_text_is_shown_as_text(name: str) -> None:
    page = soup(name)
    text = UGLY[name.rsplit("-", 1)[1]]
    assert page.h1.get_text() == text
    assert page.title.get_text() == text
    assert len(page.find_all("script")) == 1
    assert not page.find_all(["img", "iframe"])
    assert not [tag for tag in page.find_all(True) if any(name.startswith("on") for name in tag.attrs)]


def test_a_chip_of_what_is_not_shared_says_nothing_else() -> None:
    bare = fixtures.supervisee()
    known = replace(bare.cards[0], state=State("not_shared", "since May"))
    unknown = replace(known, state=State("not_shared"), number="", unit="", interval="", spark=None)
    pages = [html.SuperviseePage(replace(bare, cards=(card, *bare.cards[1:]))) for card in (known, unknown)]
    assert str(pages[0].sections) == str(pages[1].sections)


def test_an_index_cell_of_what_is_not_shared_says_nothing_else() -> None:
    view = fixtures.index()
    rows = [replace(view.rows[0], states=(State("not_shared", since),) * 5) for since in ("since May", "")]
    first, second = (html.render_index(replace(view, rows=(row,))) for row in rows)
    assert first == second


def test_a_report_that_failed_is_visibly_not_made_and_keeps_its_states() -> None:
    (row,) = soup("index").select("tr.failed")
    words = row.get_text(" ", strip=True)
    assert "C09" in words
    assert "Watch" in words
    assert "Not made" in words
    assert "Drawing took longer" in words
    assert not row.select("a")


def test_the_index_links_each_report_and_own_copy_and_asks_the_open_questions() -> None:
    page = soup("index")
    row = next(row for row in page.select("tbody tr") if row.th.bdi.string == "C07")
    assert [link["href"] for link in row.select("a")] == ["C07.html"]  # the own copy is for that person alone
    assert "Effort and engagement: Watch to→ Discuss" in row.get_text()
    assert "carrying themselves" in page.select_one("dl.open").get_text()
    empty = html.render_index(replace(fixtures.index(), questions=()))
    assert "no question is open here" in empty


def test_the_index_offers_only_what_somebody_has() -> None:
    offered = [choice["value"] for choice in soup("index").select("input[name=show]")]
    assert offered == ["all", "raise", "watch", "not_enough_data", "changed", "due", "on_leave", "not_made"]
    calm = replace(fixtures.index(), rows=(replace(fixtures.index().rows[4], states=(State("steady"),), leave=""),))
    parsed = BeautifulSoup(html.render_index(calm), "html.parser")
    assert [choice["value"] for choice in parsed.select("input[name=show]")] == ["all"]
    assert [choice["value"] for choice in parsed.select("option")] == ["name", "change"]


def test_leave_is_shown_in_place_of_too_little_data_and_of_nothing_else() -> None:
    row = next(row for row in soup("index").select("tbody tr") if row.th.bdi.string == "C11")
    assert row.th.select_one(".st.away").get_text(strip=True) == "On leave, 17 days in May"
    cells = [cell.select_one(".st").get_text(strip=True) for cell in row.select("td") if cell.select(".st")]
    assert cells == ["On leave", "No flag", "Not shared", "No flag", "Not shared"]


def test_the_supervisors_page_names_nobodys_state() -> None:
    page = soup("supervisors")
    assert [link["href"] for link in page.select(".doors a")] == ["index-S01.html", "index-S02.html", "team-north.html"]
    assert not page.select(".st")


def test_only_the_own_copy_has_a_place_to_answer() -> None:
    assert len(soup("own").select("#answer textarea")) == 3
    assert not soup("supervisor").select("#answer")


def test_an_empty_section_keeps_its_heading_and_says_in_a_line_what_is_missing() -> None:
    section = soup("own").select_one("#q3")
    assert section.find_parent("details").h2.string.startswith("Is something personal")
    assert len(section.select(".empty")) == 3
    quiet = html.SuperviseePage(replace(fixtures.supervisee(), agreed=()))
    assert "Nothing is on file" in str(quiet.agreed)


def test_what_is_due_for_review_is_marked_with_a_word() -> None:
    marked = {item.p.get_text(): bool(item.select(".due")) for item in soup("own").select(".agreed li")}
    assert list(marked.values()) == [False, True]
    assert soup("own").select_one(".agreed .due").get_text() == "Due for review"
    first, second = soup("own").select(".agenda .item")[:2]
    assert first.h3.get_text() == "1. Due for review"
    assert first.textarea["rows"] == "2"
    assert not first.select(".st")
    assert second.select(".st.raise")


def test_an_index_row_says_how_many_agreements_are_due() -> None:
    due = {row.th.bdi.string: "due for review" in row.th.get_text() for row in soup("index").select("tbody tr")}
    assert due == {"C01": False, "C05": True, "C07": False, "C09": False, "C11": False}
    assert soup("index").select_one("tr[data-states~=due] bdi").string == "C05"
    view = fixtures.index()
    failed = html.render_index(replace(view, rows=(replace(view.rows[3], due="1 agreement due for review"),)))
    assert "1 agreement due for review" in BeautifulSoup(failed, "html.parser").select_one("tr.failed th").get_text()


def test_missing_numbers_are_named_in_tables() -> None:
    cells = [cell.get_text() for cell in soup("ugly-faces").select("figure details td, figure details tbody th")]
    assert cells == [fixtures.FACES, "1.50", "not recorded", "not recorded"]


@pytest.mark.parametrize(("items", "lines", "height"), [(1, 1, 9.5), (4, 2, 9.5), (6, 3, 5.5), (12, 3, 5.5)])
def test_writing_lines_stay_usable(items: int, lines: int, height: float) -> None:
    view = fixtures.supervisee()
    agenda = tuple(replace(view.agenda[0], lines=lines) for _ in range(items))
    assert f"--rule:{height}mm" in str(html.SuperviseePage(replace(view, agenda=agenda)).agenda)


# In a browser. axe-core comes with the package axe-playwright-python, which is used for its copy of the script alone.


@pytest.mark.browser
@pytest.mark.parametrize("name", ["own", "team", "quality", "index", "ugly-hostile"])
def test_axe_finds_no_violation(browser, axe: str, tmp_path: Path, name: str) -> None:
    tab, complaints = opened_tab(browser, tmp_path, document(name))
    assert violations(tab, axe) == []
    assert complaints == []
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["own", "team", "quality", "index", *WIDE_PAGES])
def test_no_page_scrolls_sideways(browser, tmp_path: Path, name: str) -> None:
    tab, complaints = opened_tab(browser, tmp_path, document(name))
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for width in (320, 358, 700, 768, 1020, 1130, 1200, 1600):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", ["own", "supervisor", "quality", "index", "supervisors"])
def test_what_is_tapped_on_a_phone_is_large_enough(browser, tmp_path: Path, name: str) -> None:
    tab, _ = opened_tab(browser, tmp_path, document(name), viewport={"width": 358, "height": 800})
    small = (
        "() => [...document.querySelectorAll('main a, nav a, button, select, summary, label:has(input), textarea')]"
        ".filter(each => each.offsetParent && each.getBoundingClientRect().height < 24).map(each => each.outerHTML)"
    )
    assert tab.evaluate(small) == []
    tab.context.close()


@pytest.mark.browser
def test_the_index_is_narrowed_and_ordered_by_keyboard(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, document("index"))
    rows = "[...document.querySelectorAll('.list tbody tr')].filter(row => !row.hidden)"
    visible = rows + ".map(row => row.cells[0].innerText.slice(0, 3))"
    assert tab.evaluate(visible) == ["C01", "C05", "C07", "C09", "C11"]
    tab.focus("#order")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate(visible) == ["C01", "C07", "C05", "C11", "C09"]
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate(visible) == ["C05", "C01", "C07", "C09", "C11"]
    tab.keyboard.press("ArrowUp")
    tab.focus("input[value=all]")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(visible) == ["C07"]
    assert tab.inner_text("#count").startswith("1 of 5 supervisees, in order of latest change. There is no ranking")
    tab.context.close()


@pytest.mark.browser
def test_a_page_is_whole_without_its_script(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, document("index"), java_script_enabled=False)
    assert tab.locator(".list tbody tr:visible").count() == 5
    assert tab.locator("#arrange").is_hidden()
    tab.context.close()


@pytest.mark.browser
def test_on_paper_the_agenda_follows_the_questions_and_fills_one_sheet(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, document("own"), viewport={"width": 680, "height": 900})
    tab.emulate_media(media="print")
    top = "name => document.querySelector(name).getBoundingClientRect().top"
    places = [tab.evaluate(top, name) for name in (".part-opening", ".part-questions", ".part-agenda", "#q1")]
    assert places == sorted(places)
    sheet = SHEET_MM / 25.4 * 96
    assert tab.evaluate("document.querySelector('.part-agenda').offsetHeight") < sheet
    assert places[2] < sheet
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize(("due", "raised"), [(0, 5), (1, 5), (2, 3), (2, 4), (2, 5)])
def test_on_paper_a_full_agenda_is_one_sheet(browser, tmp_path: Path, due: int, raised: int) -> None:
    view = fixtures.supervisee()
    words = "x" * 9 + " "
    review = AgendaItem("Due for review: Effort", fixtures.WATCH, f"“{words * 15}”, agreed since March. {words * 4}")
    question = replace(view.agenda[1], question=words * 13, lines=3)
    agenda = fitted([*[review] * due, *[question] * raised])
    tab, _ = opened_tab(browser, tmp_path, html.render_page(html.SuperviseePage(replace(view, agenda=agenda))))
    tab.set_viewport_size({"width": 680, "height": 900})
    tab.emulate_media(media="print")
    height = tab.evaluate("document.querySelector('.part-agenda').offsetHeight")
    assert height < SHEET_MM / 25.4 * 96
    tab.context.close()


@pytest.mark.browser
def test_the_agenda_can_be_printed_alone(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, document("own"))
    tab.evaluate("window.print = () => {}")
    tab.click("#print-agenda")
    tab.emulate_media(media="print")
    assert tab.locator("#agenda").is_visible()
    assert tab.locator("h1, #q1, footer, header").filter(visible=True).count() == 0
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("h1").is_visible()
    tab.context.close()
