"""What looks odd about the recording, in words: clinicians and months, never a client; and a page that stays small."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
import review_fixtures as fixtures
from planted_faults import FAULTS, WHO

from caseload import simulate as sim
from caseload.intake import Practice
from caseload.month.rendering.reports import planned
from caseload.pages import html
from caseload.pages.oddities import (
    MEANINGS,
    MOST_BY_CLINICIAN,
    MOST_ROWS,
    SUBJECTS,
    kinds_found,
    oddity_lines,
    oddity_sections,
)
from caseload.pages.recording import SHOWN, recording_section
from caseload.pages.review import Review, review_month
from caseload.pages.summary import MOST_LINES, summary
from caseload.pages.views import Figure, Table
from caseload.signals.recording import EVERYBODY, findings
from caseload.signals.recording.finding import finding_frame

MARCH = pd.Period("2026-03")
TOGETHER = (
    "no missed", "as planned", "one value", "all stopped", "contacts stopped", "level", "session twice",
    "contact twice", "overlap", "two clinicians", "night", "before intake", "before start", "into the next",
    "long day", "contact without time",
)  # fmt: skip


@pytest.fixture(scope="module")
def faulty() -> Practice:
    """A practice with nearly every fault at once."""
    tables = sim.simulate(sim.Settings(seed=3, clinicians=6, months=10)).tables
    for name in TOGETHER:
        tables = FAULTS[name][0](tables)
    return Practice.from_frames(**tables)


@pytest.fixture(scope="module")
def review(faulty: Practice) -> Review:
    return review_month(faulty, MARCH)


def found_of(kind: str, number: int, column: str = "") -> pd.DataFrame:
    return finding_frame((kind, column, f"C{at:04}", MARCH, MARCH, 1, 0.9, 0.1) for at in range(number))


def test_every_kind_of_finding_has_its_words() -> None:
    kinds = {kind for _, expected in FAULTS.values() for kind, _, _ in expected}
    assert MEANINGS.keys() == kinds | {"not_yet", "no_times"}
    text = " ".join(f"{m.what} {m.does} {m.to_do}" for m in MEANINGS.values()).lower()
    assert not [word for word in fixtures.BLAMING if word in text]


def test_the_page_names_clinicians_and_months_and_no_client(review: Review) -> None:
    view = review.quality()
    said = fixtures.words(view)
    assert fixtures.ids(said, r"C\d\d") <= {f"C0{n}" for n in range(1, 7)}
    assert not fixtures.ids(said, r"K\d{4}") and not fixtures.ids(said, r"s\d{6}")
    for section in (section for section in view.sections if section.anchor in SUBJECTS):
        assert isinstance(section.main, Table)
        assert not fixtures.NOT_WORDS.search("\n".join(section.main.frame.to_numpy(dtype=str).ravel()))
    anchors = [section.anchor for section in view.sections]
    assert [name for name in anchors if name in SUBJECTS] == list(SUBJECTS) and "clean" not in anchors
    odd = kinds_found(findings(review.practice))
    assert ("", str(odd), "things to look at") in view.opening.facts
    assert f"{odd} things look odd" in view.opening.lead


def test_a_finding_is_told_with_who_when_and_how_many_rows(review: Review) -> None:
    (section,) = [section for section in review.quality().sections if section.anchor == "untouched"]
    assert isinstance(section.main, Table)
    rows = section.main.frame.set_index("What")
    expected = findings(review.practice)["untouched"].set_index("kind")
    row = rows.loc["Looks as if the program filled in the actual length: always as planned"]
    assert (row["Who"], row["Months"]) == (WHO, "September 2025 to October 2025")
    assert row["Rows"] == str(expected.loc["as_planned", "rows"])


def test_a_clean_practice_has_one_section_that_says_what_was_looked_for(sample_review: Review) -> None:
    sections = {section.anchor: section for section in sample_review.quality().sections}
    assert not sections.keys() & SUBJECTS.keys()
    assert [term for term, _ in sections["clean"].sheet] == [title for title, _ in SUBJECTS.values()]


def test_many_findings_make_a_short_page() -> None:
    table = pd.concat(
        [*(found_of(kind, 1000) for kind in MEANINGS), *(found_of("one_value", 9, f"x{n}") for n in range(9))]
    )
    found = dict.fromkeys(SUBJECTS, table)
    sections = oddity_sections(found)
    for section in sections:
        assert isinstance(section.main, Table) and isinstance(section.supporting[0], Table)
        assert len(section.main.frame) == MOST_ROWS and "more kinds of finding" in section.main.note
        assert len(section.supporting[0].frame) == MOST_BY_CLINICIAN and "more lines" in section.supporting[0].note
        assert "994 more" in section.main.frame["Who"].iloc[0]
    assert len(str(html.QualityPage(SimpleNamespace(sections=sections)).sections)) < 200_000


@pytest.mark.parametrize(("people", "drawn"), [(SHOWN, SHOWN), (SHOWN + 1, SHOWN)])
def test_of_many_clinicians_those_with_most_gaps_are_drawn(people: int, drawn: int) -> None:
    signals = simulated_signals(people)
    least = signals["clinician_id"] == "C13"
    for name in ("srs", "prep", "notes", "overrun", "effort_rating", "engagement_rating"):
        signals[f"{name}_n"] = signals[f"{name}_n"].mask(least, 0)
    section = recording_section(SimpleNamespace(month=signals["month"].max(), signals=signals))
    (figure, table) = section.supporting
    assert isinstance(figure, Figure) and isinstance(table, Table)
    names = list(pd.unique(figure.table["label"]))
    assert len(names) == drawn and names == sorted(names) and "C13" in names
    assert len(table.frame) <= drawn and ("more clinician" in table.note) is (people > SHOWN)
    assert "Nothing in the last 3 months from C13." in fixtures.words(section.sheet)


def simulated_signals(people: int) -> pd.DataFrame:
    from caseload.signals import monthly_signals

    settings = sim.Settings(seed=1, clinicians=people, months=3, caseload=sim.Caseload(leave=0, late_starters=0))
    return monthly_signals(sim.simulate(settings).practice())


def test_the_terminal_says_briefly_what_looks_odd(faulty: Practice, sample_review: Review) -> None:
    assert "Recording: nothing looks odd." in summary(sample_review.practice)
    said = summary(faulty)
    lines = oddity_lines(findings(faulty))
    assert len(lines) > MOST_LINES
    assert f"  - {lines[0]}" in said and f"{len(lines) - MOST_LINES} more" in said
    assert not fixtures.ids(said, r"K\d{4}")
    assert any("everybody, November 2025 to March 2026, " in line for line in lines)


def test_a_finding_about_the_practice_is_everybodys() -> None:
    table = finding_frame([("no_missed", "", EVERYBODY, MARCH - 1, MARCH, 1200, float("nan"), float("nan"))])
    empty = dict.fromkeys(SUBJECTS, table.iloc[:0])
    assert oddity_lines(empty | {"untouched": table}) == [
        "Looks as if only attended appointments were recorded: everybody, February 2026 to March 2026, 1,200 rows."
    ]


def test_a_run_for_a_supervisor_makes_no_page_that_names_everybody(sample_review: Review) -> None:
    common = {"data": fixtures.SAMPLE, "month": fixtures.MONTH, "exclude_invalid": False}
    for practice, made in ((True, True), (False, False)):
        reports = planned(sample_review, sample_review.supervisees_of("S01"), common, practice=practice)
        assert any(report.kind == "quality" for report in reports) is made


def test_the_page_depends_on_nothing_private(sample_review: Review) -> None:
    """Without surveys and supports no word of the new sections changes."""
    practice = sample_review.practice
    bare = replace(practice, surveys=practice.surveys.iloc[:0], supports=practice.supports.iloc[:0])
    told = replace(sample_review, assessment=replace(sample_review.assessment, practice=bare))
    anchors = {"signals", "recording", "clean", *SUBJECTS}
    pages = [[s for s in each.quality().sections if s.anchor in anchors] for each in (sample_review, told)]
    assert fixtures.told(pages[0]) == fixtures.told(pages[1])
