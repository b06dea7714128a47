"""No page says two things that cannot both be true: pages of the sample, of simulated months, and planted ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import contradictions
import page_fixtures
import pytest

from caseload.intake import read_practice
from caseload.pages.review import Review, review_month
from caseload.pages.views import SuperviseeView
from caseload.simulate import Settings, simulate, write


def found_in(review: Review) -> list[str]:
    return [
        f"{clinician}, {copy}: {name}"
        for clinician in review.clinician_ids
        for copy in ("own", "supervisor")
        for name in contradictions.contradictions(review.supervisee(clinician, copy))
    ]


def test_no_page_of_the_sample_contradicts_itself(sample_review: Review) -> None:
    assert found_in(sample_review) == []


def test_no_page_of_a_simulated_practice_contradicts_itself(tmp_path: Path) -> None:
    write(simulate(Settings(clinicians=6, months=9, seed=7)), tmp_path)
    assert found_in(review_month(read_practice(tmp_path))) == []


def plant(view: SuperviseeView, at: int, **changes: object) -> SuperviseeView:
    card = replace(view.cards[at], **changes)  # type: ignore[arg-type]
    return replace(view, cards=tuple(card if n == at else each for n, each in enumerate(view.cards)))


PLANTED: dict[str, Callable[[SuperviseeView], SuperviseeView]] = {
    "shares": lambda view: plant(view, 3, sentence="27 of 36 planned times were done (72%)."),
    "stage_count": lambda view: plant(
        view, 1, sentence="5% off the stage: 0 ahead of the client’s stage and 0 behind."
    ),
    "nothing": lambda view: plant(view, 0, interval="Nothing stands out."),
    "due": lambda view: replace(view, opening=replace(view.opening, lead="Nothing is due.")),
    "flags_at_top": lambda view: replace(view, opening=replace(view.opening, title="There is no flag this month.")),
    "agenda_states": lambda view: plant(view, 0, state=page_fixtures.NO_DATA),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_reader_finds_what_is_planted(sample_review: Review, name: str) -> None:
    view = sample_review.supervisee("C07")
    assert name in set(contradictions.contradictions(PLANTED[name](view)))
