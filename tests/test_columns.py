"""How the parts of a section are put into two columns."""

from __future__ import annotations

import page_fixtures as fixtures
import pandas as pd
import pytest
from browsing import opened_tab

from caseload.pages import html
from caseload.pages.columns import balanced, below, beside, sides
from caseload.pages.views import Empty, Section, Table


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ((), ()),
        ((600, 400), ("left", "right")),
        ((600, 400, 430), ("left", "right", "right")),  # below the short one
        ((600, 500, 430, 430), ("left", "right", "right", "left")),
        ((330, 420, 150, 560), ("left", "right", "right", "left")),  # one hole of 410 rather than one of 500
        ((300, 450, 110, 560, 300), ("left", "right", "left", "left", "right")),
    ],
)
def test_a_part_stands_where_the_section_stays_shortest(heights: tuple[int, ...], expected: tuple[str, ...]) -> None:
    assert balanced(heights, ("left", "right")[: len(heights)]) == expected


def test_many_parts_go_left_and_right_in_turn() -> None:
    found = balanced([100] * 40)
    assert len(found) == 40
    assert set(found) == {"left", "right"}


def test_wide_and_folded_tables_come_below_folded_last() -> None:
    frame = pd.DataFrame({"a": ["1"]})
    folded, wide = Table("folded", frame, folded=True), Table("wide", frame, wide=True)
    many, small, empty = Table("many", pd.DataFrame([["1"] * 5])), Table("small", frame), Empty("empty", ("",))
    section = Section("q1", "", None, empty, (("a", "b"),), supporting=(folded, wide, small, many))
    assert beside(section) == (small,)
    assert below(section) == (wide, many, folded)
    assert len(sides(section)) == 3


@pytest.mark.browser
def test_columns_keep_the_order_of_reading_and_leave_no_half_empty_screen(browser, sample_review, tmp_path) -> None:
    for clinician in ("C04", "C06", "C07", "C12", "C13"):
        page = html.render_page(html.SuperviseePage(sample_review.supervisee(clinician, copy="own")))
        tab, complaints = opened_tab(browser, tmp_path, page, viewport={"width": 1280, "height": 900})
        for section in tab.query_selector_all(".flow"):
            boxes = section.evaluate(
                "flow => [...flow.querySelectorAll('.left, .right')].map(part => {"
                "const box = part.getBoundingClientRect();"
                "return [box.top, box.bottom, part.classList.contains('left')]})"
            )
            tops = [top for top, _, _ in boxes]
            assert tops == sorted(tops)
            ends = [max(bottom for _, bottom, left in boxes if left is side) for side in (True, False)]
            assert abs(ends[0] - ends[1]) < 450  # half a screen
        tab.set_viewport_size({"width": 1020, "height": 900})
        assert tab.evaluate("getComputedStyle(document.querySelector('.flow .left')).float") == "none"
        assert complaints == []
        tab.context.close()


def test_a_short_word_in_a_table_is_never_broken_and_a_long_one_may_be() -> None:
    frame = pd.DataFrame({"Quartiles": ["20, 20, 23"], "b": ["x" * 19], "c": ["x" * 18]})
    section = Section("q1", "", None, Table("", frame))
    markup = str(html.QualityPage(fixtures.replace(fixtures.quality(), sections=(section,))).sections)
    assert markup.count('class="long"') == 1


@pytest.mark.browser
def test_headings_of_narrow_tables_stay_whole(browser, sample_review, tmp_path) -> None:
    page = html.render_page(html.SuperviseePage(sample_review.supervisee("C07", copy="own")))
    tab, _ = opened_tab(browser, tmp_path, page)
    for width in (1021, 1280):
        tab.set_viewport_size({"width": width, "height": 900})
        cut = tab.evaluate(
            "() => [...document.querySelectorAll('.wide th')].filter(cell => cell.offsetParent && "
            "cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.innerText)"
        )
        assert cut == []
    tab.context.close()
