"""Writing on a page: on screen and on paper, and the page that is saved with what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import page_fixtures as fixtures
import pytest
from browsing import UNFOLD, opened_tab, violations
from bs4 import BeautifulSoup

from caseload.pages import html

OWN = html.render_page(html.SuperviseePage(fixtures.supervisee("own")))
SUPERVISORS = html.render_page(html.SuperviseePage(fixtures.supervisee("supervisor")))
TYPED = "\n</textarea><script>window.hurt = 1</script> <b>& “five” o’clock\nsecond line"
SHEET = 265 / 25.4 * 96  # px of an A4 page between its margins


def saved(tab: Any, folder: Path, section: str) -> str:
    """The page that its button makes, as text."""
    with tab.expect_download() as found:
        tab.click(f"#{section} .save button")
    assert found.value.suggested_filename == "Supervision report, C07, May 2026, with notes.html"
    path = folder / "saved.html"
    found.value.save_as(path)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [OWN, SUPERVISORS])
def test_every_place_to_write_has_a_name(page: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    fields = soup.find_all("textarea")
    labels = {label["for"]: label.get_text() for label in soup.select("label[for]")}
    named = [field.get("aria-labelledby", "").split() for field in fields]
    assert all(labels.get(field["id"]) or ids for field, ids in zip(fields, named, strict=True))
    assert all(soup.select_one(f"#{name}").get_text() for ids in named for name in ids)
    assert not any(field.get_text() for field in fields)
    assert len({field["id"] for field in fields}) == len(fields) == (12 if page is OWN else 9)


def test_what_needs_the_script_is_hidden_until_it_runs() -> None:
    soup = BeautifulSoup(OWN, "html.parser")
    assert len(soup.select("button")) == 3
    assert all(button.find_parent(hidden=True) for button in soup.select("button"))
    assert "Nothing is sent" in soup.select_one("#answer .save").get_text()
    assert "Closing the page without saving loses it" in soup.select_one("#agenda .save").get_text()


@pytest.mark.browser
def test_a_saved_page_holds_what_was_typed_and_ticked_as_text(browser, tmp_path: Path) -> None:
    tab, complaints = opened_tab(browser, tmp_path, OWN)
    tab.evaluate(UNFOLD)
    tab.evaluate(UNFOLD)
    tab.fill("#missing", TYPED)
    tab.fill("#item-2", "from the agenda")
    tab.check("#support input >> nth=1")
    text = saved(tab, tmp_path, "answer")
    assert "not in it" in tab.inner_text("#answer [role=status]")
    tab.context.close()

    again, more = opened_tab(browser, tmp_path, text)
    assert again.input_value("#missing") == TYPED
    assert again.input_value("#item-2") == "from the agenda"
    assert again.locator("#support input").evaluate_all("boxes => boxes.map(box => box.checked)")[:3] == [
        False,
        True,
        False,
    ]
    assert again.evaluate("window.hurt") is None
    assert again.locator("script").count() == 1
    assert again.inner_text("#answer [role=status]") == ""
    again.fill("#missing", "changed")  # the saved page is a page like the first
    assert ">\nchanged</textarea>" in saved(again, tmp_path, "answer")
    assert [*complaints, *more] == []
    again.context.close()


@pytest.mark.browser
def test_an_untouched_page_is_saved_as_it_is(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, SUPERVISORS)
    text = saved(tab, tmp_path, "agenda")
    words = [list(BeautifulSoup(page, "html.parser").stripped_strings) for page in (SUPERVISORS, text)]
    assert words[0] == words[1]
    parts = [BeautifulSoup(page, "html.parser").select("[hidden]") for page in (SUPERVISORS, text)]
    assert len(parts[0]) == len(parts[1]) == 2
    tab.context.close()


@pytest.mark.browser
def test_nothing_that_is_typed_is_kept_in_the_browser(browser, tmp_path: Path) -> None:
    tab, complaints = opened_tab(browser, tmp_path, OWN)
    tab.evaluate(UNFOLD)
    tab.fill("#missing", "secret")
    kept = tab.context.storage_state(indexed_db=True)
    assert kept == {"cookies": [], "origins": []}
    assert complaints == []
    tab.context.close()


@pytest.mark.browser
def test_without_script_one_can_write_and_print_and_sees_no_button(browser, tmp_path: Path) -> None:
    tab, _ = opened_tab(browser, tmp_path, OWN, java_script_enabled=False)
    assert tab.locator("button:visible").count() == 0
    tab.click(".answer summary")
    tab.evaluate(UNFOLD)
    tab.fill("#missing", "by hand")
    assert tab.input_value("#missing") == "by hand"
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("grows", [True, False])
def test_on_paper_fields_are_lines_when_empty_and_never_cut(browser, tmp_path: Path, grows: bool) -> None:
    page = OWN if grows else OWN.replace("field-sizing:content", "").replace('"field-sizing", "content"', '"no", "x"')
    page = page if grows else page.replace("script-src", "script-src 'unsafe-inline'; x-")  # its digest has changed
    tab, _ = opened_tab(browser, tmp_path, page, viewport={"width": 680, "height": 900})
    tab.emulate_media(media="print")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    height = "document.querySelector('#answer .write:not([hidden])').getBoundingClientRect().height"
    line = 8.2 / 25.4 * 96
    assert tab.evaluate(height) == pytest.approx(4 * line, abs=2)
    assert tab.evaluate("document.querySelector('.part-agenda').offsetHeight") < SHEET
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    tab.emulate_media(media="screen")
    tab.evaluate(UNFOLD)
    tab.fill("#missing", "\n".join(f"line {number}" for number in range(30)))
    tab.emulate_media(media="print")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate(height) >= 30 * line - 2
    tab.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert tab.locator("textarea:visible").count() == 12
    tab.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("page", [OWN, SUPERVISORS])
def test_a_page_that_is_written_on_has_no_violation_and_does_not_scroll_sideways(
    browser, axe: str, tmp_path: Path, page: str
) -> None:
    tab, _ = opened_tab(browser, tmp_path, page)
    tab.fill("#item-1", "x" * 400)
    tab.fill("#who", "x" * 80)
    assert violations(tab, axe) == []
    for width in (320, 700, 1020, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.context.close()
