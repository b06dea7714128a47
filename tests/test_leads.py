"""The lead of a page: across the questions, in one or two calm sentences, in the words of each copy."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import review_fixtures as fixtures

from caseload.pages.review import Review
from caseload.pages.supervisee import lead as leads
from caseload.pages.supervisee.subject import Subject
from caseload.pages.views import State

FLAGS = ("over_investment", "stage_incongruence", "personal_activation", "self_care", "compassion_fatigue")
STATES = ("raise", "watch", "steady", "not_enough_data")


def told(review: Review, clinician: str, copy: str = "own", **states: str) -> str:
    """The lead of a clinician's page, were some of the flags in other states."""
    subject = Subject(review.assessment.of(clinician), copy)
    flags = subject.slice.own_flags if copy == "own" else subject.slice.flags
    new = flags.assign(
        state=[
            states.get(flag, state) if month == subject.month else state
            for flag, state, month in zip(flags["flag"], flags["state"], flags["month"], strict=True)
        ]
    )
    changed = replace(subject.slice, **{"own_flags" if copy == "own" else "flags": new})
    top = Subject(changed, copy)
    return f"{leads.point(top)} {leads.lead(top)}".strip()


def test_the_top_of_every_page_of_the_sample_is_short_and_calm(sample_review: Review) -> None:
    for clinician in sample_review.clinician_ids:
        for copy in ("own", "supervisor"):
            opening = sample_review.supervisee(clinician, copy).opening
            assert len(opening.title.split()) <= 25 and len(opening.lead.split()) <= 35
            assert len(re.findall(r"[.?]( |$)", opening.title)) == 1
            assert 1 <= len(re.findall(r"[.?]( |$)", opening.lead)) <= 2
            said = f"{opening.title} {opening.lead}"
            assert not any(word in said.lower() for word in fixtures.BLAMING)
            assert not fixtures.NOT_WORDS.search(said)
            mine = r"\byour\b" if copy == "supervisor" else r"\b(their|they)\b"
            assert not re.search(mine, said, re.IGNORECASE)


@pytest.mark.parametrize("clinician", ["C07", "C12", "C13"])
@pytest.mark.parametrize("first", STATES)
@pytest.mark.parametrize("others", STATES)
def test_the_top_is_short_in_every_combination_of_states(
    sample_review: Review, clinician: str, first: str, others: str
) -> None:
    for second in STATES:
        states = dict.fromkeys(FLAGS, others) | {"over_investment": first, "stage_incongruence": second}
        if clinician == "C12" and others not in ("raise", "watch"):
            states["personal_activation"] = "watch"  # unmet provision is at least that
        said = told(sample_review, clinician, **states)
        assert len(said.split()) <= 55
        assert len(re.findall(r"[.?]( |$)", said)) <= 4
        assert not fixtures.NOT_WORDS.search(said)
        if "raise" in states.values():
            assert "no flag" not in said


def test_cancelled_support_comes_before_what_is_asked_of_somebody(sample_review: Review) -> None:
    said = told(sample_review, "C12", over_investment="raise")
    assert said.endswith(
        "The supervisor cancelled planned supervision. You could start with how to put that time back."
    )
    assert told(sample_review, "C12").startswith("3 of the last 3 planned supervisions")


def test_more_than_one_question_is_named_and_not_told(sample_review: Review) -> None:
    said = told(sample_review, "C01", **dict.fromkeys(FLAGS[:4], "raise"))
    assert said.startswith(
        "Four questions to discuss: effort and engagement, stage of change, support and self-care plan"
    )
    assert "leave the rest" in said


def test_a_flag_that_is_there_for_one_more_month_says_so(sample_review: Review) -> None:
    said = told(sample_review, "C01", over_investment="raise")  # its probability is low
    assert said.startswith("Effort and engagement looks less clear than in earlier months, since ")


def test_leave_a_start_too_little_data_and_a_due_agreement_are_told(sample_review: Review) -> None:
    assert told(sample_review, "C13").startswith("You were on leave for 17 days of May")
    assert told(sample_review, "C06", "supervisor").startswith("C06 started on 7 May 2026")
    nothing = told(sample_review, "C01", **dict.fromkeys(FLAGS, "not_enough_data"))
    assert nothing == f"{leads.TOO_LITTLE}. {leads.NEITHER}"
    said = told(sample_review, "C14")
    assert said.startswith("There is no flag this month. Due for review: “Wait and see for a month”, agreed in April.")
    assert leads.GOING_WELL not in said  # there is a place to begin
    assert leads.GOING_WELL in told(sample_review, "C01")


def test_what_is_not_shared_is_not_in_the_lead(sample_review: Review) -> None:
    assert Subject(sample_review.assessment.of("C11"), "supervisor").state("compassion_fatigue") == State("not_shared")
    assert "fatigue" in told(sample_review, "C11")
    assert "fatigue" not in told(sample_review, "C11", "supervisor")
