"""Options and questions for each layer: whatever the evidence, every sentence can be read aloud to the person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import review_fixtures as fixtures
from hypothesis import given
from hypothesis import strategies as st

from caseload.flags import FLAGS, STATES
from caseload.flags.options import BEYOND_CONTRACT, circumstances, keeping, open_questions, options, putting_back
from caseload.flags.repertoire import CONCERNS, KEEPING, LAYERS, PUTTING_BACK, Option
from caseload.pages.review import Review

NAN = float("nan")
NEVER = re.compile(
    r"you should|\bmust\b|\bshould\b|have to\b|fail|\brisk|resist|burn|scor|low perform|complian|difficult|\blazy|blame"
    r"|weak|unable|refus|disorder|diagnos|mandat|\bneeds to\b",
    re.IGNORECASE,
)
MOST_WORDS = 30
STANDING = ("watch", "raise")
Case = tuple[str, dict[str, Any], list[str]]

WORK = {
    "weekly_client_hours": (NAN, 30.0),
    "contract": (NAN, 10.0),
    "crises": (0, 2),
}
CIRCUMSTANCES: dict[str, dict[str, tuple[Any, ...]]] = {
    "over_investment": WORK
    | {
        "compensating": (0.0, 2.0),
        "shifted": (0.0, 1.0),
        "concentrated": (0.0, 1.0, 3.0),
        "top_clients": ("", "K1", "K1 and K2"),
    },
    "stage_incongruence": {"ahead": (NAN, 0, 3, 9), "behind": (NAN, 0, 3, 9)},
    "personal_activation": {
        "unmet": (False, True),
        "unmet_planned": (2.0, 3.0),
        "cancelled_supervisor": (0.0, 2.0),
        "cancelled_service": (0.0, 1.0),
        "hours_by_supervisor": (0.0, 1.5),
        "hours_by_service": (0.0, 2.0),
        "p_activation": (NAN, 0.1, 0.7, 1.0),
    },
    "self_care": WORK
    | {
        "p_plan": (NAN, 0.1, 0.95),
        "p_after_hours": (NAN, 0.1, 0.99),
        "barrier": ("", "workload", "access", "the pager"),
        "days_without_break": (NAN, 0.0, 3.0),
    },
    "compassion_fatigue": WORK | {"days_off": (NAN, 0.0, 2.0)},
}
NAMED = {"over_investment": ([], ["K1"], ["K2", "K1", "K3", "K4"]), "stage_incongruence": ([], ["K1"], ["K2", "K1"])}


def cases(flag: str) -> Iterator[Case]:
    """Every combination of circumstances, with nobody, one and more clients named; and nothing known at all."""
    names = CIRCUMSTANCES[flag]
    for clients in NAMED.get(flag, ([],)):
        yield flag, {}, clients
        for values in product(*names.values()):
            yield flag, dict(zip(names, values, strict=True)), clients


def sentences(found: tuple[Option, ...]) -> set[str]:
    return {option.text for option in found}


def reads_well(text: str, mark: str) -> bool:
    return (
        len(text.split()) <= MOST_WORDS
        and text[0].isupper()
        and text.endswith(mark)
        and not NEVER.search(text)
        and not fixtures.NOT_WORDS.search(text)
        and not re.search(r"[{}]", text)
        and not any(word in text.lower() for word in fixtures.BLAMING)
    )


@pytest.mark.parametrize("flag", FLAGS)
def test_every_sentence_can_be_said_to_the_person(flag: str) -> None:
    told, asked = set(), set()
    for _, evidence, clients in cases(flag):
        known = {*clients[:2], *re.findall(r"K\d", evidence.get("top_clients", ""))}
        new = sentences(options(flag, "raise", evidence, clients))
        questions = {question.text for question in open_questions(flag, evidence, clients).values()}
        assert fixtures.ids(" ".join(new | questions), r"K\d") <= known
        told, asked = told | new, asked | questions
    assert [text for text in told if not reads_well(text, ".")] == []
    assert [text for text in asked if not reads_well(text, "?") or text.count("?") != 1] == []
    assert all("supervisor" in text or "service" in text for text in told if "cancelled" in text)


@pytest.mark.parametrize("flag", FLAGS)
def test_every_layer_can_do_something_and_is_asked_something(flag: str) -> None:
    for _, evidence, clients in cases(flag):
        for state in STATES:
            found = options(flag, state, evidence, clients)
            assert {option.layer for option in found} == (set(LAYERS) if state in STANDING else set())
            assert len(sentences(found)) == len(found)
        questions = open_questions(flag, evidence, clients)
        assert set(questions) == set(LAYERS)
        assert all(question.layer == layer for layer, question in questions.items())


@pytest.mark.parametrize("flag", FLAGS)
def test_nothing_in_the_repertoire_waits_in_vain(flag: str) -> None:
    """Every option and question comes up in some circumstances."""
    holding = {name for _, evidence, _ in cases(flag) for name in circumstances(evidence)}
    assert {option.when for option in FLAGS[flag].options} <= holding
    reached = {
        (question.layer, question.when)
        for _, evidence, clients in cases(flag)
        for question in open_questions(flag, evidence, clients).values()
    }
    assert {(question.layer, question.when) for question in FLAGS[flag].questions} == reached


def test_the_words_of_the_repertoire_are_known() -> None:
    of_flags = (flag.options for flag in FLAGS.values())
    everything = [option for found in (*of_flags, PUTTING_BACK, KEEPING) for option in found]
    assert {option.concern for option in everything} == set(CONCERNS)
    assert {option.layer for option in everything} == set(LAYERS)
    layers = {concern: {option.layer for option in everything if option.concern == concern} for concern in CONCERNS}
    assert layers["workload"] == {"institution"} and layers["plan"] == {"clinician"}


@pytest.mark.parametrize("back", [False, True])
def test_a_quiet_month_has_something_to_keep_for_every_layer(back: bool) -> None:
    found = keeping(back=back)
    assert {option.layer for option in found} == set(LAYERS)
    assert len(found) == 3
    assert all(reads_well(option.text, ".") for option in found)
    assert keeping(back=True) != keeping(back=False)


@pytest.mark.parametrize(("supervisor", "service"), [(0.0, 0.0), (1.5, 0.0), (0.0, 1.0), (2.0, 1.0)])
def test_hours_are_put_back_by_those_who_cancelled_them(supervisor: float, service: float) -> None:
    found = putting_back({"hours_by_supervisor": supervisor, "hours_by_service": service})
    assert [option.layer for option in found] == ["supervisor_and_peers"] * (supervisor > 0) + ["institution"] * (
        service > 0
    )
    assert [("supervisor cancelled" in o.text, "service cancelled" in o.text) for o in found] == [(True, False)] * (
        supervisor > 0
    ) + [(False, True)] * (service > 0)


def texts(flag: str, clients: list[str] | None = None, **evidence: object) -> dict[str, list[str]]:
    """The options of a flag by concern."""
    found = options(flag, "raise", evidence, clients or [])
    return {concern: [option.text for option in found if option.concern == concern] for concern in CONCERNS}


def test_workload_as_a_barrier_turns_the_plan_to_the_workload() -> None:
    crowded = texts("self_care", p_plan=0.9, p_after_hours=0.1, barrier="workload")
    willing = texts("self_care", p_plan=0.9, p_after_hours=0.1, barrier="motivation")
    assert "Take something out of the week" in crowded["workload"][0]
    assert not set(crowded["plan"]) & set(willing["plan"])
    assert all("let the others rest" in text for text in crowded["plan"])
    both = texts("self_care", p_plan=0.9, p_after_hours=0.95, barrier="workload")
    assert "rota" in both["workload"][0] and crowded["workload"][0] in both["workload"]


def test_evenings_ask_for_cover_and_leave_a_plan_alone_that_is_getting_done() -> None:
    found = texts("self_care", p_plan=0.05, p_after_hours=0.99, barrier="")
    assert "rota" in found["workload"][0]
    assert not any("smaller" in text for text in found["plan"])
    assert not any("rota" in text for text in texts("self_care", p_plan=0.9, p_after_hours=0.2)["workload"])


def test_promised_support_comes_before_taking_it_up() -> None:
    unmet = {"unmet": True, "cancelled_supervisor": 3.0, "cancelled_service": 0.0}
    found = texts("personal_activation", **unmet, p_activation=NAN)
    assert {concern for concern, said in found.items() if said} == {"provision"}
    both = options("personal_activation", "raise", unmet | {"p_activation": 0.9}, [])
    assert [option.concern for option in both][:3] == ["provision"] * 3
    assert {option.concern for option in both} == set(CONCERNS)


def test_therapy_is_offered_only_where_something_personal_speaks_and_as_a_private_matter() -> None:
    for flag in FLAGS:
        for _, evidence, clients in cases(flag):
            offers = [
                option for option in options(flag, "raise", evidence, clients) if "therapy" in option.text.lower()
            ]
            speaks = flag == "compassion_fatigue" or "activated" in circumstances(evidence)
            assert bool(offers) == (flag in ("personal_activation", "compassion_fatigue") and speaks)
            own = [option.text for option in offers if option.layer == "clinician"]
            assert all("if it is wanted" in text and "never counted" in text for text in own)


@pytest.mark.parametrize(
    ("drivers", "said"),
    [
        ({"compensating": 2.0}, "After a missed session"),
        ({"shifted": 2.0}, "Pause new intakes"),
        ({"concentrated": 2.0}, "Share the care of K9"),
        ({"crises": 1}, "Share out crisis work"),
        ({"weekly_client_hours": 12.0, "contract": 10.0}, "towards the contract"),
    ],
)
def test_options_follow_what_speaks_for_over_investment(drivers: dict[str, float], said: str) -> None:
    with_it = texts("over_investment", ["K1", "K2"], top_clients="K9", **drivers)
    without = texts("over_investment", ["K1", "K2"], top_clients="K9")
    assert any(said in text for found in with_it.values() for text in found)
    assert not any(said in text for found in without.values() for text in found)


def test_with_whom_the_effort_is_concentrated_is_named_throughout() -> None:
    mostly = texts("over_investment", ["K1", "K2"], top_clients="K9", concentrated=3.0, compensating=1.0)
    partly = texts("over_investment", ["K1", "K2"], top_clients="K9", concentrated=1.0, compensating=3.0)
    assert "Review K9 together" in mostly["together"][1]
    assert "Review K1 and K2 together" in partly["together"][1] and "K9" in partly["together"][0]


def test_the_contract_counts_as_exceeded_from_a_tenth_above_it() -> None:
    edge = 10 * BEYOND_CONTRACT
    assert "beyond contract" not in circumstances({"weekly_client_hours": edge, "contract": 10.0})
    assert "beyond contract" in circumstances({"weekly_client_hours": edge + 0.01, "contract": 10.0})
    assert "beyond contract" not in circumstances({"weekly_client_hours": 40.0, "contract": NAN})


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3), st.text())
def test_whatever_an_id_holds_is_told_as_it_is(clients: list[str], top: str) -> None:
    evidence = {"concentrated": 1.0, "compensating": 2.0, "top_clients": top}
    told = "\n".join(option.text for option in options("over_investment", "raise", evidence, clients))
    assert clients[0] in told and top in told


def test_the_samples_evidence_reads_well_in_every_month(sample_review: Review) -> None:
    evidence = sample_review.assessment.evidence
    for flag in FLAGS:
        for row in evidence.of(flag).to_dict("records"):
            found = options(flag, "watch", row, ["K1", "K2", "K3"])
            assert {option.layer for option in found} == set(LAYERS)
            assert all(reads_well(option.text, ".") for option in found)
