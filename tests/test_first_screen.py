"""The first screen: clients in words, what has changed, and an answer to every question."""

from __future__ import annotations

import math

import pytest
from bs4 import BeautifulSoup

from caseload.flags import FLAGS
from caseload.pages import html
from caseload.pages.review import Review
from caseload.pages.supervisee.first import change_words, level_words

MOST_WORDS = 1_100


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.49, 0.1, 0.9, "as usual"),
        (0.6, -0.1, 1.2, "perhaps a little more"),
        (-0.6, -1.4, 0.2, "perhaps a little less"),
        (0.7, 0.1, 1.3, "a little more than usual"),
        (-1.5, -2.2, -0.8, "less than usual"),
        (2.6, 1.9, 3.2, "far more than usual"),
        (-2.1, -2.7, -1.4, "much less than usual"),
    ],
)
def test_levels_have_the_words_of_the_table(value: float, low: float, high: float, words: str) -> None:
    assert level_words(value, low, high) == words


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        ((4.1, 3.1, 5.1), (1.0, 0.0, 2.0), "wider"),
        ((1.0, 0.0, 2.0), (4.1, 3.1, 5.1), "closer"),
        ((1.0, 0.0, 2.0), (1.4, 0.4, 2.4), "no clear change"),
        ((-4.0, -5.0, -3.0), (0.0, -1.0, 1.0), "wider, the other way"),
        ((1.0, 0.0, 2.0), (math.nan,) * 3, "too little to say"),
    ],
)
def test_a_change_is_told_where_it_is_clear(now: tuple[float, ...], then: tuple[float, ...], words: str) -> None:
    assert change_words(now, then) == words


def test_every_question_has_an_answer_and_is_in_one_group_of_states(sample_review: Review) -> None:
    for who in ("C06", "C07", "C11", "C12"):
        for copy in ("own", "supervisor"):
            view = sample_review.supervisee(who, copy)
            states = [state.state for state, _ in view.first.answers]
            assert len(set(states)) == len(states)
            assert sum(len(answers) for _, answers in view.first.answers) == len(FLAGS)
            assert all(answer.sentence for _, answers in view.first.answers for answer in answers)


def test_what_is_open_on_a_page_is_read_in_a_few_minutes_and_the_rest_is_one_fold_away(sample_review: Review) -> None:
    for who in ("C05", "C07", "C12"):
        for copy in ("own", "supervisor"):
            page = BeautifulSoup(
                html.render_page(html.SuperviseePage(sample_review.supervisee(who, copy))), "html.parser"
            )
            for part in page(["script", "style", "svg"]):
                part.extract()
            whole = len(page.get_text(" ").split())
            for fold in page("details"):
                for part in fold.find_all(recursive=False):
                    if part.name != "summary":
                        part.extract()
            assert len(page.get_text(" ").split()) <= MOST_WORDS < whole
