"""A flag is one object: a sixth one, made here and nowhere else, is on every page, table and agenda that has flags."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import review_fixtures as fixtures

from caseload.cli.agenda import FLAG_WORDS
from caseload.door.decisions import about
from caseload.flags import FLAGS, Flag, judge, shared_flags
from caseload.flags.flag import NOT_SHARED, ruled
from caseload.flags.repertoire import workload
from caseload.intake.tables import FLAGS as VOCABULARY
from caseload.pages import html
from caseload.pages.landing import index_view
from caseload.pages.review import Review
from caseload.review.assessment import Assessment
from caseload.review.estimation import clinicians_table

NAME = "paperwork"
BUSY, CALM = "C07", "C03"
OPTION = workload("Give forms to the office.", "many forms")


def rule(months: pd.DataFrame) -> pd.DataFrame:
    """Likely for one person in every month, for everybody else never."""
    return ruled(pd.Series(np.where(months["clinician_id"] == BUSY, 0.95, 0.1)), np.full(len(months), ""))


PAPERWORK = Flag(
    name=NAME,
    title="Forms and letters",
    column="Forms",
    question="Do forms take {your} evenings?",
    table="balance",
    rule=rule,
    reason=lambda row: f"{row['n_sessions']:.0f} sessions had a form.",
    clause=lambda row, month, your: f"forms take {your} evenings",
    clears=lambda row: "A month with fewer forms.",
    needs="A session with a form.",
    ask=lambda row, clients: "Which form would nobody miss?",
    options=(OPTION,),
    questions=(workload("Who else could write them?"),),
    circumstances=lambda evidence: {"many forms": evidence.get("n_sessions", 0) > 1},
    estimates=("n_forms",),
)


def with_flag(review: Review, flag: Flag, monkeypatch: pytest.MonkeyPatch) -> Review:
    """The review, had the flag been there from the start."""
    monkeypatch.setitem(FLAGS, flag.name, flag)
    known = review.assessment
    evidence = replace(known.evidence, balance=known.evidence.balance.assign(n_forms=7.0))
    flags = {"flags": shared_flags(evidence, known.sharing), "own_flags": judge(evidence)}
    agenda = pd.DataFrame(
        {
            "clinician_id": [BUSY], "month": [known.month - 1], "flag": [flag.name], "decision": ["Fewer copies"],
            "review_month": [known.month], "outcome": ["open"],
        }
    )  # fmt: skip
    practice = replace(known.practice, agenda=pd.concat([known.practice.agenda, agenda], ignore_index=True))
    fields = {name: getattr(known, name) for name in Assessment.__dataclass_fields__}
    new = fields | flags | {"evidence": evidence, "practice": practice, "clinicians": clinicians_table(evidence)}
    return Review(Assessment(**new))


@pytest.fixture
def review(sample_review: Review, monkeypatch: pytest.MonkeyPatch) -> Review:
    return with_flag(sample_review, PAPERWORK, monkeypatch)


@pytest.mark.parametrize(("copy", "your"), [("own", "your"), ("supervisor", "the")])
def test_it_is_on_the_page_with_its_state_its_words_and_its_options(review: Review, copy: str, your: str) -> None:
    view = review.supervisee(BUSY, copy)
    asked = f"Do forms take {your} evenings?"
    card, section = view.cards[-1], view.sections[-1]
    assert (card.question, card.state.state, section.question, section.state.state) == (asked, "raise", asked, "raise")
    assert "sessions had a form." in card.sentence and card.sentence in dict(section.sheet).values()
    assert "A month with fewer forms." in dict(section.sheet).values()
    assert section.ask == "Which form would nobody miss?"
    assert (OPTION.text, "Organisation") in [option for group in view.support.groups for option in group.options]
    drawn = html.render_page(html.SuperviseePage(view))
    assert f'href="#{section.anchor}"' in drawn and f'id="{section.anchor}"' in drawn


def test_the_lead_the_agreements_and_the_agenda_speak_of_it(review: Review) -> None:
    view = review.supervisee(BUSY)
    assert "forms" in view.opening.title.lower()
    titles = [item.title for item in view.agenda]
    assert "Due for review: Forms and letters" in titles and "Forms and letters" in titles
    assert ("Forms and letters", NAME) in about()


def test_alone_it_is_what_the_lead_says(review: Review) -> None:
    flags = review.assessment.flags
    quiet = flags.assign(state=flags["state"].where(flags["flag"] == NAME, "steady"))
    fields = {name: getattr(review.assessment, name) for name in Assessment.__dataclass_fields__}
    lead = Review(Assessment(**fields | {"flags": quiet})).supervisee(BUSY).opening.title
    assert lead.startswith("Forms take their evenings, since ")


def test_it_has_a_column_on_the_landing_page(review: Review) -> None:
    view = index_view(review.assessment, (CALM, BUSY), None, {})
    assert view.columns[-1] == "Forms"
    assert [row.states[-1].state for row in view.rows] == ["steady", "raise"]
    assert (BUSY, "Which form would nobody miss?") in view.questions
    assert f"{BUSY} (" in view.opening.lead and "forms and letters" in view.opening.lead


def test_it_is_in_the_tables(review: Review) -> None:
    mine = review.flags[review.flags["flag"] == NAME]
    assert len(mine) == len(review.clinicians) and set(mine["state"]) == {"steady", "watch", "raise"}
    assert review.clinicians["n_forms"].eq(7.0).all()


def test_it_is_nobodys_on_the_page_of_a_team(review: Review, sample_review: Review) -> None:
    for team in review.teams:
        assert fixtures.words(review.team(team)) == fixtures.words(sample_review.team(team))


def test_one_that_rests_on_self_report_is_theirs_to_share(
    sample_review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = replace(PAPERWORK, self_reported=True, rule=lambda months: shown_if_known(months["n_forms"]))
    review = with_flag(sample_review, private, monkeypatch)
    silent = next(who for who in review.clinician_ids if who not in review.assessment.sharing)
    theirs, own = review.supervisee(silent), review.supervisee(silent, "own")
    assert (theirs.cards[-1].state.state, own.cards[-1].state.state) == ("not_shared", "raise")
    assert ("had a form" in fixtures.words(theirs), "had a form" in fixtures.words(own)) == (False, True)
    said = review.flags[(review.flags["clinician_id"] == silent) & (review.flags["flag"] == NAME)]
    assert set(said["reason"]) == {NOT_SHARED}
    table = review.clinicians.set_index("clinician_id")["n_forms"]
    assert table[silent].isna().all() and table[min(review.assessment.sharing)].notna().all()


def shown_if_known(forms: pd.Series) -> pd.DataFrame:
    """Likely wherever the number is known."""
    return ruled(forms.notna() * 0.95, np.where(forms.isna(), NOT_SHARED, ""))


def test_the_datas_vocabulary_and_the_command_know_every_flag() -> None:
    assert tuple(FLAGS) == VOCABULARY
    assert FLAG_WORDS.replace(" or ", ", ").split(", ") == list(FLAGS)
    assert all(name == flag.name for name, flag in FLAGS.items())
