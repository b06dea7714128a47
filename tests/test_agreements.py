"""What was agreed and what is due for review, as the page, the agenda of the meeting and the landing page say it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload.flags import FLAGS
from caseload.flags.states import WORDS
from caseload.intake.agenda import add_decision, close_decision
from caseload.pages.html import FIXED_LINES, FIXED_MM, ITEM_MM, RULE_MM, SHEET_MM
from caseload.pages.review import Review, review_month
from caseload.pages.supervisee.agenda import MOST_WORDS, fitted
from caseload.pages.views import AgendaItem, State
from caseload.wording import month_name

MAY = pd.Period("2026-05", "M")
COLUMNS = ["clinician_id", "month", "flag", "decision", "review_month", "outcome"]


def with_agenda(review: Review, *rows: tuple[str | None, ...], who: str = "C07") -> Review:
    """The review as it would be with another agenda: month, flag, decision, review month and outcome of `who`."""
    table = pd.DataFrame([(who, *row) for row in rows], columns=COLUMNS, dtype="str")
    table = table.astype({"month": "period[M]", "review_month": "period[M]"})
    practice = replace(review.practice, agenda=table)
    return Review(replace(review.assessment, practice=practice))


def agreed(review: Review, copy: str = "supervisor", who: str = "C07") -> list[tuple[str, bool, str]]:
    return [(item.decision, item.due, item.outcome) for item in review.supervisee(who, copy).agreed]


def test_what_is_due_comes_first_and_the_longest_waiting_before_the_rest(sample_review: Review) -> None:
    review = with_agenda(
        sample_review,
        ("2026-05", "self_care", "new", "2026-07", "open"),
        ("2026-04", "self_care", "due in May", "2026-05", "open"),
        ("2026-03", "self_care", "without entry", "2026-04", None),
        ("2026-03", "self_care", "overdue", "2026-03", "open"),
        ("2026-04", "self_care", "done", "2026-05", "helped"),
        ("2025-01", "self_care", "long ago", "2025-03", "unchanged"),
        ("2025-01", "self_care", "never closed", None, "open"),
        ("2025-01", "self_care", "never said", None, None),
        ("2026-01", "self_care", "early and done", "2027-06", "not_needed"),
        ("2026-05", "self_care", "far ahead", "2027-06", "open"),
        ("2026-06", "self_care", "of a month to come", "2026-06", "open"),
        ("2026-04", "self_care", None, "2026-05", "open"),
    )
    known = Review(replace(review.assessment, practice=review.practice.until("2026-05")))
    assert agreed(known) == [
        ("overdue", True, "Open, review set for March"),
        ("without entry", True, "No entry yet, review set for April"),
        ("due in May", True, "Open, review set for May"),
        ("new", False, "Open, review in July"),
        ("far ahead", False, "Open, review in June 2027"),
        ("done", False, "Helped"),
        ("early and done", False, "Not needed any more"),
        ("never closed", False, "Open"),
        ("never said", False, "No entry yet"),
    ]
    assert known.supervisee("C07").agreed_intro.startswith("Actions due for review come first. ")


def test_without_anything_due_nothing_is_said_of_it(sample_review: Review) -> None:
    later = with_agenda(sample_review, ("2026-05", "self_care", "later", "2026-06", "open"))
    for review in (later, with_agenda(sample_review)):
        assert "due for review" not in fixtures.words(review.supervisee("C07")).lower()
        assert "due for review" not in fixtures.words(review.index("S01")).lower()
    assert with_agenda(sample_review).supervisee("C07").agreed == ()


def test_a_decision_that_is_carried_on_is_one_agreement_since_its_first_month(sample_review: Review) -> None:
    review = with_agenda(
        sample_review,
        ("2026-05", "self_care", "walk", "2026-06", "open"),
        ("2026-03", "self_care", "walk", "2026-04", "open"),
        ("2026-04", "self_care", "walk", "2026-05", "unchanged"),
        ("2026-04", "over_investment", "walk", "2026-06", "open"),
    )
    items = review.supervisee("C07").agreed
    assert [(item.decision, item.due) for item in items] == [("walk", False), ("walk", False)]
    assert [item.followed.split(".")[0] for item in items] == ["Agreed since March", "Agreed in April"]


@pytest.mark.parametrize("end", ["helped", "not_needed"])
def test_what_came_to_its_end_and_is_agreed_again_is_agreed_anew(sample_review: Review, end: str) -> None:
    rows = [("2026-02", "self_care", "walk", None, end), ("2026-05", "self_care", "walk", "2026-06", "open")]
    items = with_agenda(sample_review, *rows).supervisee("C07").agreed
    assert [item.followed.split(".")[0] for item in items] == ["Agreed in May", "Agreed in February"]


def test_what_the_log_shows_since_is_told_and_no_cause_is_claimed(sample_review: Review) -> None:
    """The words hold against the table of flags, for every flag and month, whatever the flags were."""
    flags = sample_review.flags[sample_review.flags["clinician_id"] == "C07"]
    months = pd.period_range(MAY - 3, MAY - 1, freq="M")
    rows = [(str(month), flag, f"{flag} {month}", None, "open") for flag in FLAGS for month in months]
    said = {item.decision: item.followed for item in with_agenda(sample_review, *rows).supervisee("C07").agreed}
    kinds = set()
    for flag in FLAGS:
        mine = flags[flags["flag"] == flag].set_index("month")["state"]
        newest = mine[mine != mine.iloc[-1]]
        since = newest.index[-1] + 1 if len(newest) else mine.index[0]
        for month in months:
            then, now = WORDS[mine[month]], WORDS[mine[MAY]]
            course = f"then, {now} now" if then != now else "then and again now" if since > month else "then and now"
            kinds.add(course.replace(now, "…"))
            when = f"Agreed in {month_name(month, MAY)}. {FLAGS[flag].title}: {then} {course}"
            when += f", since {month_name(since, MAY)}."
            assert said[f"{flag} {month}"] == when
    assert len(kinds) >= 2
    intro = with_agenda(sample_review, *rows).supervisee("C07").agreed_intro
    assert "does not prove that the action caused it" in intro


def test_of_a_decision_on_nothing_the_page_asks_only_the_month_is_told(sample_review: Review) -> None:
    rows = [("2026-04", flag, f"on {flag}", "2026-05", "open") for flag in (None, "holidays")]
    view = with_agenda(sample_review, *rows, ("2026-05", "self_care", "now", None, "open")).supervisee("C07")
    assert [item.followed for item in view.agreed] == ["Agreed in April.", "Agreed in April.", "Agreed in May."]
    assert [(item.title, item.state) for item in view.agenda[:2]] == [("Due for review", None)] * 2


# ---- the agenda of the meeting


def test_what_is_due_is_first_on_the_agenda_with_lines_to_write_on(sample_review: Review) -> None:
    bare = with_agenda(sample_review).supervisee("C07").agenda
    view = with_agenda(sample_review, ("2026-04", "self_care", "leave on time", "2026-05", "open")).supervisee("C07")
    first, *others = view.agenda
    assert first.title == f"Due for review: {FLAGS['self_care'].title}"
    assert first.question == "“leave on time”, agreed in April. What was the outcome, and does it still fit?"
    assert first.state == view.sections[3].state
    assert first.lines == 2
    assert tuple(others) == bare[: len(others)]
    assert others[0].state.state == "raise"


def test_questions_that_do_not_stand_out_are_for_when_time_allows(sample_review: Review) -> None:
    standing = {"raise", "watch"}
    late = {item.state.state: item.title.endswith(", only if time allows")
            for item in with_agenda(sample_review).supervisee("C07").agenda}  # fmt: skip
    assert len(late) > 1
    assert all(time is (state not in standing) for state, time in late.items())


@pytest.mark.parametrize("count", [1, 2, 3, 12])
def test_many_reviews_take_two_items_and_raised_questions_stay(sample_review: Review, count: int) -> None:
    rows = [("2026-04", "self_care", f"number {at}", "2026-05", "open") for at in range(count)]
    items = with_agenda(sample_review, *rows).supervisee("C07").agenda
    due = [item for item in items if item.title.startswith("Due for review")]
    assert items[: len(due)] == tuple(due)
    assert len(due) == min(count, 2)
    assert len(items) <= 4
    assert any(item.state and item.state.state == "raise" for item in items)
    if count > 2:
        assert due[1].title == f"Due for review: {count - 1} more agreements"
        assert "“Agreed last time”" in due[1].question


def test_a_long_decision_is_cut_on_the_sheet_and_whole_among_what_was_agreed(sample_review: Review) -> None:
    words = "words of a decision " * 25
    view = with_agenda(sample_review, ("2026-04", "self_care", words, "2026-05", "open")).supervisee("C07")
    assert view.agreed[0].decision == words
    quoted = view.agenda[0].question.split("”")[0].removeprefix("“")
    assert quoted.endswith("…")
    assert MOST_WORDS - 20 < len(quoted) <= MOST_WORDS


@pytest.mark.parametrize("due", [0, 1, 2])
@pytest.mark.parametrize("raised", [1, 2, 3, 4, 5])
def test_every_agenda_has_room_for_its_lines(due: int, raised: int) -> None:
    review, question = (AgendaItem("", State("raise"), "", lines) for lines in (2, 3))
    items = fitted([*[review] * due, *[question] * raised])
    assert all(item.lines >= 1 for item in items)
    room = SHEET_MM - FIXED_MM - ITEM_MM * len(items) + 5  # of the 15 mm that a sheet has besides
    assert RULE_MM[0] * (FIXED_LINES + sum(item.lines for item in items)) <= room


# ---- consent, and who sees nothing of it


def test_a_decision_on_compassion_fatigue_is_nowhere_but_in_the_own_copy(sample_review: Review) -> None:
    rows = [("2026-04", flag, f"on {flag}", "2026-05", "open") for flag in ("compassion_fatigue", "self_care")]
    review = with_agenda(sample_review, *rows, who="C11")
    assert "C11" not in review.assessment.sharing
    (supervisor,) = (name for name in review.supervisors if "C11" in review.supervisees_of(name))
    for shown in (review.supervisee("C11"), review.index(supervisor)):
        assert "on compassion_fatigue" not in fixtures.words(shown)
    (row,) = (row for row in review.index(supervisor).rows if row.clinician_id == "C11")
    assert row.due == "1 agreement due for review"
    assert [item.title for item in review.supervisee("C11").agenda if item.title.startswith("Due")] == [
        f"Due for review: {FLAGS['self_care'].title}"
    ]
    own = review.supervisee("C11", "own")
    assert {item.decision for item in own.agreed} == {"on compassion_fatigue", "on self_care"}
    assert sum(item.title.startswith("Due") for item in own.agenda) == 2
    alone = with_agenda(sample_review, rows[0], who="C11")
    assert fixtures.told(alone.index(supervisor)) == fixtures.told(with_agenda(sample_review).index(supervisor))
    assert fixtures.told(alone.supervisee("C11")) == fixtures.told(with_agenda(sample_review).supervisee("C11"))


def test_the_states_of_what_is_not_shared_are_not_told(sample_review: Review) -> None:
    review = with_agenda(sample_review, ("2026-04", "personal_activation", "a date", "2026-05", "open"), who="C11")
    assert review.supervisee("C11").agreed[0].followed == "Agreed in April. Support: Not shared then and now."
    assert review.supervisee("C11").agenda[0].state == State("not_shared")
    assert "Not shared" not in review.supervisee("C11", "own").agreed[0].followed


def test_the_landing_page_counts_what_is_due_with_each_supervisee(sample_review: Review) -> None:
    rows = [("2026-04", "self_care", name, "2026-05", "open") for name in ("one", "two")]
    rows += [("2026-03", "self_care", "two", "2026-04", "open"), ("2026-04", "self_care", "three", "2026-06", "open")]
    known = with_agenda(sample_review, *rows)
    landing = known.index("S01")
    assert {row.clinician_id: row.due for row in landing.rows if row.due} == {"C07": "2 agreements due for review"}
    assert landing.opening.lead.startswith("Due for review: 2 agreements with C07. ")
    said = known.supervisee("C07").opening.lead
    assert said.startswith("Due for review: “one”, agreed in April, and one more agreement.")


def test_pages_of_the_practice_show_nothing_of_the_agenda(sample_review: Review) -> None:
    full = with_agenda(sample_review, ("2026-04", "self_care", "a decision", "2026-05", "open"))
    bare = with_agenda(sample_review)
    for team in full.teams:
        assert fixtures.told(full.team(team)) == fixtures.told(bare.team(team))
    assert fixtures.told(full.index()) == fixtures.told(bare.index())
    assert "a decision" not in fixtures.words(full.quality())


# ---- the loop


def test_what_is_noted_by_command_is_on_the_next_page(tmp_path, sample_review: Review) -> None:
    tables = fixtures.part_of_sample(["C07", "C12"], "2026-02")
    fixtures.read(tables, tmp_path)
    close_decision(tmp_path, "C07", "2026-04", outcome="unchanged")
    add_decision(tmp_path, "C07", "2026-04", "self_care", "leave on time", "2026-05")
    view = review_month(fixtures.read_practice(tmp_path), MAY).supervisee("C07")
    assert [(item.decision, item.outcome) for item in view.agreed] == [
        ("leave on time", "Open, review set for May"),
        ("Look at goals and pace with two clients", "Unchanged"),
    ]
    assert view.agenda[0].title.startswith("Due for review: ")
